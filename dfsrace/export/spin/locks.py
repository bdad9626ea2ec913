# SPDX-License-Identifier: GPL-2.0-only
"""The lock operations as Promela, by the rules of `dfsrace.system.lock_rules`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dfsrace.export.spin.expressions import CODES, RANGE
from dfsrace.export.spin.names import Names

TWICE = CODES["lock taken twice"]
NOT_HELD = CODES["unlock of a lock not held"]
WRITTEN_TWICE = CODES["seqcount written twice"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What an operation does, in the order in which it is judged.

    `fails`: (test, number of the violation). `waits`: true while it is not granted. `registers`: true where it only
    registers. `result`: from the lock as it was. `effects`: (cell, new value), taken in order where `granted` is true.
    `renews`: the cell that takes a new stamp.
    """

    fails: tuple[tuple[str, int], ...] = ()
    waits: str = "0"
    registers: str = "0"
    granted: str = "1"
    result: str | None = None
    effects: tuple[tuple[str, str], ...] = ()
    renews: str | None = None


@dataclass(frozen=True, slots=True)
class LockText:
    """The cells of one lock, by their names, as thread `me` sees it."""

    names: Names
    variable: int
    position: str
    me: int
    atomic: bool
    maximum: int
    argument: str
    mine: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mine", str(self.me + 1))

    def part(self, component: str, thread: int | None = None) -> str:
        """A component's cell."""
        return self.names.cell(self.variable, self.position, component, thread)

    @property
    def owner(self) -> str:
        return self.part("owner" if "owner" in self.names.parts[self.variable] else "writer")

    def reads(self) -> str:
        """This thread's read locks."""
        return self.part("readers", self.me)

    def _any(self, component: str) -> str:
        return "(" + " || ".join(self.part(component, t) for t in range(self.names.threads)) + ")"

    def anyone_reads(self) -> str:
        return self._any("readers")

    def anyone_waits(self) -> str:
        return self._any("waiting")

    def holds(self) -> str:
        return f"({self.owner} == {self.mine} || {self.reads()})"


def _lock(k: LockText) -> Rule:
    return Rule(((f"({k.owner} == {k.mine})", TWICE),), f"({k.owner} != 0)", effects=((k.owner, k.mine),))


def _trylock(k: LockText) -> Rule:
    free = f"({k.owner} == 0)"
    return Rule(granted=free, result=free, effects=((k.owner, k.mine),))


def _unlock(k: LockText) -> Rule:
    return Rule(((f"({k.owner} != {k.mine})", NOT_HELD),), effects=((k.owner, "0"),))


def _lock_page(k: LockText) -> Rule:
    locked = k.part("locked")
    return Rule(waits=f"{locked}", effects=((locked, "1"),))


def _trylock_page(k: LockText) -> Rule:
    locked = k.part("locked")
    return Rule(result=f"!{locked}", effects=((locked, "1"),))


def _unlock_page(k: LockText) -> Rule:
    locked = k.part("locked")
    return Rule(((f"!{locked}", NOT_HELD),), effects=((locked, "0"),))


def _down(k: LockText) -> Rule:
    count = k.part("count")
    return Rule(waits=f"({count} == 0)", effects=((count, f"{count} - 1"),))


def _down_trylock(k: LockText) -> Rule:
    count = k.part("count")
    return Rule(granted=f"({count} > 0)", result=f"({count} > 0)", effects=((count, f"{count} - 1"),))


def _up(k: LockText) -> Rule:
    count = k.part("count")
    return Rule(((f"({count} >= {k.maximum})", RANGE),), effects=((count, f"{count} + 1"),))


def _read_lock(k: LockText) -> Rule:
    mine = k.reads()
    fails = ((f"({k.owner} == {k.mine})", TWICE), (f"({k.owner} == 0 && {mine} >= 3)", RANGE))
    return Rule(fails, f"({k.owner} != 0)", effects=((mine, f"{mine} + 1"),))


def _read_trylock(k: LockText) -> Rule:
    mine, free = k.reads(), f"({k.owner} == 0)"
    fails = ((f"({k.owner} == 0 && {mine} >= 3)", RANGE),)
    return Rule(fails, granted=free, result=free, effects=((mine, f"{mine} + 1"),))


def _read_unlock(k: LockText) -> Rule:
    mine = k.reads()
    return Rule(((f"({mine} == 0)", NOT_HELD),), effects=((mine, f"{mine} - 1"),))


def _write_lock(k: LockText) -> Rule:
    waits = f"({k.owner} != 0 || {k.anyone_reads()})"
    return Rule(((k.holds(), TWICE),), waits, effects=((k.owner, k.mine),))


def _write_trylock(k: LockText) -> Rule:
    free = f"({k.owner} == 0 && !{k.anyone_reads()})"
    return Rule(granted=free, result=free, effects=((k.owner, k.mine),))


def _down_read(k: LockText) -> Rule:
    waits = f"({k.owner} != 0 || {k.anyone_waits()})"
    return Rule(((k.holds(), TWICE),), waits, effects=((k.reads(), "1"),))


def _down_read_trylock(k: LockText) -> Rule:
    free = f"({k.owner} == 0 && !{k.reads()} && !{k.anyone_waits()})"
    return Rule(granted=free, result=free, effects=((k.reads(), "1"),))


def _down_write(k: LockText) -> Rule:
    waiting = k.part("waiting", k.me)
    taken = f"({k.owner} != 0 || {k.anyone_reads()})"
    waits = taken if k.atomic else f"({taken} && {waiting})"
    registers = "0" if k.atomic else taken
    effects = ((k.owner, k.mine), (waiting, "0"))
    return Rule(((k.holds(), TWICE),), waits, registers, effects=effects)


def _down_write_trylock(k: LockText) -> Rule:
    free = f"({k.owner} == 0 && !{k.anyone_reads()} && !{k.anyone_waits()})"
    return Rule(granted=free, result=free, effects=((k.owner, k.mine),))


def _downgrade_write(k: LockText) -> Rule:
    return Rule(((f"({k.owner} != {k.mine})", NOT_HELD),), effects=((k.owner, "0"), (k.reads(), "1")))


def _read_begin(k: LockText) -> Rule:
    return Rule(((f"({k.owner} == {k.mine})", TWICE),), f"({k.owner} != 0)", result=k.part("sequence"))


def _retry(k: LockText) -> Rule:
    return Rule(result=f"({k.owner} != 0 || {k.part('sequence')} != {k.argument})")


def _write_seqlock(k: LockText) -> Rule:
    fails = ((f"({k.owner} == {k.mine})", TWICE),)
    return Rule(fails, f"({k.owner} != 0)", effects=((k.owner, k.mine),), renews=k.part("sequence"))


def _write_seqcount_begin(k: LockText) -> Rule:
    fails = ((f"({k.owner} == {k.mine})", TWICE), (f"({k.owner} != 0)", WRITTEN_TWICE))
    return Rule(fails, effects=((k.owner, k.mine),), renews=k.part("sequence"))


RULES: dict[str, Callable[[LockText], Rule]] = {
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
