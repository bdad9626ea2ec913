# SPDX-License-Identifier: GPL-2.0-only
"""What a gate is asked to do: one frozen value, handed down to every worker process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dfsrace.engine.options import REDUCTIONS
from dfsrace.render.style import Drawing


def _plain_bug(error: Exception) -> str:
    return f"this is a bug of dfsrace: {type(error).__name__}: {error}"


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0] or path


@dataclass(frozen=True, slots=True)
class Settings:
    """`jobs`: how many models at once. `seconds`: at most, for each model; `total_seconds`: for all. None: no limit.

    `memory`: bytes that all searches together may take, None for no limit. `strict_coverage`: a model that holds must
    run all of its code. `incomplete_ok`: models that were not explored whole do not fail the gate. `cache`: the folder
    of known verdicts, None for none; `objects`: that of compiled code, None for the user's. `threads`: of each search
    in compiled code.
    `root`: the absolute path of the folder from which annotations and SARIF name files; empty for the current one.
    `version`: of dfsrace. `drawing`: how details are drawn. `clock` gives seconds. `name` gives a file's short name,
    `bug_line` what is said of an error of ours; both are sent to other processes, so they are functions of modules.
    """

    libraries: tuple[str, ...] = ()
    reductions: frozenset[str] = frozenset(REDUCTIONS)
    jobs: int = 1
    seconds: float | None = None
    total_seconds: float | None = None
    memory: int | None = None
    strict_coverage: bool = False
    incomplete_ok: bool = False
    cache: str | None = None
    objects: Path | None = None
    threads: int = 1
    root: str = ""
    version: str = ""
    drawing: Drawing = field(default_factory=Drawing)
    clock: Callable[[], float] = time.monotonic
    name: Callable[[str], str] = _stem
    bug_line: Callable[[Exception], str] = _plain_bug
