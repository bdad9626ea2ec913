# SPDX-License-Identifier: GPL-2.0-only
"""What one YAML file is to a gate: a model, a piece of one, broken, or somebody else's.

Soundness leans one way: a model that is taken for a stranger's file is checked by nobody, so a file that may well be
ours is, and one that can be read by nobody is an error. But repositories are full of YAML, and `types`, `state` or
`include` stand in other people's files too: a section counts for what it looks like, beside what stands around it.
"""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping as Keyed
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from dfsrace.diagnostics import Collector, ModelError, SourceFile
from dfsrace.language.files import Unreadable, read_bounded
from dfsrace.language.limits import acceptable, decode
from dfsrace.language.sections import MAIN_ONLY, RESERVED_SECTIONS, SECTIONS
from dfsrace.language.yaml_document import Mapping, Node, Scalar, Sequence, read_yaml

# `broken`: ours, or nobody can tell, and it cannot be read as YAML: loading it says why.
Kind = Literal["model", "piece", "broken", "aside"]

KNOWN = frozenset((*SECTIONS, *RESERVED_SECTIONS))
# Sections that hardly anybody else has; one that looks right makes a file ours.
TELLING = frozenset({"procedures", "threads", "invariants", "reach"})
# How alike a key has to be to one of them to be that one misspelt: a letter too many, too few, or another one.
ALIKE = 0.8
# Sections of which a piece may consist: a file that has them and no stranger's key is ours.
OF_PIECES = frozenset({"constants", "types", "state", "setup"})
# With a title, threads and one of these nobody needs to look closer.
OF_MODELS = frozenset({"include", "procedures", "state"})
_TEXTS = frozenset({"model", "about", "setup", "procedures"})
_LISTS = frozenset({"sources", "include", "check"})
_MAPPINGS = KNOWN - _TEXTS - _LISTS - {"expect"}

_IGNORED = re.compile(r"[ \t]*(?:#.*)?$|---(?:\s|$)|\.\.\.(?:\s|$)|%")
_KEY = re.compile(r"""(["']?)([^\s"'#:{}\[\],&*!?|>%@`\\][^\s"':]*)\1[ \t]*:(?:[ \t]+(.*))?$""")
_FLOW_KEY = re.compile(r"""[{,\s]["']?(\w+)["']?[ \t]*:""")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file and what it is."""

    path: str
    kind: Kind


def classify(path: str, named: bool = False) -> FoundFile:
    """What the file at a path is, by itself. One that was `named` is ours, whatever stands in it.

    A model is what has `threads` or another section that only a checked file may have. Nothing is raised: what cannot
    be read is `broken`, but for a file that is not there or no file.
    """
    try:
        data = read_bounded(Path(path))
    except Unreadable:
        return FoundFile(path, "broken" if named or os.path.isfile(path) else "aside")
    text = data.decode(_encoding(data), "replace").replace("\r\n", "\n")
    shapes = _shapes_of_text(text)
    if not named and shapes is not None and not KNOWN & set(shapes):
        return FoundFile(path, "aside")
    if shapes is not None and shapes.get("model") and shapes.get("threads") and OF_MODELS & set(shapes):
        return FoundFile(path, "model")
    root = _root(path, data)
    if root is None:
        ours = named or is_ours(shapes if shapes is not None else _shapes_of_flow(text))
        return FoundFile(path, "broken" if ours else "aside")
    if not named and not is_ours({entry.key.text: _looks_right(entry.key.text, entry.value) for entry in root.entries}):
        return FoundFile(path, "aside")
    keys = {entry.key.text for entry in root.entries}
    return FoundFile(path, "model" if keys & set(MAIN_ONLY) else "piece")


def includes_of(path: str) -> tuple[str, ...]:
    """The texts of a file's `include`, as far as they can be read."""
    try:
        root = _root(path, read_bounded(Path(path)))
    except Unreadable:
        return ()
    node = None if root is None else root.get("include")
    items: tuple[Node, ...] = node.items if isinstance(node, Sequence) else () if node is None else (node,)
    return tuple(item.text for item in items if isinstance(item, Scalar) and item.text)


def is_ours(shapes: Keyed[str, bool]) -> bool:
    """Whether a file with these keys at its top is ours; each with whether its value looks like that section's.

    It is with a telling section; with a misspelt one beside a right one; with two sections, if most of the keys are
    sections; and with nothing but sections, if one of them is what a piece is made of.
    """
    right = {name for name, looks_right in shapes.items() if looks_right and name in KNOWN}
    known = sum(name in KNOWN for name in shapes)
    if right & TELLING or (right and any(_misspelt(name) for name, looks_right in shapes.items() if looks_right)):
        return True
    if len(right) >= 2 and 2 * known > len(shapes):
        return True
    return known == len(shapes) and bool(right & OF_PIECES)


def _misspelt(name: str) -> str:
    """The telling section that a key was probably meant to be; empty where it is one, or nothing like one."""
    if name in KNOWN:
        return ""
    return next((meant for meant in get_close_matches(name.lower(), sorted(TELLING), 1, ALIKE)), "")


def _encoding(data: bytes) -> str:
    """How to read a file's keys: one of Windows' two bytes a character is no model, but may have been meant as one."""
    return "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"


def _root(path: str, data: bytes) -> Mapping | None:
    """The file's top mapping; None where the language cannot read it."""
    problems = Collector(())
    try:
        text = decode(path, data, problems)
        source = SourceFile(path, text or "", path)
        return read_yaml(source, problems) if text is not None and acceptable(source, problems) else None
    except ModelError:
        return None


# ---- what values look like


def _looks_right(name: str, node: Node) -> bool:
    """Whether a value has the shape of that section's; for `threads` and `types`, also what is in it."""
    name = _misspelt(name) or name
    if name in _TEXTS:
        # A `|` with nothing in it, where the code was written at the margin.
        return isinstance(node, Scalar) and bool(node.text.strip() or node.style == "|")
    if name in _LISTS:
        items = node.items if isinstance(node, Sequence) else (node,)
        return bool(items) and all(isinstance(item, Scalar) and item.text.strip() for item in items)
    if name == "expect":
        return isinstance(node, Mapping) or (isinstance(node, Scalar) and node.text in ("holds", "inconclusive"))
    if not isinstance(node, Mapping):
        return False
    values = [entry.value for entry in node.entries]
    if name == "threads":
        return any(_is_run(value) for value in values)
    if name in ("constants", "state"):
        return bool(values) and all(isinstance(value, Scalar) for value in values)
    return bool(values) and not any(isinstance(value, Mapping) for value in values) if name == "types" else True


def _is_run(node: Node) -> bool:
    """Whether a value may be what a thread runs: code, not a number or a name."""
    if isinstance(node, Mapping):
        return node.get("run") is not None
    return isinstance(node, Scalar) and (node.text == "pass" or any(sign in node.text for sign in "(\n="))


def _shapes_of_text(text: str) -> dict[str, bool] | None:
    """The keys at the top of a block mapping by its lines alone, so also where it is no YAML.

    None where the lines do not tell: a mapping in braces, keys in an unusual form.
    """
    lines = [line for line in text.split("\n") if not _IGNORED.match(line)]
    if not lines:
        return {}
    margin = len(lines[0]) - len(lines[0].lstrip(" "))
    if lines[0][margin:].startswith(("{", "?", "!", "&")):
        return None
    shapes: dict[str, bool] = {}
    for line in lines:
        if line[:margin].strip() or line[margin : margin + 1] in ("", " ", "\t", "-"):
            continue
        if line[margin] == "?" or (line[margin] == '"' and "\\" in line):
            return None
        if match := _KEY.match(line, margin):
            shapes.setdefault(match[2], _line_looks_right(match[2], (match[3] or "").strip()))
    return shapes


def _line_looks_right(name: str, rest: str) -> bool:
    """What `_looks_right` says, by what stands behind the colon."""
    rest = "" if rest.startswith("#") else rest
    name = _misspelt(name) or name
    if name in _MAPPINGS:
        return not rest or rest.startswith("{")
    if name in _TEXTS:
        return bool(rest) and not rest.startswith(("{", "["))
    return name in KNOWN


def _shapes_of_flow(text: str) -> dict[str, bool]:
    """Every key anywhere in a mapping in braces that is no YAML; none for a template, which begins with two."""
    head = text.lstrip()
    if head.startswith(("{{", "{%")):
        return {}
    return {name: True for name in _FLOW_KEY.findall(text) if name in KNOWN}
