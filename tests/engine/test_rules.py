# SPDX-License-Identifier: GPL-2.0-only
"""Section 6 of the language, rule by rule: what each lock grants, refuses and calls a violation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import explore
from dfsrace.system import System
from dfsrace.system.expressions import Checked, Const, Local, Not
from dfsrace.system.program import (
    Assert,
    AtomicBegin,
    Branch,
    Finish,
    Load,
    LockOperation,
    Sleep,
    Store,
    Wait,
)
from dfsrace.system.types import BOOL, LockKind, LockType, RangeType, StampType, Type
from tests.engine.build import Line, at, equal, invariant, number, system, thread, variable
from tests.engine.crosscheck import disagreements

COUNT = RangeType(0, 3)
STAMP = StampType("lock sequence")
TWICE, NOT_HELD, EXIT = "lock taken twice", "unlock of a lock not held", "lock held at exit"
RANGE, SLEEPING = "value out of range", "sleeping while atomic"


def lock_system(kind: LockKind, *threads: Sequence[str], maximum: int = 1) -> System:
    """Threads that call lock operations one after another; "n" stores to another cell, "?" waits for it, "for ever"

    for what never happens; "atomic" starts a block that lasts to the end.
    """
    initial = maximum if kind == "semaphore" else None
    variables = (
        variable("lock", LockType(kind, maximum), initial=initial),
        variable("n", COUNT),
        variable("spin", LockType("spinlock")),
    )
    made = []
    for place, calls in enumerate(threads):
        lines: list[Line] = []
        for call in calls:
            if call == "n":
                lines.append(Store(at(variables, "n"), number(1)))
            elif call == "?":
                lines.append(Wait(equal(at(variables, "n"), number(1))))
            elif call == "for ever":
                lines.append(Wait(equal(at(variables, "n"), number(3))))
            elif call == "atomic":
                lines.append(AtomicBegin())
            elif call == "might_sleep":
                lines.append(Sleep("might_sleep"))
            elif call.endswith(" spin"):
                lines.append(LockOperation(call.split()[0], at(variables, "spin")))
            else:
                slot = 0 if "try" in call else 1 if call.endswith("begin") and call.startswith("read") else None
                stamp = Local(1, STAMP) if call.endswith("retry") else None
                slot = 0 if stamp is not None else slot
                lines.append(LockOperation(call, at(variables, "lock"), slot, stamp))
        first = calls.index("atomic") + 1 if "atomic" in calls else len(lines)
        made.append(thread(f"t{place}", [*lines, Finish()], [BOOL, STAMP], atomic=range(first, len(lines))))
    return system(variables, made)


def violated(outcome: Outcome) -> dict[str, int | None]:
    """Names and steps."""
    return {v.property: v.steps for v in outcome.violations}


def check(tested: System) -> dict[str, int | None]:
    """What is violated, by both the generated code and the interpreter."""
    assert not disagreements(tested)
    return violated(explore(tested, Options()))


ALONE: list[tuple[LockKind, list[str], dict[str, int]]] = [
    ("spinlock", ["spin_lock", "spin_unlock"], {}),
    ("spinlock", ["spin_lock"], {EXIT: 1}),
    ("spinlock", ["spin_lock", "spin_lock"], {TWICE: 2}),
    ("spinlock", ["spin_unlock"], {NOT_HELD: 1}),
    ("spinlock", ["spin_lock", "spin_trylock", "spin_unlock"], {}),
    ("spinlock", ["spin_lock", "might_sleep", "spin_unlock"], {SLEEPING: 1}),
    ("mutex", ["mutex_lock", "might_sleep", "mutex_unlock"], {}),
    ("mutex", ["spin_lock spin", "mutex_lock"], {SLEEPING: 2}),
    ("mutex", ["spin_lock spin", "mutex_trylock", "mutex_unlock", "spin_unlock spin"], {}),
    ("mutex", ["mutex_lock", "mutex_lock"], {TWICE: 2}),
    ("mutex", ["mutex_lock"], {EXIT: 1}),
    ("bit_lock", ["lock_page"], {}),
    ("bit_lock", ["lock_page", "lock_page"], {"deadlock": 1}),
    ("bit_lock", ["unlock_page"], {NOT_HELD: 1}),
    ("bit_lock", ["spin_lock spin", "lock_page"], {SLEEPING: 2}),
    ("bit_lock", ["trylock_page", "trylock_page", "unlock_page"], {}),
    ("semaphore", ["down"], {}),
    ("semaphore", ["up"], {RANGE: 1}),
    ("semaphore", ["down", "down"], {"deadlock": 1}),
    ("semaphore", ["down_trylock", "down_trylock", "up"], {}),
    ("rwlock", ["read_lock", "read_lock", "read_lock", "read_unlock", "read_unlock", "read_unlock"], {}),
    ("rwlock", ["read_lock", "read_lock", "read_lock", "read_lock"], {RANGE: 4}),
    ("rwlock", ["read_trylock", "read_trylock", "read_trylock", "read_trylock"], {RANGE: 4}),
    ("rwlock", ["read_lock", "write_lock"], {TWICE: 2}),
    ("rwlock", ["write_lock", "read_lock"], {TWICE: 2}),
    ("rwlock", ["write_lock", "read_trylock", "write_unlock"], {}),
    ("rwlock", ["read_lock", "write_trylock", "read_unlock"], {}),
    ("rwlock", ["read_lock", "might_sleep", "read_unlock"], {SLEEPING: 1}),
    ("rwlock", ["write_lock"], {EXIT: 1}),
    ("rwlock", ["read_lock"], {EXIT: 1}),
    ("rwlock", ["read_unlock"], {NOT_HELD: 1}),
    ("rwsem", ["down_read", "might_sleep", "up_read"], {}),
    ("rwsem", ["down_read", "down_read"], {TWICE: 2}),
    ("rwsem", ["down_read", "down_write"], {TWICE: 2}),
    ("rwsem", ["down_write", "downgrade_write", "up_read"], {}),
    ("rwsem", ["down_write", "downgrade_write", "up_write"], {NOT_HELD: 3}),
    ("rwsem", ["down_read", "downgrade_write"], {NOT_HELD: 2}),
    ("rwsem", ["down_read", "down_read_trylock", "up_read"], {}),
    ("rwsem", ["down_write"], {EXIT: 1}),
    ("rwsem", ["spin_lock spin", "down_read"], {SLEEPING: 2}),
    ("seqlock", ["write_seqlock", "write_sequnlock"], {}),
    ("seqlock", ["write_seqlock", "might_sleep"], {SLEEPING: 1}),
    ("seqlock", ["write_seqlock", "write_seqlock"], {TWICE: 2}),
    ("seqlock", ["write_seqlock", "read_seqbegin"], {TWICE: 2}),
    ("seqlock", ["write_seqlock"], {EXIT: 1}),
    ("seqlock", ["write_sequnlock"], {NOT_HELD: 1}),
    ("seqcount", ["write_seqcount_begin", "might_sleep", "write_seqcount_end"], {}),
    ("seqcount", ["write_seqcount_begin", "write_seqcount_begin"], {TWICE: 2}),
    ("seqcount", ["write_seqcount_begin", "read_seqcount_begin"], {TWICE: 2}),
    ("seqcount", ["write_seqcount_begin"], {EXIT: 1}),
]


@pytest.mark.parametrize(("kind", "calls", "expected"), ALONE, ids=lambda value: str(value))
def test_one_thread_alone(kind: LockKind, calls: list[str], expected: dict[str, int]) -> None:
    assert check(lock_system(kind, calls)) == expected


def test_who_waits_for_a_semaphore_of_two_is_the_third() -> None:
    assert check(lock_system("semaphore", ["down"], ["down"], maximum=2)) == {}
    assert check(lock_system("semaphore", ["down"], ["down"], ["down"], maximum=2)) == {"deadlock": 2}


def test_a_semaphore_that_starts_at_two_counts_no_further() -> None:
    assert check(lock_system("semaphore", ["up"], maximum=2)) == {RANGE: 1}


def test_only_the_owner_unlocks_but_anybody_unlocks_a_page() -> None:
    assert check(lock_system("mutex", ["mutex_lock", "n", "for ever"], ["?", "mutex_unlock"])) == {NOT_HELD: 4}
    assert check(lock_system("bit_lock", ["lock_page", "n"], ["?", "unlock_page"])) == {}


def test_a_registered_writer_keeps_readers_out() -> None:
    """cpu1 registers while cpu0 reads; cpu0 then waits for cpu2, which cannot read any more."""
    calls = [["down_read", "?", "up_read"], ["down_write", "up_write"], ["down_read", "n", "up_read"]]
    assert check(lock_system("rwsem", *calls)) == {"deadlock": 2}


def test_a_registered_writer_makes_trylocks_fail() -> None:
    """A reader that stays would let another one in, had not a writer registered."""
    variables = (variable("lock", LockType("rwsem")), variable("n", COUNT))
    lock, n = at(variables, "lock"), at(variables, "n")
    reader: list[Line] = [LockOperation("down_read", lock), Store(n, number(1)), Wait(equal(n, number(2))), Finish()]
    writer: list[Line] = [LockOperation("down_write", lock), LockOperation("up_write", lock), Finish()]
    trying: list[Line] = [
        Wait(equal(n, number(1))),
        LockOperation("down_read_trylock", lock, 0),
        (Branch(Local(0, BOOL)), (4, 3)),
        Store(n, number(3)),
        Finish(),
    ]
    threads = [thread("r", reader), thread("w", writer), thread("t", trying, [BOOL])]
    failed = invariant("failed", Not(equal(n, number(3))))
    outcome = explore(system(variables, threads, [failed]), Options())
    steps = {v.property: (v.steps, v.switches) for v in outcome.violations}
    assert steps["failed"] == (6, 2), "read, n = 1, register, wait, try, n = 3"
    alone = explore(system(variables, [threads[0], threads[2]], [failed]), Options())
    assert "failed" not in violated(alone)


def test_registering_is_one_step_of_its_own() -> None:
    outcome = explore(lock_system("rwsem", ["down_read", "up_read"], ["down_write", "up_write"]), Options())
    assert not outcome.violations
    places_of_both = 3 * 3 - 1  # all pairs of places but reading and writing at once
    assert outcome.states == places_of_both + 2, "registered while cpu0 reads, and still when it has finished"


def test_inside_atomic_nothing_registers() -> None:
    inside = lock_system("rwsem", ["down_read", "n", "up_read"], ["atomic", "down_write", "up_write"])
    assert check(inside) == {}
    assert explore(inside, Options()).states == 4 * 2
    assert explore(inside, Options()).transitions == 3 + 3 + 2, "the block runs before the reader or after it"


def test_a_second_writer_of_a_seqcount_is_a_violation_and_of_a_seqlock_waits() -> None:
    count = ["write_seqcount_begin", "write_seqcount_end"]
    assert check(lock_system("seqcount", count, count)) == {"seqcount written twice": 2}
    assert (
        check(lock_system("seqlock", ["write_seqlock", "write_sequnlock"], ["write_seqlock", "write_sequnlock"])) == {}
    )


def reader(lock: LockKind, prefix: str) -> System:
    """A reader whose section fails an assertion if a write between goes unnoticed; a writer that writes twice."""
    variables = (variable("lock", LockType(lock)), variable("n", COUNT))
    cell, n = at(variables, "lock"), at(variables, "n")
    end = "write_sequnlock" if lock == "seqlock" else "write_seqcount_end"
    write = "write_seqlock" if lock == "seqlock" else "write_seqcount_begin"
    reading: list[Line] = [
        LockOperation(f"{prefix}_begin" if lock == "seqcount" else "read_seqbegin", cell, 0),
        Load(1, n),
        Load(2, n),
        LockOperation(f"{prefix}_retry" if lock == "seqcount" else "read_seqretry", cell, 3, Local(0, STAMP)),
        (Branch(Local(3, BOOL)), (6, 5)),
        Assert(equal(Local(1, COUNT), Local(2, COUNT)), None),
        Finish(),
    ]
    writing: list[Line] = []
    for value in (1, 2):
        writing += [LockOperation(write, cell), Store(n, number(value)), LockOperation(end, cell)]
    slots: list[Type] = [STAMP, COUNT, COUNT, BOOL]
    return system(variables, [thread("r", reading, slots), thread("w", [*writing, Finish()], slots)])


@pytest.mark.parametrize(("lock", "prefix"), [("seqlock", "read_seq"), ("seqcount", "read_seqcount")])
def test_a_reader_of_a_sequence_notices_every_write(lock: LockKind, prefix: str) -> None:
    assert check(reader(lock, prefix)) == {}


def test_waiting_in_an_atomic_block() -> None:
    holder = ["mutex_lock", "n", "mutex_unlock"]
    assert check(lock_system("mutex", holder, ["atomic", "mutex_lock", "mutex_unlock"])) == {}
    later = lock_system("mutex", holder, ["atomic", "n", "mutex_lock", "mutex_unlock"])
    assert check(later) == {"blocks inside atomic": 2}


def test_wait_event_under_a_spinlock_sleeps_before_it_waits() -> None:
    tested = lock_system("spinlock", ["spin_lock", "?", "spin_unlock"])
    assert check(tested) == {SLEEPING: 2}, "no deadlock: the thread can move"


def test_the_cells_after_an_access_are_judged_though_a_joined_step_is_a_violation() -> None:
    variables = (variable("n", COUNT), variable("lock", LockType("spinlock")))
    lines: list[Line] = [
        LockOperation("spin_lock", at(variables, "lock")),
        Store(at(variables, "n"), number(3)),
        Sleep("might_sleep"),
        Finish(),
    ]
    small = invariant("small", Not(equal(at(variables, "n"), number(3))))
    ended = invariant("ended", Not(equal(at(variables, "n"), number(3))), at_end=True)
    tested = system(variables, [thread("t", lines)], [small, ended])
    assert check(tested) == {"small": 2, SLEEPING: 2}


def test_a_store_outside_its_range_happens_only_where_it_is_reached() -> None:
    variables = (variable("n", COUNT),)
    lines: list[Line] = [
        Load(0, at(variables, "n")),
        (Branch(equal(Local(0, COUNT), number(0))), (3, 2)),
        Store(at(variables, "n"), Checked(Const(7, RangeType(7, 7)), COUNT)),
        Finish(),
    ]
    assert check(system(variables, [thread("t", lines, [COUNT])])) == {}
    assert check(system(variables, [thread("t", lines, [COUNT])], initial=[{0: 1}])) == {RANGE: 2}
