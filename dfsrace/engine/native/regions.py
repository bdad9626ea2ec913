# SPDX-License-Identifier: GPL-2.0-only
"""The nodes that one step may execute, as a graph: their order in the code, what may have been written, what loops."""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.system.program import (
    Alloc,
    Assign,
    Atomic,
    Choose,
    Evaluate,
    Load,
    LockOperation,
    Operation,
    Thread,
    starts_step,
)


def target(operation: Operation) -> int | None:
    """The local that an operation overwrites."""
    match operation:
        case Assign(local=local) | Choose(local=local) | Load(local=local) | Alloc(local=local) | Evaluate(local=local):
            return local
        case LockOperation(local=local) | Atomic(local=local):
            return local
    return None


@dataclass(frozen=True, slots=True)
class StepGraph:
    """What the step from `start` may execute: `order` are its nodes, in depth-first order, then the places where it may

    end are in `ends`. `written`: for each of both, the locals that may have been overwritten when the step comes there.
    `looping`: nodes that the step may come to more than once.
    """

    start: int
    order: tuple[int, ...]
    ends: tuple[int, ...]
    written: dict[int, frozenset[int]]
    looping: frozenset[int]

    @classmethod
    def of(cls, thread: Thread, start: int) -> StepGraph:
        """The graph of the step from a node."""
        order, ends = _reached(thread, start)
        looping = frozenset(n for n in order if _comes_back(thread, n))
        return cls(start, order, ends, _written(thread, start, order), looping)


def _following(thread: Thread, place: int) -> tuple[list[int], list[int]]:
    """(joined nodes, places where the step ends) after a node."""
    joined = [n for n in thread.nodes[place].next if not starts_step(thread.nodes[n])]
    return joined, [n for n in thread.nodes[place].next if starts_step(thread.nodes[n])]


def _reached(thread: Thread, start: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    order: dict[int, None] = {}
    ends: dict[int, None] = {}
    waiting = [start]
    while waiting:
        place = waiting.pop()
        if place in order:
            continue
        order[place] = None
        joined, over = _following(thread, place)
        ends.update(dict.fromkeys(over))
        waiting += reversed(joined)
    return tuple(order), tuple(ends)


def _comes_back(thread: Thread, place: int) -> bool:
    found: set[int] = set()
    waiting = _following(thread, place)[0]
    while waiting:
        node = waiting.pop()
        if node == place:
            return True
        if node not in found:
            found.add(node)
            waiting += _following(thread, node)[0]
    return False


def _written(thread: Thread, start: int, order: tuple[int, ...]) -> dict[int, frozenset[int]]:
    """By node inside, and by -1 - place for the ends: the locals that may have been overwritten before."""
    written: dict[int, frozenset[int]] = {start: frozenset()}
    waiting = [start]
    while waiting:
        place = waiting.pop()
        local = target(thread.nodes[place].operation)
        after = written[place] | ({local} if local is not None else frozenset())
        for following in thread.nodes[place].next:
            key = -1 - following if starts_step(thread.nodes[following]) else following
            before = written.get(key)
            if before is None or not after <= before:
                written[key] = after | (before or frozenset())
                if key >= 0:
                    waiting.append(key)
    return written
