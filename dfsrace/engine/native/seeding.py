# SPDX-License-Identifier: GPL-2.0-only
"""The initial states of a compiled search, made by the interpreter, and what is violated before there is a state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from dfsrace.engine.native.generate import Generated
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Stop
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.search import STARTS
from dfsrace.engine.reference.stepping import Start, Stepper, speaks_of_threads
from dfsrace.system import System


@dataclass(slots=True)
class Seed:
    """`starts`: the first initial states, by their numbers, and all of them unless `make` had to stop before.

    `states`: the different ones as the layout packs them. `violated` (properties) and `met` (reach conditions): before
    the first step, where that has no state. `marks`: coverage points that the threads' first local nodes reach.
    """

    system: System
    options: Options
    generated: Generated
    stepper: Stepper
    starts: list[Start] = field(default_factory=list)
    states: dict[int, None] = field(default_factory=dict)
    violated: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    marks: set[int] = field(default_factory=set)
    _judged: set[tuple[object, ...]] = field(default_factory=set)
    _canonical: Canonical | None = None
    _canonical_states: set[int] = field(default_factory=set)
    _counted: int = 0

    def make(self, asked_to_stop: Callable[[], Stop | None]) -> Stop | None:
        """Makes the initial states; why it had to stop before all were there, if it had to."""
        for start in self.stepper.each_start():
            if self.starts and len(self.starts) % STARTS == 0:
                stop = asked_to_stop() or self._too_many()
                if stop is not None:
                    return stop
            self._take(start)
        return None

    def _take(self, start: Start) -> None:
        self.starts.append(start)
        for result in start.results:
            thread = self.system.threads[result.thread]
            for node in result.nodes:
                self.marks.update(thread.nodes[node].marks)
        if start.state is not None:
            state = start.state
            self.states[self.generated.layout.encode(state.cells, state.nodes, state.locals)] = None
        elif start.violation is not None and (start.violation, start.cells) not in self._judged:
            self._judged.add((start.violation, start.cells))
            judged = self.stepper.judge(start.cells, None)
            names = {p.name for p in self.generated.properties if not speaks_of_threads(p)}
            self.violated |= {start.violation, *(names & set(judged.violated))}
            self.met |= names & set(judged.met)

    def _too_many(self) -> Stop | None:
        """Says whether there are more initial states, renaming aside, than may be visited."""
        bound = self.options.states
        if bound is None or len(self.states) <= bound:
            return None
        if self._canonical is None:
            self._canonical = Canonical(self.generated.references, self.options.reductions, self.generated.properties)
        self._canonical_states |= self._canonical.all(set(islice(self.states, self._counted, None)))
        self._counted = len(self.states)
        return Stop("states", str(bound)) if len(self._canonical_states) > bound else None
