# SPDX-License-Identifier: GPL-2.0-only
"""The section `threads`: `cpu0: code`, families `cpu[1..3]: code`, and mappings with `daemon` and `run`."""

from __future__ import annotations

import re

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.text import quoted
from dfsrace.language.constants import Constants
from dfsrace.language.declaration_syntax import FamilyText, Word, parse_constant, parse_member
from dfsrace.language.declarations import Code, ThreadDeclaration
from dfsrace.language.names import NameTable, check_name
from dfsrace.language.sections import Section, check_keys, code_of, is_absent, not_code, text_code
from dfsrace.language.yaml_document import Entry, Mapping, Scalar
from dfsrace.system.types import BoolType

MOST_THREADS = 64
# What may be meant for `daemon` or `run`, and is not a line of code.
_IS_KEY = re.compile(r"\w+\Z")
INITIAL = "init"


class Threads:
    """Reads the threads of the model's own file."""

    def __init__(self, constants: Constants, problems: Collector) -> None:
        self.count = 0
        self._constants = constants
        self._problems = problems
        self._names = NameTable(problems)

    def read(self, section: Section, given: bool) -> list[ThreadDeclaration]:
        """The threads in order. `given`: the section is there with no other shape, and may not be empty."""
        if given and not section.entries:
            help = "write one: `cpu0: do_no_page(mm0, 0)`"
            self._problems.add("DR320", section.span, "the model has no threads", help=help)
        return [thread for entry in section.entries if (thread := self._thread(entry)) is not None]

    def _thread(self, entry: Entry) -> ThreadDeclaration | None:
        key = parse_member(entry.key.code, self._problems)
        names = self._members(key, entry.key.span) if key is not None else None
        daemon, code = self._body(entry)
        if names is None or code is None:
            return None
        family = entry.key.text if isinstance(key, FamilyText) else None
        return ThreadDeclaration(names, family, daemon, code, entry.key.span)

    def _members(self, key: Word | FamilyText, span: Span) -> tuple[str, ...] | None:
        if isinstance(key, FamilyText):
            low, high = self._constants.integer(key.low), self._constants.integer(key.high)
            if low is None or high is None:
                return None
            if not 0 <= low <= high:
                message = f"family {quoted(f'{key.name}[{low}..{high}]')} has no members"
                self._problems.add("DR305", key.span, message, help="number threads from 0 or 1 upwards: cpu[1..3]")
                return None
            if self._too_many(high - low + 1, span):
                return None
            names = tuple(f"{key.name}{number}" for number in range(low, high + 1))
        else:
            names = (key.name,)
            if self._too_many(1, span):
                return None
        sound = [self._is_new(name, span) for name in names]
        return names if all(sound) else None

    def _is_new(self, name: str, span: Span) -> bool:
        if name == INITIAL:
            message = f"no thread can be called {quoted(name)}: schedules call the initial state so"
            self._problems.add("DR301", span, message, help="choose another name")
            return False
        return check_name(name, span, self._problems, field=True) and self._names.define(name, "a thread", span)

    def _too_many(self, more: int, span: Span) -> bool:
        self.count += more
        if self.count <= MOST_THREADS:
            return False
        message = f"the model has {self.count} threads up to here"
        self._problems.add(
            "DR320", span, message, allowed=[f"at most {MOST_THREADS}"], help="three or four show most races"
        )
        return True

    def _body(self, entry: Entry) -> tuple[bool, Code | None]:
        node = entry.value
        if not isinstance(node, Mapping):
            return False, code_of(entry, self._problems)
        if node.entries and not any(_IS_KEY.match(item.key.text) for item in node.entries):
            not_code(entry, self._problems)
            return False, None
        check_keys(node, ("daemon", "run"), f"thread {quoted(entry.key.text)}", self._problems)
        daemon, code, has_run = False, None, False
        for item in node.entries:
            if item.key.text == "daemon":
                daemon = self._daemon(item)
            elif item.key.text == "run":
                has_run = True
                code = code_of(item, self._problems)
        if not has_run:
            message = f"thread {quoted(entry.key.text)} has no code"
            self._problems.add("DR323", entry.key.span, message, help="add `run:` with its code")
        return daemon, code

    def _daemon(self, entry: Entry) -> bool:
        # language.md writes `daemon: true`; this is a switch of ours, so YAML's spelling is taken beside Python's.
        if is_absent(entry.value):
            self._problems.add("DR322", entry.key.span, "daemon has no value", allowed=["true", "false"])
            return False
        text = entry.value.text.strip() if isinstance(entry.value, Scalar) else ""
        if text in ("true", "false"):
            return bool(text == "true")
        code = text_code(entry, "true or false", self._problems)
        value = parse_constant(code, self._problems) if code else None
        typed = self._constants.evaluate(value) if value else None
        if typed is not None and not isinstance(typed[0], BoolType):
            self._problems.add("DR322", entry.value.span, f"daemon is {quoted(text)}", allowed=["true", "false"])
        return typed is not None and typed[1] == 1
