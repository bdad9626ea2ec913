# SPDX-License-Identifier: GPL-2.0-only
"""A model's text as JSON, in the ways in which tools read YAML: the schema has to fit them all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from dfsrace.diagnostics import Collector, ModelError, SourceFile
from dfsrace.language.schema import model_schema
from dfsrace.language.yaml_document import Mapping, Node, Scalar, Sequence, read_yaml

VALIDATOR = Draft7Validator(model_schema())

_NULL = re.compile(r"(?:~|null|Null|NULL)?\Z")
_BOOLEAN = re.compile(r"(?:(true|True|TRUE)|false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NO_NUMBER = re.compile(r"(?:([-+]?)\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")


class NotYaml(Exception):
    """The text is no YAML that a model may be: there is nothing for a schema to judge."""


def as_editor(text: str) -> Any:
    """By YAML 1.2's core schema, as the YAML language server reads plain scalars."""
    return _read(text, _core)


def as_text(text: str) -> Any:
    """As the language itself does: scalars are text, and a key without a value has none."""
    return _read(text, lambda node: node.text if node.text or node.style else None)


def as_ruamel(text: str) -> Any:
    """As ruamel.yaml does for YAML 1.2, dates as text: numbers may have `_`."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


# Not ruamel's for made-up documents: it makes None of a key NULL, which JSON cannot have.
READINGS: tuple[Callable[[str], Any], ...] = (as_editor, as_text)


def complaints(document: Any) -> list[str]:
    """What the schema has against a document."""
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in VALIDATOR.iter_errors(document)]


def accepted(text: str) -> bool:
    """True if an editor with the schema has nothing to say."""
    return not complaints(as_editor(text))


def _read(text: str, scalar: Callable[[Scalar], Any]) -> Any:
    source = SourceFile("m.yaml", text)
    problems = Collector((source,))
    root = read_yaml(source, problems)
    try:
        problems.finish()
    except ModelError as error:
        if [d.code for d in error.diagnostics] in (["DR103"], ["DR116"]):
            return as_ruamel(text)  # the reader gives no tree of what is no mapping
        raise NotYaml(text) from None
    assert root is not None
    return _walk(root, scalar)


def _walk(node: Node, scalar: Callable[[Scalar], Any]) -> Any:
    if isinstance(node, Mapping):
        return {entry.key.text: _walk(entry.value, scalar) for entry in node.entries}
    if isinstance(node, Sequence):
        return [_walk(item, scalar) for item in node.items]
    return scalar(node)


def _core(node: Scalar) -> Any:
    text = node.text
    if node.style:
        return text
    if _NULL.match(text):
        return None
    if found := _BOOLEAN.match(text):
        return found[1] is not None
    if _INTEGER.match(text):
        return int(text)
    if _OCTAL.match(text) or _HEXADECIMAL.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    if found := _NO_NUMBER.match(text):
        return float("nan" if found[1] is None else f"{found[1]}inf")
    return text
