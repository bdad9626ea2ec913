# SPDX-License-Identifier: GPL-2.0-only
"""What both faces of `play` show, as styled lines: where one is, what could be done, what it would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfsrace.diagnostics.text import width
from dfsrace.render.style import Drawing, Line, counted, wrapped
from dfsrace.trace.play import Blocked, Play, Possible
from dfsrace.trace.record import TraceStep

MOST_CELLS = 400


def did(step: TraceStep) -> str:
    """The statements that a step executes, those that touch state if there are any."""
    shared = [node for node in step.executed if (node.shared or node.fails) and node.text] or list(step.executed)
    telling = [node for node in shared if node.changes or node.reads or node.lock or node.created or node.fails]
    texts = dict.fromkeys(node.text for node in (telling or shared[:1]))
    return "; ".join(text for text in texts if text) or "(nothing that touches state)"


def where(step: TraceStep) -> str:
    """File, line and procedure of the first statement that a step executes."""
    node = next((node for node in step.executed if node.shared or node.fails), None)
    if node is None:
        return ""
    return f"{node.span.file}:{node.span.line}" + (f"  {node.procedure}" if node.procedure else "")


def effects(step: TraceStep, drawing: Drawing) -> list[str]:
    """What a step changes, else what it reads; locks taken and released, what it violates, that it is the last."""
    to, found = drawing.glyphs.to, list[str]()
    for node in step.executed:
        if node.lock is not None:
            verb = {"acquire": "takes", "release": "releases"}.get(node.lock.event)
            found += [f"{verb} {node.lock.lock}"] if verb else []
            found += [f"gives {node.result}"] if node.result is not None else []
            continue
        found += [f"{c.name} {c.old} {to} {c.new}" for c in node.changes if c.old != c.new]
        found += [f"{c.name} stays {c.old}" for c in node.changes if c.old == c.new]
        found += [f"allocates {node.created}"] if node.created else []
    if not found:
        found = [f"reads {read.name} {read.value}" for read in step.reads]
    found += [f"{drawing.glyphs.bad} {name}" for name in step.violates]
    return list(dict.fromkeys([*found, *(["its last"] if step.finished else [])]))


def effect(possible: Possible, drawing: Drawing) -> str:
    """What a step would do, in one line."""
    if possible.step is None:
        return f"cannot be made: {possible.why}"
    return ", ".join(effects(possible.step, drawing))


def possible_rows(found: Sequence[Possible], drawing: Drawing, columns: int) -> list[tuple[str, str, str]]:
    """For each step its word, its statements and its effects, as columns of one width, clean, `columns` wide in all."""
    words = [drawing.fit(drawing.clean(possible.word), 24) for possible in found]
    texts = [drawing.clean(did(p.step)) if p.step else "" for p in found]
    first = max(map(width, words), default=0)
    second = min(max(map(width, texts), default=0), max(20, (columns - first - 4) * 11 // 20))
    rows = []
    for word, text, possible in zip(words, texts, found, strict=True):
        shown = drawing.fit(text, second)
        rest = drawing.fit(drawing.clean(effect(possible, drawing)), columns - first - second - 4)
        rows.append((word + " " * (first - width(word)), shown + " " * (second - width(shown)), rest))
    return rows


def blocked_text(blocked: Blocked) -> str:
    """Why a thread cannot move."""
    if blocked.finished:
        return f"{blocked.thread_name} has finished"
    if blocked.waiting is None:
        return f"{blocked.thread_name} stands still"
    return f"{blocked.thread_name} waits{f' {blocked.waiting.goal}' if blocked.waiting.goal else ''}"


def head(play: Play, drawing: Drawing, columns: int) -> Line:
    """After how many steps one is, and what is violated here, in one line."""
    taken_back = len(play.steps) - play.position
    at = "at first" if play.position == 0 else f"after step {play.position}"
    at += f" of {len(play.steps)}" if taken_back else ""
    if play.starts > 1:
        at += f" (init#{play.initial + 1})"
    if not play.violated:
        return ((at, "title"), ("   nothing is violated", "verdict-good"))
    names = drawing.fit(drawing.clean(", ".join(play.violated)), max(columns - width(at) - 12, 0))
    return ((at, "title"), (f"   VIOLATES {names}", "verdict-bad"))


def cells(play: Play, drawing: Drawing) -> list[tuple[str, bool]]:
    """The cells and locals here, each with whether the last step changed it."""
    found = [*play.cells(), *play.locals()]
    shown = [(drawing.clean(f"{cell.name} = {cell.value}"), cell.changed) for cell in found[:MOST_CELLS]]
    more = len(found) - len(shown)
    return [*shown, *([(f"and {counted(more, 'more cell')}", False)] if more else [])]


def state_lines(play: Play, drawing: Drawing) -> Iterator[Line]:
    """The cells and locals here; what the last step changed has a star."""
    marked = [text + (" *" if changed else "") for text, changed in cells(play, drawing)]
    fitted = [drawing.fit(text, drawing.width - 2) for text in marked]
    for line in wrapped(fitted, drawing.width, "  ", "   "):
        yield ((line, "dim"),)


def step_line(step: TraceStep, drawing: Drawing, columns: int) -> str:
    """A step made, in one line."""
    text = f"{step.number:>4}  {step.thread_name}  {did(step)}   {', '.join(effects(step, drawing))}"
    return drawing.fit(drawing.clean(text), columns)
