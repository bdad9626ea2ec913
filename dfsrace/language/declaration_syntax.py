# SPDX-License-Identifier: GPL-2.0-only
"""The small syntax of declarations: constant expressions, types, and the keys of state and threads.

value        PAGES-1   (FRAMES + 1) * 2   True   None   filemap
type         bool   0..PAGES   Index   Page | None   spinlock   pool(FRAMES)   stamp   mm[0..MMS-1]
declaration  Size = PAGES
state key    disk[Index]   Node.page_cache[Index]
thread key   cpu0   cpu[1..3]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.text import quoted
from dfsrace.diagnostics.values import dataclass
from dfsrace.language.declarations import Code
from dfsrace.language.limits import DEEPEST_NESTING, acceptable_code

LARGEST_INTEGER = 10**18
# `1 + 1 + 1 + …` is a level of the tree for each sign.
MOST_TOKENS = 200

_TOKEN = re.compile(
    r"[ \t\n]+|(?P<number>\d[\w]*)|(?P<name>[A-Za-z_]\w*)|(?P<sign>\.\.|//|[-+*%()\[\].,|=~<>])|(?P<bad>.)"
)


@dataclass(frozen=True, slots=True)
class Number:
    """An integer as written."""

    value: int
    span: Span


@dataclass(frozen=True, slots=True)
class Word:
    """A name, True, False or None."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """Two integers and an operator; a leading minus is `0 - x`."""

    operator: str
    left: Constant
    right: Constant
    span: Span


Constant: TypeAlias = Number | Word | Operation


@dataclass(frozen=True, slots=True)
class RangeText:
    """LOW..HIGH."""

    low: Constant
    high: Constant
    span: Span


@dataclass(frozen=True, slots=True)
class PoolText:
    """pool(SIZE)."""

    size: Constant
    span: Span


@dataclass(frozen=True, slots=True)
class FamilyText:
    """NAME[LOW..HIGH]."""

    name: str
    low: Constant
    high: Constant
    span: Span


@dataclass(frozen=True, slots=True)
class OptionalText:
    """T | None."""

    base: Word | RangeText | PoolText | FamilyText
    span: Span


TypeText: TypeAlias = Word | RangeText | PoolText | FamilyText | OptionalText


@dataclass(frozen=True, slots=True)
class DeclarationText:
    """TYPE, or TYPE = VALUE."""

    type: TypeText
    initial: Constant | None


@dataclass(frozen=True, slots=True)
class StateKey:
    """`name[T]...` or `Owner.name[T]...`; `span` is that of the name."""

    owner: Word | None
    name: str
    dimensions: tuple[TypeText, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    span: Span


class _SyntaxError(Exception):
    def __init__(self, span: Span, message: str, help: str = "", code: str = "") -> None:
        super().__init__(message)
        self.span, self.message, self.help, self.code = span, message, help, code


_Result = TypeVar("_Result")

_HELP = {
    "DR220": "join integers and constants by + - * // % and parentheses",
    "DR303": "a type is a name, LOW..HIGH, or one of these followed by | None",
    "DR310": "write name, name[Index], Type.name, or Type.name[Index]",
    "DR321": "write one name, or a family: NAME[LOW..HIGH]",
}


# How C begins a type, and what to write; {} is the word that follows.
_C_TYPES = {
    "struct": "declare a pool under types: `{}: pool(2)`, say, and its fields in the section `state`",
    "enum": "named values are a list: [A, B]",
    **dict.fromkeys(("unsigned", "signed", "long", "short"), "cells are finite: write a range LOW..HIGH"),
}


def parse_constant(code: Code, problems: Collector) -> Constant | None:
    """A constant expression; None after a diagnostic."""
    return _parse(code, problems, "DR220", lambda words: words.expression(0))


def parse_type(code: Code, problems: Collector) -> TypeText | None:
    """A type; None after a diagnostic."""
    return _parse(code, problems, "DR303", _Words.type)


def parse_declaration(code: Code, problems: Collector) -> DeclarationText | None:
    """A type and perhaps its initial value; None after a diagnostic."""
    return _parse(code, problems, "DR303", _Words.declaration)


def parse_state_key(code: Code, problems: Collector) -> StateKey | None:
    """The key of a state variable; None after a diagnostic."""
    return _parse(code, problems, "DR310", _Words.state_key)


def parse_member(code: Code, problems: Collector) -> Word | FamilyText | None:
    """One name or a family of them; None after a diagnostic."""
    return _parse(code, problems, "DR321", _Words.member)


def _parse(code: Code, problems: Collector, number: str, rule: Callable[[_Words], _Result]) -> _Result | None:
    if not acceptable_code(code, problems):
        return None
    words = _Words(code)
    if words.count > MOST_TOKENS:
        message = f"a declaration of {words.count} words and signs"
        problems.add("DR106", words.here.span, message, allowed=[f"at most {MOST_TOKENS}"], help="name its parts")
        return None
    try:
        result = rule(words)
        words.end()
    except _SyntaxError as error:
        problems.add(error.code or number, error.span, error.message, help=error.help or _HELP[number])
        return None
    return result


class _Words:
    """The tokens of one text, and a rule of the grammar in each method."""

    def __init__(self, code: Code) -> None:
        self._tokens = [_token(code, match) for match in _TOKEN.finditer(code.text) if match.lastgroup]
        end = len(code.text.rstrip())
        self._tokens.append(_Token("end", "", _span(code, end, end + 1)))
        self._at = 0

    # ---- tokens

    @property
    def count(self) -> int:
        """How many words and signs there are."""
        return len(self._tokens) - 1

    @property
    def here(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _accept(self, sign: str) -> bool:
        if self.here.kind == "sign" and self.here.text == sign:
            self._take()
            return True
        return False

    def _expect(self, sign: str) -> Span:
        span = self.here.span
        if not self._accept(sign):
            raise self._unexpected(f"'{sign}'")
        return span

    def _name(self, what: str) -> _Token:
        if self.here.kind != "name":
            raise self._unexpected(what)
        return self._take()

    def _unexpected(self, wanted: str) -> _SyntaxError:
        found = "the end" if self.here.kind == "end" else quoted(self.here.text)
        return _SyntaxError(self.here.span, f"{wanted} should stand here, not {found}")

    def end(self) -> None:
        """Nothing may be left."""
        if self.here.kind != "end":
            help = "named values are a list: [A, B]" if self.here.text == "," else ""
            raise _SyntaxError(self.here.span, f"{quoted(self.here.text)} is not understood here", help)

    # ---- constants

    def expression(self, depth: int) -> Constant:
        left = self._term(depth)
        while self.here.text in ("+", "-"):
            operator = self._take().text
            left = _operation(operator, left, self._term(depth))
        return left

    def _term(self, depth: int) -> Constant:
        left = self._factor(depth)
        while self.here.text in ("*", "//", "%"):
            operator = self._take().text
            left = _operation(operator, left, self._factor(depth))
        return left

    def _factor(self, depth: int) -> Constant:
        token = self.here
        if depth > DEEPEST_NESTING:
            raise _SyntaxError(token.span, f"nested deeper than {DEEPEST_NESTING}", code="DR106")
        if token.kind == "number":
            return Number(_integer(self._take()), token.span)
        if token.text == "~":
            raise _SyntaxError(token.span, "'~' is no value here", "write None", "DR209")
        if token.kind == "name":
            return Word(self._take().text, token.span)
        if self._accept("-"):
            operand = self._factor(depth + 1)
            return Operation("-", Number(0, token.span), operand, _join(token.span, operand.span))
        if self._accept("("):
            inner = self.expression(depth + 1)
            self._expect(")")
            return inner
        raise self._unexpected("a value")

    # ---- types

    def declaration(self) -> DeclarationText:
        kind = self.type()
        initial = self.expression(0) if self._accept("=") else None
        return DeclarationText(kind, initial)

    def type(self) -> TypeText:
        base = self._base_type()
        if not self._accept("|"):
            return base
        none = self._name("None")
        if none.text != "None":
            help = (
                f"write {none.text} | None"
                if isinstance(base, Word) and base.name == "None"
                else "only None may follow |"
            )
            raise _SyntaxError(none.span, f"{quoted(none.text)} cannot be an alternative", help)
        return OptionalText(base, _join(base.span, none.span))

    def _base_type(self) -> Word | RangeText | PoolText | FamilyText:
        start = self.here
        after = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if start.kind == "name" and after.text == "(" and start.text == "pool":
            self._take()
            self._take()
            size = self.expression(0)
            return PoolText(size, _join(start.span, self._expect(")")))
        if start.text in _C_TYPES and after.kind == "name":
            help = _C_TYPES[start.text].format(after.text)
            raise _SyntaxError(start.span, f"{quoted(f'{start.text} {after.text}')} is no type", help)
        if start.kind == "name" and after.text == "[":
            return self._family()
        if start.kind == "name" and after.text not in ("..", "+", "-", "*", "//", "%"):
            if start.text in ("None", "True", "False"):
                raise _SyntaxError(
                    start.span, f"{start.text} is no type", "a type that admits None is written T | None"
                )
            return Word(self._take().text, start.span)
        return self._range()

    def _range(self, help: str = "a range is written LOW..HIGH, named values are a list: [A, B]") -> RangeText:
        if self.here.kind == "end" or self.here.text == "=":
            raise self._unexpected("a type")
        low = self.expression(0)
        if self.here.text != "..":
            message = "'..' should stand here, between LOW and HIGH"
            raise _SyntaxError(self.here.span, message, help)
        self._take()
        high = self.expression(0)
        return RangeText(low, high, _join(low.span, high.span))

    def _family(self) -> FamilyText:
        name = self._name("a name")
        self._expect("[")
        bounds = self._range("a family is written NAME[LOW..HIGH]")
        end = self._expect("]")
        return FamilyText(name.text, bounds.low, bounds.high, _join(name.span, end))

    def member(self) -> Word | FamilyText:
        after = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if self.here.kind == "name" and after.text == "[":
            return self._family()
        name = self._name("a name")
        return Word(name.text, name.span)

    # ---- keys

    def state_key(self) -> StateKey:
        name = self._name("the name of a variable")
        owner: Word | None = None
        if self._accept("."):
            owner = Word(name.text, name.span)
            name = self._name("the name of a field")
        dimensions: list[TypeText] = []
        while self._accept("["):
            self._no_size()
            dimensions.append(self.type())
            while self._accept(","):
                dimensions.append(self.type())
            self._expect("]")
        return StateKey(owner, name.text, tuple(dimensions), name.span)

    def _no_size(self) -> None:
        """`name[3]` counts elements, as in C; here stands their index."""
        size, after = self.here, self._tokens[min(self._at + 1, len(self._tokens) - 1)]
        if size.kind == "number" and after.text == "]":
            last = max(_integer(size) - 1, 0)
            raise _SyntaxError(size.span, f"{size.text} is no type of an index", f"write [0..{last}], or a type's name")


def _operation(operator: str, left: Constant, right: Constant) -> Operation:
    return Operation(operator, left, right, _join(left.span, right.span))


def _integer(token: _Token) -> int:
    digits = token.text.replace("_", "")
    if not (digits.isascii() and digits.isdigit()) or "__" in token.text or token.text.endswith("_"):
        raise _SyntaxError(token.span, f"{quoted(token.text)} is no integer", "write decimal digits: 16, 10_000")
    if len(digits) > 1 and digits.startswith("0"):
        raise _SyntaxError(
            token.span, f"{quoted(token.text)} begins with a zero", "write it without; there is no octal"
        )
    if len(digits) > 18:
        raise _SyntaxError(token.span, f"{quoted(token.text)} is too large", f"at most {LARGEST_INTEGER}", "DR225")
    return int(digits)


def _token(code: Code, match: re.Match[str]) -> _Token:
    return _Token(match.lastgroup or "", match.group(), _span(code, match.start(), match.end()))


def _span(code: Code, start: int, end: int) -> Span:
    line = code.text.count("\n", 0, start) + 1
    first = code.text.rfind("\n", 0, start) + 1
    return code.span(line, start - first, line, end - first)


def _join(first: Span, last: Span) -> Span:
    return Span(first.file, first.line, first.column, last.end_line, last.end_column)
