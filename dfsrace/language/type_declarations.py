# SPDX-License-Identifier: GPL-2.0-only
"""Types: the section `types`, and every type that a declaration writes out."""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.language.constants import Constants
from dfsrace.language.declaration_syntax import (
    FamilyText,
    OptionalText,
    PoolText,
    RangeText,
    TypeText,
    Word,
    parse_member,
    parse_type,
)
from dfsrace.language.names import LOCK_TYPES, NameTable, check_name
from dfsrace.language.sections import Section, line_of, text_code, wrong_shape
from dfsrace.language.yaml_document import Entry, Node, Scalar, Sequence
from dfsrace.system.types import (
    BOOL,
    LockType,
    NamedType,
    NoneType,
    OptionalType,
    PoolType,
    RangeType,
    StampType,
    Type,
    type_text,
)

WIDEST_RANGE = 1_000_000
MOST_VALUES = 1000
DEEPEST_CHAIN = 30

# What C and other tools call integers.
_INTEGERS = ("int", "integer", "Int", "unsigned", "signed", "short", "long", "u8", "u16", "u32", "u64", "s32", "size_t")

_Members = tuple[Word | FamilyText, ...]


@dataclass(slots=True)
class _Definition:
    text: TypeText | _Members | None
    span: Span


class Types:
    """The named types of a model, each resolved when first asked for."""

    def __init__(self, constants: Constants, names: NameTable, problems: Collector) -> None:
        self.constants = constants
        self.problems = problems
        self._names = names
        self._definitions: dict[str, _Definition] = {}
        self._types: dict[str, Type | None] = {}
        self._busy: list[str] = []

    def declare(self, section: Section) -> None:
        """Takes one file's types; nothing is evaluated yet."""
        for entry in section.entries:
            name = entry.key.text
            if not check_name(name, entry.key.span, self.problems):
                continue
            if self._names.define(name, "a type", entry.key.span):
                text = self._text(entry)
                self._definitions[name] = _Definition(text, entry.key.span)
                self._enter_words(name, text)

    def _text(self, entry: Entry) -> TypeText | _Members | None:
        node = entry.value
        if isinstance(node, Sequence):
            members = [self._member(item) for item in node.items]
            if not members:
                self.problems.add("DR303", node.span, "a type without values", help="list its values: [A, B]")
            known = tuple(m for m in members if m is not None)
            return known if known and len(known) == len(members) else None
        if isinstance(node, Scalar):
            code = text_code(entry, "a type", self.problems)
            text = parse_type(code, self.problems) if code else None
            return (text,) if isinstance(text, FamilyText) else text
        wrong_shape(entry.key.text, node, "a type or a list of values", self.problems)
        return None

    def _member(self, node: Node) -> Word | FamilyText | None:
        if isinstance(node, Scalar):
            return parse_member(node.code, self.problems)
        self.problems.add(
            "DR303", line_of(node.span), "a named value is one name", help='quote a family: ["n[0..2]", C]'
        )
        return None

    def _enter_words(self, name: str, text: TypeText | _Members | None) -> None:
        for member in text if isinstance(text, tuple) else ():
            if isinstance(member, Word):
                self.constants.words.setdefault(member.name, name)

    def resolve_all(self) -> dict[str, Type]:
        """Every type without an error, in the order of declaration; fills `constants.members`."""
        for name, definition in self._definitions.items():
            self.named(Word(name, definition.span))
        return {name: kind for name in self._definitions if (kind := self._types.get(name)) is not None}

    # ---- names

    def named(self, word: Word) -> Type | None:
        """The type of a name: declared, `bool`, or a lock; None after a diagnostic."""
        name = word.name
        if name == "bool":
            return BOOL
        if name in LOCK_TYPES:
            return LockType(name)  # type: ignore[arg-type]
        if name in self._types:
            return self._types[name]
        if name not in self._definitions:
            self._unknown(word)
            return None
        if name in self._busy:
            circle = " → ".join([*self._busy[self._busy.index(name) :], name])
            message = f"type {quoted(name)} is defined by itself: {circle}"
            self.problems.add("DR308", word.span, message, help="define one of them by its values")
            return None
        if len(self._busy) >= DEEPEST_CHAIN:
            self.problems.add("DR308", word.span, f"types name each other more than {DEEPEST_CHAIN} deep")
            return None
        self._busy.append(name)
        definition = self._definitions[name]
        kind = self._define(name, definition)
        self._busy.pop()
        self._types[name] = kind
        return kind

    def _unknown(self, word: Word) -> None:
        known = [*self._definitions, "bool", *LOCK_TYPES]
        help = did_you_mean(word.name, known) or f"declare {word.name} under types"
        if word.name in _INTEGERS:
            help = "cells are finite: write a range LOW..HIGH"
        elif word.name in ("stamp", "pool"):
            help = f"give it a name under types: `Name: {word.name}{'(SIZE)' if word.name == 'pool' else ''}`"
        elif self._names.kind(word.name):
            help = f"{word.name} is {self._names.kind(word.name)}"
            if self._names.kind(word.name) == "a constant":
                help += f": a range is written with both its ends, such as 0..{word.name}-1"
        self.problems.add("DR304", word.span, f"there is no type {quoted(word.name)}", allowed=known, help=help)

    def _define(self, name: str, definition: _Definition) -> Type | None:
        text = definition.text
        if text is None:
            return None
        if isinstance(text, tuple):
            return self._named_type(name, text)
        if isinstance(text, Word) and text.name == "stamp":
            return StampType(name)
        if isinstance(text, PoolText):
            return self._pool(name, text)
        kind = self.resolve(text, name)
        if isinstance(kind, LockType):
            message = f"a lock type cannot have another name, as {quoted(name)} would be"
            self.problems.add("DR312", text.span, message, help="write the lock type where the variable is declared")
            return None
        return kind

    # ---- types written out

    def resolve(self, text: TypeText, name: str = "") -> Type | None:
        """The type that a text means; None after a diagnostic."""
        if isinstance(text, Word):
            kind = self.named(text)
            return RangeType(kind.low, kind.high, name) if name and isinstance(kind, RangeType) else kind
        if isinstance(text, RangeText):
            return self._range(text, name)
        if isinstance(text, OptionalText):
            return self._optional(text)
        what = "a pool" if isinstance(text, PoolText) else "a family of named values"
        self.problems.add("DR303", text.span, f"{what} needs a name of its own", help="declare it under types")
        return None

    def _range(self, text: RangeText, name: str) -> RangeType | None:
        low, high = self.constants.integer(text.low), self.constants.integer(text.high)
        if low is None or high is None:
            return None
        if not self.check_bounds(low, high, text.span, "range", WIDEST_RANGE):
            return None
        return RangeType(low, high, name)

    def check_bounds(self, low: int, high: int, span: Span, what: str, most: int) -> bool:
        """True for LOW <= HIGH with at most so many values; else a diagnostic."""
        if low > high:
            message = f"{what} {low}..{high} has no values: {low} is over {high}"
            self.problems.add("DR305", span, message, help="LOW must not be over HIGH")
            return False
        if high - low + 1 > most:
            message = f"{what} {low}..{high} has {high - low + 1} values"
            self.problems.add(
                "DR306", span, message, allowed=[f"at most {most}"], help="a smaller size shows the same races"
            )
            return False
        return True

    def _optional(self, text: OptionalText) -> Type | None:
        kind = self.resolve(text.base)
        if kind is None or isinstance(kind, OptionalType):
            return kind
        if isinstance(kind, LockType | NoneType):
            message = f"a {type_text(kind)} cannot be None"
            self.problems.add("DR312", text.span, message, help="a lock is always there: leave `| None` away")
            return None
        return OptionalType(kind)

    def _pool(self, name: str, text: PoolText) -> PoolType | None:
        size = self.constants.integer(text.size)
        if size is None:
            return None
        if not 1 <= size <= MOST_VALUES:
            message = f"pool {quoted(name)} has {size} values"
            self.problems.add("DR307", text.span, message, allowed=[f"1 to {MOST_VALUES}"])
            return None
        return PoolType(name, size)

    # ---- named values

    def _named_type(self, name: str, members: _Members) -> NamedType | None:
        values: list[tuple[str, Span]] = []
        sound = True
        for member in members:
            if isinstance(member, Word):
                values.append((member.name, member.span))
            else:
                family = self._family(member)
                sound = sound and family is not None
                values += family or []
        if len(values) > MOST_VALUES:
            message = f"type {quoted(name)} has {len(values)} values"
            self.problems.add("DR306", values[0][1], message, allowed=[f"at most {MOST_VALUES}"])
            return None
        named = [v for v, span in values if self._is_new(v, name, span)]
        if not sound or len(named) < len(values) or not named:
            return None
        kind = NamedType(name, tuple(named))
        for place, value in enumerate(named):
            self.constants.members[value] = (kind, place)
        return kind

    def _is_new(self, value: str, name: str, span: Span) -> bool:
        return check_name(value, span, self.problems) and self._names.define(value, f"a value of type {name}", span)

    def _family(self, text: FamilyText) -> list[tuple[str, Span]] | None:
        low, high = self.constants.integer(text.low), self.constants.integer(text.high)
        if low is None or high is None:
            return None
        if low < 0:
            message = f"{quoted(text.name)} cannot be numbered from {low}"
            self.problems.add("DR305", text.span, message, help="number named values from 0")
            return None
        if not self.check_bounds(low, high, text.span, text.name, MOST_VALUES):
            return None
        return [(f"{text.name}{number}", text.span) for number in range(low, high + 1)]
