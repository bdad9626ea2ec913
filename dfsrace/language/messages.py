# SPDX-License-Identifier: GPL-2.0-only
"""Text with {expressions} in it: messages of asserts and of properties."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.declarations import Code
from dfsrace.language.python_syntax import parse_expression
from dfsrace.language.typed import Expression, MessageText


def message_text(context: Context, code: Code, whole: Span | None) -> MessageText | None:
    """The message typed; None after a diagnostic.

    Doubled braces stand for themselves. `whole` is what diagnostics point at where places in the text are not known.
    """
    parts: list[str | Expression] = []
    good = True
    for start, piece, is_code in _pieces(code.text):
        if start < 0:
            place = whole or _place(code, -start - 1)
            context.error(
                "DR410", place, piece, help="write {expression}; a brace of the text is written twice: {{ or }}"
            )
            return None
        if not is_code:
            parts.append(piece)
            continue
        typed = _typed(context, code, start, piece, whole)
        if typed is None:
            good = False
        else:
            parts.append(typed)
    return MessageText(tuple(parts)) if good else None


def string_text(context: Context, node: ast.expr) -> MessageText | None:
    """The message of an assert; None after a diagnostic."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        if isinstance(node, ast.JoinedStr):
            context.refuse(node)
        else:
            message = f"the message of an assert is plain text, not {quoted(context.source(node))}"
            context.error("DR410", node, message, help='write assert condition, "what is wrong with {value}"')
        return None
    raw = context.text.raw(node)
    span = context.span(node)
    if len(raw) == len(node.value) + 2 and raw[1:-1] == node.value:
        return message_text(context, Code(node.value, span.file, span.line, span.column + 1), None)
    return message_text(context, Code(node.value, span.file, span.line, span.column), span)


def _place(code: Code, offset: int) -> Span:
    line = code.text.count("\n", 0, offset) + 1
    column = offset - (code.text.rfind("\n", 0, offset) + 1)
    return code.span(line, column, line, column + 1)


def _typed(context: Context, code: Code, start: int, piece: str, whole: Span | None) -> Expression | None:
    if not piece.strip():
        context.error(
            "DR410", whole or _place(code, start), "empty braces in a message", help="write an expression in them"
        )
        return None
    place = whole or _place(code, start)
    parsed = parse_expression(Code(piece, code.file, place.line, place.column), context.problems)
    if parsed is None:
        return None
    before = context.text
    context.text = parsed[0]
    try:
        with context.within("a message"):
            return context.value(parsed[1])
    finally:
        context.text = before


def _pieces(text: str) -> Iterator[tuple[int, str, bool]]:
    """(place, text, whether it is code) of each part; a negative place, -1 - place, is an error with its message."""
    plain = ""
    place = 0
    while place < len(text):
        pair = text[place : place + 2]
        if pair in ("{{", "}}"):
            plain += pair[0]
            place += 2
        elif text[place] == "}":
            yield -1 - place, "'}' without '{' in a message", False
            return
        elif text[place] == "{":
            end = _closing(text, place)
            if end is None:
                yield -1 - place, "'{' without '}' in a message", False
                return
            if plain:
                yield place, plain, False
                plain = ""
            yield place + 1, text[place + 1 : end], True
            place = end + 1
        else:
            plain += text[place]
            place += 1
    if plain:
        yield place, plain, False


def _closing(text: str, start: int) -> int | None:
    """Where the brace opened at `start` is closed."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None
