# SPDX-License-Identifier: GPL-2.0-only
"""What can follow a state, with some properties in view: states up to renaming, by the reference engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dfsrace.engine.options import REDUCTIONS, Options, Progress
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled, Fail
from dfsrace.engine.reference.stepping import ConcreteState, PropertyError, Stepper, StepResult, speaks_of_threads
from dfsrace.system import AUTOMATIC_PROPERTIES, Property, System

MOST_STATES = 200_000
MOST_SECONDS = 20.0
LOOK_EVERY = 500


@dataclass(slots=True)
class Budget:
    """How much may be looked at, over several searches. `states`: how many were; `cut`: why no more may be, or ""."""

    options: Options
    states: int = 0
    cut: str = ""
    start: float = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.options.clock()

    def spend(self) -> bool:
        """Counts one state more; False where that is too many, and ever after."""
        most, seconds = self.options.states or MOST_STATES, self.options.seconds or MOST_SECONDS
        if not self.cut and self.states >= most:
            self.cut = f"over {most:,} state{'' if most == 1 else 's'}"
        if not self.cut and self.states % LOOK_EVERY == 0:
            self._look(self.options.clock() - self.start, seconds)
        self.states += not self.cut
        return not self.cut

    def _look(self, passed: float, most: float) -> None:
        """Whether somebody wants it to end, or the time is over; else says how far it has come."""
        if self.options.interrupted():
            self.cut = "interrupted"
        elif passed >= most:
            self.cut = f"over {most:g} second{'' if most == 1 else 's'}"
        elif self.options.progress is not None:
            self.options.progress(Progress(self.states, 0, 0, 0, passed))


@dataclass(frozen=True, slots=True)
class Following:
    """What the steps from a state come to.

    `states`: those that they lead to and in which none of the properties is violated; `violated`: some step violates
    one; `ends`: some run ends here and violates none, since no thread can move or a step ends in another violation;
    `dead`: the state is itself the deadlock that is the violation; `exhausted`: the pool that some step finds
    exhausted, so that nobody knows what would follow.
    """

    states: tuple[int, ...]
    violated: bool
    ends: bool
    dead: bool = False
    exhausted: str = ""


class Continuations:
    """The runs from the states of a system, as far as some properties are concerned. Keeps what it has found."""

    def __init__(self, system: System, violated: Iterable[str]) -> None:
        self.compiled = Compiled(system)
        self.stepper = self.compiled.stepper
        self.violated = frozenset(violated)
        self.properties = [p for p in system.properties if p.name in self.violated and p.kind == "invariant"]
        self.canonical = Canonical(self.compiled.references, frozenset(REDUCTIONS), self.properties)
        self._codes = {code for code, name in enumerate(AUTOMATIC_PROPERTIES) if name in self.violated}
        self._working = 0
        for thread, layout in zip(system.threads, self.compiled.layout.threads, strict=True):
            self._working |= 0 if thread.daemon else layout.place.mask
        self._pools = {number: pool.name for pool, number in self.compiled.references.pools.items()}
        self._known: dict[int, Following] = {}

    def key(self, state: ConcreteState) -> int:
        """The state that stands for a state and all that are like it."""
        return self.canonical.one(self.compiled.packed(state))

    def violates(self, key: int, moving: bool = False) -> bool:
        """Whether a state violates one of the properties of states; `moving`: only its cells count, in mid-step.

        Raises PropertyError.
        """
        return any(self._broken(prop, key) for prop in self.properties if not (moving and speaks_of_threads(prop)))

    def _broken(self, prop: Property, key: int) -> bool:
        if prop.at_end and key & self._working:
            return False
        try:
            return not self.compiled.holds(prop, key)
        except Fail as fail:
            raise PropertyError(prop, fail.name) from None

    def following(self, key: int) -> Following:
        """What the steps from a state come to. Raises PropertyError and LoopsWithoutAccess."""
        if key not in self._known:
            self._known[key] = self._followed(key)
        return self._known[key]

    def _followed(self, key: int) -> Following:
        compiled = self.compiled
        found: list[int] = []
        moves = False
        for thread, layout in enumerate(compiled.layout.threads):
            place = key >> layout.place.shift & layout.place.ones
            moves = bool(compiled.tables[thread][place](key, found.append)) or moves
        bad, full = list(compiled.bad), list(compiled.full)
        compiled.bad.clear()
        compiled.full.clear()
        # Sorted, so that what is found first is the same from run to run.
        states = sorted(self.canonical.all(set(found)))
        kept = tuple(state for state in states if not self.violates(state))
        broken = len(kept) < len(states)
        ends = False
        for _, _, code, after in bad:
            breaks = code in self._codes or (after >= 0 and self.violates(after, moving=True))
            broken, ends = broken or breaks, ends or not breaks
        dead = not moves and "deadlock" in self.violated and bool(key & self._working)
        exhausted = self._pools[full[0][2]] if full else ""
        return Following(kept, broken or dead, ends or not (moves or dead), dead, exhausted)


def broken_by(stepper: Stepper, result: StepResult) -> tuple[str, ...]:
    """All properties that are violated in or after a step, each once. Raises PropertyError."""
    found = [result.violation] if result.violation else []
    if result.after is not None:
        found += stepper.judge(result.after, None).violated
    if result.state is not None:
        found += broken_in(stepper, result.state)
    return tuple(dict.fromkeys(found))


def broken_in(stepper: Stepper, state: ConcreteState) -> tuple[str, ...]:
    """All properties that a state violates. Raises PropertyError."""
    found = stepper.judge_state(state).violated
    return (*found, "deadlock") if stepper.is_deadlock(state) else found


def no_violation_ahead(ahead: Continuations, starts: Iterable[int], safe: set[int], budget: Budget) -> bool | None:
    """Whether no run from any of the states violates a property; None where that was not found out.

    `safe`: states of which that is known; those found out are added.
    """
    waiting = [key for key in starts if key not in safe]
    seen = set(waiting)
    if any(ahead.violates(key) for key in waiting):
        return False
    unknown = False
    while waiting:
        key = waiting.pop()
        if not budget.spend():
            return None
        found = ahead.following(key)
        if found.violated:
            return False
        unknown = unknown or bool(found.exhausted)
        fresh = [state for state in found.states if state not in seen and state not in safe]
        seen.update(fresh)
        waiting += fresh
    if unknown:
        return None
    safe |= seen
    return True
