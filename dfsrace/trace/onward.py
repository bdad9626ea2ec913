# SPDX-License-Identifier: GPL-2.0-only
"""The shortest way from a state to a violation: breadth first, then walked by the interpreter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.options import Options
from dfsrace.engine.reference.stepping import ConcreteState, StepResult
from dfsrace.system import System
from dfsrace.trace.continuations import Budget, Continuations, broken_by


@dataclass(frozen=True, slots=True)
class Way:
    """What a search for a violation found.

    `results`: the steps to it, from the state by its place in the list that was given; None if there is none, or none
    was found before `cut` ("" if everything ahead was looked at). `states`: how many were looked at.
    """

    results: tuple[StepResult, ...] | None
    begin: int
    states: int
    cut: str = ""


def way_to(system: System, starts: Sequence[ConcreteState], names: Iterable[str], options: Options) -> Way:
    """A shortest run of at least one step from one of the states after which one of the properties is violated.

    Bounds as of `further`. Of a deadlock in one of `starts` itself nothing is said. Raises PropertyError and
    LoopsWithoutAccess.
    """
    ahead, budget = Continuations(system, names), Budget(options)
    parents: dict[int, int | None] = {}
    begins: dict[int, int] = {}
    for place, state in enumerate(starts):
        begins.setdefault(ahead.key(state), place)
    level = list(begins)
    parents.update(dict.fromkeys(level))
    exhausted = ""
    while level:
        nearest, following = None, list[int]()
        for key in level:
            if not budget.spend():
                return Way(None, 0, budget.states, budget.cut)
            found = ahead.following(key)
            exhausted = exhausted or found.exhausted
            if found.dead and parents[key] is not None:
                return _walked(ahead, starts, begins, _path(parents, key), budget)
            if found.violated and not found.dead and nearest is None:
                nearest = key
            fresh = [state for state in found.states if state not in parents]
            parents.update(dict.fromkeys(fresh, key))
            following += fresh
        if nearest is not None:
            return _walked(ahead, starts, begins, _path(parents, nearest), budget)
        level = following
    return Way(None, 0, budget.states, f"pool {exhausted} is exhausted" if exhausted else "")


def _path(parents: dict[int, int | None], key: int) -> list[int]:
    """The states from a beginning to one."""
    path: list[int] = []
    at: int | None = key
    while at is not None:
        path.append(at)
        at = parents[at]
    return path[::-1]


def _walked(
    ahead: Continuations, starts: Sequence[ConcreteState], begins: dict[int, int], path: list[int], budget: Budget
) -> Way:
    """The steps along a path of states up to renaming, and the one that violates unless the last state is a deadlock.

    Of several steps it takes one by the thread that moved last, if it can.
    """
    place = begins[path[0]]
    state, results = starts[place], list[StepResult]()
    for key in [*path[1:], None]:
        last = results[-1].thread if results else -1
        fitting = [r for r in _steps(ahead, state) if _fits(ahead, r, key)]
        if not fitting:
            break
        results.append(min(fitting, key=lambda result: result.thread != last))
        following = results[-1].state
        if following is None:
            break
        state = following
    return Way(tuple(results), place, budget.states)


def _fits(ahead: Continuations, result: StepResult, key: int | None) -> bool:
    """Whether a step leads to a state; with None whether it violates."""
    if key is None:
        return not ahead.violated.isdisjoint(broken_by(ahead.stepper, result))
    return result.state is not None and ahead.key(result.state) == key


def _steps(ahead: Continuations, state: ConcreteState) -> list[StepResult]:
    return [result for thread in range(len(state.nodes)) for result in ahead.stepper.results(state, thread)]
