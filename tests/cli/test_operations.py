# SPDX-License-Identifier: GPL-2.0-only
"""The public operations as a program calls them: values in, values out, nothing printed."""

from __future__ import annotations

from pathlib import Path

import pytest

import dfsrace
from dfsrace.diagnostics import ModelError
from dfsrace.engine.options import Options
from dfsrace.language import ModelSource
from dfsrace.operations import ReplayError, ScheduleError
from tests.cli.running import HOLDS, LOST, POOL, model


def test_check_takes_a_path_and_gives_a_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = dfsrace.check(model(tmp_path, LOST))
    assert isinstance(report, dfsrace.Report)
    assert (report.model, report.verdict, report.violated) == ("m", "violated", ("both_count",))
    assert report.violations[0].trace is not None
    assert capfd.readouterr() == ("", "")


def test_a_loaded_model_is_checked_and_replayed_as_often_as_one_likes(tmp_path: Path) -> None:
    loaded = dfsrace.load(str(model(tmp_path, LOST)))
    first, second = (dfsrace.check(loaded, options=Options(reductions=frozenset())) for _ in range(2))
    assert first.outcome.states == second.outcome.states
    found = first.violations[0]
    assert found.trace is not None
    again = dfsrace.replay(loaded, found.trace.schedule_text)
    assert again.violated == ("both_count",)
    assert len(again.steps) == found.violation.steps


def test_a_model_may_be_text(tmp_path: Path) -> None:
    assert dfsrace.check(ModelSource("typed.yaml", None, HOLDS)).verdict == "holds"


def test_constants_may_be_values(tmp_path: Path) -> None:
    text = HOLDS.replace("0..2", "0..MOST") + "constants: {MOST: 2, QUICK: False}\n"
    report = dfsrace.check(model(tmp_path, text), constants={"MOST": 4, "QUICK": True})
    assert dict(report.system.constants) == {"MOST": "4", "QUICK": "True"}
    assert report.as_expected is None


@pytest.mark.parametrize(
    ("limit", "kind"), [(Options(states=1), "states"), (Options(interrupted=lambda: True), "interrupt")]
)
def test_what_is_cut_never_holds(limit: Options, kind: str, tmp_path: Path) -> None:
    report = dfsrace.check(model(tmp_path, HOLDS), options=limit)
    assert (report.verdict, report.complete, report.as_expected) == ("inconclusive", False, None)
    assert report.stopped_by is not None and report.stopped_by.kind == kind


def test_an_exhausted_pool_is_not_what_a_model_expects_that_says_nothing(tmp_path: Path) -> None:
    assert dfsrace.check(model(tmp_path, POOL)).as_expected is False
    assert dfsrace.check(model(tmp_path, POOL + "expect: inconclusive\n")).as_expected is True


def test_an_error_in_a_model_is_one_exception_with_all_diagnostics(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        dfsrace.load(model(tmp_path, HOLDS.replace("x + 1", "y + z")))
    assert len(caught.value.diagnostics) == 2
    with pytest.raises(ModelError, match="no property 'none'"):
        dfsrace.check(model(tmp_path, HOLDS), options=Options(properties=frozenset({"none"})))


def test_a_schedule_that_is_none_and_one_that_does_not_fit_are_two_errors(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    with pytest.raises(ScheduleError):
        dfsrace.replay(path, "a*")
    with pytest.raises(ReplayError):
        dfsrace.replay(path, "a b")


def test_a_check_section_restricts_what_is_checked_and_an_option_overrides_it(tmp_path: Path) -> None:
    path = model(tmp_path, LOST + "  fine:\n    holds: x < 9\ncheck: [fine]\n")
    own = dfsrace.check(path)
    assert (own.verdict, own.properties) == ("holds", ("fine",))
    other = dfsrace.check(path, options=Options(properties=frozenset({"both_count"})))
    assert (other.violated, other.properties) == (("both_count",), ("both_count",))
