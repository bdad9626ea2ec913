# SPDX-License-Identifier: GPL-2.0-only
"""Where the boxes and arrows of the VM's picture stand: the same for all pictures of a trace.

Columns from left to right: threads, address spaces, page frames, nodes, the disk with variables and locks. Between two
columns runs a channel, in which every arrow has a track of its own; an arrow over other columns goes above them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dfsrace.render.svg_draw import Box, Point
from dfsrace.render.svg_vm_hosts import ArrowKey, Host, Hosts
from dfsrace.trace.picture import Picture

GAP = 20.0
TRACK = 9.0
CHANNEL = 30.0
HEADINGS = 24.0
TALLEST = 620.0
HEADING_TEXT = {
    "thread": "threads",
    "mm": "address spaces",
    "frame": "page frames",
    "value": "values",
    "node": "nodes",
    "disk": "disk",
    "cell": "variables",
    "lock": "locks",
}


@dataclass(slots=True)
class Column:
    """Boxes below each other. `kind`: its place among their kinds; `tracks`: arrows in the channel after it."""

    kind: int
    hosts: list[Host]
    width: float
    x: float = 0.0
    tracks: int = 0

    @property
    def height(self) -> float:
        """How high it is."""
        return sum(host.height for host in self.hosts) + GAP * (len(self.hosts) - 1)


@dataclass(slots=True)
class Passage:
    """An arrow's way through one channel: it comes in at `start`, goes out at `end`; `track` counts from the left."""

    arrow: ArrowKey
    start: float
    end: float
    rightward: bool
    track: int = 0


@dataclass(slots=True)
class Layout:
    """Everything placed. Units are pixels, from the picture's own corner."""

    hosts: Hosts
    columns: list[Column] = field(default_factory=list)
    boxes: dict[str, Box] = field(default_factory=dict)
    routes: dict[ArrowKey, list[Point]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0

    def row_y(self, host: Host, place: int) -> float:
        """The middle of a row."""
        return self.boxes[host.id].y + host.y_of(place)


def laid_out(pictures: Sequence[Picture], brief: bool = False) -> Layout:
    """The layout for all pictures of a trace; brief: without what never changes. ValueError: there are none."""
    if not pictures:
        raise ValueError("there is no picture to lay out")
    layout = Layout(Hosts(pictures, brief))
    layout.columns = _columns(layout.hosts)
    arrows = layout.hosts.arrows()
    router = _Router(layout, arrows)
    _place(layout, router.above)
    router.route()
    return layout


def _columns(hosts: Hosts) -> list[Column]:
    """The columns that have a box; one that would be too tall becomes several."""
    columns: list[Column] = []
    for kind in range(6):
        for host in sorted((h for h in hosts.hosts if h.column == kind), key=_within_column):
            last = columns[-1] if columns and columns[-1].kind == kind else None
            if last is None or last.height + GAP + host.height > TALLEST:
                last = Column(kind, [], 0.0)
                columns.append(last)
            last.hosts.append(host)
            last.width = max(last.width, hosts.width(host))
    return columns


def _within_column(host: Host) -> int:
    return {"disk": 0, "cell": 1, "lock": 2}.get(host.kind, 0)


def _place(layout: Layout, above: int) -> None:
    """Gives columns and boxes their places; `above`: how many arrows run over the columns."""
    top = HEADINGS + (TRACK * above + 4 if above else 0)
    tallest = max((column.height for column in layout.columns), default=0.0)
    x = 0.0
    for column in layout.columns:
        column.x = x
        y = top + (tallest - column.height) / 2
        for host in column.hosts:
            layout.boxes[host.id] = Box(x, round(y), column.width, host.height)
            y += host.height + GAP
        x += column.width + CHANNEL + TRACK * column.tracks
    last = layout.columns[-1] if layout.columns else None
    spare = CHANNEL + TRACK * last.tracks if last and last.tracks else 0.0
    layout.width = (last.x + last.width if last else 0.0) + spare
    layout.height = top + tallest


class _Router:
    """Finds the arrows' ways. `above`: how many of them run over other columns."""

    def __init__(self, layout: Layout, arrows: list[ArrowKey]) -> None:
        self.layout, self.arrows = layout, arrows
        self.place = {h.id: i for i, column in enumerate(layout.columns) for h in column.hosts}
        self.far = [arrow for arrow in arrows if abs(self._column(arrow[1]) - self._column(arrow[0])) > 1]
        self.above = len(self.far)
        for arrow in arrows:
            for channel in self._channels(arrow):
                layout.columns[channel].tracks += 1
        self.entries: dict[ArrowKey, float] = {}
        self.passages: dict[int, list[Passage]] = {}

    def _column(self, thing: str) -> int:
        return self.place[self.layout.hosts.of[thing].id]

    def _channels(self, arrow: ArrowKey) -> tuple[int, ...]:
        """The channels that an arrow runs in, each by the column on its left."""
        source, target = self._column(arrow[0]), self._column(arrow[1])
        if source == target:
            return (source,)
        ends = (source, target - 1) if source < target else (source - 1, target)
        return tuple(dict.fromkeys(ends))

    def route(self) -> None:
        """Gives every arrow its points."""
        self._enter()
        for arrow in self.arrows:
            self._pass(arrow)
        for channel in self.passages.values():
            for track, passage in enumerate(sorted(channel, key=_track_order)):
                passage.track = track
        for arrow in self.arrows:
            self.layout.routes[arrow] = self._points(arrow)

    def _leaving(self, arrow: ArrowKey) -> float:
        """The y at which an arrow leaves its source: that of its row."""
        host = self.layout.hosts.of[arrow[0]]
        rows = [i for i, row in enumerate(host.rows) if row.kind == "cell" and row.thing == arrow[0]]
        return self.layout.row_y(host, next(i for i in rows if host.rows[i].name == arrow[3]))

    def _enter(self) -> None:
        """The y at which each arrow enters its target: one below the other in the upper part of the box."""
        sides: dict[tuple[str, bool], list[ArrowKey]] = {}
        for arrow in self.arrows:
            from_left = self._column(arrow[0]) < self._column(arrow[1])
            sides.setdefault((self.layout.hosts.of[arrow[1]].id, from_left), []).append(arrow)
        for (host, _), arrows in sides.items():
            arrows.sort(key=lambda arrow: (arrow not in self.far, self._leaving(arrow)))
            taken: list[float] = []
            for arrow in arrows:
                if self._straight(arrow, host, taken):
                    self.entries[arrow] = self._leaving(arrow)
                    taken.append(self.entries[arrow])
            rest = [arrow for arrow in arrows if arrow not in self.entries]
            self.entries |= dict(zip(rest, self._slots(self.layout.boxes[host], len(rest), taken), strict=True))

    def _straight(self, arrow: ArrowKey, host: str, others: list[float]) -> bool:
        """Whether an arrow may go straight across: to a box as high up, with no other arrow at its side just there."""
        y, box = self._leaving(arrow), self.layout.boxes[host]
        own = [self._leaving(other) for other in self.arrows if self.layout.hosts.of[other[0]].id == host]
        inside = box.y + 8 < y < box.bottom - 8
        return arrow not in self.far and inside and not any(abs(y - other) < 9 for other in [*own, *others])

    def _slots(self, box: Box, count: int, taken: list[float]) -> list[float]:
        """Places for arrows to enter a box, from its top on, clear of those taken as long as there is room."""
        step = min(8.0, (box.h - 14) / max(count + len(taken), 1))
        free = [y for k in range(64) if (y := box.y + 7 + k * step) < box.bottom - 5]
        clear = [y for y in free if all(abs(y - other) >= 7 for other in taken)]
        return (clear + free)[:count] if len(clear + free) >= count else [box.y + 14] * count

    def _above(self, arrow: ArrowKey) -> float:
        return HEADINGS + 4 + TRACK * self.far.index(arrow)

    def _pass(self, arrow: ArrowKey) -> None:
        """The ways of an arrow through its channels."""
        start, end = self._leaving(arrow), self.entries[arrow]
        rightward = self._column(arrow[0]) <= self._column(arrow[1])
        channels = self._channels(arrow)
        ways = [(start, end)]
        if arrow in self.far:
            over = self._above(arrow)
            ways = [(start, over), (over, end)]
        for channel, (y, z) in zip(channels, ways, strict=True):
            self.passages.setdefault(channel, []).append(Passage(arrow, y, z, rightward))

    def _track_x(self, channel: int, arrow: ArrowKey) -> float:
        column = self.layout.columns[channel]
        passage = next(p for p in self.passages[channel] if p.arrow == arrow)
        return column.x + column.width + CHANNEL / 2 + TRACK * (passage.track + 0.5)

    def _points(self, arrow: ArrowKey) -> list[Point]:
        hosts, boxes = self.layout.hosts.of, self.layout.boxes
        source, target = boxes[hosts[arrow[0]].id], boxes[hosts[arrow[1]].id]
        one, other = self._column(arrow[0]), self._column(arrow[1])
        start = (source.right if one <= other else source.x, self._leaving(arrow))
        end = (target.x if one < other else target.right, self.entries[arrow])
        xs = [self._track_x(channel, arrow) for channel in self._channels(arrow)]
        if arrow in self.far:
            over = self._above(arrow)
            return [start, (xs[0], start[1]), (xs[0], over), (xs[1], over), (xs[1], end[1]), end]
        if one != other and abs(start[1] - end[1]) < 1:
            return [start, end]
        return [start, (xs[0], start[1]), (xs[0], end[1]), end]


def _track_order(passage: Passage) -> tuple[bool, float]:
    """Tracks from left to right such that arrows of one direction do not cross."""
    down = passage.end > passage.start
    return down, -passage.start if down == passage.rightward else passage.start
