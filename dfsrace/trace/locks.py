# SPDX-License-Identifier: GPL-2.0-only
"""Locks in a trace: who took which, who still has it, who waits for it."""

from __future__ import annotations

from collections.abc import Iterable

from dfsrace.system.evaluation import Scope, evaluate
from dfsrace.system.lock_rules import Violated
from dfsrace.system.program import AtomicBegin, Choose, LockOperation, Node, Wait
from dfsrace.system.system import System
from dfsrace.system.types import LockType
from dfsrace.trace.names import Names
from dfsrace.trace.record import LockEvent, Mark, TraceStep, Waiting

_READING = frozenset({"read_seqbegin", "read_seqretry", "read_seqcount_begin", "read_seqcount_retry"})
_RELEASING = frozenset(
    {
        "spin_unlock",
        "mutex_unlock",
        "unlock_page",
        "up",
        "read_unlock",
        "write_unlock",
        "up_read",
        "up_write",
        "write_sequnlock",
        "write_seqcount_end",
    }
)
_SPINNING = frozenset({"spinlock", "rwlock", "seqlock"})


def lock_event(call: str, components: Iterable[str]) -> LockEvent:
    """What an operation that changed these parts of a lock did: a failed trylock or a registration takes nothing."""
    changed = set(components) - {"sequence"}
    if call in _RELEASING:
        return "release" if changed else "other"
    if call in _READING or call == "downgrade_write":
        return "other"
    return "acquire" if changed & {"owner", "locked", "count", "writer", "readers"} else "other"


def held_locks(steps: Iterable[TraceStep]) -> dict[int, dict[str, Mark]]:
    """For each thread the locks that it took and that nobody has released since, with the place of the taking.

    A lock without owner that another thread releases is taken from whoever took it.
    """
    held: dict[int, dict[str, Mark]] = {}
    for step in steps:
        for place, node in enumerate(step.executed):
            if node.lock is None or node.lock.event == "other":
                continue
            name = node.lock.lock
            if node.lock.event == "acquire":
                held.setdefault(step.thread, {}).setdefault(name, Mark(step.number, place))
            elif name in held.get(step.thread, {}):
                del held[step.thread][name]
            else:
                for taken in held.values():
                    if taken.pop(name, None):
                        break
    return held


def taken_in(steps: Iterable[TraceStep], thread: int, lock: str) -> Mark | None:
    """Where a thread took a lock that it still holds."""
    return held_locks(steps).get(thread, {}).get(lock)


def sleeping_locks(system: System, steps: tuple[TraceStep, ...], thread: int) -> dict[str, Mark]:
    """The locks that spin, with the place of the taking, that a thread holds."""
    found = {}
    for lock, mark in held_locks(steps).get(thread, {}).items():
        node = steps[mark.step - 1].executed[mark.executed]
        operation = system.threads[thread].nodes[node.node].operation
        if isinstance(operation, LockOperation):
            kind = system.variables[operation.access.variable].type
            if isinstance(kind, LockType) and kind.kind in _SPINNING:
                found[lock] = mark
    return found


def lock_name(operation: LockOperation, moment: Scope, names: Names) -> str:
    """The lock that an operation is on, as the model would write it; empty where it cannot be told."""
    try:
        position = tuple(evaluate(index, moment) for index in operation.access.indices)
    except (Violated, KeyError):
        return ""
    return names.element(operation.access.variable, position)


def waiting_at(node: Node, thread: int, lock: str, steps: tuple[TraceStep, ...], names: Names) -> Waiting:
    """What a thread that cannot move waits for, and who has it, as far as the trace tells. `lock`: the lock's name."""
    operation = node.operation
    goal, reason = "", "waits"
    if isinstance(operation, LockOperation) and lock:
        goal = f"for {lock}"
        owners = [t for t, taken in sorted(held_locks(steps).items()) if lock in taken]
        if owners == [thread]:
            goal, reason = f"{goal}, which it has locked itself", "waits for itself"
        elif owners:
            text = " and ".join(names.system.threads[t].name for t in owners)
            goal = f"{goal}, which {text} {'holds' if len(owners) == 1 else 'hold'}"
            reason = f"waits for {text}"
    elif isinstance(operation, Wait):
        goal = f"in {node.text}"
    elif isinstance(operation, Choose):
        goal, reason = f"in {node.text}, which has nothing to choose from", "nothing to choose from"
    elif isinstance(operation, AtomicBegin):
        goal = "to begin an atomic block"
    return Waiting(thread, node.span, node.stack, node.text, reason, goal)
