# SPDX-License-Identifier: GPL-2.0-only
"""The schedule of a violation: shortest, then fewest switches, then least threads, then least choices.

First, backwards from the violations: for each state on a shortest path and each thread that may move first, the fewest
switches to come. States are canonical here, so that the places of threads are followed through their permutations.
Then forwards over sets of states without renaming: the least thread that keeps to the fewest switches, one step after
another. Last, the interpreter walks that sequence of threads and takes the least choices that stay on a path; so every
schedule has been replayed before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from dfsrace.engine.outcome import Move, Schedule, Violation
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.goals import Goal
from dfsrace.engine.reference.stepping import ConcreteState, Start, StepResult

Costs = dict[int, int]  # first thread -> fewest switches from there on
Levels = Sequence[Sequence[int]]


class EnginesDisagree(Exception):
    """Our bug: what the search found cannot be replayed by the interpreter."""


class Finder:
    """Finds schedules after a search: `levels` are its canonical states by depth."""

    def __init__(self, compiled: Compiled, canonical: Canonical, starts: Sequence[Start], levels: Levels) -> None:
        self.compiled = compiled
        self.canonical = canonical
        self.starts = starts
        self.levels = levels
        self.threads = range(len(compiled.system.threads))
        self.costs: dict[str, list[dict[int, Costs]]] = {}

    def violations(
        self, goals: Sequence[Goal], minimised: Sequence[Goal], interrupted: Callable[[], bool]
    ) -> list[Violation]:
        """The goals with their schedules; of `minimised`, unless interrupted, with the fewest switches."""
        if not self.sweep(minimised, interrupted):
            minimised = []
        found = []
        for goal in goals:
            minimal = goal in minimised
            schedule, switches = self.schedule(goal) if minimal else self.some_schedule(goal)
            found.append(Violation(goal.name, goal.kind, schedule, switches, minimal))
        return found

    # ---- backwards

    def sweep(self, goals: Sequence[Goal], interrupted: Callable[[], bool]) -> bool:
        """Works out the costs of all goals; False if it was interrupted, so that there are none."""
        deepest = max((goal.depth for goal in goals), default=0)
        self.costs = {goal.name: [{} for _ in range(goal.depth + 1)] for goal in goals}
        for goal in goals:
            self.costs[goal.name][goal.depth] = {state: {} for state in goal.states}
            for state, thread in goal.steps:
                if goal.depth > 0:
                    self.costs[goal.name][goal.depth - 1].setdefault(state, {})[thread] = 0
        for depth in reversed(range(deepest)):
            active = [goal for goal in goals if goal.depth > depth and self.costs[goal.name][depth + 1]]
            if active:
                for count, state in enumerate(self.levels[depth]):
                    if count % 2_000 == 0 and interrupted():
                        return False
                    self._weigh(state, depth, active)
                self.compiled.bad.clear()
                self.compiled.full.clear()
        return True

    def _weigh(self, state: int, depth: int, goals: Sequence[Goal]) -> None:
        """The costs of one state."""
        for thread in self.threads:
            for following in self.compiled.successors(state, thread):
                target, places = self.canonical.with_places(following)
                for goal in goals:
                    costs = self.costs[goal.name][depth + 1].get(target)
                    if costs is not None:
                        ends = depth + 1 == goal.depth
                        cost = 0 if ends else min(c + (t != places[thread]) for t, c in costs.items())
                        mine = self.costs[goal.name][depth].setdefault(state, {})
                        mine[thread] = min(cost, mine.get(thread, cost))

    # ---- forwards

    def schedule(self, goal: Goal) -> tuple[Schedule, int]:
        """The schedule of a goal and its switches; `sweep` must have been called with the goal."""
        if goal.depth == 0:
            return self._at_start(goal), 0
        starting = {self.compiled.packed(start.state) for start in self.starts if start.state is not None}
        weighed = [(min(costs.values()), state) for state in starting if (costs := self._from(goal, 0, state))]
        if not weighed:
            raise EnginesDisagree(f"{goal.name}: no initial state is {goal.depth} steps away from it")
        switches = min(cost for cost, _ in weighed)
        sets = [{state for cost, state in weighed if cost == switches}]
        order: list[int] = []
        left = switches
        for depth in range(goal.depth):
            last = order[-1] if order else None
            order.append(self._least_thread(goal, depth, sets[-1], last, left))
            left -= last is not None and order[-1] != last
            sets.append(self._ahead(goal, depth, sets[-1], order[-1], left))
        return self._walk(goal, order, self._narrow(goal, order, sets)), switches

    def _from(self, goal: Goal, depth: int, state: int) -> Costs:
        """The costs of a state without renaming, by its own threads; empty if it is on no shortest path."""
        target, places = self.canonical.with_places(state)
        costs = self.costs[goal.name][depth].get(target)
        return {t: costs[places[t]] for t in self.threads if places[t] in costs} if costs else {}

    def _least_thread(self, goal: Goal, depth: int, states: set[int], last: int | None, left: int) -> int:
        fitting = {
            thread
            for state in states
            for thread, cost in self._from(goal, depth, state).items()
            if cost + (last is not None and thread != last) == left
        }
        if not fitting:
            step = f"step {depth + 1} of {goal.depth}"
            raise EnginesDisagree(f"{goal.name}: no thread can take {step} with {left} switches to come")
        return min(fitting)

    def _ahead(self, goal: Goal, depth: int, states: set[int], thread: int, left: int) -> set[int]:
        """Where a thread's step leads from the states that it is right for, and stays right."""
        found: set[int] = set()
        for state in states:
            if self._from(goal, depth, state).get(thread) != left:
                continue
            for following in self.compiled.successors(state, thread):
                if depth + 1 == goal.depth:
                    if self.canonical.one(following) in goal.states:
                        found.add(following)
                elif any(cost + (t != thread) == left for t, cost in self._from(goal, depth + 1, following).items()):
                    found.add(following)
        return found

    def _violates(self, goal: Goal, state: int, thread: int) -> bool:
        """True if a step of the thread from a state without renaming may be the violation itself."""
        target, places = self.canonical.with_places(state)
        return (target, places[thread]) in goal.steps

    def _narrow(self, goal: Goal, order: Sequence[int], sets: Sequence[set[int]]) -> list[set[int]]:
        """The states of each set from which the sequence of threads leads to the violation."""
        narrowed = [sets[-1]]
        for depth in reversed(range(goal.depth)):
            thread, ahead = order[depth], narrowed[0]
            last = depth + 1 == goal.depth
            narrowed.insert(
                0,
                {
                    state
                    for state in sets[depth]
                    if (last and self._violates(goal, state, thread))
                    or not ahead.isdisjoint(self.compiled.successors(state, thread))
                },
            )
        self.compiled.bad.clear()
        self.compiled.full.clear()
        return narrowed

    # ---- the least choices

    def _walk(self, goal: Goal, order: Sequence[int], sets: Sequence[set[int]]) -> Schedule:
        stepper, packed = self.compiled.stepper, self.compiled.packed
        state: ConcreteState | None
        initial, state = self._start(goal, lambda start: packed(start) in sets[0])
        moves: list[Move] = []
        for depth, thread in enumerate(order):
            assert state is not None
            for result in stepper.results(state, thread):
                if self._keeps(goal, result, sets[depth + 1], depth + 1 == goal.depth):
                    moves.append(result.move)
                    state = result.state
                    break
            else:
                raise EnginesDisagree(f"{goal.name}: step {depth + 1} cannot be replayed")
        return Schedule(initial, tuple(moves))

    def _start(self, goal: Goal, fits: Callable[[ConcreteState], bool]) -> tuple[int, ConcreteState]:
        """The first initial state that fits, with its number."""
        for number, start in enumerate(self.starts):
            if start.state is not None and fits(start.state):
                return number, start.state
        raise EnginesDisagree(f"{goal.name}: no initial state begins a way of {goal.depth} steps to it")

    def _keeps(self, goal: Goal, result: StepResult, states: set[int], last: bool) -> bool:
        """True if a step stays on a path to the violation, or is it."""
        if last and self.is_violation(goal, result):
            return True
        return not last and result.state is not None and self.compiled.packed(result.state) in states

    def is_violation(self, goal: Goal, result: StepResult) -> bool:
        """Whether the interpreter, too, finds the property violated by a step."""
        stepper = self.compiled.stepper
        if goal.kind == "invariant":
            after = result.after is not None and goal.name in stepper.judge(result.after, None).violated
            return after or (result.state is not None and goal.name in stepper.judge_state(result.state).violated)
        if goal.name == "deadlock":
            return result.state is not None and stepper.is_deadlock(result.state)
        return result.violation == goal.name

    def _at_start(self, goal: Goal) -> Schedule:
        for number, start in enumerate(self.starts):
            if self.violated_at_start(goal, start):
                return Schedule(number, ())
        raise EnginesDisagree(f"{goal.name}: no initial state violates it")

    def violated_at_start(self, goal: Goal, start: Start) -> bool:
        """Whether an initial state violates the property."""
        stepper = self.compiled.stepper
        if start.state is None:
            cells = goal.kind == "invariant" and goal.name in stepper.judge(start.cells, None).violated
            return cells or start.violation == goal.name
        if goal.kind == "invariant":
            return goal.name in stepper.judge_state(start.state).violated
        return goal.name == "deadlock" and stepper.is_deadlock(start.state)

    # ---- any shortest schedule

    def some_schedule(self, goal: Goal) -> tuple[Schedule, int]:
        """A shortest schedule without a search for the fewest switches, and its switches."""
        if goal.depth == 0:
            return self._at_start(goal), 0
        chain = self._chain(goal)
        state: ConcreteState | None
        initial, state = self._start(goal, lambda start: self.canonical.one(self.compiled.packed(start)) == chain[0])
        moves: list[Move] = []
        for depth in range(goal.depth):
            assert state is not None
            result = self._any_step(goal, state, chain, depth)
            moves.append(result.move)
            state = result.state
        switches = sum(a.thread != b.thread for a, b in pairwise(moves))
        return Schedule(initial, tuple(moves)), switches

    def _any_step(self, goal: Goal, state: ConcreteState, chain: Sequence[int], depth: int) -> StepResult:
        last = depth + 1 == goal.depth
        for thread in self.threads:
            for result in self.compiled.stepper.results(state, thread):
                if last and self.is_violation(goal, result):
                    return result
                if not last and result.state is not None:
                    packed = self.compiled.packed(result.state)
                    if self.canonical.one(packed) == chain[depth + 1]:
                        return result
        raise EnginesDisagree(f"{goal.name}: step {depth + 1} cannot be replayed")

    def _chain(self, goal: Goal) -> list[int]:
        """Canonical states, one for each depth but the last, of one shortest path."""
        chain = [min(goal.steps)[0] if goal.steps else self._before(min(goal.states), goal.depth - 1)]
        while len(chain) < goal.depth:
            chain.insert(0, self._before(chain[0], goal.depth - 1 - len(chain)))
        self.compiled.bad.clear()
        self.compiled.full.clear()
        return chain

    def _before(self, target: int, depth: int) -> int:
        """A state at a depth from which a step leads to a canonical state."""
        for state in self.levels[depth]:
            for thread in self.threads:
                if any(self.canonical.one(n) == target for n in self.compiled.successors(state, thread)):
                    return state
        raise EnginesDisagree(f"no step leads to a state at depth {depth + 1}")
