# SPDX-License-Identifier: GPL-2.0-only
"""Which boxes the VM's picture has and which rows each of them needs, over all pictures of a trace.

Most things are a box of their own. Variables without owner share boxes, and so do the locks that belong to no thing; a
lock that does (`mm0.page_table_lock`) is a row of its owner's box. Tokens are marks in the box of whoever has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dfsrace.render.svg_draw import text_width, wrapped_text
from dfsrace.trace.picture import Link, Picture, Thing, ThingKind

ROW = 20.0
HEADER = 28.0
# The first line of a note, and each further one.
NOTE, LEADING = 19.0, 13.0
PAD = 8.0
INSET = 22.0
SIZE = 12
MOST_ROWS = 14
COLUMN: dict[ThingKind, int] = {
    "thread": 0, "mm": 1, "frame": 2, "value": 3, "node": 4, "disk": 5, "cell": 5, "lock": 5
}  # fmt: skip
WIDEST = {0: 272.0}
WIDEST_OTHER = 330.0
# Lines of a note, and how wide its text is at most before it becomes two.
MOST_LINES, ONE_LINE = 2, 250.0
NOTE_SIZE = 11
NARROWEST = 118.0

# Links that are no row of their source.
TOKENS = ("holds", "token")

ArrowKey = tuple[str, str, str, str]


@dataclass(slots=True)
class Row:
    """A row of a box. `kind`: a field or a link (`cell`), a lock, or a token; `name` is what pictures know it by.

    `text`: what stands in the row; `thing`: whose it is.
    """

    kind: str
    thing: str
    name: str
    text: str


@dataclass(slots=True)
class Host:
    """A box: of one thing, or of several that share it.

    `note`: so many lines are said of the thing in some picture; `values`: how wide what stands in rows of each
    kind gets; `beside`: the kind of column that it goes to, if not its own.
    """

    id: str
    kind: ThingKind
    label: str
    things: list[str]
    rows: list[Row] = field(default_factory=list)
    note: int = 0
    values: dict[str, float] = field(default_factory=dict)
    beside: int | None = None

    @property
    def column(self) -> int:
        """Which column it stands in; columns without a box are left out later."""
        return COLUMN[self.kind] if self.beside is None else self.beside

    def names(self, kind: str) -> float:
        """How wide the names of its rows of a kind are."""
        return max((text_width(row.text, SIZE) for row in self.rows if row.kind == kind), default=0.0)

    @property
    def top(self) -> float:
        """Where its rows begin."""
        return HEADER + (NOTE + LEADING * (self.note - 1) if self.note else 0)

    @property
    def height(self) -> float:
        """How high the box is."""
        return self.top + ROW * len(self.rows) + (PAD if self.rows or self.note else 0)

    def y_of(self, place: int) -> float:
        """The middle of a row, from the top of the box."""
        return self.top + ROW * place + ROW / 2


class Hosts:
    """All boxes of a trace, in order, and where each thing has its."""

    def __init__(self, pictures: Sequence[Picture], brief: bool = False) -> None:
        self.pictures, self.brief = pictures, brief
        self.numbered = {picture.number: picture for picture in pictures}
        self.things: dict[str, Thing] = {thing.id: thing for thing in pictures[0].things}
        self.links = [link for picture in pictures for link in picture.links]
        self.moving = self._moving()
        self.names = {thing.id: self._names(thing.id) for thing in pictures[0].things}
        self.hosts: list[Host] = []
        self.of: dict[str, Host] = {}
        self._boxes()
        self._shared("cell", "variables")
        self._locks()
        self._tokens()
        for host in self.hosts:
            self._measure(host)

    # ---- rows

    def _names(self, thing: str) -> list[str]:
        """Names of a thing's fields and links in an order that agrees with that of every picture."""
        names: list[str] = []
        for picture in self.pictures:
            place = 0
            shown = next(t for t in picture.things if t.id == thing)
            for shown_field in shown.fields:
                if shown_field.name in names:
                    place = names.index(shown_field.name) + 1
                else:
                    names.insert(place, shown_field.name)
                    place += 1
        for link in self.links:
            if link.source == thing and link.kind not in ("holds", "token") and link.label not in names:
                names.append(link.label)
        return [name for name in names if not self.brief or (thing, name) in self.moving]

    def _moving(self) -> set[tuple[str, str]]:
        """Rows that a brief picture has: what ever changes or fails, arrows, and all of a page frame."""
        moving = {(link.source, link.label) for link in self.links if self._leads(link)}
        for picture in self.pictures:
            for thing in picture.things:
                kept = [f for f in thing.fields if f.failing or thing.kind == "frame" or (f.changed and f.cell)]
                # A local is worth a row where a step that everybody should see gave it its value.
                kept += [f for f in thing.fields if picture.interesting and f.changed and not f.cell]
                moving |= {(thing.id, shown.name) for shown in kept}
        return moving

    def _leads(self, link: Link) -> bool:
        """Whether a link is of a kind that is drawn as an arrow."""
        if link.kind in ("holds", "token") or link.source == link.target or link.target not in self.things:
            return False
        return link.kind in ("pte", "cache", "mapping") or self.things[link.target].kind in ("frame", "value")

    def _idle(self, thing: Thing) -> bool:
        """Whether a brief picture leaves a thing out: nothing of it moves, and nothing leads to it."""
        if not self.brief or thing.kind in ("thread", "frame", "node") or self.names[thing.id]:
            return False  # a node stands there if only for a thread that runs on it
        met = any(link.target == thing.id and (self._leads(link) or link.kind == "token") for link in self.links)
        return not met and not any(t.failing or t.changed for p in self.pictures for t in p.things if t.id == thing.id)

    def _boxes(self) -> None:
        """A box for each thing that is not a cell or a lock; a bare value that only names something is none."""
        for thing in self.things.values():
            if thing.kind in ("cell", "lock") or (thing.kind == "value" and not self.names[thing.id]):
                continue
            if self._idle(thing) and not self._locked(thing):
                continue
            host = Host(thing.id, thing.kind, thing.label, [thing.id])
            host.rows = [Row("cell", thing.id, name, name) for name in self.names[thing.id]]
            self._add(host)

    def _locked(self, thing: Thing) -> bool:
        """Whether a lock of this thing is ever taken."""
        locks = [lock for lock in self.things.values() if lock.kind == "lock"]
        return any(lock.label.startswith(f"{thing.label}.") and not self._idle(lock) for lock in locks)

    def _shared(self, kind: ThingKind, label: str) -> None:
        """Boxes that things of a kind share, each of at most so many rows; a thing is never torn apart."""
        host: Host | None = None
        for thing in self.things.values():
            rows = [Row("cell", thing.id, name, self._full(thing, name)) for name in self.names[thing.id]]
            if thing.kind != kind or not rows:
                continue
            if host is None or len(host.rows) + len(rows) > MOST_ROWS:
                host = Host(f"{label}:{thing.id}", kind, label, [])
                self._add(host)
            host.things.append(thing.id)
            host.rows += rows
            self.of[thing.id] = host

    def _full(self, thing: Thing, name: str) -> str:
        return name if name.startswith(thing.label) else f"{thing.label}.{name}"

    def _locks(self) -> None:
        """A row for each lock, in the box of its owner or in one for the others."""
        owners = {host.label: host for host in self.hosts}
        rest: Host | None = None
        for thing in self.things.values():
            if thing.kind != "lock" or self._idle(thing):
                continue
            owner, _, short = thing.label.rpartition(".")
            host = owners.get(owner)
            if host is None:
                if rest is None or len(rest.rows) >= MOST_ROWS:
                    rest = Host(f"locks:{thing.id}", "lock", "locks", [])
                    rest.beside = COLUMN["mm"] if any(other.kind == "mm" for other in self.hosts) else None
                    self._add(rest)
                host, short = rest, thing.label
            host.rows.append(Row("lock", thing.id, thing.id, short))
            if host is rest:
                host.things.append(thing.id)
            self.of[thing.id] = host

    def _tokens(self) -> None:
        """A row for each token in the box of everything that ever has it."""
        seen = dict.fromkeys((link.target, link.label) for link in self.links if link.kind == "token")
        for target, label in seen:
            if target in self.of:
                self.of[target].rows.append(Row("token", target, label, label))

    def _add(self, host: Host) -> None:
        self.hosts.append(host)
        self.of |= dict.fromkeys(host.things, host)

    # ---- widths

    def _measure(self, host: Host) -> None:
        """How wide the values of a box get in any picture, and whether it ever has a note."""
        for picture in self.pictures:
            for thing in picture.things:
                if self.of.get(thing.id) is host:
                    if thing.kind != "lock" and len(host.things) == 1:
                        host.note = max(host.note, len(note_lines(thing, picture)))
                    kind = "lock" if thing.kind == "lock" else "cell"
                    marks = 14.0 * (thing.changed + thing.failing) if kind == "lock" else 0.0
                    self._widen(host, kind, self._texts(thing), marks)
            for link in picture.links:
                if self.of.get(link.source) is host and link.kind not in ("holds", "token"):
                    self._widen(host, "cell", [self._led(picture, link)])

    def _led(self, picture: Picture, link: Link) -> str:
        """What a link's row says: what it leads to, and before that what it led to."""
        key = (link.source, link.label)
        before = [other for other in picture.links if other.gone and (other.source, other.label) == key]
        old = self.label(before[0].target) if before else self.before(picture, link.source, link.label)
        return f"{old} → {self.label(link.target)}" if old and link.changed else self.label(link.target)

    def before(self, picture: Picture, thing: str, name: str) -> str:
        """What a field was one step earlier, empty if it was none."""
        earlier = self.numbered.get(picture.number - 1)
        mine = next((one for one in earlier.things if one.id == thing), None) if earlier else None
        return next((shown.value for shown in mine.fields if shown.name == name), "") if mine else ""

    def said(self, picture: Picture, row: Row) -> str:
        """What a row says in a picture, empty if nothing: a value, or what it leads to."""
        for link in picture.links:
            if (link.source, link.label, link.gone) == (row.thing, row.name, False) and link.kind not in TOKENS:
                return self.label(link.target)
        thing = next(one for one in picture.things if one.id == row.thing)
        return next((shown.value for shown in thing.fields if shown.name == row.name), "")

    def _widen(self, host: Host, kind: str, texts: list[str], marks: float = 0.0) -> None:
        widths = [text_width(text, SIZE) + marks for text in texts]
        host.values[kind] = max([host.values.get(kind, 0.0), *widths])

    def _texts(self, thing: Thing) -> list[str]:
        if thing.kind == "lock":
            return [lock_text(thing)]
        shown = [field for field in thing.fields if field.name in self.names[thing.id]]
        return [
            f"{one.old} → {one.value}" if one.changed else f"stays {one.value}" if one.old else one.value
            for one in shown
        ]

    def width(self, host: Host) -> float:
        """How wide a box has to be, within reason."""
        notes = [note_lines(t, p) for p in self.pictures for t in p.things if t.id == host.id]
        note = max((text_width(line, NOTE_SIZE) for lines in notes for line in lines), default=0.0)
        rows = [
            host.names(kind) + values + (12 if kind == "lock" else 24)
            for kind, values in host.values.items()
            if host.names(kind)
        ]
        inner = max([text_width(host.label, 14) + 50, note - 12, *rows])
        return max(NARROWEST, min(WIDEST.get(host.column, WIDEST_OTHER), inner + INSET + 14))

    def label(self, thing: str) -> str:
        """What a thing is called."""
        return self.things[thing].label if thing in self.things else thing

    # ---- arrows

    def arrows(self) -> list[ArrowKey]:
        """The links that are drawn as arrows, in the order in which they come up; the others are texts in rows."""
        return list(dict.fromkeys(arrow_key(link) for link in self.links if self.is_arrow(link)))

    def is_arrow(self, link: Link) -> bool:
        """Whether a link is an arrow: page tables, caches and mappings, and what refers to a frame or a value."""
        return self._leads(link) and link.source in self.of and link.target in self.of


def note_lines(thing: Thing, picture: Picture) -> list[str]:
    """What a picture says of a thing besides its rows, of a thread where it stands, on one line or two."""
    note = thing.note
    if thing.kind == "thread" and note and note != "finished" and not note.startswith("waits "):
        ends = thing.failing and picture.thread == thing.label
        note = f"{'at' if ends else 'next'}: {note}"
    if text_width(note, NOTE_SIZE) <= ONE_LINE:
        return [note] if note else []
    return wrapped_text(note, NOTE_SIZE, WIDEST[0] - 22, MOST_LINES)


def arrow_key(link: Link) -> ArrowKey:
    """What is the same of a link in all pictures."""
    return link.source, link.target, link.kind, link.label


def lock_text(thing: Thing) -> str:
    """What a lock's row says: who holds it, or that it is free; and its other fields."""
    note = thing.note.removeprefix("held by ")
    for done, does in (("written by ", "writes"), ("read by ", "reads")):
        who = note.removeprefix(done)
        if who != note and who.isidentifier():
            note = f"{who} {does}"
    return ", ".join([note, *(f"{shown.name} {shown.value}" for shown in thing.fields)])
