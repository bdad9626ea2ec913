# SPDX-License-Identifier: GPL-2.0-only
"""Breadth first, level by level, over the canonical states of a system."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Stop
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.goals import Judge
from dfsrace.engine.reference.limits import Counts, Limits
from dfsrace.engine.reference.stepping import Start
from dfsrace.system import AUTOMATIC_PROPERTIES

CHUNK = 2_000
# Initial states made between two looks at the bounds.
STARTS = 200


@dataclass(slots=True)
class Search:
    """A search and what it has found: `levels` are the states by their distance from the initial ones.

    `starts`: the first initial states, by their numbers, and all of them unless the search had to stop before.
    """

    compiled: Compiled
    options: Options
    judge: Judge = field(init=False)
    canonical: Canonical = field(init=False)
    limits: Limits = field(init=False)
    counts: Counts = field(default_factory=Counts)
    starts: list[Start] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    levels: list[list[int]] = field(default_factory=list)
    stopped: Stop | None = None
    exhausted: str | None = None

    def __post_init__(self) -> None:
        self.judge = Judge(self.compiled, self.options.properties)
        self.canonical = Canonical(self.compiled.references, self.options.reductions, self.judge.properties)
        self.limits = Limits(self.options)
        self.exhausted = self.compiled.system.exhausted

    # ---- the initial states

    def begin(self) -> None:
        """Takes in the initial states and what is violated there, as far as the bounds allow."""
        self.levels.append([])
        made = self.compiled.stepper.each_start()
        while self.stopped is None and (some := list(islice(made, STARTS))):
            self.starts += some
            self._begin_at(some)
            if self.stopped is None and len(some) == STARTS:
                self.counts.states = self.counts.queue = len(self.seen)
                self.stopped = self.limits.stop(self.counts)

    def _begin_at(self, starts: list[Start]) -> None:
        packed = [self.compiled.packed(start.state) for start in starts if start.state is not None]
        for start in starts:
            if start.state is None and start.violation is not None:
                self.judge.goal(start.violation, "automatic", 0)
                cells = self.compiled.layout.encode_cells(start.cells)
                for name in self.judge.after(cells):
                    self.judge.goal(name, "invariant", 0)
            for result in start.results:
                self.compiled.note(result)
        self._take(self.canonical.all(set(packed)), 0)

    def _take(self, found: set[int], depth: int) -> None:
        """Adds the states that are new to the level of a depth, as far as the bound on states allows."""
        fresh = found - self.seen
        bound = self.options.states
        if bound is not None and len(fresh) > bound - len(self.seen):
            self.stopped = Stop("states", str(bound))
            fresh = set(islice(fresh, bound - len(self.seen)))
        if fresh:
            self.seen |= fresh
            self.levels[depth].extend(fresh)
            self.judge.states(fresh, depth)

    # ---- the search

    def run(self) -> None:
        """Explores until everything is visited or something stops it."""
        self.begin()
        depth = 0
        while self.stopped is None and self.levels[depth]:
            if self.options.first and any(goal.depth < depth for goal in self.judge.goals.values()):
                self.stopped = Stop("first")
                break
            self.levels.append([])
            self._expand_level(depth)
            depth += 1
        while self.levels and not self.levels[-1]:
            self.levels.pop()
        self.counts.states = len(self.seen)
        self.counts.depth = max(0, len(self.levels) - 1)

    def _expand_level(self, depth: int) -> None:
        level = self.levels[depth]
        for start in range(0, len(level), CHUNK):
            self.counts.states, self.counts.depth = len(self.seen), depth
            self.counts.queue = len(level) - start + len(self.levels[depth + 1])
            self.stopped = self.limits.stop(self.counts)
            if self.stopped is None:
                self._expand(level[start : start + CHUNK], depth)
            if self.stopped is not None:
                return

    def _expand(self, chunk: list[int], depth: int) -> None:
        compiled = self.compiled
        found: list[int] = []
        dead: list[int] = []
        compiled.expand(chunk, found.append, dead.append)
        self.counts.transitions += len(found)
        if compiled.bad:
            self.judge.steps(compiled.bad, depth + 1)
            compiled.bad.clear()
        if compiled.full:
            self.exhaust()
        if dead:
            self.judge.deadlocks(dead, depth)
        self._take(self.canonical.all(set(found)), depth + 1)

    def exhaust(self) -> None:
        """Notes that a pool was exhausted."""
        if self.exhausted is None:
            pool = self.compiled.full[0][2]
            names = {number: pool_.name for pool_, number in self.compiled.references.pools.items()}
            self.exhausted = names[pool]
        self.compiled.full.clear()

    @property
    def complete(self) -> bool:
        """True if every reachable state was visited and nothing was cut."""
        return self.stopped is None and self.exhausted is None


def order_of(name: str, search: Search) -> int:
    """The place of a property in reports: named ones as declared, then the automatic ones."""
    names = [p.name for p in search.compiled.system.properties]
    return names.index(name) if name in names else len(names) + AUTOMATIC_PROPERTIES.index(name)
