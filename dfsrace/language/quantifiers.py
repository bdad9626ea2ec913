# SPDX-License-Identifier: GPL-2.0-only
"""all, any, sum and choose with their `for` clauses."""

from __future__ import annotations

import ast
from typing import Literal, TypeAlias

from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.operators import truth
from dfsrace.language.type_names import domain, loop_variable
from dfsrace.language.type_rules import LARGEST, is_bool, is_integer, with_article
from dfsrace.language.typed import ChooseExpression, Expression, LocalDeclaration, LogicExpression, QuantifierExpression
from dfsrace.system.types import BOOL, PoolType, RangeType, Type, base_of, finite_values, type_text

Kind: TypeAlias = Literal["all", "any", "sum"]
KINDS: dict[str, Kind] = {"all": "all", "any": "any", "sum": "sum"}


def quantifier(context: Context, node: ast.Call, kind: Kind) -> Expression | None:
    """`all(body for x in T if condition for y in U)`, nested; None after a diagnostic."""
    clauses = _clauses(context, node, kind)
    if clauses is None:
        return None
    return _nested(context, node, kind, clauses)


def _clauses(context: Context, node: ast.Call, kind: str) -> ast.GeneratorExp | None:
    if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return node.args[0]
    shape = f"{kind}(… for x in T)"
    message = f"{kind} takes one comprehension, not {quoted(context.source(node))}"
    context.error("DR411", node, message, allowed=[shape], help=f"write {shape}")
    return None


def _nested(context: Context, node: ast.Call, kind: Kind, body: ast.GeneratorExp, depth: int = 0) -> Expression | None:
    clause = body.generators[depth]
    if clause.is_async:
        context.refuse(clause.iter, "async for", "write for")
    values = domain(context, clause.iter, f"looped over by {kind}", pools=True)
    variable = None if values is None else loop_variable(context, clause.target, values)
    if values is None or variable is None:
        return None
    where = f"a quantifier over the pool {type_text(values)}" if isinstance(values, PoolType) else context.one_step
    with context.scope.binding(variable), context.within(where):
        condition = _condition(context, clause.ifs, f"the condition of {kind}")
        if depth + 1 < len(body.generators):
            inner = _nested(context, node, kind, body, depth + 1)
        else:
            inner = _body(context, body.elt, kind)
    if inner is None or (clause.ifs and condition is None):
        return None
    result = BOOL if kind != "sum" else _total(values, inner.type, condition is not None)
    if isinstance(result, RangeType) and max(-result.low, result.high) > LARGEST:
        context.error("DR512", node, f"the sum may lie anywhere in {result.low}..{result.high}")
        return None
    return QuantifierExpression(kind, variable, values, condition, inner, result, context.span(node))


def _condition(context: Context, tests: list[ast.expr], where: str) -> Expression | None:
    """All `if` of one clause as one condition; None where there is none, or after a diagnostic."""
    typed = [truth(context, test, where) for test in tests]
    known = tuple(t for t in typed if t is not None)
    if not known or len(known) < len(typed):
        return None
    return known[0] if len(known) == 1 else LogicExpression("and", known, BOOL, known[0].span)


def _body(context: Context, node: ast.expr, kind: Kind) -> Expression | None:
    if kind != "sum":
        return truth(context, node, f"what {kind} asks")
    value = context.value(node)
    if value is None or is_bool(value.type) or is_integer(value.type):
        return value
    message = f"sum needs integers or Booleans, but {quoted(context.source(node))} is {with_article(value.type)}"
    context.error("DR508", node, message, help="to count, sum Booleans: sum(x is not None for …)")
    return None


def _total(values: Type, body: Type, conditional: bool) -> RangeType:
    """All sums that are possible."""
    base = base_of(body)
    low, high = (base.low, base.high) if isinstance(base, RangeType) else (0, 1)
    if conditional or isinstance(values, PoolType):
        low, high = min(low, 0), max(high, 0)
    count = len(finite_values(values))
    return RangeType(count * low, count * high)


def choose(context: Context, node: ast.Call) -> Expression | None:
    """`choose(T)` or `choose(x for x in T if condition)`."""
    if len(node.args) != 1:
        message = f"choose takes one argument, not {len(node.args)}"
        context.error("DR541", node, message, allowed=["choose(T)", "choose(x for x in T if condition)"])
        return None
    argument = node.args[0]
    if not isinstance(argument, ast.GeneratorExp):
        values = domain(context, argument, "chosen from", pools=True, absent=True)
        return None if values is None else _choice(context, node, values, None, None)
    return _choose_if(context, node, argument)


def _choose_if(context: Context, node: ast.Call, body: ast.GeneratorExp) -> Expression | None:
    clause, *more = body.generators
    if more:
        help = "choose one value after the other"
        context.error(
            "DR411", node, "choose takes one `for` only", allowed=["choose(x for x in T if condition)"], help=help
        )
        return None
    values = domain(context, clause.iter, "chosen from", pools=True, absent=True)
    variable = None if values is None else loop_variable(context, clause.target, values)
    if values is None or variable is None:
        return None
    if not (isinstance(body.elt, ast.Name) and body.elt.id == variable.name):
        message = f"choose gives its variable {quoted(variable.name)}, not {quoted(context.source(body.elt))}"
        help = f"write choose({variable.name} for {variable.name} in …), and calculate with the result"
        context.error("DR411", body.elt, message, allowed=[variable.name], help=help)
        return None
    with context.scope.binding(variable), context.within("the condition of choose"):
        condition = _condition(context, clause.ifs, "the condition of choose")
    if clause.ifs and condition is None:
        return None
    return _choice(context, node, values, variable if condition else None, condition)


def _choice(
    context: Context, node: ast.Call, values: Type, variable: LocalDeclaration | None, condition: Expression | None
) -> Expression:
    return ChooseExpression("choose", values, variable, condition, values, context.span(node), context.source(node))


def maybe(context: Context, node: ast.Call) -> Expression:
    """`maybe()`."""
    return ChooseExpression("maybe", BOOL, None, None, BOOL, context.span(node), context.source(node))
