# SPDX-License-Identifier: GPL-2.0-only
"""Which types go together, and the intervals of integer arithmetic."""

from __future__ import annotations

from dfsrace.system.intervals import NO_VALUE, arithmetic_bounds
from dfsrace.system.types import (
    NONE,
    BoolType,
    IntType,
    LockType,
    NamedType,
    NoneType,
    OptionalType,
    RangeType,
    StampType,
    Type,
    base_of,
    type_text,
)

# The type of what could not be typed and was reported already: it goes with everything.
UNKNOWN = NamedType("?", ())

LARGEST = 10**18


def is_integer(kind: Type) -> bool:
    """True for integers, and integers or None."""
    return isinstance(base_of(kind), RangeType | IntType)


def is_bool(kind: Type) -> bool:
    """True for Booleans, and Booleans or None (which is checked when it happens)."""
    return isinstance(base_of(kind), BoolType)


def same(left: Type, right: Type) -> bool:
    """True for one type under whatever name: Booleans are one, ranges by their bounds."""
    if isinstance(left, OptionalType) and isinstance(right, OptionalType):
        return same(left.base, right.base)
    return left == right or (isinstance(left, BoolType) and isinstance(right, BoolType))


def comparable(left: Type, right: Type) -> bool:
    """True if `==` between the two makes sense: the same type but for None, or both integers."""
    if isinstance(left, NoneType) or isinstance(right, NoneType):
        return True
    if is_integer(left) and is_integer(right):
        return True
    return same(base_of(left), base_of(right))


def fits(target: Type, source: Type) -> bool:
    """True if some value of the source may be one of the target; the rest is checked when it happens."""
    if isinstance(source, NoneType):
        return isinstance(target, OptionalType | NoneType)
    if isinstance(target, NoneType):
        return False
    return comparable(target, source)


def joined(left: Type, right: Type) -> Type | None:
    """The type that has the values of both, or None where there is none."""
    if isinstance(left, NoneType) and isinstance(right, NoneType):
        return NONE
    bases = [base_of(kind) for kind in (left, right) if not isinstance(kind, NoneType)]
    first, last = bases[0], bases[-1]
    if isinstance(first, RangeType) and isinstance(last, RangeType):
        first = first if first == last else RangeType(min(first.low, last.low), max(first.high, last.high))
    elif not same(first, last):
        return None
    if any(isinstance(kind, NoneType | OptionalType) for kind in (left, right)):
        return None if isinstance(first, NoneType | OptionalType | LockType) else OptionalType(first)
    return first


def interval(operator: str, left: RangeType, right: RangeType) -> RangeType:
    """All values that the operation may give; a divisor is not zero (that ends the run)."""
    bounds = arithmetic_bounds(operator, (left.low, left.high), (right.low, right.high))
    return RangeType(0, 0) if bounds == NO_VALUE else RangeType(*bounds)


def with_article(kind: Type) -> str:
    """What a value of the type is, in words."""
    match kind:
        case NoneType():
            return "None"
        case BoolType():
            return "a Boolean"
        case RangeType(low, high) if low == high:
            return "an integer"
        case RangeType() | IntType():
            return f"an integer ({type_text(kind)})"
        case StampType():
            return f"a stamp ({kind.name})"
        case LockType():
            return f"a {kind.kind}"
        case OptionalType():
            return f"{with_article(kind.base)} or None"
    name = type_text(kind)
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
