# SPDX-License-Identifier: GPL-2.0-only
"""A sheet to draw an SVG on: boxes, lines, texts of a known width.

Guarantees: foreign text is escaped and harmless; a text is never wider than the room given (it is cut with an ellipsis
and the whole stands in its <title>); the same calls give the same bytes; no scripts, ids or references. Units are
pixels of the SVG. `raster_pdf` reads what is written here, so paths know only M, L, C and Z.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from html import escape
from math import ceil
from typing import Literal

from dfsrace.diagnostics.text import printable, width
from dfsrace.diagnostics.values import dataclass
from dfsrace.render.svg_style import THEMES, style_text

# The widest of the usual monospaced fonts, in parts of the size; the shipped one has 0.6. A wide character has two.
ADVANCE = 0.602
ASCENT, DESCENT = 0.78, 0.22
ELLIPSIS = "…"

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The bottom edge."""
        return self.y + self.h

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.h / 2


@dataclass(frozen=True, slots=True)
class Pen:
    """How a shape is drawn: roles of its fill and its stroke (empty: none), the stroke's width and dashes."""

    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Type:
    """How a text is set. `size`: one of SIZES."""

    size: int = 13
    role: str = "ink"
    bold: bool = False
    anchor: Anchor = "start"


def text_width(text: str, size: float) -> float:
    """How wide clean text is, at most."""
    return width(text) * size * ADVANCE


def fitted(text: str, size: float, room: float) -> str:
    """Clean text, cut with an ellipsis where it is wider than the room."""
    if text_width(text, size) <= room + 0.01:
        return text
    columns = int(room / (size * ADVANCE) + 0.001) - 1
    kept = ""
    for character in text:
        if width(kept + character) > columns:
            break
        kept += character
    return kept.rstrip() + ELLIPSIS if columns >= 0 else ""


def wrapped_text(text: str, size: float, room: float, most: int = 0) -> list[str]:
    """Clean text in lines no wider than the room, broken at blanks; at most `most` lines (0: any number)."""
    lines: list[str] = []
    for word in printable(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, room))
    if most and len(lines) > most:
        lines = [*lines[: most - 1], fitted(" ".join(lines[most - 1 :]), size, room)]
    return lines


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


@dataclass(slots=True)
class Sheet:
    """Collects the parts of a picture, from back to front."""

    parts: list[str] = field(default_factory=list)

    def rect(self, box: Box, pen: Pen, radius: float = 0) -> None:
        """A box, with rounded corners if `radius`."""
        rounded = f' rx="{number(radius)}"' if radius else ""
        place = f'x="{number(box.x)}" y="{number(box.y)}" width="{number(box.w)}" height="{number(box.h)}"'
        self.parts.append(f"<rect {place}{rounded}{_look(pen)}/>")

    def path(self, data: str, pen: Pen) -> None:
        """A path, of M, L, C and Z with absolute coordinates."""
        self.parts.append(f'<path d="{data}"{_look(pen)}/>')

    def line(self, points: Sequence[Point], pen: Pen, radius: float = 0) -> None:
        """Straight lines through points; corners rounded by `radius` where there is room."""
        self.path(_rounded(points, radius), pen)

    def shape(self, points: Iterable[Point], pen: Pen) -> None:
        """A closed polygon."""
        self.path(_through(points) + "Z", pen)

    def circle(self, x: float, y: float, radius: float, pen: Pen) -> None:
        """A circle."""
        self.rect(Box(x - radius, y - radius, 2 * radius, 2 * radius), pen, radius)

    def text(self, at: Point, text: str, kind: Type, room: float = 1e6, turned: bool = False) -> float:
        """Text with its baseline at a point, no wider than the room; turned: running upwards. Gives its width."""
        clean = printable(text)
        shown = fitted(clean, kind.size, room)
        if not shown.strip():
            return 0.0
        classes = f"dr-{kind.size} dr-f-{kind.role}{' dr-b' if kind.bold else ''}"
        anchor = "" if kind.anchor == "start" else f' text-anchor="{kind.anchor}"'
        x, y = number(at[0]), number(at[1])
        turn = f' transform="rotate(-90 {x} {y})"' if turned else ""
        drawn = f'<text x="{x}" y="{y}" class="{classes}"{anchor}{turn}>{escape(shown)}</text>'
        if shown != clean:
            drawn = f"<g><title>{escape(clean)}</title>{drawn}</g>"
        self.parts.append(drawn)
        return text_width(shown, kind.size)

    def head(self, tip: Point, direction: Literal["left", "right", "down", "up"], role: str, size: float = 6) -> None:
        """An arrow's head, its tip at a point."""
        x, y = tip
        back = {"left": (1, 0), "right": (-1, 0), "down": (0, -1), "up": (0, 1)}[direction]
        bx, by = x + back[0] * size * 1.5, y + back[1] * size * 1.5
        across = (back[1] * size * 0.75, back[0] * size * 0.75)
        self.shape([(x, y), (bx + across[0], by + across[1]), (bx - across[0], by - across[1])], Pen(role))

    def cross(self, x: float, y: float, size: float, role: str = "bad", weight: float = 2.5) -> None:
        """The cross that marks what is violated, `size` from its middle."""
        for sign in (1, -1):
            self.line([(x - size, y - sign * size), (x + size, y + sign * size)], Pen("", role, weight))

    @contextmanager
    def group(self, name: str = "", title: str = "") -> Iterator[None]:
        """Parts that belong together. `name`: `boxed` where all text lies in the first rectangle."""
        self.parts.append(f'<g class="dr-{name}">' if name else "<g>")
        if title:
            self.parts.append(f"<title>{escape(printable(title))}</title>")
        yield
        self.parts.append("</g>")


@dataclass(frozen=True, slots=True)
class Frame:
    """What an SVG is beside its parts. `description`: for those who cannot see it.

    `breaks`: where a page may end (their y); `heading`: top and bottom of what each further page repeats; `foot`: from
    where to the end each page has it, 0 for nothing.
    """

    width: float
    height: float
    title: str
    description: str
    breaks: tuple[float, ...] = ()
    heading: tuple[float, float] = (0, 0)
    foot: float = 0


def document(sheet: Sheet, frame: Frame, theme: str, standalone: bool) -> str:
    """The whole SVG. ValueError: a theme that there is not."""
    if theme not in THEMES:
        raise ValueError(f"no theme {theme!r}: it is one of {', '.join(THEMES)}")
    w, h = number(ceil(frame.width)), number(ceil(frame.height))
    title, description = escape(printable(frame.title)), escape(printable(frame.description))
    pages = ""
    if frame.breaks:
        top, bottom = (number(y) for y in frame.heading)
        pages = f' data-breaks="{" ".join(number(y) for y in frame.breaks)}" data-heading="{top} {bottom}"'
        pages += f' data-foot="{number(frame.foot)}"' if frame.foot else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dr" width="{w}" height="{h}" viewBox="0 0 {w} {h}"'
        f' role="img" aria-label="{title}" data-theme="{theme}" xml:space="preserve"{pages}>'
        f"<title>{title}</title><desc>{description}</desc>"
    )
    style = f"<style>\n{style_text(theme)}\n</style>\n" if standalone else ""
    ground = f'<rect width="{w}" height="{h}" class="dr-f-ground"/>'
    return f"{head}\n{style}{ground}\n" + "\n".join(sheet.parts) + "\n</svg>\n"


def _look(pen: Pen) -> str:
    classes = [f"dr-f-{pen.fill}"] if pen.fill else []
    if pen.stroke:
        classes.append(f"dr-s-{pen.stroke}")
    look = f' class="{" ".join(classes)}"' if classes else ""
    look += "" if pen.fill else ' fill="none"'
    if pen.stroke and pen.width != 1:
        look += f' stroke-width="{number(pen.width)}"'
    return look + (f' stroke-dasharray="{pen.dash}"' if pen.dash else "")


def _through(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def _rounded(points: Sequence[Point], radius: float) -> str:
    """A path through points, each inner corner a curve that begins and ends `radius` before and after it."""
    if radius <= 0 or len(points) < 3:
        return _through(points)
    data = f"M{number(points[0][0])} {number(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near = [_towards(corner, other, radius) for other in (before, after)]
        numbers = [*near[0], *corner, *corner, *near[1]]
        a, b, c, d, e, f, g, h = (number(value) for value in numbers)
        data += f"L{a} {b}C{c} {d} {e} {f} {g} {h}"
    return data + f"L{number(points[-1][0])} {number(points[-1][1])}"


def _towards(start: Point, goal: Point, distance: float) -> Point:
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5
    part = min(distance / length, 0.5) if length else 0
    return start[0] + dx * part, start[1] + dy * part
