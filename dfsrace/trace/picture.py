# SPDX-License-Identifier: GPL-2.0-only
"""The one model of the picture: what stands in the state at a moment of a trace, as things and links between them.

Plain values without any networkx, so that a renderer starts fast; `trace/graphs.py` makes networkx graphs of them.
"""

from __future__ import annotations

from typing import Literal

from dfsrace.diagnostics.values import dataclass

# Kinds of the VM library first; `value` is an element of any other declared type, `cell` a variable without owner.
ThingKind = Literal["thread", "mm", "frame", "node", "disk", "lock", "value", "cell"]
# `holds`: thread to lock. `pte`: mm to frame. `cache`: node to frame. `mapping`: frame to node. `token`: who holds a
# token of the filesystem. `local`: a thread's local refers to a thing. `reference`: any other cell does.
LinkKind = Literal["pte", "cache", "mapping", "token", "holds", "local", "reference"]


@dataclass(frozen=True, slots=True)
class Field:
    """A row in a thing: one cell or local that is no link, or a link that points at nothing (`None`).

    `name`: short, as it stands in the thing (`i_size`, `pte[0]`); `cell`: the full name (`A.i_size`), empty for a
    local; `old`: the value before the step where `changed`, the value itself where the step stored it once more, else
    empty; `failing`: the violated property speaks of it.
    """

    name: str
    value: str
    cell: str = ""
    old: str = ""
    changed: bool = False
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """A box of the picture. `id` is the same in every picture of a trace (`frame:page0`), `label` what a person reads.

    `note`: where a thread stands (a statement, `waits for big (dlm)`, `finished`), what a frame's state means; may be
    empty. `held`: a pool value that is allocated, and a lock in one; always true for other kinds. `owner`: the id of
    the thing that a lock is a field of, else empty.
    """

    id: str
    kind: ThingKind
    label: str
    fields: tuple[Field, ...] = ()
    note: str = ""
    held: bool = True
    changed: bool = False
    failing: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow from a thing to another. `label`: short (`pte[0]`); `cell`: the full name of what points, if a cell.

    `gone`: it pointed there before this step and no longer does (listed once, in the step that took it away).
    """

    source: str
    target: str
    kind: LinkKind
    label: str
    cell: str = ""
    changed: bool = False
    failing: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """The state after step `number` (0: at first). `thread`: who made it; `text`: what it did, short, empty at first.

    `violated`: properties that this state violates for the first time. `interesting`: a person should see it: the
    first, the ends of the stale arrow, steps that change a link, one that came too early to find it, one that looked at
    a sequence or cell again (what it found stands behind `text`), the last.
    `things` and `links` are in one order for all pictures of a trace, and things are the same in all of them: a frame
    that is not held yet is there with `held=False`.
    """

    number: int
    thread: str
    text: str
    things: tuple[Thing, ...]
    links: tuple[Link, ...]
    violated: tuple[str, ...] = ()
    interesting: bool = False
