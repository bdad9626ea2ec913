# SPDX-License-Identifier: GPL-2.0-only
"""A model as it was at a git revision, with all that it includes from the repository.

git is started without a shell, on a commit that git itself has named. Only `ls-tree` and `cat-file` run there, which
start no hooks, filters or text conversions, and fetch nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import click

from dfsrace.diagnostics.text import quoted
from dfsrace.language.files import BUILT_IN_LIBRARY, ModelSource
from dfsrace.language.limits import LARGEST_FILE

# What a revision of a repository may hold in YAML files, all together.
LARGEST_TREE = 256 << 20
MOST_FILES = 50_000
PATIENCE = 60.0
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: `spec` and the model's `path` as the user wrote them, git's name for it, the root of the repository."""

    spec: str
    path: str
    commit: str
    root: Path


@dataclass(frozen=True, slots=True)
class AtRevision:
    """A model's source at a revision, and the library folders that it is loaded with."""

    source: ModelSource
    libraries: tuple[str, ...]


def split(word: str) -> tuple[str, str] | None:
    """`REV:PATH` taken apart; None for a word that names a file, or has no colon."""
    rev, colon, path = word.partition(":")
    if not colon or os.path.lexists(word):
        return None
    if not rev or not path:
        raise click.UsageError(f"{quoted(word, 300)} is no REV:PATH")
    return rev, path


def resolve(rev: str, path: str) -> Revision:
    """The commit that a revision names, in the repository that the path's folder, if there is one, or this is in."""
    if rev.startswith("-") or not rev.isprintable() or ":" in rev:
        raise click.UsageError(f"{quoted(rev, 300)} is no revision")
    folder = os.path.dirname(path)
    here = Path(folder) if folder and os.path.isdir(folder) else Path()
    root = Path(os.fsdecode(_git(here, "rev-parse", "--show-toplevel")).rstrip("\n"))
    try:
        named = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    except _Failed as error:
        raise click.ClickException(f"git knows no revision {quoted(rev, 300)}") from error
    commit = named.decode().strip()
    if not _COMMIT.fullmatch(commit):
        raise click.ClickException(f"git knows no revision {quoted(rev, 300)}")
    return Revision(rev, path, commit, root)


@contextmanager
def checked_out(revision: Revision, libraries: Sequence[str]) -> Iterator[AtRevision]:
    """The YAML files of a revision in a folder of their own, which is gone afterwards.

    Folders of libraries that lie in the repository, the built-in one too, are those of the revision.
    """
    inside = _inside(Path(revision.path), revision.root)
    if inside is None:
        raise click.ClickException(f"{quoted(revision.path, 300)} is not in the repository {revision.root}")
    with tempfile.TemporaryDirectory(prefix="dfsrace-") as folder:
        there = Path(folder).resolve()
        names = _write_tree(revision, there)
        if inside.as_posix() not in names and PurePosixPath(revision.path).as_posix() in names:
            inside = PurePosixPath(revision.path)  # as git has it: from the root, wherever one is
        if inside.as_posix() not in names:
            what = f"revision {quoted(revision.spec, 300)} has no YAML file {quoted(inside.as_posix(), 300)}"
            raise click.ClickException(what)
        shown = f"{revision.spec}:{revision.path}"
        yield AtRevision(ModelSource(shown, there / inside), _libraries(revision, there, libraries))


def _libraries(revision: Revision, there: Path, libraries: Sequence[str]) -> tuple[str, ...]:
    found = []
    for library in [*libraries, str(BUILT_IN_LIBRARY)]:
        inside = _inside(Path(library), revision.root)
        moved = None if inside is None else there / inside
        if moved is not None and moved.is_dir():
            found.append(str(moved))
        elif library != str(BUILT_IN_LIBRARY):
            found.append(library)
    return tuple(found)


def _inside(path: Path, root: Path) -> PurePosixPath | None:
    """A path from the repository's root; None outside of it. The file itself need not be there any more."""
    absolute = Path(os.path.abspath(path))
    resolved = Path(os.path.realpath(absolute.parent)) / absolute.name
    try:
        return PurePosixPath(resolved.relative_to(os.path.realpath(root)).as_posix())
    except ValueError:
        return None


def _write_tree(revision: Revision, there: Path) -> set[str]:
    """Writes the YAML files of a commit below a folder; their paths. Links and what is no file are left out."""
    listed = _git(revision.root, "ls-tree", "-r", "-z", "-l", "--full-tree", revision.commit)
    wanted: list[tuple[str, str]] = []
    total = 0
    for entry in listed.split(b"\0"):
        about, _, name = entry.partition(b"\t")
        fields = about.split()
        if len(fields) != 4 or fields[0] not in (b"100644", b"100755") or not name.endswith((b".yaml", b".yml")):
            continue
        size = int(fields[3])
        if size > LARGEST_FILE:
            continue
        total += size
        wanted.append((fields[2].decode(), os.fsdecode(name)))
    if len(wanted) > MOST_FILES or total > LARGEST_TREE:
        raise click.ClickException("the revision has more YAML files than dfsrace looks through")
    for (_, shown), data in zip(wanted, _contents(revision, [blob for blob, _ in wanted]), strict=True):
        path = PurePosixPath(shown)
        if path.is_absolute() or ".." in path.parts:
            raise click.ClickException("the revision has a path that leads out of it")
        target = there / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return {shown for _, shown in wanted}


def _contents(revision: Revision, blobs: Sequence[str]) -> list[bytes]:
    """The blobs, in their order."""
    out = _git(revision.root, "cat-file", "--batch", data="".join(f"{blob}\n" for blob in blobs).encode())
    found, at = [], 0
    for blob in blobs:
        end = out.index(b"\n", at)
        name, kind, size = out[at:end].decode().split()
        if name != blob or kind != "blob":
            raise click.ClickException("git does not give the revision's files")
        found.append(out[end + 1 : end + 1 + int(size)])
        at = end + 2 + int(size)
    return found


class _Failed(click.ClickException):
    """git said no."""


def _git(folder: Path, *words: str, data: bytes = b"") -> bytes:
    """What git prints. A click exception where there is no git, no repository, or something else is wrong."""
    environment = {**os.environ, "LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "--no-pager", "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, input=data, capture_output=True, env=environment, timeout=PATIENCE, check=False)
    except FileNotFoundError as error:
        raise click.ClickException("a revision needs git, which is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise click.ClickException("git does not answer") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0].removeprefix("fatal: ")
        raise _Failed(f"git: {said}" if said else "git failed")
    return done.stdout
