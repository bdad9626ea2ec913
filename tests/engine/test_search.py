# SPDX-License-Identifier: GPL-2.0-only
"""Bounds, interrupts, coverage and errors: a verdict is never `holds` when anything was cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfsrace.engine.memory import used
from dfsrace.engine.options import Options, Progress
from dfsrace.engine.outcome import Stop
from dfsrace.engine.reference import LoopsWithoutAccess, PropertyError, explore
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.system import System
from dfsrace.system.expressions import (
    Arithmetic,
    Bound,
    Checked,
    Compare,
    Const,
    Finished,
    Local,
    Not,
    Quantifier,
    Read,
)
from dfsrace.system.program import Alloc, Assign, AtomicBegin, Branch, Choose, Finish, Load, Nop, Store
from dfsrace.system.types import BOOL, INT, NONE, NamedType, OptionalType, PoolType, RangeType
from tests.engine.build import Line, at, equal, family, invariant, number, reach, system, thread, variable

WIDE = RangeType(0, 40)
N = (variable("n", WIDE), variable("m", WIDE))


def counters(threads: int = 2, most: int = 40) -> System:
    """Threads that count n up for ever, one load and one store at a time, to `most` and from 0 again."""
    following = Arithmetic("%", Arithmetic("+", Local(0, WIDE), number(1)), number(most + 1))
    lines: list[Line] = [Load(0, at(N, "n")), (Store(at(N, "n"), Checked(following, WIDE)), (0,)), Finish()]
    return system(N, [thread(f"t{i}", lines, [WIDE]) for i in range(threads)])


def test_everything_visited_and_nothing_violated_holds() -> None:
    outcome = explore(counters(), Options())
    assert outcome.verdict == "holds" and outcome.complete and outcome.stopped_by is None


@pytest.mark.parametrize("bound", [1, 10, 500])
def test_a_bound_on_states_is_inconclusive_and_exact(bound: int) -> None:
    outcome = explore(counters(), Options(states=bound))
    assert outcome.verdict == "inconclusive" and outcome.states == bound
    assert outcome.stopped_by == Stop("states", str(bound))


def test_a_bound_that_refuses_nothing_changes_nothing() -> None:
    plain = explore(counters(), Options())
    assert explore(counters(), Options(states=plain.states)).complete
    assert not explore(counters(), Options(states=plain.states - 1)).complete
    assert explore(counters(1), Options(switches=0)).complete


def test_seconds_memory_and_interrupts_end_the_search() -> None:
    now = iter(range(10_000))
    slow = Options(clock=lambda: float(next(now)), seconds=5)
    assert explore(counters(), slow).stopped_by == Stop("seconds", "5")
    now = iter(range(10_000))
    small = Options(clock=lambda: float(next(now)), memory=1000)
    assert explore(counters(), small).stopped_by == Stop("memory", "1000")
    assert explore(counters(), Options(interrupted=lambda: True)).stopped_by == Stop("interrupt")
    assert used() > 1_000_000


def test_progress_is_told_how_far_the_search_has_come() -> None:
    told: list[Progress] = []
    now = iter(range(10_000))
    outcome = explore(counters(), Options(clock=lambda: float(next(now)), progress=told.append))
    assert told and told[-1].states <= outcome.states and told[-1].queue > 0
    assert [p.depth for p in told] == sorted(p.depth for p in told)


def late_violations() -> System:
    """`near` is violated after two steps, `far` after four."""
    lines: list[Line] = [Store(at(N, "n"), number(i)) for i in (1, 2, 3, 4)]
    near, far = (invariant(name, Not(equal(at(N, "n"), number(i)))) for name, i in (("near", 2), ("far", 4)))
    return system(N, [thread("t", [*lines, Finish()])], [far, near])


def test_first_stops_at_the_nearest_violation() -> None:
    assert [v.property for v in explore(late_violations(), Options()).violations] == ["far", "near"]
    outcome = explore(late_violations(), Options(first=True))
    assert [v.property for v in outcome.violations] == ["near"] and outcome.stopped_by == Stop("first")
    assert not outcome.complete and outcome.states < 5


def test_properties_not_in_force_are_not_reported() -> None:
    outcome = explore(late_violations(), Options(properties=frozenset({"far"})))
    assert [v.property for v in outcome.violations] == ["far"]
    assert explore(late_violations(), Options(properties=frozenset())).verdict == "holds"


def test_a_reach_never_true_is_violated_only_if_all_was_visited() -> None:
    tested = replace(counters(), properties=(reach("never", equal(at(N, "m"), number(1))),))
    outcome = explore(tested, Options())
    assert [(v.property, v.kind, v.schedule) for v in outcome.violations] == [("never", "reach", None)]
    cut = explore(tested, Options(states=5))
    assert cut.verdict == "inconclusive" and cut.undecided == ("never",)
    met = replace(counters(), properties=(reach("often", equal(at(N, "n"), number(3))),))
    assert explore(met, Options()).verdict == "holds"


def test_without_the_second_search_a_schedule_is_still_shortest_and_replays() -> None:
    tested = replace(counters(), properties=(invariant("small", Not(equal(at(N, "n"), number(3)))),))
    [best] = explore(tested, Options()).violations
    [other] = explore(tested, Options(minimise=0)).violations
    assert best.switches_minimised and not other.switches_minimised
    assert other.steps == best.steps == 6 and best.switches == 0 and other.schedule is not None
    _, results = Compiled(tested).stepper.follow(other.schedule)
    assert results[-1].state is not None and results[-1].state.cells[0] == 3


# ---- pools


PAGE = PoolType("Page", 2)
CACHE = (
    variable("cache", OptionalType(PAGE), (NamedType("Slot", ("p", "q")),)),
    variable("Page.used", BOOL, owner=PAGE),
)


def test_an_exhausted_pool_is_inconclusive_and_the_rest_is_searched() -> None:
    slot = CACHE[0].dimensions[0]
    lines: list[Line] = [Alloc(0, PAGE), Store(at(CACHE, "cache", Const(0, slot)), Local(0, PAGE))]
    lines += [Alloc(0, PAGE), Store(at(CACHE, "cache", Const(1, slot)), Local(0, PAGE)), Alloc(0, PAGE)]
    other = thread("other", [Store(at(CACHE, "cache", Const(0, slot)), Const(None, NONE)), Finish()], [PAGE])
    taken = Compare("!=", at(CACHE, "cache", Const(1, slot)), Const(None, NONE))
    tested = system(CACHE, [thread("t", [*lines, Finish()], [PAGE])])
    outcome = explore(tested, Options())
    assert outcome.verdict == "inconclusive" and outcome.stopped_by == Stop("pool", "Page")
    assert outcome.largest_pools == (("Page", 2),) and outcome.states == 5
    both = system(CACHE, [*tested.threads, other], [invariant("no", Not(taken))])
    assert explore(both, Options()).verdict == "violated", "what is violated is said though a pool was exhausted"
    assert not [v for v in explore(both, Options()).violations if v.property == "deadlock"]


def test_setup_that_exhausted_a_pool_is_inconclusive() -> None:
    outcome = explore(replace(counters(), exhausted="Page"), Options())
    assert outcome.verdict == "inconclusive" and outcome.stopped_by == Stop("pool", "Page")


# ---- errors in the model


def test_a_loop_without_a_shared_access_has_no_verdict() -> None:
    lines: list[Line] = [Load(0, at(N, "n")), (Branch(equal(Local(0, WIDE), number(1))), (1, 2)), Finish()]
    assert explore(system(N, [thread("t", lines, [WIDE])]), Options()).verdict == "holds", "n is never 1"
    with pytest.raises(LoopsWithoutAccess) as caught:
        explore(system(N, [thread("t", lines, [WIDE])], initial=[{0: 1}]), Options())
    assert caught.value.node.text == "1"


def test_a_loop_over_locals_that_ends_is_one_step() -> None:
    more = Checked(Arithmetic("+", Local(0, WIDE), number(1)), WIDE)
    lines: list[Line] = [
        Load(0, at(N, "n")),
        (Branch(Compare("<", Local(0, WIDE), number(9))), (2, 3)),
        (Assign(0, more), (1,)),
        Store(at(N, "m"), Local(0, WIDE)),
        Finish(),
    ]
    nine = reach("nine", equal(at(N, "m"), number(9)))
    outcome = explore(system(N, [thread("t", lines, [WIDE])], [nine]), Options())
    assert outcome.verdict == "holds" and outcome.states == 3


def test_an_atomic_loop_comes_to_its_end_by_its_cells() -> None:
    more = Checked(Arithmetic("+", Local(0, WIDE), number(1)), WIDE)
    lines: list[Line] = [
        AtomicBegin(),
        Load(0, at(N, "n")),
        (Branch(Compare("<", Local(0, WIDE), number(9))), (3, 4)),
        (Store(at(N, "n"), more), (1,)),
        Finish(),
    ]
    outcome = explore(system(N, [thread("t", lines, [WIDE], atomic=[1, 2, 3])]), Options())
    assert outcome.states == 2 and outcome.transitions == 1
    still: list[Line] = [*lines[:3], (Store(at(N, "n"), Local(0, WIDE)), (1,)), Finish()]
    with pytest.raises(LoopsWithoutAccess):
        explore(system(N, [thread("t", still, [WIDE], atomic=[1, 2, 3])]), Options())


def test_a_violation_while_a_property_is_evaluated_has_no_verdict() -> None:
    divided = Compare("==", Arithmetic("//", number(6), at(N, "n")), number(3))
    bad = invariant("bad", divided)
    with pytest.raises(PropertyError) as caught:
        explore(system(N, [thread("t", [Store(at(N, "m"), number(1)), Finish()])], [bad]), Options())
    assert caught.value.property.name == "bad" and caught.value.name == "value out of range"


# ---- initial states, choices, coverage


def test_initial_states_that_coincide_are_one_and_the_least_number_is_named() -> None:
    lines: list[Line] = [Choose(0, BOOL, 0, None), Store(at(N, "n"), number(2)), Finish()]
    two = invariant("two", Not(equal(at(N, "n"), number(2))))
    outcome = explore(system(N, [thread("t", lines, [BOOL])], [two], initial=[{1: 1}, {}]), Options())
    assert outcome.states == 4, "the choice is dead, so that four initial states are two"
    [violation] = outcome.violations
    assert violation.schedule is not None and violation.schedule.initial == 0


def test_a_violation_by_the_first_local_nodes_has_no_steps() -> None:
    lines: list[Line] = [
        Choose(0, BOOL, 0, None),
        (Branch(Local(0, BOOL)), (2, 3)),
        Assign(1, Checked(Const(None, NONE), BOOL)),
    ]
    tested = system(N, [thread("t", [*lines, Store(at(N, "n"), number(1)), Finish()], [BOOL, BOOL])])
    [violation] = explore(tested, Options()).violations
    assert (violation.property, violation.steps) == ("null dereference", 0)
    assert violation.schedule is not None and violation.schedule.initial == 1, "False comes first, and goes on"


def test_coverage_counts_what_some_step_executed() -> None:
    lines: list[Line] = [
        Load(0, at(N, "n")),
        (Branch(equal(Local(0, WIDE), number(7))), (2, 3)),
        Nop(),
        Store(at(N, "n"), number(1)),
        Finish(),
    ]
    tested = system(N, [thread("t", lines, [WIDE])])
    assert explore(tested, Options()).reached == {0, 1, 3, 4}


def test_members_of_a_family_are_one_unless_a_property_names_one() -> None:
    lines: list[Line] = [Load(0, at(N, "n")), Store(at(N, "n"), Local(0, WIDE)), Finish()]
    threads = family("f", 3, lines, [WIDE])
    assert explore(system(N, threads), Options(reductions=frozenset())).states == 27
    assert explore(system(N, threads), Options()).states == 10
    named = [invariant("some", Not(Finished(1)))]
    assert explore(system(N, threads, named), Options()).states == 27
    assert explore(system(N, threads, named), Options(properties=frozenset())).states == 10


def test_a_quantifier_over_a_pool_sees_what_cells_reach_and_not_what_locals_hold() -> None:
    slot = CACHE[0].dimensions[0]
    used_ = Read(1, (Bound(0, PAGE),), BOOL)
    seen = Quantifier("any", 0, "p", PAGE, None, used_)
    lines: list[Line] = [Alloc(0, PAGE), Store(at(CACHE, "Page.used", Local(0, PAGE)), Const(1, BOOL))]
    lines.append(Store(at(CACHE, "cache", Const(0, slot)), Local(0, PAGE)))
    tested = system(CACHE, [thread("t", [*lines, Finish()], [PAGE])], [invariant("unseen", Not(seen))])
    [violation] = explore(tested, Options()).violations
    assert violation.steps == 3


# ---- generated code


def test_generated_code_contains_nothing_that_a_model_calls_anything() -> None:
    hostile = 'x"""\n__import__("os").system("true")#'
    tested = counters()
    threads = tuple(replace(t, name=hostile, text=hostile) for t in tested.threads)
    variables = tuple(replace(v, name=f"{v.name}{hostile}") for v in tested.variables)
    compiled = Compiled(replace(tested, title=hostile, threads=threads, variables=variables))
    assert "import" not in compiled.source and '"' not in compiled.source and "#" not in compiled.source


def test_arithmetic_is_exact_whatever_the_size() -> None:
    large = Arithmetic("*", Const(10**30, INT), Const(10**30, INT))
    lines: list[Line] = [Store(at(N, "n"), Checked(Arithmetic("%", large, number(7)), WIDE)), Finish()]
    right = reach("right", equal(at(N, "n"), number(10**60 % 7)))
    assert explore(system(N, [thread("t", lines)], [right]), Options()).verdict == "holds"
