# SPDX-License-Identifier: GPL-2.0-only
"""The sections `invariants`, `reach`, `check`, and `expect`."""

from __future__ import annotations

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.language.declarations import Code, Expectation, PropertyDeclaration, ThreadDeclaration
from dfsrace.language.includes import LoadedFile
from dfsrace.language.limits import acceptable_code
from dfsrace.language.names import NameTable, check_name
from dfsrace.language.sections import (
    Section,
    check_keys,
    code_of,
    line_of,
    scalars_of,
    section_entry,
    text_of,
)
from dfsrace.language.yaml_document import Entry, Mapping, Scalar
from dfsrace.system.system import AUTOMATIC_PROPERTIES

_VERDICTS = ("holds", "inconclusive", "{violates: [NAMES]}")


class Properties:
    """Reads the properties of all files into `properties`, and the main file's `check` and `expect`."""

    def __init__(self, problems: Collector) -> None:
        self.properties: list[PropertyDeclaration] = []
        self._problems = problems
        self._names = NameTable(problems)
        self._at_end: list[Entry] = []

    # ---- invariants and reach

    def declare(self, section: Section, *, reach: bool) -> None:
        """Takes one file's invariants, or the model's reach."""
        for entry in section.entries:
            named = self._name(entry, "a reach" if reach else "an invariant")
            declaration = self._property(entry, reach)
            if declaration is not None and named:
                self.properties.append(declaration)

    def _name(self, entry: Entry, kind: str) -> bool:
        name, span = entry.key.text, entry.key.span
        if automatic_name(name) is not None:
            message = f"{quoted(name)} is the name of an automatic check"
            self._problems.add("DR333", span, message, help="automatic checks are always on; choose another name")
            return False
        return check_name(name, span, self._problems, field=True) and self._names.define(name, kind, span)

    def _property(self, entry: Entry, reach: bool) -> PropertyDeclaration | None:
        name, span = entry.key.text, entry.key.span
        node = entry.value
        if not isinstance(node, Mapping):
            code = code_of(entry, self._problems)
            return None if code is None else PropertyDeclaration(name, reach, False, code, None, span)
        what = "reach" if reach else "invariant"
        keys = ("holds",) if reach else ("holds", "says", "at")
        check_keys(node, keys, f"{what} {quoted(name)}", self._problems)
        found: dict[str, Entry] = {item.key.text: item for item in node.entries}
        condition = code_of(found["holds"], self._problems) if "holds" in found else None
        says = self._says(found["says"]) if "says" in found and not reach else None
        at_end = self._is_at_end(found["at"]) if "at" in found and not reach else False
        if "holds" not in found:
            help = "add `holds:` with a condition"
            self._problems.add("DR330", span, f"{what} {quoted(name)} has no condition", help=help)
        return None if condition is None else PropertyDeclaration(name, reach, at_end, condition, says, span)

    def _says(self, entry: Entry) -> Code | None:
        node = entry.value
        if not isinstance(node, Scalar):
            help = 'quote it: says: "{x} is wrong"; a brace begins a YAML mapping'
            self._problems.add("DR205", line_of(node.span), "'says' wants a text, this is a collection", help=help)
            return None
        if not node.text.strip():
            self._problems.add("DR207", entry.key.span, "'says' is empty", help="write a sentence, or remove the key")
            return None
        return node.code if acceptable_code(node.code, self._problems) else None

    def _is_at_end(self, entry: Entry) -> bool:
        text = text_of(entry, self._problems)
        if text != "end":
            if not isinstance(entry.value, Scalar):
                return False
            shown = quoted(text)
            help = "leave `at` away for an invariant of every state"
            span = line_of(entry.value.span)
            self._problems.add("DR331", span, f"an invariant cannot hold at {shown}", allowed=["end"], help=help)
            return False
        self._at_end.append(entry)
        return True

    def check_at_end(self, threads: list[ThreadDeclaration]) -> None:
        """Reports `at: end` where every thread is a daemon: such a model has no end."""
        if threads and all(thread.daemon for thread in threads):
            for entry in self._at_end:
                message = "there is no end: every thread is a daemon"
                help = "name the window with a state variable instead"
                self._problems.add("DR332", entry.value.span, message, help=help)

    # ---- check and expect

    def read_check(self, file: LoadedFile) -> tuple[str, ...] | None:
        """The invariants and reaches that the model is checked for; None for all."""
        entry = section_entry(file, "check")
        if entry is None:
            return None
        names = [item for item in scalars_of(entry, self._problems) if self._is_property(item)]
        return tuple(dict.fromkeys(n.text.strip() for n in names if automatic_name(n.text.strip()) is None))

    def _is_property(self, item: Scalar) -> bool:
        name = item.text.strip()
        if self._names.kind(name) or automatic_name(name):
            return True
        known = [p.name for p in self.properties]
        message = f"the model has no property {quoted(name)}"
        everything = [*known, *AUTOMATIC_PROPERTIES]
        self._problems.add("DR334", item.span, message, allowed=everything, help=did_you_mean(name, everything))
        return False

    def read_expect(self, file: LoadedFile, check: tuple[str, ...] | None) -> Expectation | None:
        """What the model says it gives; None where it says nothing."""
        entry = section_entry(file, "expect")
        if entry is None:
            return None
        node = entry.value
        if isinstance(node, Scalar) and node.text.strip() in ("holds", "inconclusive"):
            return Expectation(node.text.strip(), frozenset(), entry.key.span)
        if not isinstance(node, Mapping):
            self._wrong_expectation(entry)
            return None
        check_keys(node, ("violates",), "expect", self._problems)
        violates = next((item for item in node.entries if item.key.text == "violates"), None)
        items = scalars_of(violates, self._problems) if violates else []
        if not items:
            self._problems.add("DR335", entry.key.span, "expect names no property", allowed=_VERDICTS)
        names = [self._expected(item, check) for item in items if self._is_property(item)]
        return Expectation("violated", frozenset(names), entry.key.span)

    def _wrong_expectation(self, entry: Entry) -> None:
        text = getattr(entry.value, "text", "a list").strip()
        help = did_you_mean(text, ("holds", "inconclusive"))
        if self._names.kind(text) or automatic_name(text):
            help = f"write expect: {{violates: {text}}}"
        elif text.split(maxsplit=1)[:1] in (["violates"], ["violated"]) and len(text.split()) > 1:
            help = f"write expect: {{violates: [{', '.join(text.replace(',', ' ').split()[1:])}]}}"
        elif text in ("violated", "violates", "fails", "violation"):
            help = "write expect: {violates: NAME}"
        span: Span = line_of(entry.value.span)
        self._problems.add("DR335", span, f"{quoted(text)} is no expectation", allowed=_VERDICTS, help=help)

    def _expected(self, item: Scalar, check: tuple[str, ...] | None) -> str:
        name = item.text.strip()
        automatic = automatic_name(name)
        if automatic is not None:
            return automatic
        if check is not None and name not in check:
            message = f"expect names {quoted(name)}, which check leaves out"
            self._problems.add("DR337", item.span, message, help="add it to check, or remove it from expect")
        return name


def automatic_name(name: str) -> str | None:
    """The automatic check of this name, which may have dashes for its blanks; None where there is none."""
    plain = name.replace("-", " ")
    return plain if plain in AUTOMATIC_PROPERTIES else None
