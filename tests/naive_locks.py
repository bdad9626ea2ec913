# SPDX-License-Identifier: GPL-2.0-only
"""The naive checker's locks: one operation by the table of section 6 of the language's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TWICE, MISSING = "lock taken twice", "unlock of a lock not held"
SLEEPING = ("mutex_lock", "down", "down_read", "down_write", "lock_page")
SPINNING = ("spinlock", "rwlock", "seqlock")
REGISTERED = object()


class Wait(Exception):
    """What was asked for is not granted: no step."""


class Bad(Exception):
    """An automatic violation, by name."""


class Lock:
    """One lock: `lock["writer"]` and, for what each thread has, `lock["readers", me]`. `renew` changes the stamp."""

    def __init__(self, cells: dict[Any, Any], at: tuple[Any, ...], me: int, renew: Callable[[], None]) -> None:
        self.cells, self.at, self.me, self.renew = cells, at, me, renew

    def __getitem__(self, part: Any) -> Any:
        return self.cells[(*self.at, part if isinstance(part, tuple) else (part, None))]

    def __setitem__(self, part: Any, value: Any) -> None:
        self.cells[(*self.at, part if isinstance(part, tuple) else (part, None))] = value

    def threads(self, part: str) -> set[int]:
        """The threads whose part is not zero."""
        return {key[2][1] for key, value in self.cells.items() if key[:2] == self.at and key[2][0] == part and value}

    def free(self) -> bool:
        """Nobody holds it, reading or writing."""
        return self["writer"] is None and not self.threads("readers")


def need(condition: object, name: str) -> None:
    if not condition:
        raise Bad(name)


def grant(condition: object) -> None:
    if not condition:
        raise Wait


def operate(call: str, lock: Lock, argument: Any, atomic: bool, maximum: int) -> Any:
    """Does it and gives its result, or REGISTERED for a down_write that only registers. Raises Wait and Bad."""
    if call.endswith("_trylock") or call == "trylock_page":
        return attempt(call, lock)
    if "_seq" in call:
        return sequence(call, lock, argument)
    if call == "down_write":
        return down_write(lock, atomic)
    if call in ("spin_lock", "mutex_lock"):
        need(lock["owner"] != lock.me, TWICE)
    elif call in ("read_lock", "write_lock", "down_read"):
        holds = lock["writer"] == lock.me or (lock["readers", lock.me] and call != "read_lock")
        need(not holds, TWICE)
    if call in ATTEMPTS:
        grant(attempt(ATTEMPTS[call], lock))
    else:
        release(call, lock, maximum)
    return None


# What waits until its attempt succeeds.
ATTEMPTS = {
    "spin_lock": "spin_trylock",
    "mutex_lock": "mutex_trylock",
    "lock_page": "trylock_page",
    "down": "down_trylock",
    "read_lock": "read_trylock",
    "write_lock": "write_trylock",
    "down_read": "down_read_trylock",
}


def attempt(call: str, lock: Lock) -> int:
    """A trylock; true if the lock was had."""
    me = lock.me
    if call in ("spin_trylock", "mutex_trylock"):
        got = lock["owner"] is None
        lock["owner"] = me if got else lock["owner"]
    elif call == "trylock_page":
        got = not lock["locked"]
        lock["locked"] = 1
    elif call == "down_trylock":
        got = lock["count"] > 0
        lock["count"] -= got
    elif call == "read_trylock":
        got = lock["writer"] is None
        need(not got or lock["readers", me] < 3, "value out of range")
        lock["readers", me] += got
    elif call == "down_read_trylock":
        got = lock["writer"] is None and not lock.threads("waiting") and not lock["readers", me]
        lock["readers", me] = max(got, lock["readers", me])
    else:
        assert call in ("write_trylock", "down_write_trylock"), call
        got = lock.free() and not lock.threads("waiting")
        lock["writer"] = me if got else lock["writer"]
    return int(got)


def down_write(lock: Lock, atomic: bool) -> Any:
    need(lock["writer"] != lock.me and not lock["readers", lock.me], TWICE)
    if not lock.free():
        grant(not atomic and not lock["waiting", lock.me])
        lock["waiting", lock.me] = 1
        return REGISTERED
    lock["writer"], lock["waiting", lock.me] = lock.me, 0
    return None


def release(call: str, lock: Lock, maximum: int) -> None:
    me = lock.me
    if call in ("spin_unlock", "mutex_unlock"):
        need(lock["owner"] == me, MISSING)
        lock["owner"] = None
    elif call == "unlock_page":
        need(lock["locked"], MISSING)
        lock["locked"] = 0
    elif call == "up":
        need(lock["count"] < maximum, "value out of range")
        lock["count"] += 1
    elif call in ("read_unlock", "up_read"):
        need(lock["readers", me], MISSING)
        lock["readers", me] -= 1
    else:
        assert call in ("write_unlock", "up_write", "downgrade_write"), call
        need(lock["writer"] == me, MISSING)
        lock["writer"] = None
        if call == "downgrade_write":
            lock["readers", me] = 1


def sequence(call: str, lock: Lock, argument: Any) -> Any:
    """Sequence locks and counts; the two begins renew the stamp."""
    writer, me = lock["writer"], lock.me
    if call.endswith("retry"):
        return int(writer is not None or lock["sequence"] != argument)
    if call in ("write_sequnlock", "write_seqcount_end"):
        need(writer == me, MISSING)
        lock["writer"] = None
        return None
    need(writer != me, TWICE)
    if call == "write_seqcount_begin":
        need(writer is None, "seqcount written twice")
    grant(writer is None)
    if call.startswith("read"):
        return lock["sequence"]
    lock["writer"] = me
    lock.renew()
    return None
