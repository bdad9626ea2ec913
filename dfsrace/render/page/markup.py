# SPDX-License-Identifier: GPL-2.0-only
"""HTML that cannot be broken by what a model says: text becomes markup only through `tag`, which escapes it.

Guarantees: every text and every attribute's value is first made printable (no controls, no marks of direction), then
escaped; a text is never a name of an element or an attribute.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any

from dfsrace.diagnostics.text import printable

_VOID = {"br", "col", "input", "meta"}


class Markup(str):
    """Finished HTML. Added to another text it is a plain `str`, which is escaped when it is used: never too little."""

    __slots__ = ()


Child = str | Markup | int | None


def tag(name: str, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_` is the attribute class, `data_step` is data-step; True is an attribute without value.

    Children and attributes that are None, and attributes that are False, are left out.
    """
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Markup:
    """Elements and texts one after another."""
    return Markup("".join(_child(child) for child in children if child is not None))


def scrolling(content: Markup, label: str, kind: str = "") -> Markup:
    """A region that scrolls by itself where it has too little room, also by keys."""
    return tag("div", content, class_=f"scrolls {kind}".rstrip(), tabindex=0, role="region", aria_label=label)


def clean(text: str) -> str:
    """Foreign text, printable; not escaped."""
    return printable(text)


def data_block(value: Any, name: str) -> Markup:
    """A JSON value in a script element that no browser executes; nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(f'<script type="application/json" id="{escape(name)}">{text}</script>')


def _child(child: Child) -> str:
    if isinstance(child, Markup):
        return child
    return escape(printable(str(child)))


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(printable(str(value)))}"'
