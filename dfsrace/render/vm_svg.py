# SPDX-License-Identifier: GPL-2.0-only
"""The state at one step as SVG: who maps which page frame, what the page cache holds, who has which lock."""

from __future__ import annotations

from collections.abc import Sequence

from dfsrace.render.svg_draw import Frame, Sheet, Type, document, wrapped_text
from dfsrace.render.svg_vm_caption import CAPTION, VERDICT, caption, caption_text, verdict
from dfsrace.render.svg_vm_layout import laid_out
from dfsrace.render.svg_vm_panel import Panel, legend
from dfsrace.trace.picture import Picture

MARGIN = 20.0
NARROWEST = 520.0


def vm_svg(
    pictures: Sequence[Picture], number: int, *, theme: str = "auto", title: str = "", standalone: bool = True
) -> str:
    """The picture of this `number`, laid out over all `pictures` of the trace: each thing has one place in all of them.

    The legend has what the picture has, where it is `standalone`. `theme` and `standalone` as in `lanes_svg`.
    ValueError: no picture of that number, or a theme that there is not.
    """
    picture = next((picture for picture in pictures if picture.number == number), None)
    if picture is None:
        last = max((picture.number for picture in pictures), default=0)
        raise ValueError(f"there is no step {number}: the trace has 0 to {last}")
    layout, sheet = laid_out(pictures), Sheet()
    inner = max(layout.width, NARROWEST)
    y = MARGIN
    for line in wrapped_text(title, 16, inner, 2):
        sheet.text((MARGIN, y + 15), line, Type(16, bold=True), inner)
        y += 24
    caption(sheet, picture, (MARGIN, y), inner)
    y += CAPTION + 8
    Panel(sheet, layout, picture, (MARGIN, y)).draw()
    y += layout.height + 16
    if any(other.violated for other in pictures):
        if picture.violated:
            verdict(sheet, picture, (MARGIN, y), inner)
        y += VERDICT + 4
    # In a page that shows one after the other it is the same below all of them.
    y += legend(sheet, layout, (MARGIN, y), inner, (picture,) if standalone else pictures) + MARGIN - 4
    name = title or caption_text(picture)
    frame = Frame(inner + 2 * MARGIN, y, name, described(picture))
    return document(sheet, frame, theme, standalone)


def described(picture: Picture) -> str:
    """A picture in words, for those who cannot see it."""
    labels = {thing.id: thing.label for thing in picture.things}
    parts = [caption_text(picture)]
    for thing in picture.things:
        fields = [f"{shown.name} = {shown.value}" for shown in thing.fields]
        links = [link for link in picture.links if link.source == thing.id and not link.gone]
        fields += [f"{link.label} → {labels.get(link.target, link.target)}" for link in links]
        note = f" ({thing.note})" if thing.note else ""
        if fields or note:
            parts.append(f"{thing.label}{note}: {', '.join(fields)}" if fields else f"{thing.label}{note}")
    return "; ".join(parts)
