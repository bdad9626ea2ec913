# SPDX-License-Identifier: GPL-2.0-only
"""A table in columns, as wide as a terminal is.

protocol      local-truncate     hole-punch        headings are broken after `-`, fields at blanks;
───────────────────────────────────────────        where that is not enough, the columns come in bands
none          violated           violated
              truncated 11/2     stale 13/2
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from dfsrace.diagnostics.text import width
from dfsrace.render.style import Drawing, Line, Row, Style
from dfsrace.study.table import Cell, Table, Tone

GAP = 2
MOST_NARROW = 10
_STYLES: dict[Tone, Style] = {
    "": "",
    "good": "verdict-good",
    "bad": "verdict-bad",
    "open": "verdict-open",
    "dim": "dim",
}


def table_lines(table: Table, drawing: Drawing) -> list[Line]:
    """The lines of a table, its title above and its notes below."""
    lines: list[Line] = []
    room = max(60, drawing.columns)
    if table.title:
        lines += [((line, "title"),) for line in _broken(drawing.clean(table.title), room, " ")]
        lines.append(())
    for number, band in enumerate(_bands(table, drawing, room)):
        lines += [()] * (number > 0)
        lines += _band(table, band, drawing, room)
    for note in table.notes:
        lines.append(())
        lines += [((line, ""),) for line in _broken(drawing.clean(note), min(room, 120), " ")]
    return lines


def _bands(table: Table, drawing: Drawing, room: int) -> list[list[int]]:
    """The columns that stand side by side: all, or as many as there is room for, each time after the fixed ones."""
    least = [_least(table, place, drawing, room) for place in range(len(table.columns))]
    names = list(range(table.fixed))
    bands: list[list[int]] = [list(names)]
    for place in range(table.fixed, len(table.columns)):
        taken = sum(least[n] + GAP for n in [*bands[-1], place]) - GAP
        if taken > room and len(bands[-1]) > len(names):
            bands.append(list(names))
        bands[-1].append(place)
    return bands


def _band(table: Table, band: Sequence[int], drawing: Drawing, room: int) -> list[Line]:
    widths = _widths(table, band, drawing, room)
    gap = " " * GAP
    lines: list[Line] = []
    heads = [_broken(drawing.clean(table.columns[place].heading), widths[n], " -_/") for n, place in enumerate(band)]
    for texts in zip_longest(*heads, fillvalue=""):
        lines.append(_line(texts, ["heading"] * len(band), widths, [table.columns[p].right for p in band]))
    lines.append(((drawing.glyphs.rule * (sum(widths) + len(gap) * (len(widths) - 1)), "dim"),))
    shown = [[_field(row[place], widths[n], drawing) for n, place in enumerate(band)] for row in table.rows]
    tall = 2 * sum(any(len(field) > 1 for field in row) for row in shown) > len(shown)
    for number, fields in enumerate(shown):
        if tall and number:
            lines.append(())
        row = table.rows[number]
        for height, texts in enumerate(zip_longest(*fields, fillvalue="")):
            styles = [_STYLES[row[place].tone] if height == 0 or row[place].tone == "dim" else "" for place in band]
            lines.append(_line(texts, styles, widths, [table.columns[p].right for p in band]))
    return lines


def _line(texts: Sequence[str], styles: Sequence[Style], widths: Sequence[int], right: Sequence[bool]) -> Line:
    row, column = Row(), 0
    for text, style, columns, is_right in zip(texts, styles, widths, right, strict=True):
        row.put(column + (max(0, columns - width(text)) if is_right else 0), text, style)
        column += columns + GAP
    return row.line()


def _field(cell: Cell, columns: int, drawing: Drawing) -> list[str]:
    return [part for line in cell.lines for part in _broken(drawing.clean(line), columns, " ")] or [""]


def _least(table: Table, place: int, drawing: Drawing, room: int) -> int:
    """How narrow a column can be: its longest piece, which is broken only where a row's names and it have no room."""
    longest = max(
        1,
        *(width(part) for part in _pieces(drawing.clean(table.columns[place].heading), " -_/")),
        *(width(word) for row in table.rows for line in row[place].lines for word in drawing.clean(line).split()),
    )
    return min(longest, max(MOST_NARROW, room // (table.fixed + 1) - GAP))


def _widths(table: Table, band: Sequence[int], drawing: Drawing, room: int) -> list[int]:
    """Each column as wide as it likes to be; where that is too much, the widest give way first."""
    least = [_least(table, place, drawing, room) for place in band]
    widths = []
    for n, place in enumerate(band):
        lines = [drawing.clean(line) for row in table.rows for line in row[place].lines]
        heading = max(width(part) for part in _broken(drawing.clean(table.columns[place].heading), least[n], " -_/"))
        widths.append(max(least[n], heading, *(width(line) for line in lines)) if lines else max(least[n], heading))
    while sum(widths) + GAP * (len(widths) - 1) > room:
        spare = [n for n in range(len(widths)) if widths[n] > least[n]]
        if not spare:
            break
        widths[max(spare, key=lambda n: (widths[n], n))] -= 1
    return widths


def _broken(text: str, columns: int, after: str) -> list[str]:
    """Clean text in lines of at most `columns`, broken after these characters, elsewhere only in what is too long."""
    lines, line = [], ""
    for part in _pieces(text, after, columns):
        longer = line + part
        if line and width(longer.rstrip()) > columns:
            lines.append(line.rstrip())
            longer = part
        line = longer
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str, after: str, most: int | None = None) -> list[str]:
    """The text in pieces that each end with one of these characters, or are as wide as `most`, but for the last."""
    pieces, piece, columns = [], "", 0
    for character in text:
        taken = width(character)
        if most is not None and piece and columns + taken > most and character != " ":
            pieces.append(piece)
            piece, columns = "", 0
        piece, columns = piece + character, columns + taken
        if character in after:
            pieces.append(piece)
            piece, columns = "", 0
    return [*pieces, piece] if piece or not pieces else pieces
