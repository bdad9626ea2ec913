# SPDX-License-Identifier: GPL-2.0-only
"""What one version of a model can do and another cannot.

A *history* is the valuation of the shared state at first (`valuations.py`, of the variables that both versions
declare), then, for each step that changes it, the thread and the valuation after it, and the end where every thread
but daemons has finished. Locks, loads, local steps and how the code is written do not show in it. Two versions with
the same histories do the same to the shared state.

    OLD   cpu1: i_size = 0    cpu1: page_cache = None    cpu0: pte = page0        a history that NEW may lack

The search is for a shortest interleaving of one version whose history the other cannot make: breadth first over pairs
of a state of the one and all states in which the other may be after the same history. Pool values and stamps are
renamed, threads are not: they are told apart by their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Move, Schedule
from dfsrace.engine.reference import EnginesDisagree
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.stepping import ConcreteState, Stepper, StepResult
from dfsrace.study.valuations import Shared, running_mask
from dfsrace.system.system import System
from dfsrace.system.types import LockType

# A valuation as two systems can compare it: names of cells and their values as text.
Seen = frozenset[tuple[str, str]]
# A thread's name, and what is seen after its step; no name: at first, and at the end.
Event = tuple[str, Seen]
END = ""
PAIRS = 200_000


class TooMany(Exception):
    """More pairs than were allowed, or an interrupt: nothing is said."""


def common_variables(one: System, other: System) -> tuple[str, ...]:
    """The variables, locks left out, that both declare, sorted by name."""
    names = [{v.name for v in system.variables if not isinstance(v.type, LockType)} for system in (one, other)]
    return tuple(sorted(names[0] & names[1]))


@dataclass(slots=True)
class Version:
    """A system whose histories are looked at. States are packed, without renaming of threads."""

    system: System
    variables: tuple[str, ...]
    compiled: Compiled = field(init=False)
    canonical: Canonical = field(init=False)
    shared: Shared = field(init=False)
    _mask: int = 0
    _running: int = 0
    _seen: dict[int, Seen] = field(default_factory=dict)
    _next: dict[int, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.compiled = Compiled(self.system)
        self.canonical = Canonical(self.compiled.references, frozenset({"pools", "stamps"}), self.system.properties)
        self.shared = Shared(self.system, self.variables)
        for place in self.shared.places:
            self._mask |= self.compiled.layout.cells[place].mask
        self._running = running_mask(self.compiled)

    def first(self) -> set[int]:
        """The initial states."""
        states = self.compiled.stepper.initial_states()
        return {self.canonical.one(self.compiled.packed(state)) for state in states}

    def seen(self, state: int) -> Seen:
        """What is seen of a state."""
        bits = state & self._mask
        if bits not in self._seen:
            self._seen[bits] = self.look(self.compiled.layout.decode_cells(bits))
        return self._seen[bits]

    def look(self, cells: tuple[int | None, ...]) -> Seen:
        """What is seen of cells."""
        return frozenset(self.shared.texts(cells).items())

    def next(self, state: int) -> tuple[tuple[str, int], ...]:
        """The steps from a state: the thread's name and the state after it."""
        if state not in self._next:
            found = []
            for number, thread in enumerate(self.system.threads):
                for after in self.compiled.successors(state, number):
                    found.append((thread.name, self.canonical.one(after)))
            self.compiled.bad.clear()
            self.compiled.full.clear()
            self._next[state] = tuple(dict.fromkeys(found))
        return self._next[state]

    def is_over(self, state: int) -> bool:
        """Whether every thread but daemons has finished."""
        return not state & self._running

    def closed(self, states: Iterable[int]) -> frozenset[int]:
        """The states, and all to which unseen steps lead from them."""
        found = set(states)
        waiting = list(found)
        while waiting:
            state = waiting.pop()
            for _, after in self.next(state):
                if after not in found and self.seen(after) == self.seen(state):
                    found.add(after)
                    waiting.append(after)
        return frozenset(found)

    def after(self, states: frozenset[int], event: Event) -> frozenset[int]:
        """Where an event leads from some of the states."""
        name, seen = event
        return self.closed(
            after
            for state in states
            for thread, after in self.next(state)
            if thread == name and self.seen(after) == seen and self.seen(state) != seen
        )


@dataclass(frozen=True, slots=True)
class Extra:
    """An interleaving of one version whose history the other cannot make. `events`: how many steps show in it.

    `ends`: what the other cannot do is to end so.
    """

    schedule: Schedule
    events: int
    ends: bool

    @property
    def steps(self) -> int:
        """The length of the interleaving."""
        return len(self.schedule.moves)


def extra(one: Version, other: Version, options: Options, most: int = PAIRS) -> Extra | None:
    """A shortest interleaving of `one` whose history `other` cannot make; None where there is none.

    It has been replayed by the plain interpreter, on which `other` was seen to make all of its history but the last
    event. Raises TooMany, and EnginesDisagree, an error of ours.
    """
    path = _Search(one, other, options, most).path()
    if path is None:
        return None
    schedule, events = _concrete(one, path)
    _check(other, events)
    ends = path.ends
    return Extra(schedule, len(events) - 1 - ends, ends)


@dataclass(frozen=True, slots=True)
class Path:
    """The states of a path and the thread of each step; `ends`: its end is what it is about."""

    states: list[int]
    threads: list[str]
    ends: bool = False


class _Search:
    """Breadth first over pairs: a state of the one, and the number of a set of states of the other."""

    def __init__(self, one: Version, other: Version, options: Options, most: int) -> None:
        self.one, self.other, self.options, self.most = one, other, options, most
        self.numbers: dict[frozenset[int], int] = {}
        self.sets: list[frozenset[int]] = []
        self.ahead: dict[tuple[int, Event], int] = {}
        self.before: dict[tuple[int, int], tuple[tuple[int, int], str] | None] = {}

    def path(self) -> Path | None:
        """A shortest path to a step that the other cannot match."""
        level = self._start()
        if isinstance(level, int):
            return Path([level], [])
        while level:
            for pair in level:
                if self._ends_alone(pair):
                    return self._back(pair)
            following: list[tuple[int, int]] = []
            for pair in level:
                found = self._expand(pair, following)
                if found is not None:
                    return found
            level = following
        return None

    def _start(self) -> list[tuple[int, int]] | int:
        """The pairs at first; or an initial state whose like the other has not."""
        others = self.other.first()
        level = []
        for state in sorted(self.one.first()):
            seen = self.one.seen(state)
            matching = self.other.closed(o for o in others if self.other.seen(o) == seen)
            if not matching:
                return state
            pair = (state, self._number(matching))
            if pair not in self.before:
                self.before[pair] = None
                level.append(pair)
        return level

    def _number(self, states: frozenset[int]) -> int:
        number = self.numbers.setdefault(states, len(self.sets))
        if number == len(self.sets):
            self.sets.append(states)
        return number

    def _ends_alone(self, pair: tuple[int, int]) -> bool:
        state, number = pair
        return self.one.is_over(state) and not any(map(self.other.is_over, self.sets[number]))

    def _expand(self, pair: tuple[int, int], following: list[tuple[int, int]]) -> Path | None:
        state, number = pair
        for thread, after in self.one.next(state):
            seen = self.one.seen(after)
            there = number
            if seen != self.one.seen(state):
                key = (number, (thread, seen))
                if key not in self.ahead:
                    self.ahead[key] = self._number(self.other.after(self.sets[number], (thread, seen)))
                there = self.ahead[key]
            if not self.sets[there]:
                return self._back(pair, (thread, after))
            if (after, there) not in self.before:
                self._count()
                self.before[after, there] = (pair, thread)
                following.append((after, there))
        return None

    def _count(self) -> None:
        if len(self.before) >= self.most or (len(self.before) % 500 == 0 and self.options.interrupted()):
            raise TooMany

    def _back(self, pair: tuple[int, int], last: tuple[str, int] | None = None) -> Path:
        """The path to a pair, and a last step from there; without one it is about the end."""
        states, threads = ([last[1]], [last[0]]) if last else ([], [])
        at: tuple[int, int] = pair
        while (came := self.before[at]) is not None:
            states.append(at[0])
            threads.append(came[1])
            at = came[0]
        states.append(at[0])
        return Path(states[::-1], threads[::-1], last is None)


# ---- replay


def _concrete(version: Version, path: Path) -> tuple[Schedule, list[Event]]:
    """The path as a schedule of the model without renaming, and its history, by the plain interpreter."""
    stepper, pack = version.compiled.stepper, version.compiled.packed
    names = [thread.name for thread in version.system.threads]
    initial, state = next(
        (number, start.state)
        for number, start in enumerate(stepper.each_start())
        if start.state is not None and version.canonical.one(pack(start.state)) == path.states[0]
    )
    moves: list[Move] = []
    events: list[Event] = [("", version.look(state.cells))]
    for name, wanted in zip(path.threads, path.states[1:], strict=True):
        result = _towards(version, stepper.results(state, names.index(name)), wanted)
        if result is None or result.state is None:
            raise EnginesDisagree(f"step {len(moves) + 1} of {name} cannot be replayed")
        moves.append(result.move)
        state = result.state
        if (seen := version.look(state.cells)) != events[-1][1]:
            events.append((name, seen))
    if path.ends:
        events.append((END, events[-1][1]))
    return Schedule(initial, tuple(moves)), events


def _towards(version: Version, results: Sequence[StepResult], wanted: int) -> StepResult | None:
    for result in results:
        if result.state is not None and version.canonical.one(version.compiled.packed(result.state)) == wanted:
            return result
    return None


def _check(version: Version, events: Sequence[Event]) -> None:
    """Asks the plain interpreter, without any renaming, that a version makes all events but the last."""
    made = events_made(version, events)
    if made != len(events) - 1:
        raise EnginesDisagree(f"the other version makes {made} of {len(events)} events, not all but the last")


def events_made(version: Version, events: Sequence[Event]) -> int:
    """How many events of a history, the first state being one, a version can make; by the plain interpreter alone."""
    stepper = version.compiled.stepper
    states = {state for state in stepper.initial_states() if version.look(state.cells) == events[0][1]}
    if not states:
        return 0
    for number, (name, seen) in enumerate(events[1:], start=1):
        stay, moved = _reach(version, stepper, states, name)
        if name == END:
            states = {s for s in stay if _is_over(version.system, stepper, s)}
        else:
            states = {s for s in moved if version.look(s.cells) == seen}
        if not states:
            return number
    return len(events)


def _is_over(system: System, stepper: Stepper, state: ConcreteState) -> bool:
    finished = stepper.has_finished(state)
    return all(done or thread.daemon for done, thread in zip(finished, system.threads, strict=True))


def _reach(
    version: Version, stepper: Stepper, states: set[ConcreteState], name: str
) -> tuple[set[ConcreteState], set[ConcreteState]]:
    """Where any number of unseen steps by anybody lead, and where from there one seen step of a thread does."""
    names = [thread.name for thread in version.system.threads]
    found, waiting, ends = set(states), list(states), set[ConcreteState]()
    while waiting:
        state = waiting.pop()
        before = version.look(state.cells)
        for thread in range(len(names)):
            for result in stepper.results(state, thread):
                if result.state is None:
                    continue
                if version.look(result.state.cells) != before:
                    if names[thread] == name:
                        ends.add(result.state)
                elif result.state not in found:
                    found.add(result.state)
                    waiting.append(result.state)
    return found, ends
