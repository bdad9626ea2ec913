# SPDX-License-Identifier: GPL-2.0-only
"""Reading a model's files from outside: a bounded number of bytes, from regular files only."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from dfsrace.diagnostics.text import printable
from dfsrace.language.limits import LARGEST_FILE

BUILT_IN_LIBRARY = Path(__file__).resolve().parent.parent / "library"


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where the model is: a file, or text that was read already (standard input, a test).

    `name` is how reports call it. With `text`, `path` is not read; relative includes start at its folder, or at the
    current one where it is None.
    """

    name: str
    path: Path | None = None
    text: str | bytes | None = None

    @classmethod
    def of(cls, path: str | Path) -> ModelSource:
        """The file at `path`, under that name."""
        return cls(str(path), Path(path))

    def folder(self) -> Path:
        """Where relative includes start."""
        return self.path.parent if self.path is not None else Path()


class Unreadable(Exception):
    """A file that cannot be read; the message says why, in a few words."""


def read_bounded(path: Path) -> bytes:
    """At most one byte more than a model may have. Unreadable where there is no regular file to be read.

    Pipes and devices are refused before they are opened: the first would wait, the second never ends.
    """
    try:
        _require_regular(os.stat(path))
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(handle, "rb") as file:
            _require_regular(os.fstat(file.fileno()))
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Unreadable(_reason(error)) from error
    except ValueError as error:
        raise Unreadable("its name has a zero byte") from error


def _require_regular(status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    for test, what in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(status.st_mode):
            raise Unreadable(f"it is {what}, not a file")
    raise Unreadable("it is a device, not a file")


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (error.strerror or type(error).__name__).lower()


def library_file(name: str, libraries: tuple[Path, ...]) -> Path | None:
    """The file of a bare name: `name.yaml` in the first library that has it, itself or in a folder right below."""
    for library in libraries:
        for folder in (library, *_folders(library)):
            candidate = folder / f"{name}.yaml"
            if _exists(candidate):
                return candidate
    return None


def library_names(libraries: tuple[Path, ...]) -> list[str]:
    """All bare names that the libraries offer, sorted."""
    names = {
        entry.stem
        for library in libraries
        for folder in (library, *_folders(library))
        for entry in _entries(folder)
        if entry.suffix == ".yaml"
    }
    return sorted(names)


def neighbours(path: Path) -> list[str]:
    """Names of the YAML files in the folder that `path` would be in."""
    return sorted(entry.name for entry in _entries(path.parent) if entry.suffix in (".yaml", ".yml"))


def identity(path: Path) -> str:
    """One text for each file, however it is reached."""
    return os.path.realpath(path)


def display(path: str) -> str:
    """A path as reports may show it."""
    return printable(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _folders(library: Path) -> list[Path]:
    return [entry for entry in _entries(library) if entry.is_dir()]


def _entries(folder: Path) -> list[Path]:
    """The folder's entries in the order of their names; none where it cannot be read."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except (OSError, ValueError):
        return []
