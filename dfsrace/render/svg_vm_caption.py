# SPDX-License-Identifier: GPL-2.0-only
"""What stands above a picture: the step's number, who made it and what it did; and what is wrong."""

from __future__ import annotations

from dfsrace.render.svg_draw import Box, Pen, Point, Sheet, Type, text_width
from dfsrace.render.svg_style import thread_role
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.picture import Picture

CAPTION = 26.0
VERDICT = 28.0


def caption_text(picture: Picture) -> str:
    """A picture in one line."""
    if not picture.number:
        return "at first"
    broken = f"; {wrong(picture)}" if picture.violated else ""
    return f"step {picture.number}, {picture.thread}: {picture.text}{broken}"


def wrong(picture: Picture) -> str:
    """What a picture violates. An automatic check is named by what it finds: nobody violates a deadlock."""
    found = [name for name in picture.violated if name in AUTOMATIC_PROPERTIES]
    named = [name for name in picture.violated if name not in AUTOMATIC_PROPERTIES]
    return "; ".join([*found, *([f"violates {', '.join(named)}"] if named else [])])


def caption(sheet: Sheet, picture: Picture, at: Point, width: float) -> None:
    """The line above a picture, CAPTION high."""
    x, y = at
    if not picture.number:
        sheet.text((x, y + 17), "at first", Type(14, "ink", bold=True), width)
        return
    threads = [thing.label for thing in picture.things if thing.kind == "thread"]
    role = thread_role(threads.index(picture.thread)) if picture.thread in threads else "ink"
    number = str(picture.number)
    wide = max(28.0, text_width(number, 13) + 12)
    sheet.rect(Box(x, y + 2, wide, 20), Pen(role, role), 10)
    sheet.text((x + wide / 2, y + 16.5), number, Type(13, "ground", bold=True, anchor="middle"))
    used = sheet.text((x + wide + 9, y + 17), picture.thread, Type(14, role, bold=True), width / 2)
    start = x + wide + 9 + used + 12
    sheet.text((start, y + 17), picture.text, Type(13), width - (start - x))


def verdict(sheet: Sheet, picture: Picture, at: Point, width: float) -> None:
    """What a picture violates, in a red band VERDICT high."""
    with sheet.group("boxed"):
        sheet.rect(Box(at[0], at[1], width, VERDICT - 4), Pen("bad-ground", "bad", 1.5), 6)
        sheet.cross(at[0] + 16, at[1] + 12, 6, weight=3)
        sheet.text((at[0] + 32, at[1] + 16.5), wrong(picture), Type(13, "bad", bold=True), width - 42)
