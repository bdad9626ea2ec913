# SPDX-License-Identifier: GPL-2.0-only
"""What ends a native search early, and that nothing is claimed then that was not visited."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from dfsrace.engine.native import Machine, NoCompiler, explore_native
from dfsrace.engine.native.library import NativeSearch, Statistics
from dfsrace.engine.options import Options, Progress
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import EnginesDisagree, explore
from dfsrace.engine.reference.stepping import Stepper
from dfsrace.language import ModelSource, load_model
from tests.native.test_equal import PROJECT, load

SEQLOCK = PROJECT / "models/textbook/seqlock-readers.yaml"  # 266,830 states
VIOLATED = PROJECT / "models/shared-write/with-token-unfixed.yaml"
NONE = Options(reductions=frozenset())


def stopped(outcome: Outcome) -> str:
    assert outcome.verdict != "holds" and not outcome.complete
    return "" if outcome.stopped_by is None else outcome.stopped_by.kind


def test_a_bound_on_states_is_kept_exactly(quick: Machine) -> None:
    outcome = explore_native(load(SEQLOCK), replace(NONE, states=1000), quick)
    assert (outcome.states, stopped(outcome)) == (1000, "states")


def test_a_bound_that_refuses_no_state_changes_nothing(quick: Machine) -> None:
    outcome = explore_native(load(SEQLOCK), replace(NONE, states=266_830), quick)
    assert outcome.complete and outcome.states == 266_830


def test_seconds(quick: Machine) -> None:
    ticks = count()
    options = replace(NONE, seconds=1.0, clock=lambda: next(ticks) / 4)
    outcome = explore_native(load(SEQLOCK), options, replace(quick, slice=0.0))
    assert stopped(outcome) == "seconds"


def test_an_interrupt_keeps_what_was_found(quick: Machine) -> None:
    asked = count()
    options = replace(NONE, interrupted=lambda: next(asked) > 2)
    outcome = explore_native(load(SEQLOCK), options, replace(quick, slice=0.0))
    assert stopped(outcome) == "interrupt" and outcome.states > 0


def test_memory_runs_out_before_it_is_taken(quick: Machine) -> None:
    outcome = explore_native(load(SEQLOCK), replace(NONE, memory=1 << 20), quick)
    assert stopped(outcome) == "memory"


def test_progress_is_told(quick: Machine) -> None:
    told: list[Progress] = []
    ticks = count()
    options = replace(NONE, seconds=100.0, clock=lambda: next(ticks) * 30.0, progress=told.append)
    explore_native(load(SEQLOCK), options, replace(quick, slice=0.0))
    assert told and all(p.states > 0 and p.seconds > 0 for p in told)


CHOOSING = """\
model: Two threads store what they like
types: {Small: 0..4}
state: {x: Small, y: Small}
threads:
  a: |
    x = 1
    some = choose(Small)
    x = some
  b: |
    y = 1
    some = choose(Small)
    y = some
invariants: {no: x != 3 or y != 2}
"""


@pytest.mark.parametrize("model", [VIOLATED, CHOOSING], ids=["large", "choices"])
def test_without_the_second_search_a_schedule_is_as_short_and_replays(model: Path | str, quick: Machine) -> None:
    source = ModelSource("m.yaml", None, model) if isinstance(model, str) else ModelSource.of(model)
    system = load_model(source, [], {}).system
    for reductions in (frozenset[str](), frozenset(("pools", "stamps", "threads"))):
        options = Options(reductions=reductions, minimise=0)
        expected, found = explore(system, options), explore_native(system, options, quick)
        assert found.violations and not any(v.switches_minimised for v in found.violations)
        for violation, other in zip(found.violations, expected.violations, strict=True):
            assert (violation.property, violation.steps) == (other.property, other.steps)
            assert violation.schedule is not None
            _, results = Stepper(system).follow(violation.schedule)
            assert results[-1].state is not None
            judged = Stepper(system).judge_state(results[-1].state).violated
            assert violation.property in (*judged, results[-1].violation)


def test_without_a_compiler_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCompiler, match="apt install gcc"):
        explore_native(load(VIOLATED), NONE, Machine(tmp_path))


@pytest.mark.parametrize("switches", [None, 3])
def test_a_reach_that_is_met_is_no_first_violation(quick: Machine, tmp_path: Path, switches: int | None) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(
        "model: Counts\nstate: {x: 0..9}\nthreads:\n  a: |\n    while x < 9:\n        x = x + 1\n"
        "reach: {early: x == 1}\ninvariants: {late: x < 9}\n"
    )
    options = replace(NONE, first=True, switches=switches)
    outcome, expected = explore_native(load(path), options, quick), explore(load(path), options)
    assert [v.property for v in outcome.violations] == ["late"]
    assert (outcome.verdict, outcome.states) == (expected.verdict, expected.states)


@pytest.mark.parametrize(("states", "transitions"), [(0, 0), (266_830, 266_828)])
def test_counts_that_cannot_be_are_our_bug_and_no_verdict(
    quick: Machine, monkeypatch: pytest.MonkeyPatch, states: int, transitions: int
) -> None:
    counted = NativeSearch.statistics

    def less(search: NativeSearch) -> Statistics:
        statistics = counted(search)
        statistics.states, statistics.transitions = states, transitions
        return statistics

    monkeypatch.setattr(NativeSearch, "statistics", less)
    with pytest.raises(EnginesDisagree, match=f"{states} states and {transitions} transitions from 1 states"):
        explore_native(load(SEQLOCK), NONE, quick)
