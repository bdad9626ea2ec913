# SPDX-License-Identifier: GPL-2.0-only
"""The search under a bound on switches: every state is kept with the thread that moved last and the fewest switches."""

from __future__ import annotations

from dataclasses import dataclass, field

from dfsrace.engine.outcome import Stop
from dfsrace.engine.reference.search import CHUNK, Search

Label = tuple[int, int]  # a canonical state, and the place of the thread that moved last (-1: none has)


@dataclass(slots=True)
class _Steps:
    """What the threads of one state can do: the canonical successors with the place of the thread that moved.

    `can_move`: the threads that can, as bits.
    """

    moves: list[list[Label]]
    bad: list[list[tuple[int, int, int, int]]]
    can_move: int


@dataclass(slots=True)
class BoundedSearch(Search):
    """As `Search`. `best`: the fewest switches of each label; `movable`: which threads can move in a state, as bits."""

    movable: dict[int, int] = field(default_factory=dict)
    best: dict[Label, int] = field(default_factory=dict)
    taken: set[Label] = field(default_factory=set)

    def run(self) -> None:
        """Explores all states that can be reached with few enough switches."""
        self.begin()
        frontier: dict[Label, int] = {(state, -1): 0 for state in self.levels[0]}
        self.best.update(frontier)
        depth = 0
        while frontier and self.stopped is None:
            if self.options.first and any(goal.depth < depth for goal in self.judge.goals.values()):
                self.stopped = Stop("first")
                break
            self.levels.append([])
            frontier = self._next_level(frontier, depth)
            depth += 1
        while self.levels and not self.levels[-1]:
            self.levels.pop()
        self.counts.states = len(self.seen)
        self.counts.depth = max(0, len(self.levels) - 1)
        if self.stopped is None and self._refused():
            self.stopped = Stop("switches", str(self.options.switches))

    def _refused(self) -> bool:
        """True if the bound kept a thread from moving that could have."""
        most = self.options.switches
        return any(
            self.movable.get(state, 0) & ~(1 << last)
            for (state, last), switches in self.best.items()
            if switches == most and last >= 0
        )

    def _next_level(self, frontier: dict[Label, int], depth: int) -> dict[Label, int]:
        following: dict[Label, int] = {}
        known: dict[int, _Steps] = {}
        for count, ((state, last), switches) in enumerate(frontier.items()):
            if count % CHUNK == 0:
                self.counts.states, self.counts.depth, self.counts.queue = len(self.seen), depth, len(frontier) - count
                self.stopped = self.stopped or self.limits.stop(self.counts)
            if self.stopped is not None:
                break
            steps = known.get(state) or known.setdefault(state, self._steps(state))
            if not steps.can_move:
                self.judge.deadlocks([state], depth)
            for thread in range(len(steps.moves)):
                cost = switches + (last not in (-1, thread))
                self._move(steps, (state, thread), cost, following)
        found = {state for state, _ in following}
        self.judge.states(found - self.seen, depth + 1)
        bound = self.options.states
        if bound is not None and len(self.seen | found) > bound:
            self.stopped = Stop("states", str(bound))
            found = set(sorted(found & self.seen) + sorted(found - self.seen)[: bound - len(self.seen)])
        self.seen |= found
        self.levels[depth + 1].extend(sorted(found))
        self.best.update(following)
        return {label: cost for label, cost in following.items() if label[0] in found}

    def _move(self, steps: _Steps, mover: Label, cost: int, following: dict[Label, int]) -> None:
        """Makes a thread's step if the bound allows it."""
        thread = mover[1]
        moves, bad = steps.moves[thread], steps.bad[thread]
        if cost > (self.options.switches or 0):
            return
        depth = len(self.levels) - 1
        self.judge.steps(bad, depth)
        if mover not in self.taken:
            self.taken.add(mover)
            self.counts.transitions += len(moves)
        for label in moves:
            if cost < min(self.best.get(label, cost + 1), following.get(label, cost + 1)):
                following[label] = cost

    def _steps(self, state: int) -> _Steps:
        compiled = self.compiled
        steps = _Steps([], [], 0)
        for thread, layout in enumerate(compiled.layout.threads):
            found: list[int] = []
            number = state >> layout.place.shift & layout.place.ones
            if compiled.tables[thread][number](state, found.append):
                steps.can_move |= 1 << thread
            labels = []
            for following in found:
                target, places = self.canonical.with_places(following)
                labels.append((target, places[thread]))
            steps.moves.append(labels)
            steps.bad.append(list(compiled.bad))
            compiled.bad.clear()
            if compiled.full:
                self.exhaust()
        self.movable[state] = steps.can_move
        return steps
