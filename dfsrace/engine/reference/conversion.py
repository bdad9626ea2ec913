# SPDX-License-Identifier: GPL-2.0-only
"""How generated code represents values, and the source that turns one representation into another.

Pool values, stamps and threads are as stored (plus one, 0 for None). Other optionals are as stored. Booleans, names and
numbers are themselves. An optional number without bounds is a number or None. Generated source is made of names that
are generated here and of integer literals only.
"""

from __future__ import annotations

from itertools import count

from dfsrace.system.layout import is_reference
from dfsrace.system.types import IntType, NoneType, OptionalType, RangeType, StampType, Type, Value, base_of

PLAIN, REFERENCE, OPTIONAL, NUMBER_OR_NONE, NOTHING = range(5)


def form(kind: Type) -> int:
    """Which of the five representations a type has."""
    if isinstance(kind, NoneType):
        return NOTHING
    if is_reference(kind):
        return REFERENCE
    if isinstance(kind, OptionalType):
        return NUMBER_OR_NONE if isinstance(kind.base, IntType) else OPTIONAL
    return PLAIN


def low(kind: Type) -> int:
    """What the representation of an optional counts from."""
    base = base_of(kind)
    return base.low if isinstance(base, RangeType) else 0


def literal(value: int | bool) -> str:
    """A number as source."""
    return str(int(value)) if value >= 0 else f"({int(value)})"


def number(source: str) -> int | None:
    """The number that a source is, if it is one."""
    text = source[1:-1] if source.startswith("(-") and source.endswith(")") else source
    if text.lstrip("-").isdigit() and text.count("-") <= 1:
        return int(text)
    return None


def constant(kind: Type, value: Value) -> str:
    """A value of a type as source."""
    shape = form(kind)
    if value is None:
        return "None" if shape == NUMBER_OR_NONE else "0"
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
    return f"({source} + {amount})" if amount > 0 else f"({source} - {-amount})"


class Converter:
    """Turns representations into others; temporaries get names of their own."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def fresh(self, letter: str = "w") -> str:
        """A name that nothing else has."""
        return f"{letter}{next(self._numbers)}"

    def named(self, source: str) -> tuple[str, str]:
        """(what to evaluate first, what to call it afterwards) for a source that is needed twice."""
        if source.isidentifier() or number(source) is not None:
            return source, source
        name = self.fresh()
        return f"({name} := {source})", name

    def convert(self, source: str, given: Type, wanted: Type) -> str:
        """The same value as another type represents it; what `wanted` has not is never asked for."""
        before, after = form(given), form(wanted)
        if before == NOTHING:
            return "None" if after == NUMBER_OR_NONE else "0"
        if before == after:
            if before != OPTIONAL or low(given) == low(wanted):
                return source
            first, again = self.named(source)
            return f"({first} and {plus(again, low(given) - low(wanted))})"
        match before, after:
            case (0, 2):
                return plus(source, 1 - low(wanted))
            case (2, 0):
                return plus(source, low(given) - 1)
            case (2, 3):
                first, again = self.named(source)
                return f"({plus(again, low(given) - 1)} if {first} else None)"
            case (3, 2):
                first, again = self.named(source)
                return f"(0 if {first} is None else {plus(again, 1 - low(wanted))})"
        return source

    def stored(self, source: str, given: Type, kind: Type) -> str:
        """The raw value to store in a place of type `kind`."""
        represented = self.convert(source, given, kind)
        return plus(represented, -low(kind)) if form(kind) == PLAIN else represented

    def loaded(self, source: str, kind: Type) -> str:
        """The representation of a raw value of type `kind`."""
        return plus(source, low(kind)) if form(kind) == PLAIN else source


def is_stamp(kind: Type) -> bool:
    """True for stamps and optional stamps."""
    return isinstance(base_of(kind), StampType)
