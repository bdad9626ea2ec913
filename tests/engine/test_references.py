# SPDX-License-Identifier: GPL-2.0-only
"""Pools and stamps where it is easy to be wrong: owned locks that hold, ties among threads, stamps in locals."""

from __future__ import annotations

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Stop
from dfsrace.engine.reference import explore
from dfsrace.system import System
from dfsrace.system.expressions import And, Const, Local, Not
from dfsrace.system.program import Alloc, Assert, Branch, Choose, Finish, Load, LockOperation, Renew, Store, Wait
from dfsrace.system.types import BOOL, NONE, LockType, OptionalType, PoolType, RangeType, StampType
from tests.engine.brute import classes
from tests.engine.build import Line, at, equal, family, number, system, thread, variable
from tests.engine.crosscheck import disagreements

SMALL = RangeType(0, 2)


def pages(size: int) -> PoolType:
    """A pool."""
    return PoolType("Page", size)


def locked_and_dropped(size: int, lock: str, kind: str) -> System:
    """A thread locks a page, forgets it, and allocates another."""
    pool = pages(size)
    variables = (variable("Page.lock", LockType(kind), owner=pool), variable("n", SMALL))  # type: ignore[arg-type]
    lines: list[Line] = [
        Alloc(0, pool),
        LockOperation(lock, at(variables, "Page.lock", Local(0, pool))),
        Store(at(variables, "n"), number(1)),
        Alloc(0, pool),
        Wait(equal(at(variables, "n"), number(2))),
        Finish(),
    ]
    return system(variables, [thread("t", lines, [pool])])


def test_an_owned_lock_holds_the_value_that_it_is_in() -> None:
    for lock, kind in (("spin_lock", "spinlock"), ("read_lock", "rwlock"), ("down_read", "rwsem")):
        outcome = explore(locked_and_dropped(1, lock, kind), Options())
        assert outcome.stopped_by == Stop("pool", "Page"), kind
    assert not disagreements(locked_and_dropped(2, "mutex_lock", "mutex"))


def test_a_page_lock_holds_nothing_for_it_has_no_owner() -> None:
    tested = locked_and_dropped(1, "lock_page", "bit_lock")
    outcome = explore(tested, Options())
    assert outcome.stopped_by is None and [v.property for v in outcome.violations] == ["deadlock"]
    assert not disagreements(tested)


def test_values_that_only_locks_hold_are_tried_in_every_order() -> None:
    pool = pages(2)
    variables = (
        variable("Page.lock", LockType("spinlock"), owner=pool),
        variable("Page.used", BOOL, owner=pool),
        variable("n", SMALL),
    )
    one, other = Local(0, pool), Local(1, pool)
    lines: list[Line] = [
        Alloc(0, pool),
        Alloc(1, pool),
        LockOperation("spin_lock", at(variables, "Page.lock", one)),
        LockOperation("spin_lock", at(variables, "Page.lock", other)),
        Choose(2, BOOL, 0, None),
        (Branch(Local(2, BOOL)), (6, 7)),
        (Store(at(variables, "Page.used", one), Const(1, BOOL)), (8,)),
        Store(at(variables, "Page.used", other), Const(1, BOOL)),
        Assert(Not(equal(one, other)), None),
        Wait(equal(at(variables, "n"), number(1))),
        Finish(),
    ]
    tested = system(variables, [thread("t", lines, [pool, pool, BOOL])])
    assert (
        explore(tested, Options()).states == classes(tested) < explore(tested, Options(reductions=frozenset())).states
    )
    assert not disagreements(tested)


def test_threads_alike_but_for_their_pages_are_tried_in_every_order() -> None:
    pool = pages(3)
    variables = (variable("cache", OptionalType(pool)), variable("Page.used", BOOL, owner=pool), variable("n", SMALL))
    lines: list[Line] = [
        Alloc(0, pool),
        Load(1, at(variables, "n")),
        (Branch(equal(Local(1, SMALL), number(0))), (3, 4)),
        Store(at(variables, "cache"), Local(0, pool)),
        Store(at(variables, "n"), number(1)),
        Store(at(variables, "Page.used", Local(0, pool)), Const(1, BOOL)),
        Store(at(variables, "cache"), Const(None, NONE)),
        Finish(),
    ]
    tested = system(variables, family("f", 3, lines, [pool, SMALL]))
    plain = explore(tested, Options(reductions=frozenset()))
    assert explore(tested, Options()).states == classes(tested) < plain.states / 5


def test_stamps_in_locals_count_as_held_and_have_room() -> None:
    stamp = StampType("Contents")
    variables = (variable("disk", stamp), variable("n", SMALL))
    count = 9
    lines: list[Line] = []
    for slot in range(count):
        lines += [Load(slot, at(variables, "disk")), Renew(at(variables, "disk"))]
    different = [Not(equal(Local(i, stamp), Local(j, stamp))) for i in range(count) for j in range(i)]
    tested = system(variables, [thread("t", [*lines, Assert(And(tuple(different)), None), Finish()], [stamp] * count)])
    assert explore(tested, Options()).verdict == "holds"
    assert not disagreements(tested)


def test_stamps_that_nobody_has_are_used_again() -> None:
    stamp = StampType("Contents")
    variables = (variable("disk", stamp), variable("copy", stamp))
    lines: list[Line] = [Renew(at(variables, "disk")), (Renew(at(variables, "copy")), (0,)), Finish()]
    tested = system(variables, [thread("t", lines)])
    plain = explore(tested, Options(reductions=frozenset()))
    assert plain.complete and plain.states == 3, "alike at the start, then different before either of the two"
    assert explore(tested, Options()).states == 3
