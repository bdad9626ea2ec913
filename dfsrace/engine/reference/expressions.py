# SPDX-License-Identifier: GPL-2.0-only
"""Expressions as Python source over a packed state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.reference.conversion import (
    NOTHING,
    NUMBER_OR_NONE,
    OPTIONAL,
    PLAIN,
    Converter,
    constant,
    form,
    literal,
    low,
    number,
    plus,
)
from dfsrace.system.evaluation import arithmetic, compare
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
    walk,
)
from dfsrace.system.layout import Layout
from dfsrace.system.types import (
    INT,
    IntType,
    NamedType,
    OptionalType,
    PoolType,
    RangeType,
    Type,
    base_of,
    finite_values,
)

# A quantifier is written out if that makes at most so many copies of its body.
LARGEST_UNROLLING = 64


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may use: the state's name, each local's source, each bound variable's source."""

    state: str
    local: Callable[[int], str]
    bound: dict[int, tuple[str, Type]] = field(default_factory=dict)

    def binding(self, slot: int, source: str, kind: Type) -> Names:
        """The same with one more variable."""
        return Names(self.state, self.local, {**self.bound, slot: (source, kind)})


@dataclass(frozen=True, slots=True)
class Shift:
    """Where a cell's bits start: a number, plus a source (empty if there is none)."""

    fixed: int
    varying: str = ""

    def plus(self, offset: int) -> Shift:
        """The place `offset` bits further on."""
        return Shift(self.fixed + offset, self.varying)

    def __str__(self) -> str:
        if not self.varying:
            return str(self.fixed)
        return f"({self.varying} + {self.fixed})" if self.fixed else self.varying


def pool_numbers(layout: Layout) -> dict[PoolType, int]:
    """A number for each pool, by which generated code knows it."""
    kinds = [*layout.memory.pools, *(base_of(cell.type) for cell in layout.memory.cells)]
    kinds += [base_of(local.type) for thread in layout.system.threads for local in thread.locals]
    kinds += [kind for kind in layout.system.types if isinstance(kind, PoolType)]
    found = dict.fromkeys(kind for kind in kinds if isinstance(kind, PoolType))
    return {pool: number for number, pool in enumerate(found)}


class Expressions:
    """Writes expressions of one system."""

    def __init__(self, layout: Layout, visible: int) -> None:
        """`visible`: the mask of what decides which pool values quantifiers see."""
        self.layout = layout
        self.visible = visible
        self.system = layout.system
        self.converter = Converter()
        self.pools = pool_numbers(layout)

    # ---- cells

    def position(self, read: Read, names: Names, multiply: int) -> Shift:
        """The sum of the indices, each times its multiplier and `multiply`."""
        layout = self.layout.variables[read.variable]
        fixed, varying = 0, []
        dimensions = self.system.variables[read.variable].dimensions
        for index, kind, low_, times in zip(read.indices, dimensions, layout.lows, layout.multipliers, strict=True):
            times *= multiply
            if times == 0 and not may_fail(index):
                continue
            source = self.converter.convert(self.write(index, names), index.type, kind)
            known = number(source)
            fixed -= (low_ + isinstance(kind, PoolType)) * times
            if known is not None:
                fixed += known * times
            else:
                varying.append(source if times == 1 else f"{source} * {times}")
        text = " + ".join(varying)
        return Shift(fixed, text if len(varying) < 2 and "*" not in text else f"({text})")

    def shift(self, read: Read, names: Names) -> Shift:
        """Where the first component of a cell starts."""
        layout = self.layout.variables[read.variable]
        return self.position(read, names, layout.stride).plus(layout.base)

    def bits(self, state: str, shift: Shift, width: int) -> str:
        """The raw value at a place."""
        if width == 0:
            return "0"
        return f"({state} >> {shift} & {(1 << width) - 1})"

    def _read(self, read: Read, names: Names) -> str:
        layout = self.layout.variables[read.variable]
        kind = self.system.variables[read.variable].type
        if layout.folded is None:
            width = layout.parts[0][1]
            return self.converter.loaded(self.bits(names.state, self.shift(read, names), width), kind)
        values = [constant(kind, value) for value in layout.folded]
        place = self.position(read, names, 1)
        if not place.varying:
            return values[place.fixed]
        if len(set(values)) == 1 and not any(may_fail(index) for index in read.indices):
            return values[0]
        return f"({', '.join(values)},)[{place}]"

    # ---- expressions

    def write(self, expression: Expr, names: Names) -> str:
        """Source of an expression, in the representation of its type; raises Fail where it is a violation."""
        match expression:
            case Const(value, kind):
                return constant(kind, value)
            case Local(slot):
                return names.local(slot)
            case Bound(slot, kind):
                source, given = names.bound[slot]
                return self.converter.convert(source, given, kind)
            case Read():
                kind = self.system.variables[expression.variable].type
                return self.converter.convert(self._read(expression, names), kind, expression.type)
            case Not(operand):
                return self._not(self.write(operand, names))
            case Arithmetic():
                return self._arithmetic(expression, names)
            case Compare():
                return self._compare(expression, names)
            case And(operands) | Or(operands):
                joined = [self.write(operand, names) for operand in operands]
                return self._joined(joined, isinstance(expression, And))
            case IfElse():
                return self._if_else(expression, names)
            case Quantifier():
                return self._quantifier(expression, names)
            case Finished(thread):
                return f"({names.state} & {self.layout.threads[thread].place.mask} == 0)"
            case Checked():
                return self._checked(expression, names)
        raise TypeError(f"no expression: {expression!r}")

    @staticmethod
    def _not(source: str) -> str:
        known = number(source)
        return f"(not {source})" if known is None else literal(not known)

    @staticmethod
    def _joined(sources: list[str], all_: bool) -> str:
        """Joined by `and` or `or`, what is known left out."""
        kept = []
        for source in sources:
            known = number(source)
            if known is None:
                kept.append(source)
            elif bool(known) != all_:
                kept.append(source)
                break
        if not kept:
            return literal(all_)
        return kept[0] if len(kept) == 1 else "(" + (" and " if all_ else " or ").join(kept) + ")"

    def _arithmetic(self, expression: Arithmetic, names: Names) -> str:
        operator = expression.operator
        left, right = self.write(expression.left, names), self.write(expression.right, names)
        a, b = number(left), number(right)
        if a is not None and b is not None and (operator not in ("//", "%") or b):
            return literal(arithmetic(operator, a, b))
        if operator in ("min", "max"):
            return f"{operator}({left}, {right})"
        if operator in ("//", "%"):
            if b:
                return f"({left} {operator} {right})"
            return f"{'divided' if operator == '//' else 'remainder'}({left}, {right})"
        if operator == "+" and b is not None:
            return plus(left, b)
        return f"({left} {operator} {right})"

    def _compare(self, expression: Compare, names: Names) -> str:
        left, right = self.write(expression.left, names), self.write(expression.right, names)
        return self.compared(expression.operator, (left, expression.left.type), (right, expression.right.type))

    def compared(self, operator: str, left: tuple[str, Type], right: tuple[str, Type]) -> str:
        """Source of a comparison of two (source, type)."""
        common = self._common(left[1], right[1])
        one, other = left[0], right[0]
        if common is not None:
            one, other = self.converter.convert(*left, common), self.converter.convert(*right, common)
        a, b = number(one), number(other)
        if a is not None and b is not None:
            return literal(compare(operator, a, b))
        return f"({one} {operator} {other})"

    @staticmethod
    def _common(one: Type, other: Type) -> Type | None:
        """The type as which two values are compared; None if they can be as they are."""
        forms = {form(one), form(other)}
        if forms in ({PLAIN}, {NOTHING}) or (len(forms) == 1 and OPTIONAL not in forms):
            return None
        if NOTHING in forms:
            return other if form(one) == NOTHING else one
        if NUMBER_OR_NONE in forms or low(one) != low(other) or IntType() in (base_of(one), base_of(other)):
            integers = isinstance(base_of(one), RangeType | IntType)
            return OptionalType(INT) if integers else None
        return one if form(one) == OPTIONAL else other if form(other) == OPTIONAL else None

    def _if_else(self, expression: IfElse, names: Names) -> str:
        test = self.write(expression.test, names)
        known = number(test)
        branches = []
        for branch in (expression.then, expression.other):
            branches.append(self.converter.convert(self.write(branch, names), branch.type, expression.type))
        if known is not None:
            return branches[0] if known else branches[1]
        return f"({branches[0]} if {test} else {branches[1]})"

    def _checked(self, expression: Checked, names: Names) -> str:
        """The operand in the representation of the type that it must have."""
        return self.checked(self.write(expression.operand, names), expression.operand.type, expression.type)

    def checked(self, source: str, given: Type, wanted: Type) -> str:
        """A value of type `given` as `wanted` represents it; raises Fail where that has no such value."""
        if form(given) == NOTHING:
            return "null()" if not isinstance(wanted, OptionalType) else self.converter.convert(source, given, wanted)
        bounds = self._bounds(given, wanted)
        nullable = isinstance(given, OptionalType)
        if not nullable or isinstance(wanted, OptionalType):
            if bounds is None:
                return self.converter.convert(source, given, wanted)
            if not nullable:
                return self.converter.convert(self._within(source, bounds), INT, wanted)
            first, again = self.converter.named(source)
            absent = f"{first} is None" if form(given) == NUMBER_OR_NONE else f"not {first}"
            value = self._within(self.converter.convert(again, given, INT), bounds)
            return f"(0 if {absent} else {self.converter.convert(value, INT, wanted)})"
        first, again = self.converter.named(source)
        present = f"{first} is not None" if form(given) == NUMBER_OR_NONE else first
        value = self.converter.convert(again, given, wanted)
        return f"({value if bounds is None else self._within(value, bounds)} if {present} else null())"

    @staticmethod
    def _bounds(given: Type, wanted: Type) -> RangeType | None:
        """The range that has to be checked, None if all values are in it."""
        base, target = base_of(given), base_of(wanted)
        if not isinstance(target, RangeType):
            return None
        if isinstance(base, RangeType) and target.low <= base.low and base.high <= target.high:
            return None
        return target

    def _within(self, source: str, bounds: RangeType) -> str:
        known = number(source)
        if known is not None and bounds.low <= known <= bounds.high:
            return source
        first, again = self.converter.named(source)
        return f"({again} if {literal(bounds.low)} <= {first} <= {literal(bounds.high)} else outside())"

    # ---- quantifiers

    def domain(self, kind: Type, state: str) -> str:
        """Source of the values of a domain, as an iterable of representations."""
        if isinstance(kind, PoolType):
            return f"SEEN{self.pools[kind]}[{state} & {self.visible}]"
        return "(" + "".join(f"{constant(kind, value)}, " for value in finite_values(kind)) + ")"

    def _quantifier(self, expression: Quantifier, names: Names) -> str:
        kind = expression.domain
        if not isinstance(kind, PoolType) and self._copies(expression) <= LARGEST_UNROLLING:
            parts = [
                self._element(expression, names.binding(expression.slot, constant(kind, value), kind))
                for value in finite_values(kind)
            ]
            if expression.kind != "sum":
                return self._joined(parts, expression.kind == "all")
            known = [number(part) for part in parts]
            if all(k is not None for k in known):
                return literal(sum(k for k in known if k is not None))
            return "(" + " + ".join(parts) + ")"
        name = self.converter.fresh("b")
        inner = self._element(expression, names.binding(expression.slot, name, kind))
        return f"{expression.kind}({self.each(inner, name, kind, names.state, may_fail(expression))})"

    def each(self, inner: str, name: str, kind: Type, state: str, fails: bool) -> str:
        """Source of an iterable: `inner` for each value `name` of a domain; of a pool all at once if it `fails`."""
        domain = self.domain(kind, state)
        if fails and isinstance(kind, PoolType):
            return f"unordered(lambda {name}: {inner}, {domain})"
        return f"({inner} for {name} in {domain})"

    def _copies(self, expression: Quantifier) -> int:
        """How many copies of the innermost bodies there would be."""
        copies = 1
        for inner in walk(expression):
            if isinstance(inner, Quantifier) and isinstance(inner.domain, NamedType | RangeType):
                copies *= max(1, len(finite_values(inner.domain)))
        return copies

    def _element(self, expression: Quantifier, names: Names) -> str:
        body = self.write(expression.body, names)
        if expression.condition is None:
            return body
        condition = self.write(expression.condition, names)
        if expression.kind == "all":
            return self._joined([self._not(condition), body], False)
        if expression.kind == "any":
            return self._joined([condition, body], True)
        known = number(condition)
        return f"({body} if {condition} else 0)" if known is None else body if known else "0"
