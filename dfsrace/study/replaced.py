# SPDX-License-Identifier: GPL-2.0-only
"""Which procedures of a model @override has replaced, and by whose."""

from __future__ import annotations

import ast

from dfsrace.diagnostics import Collector
from dfsrace.diagnostics.values import dataclass
from dfsrace.language.declarations import Declarations
from dfsrace.language.python_syntax import parse_definitions


@dataclass(frozen=True, slots=True)
class Replaced:
    """A procedure that is not in force: its name, the file that has it, and the file whose procedure is."""

    procedure: str
    file: str
    by: str


def replaced(declared: Declarations) -> tuple[Replaced, ...]:
    """All replaced procedures, in the order of their definition. One that its own file replaces is left out."""
    defined: dict[str, list[str]] = {}
    for code in declared.procedures:
        for _, statements in parse_definitions(code, Collector(())).pieces:
            for statement in statements:
                if isinstance(statement, ast.FunctionDef):
                    defined.setdefault(statement.name, []).append(code.file)
    return tuple(
        Replaced(name, file, files[-1])
        for name, files in defined.items()
        for file in dict.fromkeys(files)
        if file != files[-1]
    )
