# SPDX-License-Identifier: GPL-2.0-only
"""The value of an expression, by walking it: plain, for replay and setup; engines compile expressions instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
)
from dfsrace.system.lock_rules import Violated
from dfsrace.system.memory import Memory
from dfsrace.system.types import OptionalType, PoolType, RangeType, Type, Value, base_of, finite_values

NULL = "null dereference"
RANGE = "value out of range"


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
        raise Violated(RANGE, f"{value} is not in {base.low}..{base.high}")
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
        raise Violated(RANGE, "the divisor is 0")
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


def _quantified(expression: Quantifier, scope: Scope) -> Value:
    total = 0
    for value in domain_values(expression.domain, scope):
        scope.bound[expression.slot] = value
        if expression.condition is not None and not evaluate(expression.condition, scope):
            continue
        result = integer(expression.body, scope)
        if expression.kind == "all" and not result:
            return 0
        if expression.kind == "any" and result:
            return 1
        total += result
    return {"all": 1, "any": 0, "sum": total}[expression.kind]


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
            return arithmetic(operator, integer(left, scope), integer(right, scope))
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
            return check(evaluate(operand, scope), kind)
    raise TypeError(f"no expression: {expression!r}")
