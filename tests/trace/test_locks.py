# SPDX-License-Identifier: GPL-2.0-only
"""What a trace says of locks: who takes one, who only asks for it, who lets it go."""

from __future__ import annotations

import pytest

from dfsrace.system import System
from dfsrace.system.expressions import Arithmetic, Compare, Const, Local, Read
from dfsrace.system.program import Assert, Assign, Load, LockOperation, Message, Sleep
from dfsrace.system.types import BOOL, LockKind, LockType, StampType, Type
from dfsrace.trace.locks import held_locks
from dfsrace.trace.record import Trace
from dfsrace.trace.replay import Replayer
from dfsrace.trace.schedule import parse_schedule
from tests.trace.systems import COUNT, Code, invariant, moves, plain_variable, read, system_of


def caller(kind: LockKind, name: str, *calls: str) -> Code:
    """A thread that does these operations on the one lock; results go to locals."""
    code = Code()
    for line, call in enumerate(calls, 10):
        result: Type | None = BOOL if "trylock" in call or "retry" in call else None
        if call in ("read_seqbegin", "read_seqcount_begin"):
            result = StampType("lock sequence")
        slot = None if result is None else code.local(name, result)
        argument = Local(0, StampType("lock sequence")) if "retry" in call else None
        code.add(LockOperation(call, read(0, LockType(kind)), slot, argument), f"{call}(lock)", line)
    return code


def events(kind: LockKind, schedule: str, *threads: tuple[str, ...]) -> list[str]:
    """What the operations of a schedule do, as `thread event`."""
    return [
        f"{step.thread_name} {node.lock.event}"
        for step in followed(kind, schedule, *threads).steps
        for node in step.executed
        if node.lock
    ]


def system(kind: LockKind, *threads: tuple[str, ...]) -> System:
    """Threads that use one lock."""
    codes = [caller(kind, f"r{n}", *calls).thread(f"t{n}", "use()") for n, calls in enumerate(threads)]
    return system_of(*codes, variables=(plain_variable("lock", LockType(kind), 1 if kind == "semaphore" else None),))


def followed(kind: LockKind, schedule: str, *threads: tuple[str, ...]) -> Trace:
    """The trace of a schedule of such threads."""
    return Replayer(system(kind, *threads)).follow(parse_schedule(schedule))


PAIRS: list[tuple[LockKind, str, str]] = [
    ("spinlock", "spin_lock", "spin_unlock"),
    ("spinlock", "spin_trylock", "spin_unlock"),
    ("mutex", "mutex_lock", "mutex_unlock"),
    ("mutex", "mutex_trylock", "mutex_unlock"),
    ("bit_lock", "lock_page", "unlock_page"),
    ("bit_lock", "trylock_page", "unlock_page"),
    ("semaphore", "down", "up"),
    ("semaphore", "down_trylock", "up"),
    ("rwlock", "read_lock", "read_unlock"),
    ("rwlock", "write_lock", "write_unlock"),
    ("rwlock", "read_trylock", "read_unlock"),
    ("rwlock", "write_trylock", "write_unlock"),
    ("rwsem", "down_read", "up_read"),
    ("rwsem", "down_write", "up_write"),
    ("rwsem", "down_read_trylock", "up_read"),
    ("rwsem", "down_write_trylock", "up_write"),
    ("seqlock", "write_seqlock", "write_sequnlock"),
    ("seqcount", "write_seqcount_begin", "write_seqcount_end"),
]


@pytest.mark.parametrize(("kind", "take", "give"), PAIRS)
def test_taking_and_releasing_are_seen_as_such(kind: LockKind, take: str, give: str) -> None:
    assert events(kind, "t0*2", (take, give)) == ["t0 acquire", "t0 release"]


@pytest.mark.parametrize(
    ("kind", "take", "attempt"),
    [
        ("spinlock", "spin_lock", "spin_trylock"),
        ("mutex", "mutex_lock", "mutex_trylock"),
        ("bit_lock", "lock_page", "trylock_page"),
        ("semaphore", "down", "down_trylock"),
        ("rwlock", "write_lock", "read_trylock"),
        ("rwsem", "down_write", "down_read_trylock"),
    ],
)
def test_an_attempt_that_fails_takes_nothing_and_says_so(kind: LockKind, take: str, attempt: str) -> None:
    trace = followed(kind, "t0 t1", (take, take), (attempt,))  # the second keeps the thread from its end
    (use,) = [node for node in trace.steps[1].executed if node.lock]
    assert use.lock is not None
    assert (use.lock.event, use.result) == ("other", "False")


def test_a_writer_that_registers_has_not_got_the_semaphore_yet() -> None:
    threads = (("down_read", "up_read"), ("down_write", "up_write"))
    assert events("rwsem", "t0 t1 t0 t1*2", *threads) == [
        "t0 acquire",
        "t1 other",
        "t0 release",
        "t1 acquire",
        "t1 release",
    ]


def test_a_downgraded_semaphore_is_still_held_and_released_once() -> None:
    threads = (("down_write", "downgrade_write", "up_read"),)
    assert events("rwsem", "t0*3", *threads) == ["t0 acquire", "t0 other", "t0 release"]


def test_readers_of_a_sequence_take_nothing_and_see_numbers() -> None:
    threads = (("read_seqbegin", "read_seqretry"), ("write_seqlock", "write_sequnlock"))
    trace = followed("seqlock", "t0 t1*2 t0", *threads)
    results = [node.result for step in trace.steps for node in step.executed if node.lock]
    assert results == ["0", None, None, "True"]
    renewed = [c for step in trace.steps for c in step.changes if c.name == "lock.sequence"]
    assert [(c.old, c.new) for c in renewed] == [("0", "1")]


def test_a_lock_without_owner_that_another_thread_releases_is_held_no_more() -> None:
    trace = followed("bit_lock", "t0 t1", ("lock_page",), ("unlock_page",))
    assert held_locks(trace.steps) == {0: {}}


def asserting() -> System:
    """An assertion that fails, in a model whose initial state violates an invariant."""
    code = Code()
    slot = code.local("x", COUNT)
    x = read(0, COUNT)
    code.add(Load(slot, x), "if x == 3", 10)
    message = Message(("x is ", Local(slot, COUNT), ", not ", Const(3, COUNT)))
    code.add(Assert(Compare("==", Local(slot, COUNT), Const(3, COUNT)), message), "assert x == 3", 11)
    never = invariant("never_zero", Compare("!=", Read(0, (), COUNT), Const(0, COUNT)))
    return system_of(code.thread("cpu0", "f()"), variables=(plain_variable("x", COUNT, 0),), properties=(never,))


def test_an_assertion_says_its_message_with_the_values_of_locals() -> None:
    trace = Replayer(asserting()).trace(moves(0, 0), "assertion")
    assert trace.message == "x is 0, not 3"
    assert trace.steps[-1].executed[-1].fails


def test_an_invariant_that_the_initial_state_violates_needs_no_step() -> None:
    trace = Replayer(asserting()).trace(moves(), "never_zero")
    assert (trace.steps, trace.message) == ((), "never_zero does not hold: x == 0")


def test_a_thread_that_fails_before_its_first_step_is_shown_without_steps() -> None:
    code = Code()
    code.add(Sleep("might_sleep"), "might_sleep()", 10)
    slot = code.local("y", COUNT)
    code.add(Assign(slot, Arithmetic("//", Const(1, COUNT), Const(0, COUNT))), "y = 1 // 0", 11)
    trace = Replayer(system_of(code.thread("cpu0", "f()"), variables=())).trace(moves(), "value out of range")
    assert trace.message == "value out of range at y = 1 // 0, before the first step: the divisor is 0"
