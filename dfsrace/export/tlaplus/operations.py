# SPDX-License-Identifier: GPL-2.0-only
"""What each operation does, as the body of its node's operator."""

from __future__ import annotations

from dfsrace.export.evaluation import bound_to
from dfsrace.export.tlaplus.expressions import FINE, RANGE, chosen, first_of
from dfsrace.export.tlaplus.locks import RULES, LockText
from dfsrace.export.tlaplus.names import string
from dfsrace.export.tlaplus.nodes import NodeWriter
from dfsrace.system.expressions import Compare, Const, Read, may_fail
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
)
from dfsrace.system.types import LockType, PoolType, RangeType, StampType, base_of, finite_values


def execute(w: NodeWriter) -> str:
    """The body of the operator of the node in hand."""
    operation = w.node.operation
    match operation:
        case Finish():
            return w.fail_if("Owns(c, me)", '"lock held at exit"', w.finish())
        case Branch(test):
            ways = w.go(way=0), w.go(way=1)
            text = ways[0] if ways[0] == ways[1] else f"IF {w.expressions.value(test)}\nTHEN {ways[0]}\nELSE {ways[1]}"
            return w.check(w.expressions.code(test), text)
        case Sleep():
            return w.may_sleep(w.go())
        case AtomicBegin():
            return w.go()
        case Assign(local, value):
            return w.check(w.expressions.code(value), w.go(values=_assigned(w, local, value)))
        case Choose():
            return _choose(w, operation)
        case Load(local, access):
            return w.check(w.expressions.code(access), w.go(values=_assigned(w, local, access)))
        case Store(access, value):
            codes = (w.expressions.code(access), w.expressions.code(value))
            new = w.expressions.as_type(value, access.type)
            return w.check(first_of(codes), w.go(f"[c EXCEPT !{w.path(access)} = {new}]"))
        case Evaluate(local, value):
            return w.check(w.expressions.code(value), w.go(values=_assigned(w, local, value)))
        case Wait(condition):
            waiting = w.wait_if(f"~{w.expressions.value(condition)}", w.go())
            return w.may_sleep(w.check(w.expressions.code(condition), waiting))
        case Assert(condition):
            judged = w.fail_if(f"~{w.expressions.value(condition)}", '"assertion"', w.go())
            return w.check(w.expressions.code(condition), judged)
        case Renew(access):
            return w.check(w.expressions.code(access), _renewed(w, "c", w.path(access), base_of(access.type)))
        case Alloc():
            return _alloc(w, operation)
        case Atomic():
            return _atomic(w, operation)
        case LockOperation():
            return _lock(w, operation)
    raise TypeError(f"no operation: {operation!r}")


def _assigned(w: NodeWriter, local: int, value: object) -> dict[int, str]:
    """The new value of a local, if anybody uses it."""
    if local not in w.live_after():
        return {}
    return {local: w.expressions.as_type(value, w.code.thread.locals[local].type)}  # type: ignore[arg-type]


def _given(w: NodeWriter, local: int | None, text: str) -> dict[int, str]:
    """The result of an operation as the new value of a local, if anybody uses it."""
    return {} if local is None or local not in w.live_after() else {local: text}


# ---- choices


def _choose(w: NodeWriter, operation: Choose) -> str:
    domain, condition = operation.domain, operation.condition
    name = w.expressions.domain(domain)
    way = f"UNION {{{w.go(values=_given(w, operation.local, 'chosen'))} : chosen \\in %s}}"
    if condition is None and not isinstance(domain, PoolType):
        return way % name
    if condition is None:
        return w.wait_if(f"{name} = {{}}", way % name)
    test = w.expressions.value(condition)
    possible = f"{{q{operation.slot} \\in {name} : {test}}}"
    rest = w.wait_if("possible = {}", way % "possible")
    return w.check(_failing_choice(w, operation), f"LET possible == {possible}\nIN {rest}")


def _failing_choice(w: NodeWriter, operation: Choose) -> str:
    """The first violation among the conditions of all values."""
    condition, domain = operation.condition, operation.domain
    if condition is None or not may_fail(condition):
        return FINE
    if isinstance(domain, PoolType):
        code = w.expressions.code(condition)
        return f"InNoOrder({{{code} : q{operation.slot} \\in {w.expressions.domain(domain)}}})"
    values = (Const(value, domain) for value in finite_values(domain))
    return first_of(w.expressions.code(bound_to(condition, operation.slot, value)) for value in values)


# ---- pools and stamps


def _renewed(w: NodeWriter, cells: str, path: str, stamp: object, values: dict[int, str] | None = None) -> str:
    """A cell takes the lowest stamp that nothing else has."""
    assert isinstance(stamp, StampType)
    live = w.live_after()
    return (
        f"LET without == [{cells} EXCEPT !{path} = None]\n"
        f"    held == {w.held('without', live)}\n"
        f"    fresh == {w.lowest(stamp, 'without', 'held', live)}\n"
        f"IN {w.go(f'[without EXCEPT !{path} = fresh]', values)}"
    )


def _alloc(w: NodeWriter, operation: Alloc) -> str:
    """The lowest value that is not held, its fields initial, then its stamps renewed one after another."""
    pool, live = operation.pool, w.node.live - {operation.local}
    number = w.names.pools.index(pool)
    lines = [f"LET new == First(Order{number}, free)"]
    fields = [f"!.{part}[new] = {value}" for part, value in w.memory.initial_fields(pool)]
    lines += [f"    c0 == [c EXCEPT {', '.join(fields)}]" if fields else "    c0 == c"]
    last = 0
    for path, stamp in w.memory.new_stamps(pool):
        held = f"({w.held(f'c{last}', live)} \\cup {{new}})"
        lowest = w.lowest(stamp, f"c{last}", held, live)
        lines.append(f"    c{last + 1} == [c{last} EXCEPT !{path} = {lowest}]")
        last += 1
    lines.append(f"IN {w.go(f'c{last}', _given(w, operation.local, 'new'))}")
    exhausted = w.failed(string(f"pool {pool.name} exhausted"))
    free = f"LET free == {w.names.domain(pool)} \\ {w.held('c', live)}"
    return f"{free}\nIN IF free = {{}} THEN {exhausted}\nELSE " + "\n".join(lines)


# ---- atomics and locks


def _atomic(w: NodeWriter, operation: Atomic) -> str:
    access, call = operation.access, operation.call
    code = first_of(map(w.expressions.code, (access, *operation.arguments)))
    old, path, outside = w.expressions.value(access), w.path(access), ""
    if call in ("atomic_inc", "atomic_dec", "atomic_dec_and_test"):
        kind = base_of(access.type)
        assert isinstance(kind, RangeType)
        outside = f"{old} >= {w.names.value(kind, kind.high)}"
        if call != "atomic_inc":
            outside = f"{old} =< {w.names.value(kind, kind.low)}"
        new = "@ + 1" if call == "atomic_inc" else "@ - 1"
    else:
        new = w.expressions.as_type(operation.arguments[-1], access.type)
        if call == "cmpxchg":
            same = w.expressions.value(Compare("==", access, operation.arguments[0]))
            new = chosen(same, new, "@")
    result = f"({old} = 1)" if call == "atomic_dec_and_test" else old
    if operation.local is not None and call != "atomic_dec_and_test":
        result = w.expressions.as_type(access, w.code.thread.locals[operation.local].type)
    rest = w.go(f"[c EXCEPT !{path} = {new}]", _given(w, operation.local, result))
    return w.check(code, w.fail_if(outside, RANGE, rest))


def _lock(w: NodeWriter, operation: LockOperation) -> str:
    access = operation.access
    assert isinstance(access, Read)
    parts = (access,) if operation.argument is None else (access, operation.argument)
    argument = "None" if operation.argument is None else w.expressions.value(operation.argument)
    kind = w.names.system.variables[access.variable].type
    assert isinstance(kind, LockType)
    position = w.expressions.position(access)
    lock = LockText(w.names, access.variable, position, w.node.atomic, kind.maximum, argument)
    rule = RULES[operation.call](lock)
    effects = [f"!{lock.path(component, mine)} = {new}" for component, mine, new in rule.effects]
    cells = f"[c EXCEPT {', '.join(effects)}]" if effects else "c"
    if rule.granted:
        cells = f"IF {rule.granted} THEN {cells} ELSE c"
    values = _given(w, operation.local, rule.result) if rule.result else {}
    if rule.renews:
        text = _renewed(w, cells, lock.path("sequence"), w.memory.sequence(access.variable))
    else:
        text = w.go(cells, values)
    if rule.registers:
        registered = w.rest(w.place, f"[c EXCEPT !{lock.path('waiting', True)} = TRUE]")
        text = f"IF {rule.registers} THEN {registered}\nELSE {text}"
    text = w.wait_if(rule.waits, text)
    for test, why in reversed(rule.fails):
        text = w.fail_if(test, why, text)
    if operation.call in SLEEPING_CALLS:
        text = w.may_sleep(text)
    return w.check(first_of(map(w.expressions.code, parts)), text)
