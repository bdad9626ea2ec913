# SPDX-License-Identifier: GPL-2.0-only
"""When a search has to end early, and who is told how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from dfsrace.engine.memory import used
from dfsrace.engine.options import Options, Progress
from dfsrace.engine.outcome import Stop

BETWEEN_REPORTS = 0.25


@dataclass(slots=True)
class Counts:
    """How far a search has come."""

    states: int = 0
    transitions: int = 0
    depth: int = 0
    queue: int = 0


@dataclass(slots=True)
class Limits:
    """Asked about every two thousand states; looks at the memory and tells the progress a few times a second."""

    options: Options
    start: float = field(init=False)
    _told: float = field(init=False)

    def __post_init__(self) -> None:
        self.start = self._told = self.options.clock()

    @property
    def seconds(self) -> float:
        """Since the start of the search."""
        return self.options.clock() - self.start

    def stop(self, counts: Counts) -> Stop | None:
        """Why the search has to end now, if it has."""
        options = self.options
        if options.interrupted():
            return Stop("interrupt")
        now = options.clock()
        if options.seconds is not None and now - self.start >= options.seconds:
            return Stop("seconds", f"{options.seconds:g}")
        if now - self._told >= BETWEEN_REPORTS:
            self._told = now
            if options.memory is not None and used() > options.memory:
                return Stop("memory", str(options.memory))
            if options.progress is not None:
                told = Progress(counts.states, counts.transitions, counts.depth, counts.queue, now - self.start)
                options.progress(told)
        return None
