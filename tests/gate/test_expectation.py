# SPDX-License-Identifier: GPL-2.0-only
"""Judging verdicts: nothing that was cut is a success, and no surprise hides behind a bound."""

from __future__ import annotations

import itertools

import pytest

from dfsrace.engine.options import Options
from dfsrace.gate.expectation import declared, expected_of, judge
from dfsrace.language import ModelSource
from dfsrace.operations import check, load
from dfsrace.trace.report import Report
from tests.gate.running import ENDLESS, HOLDS, LOST, UNUSED

POOL = """\
model: A pool that is too small
types: {Page: pool(1)}
state: {one: Page | None, two: Page | None}
threads:
  a: |
    one = alloc(Page)
    two = alloc(Page)
"""


def report(text: str, states: int | None = None) -> Report:
    return check(load(ModelSource("m.yaml", text=text)), options=Options(states=states))


CUT = ENDLESS.replace("LIMIT: 255", "LIMIT: 0").replace("small:", "both_count:") + "bounds: {states: 1000}\n"
VERDICTS = {"holds": HOLDS, "violated": LOST, "violated and cut": CUT, "cut": POOL}
EXPECTATIONS = {
    "": "",
    "holds": "expect: holds\n",
    "inconclusive": "expect: inconclusive\n",
    "that": "expect: {violates: both_count}\n",
    "other": "expect: {violates: deadlock}\n",
    "both": "expect: {violates: [both_count, deadlock]}\n",
}
EXPECTED = {("holds", ""), ("holds", "holds"), ("violated", "that"), ("cut", "inconclusive")}
INCONCLUSIVE = {
    *(("cut", name) for name in ("", "holds", "other")),
    *(("violated and cut", name) for name in ("that", "both")),
}


@pytest.mark.parametrize(("verdict", "expectation"), [*itertools.product(VERDICTS, EXPECTATIONS)])
def test_the_status_of_every_verdict_under_every_expectation(verdict: str, expectation: str) -> None:
    if verdict == "cut" and "both_count" in EXPECTATIONS[expectation]:
        pytest.skip("the model has no such property")
    found = report(VERDICTS[verdict] + EXPECTATIONS[expectation])
    assert found.outcome.complete is ("cut" not in verdict)
    judgement = judge(found)
    wanted = "expected" if (verdict, expectation) in EXPECTED else "unexpected"
    if (verdict, expectation) in INCONCLUSIVE:
        wanted = "inconclusive"
    assert judgement.status == wanted, judgement
    assert bool(judgement.because) is (wanted != "expected")
    assert not judgement.because.endswith(".")


def test_what_an_option_cut_is_inconclusive_whatever_is_expected() -> None:
    found = report(ENDLESS + "expect: inconclusive\n", states=100)
    assert judge(found).status == "expected"
    assert judge(found, cut_by_option=True).status == "inconclusive"


def test_strict_coverage_wants_all_code_of_what_holds_to_run() -> None:
    assert judge(report(UNUSED)).status == "expected"
    assert judge(report(UNUSED), strict_coverage=True).because == "it holds, but 1 statement never ran"
    assert judge(report(HOLDS), strict_coverage=True).status == "expected"


def test_an_expectation_lists_its_properties_in_the_order_of_reports() -> None:
    text = LOST + "expect: {violates: [deadlock, both_count]}\n"
    model = load(ModelSource("m.yaml", text=text))
    assert declared(model).violated == ("both_count", "deadlock")
    assert declared(model) == expected_of(check(model))
