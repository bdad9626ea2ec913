# SPDX-License-Identifier: GPL-2.0-only
"""GitHub's workflow commands: lines on standard output that become annotations beside the code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dfsrace.gate.formats import wording
from dfsrace.gate.formats.places import Place, Places
from dfsrace.gate.results import GateReport, Result

# A step shows 10 annotations of each level and drops the others; a title has 255 characters, a message 64 KiB.
OF_A_LEVEL = 10
TITLE, MESSAGE = 255, 8000


@dataclass(frozen=True, slots=True)
class _Annotation:
    level: str
    place: Place
    title: str
    message: str
    result: Result


def github_commands(report: GateReport) -> str:
    """One `::error` or `::warning` a line, at most 10 of each; empty if all is as expected.

    An error is what fails the gate: a verdict that is not as expected (at the last step in the model's own file, else
    in an include), each diagnostic of a bad one, an inconclusive model. A warning is an inconclusive model where that
    is accepted. Of more than 10 the last one names the models of those left out. Files are named from the report's
    root where they lie below it. `%`, CR and LF are escaped, in properties `:` and `,` too.
    """
    found = [annotation for result in report.results for annotation in _annotations(report, result)]
    lines: list[str] = []
    for level in ("error", "warning"):
        lines += _limited(level, [annotation for annotation in found if annotation.level == level])
    return "".join(f"{line}\n" for line in lines)


def _limited(level: str, found: Sequence[_Annotation]) -> Iterator[str]:
    shown = found if len(found) <= OF_A_LEVEL else found[: OF_A_LEVEL - 1]
    for one in shown:
        yield _command(level, one.place, one.title, one.message)
    if rest := found[len(shown) :]:
        models = dict.fromkeys(wording.path_of(one.result) for one in rest)
        others = wording.fitting([*models], MESSAGE - 200)
        message = f"GitHub shows {OF_A_LEVEL} {level}s of a step; the others are of {others}"
        yield _command(level, None, f"{len(rest)} more {level}s", message)


def _annotations(report: GateReport, result: Result) -> Iterator[_Annotation]:
    places = Places.of(report, result)
    if report.accepts(result):
        yield _Annotation("warning", places.model(), *_told(result), result)
    elif result.status == "error" and result.found.get("diagnostics"):
        for diagnostic in result.found["diagnostics"]:
            parts = [diagnostic["message"], diagnostic["help"]]
            message = "\n".join(wording.one_line(part, MESSAGE // 4) for part in parts if part)
            place = places.diagnostic(diagnostic)
            yield _Annotation("error", place, f"{diagnostic['code']}: {wording.path_of(result)}", message, result)
    elif wording.fails(report, result):
        violations = result.found.get("violations", ())
        known = wording.accepted(result)
        new = [violation for violation in violations if violation["property"] not in known]
        place = places.violation(new[0]) if new else places.model()
        yield _Annotation("error", place, *_told(result), result)


def _told(result: Result) -> tuple[str, str]:
    """Title and message: the reason, then what each violation says of itself and how it came about."""
    parts = [wording.reason(result)]
    for violation in result.found.get("violations", ()):
        parts += [violation["message"], *violation.get("explanation", ())]
    stopped = result.found.get("stopped_by") or {}
    parts += [stopped.get("reason", ""), stopped.get("advice", "")]
    told = dict.fromkeys(wording.one_line(part, MESSAGE // 4) for part in parts if part)
    return f"{result.status}: {wording.path_of(result)}", "\n".join(told)


def _command(level: str, place: Place | None, title: str, message: str) -> str:
    properties: list[tuple[str, object]] = []
    if place is not None:
        properties += [("file", wording.one_line(place.path)), ("line", place.line)]
        properties += [("endLine", place.end_line)] if place.end_line > place.line else []
        # Columns count only within one line: of a place over several lines GitHub would take them for the first.
        if place.column and place.end_line <= place.line:
            properties += [("col", place.column)]
            properties += [("endColumn", place.end_column)] if place.end_column else []
    properties.append(("title", wording.one_line(title, TITLE)))
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties)
    return f"::{level} {told}::{_data(message[:MESSAGE])}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
