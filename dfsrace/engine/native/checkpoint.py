# SPDX-License-Identifier: GPL-2.0-only
"""Checkpoints of a native search: what is in the file besides the search, and how it gets there whole.

A file is MAGIC, the length of the head in four bytes, the head (JSON: what the search was told), the search as
runtime/checkpoint.h has it, and the SHA-256 of all that. It is written beside its place and moved there when it is on
the disk, so that at any moment there is an old one or a new one. A file is read by nothing but our own code, and that
takes nothing in it for granted.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256

from dfsrace.diagnostics.text import quoted
from dfsrace.engine.checkpoint import Checkpoint, CheckpointError
from dfsrace.engine.native.generate import Generated
from dfsrace.engine.native.library import CannotKeep, NativeSearch
from dfsrace.engine.native.shape import shape
from dfsrace.engine.options import REDUCTIONS, Options

if sys.platform != "win32":  # there this module is loaded, but not used
    import fcntl

MAGIC = b"dfsrace checkpoint\n\0"
LENGTH = 4
DIGEST = 32
MOST_HEAD = 4 << 20
PIECE = 1 << 20
ASIDE = ".part"

Head = dict[str, object]


def head_of(options: Options, generated: Generated, wanted: Checkpoint) -> Head:
    """What a search was told, as far as it decides what the search does. Bounds and threads may change."""
    code = [line for line in generated.source.split("\n") if not line.startswith("/* ")]
    marks = [sorted(points) for points in generated.marks]
    return {
        "version": wanted.version,
        "model": wanted.model,
        "reductions": [name for name in REDUCTIONS if name in options.reductions],
        "properties": [p.name for p in generated.properties],
        "first": options.first,
        "minimise": options.minimise,
        "words": generated.words,
        "layout": sha256(repr((code, marks)).encode("ascii")).hexdigest(),
        "byte_order": sys.byteorder,
    }


def difference(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """What makes a checkpoint one of another search; empty if nothing does."""
    changed = [key for key in new if old.get(key) != new[key]]
    if not changed:
        return ""
    key = changed[0]
    before, now = _said(old.get(key)), _said(new[key])
    return {
        "version": f"it was written by dfsrace {before}, and this is {now}",
        "model": "the model has changed since, or a constant, or its library",
        "reductions": f"it was written with --reduce {before}, not {now}",
        "properties": f"the properties in force were {before}, not {now}",
        "first": f"it was written {'without' if new[key] else 'with'} --first",
        "minimise": f"the second search was limited to {before} states, not {now}",
    }.get(key, "the code that dfsrace makes of the model is not the same")


def _said(value: object) -> str:
    """A value of a head, which may be anything, in a sentence."""
    if isinstance(value, list):
        return quoted(",".join(map(str, value[:20])), 200) if value else "none"
    return quoted(str(value), 80) if isinstance(value, str) else str(value)[:80]


@dataclass(slots=True)
class Keeper:
    """Keeps one search in its file. `written`: when, by the caller's clock; `problem`: why the last try failed."""

    wanted: Checkpoint
    head: Head
    form: list[int] = field(repr=False)
    written: float = 0.0
    problem: str = ""
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, options: Options, generated: Generated) -> Keeper | None:
        """The keeper of a search; None if none is wanted."""
        wanted = options.checkpoint
        if wanted is None:
            return None
        return cls(wanted, head_of(options, generated, wanted), shape(generated.layout, generated.words))

    @property
    def name(self) -> str:
        """The file, for people."""
        return quoted(str(self.wanted.file), 300)

    # ---- the beginning

    def begin(self, native: NativeSearch, now: float) -> None:
        """A search that has been seeded: its first checkpoint. CheckpointError where there is a file already."""
        file = self.wanted.file
        with self._failing("write"):
            if file.is_symlink() or (file.exists() and (not file.is_file() or file.stat().st_size)):
                raise CheckpointError(f"{self.name} is there already: --resume goes on from it, or remove it")
        with suppress(CannotKeep):
            self._write(native)
        self.written = now

    def resume(self, native: NativeSearch, states: int | None) -> None:
        """Reads the file into a search that has just been opened. CheckpointError says what is in the way."""
        with self._failing("read"):
            handle = os.open(self.wanted.file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            with self._failing("read"):
                body = self._checked(handle)
                native.read_checkpoint(handle, body, self.form)
        except CannotKeep as error:
            raise CheckpointError(f"{self.name} cannot be resumed: {error}") from error
        finally:
            os.close(handle)
        found = native.statistics().states
        if states is not None and found > states:
            raise CheckpointError(f"{self.name} has {found:,} states already, more than the bound of {states:,}")
        with self._failing("write"), self._draft():
            pass  # better now than after an hour
        self.notes.append(f"resumed at {found:,} states")

    def _checked(self, handle: int) -> int:
        """Where the file is what it should be: the length of the search in it, at which the file then stands."""
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise CheckpointError(f"{self.name} is no file")
        start = os.read(handle, len(MAGIC) + LENGTH)
        if start[: len(MAGIC)] != MAGIC:
            raise CheckpointError(f"{self.name} is no checkpoint of dfsrace")
        size = about.st_size - len(MAGIC) - LENGTH - DIGEST
        length = int.from_bytes(start[len(MAGIC) :], "little")
        if len(start) < len(MAGIC) + LENGTH or not 0 < length <= min(size, MOST_HEAD):
            raise CheckpointError(f"{self.name} is damaged: it ends too early")
        os.lseek(handle, 0, os.SEEK_SET)
        if _digest(handle, about.st_size - DIGEST) != os.read(handle, DIGEST + 1):
            raise CheckpointError(f"{self.name} is damaged: its contents do not give its checksum")
        os.lseek(handle, len(start), os.SEEK_SET)
        try:
            old = json.loads(os.read(handle, length))
        except (ValueError, RecursionError):
            old = None
        if not isinstance(old, dict):
            raise CheckpointError(f"{self.name} is damaged: its head cannot be read")
        changed = difference(old, self.head)
        if changed:
            raise CheckpointError(f"{self.name} is of another search: {changed}")
        return size - length

    # ---- later

    def due(self, now: float) -> bool:
        """Whether it is time to write."""
        return now - self.written >= self.wanted.every

    def keep(self, native: NativeSearch, clock: Callable[[], float]) -> None:
        """Writes the search. What keeps it from that is noted, and the search goes on; the file stays as it was."""
        try:
            self._write(native)
            self.problem = ""
        except CannotKeep as error:
            self.problem = f"no new checkpoint: {error}"
        except CheckpointError as error:
            self.problem = str(error)
        self.written = clock()

    def end(self, native: NativeSearch, clock: Callable[[], float]) -> None:
        """Writes a search that ends before everything was visited."""
        self.keep(native, clock)
        if not self.problem:
            self.notes.append(f"with --resume the search goes on from {self.name}")

    def note(self) -> str:
        """What the user should know."""
        return "; ".join([*self.notes, *([self.problem] if self.problem else [])])

    # ---- writing

    def _write(self, native: NativeSearch) -> None:
        head = json.dumps(self.head, ensure_ascii=True).encode("ascii")
        with self._failing("write"), self._draft() as (handle, draft, target):
            os.ftruncate(handle, 0)
            _put(handle, MAGIC + len(head).to_bytes(LENGTH, "little") + head)
            native.write_checkpoint(handle)
            size = os.lseek(handle, 0, os.SEEK_CUR)
            os.lseek(handle, 0, os.SEEK_SET)
            _put(handle, _digest(handle, size))
            _to_disk(handle)
            os.replace(draft, target)
            folder = os.open(os.path.dirname(target), os.O_RDONLY | os.O_CLOEXEC)
            try:
                with suppress(OSError):  # not every filesystem can
                    os.fsync(folder)
            finally:
                os.close(folder)

    @contextmanager
    def _draft(self) -> Iterator[tuple[int, str, str]]:
        """The file beside the target, locked, its name, and the target's; removed unless it was moved.

        It always has the same name: a process that is killed leaves at most one, which the next one uses.
        """
        target = os.path.realpath(self.wanted.file)
        draft = target + ASIDE
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
        mine = False
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CheckpointError(f"{self.name} is being written by another process") from None
            mine = _is_draft(handle, draft)
            if not mine:
                raise CheckpointError(f"{quoted(draft, 300)} is in the way: it is no checkpoint's beginning")
            yield handle, draft, target
        finally:
            if mine and _same(handle, draft):
                os.unlink(draft)
            os.close(handle)

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise CheckpointError(f"cannot {what} the checkpoint {self.name}: {why}") from error


def _same(handle: int, name: str) -> bool:
    """Whether a name still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(name))
    except FileNotFoundError:
        return False


def _is_draft(handle: int, name: str) -> bool:
    """Whether the file may be overwritten: ours, or new, and nobody has moved it away since it was opened."""
    start = os.pread(handle, len(MAGIC), 0)
    return stat.S_ISREG(os.fstat(handle).st_mode) and start == MAGIC[: len(start)] and _same(handle, name)


def _put(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _digest(handle: int, size: int) -> bytes:
    """The SHA-256 of so many bytes from where the file stands; it then stands behind them."""
    digest = sha256()
    while size > 0:
        piece = os.read(handle, min(PIECE, size))
        if not piece:
            break
        digest.update(piece)
        size -= len(piece)
    return digest.digest()


def _to_disk(handle: int) -> None:
    """The contents are on the disk; on macOS fsync alone leaves them in its cache."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        with suppress(OSError):
            fcntl.fcntl(handle, full)
            return
    os.fsync(handle)


__all__ = ["Keeper", "difference", "head_of"]
