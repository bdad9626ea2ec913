# SPDX-License-Identifier: GPL-2.0-only
"""Locks as a picture shows them: who has each, who has registered for it, and what else stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.cells import lock_components
from dfsrace.system.system import System
from dfsrace.system.types import LockType, Type, Value

_SHARED = frozenset({"rwlock", "rwsem"})


@dataclass(frozen=True, slots=True)
class Parts:
    """The values of one lock's parts, each as (component, thread, type, value)."""

    kind: LockType
    values: tuple[tuple[str, int | None, Type, Value], ...]

    def get(self, component: str) -> Value:
        """The value of a part that there is once."""
        return next((value for name, _, _, value in self.values if name == component), None)

    def threads(self, component: str) -> list[int]:
        """The threads whose part of a name is not 0."""
        return [thread for name, thread, _, value in self.values if name == component and thread is not None and value]


class LockParts:
    """Reads locks of one system."""

    def __init__(self, system: System) -> None:
        self._system = system

    def parts(self, variable: int, cells: Sequence[Value], first: int) -> Parts:
        """The lock of a variable whose first cell is at a place."""
        declared = self._system.variables[variable]
        assert isinstance(declared.type, LockType)
        components = lock_components(declared, len(self._system.threads))
        values = tuple((c, t, kind, cells[first + place]) for place, (c, t, kind, _) in enumerate(components))
        return Parts(declared.type, values)

    def holders(self, parts: Parts, takers: Iterable[int]) -> Iterator[tuple[int, str]]:
        """The threads that have a lock, and how. A lock without owner is whose who took it (`takers`)."""
        writing = "writes" if parts.kind.kind in (*_SHARED, "seqlock", "seqcount") else "holds"
        owner = parts.get("owner") if parts.get("owner") is not None else parts.get("writer")
        if owner is not None:
            yield owner, writing
        for thread in parts.threads("readers"):
            yield thread, "reads"
        if _is_anonymous(parts):
            yield from ((thread, "holds") for thread in sorted(takers))

    def note(self, parts: Parts, takers: Iterable[int]) -> str:
        """`free`, or who has it, and who waits to write."""
        by: dict[str, list[str]] = {}
        for thread, how in self.holders(parts, takers):
            by.setdefault(how, []).append(self._system.threads[thread].name)
        verbs = {"holds": "held by", "writes": "written by", "reads": "read by"}
        said = [f"{verbs[how]} {', '.join(names)}" for how, names in by.items()]
        if not said and parts.get("locked"):
            said = ["locked"]
        if not said and parts.kind.kind == "semaphore" and parts.get("count") == 0:
            said = ["down"]
        waiting = [self._system.threads[thread].name for thread in parts.threads("waiting")]
        said += [f"{', '.join(waiting)} waits to write"] if waiting else []
        return "; ".join(said) or "free"

    def fields(self, parts: Parts) -> Iterator[tuple[str, Type, Value]]:
        """What else a reader should see: a seqlock's sequence, the count of a semaphore that counts above 1."""
        for component, _, kind, value in parts.values:
            if component == "sequence" or (component == "count" and parts.kind.maximum > 1):
                yield component, kind, value


def _is_anonymous(parts: Parts) -> bool:
    return parts.kind.kind in ("bit_lock", "semaphore")
