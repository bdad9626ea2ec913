# SPDX-License-Identifier: GPL-2.0-only
"""What each mutation breaks, as a table, and the lines that sum it up."""

from __future__ import annotations

from dfsrace.study.mutate import MutationReport, Result, Row, Suite
from dfsrace.study.table import Cell, Column, Datum, Table, Tone, cell

TITLE = "What each mutation breaks"
_TONES: dict[Result, Tone] = {
    "killed": "good",
    "survived": "bad",
    "equivalent": "dim",
    "inconclusive": "open",
    "no model": "dim",
    "not tried": "open",
    "bug": "bad",
}


def mutation_table(report: MutationReport, hidden: frozenset[str] = frozenset()) -> Table:
    """All mutants, suite by suite; people are not shown those with a `hidden` result, which records have."""
    rows = [row for row in report.rows if row.result not in hidden]
    return Table(
        TITLE,
        (Column("mutant"), Column("result"), Column("breaks, in steps, or why not")),
        tuple(_cells(row, len(report.suites) > 1) for row in rows),
        summary(report),
        tuple(_record(row) for row in report.rows),
    )


def _cells(row: Row, several: bool) -> tuple[Cell, ...]:
    text = row.mutant.split(":", 2)[2]
    excused = row.result == "survived" and bool(row.reason)
    result = Cell(("survived", "with a reason"), "dim") if excused else Cell((row.result,), _TONES[row.result])
    suite = (f"in {row.suite}",) * several
    mutant = Cell((f"{row.operator} {row.procedure}", text, row.place, *suite))
    return mutant, result, Cell(_breaks(row)) if row.result == "killed" else cell(_why(row))


def _breaks(row: Row) -> tuple[str, ...]:
    """What it breaks; a mutant may also be killed by what the model violates and it does not."""
    found = tuple(name if steps is None else f"{name} {steps}" for name, steps in row.violated.items())
    return found or ("violates less than the model",)


def _why(row: Row) -> str:
    """Of what is not killed, the reason; of several models' the first that decides."""
    if row.reason:
        return row.reason
    because = [judged.because for judged in row.judged if judged.result == row.result and judged.because]
    return f"{row.says}: {because[0]}" if because else row.says


def _record(row: Row) -> dict[str, Datum]:
    return {
        "suite": row.suite,
        "mutant": row.mutant,
        "operator": row.operator,
        "procedure": row.procedure,
        "place": row.place,
        "says": row.says,
        "result": row.result,
        "violated": dict(row.violated),
        "reason": row.reason or None,
        "models": {judged.model: judged.result for judged in row.judged},
        "because": {judged.model: judged.because for judged in row.judged if judged.because},
    }


def summary(report: MutationReport) -> tuple[str, ...]:
    """Score, counts, models, then what is wrong, a sentence each."""
    lines = [score_line(report), counts_line(report)]
    lines += [f"{_suite(suite)}." for suite in report.suites]
    lines += [f"Survives without a reason: {row.suite}: {row.mutant}" for row in report.unexplained]
    lines += [f"The list of survivors is wrong: {problem}." for problem in report.problems]
    if report.interrupted:
        lines.append("Interrupted: what was not tried counts as not killed.")
    return tuple(lines)


def _suite(suite: Suite) -> str:
    """A suite's models and what each gives as it is."""
    models = ", ".join(f"{model} {verdict}" for model, verdict in zip(suite.models, suite.verdicts, strict=True))
    return models if suite.models == (suite.name,) else f"{suite.name}: {models}"


def score_line(report: MutationReport) -> str:
    """`Score 0.92: 23 of 25 mutants killed.`"""
    killed, of = report.counts["killed"], report.denominator
    if report.score is None:
        return "No score: no mutant counts."
    return f"Score {floored(report.score)}: {killed} of {of} mutant{'s' * (of != 1)} killed."


def floored(score: float) -> str:
    """A score with two digits, never more than it is."""
    return f"{int(score * 100 + 1e-9) / 100:.2f}"


def counts_line(report: MutationReport) -> str:
    """What the denominator is made of, and what is not in it."""
    counts = report.counts
    reasons = sum(row.result == "survived" and bool(row.reason) for row in report.rows)
    survived = f"{counts['survived']} survived, {reasons} of them with a reason"
    others = [f"{counts['inconclusive']} inconclusive"] * bool(counts["inconclusive"])
    others += [f"{counts['not tried']} not tried"] * bool(counts["not tried"])
    others += [f"{counts['bug']} met a bug of dfsrace"] * bool(counts["bug"])
    apart = f"Not counted: {counts['equivalent']} equivalent, {counts['no model']} no model."
    return f"Of all {len(report.rows)}: {', '.join([survived, *others])}. {apart}"


def too_low(report: MutationReport, wanted: float | None) -> bool:
    """Whether the score is less than wanted; where no mutant counts there is nothing to want."""
    return wanted is not None and report.score is not None and report.score < wanted
