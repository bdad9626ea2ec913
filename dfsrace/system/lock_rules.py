# SPDX-License-Identifier: GPL-2.0-only
"""The rules of the kernel's locks, each operation on one lock as a function of its parts.

A rule reads and changes the lock's parts (see `dfsrace.system.cells`) through a `Lock`, returns its result (None where
there is none), and raises `Violated` or `Waits`. Sleeping while atomic is judged before by who executes the operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.expressions import Expr
from dfsrace.system.types import LockKind, Value

# How often a thread may hold an rwlock for reading.
MOST_READS = 3

# What may sleep, so may not be called while a spinning lock is held.
SLEEPING_CALLS = frozenset({"mutex_lock", "down", "down_read", "down_write", "lock_page"})


@dataclass(frozen=True, slots=True)
class Cause:
    """What was found at a violation, as far as it can be said without names.

    `words`: of a value or lock, to be put after its name; `expression`: the Checked that failed, or the divisor that is
    0; `bound`: the variables bound there.
    """

    words: str = ""
    expression: Expr | None = None
    bound: tuple[tuple[int, Value], ...] = ()


class Violated(Exception):
    """An automatic violation, by its name."""

    def __init__(self, name: str, cause: Cause | None = None) -> None:
        self.name = name
        self.cause = cause or Cause()
        super().__init__(name)


class Waits(Exception):
    """What is to be executed is not granted now."""


class Registers(Exception):
    """down_write registered itself: the step is done, and the thread stays before the operation."""


class Parts(Protocol):
    """Reads and writes a lock's cells, by their place within the lock."""

    def get(self, part: int) -> Value: ...

    def set(self, part: int, value: Value) -> None: ...

    def renew(self, part: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock as `me` sees it. `atomic`: within an atomic block, where no down_write registers."""

    kind: LockKind
    parts: Parts
    me: int
    threads: int
    atomic: bool = False
    maximum: int = 1
    argument: Value = None

    @property
    def owner(self) -> Value:
        return self.parts.get(0)

    def reads(self, thread: int) -> int:
        """How often a thread holds an rwlock or rwsem for reading."""
        return self.parts.get(1 + thread) or 0

    def anyone_reads(self) -> bool:
        return any(self.reads(t) for t in range(self.threads))

    def anyone_waits(self) -> bool:
        return any(self.parts.get(1 + self.threads + t) for t in range(self.threads))


def _require(condition: bool, name: str, words: str = "") -> None:
    if not condition:
        raise Violated(name, Cause(words))


def _wait_unless(condition: bool) -> None:
    if not condition:
        raise Waits


def _lock(lock: Lock) -> Value:
    _require(lock.owner != lock.me, "lock taken twice")
    _wait_unless(lock.owner is None)
    lock.parts.set(0, lock.me)
    return None


def _trylock(lock: Lock) -> Value:
    if lock.owner is not None:
        return 0
    lock.parts.set(0, lock.me)
    return 1


def _unlock(lock: Lock) -> Value:
    _require(lock.owner == lock.me, "unlock of a lock not held")
    lock.parts.set(0, None)
    return None


def _lock_page(lock: Lock) -> Value:
    _wait_unless(not lock.owner)
    lock.parts.set(0, 1)
    return None


def _trylock_page(lock: Lock) -> Value:
    if lock.owner:
        return 0
    lock.parts.set(0, 1)
    return 1


def _unlock_page(lock: Lock) -> Value:
    _require(bool(lock.owner), "unlock of a lock not held")
    lock.parts.set(0, 0)
    return None


def _down(lock: Lock) -> Value:
    count = lock.owner or 0
    _wait_unless(count > 0)
    lock.parts.set(0, count - 1)
    return None


def _down_trylock(lock: Lock) -> Value:
    count = lock.owner or 0
    if count > 0:
        lock.parts.set(0, count - 1)
    return int(count > 0)


def _up(lock: Lock) -> Value:
    count = lock.owner or 0
    _require(count < lock.maximum, "value out of range", f"already at its maximum, {lock.maximum}")
    lock.parts.set(0, count + 1)
    return None


def _read_more(lock: Lock) -> None:
    words = f"held for reading {MOST_READS} times already, the most that a thread may"
    _require(lock.reads(lock.me) < MOST_READS, "value out of range", words)
    lock.parts.set(1 + lock.me, lock.reads(lock.me) + 1)


def _read_lock(lock: Lock) -> Value:
    _require(lock.owner != lock.me, "lock taken twice")
    _wait_unless(lock.owner is None)
    _read_more(lock)
    return None


def _read_trylock(lock: Lock) -> Value:
    if lock.owner is not None:
        return 0
    _read_more(lock)
    return 1


def _read_unlock(lock: Lock) -> Value:
    _require(lock.reads(lock.me) > 0, "unlock of a lock not held")
    lock.parts.set(1 + lock.me, lock.reads(lock.me) - 1)
    return None


def _write_lock(lock: Lock) -> Value:
    _require(lock.owner != lock.me and not lock.reads(lock.me), "lock taken twice")
    _wait_unless(lock.owner is None and not lock.anyone_reads())
    lock.parts.set(0, lock.me)
    return None


def _write_trylock(lock: Lock) -> Value:
    if lock.owner is not None or lock.anyone_reads():
        return 0
    lock.parts.set(0, lock.me)
    return 1


def _down_read(lock: Lock) -> Value:
    _require(lock.owner != lock.me and not lock.reads(lock.me), "lock taken twice")
    _wait_unless(lock.owner is None and not lock.anyone_waits())
    lock.parts.set(1 + lock.me, 1)
    return None


def _down_read_trylock(lock: Lock) -> Value:
    if lock.owner is not None or lock.reads(lock.me) or lock.anyone_waits():
        return 0
    lock.parts.set(1 + lock.me, 1)
    return 1


def _down_write(lock: Lock) -> Value:
    _require(lock.owner != lock.me and not lock.reads(lock.me), "lock taken twice")
    waiting = 1 + lock.threads + lock.me
    if lock.owner is None and not lock.anyone_reads():
        lock.parts.set(0, lock.me)
        if lock.parts.get(waiting):
            lock.parts.set(waiting, 0)
        return None
    _wait_unless(not lock.atomic and not lock.parts.get(waiting))
    lock.parts.set(waiting, 1)
    raise Registers


def _down_write_trylock(lock: Lock) -> Value:
    if lock.owner is not None or lock.anyone_reads() or lock.anyone_waits():
        return 0
    lock.parts.set(0, lock.me)
    return 1


def _downgrade_write(lock: Lock) -> Value:
    _unlock(lock)
    lock.parts.set(1 + lock.me, 1)
    return None


def _read_begin(lock: Lock) -> Value:
    _require(lock.owner != lock.me, "lock taken twice")
    _wait_unless(lock.owner is None)
    return lock.parts.get(1)


def _retry(lock: Lock) -> Value:
    return int(lock.owner is not None or lock.parts.get(1) != lock.argument)


def _write_seqlock(lock: Lock) -> Value:
    _lock(lock)
    lock.parts.renew(1)
    return None


def _write_seqcount_begin(lock: Lock) -> Value:
    _require(lock.owner != lock.me, "lock taken twice")
    _require(lock.owner is None, "seqcount written twice")
    return _write_seqlock(lock)


RULES: dict[str, Callable[[Lock], Value]] = {
    "spin_lock": _lock,
    "spin_trylock": _trylock,
    "spin_unlock": _unlock,
    "mutex_lock": _lock,
    "mutex_trylock": _trylock,
    "mutex_unlock": _unlock,
    "lock_page": _lock_page,
    "trylock_page": _trylock_page,
    "unlock_page": _unlock_page,
    "down": _down,
    "down_trylock": _down_trylock,
    "up": _up,
    "read_lock": _read_lock,
    "read_trylock": _read_trylock,
    "read_unlock": _read_unlock,
    "write_lock": _write_lock,
    "write_trylock": _write_trylock,
    "write_unlock": _unlock,
    "down_read": _down_read,
    "down_read_trylock": _down_read_trylock,
    "up_read": _read_unlock,
    "down_write": _down_write,
    "down_write_trylock": _down_write_trylock,
    "up_write": _unlock,
    "downgrade_write": _downgrade_write,
    "read_seqbegin": _read_begin,
    "read_seqretry": _retry,
    "write_seqlock": _write_seqlock,
    "write_sequnlock": _unlock,
    "read_seqcount_begin": _read_begin,
    "read_seqcount_retry": _retry,
    "write_seqcount_begin": _write_seqcount_begin,
    "write_seqcount_end": _unlock,
}


def spins(kind: LockKind, component: str) -> bool:
    """True if whoever a lock's part names as owner may not sleep."""
    if kind in ("spinlock", "seqlock"):
        return component in ("owner", "writer")
    return kind == "rwlock" and component in ("writer", "readers")


def must_be_released(kind: LockKind, component: str) -> bool:
    """True if a thread that ends may not be named as owner by this part."""
    return kind not in ("bit_lock", "semaphore") and component in ("owner", "writer", "readers")
