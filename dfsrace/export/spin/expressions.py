# SPDX-License-Identifier: GPL-2.0-only
"""Expressions of a system as Promela: the value, and beforehand whether evaluating it is an automatic violation."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dfsrace.export.evaluation import Evaluation
from dfsrace.export.spin.names import LARGEST, Names, NotExpressible, encoded, is_reference, low_of
from dfsrace.system import AUTOMATIC_PROPERTIES
from dfsrace.system.expressions import (
    And,
    Arithmetic,
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
    walk,
)
from dfsrace.system.intervals import interval
from dfsrace.system.types import (
    BOOL,
    INT,
    IntType,
    NoneType,
    OptionalType,
    PoolType,
    RangeType,
    Type,
    Value,
    base_of,
    finite_values,
)

# An automatic violation's number in the Promela text; 0 is none.
CODES = {name: number for number, name in enumerate(AUTOMATIC_PROPERTIES, 1)}
NULL = CODES["null dereference"]
RANGE = CODES["value out of range"]


# Slots from here on stand for Promela text, not for locals.
TEXT = 1_000_000


def is_zero(text: str) -> bool:
    """True for the text of what is never so."""
    return text == "0"


def first_of(codes: Iterable[str]) -> str:
    """The first of some violations' numbers that is not 0."""
    found = [code for code in codes if not is_zero(code)]
    if not found:
        return "0"
    result = found[-1]
    for code in reversed(found[:-1]):
        result = f"(({code}) != 0 -> ({code}) : {result})"
    return result


def in_no_order(codes: Iterable[str], e: Expr) -> str:
    """The violation among those that `e` may meet for the values of a pool: NULL before RANGE."""
    found = [code for code in codes if not is_zero(code)]
    if len(found) < 2 or not {NULL, RANGE} <= _kinds(e):
        return first_of(found)
    return f"({' || '.join(f'{code} == {NULL}' for code in found)} -> {NULL} : {first_of(found)})"


def _kinds(e: Expr) -> set[int]:
    """At least the numbers of the violations that evaluating may meet."""
    found: set[int] = set()
    for part in walk(e):
        if isinstance(part, Checked):
            found |= {NULL} if isinstance(part.operand.type, OptionalType | NoneType) else set()
            found |= {RANGE} if isinstance(base_of(part.type), RangeType) else set()
        elif isinstance(part, Arithmetic) and part.operator in ("//", "%"):
            found.add(RANGE)
    return found


def chosen(test: str, then: str, other: str) -> str:
    """A conditional expression, simplified where both ways are one."""
    return then if then == other else f"({test} -> {then} : {other})"


LONGEST = 1_000_000


class Expressions(Evaluation):
    """Writes expressions. `local` gives the text of an executing thread's local; properties have none."""

    fine, out_of_range = "0", str(RANGE)
    chosen, first_of = staticmethod(chosen), staticmethod(first_of)

    def __init__(self, names: Names, local: Callable[[int], str]) -> None:
        self.names = names
        self.local = local
        self.texts: list[str] = []

    def of_text(self, text: str, kind: Type) -> Expr:
        """An expression whose value is Promela text."""
        self.texts.append(text)
        return Local(TEXT + len(self.texts) - 1, kind)

    # ---- values

    def value(self, e: Expr) -> str:
        """The value as an integer, as its own type is stored; only meant where `code` is 0.

        Promela names no intermediate value, so that min, max and rounding write their operands twice: nested
        ones double at each level, and are refused before they grow without bound.
        """
        text = self._value(e)
        if len(text) > LONGEST:
            raise NotExpressible(f"an expression is longer than {LONGEST:,} characters in Promela")
        return text

    def _value(self, e: Expr) -> str:
        match e:
            case Const(value, kind):
                return str(encoded(kind, value))
            case Local(slot):
                return self.local(slot) if slot < TEXT else self.texts[slot - TEXT]
            case Read():
                return self._read(e)
            case Not(operand):
                return f"(!{self.value(operand)})"
            case Arithmetic():
                return self._arithmetic(e)
            case Compare():
                return self._compare(e)
            case And(operands):
                return f"({' && '.join(map(self.value, operands)) or '1'})"
            case Or(operands):
                return f"({' || '.join(map(self.value, operands)) or '0'})"
            case IfElse(test, then, other, kind):
                return chosen(self.value(test), self.as_type(then, kind), self.as_type(other, kind))
            case Quantifier():
                return self.value(self.unrolled(e))
            case Finished(thread):
                return f"({self.names.pc(thread)} == 0)"
            case Checked(operand, kind):
                return self.as_type(operand, kind)
        raise TypeError(f"no expression: {e!r}")

    def as_type(self, e: Expr, kind: Type) -> str:
        """The value as another type that has it is stored."""
        if isinstance(e, Const):
            return str(encoded(kind, e.value))
        return converted(self.value(e), e.type, kind)

    def _arithmetic(self, e: Arithmetic) -> str:
        bounds = interval(e)
        if bounds is None or bounds[0] < -LARGEST or bounds[1] > LARGEST:
            raise NotExpressible("an arithmetic result does not fit into the 32 bits of a Promela int")
        left, right = self.value(e.left), self.value(e.right)
        match e.operator:
            case "min":
                return f"({left} <= {right} -> {left} : {right})"
            case "max":
                return f"({left} >= {right} -> {left} : {right})"
            case "//":
                return self._rounded_down(e, left, right)
            case "%":
                return self._remainder(e, left, right)
        return f"({left} {e.operator} {right})"

    def _positive(self, e: Arithmetic) -> bool:
        one, other = interval(e.left), interval(e.right)
        return one is not None and other is not None and one[0] >= 0 and other[0] >= 0

    def _rounded_down(self, e: Arithmetic, left: str, right: str) -> str:
        """C rounds towards zero, Python down."""
        if self._positive(e):
            return f"({left} / {right})"
        inexact = f"({left} % {right} != 0 && ({left} < 0) != ({right} < 0))"
        return f"({left} / {right} - {inexact})"

    def _remainder(self, e: Arithmetic, left: str, right: str) -> str:
        if self._positive(e):
            return f"({left} % {right})"
        wrong = f"({left} % {right} != 0 && ({left} < 0) != ({right} < 0))"
        return f"({left} % {right} + ({wrong} -> {right} : 0))"

    def _compare(self, e: Compare) -> str:
        kind = self._common(e.left, e.right) if e.operator in ("==", "!=") else None
        if kind is None:
            left, right = self.value(e.left), self.value(e.right)
        else:
            left, right = self.as_type(e.left, kind), self.as_type(e.right, kind)
        return f"({left} {e.operator} {right})"

    def _common(self, left: Expr, right: Expr) -> Type | None:
        """A type as which both can be stored, None if they are stored alike already."""
        kinds = [e.type for e in (left, right) if not isinstance(e.type, NoneType)]
        if not kinds:
            return OptionalType(BOOL)
        if any(is_reference(kind) for kind in kinds):
            return OptionalType(base_of(kinds[0]))  # type: ignore[arg-type]
        if len(kinds) == 2 and not any(isinstance(kind, OptionalType) for kind in kinds):
            return None
        lows = [self._least(e) for e in (left, right) if not isinstance(e.type, NoneType)]
        return OptionalType(RangeType(min(lows), LARGEST))

    def _least(self, e: Expr) -> int:
        bounds = interval(e)
        return low_of(e.type) if isinstance(e.type, OptionalType) else bounds[0] if bounds is not None else 0

    # ---- cells

    def _read(self, e: Read) -> str:
        position = self.position(e)
        folded = self.names.folded[e.variable]
        if folded is None:
            return self.names.cell(e.variable, position)
        values = [str(encoded(e.type, value)) for value in folded]
        if position.isdigit():
            return values[int(position)]
        text = values[-1]
        for place in reversed(range(len(values) - 1)):
            text = chosen(f"({position} == {place})", values[place], text)
        return text

    def position(self, e: Read) -> str:
        """The place of a cell among its variable's, as an expression."""
        variable = self.names.system.variables[e.variable]
        terms, fixed = [], 0
        steps = self.names.multipliers(e.variable)
        for index, dimension, step in zip(e.indices, variable.dimensions, steps, strict=True):
            first = encoded(dimension, next(iter(finite_values(dimension))))
            text = self.as_type(index, dimension)
            if text.lstrip("-").isdigit():
                fixed += (int(text) - first) * step
                continue
            term = text if first == 0 else f"({text} - {first})"
            terms.append(term if step == 1 else f"{term} * {step}")
        if fixed or not terms:
            terms.append(str(fixed))
        return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"

    # ---- violations

    def is_nothing(self, e: Expr) -> str:
        return f"{self.value(e)} == 0"

    def of_pool(self, e: Quantifier) -> str:
        """Of a pool, values count that the array `h_visible` says are; it must be up to date."""
        instances = [self.instance(e, value) for value in finite_values(e.domain)]
        return in_no_order((self.code(And((*conditions, body))) for conditions, body in instances), e)

    def misfit(self, operand: Expr, kind: Type) -> str:
        """The number of the violation that an operand is not a value of the type."""
        source, result = operand.type, "0"
        if isinstance(source, NoneType):
            return "0" if isinstance(kind, OptionalType) else str(NULL)
        wanted, bounds = base_of(kind), interval(operand)
        if isinstance(wanted, RangeType) and not (
            bounds is not None and wanted.low <= bounds[0] and bounds[1] <= wanted.high
        ):
            plain = converted(self.value(operand), source, INT)
            result = f"({plain} < {wanted.low} || {plain} > {wanted.high} -> {RANGE} : 0)"
        if not isinstance(source, OptionalType):
            return result
        none = 0 if isinstance(kind, OptionalType) else NULL
        return chosen(f"({self.value(operand)} == 0)", str(none), result)

    def instance(self, e: Quantifier, value: Value) -> tuple[tuple[Expr, ...], Expr]:
        """What must be true for a value to count, and the body; a value of a pool counts if it is visible."""
        conditions, body = super().instance(e, value)
        if isinstance(e.domain, PoolType):
            visible = self.of_text(f"h_visible{self.names.pools.index(e.domain)}[{value}]", BOOL)
            conditions = (visible, *conditions)
        return conditions, body


def converted(text: str, source: Type, target: Type) -> str:
    """A stored value as another type stores it."""
    if isinstance(source, NoneType):
        return "0"
    if is_reference(source):
        return text
    before, after = isinstance(source, OptionalType), isinstance(target, OptionalType)
    if before and after:
        return _shifted_unless_none(text, low_of(source) - low_of(target))
    offset = low_of(source) - 1 if before else 1 - low_of(target) if after else 0
    if isinstance(target, IntType) and not before:
        offset = 0
    return _plus(text, offset)


def _plus(text: str, offset: int) -> str:
    if offset == 0:
        return text
    if text.isdigit():
        return str(int(text) + offset)
    return f"({text} {'+' if offset > 0 else '-'} {abs(offset)})"


def _shifted_unless_none(text: str, offset: int) -> str:
    return text if offset == 0 else f"({text} == 0 -> 0 : {_plus(text, offset)})"
