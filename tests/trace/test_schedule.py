# SPDX-License-Identifier: GPL-2.0-only
"""Schedules as text: what is printed is read again, and what is wrong is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfsrace.trace.schedule import Run, ScheduleError, parse_schedule, schedule_text

NAMES = st.sampled_from(["cpu0", "cpu1", "dlm", "init", "nodeB"])
CHOICES = st.lists(st.sampled_from(["True", "False", "None", "B", "-1", "12", "page0"]), max_size=3).map(tuple)
STEPS = st.lists(st.tuples(NAMES, CHOICES), max_size=12)


def test_runs_without_choices_are_counted_and_choices_are_named() -> None:
    steps = [("cpu0", ()), ("cpu0", ()), ("cpu1", ("B",)), ("cpu1", ()), ("dlm", ("True", "2"))]
    assert schedule_text(2, steps) == "init#2 cpu0*2 cpu1#B cpu1 dlm#True,2"


def test_the_same_choice_twice_is_two_words() -> None:
    assert schedule_text(None, [("cpu0", ("B",)), ("cpu0", ("B",))]) == "cpu0#B cpu0#B"


@given(st.one_of(st.none(), st.integers(1, 99)), STEPS)
def test_what_is_printed_is_read_again(initial: int | None, steps: list[tuple[str, tuple[str, ...]]]) -> None:
    parsed = parse_schedule(schedule_text(initial, steps))
    again = [(run.thread, run.choices) for run in parsed.runs for _ in range(run.count)]
    assert again == steps
    named_init = bool(steps) and steps[0][0] == "init" and bool(steps[0][1])
    assert parsed.initial == (1 if initial is None and named_init else initial)


def test_a_huge_count_is_read_without_being_written_out() -> None:
    assert parse_schedule("cpu0*999999999").runs == (Run("cpu0", 999_999_999),)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("cpu0 cpu1*0", 10, "a count is 1 or more, not '0'"),
        ("cpu0*", 5, "a count is 1 or more, not ''"),
        ("cpu0*x", 5, "a count is 1 or more, not 'x'"),
        ("cpu0*9999999999", 5, "a count is 1 or more, not '9999999999'"),
        ("cpu0*\u0663", 5, "a count is 1 or more, not '\u0663'"),
        ("cpu0 cpu1#", 10, "a value is missing after #"),
        ("cpu1#A,,B", 9, "a value is missing after #"),
        ("*3", 0, "a thread's name is missing"),
        ("#A", 0, "a thread's name is missing"),
        ("init#0 cpu0", 5, "an initial state is numbered from 1, not '0'"),
    ],
)
def test_what_is_no_schedule_is_pointed_at(text: str, position: int, message: str) -> None:
    with pytest.raises(ScheduleError) as error:
        parse_schedule(text)
    assert (error.value.position, error.value.message) == (position, message)


def test_an_empty_text_is_a_schedule_without_steps() -> None:
    assert parse_schedule("  ").runs == ()
