# SPDX-License-Identifier: GPL-2.0-only
"""Styled text of our own: lines of (text, style) segments, which the command line colours and plain text drops.

Nothing foreign gets through as it is: `clean` makes control characters and terminal escapes visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Literal, TypeAlias

from dfsrace.diagnostics.text import printable, width
from dfsrace.diagnostics.values import dataclass

Style = Literal["", "title", "verdict-bad", "verdict-good", "verdict-open", "changed", "stale", "dim", "heading", "bad"]
Segment: TypeAlias = "tuple[str, Style]"
Line: TypeAlias = "tuple[Segment, ...]"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What drawings are made of. Each glyph of one set is as wide as its fellow in the other, but `to` and `cut`."""

    top: str = "┌"
    side: str = "│"
    bottom: str = "└"
    rule: str = "─"
    dots: str = "┈"
    left_turn_down: str = "┐"
    right_turn_down: str = "┌"
    left_turn_up: str = "┘"
    right_turn_up: str = "└"
    head_left: str = "◀"
    head_right: str = "▶"
    upright: str = "│"
    idle: str = "·"
    bad: str = "✗"
    to: str = "→"
    cut: str = "…"
    dot: str = "·"


UNICODE = Glyphs()
ASCII = Glyphs(",", "|", "`", "-", ".", "+", "+", "+", "+", "<", ">", "|", ".", "X", "->", "...", "-")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How text is drawn: in ASCII only or not, at most `columns` wide (80 to 120), with everything or the usual."""

    ascii: bool = False
    columns: int = 120
    verbose: bool = False

    @property
    def glyphs(self) -> Glyphs:
        """The set of glyphs in use."""
        return ASCII if self.ascii else UNICODE

    @property
    def width(self) -> int:
        """The columns that may be used: what the terminal has, within reason."""
        return max(80, min(120, self.columns))

    def clean(self, text: str) -> str:
        """Foreign text on one line, harmless, and in ASCII where that is asked for."""
        shown = printable(text)
        return shown.encode("ascii", "backslashreplace").decode("ascii") if self.ascii else shown

    def fit(self, text: str, columns: int) -> str:
        """Clean text of at most `columns` columns, cut with an ellipsis; for clean text only."""
        if width(text) <= columns:
            return text
        mark = self.glyphs.cut
        kept = ""
        for character in text:
            if width(kept + character) + len(mark) > columns:
                break
            kept += character
        return (kept.rstrip() + mark)[: max(columns, 0)]


@dataclass(slots=True)
class Row:
    """One line under construction: texts put at columns. What is put later stands over what was there."""

    cells: list[tuple[str, Style]] = field(default_factory=list)

    def put(self, column: int, text: str, style: Style = "") -> None:
        """Writes clean text from a column on. A wide character fills two columns, a combining one none."""
        for character in text:
            columns = width(character)
            if columns == 0:
                if 0 < column <= len(self.cells):
                    before, old = self.cells[column - 1]
                    self.cells[column - 1] = (before + character, old)
                continue
            self._reach(column + columns)
            self.cells[column] = (character, style)
            for extra in range(1, columns):
                self.cells[column + extra] = ("", style)
            column += columns

    def line(self) -> Line:
        """The finished line: neighbours of one style joined, nothing blank at its end."""
        cells = list(self.cells)
        while cells and cells[-1][0] == " ":
            cells.pop()
        joined: list[tuple[str, Style]] = []
        for text, style in cells:
            if joined and (joined[-1][1] == style or text == " "):
                joined[-1] = (joined[-1][0] + text, joined[-1][1])
            else:
                joined.append((text, style))
        return tuple(joined)

    def _reach(self, columns: int) -> None:
        self.cells.extend([(" ", "")] * (columns - len(self.cells)))


def plain(lines: Iterable[Line]) -> str:
    """The lines as text without styles, each with its end."""
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def wrapped(items: Sequence[str], columns: int, indent: str, gap: str) -> list[str]:
    """Items in lines of at most `columns`, never broken inside; an item that is too long stands alone."""
    lines: list[str] = []
    line = ""
    for item in items:
        longer = f"{line}{gap}{item}" if line else item
        if line and width(indent) + width(longer) > columns:
            lines.append(indent + line)
            line = item
        else:
            line = longer
    return [*lines, indent + line] if line else lines


def counted(number: int, noun: str) -> str:
    """`1 step`, `2 steps`, `3 switches`, `4 properties`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith(('ch', 's', 'x')) else 's'}"
