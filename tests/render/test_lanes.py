# SPDX-License-Identifier: GPL-2.0-only
"""The lanes, compared with drawings that a person can look at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from dfsrace.diagnostics.text import width
from dfsrace.operations import load
from dfsrace.render.lanes import draw_lanes
from dfsrace.render.style import Drawing, plain
from dfsrace.trace.record import Trace
from tests.render.cases import PROPERTY, RACE, drawn, followed, golden, swapped, trace_of
from tests.trace.systems import allocator, chooser, entering, lock_order, lost_update, moves, sleeper, unfixed_local
from tests.trace.test_locks import system

OTHER_RACE = moves(1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1)

TRACES: dict[str, Callable[[], Trace]] = {
    "race": lambda: trace_of(unfixed_local(), RACE, PROPERTY),
    "race_arrow_to_the_left": lambda: trace_of(swapped(), OTHER_RACE, PROPERTY),
    "three_threads": lambda: trace_of(lost_update(3), moves(0, 2, 2, 0, 1, 1), "nothing_lost"),
    "four_threads_in_one_lane": lambda: trace_of(lost_update(4), moves(0, 1, 1, 0, 2, 2, 3, 3), "nothing_lost"),
    "deadlock": lambda: trace_of(lock_order(), moves(0, 1), "deadlock"),
    "sleeping": lambda: trace_of(sleeper(), moves(0), "sleeping while atomic"),
    "entering": lambda: trace_of(entering(), moves(0, 1, 1, 1, 0, 0), "one_inside"),
    "choices": lambda: followed(chooser(), "cpu0#B cpu1 cpu0 cpu0#C cpu0"),
    "pages": lambda: followed(allocator(), "cpu0*8"),
    "lock_held_at_exit": lambda: followed(system("rwsem", ("down_read", "up_read"), ("down_write",)), "t0 t1 t0 t1"),
}


REUSED = """\
model: One value, allocated twice
types: {X: pool(1)}
state: {X.n: 0..2}
threads:
  t: |
    x = alloc(X)
    x.n = 1
    x.n = 2
    x = alloc(X)
    x.n = 2
    x.n = 0
"""
LONG = """\
model: A condition that is longer than a line
state: {number_of_readers_inside: 0..3, number_of_writers_inside: 0..3}
threads:
  t: number_of_readers_inside = 1
invariants:
  quiet:
    holds: |
      number_of_readers_inside + number_of_writers_inside * 2 + number_of_readers_inside * number_of_writers_inside
      + number_of_readers_inside * 3 == number_of_writers_inside * number_of_writers_inside + number_of_readers_inside
"""


def long_condition() -> Trace:
    """The trace of a violation of a condition that is longer than any line."""
    return trace_of(load(LONG).system, moves(0), "quiet")


@pytest.mark.parametrize("name", TRACES)
def test_a_trace_is_drawn_as_it_should_look(name: str) -> None:
    assert drawn(TRACES[name](), Drawing()) == golden(name)


def test_in_ascii_there_is_nothing_but_ascii() -> None:
    text = drawn(TRACES["race"](), Drawing(ascii=True))
    assert text.isascii()
    assert text == golden("race_ascii")


def test_a_narrow_terminal_gets_one_lane() -> None:
    assert drawn(TRACES["race"](), Drawing(columns=80)) == golden("race_80_columns")


@pytest.mark.parametrize("name", TRACES)
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("columns", [20, 80, 93, 120, 300])
def test_no_line_is_wider_than_the_terminal_or_120_columns(name: str, ascii_only: bool, columns: int) -> None:
    text = drawn(TRACES[name](), Drawing(ascii=ascii_only, columns=columns))
    assert max(width(line) for line in text.splitlines()) <= max(80, min(120, columns))


@pytest.mark.parametrize("name", TRACES)
def test_no_line_ends_in_a_blank(name: str) -> None:
    assert all(line == line.rstrip() for line in drawn(TRACES[name](), Drawing()).splitlines())


def test_each_step_has_its_number_once_and_in_order() -> None:
    text = plain(draw_lanes(TRACES["race"](), Drawing()))
    numbers = [int(line[:5]) for line in text.splitlines() if line[:5].strip().isdecimal()]
    assert numbers == list(range(1, 12))


def test_the_arrow_runs_in_one_column_without_a_gap() -> None:
    lines = plain(draw_lanes(TRACES["race"](), Drawing())).splitlines()
    top = next(place for place, line in enumerate(lines) if "◀──┐" in line)
    column = lines[top].index("┐")
    bottom = next(place for place, line in enumerate(lines) if "stale └──▶" in line)
    assert lines[bottom].index("└──▶") == column
    assert {lines[place][column] for place in range(top + 1, bottom)} == {"│"}


def test_calls_entered_at_once_stand_in_one_heading_and_the_innermost_stays_where_there_is_no_room() -> None:
    text = plain(draw_lanes(TRACES["race"](), Drawing()))
    assert "nopage > filemap_nopage" in text
    assert "invalidate_mmap_range > zap_page_range" in text
    narrow = plain(draw_lanes(TRACES["race"](), Drawing(columns=80)))
    assert "zap_page_range" in narrow and "invalidate_mmap_range > zap" not in narrow


def test_a_store_that_came_too_early_says_until_when_the_cell_stays_empty() -> None:
    lines = draw_lanes(TRACES["race"](), Drawing())
    assert ("(mm0.pte[0] stays None until 11)", "stale") in [
        (text.strip(), style) for line in lines for text, style in line
    ]
    assert "(stays None until step 11)" in plain(draw_lanes(TRACES["race"](), Drawing(columns=80)))
    assert "until" not in plain(draw_lanes(TRACES["three_threads"](), Drawing()))


def test_a_long_condition_that_fails_goes_on_in_further_rows() -> None:
    trace = long_condition()
    lines = [line.strip() for line in plain(draw_lanes(trace, Drawing())).splitlines()]
    first = next(place for place, line in enumerate(lines) if line.startswith("✗ "))
    assert len(lines[first:]) > 1
    assert " ".join(lines[first:]).removeprefix("✗ ") == trace.explanation.failing


def test_what_a_value_held_before_it_was_allocated_is_not_shown() -> None:
    trace = followed(load(REUSED).system, "t*6")
    changes = re.findall(r"(x\d)\.n +(\d?) *→ (\d)$", plain(draw_lanes(trace, Drawing())), re.M)
    assert changes == [("x0", "", "1"), ("x0", "1", "2"), ("x1", "", "2"), ("x1", "2", "0")]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (0, None),
        (1, "      cpu2 takes no step"),
        (3, "      cpu2, cpu3 and cpu4 take no step"),
    ],
)
def test_threads_that_take_no_step_are_named_in_the_end(more: int, said: str | None) -> None:
    trace = TRACES["race"]()
    idle = tuple(replace(trace.threads[0], name=f"cpu{2 + place}") for place in range(more))
    text = plain(draw_lanes(replace(trace, threads=(*trace.threads, *idle)), Drawing()))
    assert ("no step" in text) == (said is not None)
    assert said is None or text.splitlines()[-1] == said


def test_styles_name_what_they_mean() -> None:
    lines = draw_lanes(TRACES["race"](), Drawing())
    styles = {style: text for line in lines for text, style in line}
    assert {"heading", "dim", "changed", "stale", "bad"} <= set(styles)
    bad = [text for line in lines for text, style in line if style == "bad"]
    assert "✗ page0.mapping is None" in [text.strip() for text in bad]


def test_a_trace_without_steps_draws_nothing() -> None:
    assert draw_lanes(followed(chooser(), ""), Drawing()) == []
