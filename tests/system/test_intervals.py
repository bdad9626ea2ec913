# SPDX-License-Identifier: GPL-2.0-only
"""Intervals are those of all values that an expression can have, found here by trying them."""

from __future__ import annotations

from itertools import product

import pytest

from dfsrace.system.evaluation import arithmetic
from dfsrace.system.expressions import Arithmetic, Checked, Const, Expr, IfElse, Local, Quantifier
from dfsrace.system.intervals import Interval, interval
from dfsrace.system.types import BOOL, INT, NONE, NamedType, OptionalType, RangeType, StampType

RANGES = [RangeType(low, high) for low, high in product(range(-3, 4), repeat=2) if low <= high]


@pytest.mark.parametrize("operator", ["+", "-", "*", "//", "%", "min", "max"])
def test_arithmetic_has_all_its_results_between_the_bounds(operator: str) -> None:
    for left, right in product(RANGES, repeat=2):
        bounds = interval(Arithmetic(operator, Local(0, left), Local(1, right)))  # type: ignore[arg-type]
        assert bounds is not None
        values = [
            arithmetic(operator, a, b)
            for a, b in product(range(left.low, left.high + 1), range(right.low, right.high + 1))
            if b or operator not in ("//", "%")
        ]
        if values:
            assert bounds[0] <= min(values), (operator, left, right)
            assert max(values) <= bounds[1], (operator, left, right)
        if values and operator != "%":
            assert bounds == (min(values), max(values)), (operator, left, right)


DIGIT = RangeType(2, 5)
OTHERS: dict[str, tuple[Expr, Interval | None]] = {
    "constant": (Const(7, INT), (7, 7)),
    "none": (Const(None, NONE), None),
    "named": (Const(1, NamedType("Side", ("LEFT", "RIGHT"))), None),
    "optional": (Local(0, OptionalType(DIGIT)), (2, 5)),
    "unbounded": (Local(0, INT), None),
    "truth": (Local(0, BOOL), (0, 1)),
    "checked": (Checked(Local(0, RangeType(0, 3)), DIGIT), (2, 3)),
    "checked in vain": (Checked(Local(0, RangeType(0, 1)), DIGIT), (2, 5)),
    "either": (IfElse(Local(0, BOOL), Const(1, INT), Const(9, INT), INT), (1, 9)),
    "sum": (Quantifier("sum", 0, "i", DIGIT, None, Local(0, RangeType(-1, 3))), (-4, 12)),
    "sum over what has no end": (Quantifier("sum", 0, "i", StampType("S"), None, Local(0, DIGIT)), None),
    "all": (Quantifier("all", 0, "i", DIGIT, None, Local(0, BOOL)), (0, 1)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_expressions(name: str) -> None:
    expression, bounds = OTHERS[name]
    assert interval(expression) == bounds
