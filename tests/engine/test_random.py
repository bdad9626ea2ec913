# SPDX-License-Identifier: GPL-2.0-only
"""The engine against three slow answers, on random systems: the interpreter, the naive checker, and brute force."""

from __future__ import annotations

from collections import Counter

import pytest

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import LoopsWithoutAccess, PropertyError, explore
from dfsrace.system import System
from tests.engine.brute import best_schedules, bounded, classes
from tests.engine.crosscheck import disagreements
from tests.engine.random_systems import random_system
from tests.naive import naive
from tests.outcomes import lengths

NONE = Options(reductions=frozenset())
SMALL = Options(reductions=frozenset(), states=600)


def explored(system: System, options: Options = SMALL) -> Outcome | None:
    """The outcome; None where the model has an error or is too large for a slow answer."""
    try:
        outcome = explore(system, options)
    except (LoopsWithoutAccess, PropertyError):
        return None
    return None if outcome.stopped_by is not None and outcome.stopped_by.kind == "states" else outcome


@pytest.mark.parametrize("seeds", [range(n, n + 30) for n in range(0, 240, 30)], ids=str)
def test_generated_code_does_what_the_interpreter_does(seeds: range) -> None:
    for seed in seeds:
        try:
            assert not disagreements(random_system(seed), 300), f"seed {seed}"
        except LoopsWithoutAccess:
            continue


@pytest.mark.parametrize("seeds", [range(n, n + 30) for n in range(0, 240, 30)], ids=str)
def test_without_reductions_all_counts_are_the_naive_checker_s(seeds: range) -> None:
    for seed in seeds:
        system = random_system(seed)
        outcome = explored(system)
        if outcome is not None:
            expected = naive(system)
            assert outcome.verdict == expected.verdict, f"seed {seed}"
            assert outcome.states == expected.states, f"seed {seed}"
            assert lengths(outcome) == expected.violated, f"seed {seed}"


@pytest.mark.parametrize(
    "reductions", [{name} for name in REDUCTIONS] + [set(REDUCTIONS)], ids=lambda names: "+".join(sorted(names))
)
def test_reductions_change_nothing_but_the_count(reductions: set[str]) -> None:
    for seed in range(150):
        system = random_system(seed)
        plain = explored(system)
        if plain is not None:
            reduced = explore(system, Options(reductions=frozenset(reductions)))
            assert reduced.violations == plain.violations, f"seed {seed}"
            assert reduced.verdict == plain.verdict and reduced.reached == plain.reached, f"seed {seed}"
            assert reduced.states <= plain.states, f"seed {seed}"


def test_one_state_is_counted_for_each_class() -> None:
    smaller = 0
    for seed in range(200):
        system = random_system(seed)
        plain = explored(system)
        if plain is not None:
            reduced = explore(system, Options())
            assert reduced.states == classes(system), f"seed {seed}"
            smaller += reduced.states < plain.states
    assert smaller > 30, "the reductions must have had something to do"


def test_schedules_are_the_least_of_the_shortest() -> None:
    found: Counter[str] = Counter()
    for seed in range(200):
        system = random_system(seed)
        if explored(system) is None:
            continue
        outcome = explore(system, Options())
        got = {v.property: (v.schedule, v.switches) for v in outcome.violations if v.kind != "reach"}
        assert got == best_schedules(system), f"seed {seed}"
        for schedule, switches in got.values():
            assert schedule is not None
            found["switches"] += switches or 0
            found["choices"] += sum(len(move.choices) for move in schedule.moves)
    assert found["switches"] > 15 and found["choices"] > 2


@pytest.mark.parametrize("switches", [0, 1, 2])
def test_a_bound_on_switches_visits_what_can_be_reached_with_so_many(switches: int) -> None:
    refused = 0
    for seed in range(100):
        system = random_system(seed)
        if explored(system) is None:
            continue
        states, violated, cut = bounded(system, switches)
        outcome = explore(system, Options(reductions=frozenset(), switches=switches))
        assert outcome.states == states, f"seed {seed}"
        got = {v.property: (v.steps, v.switches) for v in outcome.violations if v.kind != "reach"}
        assert got == violated, f"seed {seed}"
        assert (outcome.stopped_by is not None and outcome.stopped_by.kind == "switches") == cut, f"seed {seed}"
        reduced = explore(system, Options(switches=switches))
        assert lengths(reduced) == lengths(outcome) and reduced.states <= states, f"seed {seed}"
        refused += cut
    assert refused > 10


def test_the_systems_are_worth_checking() -> None:
    seen: Counter[str] = Counter()
    for seed in range(240):
        outcome = explored(random_system(seed))
        if outcome is not None:
            seen[outcome.verdict] += 1
            seen["many"] += outcome.states > 50
            for violation in outcome.violations:
                seen[violation.property] += 1
    assert seen["holds"] > 40 and seen["violated"] > 80 and seen["many"] > 20
    for name in ("deadlock", "null dereference", "value out of range", "lock held at exit"):
        assert seen[name] > 3, name
