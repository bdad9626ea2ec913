# SPDX-License-Identifier: GPL-2.0-only
"""The paths on which costs are counted: a TOML file that says what is called, and from which initial states."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import is_unsafe, quoted
from dfsrace.diagnostics.values import dataclass
from dfsrace.language.files import BUILT_IN_LIBRARY, ModelSource, Unreadable, read_bounded
from dfsrace.language.limits import LARGEST_FILE
from dfsrace.study.compose import Protocol

SHIPPED = BUILT_IN_LIBRARY / "paths.toml"
# The name of the property that says which initial states a path starts from.
START = "the_path_starts_here"
_TEXTS = ("call", "start", "setup", "about")
_KEYS = (*_TEXTS, "constants", "include")


class WrongPaths(Exception):
    """A file of paths, or the name of one, is wrong; the message says why."""


@dataclass(frozen=True, slots=True)
class CostPath:
    """One path. `start`: a condition on the state, empty for every initial state; `setup`, `call`: code."""

    name: str
    call: str
    start: str = ""
    setup: str = ""
    about: str = ""
    constants: tuple[tuple[str, str], ...] = ()
    include: tuple[str, ...] = ("vm",)

    def model(self, fix: Protocol) -> ModelSource:
        """The path as a model of one thread, with the fix behind what the path includes."""
        parts = [f"model: {_scalar(self.name)}", f"include: {_list([*self.include, *fix.includes])}"]
        if self.constants:
            parts.append(f"constants: {{{', '.join(f'{name}: {_scalar(value)}' for name, value in self.constants)}}}")
        if self.setup:
            parts.append(f"setup: |\n{_indented(self.setup)}")
        parts.append(f"threads:\n  path: |\n{_indented(self.call, 4)}")
        if self.start:
            parts.append(f"reach:\n  {START}: |\n{_indented(self.start, 4)}")
        return ModelSource(f"path {self.name}", None, "\n".join(parts) + "\n")


def read_paths(file: Path | None = None) -> tuple[CostPath, ...]:
    """The paths of a file in its order, the library's where none is given. WrongPaths with the first mistake."""
    path = SHIPPED if file is None else file
    shown = quoted(str(path), 300)
    try:
        data = read_bounded(path)
        if len(data) > LARGEST_FILE:
            raise WrongPaths(f"{shown} is larger than 1 MiB")
        tables = tomllib.loads(data.decode("utf-8"))
    except Unreadable as error:
        raise WrongPaths(f"cannot read {shown}: {error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise WrongPaths(f"{shown} is no TOML: {error}") from error
    if not tables:
        raise WrongPaths(f'{shown} names no path; write [NAME] and below it call = "do_no_page(mm0, 0)"')
    return tuple(_path(name, table, shown) for name, table in tables.items())


def chosen(paths: Sequence[CostPath], names: Sequence[str]) -> tuple[CostPath, ...]:
    """The paths of these names, all where there are none. WrongPaths for a name that no path has."""
    known = {path.name: path for path in paths}
    for name in names:
        if name not in known:
            help = did_you_mean(name, list(known)) or f"there is {', '.join(known)}"
            raise WrongPaths(f"there is no path {quoted(name)}; {help}")
    return tuple(known[name] for name in dict.fromkeys(names)) if names else tuple(paths)


def _path(name: str, table: Any, shown: str) -> CostPath:
    where = f"{shown}: path {quoted(name)}"
    if any(map(is_unsafe, name)) or not isinstance(table, dict):
        raise WrongPaths(f"{where} is no table [NAME] of call, start, setup, constants, include, about")
    for key in table:
        if key not in _KEYS:
            raise WrongPaths(f"{where}: no key {quoted(key)}; {did_you_mean(key, _KEYS) or ', '.join(_KEYS)}")
    texts = {key: _text(table.get(key, ""), f"{where}: {key}") for key in _TEXTS}
    if not texts["call"].strip():
        raise WrongPaths(f'{where} calls nothing; write call = "do_no_page(mm0, 0)"')
    include = table.get("include", ["vm"])
    if not isinstance(include, list) or not all(isinstance(word, str) for word in include):
        raise WrongPaths(f"{where}: include is a list of names")
    constants = table.get("constants", {})
    if not isinstance(constants, Mapping):
        raise WrongPaths(f"{where}: constants is a table")
    values = tuple((key, _constant(value, f"{where}: {key}")) for key, value in constants.items())
    return CostPath(name, constants=values, include=tuple(include), **texts)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise WrongPaths(f"{where} is a text")
    return value


def _constant(value: object, where: str) -> str:
    if isinstance(value, str | bool | int) and str(value).strip():
        return str(value)
    raise WrongPaths(f"{where} is an integer, a Boolean, or a name in quotes")


def _scalar(text: str) -> str:
    """A text as YAML reads it back; one that is a plain word stays as it is."""
    return text if text.replace("_", "").isalnum() and text.isascii() else json.dumps(text, ensure_ascii=False)


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(json.dumps(word, ensure_ascii=False) for word in words)}]"


def _indented(code: str, columns: int = 2) -> str:
    return "\n".join(" " * columns + line for line in code.strip("\n").split("\n"))
