# SPDX-License-Identifier: GPL-2.0-only
"""The lanes: one column for each thread, one for what changes, a row for each access.

Guarantees: no line is wider than the drawing; long texts are cut with an ellipsis, and only what is violated goes on in
further rows; the same trace gives the same lines. More than three threads share one lane, with the thread's name first.
"""

from __future__ import annotations

from dfsrace.diagnostics.text import width
from dfsrace.diagnostics.values import dataclass
from dfsrace.render.nesting import INSIDE, innermost
from dfsrace.render.rows import Effect, Entry, Rows, spread
from dfsrace.render.style import Drawing, Line, Row, Style, wrapped
from dfsrace.trace.record import Mark, Trace

NUMBERS = 6
WIDEST_LANES = 3
NARROWEST_LANE = 26
USUAL_LANE = 39
USUAL_CHANGES = 29


@dataclass(frozen=True, slots=True)
class Columns:
    """Where everything stands. `names`: columns for threads' names in front of a shared lane, 0 with a lane each."""

    names: int
    lane: int
    lanes: tuple[int, ...]
    changes: int
    total: int
    name: int
    old: int

    def start(self, thread: int) -> int:
        """The first column of a thread's lane."""
        if self.names:
            return NUMBERS + self.names
        return NUMBERS + self.lanes.index(thread) * (self.lane + 1)

    def end(self, thread: int) -> int:
        """The column after a thread's lane."""
        return self.start(thread) + self.lane

    def upright(self, one: int, other: int) -> int:
        """The column in which an arrow between two lanes runs: at the right end of the left one."""
        return min(self.end(one), self.end(other)) - 3


@dataclass(frozen=True, slots=True)
class Arrow:
    """The stale arrow: rows and threads of its ends, and the column in which it runs."""

    load: int
    store: int
    loader: int
    storer: int
    column: int


def draw_lanes(trace: Trace, drawing: Drawing) -> list[Line]:
    """The lanes of a trace, with their heading; nothing for a trace without steps that waits for nobody."""
    rows = Rows(trace, drawing)
    entries = rows.build()
    if not entries:
        return []
    columns = measured(entries, rows, drawing)
    room = columns.total - columns.changes - 2
    entries = spread(entries, lambda text: wrapped(text.split(), room, "", " "))
    canvas = Canvas(trace, drawing, columns, arrow_of(trace, entries, columns))
    lines = [*canvas.heading(), *(canvas.row(place, entry) for place, entry in enumerate(entries))]
    if rows.idle:
        last = Row()
        last.put(NUMBERS, drawing.fit(rows.idle, drawing.width - NUMBERS), "dim")
        lines.append(last.line())
    return lines


def measured(entries: list[Entry], rows: Rows, drawing: Drawing) -> Columns:
    """Widths that fit the drawing: lanes get what their texts need, changes the rest and at least their usual width."""
    lanes, effects = rows.lanes, [entry.effect for entry in entries if entry.effect]
    changes = [effect for effect in effects if effect.name]
    name = max((width(effect.name) for effect in changes), default=0)
    old = max((width(effect.old) for effect in changes), default=0)
    arrow = width(f" {drawing.glyphs.to} ")
    wanted = max((name + 1 + old + arrow + width(effect.new) for effect in changes), default=0)
    wanted = max(wanted, *(width(effect.note) + 2 * effect.bad for effect in effects), USUAL_CHANGES)
    ends = _left_ends(entries, rows)
    texts = max(width(e.prefix + _needed(e)) + 7 * (e.mark in ends) + 3 * e.failing for e in entries)
    names, count = 0, len(lanes)
    lane, changed = _shared_out(drawing.width - NUMBERS, count, texts, wanted)
    if count > WIDEST_LANES or (count > 1 and lane < NARROWEST_LANE):
        threads = [drawing.clean(rows.trace.threads[thread].name) for thread in lanes]
        names, count = min(16, max(6, *(width(thread) for thread in threads))) + 2, 1
        lane, changed = _shared_out(drawing.width - NUMBERS - names, 1, texts, wanted)
    start = NUMBERS + names + count * (lane + 1)
    return Columns(names, lane, lanes, start, min(drawing.width, start + changed), name, old)


def _needed(entry: Entry) -> str:
    """What of a row's text the lanes are made wide enough for: of a heading the innermost call."""
    return entry.text.split(INSIDE)[-1] if entry.kind == "heading" else entry.text


def _left_ends(entries: list[Entry], rows: Rows) -> list[Mark]:
    """The ends of the stale arrow whose head stands in the lane of the text: those in the left one of its lanes."""
    stale = rows.trace.explanation.stale
    ends = [stale.load, stale.store] if stale else []
    threads = {entry.mark: entry.thread for entry in entries if entry.mark in ends}
    return [mark for mark, thread in threads.items() if mark and thread == min(threads.values())]


def _shared_out(room: int, lanes: int, texts: int, wanted: int) -> tuple[int, int]:
    """The widths of each lane and of the changes."""
    need = max(texts, USUAL_LANE if lanes < WIDEST_LANES else NARROWEST_LANE)
    spare = room - lanes * (need + 1)
    changes = wanted if spare >= wanted else max(min(wanted, USUAL_CHANGES), spare)
    return min(need, (room - changes) // lanes - 1), changes


def arrow_of(trace: Trace, entries: list[Entry], columns: Columns) -> Arrow | None:
    """The stale arrow, if both its ends have a row."""
    stale = trace.explanation.stale
    if stale is None:
        return None
    rows = {entry.mark: (place, entry.thread) for place, entry in enumerate(entries) if entry.mark}
    if stale.load not in rows or stale.store not in rows:
        return None
    (load, loader), (store, storer) = rows[stale.load], rows[stale.store]
    return Arrow(load, store, loader, storer, columns.upright(loader, storer))


class Canvas:
    """Draws rows into columns. Remembers which threads have begun, and which have finished."""

    def __init__(self, trace: Trace, drawing: Drawing, columns: Columns, arrow: Arrow | None) -> None:
        self.trace, self.drawing, self.columns, self.arrow = trace, drawing, columns, arrow
        self.glyphs = drawing.glyphs
        self.begun: set[int] = set()
        self.finished = {step.thread: step.number for step in trace.steps if step.finished}
        self.told: set[int] = set()
        self.step = 0

    def heading(self) -> list[Line]:
        """The threads' names and code, and the rule under them."""
        columns, clean, fit = self.columns, self.drawing.clean, self.drawing.fit
        top, rule = Row(), Row()
        rule.put(1, self.glyphs.rule * (NUMBERS - 2), "dim")
        if columns.names:
            top.put(NUMBERS, "thread", "heading")
            top.put(NUMBERS + columns.names, "what it does", "heading")
            rule.put(NUMBERS, self.glyphs.rule * (columns.names - 1), "dim")
        for thread in columns.lanes[:1] if columns.names else columns.lanes:
            start = columns.start(thread)
            rule.put(start, self.glyphs.rule * columns.lane, "dim")
            if not columns.names:
                shown = self.trace.threads[thread]
                top.put(start, fit(f"{clean(shown.name)}  {clean(shown.text)}", columns.lane), "heading")
        top.put(columns.changes, "what changes", "heading")
        rule.put(columns.changes, self.glyphs.rule * (columns.total - columns.changes), "dim")
        return [top.line(), rule.line()]

    def row(self, place: int, entry: Entry) -> Line:
        """One row, with as much of the arrow as passes through it."""
        row = Row()
        if entry.kind == "switch":
            self._switch(row, entry)
        else:
            self.begun.add(entry.thread)
            self.step = entry.number or self.step
            self._idle(row, entry)
            if entry.kind != "effect":
                self._text(row, place, entry)
            if entry.effect:
                self._effect(row, entry.effect)
        self._arrow(row, place)
        return row.line()

    def _switch(self, row: Row, entry: Entry) -> None:
        columns, glyphs = self.columns, self.glyphs
        names = [self.drawing.clean(self.trace.threads[thread].name) for thread in (entry.thread, entry.other)]
        row.put(NUMBERS, glyphs.dots * (columns.changes - NUMBERS - 1), "dim")
        text = self.drawing.fit(f" {glyphs.to} ".join(names), columns.total - columns.changes)
        row.put(columns.changes, text, "dim")

    def _idle(self, row: Row, entry: Entry) -> None:
        """A dot in the lanes of threads that have not begun, and of those that have finished."""
        if self.columns.names or entry.kind == "effect":
            return
        for thread in self.columns.lanes:
            if thread == entry.thread:
                continue
            finished = self.finished.get(thread)
            if finished is not None and finished < self.step:
                text = self.glyphs.idle if thread in self.told else f"{self.glyphs.idle} finished"
                self.told.add(thread)
                row.put(self.columns.start(thread), text, "dim")
            elif thread not in self.begun:
                row.put(self.columns.start(thread), self.glyphs.idle, "dim")

    def _text(self, row: Row, place: int, entry: Entry) -> None:
        columns, fit = self.columns, self.drawing.fit
        start, end = columns.start(entry.thread), self._room(place, entry)
        if entry.number is not None:
            row.put(0, f"{entry.number:>4}")
        if columns.names:
            name = self.drawing.clean(self.trace.threads[entry.thread].name)
            row.put(NUMBERS, fit(name, columns.names - 2), "heading")
        style: Style = "dim" if entry.kind == "heading" else ""
        room = end - start - (2 if entry.failing else 0)
        text = entry.text
        if entry.kind == "heading":
            text = innermost(text, self.glyphs.cut, lambda calls: width(entry.prefix + calls) <= room)
        text = fit(entry.prefix + text, room)
        row.put(start, text, "bad" if entry.failing else style)
        if entry.failing:
            usual = columns.end(entry.thread) - 8
            row.put(min(max(usual, start + width(text) + 1), end - 1), self.glyphs.bad, "bad")

    def _room(self, place: int, entry: Entry) -> int:
        """The column at which a text has to end: that of its lane, or short of the arrow."""
        end, arrow = self.columns.end(entry.thread), self.arrow
        if arrow is None or not arrow.load <= place <= arrow.store or arrow.column >= end:
            return end
        if arrow.column < self.columns.start(entry.thread):
            return end
        if self.columns.names and place == arrow.store:
            return arrow.column - 10
        return arrow.column - (4 if place in (arrow.load, arrow.store) else 1)

    def _effect(self, row: Row, effect: Effect) -> None:
        columns, glyphs, fit = self.columns, self.glyphs, self.drawing.fit
        start, room = columns.changes, columns.total - columns.changes
        if not effect.name:
            note = effect.brief if effect.early and width(effect.note) > room else effect.note
            note = f"{' ' if effect.more else glyphs.bad} {note}" if effect.bad else note
            row.put(start, fit(note, room), "bad" if effect.bad else "stale" if effect.early else "dim")
            return
        name = effect.name + " " * (columns.name - width(effect.name))
        old = " " * (columns.old - width(effect.old)) + effect.old
        text = f"{name} {old} {glyphs.to} {effect.new}"
        if width(text) > room:
            value = f" {effect.old} {glyphs.to} {effect.new}" if effect.old else f" {glyphs.to} {effect.new}"
            text = fit(fit(effect.name, max(room - width(value), 8)) + value, room)
        row.put(start, text, "changed")

    def _arrow(self, row: Row, place: int) -> None:
        arrow, glyphs = self.arrow, self.glyphs
        if arrow is None or not arrow.load <= place <= arrow.store:
            return
        if arrow.load < place < arrow.store:
            row.put(arrow.column, glyphs.upright, "stale")
            return
        loading = place == arrow.load
        thread, other = (arrow.loader, arrow.storer) if loading else (arrow.storer, arrow.loader)
        if self.columns.names or self.columns.start(thread) < self.columns.start(other):
            corner = glyphs.left_turn_down if loading else glyphs.left_turn_up
            row.put(arrow.column - 3, glyphs.head_left + glyphs.rule * 2 + corner, "stale")
            label = arrow.column + 2
        else:
            corner = glyphs.right_turn_down if loading else glyphs.right_turn_up
            start = self.columns.start(thread)
            touching = start < len(row.cells) and row.cells[start][0] != " "
            length = start - arrow.column - 2 - touching
            row.put(arrow.column, corner + glyphs.rule * length + glyphs.head_right, "stale")
            label = arrow.column - 6
        if not loading:
            row.put(arrow.column - 9 if self.columns.names else label, "stale", "stale")
