# SPDX-License-Identifier: GPL-2.0-only
"""The models below some paths, in an order that is always the same.

models/             models/a.yaml      checked
├── a.yaml   ──▶    models/fix.yaml    a piece: a.yaml includes it
├── fix.yaml        models/own.yaml    a piece that nobody includes: typed on its own
├── own.yaml        models/ci.yml      left aside
└── ci.yml
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dfsrace.gate.kinds import FoundFile, Kind, classify, includes_of
from dfsrace.language.files import BUILT_IN_LIBRARY, library_file

__all__ = ["Found", "FoundFile", "Kind", "classify", "find"]

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Found:
    """`models`: files to be checked, broken ones too. `loners`: pieces that no found model includes. `pieces`: others.

    `aside`: YAML files that are not ours. `unlisted`: folders that could not be looked into, each with the reason. All
    are in the order of the paths asked for, and below each of these in that of their names.
    """

    models: tuple[str, ...]
    loners: tuple[str, ...]
    pieces: tuple[str, ...]
    aside: tuple[str, ...]
    unlisted: tuple[tuple[str, str], ...]


def find(paths: Sequence[str], libraries: Sequence[str] = ()) -> Found:
    """What lies below the paths, each file once however it is reached; hidden folders only where they are named.

    A path to a file names it: that is ours whatever stands in it. Paths that are not there are the caller's to refuse.
    """
    walk = _Walk()
    files = [_of_any_name(classify(path, named)) for path, named in walk.all(paths)]
    models = [file.path for file in files if file.kind == "model"]
    # Reading what models include takes time, and matters only to files that may be included.
    included = _included(models, libraries) if len(models) < len(files) else set()
    real = {file.path: os.path.realpath(file.path) for file in files}

    def of(*kinds: Kind, also_included: bool) -> tuple[str, ...]:
        chosen = (file.path for file in files if file.kind in kinds)
        return tuple(path for path in chosen if (real[path] in included) is also_included)

    checked = {*models, *of("broken", also_included=False)}
    return Found(
        tuple(file.path for file in files if file.path in checked),
        of("piece", also_included=False),
        of("piece", "broken", "aside", also_included=True),
        of("aside", also_included=False),
        tuple(walk.unlisted),
    )


def _of_any_name(file: FoundFile) -> FoundFile:
    """The file; as a model where its name's ending keeps it from being a piece: it is then told what it lacks."""
    return file if file.path.endswith(ENDINGS) or file.kind != "piece" else FoundFile(file.path, "model")


def _included(models: Sequence[str], libraries: Sequence[str]) -> set[str]:
    """The real paths of all that the models include, however far away."""
    folders = (*(Path(folder) for folder in libraries), BUILT_IN_LIBRARY)
    seen: set[str] = set()
    waiting = list(models)
    while waiting:
        path = waiting.pop()
        for text in includes_of(path):
            target = _target(path, text, folders)
            real = os.path.realpath(target) if target is not None else ""
            if target is not None and real not in seen:
                seen.add(real)
                waiting.append(str(target))
    return seen


def _target(path: str, include: str, libraries: tuple[Path, ...]) -> Path | None:
    """The file that an include names, as the language finds it; None where there is none."""
    if include.endswith(ENDINGS):
        beside = Path(path).parent / include
        return beside if os.path.isfile(beside) else None
    return library_file(include, libraries) if include.strip() and "/" not in include else None


@dataclass(slots=True)
class _Walk:
    """A walk through folders that enters each one once, through whatever links it is reached."""

    unlisted: list[tuple[str, str]] = field(default_factory=list)
    folders: set[tuple[int, int]] = field(default_factory=set)

    def all(self, paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Each file once, with whether it was named: as it was named, else by its own name before that of a link."""
        named: dict[str, str] = {}
        for path in paths:
            if not os.path.isdir(path):
                named.setdefault(os.path.realpath(path), path)
        files = [file for path in paths for file in ([path] if not os.path.isdir(path) else self._below(path))]
        shown: dict[str, str] = {}
        for file in files:
            real = os.path.realpath(file)
            if shown.setdefault(real, file) != file and os.path.islink(shown[real]) and not os.path.islink(file):
                shown[real] = file
        shown |= named
        for file in dict.fromkeys(files):
            if shown.get(real := os.path.realpath(file)) == file:
                del shown[real]
                yield file, real in named

    def _below(self, folder: str) -> Iterator[str]:
        """The YAML files below a folder, folders and files in one order of names."""
        waiting = [folder]
        while waiting:
            path = waiting.pop()
            if path.endswith(ENDINGS) and not os.path.isdir(path):
                if _is_file(path):
                    yield path
            elif os.path.isdir(path) and self._enter(path):
                inner = sorted(self._names(path), reverse=True)
                waiting += [name if path in (".", "./") else os.path.join(path, name) for name in inner]

    def _enter(self, folder: str) -> bool:
        status = os.stat(folder)
        key = (status.st_dev, status.st_ino)
        is_new = key not in self.folders
        self.folders.add(key)
        return is_new

    def _names(self, folder: str) -> list[str]:
        """What a folder holds, but hidden folders and virtual environments, which hold installed models."""
        try:
            names = os.listdir(folder)
        except OSError as error:
            self.unlisted.append((folder, (error.strerror or type(error).__name__).lower()))
            return []
        if "pyvenv.cfg" in names:
            return []
        return [n for n in names if _is_wanted(os.path.join(folder, n), n.startswith("."))]


def _is_wanted(path: str, hidden: bool) -> bool:
    """Whether a folder's entry is looked at: a YAML file, or a folder that is not hidden."""
    return not hidden if os.path.isdir(path) else path.endswith(ENDINGS)


def _is_file(path: str) -> bool:
    """Whether there is a regular file: no pipe, and no link that leads nowhere, such as editors' locks."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False
