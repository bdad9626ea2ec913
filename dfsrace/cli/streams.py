# SPDX-License-Identifier: GPL-2.0-only
"""Standard output and error: writes that cannot break a terminal, and what they can show."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from dfsrace.diagnostics.text import printable

if TYPE_CHECKING:
    from dfsrace.render.style import Drawing, Line

# Every glyph of the drawings; a stream whose encoding lacks one gets ASCII.
_GLYPHS = "┌│└─┈┐┘◀▶·✗→…"
# How the styles of reports look: parameters of the terminal's `ESC [ … m`.
_COLOURS = {
    "title": "1",
    "verdict-bad": "1;31",
    "verdict-good": "1;32",
    "verdict-open": "1;33",
    "changed": "1",
    "stale": "35",
    "dim": "2",
    "heading": "1;36",
    "bad": "1;31",
}


def prepare() -> None:
    """Lets both streams write any text: what their encoding lacks becomes an escape."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def write(text: str) -> None:
    """Text to standard output; the caller has made it printable."""
    if sys.stdout is not None:
        sys.stdout.write(text)


def write_bytes(data: bytes) -> None:
    """Bytes to standard output: what is no text, or has to be the same in every locale."""
    if sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)


def flush() -> None:
    """What was written leaves the process now. Raises OSError, BrokenPipeError where it cannot."""
    if sys.stdout is not None:
        sys.stdout.flush()


def complain(text: str) -> None:
    """Lines to standard error, harmless to a terminal; a closed or full one is not complained about."""
    if sys.stderr is None:
        return
    with suppress(OSError, ValueError):
        if sys.stdout is not None:
            sys.stdout.flush()
    with suppress(OSError, ValueError):
        sys.stderr.write("".join(f"{printable(line)}\n" for line in text.split("\n")))
        sys.stderr.flush()


def abandon() -> None:
    """Forgets what standard output and error still hold: nobody is there to read it, and exiting would try again."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at a stream; False for one that is closed."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def coloured(wish: str) -> bool:
    """Whether standard output gets colours: as wished, else on a terminal that has them, without NO_COLOR."""
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(sys.stdout)


def can_draw(stream: TextIO | None) -> bool:
    """Whether a stream's encoding has all glyphs of the drawings."""
    try:
        _GLYPHS.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def columns(stream: TextIO | None, usual: int = 120) -> int:
    """What COLUMNS says, else a terminal's width, else `usual`, for a file or pipe."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdecimal() and 0 < len(said) <= 6 and int(said):
        return int(said)
    return shutil.get_terminal_size((usual, 24)).columns if is_terminal(stream) else usual


def drawing(ascii_only: bool, verbose: bool) -> Drawing:
    """How reports are drawn on standard output."""
    from dfsrace.render.style import Drawing

    return Drawing(ascii_only or not can_draw(sys.stdout), columns(sys.stdout), verbose)


def write_lines(lines: Iterable[Line], colours: bool) -> None:
    """Styled lines to standard output, with or without colours."""
    for line in lines:
        write("".join(_segment(text, style, colours) for text, style in line) + "\n")


def _segment(text: str, style: str, colours: bool) -> str:
    colour = _COLOURS.get(style) if colours else None
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and text.strip() else text
