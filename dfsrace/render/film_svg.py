# SPDX-License-Identifier: GPL-2.0-only
"""The film as SVG: the state at first, at each interesting step, and in the end, as panels in rows."""

from __future__ import annotations

from collections.abc import Sequence

from dfsrace.render.svg_draw import Box, Frame, Pen, Sheet, Type, document, wrapped_text
from dfsrace.render.svg_pages import LEAST, on_pages
from dfsrace.render.svg_vm_caption import CAPTION, VERDICT, caption, caption_text, verdict
from dfsrace.render.svg_vm_layout import Layout, laid_out
from dfsrace.render.svg_vm_panel import Panel, legend
from dfsrace.trace.picture import Picture

MARGIN = 16.0
PAD = 10.0
GAP = 18.0
# What title and legend take.
BESIDE = 90.0
# A slide's shape; how wide a row may be, in pixels, for its text to be read on a slide.
SLIDE = (16.0, 9.0)
WIDEST = 1900.0


def film_svg(
    pictures: Sequence[Picture], *, theme: str = "auto", title: str = "", standalone: bool = True, shape: str = "slide"
) -> str:
    """The first picture, the interesting ones and the last, each thing in the same place in all of them.

    What never changes is left out. `shape`: `slide` or, for paper, `page`. `theme` and `standalone` as in `lanes_svg`.
    ValueError: no pictures, or a theme that there is not.
    """
    layout, sheet = laid_out(pictures, brief=True), Sheet()
    shown = chosen(pictures)
    wide, high = layout.width + 2 * PAD, layout.height + CAPTION + 2 * PAD + 8
    columns = in_a_row(len(shown), wide, high, shape)
    width = columns * (wide + GAP) - GAP
    y = MARGIN
    for line in wrapped_text(title, 20, width, 2):
        sheet.text((MARGIN, y + 18), line, Type(20, bold=True), width)
        y += 30
    top = y = y + 8
    breaks, since = [], False
    for first in range(0, len(shown), columns):
        if first:
            breaks.append(y - GAP / 2)
        row = shown[first : first + columns]
        tall = high + (VERDICT if any(picture.violated for picture in row) else 0)
        for column, picture in enumerate(row):
            last = shown[first + column - 1] if first + column else None
            since |= _panel(sheet, layout, (last, picture), Box(MARGIN + column * (wide + GAP), y, wide, tall))
        y += tall + GAP
    foot = y
    y += legend(sheet, layout, (MARGIN, y), width, shown, since) + MARGIN - 4
    name = title or "What the state is, step by step"
    told = "; ".join(map(caption_text, shown))
    frame = Frame(width + 2 * MARGIN, y, name, told, tuple(breaks), (MARGIN, top - 2), foot)
    return document(sheet, frame, theme, standalone)


def _panel(sheet: Sheet, layout: Layout, pair: tuple[Picture | None, Picture], box: Box) -> bool:
    """A picture after another, in a frame that is red where something is wrong; whether steps between changed a row."""
    last, picture = pair
    sheet.rect(box, Pen("ground", "bad" if picture.violated else "line", 2.5 if picture.violated else 1.5), 10)
    caption(sheet, picture, (box.x + PAD, box.y + PAD - 4), box.w - 2 * PAD)
    panel = Panel(sheet, layout, picture, (box.x + PAD, box.y + PAD + CAPTION + 6), last)
    panel.draw()
    if picture.violated:
        verdict(sheet, picture, (box.x + PAD, box.bottom - PAD - VERDICT + 8), box.w - 2 * PAD)
    return panel.since


def chosen(pictures: Sequence[Picture]) -> list[Picture]:
    """The first, the interesting and the last of the pictures."""
    ends = {pictures[0].number, pictures[-1].number}
    return [picture for picture in pictures if picture.interesting or picture.number in ends]


def in_a_row(count: int, wide: float, high: float, shape: str) -> int:
    """How many panels stand beside each other: as the text gets largest on a slide, or on the fewest sheets of A4."""

    def size(columns: int) -> tuple[float, float]:
        return columns * (wide + GAP), -(-count // columns) * (high + GAP) + BESIDE

    def sheets(columns: int) -> tuple[bool, int, float]:
        breaks = [BESIDE / 2 + row * (high + GAP) for row in range(1, -(-count // columns))]
        whole = size(columns)
        pages = on_pages(whole, breaks, (0, BESIDE / 2), whole[1] - BESIDE / 2)
        return pages[0].scale < LEAST, len(pages), -pages[0].scale

    def scale(columns: int) -> float:
        width, height = size(columns)
        return min(SLIDE[0] / width, SLIDE[1] / height)

    if shape == "page":
        return min(range(1, count + 1), key=sheets)
    return max(range(1, max(1, min(count, int(WIDEST // wide))) + 1), key=scale)
