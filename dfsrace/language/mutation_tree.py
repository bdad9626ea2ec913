# SPDX-License-Identifier: GPL-2.0-only
"""Typed code taken apart and put together again: what mutation operators look at and change.

Statements are told apart by identity, for two that read alike are two places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, cast, get_args

from dfsrace.language.flow import inner
from dfsrace.language.primitives import LOCK_CALLS
from dfsrace.language.typed import (
    AllocExpression,
    AssignStatement,
    CallExpression,
    ChooseExpression,
    Expression,
    ExpressionStatement,
    ForStatement,
    IfStatement,
    JumpStatement,
    PrimitiveExpression,
    Statement,
    StateUse,
    WaitStatement,
    WhileStatement,
    WithStatement,
)
from dfsrace.system.types import LockType

Body = tuple[Statement, ...]
Edit = Callable[[Statement], Body]

_EXPRESSIONS = get_args(Expression)
# Statements that hold others.
_COMPOUND = IfStatement | WhileStatement | ForStatement | WithStatement
STORING = frozenset(
    {"renew", "atomic_inc", "atomic_dec", "atomic_dec_and_test", "xchg", "cmpxchg", "WRITE_ONCE", "smp_store_release"}
)


def blocks(statement: Statement) -> tuple[Body, ...]:
    """The bodies inside a statement."""
    match statement:
        case IfStatement(body=body, orelse=orelse):
            return (body, orelse)
        case WhileStatement(body=body) | ForStatement(body=body) | WithStatement(body=body):
            return (body,)
    return ()


def walk(body: Body) -> Iterator[Statement]:
    """All statements of a body, outer ones first, in the order of the text."""
    for statement in body:
        yield statement
        for part in blocks(statement):
            yield from walk(part)


def own_expressions(statement: Statement) -> Iterator[Expression]:
    """What a statement itself evaluates: no message, and nothing of the statements inside it."""
    for field in fields(statement):
        value = getattr(statement, field.name)
        if isinstance(value, _EXPRESSIONS):
            yield cast(Expression, value)


def parts(expression: Expression) -> Iterator[Expression]:
    """An expression and all that is inside it."""
    yield expression
    for part in inner(expression):
        yield from parts(part)


def expressions(statement: Statement) -> Iterator[Expression]:
    """All expressions of a statement, those of statements inside it left out."""
    for expression in own_expressions(statement):
        yield from parts(expression)


def edited(body: Body, edits: Mapping[int, Edit]) -> Body:
    """The body with each statement whose `id` has an edit replaced by what that makes of it; inner ones first.

    Where nothing would be left, a `pass` is.
    """
    changed = False
    result: list[Statement] = []
    for statement in body:
        new = _inside(statement, edits)
        edit = edits.get(id(statement))
        made = (new,) if edit is None else edit(new)
        changed = changed or made != (new,) or new is not statement
        result.extend(made)
    if changed and not result:
        return (JumpStatement("pass", body[0].span, "pass"),)
    return tuple(result) if changed else body


def _inside(statement: Statement, edits: Mapping[int, Edit]) -> Statement:
    if not isinstance(statement, _COMPOUND):
        return statement
    body = edited(statement.body, edits)
    orelse = edited(statement.orelse, edits) if isinstance(statement, IfStatement) else ()
    if body is statement.body and (not isinstance(statement, IfStatement) or orelse is statement.orelse):
        return statement
    if isinstance(statement, IfStatement):
        return replace(statement, body=body, orelse=orelse)
    return replace(statement, body=body)


def exchanged(statement: Statement, old: Expression, new: Expression) -> Statement:
    """A statement with one of its expressions, by identity, in place of another."""
    changes: dict[str, Any] = {}
    for field in fields(statement):
        value = getattr(statement, field.name)
        if isinstance(value, _EXPRESSIONS):
            changes[field.name] = _exchanged(value, old, new)
    return replace(statement, **changes)


def _exchanged(value: Any, old: Expression, new: Expression) -> Any:
    if value is old:
        return new
    if isinstance(value, tuple):
        return tuple(_exchanged(item, old, new) for item in value)
    if not isinstance(value, _EXPRESSIONS):
        return value
    changes = {f.name: _exchanged(getattr(value, f.name), old, new) for f in fields(value)}
    return replace(value, **changes)


# ---- what code does to the state


def lock_role(expression: Expression) -> str:
    """What a primitive does to a lock: "take", "try", "release", "sample", "retry", "downgrade", with " read" or not.

    Empty for everything else.
    """
    if not isinstance(expression, PrimitiveExpression):
        return ""
    return LOCK_CALLS.get(expression.call, ("", ""))[1]


class Effects:
    """Which statements access shared cells; cells that no thread stores to are none. Calls are looked through."""

    def __init__(self, procedures: Mapping[str, Body], constant: frozenset[int]) -> None:
        """`procedures`: the bodies by name; `constant`: the variables that no thread stores to."""
        self._procedures = procedures
        self._constant = constant
        self._known: dict[tuple[str, bool], bool] = {}

    def reads_state(self, expression: Expression) -> bool:
        """True if evaluating looks at a cell that may change, or asks whether a sample is old; calls do not count."""
        return any(self._is_cell(e) or lock_role(e) == "retry" for e in parts(expression))

    def accesses(self, statement: Statement) -> bool:
        """True if a statement loads or stores a shared cell, itself, inside, or in what it calls."""
        return self._any(statement, stores=False)

    def stores(self, statement: Statement) -> bool:
        """True if it may store to one. Locks do not count."""
        return self._any(statement, stores=True)

    def _any(self, statement: Statement, stores: bool) -> bool:
        if isinstance(statement, AssignStatement) and self._is_cell(statement.target):
            return True
        if any(self._does(e, stores) for e in expressions(statement)):
            return True
        return any(self._any(s, stores) for body in blocks(statement) for s in body)

    def _does(self, e: Expression, stores: bool) -> bool:
        match e:
            case CallExpression(procedure=name):
                return self._procedure(name, stores)
            case PrimitiveExpression(call=call) if call in STORING:
                return True
            case PrimitiveExpression():
                return not stores and lock_role(e) in ("sample", "retry")
            case AllocExpression():
                return not stores
            case ChooseExpression(condition=condition):
                return not stores and condition is not None
        return not stores and self._is_cell(e)

    def _procedure(self, name: str, stores: bool) -> bool:
        if (name, stores) not in self._known:
            self._known[name, stores] = False
            self._known[name, stores] = any(self._any(s, stores) for s in self._procedures[name])
        return self._known[name, stores]

    def _is_cell(self, e: object) -> bool:
        return isinstance(e, StateUse) and e.variable not in self._constant and not isinstance(e.type, LockType)


def is_primitive(statement: Statement, names: frozenset[str]) -> bool:
    """True for a statement that is nothing but a call of one of these primitives."""
    if not isinstance(statement, ExpressionStatement) or not isinstance(statement.value, PrimitiveExpression):
        return False
    return statement.value.call in names


def is_simple(statement: Statement) -> bool:
    """True for an assignment, a call, or a wait."""
    return isinstance(statement, AssignStatement | ExpressionStatement | WaitStatement)
