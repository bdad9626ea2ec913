# SPDX-License-Identifier: GPL-2.0-only
"""What the library calls the parts of the VM: the one place where pictures know names instead of types alone."""

from __future__ import annotations

from dfsrace.system.system import System
from dfsrace.system.types import NamedType, PoolType, base_of
from dfsrace.trace.picture import LinkKind, ThingKind

# A type is an mm, a frame or a node because it has such a field.
_OWNERS: dict[str, ThingKind] = {
    "Mm.pte": "mm",
    "Page.mapping": "frame",
    "Node.page_cache": "node",
    "Inode.page_tree": "node",
}
# Variables whose values are drawn as arrows of a kind of their own.
_LINKS: dict[str, LinkKind] = {
    "Mm.pte": "pte",
    "Node.page_cache": "cache",
    "Inode.page_tree": "cache",
    "Page.mapping": "mapping",
    "token": "token",
}
_CELLS: dict[str, ThingKind] = {"disk": "disk"}
# Shown though nothing ever stores to them.
_ALWAYS = frozenset({"Node.i_size", "Inode.i_size", "disk", *_LINKS})
# A constant field that becomes the note of its owner: where a process runs.
_NOTES = {"Mm.node": "runs on {}"}


class VmNames:
    """Kinds of things and links in one system; everything is generic in one that knows nothing of the VM library."""

    def __init__(self, system: System) -> None:
        self._variables = system.variables
        owners = {v.owner.name: _OWNERS[v.name] for v in system.variables if v.owner and v.name in _OWNERS}
        ours = "mm" in owners.values() and "frame" in owners.values()
        self._owners = owners if ours else {}

    def kind_of_type(self, name: str) -> ThingKind:
        """What an element of a declared type is."""
        return self._owners.get(name, "value")

    def kind_of_variable(self, number: int) -> ThingKind:
        """What a variable without owner is."""
        return _CELLS.get(self._variables[number].name, "cell") if self._owners else "cell"

    def link(self, number: int) -> LinkKind:
        """The kind of arrow that a variable's values are."""
        return _LINKS.get(self._variables[number].name, "reference") if self._owners else "reference"

    def is_shown(self, number: int) -> bool:
        """Whether a variable's cells are in the picture.

        A constant one is left out: it says nothing of the trace. But for those that a reader of the VM looks for, and
        for those that tie the values of a model of another kind together (a ring of nodes).
        """
        variable = self._variables[number]
        if not variable.constant or (self._owners and variable.name in _ALWAYS):
            return True
        owned = variable.owner is not None and isinstance(base_of(variable.type), NamedType | PoolType)
        return owned and not self._owners

    def note(self, number: int) -> str:
        """How a constant field becomes a note of its owner (`runs on {}`); empty for others."""
        variable = self._variables[number]
        return _NOTES.get(variable.name, "") if self._owners and variable.constant else ""
