# SPDX-License-Identifier: GPL-2.0-only
"""The made-up reports of these tests are such as dfsrace gives, and every format says of each what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import dfsrace.render
from dfsrace.gate.formats import FORMATS, wording
from dfsrace.gate.results import Result
from tests.gate.formats import builders, test_github, test_junit, test_ktap
from tests.gate.formats.builders import HOSTILE, gate

SCHEMA = json.loads((Path(dfsrace.render.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))


def test_made_up_objects_are_what_check_prints() -> None:
    for result in (*builders.one_of_each(), *builders.hostile("<x>"), *builders.real().results):
        if result.found:
            jsonschema.validate(dict(result.found), SCHEMA)


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_report_gives_the_same_text_which_ends_its_last_line(name: str) -> None:
    report = gate(*builders.one_of_each())
    text = FORMATS[name](report)
    assert text.endswith("\n")
    assert text == FORMATS[name](report)


@pytest.mark.parametrize("name", FORMATS)
def test_no_models_and_an_interrupt_are_legal_too(name: str) -> None:
    FORMATS[name](gate())
    FORMATS[name](gate(builders.good(), interrupted=True))


@pytest.mark.parametrize("name", ["junit", "sarif", "ktap", "github", "github-summary", "json"])
def test_every_format_says_that_a_verdict_turned_round(name: str) -> None:
    calm = FORMATS[name](gate(builders.good("models/a.yaml")))
    turned = FORMATS[name](gate(builders.broken("models/a.yaml")))
    words = {"sarif": "safe is false", "github-summary": "expected to hold"}
    assert words.get(name, "safe is violated, expected to hold") in turned
    assert words.get(name, "safe is violated, expected to hold") not in calm


@pytest.mark.parametrize("name", ["junit", "sarif", "ktap", "github-summary", "json"])
def test_what_went_wrong_beside_the_checking_is_told(name: str) -> None:
    assert "the cache is full" in FORMATS[name](gate(builders.good(), notes=("the cache is full",)))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", FORMATS)
def test_no_text_of_a_model_reaches_a_terminal_raw_or_breaks_an_encoding(name: str, text: str) -> None:
    written = FORMATS[name](gate(*builders.hostile(text), version=text, notes=(text,)))
    written.encode("utf-8")
    controls = {character for character in written if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0}
    assert controls <= {"\n"}
    assert not {"\u202e", "\u2028", "\ufeff"} & set(written)


def test_the_summary_object_counts_and_names_what_fails() -> None:
    summary = json.loads(FORMATS["json"](gate(*builders.one_of_each())))
    assert summary["models"] == 7
    assert [summary[key] for key in ("expected", "unexpected", "inconclusive", "error", "bug", "skipped")] == [
        *(2, 1, 1, 1, 1, 1)
    ]
    assert summary["known_bad"] == 1
    assert [one["path"].rpartition("/")[2] for one in summary["failing"]] == [
        *("a.yaml", "large.yaml", "wrong.yaml", "bug.yaml", "skipped.yaml")
    ]
    assert summary["gate"] == "not_as_expected"


def test_the_summary_object_is_glad_only_of_a_whole_run_of_some_models() -> None:
    def gladness(*results: Result, interrupted: bool = False, incomplete_ok: bool = False) -> str:
        report = gate(*results, interrupted=interrupted, incomplete_ok=incomplete_ok)
        return str(json.loads(FORMATS["json"](report))["gate"])

    assert gladness(builders.good(), builders.known_bad()) == "as_expected"
    assert gladness() == "not_as_expected"
    assert gladness(builders.good(), interrupted=True) == "not_as_expected"
    assert gladness(builders.stopped()) == "not_as_expected"
    assert gladness(builders.stopped(), incomplete_ok=True) == "as_expected"


@pytest.mark.parametrize("result", builders.one_of_each(), ids=lambda result: result.status)
@pytest.mark.parametrize("incomplete_ok", [False, True])
def test_whatever_fails_the_gate_fails_in_every_format_by_itself(result: Result, incomplete_ok: bool) -> None:
    report = gate(builders.good(), result, incomplete_ok=incomplete_ok)
    failing = wording.fails(report, result)
    suite = test_junit.read(FORMATS["junit"](report))
    assert ([suite.get("failures"), suite.get("errors")] != ["0", "0"]) is failing
    _, (ok, _, directive) = test_ktap.read(FORMATS["ktap"](report))
    assert (not ok) is failing
    assert (directive.split(" ")[0] in ("SKIP", "TODO", "XFAIL")) <= ok
    assert any(one.name == "error" for one in test_github.commands(report)) is failing
    assert (json.loads(FORMATS["json"](report))["gate"] == "not_as_expected") is failing


def test_an_inconclusive_model_of_which_nothing_is_known_is_never_accepted() -> None:
    lost = Result("models/lost.yaml", "inconclusive", because="killed, most likely for want of memory")
    report = gate(builders.good(), builders.stopped(), lost, incomplete_ok=True)
    assert wording.headline(report) == "3 models: 1 inconclusive (accepted), 1 inconclusive"
    assert [wording.fails(report, result) for result in report.results] == [False, False, True]
    assert "\nnot ok 3 models/lost.yaml # ERROR killed" in FORMATS["ktap"](report)
    assert 'failures="1"' in FORMATS["junit"](report)
    assert [line.split()[0] for line in FORMATS["github"](report).splitlines()] == ["::error", "::warning"]
    (alert,) = json.loads(FORMATS["sarif"](report))["runs"][0]["results"]
    assert alert["ruleId"] == "dfsrace/inconclusive"
    assert json.loads(FORMATS["json"](report))["gate"] == "not_as_expected"
