# SPDX-License-Identifier: GPL-2.0-only
"""KTAP, read by a TAP parser and by the kernel's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from tap.parser import Parser  # type: ignore[import-untyped]

from dfsrace.gate.formats.ktap import LINES, ktap
from dfsrace.gate.results import Result
from tests.gate.formats import builders, outside
from tests.gate.formats.builders import HOSTILE, gate

# What an outcome looks like: whether the line says ok, and the directive behind its #.
EXPECTED = [
    (True, ""),
    (True, "XFAIL violated: safe"),
    (False, "unexpected: safe is violated, expected to hold"),
    (False, "TIMEOUT inconclusive: states"),
    (False, "ERROR the file is no valid model"),
    (False, "ERROR the engines disagree"),
    (False, "ERROR not checked: --total-seconds came first"),
]


def read(text: str) -> list[tuple[bool, str, str]]:
    """Results as a TAP parser sees them: ok, description, directive. Nothing else may be there but plan and remarks."""
    version, *lines = text.splitlines()
    assert version == "KTAP version 1"
    parsed = list(Parser().parse_text("\n".join(lines)))
    assert [line.category for line in parsed if line.category not in ("test", "diagnostic")] == ["plan"]
    results = [line for line in parsed if line.category == "test"]
    assert [line.number for line in results] == list(range(1, len(results) + 1))
    assert parsed[0].expected_tests == len(results)
    return [(line.ok, line.description, line.directive.text) for line in results]


def described(results: Sequence[Result]) -> list[str]:
    return [result.path for result in results]


def test_each_status_has_its_line() -> None:
    results = builders.one_of_each()
    read_back = read(ktap(gate(*results)))
    assert [(ok, directive) for ok, _, directive in read_back] == EXPECTED
    assert [name for _, name, _ in read_back] == described(results)


@pytest.mark.parametrize(
    ("kind", "directive"),
    [
        ("states", "TIMEOUT"),
        ("seconds", "TIMEOUT"),
        ("switches", "TIMEOUT"),
        ("pool", "TIMEOUT"),
        ("memory", "ERROR"),
        ("interrupt", "ERROR"),
    ],
)
def test_bounds_are_time_outs_and_other_stops_are_errors(kind: str, directive: str) -> None:
    assert read(ktap(gate(builders.stopped(kind=kind)))) == [
        (False, "models/large.yaml", f"{directive} inconclusive: {kind}")
    ]


def test_inconclusive_is_skipped_only_where_it_was_accepted() -> None:
    ((ok, _, directive),) = read(ktap(gate(builders.stopped(), incomplete_ok=True)))
    assert (ok, directive) == (True, "SKIP inconclusive: inconclusive: states")


def test_the_lanes_stand_before_the_line_that_they_are_about() -> None:
    lines = ktap(gate(builders.good(), builders.broken())).splitlines()
    assert lines[2] == "ok 1 models/good.yaml"
    assert lines[3:7] == [
        "#   some   VIOLATED",
        "#",
        "#      1  x = 1",
        "#     replay: dfsrace replay models/a.yaml --schedule 'cpu0'",
    ]
    assert lines[7].startswith("not ok 2 models/a.yaml # ")


def test_shipped_models_are_read() -> None:
    outcomes = [(ok, directive.partition(" ")[0]) for ok, _, directive in read(ktap(builders.real()))]
    assert outcomes == [(True, ""), (True, "XFAIL"), (False, "unexpected:"), (False, "unexpected:"), (False, "ERROR")]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_one_line_each_without_a_directive_of_their_own(text: str) -> None:
    results = builders.hostile(text)
    read_back = read(ktap(gate(*results)))
    assert [(ok, directive.partition(" ")[0]) for ok, _, directive in read_back] == [
        (False, "unexpected:"),
        (False, "TIMEOUT"),
        (False, "ERROR"),
        (False, "ERROR"),
        (False, "ERROR"),
        (True, "XFAIL"),
    ]


def test_names_with_a_hash_or_with_blanks_at_their_ends_are_escaped() -> None:
    names = ["models/a#b.yaml", "- a.yaml", " a.yaml", "a.yaml "]
    read_back = read(ktap(gate(*(builders.good(name) for name in names))))
    assert [name for _, name, _ in read_back] == ["models/a\\x23b.yaml", "\\x2d a.yaml", "\\x20a.yaml", "a.yaml\\x20"]


def test_a_report_that_is_too_long_is_cut_and_says_so() -> None:
    long = builders.broken()
    text = ktap(gate(type(long)(long.path, long.status, long.found, report=("z" * 5000,) * 10_000)))
    remarks = [line for line in text.splitlines() if line.startswith("#   ") and "dfsrace" not in line]
    assert len(remarks) == LINES
    assert "#   … 9601 lines left out …" in remarks
    assert max(map(len, remarks)) <= 404


STATUSES = ["SUCCESS", "SUCCESS", "FAILURE", "FAILURE", "FAILURE", "FAILURE", "FAILURE"]


def test_the_kernels_parser_reads_each_status() -> None:
    results = builders.one_of_each()
    parsed = outside.kunit(ktap(gate(*results)))
    assert parsed["tests"] == [[path, status] for path, status in zip(described(results), STATUSES, strict=True)]
    assert parsed["counts"] == {"passed": 2, "failed": 5, "skipped": 0, "crashed": 0, "errors": 0}


def test_the_kernels_parser_finds_the_lanes_of_shipped_models() -> None:
    parsed = outside.kunit(ktap(builders.real()))
    assert [status for _, status in parsed["tests"]] == ["SUCCESS", "SUCCESS", "FAILURE", "FAILURE", "FAILURE"]
    assert any("do_no_page(mm0, 0)" in line for line in parsed["logs"][2])
    assert parsed["counts"]["errors"] == 0


def test_the_kernels_parser_is_not_misled_by_any_text() -> None:
    results = [result for text in HOSTILE for result in builders.hostile(text)]
    text = ktap(gate(*results))
    parsed = outside.kunit(text)
    assert [status for _, status in parsed["tests"]] == [
        *("FAILURE", "FAILURE", "FAILURE", "FAILURE", "FAILURE", "SUCCESS")
    ] * len(HOSTILE)
    assert parsed["counts"]["errors"] == 0
    names = re.findall(r"^(?:not )?ok \d+ ([^#\n]*?)(?: #.*)?$", text, re.MULTILINE)
    assert [name for name, _ in parsed["tests"]] == names
