# SPDX-License-Identifier: GPL-2.0-only
"""Systems in which three threads operate on one lock, and a property that each of them violates."""

from __future__ import annotations

from dfsrace.system import System
from dfsrace.system.expressions import Const, Local
from dfsrace.system.program import Branch, Finish, LockOperation
from dfsrace.system.types import BOOL, LockKind, LockType, NamedType, StampType
from tests.engine.build import Line, at, family, system, thread, variable

SIDE = NamedType("Side", ("LEFT", "RIGHT"))
LEFT = Const(0, SIDE)


def calls(kind: LockKind, *names: str, maximum: int = 1) -> System:
    """Two threads of a family, each executing the calls on one lock out of two, and a third that executes the first."""
    stamp = StampType("lock sequence")
    variables = (variable("lock", LockType(kind, maximum), (SIDE,)),)
    lock = at(variables, "lock", LEFT)
    lines: list[Line] = []
    for name in names:
        if name.endswith("retry"):
            lines.append(LockOperation(name, lock, 1, Local(0, stamp)))
        elif name.endswith("begin") and "read" in name:
            lines.append(LockOperation(name, lock, 0))
        elif "trylock" in name:
            place = len(lines)
            lines += [LockOperation(name, lock, 1), (Branch(Local(1, BOOL)), (place + 2, len(names) + 1))]
            lines = [*lines]
        else:
            lines.append(LockOperation(name, lock))
    end = len(lines)
    lines = [(line[0], (line[1][0], end)) if isinstance(line, tuple) else line for line in lines]
    threads = family("t", 2, [*lines, Finish()], (stamp, BOOL))
    return system(variables, (*threads, thread("last", [lines[0], Finish()], (stamp, BOOL))))


LOCKS: dict[str, tuple[LockKind, tuple[str, ...], int, str]] = {
    "spinlock": ("spinlock", ("spin_lock", "spin_unlock"), 1, "lock held at exit"),
    "spin_trylock": ("spinlock", ("spin_trylock", "spin_unlock"), 1, "lock held at exit"),
    "mutex": ("mutex", ("mutex_lock", "mutex_lock"), 1, "lock taken twice"),
    "mutex_trylock": ("mutex", ("mutex_trylock", "mutex_unlock", "mutex_unlock"), 1, "unlock of a lock not held"),
    "bit_lock": ("bit_lock", ("lock_page", "unlock_page", "unlock_page"), 1, "unlock of a lock not held"),
    "trylock_page": ("bit_lock", ("trylock_page", "lock_page"), 1, "deadlock"),
    "semaphore": ("semaphore", ("down", "up", "up"), 2, "value out of range"),
    "down_trylock": ("semaphore", ("down_trylock", "down"), 2, "deadlock"),
    "rwlock": ("rwlock", ("read_lock", "read_lock", "read_unlock", "read_unlock"), 1, "lock held at exit"),
    "rwlock full": ("rwlock", ("read_lock", "read_trylock", "read_lock", "read_lock"), 1, "value out of range"),
    "write_trylock": ("rwlock", ("write_trylock", "read_lock"), 1, "lock taken twice"),
    "write after read": ("rwlock", ("read_lock", "write_lock"), 1, "lock taken twice"),
    "rwsem": ("rwsem", ("down_write", "downgrade_write", "up_read"), 1, "lock held at exit"),
    "rwsem readers": ("rwsem", ("down_read", "up_read", "down_write", "up_write"), 1, "lock held at exit"),
    "rwsem trylocks": ("rwsem", ("down_read_trylock", "up_read", "down_write_trylock", "up_write"), 1, ""),
    "seqlock": ("seqlock", ("read_seqbegin", "write_seqlock", "write_sequnlock", "read_seqretry"), 1, ""),
    "seqlock held": ("seqlock", ("write_seqlock", "read_seqbegin"), 1, "lock taken twice"),
    "seqcount": ("seqcount", ("write_seqcount_begin", "write_seqcount_end"), 1, "seqcount written twice"),
    "seqcount end": (
        "seqcount",
        ("read_seqcount_begin", "write_seqcount_begin", "write_seqcount_end", "read_seqcount_retry"),
        1,
        "seqcount written twice",
    ),
}
