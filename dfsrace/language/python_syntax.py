# SPDX-License-Identifier: GPL-2.0-only
"""Code as trees of `ast` with places in the model's file. Nothing is ever compiled or run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dfsrace.diagnostics import Collector, Span
from dfsrace.language.declarations import Code
from dfsrace.language.limits import too_deep, without_text
from dfsrace.language.syntax_errors import HELP, mistake

_Node = ast.stmt | ast.expr | ast.arg | ast.keyword
_Result = TypeVar("_Result", bound=ast.AST)


class CodeText:
    """A Code and the places of `ast` in it; `shift` is how many columns the first line was moved to the right."""

    def __init__(self, code: Code, shift: int = 0) -> None:
        self.code = code
        self._shift = shift
        self._lines = code.text.split("\n")

    def offset(self, line: int, byte: int) -> int:
        """The character offset, from 0, of an offset in bytes of UTF-8 in a line of the code."""
        if line == 1:
            byte -= self._shift
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        if not text.isascii():
            byte = len(text.encode()[:byte].decode(errors="ignore"))
        return min(max(byte, 0), len(text))

    def span(self, node: _Node, until: _Node | None = None) -> Span:
        """The place of a node, or from a node to the end of another."""
        last = until or node
        end_line, end_byte = last.end_lineno or last.lineno, last.end_col_offset or last.col_offset
        start = self.offset(node.lineno, node.col_offset)
        return self.code.span(node.lineno, start, end_line, self.offset(end_line, end_byte))

    def place(self, line: int, offset: int) -> Span:
        """One character of the code."""
        return self.code.span(line, offset, line, offset + 1)

    def source(self, node: ast.expr | ast.stmt) -> str:
        """The node as a person should read it, on one line and without comments."""
        if node.lineno != node.end_lineno:
            return " ".join(ast.unparse(node).split())
        line = self._lines[node.lineno - 1]
        start = self.offset(node.lineno, node.col_offset)
        return " ".join(line[start : self.offset(node.lineno, node.end_col_offset or 0)].split())

    def raw(self, node: ast.expr) -> str:
        """The node's text exactly as written, if it stands on one line; else the empty string."""
        if node.lineno != node.end_lineno:
            return ""
        start = self.offset(node.lineno, node.col_offset)
        return self._lines[node.lineno - 1][start : self.offset(node.lineno, node.end_col_offset or 0)]

    def starts_with(self, node: ast.stmt, word: str) -> bool:
        """True if the text at the node's place begins with the word."""
        return self._lines[node.lineno - 1][self.offset(node.lineno, node.col_offset) :].startswith(word)

    def inner(self, node: ast.expr, skip: int, text: str, shift: int = 0) -> CodeText:
        """Text inside a node (an expression in a message), `skip` characters from the node's start."""
        place = self.code.span(node.lineno, self.offset(node.lineno, node.col_offset) + skip, 1, 0)
        return CodeText(Code(text, self.code.file, place.line, place.column), shift)


def parse_block(code: Code, problems: Collector) -> tuple[CodeText, list[ast.stmt]] | None:
    """The statements of a block; None, with a diagnostic, where it is no Python."""
    text = CodeText(code)
    tree = _parse(text, lambda: ast.parse(code.text), problems)
    return None if tree is None else (text, tree.body)


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a block of procedures holds: the statements of each piece that is Python, and the names that the others
    would define."""

    pieces: tuple[tuple[CodeText, list[ast.stmt]], ...]
    broken: frozenset[str] = frozenset()


def parse_definitions(code: Code, problems: Collector) -> Definitions:
    """The definitions of a block. Where it is no Python, each definition is parsed by itself: one mistake in each is
    reported, and the others are there."""
    whole = Collector(())
    parsed = parse_block(code, whole)
    if parsed is not None:
        return Definitions((parsed,))
    pieces, broken, reported = [], set[str](), False
    for piece in _pieces(code):
        parsed = parse_block(piece, problems)
        if parsed is not None:
            pieces.append(parsed)
        else:
            reported = True
            broken |= {match["python"] or match["c"] for match in _DEFINED.finditer(without_text(piece.text))}
    if not reported:  # no such text is known, but a block that is no Python may not pass for one
        parse_block(code, problems)
    return Definitions(tuple(pieces), frozenset(broken))


# The names that a piece defines: by `def`, or at its margin with an argument list, as in C.
_DEFINED = re.compile(
    r"^[ \t]*(?:async[ \t]+)?def[ \t]+(?P<python>\w+)|^(?:\w+[ \t*]+)*(?P<c>\w+)[ \t]*\(", re.MULTILINE
)
_BEGINS = re.compile(r"(?:async\s+)?def\b|@")
# More definitions than any model has are parsed as one text: each costs a call of the parser.
_MOST_PIECES = 500


def _pieces(code: Code) -> list[Code]:
    """The block cut before each `def` at its margin, decorators going with it."""
    lines = without_text(code.text).split("\n")
    starts = [n for n, line in enumerate(lines) if _BEGINS.match(line)]
    starts = [n for n, before in zip(starts, [-1, *starts], strict=False) if not _decorated(lines, before, n)]
    starts = sorted({0, *starts}) if len(starts) <= _MOST_PIECES else [0]
    written = code.text.split("\n")
    return [
        Code("\n".join(written[start:end]), code.file, code.line + start, code.column)
        for start, end in zip(starts, [*starts[1:], len(written)], strict=True)
    ]


def _decorated(lines: list[str], before: int, line: int) -> bool:
    """True where only a decorator stands between the two lines, the first of which begins with it."""
    return before >= 0 and lines[before].startswith("@") and not any(t.strip() for t in lines[before + 1 : line])


def parse_expression(code: Code, problems: Collector) -> tuple[CodeText, ast.expr] | None:
    """An expression, which may stand on several lines; None, with a diagnostic, where it is none."""
    stripped = code.text.strip()
    if not stripped:
        problems.add("DR401", code.span(1, 0, 1, 1), "there is no expression here", help="write an expression")
        return None
    if "\n" not in stripped:
        lead = len(code.text) - len(code.text.lstrip())
        line = code.text[:lead].count("\n") + 1
        column = lead - (code.text.rfind("\n", 0, lead) + 1)
        start = code.span(line, column, line, column)
        text = CodeText(Code(stripped, code.file, start.line, start.column))
        tree = _parse(text, lambda: ast.parse(stripped, mode="eval"), problems, condition=True)
        return None if tree is None else (text, tree.body)
    text = CodeText(code, shift=1)
    tree = _parse(text, lambda: ast.parse(f"({code.text}\n)", mode="eval"), problems, condition=True)
    if tree is None:
        return None
    body = tree.body
    if (body.lineno, body.col_offset) == (1, 0) and not isinstance(body, ast.Tuple | ast.GeneratorExp):
        problems.add("DR401", code.span(1, 0, 1, 1), "this is no Python: unmatched ')'", help=HELP)
        return None
    return text, body


def _parse(
    text: CodeText, parse: Callable[[], _Result], problems: Collector, *, condition: bool = False
) -> _Result | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse()
    except SyntaxError as error:
        _report(text, error, problems, condition)
        return None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        span = text.code.span(1, 0, 1, 1)
        problems.add("DR413", span, "code is nested too deep for Python", help="split it into procedures")
        return None
    deep = too_deep(tree)
    if isinstance(deep, ast.stmt | ast.expr):
        message = "code is nested too deep here"
        problems.add("DR413", text.span(deep), message, help="split it into procedures or name the parts")
        return None
    return tree


def _report(text: CodeText, error: SyntaxError, problems: Collector, condition: bool) -> None:
    code = text.code
    lines = code.text.split("\n")
    line = min(max(error.lineno or 1, 1), len(lines))
    offset = (error.offset or 1) - 1 - (text._shift if line == 1 else 0)
    offset = min(max(offset, 0), len(lines[line - 1]))
    if error.offset == 0:
        offset = len(lines[line - 1])  # Python's place for the end of an expression
    found = mistake(lines, (line, offset), error.msg or "invalid syntax", code.line, condition)
    span = code.span(found.line, found.offset, found.line, found.end)
    problems.add("DR401", span, found.message, help=found.help)
