# SPDX-License-Identifier: GPL-2.0-only
"""Reports as JSON: one line, valid by the schema that the project ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from dfsrace.diagnostics import Diagnostic, ModelError, Span
from dfsrace.render.report_json import error_json, report_json
from dfsrace.trace.report import Report
from tests.render.cases import race_report
from tests.render.test_report_text import REPORTS

SCHEMA = json.loads((files("dfsrace.render") / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def parsed(report: Report) -> dict[str, Any]:
    """A report as a reader of JSON sees it."""
    value = json.loads(report_json(report, "1.0"))
    assert isinstance(value, dict)
    return value


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_report_is_one_line_and_valid(report: Callable[[], Report]) -> None:
    line = report_json(report(), "1.0")
    assert "\n" not in line and line.isascii()
    VALIDATOR.validate(json.loads(line))


def test_a_report_has_what_the_search_found() -> None:
    value = parsed(race_report())
    assert (value["verdict"], value["complete"], value["as_expected"]) == ("violated", True, True)
    assert (value["states"], value["transitions"], value["depth"], value["model_hash"]) == (73, 102, 17, "c0ffee")
    assert value["sizes"] == {"Index": 1, "Size": 2, "Node": 2, "Mm": 1, "Page": 2, "threads": 2}
    assert value["stopped_by"] is None


def test_a_violation_has_its_schedule_and_every_step() -> None:
    (violation,) = parsed(race_report())["violations"]
    assert (violation["steps"], violation["switches"], violation["schedule"]) == (11, 2, "cpu0*2 cpu1*6 cpu0*3")
    assert violation["initial"]["A.page_cache[0]"] == "page0"
    assert [step["step"] for step in violation["trace"]] == list(range(1, 12))
    step = violation["trace"][10]
    assert (step["thread"], step["file"], step["line"], step["stack"]) == ("cpu0", "vm.yaml", 43, ["do_no_page"])
    assert step["text"] == "mm.pte[index] = page"
    assert step["changes"] == [{"cell": "mm0.pte[0]", "old": "None", "new": "page0"}]


def test_an_unmet_reach_has_no_trace() -> None:
    reach = parsed(REPORTS["two_violations"]())["violations"][0]
    assert (reach["kind"], reach["steps"], reach["schedule"], reach["trace"]) == ("reach", None, None, None)


def test_a_search_that_ended_early_says_why() -> None:
    assert parsed(REPORTS["pool"]())["stopped_by"] == {
        "kind": "pool",
        "detail": "Page",
        "reason": "pool Page exhausted",
        "advice": "raise FRAMES",
    }


def test_bad_input_is_an_object_with_diagnostics() -> None:
    place = Span("a.yaml", 3, 5, 3, 9)
    error = ModelError([Diagnostic("DR203", place, "unknown name 'pag'", ("page",), "say page", ((place, "here"),))])
    value = json.loads(error_json("a.yaml", error, "1.0"))
    VALIDATOR.validate(value)
    assert (value["verdict"], value["file"]) == ("error", "a.yaml")
    assert (value["diagnostics"][0]["code"], value["diagnostics"][0]["line"]) == ("DR203", 3)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("verdict", "fine"),
        ("verdict", "holds"),
        ("states", -1),
        ("states", "73"),
        ("as_expected", "yes"),
        ("sizes", {}),
        ("surprise", 1),
        ("violations", []),
    ],
)
def test_the_schema_refuses_what_is_wrong(field: str, wrong: object) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate({**parsed(race_report()), field: wrong})


@pytest.mark.parametrize("field", SCHEMA["$defs"]["report"]["required"])
def test_the_schema_misses_each_field_that_is_left_out(field: str) -> None:
    value = parsed(race_report())
    del value[field]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(value)


def test_what_was_cut_is_not_complete() -> None:
    value = parsed(REPORTS["pool"]())
    assert (value["verdict"], value["complete"], value["as_expected"]) == ("inconclusive", False, None)
