# SPDX-License-Identifier: GPL-2.0-only
"""The line on standard error that says how far a long search has come."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfsrace.cli import streams

if TYPE_CHECKING:
    from dfsrace.engine.options import Progress

FIRST_AFTER = 1.0
BETWEEN = 0.25


@dataclass(slots=True)
class TerminalLine:
    """One line on standard error that is redrawn in its place."""

    shown: bool = False

    def draw(self, text: str) -> None:
        """Puts the text there, as much of it as the terminal is wide."""
        self._write(f"\r{text[: streams.columns(sys.stderr, 80) - 1]}\x1b[K")
        self.shown = True

    def clear(self) -> None:
        """Takes the line away."""
        if self.shown:
            self._write("\r\x1b[K")
            self.shown = False

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


@dataclass(slots=True)
class ProgressLine(TerminalLine):
    """Nothing is written before a second has passed."""

    ascii_only: bool = False
    queue: int = 0

    def __call__(self, progress: Progress) -> None:
        if progress.seconds >= FIRST_AFTER:
            self.draw(self.text(progress))
        self.queue = progress.queue

    def text(self, progress: Progress) -> str:
        """States, rate, depth, and where the queue is going since the last time."""
        dot = " - " if self.ascii_only or not streams.can_draw(sys.stderr) else " · "
        rate = progress.states / progress.seconds if progress.seconds > 0 else 0
        trend = "growing" if progress.queue > self.queue else "shrinking" if progress.queue < self.queue else "steady"
        return dot.join(
            (
                f"{progress.states:,} states",
                f"{rate:,.0f}/s",
                f"depth {progress.depth:,}",
                f"queue {progress.queue:,} {trend}",
                f"{progress.seconds:,.0f} s",
            )
        )


@dataclass(slots=True)
class LookingLine(TerminalLine):
    """For a search with one number only: what it does, the states so far, the seconds."""

    doing: str = "looking"
    told: float = 0.0

    def __call__(self, progress: Progress) -> None:
        if progress.seconds < self.told:
            self.told = 0.0
        if progress.seconds >= max(FIRST_AFTER, self.told + BETWEEN):
            self.told = progress.seconds
            self.draw(f"{self.doing}: {progress.states:,} states, {progress.seconds:,.0f} s; Ctrl-C ends it")


def looking_line(quiet: bool, doing: str) -> LookingLine | None:
    """The line, where somebody sits before a terminal to see it."""
    return LookingLine(doing=doing) if streams.is_terminal(sys.stderr) and not quiet else None


def progress_line(quiet: bool, ascii_only: bool) -> ProgressLine | None:
    """The line, where somebody sits before a terminal to see it."""
    return ProgressLine(ascii_only=ascii_only) if streams.is_terminal(sys.stderr) and not quiet else None
