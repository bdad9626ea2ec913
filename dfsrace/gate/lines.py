# SPDX-License-Identifier: GPL-2.0-only
"""What a gate says to people: one line a model, the details of what is not as expected, and the last lines."""

from __future__ import annotations

from collections.abc import Iterator

from dfsrace.diagnostics.text import width
from dfsrace.gate.formats import wording
from dfsrace.gate.results import GateReport, Result, Status
from dfsrace.render.style import Drawing, Line, Style, counted
from dfsrace.render.words import result_value

WIDEST_PATH = 80
_STYLES: dict[Status, Style] = {
    "expected": "verdict-good",
    "unexpected": "verdict-bad",
    "inconclusive": "verdict-open",
    "error": "verdict-bad",
    "bug": "verdict-bad",
    "skipped": "verdict-open",
}
_STATUS_WIDTH = max(len(status) for status in _STYLES)


def result_line(result: Result, drawing: Drawing, column: int = 0) -> Line:
    """Status, path, verdict with the properties, states, seconds or `cached`, and whether code never ran.

    `column` is how wide paths are, so that verdicts stand below each other.
    """
    path = drawing.clean(result.path)
    gap = " " * max(min(column, WIDEST_PATH) - width(path), 0)
    facts = f" {drawing.glyphs.dot} ".join(_facts(result, drawing))
    return ((f"{result.status:<{_STATUS_WIDTH}}", _STYLES[result.status]), (f"  {path}{gap}  {facts}", ""))


def _facts(result: Result, drawing: Drawing) -> Iterator[str]:
    if result.status in ("error", "bug", "skipped") or "states" not in result.found:
        yield drawing.clean(result.because)
        return
    yield drawing.clean(wording.verdict(result))
    yield counted(result.found["states"], "state")
    yield "cached" if result.cached else f"{result.seconds:.2f} s"
    if result.verdict == "holds" and result.unreached:
        yield f"{counted(result.unreached, 'statement')} never ran"


def details(result: Result, drawing: Drawing) -> Iterator[Line]:
    """Why a result is not as expected, and what `check` says of the model."""
    if result.status in ("expected", "skipped"):
        return
    yield ()
    yield (
        (f"==> {drawing.clean(result.path)}: ", "heading"),
        (drawing.clean(result.because if result.status not in ("error", "bug") else result.status), "title"),
    )
    yield ()
    for line in result.report:
        yield ((drawing.clean(line), ""),)


def others(report: GateReport, drawing: Drawing) -> Iterator[Line]:
    """The files that are no models, each by its name."""
    if report.pieces or report.aside:
        yield ()
    for path in report.pieces:
        yield ((f"{'piece':<{_STATUS_WIDTH}}  {drawing.clean(path)}", "dim"),)
    for path in report.aside:
        yield ((f"{'left aside':<{_STATUS_WIDTH}}  {drawing.clean(path)}", "dim"),)


def last_lines(report: GateReport, drawing: Drawing) -> Iterator[Line]:
    """The run in one sentence, and once more for grep."""
    counts = [counted(report.cached, "cached verdict"), counted(len(report.pieces), "piece")]
    counts.append(f"{counted(len(report.aside), 'other YAML file')} left aside")
    yield ()
    style: Style = "verdict-bad" if any(wording.fails(report, one) for one in report.results) else "verdict-good"
    rest = f" {drawing.glyphs.dot} ".join(["", *counts])
    yield ((wording.headline(report), style), (rest, ""))
    if report.mutation is not None:
        yield ((report.mutation.sentence, "verdict-bad" if report.mutation.missed else "verdict-good"),)
    yield ((gate_line(report), "dim"),)


def gate_line(report: GateReport) -> str:
    """`GATE key=value ...` on one line, as the RESULT line of `check` is made."""
    values = {
        "models": len(report.results),
        "expected": len(report.of("expected")),
        "unexpected": len(report.of("unexpected")),
        "inconclusive": len(report.of("inconclusive")),
        "errors": len(report.of("error")),
        "bugs": len(report.of("bug")),
        "skipped": len(report.of("skipped")),
        "pieces": len(report.pieces),
        "aside": len(report.aside),
        "cached": report.cached,
        "seconds": f"{report.seconds:.3f}",
    }
    return "GATE " + " ".join(f"{key}={result_value(str(value))}" for key, value in values.items())
