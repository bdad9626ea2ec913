# SPDX-License-Identifier: GPL-2.0-only
"""What a lock operation does to the value of a lock: (outcome, result, new value).

Outcome is "ok", "wait", "register" (a step after which the thread still waits at the same place), or a violation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Stamp, Variable

Effect = tuple[str, Any, Any]

LOCK_CALLS = {
    *("spin_lock", "spin_trylock", "spin_unlock", "mutex_lock", "mutex_trylock", "mutex_unlock"),
    *("lock_page", "trylock_page", "unlock_page", "down", "down_trylock", "up"),
    *("read_lock", "read_trylock", "read_unlock", "write_lock", "write_trylock", "write_unlock"),
    *("down_read", "down_read_trylock", "up_read"),
    *("down_write", "down_write_trylock", "up_write", "downgrade_write"),
    *("read_seqbegin", "read_seqretry", "write_seqlock", "write_sequnlock"),
    *("read_seqcount_begin", "read_seqcount_retry", "write_seqcount_begin", "write_seqcount_end"),
}
SLEEPING = {"mutex_lock", "down", "down_read", "down_write", "lock_page"}
TWICE = "lock taken twice"
NOT_HELD = "unlock of a lock not held"
RANGE = "value out of range"


def owners(kind: str, value: Any) -> set[str]:
    """The threads that hold a lock that knows its holders."""
    if kind in ("spinlock", "mutex", "seqlock", "seqcount"):
        owner = value if kind in ("spinlock", "mutex") else value and value[0]
        return {owner} if owner else set()
    if kind in ("rwlock", "rwsem") and value:
        return {thread for thread, _ in value[1]} | ({value[0]} if value[0] else set())
    return set()


def operate(op: str, variable: Variable, value: Any, me: str, rest: tuple[bool, Any, Callable[[], Stamp]]) -> Effect:
    """`rest`: inside atomic?, the second argument, and a maker of new stamps."""
    kind = variable.type.kind
    if kind in ("spinlock", "mutex"):
        return exclusive(op.split("_")[-1], value, me)
    if kind == "bit_lock":
        if op == "unlock_page":
            return ("ok", None, False) if value else (NOT_HELD, None, value)
        if op == "trylock_page":
            return "ok", not value, True
        return ("wait", None, value) if value else ("ok", None, True)
    if kind == "semaphore":
        if op == "up":
            return ("ok", None, value + 1) if value < variable.top else (RANGE, None, value)
        if op == "down_trylock":
            return "ok", value > 0, max(0, value - 1)
        return ("ok", None, value - 1) if value else ("wait", None, value)
    if kind == "rwlock":
        return rwlock(op, value, me)
    if kind == "rwsem":
        return rwsem(op, value, me, rest[0])
    return sequence(op, value, me, rest)


def exclusive(action: str, owner: Any, me: str) -> Effect:
    if action == "unlock":
        return ("ok", None, None) if owner == me else (NOT_HELD, None, owner)
    if action == "trylock":
        return ("ok", False, owner) if owner else ("ok", True, me)
    if owner == me:
        return TWICE, None, owner
    return ("wait", None, owner) if owner else ("ok", None, me)


def rwlock(op: str, value: Any, me: str) -> Effect:
    writer, readers = value
    counts = dict(readers)

    def reading(number: int) -> Any:
        left = {**counts, me: number}
        return writer, tuple(sorted((thread, n) for thread, n in left.items() if n))

    mine = counts.get(me, 0)
    if op == "read_unlock":
        return ("ok", None, reading(mine - 1)) if mine else (NOT_HELD, None, value)
    if op == "write_unlock":
        return ("ok", None, (None, readers)) if writer == me else (NOT_HELD, None, value)
    if op == "write_trylock":
        return ("ok", False, value) if writer or readers else ("ok", True, (me, ()))
    if op == "read_trylock" and writer:
        return "ok", False, value
    if op in ("read_lock", "read_trylock"):
        if writer == me:
            return TWICE, None, value
        if writer:
            return "wait", None, value
        return (RANGE, None, value) if mine == 3 else ("ok", True, reading(mine + 1))
    if writer == me or mine:
        return TWICE, None, value
    return ("wait", None, value) if writer or readers else ("ok", None, (me, ()))


def rwsem(op: str, value: Any, me: str, atomic: bool) -> Effect:
    writer, readers, waiting = value
    names = {thread for thread, _ in readers}
    holder = writer == me or me in names
    more = tuple(sorted({*readers, (me, 1)}))
    if op == "up_read":
        left = tuple(pair for pair in readers if pair[0] != me)
        return ("ok", None, (writer, left, waiting)) if me in names else (NOT_HELD, None, value)
    if op in ("up_write", "downgrade_write"):
        left = more if op == "downgrade_write" else readers
        return ("ok", None, (None, left, waiting)) if writer == me else (NOT_HELD, None, value)
    if op == "down_read_trylock":
        free = not writer and not waiting and not holder
        return "ok", free, (writer, more, waiting) if free else value
    if op == "down_write_trylock":
        free = not writer and not readers and not waiting
        return "ok", free, (me, readers, waiting) if free else value
    if holder:
        return TWICE, None, value
    if op == "down_read":
        return ("wait", None, value) if writer or waiting else ("ok", None, (writer, more, waiting))
    if not writer and not readers:
        return "ok", None, (me, (), tuple(thread for thread in waiting if thread != me))
    if me in waiting or atomic:
        return "wait", None, value
    return "register", None, (writer, readers, tuple(sorted({*waiting, me})))


def sequence(op: str, value: Any, me: str, rest: tuple[bool, Any, Callable[[], Stamp]]) -> Effect:
    writer, stamp = value
    if op in ("read_seqretry", "read_seqcount_retry"):
        return "ok", bool(writer) or stamp != rest[1], value
    if op in ("write_sequnlock", "write_seqcount_end"):
        return ("ok", None, (None, stamp)) if writer == me else (NOT_HELD, None, value)
    if writer == me:
        return TWICE, None, value
    if op in ("read_seqbegin", "read_seqcount_begin"):
        return ("wait", None, value) if writer else ("ok", stamp, value)
    if writer:
        return ("seqcount written twice", None, value) if op == "write_seqcount_begin" else ("wait", None, value)
    return "ok", None, (me, rest[2]())
