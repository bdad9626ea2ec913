# SPDX-License-Identifier: GPL-2.0-only
"""YAML text → a tree of nodes that know their places; every scalar is text.

Built from ruamel.yaml's parse events rather than its nodes: its composer recurses, and keeps duplicate keys and
anchors silently. Here duplicates, anchors, aliases, tags, merge keys, directives and second documents are errors,
and nesting is bounded while it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any, TypeAlias

from dfsrace.diagnostics import Collector, SourceFile, Span
from dfsrace.diagnostics.text import printable, quoted
from dfsrace.diagnostics.values import dataclass
from dfsrace.language.declarations import Code
from dfsrace.language.limits import CONTROL, DEEPEST_NESTING, MOST_NODES
from dfsrace.language.yaml_errors import YAML_HELP, syntax_error


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `style` is YAML's: "" for plain, one of the quotes, `|` or `>`.

    `code` maps the text back to the file; `exact` is False where it cannot (folded lines, escapes), and then `code`
    begins where the scalar does.
    """

    text: str
    style: str
    span: Span
    code: Code
    exact: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries in the order of the file; no key twice."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


def read_yaml(source: SourceFile, problems: Collector) -> Mapping | None:
    """The file's top mapping; None where the text is no YAML that a model may be, with the reasons in `problems`."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    builder = _Builder(source, problems)
    try:
        for event in _events(source.text):
            if not builder.take(event):
                return None
    except MarkedYAMLError as error:
        syntax_error(source, error, problems)
        return None
    except (YAMLError, ValueError) as error:
        # What ruamel raises without a place, e.g. for a code point out of range in an escape.
        first = str(error).split("\n", 1)[0]
        problems.add("DR108", Span(source.name, 1, 1, 1, 1), f"not YAML: {printable(first)}", help=YAML_HELP)
        return None
    if builder.root is None:
        problems.add("DR103", Span(source.name, 1, 1, 1, 1), "the file is empty", help=_EMPTY_HELP)
        return None
    if not isinstance(builder.root, Mapping):
        what = "a list" if isinstance(builder.root, Sequence) else f"the text {quoted(builder.root.text)}"
        message = f"a model is a mapping of sections, this is {what}"
        problems.add("DR116", _first_line(source, builder.root.span), message, help=_EMPTY_HELP)
        return None
    return builder.root if builder.sound else None


_EMPTY_HELP = "a model begins with a line like `model: A title`"


def _events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML

    events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
    return events


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen."""

    span: Span
    mapping: bool
    items: list[Node] = field(default_factory=list)
    keys: dict[str, Scalar] = field(default_factory=dict)
    key: Scalar | None = None
    entries: list[Entry] = field(default_factory=list)


class _Builder:
    """Takes events one by one; `sound` turns False at an error after which reading can go on."""

    def __init__(self, source: SourceFile, problems: Collector) -> None:
        self.source = source
        self.problems = problems
        self.root: Node | None = None
        self.sound = True
        self._lines = source.text.split("\n")
        self._open: list[_Open] = []
        self._documents = 0
        self._nodes = 0

    def take(self, event: Any) -> bool:
        """False when reading must stop."""
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            return self._document(event)
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            return self._check_node(event) and self._begin(event, kind == "MappingStartEvent")
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end()
        elif kind == "ScalarEvent":
            if not self._check_node(event):
                return False
            self._place(self._scalar(event))
        elif kind == "AliasEvent":
            self._error("DR110", self._span(event), f"alias {quoted('*' + event.anchor)}", "write the value out")
            return False
        return True

    def _error(self, code: str, span: Span, message: str, help: str) -> None:
        self.sound = False
        self.problems.add(code, span, message, help=help)

    def _document(self, event: Any) -> bool:
        self._documents += 1
        if self._documents > 1:
            self._error(
                "DR113", self._span(event), "a second document begins here", "one file is one model: remove ---"
            )
            return False
        if event.version is not None or event.tags:
            span = Span(self.source.name, 1, 1, 1, len(self._lines[0]) + 1)
            self._error("DR114", span, "a YAML directive", "remove the line; models are YAML 1.2 always")
            return False
        return True

    def _check_node(self, event: Any) -> bool:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._error(
                "DR104", self._span(event), f"the file has more than {MOST_NODES} values", "split it with include"
            )
            return False
        if event.anchor is not None:
            self._error("DR110", self._span(event), f"anchor {quoted('&' + event.anchor)}", "write the value out twice")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._error("DR111", self._span(event), f"tag {quoted(str(tag))}", "remove it: sections have fixed types")
        return True

    def _begin(self, event: Any, mapping: bool) -> bool:
        if len(self._open) >= DEEPEST_NESTING:
            message = f"YAML is nested deeper than {DEEPEST_NESTING}"
            self._error("DR106", self._span(event), message, "a model needs four levels")
            return False
        self._open.append(_Open(self._span(event), mapping))
        return True

    def _end(self) -> None:
        top = self._open.pop()
        if top.mapping:
            self._place(Mapping(tuple(top.entries), top.span))
        else:
            self._place(Sequence(tuple(top.items), top.span))

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = self.root if self._is_empty(node) else node
            return
        top = self._open[-1]
        if not top.mapping:
            top.items.append(node)
        elif top.key is None:
            top.key = self._key(node, top)
        else:
            self._add_entry(top, top.key, node)
            top.key = None

    @staticmethod
    def _is_empty(node: Node) -> bool:
        return isinstance(node, Scalar) and node.style == "" and node.text == ""

    def _add_entry(self, top: _Open, key: Scalar, node: Node) -> None:
        if self._is_empty(node):
            # An absent value lies nowhere: it is shown at its key.
            assert isinstance(node, Scalar)
            node = Scalar("", "", key.span, key.code, True)
        first = top.keys.get(key.text)
        if first is not None:
            self.sound = False
            message = f"key {quoted(key.text)} is here twice"
            notes = [(first.span, "first here")]
            self.problems.add("DR109", key.span, message, help="remove or rename one of them", notes=notes)
            return
        top.keys[key.text] = key
        top.entries.append(Entry(key, node))

    def _key(self, node: Node, top: _Open) -> Scalar:
        if not isinstance(node, Scalar):
            self._error("DR115", node.span, "a collection as a key", "a key is one name; quote a key that has brackets")
            return Scalar(f"\0{len(top.entries)}", "", node.span, Code("", self.source.name, 1, 1), False)
        if node.text == "<<" and node.style == "":
            self._error("DR112", node.span, "merge key '<<'", "write the keys out, or use include")
        return node

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        if (end.line, end.column) <= (start.line, start.column):
            return Span(self.source.name, start.line + 1, start.column + 1, start.line + 1, start.column + 2)
        return Span(self.source.name, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _scalar(self, event: Any) -> Scalar:
        style = event.style or ""
        span = self._span(event)
        text: str = event.value
        if unsafe := CONTROL.search(text):
            message = f"control character {printable(unsafe.group())} in a text"
            self._error("DR107", span, message, "remove it from the quoted text")
        if style == "|":
            return Scalar(text, style, span, self._block(text, span), True)
        raw = self._lines[span.line - 1][span.column - 1 :]
        inner, shift = (raw, 0) if style == "" else (raw[1:], 1)
        exact = style != ">" and span.end_line == span.line and inner.startswith(text) and "\n" not in text
        stripped = text.lstrip(" ") if exact else text
        shift = shift + len(text) - len(stripped) if exact else 0
        return Scalar(text, style, span, Code(stripped.rstrip(), span.file, span.line, span.column + shift), exact)

    def _block(self, text: str, span: Span) -> Code:
        """The code of a `|` block: its lines follow that of the `|`, indented by what YAML cut and what is common."""
        lines = text.rstrip("\n").split("\n")
        full = [number for number, line in enumerate(lines) if line.strip()]
        if not full:
            return Code("", span.file, span.line, span.column)
        common = min(len(lines[n]) - len(lines[n].lstrip(" ")) for n in full)
        first = full[0]
        raw = self._lines[span.line + first]
        column = len(raw) - len(lines[first]) + common + 1
        return Code("\n".join(line[common:] for line in lines), span.file, span.line + 1, column)


def _first_line(source: SourceFile, span: Span) -> Span:
    return Span(span.file, span.line, span.column, span.line, max(len(source.line(span.line)), span.column) + 1)
