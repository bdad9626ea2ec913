# SPDX-License-Identifier: GPL-2.0-only
"""A model whose counterexample is longer than anybody takes: every format says what it leaves out."""

from __future__ import annotations

from dfsrace.gate.formats import FORMATS
from tests.gate.formats import builders, outside, test_github, test_junit, test_ktap, test_sarif


def test_the_model_is_long() -> None:
    (result,) = builders.long().results
    (violation,) = result.found["violations"]
    assert violation["steps"] == len(violation["trace"]) == 1200
    assert len(result.report) > 1200


def test_junit_and_ktap_cut_the_lanes_and_keep_the_line_that_replays_them() -> None:
    (failure,) = test_junit.read(FORMATS["junit"](builders.long())).iter("failure")
    text = FORMATS["ktap"](builders.long())
    assert [ok for ok, _, _ in test_ktap.read(text)] == [False]
    for shown in (failure.text or "", text):
        assert " lines left out …" in shown
        assert "replay: dfsrace replay models/long.yaml --schedule" in shown


def test_sarif_keeps_the_last_thousand_steps() -> None:
    (result,) = test_sarif.read(builders.long())["results"]
    (flow,) = test_sarif.flows(result)
    assert [one["executionOrder"] for one in flow["locations"]] == list(range(201, 1201))
    assert "the first 200 are left out" in result["codeFlows"][0]["message"]["text"]


def test_the_step_summary_draws_both_ends_of_the_trace() -> None:
    found = test_github.tokens(FORMATS["github-summary"](builders.long()))
    (diagram,) = test_github.diagrams(found)
    (parsed,) = outside.mermaid([diagram])
    notes = [test_github.undone(one["text"]).split("\xa0")[0] for one in parsed["messages"]]
    assert notes[:30] == [str(number) for number in range(1, 31)]
    assert notes[30] == "… 1101 steps left out …"
    assert notes[31:-1] == [str(number) for number in range(1132, 1201)]
