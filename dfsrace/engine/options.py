# SPDX-License-Identifier: GPL-2.0-only
"""What an exploration is asked to do: one frozen value, handed down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Literal

from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.checkpoint import Checkpoint

REDUCTIONS = ("pools", "stamps", "threads")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come: counts so far, states waiting in the queue, seconds since its start."""

    states: int
    transitions: int
    depth: int
    queue: int
    seconds: float


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Options:
    """`reductions`: a subset of REDUCTIONS. `properties`: names of the properties in force, None for all.

    `first`: stop at the first violation. `states`, `seconds`, `switches`: bounds, None for none. `clock` gives seconds;
    `progress` is called a few times a second; `interrupted` is asked as often and ends the search when it says True.
    `minimise`: the most states among which the second search, for the fewest switches, is made.

    `engine`: "reference", "native" (compiled code), or "auto": the reference engine, and for a search that takes longer
    the native one, if it can be had. `checkpoint`: where that keeps a search under way; auto is native then.

    `memory`: bytes that the process may grow to. `objects`: the folder in which compiled code is kept. `threads`: of
    the native engine. For those that are None `dfsrace.check` takes a share of the free memory, the user's cache folder
    and all cores; to `explore_as_asked` None means no limit, no folder (auto is then the reference engine, and native
    keeps nothing) and one thread.
    """

    reductions: frozenset[str] = frozenset(REDUCTIONS)
    properties: frozenset[str] | None = None
    first: bool = False
    states: int | None = None
    seconds: float | None = None
    switches: int | None = None
    memory: int | None = None
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    progress: Callable[[Progress], None] | None = field(default=None, repr=False)
    interrupted: Callable[[], bool] = field(default=_never, repr=False)
    minimise: int = 2_000_000
    engine: Literal["auto", "reference", "native"] = "auto"
    objects: Path | None = None
    threads: int | None = None
    checkpoint: Checkpoint | None = None
