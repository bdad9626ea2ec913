# SPDX-License-Identifier: GPL-2.0-only
"""Every small violated model that is shipped: its report can be drawn, read as JSON, and followed step by step."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dfsrace.diagnostics.text import width
from dfsrace.operations import check, replay
from dfsrace.render.lanes import draw_lanes
from dfsrace.render.report_json import report_json
from dfsrace.render.report_text import report_text
from dfsrace.render.style import Drawing, plain
from dfsrace.trace.report import Report
from tests.render.cases import golden
from tests.render.test_report_json import VALIDATOR

MODELS = Path(__file__).resolve().parents[2] / "models"
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
SMALL = 1500
VIOLATED = sorted(
    name for name, facts in MANIFEST.items() if facts["verdict"] == "violated" and facts.get("states", SMALL) < SMALL
)


@cache
def report_of(name: str) -> Report:
    """The report of a shipped model."""
    return check(MODELS / f"{name}.yaml")


def test_there_are_violated_models_to_draw() -> None:
    assert len(VIOLATED) > 30


@pytest.mark.parametrize("name", VIOLATED)
def test_each_report_fits_a_terminal_and_its_json_is_valid(name: str) -> None:
    for drawing in (Drawing(), Drawing(columns=80), Drawing(ascii=True)):
        lines = report_text(report_of(name), drawing).splitlines()
        drawn = [line for line in lines[:-1] if not line.startswith("  replay: ")]
        assert max(width(line) for line in drawn) <= drawing.width
    VALIDATOR.validate(json.loads(report_json(report_of(name), "1.0")))


@pytest.mark.parametrize("name", VIOLATED)
def test_each_printed_schedule_leads_to_the_same_steps_and_violation(name: str) -> None:
    for found in report_of(name).violations:
        if found.trace is not None:
            again = replay(MODELS / f"{name}.yaml", found.trace.schedule_text)
            assert found.violation.property in again.violated
            assert [step.executed for step in again.steps] == [step.executed for step in found.trace.steps]
            assert len(again.steps) == found.violation.steps
            assert again.switches == found.violation.switches


@pytest.mark.parametrize("name", VIOLATED)
def test_each_violation_is_explained_and_nothing_is_left_unnamed(name: str) -> None:
    for found in report_of(name).violations:
        assert found.message
        if found.trace is not None:
            assert found.trace.explanation.sentences
            assert all(sentence.endswith(".") for sentence in found.trace.explanation.sentences)


@pytest.mark.parametrize(
    ("name", "drawing"),
    [("2003-unfixed/local-truncate", "local_truncate"), ("2003-truncate-lock/seed-question", "seed_question")],
)
def test_the_question_of_2003_is_answered_in_lanes(name: str, drawing: str) -> None:
    trace = report_of(name).violations[0].trace
    assert trace is not None
    assert plain(draw_lanes(trace, Drawing())) == golden(drawing)


STORED = re.compile(
    r"(?P<who>\w+) sets (?P<cell>\S+) in step (?P<store>\d+) "
    r"to (?P<copy>what it read|a value computed from what it read) from (?P<source>\S+) "
    r"in (?P<load>that step|step \d+); (?P<other>\w+) (?P<did>emptied|renewed|set|changed) "
    r"(?P<same>\S+)(?: to (?P<new>\S+))? in step (?P<spoilt>\d+)\."
)
TESTED = re.compile(
    r"(?P<who>\w+)(?:'s wait was over| tested (?P<source>\S+)) in step (?P<load>\d+), "
    r"when (?:it|\S+) was (?P<value>\S+); (?P<other>\w+) (?P<did>emptied|renewed|set|changed) "
    r"(?P<same>\S+)(?: to (?P<new>\S+))? in step (?P<spoilt>\d+), before (?P<last>\w+) .* in step (?P<store>\d+)\."
)
EMPTIED = re.compile(
    r"(?P<other>\w+)'s \w+ in step (?P<step>\d+) came too early: (?P<cell>\S+) was (?:still None|None then), "
    r"and (?P<who>\w+) set it in step (?P<store>\d+)(?P<done>; (?P=other) did not empty it after that)?\."
)


def steps_of(name: str) -> list[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """The sentences and steps of each trace of a model, as JSON has them."""
    value = json.loads(report_json(report_of(name), "1.0"))
    return [(tuple(v["explanation"]), v["trace"]) for v in value["violations"] if v["trace"] is not None]


def stored(step: dict[str, Any], cell: str) -> list[tuple[str, str]]:
    """(old, new) of what a step stored to a cell."""
    return [(change["old"], change["new"]) for change in step["changes"] if change["cell"] == cell]


@pytest.mark.parametrize("name", VIOLATED)
def test_each_sentence_is_true_of_the_steps_as_json_has_them(name: str) -> None:
    for sentences, steps in steps_of(name):
        for sentence in sentences:
            if found := STORED.fullmatch(sentence):
                store, spoilt = steps[int(found["store"]) - 1], steps[int(found["spoilt"]) - 1]
                load = store if found["load"] == "that step" else steps[int(found["load"].split()[1]) - 1]
                values = [read["value"] for read in load["reads"] if read["cell"] == found["source"]]
                assert store["thread"] == load["thread"] == found["who"] != found["other"] == spoilt["thread"]
                assert found["same"] == found["source"] and values
                new = [new for _, new in stored(store, found["cell"])]
                assert new and (found["copy"] != "what it read" or new[-1] in values)
                assert load["step"] < spoilt["step"]
                assert any(old != new and old in values for old, new in stored(spoilt, found["same"]))
            elif found := TESTED.fullmatch(sentence):
                load, spoilt = steps[int(found["load"]) - 1], steps[int(found["spoilt"]) - 1]
                assert {"cell": found["same"], "value": found["value"]} in load["reads"]
                assert load["thread"] == found["who"] != found["other"] == spoilt["thread"]
                assert any(old == found["value"] != new for old, new in stored(spoilt, found["same"]))
                assert load["step"] < spoilt["step"] < int(found["store"])
                assert steps[int(found["store"]) - 1]["thread"] == found["last"]
            elif found := EMPTIED.fullmatch(sentence):
                step, store = steps[int(found["step"]) - 1], steps[int(found["store"]) - 1]
                assert (step["thread"], store["thread"]) == (found["other"], found["who"])
                looked = [{"cell": found["cell"], "value": "None"}]
                assert ("None", "None") in stored(step, found["cell"]) or step["reads"] == looked
                assert any(old == "None" != new for old, new in stored(store, found["cell"]))
                after = [s for s in steps[step["step"] :] if s["thread"] == found["other"]]
                assert step["step"] < store["step"] and not any(stored(s, found["cell"]) for s in after)


def test_most_violations_of_invariants_have_a_sentence_that_is_checked_so() -> None:
    sentences = [sentence for name in VIOLATED for found, _ in steps_of(name) for sentence in found]
    checked = [s for s in sentences if STORED.fullmatch(s) or TESTED.fullmatch(s) or EMPTIED.fullmatch(s)]
    assert len(checked) > len(sentences) / 2
