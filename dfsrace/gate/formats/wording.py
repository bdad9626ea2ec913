# SPDX-License-Identifier: GPL-2.0-only
"""What all formats say alike: a result in a few words, the run in one sentence, texts cut where they grow too long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dfsrace.diagnostics.text import printable
from dfsrace.gate.results import GateReport, Result

# Kinds of an early stop that are bounds which someone set; the memory and an interrupt are none.
BOUNDS = ("states", "seconds", "switches", "pool")


def one_line(text: str, limit: int = 0) -> str:
    """Foreign text on one printable line, cut with an ellipsis after `limit` characters (0: never)."""
    shown = printable(text)
    return shown if not limit or len(shown) <= limit else f"{shown[: limit - 1]}…"


def lines_of(result: Result, count: int, length: int) -> list[str]:
    """The report for people, at most `count` printable lines of at most `length` characters; says what it leaves out.

    The end is kept rather than the beginning: there stand the violation and the line that replays it.
    """
    lines = [one_line(line, length) for text in result.report for line in text.split("\n")]
    if len(lines) <= count:
        return lines
    head = (count - 1) // 3
    tail = count - 1 - head
    return [*lines[:head], f"… {len(lines) - head - tail} lines left out …", *lines[len(lines) - tail :]]


def path_of(result: Result) -> str:
    """The model's file, printable."""
    return one_line(result.path)


def expectation(result: Result) -> str:
    """What the model expects: `holds`, `violated: a, b`; `-` where that could not be read."""
    if result.expected is None:
        return "-"
    return _with_names(result.expected.verdict, result.expected.violated)


def verdict(result: Result) -> str:
    """What was found: `holds`, `violated: a, b`, `inconclusive: states`, `error`, `skipped`."""
    stopped = stop_kind(result)
    if result.verdict == "inconclusive" and stopped:
        return f"inconclusive: {stopped}"
    return _with_names(result.verdict, result.violated)


def reason(result: Result) -> str:
    """Why the status is not `expected`, in one line; for an expected result what was found."""
    return one_line(result.because) or verdict(result)


def change(one: Mapping[str, str]) -> str:
    """A change as `check --json` has it, in a few words."""
    if one["old"] == one["new"]:
        return f"{one['cell']} was {one['old']}"
    return f"{one['cell']}: {one['old']} → {one['new']}"


def stop_kind(result: Result) -> str:
    """What ended the search early (`states`, `memory`, ...), empty where nothing did."""
    stopped = result.found.get("stopped_by")
    return str(stopped["kind"]) if stopped else ""


def accepted(result: Result) -> tuple[str, ...]:
    """Violated properties that the model's `expect` names."""
    expected = set(result.expected.violated) if result.expected else set()
    return tuple(name for name in result.violated if name in expected)


def fails(report: GateReport, result: Result) -> bool:
    """Whether the result is one for which the gate does not succeed."""
    if result.status == "inconclusive":
        return not report.accepts(result)
    return result.status != "expected"


def headline(report: GateReport) -> str:
    """The run in one sentence: how many models, how many not as expected, what else came in between."""
    total, undecided = len(report.results), report.of("inconclusive")
    accepted = sum(map(report.accepts, undecided))
    parts = [
        f"{len(report.of('unexpected'))} not as expected",
        f"{accepted} inconclusive (accepted)",
        f"{len(undecided) - accepted} inconclusive",
        f"{len(report.of('error'))} with errors",
        f"{len(report.of('bug'))} met a bug in dfsrace",
        f"{len(report.of('skipped'))} not checked",
    ]
    told = [part for part in parts if not part.startswith("0 ")]
    models = f"{total} model{'s' * (total != 1)}"
    text = f"{models}: {', '.join(told)}" if told else f"{models}, all as expected" if total else "no models"
    return f"{text}; interrupted" if report.interrupted else text


def names(results: Iterable[Result], limit: int) -> str:
    """The models' files, as many as fit into `limit` characters, and how many more there are."""
    return fitting([path_of(result) for result in results], limit)


def fitting(words: Sequence[str], limit: int) -> str:
    """Words with commas in between, as many as fit into `limit` characters, and how many more there are."""
    text, shown = "", 0
    for word in words:
        longer = f"{text}, {word}" if text else word
        if len(longer) > limit:
            break
        text, shown = longer, shown + 1
    more = len(words) - shown
    return f"{text}{' and ' * bool(text)}{more} more" if more else text


def _with_names(verdict: str, violated: Sequence[str]) -> str:
    return f"{verdict}: {', '.join(one_line(name, 100) for name in violated)}" if violated else verdict
