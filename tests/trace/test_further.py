# SPDX-License-Identifier: GPL-2.0-only
"""The point of no return and the decisive switch are what the whole graph of states says, or said not to be known."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.engine.reference import LoopsWithoutAccess, PropertyError, explore
from dfsrace.operations import check, load
from dfsrace.system import System
from dfsrace.trace.further import further
from dfsrace.trace.record import DecisiveSwitch, Further, Trace
from dfsrace.trace.replay import Replayer
from dfsrace.trace.schedule import parse_schedule
from tests.engine.brute import names_violated
from tests.engine.random_systems import random_system
from tests.random.test_models import SEEDS, each_model
from tests.trace.ahead import Ahead, TooLarge

MODELS = Path(__file__).resolve().parents[2] / "models"
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
VIOLATED = {name: facts.get("states_none", 0) for name, facts in MANIFEST.items() if facts["verdict"] == "violated"}
SMALL = sorted(name for name, states in VIOLATED.items() if states <= 300)
LARGE = sorted(set(VIOLATED) - set(SMALL))


def agrees(system: System, trace: Trace) -> Further:
    """What was found out of a trace, after it was compared with the graph."""
    found = further(system, trace)
    ahead = Ahead(system, trace.violated[0])
    states, results = ahead.states_of(trace.schedule)
    unknown = ahead.some_pool_is_exhausted(states[0]) if results else False
    if results and not (unknown and found.no_return.after is None):
        lost = [number for number, state in enumerate(states[: len(results)]) if not ahead.can_be_avoided(state)]
        assert found.no_return.after == min(lost, default=len(results)), found.sentences
    switch = found.switch
    if switch is not None:
        is_decisive(ahead, trace, switch)
    elif any("No single switch" in sentence for sentence in found.sentences):
        for step in preempted(ahead, trace):
            rests, bad = ahead.alone(states[step], results[step - 1].thread)
            assert bad or not all(ahead.never(state) for state in rests)
            run = ahead.in_order(trace.schedule, step)
            assert run is not None and ahead.violated in names_violated(ahead.stepper, run[-1])
    elif any("No switch could" in sentence for sentence in found.sentences):
        assert not preempted(ahead, trace)
    return found


def preempted(ahead: Ahead, trace: Trace) -> list[int]:
    """After which steps a thread could have gone on, and another did."""
    states, results = ahead.states_of(trace.schedule)
    return [
        step
        for step in range(1, len(results))
        if results[step].thread != results[step - 1].thread
        and ahead.stepper.results(states[step], results[step - 1].thread)
    ]


def is_decisive(ahead: Ahead, trace: Trace, switch: DecisiveSwitch) -> None:
    """The claims that are made of a switch, one by one."""
    states, results = ahead.states_of(trace.schedule)
    assert switch.step in preempted(ahead, trace)
    thread = results[switch.step - 1].thread
    names = [thread.name for thread in ahead.system.threads]
    assert (switch.thread, switch.other) == (names[thread], names[results[switch.step].thread])
    rests, bad = ahead.alone(states[switch.step], thread)
    if switch.always is not None:
        assert switch.always == (not bad and all(ahead.never(state) for state in rests))
    if switch.always:
        ends = {ahead.stepper.has_finished(state)[thread] for state in rests}
        words = {True: "it finished", False: "it had to wait"}
        assert switch.until == (words[ends.pop()] if len(ends) == 1 else "it finished or had to wait")
    if switch.schedule:
        run = ahead.in_order(trace.schedule, switch.step)
        assert run is not None and ahead.violated not in names_violated(ahead.stepper, run[-1])
        other = Replayer(ahead.system).follow(parse_schedule(switch.schedule))
        steps, made = ahead.states_of(other.schedule)
        assert made == run
        assert made[: switch.step] == results[: switch.step]
        assert made[switch.step].thread == thread
        assert not ahead.steps(steps[-1]) or len(steps) == len(made), "the run is a whole one"
        for state, result in zip(steps, made, strict=False):
            assert (result, False) in ahead.steps(state), "it violates nothing of the kind"


@pytest.mark.parametrize("name", SMALL)
def test_shipped_models_are_explained_as_their_graph_has_it(name: str) -> None:
    model = load(MODELS / f"{name}.yaml")
    for found in check(model).violations:
        if found.trace is not None:
            agrees(model.system, found.trace)


@pytest.mark.long
@pytest.mark.parametrize("name", LARGE)
def test_larger_shipped_models_too(name: str) -> None:
    test_shipped_models_are_explained_as_their_graph_has_it(name)


def as_written(system: System) -> System:
    """The system with fields named as the language has them."""
    variables = tuple(v if v.owner is None else replace(v, name=f"T.{v.name}") for v in system.variables)
    return replace(system, variables=variables)


@dataclass
class Compared:
    """How many traces were compared with their graph, and how many of them were worth it."""

    traces: int = 0
    lost_early: int = 0
    decisive: int = 0
    always: int = 0
    none: int = 0

    def system(self, system: System) -> None:
        """Compares the violations of a system that is small and has a verdict."""
        try:
            outcome = explore(system, Options(reductions=frozenset(), states=600))
            if outcome.stopped_by is not None and outcome.stopped_by.kind != "pool":
                return
            replayer = Replayer(system)
            schedules = [(v.property, v.schedule) for v in outcome.violations if v.schedule is not None]
            for trace in [replayer.trace(schedule, name) for name, schedule in schedules]:
                self.trace(system, trace)
        except (TooLarge, LoopsWithoutAccess, PropertyError):
            return

    def trace(self, system: System, trace: Trace) -> None:
        """Compares one."""
        found = agrees(system, trace)
        self.traces += 1
        self.lost_early += found.no_return.after in range(len(trace.steps))
        self.decisive += found.switch is not None
        self.always += found.switch is not None and found.switch.always is True
        self.none += "No single switch" in found.sentences[-1]


def test_random_systems_are_explained_as_their_graph_has_it() -> None:
    compared = Compared()
    for number in range(100):
        compared.system(as_written(random_system(number)))
    assert compared.traces > 50


def test_random_models_are_explained_as_their_graph_has_it() -> None:
    compared = Compared()
    each_model(1, lambda text, system: compared.system(system))
    assert compared.traces > 30 and compared.lost_early > 9 and compared.decisive > 2, compared


@pytest.mark.long
def test_more_random_ones_too() -> None:
    compared = Compared()
    for number in range(100, 1500):
        compared.system(as_written(random_system(number)))
    for number in SEEDS:
        each_model(number, lambda text, system: compared.system(system))
    assert min(compared.decisive - compared.always, compared.none) > 3, compared
