# SPDX-License-Identifier: GPL-2.0-only
"""A cache folder of shared objects, each under a hash of what it depends on and a hash of what is in it.

An object is moved into place when it is whole, so that two processes at once cannot see half of one; what is there is
believed only if nobody but its user can have written it and it is what its name says.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

LARGEST = 256 << 20  # bytes of all objects
MOST = 1000  # objects
BUILDING = ".building-"
ABANDONED = 3600.0  # seconds after which what a killed process left is removed


class CompilerFailed(Exception):
    """A compiler refused generated code, or what is in the cache is not ours: an error of ours or of the machine's."""


@dataclass(frozen=True, slots=True)
class Cache:
    """The objects in a folder, which holds at most `most` of them and `largest` bytes."""

    folder: Path
    largest: int = LARGEST
    most: int = MOST

    def find(self, key: str) -> Path | None:
        """The object of a key, or of any key that goes on with a `-`; one that is damaged is removed.

        CompilerFailed where others than the user could have written it.
        """
        for file in sorted(self.folder.glob(f"{key}-*.so")):
            refuse_foreign(self.folder)
            refuse_foreign(file)
            if file.stem.rpartition("-")[2] == _content(file):
                with suppress(OSError):  # a folder that cannot be written has no order of use
                    os.utime(file)
                return file
            with suppress(OSError):
                file.unlink()
        return None

    def build(self, key: str, make: Callable[[Path], Path]) -> Path:
        """The object of a key, new: `make` is given an empty folder and gives the file that it has made there.

        OSError where the folder cannot be made or written; CompilerFailed where it is not the user's alone.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        refuse_foreign(self.folder)
        with TemporaryDirectory(dir=self.folder, prefix=BUILDING, ignore_cleanup_errors=True) as place:
            made = make(Path(place))
            made.chmod(0o700)
            target = self.folder / f"{key}-{_content(made)}.so"
            made.replace(target)
        self.bound(target)
        return target

    def bound(self, kept: Path) -> None:
        """Removes the objects not used for longest where there are too many, but not `kept`, just used."""
        found = []
        for file in self.folder.iterdir():
            with suppress(OSError):  # another process may be faster
                about = file.lstat()
                found.append((about.st_mtime, about.st_size, file))
        now = max((at for at, _, file in found if file == kept), default=0.0)
        for at, _, file in found:
            if file.name.startswith(BUILDING) and at < now - ABANDONED:
                rmtree(file, ignore_errors=True)
        objects = sorted(item for item in found if item[2].suffix == ".so")
        size, count = sum(bytes_ for _, bytes_, _ in objects), len(objects)
        for _, bytes_, file in objects:
            if size <= self.largest and count <= self.most:
                return
            if file != kept:
                with suppress(OSError):
                    file.unlink()
                size, count = size - bytes_, count - 1


def refuse_foreign(path: Path) -> None:
    """CompilerFailed for a folder, or a file that is no plain file, that others than this user can have written."""
    about = path.stat() if path.is_dir() else path.lstat()
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
        raise CompilerFailed(f"{path} is no plain file: remove it")
    if about.st_uid != os.getuid():
        raise CompilerFailed(f"{path} belongs to another user: remove it, or choose another folder")
    if about.st_mode & 0o022:
        raise CompilerFailed(f"{path} can be written by others than its user: remove it, or choose another folder")


def _content(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:32]
