# SPDX-License-Identifier: GPL-2.0-only
"""What `dfsrace explain CODE` tells about a diagnostic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """The error in general: a title, a few sentences, lines that give it, and the same lines mended.

    `example` and `mended` are sections of a model, or empty where no few lines can show it.
    """

    title: str
    text: str
    example: str = ""
    mended: str = ""


def explanation_text(code: str, explanation: Explanation) -> str:
    """The explanation as plain text without a final newline."""
    parts = [f"{code}: {explanation.title}", explanation.text]
    if explanation.example:
        parts.append("This gives it:\n\n" + _indented(explanation.example))
    if explanation.mended:
        parts.append("This is right:\n\n" + _indented(explanation.mended))
    return "\n\n".join(parts)


def _indented(lines: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in lines.strip("\n").split("\n"))
