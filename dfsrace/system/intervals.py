# SPDX-License-Identifier: GPL-2.0-only
"""Between which bounds an expression's value lies, as far as its types say."""

from __future__ import annotations

from itertools import product

from dfsrace.system.expressions import Arithmetic, Checked, Const, Expr, IfElse, Quantifier
from dfsrace.system.types import RangeType, StampType, Type, base_of, finite_values

Interval = tuple[int, int]


def interval(expression: Expr) -> Interval | None:
    """The least and the greatest value of an integer or Boolean expression; None for any other.

    None for an absent value does not count. The bounds are reached where the types' own corners reach them.
    """
    match expression:
        case Const(value=None):
            return None
        case Const(value=value, type=kind):
            return (value, value) if value is not None and _countable(kind) else None
        case Arithmetic(operator, left, right):
            one, other = interval(left), interval(right)
            return None if one is None or other is None else arithmetic_bounds(operator, one, other)
        case Checked(operand, kind):
            return _both(_of_type(kind), interval(operand))
        case IfElse(_, then, other, kind):
            inside = _hull(interval(then), interval(other))
            return _both(_of_type(kind), inside)
        case Quantifier(kind="sum", domain=domain, body=body):
            each = None if isinstance(domain, StampType) else interval(body)
            if each is None:
                return None
            count = len(finite_values(domain))
            return min(0, each[0] * count), max(0, each[1] * count)
    return _of_type(expression.type)


def _countable(kind: Type) -> bool:
    return base_of(kind).name in ("int", "bool") or isinstance(base_of(kind), RangeType)


def _of_type(kind: Type) -> Interval | None:
    base = base_of(kind)
    if isinstance(base, RangeType):
        return base.low, base.high
    return (0, 1) if base.name == "bool" else None


def _hull(one: Interval | None, other: Interval | None) -> Interval | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def _both(one: Interval | None, other: Interval | None) -> Interval | None:
    """The values in both, where both are known; a check that always fails leaves the type's own bounds."""
    if one is None or other is None:
        return one or other
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else one


def arithmetic_bounds(operator: str, left: Interval, right: Interval) -> Interval:
    """The least and the greatest result of an operator of Arithmetic; NO_VALUE where it always divides by zero."""
    match operator:
        case "+":
            return left[0] + right[0], left[1] + right[1]
        case "-":
            return left[0] - right[1], left[1] - right[0]
        case "*":
            corners = [a * b for a, b in product(left, right)]
            return min(corners), max(corners)
        case "min":
            return min(left[0], right[0]), min(left[1], right[1])
        case "max":
            return max(left[0], right[0]), max(left[1], right[1])
        case "//":
            return _quotients(left, right)
    return _remainders(left, right)


# A division that always fails has no value, and none that could lie outside a type.
NO_VALUE: Interval = (1, 0)


def _quotients(left: Interval, right: Interval) -> Interval:
    """Quotients are extreme at the divisors that are extreme or next to zero; dividing by zero gives none."""
    divisors = {d for d in (*right, -1, 1) if d and right[0] <= d <= right[1]}
    corners = [a // d for a, d in product(left, divisors)]
    return (min(corners), max(corners)) if corners else NO_VALUE


def _remainders(left: Interval, right: Interval) -> Interval:
    """A remainder has the divisor's sign and is smaller; a dividend that is smaller already stays as it is."""
    if right == (0, 0):
        return NO_VALUE
    if left[0] >= 0 and right[0] > left[1]:
        return left
    low, high = min(0, right[0] + 1), max(0, right[1] - 1)
    if left[0] >= 0 and right[0] >= 0:
        high = min(high, left[1])
    return low, high
