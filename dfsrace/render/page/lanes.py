# SPDX-License-Identifier: GPL-2.0-only
"""The lanes as a table that grows with the window: a column for each thread, critical sections as bars.

Guarantees: the rows are those of the text's lanes, whole and wrapped where they are long; a bar runs on through the
rows of other threads for as long as its lock is held. Beyond MOST_LANES threads share one lane, their names in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from dfsrace.diagnostics.values import dataclass
from dfsrace.render.page.links import step_link
from dfsrace.render.page.markup import Child, Markup, joined, tag
from dfsrace.render.rows import Effect, Entry, Rows
from dfsrace.render.style import Drawing
from dfsrace.render.svg_style import thread_role
from dfsrace.trace.record import Trace

MOST_LANES = 5
# With more lanes than this what changes stands below the statement, not in a column of its own.
MOST_BESIDE = 2
DEEPEST = 11
# After these a long statement may be broken.
_BREAKS = re.compile(r"(?<=[(\[.,_])(?=[^\s)\]])")
_BARS = {"┌": "top", "│": "side", "└": "bottom"}


@dataclass(frozen=True, slots=True)
class Arrow:
    """The stale arrow: the rows of its ends, and the places of their threads among the lanes."""

    load: int
    store: int
    loader: int
    storer: int

    @property
    def gutter(self) -> int:
        """The lane at whose right side the arrow runs."""
        return min(self.loader, self.storer)

    def crosses(self, row: int, lane: int) -> bool:
        """Whether the arrow's foot or head runs through this lane in this row, on its way to a lane further right."""
        end = {self.load: self.loader, self.store: self.storer}.get(row, self.gutter)
        return self.gutter < lane < end


def lanes_table(trace: Trace, name: str) -> Markup:
    """The lanes of a trace; nothing for one without steps that waits for nobody. `name`: of the property, for links."""
    rows = Rows(trace, Drawing())
    entries = rows.build()
    if not entries:
        return Markup()
    return _Table(trace, name, rows.lanes, entries).whole()


@dataclass(slots=True)
class _Table:
    """A table under construction. `held`: of each thread, the columns of bars that are open, and their locks."""

    trace: Trace
    name: str
    threads: tuple[int, ...]
    entries: list[Entry]
    held: dict[int, dict[int, str]] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)

    @property
    def shared(self) -> bool:
        """All threads in one lane."""
        return len(self.threads) > MOST_LANES

    @property
    def beside(self) -> bool:
        """What changes has a column of its own."""
        return self.shared or len(self.threads) <= MOST_BESIDE

    def whole(self) -> Markup:
        """The table."""
        steps, arrow = self._steps(), self._arrow()
        rows: list[Markup] = []
        for place, entry in enumerate(self.entries):
            rows.append(self._row(place, entry, steps[place], arrow))
            last = place + 1 == len(steps) or steps[place + 1] > steps[place]
            if last and steps[place] == self._no_return():
                rows.append(self._between("no way back from here", self._lane(entry.thread), arrow, (place, place + 1)))
        first = tag(
            "tr", tag("th", step_link(self.name, 0), scope="row"), self._first(arrow), data_step=0, class_="row"
        )
        body = tag("tbody", first, *rows)
        kind = "shared" if self.shared else f"of{len(self.threads)}"
        caption = tag("caption", f"The interleaving that violates {self.name}", class_="unseen")
        return tag(
            "table",
            caption,
            self._columns(arrow),
            self._head(arrow),
            body,
            class_=f"lanes {kind}{'' if self.beside else ' inline'}",
        )

    # ---- what stands where

    def _lane(self, thread: int) -> int:
        return 0 if self.shared else self.threads.index(thread)

    def _steps(self) -> list[int]:
        """The step that each row belongs to: a heading to the one it introduces."""
        steps, later = [0] * len(self.entries), len(self.trace.steps)
        for place in reversed(range(len(self.entries))):
            entry = self.entries[place]
            if entry.kind in ("heading", "switch"):
                steps[place] = later
            elif entry.mark is not None:
                later = steps[place] = entry.mark.step
        last = 0
        for place, entry in enumerate(self.entries):
            if entry.kind == "effect" or (entry.kind == "statement" and entry.mark is None):
                steps[place] = last
            last = steps[place]
        return steps

    def _arrow(self) -> Arrow | None:
        stale = self.trace.explanation.stale
        if stale is None:
            return None
        rows = {entry.mark: (place, self._lane(entry.thread)) for place, entry in enumerate(self.entries) if entry.mark}
        if stale.load not in rows or stale.store not in rows:
            return None
        (load, loader), (store, storer) = rows[stale.load], rows[stale.store]
        return Arrow(load, store, loader, storer)

    def _role(self, lane: int) -> str:
        """The class of a lane's colours, the same as in our pictures."""
        return thread_role(lane)

    def _lanes(self) -> range:
        return range(1 if self.shared else len(self.threads))

    def _cells(self, arrow: Arrow | None) -> int:
        """How many columns lie between the numbers and what changes."""
        return len(self._lanes()) + self.shared + (arrow is not None)

    # ---- rows

    def _columns(self, arrow: Arrow | None) -> Markup:
        """The columns' widths, in that each has a class."""
        kinds = ["numbers", *(["names"] if self.shared else [])]
        for lane in self._lanes():
            kinds += ["lane", *(["gutter"] if arrow and arrow.gutter == lane else [])]
        return tag(
            "colgroup", *(tag("col", class_=f"col-{kind}") for kind in [*kinds, *(["effect"] if self.beside else [])])
        )

    def _head(self, arrow: Arrow | None) -> Markup:
        cells: list[Child] = [tag("th", "step", scope="col")]
        if self.shared:
            cells += [tag("th", "thread", scope="col"), tag("th", "what it does", scope="col")]
            cells += [tag("td", class_="gutter")] if arrow else []
        for lane in range(0 if self.shared else len(self.threads)):
            thread = self.trace.threads[self.threads[lane]]
            kind = f"lane {self._role(lane)}"
            cells.append(tag("th", tag("b", thread.name), " ", tag("code", thread.text), scope="col", class_=kind))
            if arrow and arrow.gutter == lane:
                cells.append(tag("td", class_="gutter"))
        if self.beside:
            cells.append(tag("th", "what changes", scope="col", class_="effect"))
        return tag("thead", tag("tr", *cells))

    def _first(self, arrow: Arrow | None) -> Markup:
        """The initial state, across all lanes."""
        shown = [cell for cell in self.trace.initial if cell.relevant and not cell.constant]
        cells = [joined((tag("code", f"{cell.name} = {cell.value}"), " ")) for cell in shown]
        number = f" (init#{self.trace.schedule.initial + 1})" if self.trace.several_initial else ""
        free: Child = "all locks free" if self.trace.locks_free else None
        return tag("td", f"at first{number}: ", *cells, free, colspan=self._cells(arrow) + self.beside, class_="first")

    def _row(self, place: int, entry: Entry, step: int, arrow: Arrow | None) -> Markup:
        if entry.kind == "switch":
            return self._switch(entry, step, arrow, place)
        self._follow(entry)
        numbered = entry.number is not None
        number = tag("th", step_link(self.name, step), scope="row") if numbered else tag("td")
        cells = [number, *self._middle(place, entry, arrow)]
        if self.beside:
            cells.append(tag("td", self._effect(entry.effect), class_="effect"))
        kind = "row first-row" if numbered else "row"
        return tag("tr", *cells, data_step=step, class_=f"{kind} {entry.kind}{' fails' if entry.failing else ''}")

    def _no_return(self) -> int | None:
        """The step after which there is no way back, if it is known and others follow."""
        further = self.trace.explanation.further
        after = further.no_return.after if further else None
        return after if after and after < len(self.trace.steps) else None

    def _switch(self, entry: Entry, step: int, arrow: Arrow | None, place: int) -> Markup:
        text = " → ".join(self.trace.threads[thread].name for thread in (entry.thread, entry.other))
        further = self.trace.explanation.further
        if further and further.switch and further.switch.step == step - 1:
            text += " (decisive)"
        return self._between(text, self._lane(entry.other), arrow, (place, place))

    def _between(self, text: str, at: int, arrow: Arrow | None, places: tuple[int, int]) -> Markup:
        """A remark between two steps, in the column of changes or in a lane. `places`: of the rows around it."""
        note = tag("span", text, class_="note")
        cells: list[Child] = [tag("td"), *([tag("td")] if self.shared else [])]
        for lane in self._lanes():
            inside = (*self._idle_bars(lane), None if self.beside or lane != at else note)
            cells.append(tag("td", *inside, class_=f"lane {self._role(lane)}"))
            if arrow and arrow.gutter == lane:
                runs = arrow.load <= places[0] and places[1] <= arrow.store
                cells.append(_gutter(places[0], arrow) if places[0] == places[1] else _gutter_between(runs))
        if self.beside:
            cells.append(tag("td", note, class_="effect"))
        return tag("tr", *cells, class_="switch" if places[0] == places[1] else "switch no-return")

    def _middle(self, place: int, entry: Entry, arrow: Arrow | None) -> Iterator[Markup]:
        """The cells of the lanes, and of the arrow between them."""
        own = self._lane(entry.thread)
        if self.shared:
            name = self.trace.threads[entry.thread].name if entry.kind == "statement" else ""
            yield tag("td", name, class_=f"who {self._role(self.threads.index(entry.thread))}")
        for lane in self._lanes():
            role = self._role(self.threads.index(entry.thread) if self.shared else lane)
            through = " through" if arrow and arrow.crosses(place, lane) else ""
            if lane == own:
                foot = _foot(place, lane, arrow)
                yield tag("td", *self._own(entry), class_=f"lane {role} own{foot}")
            else:
                yield tag("td", *self._idle_bars(lane), self._finished(lane, place), class_=f"lane {role}{through}")
            if arrow and arrow.gutter == lane:
                yield _gutter(place, arrow)

    def _own(self, entry: Entry) -> Iterator[Markup]:
        if entry.kind == "effect":
            yield from self._idle_bars(self._lane(entry.thread))
        columns = [entry.prefix[place] for place in range(0, len(entry.prefix), 2)]
        for place, glyph in enumerate(columns[: DEEPEST + 1]):
            if glyph in _BARS:
                yield tag("i", class_=f"bar {_BARS[glyph]} c{place}")
        cross = tag("b", " ✗", class_="cross", title="here it is violated") if entry.failing else None
        inside: list[Child] = [tag("code", *_breakable(entry.text), cross) if entry.text or cross else None]
        if not self.beside and entry.effect:
            inside.append(tag("span", self._effect(entry.effect), class_="below"))
        yield tag("div", *inside, class_=f"text in{min(len(columns), DEEPEST + 1)}")

    def _idle_bars(self, lane: int) -> Iterator[Markup]:
        if self.shared:
            return
        for column in sorted(self.held.get(self.threads[lane], {})):
            yield tag("i", class_=f"bar side c{min(column, DEEPEST)}")

    def _finished(self, lane: int, place: int) -> Markup | None:
        """Said once, in the first row after a thread's last step."""
        thread = self.threads[lane]
        ends = [step.number for step in self.trace.steps if step.thread == thread and step.finished]
        mark = self.entries[place].mark
        if not ends or thread in self.told or mark is None or mark.step <= ends[0]:
            return None
        self.told.add(thread)
        return tag("span", "finished", class_="note")

    def _follow(self, entry: Entry) -> None:
        """Keeps account of the bars that are open after this row."""
        held = self.held.setdefault(entry.thread, {})
        node = self.trace.executed(entry.mark) if entry.mark else None
        lock = node.lock if node else None
        for column in range(0, len(entry.prefix), 2):
            if entry.prefix[column] == "┌" and lock:
                held[column // 2] = lock.lock
            elif entry.prefix[column] == "└":
                held.pop(column // 2, None)
        if lock and lock.event == "release" and "└" not in entry.prefix:
            for other in self.held.values():  # a lock without owner that another thread took
                for column in [column for column, name in other.items() if name == lock.lock][-1:]:
                    del other[column]

    def _effect(self, effect: Effect | None) -> Markup | None:
        if effect is None:
            return None
        if not effect.name:
            return tag("b", f"✗ {effect.note}", class_="bad") if effect.bad else tag("span", effect.note, class_="note")
        old = f"{effect.old} " if effect.old else ""
        delta = tag("span", f"{old}→ ", tag("b", effect.new), class_="delta")
        return tag("span", tag("span", effect.name, class_="cell"), " ", delta, class_="change")


def _gutter_between(runs: bool) -> Markup:
    """The arrow's piece between two rows."""
    return tag("td", class_="gutter runs" if runs else "gutter")


def _foot(place: int, lane: int, arrow: Arrow | None) -> str:
    """The classes of a statement beside the gutter at which the arrow begins or ends; its head is at the store."""
    if arrow is None or lane != arrow.gutter or place not in (arrow.load, arrow.store):
        return ""
    return " foot head" if place == arrow.store else " foot"


def _breakable(text: str) -> Iterator[Child]:
    """A text with places at which it may be broken."""
    for place, part in enumerate(_BREAKS.split(text)):
        yield from (Markup("<wbr>"), part) if place else (part,)


def _gutter(place: int, arrow: Arrow) -> Markup:
    """The arrow's piece in one row."""
    if not arrow.load <= place <= arrow.store:
        return tag("td", class_="gutter")
    label = tag("span", "stale", class_="label") if place == (arrow.load + arrow.store + 1) // 2 else None
    if arrow.load < place < arrow.store:
        return tag("td", label, class_="gutter runs")
    end, lane = ("load", arrow.loader) if place == arrow.load else ("store", arrow.storer)
    side = "left" if lane == arrow.gutter else "right"
    said = "this value goes stale" if end == "load" else "makes the value read stale"
    tip = tag("span", "▶", class_="tip", aria_hidden="true") if (end, side) == ("store", "right") else None
    return tag("td", tag("span", said, class_="unseen"), tip, class_=f"gutter {end} {side}")
