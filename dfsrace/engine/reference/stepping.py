# SPDX-License-Identifier: GPL-2.0-only
"""One step at a time, without any renaming, by the plain interpreter: what replay and traces are built on.

Nothing here is generated and nothing is shared with the search, so that a schedule that replays has been checked twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import islice

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.outcome import Move, Schedule
from dfsrace.system import Property, System
from dfsrace.system.choices import Choice, Chooser, all_runs
from dfsrace.system.evaluation import Scope, domain_values, evaluate
from dfsrace.system.expressions import Expr, Finished, Quantifier, walk
from dfsrace.system.interpreter import Run
from dfsrace.system.lock_rules import Cause, Violated
from dfsrace.system.memory import Memory
from dfsrace.system.program import Assert, Finish, Message
from dfsrace.system.types import Type, Value

Locals = tuple[tuple[int, Value], ...]
MessagePart = str | tuple[Type, Value]


@dataclass(frozen=True, slots=True)
class ConcreteState:
    """A state of the model without renaming.

    `cells` in the order of `cells_of`; `nodes`: where each thread rests (`Stepper.finish[t]` once it has finished);
    `locals`: for each thread its live locals as (slot, value), by slot.
    """

    cells: tuple[Value, ...]
    nodes: tuple[int, ...]
    locals: tuple[Locals, ...]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step did.

    `state`: where it leads, None if it ends in `violation` (an automatic name) or finds the pool `exhausted`.
    `nodes`: places executed, in order, the last one where a violation happened. `choices`: those with more than one
    option. `reads`: (cell, value) in order; `changes`: (cell, old, new) in order. `after`: the cells when the shared
    access was done (None if it was not), on which invariants are judged even if a joined step is a violation.
    `message`: that of the assert that failed, its expressions evaluated. `cause`: what was found at a violation.
    """

    thread: int
    state: ConcreteState | None
    nodes: tuple[int, ...]
    choices: tuple[Choice, ...]
    reads: tuple[tuple[int, Value], ...]
    changes: tuple[tuple[int, Value, Value], ...]
    after: tuple[Value, ...] | None
    violation: str | None = None
    exhausted: str | None = None
    message: tuple[MessagePart, ...] | None = None
    cause: Cause | None = None

    @property
    def move(self) -> Move:
        """The step as a schedule names it."""
        return Move(self.thread, tuple(choice.value for choice in self.choices))


@dataclass(frozen=True, slots=True)
class Start:
    """An initial state: the number of its valuation in `System.initial`, and the first local nodes of each thread.

    `state` is None if one of these ended in a violation (that of the last of `results`).
    """

    valuation: int
    cells: tuple[Value, ...]
    state: ConcreteState | None
    results: tuple[StepResult, ...]

    @property
    def violation(self) -> str | None:
        """The automatic violation that the first local nodes ended in."""
        return self.results[-1].violation if self.results else None


class Starts:
    """Initial states by their number; each is made when it, or one behind it, is first asked for."""

    def __init__(self, made: Iterator[Start]) -> None:
        self._made = made
        self._known: list[Start] = []

    def get(self, number: int) -> Start | None:
        """The initial state of a number (from 0); None if there are not so many."""
        self._known.extend(islice(self._made, max(0, number + 1 - len(self._known))))
        return self._known[number] if 0 <= number < len(self._known) else None

    def count(self, most: int | None = None) -> int:
        """How many there are; with `most` no more than that are made and counted."""
        if most is None:
            self._known.extend(self._made)
        elif most > 0:
            self.get(most - 1)
        return len(self._known) if most is None else min(most, len(self._known))


@dataclass(frozen=True, slots=True)
class Judgement:
    """Names of the invariants that do not hold, and of the reach conditions that do."""

    violated: tuple[str, ...] = ()
    met: tuple[str, ...] = ()


class PropertyError(Exception):
    """The model's error that an automatic violation (`name`) happened while a property was evaluated.

    `cause`: what was found, and `scope` where; None where an engine does not know.
    """

    def __init__(self, prop: Property, name: str, cause: Cause | None = None, scope: Scope | None = None) -> None:
        self.property = prop
        self.name = name
        self.cause = cause
        self.scope = scope
        self.span: Span = prop.span
        super().__init__(f"{prop.span}: {prop.name}: {name}")


class CannotFollow(Exception):
    """A schedule does not fit the model: the place of the move (-1: the initial state), and what was enabled."""

    def __init__(self, place: int, reason: str, enabled: Sequence[Move] = ()) -> None:
        self.place = place
        self.reason = reason
        self.enabled = tuple(enabled)
        super().__init__(f"step {place + 1}: {reason}")


def speaks_of_threads(prop: Property) -> bool:
    """True if a property depends on more than the cells."""
    return prop.at_end or any(isinstance(e, Finished) for e in walk(prop.condition))


@dataclass(slots=True)
class Stepper:
    """Executes steps of a system, from any state."""

    system: System
    memory: Memory = field(init=False)
    finish: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.system.variables, len(self.system.threads))
        self.finish = tuple(
            next((i for i, node in enumerate(thread.nodes) if isinstance(node.operation, Finish)), -1)
            for thread in self.system.threads
        )

    # ---- initial states

    def starts(self) -> tuple[Start, ...]:
        """All initial states by their number, those included whose first local nodes end in a violation."""
        return tuple(self.each_start())

    def each_start(self) -> Iterator[Start]:
        """The same one by one: choices of several threads multiply, and there may be more than anybody can wait for."""
        for place, initial in enumerate(self.system.initial):
            state = ConcreteState(
                initial.cells,
                tuple(thread.entry for thread in self.system.threads),
                tuple(() for _ in self.system.threads),
            )
            yield from self._starts(place, initial.cells, state, ())

    def _starts(
        self, place: int, cells: tuple[Value, ...], state: ConcreteState, done: tuple[StepResult, ...]
    ) -> Iterator[Start]:
        if len(done) == len(self.system.threads):
            yield Start(place, cells, state, done)
            return
        for result in self._each_result(state, len(done), opening=True):
            if result.state is None:
                yield Start(place, cells, None, (*done, result))
            else:
                yield from self._starts(place, cells, result.state, (*done, result))

    def initial_states(self) -> list[ConcreteState]:
        """The initial states, without those whose first local nodes end in a violation."""
        return [start.state for start in self.starts() if start.state is not None]

    # ---- steps

    def has_finished(self, state: ConcreteState) -> tuple[bool, ...]:
        """For each thread, whether it has reached the end of its code."""
        return tuple(node == end for node, end in zip(state.nodes, self.finish, strict=True))

    def results(self, state: ConcreteState, thread: int) -> list[StepResult]:
        """What a thread's next step may do, for every combination of its choices; empty if it cannot move."""
        return [] if state.nodes[thread] == self.finish[thread] else list(self._each_result(state, thread))

    def _each_result(self, state: ConcreteState, thread: int, opening: bool = False) -> Iterator[StepResult]:
        others = [
            (self.system.threads[t].locals[slot].type, value)
            for t, live in enumerate(state.locals)
            if t != thread
            for slot, value in live
        ]

        def execute(chooser: Chooser) -> Run:
            code = self.system.threads[thread]
            cells, mine = list(state.cells), dict(state.locals[thread])
            run = Run(self.memory, code, thread, len(state.nodes), cells, mine, others, chooser, state.nodes[thread])
            run.opening = opening
            return run.go()

        return (self._result(state, run) for run in all_runs(execute) if run.end != "waits")

    def _result(self, state: ConcreteState, run: Run) -> StepResult:
        following = message = None
        if run.end in ("rests", "finished"):
            nodes, locals_ = list(state.nodes), list(state.locals)
            nodes[run.me] = run.node if run.end == "rests" else self.finish[run.me]
            locals_[run.me] = tuple(sorted(run.locals.items()))
            following = ConcreteState(tuple(run.cells), tuple(nodes), tuple(locals_))
        elif run.detail == "assertion":
            operation = run.thread.nodes[run.nodes[-1]].operation
            if isinstance(operation, Assert) and operation.message is not None:
                message = self._message(operation.message, Scope(self.memory, run.cells, run.locals))
        return StepResult(
            run.me,
            following,
            tuple(run.nodes),
            tuple(run.choices),
            tuple(run.reads),
            tuple(run.changes),
            run.after,
            run.detail if run.end == "violation" else None,
            run.detail if run.end == "exhausted" else None,
            message,
            run.cause,
        )

    def enabled(self, state: ConcreteState) -> list[tuple[int, list[tuple[Value, ...]]]]:
        """The threads that can move, each with the choices that each of its steps takes."""
        found = ((t, [r.move.choices for r in self.results(state, t)]) for t in range(len(state.nodes)))
        return [(thread, choices) for thread, choices in found if choices]

    def moves(self, state: ConcreteState) -> list[Move]:
        """The same as moves."""
        return [Move(thread, choices) for thread, listed in self.enabled(state) for choices in listed]

    def is_deadlock(self, state: ConcreteState) -> bool:
        """True if no thread can move and some non-daemon has not finished."""
        if self._all_ended(self.has_finished(state)):
            return False
        return not any(self.results(state, t) for t in range(len(state.nodes)))

    def step(self, state: ConcreteState, move: Move, place: int = 0) -> StepResult:
        """The step that `move` names; `place` is for the CannotFollow that is raised where there is none."""
        for result in self.results(state, move.thread):
            if result.move == move:
                return result
        raise CannotFollow(place, f"{self.system.threads[move.thread].name} cannot take this step", self.moves(state))

    def follow(self, schedule: Schedule) -> tuple[Start, list[StepResult]]:
        """The initial state and all steps of a schedule; raises CannotFollow."""
        starts, done = Starts(self.each_start()), list[StepResult]()
        start = starts.get(schedule.initial)
        if start is None:
            raise CannotFollow(-1, f"there are {starts.count()} initial states")
        state = start.state
        for place, move in enumerate(schedule.moves):
            if state is None:
                raise CannotFollow(place, "the step before ended in a violation")
            if not 0 <= move.thread < len(self.system.threads):
                raise CannotFollow(place, "there is no such thread", self.moves(state))
            done.append(self.step(state, move, place))
            state = done[-1].state
        return start, done

    # ---- properties

    def judge(self, cells: Sequence[Value], finished: Sequence[bool] | None) -> Judgement:
        """The properties in a state; with `finished` None only those that speak of nothing but cells.

        Raises PropertyError.
        """
        violated, met = [], []
        ended = finished is not None and self._all_ended(finished)
        for prop in self.system.properties:
            if (finished is None and speaks_of_threads(prop)) or (prop.at_end and not ended):
                continue
            holds = self._holds(prop, prop.condition, Scope(self.memory, cells, {}, finished or ()))
            if prop.kind == "invariant" and not holds:
                violated.append(prop.name)
            elif prop.kind == "reach" and holds:
                met.append(prop.name)
        return Judgement(tuple(violated), tuple(met))

    def judge_state(self, state: ConcreteState) -> Judgement:
        """All properties in a state."""
        return self.judge(state.cells, self.has_finished(state))

    def _all_ended(self, finished: Sequence[bool]) -> bool:
        return all(done or t.daemon for t, done in zip(self.system.threads, finished, strict=True))

    def _holds(self, prop: Property, condition: Expr, scope: Scope) -> bool:
        try:
            return bool(evaluate(condition, scope))
        except Violated as violation:
            raise PropertyError(prop, violation.name, violation.cause, scope) from None

    def cells_read(self, prop: Property, cells: Sequence[Value], finished: Sequence[bool]) -> list[tuple[int, Value]]:
        """The cells that evaluating a property reads, with their values, in order."""
        seen: list[tuple[int, Value]] = []
        scope = Scope(self.memory, cells, {}, finished, seen=lambda index, value: seen.append((index, value)))
        self._holds(prop, prop.condition, scope)
        return seen

    def says(self, prop: Property, cells: Sequence[Value], finished: Sequence[bool]) -> tuple[MessagePart, ...] | None:
        """What a failed property says, filled in with the first failing values of its outermost all(...)."""
        if prop.says is None:
            return None
        scope = Scope(self.memory, cells, {}, finished)
        self._first_failure(prop, prop.condition, scope)
        return self._message(prop.says, scope)

    def _first_failure(self, prop: Property, condition: Expr, scope: Scope) -> None:
        """Binds the variables of nested outermost all(...) to the first values for which the condition fails."""
        if not isinstance(condition, Quantifier) or condition.kind != "all":
            return
        for value in domain_values(condition.domain, scope):
            scope.bound[condition.slot] = value
            if condition.condition is not None and not self._holds(prop, condition.condition, scope):
                continue
            if not self._holds(prop, condition.body, scope):
                scope.bound[condition.slot] = value
                self._first_failure(prop, condition.body, scope)
                return

    def _message(self, message: Message, scope: Scope) -> tuple[MessagePart, ...]:
        parts: list[MessagePart] = []
        for part in message.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            try:
                parts.append((part.type, evaluate(part, scope)))
            except Violated as violation:
                parts.append(f"({violation.name})")
            except KeyError:
                parts.append("?")
        return tuple(parts)
