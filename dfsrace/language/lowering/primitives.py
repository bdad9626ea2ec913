# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's primitives as instructions."""

from __future__ import annotations

from collections.abc import Callable

from dfsrace.language.lowering.context import Context, coerced
from dfsrace.language.typed import Expression, PrimitiveExpression, StateUse
from dfsrace.system.expressions import Const, Expr, Local, Read
from dfsrace.system.program import Atomic, Barrier, Load, LockOperation, Operation, Order, Renew, Sleep, Store
from dfsrace.system.types import NONE, LockType, NoneType

LOADS: dict[str, Order] = {"READ_ONCE": "once", "smp_load_acquire": "acquire"}
STORES: dict[str, Order] = {"WRITE_ONCE": "once", "smp_store_release": "release"}

# lock kind, mode of `with` -> taking, releasing
WITH_CALLS = {
    ("spinlock", ""): ("spin_lock", "spin_unlock"),
    ("mutex", ""): ("mutex_lock", "mutex_unlock"),
    ("rwlock", "read"): ("read_lock", "read_unlock"),
    ("rwlock", "write"): ("write_lock", "write_unlock"),
    ("rwsem", "read"): ("down_read", "up_read"),
    ("rwsem", "write"): ("down_write", "up_write"),
    ("seqlock", "write"): ("write_seqlock", "write_sequnlock"),
    ("seqcount", "write"): ("write_seqcount_begin", "write_seqcount_end"),
}

ValueOf = Callable[[Context, Expression], Expr]
PlaceOf = Callable[[Context, StateUse], Read]


def primitive(context: Context, e: PrimitiveExpression, value: ValueOf, place: PlaceOf) -> Expr:
    """Emits a primitive's instruction; gives its result, or the None of no result."""
    if e.call in ("might_sleep", "cond_resched"):
        context.graph.emit(Sleep(e.call), e.span)
        return Const(None, NONE)
    if e.target is None:
        context.graph.emit(Barrier(e.call), e.span)
        return Const(None, NONE)
    access = place(context, e.target)
    arguments = tuple(value(context, a) for a in e.arguments)
    if e.call in LOADS and e.target.variable in context.known.constant:
        return context.settled(context.fold(access), e.type, e.span)
    slot = None if isinstance(e.type, NoneType) else context.graph.local("", e.type, context.scope.procedure)
    context.graph.emit(_instruction(context, e, access, arguments, slot), e.span)
    return Const(None, NONE) if slot is None else Local(slot, e.type)


def _instruction(
    context: Context, e: PrimitiveExpression, access: Read, arguments: tuple[Expr, ...], slot: int | None
) -> Operation:
    kind = context.variables[access.variable].type
    if isinstance(kind, LockType):
        return LockOperation(e.call, access, slot, arguments[0] if arguments else None)
    if e.call in LOADS:
        assert slot is not None
        return Load(slot, access, LOADS[e.call])
    fitting = tuple(coerced(a, given.type, kind) for a, given in zip(arguments, e.arguments, strict=True))
    if e.call in STORES:
        return Store(access, fitting[0], STORES[e.call])
    if e.call == "renew":
        return Renew(access)
    # cmpxchg's old value is only compared: it need not be one of the cell's type
    kept = (arguments[0], fitting[1]) if e.call == "cmpxchg" else fitting
    return Atomic(e.call, access, kept, slot)
