# SPDX-License-Identifier: GPL-2.0-only
"""The lanes as SVG: a lane for each thread, a row for each access, time runs down the page.

A thick line follows the processor through the lanes; bars beside a lane are the locks held; a purple arrow goes from a
load to the store that made its value stale; what changes stands on the right, what is violated below.
"""

from __future__ import annotations

from itertools import takewhile

from dfsrace.render.nesting import innermost
from dfsrace.render.rows import Effect, Entry
from dfsrace.render.svg_draw import Box, Frame, Pen, Point, Sheet, Type, document, text_width
from dfsrace.render.svg_lanes_plan import (
    BAD,
    BAR,
    CODE,
    GUTTER,
    HALF,
    HEADING,
    LABEL,
    LEVEL,
    RAIL,
    REPEATED,
    TEXT,
    Bar,
    Placed,
    Plan,
    Run,
    Stale,
    may_break,
    name_width,
    planned,
)
from dfsrace.render.svg_lanes_text import closing, heading_of_all
from dfsrace.render.svg_style import thread_role
from dfsrace.trace.record import Trace

BASELINE = 4.6
PILL = 26.0


def lanes_svg(trace: Trace, *, theme: str = "auto", title: str = "", standalone: bool = True) -> str:
    """The interleaving as one SVG; the same trace gives the same bytes. `theme`: `auto` (the reader's), or fixed.

    Not `standalone`: for a page that has `svg_style.style_text(theme)` in a style sheet of its own. ValueError: a theme
    that there is not.
    """
    plan = planned(trace, 0)
    sheet = Sheet()
    top = heading_of_all(sheet, trace, title, plan.width)
    plan = planned(trace, top)
    if plan.entries:
        LanesDrawing(plan, sheet, top).draw()
    bottom = closing(sheet, trace, plan.width, max(plan.bottom, top) + 18)
    breaks = [row.y for place, row in enumerate(plan.rows) if may_break(plan.entries, place)]
    breaks.append(plan.bottom + 10)
    name = title or ", ".join(trace.violated) or "Interleaving"
    described = " ".join([trace.message, *trace.explanation.sentences, f"Schedule: {trace.schedule_text}"]).strip()
    frame = Frame(plan.width, bottom, name, described, tuple(breaks), (top, top + HEADING + 4))
    return document(sheet, frame, theme, standalone)


class LanesDrawing:
    """Draws a plan, from back to front: lanes, runs, bars, the control's path, the arrow, texts."""

    def __init__(self, plan: Plan, sheet: Sheet, top: float) -> None:
        self.plan, self.sheet, self.top = plan, sheet, top
        self.names = name_width(plan.entries)
        self.roles = {thread: thread_role(lane) for lane, thread in enumerate(plan.lanes)}
        self.crossings = self._crossings()
        self.finished = {step.thread: step.number for step in plan.trace.steps if step.finished}

    def draw(self) -> None:
        """All of it."""
        self._rails()
        for run in self.plan.runs:
            self._run(run)
        for bar in self.plan.bars:
            self._bar(bar)
        self._control()
        self._failing_rows()
        self._early_rows()
        self._stale()
        self._headings(self.top, HEADING, whole=True)
        for row in self.plan.rows:
            if row.repeats:
                self._headings(row.y - REPEATED - 6, REPEATED, whole=False)
            if row.entry.kind == "switch":
                self._switch_text(row)
            else:
                self._row(row)

    def _crossings(self) -> list[tuple[float, float]]:
        """Where lines run from lane to lane and where headings stand once more, from the top down."""
        plan = self.plan
        lines = [self._level(after) for after in plan.runs[1:]]
        if plan.stale is not None:
            lines.append(plan.rows[plan.stale.store].middle)
        headings = [(row.y - REPEATED - 6, row.y - 6) for row in plan.rows if row.repeats]
        return sorted([*((y, y) for y in lines), *headings])

    def _level(self, run: Run) -> float:
        """Where the processor's path comes across to a run."""
        return self.plan.rows[run.first].y - 15

    # ---- lanes

    def _rails(self) -> None:
        """Each thread's line, from its heading to where it finishes."""
        for thread in self.plan.lanes:
            x, end = self.plan.rail(thread), self.plan.bottom
            done = self._finish(thread)
            if done is not None:
                end = self.plan.rows[done].bottom
                self.sheet.line([(x - 9, end), (x + 9, end)], Pen("", self.roles[thread], 2.5))
            self.sheet.line([(x, self.top + HEADING), (x, end)], Pen("", "line", 2, "2 5"))

    def _finish(self, thread: int) -> int | None:
        """The last row of a thread that has finished."""
        step = self.finished.get(thread)
        rows = [i for i, row in enumerate(self.plan.rows) if row.entry.thread == thread and row.entry.kind != "switch"]
        return rows[-1] if step is not None and rows else None

    def _run(self, run: Run) -> None:
        """The lit part of the lane that runs, and its thick line."""
        rows, x = self.plan.rows, self.plan.x(run.thread)
        role = self.roles[run.thread]
        top, bottom = rows[run.first].y, rows[run.last].bottom
        self.sheet.rect(Box(x, top, self.plan.lane, bottom - top), Pen(f"{role}-ground"), 7)
        rail = self.plan.rail(run.thread)
        self.sheet.line([(rail, top), (rail, bottom)], Pen("", role, 4))

    def _bar(self, bar: Bar) -> None:
        """A lock held, with its name upwards where that fits; open below if it is still held in the end."""
        rows, role = self.plan.rows, self.roles[bar.thread]
        x = self.plan.x(bar.thread) + TEXT + LEVEL * bar.level
        top = rows[bar.start].y + 3
        bottom = rows[bar.end].bottom - 3 if bar.end is not None else self.plan.bottom
        pen = Pen("ground", role, 1.5)
        with self.sheet.group("", f"{self.plan.trace.threads[bar.thread].name} holds {bar.lock}"):
            if bar.end is not None:
                self.sheet.rect(Box(x, top, BAR, bottom - top), pen, 3)
            else:
                self.sheet.line([(x, bottom), (x, top), (x + BAR, top), (x + BAR, bottom)], pen, 3)
            for size in (11, 10):
                length = text_width(bar.lock, size)
                place = self._free(top + 6, bottom - 3, length)
                if place is not None:
                    self.sheet.text((x + 10.4, place + length), bar.lock, Type(size, role), length, turned=True)
                    break

    def _free(self, top: float, bottom: float, length: float) -> float | None:
        """The first place for a text of that length that no line crosses, None if there is none."""
        for above, below in self.crossings:
            if top - 3 < below and above < top + length + 2:
                top = below + 5
        return top if top + length <= bottom else None

    def _control(self) -> None:
        """The path of the processor from lane to lane."""
        for before, after in zip(self.plan.runs, self.plan.runs[1:], strict=False):
            start, end = self.plan.rail(before.thread), self.plan.rail(after.thread)
            top, bottom = self.plan.rows[before.last].bottom, self.plan.rows[after.first].y
            level = self._level(after)
            self.sheet.line(
                [(start, top), (start, level), (end, level), (end, bottom - 4)], Pen("", self.roles[after.thread], 3), 8
            )
            self.sheet.head((end, bottom), "down", self.roles[after.thread], 6.5)

    def _headings(self, top: float, height: float, whole: bool) -> None:
        """A card for each thread, and the heading of the changes."""
        plan, sheet = self.plan, self.sheet
        for thread in plan.lanes:
            shown, box = plan.trace.threads[thread], Box(plan.x(thread), top, plan.lane, height)
            with sheet.group("boxed"):
                sheet.rect(box, Pen("ground", self.roles[thread], 2), 7)
                kind = Type(15, self.roles[thread], bold=True)
                used = sheet.text((box.x + 12, box.y + 20), shown.name, kind, box.w - 24)
                if whole:
                    sheet.text((box.x + 12, box.y + 37), shown.text, Type(12, "soft"), box.w - 24)
                elif box.w - used > 80:  # in one line
                    sheet.text((box.x + used + 26, box.y + 19.5), shown.text, Type(11, "soft"), box.w - used - 38)
        sheet.text((plan.changes_x, top + height - 9), "what changes", Type(13, "soft", bold=True))
        below = top + height
        sheet.line([(plan.changes_x, below), (plan.changes_x + plan.changes, below)], Pen("", "line", 1.5))

    # ---- rows

    def _row(self, row: Placed) -> None:
        plan, entry = self.plan, row.entry
        baseline = row.middle + BASELINE
        if entry.kind != "effect":
            self._statement(row, baseline)
        if entry.number is not None:
            self._pill(row, str(entry.number))
        elif entry.kind == "statement" and entry.mark is None:
            self.sheet.cross(plan.rail(entry.thread), row.middle, 6)
        if entry.effect:
            self._effect(row, entry.effect)
        elif entry.mark:
            self._lock_text(row)

    def _statement(self, row: Placed, baseline: float) -> None:
        """A statement, with which half of it this is, or the heading of calls; the cross of what fails."""
        plan, sheet, entry = self.plan, self.sheet, row.entry
        role = "bad" if entry.failing else "soft" if entry.kind == "heading" else "ink"
        kind, x, room = Type(CODE, role, bold=entry.failing), plan.text_x(entry), plan.text_room(entry)
        text = entry.text
        if entry.kind == "heading":
            text = innermost(text, "…", lambda calls: text_width(calls, CODE) <= room)
        used = sheet.text((x, baseline), text, kind, room)
        if half := plan.half(entry):
            used += 8 + sheet.text((x + used + 8, baseline), half, Type(11, "soft"), HALF - 8)
        if entry.failing and entry.mark is not None:  # who waits has the cross on its line
            sheet.cross(x + used + 15, row.middle, 6)

    def _pill(self, row: Placed, number: str) -> None:
        """A step's number on the thread's line; filled where the step stores something."""
        x, role = self.plan.rail(row.entry.thread), self.roles[row.entry.thread]
        role = "bad" if row.entry.failing else role
        stores = row.entry.failing or self._stores(row.entry)
        wide = self._pill_width(row)
        box = Box(x - wide / 2, row.middle - 8, wide, 16)
        self.sheet.rect(box, Pen(role if stores else "ground", role, 1.5), 8)
        kind = Type(11, "ground" if stores else role, bold=True, anchor="middle")
        self.sheet.text((x, row.middle + 4), number, kind)

    def _pill_width(self, row: Placed) -> float:
        return max(PILL, text_width(str(row.entry.number), 11) + 10)

    def _stores(self, entry: Entry) -> bool:
        """Whether the step, not only its first row, changes a cell."""
        nodes = self.plan.trace.steps[entry.mark.step - 1].executed if entry.mark else ()
        return any(change.old != change.new for node in nodes if not node.lock for change in node.changes)

    def _effect(self, row: Placed, effect: Effect) -> None:
        """What a row changes: the cell, its old value, and the new one in bold."""
        x, room, y = self.plan.changes_x, self.plan.changes, row.middle + BASELINE
        if not effect.name:
            if effect.bad:
                if not effect.more:
                    self.sheet.cross(x + 12, row.middle, 5.5)
                self.sheet.text((x + BAD, y), effect.note, Type(CODE, "bad", bold=True), room - BAD - 6)
            else:
                kind = Type(CODE, "stale" if effect.early else "soft", bold=effect.early)
                self.sheet.text((x, y), effect.note.strip("()"), kind, room - 4)
            return
        values = text_width(f"{effect.old} → {effect.new}", CODE)
        column = min(self.names, max(room - values - 14, room / 3))
        used = self.sheet.text((x, y), effect.name, Type(CODE), column)
        x, room = x + max(column, used) + 14, room - max(column, used) - 14
        new = text_width(effect.new, CODE)
        old = self.sheet.text((x, y), f"{effect.old} →".strip(), Type(CODE, "soft"), max(room / 2, room - new - 8))
        self.sheet.text((x + old + 8, y), effect.new, Type(CODE, "ink", bold=True), room - old - 8)

    def _lock_text(self, row: Placed) -> None:
        """Which lock a row takes or drops, as a value: the statement may name it by a local variable."""
        mark = row.entry.mark
        use = self.plan.trace.executed(mark).lock if mark else None
        if use is not None and use.event != "other":
            text = f"{'takes' if use.event == 'acquire' else 'drops'} {use.lock}"
            at = (self.plan.changes_x, row.middle + BASELINE)
            self.sheet.text(at, text, Type(CODE, self.roles[row.entry.thread]), self.plan.changes - 4)

    def _switch_text(self, row: Placed) -> None:
        plan, threads = self.plan, self.plan.trace.threads
        text = f"{threads[row.entry.thread].name} → {threads[row.entry.other].name}"
        at = (plan.changes_x, row.bottom - 11)
        plan_room = plan.changes - 4
        self.sheet.text(at, text, Type(12, self.roles[row.entry.other], bold=True), plan_room)

    def _failing_rows(self) -> None:
        """A red band behind what is violated, in the lane and among the changes."""
        for place, row in enumerate(self.plan.rows):
            entry = row.entry
            if entry.failing:
                left, right = self.plan.text_x(entry) - 5, self.plan.x(entry.thread) + self.plan.lane - 3
                self.sheet.rect(Box(left, row.y + 1, right - left, row.h - 2), Pen("bad-ground", "bad", 1.5), 4)
            if entry.effect and entry.effect.bad and not entry.effect.more:
                more = takewhile(lambda one: one.entry.effect and one.entry.effect.more, self.plan.rows[place + 1 :])
                high = row.h + sum(one.h for one in more)
                box = Box(self.plan.changes_x, row.y + 1, self.plan.changes, high - 2)
                self.sheet.rect(box, Pen("bad-ground", "bad", 1.5), 4)

    def _early_rows(self) -> None:
        """A frame around what came too early to undo the store of a stale value."""
        for row in self.plan.rows:
            if row.entry.effect and row.entry.effect.early:
                self._outlined(row)

    # ---- the stale arrow

    def _stale(self) -> None:
        """From the load to the store that made its value stale, around the texts, its name in a row without any."""
        stale, plan = self.plan.stale, self.plan
        if stale is None:
            return
        load, store = plan.rows[stale.load], plan.rows[stale.store]
        for row in (load, store):
            self._outlined(row)
        to_the_right = plan.x(load.entry.thread) < plan.x(store.entry.thread)
        pen = Pen("", "stale", 2.5)
        if to_the_right:
            start, channel = self._text_end(load) + 4, plan.x(load.entry.thread) + plan.lane + GUTTER / 2
            end = plan.text_x(store.entry) - 6
            if store.entry.number is not None:  # the number stands on the line, in front of the text
                end = plan.rail(store.entry.thread) - self._pill_width(store) / 2 - 2
            shorter = end - 6
        else:
            start, channel = plan.rail(load.entry.thread) - PILL / 2 - 2, plan.x(load.entry.thread) - GUTTER / 2
            end = self._text_end(store) + 5
            shorter = end + 6
        points: list[Point] = [(start, load.middle), (channel, load.middle), (channel, store.middle)]
        self.sheet.line([*points, (shorter, store.middle)], pen, 8)
        self.sheet.head((end, store.middle), "right" if to_the_right else "left", "stale", 7)
        self._stale_label(channel, plan.rows[stale.label].y, self._stale_text(stale))

    def _stale_text(self, stale: Stale) -> str:
        """Since which step the value is stale: the label stands somewhere along the arrow."""
        mark = self.plan.entries[stale.store].mark
        return f"stale from {mark.step}: {stale.cell}" if mark else f"stale: {stale.cell}"

    def _stale_label(self, channel: float, y: float, text: str) -> None:
        wide = min(text_width(text, 12) + 16, channel + 10 - self._label_left(channel))
        box = Box(channel + 10 - wide, y + 4, wide, LABEL - 6)
        with self.sheet.group("boxed"):
            self.sheet.rect(box, Pen("stale-ground", "stale", 1.5), 10)
            self.sheet.text((box.x + 8, box.y + 14.2), text, Type(12, "stale", bold=True), wide - 16)

    def _label_left(self, channel: float) -> float:
        """How far left the label may reach: short of the line and the bars of the lane that it stands in."""
        plan = self.plan
        at = plan.stale.label if plan.stale else 0
        thread = max((lane for lane in plan.lanes if plan.x(lane) < channel), key=plan.x)
        held = [b.level for b in plan.bars if b.thread == thread and b.start <= at and (b.end is None or at <= b.end)]
        return plan.x(thread) + (TEXT + LEVEL * max(held) + BAR if held else RAIL) + 10

    def _text_end(self, row: Placed) -> float:
        used = min(text_width(row.entry.text, CODE), self.plan.text_room(row.entry))
        half = self.plan.half(row.entry)
        used += 8 + text_width(half, 11) if half else 0
        return self.plan.text_x(row.entry) + used + (26 if row.entry.failing else 4)

    def _outlined(self, row: Placed) -> None:
        """A frame around the text of an end of the arrow; a failing row has its own."""
        if not row.entry.failing:
            x = self.plan.text_x(row.entry) - 5
            box = Box(x, row.y + 1.5, self._text_end(row) - x, row.h - 3)
            self.sheet.rect(box, Pen("stale-ground", "stale", 1.5), 4)
