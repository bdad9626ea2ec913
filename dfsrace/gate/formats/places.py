# SPDX-License-Identifier: GPL-2.0-only
"""Where in the model's file a finding is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dfsrace.diagnostics.text import printable
from dfsrace.gate.results import Result


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file as it was found; lines and columns from 1, columns 0 where unknown, the end column exclusive."""

    path: str
    line: int = 1
    column: int = 0
    end_line: int = 0
    end_column: int = 0


def of_violation(result: Result, violation: Mapping[str, Any]) -> Place:
    """The last step that stands in the model's own file: includes may lie where a CI system shows nothing.

    The first line where there is no such step: the whole trace is in the library, or there is none.
    """
    for step in reversed(violation["trace"] or ()):
        if is_own(result, step["file"]) and step["line"] > 0:
            return Place(result.path, step["line"])
    return Place(result.path)


def of_diagnostic(result: Result, diagnostic: Mapping[str, Any]) -> Place:
    """Its own place, also in an included file; the model's first line where it has none."""
    if not diagnostic["file"] or diagnostic["line"] < 1:
        return Place(result.path)
    path = result.path if is_own(result, diagnostic["file"]) else str(diagnostic["file"])
    line, column = diagnostic["line"], diagnostic["column"]
    end_line, end_column = diagnostic.get("end_line", 0), diagnostic.get("end_column", 0)
    if column < 1 or (end_line, end_column) <= (line, column):
        end_line = end_column = 0
    return Place(path, line, max(column, 0), end_line, end_column)


def is_own(result: Result, file: str) -> bool:
    """Whether a file that a trace names is the model's own; traces name files printably."""
    return file in (result.path, printable(result.path), result.found.get("file"))
