# SPDX-License-Identifier: GPL-2.0-only
"""The rules of the kernel's locks as C; `dfsrace.system.lock_rules` says the same in plain Python.

Each rule is a function of a `LockSite` that writes statements and returns the source of the result, if it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dfsrace.engine.native.names import fail
from dfsrace.engine.native.places import Words
from dfsrace.engine.reference.expressions import Shift
from dfsrace.system.types import LockType

TWICE, NOT_HELD = "lock taken twice", "unlock of a lock not held"


class StepCode(Protocol):
    """What a rule needs of the step function that it is written into."""

    words: Words
    me: int

    def emit(self, line: str) -> None: ...

    def fresh(self, letter: str) -> str: ...

    @property
    def wait(self) -> str: ...


@dataclass(frozen=True, slots=True)
class LockSite:
    """An operation on the lock at `shift`, whose parts are (offset, width).

    `register`: the label at which the thread rests before the operation again; None inside an atomic block.
    """

    code: StepCode
    shift: Shift
    parts: tuple[tuple[int, int], ...]
    kind: LockType
    threads: int
    argument: str | None
    register: str | None

    @property
    def me(self) -> int:
        """The thread as owners are stored."""
        return self.code.me + 1

    def get(self, part: int, count: int = 1) -> str:
        """The raw value of `count` parts together (as true or false only if they are wider than a word)."""
        place = self.shift.plus(self.parts[part][0])
        width = sum(width for _, width in self.parts[part : part + count])
        name, piece = self.code.fresh("x"), 64 if width <= 64 else 32
        sources = [self.code.words.get("n", place.plus(at), min(piece, width - at)) for at in range(0, width, piece)]
        self.code.emit(f"val {name} = {' | '.join(sources) or '0'};")
        return name

    def put(self, part: int, new: int) -> None:
        """Stores a raw value."""
        offset, width = self.parts[part]
        for line in self.code.words.put("n", self.shift.plus(offset), width, str(new)):
            self.code.emit(line)

    def change(self, part: int, amount: int) -> None:
        """Adds to a raw value."""
        offset, width = self.parts[part]
        for line in self.code.words.add_known("n", self.shift.plus(offset), width, amount):
            self.code.emit(line)

    @property
    def my_reads(self) -> int:
        """The part that counts this thread's read locks."""
        return 1 + self.code.me

    @property
    def my_wait(self) -> int:
        """The part that says that this thread has registered."""
        return 1 + self.threads + self.code.me

    def readers(self) -> str:
        return self.get(1, self.threads)

    def waiters(self) -> str:
        return self.get(1 + self.threads, self.threads)

    def violate_if(self, condition: str, name: str) -> None:
        self.code.emit(f"if ({condition}) {fail(name)}")

    def wait_if(self, condition: str) -> None:
        self.code.emit(f"if ({condition}) {self.code.wait}")

    def attempt(self, free: str, take: Callable[[], None]) -> str:
        """A trylock: takes the lock where a condition is true; whether it was."""
        name = self.code.fresh("r")
        self.code.emit(f"val {name} = {free};")
        self.code.emit(f"if ({name}) {{")
        take()
        self.code.emit("}")
        return name


def _lock(site: LockSite) -> None:
    owner = site.get(0)
    site.violate_if(f"{owner} == {site.me}", TWICE)
    site.wait_if(owner)
    site.put(0, site.me)


def _trylock(site: LockSite) -> str:
    return site.attempt(f"!{site.get(0)}", lambda: site.put(0, site.me))


def _unlock(site: LockSite) -> None:
    site.violate_if(f"{site.get(0)} != {site.me}", NOT_HELD)
    site.put(0, 0)


def _lock_page(site: LockSite) -> None:
    site.wait_if(site.get(0))
    site.put(0, 1)


def _trylock_page(site: LockSite) -> str:
    return site.attempt(f"!{site.get(0)}", lambda: site.put(0, 1))


def _unlock_page(site: LockSite) -> None:
    site.violate_if(f"!{site.get(0)}", NOT_HELD)
    site.put(0, 0)


def _down(site: LockSite) -> None:
    site.wait_if(f"!{site.get(0)}")
    site.change(0, -1)


def _down_trylock(site: LockSite) -> str:
    return site.attempt(f"{site.get(0)} != 0", lambda: site.change(0, -1))


def _up(site: LockSite) -> None:
    site.violate_if(f"{site.get(0)} >= {site.kind.maximum}", "value out of range")
    site.change(0, 1)


def _one_more_read(site: LockSite) -> None:
    site.violate_if(f"{site.get(site.my_reads)} == 3", "value out of range")
    site.change(site.my_reads, 1)


def _read_lock(site: LockSite) -> None:
    owner = site.get(0)
    site.violate_if(f"{owner} == {site.me}", TWICE)
    site.wait_if(owner)
    _one_more_read(site)


def _read_trylock(site: LockSite) -> str:
    return site.attempt(f"!{site.get(0)}", lambda: _one_more_read(site))


def _read_unlock(site: LockSite) -> None:
    site.violate_if(f"!{site.get(site.my_reads)}", NOT_HELD)
    site.change(site.my_reads, -1)


def _hold_nothing(site: LockSite) -> str:
    """Refuses who already holds the lock; the owner."""
    owner, mine = site.get(0), site.get(site.my_reads)
    site.violate_if(f"{owner} == {site.me} || {mine}", TWICE)
    return owner


def _write_lock(site: LockSite) -> None:
    owner = _hold_nothing(site)
    site.wait_if(f"{owner} || {site.readers()}")
    site.put(0, site.me)


def _write_trylock(site: LockSite) -> str:
    return site.attempt(f"!({site.get(0)} || {site.readers()})", lambda: site.put(0, site.me))


def _down_read(site: LockSite) -> None:
    owner = _hold_nothing(site)
    site.wait_if(f"{owner} || {site.waiters()}")
    site.put(site.my_reads, 1)


def _down_read_trylock(site: LockSite) -> str:
    owner, mine, waiters = site.get(0), site.get(site.my_reads), site.waiters()
    return site.attempt(f"!({owner} || {mine} || {waiters})", lambda: site.put(site.my_reads, 1))


def _down_write(site: LockSite) -> None:
    owner = _hold_nothing(site)
    busy, waiting = f"{owner} || {site.readers()}", site.get(site.my_wait)
    if site.register is None:
        site.wait_if(busy)
    else:
        site.code.emit(f"if ({busy}) {{")
        site.wait_if(waiting)
        site.put(site.my_wait, 1)
        site.code.emit(f"goto {site.register};")
        site.code.emit("}")
    site.put(0, site.me)
    site.put(site.my_wait, 0)


def _down_write_trylock(site: LockSite) -> str:
    owner, readers, waiters = site.get(0), site.readers(), site.waiters()
    return site.attempt(f"!({owner} || {readers} || {waiters})", lambda: site.put(0, site.me))


def _downgrade_write(site: LockSite) -> None:
    _unlock(site)
    site.put(site.my_reads, 1)


def _read_begin(site: LockSite) -> str:
    owner = site.get(0)
    site.violate_if(f"{owner} == {site.me}", TWICE)
    site.wait_if(owner)
    return site.get(1)


def _retry(site: LockSite) -> str:
    return f"({site.get(0)} != 0 || {site.get(1)} != {site.argument})"


def _write_seqcount_begin(site: LockSite) -> None:
    owner = site.get(0)
    site.violate_if(f"{owner} == {site.me}", TWICE)
    site.violate_if(owner, "seqcount written twice")
    site.put(0, site.me)


LOCK_WRITERS: dict[str, Callable[[LockSite], str | None]] = {
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
    "write_seqlock": _lock,
    "write_sequnlock": _unlock,
    "read_seqcount_begin": _read_begin,
    "read_seqcount_retry": _retry,
    "write_seqcount_begin": _write_seqcount_begin,
    "write_seqcount_end": _unlock,
}
