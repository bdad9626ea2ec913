# SPDX-License-Identifier: GPL-2.0-only
"""Shared objects from C, by the compiler that the machine has, kept in a folder under a hash of what they depend on.

A compiler is started with a list of arguments, never through a shell, and sees nothing of a model but generated code.
It is $CC (words as a shell would split them, but no shell runs), else cc, gcc, clang or zig on the PATH, else the
package ziglang. tcc compiles step functions only: what it makes is slower, and it cannot build the runtime.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from dfsrace.diagnostics.text import printable
from dfsrace.engine.native.cache import Cache, CompilerFailed
from dfsrace.engine.native.generate import RUNTIME

__all__ = [
    "RUNTIME_FILES",
    "RUNTIME_HEADERS",
    "Builder",
    "Cancelled",
    "Compiler",
    "CompilerFailed",
    "NoCompiler",
    "builder",
    "find_compiler",
    "quick_builder",
]

COMPILERS = ("cc", "gcc", "clang")
STEP_COMPILER = "tcc"
FLAGS = ("-std=gnu11", "-fPIC", "-shared", "-pthread", "-w")
# zig builds for the very processor that it runs on, unless told otherwise, and with checks that need its own library.
ZIG_FLAGS = ("-mcpu=baseline", "-fno-sanitize=undefined")
PLATFORMS = ("linux", "darwin")
POLL = 0.02  # seconds between two questions whether an object is still wanted
PATIENCE = 600.0  # seconds after which a compiler is taken to hang
ENDING = 2.0  # seconds that a compiler has to end when it is told to
LONGEST_COMPLAINT = 1 << 20  # bytes
RUNTIME_FILES = (
    *("search.c", "block.c", "expand.c", "collect.c", "goals.c", "quotient.c", "whole.c", "log.c"),
    *("team.c", "memory.c", "sweep.c", "visits.c", "checkpoint.c"),
    *("bounded.c", "explored.c"),
)
RUNTIME_HEADERS = (
    *("block", "bounded", "checkpoint", "explored", "goals", "keys", "log", "memory", "model"),
    *("lines", "profile", "quotient", "search", "sweep", "table", "team", "whole"),
)


class NoCompiler(Exception):
    """The machine has no C compiler that can be used; the text says why and what to install."""


class Cancelled(Exception):
    """Nobody waits for the object any more."""


def _never() -> bool:
    return False


INSTALL = (
    "install gcc or clang (Debian, Ubuntu: apt install gcc; Fedora: dnf install gcc; macOS: xcode-select --install),"
    " or pip install 'dfsrace[native]'"
)


@dataclass(frozen=True, slots=True)
class Compiler:
    """A C compiler: the words that start it, the flags that it needs besides, and a text that changes when it does.

    `quick`: it compiles fast, optimises nothing, and cannot build the runtime.
    """

    command: tuple[str, ...]
    flags: tuple[str, ...]
    identity: str
    quick: bool = False

    @property
    def path(self) -> str:
        """Its program."""
        return self.command[0]


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds objects with `compiler`, those of models with `for_steps`; keeps them in `folder`.

    A folder that cannot be written is replaced by a private one that ends with the process. `cancelled` is asked while
    a compiler runs, and ends it with Cancelled when it says True.
    """

    folder: Path
    compiler: Compiler
    for_steps: Compiler
    cancelled: Callable[[], bool] = _never

    def runtime(self, words: int, flags: tuple[str, ...] = ()) -> Path:
        """The search for states of so many words. NoCompiler if there is only tcc, and none was built before."""
        headers = [f"{name}.h" for name in RUNTIME_HEADERS]
        texts = [(RUNTIME / name).read_bytes() for name in (*RUNTIME_FILES, *headers)]
        options = ("-O2", f"-DWORDS={words}", *flags)
        key = _key("runtime", options, texts)
        if self.compiler.quick:
            found = self._known(key)
            if found is None:
                raise NoCompiler(f"{self.compiler.path} cannot build what explores: {INSTALL}")
            return found
        sources = [str(RUNTIME / name) for name in RUNTIME_FILES]
        return self._object(f"{key}-{_digest(self.compiler.identity)}", lambda to: self._compiled(options, sources, to))

    def model(self, source: str, flags: tuple[str, ...] = ()) -> Path:
        """The step functions of a model."""
        options, text = ("-O1", *flags), source.encode("ascii")

        def make(place: Path) -> Path:
            (place / "model.c").write_bytes(text)
            return self._compiled(options, [str(place / "model.c")], place, steps=True)

        return self._object(self._model_key(options, text), make)

    def known_model(self, source: str, flags: tuple[str, ...] = ()) -> Path | None:
        """The step functions of a model if they have been built before."""
        return self._known(self._model_key(("-O1", *flags), source.encode("ascii")))

    def _model_key(self, options: Sequence[str], text: bytes) -> str:
        return f"{_key('model', options, [text])}-{_digest(self.for_steps.identity)}"

    def _known(self, key: str) -> Path | None:
        """An object from the folder, or from the private one if there is one by now."""
        found = Cache(self.folder).find(key)
        private = _PRIVATE.get(os.getpid())
        return Cache(private).find(key) if found is None and private is not None else found

    def _object(self, key: str, make: Callable[[Path], Path]) -> Path:
        """The object of some sources: known, or built and put where it can be."""
        known = self._known(key)
        if known is not None:
            return known
        try:
            return Cache(self.folder).build(key, make)
        except OSError:  # read-only, full, or not to be had at all
            return Cache(_private_folder()).build(key, make)

    def _compiled(self, options: Sequence[str], sources: Sequence[str], place: Path, steps: bool = False) -> Path:
        """An object in a folder. CompilerFailed with the first line of what the compiler says."""
        compiler = self.for_steps if steps else self.compiler
        target = place / "object.so"
        command = [*compiler.command, *FLAGS, *compiler.flags, *options, "-o", str(target), *sources]
        code, complaint = _run(command, place, self.cancelled)
        if code or not target.is_file():
            raise CompilerFailed(f"{compiler.path} failed{_said(code, complaint)}")
        return target


def _key(kind: str, options: Sequence[str], texts: Sequence[bytes]) -> str:
    """What an object depends on but its compiler: sources, flags, the machine's words and its C library."""
    library = os.confstr("CS_GNU_LIBC_VERSION") if "CS_GNU_LIBC_VERSION" in os.confstr_names else ""
    machine = (sys.platform, os.uname().machine, sys.byteorder, str(struct.calcsize("P")), library or "")
    digest = sha256()
    for part in (*(text.encode() for text in (*machine, *FLAGS, *options)), *texts):
        digest.update(len(part).to_bytes(8, "little") + part)
    return f"{kind}-{digest.hexdigest()[:32]}"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _said(code: int, complaint: str) -> str:
    """A compiler's exit and the first error that it printed, as a harmless line."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    told = next((line for line in lines if "error" in line), lines[0] if lines else "")
    return f" (exit {code}): {printable(told[:300])}" if told else f" (exit {code})"


# The private folder of this process, by its number: a child does not take its parent's.
_PRIVATE: dict[int, Path] = {}


def _private_folder() -> Path:
    """A folder of this process alone, removed when it ends, in worker processes too."""
    from multiprocessing.util import Finalize

    process = os.getpid()
    if process not in _PRIVATE:
        _PRIVATE[process] = Path(tempfile.mkdtemp(prefix="dfsrace-objects-"))
        Finalize(None, shutil.rmtree, (_PRIVATE[process], True), exitpriority=1)
    return _PRIVATE[process]


# ---- running a compiler


def _run(command: Sequence[str], place: Path, cancelled: Callable[[], bool]) -> tuple[int, str]:
    """The exit code of a compiler and what it said. It leads a group of its own, which can be ended as a whole.

    It works in `place`, also for what it keeps aside, so that nothing of it is left when that goes.
    """
    environment = {**os.environ, "TMPDIR": str(place), "LC_ALL": "C", "ZIG_LOCAL_CACHE_DIR": str(place / "zig")}
    with tempfile.TemporaryFile(dir=place) as said:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=place,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise CompilerFailed(f"{command[0]} cannot be started: {error.strerror or error}") from error
        try:
            code = _wait(process, command[0], said.fileno(), cancelled)
        except BaseException:
            _end(process)
            raise
        said.seek(0)
        return code, said.read(LONGEST_COMPLAINT).decode(errors="replace")


def _wait(process: subprocess.Popen[bytes], name: str, said: int, cancelled: Callable[[], bool]) -> int:
    """The exit code; Cancelled when it is not wanted any more, CompilerFailed when it hangs or talks without end."""
    for _ in range(int(PATIENCE / POLL)):
        with suppress(subprocess.TimeoutExpired):
            return process.wait(POLL)
        if cancelled():
            raise Cancelled
        if os.fstat(said).st_size > LONGEST_COMPLAINT:
            raise CompilerFailed(f"{name} prints without end")
    raise CompilerFailed(f"{name} has not ended in {PATIENCE:.0f} seconds")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a compiler and all that it has started, the hard way if it does not listen."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDING)
            return


# ---- finding one


def builder(folder: Path, platform: str = sys.platform) -> Builder:
    """A builder that keeps objects in a folder. NoCompiler where the machine has none, or is not for us."""
    if platform not in PLATFORMS:
        raise NoCompiler("compiled code is for Linux and macOS: on this system the reference engine explores alone")
    compiler = find_compiler()
    return Builder(folder, compiler, compiler)


def quick_builder(made: Builder) -> Builder | None:
    """The same with step functions by a compiler that is fast and optimises nothing; None if there is none."""
    path = None if made.for_steps.quick else shutil.which(STEP_COMPILER)
    return None if path is None else replace(made, for_steps=_compiler((os.path.abspath(path),)))


def find_compiler() -> Compiler:
    """$CC if it is set, else the first that there is, else tcc. NoCompiler if none is."""
    given = os.environ.get("CC", "").strip()
    if given:
        return _given(given)
    for name in (*COMPILERS, "zig", None, STEP_COMPILER):
        command = _packaged_zig() if name is None else _on_path(name)
        if command:
            return _compiler(command)
    raise NoCompiler(f"no C compiler found ({', '.join(COMPILERS)}): {INSTALL}")


def _given(text: str) -> Compiler:
    """The compiler that $CC names."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NoCompiler(f"CC={printable(text[:100])} is no command: {str(error).lower()}") from error
    path = shutil.which(words[0]) if words else None
    if path is None:
        raise NoCompiler(f"CC={printable(text[:100])} names no program: set it to a C compiler, or unset it")
    rest = words[1:]
    if not rest and os.path.basename(path) == "zig":
        rest = ["cc"]
    return _compiler((os.path.abspath(path), *rest))


def _on_path(name: str) -> tuple[str, ...]:
    path = shutil.which(name)
    if path is None:
        return ()
    return (os.path.abspath(path), "cc") if name == "zig" else (os.path.abspath(path),)


def _packaged_zig() -> tuple[str, ...]:
    """The compiler in the package ziglang, which the extra `native` brings."""
    found = find_spec("ziglang")
    if found is None or found.origin is None:
        return ()
    program = Path(found.origin).parent / "zig"
    return (str(program), "cc") if os.access(program, os.X_OK) else ()


def _compiler(command: tuple[str, ...]) -> Compiler:
    """A compiler with what tells it from others: its words, and the age and size of every program among them.

    No `--version` is asked for: that takes as long as compiling a model.
    """
    known = []
    for word in command:
        path = shutil.which(word)
        about = os.stat(path) if path is not None else None
        known.append(f"{word} {os.path.realpath(path)} {about.st_mtime_ns} {about.st_size}" if path and about else word)
    is_zig = any("zig" in os.path.basename(word) for word in command)
    program = os.path.basename(os.path.realpath(command[0]))
    is_quick = program.endswith(STEP_COMPILER) and len(command) == 1
    return Compiler(command, ZIG_FLAGS if is_zig else (), "\n".join(known), is_quick)
