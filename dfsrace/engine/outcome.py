# SPDX-License-Identifier: GPL-2.0-only
"""What an exploration found. A counterexample is a schedule, never states: traces are rebuilt by replay."""

from __future__ import annotations

import builtins
from typing import Literal

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.types import Value


@dataclass(frozen=True, slots=True)
class Move:
    """One step: the thread's place in `System.threads`, and the values its choices took, in the order of execution.

    Only choices with more than one possible value are listed (pool values as the model without renaming numbers them).
    """

    thread: int
    choices: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """An interleaving of the model without renaming: an initial state by its number (from 0), then moves.

    Initial states are numbered in the order of `System.initial`, and for each of these in the order of the choices that
    the threads' first local nodes make.
    """

    initial: int
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated property with its shortest schedule (None for a reach that is never true).

    `property`: a named property, or an automatic one by its name in `AUTOMATIC_PROPERTIES`.
    `switches` is the least among the shortest if `switches_minimised`.
    """

    property: str
    kind: Literal["invariant", "reach", "automatic"]
    schedule: Schedule | None
    switches: int | None = None
    switches_minimised: bool = True

    @builtins.property
    def steps(self) -> int | None:
        """The number of steps of the schedule."""
        return None if self.schedule is None else len(self.schedule.moves)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a search ended before everything was visited. `detail`: the pool's name, or the bound's value as text."""

    kind: Literal["states", "seconds", "switches", "pool", "memory", "interrupt", "first"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a search.

    `states`, `transitions`: distinct states, and steps that lead to a state (each choice counts), `depth`: the longest
    shortest distance from an initial state. `complete`: every reachable state was visited and nothing was cut.
    `reached`: places in `System.coverage` that some step executed. `undecided`: reach properties that an incomplete
    search has not met. `violations` in the order of the declaration of named properties, then of AUTOMATIC_PROPERTIES.
    `largest_pools`: how many values of each pool were held at once. `note`: what the user should know of the engine.
    """

    states: int
    transitions: int
    depth: int
    complete: bool
    violations: tuple[Violation, ...]
    reached: frozenset[int]
    stopped_by: Stop | None = None
    undecided: tuple[str, ...] = ()
    reductions: tuple[str, ...] = ()
    engine: str = "reference"
    seconds: float = 0.0
    largest_pools: tuple[tuple[str, int], ...] = ()
    note: str = ""

    @property
    def verdict(self) -> Literal["violated", "inconclusive", "holds"]:
        """`holds` only if the search was complete and nothing is violated."""
        if self.violations:
            return "violated"
        return "holds" if self.complete else "inconclusive"
