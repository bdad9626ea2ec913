# SPDX-License-Identifier: GPL-2.0-only
"""A model after its YAML has been read: declarations resolved, code still text.

Produced by `dfsrace.language.document` and its neighbours, consumed by the typing of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from dfsrace.diagnostics import SourceFile, Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.system.system import Variable
from dfsrace.system.types import NamedType, Type, Value


@dataclass(frozen=True, slots=True)
class Code:
    """Python text cut out of a YAML file, such that places in it map back.

    `text` has its common indentation removed. Line n of it (from 1) is line `line + n - 1` of `file`; column c (from 0,
    as in `ast`) is column `column + c` (from 1) there.
    """

    text: str
    file: str
    line: int
    column: int

    def span(self, line: int, offset: int, end_line: int, end_offset: int) -> Span:
        """The place of `ast` coordinates (lines from 1, offsets from 0, in characters) in the model's file."""
        return Span(
            self.file, self.line + line - 1, self.column + offset, self.line + end_line - 1, self.column + end_offset
        )


@dataclass(frozen=True, slots=True)
class ThreadDeclaration:
    """`names` are the members' names (one, or a family's: cpu1, cpu2, ...); `family` is the key as written, or None."""

    names: tuple[str, ...]
    family: str | None
    daemon: bool
    code: Code
    span: Span


@dataclass(frozen=True, slots=True)
class PropertyDeclaration:
    """An invariant or reach as text. `says` is the message's text, with `{expressions}` in it."""

    name: str
    reach: bool
    at_end: bool
    condition: Code
    says: Code | None
    span: Span


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the model says it gives: "holds", "inconclusive" or "violated" with the names (blanks, not dashes)."""

    verdict: str
    violated: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True)
class Bounds:
    """The model's own bounds; None where it has none."""

    states: int | None = None
    seconds: float | None = None
    switches: int | None = None


@dataclass(frozen=True, slots=True)
class Declarations:
    """Everything of a model but the meaning of its code.

    `constants`: name -> (type, value); the members of named types are in `members`: name -> (type, ordinal).
    `types`: name -> type, in order of declaration. `variables`: in order of declaration, `constant` still False.
    `setup`, `procedures`: one Code for each file that has one, in include order. `check`: None for all.
    """

    title: str
    about: str
    origins: tuple[str, ...]
    file: str
    constants: Mapping[str, tuple[Type, Value]]
    members: Mapping[str, tuple[NamedType, int]]
    types: Mapping[str, Type]
    variables: tuple[Variable, ...]
    setup: tuple[Code, ...]
    procedures: tuple[Code, ...]
    threads: tuple[ThreadDeclaration, ...]
    properties: tuple[PropertyDeclaration, ...]
    check: tuple[str, ...] | None
    expect: Expectation | None
    bounds: Bounds
    sources: tuple[SourceFile, ...] = field(repr=False)
    includes: tuple[tuple[str, str], ...] = ()
