# SPDX-License-Identifier: GPL-2.0-only
"""Explanations: each sentence is true of its trace, and where the trace does not tell, nothing is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfsrace.engine.outcome import Schedule
from dfsrace.operations import check
from dfsrace.system import System
from dfsrace.system.expressions import Arithmetic, Compare, Const, Local, Or, Read
from dfsrace.system.program import Assert, AtomicBegin, Finish, Load, LockOperation, Store, Wait
from dfsrace.system.types import BOOL, LockType
from dfsrace.trace.record import Explanation, Mark, Trace
from dfsrace.trace.replay import Replayer
from tests.trace.systems import (
    COUNT,
    MUTEXES,
    NODE,
    SIZE,
    Code,
    copier,
    copying,
    entering,
    invariant,
    lock_order,
    locker,
    lost_update,
    moves,
    plain_variable,
    read,
    setter,
    sleeper,
    system_of,
    unfixed_local,
)


def explained(system: System, schedule: Schedule, violated: str) -> Explanation:
    """The explanation of a violation."""
    return Replayer(system).trace(schedule, violated).explanation


def race(*threads: int) -> Explanation:
    """The explanation of a fault that races with truncate."""
    return explained(unfixed_local(), moves(*threads), "no_pte_maps_truncated_page")


def test_a_stored_value_is_followed_back_to_the_load_that_went_stale() -> None:
    found = race(0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0)
    assert found.sentences == (
        "cpu0 sets mm0.pte[0] in step 11 to what it read from A.page_cache[0] in step 2; "
        "cpu1 emptied A.page_cache[0] in step 8.",
        "cpu1's zap_page_range in step 5 came too early: mm0.pte[0] was still None, and cpu0 set it in step 11; "
        "cpu1 did not empty it after that.",
    )
    assert found.stale is not None
    assert (found.stale.load, found.stale.store) == (Mark(2, 0), Mark(8, 2))
    assert found.failing == "page0.mapping is None"


def test_a_value_that_went_stale_after_it_was_stored_is_followed_too() -> None:
    found = race(0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1)
    assert found.sentences == (
        "cpu0 sets mm0.pte[0] in step 9 to what it read from A.page_cache[0] in step 2; "
        "cpu1 emptied A.page_cache[0] in step 11.",
        "cpu1's zap_page_range in step 5 came too early: mm0.pte[0] was still None, and cpu0 set it in step 9; "
        "cpu1 did not empty it after that.",
    )


def test_where_nothing_went_stale_the_last_change_is_named_and_no_more() -> None:
    small = Compare("<", Read(0, (), COUNT), Const(1, COUNT))
    found = explained(replace(lost_update(), properties=(invariant("small", small),)), moves(0, 0), "small")
    assert found.stale is None
    assert found.sentences == ("cpu0 set x to 1 in step 2, the last change of what the property reads.",)


def test_that_a_thread_did_not_come_back_is_said_only_of_one_that_has_finished() -> None:
    system = unfixed_local()
    longer = system.threads[1]
    end = next(n for n, node in enumerate(longer.nodes) if isinstance(node.operation, Finish))
    store = Store(read(0, SIZE, Const(1, NODE)), Const(0, SIZE))
    more = replace(longer.nodes[end], operation=store, next=(end + 1,), text="B.i_size = 0")
    threads = (system.threads[0], replace(longer, nodes=(*longer.nodes[:end], more, longer.nodes[end])))
    schedule = moves(0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0)
    found = explained(replace(system, threads=threads), schedule, "no_pte_maps_truncated_page")
    assert found.sentences[1] == (
        "cpu1's zap_page_range in step 5 came too early: mm0.pte[0] was still None, and cpu0 set it in step 11."
    )


def test_a_computed_value_is_not_called_the_value_that_was_read() -> None:
    found = explained(lost_update(), moves(0, 1, 1, 0), "nothing_lost")
    assert found.sentences == (
        "cpu0 sets x in step 4 to a value computed from what it read from x in step 1; cpu1 set x to 1 in step 3.",
    )


def test_a_stale_value_is_found_behind_later_stores_that_came_from_it() -> None:
    found = explained(lost_update(3), moves(0, 1, 1, 0, 2, 2), "nothing_lost")
    assert found.stale is not None
    assert (found.stale.load, found.stale.store) == (Mark(1, 0), Mark(3, 0))


def test_a_test_that_another_thread_made_untrue_is_named() -> None:
    found = explained(entering(), moves(0, 1, 1, 1, 0, 0), "one_inside")
    assert found.sentences == (
        "cpu0 tested wants1 in step 1, when it was False; "
        "cpu1 set wants1 to True in step 3, before cpu0 set inside0 to True in step 6.",
    )
    assert found.failing == "inside0 and inside1"


def test_a_deadlock_says_who_waits_for_whom() -> None:
    trace = Replayer(lock_order()).trace(moves(0, 1), "deadlock")
    assert trace.explanation.sentences == (
        "cpu0 holds a and waits for b, which dlm holds; dlm holds b and waits for a, which cpu0 holds.",
    )
    assert [(w.text, w.reason) for w in trace.waiting] == [
        ("mutex_lock(b)", "waits for dlm"),
        ("mutex_lock(a)", "waits for cpu0"),
    ]


def test_sleeping_while_atomic_says_what_sleeps_and_which_lock_is_held() -> None:
    found = explained(sleeper(), moves(0), "sleeping while atomic")
    assert found.sentences == ("cpu0 may sleep in step 1 (might_sleep() in nopage) and holds guard since that step.",)


def mutexes(*calls: str) -> System:
    """One thread with two mutexes."""
    return system_of(locker("cpu0", *calls), variables=MUTEXES)


def test_a_lock_taken_twice_says_since_when_it_is_held() -> None:
    found = explained(mutexes("+0", "+1", "+0"), moves(0, 0, 0), "lock taken twice")
    assert found.sentences == ("cpu0 takes a in step 3 and has it since step 1.",)


def test_a_lock_released_by_who_has_not_got_it_says_so() -> None:
    found = explained(mutexes("+0", "-1"), moves(0, 0), "unlock of a lock not held")
    assert found.sentences == ("cpu0 does mutex_unlock(b) in step 2 and does not hold b.",)


def test_a_lock_held_at_exit_says_where_it_was_taken() -> None:
    found = explained(mutexes("+0"), moves(0), "lock held at exit")
    assert found.sentences == ("cpu0 ends in step 1 and still holds a, taken in step 1.",)


def page_lock_twice() -> Trace:
    """A page lock has no owner: who takes it twice waits for ever."""
    code = Code()
    lock = read(0, LockType("bit_lock"))
    code.add(LockOperation("lock_page", lock), "lock_page(page)", 20)
    code.add(LockOperation("lock_page", lock), "lock_page(page)", 21)
    system = system_of(code.thread("cpu0", "twice()"), variables=(plain_variable("bit", LockType("bit_lock")),))
    return Replayer(system).trace(moves(0), "deadlock")


def test_a_page_lock_taken_twice_waits_for_itself() -> None:
    assert page_lock_twice().explanation.sentences == ("cpu0 holds bit and waits for bit, which it has locked itself.",)


def test_a_violation_in_the_initial_state_needs_no_step() -> None:
    system = replace(lost_update(), properties=(invariant("never", Const(0, BOOL)),))
    found = explained(system, Schedule(0, ()), "never")
    assert found.sentences == ("It is so in the initial state, and what fails reads no cell.",)


AT_ONCE = """\
model: t
types: {I: 0..8, Page: pool(1)}
state: {x: 0..3 = 2, y: 0..3, 'c[I]': Page | None, Page.n: 0..2 = 1}
setup: |
  y = 1
  c[0] = alloc(Page)
  c[0].n = 2
threads:
  t: c[0] = None
"""


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("x == 0", "x is 2; the initial values make it so."),
        ("x == 0 and y == 1", "x is 2; the initial values make it so."),
        ("y == 0", "y is 1; setup makes it so."),
        ("x + y == 0", "x is 2 and y is 1; setup and the initial values make it so."),
        ("all(c[i] is None or c[i].n < 2 for i in I)", "c[0] is page0 and page0.n is 2; setup makes it so."),
        (
            "any(c[i] is not None for i in I if i > 1)",
            f"{', '.join(f'c[{i}] is None' for i in range(2, 8))} and 1 more; ",
        ),
    ],
)
def test_a_violation_in_the_initial_state_says_what_is_read_and_where_it_comes_from(claim: str, said: str) -> None:
    report = check(f"{AT_ONCE}invariants:\n  claim: '{claim}'\n")
    (violation,) = report.violations
    assert violation.trace is not None and not violation.trace.steps
    (sentence,) = violation.trace.explanation.sentences
    assert sentence.startswith(f"In the initial state {said}")


def test_a_violation_of_the_first_local_statements_does_not_speak_of_the_initial_state() -> None:
    local = "|\n    i: I = 0\n    i = i + 9"
    (violation,) = check(f"{AT_ONCE.replace('c[0] = None', local)}").violations
    assert violation.trace is not None
    sentence = "It happens in the first local statements of a thread, before any step."
    assert violation.trace.explanation.sentences == (sentence,)


def test_a_copied_value_that_another_thread_changed_is_stale() -> None:
    found = explained(copying(copier(), setter("cpu1", 0, 2)), moves(0, 1, 0), "y_stays")
    assert found.sentences == ("cpu0 sets y in step 3 to what it read from x in step 1; cpu1 set x to 2 in step 2.",)


def test_what_a_thread_changed_itself_is_not_stale() -> None:
    found = explained(copying(copier(2), setter("cpu1", 0, 3)), moves(0, 0, 0), "y_stays")
    assert found.stale is None
    found = explained(copying(copier(2), setter("cpu1", 0, 3)), moves(0, 0, 1, 0), "y_stays")
    assert found.stale is None


def test_a_value_that_came_back_in_time_is_not_stale() -> None:
    found = explained(copying(copier(), setter("cpu1", 0, 2, 1)), moves(0, 1, 1, 0), "y_stays")
    assert found.stale is None


def test_a_store_that_changed_nothing_made_nothing_stale() -> None:
    found = explained(copying(copier(), setter("cpu1", 0, 1, 2)), moves(0, 1, 1, 0), "y_stays")
    assert found.stale is not None
    assert found.stale.store == Mark(3, 0)


def test_the_first_store_that_made_a_value_stale_is_named() -> None:
    found = explained(copying(copier(), setter("cpu1", 0, 2, 3)), moves(0, 1, 1, 0), "y_stays")
    assert found.stale is not None
    assert found.stale.store == Mark(2, 0)


def test_a_copy_and_its_original_that_changed_afterwards_are_named() -> None:
    system = copying(copier(), setter("cpu1", 0, 2))
    same = Or(
        (Compare("==", Read(1, (), COUNT), Const(0, COUNT)), Compare("==", Read(0, (), COUNT), Read(1, (), COUNT)))
    )
    system = replace(system, properties=(invariant("copy_is_good", same),))
    found = explained(system, moves(0, 0, 1), "copy_is_good")
    assert found.sentences == ("cpu0 sets y in step 2 to what it read from x in step 1; cpu1 set x to 2 in step 3.",)
    assert found.failing == "y != 0 and x != y"


def waiting_consumers() -> System:
    """Two threads that wait until x is positive, assert that it still is, and count it down."""
    threads = []
    for name in ("c1", "c2"):
        code = Code()
        slot = code.local("old", COUNT)
        positive = Compare(">", Read(0, (), COUNT), Const(0, COUNT))
        code.add(Wait(positive), "wait_event(x > 0)", 70)
        code.add(Assert(positive, None), "assert x > 0", 71)
        code.add(Load(slot, read(0, COUNT)), "x -= 1", 72)
        code.add(Store(read(0, COUNT), Arithmetic("-", Local(slot, COUNT), Const(1, COUNT))), "x -= 1", 72)
        threads.append(code.thread(name, "consume()"))
    return system_of(*threads, variables=(plain_variable("x", COUNT, 1),))


def test_a_wait_that_was_over_too_early_is_named() -> None:
    trace = Replayer(waiting_consumers()).trace(moves(0, 1, 1, 1, 1, 0), "assertion")
    assert trace.message == "assertion at assert x > 0: x <= 0"
    assert trace.explanation.sentences == (
        "c1's wait was over in step 1, when x was 1; c2 set x to 0 in step 5, before c1 failed in step 6.",
    )


def test_threads_that_wait_alike_are_named_together() -> None:
    system = waiting_consumers()
    system = replace(system, initial=(replace(system.initial[0], cells=(0,)),))
    trace = Replayer(system).trace(moves(), "deadlock")
    assert trace.explanation.sentences == ("c1 and c2 wait in wait_event(x > 0).",)


def test_who_waits_for_an_atomic_block_waits_for_the_first_access_in_it() -> None:
    code = Code()
    code.add(AtomicBegin(), "with atomic:", 60)
    code.atomic = True
    code.add(Wait(Compare(">", Read(0, (), COUNT), Const(0, COUNT))), "wait_event(x > 0)", 61)
    code.atomic = False
    system = system_of(code.thread("cpu0", "f()"), variables=(plain_variable("x", COUNT, 0),))
    assert Replayer(system).trace(moves(), "deadlock").waiting[0].text == "wait_event(x > 0)"


def test_a_store_that_changed_nothing_is_not_the_last_change() -> None:
    small = Compare("<", Read(0, (), COUNT), Const(2, COUNT))
    system = replace(copying(setter("cpu0", 0, 2, 2)), properties=(invariant("small", small),))
    found = explained(system, moves(0, 0), "small")
    assert found.sentences == ("cpu0 set x to 2 in step 1, the last change of what the property reads.",)
