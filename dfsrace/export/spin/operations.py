# SPDX-License-Identifier: GPL-2.0-only
"""What each operation does, within the d_step of a step."""

from __future__ import annotations

from dfsrace.export.evaluation import bound_to
from dfsrace.export.spin.expressions import CODES, RANGE, first_of, in_no_order, is_zero
from dfsrace.export.spin.guards import lock_text, owned
from dfsrace.export.spin.locks import RULES
from dfsrace.export.spin.memory import when
from dfsrace.export.spin.writer import EXHAUSTED, Writer
from dfsrace.system.cells import sequence_type
from dfsrace.system.expressions import Compare, Const, Read
from dfsrace.system.lock_rules import SLEEPING_CALLS
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    AtomicBegin,
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
    shared_instruction,
)
from dfsrace.system.types import BOOL, PoolType, RangeType, StampType, Type, base_of, finite_values

ASSERTION = CODES["assertion"]
SLEEPING = CODES["sleeping while atomic"]
AT_EXIT = CODES["lock held at exit"]


def execute(w: Writer, place: int) -> list[int]:
    """Writes a node; the nodes that may follow, the first of them directly behind. Empty where the d_step ends."""
    node = w.code.nodes[place]
    operation = node.operation
    match operation:
        case Finish():
            w.fail_if(f"OWNS_{w.thread}" if owns(w) else "0", AT_EXIT, place)
            w.finish()
            return []
        case Branch(test):
            w.fail(w.expressions.code(test), place)
            w.emit(f"if :: !{w.expressions.value(test)} -> {w.goto(node.next[1])} :: else fi;")
            return list(node.next)
        case Assign(local, value):
            w.fail(w.expressions.code(value), place)
            w.emit(f"{w.local(local)} = {w.expressions.as_type(value, w.code.locals[local].type)};")
        case Sleep():
            w.fail_if(w.guards.sleepless, SLEEPING, place)
        case AtomicBegin():
            pass
        case _:
            _access(w, place)
    if node.atomic and shared_instruction(node):
        w.emit(f"{w.accessed} = 1;")
    return list(node.next)


def owns(w: Writer) -> bool:
    """True if there are locks that a thread may hold at its end."""
    return not is_zero(owned(w.names, w.thread, False))


def _access(w: Writer, place: int) -> None:
    operation = w.code.nodes[place].operation
    match operation:
        case Load(local, access):
            w.fail(w.expressions.code(access), place)
            w.emit(f"{w.local(local)} = {w.expressions.value(access)};")
        case Store(access, value):
            w.fail(first_of((w.expressions.code(access), w.expressions.code(value))), place)
            w.emit(f"{w.expressions.value(access)} = {w.expressions.as_type(value, access.type)};")
        case Evaluate(local, value):
            w.look(value)
            w.fail(w.expressions.code(value), place)
            w.emit(f"{w.local(local)} = {w.expressions.as_type(value, w.code.locals[local].type)};")
        case Wait(condition):
            w.fail_if(w.guards.sleepless, SLEEPING, place)
            w.look(condition)
            w.fail(w.expressions.code(condition), place)
            w.wait(f"!{w.expressions.value(condition)}", place)
        case Assert(condition):
            w.look(condition)
            w.fail(w.expressions.code(condition), place)
            w.fail_if(f"!{w.expressions.value(condition)}", ASSERTION, place)
        case Renew(access):
            w.fail(w.expressions.code(access), place)
            _renew(w, w.expressions.value(access), base_of(access.type), _live_after(w, place))
        case Alloc():
            _alloc(w, place, operation)
        case Atomic():
            _atomic(w, place, operation)
        case LockOperation():
            _lock(w, place, operation)


# ---- choices


def is_unconditional(operation: Choose) -> bool:
    """True for a choice that is local."""
    return operation.condition is None and not isinstance(operation.domain, PoolType)


def choice_tests(w: Writer, operation: Choose) -> tuple[str, list[str]]:
    """The first violation among the conditions of all values, and for each value whether it may be chosen."""
    codes, tests = [], []
    condition = operation.condition or Const(1, BOOL)
    w.look(condition)
    if isinstance(operation.domain, PoolType):
        w.emit(*w.pools.visible())
    for value in finite_values(operation.domain):
        instance = bound_to(condition, operation.slot, Const(value, operation.domain))
        code, test = w.expressions.code(instance), w.expressions.value(instance)
        if isinstance(operation.domain, PoolType):
            seen = f"h_visible{w.names.pools.index(operation.domain)}[{value}]"
            code = code if is_zero(code) else f"({seen} -> {code} : 0)"
            test = f"({seen} && {test})"
        codes.append(code)
        tests.append(test)
    pool = isinstance(operation.domain, PoolType)
    return in_no_order(codes, condition) if pool else first_of(codes), tests


# ---- pools and stamps


def _live_after(w: Writer, place: int) -> frozenset[int]:
    return w.code.nodes[w.code.nodes[place].next[0]].live


def _own(w: Writer, live: frozenset[int]) -> list[tuple[str, Type]]:
    return [(w.local(slot), w.code.locals[slot].type) for slot in sorted(live)]


def _hold(w: Writer, live: frozenset[int]) -> None:
    """Brings `h_held` up to date, with these locals of the executing thread."""
    w.emit(f"held_without_{w.thread}();", *w.pools.mark(_own(w, live)), *w.pools.closure("h_held"))


def _renew(w: Writer, cell: str, stamp: Type, live: frozenset[int]) -> None:
    """Stores the lowest stamp that nothing else has."""
    assert isinstance(stamp, StampType)
    w.emit(f"{cell} = 0;")
    if w.names.memory.fields:
        _hold(w, live)
    w.emit(*w.pools.used(stamp, w.thread, _own(w, live)), *w.pools.lowest_unused(stamp), f"{cell} = h_free + 1;")


def _alloc(w: Writer, place: int, operation: Alloc) -> None:
    pool, number = operation.pool, w.names.pools.index(operation.pool)
    live = w.code.nodes[place].live - {operation.local}
    _hold(w, live)
    held = f"h_held{number}"
    w.emit(
        "h_new = 0;", "do", f":: h_new < {pool.size} && {held}[h_new] -> h_new = h_new + 1", ":: else -> break", "od;"
    )
    w.fail_if(f"h_new == {pool.size}", EXHAUSTED + number, place)
    w.emit(*w.pools.initial_fields(pool, "h_new"))
    for cell, index in w.pools.fields(pool):
        if w.pools.is_stamp(cell) and w.names.parts[cell.variable]:
            _hold(w, live)
            target = w.pools.field(index, pool, "h_new")
            stamp = base_of(cell.type)
            assert isinstance(stamp, StampType)
            w.emit(f"{held}[h_new] = 1;", *w.pools.used(stamp, w.thread, _own(w, live)))
            w.emit(*w.pools.lowest_unused(stamp), f"{target} = h_free + 1;")
    w.emit(f"{w.local(operation.local)} = h_new + 1;")


# ---- atomics and locks


def _atomic(w: Writer, place: int, operation: Atomic) -> None:
    access, call = operation.access, operation.call
    w.fail(first_of(map(w.expressions.code, (access, *operation.arguments))), place)
    cell = w.expressions.value(access)
    w.emit(f"h_was = {cell};")
    if call in ("atomic_inc", "atomic_dec", "atomic_dec_and_test"):
        kind = base_of(access.type)
        assert isinstance(kind, RangeType)
        test = f"h_was >= {kind.high}" if call == "atomic_inc" else f"h_was <= {kind.low}"
        w.fail_if(f"({test})", RANGE, place)
        new = "h_was + 1" if call == "atomic_inc" else "h_was - 1"
    else:
        new = w.expressions.as_type(operation.arguments[-1], access.type)
        if call == "cmpxchg":
            same = Compare("==", w.expressions.of_text("h_was", access.type), operation.arguments[0])
            new = f"({w.expressions.value(same)} -> {new} : h_was)"
    w.emit(f"{cell} = {new};")
    if operation.local is not None:
        result = "(h_was == 1)" if call == "atomic_dec_and_test" else "h_was"
        w.emit(f"{w.local(operation.local)} = {result};")


def _lock(w: Writer, place: int, operation: LockOperation) -> None:
    node, access = w.code.nodes[place], operation.access
    assert isinstance(access, Read)
    parts = (access,) if operation.argument is None else (access, operation.argument)
    w.fail(first_of(map(w.expressions.code, parts)), place)
    if operation.call in SLEEPING_CALLS:
        w.fail_if(w.guards.sleepless, SLEEPING, place)
    argument = "0" if operation.argument is None else w.expressions.value(operation.argument)
    lock = lock_text(w.names, access, w.expressions, w.thread, node.atomic, argument)
    rule = RULES[operation.call](lock)
    for test, number in rule.fails:
        w.fail_if(test, number, place)
    w.wait(rule.waits, place)
    if not is_zero(rule.registers):
        w.emit(when(rule.registers, f"{lock.part('waiting', w.thread)} = 1", w.stay()))
    if rule.result is not None:
        w.emit(f"h_was = {rule.result};")
    effects = [f"{cell} = {new}" for cell, new in rule.effects]
    if effects:
        w.emit(*(f"{e};" for e in effects) if rule.granted == "1" else (when(rule.granted, *effects),))
    if rule.renews is not None:
        stamp = sequence_type(w.names.system.variables[access.variable])
        _renew(w, rule.renews, stamp, _live_after(w, place))
    if operation.local is not None and rule.result is not None:
        w.emit(f"{w.local(operation.local)} = h_was;")
