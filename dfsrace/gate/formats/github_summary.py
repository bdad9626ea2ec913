# SPDX-License-Identifier: GPL-2.0-only
"""GitHub's step summary: Markdown with a table of the models, and of each that fails the lanes as Mermaid and text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfsrace.gate.formats import wording
from dfsrace.gate.formats.mermaid import LONGEST, sequence_diagram
from dfsrace.gate.results import GateReport, Result

# GitHub takes 1 MiB a step and throws away a larger summary whole; what the caller writes besides has room.
BYTES = 1_000_000
ROWS, DIAGRAMS = 1000, 40
LINES, LENGTH = 400, 400
_RANK = {"bug": 0, "error": 1, "unexpected": 2, "inconclusive": 3, "skipped": 4, "expected": 5}


def github_summary(report: GateReport) -> str:
    """Markdown of at most 1,000,000 bytes of UTF-8.

    The table has the models that fail first. Then, as long as there is room, a section for each that fails: why, each
    violation as a Mermaid diagram (at most 40 in all), and folded away the report as `dfsrace check` prints it. What
    is left out is said. Text of the models is written so that none of it is markup, a mention or a link.
    """
    results = sorted(report.results, key=lambda result: _RANK[result.status])
    notes = "".join(f"Note: {_inert(wording.one_line(note, 1000))}\n\n" for note in report.notes[:20])
    text = f"## dfsrace gate\n\n{_inert(wording.headline(report))}\n\n{notes}{_table(results)}"
    failing = [result for result in results if wording.fails(report, result)]
    size, left_out, diagrams = len(text.encode()), [], DIAGRAMS
    for result in failing:
        section, drawn = _section(result, diagrams)
        if size + len(section.encode()) > BYTES - 2000:
            left_out.append(result)
            continue
        text, size, diagrams = text + section, size + len(section.encode()), diagrams - drawn
    if left_out:
        text += f"\n{len(left_out)} more models have no room here: {_code(wording.names(left_out, 150))}\n"
    return text


def _table(results: list[Result]) -> str:
    if not results:
        return ""
    rows = ["| | model | expected | found | states | seconds | |", "|---|---|---|---|---:|---:|---|"]
    rows += [_row(result) for result in results[:ROWS]]
    if more := len(results) - ROWS:
        rows += [f"\n{more} more models are not in this table"] * (more > 0)
    return "\n".join(rows) + "\n"


def _row(result: Result) -> str:
    mark = {"expected": "✓", "inconclusive": "?", "skipped": "–"}.get(result.status, "✗")
    notes = [wording.one_line(result.because, 200)] if result.because else []
    notes += ["known bad"] * (result.status == "expected" and bool(result.violated))
    notes += [f"{result.unreached} statements never ran"] * bool(result.unreached)
    notes += ["cached"] * result.cached
    states = f"{result.found['states']:,}" if "states" in result.found else ""
    cells = [
        mark,
        _code(wording.one_line(result.path, 200)),
        _inert(wording.expectation(result)[:200]),
        _inert(wording.verdict(result)[:200]),
        states,
        f"{result.seconds:.2f}",
        _inert("; ".join(notes)),
    ]
    return f"| {' | '.join(cells)} |"


def _section(result: Result, diagrams: int) -> tuple[str, int]:
    """A result at length, and how many diagrams it has."""
    parts = [f"\n### {_code(wording.one_line(result.path, 300))}\n\n{_inert(wording.reason(result)[:2000])}\n"]
    drawn = 0
    for violation in result.found.get("violations", ()):
        name = _code(wording.one_line(violation["property"], 200))
        parts.append(f"\n{name}: {_inert(wording.one_line(violation['message'], 1000))}\n")
        parts += [f"\n{_inert(wording.one_line(line, 1000))}\n" for line in violation.get("explanation", ())[:10]]
        diagram = sequence_diagram(violation) if drawn < diagrams else ""
        if diagram and len(diagram) < LONGEST:
            parts.append(f"\n```mermaid\n{diagram}\n```\n")
            drawn += 1
    for diagnostic in result.found.get("diagnostics", ())[:50]:
        place = f"{diagnostic['file']}:{diagnostic['line']}:{diagnostic['column']} {diagnostic['code']}"
        told = _inert(wording.one_line(diagnostic["message"], 1000))
        parts.append(f"\n- {_code(wording.one_line(place, 300))} {told}\n")
    if result.report:
        parts += ["\n<details><summary>The report as text</summary>\n", *_fenced(result), "\n</details>\n"]
    return "".join(parts), drawn


def _fenced(result: Result) -> Iterator[str]:
    """The report in a fence that is longer than any row of backticks in it."""
    text = "\n".join(wording.lines_of(result, LINES, LENGTH))
    fence = "`" * max(3, 1 + max((len(row) for row in re.findall("`+", text)), default=0))
    yield f"\n{fence}text\n{text}\n{fence}\n"


def _inert(text: str) -> str:
    """Text of which no character is markup: a code point written as a number never is."""
    return "".join(c if c.isalnum() or c in " ,;" or ord(c) > 0x7F else f"&#{ord(c)};" for c in text)


def _code(text: str) -> str:
    """The same in the typeface of code, where GitHub makes neither mentions nor links."""
    return f"<code>{_inert(text)}</code>"
