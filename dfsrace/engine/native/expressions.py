# SPDX-License-Identifier: GPL-2.0-only
"""Expressions as C source over a packed state, each one operand of type `val`.

An automatic violation is `FAIL(code)`: it leaves the expression for the label `fail` of the function. Operands of which
more than one may fail are evaluated from left to right, which C does not promise: they get variables of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dfsrace.engine.native.names import NO_FAILURE, fail, sequence
from dfsrace.engine.native.places import Words
from dfsrace.engine.native.values import (
    Converter,
    Unsupported,
    constant,
    fits,
    is_name,
    literal,
    number,
    plus,
)
from dfsrace.engine.reference.conversion import NOTHING, NUMBER_OR_NONE, OPTIONAL, PLAIN, form, low
from dfsrace.engine.reference.expressions import LARGEST_UNROLLING, Names, Shift, pool_numbers
from dfsrace.system.evaluation import NULL, RANGE, arithmetic, compare
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
from dfsrace.system.intervals import interval
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


class Expressions:
    """Writes expressions of one system."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.system = layout.system
        self.words = Words.of(layout.bits)
        self.converter = Converter()
        self.pools = pool_numbers(layout)
        self.tables: list[str] = []

    # ---- order of evaluation

    def ordered(self, parts: Sequence[tuple[str, bool]], template: Callable[[Sequence[str]], str]) -> str:
        """`template` of the sources, evaluated from left to right where that can be told; (source, may it fail)."""
        if sum(fails for _, fails in parts) < 2:
            return template([source for source, _ in parts])
        names, text = [], ""
        for source, _ in parts:
            if is_name(source) or number(source) is not None:
                names.append(source)
                continue
            names.append(self.converter.fresh())
            text += f"val {names[-1]} = {source}; "
        return f"({{ {text}{template(names)}; }})"

    # ---- cells

    def position(self, read: Read, names: Names, multiply: int) -> Shift:
        """The sum of the indices, each times its multiplier and `multiply`."""
        layout = self.layout.variables[read.variable]
        fixed, parts, factors = 0, list[tuple[str, bool]](), list[int]()
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
                parts.append((source, may_fail(index)))
                factors.append(times)
        if not parts:
            return Shift(fixed)
        text = self.ordered(parts, lambda sources: " + ".join(_times(*p) for p in zip(sources, factors, strict=True)))
        return Shift(fixed, f"({text})")

    def shift(self, read: Read, names: Names) -> Shift:
        """Where the first component of a cell starts."""
        layout = self.layout.variables[read.variable]
        return self.position(read, names, layout.stride).plus(layout.base)

    def get(self, state: str, shift: Shift, width: int) -> str:
        """The raw value at a place."""
        source = self.words.get(state, shift, width)
        return source if number(source) is not None else f"({source})"

    def _read(self, read: Read, names: Names) -> str:
        layout = self.layout.variables[read.variable]
        kind = self.system.variables[read.variable].type
        fails = any(may_fail(index) for index in read.indices)
        if layout.folded is None:
            width, shift = layout.parts[0][1], self.shift(read, names)
            if width == 0 and fails:
                return f"({{ {shift}; {self.converter.loaded('0', kind)}; }})"
            return self.converter.loaded(self.get(names.state, shift, width), kind)
        values = [constant(kind, value) for value in layout.folded]
        place = self.position(read, names, 1)
        if not place.varying:
            return values[place.fixed]
        if len(set(values)) == 1 and not fails:
            return values[0]
        name = f"table{len(self.tables)}"
        self.tables.append(f"static const val {name}[] = {{{', '.join(values)}}};")
        return f"{name}[{place}]"

    # ---- expressions

    def write(self, expression: Expr, names: Names) -> str:
        """Source of an expression, in the representation of its type."""
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
            case Compare(operator, left, right):
                return self._compare(operator, left, right, names)
            case And(operands) | Or(operands):
                return self._joined([self.write(o, names) for o in operands], isinstance(expression, And))
            case IfElse():
                return self._if_else(expression, names)
            case Quantifier():
                return self._quantifier(expression, names)
            case Finished(thread):
                place = self.layout.threads[thread].place
                return f"({self.words.get(names.state, Shift(place.shift), place.width)} == 0)" if place.width else "1"
            case Checked(operand, kind):
                return self.checked(self.write(operand, names), operand.type, kind)
        raise TypeError(f"no expression: {expression!r}")

    @staticmethod
    def _not(source: str) -> str:
        known = number(source)
        return f"(!{source})" if known is None else literal(not known)

    @staticmethod
    def _joined(sources: list[str], all_: bool) -> str:
        """Joined by && or ||, what is known left out."""
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
        return kept[0] if len(kept) == 1 else "(" + (" && " if all_ else " || ").join(kept) + ")"

    def _arithmetic(self, expression: Arithmetic, names: Names) -> str:
        operator = expression.operator
        if not all(fits(interval(e)) for e in (expression, expression.left, expression.right)):
            raise Unsupported("numbers that may not fit in 64 bits")
        left, right = self.write(expression.left, names), self.write(expression.right, names)
        a, b = number(left), number(right)
        if a is not None and b is not None and (operator not in ("//", "%") or b):
            return literal(arithmetic(operator, a, b))
        if operator == "+" and b is not None:
            return plus(left, b)
        parts = [(left, may_fail(expression.left)), (right, may_fail(expression.right))]
        return self.ordered(parts, lambda sources: self._operation(operator, *sources))

    def _operation(self, operator: str, left: str, right: str) -> str:
        if operator in ("min", "max"):
            return f"{'least' if operator == 'min' else 'greatest'}({left}, {right})"
        if operator not in ("//", "%"):
            return f"({left} {operator} {right})"
        call = "quotient" if operator == "//" else "remainder_of"
        if number(right):
            return f"{call}({left}, {right})"
        first, second = self.converter.fresh(), self.converter.fresh()
        test = f"if (!{second}) {fail(RANGE)}"
        return f"({{ val {first} = {left}, {second} = {right}; {test} {call}({first}, {second}); }})"

    def _compare(self, operator: str, left: Expr, right: Expr, names: Names) -> str:
        sources = self.write(left, names), self.write(right, names)
        parts = [(sources[0], may_fail(left)), (sources[1], may_fail(right))]
        kinds = left.type, right.type
        return self.ordered(parts, lambda s: self.compared(operator, (s[0], kinds[0]), (s[1], kinds[1])))

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
        return f"({test} ? {branches[0]} : {branches[1]})"

    # ---- checks

    def checked(self, source: str, given: Type, wanted: Type) -> str:
        """A value of type `given` as `wanted` represents it; fails where that has no such value."""
        nullable, optional = isinstance(given, OptionalType), isinstance(wanted, OptionalType)
        if form(given) == NOTHING:
            return self.converter.convert(source, given, wanted) if optional else f"({{ {fail(NULL)} (val)0; }})"
        bounds = self._bounds(given, wanted)
        if bounds is None and (not nullable or optional):
            return self.converter.convert(source, given, wanted)
        name = self.converter.fresh()
        absent = f"{name} == NOTHING" if form(given) == NUMBER_OR_NONE else f"!{name}"
        tests = f"val {name} = {source}; "
        if nullable and not optional:
            tests += f"if ({absent}) {fail(NULL)} "
        if bounds is not None:
            plain = plus(name, low(given) - 1) if form(given) == OPTIONAL else name
            outside = f"{plain} < {literal(bounds.low)} || {plain} > {literal(bounds.high)}"
            outside = f"!({absent}) && ({outside})" if nullable and optional else outside
            tests += f"if ({outside}) {fail(RANGE)} "
        return f"({{ {tests}{self.converter.convert(name, given, wanted)}; }})"

    @staticmethod
    def _bounds(given: Type, wanted: Type) -> RangeType | None:
        """The range that has to be checked, None if all values are in it."""
        base, target = base_of(given), base_of(wanted)
        if not isinstance(target, RangeType):
            return None
        if isinstance(base, RangeType) and target.low <= base.low and base.high <= target.high:
            return None
        return target

    # ---- quantifiers

    def _quantifier(self, expression: Quantifier, names: Names) -> str:
        kind = expression.domain
        if expression.kind == "sum" and not fits(interval(expression)):
            raise Unsupported("numbers that may not fit in 64 bits")
        if not isinstance(kind, PoolType) and self._copies(expression) <= LARGEST_UNROLLING:
            return self._unrolled(expression, names)
        bound, result = self.converter.fresh("b"), self.converter.fresh("r")
        inner = self._element(expression, names.binding(expression.slot, bound, kind))
        if isinstance(kind, PoolType) and may_fail(expression):
            return self._in_no_order(expression, bound, inner, names.state)
        body = {
            "all": f"if (!{inner}) {{ {result} = 0; break; }}",
            "any": f"if ({inner}) {{ {result} = 1; break; }}",
            "sum": f"{result} += {inner};",
        }[expression.kind]
        start = f"val {result} = {int(expression.kind == 'all')};"
        return f"({{ {start} {self.loop(kind, bound, body, names.state)} {result}; }})"

    def _in_no_order(self, expression: Quantifier, bound: str, inner: str, state: str) -> str:
        """A quantifier over a pool that may fail: all values are looked at, whatever the first ones say."""
        result, failed, element = (self.converter.fresh(letter) for letter in "rfx")
        combine = {"all": f"{result} &= {element} != 0;", "any": f"{result} |= {element} != 0;"}
        body = f"{self.attempt(element, inner, failed)} {combine.get(expression.kind, f'{result} += {element};')}"
        start = f"val {result} = {int(expression.kind == 'all')}, {failed} = {NO_FAILURE};"
        raised = f"if ({failed} != {NO_FAILURE}) FAIL({failed});"
        return f"({{ {start} {self.loop(expression.domain, bound, body, state)} {raised} {result}; }})"

    @staticmethod
    def attempt(name: str, source: str, failed: str) -> str:
        """Statements: a new variable with a source's value; where that fails, 0, and `failed` is the least code so far.

        So a null dereference comes before a value out of range, in whatever order they are met.
        """
        noted = f"fail: if (e < {failed}) {failed} = e; over: ;"
        return f"val {name} = 0; {{ __label__ fail, over; {name} = {source}; goto over; {noted} }}"

    def loop(self, kind: Type, bound: str, body: str, state: str) -> str:
        """A loop over a domain's values in their order."""
        if isinstance(kind, PoolType):
            left = self.converter.fresh("q")
            each = f"val {bound} = lowest_bit({left}); {left} &= {left} - 1; {body}"
            return f"word {left} = visible{self.pools[kind]}({state}); while ({left}) {{ {each} }}"
        first, last = sequence(kind)
        return f"for (val {bound} = {literal(first)}; {bound} <= {literal(last)}; {bound}++) {{ {body} }}"

    def _unrolled(self, expression: Quantifier, names: Names) -> str:
        kind = expression.domain
        bindings = [names.binding(expression.slot, constant(kind, v), kind) for v in finite_values(kind)]
        parts = [self._element(expression, inner) for inner in bindings]
        if expression.kind != "sum":
            return self._joined(parts, expression.kind == "all")
        known = [number(part) for part in parts]
        if all(k is not None for k in known):
            return literal(sum(k for k in known if k is not None))
        fails = may_fail(expression)
        return self.ordered([(part, fails) for part in parts], lambda sources: f"({' + '.join(sources)})")

    @staticmethod
    def _copies(expression: Quantifier) -> int:
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
        return f"({condition} ? {body} : 0)" if known is None else body if known else "0"


def _times(source: str, factor: int) -> str:
    return source if factor == 1 else f"{source} * {factor}"
