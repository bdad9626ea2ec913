# SPDX-License-Identifier: GPL-2.0-only
"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

import click

from dfsrace.diagnostics.text import quoted


@dataclass(slots=True)
class OutputFile:
    """A file that is written when the block is left without an exception, replacing what was there in one step.

    What is no regular file (a pipe, /dev/stdout) is written as it is. A place where no file can be written is an error
    when the block is entered, before anything is explored.
    """

    path: str
    parts: list[bytes] = field(default_factory=list)

    def __enter__(self) -> OutputFile:
        try:
            if os.path.isdir(self.path):
                raise IsADirectoryError(None, "is a folder")
            if self._is_file():
                # A draft that is at once gone: a process that is killed leaves nothing behind.
                handle, draft = self._draft()
                os.close(handle)
                os.unlink(draft)
        except (OSError, ValueError) as error:
            raise self._failure(error) from error
        return self

    def write(self, text: str | bytes) -> None:
        """More of it; text as UTF-8."""
        self.parts.append(text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace"))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        try:
            if self._is_file():
                self._replace()
            else:
                with open(self.path, "wb") as file:
                    file.write(self._bytes())
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise self._failure(problem) from problem

    def _is_file(self) -> bool:
        """Whether the path is a regular file, or nothing yet."""
        try:
            return stat.S_ISREG(os.stat(self.path).st_mode)
        except FileNotFoundError:
            return True

    def _replace(self) -> None:
        target = os.path.realpath(self.path)
        mode = stat.S_IMODE(os.stat(target).st_mode) if os.path.exists(target) else 0o666 & ~_umask()
        handle, draft = self._draft()
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._bytes())
            os.chmod(draft, mode)
            os.replace(draft, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft)
            raise

    def _draft(self) -> tuple[int, str]:
        """A new file beside the target, from where it can be moved."""
        return tempfile.mkstemp(prefix=".dfsrace-", dir=os.path.dirname(os.path.realpath(self.path)))

    def _bytes(self) -> bytes:
        return b"".join(self.parts)

    def _failure(self, error: Exception) -> click.ClickException:
        why = getattr(error, "strerror", None) or str(error)
        return click.ClickException(f"cannot write {quoted(self.path, 300)}: {why.lower()}")


def _umask() -> int:
    """The process's umask; it can only be asked by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
