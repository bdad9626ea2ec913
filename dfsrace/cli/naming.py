# SPDX-License-Identifier: GPL-2.0-only
"""MODEL on the command line: a file, `-` for standard input, or the name of a shipped model."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dfsrace.diagnostics import NOWHERE, Diagnostic, ModelError
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.shipped import models_folder

if TYPE_CHECKING:
    from dfsrace.language import ModelSource
    from dfsrace.operations import Model

STANDARD_INPUT = "<stdin>"
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Named:
    """What a word names: the model's short name, and its file (None for standard input)."""

    word: str
    name: str
    path: Path | None


def load_named(word: str, libraries: Sequence[str], constants: Mapping[str, str]) -> Model:
    """The model that a word of the command line names. ModelError where there is none, or it is wrong."""
    named = find(word)
    from dfsrace.operations import load

    return load(source_of(named), libraries, constants, name=named.name, given=named.word)


def source_of(named: Named) -> ModelSource:
    """Where a model is: its file, or what standard input holds."""
    from dfsrace.language import ModelSource

    if named.path is not None:
        return ModelSource.of(named.path)
    return ModelSource(STANDARD_INPUT, None, _standard_input())


def find(word: str) -> Named:
    """The model that a word names. ModelError, with candidates, where it names none or several."""
    if word == "-":
        return Named(word, "stdin", None)
    if _is_there(word):
        return Named(word, _name_of(Path(word)), Path(word))
    name = word.removesuffix(".yaml")
    matches = [known for known in shipped() if known == name or known.endswith(f"/{name}")]
    if len(matches) == 1:
        return Named(word, matches[0], from_here(models_folder() / f"{matches[0]}.yaml"))
    raise ModelError([_no_such_model(word, matches)])


@cache
def shipped() -> tuple[str, ...]:
    """Names of all shipped models, sorted: their paths below the models' folder without `.yaml`."""
    try:
        folder = models_folder()
    except FileNotFoundError:
        return ()
    return tuple(sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("*/*.yaml")))


def from_here(path: Path) -> Path:
    """The path as one would write it here: relative below the current folder, else absolute."""
    try:
        return path.relative_to(Path.cwd())
    except (ValueError, OSError):
        return path


def _is_there(word: str) -> bool:
    """Whether a word is a path to something other than a folder; what it is, reading it will say."""
    try:
        return os.path.lexists(word) and not os.path.isdir(word)
    except ValueError:
        return False


def _name_of(path: Path) -> str:
    """A file's short name: a shipped model's own, else the file's without its ending."""
    try:
        inside = path.resolve().relative_to(models_folder().resolve())
    except (ValueError, OSError, RuntimeError):
        return path.stem
    return inside.with_suffix("").as_posix()


def _no_such_model(word: str, matches: Sequence[str]) -> Diagnostic:
    """Why a word names no model."""
    from dfsrace.render.style import counted

    if matches:
        message = f"{quoted(word, 300)} names {len(matches)} shipped models"
        return Diagnostic("DR101", NOWHERE, message, tuple(matches), "write more of the name")
    if os.path.isdir(word):
        return _is_a_folder(word)
    if inside := [known for known in shipped() if known.startswith(f"{word.rstrip('/')}/")]:
        message = f"{quoted(word, 300)} is a folder of {counted(len(inside), 'shipped model')}"
        return Diagnostic("DR101", NOWHERE, message, tuple(inside), f"name one of them: `dfsrace check {inside[0]}`")
    parts = {known.rpartition("/")[2] for known in shipped()}
    help = did_you_mean(word.removesuffix(".yaml"), [*shipped(), *parts]) or "`dfsrace models` lists the shipped ones"
    return Diagnostic("DR101", NOWHERE, f"there is no file and no shipped model {quoted(word, 300)}", (), help)


def _is_a_folder(word: str) -> Diagnostic:
    """A folder is no model; how its models are checked."""
    from dfsrace.render.words import shell_word

    folder = shell_word(word.rstrip("/") or "/")
    models = "*.yaml" if glob.glob("*.yaml", root_dir=word) else "*/*.yaml"
    help = f"`dfsrace check {folder}/{models}` shows what each does, `dfsrace gate {folder}` whether it is as expected"
    return Diagnostic("DR101", NOWHERE, f"{quoted(word, 300)} is a folder, not a model", (), help)


@cache
def _standard_input() -> bytes:
    """What standard input holds, as far as a model may be large; read once however often it is named."""
    from dfsrace.language.limits import LARGEST_FILE

    if sys.stdin is None:
        return b""
    return sys.stdin.buffer.read(LARGEST_FILE + 1)


def same_file(path: str, word: str) -> bool:
    """Whether a path is the very file that a word names as a model."""
    try:
        return os.path.samefile(path, word)
    except (OSError, ValueError):
        return False
