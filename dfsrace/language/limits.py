# SPDX-License-Identifier: GPL-2.0-only
"""What is refused before YAML or `ast` sees the text: what is no text, too large, or nested too deep."""

from __future__ import annotations

import ast
import re

from dfsrace.diagnostics import Collector, SourceFile, Span
from dfsrace.diagnostics.text import printable
from dfsrace.language.declarations import Code

LARGEST_FILE = 1 << 20
LARGEST_LINE = 10_000
DEEPEST_NESTING = 50
MOST_FILES = 100
LARGEST_TOGETHER = 4 << 20
# Nodes of one YAML file; a megabyte of commas would otherwise take seconds.
MOST_NODES = 50_000

# Everything that YAML or a terminal takes for more than a character: controls, other line ends, byte order and
# direction marks. Tab and line feed are text.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)

_STRING_OR_COMMENT = re.compile(
    r"""'''(?:\\.|[^\\])*?(?:'''|\Z)|\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z)"""
    r"""|'(?:\\.|[^'\\\n])*'?|"(?:\\.|[^"\\\n])*"?|\#[^\n]*""",
    re.DOTALL,
)
_BRACKET = re.compile(r"[\[({\])}]")
# Chains that nest without brackets: `not not x`, `- - x`, `~~x`.
_PREFIX_CHAIN = re.compile(rf"(?:(?:\bnot\b|[-+~])[ \t\\\n]*){{{DEEPEST_NESTING + 1},}}")
# Levels of the tree that Python makes of a statement.
DEEPEST_TREE = 150


def decode(name: str, data: bytes, problems: Collector) -> str | None:
    """The text of a file with LF line ends; None where it was refused, with the reason in `problems`."""
    start = Span(name, 1, 1, 1, 1)
    if len(data) > LARGEST_FILE:
        problems.add(
            "DR104",
            start,
            "the file is larger than 1 MiB",
            allowed=[f"at most {LARGEST_FILE} bytes"],
            help="split it with include",
        )
        return None
    if b"\0" in data:
        problems.add("DR102", start, "the file is no text: it has zero bytes", help="a model is a YAML file in UTF-8")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].decode("utf-8-sig", "replace"))
        span = Span(name, line, column, line, column + 1)
        message = f"the file is no text: byte 0x{data[error.start]:02x} is not UTF-8"
        problems.add("DR102", span, message, help="a model is a YAML file in UTF-8")
        return None
    return text.replace("\r\n", "\n")


def acceptable(source: SourceFile, problems: Collector) -> bool:
    """True for text that YAML may see; else the reason is in `problems`."""
    if not source.text.strip():
        span = Span(source.name, 1, 1, 1, 1)
        problems.add("DR103", span, "the file is empty", help="a model has at least the sections model and threads")
        return False
    if match := CONTROL.search(source.text):
        line, column = _place(source.text[: match.start()])
        span = Span(source.name, line, column, line, column + 1)
        message = f"control character {printable(match.group())} in the text"
        problems.add("DR107", span, message, help="remove it; lines end with a line feed, tabs are allowed in code")
        return False
    for number, text in enumerate(source.text.split("\n"), 1):
        if len(text) > LARGEST_LINE:
            span = Span(source.name, number, LARGEST_LINE + 1, number, LARGEST_LINE + 2)
            message = f"line {number} has {len(text)} characters"
            problems.add("DR105", span, message, allowed=[f"at most {LARGEST_LINE}"], help="break the line")
            return False
    return True


def acceptable_code(code: Code, problems: Collector) -> bool:
    """True for code that `ast` may see: not nested deeper than 50 in brackets, blocks, or prefix operators."""
    text = without_text(code.text)
    offset = _too_deep_bracket(text)
    if offset is None:
        offset = _too_deep_block(text)
    if offset is None and (match := _PREFIX_CHAIN.search(text)):
        offset = match.start()
    if offset is None:
        return True
    line, column = _place(text[:offset])
    span = code.span(line, column - 1, line, column)
    message = f"code is nested deeper than {DEEPEST_NESTING}"
    problems.add("DR106", span, message, help="split it into procedures or name the parts")
    return False


def without_text(code: str) -> str:
    """The code with blanks in place of its strings and comments; every place stays what it was."""
    return _STRING_OR_COMMENT.sub(lambda match: _blank(match.group()), code)


def _too_deep_bracket(text: str) -> int | None:
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += 1 if match.group() in "[({" else -1
        if depth > DEEPEST_NESTING:
            return match.start()
        depth = max(depth, 0)
    return None


def _too_deep_block(text: str) -> int | None:
    """Offset of the first line inside more than 50 levels of indentation."""
    levels = [0]
    offset = 0
    for line in text.split("\n"):
        stripped = line.lstrip(" \t")
        if stripped:
            indentation = len(line) - len(stripped)
            while levels and levels[-1] >= indentation:
                levels.pop()
            levels.append(indentation)
            if len(levels) > DEEPEST_NESTING + 1:
                return offset + indentation
        offset += len(line) + 1
    return None


def too_deep(tree: ast.AST, deepest: int = DEEPEST_TREE) -> ast.AST | None:
    """The first node of a Python tree that has a place and lies deeper than `deepest`, or None. Does not recurse.

    Brackets are bounded before Python parses; chains like `a + b + c` are levels of the tree too.
    """
    level: list[ast.AST] = [tree]
    for _ in range(deepest):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return next((node for node in level if hasattr(node, "lineno")), None)


def _blank(text: str) -> str:
    return "".join("\n" if c == "\n" else " " for c in text)


def _place(before: str) -> tuple[int, int]:
    """Line and column, from 1, of what follows `before`."""
    line = before.count("\n") + 1
    return line, len(before) - (before.rfind("\n") + 1) + 1
