# SPDX-License-Identifier: GPL-2.0-only
"""What a checker that runs alone has printed, read back: its violations as schedules of the model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dfsrace.engine.outcome import Move, Schedule
from dfsrace.engine.reference.stepping import ConcreteState, Starts, Stepper
from dfsrace.system import AUTOMATIC_PROPERTIES, System
from dfsrace.system.layout import Layout
from dfsrace.system.memory import Memory

FORMAT = 1


class NotChecked(Exception):
    """A text that no checker has printed; the message says what is wrong with it."""


class CannotReplay(Exception):
    """A schedule that the model does not have: the checker and the model contradict each other."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the thread's place, and the state that it leads to as the layout packs it (None: to none)."""

    thread: int
    state: int | None


@dataclass(frozen=True, slots=True)
class FoundViolation:
    """A violation: the property's name, and its schedule; `initial` counts from 0, and is None where there is none."""

    property: str
    initial: int | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What one run of a checker found."""

    version: str
    model_hash: str
    verdict: str
    violations: tuple[FoundViolation, ...]


def read_checked(text: str, names: Sequence[str]) -> Checked:
    """What a checker printed; `names`: of the model's named properties. Raises NotChecked."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise NotChecked("it is no JSON object") from None
    if isinstance(value, dict) and "schema" in value:
        raise NotChecked("`check` has written it, and `dfsrace replay FILE.json` shows it")
    if not isinstance(value, dict) or "checker" not in value:
        raise NotChecked("no compiled checker has printed it")
    if value["checker"] != FORMAT:
        raise NotChecked("it comes from a checker of another version")
    if not all(isinstance(value.get(key), str) for key in ("version", "model_hash", "verdict")):
        raise NotChecked("its version, model_hash or verdict is missing")
    found = value.get("violations")
    if not isinstance(found, list):
        raise NotChecked("its violations are missing")
    all_names = (*names, *AUTOMATIC_PROPERTIES)
    violations = tuple(_violation(one, all_names) for one in found)
    return Checked(value["version"], value["model_hash"], value["verdict"], violations)


def _is_number(value: object, end: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < end


def _violation(value: Any, names: Sequence[str]) -> FoundViolation:
    if not isinstance(value, dict) or not _is_number(value.get("property"), 1 << 32):
        raise NotChecked("one of its violations is none")
    name = names[value["property"]] if value["property"] < len(names) else ""
    schedule, initial = value.get("schedule"), value.get("initial")
    if schedule is None and initial is None:
        return FoundViolation(name, None, ())
    if not isinstance(schedule, list) or not _is_number(initial, 1 << 40) or not initial:
        raise NotChecked("one of its schedules is none")
    return FoundViolation(name, initial - 1, tuple(map(_step, schedule)))


def _step(value: Any) -> Step:
    state = value.get("state") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not _is_number(value.get("thread"), 1 << 16):
        raise NotChecked("one of its steps is none")
    if state is None:
        return Step(value["thread"], None)
    if not isinstance(state, str) or not state.isascii() or not state.isalnum():
        raise NotChecked("one of its states is none")
    try:
        return Step(value["thread"], int(state, 16))
    except ValueError:
        raise NotChecked("one of its states is none") from None


def schedules(system: System, violation: FoundViolation) -> Iterator[Schedule]:
    """The schedules that a violation may mean: all that take its steps; they differ in the last step's choices only.

    Raises CannotReplay where the model cannot take one of the steps.
    """
    assert violation.initial is not None
    stepper = Stepper(system)
    layout = Layout(system, Memory(system.variables, len(system.threads)))
    starts = Starts(stepper.each_start())
    start = starts.get(violation.initial)
    if start is None:
        raise CannotReplay(f"there are {starts.count()} initial states")
    state, moves = start.state, list[Move]()
    for number, step in enumerate(violation.steps, 1):
        if state is None or step.thread >= len(system.threads):
            raise CannotReplay(f"step {number}: there is no such step")
        results = stepper.results(state, step.thread)
        if step.state is None and number == len(violation.steps):
            for result in results:
                if result.state is None:
                    yield Schedule(violation.initial, (*moves, result.move))
            return
        fitting = [r for r in results if r.state is not None and _packed(layout, r.state) == step.state]
        if not fitting:
            raise CannotReplay(f"step {number}: {system.threads[step.thread].name} does not get there")
        moves.append(fitting[0].move)
        state = fitting[0].state
    yield Schedule(violation.initial, tuple(moves))


def _packed(layout: Layout, state: ConcreteState) -> int:
    return layout.encode(state.cells, state.nodes, state.locals)
