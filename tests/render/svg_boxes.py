# SPDX-License-Identifier: GPL-2.0-only
"""Where the texts of an SVG stand, measured with the shipped font, and what they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from xml.etree.ElementTree import Element, fromstring

from dfsrace.diagnostics.text import width
from dfsrace.render.svg_draw import ADVANCE

SVG = "{http://www.w3.org/2000/svg}"
# Of a font's size: how far letters reach above and below the baseline.
ABOVE, BELOW = 0.74, 0.2
TOLERANCE = 0.6

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        """Whether two rectangles share more than an edge."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > TOLERANCE and down > TOLERANCE

    def holds(self, other: Area) -> bool:
        """Whether another rectangle lies in this one."""
        near = TOLERANCE
        level = self.top <= other.top + near and other.bottom <= self.bottom + near
        return level and self.left <= other.left + near and other.right <= self.right + near


@dataclass(frozen=True, slots=True)
class Text:
    """A text, where it stands, what it must stay in, its role and the role of what is under its middle."""

    text: str
    area: Area
    within: Area
    role: str
    ground: str


def role_of(element: Element, kind: str = "f") -> str:
    """The role of an element's fill or stroke, empty if it has none."""
    names = element.get("class", "").split()
    return next((name.removeprefix(f"dr-{kind}-") for name in names if name.startswith(f"dr-{kind}-")), "")


def rectangle(element: Element) -> Area:
    """Where a <rect> stands."""
    x, y, w, h = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Area(x, y, x + w, y + h)


def area_of(element: Element) -> Area:
    """Where a <text> stands."""
    size = next(float(name[3:]) for name in element.get("class", "").split() if name[3:].isdecimal())
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    long = width(element.text or "") * size * ADVANCE
    if element.get("transform"):
        return Area(x - ABOVE * size, y - long, x + BELOW * size, y)
    left = x - {"middle": long / 2, "end": long}.get(element.get("text-anchor", ""), 0.0)
    return Area(left, y - ABOVE * size, left + long, y + BELOW * size)


def texts(svg: str) -> list[Text]:
    """All texts of an SVG of ours."""
    root = fromstring(svg)
    whole = Area(0, 0, float(root.get("width", "0")), float(root.get("height", "0")))
    return list(_texts(root, whole, []))


def _texts(parent: Element, within: Area, under: list[tuple[Area, str]]) -> Iterator[Text]:
    for element in parent:
        if element.tag == f"{SVG}rect" and role_of(element):
            under.append((rectangle(element), role_of(element)))
        elif element.tag == f"{SVG}text":
            area = area_of(element)
            x, y = (area.left + area.right) / 2, (area.top + area.bottom) / 2
            spot = Area(x - 1, y - 1, x + 1, y + 1)
            ground = next(role for box, role in reversed(under) if box.holds(spot))
            yield Text(element.text or "", area, within, role_of(element), ground)
        elif element.tag == f"{SVG}g":
            first = element.find(f"{SVG}rect")
            boxed = element.get("class") == "dr-boxed" and first is not None
            yield from _texts(element, rectangle(first) if boxed and first is not None else within, under)


def collisions(svg: str) -> list[tuple[str, str]]:
    """Pairs of texts that stand on each other."""
    return [(one.text, other.text) for one, other in combinations(texts(svg), 2) if one.area.meets(other.area)]


def escapes(svg: str) -> list[str]:
    """Texts that leave their box or the picture."""
    return [text.text for text in texts(svg) if not text.within.holds(text.area)]


def crossed(svg: str) -> list[str]:
    """Texts that a line runs through; a line from a text's one end to the other strikes it out, and is meant.

    What a box covers on which the text stands is not seen.
    """
    painted = [
        element for element in fromstring(svg).iter() if element.tag in (f"{SVG}rect", f"{SVG}path", f"{SVG}text")
    ]
    boxes = [(i, rectangle(e)) for i, e in enumerate(painted) if e.tag == f"{SVG}rect" and role_of(e)]
    lines = [
        (i, line)
        for i, e in enumerate(painted)
        if e.tag == f"{SVG}path" and not role_of(e)
        for line in segments(e.get("d", ""))
    ]
    found = []
    for place, element in enumerate(painted):
        if element.tag != f"{SVG}text":
            continue
        area = area_of(element)
        ground = max(i for i, box in boxes if i < place and box.holds(area))
        if any(i > ground and runs_through(line, area) for i, line in lines):
            found.append(element.text or "")
    return found


def runs_through(line: tuple[Point, Point], area: Area) -> bool:
    """Whether a line, upright or level, goes through a text without striking it out."""
    (x, y), (other_x, other_y) = line
    left, right = min(x, other_x), max(x, other_x)
    grown = Area(left - 0.7, min(y, other_y) - 0.7, right + 0.7, max(y, other_y) + 0.7)
    return grown.meets(area) and not (abs(left - area.left) < 1 and abs(right - area.right) < 1)


def segments(data: str) -> list[tuple[Point, Point]]:
    """The straight parts of a path of ours; curves are corners, and are left out."""
    parts: list[tuple[Point, Point]] = []
    at: Point = (0.0, 0.0)
    for command, numbers in re.findall(r"([MLCZ])([^MLCZ]*)", data):
        values = [float(number) for number in numbers.split()]
        if values:
            if command == "L":
                parts.append((at, (values[-2], values[-1])))
            at = (values[-2], values[-1])
    return parts


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
