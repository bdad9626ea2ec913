# SPDX-License-Identifier: GPL-2.0-only
"""What languages of models share: substitution, and in which order evaluating an expression meets violations.

How values, tests and violations are written is a language's own; a quantifier that may fail is taken apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Bound,
    Checked,
    Compare,
    Const,
    Expr,
    IfElse,
    Not,
    Or,
    Quantifier,
    Read,
    may_fail,
)
from dfsrace.system.intervals import interval
from dfsrace.system.types import INT, PoolType, Type, Value, finite_values


def mapped(expression: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with every part for which `change` gives one replaced."""

    def go(part: Expr) -> Expr:
        changed = change(part)
        if changed is not None:
            return changed
        match part:
            case Read(variable, indices, kind):
                return Read(variable, tuple(map(go, indices)), kind)
            case Not(operand):
                return Not(go(operand))
            case Arithmetic(operator, left, right):
                return Arithmetic(operator, go(left), go(right))
            case Compare(relation, left, right):
                return Compare(relation, go(left), go(right))
            case And(operands):
                return And(tuple(map(go, operands)))
            case Or(operands):
                return Or(tuple(map(go, operands)))
            case IfElse(test, then, other, kind):
                return IfElse(go(test), go(then), go(other), kind)
            case Quantifier(condition=condition, body=body):
                return replace(part, condition=None if condition is None else go(condition), body=go(body))
            case Checked(operand, kind):
                return Checked(go(operand), kind)
        return part

    return go(expression)


def bound_to(expression: Expr, slot: int, value: Expr) -> Expr:
    """The expression with a bound variable replaced."""
    return mapped(expression, lambda e: value if isinstance(e, Bound) and e.slot == slot else None)


class Evaluation(ABC):
    """The walk of an expression for the first violation that evaluating it meets, as text of a language.

    `fine`: the text of no violation; `out_of_range`: that of `value out of range`; `chosen`: makes a conditional of a
    test and two ways; `first_of`: of some violations' texts that of the first that is one.
    """

    fine: str
    out_of_range: str
    chosen: Callable[[str, str, str], str]
    first_of: Callable[[Iterable[str]], str]

    @abstractmethod
    def value(self, e: Expr) -> str:
        """The value; only meant where `code` is `fine`."""

    @abstractmethod
    def is_nothing(self, e: Expr) -> str:
        """The test that an integer is 0."""

    @abstractmethod
    def misfit(self, operand: Expr, kind: Type) -> str:
        """The violation that an operand is not a value of the type."""

    @abstractmethod
    def of_pool(self, e: Quantifier) -> str:
        """The violation that a quantifier over a pool meets, whose values have no order."""

    def code(self, e: Expr) -> str:
        """The first violation that evaluating meets; `fine` for none."""
        if not may_fail(e):
            return self.fine
        match e:
            case Read(indices=indices):
                return self.first_of(map(self.code, indices))
            case Not(operand):
                return self.code(operand)
            case And(operands):
                return self._short(operands, True)
            case Or(operands):
                return self._short(operands, False)
            case Compare(left=left, right=right):
                return self.first_of(map(self.code, (left, right)))
            case Arithmetic(operator, left, right):
                codes = [self.code(left), self.code(right)]
                if operator in ("//", "%") and _may_be_0(right):
                    codes.append(self.chosen(self.is_nothing(right), self.out_of_range, self.fine))
                return self.first_of(codes)
            case IfElse(test, then, other):
                taken = self.chosen(self.value(test), self.code(then), self.code(other))
                return self.first_of((self.code(test), taken))
            case Quantifier(domain=PoolType()):
                return self.of_pool(e)
            case Quantifier():
                return self.code(self.unrolled(e))
            case Checked(operand, kind):
                return self.first_of((self.code(operand), self.misfit(operand, kind)))
        return self.fine

    def _short(self, operands: Sequence[Expr], going_on: bool) -> str:
        """Of and (going on while true) and or (while false)."""
        result = self.fine
        for operand in reversed(operands):
            rest = result
            if result != self.fine:
                ways = (result, self.fine) if going_on else (self.fine, result)
                rest = self.chosen(self.value(operand), *ways)
            result = self.first_of((self.code(operand), rest))
        return result

    # ---- quantifiers

    def unrolled(self, e: Quantifier) -> Expr:
        """A quantifier as the conjunction, disjunction or sum of what it is for each value of its domain, in order."""
        instances = [self.instance(e, value) for value in finite_values(e.domain)]
        if e.kind == "all":
            return And(tuple(Or((*(Not(c) for c in conditions), body)) for conditions, body in instances))
        if e.kind == "any":
            return Or(tuple(And((*conditions, body)) for conditions, body in instances))
        total: Expr = Const(0, INT)
        for conditions, body in instances:
            term = IfElse(And(conditions), body, Const(0, INT), INT) if conditions else body
            total = Arithmetic("+", total, term)
        return total

    def instance(self, e: Quantifier, value: Value) -> tuple[tuple[Expr, ...], Expr]:
        """What must be true for a value to count, and the body."""
        constant = Const(value, e.domain)
        conditions = () if e.condition is None else (bound_to(e.condition, e.slot, constant),)
        return conditions, bound_to(e.body, e.slot, constant)


def _may_be_0(e: Expr) -> bool:
    bounds = interval(e)
    return bounds is None or bounds[0] <= 0 <= bounds[1]
