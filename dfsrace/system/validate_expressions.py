# SPDX-License-Identifier: GPL-2.0-only
"""Whether expressions keep what `dfsrace.system.expressions` promises of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

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
    children,
)
from dfsrace.system.intervals import NO_VALUE, interval
from dfsrace.system.program import LocalVariable
from dfsrace.system.system import System, Variable
from dfsrace.system.types import (
    BoolType,
    IntType,
    LockType,
    NamedType,
    NoneType,
    OptionalType,
    PoolType,
    RangeType,
    Type,
    admits,
    base_of,
    type_text,
)


@dataclass(frozen=True, slots=True)
class Place:
    """What an expression may speak of where it stands.

    `locals`: of the thread, None in properties. `cells`: it may read variables that are not constant. `finished`: how
    many threads Finished may name, None in code.
    """

    variables: tuple[Variable, ...]
    locals: tuple[LocalVariable, ...] | None
    cells: bool
    finished: int | None = None
    bound: tuple[tuple[int, Type], ...] = ()

    def binding(self, slot: int, kind: Type) -> Place:
        """The place inside a quantifier or choice."""
        return replace(self, bound=(*self.bound, (slot, kind)))


def property_place(system: System) -> Place:
    """Where properties stand."""
    return Place(system.variables, None, True, len(system.threads))


def is_integer(kind: Type) -> bool:
    """True for integers that are there."""
    return isinstance(kind, IntType | RangeType)


def _numeric(kind: Type) -> bool:
    return isinstance(kind, IntType | RangeType | BoolType)


def fits(expression: Expr, target: Type) -> bool:
    """True if the static types say that the expression's value is one of the target's."""
    source = expression.type
    if isinstance(expression, Const):
        return admits(target, expression.value) and _comparable(source, target)
    if isinstance(source, OptionalType | NoneType) and not isinstance(target, OptionalType):
        return isinstance(source, NoneType) and isinstance(target, NoneType)
    if isinstance(source, NoneType):
        return True
    if is_integer(base_of(source)) and isinstance(base_of(target), RangeType):
        bounds, wanted = interval(expression), base_of(target)
        assert isinstance(wanted, RangeType)
        return bounds is not None and (bounds == NO_VALUE or wanted.low <= bounds[0] <= bounds[1] <= wanted.high)
    if isinstance(base_of(target), IntType):
        return is_integer(base_of(source))
    return base_of(source) == base_of(target)


def _comparable(left: Type, right: Type) -> bool:
    if isinstance(left, NoneType) or isinstance(right, NoneType):
        return True
    one, other = base_of(left), base_of(right)
    return one == other or (is_integer(one) and is_integer(other))


def expression_problems(expression: Expr, place: Place) -> Iterator[str]:
    """What is wrong in an expression, outermost first."""
    yield from _here(expression, place)
    match expression:
        case Quantifier(slot=slot, domain=domain):
            place = place.binding(slot, domain)
    for child in children(expression):
        yield from expression_problems(child, place)


def _here(expression: Expr, place: Place) -> Iterator[str]:
    """What is wrong with an expression itself."""
    check = _CHECKS.get(type(expression))
    if check is not None:
        yield from check(expression, place)


def _const(e: Const, place: Place) -> Iterator[str]:
    if not admits(e.type, e.value):
        yield f"the constant {e.value} is not a value of {type_text(e.type)}"


def _local(e: Local, place: Place) -> Iterator[str]:
    if place.locals is None:
        yield f"local {e.slot} is read where there are no locals"
    elif not 0 <= e.slot < len(place.locals):
        yield f"local {e.slot} is not declared"
    elif place.locals[e.slot].type != e.type:
        yield f"local {e.slot} is read as {type_text(e.type)}, but is {type_text(place.locals[e.slot].type)}"


def _bound(e: Bound, place: Place) -> Iterator[str]:
    if (e.slot, e.type) not in place.bound:
        yield f"the bound variable {e.slot} of type {type_text(e.type)} is not bound here"


def access_problems(e: Read, place: Place) -> Iterator[str]:
    """What is wrong with how a cell is named, whatever is done with it; not inside its indices."""
    if not 0 <= e.variable < len(place.variables):
        yield f"variable {e.variable} does not exist"
        return
    variable = place.variables[e.variable]
    if e.type != variable.type:
        yield f"{variable.name} is taken as {type_text(e.type)}, but is {type_text(variable.type)}"
    if len(e.indices) != len(variable.dimensions):
        yield f"{variable.name} has {len(variable.dimensions)} dimensions, not {len(e.indices)}"
    for index, dimension in zip(e.indices, variable.dimensions, strict=False):
        if not fits(index, dimension):
            yield f"an index of {variable.name} may lie outside {type_text(dimension)} and is not checked"


def _read(e: Read, place: Place) -> Iterator[str]:
    yield from access_problems(e, place)
    if not 0 <= e.variable < len(place.variables):
        return
    variable = place.variables[e.variable]
    if isinstance(variable.type, LockType):
        yield f"the lock {variable.name} is read"
    if not place.cells and not variable.constant:
        yield f"{variable.name} is not constant, and is read within a local computation"


def _truth(*operands: Expr) -> Iterator[str]:
    for operand in operands:
        if not isinstance(operand.type, BoolType):
            yield f"a Boolean is wanted, not {type_text(operand.type)}"


def _arithmetic(e: Arithmetic, place: Place) -> Iterator[str]:
    for operand in (e.left, e.right):
        if not _numeric(operand.type):
            yield f"an integer is wanted for {e.operator}, not {type_text(operand.type)}"


def _compare(e: Compare, place: Place) -> Iterator[str]:
    left, right = e.left.type, e.right.type
    if e.operator in ("==", "!="):
        if not _comparable(left, right):
            yield f"{type_text(left)} and {type_text(right)} are compared"
    elif not (is_integer(left) and is_integer(right)):
        yield f"{type_text(left)} and {type_text(right)} are compared by order"


def _if_else(e: IfElse, place: Place) -> Iterator[str]:
    yield from _truth(e.test)
    for branch in (e.then, e.other):
        if not fits(branch, e.type):
            yield f"a branch of a conditional expression may lie outside {type_text(e.type)}"


def domain_problems(domain: Type) -> Iterator[str]:
    """What is wrong with a type that a quantifier or choice ranges over."""
    if not isinstance(base_of(domain), BoolType | RangeType | NamedType | PoolType):
        yield f"{type_text(domain)} cannot be ranged over"


def _quantifier(e: Quantifier, place: Place) -> Iterator[str]:
    if e.slot in (slot for slot, _ in place.bound):
        yield f"the bound variable {e.slot} is bound twice"
    yield from domain_problems(e.domain)
    if e.condition is not None:
        yield from _truth(e.condition)
    if e.kind == "sum" and not _numeric(e.body.type):
        yield f"a sum of {type_text(e.body.type)}"
    elif e.kind != "sum":
        yield from _truth(e.body)


def _finished(e: Finished, place: Place) -> Iterator[str]:
    if place.finished is None:
        yield "finished(...) outside a property"
    elif not 0 <= e.thread < place.finished:
        yield f"finished({e.thread}): there is no such thread"


def _checked(e: Checked, place: Place) -> Iterator[str]:
    if not _comparable(e.operand.type, e.type):
        yield f"{type_text(e.operand.type)} is checked to be {type_text(e.type)}"


_CHECKS: dict[type, Callable[..., Iterator[str]]] = {
    Const: _const,
    Local: _local,
    Bound: _bound,
    Read: _read,
    Not: lambda e, place: _truth(e.operand),
    And: lambda e, place: _truth(*e.operands),
    Or: lambda e, place: _truth(*e.operands),
    Arithmetic: _arithmetic,
    Compare: _compare,
    IfElse: _if_else,
    Quantifier: _quantifier,
    Finished: _finished,
    Checked: _checked,
}
