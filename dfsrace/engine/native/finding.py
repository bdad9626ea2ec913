# SPDX-License-Identifier: GPL-2.0-only
"""Schedules of violations that a compiled search has found.

The costs of the second search come from the compiled code; what is done with them, and the replay by the interpreter,
is the reference engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dfsrace.engine.native.library import NativeSearch
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.goals import Goal
from dfsrace.engine.reference.shortest import EnginesDisagree, Finder
from dfsrace.engine.reference.stepping import Start


class NativeFinder(Finder):
    """Finds schedules after a compiled search; `numbers` are its properties' by their names."""

    def __init__(
        self,
        compiled: Compiled,
        canonical: Canonical,
        starts: Sequence[Start],
        native: NativeSearch,
        first_level: Sequence[int],
        numbers: Mapping[str, int],
    ) -> None:
        """`first_level`: the canonical initial states by their numbers."""
        super().__init__(compiled, canonical, starts, ())
        self.native = native
        self.first_level = first_level
        self.numbers = numbers

    def sweep(self, goals: Sequence[Goal], interrupted: Callable[[], bool]) -> bool:
        """Works out the costs of all goals; False if it was interrupted, so that there are none."""
        goals = [goal for goal in goals if goal.depth > 0]
        if not goals:
            return True
        costs = self.native.costs([(self.numbers[goal.name], goal.depth) for goal in goals], interrupted)
        if costs is None:
            return False
        self.costs = {goal.name: found for goal, found in zip(goals, costs, strict=True)}
        return True

    def _chain(self, goal: Goal) -> list[int]:
        """Canonical states, one for each depth but the last, of one shortest path: that of the log."""
        found = self.native.goal(self.numbers[goal.name])
        assert found is not None
        entry = min(found[1], key=lambda e: (e.thread is None, e.state, e.thread or 0))
        first, *ordinals = self.native.path(entry.number)
        chain = [self.first_level[first]]
        for ordinal in ordinals:
            following = self.native.follow(chain[-1], ordinal)
            if following is None:
                raise EnginesDisagree(f"{goal.name}: the log names a step that there is not")
            chain.append(following)
        return chain[: goal.depth]
