# SPDX-License-Identifier: GPL-2.0-only
"""Foreign text made harmless: what a model file says may hold anything, terminal escapes too."""

from __future__ import annotations

import unicodedata

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})


def is_unsafe(character: str) -> bool:
    """True for a character that must never reach a terminal as it is: controls, format and direction marks."""
    if " " <= character <= "~":
        return False
    return unicodedata.category(character) in _UNSAFE_CATEGORIES


def printable(text: str) -> str:
    r"""The text with each unsafe character replaced by its escape: `\n`, `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(ascii(c)[1:-1] if is_unsafe(c) else c for c in text)


def quoted(text: str, limit: int = 60) -> str:
    """The text as a message shows it: in single quotes, on one line, printable, cut with an ellipsis."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"'{printable(cut)}'"


def width(text: str) -> int:
    """Columns that printable text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_character_width(c) for c in text)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
