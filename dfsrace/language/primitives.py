# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's primitives: on what each works, what else it takes, and what it gives."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.places import state_use
from dfsrace.language.type_rules import comparable, with_article
from dfsrace.language.typed import Expression, PrimitiveExpression, StateUse
from dfsrace.system.cells import sequence_type
from dfsrace.system.types import (
    BOOL,
    NONE,
    BoolType,
    LockType,
    NamedType,
    PoolType,
    RangeType,
    StampType,
    Type,
    base_of,
    type_text,
)

# kind of lock -> what is done -> the operation
OPERATIONS: dict[str, dict[str, str]] = {
    "spinlock": {"take": "spin_lock", "try": "spin_trylock", "release": "spin_unlock"},
    "mutex": {"take": "mutex_lock", "try": "mutex_trylock", "release": "mutex_unlock"},
    "bit_lock": {"take": "lock_page", "try": "trylock_page", "release": "unlock_page"},
    "semaphore": {"take": "down", "try": "down_trylock", "release": "up"},
    "rwlock": {
        "take": "write_lock",
        "try": "write_trylock",
        "release": "write_unlock",
        "take read": "read_lock",
        "try read": "read_trylock",
        "release read": "read_unlock",
    },
    "rwsem": {
        "take": "down_write",
        "try": "down_write_trylock",
        "release": "up_write",
        "take read": "down_read",
        "try read": "down_read_trylock",
        "release read": "up_read",
        "downgrade": "downgrade_write",
    },
    "seqlock": {
        "take": "write_seqlock",
        "release": "write_sequnlock",
        "sample": "read_seqbegin",
        "retry": "read_seqretry",
    },
    "seqcount": {
        "take": "write_seqcount_begin",
        "release": "write_seqcount_end",
        "sample": "read_seqcount_begin",
        "retry": "read_seqcount_retry",
    },
}
LOCK_CALLS = {call: (kind, role) for kind, roles in OPERATIONS.items() for role, call in roles.items()}

BARRIERS = frozenset({"smp_mb", "smp_rmb", "smp_wmb", "might_sleep", "cond_resched"})


@dataclass(frozen=True, slots=True)
class CellCall:
    """A primitive on a cell that is no lock. `cells`: which; `arguments`: names of what else it takes."""

    cells: Literal["any", "range", "finite", "stamp"]
    arguments: tuple[str, ...] = ()
    result: Literal["", "bool", "cell"] = ""


CELL_CALLS: dict[str, CellCall] = {
    "READ_ONCE": CellCall("any", (), "cell"),
    "smp_load_acquire": CellCall("any", (), "cell"),
    "WRITE_ONCE": CellCall("any", ("value",)),
    "smp_store_release": CellCall("any", ("value",)),
    "atomic_inc": CellCall("range"),
    "atomic_dec": CellCall("range"),
    "atomic_dec_and_test": CellCall("range", (), "bool"),
    "xchg": CellCall("finite", ("new",), "cell"),
    "cmpxchg": CellCall("finite", ("old", "new"), "cell"),
    "renew": CellCall("stamp"),
}

NAMES = frozenset(LOCK_CALLS) | BARRIERS | frozenset(CELL_CALLS)


def primitive(context: Context, node: ast.Call, name: str) -> Expression | None:
    """A call of a primitive; None after a diagnostic."""
    if name in BARRIERS:
        return _made(context, node, name, None, (), NONE) if arity(context, node, name, ()) else None
    if name in LOCK_CALLS:
        return _lock_call(context, node, name)
    return _cell_call(context, node, name, CELL_CALLS[name])


def _made(
    context: Context, node: ast.Call, name: str, target: StateUse | None, rest: tuple[Expression, ...], result: Type
) -> Expression:
    return PrimitiveExpression(name, target, rest, result, context.span(node), context.source(node))


def arity(context: Context, node: ast.Call, name: str, wanted: tuple[str, ...]) -> bool:
    """True if the call has as many arguments as `wanted` has names; else a diagnostic, and the arguments are typed."""
    if len(node.args) == len(wanted):
        return True
    count = f"{len(wanted) or 'no'} argument{'' if len(wanted) == 1 else 's'}"
    message = f"{name} takes {count}, not {len(node.args)}"
    context.error("DR541", node, message, allowed=[f"{name}({', '.join(wanted)})"])
    return False


# ---- locks


def _lock_call(context: Context, node: ast.Call, name: str) -> Expression | None:
    kind, role = LOCK_CALLS[name]
    wanted = ("value" if kind == "bit_lock" else "lock", *(("stamp",) if role == "retry" else ()))
    if not arity(context, node, name, wanted):
        return None
    if kind == "bit_lock":
        target = _page_lock(context, node, name)
    else:
        target = lock_use(context, node.args[0], name, f"{name} works on a {kind}")
    if target is None:
        return None
    assert isinstance(target.type, LockType)
    if target.type.kind != kind:
        _wrong_lock(context, node, name, target)
        return None
    if role == "sample":
        sequence = sequence_type(context.names.variable(target.variable))
        return _made(context, node, name, target, (), sequence)
    if role == "retry":
        return _retry(context, node, name, target)
    return _made(context, node, name, target, (), BOOL if role.startswith("try") else NONE)


def lock_use(context: Context, node: ast.expr, name: str, why: str) -> StateUse | None:
    """The lock that an argument names; None after a diagnostic."""
    if not _is_place(context, node, name, why):
        return None
    use = state_use(context, node)
    if use is None or isinstance(use.type, LockType):
        return use
    message = f"{quoted(use.text)} is {with_article(use.type)}, no lock"
    context.error("DR550", node, message, allowed=_locks(context), help=why)
    return None


def _locks(context: Context) -> list[str]:
    return sorted(v.name for v in context.names.declarations.variables if isinstance(v.type, LockType))


def _is_place(context: Context, node: ast.expr, name: str, why: str) -> bool:
    """True for what may be a state variable; else a diagnostic."""
    if isinstance(node, ast.Attribute | ast.Subscript):
        return True
    if isinstance(node, ast.Name) and context.scope.find(node.id) is None:
        if node.id in context.scope.assigned:
            pass
        elif node.id in context.names.scalars or context.names.kind(node.id) is None:
            return True
    what = quoted(context.source(node))
    context.error("DR552", node, f"{name} needs a state variable, not {what}", help=why)
    return False


def _page_lock(context: Context, node: ast.Call, name: str) -> StateUse | None:
    """`lock_page(p)` is about the field `lock` of p."""
    argument = node.args[0]
    before = len(context.names.fields.get("lock", ()))
    if isinstance(argument, ast.Attribute) and argument.attr == "lock" and before:
        inner = context.source(argument.value)
        message = f"{name} takes what has the lock, not the lock {quoted(context.source(argument))}"
        context.error("DR550", argument, message, help=f"write {name}({inner})")
        return None
    place = ast.copy_location(ast.Attribute(argument, "lock", ast.Load()), argument)
    if not before:
        owner = context.value(argument)
        what = "its argument" if owner is None else f"the type {type_text(base_of(owner.type))}"
        help = "declare it in the section `state`: `Page.lock: bit_lock`, say"
        if owner is not None:
            context.error("DR502", argument, f"{name} needs a field `lock` of {what}", help=help)
        return None
    use = state_use(context, place)
    if use is None:
        return None
    return StateUse(use.variable, use.indices, use.type, use.span, f"{context.source(argument)}.lock")


def _wrong_lock(context: Context, node: ast.Call, name: str, target: StateUse) -> None:
    assert isinstance(target.type, LockType)
    kind, role = LOCK_CALLS[name]
    given = OPERATIONS[target.type.kind]
    fitting = given.get(role) or given.get(role.split()[0])
    text = target.text
    if target.type.kind == "bit_lock":
        text = text.removesuffix(".lock")
    message = f"{name} works on a {kind}, but {quoted(target.text)} is a {target.type.kind}"
    help = f"write {fitting}({text})" if fitting else f"a {target.type.kind} has no such operation"
    if fitting and role in ("take", "try", "release") and "take read" in given:
        help = f"write {fitting}({text}), or {given[f'{role} read']}({text}) to share it"
    context.error("DR550", node, message, allowed=list(given.values()), help=help)


def _retry(context: Context, node: ast.Call, name: str, target: StateUse) -> Expression | None:
    stamp = context.value(node.args[1])
    if stamp is None:
        return None
    wanted = sequence_type(context.names.variable(target.variable))
    if stamp.type != wanted:
        text = quoted(context.source(node.args[1]))
        assert isinstance(target.type, LockType)
        begin = OPERATIONS[target.type.kind]["sample"]
        message = f"{name} needs what {begin}({target.text}) gave, but {text} is {with_article(stamp.type)}"
        context.error("DR505", node.args[1], message, help=f"write s = {begin}({target.text}) before")
        return None
    return _made(context, node, name, target, (stamp,), BOOL)


# ---- other cells


_WANTED = {
    "any": "a state variable",
    "range": "a state variable with a range of integers",
    "finite": "a state variable whose values are finitely many",
    "stamp": "a stamp in the state",
}


def _cell_call(context: Context, node: ast.Call, name: str, call: CellCall) -> Expression | None:
    if not arity(context, node, name, ("variable", *call.arguments)):
        return None
    why = f"{name} works on {_WANTED[call.cells]}"
    use = state_use(context, node.args[0]) if _is_place(context, node.args[0], name, why) else None
    rest = [context.value(a) for a in node.args[1:]]
    if use is None:
        return None
    if isinstance(use.type, LockType) or not _right_cell(use.type, call.cells):
        _wrong_cell(context, node, use, call, why)
        return None
    arguments = tuple(value for value in rest if value is not None)
    if len(arguments) < len(rest):
        return None
    for text, value, given in zip(call.arguments, arguments, node.args[1:], strict=True):
        if not _accepted(context, use, text, value, given):
            return None
    results: dict[str, Type] = {"": NONE, "bool": BOOL, "cell": use.type}
    result = results[call.result]
    return _made(context, node, name, use, arguments, result)


def _wrong_cell(context: Context, node: ast.Call, use: StateUse, call: CellCall, why: str) -> None:
    help = "a stamp is renewed: renew(cell)" if isinstance(use.type, StampType) else ""
    if call.cells == "stamp" and not isinstance(use.type, LockType):
        help = "declare a type under types, `Name: stamp`, and the variable with it"
    values = [v for v in context.names.declarations.variables if not isinstance(v.type, LockType)]
    fitting = sorted(v.name for v in values if _right_cell(v.type, call.cells))
    message = f"{why}, but {quoted(use.text)} is {with_article(use.type)}"
    context.error("DR553", node.args[0], message, help=help, allowed=fitting)


def _accepted(context: Context, use: StateUse, argument: str, value: Expression, node: ast.expr) -> bool:
    if argument != "old":
        return context.accepts(use.type, value, node, f"{quoted(use.text)} takes")
    if comparable(use.type, value.type):
        return True
    message = f"{quoted(context.source(node))} is {with_article(value.type)}, which {quoted(use.text)} never is"
    context.error("DR505", node, message, allowed=[type_text(use.type)])
    return False


def _right_cell(kind: Type, cells: str) -> bool:
    if cells == "range":
        return isinstance(kind, RangeType)
    if cells == "stamp":
        return isinstance(base_of(kind), StampType)
    if cells == "finite":
        base = base_of(kind)
        return isinstance(base, BoolType | RangeType | NamedType | PoolType)
    return True
