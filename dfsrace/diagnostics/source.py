# SPDX-License-Identifier: GPL-2.0-only
"""Text of a model file and places in it."""

from __future__ import annotations

from dataclasses import field

from dfsrace.diagnostics.values import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's text under the name by which reports show it. Lines are counted from 1."""

    name: str
    text: str = field(repr=False)
    path: str | None = field(default=None, compare=False)

    def line(self, number: int) -> str:
        """The text of a line without its end; the empty string outside the file."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: lines and columns from 1, the end column exclusive; `file` is a SourceFile's name."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Span("", 0, 0, 0, 0)
