# SPDX-License-Identifier: GPL-2.0-only
"""Small systems, each for one construct, and the properties that each of them violates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dfsrace.system import System, Variable
from dfsrace.system.expressions import (
    Arithmetic,
    Bound,
    Checked,
    Compare,
    Const,
    Finished,
    IfElse,
    Local,
    Not,
    Or,
    Quantifier,
    Read,
)
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    AtomicBegin,
    Barrier,
    Branch,
    Choose,
    Evaluate,
    Finish,
    Load,
    LockOperation,
    Renew,
    Sleep,
    Store,
    Wait,
)
from dfsrace.system.types import BOOL, NONE, LockType, NamedType, OptionalType, PoolType, RangeType, StampType
from tests.engine.build import Line, at, equal, family, invariant, number, reach, system, thread, variable

SIDE = NamedType("Side", ("LEFT", "RIGHT"))
DIGIT = RangeType(0, 3)
SIGNED = RangeType(-3, 3)
PAGE = PoolType("Page", 3)
STAMP = StampType("Version")
LEFT, RIGHT = Const(0, SIDE), Const(1, SIDE)
TRUE, FALSE = Const(1, BOOL), Const(0, BOOL)
NOTHING = Const(None, NONE)


# ---- everything else, one system each: variables, threads, properties


def stored(*lines: Line, locals_: Sequence[object] = (), variables: Sequence[Variable], **more: object) -> System:
    made = thread("a", [*lines, Finish()], locals_, **more)  # type: ignore[arg-type]
    return system(variables, [made, thread("b", [*lines, Finish()], locals_, **more)])  # type: ignore[arg-type]


def arithmetic(operator: str) -> System:
    """Something OPERATOR right for integers of both signs: every result that each `right` has is a state of its own."""
    wide = RangeType(-9, 9)
    names = (("right", SIGNED), ("result", wide))
    variables = tuple(variable(name, kind, initial=0) for name, kind in names)
    right, result = (at(variables, name) for name, _ in names)
    value = Arithmetic(operator, Local(0, SIGNED), Local(1, SIGNED))  # type: ignore[arg-type]
    lines: list[Line] = [
        *(Choose(0, SIGNED, 0, None), Choose(1, SIGNED, 0, None)),
        Store(right, Local(1, SIGNED)),
        Store(result, Checked(value, wide)),
    ]
    return system(variables, [thread("a", [*lines, Finish()], (SIGNED, SIGNED))])


def optional_ranges() -> System:
    """None, and ranges that begin elsewhere, compared and converted."""
    wide, narrow = OptionalType(RangeType(-2, 5)), OptionalType(RangeType(1, 3))
    variables = (
        *(variable("wide", wide), variable("narrow", narrow)),
        *(variable("same", BOOL), variable("plain", SIGNED, initial=0)),
    )
    lines: list[Line] = [
        Choose(0, wide, 0, None),
        Store(at(variables, "wide"), Local(0, wide)),
        (Branch(equal(Local(0, wide), NOTHING)), (4, 3)),
        Store(at(variables, "narrow"), Checked(Local(0, wide), narrow)),
        Load(1, at(variables, "narrow")),
        Store(at(variables, "wide"), Local(1, narrow)),
        Store(at(variables, "same"), equal(Local(1, narrow), Local(0, wide))),
        Store(at(variables, "plain"), Checked(Local(1, narrow), SIGNED)),
        (Branch(equal(Local(0, wide), Const(1, RangeType(1, 1)))), (9, 0)),
        Finish(),
    ]
    few = tuple(equal(at(variables, "narrow"), value) for value in (NOTHING, number(1), number(2), number(3)))
    properties = [
        invariant("differs", Not(equal(at(variables, "wide"), at(variables, "plain")))),
        invariant("few", Or(few)),
    ]
    return system(variables, [thread("a", lines, (wide, narrow))], properties)


def atomics() -> System:
    variables = (variable("n", DIGIT), variable("side", OptionalType(SIDE)))
    n, side = at(variables, "n"), at(variables, "side")
    lines: list[Line] = [
        Atomic("atomic_inc", n),
        Atomic("xchg", side, (LEFT,), 1),
        Atomic("cmpxchg", side, (Local(1, OptionalType(SIDE)), RIGHT), 1),
        Atomic("cmpxchg", n, (number(2), number(3)), 2),
        Atomic("atomic_dec_and_test", n, (), 0),
        (Branch(Local(0, BOOL)), (6, 7)),
        Atomic("atomic_dec", n),
    ]
    return stored(*lines, locals_=(BOOL, OptionalType(SIDE), DIGIT), variables=variables)


def stamps() -> System:
    """Samples are compared with what was renewed meanwhile; a local keeps its stamp from being used again."""
    variables = (variable("version", STAMP), variable("copy", OptionalType(STAMP), (SIDE,)), variable("differs", BOOL))
    version = at(variables, "version")
    lines: list[Line] = [
        Load(0, version),
        Store(at(variables, "copy", LEFT), Local(0, STAMP)),
        Renew(version),
        Load(1, version),
        Store(at(variables, "differs"), Not(equal(Local(0, STAMP), Local(1, STAMP)))),
        (Renew(at(variables, "copy", RIGHT)), (0,)),
    ]
    return stored(*lines, locals_=(STAMP, STAMP), variables=variables)


POOL = (
    variable("head", OptionalType(PAGE)),
    variable("Page.next", OptionalType(PAGE), owner=PAGE),
    variable("Page.mark", DIGIT, owner=PAGE, initial=1),
    variable("Page.version", STAMP, owner=PAGE),
    variable("Page.lock", LockType("spinlock"), owner=PAGE),
)


def field(name: str, slot: int) -> Read:
    return at(POOL, name, Local(slot, PAGE))


def pools() -> System:
    """A page is made, written to, linked behind the head and dropped again: its fields count while it is held."""
    lines: list[Line] = [
        Alloc(0, PAGE),
        Store(field("Page.mark", 0), number(3)),
        Renew(field("Page.version", 0)),
        Store(at(POOL, "head"), Local(0, PAGE)),
        Alloc(1, PAGE),
        Store(field("Page.next", 0), Local(1, PAGE)),
        Store(at(POOL, "head"), Const(None, OptionalType(PAGE))),
    ]
    return system(POOL, [thread("a", [*lines, (Barrier("smp_mb"), (0,)), Finish()], (PAGE, PAGE))])


def small_pool() -> System:
    """Four threads hold a page each, and there are three."""
    lines: list[Line] = [
        Alloc(0, PAGE),
        Store(at(POOL, "head"), Local(0, PAGE)),
        Store(field("Page.mark", 0), number(2)),
    ]
    return system(POOL, family("t", 4, [*lines, Finish()], (PAGE,)))


def owned_page() -> System:
    """A locked page stays held though nothing leads to it; who looks at it later finds it as it was left."""
    lines: list[Line] = [
        Alloc(0, PAGE),
        LockOperation("spin_lock", field("Page.lock", 0)),
        Store(field("Page.mark", 0), number(2)),
        Alloc(0, PAGE),
        Store(at(POOL, "head"), Local(0, PAGE)),
    ]
    return system(POOL, [thread("a", [*lines, Finish()], (PAGE,))])


def seen_pages(judged: bool = True) -> System:
    """Quantifiers and choices over a pool see what cells lead to; `judged`: properties look at the pool as well."""
    marked = Quantifier("any", 0, "p", PAGE, None, equal(at(POOL, "Page.mark", Bound(0, PAGE)), number(3)))
    counted = Quantifier("sum", 1, "p", PAGE, equal(at(POOL, "Page.mark", Bound(1, PAGE)), number(1)), number(1))
    maker: list[Line] = [
        Alloc(0, PAGE),
        Store(at(POOL, "head"), Local(0, PAGE)),
        Alloc(1, PAGE),
        Store(field("Page.next", 0), Local(1, PAGE)),
        Store(field("Page.mark", 1), number(3)),
    ]
    taker: list[Line] = [
        Wait(marked),
        Choose(0, PAGE, 0, equal(at(POOL, "Page.mark", Bound(0, PAGE)), number(1))),
        Evaluate(2, Checked(counted, DIGIT)),
        Choose(1, PAGE, 0, None),
        Store(field("Page.mark", 1), Local(2, DIGIT)),
    ]
    threads = [thread("a", [*maker, Finish()], (PAGE, PAGE)), thread("b", [*taker, Finish()], (PAGE, PAGE, DIGIT))]
    properties = [reach("marked", marked), invariant("few", Compare("<", counted, number(2)))]
    return system(POOL, threads, properties if judged else [])


def null() -> System:
    variables = (*POOL, variable("flag", BOOL))
    lines: list[Line] = [
        Load(0, at(variables, "head")),
        Load(1, at(variables, "Page.mark", Checked(Local(0, OptionalType(PAGE)), PAGE))),
    ]
    return system(variables, [thread("a", [*lines, Finish()], (OptionalType(PAGE), DIGIT)), thread("b", [Finish()])])


def choices() -> System:
    """Conditions, several in one step, and one that no value satisfies."""
    variables = (variable("n", DIGIT), variable("m", DIGIT, (SIDE,)))
    n = at(variables, "n")
    smaller = Compare("<", Bound(0, DIGIT), n)
    a: list[Line] = [
        Store(n, number(2)),
        Choose(0, DIGIT, 0, smaller),
        Choose(1, SIDE, 0, None),
        Choose(2, BOOL, 0, None),
        (Branch(Local(2, BOOL)), (5, 6)),
        Store(at(variables, "m", Local(1, SIDE)), Local(0, DIGIT)),
        Store(n, number(0)),
        Choose(0, DIGIT, 0, smaller),
    ]
    return system(variables, [thread("a", [*a, Finish()], (DIGIT, SIDE, BOOL))], [reach("three", equal(n, number(3)))])


def atomic_blocks(waits: bool) -> System:
    """A block waits at its first access for some choices; what waits later is a violation, and changes nothing."""
    variables = (variable("n", DIGIT), variable("turn", BOOL), variable("mutex", LockType("mutex")))
    n, turn = at(variables, "n"), at(variables, "turn")
    a: list[Line] = [
        AtomicBegin(),
        Choose(0, BOOL, 0, None),
        (Branch(Local(0, BOOL)), (3, 4)),
        Wait(turn),
        Store(n, number(1)),
        Store(n, number(2)),
        *([Wait(turn)] if waits else [LockOperation("mutex_lock", at(variables, "mutex"))]),
        LockOperation("mutex_lock", at(variables, "mutex")) if waits else Store(n, number(3)),
        LockOperation("mutex_unlock", at(variables, "mutex")),
        Finish(),
    ]
    lock = LockOperation("mutex_lock", at(variables, "mutex"))
    b: list[Line] = [Store(turn, TRUE), lock, Store(turn, FALSE), Finish()]
    threads = [thread("a", a, (BOOL,), atomic=range(1, 9)), thread("b", b)]
    return system(variables, threads, [invariant("not_two", Not(equal(n, number(2))))])


def atomic_choice() -> System:
    """The test before a block's first access is on a local; a choice in it counts as an access."""
    variables = (variable("n", DIGIT), variable("turn", BOOL))
    n, turn = at(variables, "n"), at(variables, "turn")
    a: list[Line] = [
        AtomicBegin(),
        Assign(0, Const(2, DIGIT)),
        Wait(equal(n, Local(0, DIGIT))),
        AtomicBegin(),
        Choose(0, DIGIT, 0, Compare("<", Bound(0, DIGIT), n)),
        Wait(turn),
        Finish(),
    ]
    b: list[Line] = [Store(n, number(1)), Store(n, number(2)), Finish()]
    return system(variables, [thread("a", a, (DIGIT,), atomic=[1, 2, 4, 5]), thread("b", b)])


def loops_inside() -> System:
    """A joined loop, with choices in it, between two accesses."""
    variables = (variable("n", DIGIT),)
    n = at(variables, "n")
    lines: list[Line] = [
        Load(0, n),
        Assign(0, Const(0, DIGIT)),
        (Branch(Compare("<", Local(0, DIGIT), number(2))), (3, 6)),
        Choose(1, BOOL, 0, None),
        (Branch(Local(1, BOOL)), (5, 2)),
        (Assign(0, Checked(Arithmetic("+", Local(0, DIGIT), number(1)), DIGIT)), (2,)),
        Store(n, Local(0, DIGIT)),
    ]
    # the loop must not come back unchanged: not choosing leaves it
    lines[4] = (Branch(Local(1, BOOL)), (5, 6))
    return stored(*lines, locals_=(DIGIT, BOOL), variables=variables)


def late_violation() -> System:
    """A store breaks an invariant, and the joined code after it is a violation too: both are reported, no state is."""
    variables = (variable("n", DIGIT), variable("cells", DIGIT, (SIDE,)))
    n = at(variables, "n")
    lines: list[Line] = [
        Load(0, n),
        Choose(1, SIDE, 0, None),
        Store(at(variables, "cells", Local(1, SIDE)), number(3)),
        Assign(0, Checked(Arithmetic("-", Local(0, DIGIT), number(1)), DIGIT)),
        Store(n, Local(0, DIGIT)),
    ]
    broken = Quantifier("all", 0, "s", SIDE, None, Compare("<", at(variables, "cells", Bound(0, SIDE)), number(3)))
    made = stored(*lines, locals_=(DIGIT, SIDE), variables=variables)
    return system(variables, made.threads, [invariant("below_three", broken)])


def endings() -> System:
    """Properties of the end and of finished threads, with a daemon that waits for ever."""
    variables = (variable("n", DIGIT), variable("constant", DIGIT, (SIDE,), initial=2, constant=True))
    n = at(variables, "n")
    chosen = at(variables, "constant", Local(1, SIDE))
    value = IfElse(equal(chosen, number(2)), number(1), Local(0, DIGIT), DIGIT)
    a: list[Line] = [Choose(1, SIDE, 0, None), Load(0, n), Store(n, value)]
    threads = [
        thread("a", [*a, Finish()], (DIGIT, SIDE)),
        thread("b", [Store(n, number(2)), Finish()]),
        thread("d", [Wait(equal(n, number(3))), Finish()], daemon=True),
    ]
    properties = [
        invariant("ends_at_one", equal(n, number(1)), at_end=True),
        invariant("ends_not_at_none", Not(equal(n, number(0))), at_end=True),
        invariant("b_is_last", Not(Finished(0))),
        reach("both", Finished(1)),
        reach("never", Finished(2)),
    ]
    return system(variables, threads, properties)


def sleepers(instruction: Line) -> System:
    variables = (variable("lock", LockType("spinlock")), variable("mutex", LockType("mutex")), variable("n", DIGIT))
    lock, n = at(variables, "lock"), at(variables, "n")
    return stored(LockOperation("spin_lock", lock), Store(n, number(1)), instruction, variables=variables)


def unasserted() -> System:
    variables = (variable("n", DIGIT),)
    n = at(variables, "n")
    lines: list[Line] = [Load(0, n), Store(n, number(1)), Assert(equal(n, Local(0, DIGIT)), None)]
    return stored(*lines, locals_=(DIGIT,), variables=variables)


def unread() -> System:
    """A cell that is stored to and never read is part of the state all the same."""
    variables = (variable("t", DIGIT), variable("written", SIDE, (SIDE,)))
    lines: list[Line] = [Store(at(variables, "t"), number(3)), Store(at(variables, "written", RIGHT), RIGHT)]
    return stored(*lines, variables=variables)


def several_starts() -> System:
    """Two valuations, and in each the first thread chooses before anything else happens."""
    variables = (variable("n", DIGIT), variable("fixed", DIGIT, constant=True))
    n, fixed = at(variables, "n"), at(variables, "fixed")
    lines: list[Line] = [Choose(0, DIGIT, 0, None), Store(n, Local(0, DIGIT)), Finish()]
    failing: list[Line] = [Assign(0, Checked(Arithmetic("-", fixed, number(1)), DIGIT)), Store(n, fixed), Finish()]
    return system(
        variables,
        [thread("a", lines, (DIGIT,)), thread("b", failing, (DIGIT,))],
        [invariant("small", Compare("<", fixed, number(3)))],
        initial=[{}, {0: 1, 1: 2}, {1: 3}],
    )


def sleeper_that_would_wait() -> System:
    """b holds the mutex for ever: that a may not sleep is found all the same, and is no deadlock before."""
    variables = (variable("lock", LockType("spinlock")), variable("mutex", LockType("mutex")))
    lock, mutex = at(variables, "lock"), at(variables, "mutex")
    a: list[Line] = [LockOperation("spin_lock", lock), LockOperation("mutex_lock", mutex), Finish()]
    b: list[Line] = [LockOperation("mutex_lock", mutex), LockOperation("spin_lock", lock), Finish()]
    return system(variables, [thread("a", a), thread("b", b)])


MUTEX = Read(1, (), LockType("mutex"))
SYSTEMS: dict[str, tuple[Callable[[], System], set[str]]] = {
    **{f"arithmetic {op}": (lambda op=op: arithmetic(op), set()) for op in ("min", "max", "+", "-", "*")},  # type: ignore[misc]
    **{f"arithmetic {op}": (lambda op=op: arithmetic(op), {"value out of range"}) for op in ("//", "%")},  # type: ignore[misc]
    "optional ranges": (optional_ranges, {"null dereference", "value out of range", "differs"}),
    "atomics": (atomics, {"value out of range"}),
    "stamps": (stamps, set()),
    "pools": (pools, set()),
    "small pool": (small_pool, set()),
    "owned page": (owned_page, {"lock held at exit"}),
    "seen pages": (seen_pages, {"few"}),
    "seen pages, not judged": (lambda: seen_pages(False), set()),
    "null": (null, {"null dereference"}),
    "choices": (choices, {"deadlock", "three"}),
    "blocks inside atomic": (lambda: atomic_blocks(True), {"blocks inside atomic", "lock held at exit", "not_two"}),
    "lock inside atomic": (lambda: atomic_blocks(False), {"blocks inside atomic", "lock held at exit"}),
    "choice inside atomic": (atomic_choice, {"blocks inside atomic"}),
    "loops inside": (loops_inside, set()),
    "late violation": (late_violation, {"below_three", "value out of range"}),
    "endings": (endings, {"ends_at_one", "b_is_last", "never"}),
    "might_sleep": (lambda: sleepers(Sleep("might_sleep")), {"sleeping while atomic"}),
    "wait_event": (lambda: sleepers(Wait(equal(Read(2, (), DIGIT), number(1)))), {"sleeping while atomic"}),
    "mutex under a spinlock": (lambda: sleepers(LockOperation("mutex_lock", MUTEX)), {"sleeping while atomic"}),
    "mutex that is taken": (sleeper_that_would_wait, {"sleeping while atomic", "lock held at exit"}),
    "assert": (unasserted, {"assertion"}),
    "unread": (unread, set()),
    "several starts": (several_starts, {"value out of range", "small"}),
}
