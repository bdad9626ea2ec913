# SPDX-License-Identifier: GPL-2.0-only
"""SARIF, held against OASIS' schema and the limits of GitHub code scanning."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dfsrace.gate.formats.sarif import sarif_json
from dfsrace.gate.results import GateReport
from dfsrace.trace.report import Expectation
from tests.gate.formats import builders
from tests.gate.formats.builders import HOSTILE, gate, step, violation

MEGABYTE = 1_000_000


@cache
def validator() -> jsonschema.Validator:
    text = (Path(__file__).parent / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")
    kind = jsonschema.validators.validator_for(json.loads(text))
    return kind(json.loads(text), format_checker=kind.FORMAT_CHECKER)


def read(report: GateReport) -> dict[str, Any]:
    """The only run of a valid log, each result's rule found by its index, sizes within GitHub's."""
    text = sarif_json(report)
    assert len(text) <= 10 * MEGABYTE
    log = json.loads(text)
    validator().validate(log if len(text) < MEGABYTE else shortened(log))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) <= 25_000
    assert len(run["results"]) <= 5000
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["locations"]) == 1
        assert sum(len(flow["locations"]) for flow in flows(result)) <= 1000
    found: dict[str, Any] = run
    return found


def shortened(log: dict[str, Any]) -> dict[str, Any]:
    """A log with some results, rules and remarks of each end: what lies in between is alike, and slow to validate."""
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    results, rules = run["results"], driver["rules"]
    some = {**run, "results": results[:9] + results[9:][-9:]}
    some["tool"] = {"driver": {**driver, "rules": rules[:20] + rules[20:][-20:]}}
    return {**log, "runs": [some]}


def flows(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The thread flows of a result."""
    return [flow for code in result.get("codeFlows", ()) for flow in code["threadFlows"]]


def remarks(run: dict[str, Any]) -> Iterator[str]:
    """The texts of the notifications."""
    (invocation,) = run["invocations"]
    for notification in invocation["toolExecutionNotifications"]:
        yield f"{notification['level']}: {notification['message']['text']}"


def place(located: dict[str, Any]) -> tuple[str, str, int]:
    """File, base and line of a location."""
    physical = located["physicalLocation"]
    artifact = physical["artifactLocation"]
    return artifact["uri"], artifact.get("uriBaseId", ""), physical["region"]["startLine"]


def test_the_schema_refuses_what_is_no_sarif() -> None:
    assert not validator().is_valid({"version": "2.1.0", "runs": [{}]})


def test_each_status_gives_its_results() -> None:
    run = read(gate(*builders.one_of_each()))
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("property/safe", "error"),
        ("dfsrace/inconclusive", "warning"),
        ("DR301", "error"),
        ("dfsrace/internal-error", "error"),
    ]
    assert list(remarks(run)) == [
        "note: models/known.yaml violates safe, as its expect says",
        "error: models/bug.yaml: dfsrace failed: the engines disagree",
        "warning: models/skipped.yaml was not checked: --total-seconds came first",
    ]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCodeDescription"].startswith("7 models: 1 not as expected, 1 inconclusive, ")


def test_a_run_that_went_through_says_so_whatever_it_found() -> None:
    assert read(gate(builders.good(), builders.broken()))["invocations"][0]["executionSuccessful"] is True
    assert read(gate(builders.good(), interrupted=True))["invocations"][0]["executionSuccessful"] is False


def test_known_bad_models_open_no_alert() -> None:
    assert read(gate(builders.known_bad()))["results"] == []


def test_of_a_bad_model_only_what_its_expect_does_not_name_is_a_result() -> None:
    told = builders.broken(violations=[violation("old"), violation("new")])
    run = read(gate(replace(told, expected=Expectation("violated", ("old",)))))
    assert [result["ruleId"] for result in run["results"]] == ["property/new"]
    assert list(remarks(run)) == ["note: models/a.yaml violates old, as its expect says"]


def test_an_expected_violation_that_is_gone_is_a_result_too() -> None:
    fixed = replace(builders.good(), status="unexpected", expected=Expectation("violated", ("safe",)), because="holds")
    assert [result["ruleId"] for result in read(gate(fixed))["results"]] == ["dfsrace/not-as-expected"]
    other = replace(builders.broken(violations=[violation("new")]), expected=Expectation("violated", ("safe",)))
    rules = [result["ruleId"] for result in read(gate(other))["results"]]
    assert rules == ["property/new", "dfsrace/not-as-expected"]


def test_accepted_inconclusive_models_are_notes() -> None:
    run = read(gate(builders.stopped(), incomplete_ok=True))
    assert run["results"] == []
    (text,) = remarks(run)
    assert text == (
        "note: models/large.yaml is inconclusive, which is accepted: inconclusive: states; states ran out; lower N"
    )


def test_a_thread_flow_is_a_thread_and_the_order_goes_across_them() -> None:
    (result,) = read(gate(builders.broken()))["results"]
    assert [flow["id"] for flow in flows(result)] == ["cpu0", "cpu1"]
    orders = [[one["executionOrder"] for one in flow["locations"]] for flow in flows(result)]
    assert orders == [[1, 4], [2, 3]]
    first = flows(result)[0]["locations"][0]
    assert place(first["location"]) == ("models/a.yaml", "%SRCROOT%", 1)
    assert first["location"]["message"]["text"] == "1. cpu0: x = 1 | x: 0 → 1"
    assert first["location"]["logicalLocations"][0]["name"] == "write"
    assert first["state"] == {"x": {"text": "1"}}


def test_a_result_stands_at_the_last_step_in_the_models_own_file() -> None:
    trace = [step(7, "a"), step(9, "b"), step(3, "a", file="vm.yaml")]
    (result,) = read(gate(builders.broken(violations=[violation(trace=trace)])))["results"]
    assert place(result["locations"][0]) == ("models/a.yaml", "%SRCROOT%", 9)
    far = flows(result)[0]["locations"][1]["location"]
    assert place(far) == ("vm.yaml", "DFSRACE_LIBRARY", 3)


def test_a_violation_without_a_trace_stands_at_the_models_first_line() -> None:
    never = {**violation("seen", []), "trace": None, "kind": "reach", "steps": None, "schedule": None, "initial": None}
    (result,) = read(gate(builders.broken(violations=[never])))["results"]
    assert place(result["locations"][0]) == ("models/a.yaml", "%SRCROOT%", 1)
    assert "codeFlows" not in result


def test_shipped_models_have_a_flow_for_each_thread() -> None:
    run = read(builders.real())
    rules = [result["ruleId"] for result in run["results"]]
    assert rules[:2] == ["property/no_pte_maps_truncated_page", "automatic/deadlock"]
    assert all(rule.startswith("DR") for rule in rules[2:]) and rules[2:]
    first = run["results"][0]
    assert place(first["locations"][0]) == ("models/2003-truncate-lock/section-after-zap.yaml", "%SRCROOT%", 16)
    orders = sorted(one["executionOrder"] for flow in flows(first) for one in flow["locations"])
    assert [flow["id"] for flow in flows(first)] == ["cpu0", "cpu1"]
    assert orders == list(range(1, 16))


def test_a_diagnostic_has_its_region_and_its_notes() -> None:
    (result,) = read(gate(builders.wrong()))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9}
    assert result["relatedLocations"][0]["message"]["text"] == "declared here"
    (result,) = read(gate(builders.wrong(file="", line=0, column=0, end_line=0, end_column=0)))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_files_are_addresses() -> None:
    def uri(path: str) -> tuple[str, str]:
        (result,) = read(gate(builders.broken(path)))["results"]
        return place(result["locations"][0])[:2]

    assert uri("./a.yaml") == ("a.yaml", "%SRCROOT%")
    assert uri("a b/ü#%.yaml") == ("a%20b/%C3%BC%23%25.yaml", "%SRCROOT%")
    assert uri("/tmp/a.yaml") == ("file:///tmp/a.yaml", "")
    assert uri("a\udcff.yaml") == ("a%FF.yaml", "%SRCROOT%")


def test_a_fingerprint_stays_while_lines_move_and_differs_between_models_and_rules() -> None:
    def fingerprint(path: str, name: str, line: int) -> str:
        told = violation(name, [step(line, "a", file=path)])
        (result,) = read(gate(builders.broken(path, [told])))["results"]
        return str(result["partialFingerprints"]["modelAndRule/v1"])

    assert fingerprint("a.yaml", "p", 1) == fingerprint("a.yaml", "p", 30)
    different = {fingerprint("a.yaml", "p", 1), fingerprint("b.yaml", "p", 1), fingerprint("a.yaml", "q", 1)}
    assert len(different) == 3


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_valid_and_inert(text: str) -> None:
    run = read(gate(*builders.hostile(text), version=text))
    assert [result["level"] for result in run["results"]] == ["error", "warning", "error", "error"]
    for result in run["results"]:
        uri = place(result["locations"][0])[0]
        assert uri.isascii() and not set(uri) & set(" <>\"'`|\\^{}\n")


def test_what_would_be_a_link_or_a_placeholder_in_a_message_is_none() -> None:
    told = violation(message="see [text](1) and x[0] and {0}", explanation=[])
    (result,) = read(gate(builders.broken(violations=[told])))["results"]
    assert result["message"]["text"] == "see \\[text](1) and x[0] and {{0}}."


def test_of_too_long_a_trace_the_end_is_kept_and_the_flow_says_so() -> None:
    trace = [step(number, f"cpu{number % 3}") for number in range(1, 12_001)]
    (result,) = read(gate(builders.broken(violations=[violation(trace=trace)])))["results"]
    orders = [one["executionOrder"] for flow in flows(result) for one in flow["locations"]]
    assert sorted(orders) == list(range(11_001, 12_001))
    assert "the first 11000 are left out" in result["codeFlows"][0]["message"]["text"]


def test_of_too_many_results_the_rest_is_counted() -> None:
    run = read(gate(*(builders.wrong(f"m/{number}.yaml") for number in range(6000))))
    assert len(run["results"]) == 5000
    assert "warning: 1000 results are left out: a log takes 5000, and 9,900,000 bytes" in list(remarks(run))


def test_a_log_that_would_be_too_large_gives_up_steps_then_results() -> None:
    draw = random.Random(1)
    names = ["".join(chr(draw.randrange(0x4E00, 0x9FFF)) for _ in range(380)) for _ in range(500)]
    trace = [step(number, "cpu0", names[number]) for number in range(1, 500)]
    many = [builders.broken(f"m/{number}.yaml", [violation(trace=trace)]) for number in range(20)]
    run = read(gate(*many))
    assert len(run["results"]) == 20
    without = sum("codeFlows" not in result for result in run["results"])
    assert 10 < without < 20
    assert f"warning: {without} results are without their steps: a log takes 9,900,000 bytes" in list(remarks(run))


def test_properties_by_the_thousand_do_not_make_the_log_too_large() -> None:
    names = [f"{number}" + "é" * 190 for number in range(5_500)]
    told = builders.found("models/good.yaml", "holds", properties=names)
    run = read(gate(replace(builders.good(), found=told)))
    assert len(run["tool"]["driver"]["rules"]) <= 5000
    bad = builders.broken(violations=[violation(name) for name in names[:2_000]])
    run = read(gate(bad))
    left_out = 2_000 - len(run["results"])
    assert 0 < left_out < 2_000
    assert f"warning: {left_out} results are left out: a log takes 5000, and 9,900,000 bytes" in list(remarks(run))
