# SPDX-License-Identifier: GPL-2.0-only
"""The value of an expression, by walking it: plain, for replay and setup; engines compile expressions instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Bound,
    Checked,
    Compare,
    Const,
    Expr,
    Finished,
    IfElse,
    Local,
    Not,
    Or,
    Quantifier,
    Read,
    may_fail,
)
from dfsrace.system.lock_rules import Cause, Violated
from dfsrace.system.memory import Memory
from dfsrace.system.types import OptionalType, PoolType, RangeType, Type, Value, base_of, finite_values

NULL = "null dereference"
RANGE = "value out of range"

T = TypeVar("T")


@dataclass(slots=True)
class Scope:
    """What an expression may see: cells, locals by slot, bound variables by slot, and which threads have finished.

    `seen` is told each cell that is read, with its value.
    """

    memory: Memory
    cells: Sequence[Value]
    locals: Mapping[int, Value]
    finished: Sequence[bool] = ()
    bound: dict[int, Value] = field(default_factory=dict)
    seen: Callable[[int, Value], None] | None = None


def check(value: Value, kind: Type) -> Value:
    """`value` if `kind` has it; else the automatic violation."""
    if value is None:
        if not isinstance(kind, OptionalType):
            raise Violated(NULL)
        return None
    base = base_of(kind)
    if isinstance(base, RangeType) and not base.low <= value <= base.high:
        raise Violated(RANGE, Cause(f"{value} is not in {base.low}..{base.high}"))
    return value


def cell_of(read: Read, scope: Scope) -> int:
    """The place of the cell that a Read names; its indices are evaluated from left to right."""
    position = tuple(evaluate(index, scope) for index in read.indices)
    return scope.memory.place[read.variable, position]


def integer(expression: Expr, scope: Scope) -> int:
    """The value of an expression that cannot be None."""
    value = evaluate(expression, scope)
    assert value is not None
    return value


def arithmetic(operator: str, left: int, right: int) -> int:
    """Exact integers; dividing by zero is `value out of range`."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "min":
            return min(left, right)
        case "max":
            return max(left, right)
    if right == 0:
        raise Violated(RANGE)
    return left // right if operator == "//" else left % right


def compare(operator: str, left: Value, right: Value) -> bool:
    """None equals only None; order is of integers."""
    if operator in ("==", "!="):
        return (left == right) == (operator == "==")
    assert left is not None and right is not None
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def domain_values(kind: Type, scope: Scope) -> Iterable[Value]:
    """The values that a quantifier or choice ranges over."""
    return scope.memory.visible(scope.cells, kind) if isinstance(kind, PoolType) else finite_values(kind)


def in_no_order(values: Iterable[Value], each: Callable[[Value], T]) -> Iterator[T]:
    """`each` of the values of a pool, which has no order: all are looked at, and a violation at one is one of them all.

    Raises the violation; NULL rather than RANGE where both happen. So a renaming of the values changes nothing.
    """
    results, failed = list[T](), list[Violated]()
    for value in values:
        try:
            results.append(each(value))
        except Violated as violation:
            failed.append(violation)
    if failed:
        raise min(failed, key=lambda violation: violation.name != NULL)
    return iter(results)


def _elements(expression: Quantifier, scope: Scope) -> Iterator[int | None]:
    """The body for each value of the domain, None for a value that does not satisfy the condition."""

    def element(value: Value) -> int | None:
        scope.bound[expression.slot] = value
        counts = expression.condition is None or evaluate(expression.condition, scope)
        return integer(expression.body, scope) if counts else None

    values = domain_values(expression.domain, scope)
    if isinstance(expression.domain, PoolType) and may_fail(expression):
        return in_no_order(values, element)
    return (element(value) for value in values)


def _quantified(expression: Quantifier, scope: Scope) -> Value:
    total = 0
    for result in _elements(expression, scope):
        if result is None:
            continue
        if expression.kind == "all" and not result:
            return 0
        if expression.kind == "any" and result:
            return 1
        total += result
    return {"all": 1, "any": 0, "sum": total}[expression.kind]


def _checked(value: Value, kind: Type, expression: Expr, scope: Scope) -> Value:
    """As `check`; where it fails, the cause says which check it was."""
    try:
        return check(value, kind)
    except Violated as violation:
        raise _found(violation, expression, scope) from None


def _arithmetic(operator: str, left: int, right: int, divisor: Expr, scope: Scope) -> int:
    """As `arithmetic`; where it fails, the cause says what was 0."""
    try:
        return arithmetic(operator, left, right)
    except Violated as violation:
        raise _found(violation, divisor, scope) from None


def _found(violation: Violated, expression: Expr, scope: Scope) -> Violated:
    return Violated(violation.name, Cause(violation.cause.words, expression, tuple(scope.bound.items())))


def _read(expression: Read, scope: Scope) -> Value:
    index = cell_of(expression, scope)
    value = scope.cells[index]
    if scope.seen is not None:
        scope.seen(index, value)
    return value


def evaluate(expression: Expr, scope: Scope) -> Value:
    """The value of an expression; raises Violated where it has none."""
    match expression:
        case Const(value):
            return value
        case Local(slot):
            return scope.locals[slot]
        case Bound(slot):
            return scope.bound[slot]
        case Read():
            return _read(expression, scope)
        case Not(operand):
            return int(not evaluate(operand, scope))
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, integer(left, scope), integer(right, scope), right, scope)
        case Compare(comparison, left, right):
            return int(compare(comparison, evaluate(left, scope), evaluate(right, scope)))
        case And(operands):
            return int(all(evaluate(operand, scope) for operand in operands))
        case Or(operands):
            return int(any(evaluate(operand, scope) for operand in operands))
        case IfElse(test, then, other):
            return evaluate(then if evaluate(test, scope) else other, scope)
        case Quantifier():
            return _quantified(expression, scope)
        case Finished(thread):
            return int(scope.finished[thread])
        case Checked(operand, kind):
            return _checked(evaluate(operand, scope), kind, expression, scope)
    raise TypeError(f"no expression: {expression!r}")
