# SPDX-License-Identifier: GPL-2.0-only
"""The schedule that the language asks for, by keeping the best way to every state and last thread, on naive worlds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from dfsrace.system import System
from tests.naive import Search
from tests.naive_meaning import End, beginnings, steps
from tests.naive_world import World


class Way(NamedTuple):
    """A schedule; ways compare as the language orders schedules. `choices`: -1 for None."""

    length: int
    switches: int
    threads: tuple[int, ...]
    initial: int
    choices: tuple[tuple[int, ...], ...]

    def longer(self, thread: int, end: End) -> Way:
        """The way with one more step."""
        threads = (*self.threads, thread)
        choices = tuple(-1 if value is None else value for value in end.choices)
        switches = sum(one != other for one, other in pairwise(threads))
        return Way(self.length + 1, switches, threads, self.initial, (*self.choices, choices))


def best_ways(system: System) -> dict[str, Way]:
    """For each violated property but `reach` the best schedule."""
    best: dict[str, Way] = {}

    def offer(name: str, way: Way) -> None:
        best[name] = min(way, best.get(name, way))

    def look(end: End, way: Way) -> World | None:
        """Notes what the end of a step violates; the state that it leads to."""
        search = Search(system, None)
        found = search.arrive(end)
        for name in search.violated:
            offer(name, way)
        return found[0] if found else None

    level: dict[Any, tuple[Way, World]] = {}
    for number, end in enumerate(beginnings(system)):
        way = Way(0, 0, (), number, ())
        world = look(end, way)
        if world is not None:
            level.setdefault((world.frozen(), None), (way, world))
    seen = {state for state, _ in level}
    while level:
        following: dict[Any, tuple[Way, World]] = {}
        for way, world in level.values():
            ends = [(me, end) for me in range(len(system.threads)) for end in steps(world, me)]
            if not ends and not world.over():
                offer("deadlock", way)
            for me, end in ends:
                ahead = way.longer(me, end)
                new = look(end, ahead)
                key = None if new is None else (new.frozen(), me)
                if new is not None and key is not None and key[0] not in seen:
                    following[key] = min(following.get(key, (ahead, new)), (ahead, new), key=lambda pair: pair[0])
        seen |= {state for state, _ in following}
        level = following
    return best
