# SPDX-License-Identifier: GPL-2.0-only
"""The model's source, each line marked with what the search saw of it: never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from dfsrace.diagnostics import SourceFile, Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.render.page.links import file_label
from dfsrace.render.page.markup import Markup, joined, scrolling, tag
from dfsrace.render.style import counted
from dfsrace.trace.report import Report

# A file of more lines is shown around what can run only.
LONGEST_WHOLE = 1_500
AROUND = 12


@dataclass(slots=True)
class LineSeen:
    """What was seen of one line. `never`: what did not happen, in words."""

    ran: int = 0
    never: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """A class of the style sheet: it ran, it ran in part, it did not run."""
        if not self.never:
            return "ran"
        return "partly" if self.ran else "never"

    @property
    def words(self) -> str:
        """The mark beside the line."""
        if not self.never:
            return "✓ ran"
        return ("◐ " if self.ran else "✗ ") + ", ".join(dict.fromkeys(self.never))


def lines_seen(report: Report) -> dict[tuple[str, int], LineSeen]:
    """What was seen of each line of code that threads can reach, by file and line."""
    reached, points = report.outcome.reached, report.system.coverage
    not_at_all = {place.span for place in report.coverage.unreached}
    seen: dict[tuple[str, int], LineSeen] = {}
    for number, point in enumerate(points):
        line = seen.setdefault((point.span.file, point.span.line), LineSeen())
        if number in reached:
            line.ran += 1
        elif point.kind == "statement":
            line.never.append("never ran" if report.complete else "did not run")
    for one in report.coverage.one_way:
        line = seen.setdefault((one.span.file, one.span.line), LineSeen())
        if one.span not in not_at_all:
            line.never.append(f"{'never' if report.complete else 'not yet'} {one.never}")
    return seen


def shown_files(report: Report) -> tuple[SourceFile, ...]:
    """The files in which something can run, that declare a property, or that a trace goes through."""
    used = {point.span.file for point in report.system.coverage}
    used |= {prop.span.file for prop in report.system.properties}
    used |= {thread.span.file for thread in report.system.threads}
    for found in report.violations:
        for step in found.trace.steps if found.trace else ():
            used |= {node.span.file for node in step.executed}
    return tuple(source for source in report.system.sources if source.name in used)


def line_id(number: int, line: int) -> str:
    """The id of a line of a file, by the file's place among those shown."""
    return f"L{number}-{line}"


def coverage_counts(report: Report) -> list[tuple[str, str]]:
    """How much ran: pairs of what and how many."""
    coverage = report.coverage
    ran = coverage.statements - len(coverage.unreached)
    both = coverage.tests - len(coverage.one_way) - _not_evaluated(report)
    counts = [("statements that ran", f"{ran:,} of {coverage.statements:,}")]
    if coverage.tests:
        counts.append(("tests that went both ways", f"{both:,} of {coverage.tests:,}"))
    return counts


def gaps_list(report: Report, files: Mapping[str, int]) -> Markup:
    """What never ran, and which tests went one way only, as a list of links into the source."""
    never = "never" if report.complete else "not yet"
    gaps = [
        (place.span, f"✗ {'never ran' if report.complete else 'did not run'}", place.text)
        for place in report.coverage.unreached
    ]
    gaps += [(one.span, f"◐ {never} {one.never}", one.text) for one in report.coverage.one_way]
    if not gaps:
        said = (
            "Every statement ran, and every test went both ways." if report.coverage.tests else "Every statement ran."
        )
        return tag("p", said if report.coverage.statements else "There is no code that could run.")
    rows = (
        tag(
            "tr",
            tag("td", what, class_="mark"),
            tag("td", _where(file_label(report, span.file), span, files)),
            tag("td", tag("code", text)),
        )
        for span, what, text in gaps
    )
    head = tag("tr", *(tag("th", text, scope="col") for text in ("seen", "where", "statement or test")))
    caption = tag("caption", "What the search did not see", class_="unseen")
    table = tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="gaps")
    return scrolling(table, "what the search did not see")


def source_tables(report: Report, files: Iterable[SourceFile]) -> Markup:
    """The sources, a table for each file."""
    seen = lines_seen(report)
    return joined(_file(number, source, file_label(report, source.name), seen) for number, source in enumerate(files))


def _file(number: int, source: SourceFile, label: str, seen: Mapping[tuple[str, int], LineSeen]) -> Markup:
    lines = source.text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    marked = [line for name, line in seen if name == source.name]
    ran = sum(seen[source.name, line].kind == "ran" for line in marked)
    how = f"{ran:,} of {counted(len(marked), 'line')} of code ran wholly" if marked else "no code that threads run"
    head = tag("h3", tag("code", label), tag("small", how))
    kept = _kept(len(lines), marked)
    rows: list[Markup] = []
    for line, text in enumerate(lines, 1):
        if line in kept:
            rows.append(_line(number, line, text.rstrip("\r"), seen.get((source.name, line))))
        elif line - 1 in kept or line == 1:
            rows.append(
                tag("tr", tag("td"), tag("td", "…"), tag("td", "lines without code are left out", class_="note"))
            )
    heads = (tag("th", text, scope="col") for text in ("line", "seen", "source"))
    caption = tag("caption", f"Source of {label}", class_="unseen")
    table = tag(
        "table", caption, tag("thead", tag("tr", *heads), class_="unseen"), tag("tbody", *rows), class_="source"
    )
    return tag("div", head, scrolling(table, f"source of {label}"), class_="file")


def _line(number: int, line: int, text: str, seen: LineSeen | None) -> Markup:
    kind = seen.kind if seen else "other"
    cells = (
        tag("td", line, class_="n"),
        tag("td", seen.words if seen else "", class_="mark"),
        tag("td", tag("code", text)),
    )
    return tag("tr", *cells, id=line_id(number, line), class_=kind)


def _kept(lines: int, marked: Iterable[int]) -> range | set[int]:
    """The lines that are shown."""
    if lines <= LONGEST_WHOLE:
        return range(1, lines + 1)
    return {line for at in marked for line in range(at - AROUND, at + AROUND + 1)}


def _where(label: str, span: Span, files: Mapping[str, int]) -> Markup:
    text = f"{label}:{span.line}"
    return tag("a", text, href=f"#{line_id(files[span.file], span.line)}") if span.file in files else tag("span", text)


def _not_evaluated(report: Report) -> int:
    """Tests neither of whose outcomes was seen."""
    missing = [p for number, p in enumerate(report.system.coverage) if number not in report.outcome.reached]
    trues = {point.span for point in missing if point.kind == "true"}
    return sum(point.kind == "false" and point.span in trues for point in missing)
