# SPDX-License-Identifier: GPL-2.0-only
"""Typing of invariants and reach conditions."""

from __future__ import annotations

from dfsrace.language.code_context import Context
from dfsrace.language.declarations import PropertyDeclaration
from dfsrace.language.messages import message_text
from dfsrace.language.operators import truth
from dfsrace.language.python_syntax import parse_expression
from dfsrace.language.typed import Expression, LocalDeclaration, QuantifierExpression, TypedProperty


def typed_property(context: Context, declaration: PropertyDeclaration) -> TypedProperty | None:
    """The property typed; None after a diagnostic."""
    what = "a reach" if declaration.reach else "an invariant"
    context.in_property = True
    parsed = parse_expression(declaration.condition, context.problems)
    if parsed is None:
        return None
    context.text, node = parsed
    with context.within("a property"):
        condition = truth(context, node, what)
        if condition is None:
            return None
        says = None
        if declaration.says is not None:
            for variable in _outermost(condition):
                context.scope.bound[variable.name] = variable
            says = message_text(context, declaration.says, None)
            if says is None:
                return None
    return TypedProperty(declaration.name, declaration.reach, declaration.at_end, condition, says, declaration.span)


def _outermost(condition: Expression) -> list[LocalDeclaration]:
    """The variables of the outermost all(...) chain."""
    found = []
    while isinstance(condition, QuantifierExpression) and condition.kind == "all":
        found.append(condition.variable)
        condition = condition.body
    return found
