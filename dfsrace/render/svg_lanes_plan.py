# SPDX-License-Identifier: GPL-2.0-only
"""Where everything of the lanes' SVG stands: widths from the texts, a height for each row, bars, runs, the arrow."""

from __future__ import annotations

from dataclasses import field

from dfsrace.diagnostics.values import dataclass
from dfsrace.render.rows import Effect, Entry, Rows, spread
from dfsrace.render.style import Drawing
from dfsrace.render.svg_draw import text_width, wrapped_text
from dfsrace.trace.record import Executed, Mark, Trace

MARGIN = 24.0
GUTTER = 34.0
LEVEL = 18.0
BAR = 13.0
RAIL = 18.0
TEXT = 40.0
CODE = 13
# Room for `load` or `store` behind a statement.
HALF = 44.0
NARROWEST = 230.0
# Of each lane, by how many there are; more share the last.
WIDEST = {1: 620.0, 2: 480.0, 3: 400.0}
WIDEST_OF_MANY = 340.0
CHANGES = (190.0, 400.0)
HEADING = 46.0
REPEATED = 30.0
LABEL = 26.0
# A picture taller than this gets its heading again whenever so much has gone by.
REPEAT_AFTER = 1100.0
LONG = 90
# Where what is violated begins, after its cross.
BAD = 26.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A row and where it stands. `repeats`: the heading stands above it once more; `label`: room for the arrow's."""

    entry: Entry
    y: float
    h: float
    repeats: bool = False
    label: bool = False

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.h / 2

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h


@dataclass(frozen=True, slots=True)
class Bar:
    """A lock held: by which lane's thread, at which level of indentation, from row to row (`end` None: to the end)."""

    thread: int
    level: int
    lock: str
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """Rows from `first` to `last` that a thread makes without a switch."""

    thread: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stale:
    """The stale arrow: the rows of its ends, the cell, and the switch row that its label stands in."""

    load: int
    store: int
    cell: str
    label: int


@dataclass(slots=True)
class Plan:
    """All of it. Columns are fixed first, then rows are put below each other from `top` on."""

    trace: Trace
    drawing: Drawing
    entries: list[Entry]
    lanes: tuple[int, ...]
    lane: float
    changes: float
    halves: dict[Mark, str] = field(default_factory=dict)
    rows: list[Placed] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    stale: Stale | None = None

    @property
    def width(self) -> float:
        """The whole picture's width."""
        return self.changes_x + self.changes + MARGIN

    @property
    def changes_x(self) -> float:
        """Where the column of changes begins."""
        return MARGIN + len(self.lanes) * (self.lane + GUTTER)

    def x(self, thread: int) -> float:
        """The left edge of a thread's lane."""
        return MARGIN + self.lanes.index(thread) * (self.lane + GUTTER)

    def rail(self, thread: int) -> float:
        """Where a thread's line runs."""
        return self.x(thread) + RAIL

    def text_x(self, entry: Entry) -> float:
        """Where a row's text begins."""
        return self.x(entry.thread) + TEXT + LEVEL * levels(entry) + (2 if entry.prefix else 0)

    def text_room(self, entry: Entry) -> float:
        """How wide a row's text may be."""
        room = self.x(entry.thread) + self.lane - self.text_x(entry) - (28 if entry.failing else 8)
        return room - (HALF if self.half(entry) else 0)

    def half(self, entry: Entry) -> str:
        """`load` or `store` where a row shows one half of a statement, else empty."""
        return self.halves.get(entry.mark, "") if entry.mark else ""

    @property
    def bottom(self) -> float:
        """Where the rows end."""
        return self.rows[-1].bottom if self.rows else 0.0


def levels(entry: Entry) -> int:
    """How many columns of brackets and indentation stand in front of a row's text."""
    return len(entry.prefix) // 2


def planned(trace: Trace, top: float) -> Plan:
    """The plan of a trace whose heading begins at `top`. `rows` is empty where nothing happens."""
    drawing = Drawing()
    rows = Rows(trace, drawing)
    entries = rows.build()
    halves = _halves(trace)
    lane, changes = _widths(entries, rows, trace, halves)
    entries = spread(entries, lambda text: wrapped_text(text, CODE, changes - BAD - 6))
    plan = Plan(trace, drawing, entries, rows.lanes, lane, changes, halves)
    plan.stale = _stale(trace, entries)
    _place(plan, top + HEADING + 8)
    plan.bars = _bars(trace, entries)
    plan.runs = _runs(entries)
    return plan


def effect_width(effect: Effect, name: float) -> float:
    """How wide a change is; `name`: the widest name of a cell."""
    if effect.name:
        return name + 14 + text_width(f"{effect.old} → {effect.new}", CODE)
    return text_width(effect.note, CODE) + (BAD if effect.bad else 0)


def name_width(entries: list[Entry]) -> float:
    """The widest name of a cell among the changes."""
    return max((text_width(e.effect.name, CODE) for e in entries if e.effect), default=0.0)


def _halves(trace: Trace) -> dict[Mark, str]:
    """Which node loads and which stores, of statements that take a step for each and so stand in two rows."""
    halves: dict[Mark, str] = {}
    last: dict[int, tuple[Mark, Executed]] = {}
    nodes = [(Mark(step.number, place), node) for step in trace.steps for place, node in enumerate(step.executed)]
    for mark, node in nodes:
        if not node.shared or node.lock:
            continue
        thread = trace.steps[mark.step - 1].thread
        before, load = last.get(thread, (mark, node))
        same = (load.span.file, load.span.line, load.stack, load.text) == (
            node.span.file,
            node.span.line,
            node.stack,
            node.text,
        )
        if same and before.step != mark.step and load.reads and not load.changes and node.changes:
            halves |= {before: "load", mark: "store"}
        last[thread] = mark, node
    return halves


def _widths(entries: list[Entry], rows: Rows, trace: Trace, halves: dict[Mark, str]) -> tuple[float, float]:
    texts = [TEXT + 2 + LEVEL * levels(e) + text_width(e.text, CODE) + (30 if e.failing else 10) for e in entries]
    half = [HALF if e.mark in halves else 0.0 for e in entries]
    texts = [text + more for text, more in zip(texts, half, strict=True)]
    headings = [text_width(trace.threads[thread].text, 12) + 24 for thread in rows.lanes]
    widest = WIDEST.get(len(rows.lanes), WIDEST_OF_MANY)
    lane = min(widest, max([NARROWEST, *texts, *headings]))
    name = name_width(entries)
    effects = [effect_width(e.effect, name) for e in entries if e.effect]
    locks = [text_width(f"takes {use}", CODE) for use in _locks(trace)]
    return lane, min(CHANGES[1], max([CHANGES[0], *effects, *locks]) + 16)


def _locks(trace: Trace) -> set[str]:
    return {node.lock.lock for step in trace.steps for node in step.executed if node.lock}


def _stale(trace: Trace, entries: list[Entry]) -> Stale | None:
    """The arrow, if both its ends have a row; its label stands in the last switch before the store."""
    stale = trace.explanation.stale
    if stale is None:
        return None
    places: dict[Mark, int] = {entry.mark: place for place, entry in enumerate(entries) if entry.mark}
    if stale.load not in places or stale.store not in places:
        return None
    load, store = places[stale.load], places[stale.store]
    switches = [place for place in range(load, store) if entries[place].kind == "switch"]
    if not switches or entries[load].thread == entries[store].thread:
        return None
    return Stale(load, store, stale.cell, switches[-1])


def _place(plan: Plan, top: float) -> None:
    """Gives every row its place, with the heading once more whenever much has gone by."""
    long = len(plan.entries) > LONG
    heights = {"statement": 20.0 if long else 23.0, "heading": 18.0 if long else 21.0, "switch": 26.0 if long else 30.0}
    y = since = top
    for place, entry in enumerate(plan.entries):
        label = plan.stale is not None and plan.stale.label == place
        h = heights.get(entry.kind, 18.0 if long else 21.0) + (LABEL if label else 0)
        repeats = y - since > REPEAT_AFTER and may_break(plan.entries, place)
        if repeats:
            since = y
            y += REPEATED + 10
        plan.rows.append(Placed(entry, y, h, repeats, label))
        y += h


def may_break(entries: list[Entry], place: int) -> bool:
    """Whether something may come between a row and the one before: it belongs to no step or switch begun above."""
    after_switch = place > 0 and entries[place - 1].kind == "switch"
    return not after_switch and (entries[place].kind in ("switch", "heading") or entries[place].number is not None)


def _bars(trace: Trace, entries: list[Entry]) -> list[Bar]:
    """A bar for each time that a lock is held."""
    bars: list[Bar] = []
    held: list[int] = []
    for place, entry in enumerate(entries):
        use = trace.executed(entry.mark).lock if entry.mark else None
        if use is None:
            continue
        if use.event == "acquire":
            held.append(len(bars))
            bars.append(Bar(entry.thread, max(levels(entry) - 1, 0), use.lock, place, None))
        elif use.event == "release":
            mine = [i for i in held if bars[i].lock == use.lock and bars[i].thread == entry.thread]
            ended = mine or [i for i in held if bars[i].lock == use.lock]
            if ended:
                bar = bars[ended[-1]]
                bars[ended[-1]] = Bar(bar.thread, bar.level, bar.lock, bar.start, place)
                held.remove(ended[-1])
    return bars


def _runs(entries: list[Entry]) -> list[Run]:
    """The stretches of rows between switches, by thread; rows of threads that wait in the end are none."""
    runs: list[Run] = []
    done = max((place for place, entry in enumerate(entries) if entry.mark or entry.kind == "effect"), default=-1)
    for place, entry in enumerate(entries[: done + 1]):
        if entry.kind == "switch":
            continue
        if runs and runs[-1].last == place - 1 and runs[-1].thread == entry.thread:
            runs[-1] = Run(entry.thread, runs[-1].first, place)
        else:
            runs.append(Run(entry.thread, place, place))
    return runs
