# SPDX-License-Identifier: GPL-2.0-only
"""Replay: from a schedule to a Trace, on the reference engine's Stepper, statement by statement.

A schedule of the user's that does not fit the model is a ReplayError; a schedule of our own that does not end in the
violation that it is claimed to show is a ReplayMismatch, and our bug.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference.stepping import CannotFollow, ConcreteState, Starts, Stepper, StepResult
from dfsrace.system.system import System
from dfsrace.trace.record import Trace
from dfsrace.trace.schedule import Run, ScheduleText, schedule_text
from dfsrace.trace.writing import Writer

MOST_LISTED = 12
MOST_COUNTED = 1_000


class ReplayError(Exception):
    """A schedule cannot be followed. `step`: the number of the step that cannot be made, 0 for the initial state.

    `enabled`: what could have been done instead, as words of a schedule; `position`: where the text says it, from 0.
    """

    def __init__(self, step: int, reason: str, enabled: Sequence[str] = (), position: int | None = None) -> None:
        self.step, self.reason, self.enabled, self.position = step, reason, tuple(enabled), position
        instead = f"; possible: {', '.join(self.enabled)}" if self.enabled else ""
        where = f"step {step}" if step else "the initial state"
        super().__init__(f"{where}: {reason}{instead}")


class ReplayMismatch(Exception):
    """A schedule does not lead where a search said it does: a bug of ours."""

    def __init__(self, violated: str, schedule: str, reason: str) -> None:
        self.violated, self.schedule, self.reason = violated, schedule, reason
        super().__init__(f"the schedule '{schedule}' does not show {violated}: {reason}")


@dataclass(slots=True)
class Replayer:
    """Replays schedules of one system. Keeps nothing between two replays."""

    system: System
    stepper: Stepper = field(init=False)
    starts: Starts = field(init=False)

    def __post_init__(self) -> None:
        self.stepper = Stepper(self.system)
        self.starts = Starts(self.stepper.each_start())

    def trace(self, schedule: Schedule, violated: str) -> Trace:
        """The trace of a violation that a search found. Raises ReplayMismatch where it does not show it."""
        names = [thread.name for thread in self.system.threads]
        words = [(names[m.thread], [str(c) for c in m.choices]) for m in schedule.moves if m.thread < len(names)]
        text = schedule_text(schedule.initial + 1, words)
        if self.starts.get(schedule.initial) is None:
            raise ReplayMismatch(violated, text, f"there are {self.starts.count()} initial states")
        writer = Writer(self.stepper, self.starts, schedule.initial)
        for number, move in enumerate(schedule.moves, 1):
            if writer.state is None:
                raise ReplayMismatch(violated, text, f"step {number} follows a step that leads nowhere")
            try:
                writer.add(self.stepper.step(writer.state, move))
            except CannotFollow as error:
                raise ReplayMismatch(violated, text, f"step {number}: {error.reason}") from None
        if violated not in writer.violated():
            raise ReplayMismatch(violated, text, f"its last state violates {', '.join(writer.violated()) or 'nothing'}")
        return writer.finish(violated, claimed=True)

    def follow(self, schedule: ScheduleText) -> Trace:
        """The trace of a schedule as a user wrote it, whatever it leads to. Raises ReplayError."""
        initial = self._initial(schedule)
        writer = Writer(self.stepper, self.starts, initial)
        number = 0
        for run in schedule.runs:
            for _ in range(run.count):
                number += 1
                writer.add(self._result(writer, run, number))
        violated = writer.violated()
        return writer.finish(violated[0] if violated else None)

    def _initial(self, schedule: ScheduleText) -> int:
        if schedule.initial is None and self.starts.get(1) is not None:
            count = self.starts.count(MOST_COUNTED)
            number, listed = str(count), count
            if count == MOST_COUNTED:
                number, listed = f"over {count - 1:,}", MOST_LISTED
            reason = f"the model has {number} initial states, and the schedule does not say which"
            raise ReplayError(0, reason, _listed(f"init#{k}" for k in range(1, listed + 1)))
        initial = 1 if schedule.initial is None else schedule.initial
        if self.starts.get(initial - 1) is None:
            reason = f"there is no initial state {initial}"
            raise ReplayError(0, reason, _listed(f"init#{k}" for k in range(1, self.starts.count() + 1)), 0)
        return initial - 1

    def _result(self, writer: Writer, run: Run, number: int) -> StepResult:
        """The step that a word of a schedule means."""
        state, names = writer.state, [thread.name for thread in self.system.threads]
        if state is None:
            raise ReplayError(number, "the step before ended in a violation, and leads nowhere", (), run.position)
        if run.thread not in names:
            raise ReplayError(number, f"there is no thread {run.thread}", _listed(names), run.position)
        thread = names.index(run.thread)
        results = self.stepper.results(state, thread)
        for result in results:
            if writer.choices(result) == run.choices:
                if result.exhausted:
                    raise ReplayError(number, f"pool {result.exhausted} is exhausted", (), run.position)
                return result
        reason = self._refusal(state, run, thread, results)
        raise ReplayError(number, reason, self._enabled(writer, state), run.position)

    def _refusal(self, state: ConcreteState, run: Run, thread: int, results: list[StepResult]) -> str:
        if self.stepper.has_finished(state)[thread]:
            return f"{run.thread} has finished"
        node = self.system.threads[thread].nodes[state.nodes[thread]]
        if not results:
            return f"{run.thread} waits at {node.text}" if node.text else f"{run.thread} waits"
        if run.choices and not any(result.choices for result in results):
            return f"{run.thread} has nothing to choose in this step"
        if not run.choices:
            return f"{run.thread} has a choice to make in this step"
        return f"{run.thread} cannot choose {','.join(run.choices)} in this step"

    def _enabled(self, writer: Writer, state: ConcreteState) -> tuple[str, ...]:
        words = []
        for thread, code in enumerate(self.system.threads):
            for result in self.stepper.results(state, thread):
                words.append(schedule_text(None, [(code.name, writer.choices(result))]).removeprefix("init#1 "))
        return _listed(words)


def _listed(words: Iterable[str]) -> tuple[str, ...]:
    """Not too many words, the rest counted."""
    found = list(words)
    if len(found) <= MOST_LISTED:
        return tuple(found)
    return (*found[:MOST_LISTED], f"{len(found) - MOST_LISTED} more")
