# SPDX-License-Identifier: GPL-2.0-only
"""Where a finding is shown: in which file, as those name it who read the formats, and at which line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from dfsrace.diagnostics.text import printable
from dfsrace.gate.results import GateReport, Result
from dfsrace.language.files import BUILT_IN_LIBRARY

# What a path is relative to: the repository's root, the library that comes with dfsrace, or nothing.
Base = Literal["root", "library", ""]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; lines and columns from 1, columns 0 where unknown, the end column exclusive.

    `path` is relative to `base`; without one it is as it was found, absolute or from the current folder.
    """

    path: str
    line: int = 1
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    base: Base = "root"


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one result. `root`: the absolute path of the repository's root; empty for the current folder."""

    result: Result
    root: str = ""

    @classmethod
    def of(cls, report: GateReport, result: Result) -> Places:
        """Those of a result of a report."""
        return cls(result, report.root)

    def model(self, line: int = 1) -> Place:
        """A line of the model's own file."""
        return self._at(Place(self.result.path, line))

    def violation(self, violation: Mapping[str, Any]) -> Place:
        """The last step that stands in the model's own file; else the last one in an include below the root.

        Other includes may lie where a CI system shows nothing. The first line of the model where there is no such
        step: the whole trace is in the library, or there is none.
        """
        steps = [step for step in reversed(violation["trace"] or ()) if step["line"] > 0]
        for step in steps:
            if self._is_own(step["file"]):
                return self.model(step["line"])
        for step in steps:
            path = self._include(step["file"])
            if path and not _in_library(path) and _below(path, self.root or os.getcwd()) is not None:
                return self._at(Place(path, step["line"]))
        return self.model()

    def step(self, step: Mapping[str, Any]) -> Place:
        """A step's own place, also in an include; the model's first line where it has none."""
        line = max(step["line"], 1)
        return self._named(Place(step["file"], line)) if step["file"] else self.model(line)

    def diagnostic(self, diagnostic: Mapping[str, Any]) -> Place:
        """Its own place, also in an include; the model's first line where it has none."""
        if not diagnostic["file"] or diagnostic["line"] < 1:
            return self.model()
        line, column = diagnostic["line"], diagnostic["column"]
        end_line, end_column = diagnostic.get("end_line", 0), diagnostic.get("end_column", 0)
        if column < 1 or (end_line, end_column) <= (line, column):
            end_line = end_column = 0
        return self._named(Place(diagnostic["file"], line, max(column, 0), end_line, end_column))

    def _is_own(self, file: str) -> bool:
        """Whether a file that a trace names is the model's own; traces name files printably."""
        result = self.result
        return file in (result.path, printable(result.path), result.found.get("file"))

    def _include(self, file: str) -> str | None:
        """The path of a file that a trace names. It is put together from folders: without a root as in reports."""
        path = self.result.includes.get(file)
        return path if path is None or self.root else os.path.normpath(path)

    def _named(self, named: Place) -> Place:
        """A place whose file has the name that a trace or a diagnostic gives it."""
        if self._is_own(named.path):
            return self._at(replace(named, path=self.result.path))
        path = self._include(named.path)
        if named.path in _library_names() if path is None else _in_library(path):
            return replace(named, base="library")
        return self._at(replace(named, path=path or named.path))

    def _at(self, found: Place) -> Place:
        """A place whose file has its path as it was found."""
        if not self.root:
            return replace(found, base="" if os.path.isabs(found.path) else "root")
        inner = _below(found.path, self.root)
        return replace(found, base="") if inner is None else replace(found, path=inner)


def _below(path: str, root: str) -> str | None:
    """A path from the root where the file lies below it: the file itself, else a link to it. None where it does not."""
    for whole in (_real, os.path.abspath):
        file, top = whole(path), whole(root).rstrip(os.sep)
        if file.startswith(f"{top}{os.sep}"):
            return file[len(top) + 1 :].replace(os.sep, "/")
    return None


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:
        # A name that no file can have.
        return os.path.abspath(path)


def _in_library(path: str) -> bool:
    return _below(path, str(BUILT_IN_LIBRARY)) is not None


@cache
def _library_names() -> frozenset[str]:
    """The names that traces give to the built-in library's files: they name those without a folder."""
    return frozenset(file.name for file in BUILT_IN_LIBRARY.rglob("*.yaml"))
