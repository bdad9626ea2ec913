# SPDX-License-Identifier: GPL-2.0-only
"""Constants: integers, Booleans, None, or a named value; the latest file and then `--set` decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfsrace.diagnostics import Collector, SourceFile, Span
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import printable, quoted
from dfsrace.language.declaration_syntax import LARGEST_INTEGER, Constant, Number, Operation, Word, parse_constant
from dfsrace.language.declarations import Code
from dfsrace.language.limits import LARGEST_LINE
from dfsrace.language.names import YAML_WORDS, NameTable, check_name
from dfsrace.language.sections import Section, text_code
from dfsrace.system.types import BOOL, NONE, NamedType, RangeType, Type, Value, type_text

SET = "--set"
DEEPEST_EVALUATION = 100

TypedValue = tuple[Type, Value]
_LITERALS: Mapping[str, TypedValue] = {"True": (BOOL, 1), "False": (BOOL, 0), "None": (NONE, None)}


@dataclass(slots=True)
class _Definition:
    value: Constant | None
    span: Span


def set_source(settings: Mapping[str, str]) -> SourceFile:
    """The values given with --set as a file of their own, one a line, so that diagnostics can point into it."""
    lines = (f"{printable(name)}={printable(value)}" for name, value in settings.items())
    return SourceFile(SET, "\n".join(lines))


class Constants:
    """The constants of a model; values are found when asked for, each once, so their order does not matter.

    `members` (values of named types) are entered as types become known; `words` holds those that are listed by name,
    known before any bound is evaluated.
    """

    def __init__(self, problems: Collector) -> None:
        self.members: dict[str, tuple[NamedType, int]] = {}
        self.words: dict[str, str] = {}
        self._problems = problems
        self._definitions: dict[str, _Definition] = {}
        self._values: dict[str, TypedValue | None] = {}
        self._busy: list[str] = []
        self._depth = 0
        self._types_known = False

    def declare(self, section: Section, names: NameTable) -> None:
        """Takes one file's constants; those of an earlier file are replaced."""
        for entry in section.entries:
            name = entry.key.text
            if not check_name(name, entry.key.span, self._problems):
                continue
            if name not in self._definitions:
                names.define(name, "a constant", entry.key.span)
            code = text_code(entry, "a value", self._problems)
            value = parse_constant(code, self._problems) if code else None
            self._definitions[name] = _Definition(value, entry.key.span)

    def override(self, settings: Mapping[str, str]) -> None:
        """Takes the values given with --set."""
        for number, (name, text) in enumerate(settings.items(), 1):
            shown = printable(name)
            span = Span(SET, number, 1, number, len(shown) + 1)
            if name not in self._definitions:
                known = list(self._definitions)
                message = f"the model has no constant {quoted(name)}"
                self._problems.add("DR222", span, message, allowed=known, help=did_you_mean(name, known))
            elif not text.strip() or len(text) > LARGEST_LINE:
                self._problems.add(
                    "DR226", span, f"--set gives {quoted(name)} no value", help=f"write --set {shown}=VALUE"
                )
            else:
                code = Code(printable(text), SET, number, len(shown) + 2)
                self._definitions[name] = _Definition(parse_constant(code, self._problems), span)

    @property
    def names(self) -> list[str]:
        """All constants in the order in which they were first declared."""
        return list(self._definitions)

    def all_values(self) -> dict[str, TypedValue]:
        """Every constant that has a value. Ask when all types are resolved, and only then."""
        self._types_known = True
        pairs = [(name, self._constant(name, d.span)) for name, d in self._definitions.items()]
        return {name: value for name, value in pairs if value is not None}

    # ---- evaluation

    def evaluate(self, expression: Constant) -> TypedValue | None:
        """Type and value of an expression; None after a diagnostic."""
        if isinstance(expression, Number):
            return RangeType(expression.value, expression.value), expression.value
        if self._depth >= DEEPEST_EVALUATION:
            message = "constants depend on each other too deeply"
            self._problems.add("DR223", expression.span, message, help="write one of them as a number")
            return None
        self._depth += 1
        result = self._word(expression) if isinstance(expression, Word) else self._operation(expression)
        self._depth -= 1
        return result

    def _operation(self, expression: Operation) -> TypedValue | None:
        left, right = self.integer(expression.left), self.integer(expression.right)
        if left is None or right is None:
            return None
        result = self._operate(expression.operator, left, right, expression.span)
        return None if result is None else (RangeType(result, result), result)

    def integer(self, expression: Constant) -> int | None:
        """The value of an integer expression; None after a diagnostic."""
        if isinstance(expression, Word) and self._is_member(expression.name):
            self._no_integer(expression.span, expression.name, self._member_type(expression.name))
            return None
        result = self.evaluate(expression)
        if result is None:
            return None
        kind, value = result
        if not isinstance(kind, RangeType):
            name = expression.name if isinstance(expression, Word) else str(value)
            self._no_integer(expression.span, name, type_text(kind))
            return None
        return value

    def _no_integer(self, span: Span, name: str, kind: str) -> None:
        message = f"{quoted(name)} is no integer but of type {kind}"
        self._problems.add("DR224", span, message, help="an integer constant expression belongs here")

    def _is_member(self, name: str) -> bool:
        return name not in self._definitions and (name in self.words or name in self.members)

    def _member_type(self, name: str) -> str:
        return self.words.get(name) or self.members[name][0].name

    def _word(self, word: Word) -> TypedValue | None:
        if word.name in _LITERALS:
            return _LITERALS[word.name]
        if word.name in self._definitions:
            return self._constant(word.name, word.span)
        if word.name in self.members:
            return self.members[word.name]
        if word.name in self.words:
            # Types are resolved from integers; afterwards, the value's type has an error of its own.
            if not self._types_known:
                self._no_integer(word.span, word.name, self.words[word.name])
            return None
        if right := YAML_WORDS.get(word.name.lower()):
            self._problems.add("DR209", word.span, f"{quoted(word.name)} is no value here", help=f"write {right}")
            return None
        known = [*self._definitions, *self.members, *self.words]
        help = did_you_mean(word.name, known) or "declare it under constants, or as a value of a type"
        message = f"there is no constant or named value {quoted(word.name)}"
        self._problems.add("DR221", word.span, message, allowed=known, help=help)
        return None

    def _constant(self, name: str, span: Span) -> TypedValue | None:
        if name in self._values:
            return self._values[name]
        if name in self._busy:
            circle = " → ".join([*self._busy[self._busy.index(name) :], name])
            self._problems.add(
                "DR223", span, f"constant {quoted(name)} depends on itself: {circle}", help="give it a value"
            )
            return None
        definition = self._definitions[name]
        self._busy.append(name)
        value = None if definition.value is None else self.evaluate(definition.value)
        self._busy.pop()
        self._values[name] = value
        return value

    def _operate(self, operator: str, left: int, right: int, span: Span) -> int | None:
        if operator in ("//", "%") and right == 0:
            self._problems.add("DR225", span, "division by zero", help="the right side must not be 0")
            return None
        match operator:
            case "+":
                result = left + right
            case "-":
                result = left - right
            case "*":
                result = left * right
            case "//":
                result = left // right
            case _:
                result = left % right
        if abs(result) > LARGEST_INTEGER:
            message = "the value of this expression is too large"
            self._problems.add("DR225", span, message, allowed=[f"-{LARGEST_INTEGER} to {LARGEST_INTEGER}"])
            return None
        return result
