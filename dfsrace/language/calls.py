# SPDX-License-Identifier: GPL-2.0-only
"""Typing of calls: procedures of the model, what the language offers, and primitives."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Literal

from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.language import primitives, quantifiers, refusals
from dfsrace.language.code_context import Context
from dfsrace.language.names import PRIMITIVES
from dfsrace.language.operators import binary, integer
from dfsrace.language.primitives import arity
from dfsrace.language.scopes import Signature
from dfsrace.language.type_names import domain
from dfsrace.language.type_rules import UNKNOWN
from dfsrace.language.typed import AllocExpression, CallExpression, Expression, FinishedExpression, Literal_
from dfsrace.system.types import BOOL, NONE, PoolType, RangeType, finite_values, type_text

# What conditions that are evaluated in one step may call.
ALLOWED_IN_ONE_STEP = ("min", "max", "len", "all", "any", "sum")


def call(context: Context, node: ast.Call) -> Expression | None:
    """A call; None after a diagnostic."""
    if not _plain(context, node):
        return None
    assert isinstance(node.func, ast.Name)
    name = node.func.id
    if context.one_step and not _may_stand_in_one_step(context, name) and _exists(context, name):
        allowed = _allowed_in_one_step(context)
        message = f"{quoted(name)} cannot be called in {context.one_step}, which is evaluated in one step"
        help = (
            "call it before, and keep the result in a local"
            if not context.in_property
            else "properties speak of state alone"
        )
        context.error("DR543", node, message, allowed=allowed, help=help)
        return None
    if name in _BUILT_IN:
        return _BUILT_IN[name](context, node)
    if name in primitives.NAMES:
        return primitives.primitive(context, node, name)
    signature = context.names.procedures.get(name)
    if signature is not None and context.scope.find(name) is None:
        return _procedure(context, node, signature)
    _unknown(context, node.func)
    return None


def _plain(context: Context, node: ast.Call) -> bool:
    """True for a name with arguments by position; else a diagnostic."""
    good = True
    if not isinstance(node.func, ast.Name):
        message = f"only a name can be called, not {quoted(context.source(node.func))}"
        help = "pass the value as an argument: procedure(value)"
        if isinstance(node.func, ast.Attribute):
            help = f"write {node.func.attr}({context.source(node.func.value)}{', …' if node.args else ''})"
            if node.func.attr in ("acquire", "lock", "release", "unlock"):
                help = f"write `with {context.source(node.func.value)}:`"
        context.error("DR540", node.func, message, help=help)
        good = False
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            context.refuse(argument)
            good = False
    for keyword in node.keywords:
        what = "keyword argument" if keyword.arg else "** argument"
        span = context.text.span(keyword)
        context.error("DR404", span, f"the model language has no {what}s", help="arguments are given by position")
        good = False
    return good


def _exists(context: Context, name: str) -> bool:
    return name in PRIMITIVES or name in context.names.procedures


def _may_stand_in_one_step(context: Context, name: str) -> bool:
    return name in ALLOWED_IN_ONE_STEP or name == "finished"


def _allowed_in_one_step(context: Context) -> list[str]:
    return [*ALLOWED_IN_ONE_STEP, *(["finished"] if context.in_property else [])]


def _unknown(context: Context, node: ast.Name) -> None:
    name = quoted(node.id)
    what = "a local" if context.scope.find(node.id) else context.names.kind(node.id)
    if what is not None:
        help = "only procedures and primitives are called"
        if isinstance(context.names.types.get(node.id), PoolType):
            help = f"alloc({node.id}) gives a value that nobody holds"
        elif node.id in primitives.OPERATIONS:
            help = f"{primitives.OPERATIONS[node.id]['take']} takes one"
        context.error("DR540", node, f"{name} is {what}, no procedure", help=help)
        return
    if node.id in context.names.broken:
        context.scope.doubtful = True
        return
    message = f"there is no procedure {name}"
    if node.id in refusals.PROCEDURES:
        context.error("DR540", node, message, help=refusals.PROCEDURES[node.id])
        return
    if context.one_step:
        allowed = _allowed_in_one_step(context)
        context.error("DR540", node, message, help=did_you_mean(node.id, allowed), allowed=allowed)
        return
    known = sorted({*context.names.procedures, *context.names.broken})
    help = did_you_mean(node.id, [*known, *PRIMITIVES]) or "define it under procedures"
    context.error("DR540", node, message, help=help, allowed=[*known, *sorted(PRIMITIVES)])


def _parameters(signature: Signature) -> tuple[str, ...]:
    return tuple(n if kind == UNKNOWN else f"{n}: {type_text(kind)}" for n, kind in signature.parameters)


def _procedure(context: Context, node: ast.Call, signature: Signature) -> Expression | None:
    arguments = [context.value(argument) for argument in node.args]
    if not arity(context, node, signature.name, _parameters(signature)):
        return None
    good = all([a is not None for a in arguments])
    for number, (argument, given, (name, kind)) in enumerate(
        zip(arguments, node.args, signature.parameters, strict=True), 1
    ):
        where = f"parameter {number} ({name}) of {signature.name} is"
        if argument is not None and not context.accepts(kind, argument, given, where):
            good = False
    if not good:
        return None
    typed = tuple(a for a in arguments if a is not None)
    result = NONE if signature.result is None else signature.result
    return CallExpression(signature.name, typed, result, context.span(node), context.source(node))


def _extreme(operator: Literal["min", "max"]) -> Callable[[Context, ast.Call], Expression | None]:
    def typed(context: Context, node: ast.Call) -> Expression | None:
        values = [integer(context, argument, operator) for argument in node.args]
        if len(values) < 2:
            message = f"{operator} takes two or more integers, not {len(values)}"
            context.error("DR541", node, message, allowed=[f"{operator}(a, b)"])
            return None
        result = values[0]
        for value in values[1:]:
            if result is None or value is None:
                return None
            result = binary(context, node, operator, result, value)
        return result

    return typed


def _quantified(kind: quantifiers.Kind) -> Callable[[Context, ast.Call], Expression | None]:
    return lambda context, node: quantifiers.quantifier(context, node, kind)


def _length(context: Context, node: ast.Call) -> Expression | None:
    if not arity(context, node, "len", ("T",)):
        return None
    kind = domain(context, node.args[0], "counted by len", pools=False)
    if kind is None:
        return None
    count = len(finite_values(kind))
    return Literal_(count, RangeType(count, count), context.span(node))


def _maybe(context: Context, node: ast.Call) -> Expression | None:
    return quantifiers.maybe(context, node) if arity(context, node, "maybe", ()) else None


def _alloc(context: Context, node: ast.Call) -> Expression | None:
    if not arity(context, node, "alloc", ("Pool",)):
        return None
    kind = context.names.types.get(node.args[0].id) if isinstance(node.args[0], ast.Name) else None
    if isinstance(kind, PoolType):
        return AllocExpression(kind, kind, context.span(node), context.source(node))
    pools = sorted(n for n, t in context.names.types.items() if isinstance(t, PoolType))
    message = f"alloc takes a pool, not {quoted(context.source(node.args[0]))}"
    context.error("DR521", node.args[0], message, allowed=pools, help="declare it under types: `Page: pool(2)`")
    return None


def _finished(context: Context, node: ast.Call) -> Expression | None:
    threads = context.names.threads
    if not context.in_property:
        context.error(
            "DR571", node, "finished(...) is for properties only", help="share a state variable between the threads"
        )
        return None
    if not arity(context, node, "finished", ("thread",)):
        return None
    argument = node.args[0]
    if isinstance(argument, ast.Name) and argument.id in threads:
        return FinishedExpression(threads[argument.id], BOOL, context.span(node))
    context.unknown("DR571", argument, f"there is no thread {quoted(context.source(argument))}", list(threads))
    return None


def _wait(context: Context, node: ast.Call) -> Expression | None:
    context.error("DR544", node, "wait_event gives no value", help="write it as a statement of its own")
    return None


def _atomic(context: Context, node: ast.Call) -> Expression | None:
    context.error("DR540", node, "'atomic' cannot be called", help="write `with atomic:`")
    return None


_BUILT_IN: dict[str, Callable[[Context, ast.Call], Expression | None]] = {
    "min": _extreme("min"),
    "max": _extreme("max"),
    "len": _length,
    **{name: _quantified(kind) for name, kind in quantifiers.KINDS.items()},
    "choose": quantifiers.choose,
    "maybe": _maybe,
    "alloc": _alloc,
    "finished": _finished,
    "wait_event": _wait,
    "atomic": _atomic,
}
