# SPDX-License-Identifier: GPL-2.0-only
"""`explore_native`: a system explored by compiled code, with the outcome that the reference engine gives."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dfsrace.diagnostics import NOWHERE
from dfsrace.engine.checkpoint import CheckpointError
from dfsrace.engine.memory import used
from dfsrace.engine.native.bounded import BoundedSearch
from dfsrace.engine.native.build import Cancelled
from dfsrace.engine.native.checkpoint import Keeper
from dfsrace.engine.native.explaining import explained
from dfsrace.engine.native.finding import NativeFinder
from dfsrace.engine.native.generate import Generated, generate
from dfsrace.engine.native.library import (
    DONE,
    LOOPS_WITHOUT_ACCESS,
    NO_BOUND,
    PROPERTY_FAILED,
    RUNNING,
    STOP_ERROR,
    STOP_FIRST,
    STOP_MEMORY,
    STOP_STATES,
    NativeSearch,
    Settings,
    Statistics,
)
from dfsrace.engine.native.seeding import Seed
from dfsrace.engine.native.swap import Compiled as CompiledModel
from dfsrace.engine.native.swap import Wanted, compiled
from dfsrace.engine.native.values import Unsupported
from dfsrace.engine.options import Options, Progress
from dfsrace.engine.outcome import Outcome, Stop, Violation
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.goals import Goal
from dfsrace.engine.reference.limits import BETWEEN_REPORTS
from dfsrace.engine.reference.shortest import EnginesDisagree, Finder
from dfsrace.engine.reference.stepping import PropertyError, Stepper
from dfsrace.system import AUTOMATIC_PROPERTIES, Property, System
from dfsrace.system.interpreter import LoopsWithoutAccess

SLICE = 0.1
FIRST_SLOTS = 1 << 14


@dataclass(frozen=True, slots=True)
class Machine:
    """What the native engine may use: the folder for compiled objects (None: one that is removed afterwards), threads.

    `quick`: step functions by a compiler that is fast but optimises nothing (True), by the other (False), or first by
    that and, when it pays, by the other (None). `slice`: seconds between two looks at the clock, at the memory and for
    an interrupt. `first_slots`: of the table, a power of two.
    `runtime_flags`, `model_flags`: for the compiler, besides what it is always given.
    """

    folder: Path | None = None
    threads: int = 1
    quick: bool | None = None
    first_slots: int = FIRST_SLOTS
    slice: float = SLICE
    runtime_flags: tuple[str, ...] = ()
    model_flags: tuple[str, ...] = ()

    @property
    def wanted(self) -> Wanted:
        """What to build."""
        return Wanted(self.quick, self.runtime_flags, self.model_flags)


def explore_native(system: System, options: Options, machine: Machine | None = None) -> Outcome:
    """Visits the reachable states of a system, as `dfsrace.engine.reference.explore` does, and finds the same.

    Raises NoCompiler, Unsupported (then the reference engine is to be used), CompilerFailed, CheckpointError, and all
    that the reference engine raises.
    """
    if options.switches is not None and options.checkpoint is not None:
        raise Unsupported("a checkpoint under a bound on switches")
    machine = machine or Machine()
    start = options.clock()
    with _folder(machine) as folder:
        generated = generate(system, options.properties, options.reductions)
        made = compiled(folder, generated, machine.wanted)
        search = _Search(system, options, generated, machine.slice)
        search.native, search.objects = _open(made, generated, options, machine), made
        try:
            search.seed(start)
            if search.stopped is None:
                if options.checkpoint is not None and options.checkpoint.resume:
                    search.resume(_open(made, generated, options, machine))
                search.run(start)
            return search.outcome(start)
        finally:
            search.native.close()
            made.close()


def prepare(system: System, options: Options, folder: Path, cancelled: Callable[[], bool]) -> None:
    """Builds what `explore_native` will want in a folder, and nothing else.

    Raises what it raises besides, and Cancelled when `cancelled` says True.
    """
    generated = generate(system, options.properties, options.reductions)
    if cancelled():
        raise Cancelled
    compiled(folder, generated, Machine(folder).wanted, cancelled).close()


@contextmanager
def _folder(machine: Machine) -> Iterator[Path]:
    if machine.folder is not None:
        yield machine.folder
        return
    with tempfile.TemporaryDirectory(prefix="dfsrace-objects-") as name:
        yield Path(name)


def _open(made: CompiledModel, generated: Generated, options: Options, machine: Machine) -> NativeSearch:
    left = NO_BOUND if options.memory is None else max(0, options.memory - used())
    settings = Settings(
        states=NO_BOUND if options.states is None else options.states,
        memory=left,
        keep=options.minimise,
        first_slots=machine.first_slots,
        first=options.first,
        threads=machine.threads,
    )
    sizes = generated.words, len(generated.layout.threads)
    if options.switches is not None:
        return BoundedSearch.with_most((made.runtime, made.model), sizes, settings, options.switches)
    return NativeSearch.open(made.runtime, made.model, sizes, settings)


class _Search:
    """One search and what becomes of it."""

    native: NativeSearch
    objects: CompiledModel

    def __init__(self, system: System, options: Options, generated: Generated, slice_: float) -> None:
        self.system = system
        self.options = options
        self.slice = slice_
        self.generated = generated
        self.properties: tuple[Property, ...] = generated.properties
        self.stepper = Stepper(system)
        self.begun = Seed(system, options, generated, self.stepper)
        self.stopped: Stop | None = None
        self.status = RUNNING
        self.first_level: list[int] = []
        self.told = 0.0
        self.keeper = Keeper.of(options, generated)

    # ---- the search

    def seed(self, start: float) -> None:
        """Takes in the initial states; `stopped` if these were already too many, and then no checkpoint is written."""
        self.stopped = self.begun.make(lambda: self._asked_while_seeding(start))
        full = self.stopped is not None and self.stopped.kind == "memory"
        self.native.seed({} if full else self.begun.states)
        self.first_level = self.native.level(0)
        if self.stopped is not None and self.keeper is not None:
            self.keeper.problem = "no new checkpoint: the search ended before all initial states were made"

    def _asked_while_seeding(self, start: float) -> Stop | None:
        stopped, now = self._asked_to_stop(start), self.options.clock() - start
        if stopped is None and self.options.progress is not None and now >= self.told + BETWEEN_REPORTS:
            self.told, states = now, len(self.begun.states)
            self.options.progress(Progress(states, 0, 0, states, now))
        return stopped

    def resume(self, opened: NativeSearch) -> None:
        """Goes on from a checkpoint, with a search that has just been opened. CheckpointError."""
        self.native.close()
        self.native = opened
        assert self.keeper is not None
        self.keeper.resume(self.native, self.options.states)
        if self.native.level(0) not in ([], self.first_level):
            raise CheckpointError(f"{self.keeper.name} is damaged: its initial states are not the model's")
        self.keeper.written = self.options.clock()

    def run(self, start: float) -> None:
        """Explores until everything is visited or something stops it; keeps checkpoints, if asked to."""
        keeper = self.keeper
        if keeper is not None and not keeper.wanted.resume:
            keeper.begin(self.native, self.options.clock())
        self._explore(start)
        if keeper is not None and self.stopped is not None and self.status != STOP_FIRST:
            keeper.end(self.native, self.options.clock)

    def _explore(self, start: float) -> None:
        while self.stopped is None:
            self.stopped = self._asked_to_stop(start)
            if self.stopped is None:
                self.status = self.native.run(self._slice(start))
                if self.status == DONE:
                    if isinstance(self.native, BoundedSearch) and self.native.refused():
                        self.stopped = Stop("switches", str(self.options.switches))
                    return
                self.stopped = self._stop(self.status)
                if self.status == RUNNING:
                    self._tell(start)
                    if self.keeper is not None and self.keeper.due(self.options.clock()):
                        self.keeper.keep(self.native, self.options.clock)
                    better = self.objects.improved(self.options.clock() - start)
                    if better is not None:
                        self.native.use(better)

    def _slice(self, start: float) -> float:
        seconds = self.options.seconds
        return self.slice if seconds is None else min(self.slice, max(0.0, start + seconds - self.options.clock()))

    def _asked_to_stop(self, start: float) -> Stop | None:
        options = self.options
        if options.interrupted():
            return Stop("interrupt")
        if options.seconds is not None and options.clock() - start >= options.seconds:
            return Stop("seconds", f"{options.seconds:g}")
        if options.memory is not None and used() > options.memory:
            return Stop("memory", str(options.memory))
        return None

    def _tell(self, start: float) -> None:
        if self.options.progress is not None:
            s = self.native.statistics()
            now = self.options.clock() - start
            self.options.progress(Progress(s.states, s.transitions, s.depth, s.queue, now))

    def _stop(self, status: int) -> Stop | None:
        if status == STOP_ERROR:
            self._raise_error()
        return {
            STOP_STATES: Stop("states", str(self.options.states)),
            STOP_MEMORY: Stop("memory", str(self.options.memory or "")),
            STOP_FIRST: Stop("first"),
        }.get(status)

    def _raise_error(self) -> None:
        """An error in the model, or a limit of the engine."""
        s = self.native.statistics()
        if s.error == PROPERTY_FAILED:
            error = PropertyError(self.properties[s.error_thread], AUTOMATIC_PROPERTIES[s.error_place])
            raise explained(error, self.system, self.options, self.native, self.begun.states) from error
        if s.error == LOOPS_WITHOUT_ACCESS:
            raise LoopsWithoutAccess(self.system.threads[s.error_thread].nodes[s.error_place])
        raise Unsupported(f"{NOWHERE}: more choices in one step than the native engine can follow")

    # ---- what it found

    def goals(self) -> list[Goal]:
        """All violations at the least depth of each property, in the order of reports."""
        goals: dict[str, Goal] = {}
        at_start = self.begun.violated
        for name, kind in [(p.name, "invariant") for p in self.properties if p.kind == "invariant"] + [
            (name, "automatic") for name in AUTOMATIC_PROPERTIES
        ]:
            number = self._number(name, kind)
            found = self.native.goal(number)
            if name in at_start:
                goals[name] = Goal(name, "invariant" if kind == "invariant" else "automatic", 0)
            elif found is not None:
                goals[name] = Goal(name, "invariant" if kind == "invariant" else "automatic", found[0])
            if name in goals and found is not None and found[0] == goals[name].depth:
                for entry in found[1]:
                    if entry.thread is None:
                        goals[name].states.add(entry.state)
                    else:
                        goals[name].steps.add((entry.state, entry.thread))
        return list(goals.values())

    def _number(self, name: str, kind: str) -> int:
        if kind == "automatic":
            return len(self.properties) + AUTOMATIC_PROPERTIES.index(name)
        return next(n for n, p in enumerate(self.properties) if p.name == name)

    def outcome(self, start: float) -> Outcome:
        """The outcome of the search."""
        statistics = self.native.statistics()
        if self.stopped is None:
            self._believe(statistics)
        exhausted = self.system.exhausted
        pools = [pool.name for pool in self.generated.references.pools]
        if exhausted is None and statistics.exhausted >= 0:
            exhausted = pools[statistics.exhausted]
        complete = self.stopped is None and exhausted is None
        met = {self.properties[n].name for n in self.native.bits("met", len(self.properties))} | self.begun.met
        unmet = [p.name for p in self.properties if p.kind == "reach" and p.name not in met]
        violations = self._violations()
        if complete:
            violations += [Violation(name, "reach", None) for name in unmet]
        order = [p.name for p in self.system.properties] + list(AUTOMATIC_PROPERTIES)
        violations.sort(key=lambda violation: order.index(violation.property))
        return Outcome(
            states=statistics.states,
            transitions=statistics.transitions,
            depth=statistics.depth,
            complete=complete,
            violations=tuple(violations),
            reached=self._reached(),
            stopped_by=self.stopped or (None if exhausted is None else Stop("pool", exhausted)),
            undecided=() if complete else tuple(unmet),
            reductions=tuple(name for name in ("pools", "stamps", "threads") if name in self.options.reductions),
            engine="native",
            seconds=self.options.clock() - start,
            largest_pools=tuple(zip(pools, self.native.largest(len(pools)), strict=True)),
            note="" if self.keeper is None else self.keeper.note(),
        )

    def _believe(self, statistics: Statistics) -> None:
        """EnginesDisagree where a search that is said to be whole has counted less than it must have seen."""
        seeds = len(self.begun.states)
        if statistics.states < min(seeds, 1) or statistics.transitions < statistics.states - seeds:
            counts = f"{statistics.states} states and {statistics.transitions} transitions"
            raise EnginesDisagree(f"the native engine says that it visited everything, {counts} from {seeds} states")

    def _reached(self) -> frozenset[int]:
        marks = self.generated.marks
        return frozenset(self.begun.marks).union(*(marks[bit] for bit in self.native.bits("hits", len(marks))))

    def _violations(self) -> list[Violation]:
        goals = self.goals()
        if self.options.first:
            goals = sorted(goals, key=lambda goal: goal.depth)[:1]
        if not goals:
            return []
        compiled = Compiled(self.system)
        canonical = Canonical(compiled.references, self.options.reductions, self.properties)
        if isinstance(self.native, BoundedSearch):
            return self._bounded(goals, self.native.finder(compiled, canonical, self.begun.starts))
        numbers = {goal.name: self._number(goal.name, goal.kind) for goal in goals}
        finder = NativeFinder(compiled, canonical, self.begun.starts, self.native, self.first_level, numbers)
        kept = self.native.statistics().kept_levels
        return finder.violations(goals, [goal for goal in goals if goal.depth <= kept], self.options.interrupted)

    def _bounded(self, goals: list[Goal], finder: Finder) -> list[Violation]:
        """The same after a search under a bound on switches, as the reference engine does it."""
        sizes = [len(level) for level in finder.levels]
        minimised = [goal for goal in goals if sum(sizes[: goal.depth]) <= self.options.minimise]
        return finder.violations(goals, minimised, self.options.interrupted)
