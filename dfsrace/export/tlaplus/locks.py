# SPDX-License-Identifier: GPL-2.0-only
"""The lock operations as TLA+, by the rules of `dfsrace.system.lock_rules`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dfsrace.export.tlaplus.names import Names

TWICE = '"lock taken twice"'
NOT_HELD = '"unlock of a lock not held"'
WRITTEN_TWICE = '"seqcount written twice"'
RANGE = '"value out of range"'


@dataclass(frozen=True, slots=True)
class Rule:
    """What an operation does, in the order in which it is judged.

    `fails`: (test, violation). `waits`: the test that it is not granted. `registers`: the test that it only registers.
    `granted`: the test that the effects come; empty where they always do. `result`: from the lock as it was.
    `effects`: (component, by thread, new value). `renews`: the sequence takes a new stamp.
    """

    fails: tuple[tuple[str, str], ...] = ()
    waits: str = ""
    registers: str = ""
    granted: str = ""
    result: str = ""
    effects: tuple[tuple[str, bool, str], ...] = ()
    renews: bool = False


@dataclass(frozen=True, slots=True)
class LockText:
    """The cells of one lock in the record `c`, as the thread `me` sees it. `position`: its indices."""

    names: Names
    variable: int
    position: str
    atomic: bool
    maximum: int
    argument: str

    def path(self, component: str, mine: bool = False) -> str:
        """A component behind the record of cells, of this thread or of all."""
        part = self.names.parts[self.variable][component]
        return f".{part.name}{self.position}{'[me]' if mine else ''}"

    def part(self, component: str) -> str:
        """A component's value."""
        return f"c{self.path(component)}"

    @property
    def ownership(self) -> str:
        """The component that names the owner."""
        return "owner" if "owner" in self.names.parts[self.variable] else "writer"

    @property
    def owner(self) -> str:
        return self.part(self.ownership)

    @property
    def free(self) -> str:
        return f"{self.owner} = None"

    def own(self, component: str) -> str:
        """This thread's share of a component."""
        return f"c{self.path(component, True)}"

    def reads(self) -> str:
        """True if this thread holds the lock for reading."""
        return f"{self.own('readers')} # {self.nothing('readers')}"

    def nothing(self, component: str) -> str:
        """What stands in a component that counts nobody."""
        return "FALSE" if self.names.parts[self.variable][component].kind.name == "bool" else "0"

    def anyone(self, component: str) -> str:
        """True if a component counts any thread."""
        return f"(\\E t \\in Threads : {self.part(component)}[t] # {self.nothing(component)})"

    def holds(self) -> str:
        return f"({self.owner} = me \\/ {self.reads()})"


def _all(*tests: str) -> str:
    return "(" + " /\\ ".join(tests) + ")" if len(tests) > 1 else tests[0]


def _taken(k: LockText) -> tuple[str, bool, str]:
    return k.ownership, False, "me"


def _lock(k: LockText) -> Rule:
    return Rule(((f"{k.owner} = me", TWICE),), f"{k.owner} # None", effects=(_taken(k),))


def _trylock(k: LockText) -> Rule:
    return Rule(granted=k.free, result=f"({k.free})", effects=(_taken(k),))


def _unlock(k: LockText) -> Rule:
    return Rule(((f"{k.owner} # me", NOT_HELD),), effects=((k.ownership, False, "None"),))


def _lock_page(k: LockText) -> Rule:
    return Rule(waits=k.part("locked"), effects=(("locked", False, "TRUE"),))


def _trylock_page(k: LockText) -> Rule:
    return Rule(result=f"(~{k.part('locked')})", effects=(("locked", False, "TRUE"),))


def _unlock_page(k: LockText) -> Rule:
    return Rule(((f"~{k.part('locked')}", NOT_HELD),), effects=(("locked", False, "FALSE"),))


def _down(k: LockText) -> Rule:
    return Rule(waits=f"{k.part('count')} = 0", effects=(("count", False, "@ - 1"),))


def _down_trylock(k: LockText) -> Rule:
    some = f"{k.part('count')} > 0"
    return Rule(granted=some, result=f"({some})", effects=(("count", False, "@ - 1"),))


def _up(k: LockText) -> Rule:
    return Rule(((f"{k.part('count')} >= {k.maximum}", RANGE),), effects=(("count", False, "@ + 1"),))


def _read_lock(k: LockText) -> Rule:
    fails = ((f"{k.owner} = me", TWICE), (_all(k.free, f"{k.own('readers')} >= 3"), RANGE))
    return Rule(fails, f"{k.owner} # None", effects=(("readers", True, "@ + 1"),))


def _read_trylock(k: LockText) -> Rule:
    fails = ((_all(k.free, f"{k.own('readers')} >= 3"), RANGE),)
    return Rule(fails, granted=k.free, result=f"({k.free})", effects=(("readers", True, "@ + 1"),))


def _read_unlock(k: LockText) -> Rule:
    return Rule(((f"{k.own('readers')} = 0", NOT_HELD),), effects=(("readers", True, "@ - 1"),))


def _up_read(k: LockText) -> Rule:
    return Rule(((f"~{k.own('readers')}", NOT_HELD),), effects=(("readers", True, "FALSE"),))


def _write_lock(k: LockText) -> Rule:
    waits = f"{k.owner} # None \\/ {k.anyone('readers')}"
    return Rule(((k.holds(), TWICE),), waits, effects=(_taken(k),))


def _write_trylock(k: LockText) -> Rule:
    free = _all(k.free, f"~{k.anyone('readers')}")
    return Rule(granted=free, result=free, effects=(_taken(k),))


def _down_read(k: LockText) -> Rule:
    waits = f"{k.owner} # None \\/ {k.anyone('waiting')}"
    return Rule(((k.holds(), TWICE),), waits, effects=(("readers", True, "TRUE"),))


def _down_read_trylock(k: LockText) -> Rule:
    free = _all(k.free, f"~{k.own('readers')}", f"~{k.anyone('waiting')}")
    return Rule(granted=free, result=free, effects=(("readers", True, "TRUE"),))


def _down_write(k: LockText) -> Rule:
    taken = f"({k.owner} # None \\/ {k.anyone('readers')})"
    waits = taken if k.atomic else _all(taken, k.own("waiting"))
    effects = (_taken(k), ("waiting", True, "FALSE"))
    return Rule(((k.holds(), TWICE),), waits, "" if k.atomic else taken, effects=effects)


def _down_write_trylock(k: LockText) -> Rule:
    free = _all(k.free, f"~{k.anyone('readers')}", f"~{k.anyone('waiting')}")
    return Rule(granted=free, result=free, effects=(_taken(k),))


def _downgrade_write(k: LockText) -> Rule:
    effects = ((k.ownership, False, "None"), ("readers", True, "TRUE"))
    return Rule(((f"{k.owner} # me", NOT_HELD),), effects=effects)


def _read_begin(k: LockText) -> Rule:
    return Rule(((f"{k.owner} = me", TWICE),), f"{k.owner} # None", result=k.part("sequence"))


def _retry(k: LockText) -> Rule:
    return Rule(result=f"({k.owner} # None \\/ {k.part('sequence')} # {k.argument})")


def _write_seqlock(k: LockText) -> Rule:
    return Rule(((f"{k.owner} = me", TWICE),), f"{k.owner} # None", effects=(_taken(k),), renews=True)


def _write_seqcount_begin(k: LockText) -> Rule:
    fails = ((f"{k.owner} = me", TWICE), (f"{k.owner} # None", WRITTEN_TWICE))
    return Rule(fails, effects=(_taken(k),), renews=True)


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
    "up_read": _up_read,
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
