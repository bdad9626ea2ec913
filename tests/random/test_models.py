# SPDX-License-Identifier: GPL-2.0-only
"""Random models, as text through the real language: the engine against two oracles that share no code with it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, given, seed, settings

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome, Schedule
from dfsrace.engine.reference import LoopsWithoutAccess, explore
from dfsrace.language import ModelSource, load_model
from dfsrace.system import AUTOMATIC_PROPERTIES, System
from dfsrace.system.validate import problems
from tests.naive import naive
from tests.oracle import text as oracle
from tests.outcomes import lengths
from tests.random.features import features, possible
from tests.random.models import models
from tests.random.replaying import replay
from tests.random.shortest import best_ways

SEEDS = range(1, 6)
EXAMPLES = 140
STATES_AT_MOST = 3_000
STATES_FOR_BRUTE_FORCE = 400
STATES_WITH_DEAD_LOCALS = 50_000
NONE = Options(reductions=frozenset(), states=STATES_AT_MOST)
SUBSETS = [frozenset(s) for n in (1, 2, 3) for s in itertools.combinations(REDUCTIONS, n)]
LOCKS = {"spinlock", "mutex", "bit_lock", "semaphore", "rwlock", "rwsem", "seqlock", "seqcount"}


def each_model(number: int, check: Callable[[str, System], None]) -> None:
    """Calls `check` with the text and the system of each model of a seed; a failing one is printed."""
    seen: set[str] = set()

    @seed(number)
    @settings(max_examples=EXAMPLES, phases=[Phase.generate])  # shrinking would take minutes
    @given(models())
    def run(text: str) -> None:
        if text not in seen:
            check(text, load_model(ModelSource("random.yaml", None, text), [], {}).system)
            seen.add(text)

    run()


def plain_outcome(system: System) -> Outcome | None:
    """Without reductions; None if the model is too large for slow answers."""
    outcome = explore(system, NONE)
    return None if outcome.stopped_by is not None and outcome.stopped_by.kind == "states" else outcome


def agree(text: str, system: System, path: Path) -> None:
    """Asserts that everybody says the same of a model."""
    assert problems(system) == []
    path.write_text(text, encoding="utf-8")
    try:
        plain = plain_outcome(system)
    except LoopsWithoutAccess:
        for ask in (lambda: naive(system), lambda: oracle.run(path, [])):
            with pytest.raises((RuntimeError, oracle.ModelError), match="loops without a shared access"):
                ask()
        return
    if plain is None:
        return
    simple = naive(system)
    assert (simple.verdict, simple.violated) == (plain.verdict, lengths(plain))
    assert (simple.states, simple.transitions) == (plain.states, plain.transitions)
    whole = oracle.run(path, [], limit=STATES_WITH_DEAD_LOCALS)
    if whole.states <= STATES_WITH_DEAD_LOCALS:
        assert (whole.verdict, whole.violated) == (plain.verdict, lengths(plain))
    told = oracle.run(path, [], forget=True)
    assert (told.verdict, told.violated, told.states) == (plain.verdict, lengths(plain), plain.states)
    for subset in SUBSETS:
        outcome = explore(system, Options(reductions=subset))
        assert (outcome.verdict, outcome.violations) == (plain.verdict, plain.violations), sorted(subset)
        assert outcome.reached == plain.reached, sorted(subset)
        assert outcome.states <= plain.states, sorted(subset)
    assert told.classes == outcome.states


@pytest.mark.parametrize("number", SEEDS)
def test_engine_naive_checker_and_text_oracle_agree(number: int, tmp_path: Path) -> None:
    each_model(number, lambda text, system: agree(text, system, tmp_path / "random.yaml"))


def as_compared(schedule: Schedule, switches: int | None) -> tuple[object, ...]:
    """A schedule as `best_ways` has it."""
    threads = tuple(move.thread for move in schedule.moves)
    choices = tuple(tuple(-1 if value is None else value for value in move.choices) for move in schedule.moves)
    return len(threads), switches, threads, schedule.initial, choices


def test_schedules_replay_and_are_the_least_of_the_shortest() -> None:
    compared: Counter[str] = Counter()

    def check(text: str, system: System) -> None:
        try:
            plain = plain_outcome(system)
        except LoopsWithoutAccess:
            return
        if plain is None or not plain.violations:
            return
        replay(system, plain)
        if plain.states <= STATES_FOR_BRUTE_FORCE:
            with_trace = [(v, v.schedule) for v in plain.violations if v.schedule is not None]
            assert {v.property: as_compared(s, v.switches) for v, s in with_trace} == best_ways(system)
            for v, schedule in with_trace:
                compared["switched"] += bool(v.switches)
                compared["chosen"] += any(move.choices for move in schedule.moves)
                compared["begun elsewhere"] += schedule.initial > 0

    for number in SEEDS:
        each_model(number, check)
    assert compared["switched"] > 40 and compared["chosen"] > 10 and compared["begun elsewhere"] > 5, compared


def test_the_models_are_worth_the_trouble() -> None:
    """What the seeds above give: verdicts, sizes, and each thing in models that hold and in models that do not."""
    seen: Counter[str] = Counter()

    def check(text: str, system: System) -> None:
        seen["models"] += 1
        try:
            outcome = explore(system, Options(reductions=frozenset(), states=5_000))
        except LoopsWithoutAccess:
            seen["loops"] += 1
            return
        if outcome.stopped_by is not None and outcome.stopped_by.kind == "states":
            seen["large"] += 1
            return
        seen[outcome.verdict] += 1
        seen["holds with over 100 states"] += outcome.verdict == "holds" and outcome.states > 100
        seen.update(f"{outcome.verdict}: {name}" for name in features(system))
        seen.update(f"violated: {v.property}" for v in outcome.violations)
        if outcome.verdict == "holds":
            seen.update(f"holds: {name}" for name in possible(system))

    for number in SEEDS:
        each_model(number, check)
    assert seen["holds with over 100 states"] * 4 >= seen["models"], seen
    assert seen["violated"] * 4 >= seen["models"], seen
    assert (seen["large"] + seen["loops"]) * 10 <= seen["models"], seen
    for name in LOCKS | {"pool", "stamp", "symmetry"} | set(AUTOMATIC_PROPERTIES):
        assert seen[f"violated: {name}"] and seen[f"holds: {name}"], (name, seen)
