# SPDX-License-Identifier: GPL-2.0-only
"""Draws one picture of a trace into the layout that all of them share.

What changed has a bold value on yellow and a triangle, what the violated property speaks of is red and crossed, what is
gone is dotted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dfsrace.render.svg_draw import Box, Pen, Point, Sheet, Type, text_width
from dfsrace.render.svg_style import thread_role
from dfsrace.render.svg_vm_hosts import (
    HEADER,
    INSET,
    LEADING,
    NOTE,
    NOTE_SIZE,
    SIZE,
    Host,
    Row,
    arrow_key,
    lock_text,
    note_lines,
)
from dfsrace.render.svg_vm_layout import HEADING_TEXT, Layout
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.picture import Link, Picture, Thing

# Role, width and dashes of each kind of arrow; THICK is the width of one that changed or fails.
THICK = 3.5
LOOKS: dict[str, tuple[str, float, str]] = {
    "pte": ("ink", 2.0, ""),
    "cache": ("t2", 2.0, ""),
    "mapping": ("soft", 1.5, "4 3"),
    "local": ("soft", 1.5, "9 4"),
    "reference": ("ink", 1.5, ""),
}
WORDS = {
    "pte": "page table entry",
    "cache": "page cache",
    "mapping": "page's mapping",
    "local": "local variable",
    "reference": "refers to",
}
TAGS = {"mm": "mm", "frame": "page frame", "node": "node", "thread": "thread", "value": "", "disk": ""}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a row says in one picture."""

    value: str
    old: str = ""
    changed: bool = False
    failing: bool = False


class Panel:
    """One picture, drawn on a sheet with its corner at a point.

    `last`: the picture that the reader has seen before, if it is another than that of the step before. `since`: once it
    is drawn, whether something has another value than there that this step did not change.
    """

    def __init__(self, sheet: Sheet, layout: Layout, picture: Picture, at: Point, last: Picture | None = None) -> None:
        self.last, self.since = last, False
        self.sheet, self.layout, self.picture, self.at = sheet, layout, picture, at
        self.things = {thing.id: thing for thing in picture.things}
        threads = [thing.id for thing in picture.things if thing.kind == "thread"]
        self.roles = {thread: thread_role(place) for place, thread in enumerate(threads)}
        self.holders = {link.target: link.source for link in picture.links if link.kind == "holds" and not link.gone}

    def draw(self) -> None:
        """Headings, arrows, boxes; those that fail or changed last, so that they lie on top."""
        for column in self.layout.columns:
            names = dict.fromkeys(HEADING_TEXT[host.kind] for host in column.hosts)
            heading = "" if [host.label for host in column.hosts] == list(names) else ", ".join(names)
            at = (self.at[0] + column.x, self.at[1] + 11)
            self.sheet.text(at, heading, Type(11, "soft", bold=True), column.width + 24)
        for link in sorted(self.picture.links, key=lambda link: (link.failing, link.changed, not link.gone)):
            if arrow_key(link) in self.layout.routes:
                self._arrow(link)
        for host in self.layout.hosts.hosts:
            self._host(host)

    # ---- boxes

    def _box(self, host: Host) -> Box:
        box = self.layout.boxes[host.id]
        return Box(box.x + self.at[0], box.y + self.at[1], box.w, box.h)

    def _host(self, host: Host) -> None:
        box, things = self._box(host), [self.things[thing] for thing in host.things]
        failing, changed = any(t.failing for t in things), any(t.changed for t in things)
        single = things[0] if len(things) == 1 and host.id == things[0].id else None
        held = single is None or single.held
        role = self.roles.get(host.id, "ink")
        frame = "bad" if failing else role if held and host.id in self.roles else "ink" if changed else "line"
        with self.sheet.group("boxed"):
            pen = Pen("card" if held else "ground", frame, 2.5 if failing or changed else 1.5, "" if held else "5 4")
            self.sheet.rect(box, pen, 7)
            self._header(host, box, single, role)
            for place, row in enumerate(host.rows):
                self._row(host, box, place, row)

    def _header(self, host: Host, box: Box, single: Thing | None, role: str) -> None:
        """The label, what kind of thing it is, and what there is to say of it."""
        moves = host.kind == "thread" and single is not None and single.label == self.picture.thread
        x = box.x + 11
        if moves:
            self.sheet.shape([(x, box.y + 9), (x + 9, box.y + 14), (x, box.y + 19)], Pen(role))
            x += 14
        tag = TAGS.get(host.kind, "")
        tag = "" if tag == host.label or host.kind == "thread" else tag
        room = box.w - (x - box.x) - 10 - (text_width(tag, 10) + 8 if tag else 0)
        kind = Type(14, role if single is None or single.held else "soft", bold=True)
        self.sheet.text((x, box.y + 19), host.label, kind, room)
        if tag and room > 0:
            self.sheet.text((box.right - 9, box.y + 18), tag, Type(10, "soft", anchor="end"))
        if single is not None and single.note:
            failing = single.failing and host.kind in ("thread", "frame")
            kind = Type(NOTE_SIZE, "bad" if failing else "soft", bold=failing)
            for place, line in enumerate(note_lines(single, self.picture)):
                y = box.y + HEADER + NOTE / 2 + 2 + LEADING * place
                self.sheet.text((box.x + 11, y), line, kind, box.w - 20)

    def _row(self, host: Host, box: Box, place: int, row: Row) -> None:
        y = box.y + host.y_of(place)
        if row.kind == "lock":
            self._lock(host, box, y, row)
        elif row.kind == "token":
            self._token(box, y, row)
        elif cell := self._cell(row):
            again = not cell.changed and cell.old != ""
            self._marks(box, y, cell.changed, cell.failing, again=again)
            self._mark_since(box, y, row, cell)
            role = "bad" if cell.failing else "ink"
            room = box.w - INSET - 10
            kind = Type(SIZE, "bad" if cell.failing else "soft")
            name = self.sheet.text((box.x + INSET, y + 4), row.text, kind, room)
            x = box.x + INSET + max(min(host.names("cell"), room * 0.6), name) + 12
            room = box.right - x - (22 if cell.failing else 8)
            new = text_width(cell.value, SIZE) + 7
            if cell.changed and cell.old and cell.old != cell.value:
                old = self.sheet.text((x, y + 4), f"{cell.old} →", Type(SIZE, "soft"), max(room / 2, room - new))
                x, room = x + old + 7, room - old - 7
            text = f"stays {cell.value}" if again else cell.value
            self.sheet.text((x, y + 4), text, Type(SIZE, role, bold=cell.changed or cell.failing or again), room)

    def _marks(
        self, box: Box, y: float, changed: bool, failing: bool, behind: bool = False, again: bool = False
    ) -> None:
        """A band behind a row; the triangle of what changed (`behind` the text, or before), the cross of what fails.

        `again`: what was there already was stored once more.
        """
        band = Box(box.x + 4, y - 9.5, box.w - 8, 19)
        if failing:
            self.sheet.rect(band, Pen("bad-ground", "bad", 1.5), 4)
            self.sheet.cross(box.right - 13, y, 4.5)
        elif changed:
            self.sheet.rect(band, Pen("new-ground"), 4)
        elif again:
            self.sheet.rect(band, Pen("new-ground", "ink", 1, "3 3"), 4)
        if changed:
            x = box.right - (28 if failing else 13) if behind else box.x + 13
            self._triangle(x, y, "bad" if failing else "ink")

    def _mark_since(self, box: Box, y: float, row: Row, cell: Cell) -> None:
        """A hollow triangle where a value is not the one that the reader has seen last."""
        old = self.layout.hosts.said(self.last, row) if self.last and not cell.changed else ""
        if old and old != cell.value:
            x = box.x + 13
            self.sheet.shape([(x - 4, y + 3.5), (x + 4, y + 3.5), (x, y - 4)], Pen("", "soft", 1.2))
            self.since = True

    def _triangle(self, x: float, y: float, role: str) -> None:
        self.sheet.shape([(x - 4.5, y + 4), (x + 4.5, y + 4), (x, y - 4.5)], Pen(role))

    def _cell(self, row: Row) -> Cell | None:
        """A field's value, or what a link leads to; None where the row has nothing to say in this picture."""
        links = [link for link in self.picture.links if link.source == row.thing and link.label == row.name]
        links = [link for link in links if link.kind not in ("holds", "token")]
        gone = next((self.layout.hosts.label(link.target) for link in links if link.gone), "")
        gone = gone or self.layout.hosts.before(self.picture, row.thing, row.name)
        for link in links:
            if not link.gone:
                return Cell(self.layout.hosts.label(link.target), gone * link.changed, link.changed, link.failing)
        for shown in self.things[row.thing].fields:
            if shown.name == row.name:
                return Cell(shown.value, shown.old or gone * shown.changed, shown.changed, shown.failing)
        return None

    def _lock(self, host: Host, box: Box, y: float, row: Row) -> None:
        """A padlock, shut and named for its holder in the holder's colour, or open."""
        thing = self.things[row.thing]
        holder = self.holders.get(thing.id, "")
        taken = thing.note.startswith("held") or bool(holder)
        role = "bad" if thing.failing else self.roles.get(holder, "ink") if taken else "soft"
        self._marks(box, y, thing.changed, thing.failing, behind=True)
        self._padlock(box.x + 13, y, role, taken)
        start = box.x + INSET
        name = self.sheet.text((start, y + 4), row.text, Type(SIZE, role), box.w - INSET - 60)
        start = max(start + name, start + min(host.names("lock"), (box.w - INSET) * 0.6)) + 12
        room = box.right - start - 8 - 14 * thing.failing - 14 * thing.changed
        self.sheet.text((start, y + 4), lock_text(thing), Type(SIZE, role, bold=taken), room)

    def _padlock(self, x: float, y: float, role: str, shut: bool) -> None:
        lift = 0 if shut else 2.5
        hoop: list[Point] = [(x - 3, y - 0.5), (x - 3, y - 5 - lift), (x + 3, y - 5 - lift)]
        hoop.append((x + 3, y - 0.5 if shut else y - 4.5))
        self.sheet.line(hoop, Pen("", role, 1.5), 3)
        self.sheet.rect(Box(x - 5, y - 1, 10, 7), Pen(role if shut else "ground", role, 1.2), 1.5)

    def _token(self, box: Box, y: float, row: Row) -> None:
        """A diamond in the box of whoever has the token; hollow and struck through where it has just left."""
        mine = [link for link in self.picture.links if link.kind == "token" and link.label == row.name]
        mine = [link for link in mine if link.target == row.thing]
        if not mine:
            return
        link = min(mine, key=lambda link: link.gone)
        self._marks(box, y, link.changed and not link.gone, link.failing, behind=True)
        role = "bad" if link.failing else "soft" if link.gone else "t5"
        x = box.x + 13
        diamond = [(x, y - 5.5), (x + 5.5, y), (x, y + 5.5), (x - 5.5, y)]
        self.sheet.shape(diamond, Pen("" if link.gone else role, role, 1.3, "2 2" if link.gone else ""))
        start = x + 9
        used = self.sheet.text((start, y + 4), row.text, Type(SIZE, role, bold=not link.gone), box.right - start - 36)
        if link.gone:
            self.sheet.line([(start, y), (start + used, y)], Pen("", role, 1.3))

    # ---- arrows

    def _arrow(self, link: Link) -> None:
        points = [(x + self.at[0], y + self.at[1]) for x, y in self.layout.routes[arrow_key(link)]]
        role, wide, dash = LOOKS[link.kind]
        if link.kind == "local":
            role = self.roles.get(link.source, role)
        if link.gone:
            role, wide, dash = "soft", 2.0, "1.5 4"
        elif link.failing:
            role, wide, dash = "bad", THICK, scaled(dash, THICK / wide)
        elif link.changed:
            wide, dash = THICK, scaled(dash, THICK / wide)
        name = f"{self.layout.hosts.label(link.source)} {link.label} → {self.layout.hosts.label(link.target)}"
        with self.sheet.group("", f"{name}{' (gone)' * link.gone}"):
            tip = points[-1]
            direction = -1 if points[-2][0] > tip[0] else 1
            self.sheet.line([*points[:-1], (tip[0] - direction * 7, tip[1])], Pen("", role, wide, dash), 7)
            self.sheet.head(tip, "left" if direction < 0 else "right", role, 5.5 if wide < 3 else 7)
            self.sheet.circle(*points[0], 3, Pen(role))
            if link.failing and not link.gone:
                self._crossed(points)

    def _crossed(self, points: list[Point]) -> None:
        """A cross in the middle of the longest part of an arrow."""
        a, b = max(pairwise(points), key=lambda part: abs(part[0][0] - part[1][0]) + abs(part[0][1] - part[1][1]))
        x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        self.sheet.circle(x, y, 10, Pen("ground", "bad", 1.5))
        self.sheet.cross(x, y, 5, weight=3)


def scaled(dash: str, factor: float) -> str:
    """Dashes for a line that is so many times as wide: they stay apart from the dots of what is gone."""
    return " ".join(f"{float(part) * factor:.0f}" for part in dash.split())


def legend(
    sheet: Sheet, layout: Layout, at: Point, width: float, pictures: Sequence[Picture], since: bool = False
) -> float:
    """What the arrows and marks mean, as far as any of the pictures has them; gives the height."""
    links = [link for picture in pictures for link in picture.links]
    drawn = {arrow_key(link) for link in links if not link.gone}
    kinds = list(dict.fromkeys(key[2] for key in layout.routes if key in drawn))
    marks = [("moves", "made this step")] * any(picture.number for picture in pictures)
    marks += [("changed", "changed in this step")] * any(t.changed for p in pictures for t in p.things)
    marks += [("since", "changed since the picture before")] * since
    marks += [("again", "stored what was there")] * any(
        one.old and not one.changed and not one.failing
        for picture in pictures
        for thing in picture.things
        for one in thing.fields
    )
    marks += [("gone", "gone")] * any(link.gone and arrow_key(link) in layout.routes for link in links)
    marks += [("failing", _failing_words(pictures))] * any(t.failing for p in pictures for t in p.things)
    marks += [("token", "has the token")] * any(link.kind == "token" for link in links)
    x, y = at[0], at[1] + 10
    for kind, words in [*((kind, WORDS[kind]) for kind in kinds), *marks]:
        wide = 34 + text_width(words, 11) + 14
        if x > at[0] and x + wide > at[0] + width:
            x, y = at[0], y + 20
        _sample(sheet, kind, (x, y))
        sheet.text((x + 34, y + 4), words, Type(11, "soft"), width)
        x += wide
    return y + 10 - at[1]


def _failing_words(pictures: Sequence[Picture]) -> str:
    named = any(name not in AUTOMATIC_PROPERTIES for picture in pictures for name in picture.violated)
    return "violates the property" if named else "what is wrong"


def _sample(sheet: Sheet, kind: str, at: Point) -> None:
    """A small example of an arrow or a mark."""
    x, y = at
    if kind in LOOKS or kind == "gone":
        role, wide, dash = LOOKS.get(kind, ("soft", 2.0, "1.5 4"))
        sheet.line([(x, y), (x + 20, y)], Pen("", role, wide, dash))
        sheet.head((x + 27, y), "right", role, 5)
    elif kind == "changed":
        sheet.rect(Box(x, y - 8, 27, 16), Pen("new-ground"), 4)
        sheet.shape([(x + 9, y + 4), (x + 18, y + 4), (x + 13.5, y - 4.5)], Pen("ink"))
    elif kind == "moves":
        sheet.shape([(x + 9, y - 5), (x + 18, y), (x + 9, y + 5)], Pen("ink"))
    elif kind == "since":
        sheet.shape([(x + 9.5, y + 3.5), (x + 17.5, y + 3.5), (x + 13.5, y - 4)], Pen("", "soft", 1.2))
    elif kind == "again":
        sheet.rect(Box(x, y - 8, 27, 16), Pen("new-ground", "ink", 1, "3 3"), 4)
    elif kind == "failing":
        sheet.rect(Box(x, y - 8, 27, 16), Pen("bad-ground", "bad", 1.5), 4)
        sheet.cross(x + 13.5, y, 4.5)
    else:
        sheet.shape([(x + 14, y - 5.5), (x + 19.5, y), (x + 14, y + 5.5), (x + 8.5, y)], Pen("t5", "t5", 1.3))
