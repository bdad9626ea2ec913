# SPDX-License-Identifier: GPL-2.0-only
"""Judging a verdict by what the model expects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dfsrace.gate.results import Status
from dfsrace.operations import Model
from dfsrace.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.report import Expectation, Report

HOLDS = Expectation("holds")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A status, and in one sentence without full stop why it is not `expected` (else empty)."""

    status: Status
    because: str = ""


def declared(model: Model) -> Expectation:
    """What a loaded model expects, its properties in the order of reports; to hold where it says nothing."""
    own = model.declarations.expect
    if own is None:
        return HOLDS
    order = [*(p.name for p in model.system.properties), *AUTOMATIC_PROPERTIES]
    return Expectation(own.verdict, tuple(sorted(own.violated, key=order.index)))


def expected_of(report: Report) -> Expectation:
    """What the model expects: to hold where it says nothing."""
    return report.about.expectation or HOLDS


def judge(report: Report, *, strict_coverage: bool = False, cut_by_option: bool = False) -> Judgement:
    """Whether a report is what its model expects.

    What a search was cut before can only be `inconclusive`, unless something was violated that is not expected, or the
    model says that it is too large. It cannot say so where an option, not its own bound, cut the search
    (`cut_by_option`). With `strict_coverage` a model that holds must have run all of its code.
    """
    expected = expected_of(report)
    found, allowed = set(report.violated), set(expected.violated)
    if expected.verdict != "violated":
        allowed = set()
    if found - allowed:
        return Judgement("unexpected", _surprise(report, expected))
    if report.verdict == "inconclusive" and expected.verdict == "inconclusive" and not cut_by_option:
        return Judgement("expected")
    if not report.complete:
        return Judgement("inconclusive", _unfinished(report))
    if expected.verdict == "inconclusive" or found != allowed:
        return Judgement("unexpected", _surprise(report, expected))
    unreached = len(report.coverage.unreached)
    if strict_coverage and report.verdict == "holds" and unreached:
        return Judgement("unexpected", f"it holds, but {_statements(unreached)} never ran")
    return Judgement("expected")


def _surprise(report: Report, expected: Expectation) -> str:
    """What was expected, and what came instead."""
    match report.verdict:
        case "violated":
            came = f"it violates {listed(report.violated)}"
        case verdict:
            came = "it holds" if verdict == "holds" else "it is inconclusive"
    match expected.verdict:
        case "violated":
            return f"expected to violate {listed(expected.violated)}, but {came}"
        case "inconclusive":
            return f"expected to be inconclusive, but {came}"
        case _:
            return f"expected to hold, but {came}"


def _unfinished(report: Report) -> str:
    why = report.stopped_by.reason if report.stopped_by else "a pool was exhausted before the first step"
    so_far = f"{listed(report.violated)} violated as expected, but " if report.violations else ""
    return f"{so_far}not everything was explored: {why}"


def _statements(count: int) -> str:
    return "1 statement" if count == 1 else f"{count} statements"


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`; `nothing` for none."""
    *first, last = list(names) or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last
