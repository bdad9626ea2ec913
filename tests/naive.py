# SPDX-License-Identifier: GPL-2.0-only
"""The naive checker: read this first. It is the oracle for every engine.

Breadth first over dictionaries: nothing is renamed, packed or fast. `naive_world.py` is a state, `naive_meaning.py`
what a step does to it, `naive_locks.py` what a lock does. They share no code with the project and only read the values
of `dfsrace.system`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dfsrace.system import Property, System
from tests.naive_meaning import End, beginnings, steps
from tests.naive_world import World, speaks_of_threads


@dataclass(frozen=True, slots=True)
class Result:
    """`violated`: the length of a shortest trace to each violated property, None for a reach that is never true.

    Counts are those without reductions.
    """

    verdict: str
    violated: dict[str, int | None]
    states: int
    transitions: int


class Search:
    """What has been found so far; `depth` is that of the states that are being found."""

    def __init__(self, system: System, names: Collection[str] | None) -> None:
        self.properties = [p for p in system.properties if names is None or p.name in names]
        self.late = {p.name for p in self.properties if speaks_of_threads(p)}
        self.violated: dict[str, int | None] = {}
        self.met: set[str] = set()
        self.states: set[object] = set()
        self.cut = system.exhausted is not None
        self.depth = self.transitions = 0

    def judge(self, world: World, rests: bool) -> None:
        """Judges a state, or the cells alone within a step."""
        for p in self.properties:
            if (rests or p.name not in self.late) and (not p.at_end or world.over()):
                self.note(p, bool(world.evaluate(p.condition, 0)))

    def note(self, p: Property, holds: bool) -> None:
        if p.kind == "reach" and holds:
            self.met.add(p.name)
        if p.kind == "invariant" and not holds:
            self.violated.setdefault(p.name, self.depth)

    def arrive(self, end: End) -> list[World]:
        """Takes in the end of a step; gives the state that it leads to if it is new."""
        if end.after is not None:
            self.judge(end.after, rests=False)
        if end.problem == "pool exhausted":
            self.cut = True
        elif end.problem is not None:
            self.violated.setdefault(end.problem, self.depth)
        else:
            self.transitions += self.depth > 0
            state = end.world.frozen()
            if state not in self.states:
                self.states.add(state)
                self.judge(end.world, rests=True)
                return [end.world]
        return []


def naive(system: System, names: Collection[str] | None = None, limit: int = 100_000) -> Result:
    """Explores everything; `names`: the named properties in force, None for all. OverflowError beyond the limit."""
    search = Search(system, names)
    frontier = [new for end in beginnings(system) for new in search.arrive(end)]
    while frontier:
        search.depth += 1
        following: list[World] = []
        for world in frontier:
            ends = [end for me in range(len(system.threads)) for end in steps(world, me)]
            if not ends and not world.over():
                search.violated.setdefault("deadlock", search.depth - 1)
            following += [new for end in ends for new in search.arrive(end)]
        if len(search.states) > limit:
            raise OverflowError(limit)
        frontier = following
    if not search.cut:
        search.violated |= {p.name: None for p in search.properties if p.kind == "reach" and p.name not in search.met}
    verdict = "violated" if search.violated else "inconclusive" if search.cut else "holds"
    return Result(verdict, search.violated, len(search.states), search.transitions)
