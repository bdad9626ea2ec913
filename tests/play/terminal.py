# SPDX-License-Identifier: GPL-2.0-only
"""A command on a pseudo-terminal, and the screen as somebody before it would see it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pyte

from tests.cli.running import COMMAND, environment

PATIENCE = 30.0
ENTER, DOWN, LEFT, RIGHT = "\r", "\x1b[B", "\x1b[D", "\x1b[C"
ESCAPE, INTERRUPT, END = "\x1b", "\x03", "\x04"


class Terminal:
    """A terminal of some columns and lines in which the command runs. `raw`: all bytes that it has written."""

    def __init__(
        self,
        *arguments: str | Path,
        cwd: Path,
        size: tuple[int, int] = (80, 24),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.ours, theirs = pty.openpty()
        self.theirs_size(theirs, *size)
        self.process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),
            env=environment(**{"TERM": "xterm-256color", **(variables or {})}),
        )
        os.close(theirs)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)

    def shown(self) -> str:
        """The screen's lines."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    @staticmethod
    def theirs_size(terminal: int, columns: int, lines: int) -> None:
        """Tells a terminal its size."""
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """Gives the window another size."""
        self.screen.resize(lines, columns)
        self.theirs_size(self.ours, columns, lines)

    def send(self, keys: str) -> None:
        """Types."""
        os.write(self.ours, keys.encode())

    def wait(self, text: str, *, gone: bool = False) -> str:
        """Waits until a text is on the screen, or is no more; the screen then."""
        end = time.monotonic() + PATIENCE
        while (text in self.shown()) == gone:
            assert self.read(end), f"{'still' if gone else 'no'} {text!r} in\n{self.shown()}"
        return self.shown()

    def until(self, come: Callable[[Terminal], bool]) -> None:
        """Waits until something is so."""
        end = time.monotonic() + PATIENCE
        while not come(self):
            assert self.read(end), f"it does not come; there is\n{self.shown()}"

    def read(self, end: float) -> bool:
        """Takes in what is written next; False at the end of it, or of the time."""
        if not select.select([self.ours], [], [], max(0.0, end - time.monotonic()))[0]:
            return False
        try:
            more = os.read(self.ours, 65536)
        except OSError:
            return False
        self.raw += more
        self.stream.feed(more)
        return bool(more)

    def left(self) -> int:
        """Waits until the command has ended; its exit code."""
        end = time.monotonic() + PATIENCE
        while self.read(end):
            pass
        return self.process.wait(timeout=PATIENCE)
