# SPDX-License-Identifier: GPL-2.0-only
"""What the typing of code carries along: names, the text in hand, where it stands, and where diagnostics go."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.language import refusals
from dfsrace.language.python_syntax import CodeText
from dfsrace.language.scopes import ModelNames, Scope
from dfsrace.language.type_rules import fits, with_article
from dfsrace.language.typed import CallExpression, Expression, Literal_, PrimitiveExpression
from dfsrace.system.types import BoolType, NoneType, OptionalType, RangeType, StampType, Type, base_of, type_text


@dataclass(slots=True)
class Context:
    """One body of code being typed.

    `typer` types an expression; None is what it gives after a diagnostic. `one_step`: what is evaluated in one step
    here ("the condition of wait_event"), so that it may call next to nothing. `loops`: how many loops are around.
    """

    names: ModelNames
    problems: Collector
    text: CodeText
    scope: Scope
    typer: Callable[[Context, ast.expr], Expression | None]
    one_step: str = ""
    in_property: bool = False
    loops: int = 0

    def fresh(self) -> Context:
        """The same text, with a body of its own."""
        return Context(self.names, self.problems, self.text, Scope(), self.typer)

    def value(self, node: ast.expr) -> Expression | None:
        """The typed expression; None after a diagnostic."""
        value = self.typer(self, node)
        if isinstance(value, CallExpression | PrimitiveExpression) and isinstance(value.type, NoneType):
            name = value.call if isinstance(value, PrimitiveExpression) else value.procedure
            self.error("DR544", node, f"{name} gives no value", help="write it as a statement of its own")
            return None
        return value

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """The node's place in the model's file."""
        return self.text.span(node)

    def source(self, node: ast.expr | ast.stmt) -> str:
        """The node's text on one line."""
        return self.text.source(node)

    def error(
        self,
        code: str,
        node: ast.expr | ast.stmt | Span,
        message: str,
        *,
        help: str = "",
        allowed: Sequence[str] = (),
        notes: Sequence[tuple[Span, str]] = (),
    ) -> None:
        """Takes a diagnostic about a node."""
        span = node if isinstance(node, Span) else self.span(node)
        self.problems.add(code, span, message, help=help, allowed=allowed, notes=notes)

    def refuse(self, node: ast.expr | ast.stmt, name: str = "", help: str = "") -> None:
        """Reports Python that the model language does not have, by its name."""
        if not name:
            kind = refusals.node_name(node)
            statement = isinstance(node, ast.stmt)
            table = refusals.STATEMENTS if statement else refusals.EXPRESSIONS
            name, help = table.get(kind, (kind, ""))
        code = "DR402" if isinstance(node, ast.stmt) else "DR403"
        span = self.span(node)
        if isinstance(node, ast.stmt) and span.line != span.end_line:
            span = Span(span.file, span.line, span.column, span.line, span.column + len(name.split()[0]))
        self.error(code, span, f"the model language has no {_bare(name)}", help=help)

    @contextmanager
    def within(self, what: str) -> Iterator[None]:
        """While it lasts, expressions are evaluated in one step."""
        before = self.one_step
        self.one_step = before or what
        try:
            yield
        finally:
            self.one_step = before

    def accepts(self, target: Type, given: Expression, node: ast.expr, where: str) -> bool:
        """True if the value may go there; else a diagnostic. `where`: what needs it, with its verb (`x takes`)."""
        if fits(target, given.type):
            return True
        wanted = type_text(target)
        if isinstance(given.type, NoneType):
            help = "" if isinstance(target, OptionalType) else f"declare it as {wanted} | None, if it may be absent"
            self.error("DR506", given.span, f"None is given where {where} {wanted}", allowed=[wanted], help=help)
            return False
        what = f"{quoted(self.source(node))} is {with_article(given.type)}"
        help = _conversion(target, given)
        self.error("DR505", given.span, f"{what}, but {where} {wanted}", allowed=[wanted], help=help)
        return False

    def unknown(self, code: str, node: ast.expr, message: str, known: Sequence[str]) -> None:
        """Reports a name that nothing has; the nearest of `known` is suggested."""
        name = node.attr if isinstance(node, ast.Attribute) else self.source(node)
        near = did_you_mean(name, known)
        self.error(code, node, message, help=near, allowed=sorted(known))


def _conversion(target: Type, given: Expression) -> str:
    """What C would have converted, written out; the empty string where nothing is meant by it."""
    number = given.value if isinstance(given, Literal_) and isinstance(given.type, RangeType) else None
    if isinstance(target, BoolType) and number in (0, 1):
        return f"write {bool(number)}"
    if isinstance(target, OptionalType) and number == 0:
        return "write None"
    if isinstance(base_of(target), StampType) and isinstance(given.type, RangeType):
        return "a stamp is no number: copy another one, or give it a new value by renew(cell)"
    return ""


def _bare(name: str) -> str:
    for article in ("a ", "an ", "the "):
        if name.startswith(article):
            return name[len(article) :]
    return name
