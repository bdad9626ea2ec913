# SPDX-License-Identifier: GPL-2.0-only
"""The nodes that one step may execute, and what is known of them before a line is written."""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.export.spin.names import Names
from dfsrace.system.expressions import may_fail
from dfsrace.system.lock_rules import must_be_released, spins
from dfsrace.system.program import (
    Alloc,
    Assert,
    Atomic,
    AtomicBegin,
    Choose,
    Finish,
    LockOperation,
    Node,
    Renew,
    Sleep,
    Store,
    Wait,
    starts_step,
)
from dfsrace.system.types import LockType, PoolType
from dfsrace.system.validate_code import expressions_of, target


@dataclass(frozen=True, slots=True)
class Region:
    """The step of a thread from `start`. `nodes`: all that it may execute, in the order of the source.

    `choices`: those of them that choose. `assigned`: the locals that it may assign. `stored`: (variable, component) of
    the cells that it may change. `undoes`: a violation may come after a change, so that cells must be put back.
    """

    thread: int
    start: int
    nodes: tuple[int, ...]
    choices: tuple[int, ...]
    assigned: frozenset[int]
    stored: tuple[tuple[int, str], ...]
    undoes: bool

    @property
    def open(self) -> bool:
        """True if several d_steps make it up, so that what is between them is part of SPIN's state."""
        return bool(self.choices)


def region(names: Names, thread: int, start: int) -> Region:
    """The region of one step."""
    nodes = names.system.threads[thread].nodes
    found, waiting = {start}, [start]
    while waiting:
        for following in nodes[waiting.pop()].next:
            if following not in found and not starts_step(nodes[following]):
                found.add(following)
                waiting.append(following)
    order = tuple(sorted(found))
    choices = tuple(n for n in order if isinstance(nodes[n].operation, Choose))
    slots = frozenset(slot for n in order if (slot := target(nodes[n].operation)) is not None)
    stored = tuple(dict.fromkeys(part for n in order for part in _stored(names, nodes[n])))
    later = [n for n in order if n != start or isinstance(nodes[n].operation, AtomicBegin)]
    undoes = bool(stored) and any(may_violate(names, nodes[n]) for n in later)
    return Region(thread, start, order, choices, slots, stored, undoes)


def _stored(names: Names, node: Node) -> list[tuple[int, str]]:
    """The components of variables that an operation may change."""
    operation = node.operation
    if isinstance(operation, Alloc):
        cells = (names.memory.cells[i] for i in names.memory.fields.get((operation.pool, 0), []))
        return [(c.variable, c.component) for c in cells if names.parts[c.variable]]
    if isinstance(operation, Store | LockOperation | Atomic | Renew):
        variable = operation.access.variable
        return [(variable, component) for component in names.parts[variable]]
    return []


def may_violate(names: Names, node: Node) -> bool:
    """True if executing a node may not lead to a state; False is certain."""
    operation = node.operation
    kinds = [v.type for i, v in enumerate(names.system.variables) if names.parts[i]]
    locks = [kind.kind for kind in kinds if isinstance(kind, LockType)]
    parts = ("owner", "writer", "readers")
    if isinstance(operation, Finish):
        return any(must_be_released(kind, part) for kind in locks for part in parts)
    if isinstance(operation, Sleep):
        return any(spins(kind, part) for kind in locks for part in parts)
    if isinstance(operation, Alloc | Assert | Atomic | LockOperation | Wait):
        return True
    if isinstance(operation, Choose) and (operation.condition is not None or isinstance(operation.domain, PoolType)):
        return True
    return any(may_fail(e) for e in expressions_of(operation))
