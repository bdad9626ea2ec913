# SPDX-License-Identifier: GPL-2.0-only
"""How generated C fails, and what a loop over a type's values runs through."""

from __future__ import annotations

from dfsrace.engine.native.values import constant, number
from dfsrace.engine.reference.path import VIOLATION
from dfsrace.system.types import Type, finite_values

NO_FAILURE = len(VIOLATION)


def fail(name: str) -> str:
    """The statement that leaves for an automatic violation."""
    return f"FAIL({VIOLATION[name]});"


def sequence(kind: Type) -> tuple[int, int]:
    """The first and the last representation of a finite type's values, which are consecutive."""
    values = finite_values(kind)
    if not values:
        return 0, -1
    first, last = number(constant(kind, values[0])), number(constant(kind, values[-1]))
    assert first is not None and last is not None
    return first, last
