# SPDX-License-Identifier: GPL-2.0-only
"""Typing of operators: arithmetic on integers, comparisons, and what stands where a Boolean is needed."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import Literal, TypeAlias

from dfsrace.diagnostics.text import quoted
from dfsrace.language import refusals
from dfsrace.language.code_context import Context
from dfsrace.language.type_rules import LARGEST, comparable, interval, is_bool, is_integer, with_article
from dfsrace.language.typed import BinaryExpression, CompareExpression, Expression, Literal_
from dfsrace.system.types import BOOL, NamedType, NoneType, OptionalType, PoolType, RangeType, StampType, Type, base_of

Arithmetic: TypeAlias = Literal["+", "-", "*", "//", "%"]
Comparison: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
Binary: TypeAlias = Literal["+", "-", "*", "//", "%", "min", "max"]

ARITHMETIC: dict[type[ast.operator], Arithmetic] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_COMPARISONS: dict[type[ast.cmpop], Comparison] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "==",
    ast.IsNot: "!=",
}


def truth(context: Context, node: ast.expr, where: str) -> Expression | None:
    """A Boolean expression; None after a diagnostic that says how to ask for one."""
    value = context.value(node)
    if value is None or is_bool(value.type):
        return value
    text = context.source(node)
    message = f"{where} must be a Boolean, but {quoted(text)} is {with_article(value.type)}"
    context.error("DR507", node, message, allowed=["bool"], help=_how_to_ask(text, value))
    return None


def _how_to_ask(text: str, value: Expression) -> str:
    kind = value.type
    if isinstance(value, Literal_) and is_integer(kind):
        return f"write {bool(value.value)}"
    if isinstance(kind, OptionalType):
        return f"write `{text} is not None`"
    if is_integer(kind):
        return f"write `{text} != 0`"
    return f"compare it: `{text} == …`"


def not_an_integer(context: Context, node: ast.expr, kind: Type, operator: str) -> None:
    """Reports arithmetic on what is no integer."""
    text = quoted(context.source(node))
    base = base_of(kind)
    code, help = "DR508", "only integers can be calculated with"
    if isinstance(base, StampType):
        code, help = "DR511", "a stamp is only copied, compared with == and !=, and given a new value by renew(cell)"
    elif isinstance(base, PoolType):
        help = "pool values are only compared with == and !="
    elif is_bool(kind):
        help = "Booleans are no integers: write `1 if … else 0`, or sum(...) which counts them"
    elif isinstance(base, NamedType):
        help = "named values are only compared with == and !="
    context.error(code, node, f"{operator} needs integers, but {text} is {with_article(kind)}", help=help)


def integer(context: Context, node: ast.expr, operator: str) -> Expression | None:
    """An integer expression; None after a diagnostic."""
    value = context.value(node)
    if value is None or is_integer(value.type):
        return value
    not_an_integer(context, node, value.type, operator)
    return None


def binary(
    context: Context, node: ast.expr | ast.stmt, operator: Binary, left: Expression, right: Expression
) -> Expression | None:
    """An operation on two integers with the interval of its results; None, with a diagnostic, if that is too large."""
    low, high = base_of(left.type), base_of(right.type)
    assert isinstance(low, RangeType) and isinstance(high, RangeType)
    kind = interval(operator, low, high)
    if max(-kind.low, kind.high) > LARGEST:
        message = f"the result may lie anywhere in {kind.low}..{kind.high}"
        context.error("DR512", node, message, help=f"stay within {LARGEST}: name the parts with types", allowed=[])
        return None
    return BinaryExpression(operator, left, right, kind, context.span(node))


def arithmetic(context: Context, node: ast.BinOp) -> Expression | None:
    """`+ - * // %`."""
    operator = ARITHMETIC.get(type(node.op))
    if operator is None:
        context.refuse(node, *refusals.OPERATORS[refusals.node_name(node.op)])
        return None
    left, right = integer(context, node.left, operator), integer(context, node.right, operator)
    if left is None or right is None:
        return None
    return binary(context, node, operator, left, right)


def negative(context: Context, node: ast.UnaryOp) -> Expression | None:
    """Unary minus: a negative literal, else 0 - x."""
    operand = integer(context, node.operand, "-")
    if operand is None:
        return None
    span = context.span(node)
    if isinstance(operand, Literal_) and operand.value is not None:
        return Literal_(-operand.value, RangeType(-operand.value, -operand.value), span)
    return binary(context, node, "-", Literal_(0, RangeType(0, 0), span), operand)


def comparison(context: Context, node: ast.Compare) -> Expression | None:
    """A chain of comparisons."""
    for operator in node.ops:
        if type(operator) not in _COMPARISONS:
            context.refuse(node, *refusals.OPERATORS[refusals.node_name(operator)])
            return None
    nodes = [node.left, *node.comparators]
    operands = [context.value(n) for n in nodes]
    good = True
    for operator, (left, right), pair in zip(node.ops, pairwise(operands), pairwise(nodes), strict=True):
        if left is None or right is None:
            good = False
        elif isinstance(operator, ast.Is | ast.IsNot):
            good = _identity(context, node, right.type, pair) and good
        elif isinstance(operator, ast.Eq | ast.NotEq):
            good = _equality(context, node, (left.type, right.type), pair) and good
        else:
            good = all(_ordered(context, n, e.type) for n, e in zip(pair, (left, right), strict=True)) and good
    if not good:
        return None
    operators = tuple(_COMPARISONS[type(operator)] for operator in node.ops)
    typed = tuple(o for o in operands if o is not None)
    return CompareExpression(operators, typed, BOOL, context.span(node))


def _identity(context: Context, node: ast.Compare, right: Type, pair: tuple[ast.expr, ast.expr]) -> bool:
    if isinstance(right, NoneType):
        return True
    message = f"`is` asks only for None, not for {quoted(context.source(pair[1]))}"
    context.error("DR509", node, message, allowed=["is None", "is not None"], help="compare with == or !=")
    return False


def _equality(context: Context, node: ast.Compare, kinds: tuple[Type, Type], pair: tuple[ast.expr, ast.expr]) -> bool:
    if comparable(*kinds):
        return True
    texts = [quoted(context.source(n)) for n in pair]
    left, right = (with_article(kind) for kind in kinds)
    message = f"{texts[0]} is {left}, but {texts[1]} is {right}: they are never equal"
    both = all(isinstance(base_of(kind), StampType) for kind in kinds)
    help = "stamps of different types have nothing in common" if both else "compare values of one type"
    if is_bool(kinds[0]) and is_integer(kinds[1]):
        name = context.source(pair[0])
        help = f"a Boolean is a test by itself: write `{name}` or `not {name}`"
    context.error("DR509", node, message, help=help)
    return False


def _ordered(context: Context, node: ast.expr, kind: Type) -> bool:
    if is_integer(kind):
        return True
    help = "only integers have an order"
    if isinstance(base_of(kind), StampType | PoolType | NamedType):
        help += "; compare with == or !="
    message = f"{quoted(context.source(node))} is {with_article(kind)}, which has no order"
    context.error("DR510", node, message, help=help)
    return False
