# SPDX-License-Identifier: GPL-2.0-only
"""How generated C represents values, and the source that turns one representation into another.

The representations are those of the reference engine (`dfsrace.engine.reference.conversion`): pool values, stamps and
threads as stored, other optionals as stored, an optional number without bounds as itself or NOTHING, all else as
itself. Everything is a `val`. Source consists of generated names and integer literals; it is always one operand.
"""

from __future__ import annotations

from itertools import count

from dfsrace.engine.reference.conversion import NOTHING, NUMBER_OR_NONE, OPTIONAL, PLAIN, REFERENCE, form, low
from dfsrace.system.intervals import Interval
from dfsrace.system.types import Type, Value

LEAST, MOST = -(2**63) + 1, 2**63 - 1


class Unsupported(Exception):
    """The model needs something that the native engine has not; the reference engine checks it."""


def literal(value: int) -> str:
    """A number as C source."""
    value = int(value)
    if not LEAST <= value <= MOST:
        raise Unsupported(f"the number {value} does not fit in 64 bits")
    text = str(value) if abs(value) < 2**31 else f"{value}ll"
    return text if value >= 0 else f"({text})"


def unsigned(value: int) -> str:
    """A mask of up to 64 bits as C source."""
    return f"{value}u" if value < 16 else f"{value:#x}ull" if value >= 2**32 else f"{value:#x}u"


def number(source: str) -> int | None:
    """The number that a source is, if it is one."""
    text = source[1:-1] if source.startswith("(-") and source.endswith(")") else source
    text = text.removesuffix("ll")
    return int(text) if text.removeprefix("-").isdigit() else None


def is_name(source: str) -> bool:
    """True for a variable: something that costs nothing to write twice."""
    return source.isidentifier()


def constant(kind: Type, value: Value) -> str:
    """A value of a type as C source."""
    shape = form(kind)
    if value is None:
        return "NOTHING" if shape == NUMBER_OR_NONE else "0"
    if shape == REFERENCE:
        return literal(value + 1)
    return literal(value - low(kind) + 1) if shape == OPTIONAL else literal(value)


def plus(source: str, amount: int) -> str:
    """source + amount."""
    if amount == 0:
        return source
    known = number(source)
    if known is not None:
        return literal(known + amount)
    return f"({source} + {literal(amount)})" if amount > 0 else f"({source} - {literal(-amount)})"


def fits(bounds: Interval | None) -> bool:
    """True if every value between the bounds, with a little beyond, is a val."""
    return bounds is not None and bounds[0] - 2 > LEAST and bounds[1] + 2 < MOST


class Converter:
    """Turns representations into others; temporaries get names of their own."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def fresh(self, letter: str = "w") -> str:
        """A name that nothing else has."""
        return f"{letter}{next(self._numbers)}"

    def twice(self, source: str, template: str) -> str:
        """`template` with {} replaced by something that has the source's value and may be written often."""
        if is_name(source) or number(source) is not None:
            return template.replace("{}", source)
        name = self.fresh()
        return f"({{ val {name} = {source}; {template.replace('{}', name)}; }})"

    def convert(self, source: str, given: Type, wanted: Type) -> str:
        """The same value as another type represents it; what `wanted` has not is never asked for."""
        before, after = form(given), form(wanted)
        if before == NOTHING:
            return "NOTHING" if after == NUMBER_OR_NONE else "0"
        if before == after:
            if before != OPTIONAL or low(given) == low(wanted):
                return source
            return self.twice(source, f"({{}} ? {{}} + {literal(low(given) - low(wanted))} : 0)")
        if (before, after) == (PLAIN, OPTIONAL):
            return plus(source, 1 - low(wanted))
        if (before, after) == (OPTIONAL, PLAIN):
            return plus(source, low(given) - 1)
        if (before, after) == (OPTIONAL, NUMBER_OR_NONE):
            return self.twice(source, f"({{}} ? {{}} + {literal(low(given) - 1)} : NOTHING)")
        if (before, after) == (NUMBER_OR_NONE, OPTIONAL):
            return self.twice(source, f"({{}} == NOTHING ? 0 : {{}} + {literal(1 - low(wanted))})")
        return source

    def stored(self, source: str, given: Type, kind: Type) -> str:
        """The raw value to store in a place of type `kind`."""
        represented = self.convert(source, given, kind)
        return plus(represented, -low(kind)) if form(kind) == PLAIN else represented

    def loaded(self, source: str, kind: Type) -> str:
        """The representation of a raw value of type `kind`."""
        return plus(source, low(kind)) if form(kind) == PLAIN else source
