# SPDX-License-Identifier: GPL-2.0-only
"""What can follow each state of a trace, by writing the whole graph down: slow, plain, and nobody else's code.

States are the interpreter's, without renaming.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference.stepping import ConcreteState, Stepper, StepResult
from dfsrace.system import System
from tests.engine.brute import names_violated


class TooLarge(Exception):
    """More states than a slow answer is worth."""


@dataclass
class Ahead:
    """The graph of all states from some: for each the steps from it, and for each of these whether it violates."""

    system: System
    violated: str
    most: int = 8_000
    stepper: Stepper = field(init=False)
    edges: dict[ConcreteState, list[tuple[StepResult, bool]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stepper = Stepper(self.system)

    def explore(self, start: ConcreteState) -> set[ConcreteState]:
        """All states from one on."""
        seen, waiting = {start}, [start]
        while waiting:
            state = waiting.pop()
            for result, _ in self.steps(state):
                if result.state is not None and result.state not in seen:
                    seen.add(result.state)
                    waiting.append(result.state)
            if len(seen) > self.most:
                raise TooLarge
        return seen

    def steps(self, state: ConcreteState) -> list[tuple[StepResult, bool]]:
        """The steps from a state."""
        if state not in self.edges:
            results = [r for thread in range(len(self.stepper.finish)) for r in self.stepper.results(state, thread)]
            self.edges[state] = [(r, self.violated in names_violated(self.stepper, r)) for r in results]
        return self.edges[state]

    def some_pool_is_exhausted(self, start: ConcreteState) -> bool:
        """Whether nobody can know what follows."""
        return any(result.exhausted for state in self.explore(start) for result, _ in self.steps(state))

    def can_be_avoided(self, start: ConcreteState) -> bool:
        """Whether some run from a state never violates: what has no way on is taken out until nothing changes."""
        avoiding = self.explore(start)
        changed = True
        while changed:
            kept = {state for state in avoiding if self._has_a_way_on(state, avoiding)}
            changed, avoiding = kept != avoiding, kept
        return start in avoiding

    def _has_a_way_on(self, state: ConcreteState, avoiding: set[ConcreteState]) -> bool:
        if not self.steps(state):
            return self.violated != "deadlock" or not self.stepper.is_deadlock(state)
        ways = [result for result, violates in self.steps(state) if not violates]
        return any(result.state is None or result.state in avoiding for result in ways)

    def never(self, start: ConcreteState) -> bool:
        """Whether no run from a state violates."""
        return not any(violates for state in self.explore(start) for _, violates in self.steps(state))

    def alone(self, start: ConcreteState, thread: int) -> tuple[set[ConcreteState], bool]:
        """Where a thread that goes on alone comes to rest, and whether it violates on the way."""
        seen, waiting, bad = {start}, [start], False
        while waiting:
            for result, violates in self.steps(waiting.pop()):
                if result.thread == thread:
                    bad = bad or violates or result.state is None
                    if result.state is not None and result.state not in seen:
                        seen.add(result.state)
                        waiting.append(result.state)
        return {state for state in seen if not self.stepper.results(state, thread)}, bad

    def states_of(self, schedule: Schedule) -> tuple[list[ConcreteState], list[StepResult]]:
        """The states of a schedule and its steps."""
        start, results = self.stepper.follow(schedule)
        states = [start.state, *(result.state for result in results)]
        return [state for state in states if state is not None], results

    def in_order(self, schedule: Schedule, step: int) -> list[StepResult] | None:
        """The run of a schedule without the switch after a step, the others in the same order; None if it has no end.

        Ends at a violation.
        """
        states, made = self.states_of(schedule)
        run, state, later = made[:step], states[step], made[step:]
        first = made[step - 1].thread
        choices = {t: [r.move.choices for r in later if r.thread == t] for t in range(len(self.stepper.finish))}
        turns = [first] * 300
        queue = [r.thread for r in later if r.thread != first]
        rounds = [t for _ in range(20) for t in range(len(self.stepper.finish)) for _ in range(60)]
        for place, thread in enumerate([*turns, *queue, *rounds]):
            results = self.stepper.results(state, thread)
            if place == 299 and results:
                return None
            if not results:
                continue
            wish = choices[thread].pop(0) if choices[thread] else ()
            run.append(next((r for r in results if r.move.choices == wish), results[0]))
            if run[-1].exhausted:
                return None
            following = run[-1].state
            if following is None or self.violated in names_violated(self.stepper, run[-1]):
                return run
            state = following
        return None if self.steps(state) else run
