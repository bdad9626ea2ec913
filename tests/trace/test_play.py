# SPDX-License-Identifier: GPL-2.0-only
"""Playing by hand, without any face: moving about, previews that come true, the shortest way to a violation."""

from __future__ import annotations

import itertools
import random
import tomllib
from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.operations import check, load, replay
from dfsrace.trace.play import Play
from dfsrace.trace.replay import ReplayError
from dfsrace.trace.schedule import ScheduleError
from tests.cli.running import BOTH, DEADLOCK, HOLDS, LOST, POOL
from tests.trace.ahead import Ahead

MODELS = Path(__file__).resolve().parents[2] / "models"
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
VIOLATED = sorted(n for n, f in MANIFEST.items() if f["verdict"] == "violated" and f.get("states_none", 0) < 300)
CHOOSING = """\
model: Choices, and three initial states
state: {x: 0..2, y: 0..2}
types: {Small: 0..2}
setup: x = choose(Small)
threads:
  a: |
    seen = x
    y = choose(Small)
    x = 0
invariants: {different: x != y or y == 0}
"""


def playing(text: str) -> Play:
    """A play of a model's text."""
    return Play(load(text).system)


def test_it_begins_where_the_model_does() -> None:
    play = playing(LOST)
    assert (play.position, play.initial, play.schedule, play.violated, play.ended) == (0, 0, "", (), False)
    assert [(possible.thread_name, possible.word) for possible in play.possible()] == [("a", "a"), ("b", "b")]
    assert [(cell.name, cell.value) for cell in play.cells()] == [("x", "0")]


def test_a_step_does_what_its_preview_said() -> None:
    dice = random.Random(5)
    for name in VIOLATED[:7]:
        play = Play(load(MODELS / f"{name}.yaml").system)
        while possible := play.possible():
            number = dice.randrange(len(possible))
            if not play.take(number):
                break
            assert play.steps[-1] == possible[number].step
        trace = play.trace()
        assert replay(MODELS / f"{name}.yaml", play.schedule).steps == trace.steps


def test_each_step_can_be_taken_back_and_made_again() -> None:
    play = playing(LOST)
    seen = []
    for _ in range(4):
        seen.append((play.schedule, play.cells(), play.violated, play.possible()))
        play.take(0)
    for expected in reversed(seen):
        assert play.back() == 1
        assert (play.schedule, play.cells(), play.violated, play.possible()) == expected
    assert play.back() == 0
    assert (play.forward(3), play.position, play.schedule) == (3, 3, "a*2 b")
    assert (play.jump(1), play.position) == (-2, 1)
    assert (play.jump(99), play.position) == (3, 4)
    assert (play.jump(-5), play.position) == (-4, 0)


def test_another_step_forgets_what_was_taken_back_and_the_same_does_not() -> None:
    play = playing(LOST)
    assert play.follow("a*2 b*2") == 4
    play.jump(1)
    assert play.take(0) and len(play.steps) == 4
    play.jump(1)
    assert play.take(1) and [step.thread_name for step in play.steps] == ["a", "b"]


def test_who_cannot_move_is_said_to_wait_or_to_have_finished() -> None:
    play = playing(DEADLOCK)
    play.follow("a b")
    assert play.possible() == ()
    assert play.violated == ("deadlock",)
    assert [(b.thread_name, b.finished, b.waiting.goal if b.waiting else "") for b in play.blocked()] == [
        ("a", False, "for m, which b holds"),
        ("b", False, "for l, which a holds"),
    ]
    play.begin(0)
    play.follow("a*4")
    (finished,) = play.blocked()
    assert (finished.thread_name, finished.finished, finished.waiting) == ("a", True, None)


def test_initial_states_and_choices_are_told_apart_by_the_words_of_schedules() -> None:
    play = playing(CHOOSING)
    assert play.starts == 3
    assert play.begin(2) and (play.initial, play.schedule) == (2, "init#3")
    assert not play.begin(3) and play.initial == 2
    assert [possible.word for possible in play.possible()] == ["a#0", "a#1", "a#2"]
    assert play.take(2)
    assert play.take(0)
    assert play.violated == ("different",) and play.schedule == "init#3 a#2 a"
    assert play.message().startswith("different does not hold")


def test_an_exhausted_pool_is_said_and_cannot_be_stepped_into() -> None:
    play = playing(POOL)
    while play.possible() and not play.possible()[0].why:
        play.take(0)
    (full,) = play.possible()
    assert (full.why, full.step) == ("pool Page is exhausted", None)
    assert not play.take(0)
    assert not play.take(1) and not play.take(-1)


def test_a_step_that_ends_in_a_violation_leads_nowhere_but_back() -> None:
    play = playing(HOLDS.replace("x: 0..2", "x: 0..1"))
    play.follow("a*4 b*2")
    while play.possible():
        play.take(0)
    assert play.ended and play.violated == ("value out of range",)
    assert [blocked.waiting for blocked in play.blocked()] == [None, None]
    assert play.cells()[0].name == "x" and play.locals() == ()
    assert play.run().found is False
    assert play.back() == 1 and not play.ended


def test_a_schedule_is_followed_from_here_or_from_where_it_says() -> None:
    play = playing(CHOOSING)
    assert play.follow("init#2 a#0") == 1
    assert (play.schedule, play.position) == ("init#2 a#0", 1)
    assert play.follow("a*2") == 2
    assert play.schedule == "init#2 a#0 a*2"
    assert play.follow("") == 0
    assert play.follow("init#1") == 0 and (play.position, play.initial) == (0, 0)


@pytest.mark.parametrize("text", ["c", "a*9", "a#1", "init#2 a"])
def test_a_schedule_that_cannot_be_followed_changes_nothing(text: str) -> None:
    play = playing(LOST)
    play.follow("a")
    before = (play.schedule, play.position, play.steps)
    with pytest.raises(ReplayError) as caught:
        play.follow(text)
    assert caught.value.position in (0, None)
    assert (play.schedule, play.position, play.steps) == before
    with pytest.raises(ScheduleError):
        play.follow("a*0")
    assert (play.schedule, play.position, play.steps) == before


@pytest.mark.parametrize("name", VIOLATED)
def test_the_way_to_each_violation_is_as_short_as_the_engine_s(name: str) -> None:
    model = load(MODELS / f"{name}.yaml")
    play = Play(model.system)
    for violation in (found.violation for found in check(model).violations):
        if violation.schedule is None:
            continue
        onward = play.run_from_start([violation.property])
        assert onward.found and violation.property in play.violated
        assert (onward.steps, play.position) == (violation.steps, violation.steps)
        assert violation.property in replay(model, play.schedule).violated


def test_the_way_from_anywhere_is_the_shortest_in_the_graph() -> None:
    dice = random.Random(1)
    for text in (LOST, DEADLOCK, BOTH, CHOOSING):
        system = load(text).system
        play = Play(system)
        for _ in range(6):
            play.begin(dice.randrange(play.starts))
            for _ in range(dice.randrange(4)):
                if possible := play.possible():
                    play.take(dice.randrange(len(possible)))
            for name in play.targets():
                before, steps = play.schedule, play.position
                onward = play.run([name])
                if play.replayer.stepper.finish and not play.ended:
                    assert onward.found == (name in play.violated)
                expected = distance(Ahead(system, name), before, system.threads[0].name)
                assert (onward.steps if onward.found else None) == expected
                play.jump(steps)


def distance(ahead: Ahead, schedule: str, thread: str) -> int | None:
    """How many steps it is to a violation, from the end of a schedule."""
    play = Play(ahead.system)
    play.follow(schedule or "init#1")
    level = set(ahead.states_of(play.trace().schedule)[0][-1:]) if not play.ended else set()
    seen = set(level)
    for number in itertools.count(1):
        if not level:
            return None
        steps = [step for state in level for step in ahead.steps(state)]
        if any(violates for _, violates in steps):
            return number
        level = {result.state for result, _ in steps if result.state is not None} - seen
        seen |= level
    return None


def test_what_cannot_be_reached_is_told_from_what_was_not_looked_for_long_enough() -> None:
    play = playing(HOLDS)
    none = play.run()
    assert (none.found, none.cut, none.steps) == (False, "", 0) and none.states > 5
    assert "deadlock" in none.names and "both_count" in none.names
    cut = play.run(options=Options(states=2))
    assert (cut.found, cut.cut) == (False, "over 2 states")
    assert play.run(options=Options(interrupted=lambda: True)).cut == "interrupted"
    assert (play.position, play.schedule) == (0, "")
    assert playing(POOL).run(["deadlock"]).cut == "pool Page is exhausted"


def test_from_a_violation_another_one_is_looked_for_and_from_the_start_any() -> None:
    play = playing(BOTH)
    play.run(["never"])
    assert "never" in play.violated and "never" not in play.targets()
    again = play.run_from_start(["deadlock"])
    assert again.found and play.violated == ("deadlock",)
    assert play.schedule == "a b"
