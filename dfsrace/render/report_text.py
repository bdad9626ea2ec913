# SPDX-License-Identifier: GPL-2.0-only
"""A whole report as text: what was checked, the verdict, why, the lanes, how to see it again, one line for grep."""

from __future__ import annotations

from collections.abc import Iterator

from dfsrace.diagnostics.text import width
from dfsrace.render.lanes import draw_lanes
from dfsrace.render.style import Drawing, Line, Segment, Style, counted, plain, wrapped
from dfsrace.render.words import replay_line, result_line, schedule_line
from dfsrace.trace.record import Mark, Trace
from dfsrace.trace.report import Counterexample, Report

MOST_SHOWN = 12
USUAL = Drawing()
_VERDICTS: dict[str, tuple[str, Style]] = {
    "violated": ("VIOLATED", "verdict-bad"),
    "holds": ("HOLDS", "verdict-good"),
    "inconclusive": ("INCONCLUSIVE", "verdict-open"),
}


def report_text(report: Report, drawing: Drawing = USUAL) -> str:
    """The report as plain text, at most `drawing.width` columns wide but for lines that are meant to be copied."""
    return plain(report_lines(report, drawing))


def report_lines(report: Report, drawing: Drawing = USUAL) -> list[Line]:
    """The report as styled lines."""
    writer = _Writer(report, drawing)
    return [*writer.checked(), (), *writer.verdict(), (), *writer.body(), (((result_line(report)), "dim"),)]


def replay_lines(model: str, trace: Trace, drawing: Drawing = USUAL) -> list[Line]:
    """A replayed schedule: how long it is and what its last state violates, then as in a report."""
    counts = f" {drawing.glyphs.dot} ".join([counted(len(trace.steps), "step"), counted(trace.switches, "switch")])
    verdict: Segment = ("   violates nothing in the end", "verdict-good")
    if trace.violated:
        verdict = (f"   VIOLATES {', '.join(drawing.clean(name) for name in trace.violated)}", "verdict-bad")
    name = drawing.fit(drawing.clean(model), 40)
    room = drawing.width - width(name) - width(counts) - 3
    head: Line = ((name, "title"), (drawing.fit(verdict[0], room), verdict[1]), (f"   {counts}", "dim"))
    return [head, (), *trace_lines(trace, drawing, trace.message)]


class _Writer:
    """The parts of one report."""

    def __init__(self, report: Report, drawing: Drawing) -> None:
        self.report, self.drawing, self.glyphs = report, drawing, drawing.glyphs
        self.dot = f" {self.glyphs.dot} "

    def items(self, items: list[str], head: str, style: Style = "", gap: str | None = None) -> Iterator[Line]:
        """Items in lines, the first after `head`, the others under its first item."""
        gap = self.dot if gap is None else gap
        room = self.drawing.width - width(head)
        clean = [self.drawing.fit(self.drawing.clean(item), room) for item in items]
        for place, line in enumerate(wrapped(clean, self.drawing.width, " " * width(head), gap)):
            yield ((head + line[width(head) :] if place == 0 else line, style),)

    # ---- what was checked

    def checked(self) -> Iterator[Line]:
        """Sizes, threads, memory model, reductions, completeness; properties; the model's title."""
        report, outcome = self.report, self.report.outcome
        if outcome.note:
            yield from self.items(outcome.note.split(), "note      ", gap=" ")
        sizes = [f"{size.type} {size.count}" for size in report.sizes]
        threads = f"{counted(len(report.threads), 'thread')}: {', '.join(report.threads)}"
        reductions = ", ".join(outcome.reductions) or "none"
        end = "complete" if report.complete else "NOT complete"
        claim = [*sizes, threads, report.memory_model, f"reductions: {reductions}", end]
        yield from self.items(claim, "explored  ", "dim")
        yield from self.items([*report.properties, "the automatic checks"], "checked   ", "dim")
        if report.title:
            yield from self.items([report.title], "model     ", "dim")
        if constants := [f"{name}={value}" for name, value in report.system.constants]:
            yield from self.items(constants, "constants ", "dim", gap="  ")

    # ---- the verdict

    def verdict(self) -> Iterator[Line]:
        """One line: the model, its verdict, what is violated, how large it was."""
        report = self.report
        word, style = _VERDICTS[report.verdict]
        if report.as_expected is not None:
            word += " (as expected)" if report.as_expected else " (NOT as expected)"
        numbers = [counted(report.outcome.states, "state")]
        single = report.violations[0] if len(report.violations) == 1 else None
        if single is not None and single.trace is not None:
            numbers += _counts(single)
        elif not report.violations:
            numbers.append(f"depth {report.outcome.depth:,}")
        room = self.drawing.width
        model = self.drawing.fit(self.drawing.clean(report.model), 40)
        tail = self.dot.join(numbers)
        names, most = self.drawing.clean(", ".join(report.violated)), max(room - width(model) - width(word) - 6, 0)
        if len(report.violated) > 1 and width(names) + width(tail) + 3 > most:
            names = counted(len(report.violated), "property")
        names = self.drawing.fit(names, most)
        named = f"   {names}" if names else ""
        left = width(model) + 3 + width(word) + width(named)
        head: Line = ((model, "title"), (f"   {word}", style), (named, "title"))
        if left + 3 + width(tail) <= room:
            yield (*head, (" " * min(8, room - left - width(tail)) + tail, "dim"))
        else:
            yield head
            yield ((f"  {tail}", "dim"),)

    # ---- why

    def body(self) -> Iterator[Line]:
        """Everything between the verdict and the last line."""
        report = self.report
        for counterexample in report.violations:
            yield from self.violation(counterexample)
        if report.stopped_by is not None:
            yield from self.stopped()
        if report.verdict == "holds" or self.drawing.verbose:
            yield from self.coverage()

    def violation(self, found: Counterexample) -> Iterator[Line]:
        """One violated property: its message, the explanation, the lanes, the places, the replay line."""
        name = self.drawing.clean(found.violation.property)
        if len(self.report.violations) > 1:
            yield ((name, "heading"), (f"   {self.dot.join(_counts(found))}" if found.trace else "", "dim"))
            yield ()
        if found.trace is None:
            yield from prose(f"{name}: {found.message}.", self.drawing)
            yield ()
            return
        yield from trace_lines(found.trace, self.drawing, found.message)
        if not found.violation.switches_minimised:
            yield from prose("Its switches were not minimised: the model is too large for that.", self.drawing, "dim")
        yield (("  replay: " + replay_line(self.report, found), ""),)
        further = found.trace.explanation.further
        if further and further.switch and further.switch.schedule:
            yield (("  avoided: " + schedule_line(self.report, further.switch.schedule), ""),)
        yield ()

    def stopped(self) -> Iterator[Line]:
        """Why the search ended early, what to change, and what it had come to that the verdict's line does not say."""
        stopped, outcome = self.report.stopped_by, self.report.outcome
        assert stopped is not None
        if stopped.kind == "switches" and not self.report.violations:
            switches = (
                counted(int(stopped.detail), "switch") if stopped.detail.isdecimal() else f"{stopped.detail} switches"
            )
            yield from prose(f"nothing found with up to {switches}", self.drawing)
        else:
            advice = f"; {stopped.advice}" if stopped.advice else ""
            yield from prose(f"not everything was explored: {stopped.reason}{advice}", self.drawing)
        if stopped.kind in ("states", "seconds", "memory", "interrupt", "pool"):
            grown = [f"depth {outcome.depth:,}"] if self.report.violations else []
            grown += [f"{counted(count, 'value')} of {pool} in use" for pool, count in outcome.largest_pools]
            if grown:
                yield from prose(f"it had come to {', '.join(grown)}", self.drawing)
        if outcome.undecided:
            yield from prose(f"not decided: {', '.join(outcome.undecided)}", self.drawing)
        yield ()

    def coverage(self) -> Iterator[Line]:
        """What never ran, and which tests went one way only."""
        coverage = self.report.coverage
        lines = [(place.span, "never ran", place.text) for place in coverage.unreached]
        lines += [(one.span, f"never {one.never}", one.text) for one in coverage.one_way]
        if not lines:
            if coverage.statements:
                yield from prose("every statement ran, and every test went both ways", self.drawing, "dim")
                yield ()
            return
        shown = lines if self.drawing.verbose else lines[:MOST_SHOWN]
        places = [self.drawing.clean(f"{span.file}:{span.line}") for span, _, _ in shown]
        column = min(max(width(place) for place in places), 40)
        for place, (_, what, text) in zip(places, shown, strict=True):
            clean = self.drawing.fit(place, column)
            line = f"  {what:<11}  {clean}{' ' * (column - width(clean))}  {self.drawing.clean(text)}"
            yield ((self.drawing.fit(line, self.drawing.width), ""),)
        if len(shown) < len(lines):
            yield from prose(f"and {counted(len(lines) - len(shown), 'more place')}; -v shows all", self.drawing, "dim")
        yield ()


def prose(text: str, drawing: Drawing, style: Style = "") -> Iterator[Line]:
    """Clean text, two columns in; what is too long for a line is broken after a semicolon, else at blanks."""
    clean = drawing.clean(text)
    head, semicolon, rest = clean.partition("; ")
    if semicolon and width(head) + 3 <= drawing.width < width(clean) + 2:
        yield from prose(head + ";", drawing, style)
        yield from prose(rest, drawing, style)
        return
    words = [drawing.fit(word, drawing.width - 2) for word in clean.split()]
    for line in wrapped(words, drawing.width, "  ", " "):
        yield ((line, style),)


def trace_lines(trace: Trace, drawing: Drawing, message: str = "") -> Iterator[Line]:
    """The message, the explanation, the initial state, the lanes, and where to look in the source."""
    if message:
        yield from prose(message if message.endswith((".", "!", "?")) else f"{message}.", drawing)
        yield ()
    if sentences := explanation_sentences(trace):
        for sentence in sentences:
            yield from prose(sentence, drawing)
        yield ()
    if first := at_first(trace, drawing):
        yield from first
        yield ()
    if lanes := draw_lanes(trace, drawing):
        yield from lanes
        yield ()
    if places := source_places(trace, drawing):
        yield from places


def explanation_sentences(trace: Trace) -> list[str]:
    """The explanation; where more was asked for, the shortest sentence stands for the first, and the rest follows.

    Of a stale value the first sentence says the same as the shortest one.
    """
    found = trace.explanation
    if found.further is None:
        return list(found.sentences)
    others = found.sentences[1:] if found.stale else found.sentences
    return list(dict.fromkeys((found.shortest, *others, *found.further.sentences)))


def at_first(trace: Trace, drawing: Drawing) -> list[Line]:
    """The cells of the initial state that matter to the trace."""
    cells = [cell for cell in trace.initial if drawing.verbose or (cell.relevant and not cell.constant)]
    items = [drawing.clean(f"{cell.name} = {cell.value}") for cell in cells]
    if trace.locks_free:
        items.append("all locks free")
    if not items:
        return []
    number = f" (init#{trace.schedule.initial + 1})" if trace.several_initial else ""
    head = f"  at first{number}   "
    fitted = [drawing.fit(item, drawing.width - len(head)) for item in items]
    lines = wrapped(fitted, drawing.width, " " * len(head), "   ")
    return [((head + line[len(head) :] if place == 0 else line, "dim"),) for place, line in enumerate(lines)]


def source_places(trace: Trace, drawing: Drawing) -> list[Line]:
    """Where in the source the telling steps stand: file and line, procedure, step."""
    items = dict.fromkeys(_place(trace, mark, drawing) for mark in trace.explanation.places)
    return [((line, "dim"),) for line in wrapped(list(items), drawing.width, "  ", f" {drawing.glyphs.dot} ")]


def _place(trace: Trace, mark: Mark, drawing: Drawing) -> str:
    node = trace.executed(mark)
    procedure = node.procedure or trace.steps[mark.step - 1].thread_name
    where = drawing.fit(drawing.clean(f"{node.span.file}:{node.span.line}  {procedure}"), drawing.width - 8)
    return f"{where}{mark.step:>6}"


def _counts(found: Counterexample) -> list[str]:
    """Steps and switches of a counterexample."""
    violation = found.violation
    steps = [] if violation.steps is None else [counted(violation.steps, "step")]
    switches = violation.switches if violation.switches is not None else (found.trace.switches if found.trace else None)
    return steps if switches is None else [*steps, counted(switches, "switch")]
