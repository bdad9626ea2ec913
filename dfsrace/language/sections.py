# SPDX-License-Identifier: GPL-2.0-only
"""The sections of a file: which there are, where they may stand, and what shape each has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.suggest import did_you_mean, nearest
from dfsrace.diagnostics.text import quoted
from dfsrace.language.declarations import Code
from dfsrace.language.includes import LoadedFile
from dfsrace.language.limits import acceptable_code
from dfsrace.language.yaml_document import Entry, Mapping, Node, Scalar, Sequence
from dfsrace.language.yaml_errors import block_help

SECTIONS = (
    "model",
    "about",
    "sources",
    "include",
    "constants",
    "types",
    "state",
    "setup",
    "procedures",
    "threads",
    "invariants",
    "reach",
    "check",
    "bounds",
    "expect",
)
RESERVED_SECTIONS = ("progress", "memory")
MAIN_ONLY = ("threads", "check", "reach", "bounds", "expect")
REQUIRED = ("model", "threads")


@dataclass(frozen=True, slots=True)
class Section:
    """A section that is a mapping; without entries where the file has none. `span`: its key, else the file's start."""

    entries: tuple[Entry, ...]
    span: Span


def check_sections(file: LoadedFile, problems: Collector) -> None:
    """Reports keys that are no sections, are reserved, stand in the wrong file, or are missing."""
    present = {entry.key.text for entry in file.root.entries}
    meant = set(present)
    for entry in file.root.entries:
        name, span = entry.key.text, entry.key.span
        if name in RESERVED_SECTIONS:
            message = f"section {quoted(name)} is reserved for a later version"
            problems.add("DR202", span, message, help="remove it: this version checks invariants and reach alone")
        elif name not in SECTIONS:
            near = _MEANT.get(name.lower()) or nearest(name, SECTIONS)
            meant |= {near} if near else set()
            _no_section(entry.key, near, problems)
        elif name in MAIN_ONLY and not file.main:
            message = f"an included file may not have {quoted(name)}"
            problems.add("DR204", span, message, help="move it to the model that is checked, or do not include a model")
    for name in REQUIRED if file.main else ():
        if name not in meant:
            start = Span(file.source.name, 1, 1, 1, len(file.source.line(1)) + 1)
            help = "a model begins with its title: `model: A title`"
            if name == "threads":
                help = "add threads; a library piece is not checked by itself but included by a model"
            problems.add("DR203", start, f"section {quoted(name)} is missing", help=help)


# What other tools and people call a section.
_MEANT = {
    **dict.fromkeys(("title", "name"), "model"),
    **dict.fromkeys(("description", "comment", "doc"), "about"),
    **dict.fromkeys(("import", "imports", "includes", "use", "uses", "library"), "include"),
    **dict.fromkeys(("variables", "vars", "var", "globals", "data"), "state"),
    **dict.fromkeys(("init", "initial", "start"), "setup"),
    **dict.fromkeys(("functions", "code", "procs", "def", "definitions"), "procedures"),
    **dict.fromkeys(("processes", "process", "cpus", "tasks", "run", "main"), "threads"),
    **dict.fromkeys(("properties", "assertions", "asserts", "safety", "always", "never"), "invariants"),
    **dict.fromkeys(("reachable", "covers", "cover", "eventually"), "reach"),
    **dict.fromkeys(("expected", "verdict", "result"), "expect"),
    **dict.fromkeys(("limits", "limit"), "bounds"),
}


def _no_section(key: Scalar, near: str | None, problems: Collector) -> None:
    name = key.text
    if re.search(r"[\s(@]", name):
        # A line of code at the margin: the `|` block above it was meant to hold it.
        help = "code stands below `procedures: |`, `setup: |` or a thread's name, indented"
        problems.add("DR201", key.span, f"there is no section {quoted(name)}", help=help)
        return
    help = f"did you mean {near}?" if near else ""
    problems.add("DR201", key.span, f"there is no section {quoted(name)}", allowed=SECTIONS, help=help)


def check_keys(mapping: Mapping, allowed: Iterable[str], what: str, problems: Collector) -> None:
    """Reports keys of a small mapping that are not among the allowed ones."""
    known = list(allowed)
    for entry in mapping.entries:
        name = entry.key.text
        if name not in known:
            message = f"{what} has no key {quoted(name)}"
            problems.add("DR206", entry.key.span, message, allowed=known, help=did_you_mean(name, known))


def mapping_section(file: LoadedFile, name: str, problems: Collector) -> Section:
    """A section's entries; another shape is an error."""
    entry = section_entry(file, name)
    if entry is None:
        return Section((), Span(file.source.name, 1, 1, 1, 1))
    node = entry.value
    if isinstance(node, Mapping):
        return Section(node.entries, entry.key.span)
    if not is_absent(node):
        wrong_shape(name, node, "a mapping of names", problems)
    return Section((), entry.key.span)


def section_entry(file: LoadedFile, name: str) -> Entry | None:
    """The key and value of a section, or None."""
    return next((entry for entry in file.root.entries if entry.key.text == name), None)


def wrong_shape(name: str, node: Node, wanted: str, problems: Collector) -> None:
    """Reports a value of the wrong shape."""
    found = "a list" if isinstance(node, Sequence) else "a mapping" if isinstance(node, Mapping) else "a text"
    help = _NAMED.get(name) or _SHAPES.get(wanted, f"write {wanted} after the colon")
    if isinstance(node, Scalar) and "mapping" in wanted and (close := _NO_BLANK.match(node.text)):
        help = f"write a blank behind the colon: `{close[1]}: {close[2]}`"
    problems.add("DR205", line_of(node.span), f"{quoted(name)} wants {wanted}, this is {found}", help=help)


# How the lines of a section look whose entries people leave without a name.
_NAMED = {
    "threads": "give each thread a name: `cpu0: f()`",
    "invariants": "give each condition a name: `size_is_small: size < 3`",
    "reach": "give each condition a name: `size_gets_large: size == 3`",
    "bounds": "write `states: N`, `seconds: S` or `switches: K`",
}
_NO_BLANK = re.compile(r"([A-Za-z_][\w.]{0,40}):(\S{1,40})")
_SHAPES = {
    "a mapping of names": "write `name: value` lines, indented alike",
    "a list of names": "write [a, b]",
    "a text": "write it on one line or in a `|` block",
}


def is_absent(node: Node) -> bool:
    """True for a key without a value."""
    return isinstance(node, Scalar) and not node.text and node.style == ""


def line_of(span: Span) -> Span:
    """The part of a place that lies in its first line, one character where it goes on."""
    if span.end_line == span.line:
        return span
    return Span(span.file, span.line, span.column, span.line, span.column + 1)


def text_of(entry: Entry, problems: Collector) -> str:
    """The text of a value without line ends around it; another shape is an error and gives the empty text."""
    if isinstance(entry.value, Scalar):
        return entry.value.text.strip()
    wrong_shape(entry.key.text, entry.value, "a text", problems)
    return ""


def scalars_of(entry: Entry, problems: Collector) -> list[Scalar]:
    """The texts of a list, or of one text in place of a list; other shapes are errors."""
    node = entry.value
    if is_absent(node):
        return []
    items = node.items if isinstance(node, Sequence) else (node,)
    texts: list[Scalar] = []
    for item in items:
        if isinstance(item, Scalar) and item.text.strip():
            texts.append(item)
        elif isinstance(item, Scalar):
            problems.add(
                "DR207", item.span, f"an empty text in {quoted(entry.key.text)}", help="write it, or remove it"
            )
        else:
            wrong_shape(entry.key.text, item, "a list of names", problems)
    return texts


def text_code(entry: Entry, what: str, problems: Collector) -> Code | None:
    """The text of a value with its place, for the syntax of declarations; None after a diagnostic."""
    node = entry.value
    if not isinstance(node, Scalar):
        wrong_shape(entry.key.text, node, what, problems)
        return None
    if not node.text.strip():
        problems.add(
            "DR207", entry.key.span, f"{quoted(entry.key.text)} has no value", help=f"write {what} after the colon"
        )
        return None
    return node.code


def not_code(entry: Entry, problems: Collector) -> None:
    """Reports a collection where code should stand: most often code without its block."""
    what = "a list" if isinstance(entry.value, Sequence) else "a mapping"
    key = entry.key
    # A mapping is what YAML makes of the lines below a key that lacks its `|`: the key is where to mend it.
    span = key.span if isinstance(entry.value, Mapping) else line_of(entry.value.span)
    message = f"{quoted(key.text)} wants code, this is {what}"
    problems.add("DR205", span, message, help=block_help(key.text))


def code_of(entry: Entry, problems: Collector) -> Code | None:
    """Python text with its place, fit for `ast`; None after a diagnostic."""
    node = entry.value
    if not isinstance(node, Scalar):
        not_code(entry, problems)
        return None
    if node.style == ">" or (node.style != "|" and node.span.end_line != node.span.line):
        message = f"the code of {quoted(entry.key.text)} runs over several lines that YAML folds into one"
        problems.add("DR208", line_of(node.span), message, help=block_help(entry.key.text))
        return None
    if not node.text.strip():
        help = "write code, indented below the key, or remove the key"
        problems.add("DR207", entry.key.span, f"{quoted(entry.key.text)} has no code", help=help)
        return None
    return node.code if acceptable_code(node.code, problems) else None
