# SPDX-License-Identifier: GPL-2.0-only
"""Playing a model by hand: where one is, what could be done next and what it would change, back and forth again."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence

from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.options import Options
from dfsrace.engine.reference.stepping import ConcreteState, PropertyError, StepResult
from dfsrace.system import AUTOMATIC_PROPERTIES, System
from dfsrace.system.interpreter import LoopsWithoutAccess
from dfsrace.system.types import LockType, Value
from dfsrace.trace.locks import waiting_at
from dfsrace.trace.onward import Way, way_to
from dfsrace.trace.record import Trace, TraceStep, Waiting
from dfsrace.trace.recorded import others_of
from dfsrace.trace.replay import Replayer, ReplayError
from dfsrace.trace.schedule import parse_schedule, schedule_text
from dfsrace.trace.writing import Writer, first_shared

# More initial states than that are not counted, nor searched from.
MOST_STARTS = 1_000
USUAL = Options()
LOOPS = "the code loops without a shared access"


@dataclass(frozen=True, slots=True)
class Possible:
    """A step that could be made now. `word`: as a schedule names it; `step`: what it would do, as a trace tells it.

    `step` is None where it cannot be made after all; `why` says then that a pool is exhausted, or the model is wrong.
    """

    thread: int
    thread_name: str
    word: str
    step: TraceStep | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A thread that cannot move now: `waiting` says where it waits and for whom; None if it has `finished`.

    Neither after a step that ended in a violation: nobody moves then.
    """

    thread_name: str
    finished: bool
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell, or a thread's local, as it is now. `changed`: by the last step."""

    name: str
    value: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Onward:
    """What running on to a violation came to. `found`: it was reached, in `steps` steps, and one is there now.

    `names`: what was looked for; `states`: how many were looked at; `cut`: why no more, "" if all ahead were.
    """

    found: bool
    names: tuple[str, ...]
    steps: int
    states: int
    cut: str = ""


class Play:
    """A position in a model, how one came there, and what was taken back. Names of steps stay as they were made."""

    def __init__(self, system: System) -> None:
        """At the first initial state. Raises PropertyError where that is an error of the model; so does `begin`."""
        self.system = system
        self.replayer = Replayer(system)
        self.position = 0
        self._writers: list[Writer] = []
        self.begin(0)

    # ---- where one is

    @property
    def starts(self) -> int:
        """How many initial states there are, at most MOST_STARTS."""
        return self.replayer.starts.count(MOST_STARTS)

    @property
    def initial(self) -> int:
        """The initial state one set out from, counted from 0."""
        return self._here.initial

    @property
    def steps(self) -> tuple[TraceStep, ...]:
        """All steps made, those taken back too; `position` of them count."""
        return tuple(self._writers[-1].steps)

    @property
    def violated(self) -> tuple[str, ...]:
        """What is violated here."""
        return self._here.before

    @property
    def ended(self) -> bool:
        """Whether the last step ended in a violation, and led nowhere."""
        return self._here.state is None

    @property
    def schedule(self) -> str:
        """The way here, as `dfsrace replay` takes it."""
        here = self._here
        words = [(step.thread_name, step.choices) for step in here.steps]
        return schedule_text(here.initial + 1 if here.several else None, words)

    def trace(self) -> Trace:
        """The way here, explained if it ends in a violation."""
        violated = self.violated
        return _copied(self._here).finish(violated[0] if violated else None)

    def message(self) -> str:
        """What is said of the first property that is violated here; "" where none is."""
        return self.trace().message if self.violated else ""

    def cells(self) -> tuple[Shown, ...]:
        """The cells that count here, of locks only what is not as at first; constant ones are left out."""
        writer = _copied(self._here)
        memory, variables = writer.memory, self.system.variables
        values = self._values(writer)
        locals_ = others_of(writer.stepper, writer.state, None) if writer.state else []
        changes = writer.steps[-1].changes if writer.steps else ()
        changed = {change.cell for change in changes if change.old != change.new}
        found = []
        for number in writer.names.counting(values, locals_):
            cell = memory.cells[number]
            variable = variables[cell.variable]
            if variable.constant or (isinstance(variable.type, LockType) and values[number] == cell.initial):
                continue
            text = writer.names.text(cell.type, values[number])
            found.append(Shown(writer.names.cell(number), text, number in changed))
        return tuple(found)

    def locals(self) -> tuple[Shown, ...]:
        """The live locals of all threads, as `cpu0: page`, with the procedure where several differ; named ones only."""
        writer = _copied(self._here)
        if writer.state is None:
            return ()
        found: dict[str, list[tuple[str, str]]] = {}
        for code, live in zip(self.system.threads, writer.state.locals, strict=True):
            for slot, value in live:
                local = code.locals[slot]
                if local.name.isidentifier():
                    text = writer.names.text(local.type, value)
                    found.setdefault(f"{code.name}: {local.name}", []).append((text, local.procedure))
        shown = []
        for name, values in found.items():
            same = len({text for text, _ in values}) == 1
            shown += [Shown(name if same else f"{name} in {p}", text) for text, p in (values[:1] if same else values)]
        return tuple(shown)

    # ---- what could be done

    def possible(self) -> tuple[Possible, ...]:
        """The steps that could be made, in the order of the threads and of their choices."""
        return tuple(possible for possible, _ in self._offers())

    def blocked(self) -> tuple[Blocked, ...]:
        """The threads that cannot move."""
        state = self._here.state
        if state is None:
            return tuple(Blocked(code.name, False) for code in self.system.threads)
        finished = self.replayer.stepper.has_finished(state)
        return tuple(
            Blocked(code.name, finished[thread], None if finished[thread] else self._waiting(state, thread))
            for thread, code in enumerate(self.system.threads)
            if self._results(thread) == []
        )

    # ---- moving

    def begin(self, initial: int) -> bool:
        """Goes to an initial state, counted from 0; False where there is none of that number. Forgets all steps."""
        if self.replayer.starts.get(initial) is None:
            return False
        self._writers = [Writer(self.replayer.stepper, self.replayer.starts, initial)]
        self.position = 0
        return True

    def take(self, number: int) -> bool:
        """Makes a step by its place in `possible`, from 0; False where it cannot be made.

        What was taken back stays if this is the very step that was, and is forgotten otherwise.
        """
        offers = self._offers()
        following = offers[number][1] if 0 <= number < len(offers) else None
        if following is not None:
            self._go_to(following)
        return following is not None

    def follow(self, text: str) -> int:
        """Makes the steps of a schedule from here, or from its initial state if it names one; how many it were.

        ScheduleError and ReplayError as of a replay, with step numbers from the beginning; then nothing has changed.
        """
        if parse_schedule(text).initial is None:
            before = schedule_text(self.initial + 1, [(s.thread_name, s.choices) for s in self._here.steps]) + " "
            made = self.position
        else:
            before, made = "", 0
        try:
            trace = self.replayer.follow(parse_schedule(before + text))
        except ReplayError as error:
            place = None if error.position is None else error.position - len(before)
            raise ReplayError(error.step, error.reason, error.enabled, place) from None
        if not before:
            self.begin(trace.schedule.initial)
        for move in trace.schedule.moves[made:]:
            state = self._here.state
            assert state is not None
            self._take(self.replayer.stepper.step(state, move))
        return len(trace.schedule.moves) - made

    def back(self, steps: int = 1) -> int:
        """Takes steps back; how many it were."""
        return -self.jump(self.position - steps)

    def forward(self, steps: int = 1) -> int:
        """Makes steps again that were taken back; how many it were."""
        return self.jump(self.position + steps)

    def jump(self, position: int) -> int:
        """Goes to after so many steps, as near as there are; how many steps forward that was."""
        before = self.position
        self.position = max(0, min(position, len(self._writers) - 1))
        return self.position - before

    # ---- to the violation

    def targets(self) -> tuple[str, ...]:
        """All that could be violated and is not here."""
        named = [p.name for p in self.system.properties if p.kind == "invariant"]
        return tuple(name for name in (*named, *AUTOMATIC_PROPERTIES) if name not in self.violated)

    def run(self, names: Iterable[str] = (), options: Options = USUAL) -> Onward:
        """Follows the shortest way from here to a violation, of one of the names if there are any.

        Bounds as of `further`. Where none is found nothing has changed. Raises PropertyError and LoopsWithoutAccess.
        """
        wanted = tuple(names) or self.targets()
        state = self._here.state
        if state is None:
            return Onward(False, wanted, 0, 0)
        return self._go(way_to(self.system, [state], wanted, options), wanted, [])

    def run_from_start(self, names: Iterable[str] = (), options: Options = USUAL) -> Onward:
        """Begins again, and follows the shortest way from any of the first MOST_STARTS initial states."""
        wanted = tuple(names) or tuple(dict.fromkeys((*self.targets(), *self.violated)))
        starts = [(k, start) for k in range(self.starts) if (start := self.replayer.starts.get(k)) is not None]
        states = [(k, start.state) for k, start in starts if start.state is not None]
        way = way_to(self.system, [state for _, state in states], wanted, options)
        return self._go(way, wanted, [number for number, _ in states])

    def _go(self, way: Way, wanted: tuple[str, ...], starts: Sequence[int]) -> Onward:
        if way.results is None:
            return Onward(False, wanted, 0, way.states, way.cut)
        if starts:
            self.begin(starts[way.begin])
        for result in way.results:
            self._take(result)
        return Onward(True, wanted, len(way.results), way.states)

    # ---- inside

    @property
    def _here(self) -> Writer:
        return self._writers[self.position]

    def _results(self, thread: int) -> list[StepResult] | None:
        """What a thread's next step may do; None where its code loops without a shared access."""
        state = self._here.state
        try:
            return [] if state is None else self.replayer.stepper.results(state, thread)
        except LoopsWithoutAccess:
            return None

    def _offers(self) -> list[tuple[Possible, Writer | None]]:
        """The steps that could be made, each with the writer after it; None where it cannot be."""
        here = self._here
        found: list[tuple[Possible, Writer | None]] = []
        for thread, code in enumerate(self.system.threads):
            results = self._results(thread)
            if results is None:
                found.append((Possible(thread, code.name, code.name, None, LOOPS), None))
            for result in results or ():
                word = schedule_text(None, [(code.name, here.choices(result))]).removeprefix("init#1 ")
                following, why = _after(here, result)
                step = following.steps[-1] if following else None
                found.append((Possible(thread, code.name, word, step, why), following))
        return found

    def _take(self, result: StepResult) -> None:
        following, why = _after(self._here, result)
        assert following is not None, why
        self._go_to(following)

    def _go_to(self, following: Writer) -> None:
        result = following.results[-1]
        kept = self._writers[self.position + 1 : self.position + 2]
        if not (kept and kept[0].results[-1] == result):
            del self._writers[self.position + 1 :]
            self._writers.append(following)
        self.position += 1

    def _values(self, writer: Writer) -> Sequence[Value]:
        """The cells after the last step, though it may have ended in a violation."""
        if writer.state is not None:
            return writer.state.cells
        return writer.last.cells if writer.last is not None else writer.first

    def _waiting(self, state: ConcreteState, thread: int) -> Waiting:
        writer = _copied(self._here)
        node = first_shared(self.system.threads[thread], state.nodes[thread])
        return waiting_at(node, thread, writer.next_lock(thread, state), tuple(writer.steps), writer.names)


def _copied(writer: Writer) -> Writer:
    """A writer that goes on from where one is, which stays as it is."""
    other = copy.copy(writer)
    other.names = writer.names.copy()
    other.steps, other.results = list(writer.steps), list(writer.results)
    return other


def _after(writer: Writer, result: StepResult) -> tuple[Writer | None, str]:
    """The writer after one step more; None, and why, where that cannot be made."""
    if result.exhausted:
        return None, f"pool {result.exhausted} is exhausted"
    following = _copied(writer)
    try:
        following.add(result)
    except PropertyError as error:
        return None, f"the model is wrong there: {error.property.name} has no value ({error.name})"
    return following, ""
