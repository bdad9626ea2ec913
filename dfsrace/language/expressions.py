# SPDX-License-Identifier: GPL-2.0-only
"""Typing of expressions."""

from __future__ import annotations

import ast
from typing import Literal

from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.language import refusals
from dfsrace.language.calls import call
from dfsrace.language.code_context import Context
from dfsrace.language.names import FOREIGN_WORDS
from dfsrace.language.operators import arithmetic, comparison, negative, truth
from dfsrace.language.places import state_use
from dfsrace.language.type_rules import LARGEST, UNKNOWN, joined, with_article
from dfsrace.language.typed import (
    ConditionalExpression,
    Expression,
    Literal_,
    LocalUse,
    LogicExpression,
    NotExpression,
)
from dfsrace.system.types import BOOL, NONE, LockType, PoolType, RangeType, Type, Value


def expression(context: Context, node: ast.expr) -> Expression | None:
    """The typed expression; None after a diagnostic."""
    match node:
        case ast.Constant():
            return _constant(context, node)
        case ast.Name():
            return _name(context, node)
        case ast.Attribute() | ast.Subscript():
            return _read(context, node)
        case ast.UnaryOp(op=ast.Not()):
            operand = truth(context, node.operand, "the operand of not")
            return None if operand is None else NotExpression(operand, BOOL, context.span(node))
        case ast.UnaryOp(op=ast.USub()):
            return negative(context, node)
        case ast.UnaryOp():
            context.refuse(node, *refusals.OPERATORS[refusals.node_name(node.op)])
        case ast.BinOp():
            return arithmetic(context, node)
        case ast.Compare():
            return comparison(context, node)
        case ast.BoolOp():
            return _logic(context, node)
        case ast.IfExp():
            return _conditional(context, node)
        case ast.Call():
            return call(context, node)
        case _:
            context.refuse(node)
    return None


def _constant(context: Context, node: ast.Constant) -> Expression | None:
    value, span = node.value, context.span(node)
    if value is None:
        return Literal_(None, NONE, span)
    if isinstance(value, bool):
        return Literal_(int(value), BOOL, span)
    if isinstance(value, int):
        if value > LARGEST:
            context.error(
                "DR512", node, "the integer is too large", allowed=[f"at most {LARGEST}"], help="use a smaller one"
            )
            return None
        return Literal_(value, RangeType(value, value), span)
    context.refuse(node, *refusals.constant_refusal(value))
    return None


def _known(kind: Type, value: Value) -> Type:
    """The type of a constant: None is None alone, an integer its own range."""
    if value is None:
        return NONE
    return RangeType(value, value) if isinstance(kind, RangeType) else kind


def _name(context: Context, node: ast.Name) -> Expression | None:
    local = context.scope.find(node.id)
    if local is not None:
        if local.type == UNKNOWN:
            context.scope.doubtful = True
            return None
        return LocalUse(local, local.type, context.span(node))
    if node.id in context.scope.assigned:
        message = f"{quoted(node.id)} is read before it is set"
        notes = [(context.scope.assigned[node.id].span, "set here")]
        context.error("DR531", node, message, help="give it a value first", notes=notes)
        return None
    if node.id in context.names.values:
        kind, value = context.names.values[node.id]
        return Literal_(value, _known(kind, value), context.span(node))
    if node.id in context.names.scalars:
        return _read(context, node)
    _no_value(context, node)
    return None


def _no_value(context: Context, node: ast.Name) -> None:
    name, names = quoted(node.id), context.names
    what = names.kind(node.id)
    if what is not None:
        help = {"a type": f"choose({node.id}) gives a value of it", "a procedure": f"call it: {node.id}(...)"}.get(
            what, ""
        )
        context.error("DR503", node, f"{name} is {what}, no value", help=help)
    elif node.id in names.threads or node.id in names.families:
        help = "properties may ask finished(thread)" if context.in_property else "code does not know its thread"
        context.error("DR503", node, f"{name} is a thread, no value", help=help)
    elif node.id in names.broken:
        context.scope.doubtful = True
    elif node.id in FOREIGN_WORDS:
        right = FOREIGN_WORDS[node.id]
        context.error("DR501", node, f"there is no {name}", allowed=[right], help=f"write {right}")
    elif _names_a_pool_value(context, node.id):
        help = "pool values have no names of their own (a trace gives them some): pass it, or keep it in the state"
        context.error("DR501", node, f"there is no {name}", help=help)
    else:
        known = [*context.scope.visible(), *names.values, *names.scalars, "True", "False", "None"]
        help = did_you_mean(node.id, known)
        if context.in_property and not help:
            help = "write a state variable where a property needs one"
        context.error("DR501", node, f"there is no {name}{_hint(context)}", help=help, allowed=sorted(known))


def _names_a_pool_value(context: Context, name: str) -> bool:
    """True for `page0` where Page is a pool: what traces call its values."""
    base = name.rstrip("0123456789")
    pools = (n for n, kind in context.names.types.items() if isinstance(kind, PoolType))
    return base != name and any(n.lower() == base.lower() for n in pools)


def _hint(context: Context) -> str:
    return " (properties know no locals)" if context.in_property else ""


def _read(context: Context, node: ast.expr) -> Expression | None:
    """The value of a cell."""
    use = state_use(context, node)
    if use is None:
        return None
    if isinstance(use.type, LockType):
        message = f"{quoted(use.text)} is {with_article(use.type)}, no value"
        help = f"take it with `with {use.text}:` or the operations of a {use.type.kind}"
        context.error("DR503", node, message, help=help)
        return None
    return use


def _logic(context: Context, node: ast.BoolOp) -> Expression | None:
    operator: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
    operands = [truth(context, operand, f"an operand of {operator}") for operand in node.values]
    typed = tuple(o for o in operands if o is not None)
    return LogicExpression(operator, typed, BOOL, context.span(node)) if len(typed) == len(operands) else None


def _conditional(context: Context, node: ast.IfExp) -> Expression | None:
    test = truth(context, node.test, "the test of a conditional expression")
    then, other = context.value(node.body), context.value(node.orelse)
    if test is None or then is None or other is None:
        return None
    kind = joined(then.type, other.type)
    if kind is None:
        message = f"the two values have different types: {with_article(then.type)}, and {with_article(other.type)}"
        context.error("DR505", node, message, help="both must have one type, or be None")
        return None
    return ConditionalExpression(test, then, other, kind, context.span(node))
