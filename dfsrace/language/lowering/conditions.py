# SPDX-License-Identifier: GPL-2.0-only
"""Expressions that are evaluated in one go: properties, conditions, messages, and whatever touches only locals."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, islice

from dfsrace.diagnostics import Diagnostic, ModelError
from dfsrace.language.lowering.context import coerced, plain
from dfsrace.language.typed import (
    BinaryExpression,
    CompareExpression,
    ConditionalExpression,
    Expression,
    FinishedExpression,
    Literal_,
    LocalDeclaration,
    LocalUse,
    LogicExpression,
    MessageText,
    NotExpression,
    QuantifierExpression,
    StateUse,
)
from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Bound,
    Compare,
    Const,
    Expr,
    Finished,
    IfElse,
    Not,
    Or,
    Quantifier,
    Read,
    walk,
)
from dfsrace.system.program import Message
from dfsrace.system.system import Variable

# The middle of a chain stands in both comparisons that it belongs to: nested chains double at each level.
MIDDLE_AT_MOST = 2_000


class OneStep:
    """Turns typed expressions into expressions over locals and cells that are evaluated in a single step.

    `names` gives the value of a local of the code around; quantifiers bind their own variables. `fold` may compute what
    constants decide. A name bound by an outermost all(...) chain stays known, for messages.
    """

    def __init__(
        self,
        variables: tuple[Variable, ...],
        names: Callable[[LocalDeclaration], Expr],
        fold: Callable[[Expr], Expr] = lambda e: e,
    ) -> None:
        self._variables = variables
        self._names = names
        self._fold = fold
        self._bound: dict[LocalDeclaration, Bound] = {}
        self._slots = count()

    def bind(self, local: LocalDeclaration) -> int:
        """A slot for a variable that the caller's instruction binds (choose)."""
        slot = next(self._slots)
        self._bound[local] = Bound(slot, local.type)
        return slot

    def slot(self) -> int:
        """A slot that nothing refers to."""
        return next(self._slots)

    def message(self, text: MessageText) -> Message:
        """A message with its expressions."""
        return Message(tuple(p if isinstance(p, str) else self.expression(p) for p in text.parts))

    def expression(self, e: Expression) -> Expr:
        """The expression; calls, choices and primitives cannot stand in it."""
        match e:
            case Literal_(value, kind):
                return Const(value, kind)
            case LocalUse(local):
                return self._bound[local] if local in self._bound else self._names(local)
            case StateUse():
                return self._fold(self.read(e))
            case NotExpression(operand):
                return self._fold(Not(self.plain(operand)))
            case BinaryExpression(operator, left, right):
                return self._fold(Arithmetic(operator, self.plain(left), self.plain(right)))
            case CompareExpression():
                return self._fold(self._chain(e))
            case LogicExpression(operator, operands):
                parts = tuple(self.plain(o) for o in operands)
                return self._fold(And(parts) if operator == "and" else Or(parts))
            case ConditionalExpression(test, then, other, kind):
                parts = (self.plain(test), self.expression(then), self.expression(other))
                return self._fold(IfElse(*parts, kind))
            case QuantifierExpression():
                return self._quantifier(e)
            case FinishedExpression(thread):
                return Finished(thread)
        raise TypeError(f"{type(e).__name__} cannot be evaluated in one step")

    def plain(self, e: Expression) -> Expr:
        """The same, for an operand that may not be None."""
        return self._fold(plain(self.expression(e), e.type))

    def read(self, e: StateUse) -> Read:
        """A cell, its indices made to fit the dimensions."""
        dimensions = self._variables[e.variable].dimensions
        indices = tuple(coerced(self.expression(i), i.type, d) for i, d in zip(e.indices, dimensions, strict=True))
        return Read(e.variable, indices, e.type)

    def _chain(self, e: CompareExpression) -> Expr:
        values = [self.expression(o) for o in e.operands]
        for middle, operand in zip(values[1:-1], e.operands[1:-1], strict=True):
            if next(islice(walk(middle), MIDDLE_AT_MOST, None), None) is not None:
                raise ModelError([_too_large(operand)])
        ordered = [self._fold(plain(v, o.type)) for v, o in zip(values, e.operands, strict=True)]
        links = tuple(
            self._fold(Compare(operator, *(values if operator in ("==", "!=") else ordered)[n : n + 2]))
            for n, operator in enumerate(e.operators)
        )
        return links[0] if len(links) == 1 else And(links)

    def _quantifier(self, e: QuantifierExpression) -> Expr:
        slot = self.bind(e.variable)
        condition = None if e.condition is None else self.plain(e.condition)
        return Quantifier(e.kind, slot, e.variable.name, e.domain, condition, self.plain(e.body))


def _too_large(e: Expression) -> Diagnostic:
    text = "comparisons are chained within the middle of others until they grow too large"
    return Diagnostic("DR608", e.span, text, help="compare two at a time, and join the comparisons with `and`")
