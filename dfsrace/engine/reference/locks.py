# SPDX-License-Identifier: GPL-2.0-only
"""The rules of the kernel's locks as source; `dfsrace.system.lock_rules` says the same in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dfsrace.engine.reference.expressions import Shift
from dfsrace.engine.reference.path import Path
from dfsrace.engine.reference.renewing import ReferenceWriter
from dfsrace.system.program import Node
from dfsrace.system.types import LockType

GoOn = Callable[[Path, "str | None"], None]

TWICE, NOT_HELD = "lock taken twice", "unlock of a lock not held"


@dataclass(frozen=True, slots=True)
class LockSite:
    """An operation on the lock at `shift`, whose parts are (offset, width)."""

    writer: ReferenceWriter
    shift: Shift
    parts: tuple[tuple[int, int], ...]
    kind: LockType
    node: Node
    place: int
    argument: str | None

    @property
    def me(self) -> int:
        """The thread as owners are stored."""
        return self.writer.me + 1

    @property
    def threads(self) -> int:
        return len(self.writer.layout.threads)

    def get(self, path: Path, part: int, count: int = 1) -> str:
        """The raw value of `count` parts together, in a variable."""
        offset = self.parts[part][0]
        return self.writer.get(
            path, self.shift.plus(offset), sum(width for _, width in self.parts[part : part + count])
        )

    def put(self, path: Path, part: int, new: int, old: int | None = None) -> Path:
        """Stores a raw value."""
        offset, width = self.parts[part]
        return self.writer.put(path, self.shift.plus(offset), width, str(new), old)

    def change(self, path: Path, part: int, amount: int) -> Path:
        """Adds to a raw value."""
        offset, width = self.parts[part]
        return self.writer.change(path, self.shift.plus(offset), width, amount)

    @property
    def my_reads(self) -> int:
        """The part that counts this thread's read locks."""
        return 1 + self.writer.me

    @property
    def my_wait(self) -> int:
        """The part that says that this thread has registered."""
        return 1 + self.threads + self.writer.me

    def readers(self, path: Path) -> str:
        return self.get(path, 1, self.threads)

    def waiters(self, path: Path) -> str:
        return self.get(path, 1 + self.threads, self.threads)

    def refuse(self, path: Path, condition: str, go_on: GoOn) -> None:
        """A trylock that fails where a condition is true."""
        self.writer.emit(path, f"if {condition}:")
        go_on(path.inner(), "0")


def _lock(site: LockSite, path: Path, go_on: GoOn) -> None:
    owner = site.get(path, 0)
    site.writer.violate_if(path, f"{owner} == {site.me}", TWICE)
    site.writer.wait_if(path, owner)
    go_on(site.put(path, 0, site.me, 0), None)


def _trylock(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.refuse(path, site.get(path, 0), go_on)
    go_on(site.put(path, 0, site.me, 0), "1")


def _unlock(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.writer.violate_if(path, f"{site.get(path, 0)} != {site.me}", NOT_HELD)
    go_on(site.put(path, 0, 0, site.me), None)


def _lock_page(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.writer.wait_if(path, site.get(path, 0))
    go_on(site.put(path, 0, 1, 0), None)


def _trylock_page(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.refuse(path, site.get(path, 0), go_on)
    go_on(site.put(path, 0, 1, 0), "1")


def _unlock_page(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.writer.violate_if(path, f"not {site.get(path, 0)}", NOT_HELD)
    go_on(site.put(path, 0, 0, 1), None)


def _down(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.writer.wait_if(path, f"not {site.get(path, 0)}")
    go_on(site.change(path, 0, -1), None)


def _down_trylock(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.refuse(path, f"not {site.get(path, 0)}", go_on)
    go_on(site.change(path, 0, -1), "1")


def _up(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.writer.violate_if(path, f"{site.get(path, 0)} >= {site.kind.maximum}", "value out of range")
    go_on(site.change(path, 0, 1), None)


def _one_more_read(site: LockSite, path: Path) -> Path:
    site.writer.violate_if(path, f"{site.get(path, site.my_reads)} == 3", "value out of range")
    return site.change(path, site.my_reads, 1)


def _read_lock(site: LockSite, path: Path, go_on: GoOn) -> None:
    owner = site.get(path, 0)
    site.writer.violate_if(path, f"{owner} == {site.me}", TWICE)
    site.writer.wait_if(path, owner)
    go_on(_one_more_read(site, path), None)


def _read_trylock(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.refuse(path, site.get(path, 0), go_on)
    go_on(_one_more_read(site, path), "1")


def _read_unlock(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.writer.violate_if(path, f"not {site.get(path, site.my_reads)}", NOT_HELD)
    go_on(site.change(path, site.my_reads, -1), None)


def _hold_nothing(site: LockSite, path: Path) -> str:
    """Refuses who already holds the lock; the owner."""
    owner = site.get(path, 0)
    site.writer.violate_if(path, f"{owner} == {site.me} or {site.get(path, site.my_reads)}", TWICE)
    return owner


def _write_lock(site: LockSite, path: Path, go_on: GoOn) -> None:
    owner = _hold_nothing(site, path)
    site.writer.wait_if(path, f"{owner} or {site.readers(path)}")
    go_on(site.put(path, 0, site.me, 0), None)


def _write_trylock(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.refuse(path, f"{site.get(path, 0)} or {site.readers(path)}", go_on)
    go_on(site.put(path, 0, site.me, 0), "1")


def _down_read(site: LockSite, path: Path, go_on: GoOn) -> None:
    owner = _hold_nothing(site, path)
    site.writer.wait_if(path, f"{owner} or {site.waiters(path)}")
    go_on(site.put(path, site.my_reads, 1, 0), None)


def _down_read_trylock(site: LockSite, path: Path, go_on: GoOn) -> None:
    mine = site.get(path, site.my_reads)
    site.refuse(path, f"{site.get(path, 0)} or {mine} or {site.waiters(path)}", go_on)
    go_on(site.put(path, site.my_reads, 1, 0), "1")


def _down_write(site: LockSite, path: Path, go_on: GoOn) -> None:
    owner = _hold_nothing(site, path)
    busy = f"{owner} or {site.readers(path)}"
    waiting = site.get(path, site.my_wait)
    if path.atomic and site.node.atomic:
        site.writer.wait_if(path, busy)
    else:
        site.writer.emit(path, f"if {busy}:")
        inner = path.inner()
        site.writer.emit(inner, f"if {waiting}:")
        site.writer.blocked(inner.inner())
        site.writer.rest(site.put(inner, site.my_wait, 1, 0), site.place)
    go_on(site.put(site.put(path, 0, site.me, 0), site.my_wait, 0), None)


def _down_write_trylock(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.refuse(path, f"{site.get(path, 0)} or {site.readers(path)} or {site.waiters(path)}", go_on)
    go_on(site.put(path, 0, site.me, 0), "1")


def _downgrade_write(site: LockSite, path: Path, go_on: GoOn) -> None:
    site.writer.violate_if(path, f"{site.get(path, 0)} != {site.me}", NOT_HELD)
    go_on(site.put(site.put(path, 0, 0, site.me), site.my_reads, 1, 0), None)


def _read_begin(site: LockSite, path: Path, go_on: GoOn) -> None:
    owner = site.get(path, 0)
    site.writer.violate_if(path, f"{owner} == {site.me}", TWICE)
    site.writer.wait_if(path, owner)
    go_on(path, site.get(path, 1))


def _retry(site: LockSite, path: Path, go_on: GoOn) -> None:
    source = f"({site.get(path, 0)} != 0 or {site.get(path, 1)} != {site.argument})"
    go_on(path, site.writer.name(path, source))


def _write_seqcount_begin(site: LockSite, path: Path, go_on: GoOn) -> None:
    owner = site.get(path, 0)
    site.writer.violate_if(path, f"{owner} == {site.me}", TWICE)
    site.writer.violate_if(path, owner, "seqcount written twice")
    go_on(site.put(path, 0, site.me, 0), None)


LOCK_WRITERS: dict[str, Callable[[LockSite, Path, GoOn], None]] = {
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
