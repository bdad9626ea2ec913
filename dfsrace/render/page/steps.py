# SPDX-License-Identifier: GPL-2.0-only
"""What each step of a trace does, told once for the table of all steps and for the step that the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.render.page.links import file_label, step_link
from dfsrace.render.page.markup import Child, Markup, clean, joined, tag
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.record import Executed, Mark, Trace, TraceStep
from dfsrace.trace.report import Report


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a step does. `kind` is a class of the style sheet; of a change `subject` is the cell.

    `text`: without `old` and `new` all that is said.
    """

    kind: str
    text: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A step as people read it; number 0 is the initial state. `places`: where its statements stand."""

    number: int
    thread: str
    statements: tuple[str, ...]
    stack: tuple[str, ...]
    places: tuple[Span, ...]
    said: tuple[Said, ...]


def told(trace: Trace) -> list[Told]:
    """The initial state and all steps."""
    return [_first(trace), *(_step(trace, step) for step in trace.steps)]


def steps_table(report: Report, steps: Sequence[Told], name: str) -> Markup:
    """All steps as a table. `name`: of the property."""
    heads = ("step", "thread", "what it does", "where", "what changes, what it reads")
    head = tag("thead", tag("tr", *(tag("th", text, scope="col") for text in heads)))
    rows = [_table_row(report, step, name) for step in steps]
    caption = tag("caption", f"All steps to {name}", class_="unseen")
    return tag("table", caption, head, tag("tbody", *rows), class_="steps")


def steps_data(steps: Sequence[Told], files: Sequence[str]) -> list[dict[str, Any]]:
    """The same as JSON's own types, printable; a place is a number in `files` and a line."""
    return [
        {
            "thread": clean(step.thread),
            "statements": [clean(text) for text in step.statements],
            "stack": [clean(text) for text in step.stack],
            "at": [[files.index(span.file), span.line] for span in step.places if span.file in files],
            "said": [[one.kind, clean(one.text), clean(one.old), clean(one.new)] for one in step.said],
        }
        for step in steps
    ]


def _table_row(report: Report, step: Told, name: str) -> Markup:
    where = list(dict.fromkeys(f"{file_label(report, span.file)}:{span.line}" for span in step.places))
    procedure = step.stack[-1] if step.stack else ""
    said: list[Child] = [joined((_said(one), tag("br"))) for one in step.said]
    cells = (
        tag("th", step_link(name, step.number), scope="row"),
        tag("td", step.thread),
        tag("td", *(joined((tag("code", text), tag("br"))) for text in step.statements)),
        tag("td", procedure, tag("br") if procedure else None, tag("span", ", ".join(where), class_="place")),
        tag("td", *said),
    )
    return tag("tr", *cells)


def _said(one: Said) -> Markup:
    if not one.new:
        return tag("span", ("✗ " if one.kind == "bad" else "") + one.text, class_=one.kind)
    return tag("span", tag("span", one.text, class_="cell"), f" {one.old} → ", tag("b", one.new), class_=one.kind)


def _first(trace: Trace) -> Told:
    shown = [cell for cell in trace.initial if cell.relevant and not cell.constant]
    said = [Said("first", f"{cell.name} = {cell.value}") for cell in shown]
    if trace.locks_free:
        said.append(Said("first", "all locks free"))
    if not trace.steps:
        said += _ending(trace)
    number = f" {trace.schedule.initial + 1}" if trace.several_initial else ""
    return Told(0, "", (f"the initial state{number}",), (), (), tuple(said))


def _step(trace: Trace, step: TraceStep) -> Told:
    nodes = telling(step)
    first = nodes[0] if nodes else None
    said: list[Said] = []
    for place, node in enumerate(step.executed):
        said += _of_node(node)
        said += _stale(trace, Mark(step.number, place))
    if step.choices:
        said.append(Said("note", f"chooses {', '.join(step.choices)}"))
    if step.finished:
        said.append(Said("note", f"{step.thread_name} has finished"))
    if step.number == len(trace.steps):
        said += _ending(trace)
    elif (further := trace.explanation.further) and further.no_return.after == step.number:
        said.append(Said("bad", "from here on every continuation violates it"))
    texts = dict.fromkeys(node.text for node in nodes if node.text)
    spans = dict.fromkeys(node.span for node in nodes)
    stack = tuple(frame.procedure for frame in first.stack) if first else ()
    return Told(step.number, step.thread_name, tuple(texts), stack, tuple(spans), tuple(dict.fromkeys(said)))


def telling(step: TraceStep) -> list[Executed]:
    """The executed nodes that did something; where none did, the first access."""
    shared = [node for node in step.executed if (node.shared or node.fails) and node.text] or list(step.executed)
    found = [node for node in shared if node.changes or node.reads or node.lock or node.created or node.fails]
    return found or shared[:1]


def _of_node(node: Executed) -> Iterator[Said]:
    if node.created:
        yield Said("change", f"{node.created} is new")
        return
    if node.lock:
        yield _of_lock(node)
        return
    for change in node.changes:
        if change.old == change.new:
            yield Said("note", f"{change.name} was {change.old} before")
        else:
            yield Said("change", change.name, change.old, change.new)
    for read in node.reads:
        yield Said("read", f"reads {read.name}: {read.value}")


def _of_lock(node: Executed) -> Said:
    lock = node.lock
    assert lock is not None
    if lock.event == "acquire":
        return Said("lock", f"takes {lock.lock}")
    if lock.event == "release":
        return Said("lock", f"releases {lock.lock}")
    gives = f" gives {node.result}" if node.result is not None else ""
    waits = ": registers, and waits" if lock.call == "down_write" and node.changes else ""
    return Said("lock", f"{lock.call} on {lock.lock}{gives}{waits}")


def _stale(trace: Trace, mark: Mark) -> Iterator[Said]:
    stale = trace.explanation.stale
    if stale and mark == stale.load:
        yield Said("stale", f"what it reads is out of date from step {stale.store.step} on")
    if stale and mark == stale.store:
        yield Said("stale", f"makes what was read in step {stale.load.step} out of date")


def _ending(trace: Trace) -> Iterator[Said]:
    """What the last state violates, and in a deadlock who waits for whom."""
    for name in trace.violated[:1]:
        failing = trace.explanation.failing
        what = name if name in AUTOMATIC_PROPERTIES else f"violates {name}"
        yield Said("bad", what + (f": {failing}" if failing and failing != name else ""))
    for waiting in trace.waiting:
        who = trace.threads[waiting.thread].name
        yield Said("bad", f"{who} {waiting.reason}" + (f" at {waiting.text}" if waiting.text else ""))
