# SPDX-License-Identifier: GPL-2.0-only
"""The decisive switch: the one switch of a trace that, had it not been made, would have avoided the violation.

Only a switch away from a thread that could have gone on is a preemption, and could have been left out. Without it the
thread runs on alone until it has finished or has to wait, whatever it chooses. Two claims can be true then. The strong
one: no run at all after that violates the property. The weak one: the run does not in which the others then make their
steps in the order of the trace, each left out where its thread cannot move, with the trace's choices where they are to
be had; and in the end all threads run on in the order of the model, until none can move. A strong claim goes before a
weak one, a later switch before an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference.stepping import ConcreteState, Start, Stepper, StepResult
from dfsrace.system.types import Value
from dfsrace.trace.continuations import Budget, Continuations, broken_by, no_violation_ahead

MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Preemption:
    """A switch after `step` steps away from `thread`, which could have gone on, to `other`."""

    step: int
    thread: int
    other: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """What leaving a preemption out comes to. `always` and `avoids` are the strong and the weak claim, None: not known.

    `finished`, `waits`: whether the thread, running on alone, comes to its end, or to where it has to wait.
    `schedule`: the run of the weak claim, if that is true; `violates`: other properties that it violates.
    """

    preemption: Preemption
    always: bool | None
    avoids: bool | None
    finished: bool = False
    waits: bool = False
    schedule: Schedule | None = None
    violates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """A trace as it was executed: from `start` by `results`, of which the last violates the property."""

    start: Start
    number: int
    results: tuple[StepResult, ...]

    def state(self, steps: int) -> ConcreteState | None:
        """Where it was after so many steps."""
        return self.results[steps - 1].state if steps else self.start.state

    def preemptions(self, stepper: Stepper) -> Iterator[Preemption]:
        """The preemptions, latest first."""
        for step in reversed(range(1, len(self.results))):
            thread, other, state = self.results[step - 1].thread, self.results[step].thread, self.state(step)
            if thread != other and state is not None and stepper.results(state, thread):
                yield Preemption(step, thread, other)


def alternatives(ahead: Continuations, past: Past, budget: Budget) -> list[Alternative]:
    """What leaving out each preemption comes to, latest first; as far as the first for which the strong claim is true.

    Raises PropertyError and LoopsWithoutAccess.
    """
    found: list[Alternative] = []
    safe: set[int] = set()
    for preemption in past.preemptions(ahead.stepper):
        found.append(_alternative(ahead, past, preemption, safe, budget))
        if found[-1].always:
            break
    return found


def best(found: Sequence[Alternative]) -> Alternative | None:
    """The one to tell of: with a strong claim, else with a weak one; the latest of several."""
    return next((a for a in found if a.always), None) or next((a for a in found if a.avoids), None)


def _alternative(
    ahead: Continuations, past: Past, preemption: Preemption, safe: set[int], budget: Budget
) -> Alternative:
    alone = _Alone(ahead, preemption.thread, budget)
    state = past.state(preemption.step)
    assert state is not None
    clean = alone.explore(state)
    always: bool | None = clean
    if clean:
        keys = [ahead.key(rest) for rest in alone.rests]
        always = no_violation_ahead(ahead, keys, safe, budget) if keys else None
    run = _Run(ahead, past, preemption)
    avoids = run.whole()
    rests = alone.rests if always else [run.rested]
    ends = [rest is not None and ahead.stepper.has_finished(rest)[preemption.thread] for rest in rests]
    schedule = Schedule(past.number, tuple(result.move for result in run.results)) if avoids else None
    return Alternative(preemption, always, avoids, any(ends), not all(ends), schedule, tuple(run.violates))


@dataclass(slots=True)
class _Alone:
    """A thread that runs on alone. `rests`: where it has finished or has to wait."""

    ahead: Continuations
    thread: int
    budget: Budget
    rests: list[ConcreteState] = field(default_factory=list)

    def explore(self, start: ConcreteState) -> bool | None:
        """Whether nothing that it can do violates anything; None where that was not found out. It may run for ever."""
        stepper = self.ahead.stepper
        waiting, seen = [start], {start}
        while waiting:
            state = waiting.pop()
            if not self.budget.spend():
                return None
            results = stepper.results(state, self.thread)
            if not results:
                self.rests.append(state)
            for result in results:
                if result.exhausted:
                    return None
                if result.state is None or self._breaks(result):
                    return False
                if result.state not in seen:
                    seen.add(result.state)
                    waiting.append(result.state)
        return True

    def _breaks(self, result: StepResult) -> bool:
        return not self.ahead.violated.isdisjoint(broken_by(self.ahead.stepper, result))


class _Run:
    """The run of the weak claim: `results` from the initial state on, `violates` what it violates besides.

    `rested`: where the thread had finished or had to wait.
    """

    def __init__(self, ahead: Continuations, past: Past, preemption: Preemption) -> None:
        self.stepper, self.violated = ahead.stepper, ahead.violated
        self.results = list(past.results[: preemption.step])
        self.first = preemption.thread
        self.state = self.rested = past.state(preemption.step)
        self.violates: list[str] = []
        self.bad = self.exhausted = False
        later = past.results[preemption.step :]
        self.order = [result.thread for result in later if result.thread != self.first]
        self.wished = [[r.move.choices for r in later if r.thread == t] for t in range(len(self.stepper.finish))]

    def whole(self) -> bool | None:
        """Whether it avoids the violation; None if it never ends, or that is not known."""
        ended = self._on(self.first)
        self.rested = self.state
        if not ended:
            return None
        for thread in self.order:
            self._step(thread)
        moved = True
        while ended and moved and self.state is not None:
            before = len(self.results)
            ended = all(self._on(thread) for thread in range(len(self.stepper.finish)))
            moved = len(self.results) > before
        if self.bad:
            return False
        return True if ended and not self.exhausted else None

    def _on(self, thread: int) -> bool:
        """Lets a thread run as far as it can; False if it seems to have no end."""
        seen = set[ConcreteState | None]()
        while self.state not in seen and len(self.results) < MOST_STEPS:
            seen.add(self.state)
            if not self._step(thread):
                return True
        return False

    def _step(self, thread: int) -> bool:
        """One step of a thread, with the choices that it makes in the trace if it can; False where it cannot move."""
        results = self.stepper.results(self.state, thread) if self.state is not None else []
        if not results or self.bad or self.exhausted:
            return False
        result = next((r for r in results if r.move.choices == self._wish(thread)), results[0])
        if result.exhausted:
            self.exhausted = True
            return False
        if self.wished[thread]:
            self.wished[thread].pop(0)
        self.results.append(result)
        self.state = result.state
        broken = broken_by(self.stepper, result)
        self.bad = not self.violated.isdisjoint(broken)
        self.violates += [name for name in broken if name not in self.violated and name not in self.violates]
        return True

    def _wish(self, thread: int) -> tuple[Value, ...]:
        return self.wished[thread][0] if self.wished[thread] else ()
