# SPDX-License-Identifier: GPL-2.0-only
"""Expressions of a system as TLA+: the value, and beforehand whether evaluating it is an automatic violation.

A violation is its name as a TLA+ string, `""` for none. Both texts evaluate in the order of the system's rules where
the order can be seen; what cannot fail is left to TLC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

from dfsrace.export.evaluation import Evaluation
from dfsrace.export.spin.names import LARGEST, NotExpressible
from dfsrace.export.tlaplus.names import Names
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
from dfsrace.system.intervals import interval
from dfsrace.system.types import (
    INT,
    BoolType,
    IntType,
    NoneType,
    OptionalType,
    PoolType,
    RangeType,
    Type,
    base_of,
    finite_values,
)

FINE = '""'
NULL = '"null dereference"'
RANGE = '"value out of range"'
LONGEST = 1_000_000
FINISHED = '"finished"'
AND, OR, FOR_ALL, EXISTS = "/\\", "\\/", "\\A", "\\E"


def first_of(codes: Iterable[str]) -> str:
    """The first of some violations that is one."""
    found = [code for code in codes if code != FINE]
    if not found:
        return FINE
    result = found[-1]
    for code in reversed(found[:-1]):
        result = f"Earlier({code}, {result})"
    return result


def chosen(test: str, then: str, other: str) -> str:
    """A conditional expression, simplified where both ways are one."""
    return then if then == other else f"(IF {test} THEN {then} ELSE {other})"


def is_boolean(kind: Type) -> bool:
    """True for types whose values are TRUE and FALSE, and perhaps None."""
    return isinstance(base_of(kind), BoolType)


def is_number(kind: Type) -> bool:
    """True for types whose values are integers, and perhaps None."""
    return isinstance(base_of(kind), RangeType | IntType)


class Expressions(Evaluation):
    """Writes expressions. `local` gives the text of an executing thread's local; properties have none.

    `cells`: the text of the record of all cells.
    """

    fine, out_of_range = FINE, RANGE
    chosen, first_of = staticmethod(chosen), staticmethod(first_of)

    def __init__(self, names: Names, local: Callable[[int], str], cells: str = "c") -> None:
        self.names = names
        self.local = local
        self.cells = cells

    # ---- values

    def value(self, e: Expr) -> str:
        """The value; only meant where `code` is `""`. NotExpressible where it is too long, or too large an integer."""
        text = self._value(e)
        if len(text) > LONGEST:
            raise NotExpressible(f"an expression is longer than {LONGEST:,} characters in TLA+")
        return text

    def _value(self, e: Expr) -> str:
        match e:
            case Const(value, kind):
                return self.names.value(kind, value)
            case Local(slot):
                return self.local(slot)
            case Bound(slot):
                return f"q{slot}"
            case Read():
                return self._read(e)
            case Not(operand):
                return f"(~{self.value(operand)})"
            case Arithmetic():
                return self._arithmetic(e)
            case Compare():
                return self._compare(e)
            case And(operands):
                return f"({f' {AND} '.join(map(self.value, operands))})" if operands else "TRUE"
            case Or(operands):
                return f"({f' {OR} '.join(map(self.value, operands))})" if operands else "FALSE"
            case IfElse(test, then, other, kind):
                return chosen(self.value(test), self.as_type(then, kind), self.as_type(other, kind))
            case Quantifier():
                return self._quantifier(e)
            case Finished(thread):
                return f"(pc[{self.names.threads[thread]}] = {FINISHED})"
            case Checked(operand, kind):
                return self.as_type(operand, kind)
        raise TypeError(f"no expression: {e!r}")

    def as_type(self, e: Expr, kind: Type) -> str:
        """The value as another type that has it: a Boolean and an integer are different things for TLA+."""
        if isinstance(e, Const):
            return self.names.value(kind, e.value)
        text = self.value(e)
        if is_boolean(e.type) and is_number(kind):
            return self._unless_none(e.type, text, f"Bit({text})")
        if is_number(e.type) and is_boolean(kind):
            return self._unless_none(e.type, text, f"({text} # 0)")
        return text

    @staticmethod
    def _unless_none(kind: Type, text: str, other: str) -> str:
        return f"(IF {text} = None THEN None ELSE {other})" if isinstance(kind, OptionalType) else other

    def number(self, e: Expr) -> str:
        """The value as an integer."""
        return self.as_type(e, INT)

    def _arithmetic(self, e: Arithmetic) -> str:
        bounds = interval(e)
        if bounds is None or bounds[0] < -LARGEST or bounds[1] > LARGEST:
            raise NotExpressible("an arithmetic result does not fit into the 32 bits of an integer of TLC")
        left, right = self.number(e.left), self.number(e.right)
        named = {"min": "Least", "max": "Greatest", "//": "Quotient", "%": "Remainder"}
        if e.operator in named:
            return f"{named[e.operator]}({left}, {right})"
        return f"({left} {e.operator} {right})"

    def _compare(self, e: Compare) -> str:
        operator = {"==": "=", "!=": "#", "<=": "=<"}.get(e.operator, e.operator)
        if e.operator not in ("==", "!="):
            return f"({self.number(e.left)} {operator} {self.number(e.right)})"
        there = [x for x in (e.left, e.right) if not isinstance(x.type, NoneType)]
        mixed = len({is_boolean(x.type) for x in there}) == 2
        left, right = (self.number(x) if mixed else self.value(x) for x in (e.left, e.right))
        return f"({left} {operator} {right})"

    # ---- cells

    def _read(self, e: Read) -> str:
        folded = self.names.folded[e.variable]
        if folded is None:
            return f"{self.cells}.{self.names.parts[e.variable][''].name}{self.position(e)}"
        dimensions = self.names.system.variables[e.variable].dimensions
        values = [self.names.value(e.type, value) for value in folded]
        if len(set(values)) == 1:
            return values[0]
        text = values[-1]
        places = list(product(*(finite_values(d) for d in dimensions)))
        indices = [self.as_type(index, d) for index, d in zip(e.indices, dimensions, strict=True)]
        for place, value in reversed(list(zip(places, values, strict=True))[:-1]):
            tests = (
                f"{index} = {self.names.value(d, at)}" for index, d, at in zip(indices, dimensions, place, strict=True)
            )
            text = chosen(" /\\ ".join(tests), value, text)
        return text

    def position(self, e: Read) -> str:
        """The indices of a cell, as they stand behind its variable."""
        dimensions = self.names.system.variables[e.variable].dimensions
        return "".join(f"[{self.as_type(index, d)}]" for index, d in zip(e.indices, dimensions, strict=True))

    # ---- quantifiers

    def domain(self, kind: Type) -> str:
        """The set that a quantifier or choice ranges over."""
        name = self.names.domain(kind)
        return f"(Seen({self.cells}) \\cap {name})" if isinstance(kind, PoolType) else name

    def _quantifier(self, e: Quantifier) -> str:
        if may_fail(e) and not isinstance(e.domain, PoolType):
            return self.value(self.unrolled(e))
        bound = f"q{e.slot} \\in {self.domain(e.domain)}"
        condition = None if e.condition is None else self.value(e.condition)
        if e.kind == "sum":
            body = self.number(e.body)
            term = body if condition is None else f"IF {condition} THEN {body} ELSE 0"
            return f"SumOf([{bound} |-> {term}])"
        body = self.value(e.body)
        if condition is not None:
            body = f"({condition} {'=>' if e.kind == 'all' else AND} {body})"
        return f"({FOR_ALL if e.kind == 'all' else EXISTS} {bound} : {body})"

    # ---- violations

    def is_nothing(self, e: Expr) -> str:
        return f"{self.number(e)} = 0"

    def of_pool(self, e: Quantifier) -> str:
        conditions = () if e.condition is None else (e.condition,)
        inner = self.code(And((*conditions, e.body)))
        return f"InNoOrder({{{inner} : q{e.slot} \\in {self.domain(e.domain)}}})"

    def misfit(self, operand: Expr, kind: Type) -> str:
        """The violation that an operand is not a value of the type."""
        source = operand.type
        if isinstance(source, NoneType):
            return FINE if isinstance(kind, OptionalType) else NULL
        none = FINE if isinstance(kind, OptionalType) else NULL
        wanted, bounds = base_of(kind), interval(operand)
        inside = bounds is not None and isinstance(wanted, RangeType)
        if isinstance(wanted, RangeType) and not (inside and wanted.low <= bounds[0] and bounds[1] <= wanted.high):  # type: ignore[index]
            low, high = (self.names.value(INT, x) for x in (wanted.low, wanted.high))
            return f"Misfit({self.number(operand)}, {low}, {high}, {none})"
        if not isinstance(source, OptionalType) or none == FINE:
            return FINE
        return f"(IF {self.value(operand)} = None THEN {NULL} ELSE {FINE})"
