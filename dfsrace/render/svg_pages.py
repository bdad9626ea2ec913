# SPDX-License-Identifier: GPL-2.0-only
"""How a picture is put on sheets of A4: upright or across, on one or on several, cut only where it may be."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

A4 = (595.28, 841.89)
MARGIN = 28.0
# A CSS pixel in points, and the least that a pixel may become before a picture is spread over several sheets: text of
# 11 pixels has 6 points then. So many sizes between are tried.
NATURAL, LEAST, SIZES = 0.75, 6 / 11, 24


@dataclass(frozen=True, slots=True)
class Strip:
    """Part of a picture, of whole width: from `top` on, `height` high; shown `at` so far below the page's margin."""

    top: float
    height: float
    at: float


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet in points, the picture's strips on it in pixels, `scale` points to each."""

    width: float
    height: float
    scale: float
    room: float
    strips: tuple[Strip, ...]
    margin: float = MARGIN

    @property
    def left(self) -> float:
        """Where the picture begins: it stands in the middle."""
        return (self.width - self.room) / 2


def paged(root: Element) -> list[Page]:
    """The pages of a picture of ours. One that says nothing of breaks always gets one page."""
    w, h = (float(root.get(name, "0")) for name in ("width", "height"))
    breaks = [float(y) for y in root.get("data-breaks", "").split()]
    top, bottom = (float(y) for y in root.get("data-heading", "0 0").split())
    return on_pages((w, h), breaks, (top, bottom), float(root.get("data-foot", "0")))


def on_pages(
    size: tuple[float, float], breaks: list[float], heading: tuple[float, float], foot: float = 0
) -> list[Page]:
    """The pages of a picture of this size, as few as can be read, and then as large as so many allow.

    `breaks`: where it may be cut; `heading`: top and bottom of what each further page repeats; `foot`: from where to
    the end each page has it, 0 for nothing. One too wide to be read upright goes across.
    """
    w, h = size
    sheets = (A4, A4[::-1])
    sheet = max(sheets, key=lambda one: _scale(one, w, h))
    scale = _scale(sheet, w, h)
    if scale >= LEAST or not breaks:
        return [Page(*sheet, scale, w * scale, (Strip(0, h, 0),))]
    found: list[tuple[int, float, list[Page]]] = []
    for sheet in sheets:
        most = min((sheet[0] - 2 * MARGIN) / w, NATURAL)
        if most < LEAST and sheet is A4:
            continue
        for step in range(SIZES + 1):
            scale = most - (most - min(most, LEAST)) * step / SIZES
            parts = _parts(breaks, (foot or h, h), (sheet[1] - 2 * MARGIN) / scale, heading)
            found.append((len(parts), -scale, [Page(*sheet, scale, w * scale, strips) for strips in parts]))
    return min(found, key=lambda one: one[:2])[2]


def _scale(size: tuple[float, float], w: float, h: float) -> float:
    return min((size[0] - 2 * MARGIN) / w, (size[1] - 2 * MARGIN) / h, NATURAL)


def _parts(
    breaks: list[float], ends: tuple[float, float], room: float, heading: tuple[float, float]
) -> list[tuple[Strip, ...]]:
    """The strips of each page: as much as there is room for, after the heading from the second page on.

    `ends`: where what is cut ends, and where what is below it on each page does.
    """
    pages: list[tuple[Strip, ...]] = []
    end, below = ends[0], ends[1] - ends[0]
    start, above = 0.0, 0.0
    while start < end:
        fitting = [y for y in [*breaks, end] if start < y <= start + room - above - below + 0.01]
        stop = max(fitting, default=min([y for y in [*breaks, end] if y > start], default=end))
        head = (Strip(heading[0], above, 0),) if above else ()
        foot = (Strip(end, below, above + stop - start),) if below else ()
        pages.append((*head, Strip(start, stop - start, above), *foot))
        start, above = stop, heading[1] - heading[0]
    return pages
