# SPDX-License-Identifier: GPL-2.0-only
"""A Diagnostic as plain text, in the form that editors and kernel developers know from compilers.

model.yaml:7:16: DR304: there is no type 'Contens'
  7 |   disk[Index]: Contens
    |                ^^^^^^^
  allowed: Contents, Index, Page
  help: did you mean Contents?
"""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.diagnostic import Diagnostic, ModelError
from dfsrace.diagnostics.source import SourceFile, Span
from dfsrace.diagnostics.text import printable, width

# A source line longer than this is shown as a window around the place.
_LINE_WIDTH = 100
_MOST_ALLOWED = 20


def render_diagnostic(diagnostic: Diagnostic, sources: Mapping[str, SourceFile]) -> str:
    """The diagnostic in several lines, without colours and without a final newline; every character is printable."""
    place = printable(str(diagnostic.span)) + ": " if diagnostic.span.file else ""
    lines = [f"{place}{diagnostic.code}: {printable(diagnostic.message)}"]
    lines += _excerpt(diagnostic.span, sources)
    if diagnostic.allowed:
        lines.append(f"  allowed: {_allowed_text(diagnostic.allowed)}")
    if diagnostic.help:
        lines.append(f"  help: {printable(diagnostic.help)}")
    for span, text in diagnostic.notes:
        lines.append(f"  {printable(str(span))}: note: {printable(text)}")
        lines += _excerpt(span, sources)
    return "\n".join(lines)


def render_error(error: ModelError) -> str:
    """All diagnostics of the error, separated by empty lines."""
    return "\n\n".join(render_diagnostic(d, error.sources) for d in error.diagnostics)


def _allowed_text(allowed: tuple[str, ...]) -> str:
    shown = [printable(a) for a in allowed[:_MOST_ALLOWED]]
    left = len(allowed) - len(shown)
    return ", ".join(shown) + (f", and {left} more" if left else "")


def _excerpt(span: Span, sources: Mapping[str, SourceFile]) -> list[str]:
    """The source line with carets under the span; nothing where there is no such line."""
    source = sources.get(span.file)
    text = source.line(span.line) if source else ""
    if not text.strip():
        return []
    start = min(max(span.column - 1, 0), len(text))
    end = span.end_column - 1 if span.end_line == span.line else len(text.rstrip())
    end = min(max(end, start + 1), max(len(text), start + 1))
    before, marked, after = _window(text, start, end)
    number = str(span.line).rjust(3)
    carets = " " * width(before) + "^" * max(width(marked), 1)
    return [f"{number} | {before}{marked}{after}".rstrip(), f"{' ' * len(number)} | {carets}"]


def _window(text: str, start: int, end: int) -> tuple[str, str, str]:
    """The line's printable text before, in and after the span, cut to a readable width."""
    end = min(end, start + _LINE_WIDTH)
    first = max(0, start - _LINE_WIDTH // 2) if len(text) > _LINE_WIDTH else 0
    last = min(len(text), max(end, first + _LINE_WIDTH))
    before = ("…" if first else "") + _shown(text[first:start])
    after = _shown(text[end:last]) + ("…" if last < len(text) else "")
    return before, _shown(text[start:end]), after


def _shown(text: str) -> str:
    return printable(text.replace("\t", " "))
