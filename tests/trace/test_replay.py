# SPDX-License-Identifier: GPL-2.0-only
"""Replay: a schedule becomes a trace in the model's words, or is refused with what could have been done instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfsrace.engine.outcome import Move, Schedule
from dfsrace.system import Initial, System
from dfsrace.trace.record import Trace
from dfsrace.trace.replay import Replayer, ReplayError, ReplayMismatch
from dfsrace.trace.schedule import parse_schedule
from tests.trace.systems import (
    COUNT,
    MAYBE_PAGE,
    PAGE,
    allocator,
    chooser,
    copying,
    lock_order,
    lost_update,
    moves,
    plain_variable,
    setter,
    sleeper,
    system_of,
    unfixed_local,
    variable,
)

RACE = moves(0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0)


def race() -> Trace:
    """The trace of the fault that races with truncate."""
    return Replayer(unfixed_local()).trace(RACE, "no_pte_maps_truncated_page")


def follow(system: System, text: str) -> Trace:
    """The trace of a schedule as a user writes it."""
    return Replayer(system).follow(parse_schedule(text))


def refused(system: System, text: str) -> ReplayError:
    """The error of a schedule that cannot be followed."""
    with pytest.raises(ReplayError) as error:
        follow(system, text)
    return error.value


def test_a_trace_says_what_each_step_read_and_changed() -> None:
    trace = race()
    assert [(r.name, r.value) for r in trace.steps[1].reads] == [("A.page_cache[0]", "page0")]
    assert [(c.name, c.old, c.new) for c in trace.steps[7].changes] == [
        ("A.page_cache[0]", "page0", "None"),
        ("page0.mapping", "A", "None"),
    ]
    assert [(c.name, c.old, c.new) for c in trace.steps[4].changes] == [("mm0.pte[0]", "None", "None")]


def test_each_change_belongs_to_the_statement_that_made_it() -> None:
    executed = [node for node in race().steps[7].executed if node.changes]
    assert [(node.text, node.changes[0].name) for node in executed] == [
        ("node.page_cache[index] = None", "A.page_cache[0]"),
        ("page.mapping = None", "page0.mapping"),
    ]


def test_lock_operations_say_which_lock_and_whether_it_was_taken() -> None:
    uses = [node.lock for step in race().steps for node in step.executed if node.lock]
    assert [(use.event, use.lock) for use in uses] == [
        ("acquire", "mm0.page_table_lock"),
        ("release", "mm0.page_table_lock"),
        ("acquire", "mm0.page_table_lock"),
    ]


def test_the_violation_is_marked_at_the_last_step_alone_and_has_its_message() -> None:
    trace = race()
    assert [step.number for step in trace.steps if step.violates] == [11]
    assert trace.violated == ("no_pte_maps_truncated_page",)
    assert trace.message == "mm0 maps page 0 of the file to page0, which is no longer in the page cache"
    assert trace.schedule_text == "cpu0*2 cpu1*6 cpu0*3"
    assert trace.switches == 2


def test_the_thread_that_has_finished_is_known() -> None:
    assert [step.number for step in race().steps if step.finished] == [8]


def test_cells_of_the_initial_state_that_the_trace_touches_are_relevant() -> None:
    relevant = {cell.name: cell.value for cell in race().initial if cell.relevant}
    assert relevant == {"A.i_size": "1", "A.page_cache[0]": "page0", "page0.mapping": "A", "mm0.pte[0]": "None"}


def test_fields_of_pages_that_nobody_holds_are_no_part_of_the_initial_state() -> None:
    assert [cell.name for cell in race().initial if cell.name.startswith("page")] == ["page0.mapping"]


def test_a_page_allocated_again_under_the_same_number_has_a_name_of_its_own() -> None:
    trace = follow(allocator(), "cpu0*8")
    assert [node.created for step in trace.steps for node in step.executed if node.created] == ["page0", "page1"]
    assert [c.new for step in trace.steps for c in step.changes if c.name == "current"] == [
        "page0",
        "None",
        "page1",
        "None",
    ]


def test_a_renewed_stamp_has_a_new_name_though_its_number_stays() -> None:
    changes = [c for step in follow(allocator(), "cpu0*8").steps for c in step.changes if c.name == "disk"]
    assert [(c.old, c.new) for c in changes] == [("v0", "v3"), ("v3", "v4")]


def test_the_schedule_of_a_trace_leads_to_the_same_trace_again() -> None:
    trace = follow(chooser(), "cpu0#B cpu1 cpu0 cpu0#C cpu0")
    assert trace.steps[0].choices == ("B",)
    assert follow(chooser(), trace.schedule_text) == trace
    again = Replayer(unfixed_local()).follow(parse_schedule(race().schedule_text))
    assert [step.executed for step in again.steps] == [step.executed for step in race().steps]


def test_a_thread_that_has_finished_cannot_move() -> None:
    error = refused(allocator(), "cpu0*9")
    assert (error.step, error.reason, error.enabled) == (9, "cpu0 has finished", ())


def test_a_thread_that_waits_is_named_with_what_is_enabled_instead() -> None:
    error = refused(lock_order(), "dlm*1 cpu0*2")
    assert error.step == 3
    assert error.reason == "cpu0 waits at mutex_lock(b)"
    assert error.enabled == ()
    error = refused(lock_order(), "dlm*2 cpu0")
    assert (error.reason, error.enabled, error.position) == ("cpu0 waits at mutex_lock(a)", ("dlm",), 6)


def test_a_missing_choice_lists_the_choices() -> None:
    error = refused(chooser(), "cpu0")
    assert error.reason == "cpu0 has a choice to make in this step"
    assert error.enabled == ("cpu0#A", "cpu0#B", "cpu0#C", "cpu1")


def test_a_choice_that_is_not_there_is_refused() -> None:
    assert refused(chooser(), "cpu0#D").reason == "cpu0 cannot choose D in this step"
    assert refused(chooser(), "cpu1#A").reason == "cpu1 has nothing to choose in this step"


def test_an_unknown_thread_lists_the_threads() -> None:
    error = refused(chooser(), "cpu0#A cpu7")
    assert (error.step, error.reason, error.enabled) == (2, "there is no thread cpu7", ("cpu0", "cpu1"))


def test_a_huge_count_stops_at_the_first_step_that_cannot_be_made() -> None:
    assert refused(allocator(), "cpu0*999999999").step == 9


def test_after_an_automatic_violation_nothing_follows() -> None:
    error = refused(sleeper(), "cpu0*2")
    assert (error.step, error.reason) == (2, "the step before ended in a violation, and leads nowhere")


def two_initial_states() -> System:
    """As lost_update, with x = 0 and x = 5 at first."""
    system = lost_update()
    return replace(system, initial=(Initial((0,)), Initial((5,))))


def test_several_initial_states_have_to_be_told_apart() -> None:
    error = refused(two_initial_states(), "cpu0")
    assert (error.step, error.enabled) == (0, ("init#1", "init#2"))
    trace = follow(two_initial_states(), "init#2 cpu0*2")
    assert trace.schedule_text == "init#2 cpu0*2"
    assert trace.steps[1].changes[0].new == "6"
    assert refused(two_initial_states(), "init#3").reason == "there is no initial state 3"


def test_a_violation_that_a_user_replays_is_found_without_being_claimed() -> None:
    trace = follow(lock_order(), "cpu0 dlm")
    assert trace.violated == ("deadlock",)
    assert trace.steps[-1].violates == ("deadlock",)


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        (moves(0, 0, 1), "its last state violates nothing"),
        (moves(0, 0, 0, 1, 1, 1, 1), "step 5: cpu1 cannot take this step"),
        (Schedule(3, ()), "there are 1 initial states"),
        (Schedule(0, (Move(0, (1,)),)), "step 1: cpu0 cannot take this step"),
    ],
)
def test_a_schedule_of_a_search_that_does_not_show_its_violation_is_our_bug(schedule: Schedule, reason: str) -> None:
    with pytest.raises(ReplayMismatch) as error:
        Replayer(unfixed_local()).trace(schedule, "no_pte_maps_truncated_page")
    assert error.value.reason == reason


def test_another_violation_than_the_claimed_one_is_no_proof() -> None:
    with pytest.raises(ReplayMismatch, match="its last state violates sleeping while atomic"):
        Replayer(sleeper()).trace(moves(0), "lock held at exit")


def test_an_invariant_that_stays_violated_is_marked_once() -> None:
    trace = follow(copying(setter("cpu0", 1, 1, 2, 0, 3)), "cpu0*4")
    assert [step.violates for step in trace.steps] == [("y_stays",), (), (), ("y_stays",)]


def test_pages_that_variables_name_are_named_before_those_that_only_fields_name() -> None:
    link = variable("Page.next", PAGE, (PAGE,), MAYBE_PAGE)
    system = system_of(setter("cpu0", 1, 1), variables=(link, plain_variable("y", COUNT, 0)))
    top = plain_variable("top", MAYBE_PAGE)
    system = replace(system, variables=(link, system.variables[1], top), initial=(Initial((None, 0, 0, 1)),))
    cells = {cell.name: cell.value for cell in follow(system, "cpu0").initial}
    assert cells == {"page0.next": "page1", "page1.next": "None", "y": "0", "top": "page0"}


def test_a_trace_and_a_report_say_what_they_are() -> None:
    assert repr(follow(lock_order(), "cpu0 dlm")) == "<Trace cpu0 dlm: 2 steps, violates deadlock>"
    assert repr(follow(lock_order(), "")) == "<Trace without steps: 0 steps>"
