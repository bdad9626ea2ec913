# SPDX-License-Identifier: GPL-2.0-only
"""Typed expressions of a transition system. They have no effect; what evaluation may meet is a `Checked` that fails.

Evaluation is strict from left to right, except And, Or, IfElse and Quantifier, which stop as soon as the result is
known. An index always has the type of its dimension, a stored value that of its cell: where the static types do not
say so, a `Checked` stands around it. Failures are a failing `Checked` (see there) and a division by zero, which is the
automatic violation `value out of range`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.types import BOOL, INT, Type, Value


@dataclass(frozen=True, slots=True)
class Const:
    """A value of a type."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Local:
    """A local of the executing thread: a place in `Thread.locals`."""

    slot: int
    type: Type


@dataclass(frozen=True, slots=True)
class Bound:
    """The variable of an enclosing Quantifier or Choose; slots are unique within one expression."""

    slot: int
    type: Type


@dataclass(frozen=True, slots=True)
class Read:
    """The value of a variable's cell. `indices` has one expression for each of the variable's dimensions.

    Inside an instruction that is local, only constant variables are read. Lock variables are never read.
    """

    variable: int
    indices: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Not:
    """The other Boolean."""

    operand: Expr

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Exact integers; `//` and `%` round as Python's; unary minus is `0 - x`."""

    operator: Literal["+", "-", "*", "//", "%", "min", "max"]
    left: Expr
    right: Expr

    @property
    def type(self) -> Type:
        return INT


@dataclass(frozen=True, slots=True)
class Compare:
    """Equality on any two values of comparable types (None equals only None); order on integers only."""

    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    left: Expr
    right: Expr

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class And:
    """True if all are; evaluation stops at the first that is not."""

    operands: tuple[Expr, ...]

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class Or:
    """True if any is; evaluation stops at the first that is."""

    operands: tuple[Expr, ...]

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class IfElse:
    """`then if test else other`; only the one that is chosen is evaluated."""

    test: Expr
    then: Expr
    other: Expr
    type: Type


@dataclass(frozen=True, slots=True)
class Quantifier:
    """all, any or sum of `body` over the values of `domain` that satisfy `condition`, in the order of the values.

    A pool as domain stands for the values reachable from a cell that is no pool field, through fields of such values
    too, in ascending order; what only locals hold is not among them. As a pool has no order, all are looked at, and
    what fails for one of them fails as a whole (`null dereference` rather than `value out of range`).
    """

    kind: Literal["all", "any", "sum"]
    slot: int
    name: str
    domain: Type
    condition: Expr | None
    body: Expr

    @property
    def type(self) -> Type:
        return INT if self.kind == "sum" else BOOL


@dataclass(frozen=True, slots=True)
class Finished:
    """True if the thread has reached the end of its code; in properties only."""

    thread: int

    @property
    def type(self) -> Type:
        return BOOL


@dataclass(frozen=True, slots=True)
class Checked:
    """`operand`, which must be a value of `type`: None where `type` admits none is `null dereference`, an integer

    outside a range is `value out of range`. Stands only where the static types do not already say so.
    """

    operand: Expr
    type: Type


Expr: TypeAlias = (
    Const | Local | Bound | Read | Not | Arithmetic | Compare | And | Or | IfElse | Quantifier | Finished | Checked
)


def children(expression: Expr) -> tuple[Expr, ...]:
    """The direct operands, in the order of evaluation."""
    match expression:
        case Read(indices=indices):
            return indices
        case Not(operand) | Checked(operand):
            return (operand,)
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case And(operands) | Or(operands):
            return operands
        case IfElse(test, then, other):
            return (test, then, other)
        case Quantifier(condition=None, body=body):
            return (body,)
        case Quantifier(condition=condition, body=body):
            assert condition is not None
            return (condition, body)
    return ()


def walk(expression: Expr) -> Iterator[Expr]:
    """The expression and everything in it, outermost first."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def locals_of(expression: Expr) -> frozenset[int]:
    """Slots of the locals that the expression may read."""
    return frozenset(e.slot for e in walk(expression) if isinstance(e, Local))


def may_fail(expression: Expr) -> bool:
    """True if evaluating it can be an automatic violation; False is certain."""
    return any(
        isinstance(e, Checked) or (isinstance(e, Arithmetic) and e.operator in ("//", "%")) for e in walk(expression)
    )
