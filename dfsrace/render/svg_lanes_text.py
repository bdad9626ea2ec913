# SPDX-License-Identifier: GPL-2.0-only
"""What stands above and below the lanes: the title, the state at first; what is violated, and why."""

from __future__ import annotations

from dfsrace.render.rows import Rows
from dfsrace.render.style import Drawing
from dfsrace.render.svg_draw import Box, Pen, Sheet, Type, text_width, wrapped_text
from dfsrace.trace.record import Trace

MARGIN = 24.0
MOST_AT_FIRST = 24


def heading_of_all(sheet: Sheet, trace: Trace, title: str, width: float) -> float:
    """Draws title and initial state; gives the y below them."""
    room, y = width - 2 * MARGIN, 20.0
    for line in wrapped_text(title or ", ".join(trace.violated), 20, room, 3):
        y += 26
        sheet.text((MARGIN, y - 4), line, Type(20, "ink", bold=True), room)
    items = [*at_first(trace), *without_steps(trace)]
    if items:
        y = _items(sheet, items, y + (8 if y > 20 else 0), room)
    return y + 14


def without_steps(trace: Trace) -> list[str]:
    """Which threads have no lane, as one text, if any."""
    idle = Rows(trace, Drawing()).idle
    return [idle] if idle else []


def at_first(trace: Trace) -> list[str]:
    """The initial state's cells that matter to the trace, as texts; the first word says which initial state it is."""
    clean = Drawing().clean
    cells = [clean(f"{cell.name} = {cell.value}") for cell in trace.initial if cell.relevant and not cell.constant]
    if len(cells) > MOST_AT_FIRST:
        cells = [*cells[:MOST_AT_FIRST], f"and {len(cells) - MOST_AT_FIRST} more"]
    if trace.locks_free:
        cells.append("all locks free")
    number = f" (init#{trace.schedule.initial + 1})" if trace.several_initial else ""
    return [f"at first{number}", *cells] if cells else []


def closing(sheet: Sheet, trace: Trace, width: float, top: float) -> float:
    """Draws what is violated and why; gives the whole picture's height."""
    if not trace.violated:
        return top + 8
    name, others = trace.violated[0], trace.violated[1:]
    room = width - 2 * MARGIN - 60
    message = trace.message if trace.message != name else ""
    said = wrapped_text(message, 14, room)
    part = trace.explanation.failing
    failing = wrapped_text("" if part in message or part == name else f"because {part}", 13, room)
    why = [line for sentence in trace.explanation.sentences for line in wrapped_text(sentence, 13, room)]
    more = wrapped_text(f"also violated: {', '.join(others)}" if others else "", 12, room)
    height = 38 + 20 * len(said) + 19 * len(failing) + 18 * (len(why) + len(more)) + 6 * bool(why)
    box = Box(MARGIN, top, width - 2 * MARGIN, height)
    with sheet.group("boxed"):
        sheet.rect(box, Pen("bad-ground", "bad", 1.5), 8)
        sheet.cross(box.x + 24, box.y + 22, 8, weight=4)
        x, y = box.x + 46, box.y + 27
        sheet.text((x, y), name, Type(16, "bad", bold=True), room)
        for line in said:
            y += 20
            sheet.text((x, y), line, Type(14), room)
        for line in failing:
            y += 19
            sheet.text((x, y), line, Type(13, "bad", bold=True), room)
        y += 6 * bool(why)
        for line in why:
            y += 18
            sheet.text((x, y), line, Type(13), room)
        for line in more:
            y += 18
            sheet.text((x, y), line, Type(12, "soft"), room)
    return box.bottom + 20


def _items(sheet: Sheet, items: list[str], y: float, room: float) -> float:
    """Texts beside each other, as many in a line as fit; the first one is the heading. Gives the y below them."""
    indent = text_width(items[0], 12) + 20
    sheet.text((MARGIN, y + 14), items[0], Type(12, "soft", bold=True), room)
    x, y = MARGIN + indent, y + 14
    for item in items[1:]:
        wide = min(text_width(item, 12), room - indent)
        if x + wide > MARGIN + room and x > MARGIN + indent:
            x, y = MARGIN + indent, y + 18
        sheet.text((x, y), item, Type(12), wide)
        x += wide + 22
    return y + 4
