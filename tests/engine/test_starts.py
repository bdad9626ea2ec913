# SPDX-License-Identifier: GPL-2.0-only
"""Choices before the first step multiply: bounds and Ctrl-C end the making of initial states, and numbers stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice

import pytest

from dfsrace.engine.memory import used
from dfsrace.engine.native import Machine, explore_native
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome, Schedule, Stop
from dfsrace.engine.reference import explore
from dfsrace.engine.reference.search import STARTS
from dfsrace.engine.reference.stepping import CannotFollow, Starts, Stepper
from dfsrace.system import System
from dfsrace.system.expressions import Arithmetic, Local
from dfsrace.system.program import Assign, Choose, Finish, Store
from dfsrace.system.types import INT, RangeType
from dfsrace.trace.replay import Replayer, ReplayError
from dfsrace.trace.schedule import parse_schedule
from tests.conftest import require
from tests.engine.build import Line, at, number, system, thread, variable

Explore = Callable[[System, Options], Outcome]
ENGINES = ("reference", "reference with a bound on switches", "native", "native with a bound on switches")


def choosing(threads: int, most: int = 60, choices: int = 1, divides: bool = False) -> System:
    """Threads that begin with choices: each combination is an initial state.

    Some divide by what they chose; by 0, that is a violation before the first step.
    """
    wide = RangeType(0, most)
    n = (variable("n", wide),)
    lines: list[Line] = [Choose(slot, wide, 9, None) for slot in range(choices)]
    if divides:
        lines.append(Assign(0, Arithmetic("//", number(60), Local(0, INT))))
    lines += [Store(at(n, "n"), Local(slot, wide)) for slot in range(choices)]
    return system(n, [thread(f"t{i}", [*lines, Finish()], [wide] * choices) for i in range(threads)])


@pytest.fixture(params=ENGINES)
def search(request: pytest.FixtureRequest) -> Explore:
    """An engine."""
    if "native" in request.param:
        require("cc")
    native: Explore = lambda tested, options: explore_native(tested, options, Machine(quick=True))  # noqa: E731
    engine = explore if "reference" in request.param else native
    bounded = "switches" in request.param
    return lambda tested, options: engine(tested, replace(options, switches=3 if bounded else None))


ENDLESS = (choosing(4), choosing(1, choices=4))


@pytest.mark.parametrize("tested", ENDLESS, ids=["many threads", "many choices of one thread"])
def test_what_ends_a_search_ends_the_making_of_initial_states(tested: System, search: Explore) -> None:
    asked, now = count(), count()
    for options, stop in (
        (Options(states=700), Stop("states", "700")),
        (Options(interrupted=lambda: next(asked) > 3), Stop("interrupt")),
        (Options(seconds=9, clock=lambda: float(next(now))), Stop("seconds", "9")),
        (Options(memory=used() // 2, clock=lambda: float(next(now))), Stop("memory", str(used() // 2))),
    ):
        stop = replace(stop, detail=str(options.memory or stop.detail))
        outcome = search(tested, options)
        assert (outcome.verdict, outcome.complete, outcome.stopped_by) == ("inconclusive", False, stop)
        assert outcome.states == 700 if options.states else outcome.states < 100 * STARTS


def test_a_violation_before_the_first_step_is_reported_and_replays_though_the_rest_was_never_made(
    search: Explore,
) -> None:
    tested = choosing(4, divides=True)
    outcome = search(tested, Options(states=9))
    assert outcome.stopped_by == Stop("states", "9")
    (violation,) = outcome.violations
    assert violation.property == "value out of range" and violation.schedule == Schedule(0, ())
    trace = Replayer(tested).trace(violation.schedule, violation.property)
    assert trace.schedule_text.startswith("init#1") and trace.several_initial


@pytest.mark.parametrize("most", [0, 1, 29])
def test_many_initial_states_that_fit_the_bounds_are_all_taken(most: int, search: Explore) -> None:
    tested = choosing(2, most)
    expected = {start.state for start in Stepper(tested).starts()}
    assert len(expected) == (most + 1) ** 2
    everything = search(tested, Options(reductions=frozenset(), seconds=1000, memory=1 << 40, states=1_000_000))
    plain = search(tested, Options(reductions=frozenset()))
    assert plain.complete and plain.verdict == "holds"
    assert (everything.states, everything.transitions, everything.complete) == (plain.states, plain.transitions, True)


def test_renamed_initial_states_are_counted_once_by_the_bound(search: Explore) -> None:
    tested = choosing(2, 29)
    family = replace(tested, threads=tuple(replace(t, family="f") for t in tested.threads))
    few = search(family, Options(states=465))
    assert (few.states, few.stopped_by) == (465, Stop("states", "465")) and few.transitions > 0


def test_initial_states_have_the_same_numbers_one_by_one_and_all_at_once() -> None:
    stepper = Stepper(choosing(3, 3, divides=True))
    everything = stepper.starts()
    assert tuple(stepper.each_start()) == everything and len(everything) > 8
    starts = Starts(stepper.each_start())
    for number_ in (5, 0, 2, len(everything) - 1):
        assert starts.get(number_) == everything[number_] == stepper.follow(Schedule(number_, ()))[0]
    assert starts.get(len(everything)) is None and starts.get(-1) is None
    assert starts.count() == len(everything) and starts.count(3) == 3
    with pytest.raises(CannotFollow, match=f"there are {len(everything)} initial states"):
        stepper.follow(Schedule(len(everything), ()))


def test_a_replay_makes_no_more_initial_states_than_it_is_asked_for() -> None:
    tested = choosing(4)
    [start] = islice(Stepper(tested).each_start(), 700, 701)
    assert Stepper(tested).follow(Schedule(700, ()))[0] == start
    assert Replayer(tested).follow(parse_schedule("init#701")).schedule == Schedule(700, ())
    with pytest.raises(ReplayError, match="over 999 initial states, and the schedule does not say which"):
        Replayer(tested).follow(parse_schedule("t0"))
    with pytest.raises(ReplayError, match="the model has 4 initial states") as caught:
        Replayer(choosing(2, 1)).follow(parse_schedule("t0"))
    assert caught.value.enabled == ("init#1", "init#2", "init#3", "init#4")
