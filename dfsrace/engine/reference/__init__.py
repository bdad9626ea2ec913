# SPDX-License-Identifier: GPL-2.0-only
"""The reference engine: `explore` a system; `dfsrace.engine.reference.stepping` replays what it found."""

from __future__ import annotations

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome, Stop, Violation
from dfsrace.engine.reference.bounded import BoundedSearch
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.goals import Goal
from dfsrace.engine.reference.search import Search, order_of
from dfsrace.engine.reference.shortest import EnginesDisagree, Finder
from dfsrace.engine.reference.stepping import PropertyError
from dfsrace.system import System
from dfsrace.system.interpreter import LoopsWithoutAccess

__all__ = ["EnginesDisagree", "LoopsWithoutAccess", "PropertyError", "explore"]


def explore(system: System, options: Options) -> Outcome:
    """Visits the reachable states of a system; every violated property comes with its own shortest schedule.

    Raises LoopsWithoutAccess and PropertyError, errors in the model after which there is no verdict, and
    EnginesDisagree, an error of ours.
    """
    compiled = Compiled(system)
    search = (Search if options.switches is None else BoundedSearch)(compiled, options)
    search.run()
    violations = _violations(search)
    unmet = [p.name for p in search.judge.properties if p.kind == "reach" and p.name not in search.judge.met]
    if search.complete:
        violations += [Violation(name, "reach", None) for name in unmet]
        unmet = []
    violations.sort(key=lambda violation: order_of(violation.property, search))
    return Outcome(
        states=search.counts.states,
        transitions=search.counts.transitions,
        depth=search.counts.depth,
        complete=search.complete,
        violations=tuple(violations),
        reached=compiled.reached(),
        stopped_by=search.stopped or (None if search.exhausted is None else Stop("pool", search.exhausted)),
        undecided=tuple(unmet),
        reductions=tuple(name for name in ("pools", "stamps", "threads") if name in options.reductions),
        seconds=search.limits.seconds,
        largest_pools=tuple(
            (pool.name, compiled.references.largest[number]) for pool, number in compiled.references.pools.items()
        ),
    )


def _violations(search: Search) -> list[Violation]:
    """The goals of a search with their schedules; with `first` only the nearest."""
    goals = sorted(search.judge.goals.values(), key=lambda goal: order_of(goal.name, search))
    if search.options.first:
        goals = sorted(goals, key=lambda goal: goal.depth)[:1]
    finder = Finder(search.compiled, search.canonical, search.starts, search.levels)
    minimised = [goal for goal in goals if _size(search, goal) <= search.options.minimise]
    return finder.violations(goals, minimised, search.options.interrupted)


def _size(search: Search, goal: Goal) -> int:
    """How many states the second search has to expand."""
    return sum(len(level) for level in search.levels[: goal.depth])
