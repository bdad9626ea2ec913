# SPDX-License-Identifier: GPL-2.0-only
"""A scenario with a protocol behind its own includes and before its body.

hole-punch.yaml   include: [vm]                     include: [vm, locked_fault, invalidate_lock]
                  threads: ...                ──▶   threads: ...
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from dfsrace.diagnostics import Collector, SourceFile
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.diagnostics.values import dataclass
from dfsrace.language.files import BUILT_IN_LIBRARY, ModelSource, Unreadable, library_file, library_names, read_bounded
from dfsrace.language.limits import acceptable, decode
from dfsrace.language.yaml_document import Entry, Mapping, Node, Scalar, read_yaml
from dfsrace.language.yaml_document import Sequence as Listed

UNFIXED = "unfixed"
_UNFIXED_WORDS = ("none", UNFIXED)
_DOCUMENT_END = re.compile(r"^\.\.\.(?=\s|\Z)", re.MULTILINE)


class NoSuchPiece(Exception):
    """A word names neither a file nor a piece of the library; the message says what it could have been."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A proposed fix: the words that are included, none for the unfixed kernel. `name`: as the table shows it."""

    name: str
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Threads and checks over the library's kernel."""

    name: str
    path: Path


def protocol(word: str, libraries: Sequence[str] = ()) -> Protocol:
    """The protocol that a word names: bare names and files, several joined by `+`; `none` or `unfixed` for no fix."""
    if word in _UNFIXED_WORDS:
        return Protocol(UNFIXED)
    parts = [word] if _is_path(word) and os.path.lexists(word) else word.split("+")
    for part in parts:
        _file_of(part, "protocols", libraries)
    return Protocol(word, tuple(parts))


def scenario(word: str, libraries: Sequence[str] = ()) -> Scenario:
    """The scenario that a word names: a bare name of the library, or a file."""
    return Scenario(word, _file_of(word, "scenarios", libraries))


def fixes(words: Sequence[str], libraries: Sequence[str] = ()) -> tuple[Protocol, ...]:
    """The unfixed kernel, then the protocols that words name; all of the library where there are none."""
    named = [protocol(word, libraries) for word in dict.fromkeys(words or known("protocols"))]
    return (Protocol(UNFIXED), *(fix for fix in named if fix.includes))


def known(kind: str) -> tuple[str, ...]:
    """The names in a folder of the built-in library: `protocols` or `scenarios`."""
    return tuple(sorted(path.stem for path in (BUILT_IN_LIBRARY / kind).glob("*.yaml")))


def _is_path(word: str) -> bool:
    return "/" in word or os.sep in word or word.endswith((".yaml", ".yml"))


def _file_of(word: str, kind: str, libraries: Sequence[str]) -> Path:
    """The file of a bare name or a path; NoSuchPiece where there is none."""
    what = kind.removesuffix("s")
    if _is_path(word):
        if not os.path.lexists(word):
            raise NoSuchPiece(f"there is no file {quoted(word, 300)}")
        if not word.endswith((".yaml", ".yml")):
            raise NoSuchPiece(f"the {what} {quoted(word, 300)} is no file that ends in .yaml")
        return Path(word)
    folders = (*map(Path, libraries), BUILT_IN_LIBRARY)
    found = library_file(word, folders) if word.strip() else None
    if found is None:
        names = known(kind)
        help = did_you_mean(word, [*names, *library_names(folders)]) or f"there is {', '.join(names)}"
        raise NoSuchPiece(f"there is no {what} {quoted(word)}; {help}")
    return found


def put_together(scene: Scenario, fix: Protocol) -> ModelSource:
    """The model of a protocol in a scenario, as text whose lines are those of the scenario's file.

    Where the scenario is no model it is given back as it was read: loading it says why. All paths in it start at the
    current folder.
    """
    name = f"{scene.path.stem}.yaml" if not _is_path(scene.name) else scene.name
    try:
        data = read_bounded(scene.path)
    except Unreadable:
        return ModelSource.of(scene.path)
    as_it_is = ModelSource(str(scene.path), scene.path, data)
    problems = Collector([])
    text = decode(name, data, problems)
    source = SourceFile(name, text or "")
    root = read_yaml(source, problems) if text is not None and acceptable(source, problems) else None
    if root is None or text is None:
        return as_it_is
    entry = next((entry for entry in root.entries if entry.key.text == "include"), None)
    own = _own_includes(entry.value, scene.path.parent) if entry is not None else []
    if own is None:
        return as_it_is
    return ModelSource(name, None, _with_includes(text, root, entry, [*own, *fix.includes]))


def _own_includes(node: Node, folder: Path) -> list[str] | None:
    """The scenario's includes, its paths made to start at the current folder; None where they are no words."""
    items: tuple[Node, ...] = node.items if isinstance(node, Listed) else (node,)
    words = []
    for item in items:
        if not isinstance(item, Scalar):
            return None
        if item.text:
            words.append(os.path.normpath(folder / item.text) if item.text.endswith((".yaml", ".yml")) else item.text)
    return words


def _with_includes(text: str, root: Mapping, entry: Entry | None, words: Sequence[str]) -> str:
    listed = f"[{', '.join(json.dumps(word, ensure_ascii=False) for word in words)}]"
    if entry is not None:
        begin, end = _region(text, entry)
        lines = text.count("\n", begin, end)
        return f"{text[:begin]}: {listed}{lines * chr(10)}{text[end:]}"
    start = _offset(text, root.span.line, root.span.column)
    if text.startswith("{", start):
        return f"{text[: start + 1]}include: {listed}{', ' * bool(root.entries)}{text[start + 1 :]}"
    last = _DOCUMENT_END.search(text, start)
    body, rest = (text[: last.start()], text[last.start() :]) if last else (text, "")
    newline = "" if body.endswith("\n") else "\n"
    return f"{body}{newline}{' ' * (root.span.column - 1)}include: {listed}\n{rest}"


def _region(text: str, entry: Entry) -> tuple[int, int]:
    """Where the value of an entry stands, from the end of its key on."""
    key, value = entry.key.span, entry.value
    begin = _offset(text, key.end_line, key.end_column)
    end = text.index(":", begin) + 1
    if isinstance(value, Scalar):
        return begin, max(end, _offset(text, value.span.end_line, value.span.end_column))
    start = _offset(text, value.span.line, value.span.column)
    last = value.items[-1].span if isinstance(value, Listed) and value.items else None
    end = _offset(text, last.end_line, last.end_column) if last else start + 1
    return begin, _closed(text, end) if text[start] == "[" else end


def _closed(text: str, place: int) -> int:
    """The place after the bracket that closes a list whose last item ends at a place; comments are passed over."""
    while text[place] != "]":
        place = text.index("\n", place) if text[place] == "#" else place + 1
    return place + 1


def _offset(text: str, line: int, column: int) -> int:
    place = 0
    for _ in range(line - 1):
        place = text.index("\n", place) + 1
    return place + column - 1
