# SPDX-License-Identifier: GPL-2.0-only
"""Known outcomes on disk, one small file each, under a key that holds all that an outcome depends on.

A verdict comes from here only if nothing speaks against the file: it is ours alone to write, it names its own key, and
its digest is right. Everything else is a miss; a miss costs time, a wrong hit would hide a failure.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Packages of others that read models or draw conclusions from what was found.
ALSO_DECIDE = ("ruamel.yaml", "networkx")
LARGEST_ENTRY = 1 << 20
LARGEST_TOGETHER = 64 << 20
MOST_ENTRIES = 20_000


def digest(value: object) -> str:
    """A digest of a value of JSON's types: equal for equal values."""
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def tool_digest(package: Path) -> str:
    """A digest of all code that verdicts and their texts come from: two states of a development install share none.

    Beside the package's own code that is Python, whose parser reads the code of models, and what is installed beside.
    """
    total = sha256(f"{sys.version}\0".encode())
    for name in ALSO_DECIDE:
        spec = find_spec(name)
        # A package's version stands in its first file; to import it for that would take longer than all else here.
        total.update(Path(spec.origin).read_bytes() if spec is not None and spec.origin else b"")
    for path in sorted(p for p in package.rglob("*") if p.suffix in (".py", ".c", ".h")):
        content = path.read_bytes()
        total.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


class Unusable(Exception):
    """A folder that cannot be a cache; the message says why."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Entries below `folder`, each in a file named by its key."""

    folder: Path

    @classmethod
    def at(cls, folder: str | Path) -> Cache:
        """The cache in a folder, made where there is none. Unusable where it is not ours, or others may write to it."""
        path = Path(folder)
        if not _can_tell():
            raise Unusable("this system does not say who may write to a file")
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = os.stat(path)
            writable = os.access(path, os.W_OK | os.X_OK)
        except (OSError, ValueError) as error:
            raise Unusable(getattr(error, "strerror", None) or str(error)) from error
        if not _is_ours(status):
            raise Unusable("it belongs to somebody else, or others may write to it")
        if not writable:
            raise Unusable("it cannot be written to")
        return cls(path)

    def get(self, key: str) -> dict[str, Any] | None:
        """What is stored under a key; None where nothing is, or not exactly what was stored."""
        if not _can_tell():
            return None
        try:
            handle = os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or not _is_ours(status) or status.st_size > LARGEST_ENTRY:
                    return None
                entry = json.loads(file.read(LARGEST_ENTRY + 1))
            if not isinstance(entry, dict) or entry.get("key") != key or not isinstance(entry.get("value"), dict):
                return None
            value: dict[str, Any] = entry["value"]
            return value if entry.get("digest") == digest([key, value]) else None
        except (OSError, ValueError, RecursionError):
            return None

    def put(self, key: str, value: Mapping[str, Any]) -> str:
        """Stores a value of JSON's types, whole or not at all. Why it could not, else the empty text."""
        text = json.dumps({"key": key, "value": value, "digest": digest([key, value])})
        if len(text) > LARGEST_ENTRY:
            return ""
        draft = ""
        try:
            handle, draft = tempfile.mkstemp(prefix=".new-", dir=self.folder)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
            os.replace(draft, self._path(key))
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft)
            return (error.strerror or type(error).__name__).lower()
        return ""

    def used(self, key: str) -> None:
        """Notes that an entry was of use, so that it is kept longer than others."""
        with suppress(OSError, NotImplementedError):
            os.utime(self._path(key), follow_symlinks=False)

    def trim(self, entries: int = MOST_ENTRIES, size: int = LARGEST_TOGETHER) -> None:
        """Takes away what has been of no use for longest, where there is more than that; drafts left behind too."""
        found = []
        with suppress(OSError), os.scandir(self.folder) as listing:
            for entry in listing:
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        found.append((status.st_mtime, status.st_size, entry.path))
        count, total = len(found), sum(size for _, size, _ in found)
        if count <= entries and total <= size:
            return
        for _, taken, path in sorted(found):
            if count <= entries * 3 // 4 and total <= size * 3 // 4:
                break
            with suppress(OSError):
                os.unlink(path)
            count, total = count - 1, total - taken

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def _can_tell() -> bool:
    """Whether the system has what it takes to open a file that is surely this user's own; Windows has not."""
    return all(hasattr(os, name) for name in ("getuid", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))


def _is_ours(status: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user and nobody else may write to it."""
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
