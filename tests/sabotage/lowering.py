# SPDX-License-Identifier: GPL-2.0-only
"""Errors that somebody could make in lowering: each a patch, by what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dfsrace.diagnostics import Span
from dfsrace.language import typed
from dfsrace.language.lowering import constants, finish, statements, values
from dfsrace.language.lowering.context import Context, coerced, plain
from dfsrace.language.lowering.graph import Draft, Graph, Label
from dfsrace.system import System
from dfsrace.system.expressions import And, Arithmetic, Expr, Local, may_fail
from dfsrace.system.program import Atomic, Finish, Load, LockOperation, Renew, Store
from dfsrace.system.types import NONE, Type, Value, finite_values
from tests.sabotage import compare

Patch = Callable[[pytest.MonkeyPatch], None]

LOWERING: dict[str, Patch] = {}


def lowering(name: str) -> Callable[[Patch], Patch]:
    """Registers a patch by its name."""

    def register(patch: Patch) -> Patch:
        LOWERING[name] = patch
        return patch

    return register


@lowering("a load is dropped: a state variable is read as if it were a local")
def _dropped_load(patch: pytest.MonkeyPatch) -> None:
    def load(context: Context, e: typed.StateUse) -> Expr:
        return context.temporary(e.type, values.place(context, e))

    patch.setattr(values, "_load", load)


@lowering("the target of a store is evaluated before its value")
def _target_first(patch: pytest.MonkeyPatch) -> None:
    original = statements._assign

    def assign(context: Context, s: typed.AssignStatement) -> None:
        if isinstance(s.target, typed.LocalDeclaration) or s.operator is not None:
            original(context, s)
            return
        access = values.place(context, s.target)
        result = values.value(context, s.value)
        kind = context.variables[s.target.variable].type
        context.graph.emit(Store(access, coerced(result, s.value.type, kind)), s.span)

    patch.setattr(statements, "_assign", assign)


@lowering("an augmented assignment loads its target last")
def _late_load(patch: pytest.MonkeyPatch) -> None:
    original = statements._assign

    def assign(context: Context, s: typed.AssignStatement) -> None:
        if isinstance(s.target, typed.LocalDeclaration) or s.operator is None:
            original(context, s)
            return
        kind = context.variables[s.target.variable].type
        access = values.place(context, s.target)
        addend = plain(values.value(context, s.value), s.value.type)
        old = context.graph.local("", kind, context.scope.procedure)
        context.graph.emit(Load(old, access), s.target.span)
        changed = Arithmetic(s.operator, plain(Local(old, kind), kind), addend)
        context.graph.emit(Store(access, coerced(changed, NONE, kind)), s.span)

    patch.setattr(statements, "_assign", assign)


@lowering("`and` and `or` evaluate all operands")
def _no_short_circuit(patch: pytest.MonkeyPatch) -> None:
    original = values.test

    def test(context: Context, e: typed.Expression, when_true: Label, when_false: Label) -> None:
        if not isinstance(e, typed.LogicExpression):
            original(context, e, when_true, when_false)
            return
        for operand in e.operands[:-1]:
            values.value(context, operand)
        original(context, e, when_true, when_false)

    patch.setattr(values, "test", test)


@lowering("an atomic block is split in two")
def _split_atomic(patch: pytest.MonkeyPatch) -> None:
    original = statements._atomic

    def atomic(context: Context, s: typed.WithStatement, ways: statements.Ways) -> None:
        half = len(s.body) // 2
        for body in (s.body[:half], s.body[half:]):
            original(context, replace(s, body=body), ways)

    patch.setattr(statements, "_atomic", atomic)


@lowering("dead locals are kept")
def _dead_locals(patch: pytest.MonkeyPatch) -> None:
    original = finish._liveness

    def liveness(drafts: list[Draft]) -> list[tuple[frozenset[int], frozenset[int]]]:
        found = original(drafts)
        ever = frozenset[int]().union(*(before for before, _ in found))
        return [
            (before, after) if isinstance(draft.operation, Finish) else (before | ever, after | ever)
            for draft, (before, after) in zip(drafts, found, strict=True)
        ]

    patch.setattr(finish, "_liveness", liveness)


@lowering("intermediate values are kept as what they are made of")
def _unsettled(patch: pytest.MonkeyPatch) -> None:
    def settled(context: Context, expression: Expr, kind: Type, span: Span) -> Expr:
        return context.temporary(kind, expression, span) if may_fail(expression) else expression

    patch.setattr(Context, "settled", settled)


@lowering("the constant analysis overlooks atomic operations")
def _atomics_overlooked(patch: pytest.MonkeyPatch) -> None:
    def stored(graph: Graph) -> frozenset[int]:
        kinds = (Store, LockOperation, Renew)
        return frozenset(d.operation.access.variable for d in graph.drafts if isinstance(d.operation, kinds))

    original = compare.system_of

    def system_of(name: str, text: str) -> System:
        """With a cell for what is stored to after all, so that only the code is wrong."""
        system = original(name, text)
        changed = {
            node.operation.access.variable
            for thread in system.threads
            for node in thread.nodes
            if isinstance(node.operation, Atomic)
        }
        kept = (replace(v, constant=v.constant and n not in changed) for n, v in enumerate(system.variables))
        return replace(system, variables=tuple(kept))

    patch.setattr(constants, "stored", stored)
    patch.setattr(compare, "system_of", system_of)


@lowering("an unrolled loop leaves its last value out")
def _short_loop(patch: pytest.MonkeyPatch) -> None:
    def short(kind: Type) -> tuple[Value, ...]:
        return tuple(finite_values(kind))[:-1]

    patch.setattr(statements, "finite_values", short)


@lowering("a lock is not released at the end of `with`")
def _not_released(patch: pytest.MonkeyPatch) -> None:
    original = Graph.emit
    released = ("spin_unlock", "mutex_unlock")

    def emit(graph: Graph, operation: Any, *where: Any, **text: Any) -> None:
        if not (isinstance(operation, LockOperation) and operation.call in released and len(where) == 2):
            original(graph, operation, *where, **text)

    patch.setattr(Graph, "emit", emit)


@lowering("`and` in a property loses its last operand")
def _short_and(patch: pytest.MonkeyPatch) -> None:
    def system_of(name: str, text: str) -> System:
        system = original(name, text)
        properties = (
            replace(p, condition=And(p.condition.operands[:-1])) if isinstance(p.condition, And) else p
            for p in system.properties
        )
        return replace(system, properties=tuple(properties))

    original = compare.system_of
    patch.setattr(compare, "system_of", system_of)


@lowering("the members of a family are no family")
def _no_family(patch: pytest.MonkeyPatch) -> None:
    def system_of(name: str, text: str) -> System:
        system = original(name, text)
        return replace(system, threads=tuple(replace(t, family=None) for t in system.threads))

    original = compare.system_of
    patch.setattr(compare, "system_of", system_of)


@lowering("a daemon is an ordinary thread")
def _no_daemon(patch: pytest.MonkeyPatch) -> None:
    def system_of(name: str, text: str) -> System:
        system = original(name, text)
        return replace(system, threads=tuple(replace(t, daemon=False) for t in system.threads))

    original = compare.system_of
    patch.setattr(compare, "system_of", system_of)
