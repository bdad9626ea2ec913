# SPDX-License-Identifier: GPL-2.0-only
"""Expressions as the model could have written them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Bound,
    Checked,
    Compare,
    Const,
    Expr,
    Finished,
    IfElse,
    Local,
    Not,
    Or,
    Quantifier,
    Read,
)
from dfsrace.system.program import Message
from dfsrace.system.system import System
from dfsrace.system.types import type_text, value_text


@dataclass(slots=True)
class Namer:
    """Names for what expressions refer to by number; bound variables have those that their quantifiers give them.

    `checks`: checks at run time are shown; without, a text is as the model has it.
    """

    system: System
    bound: dict[int, str] = field(default_factory=dict)
    locals: dict[int, str] = field(default_factory=dict)
    checks: bool = True


# How closely each kind binds; an operand that binds less closely gets parentheses.
_LEVEL = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "//": 6, "%": 6}
_CLOSEST = 9
# What needs no parentheses: a name, a number, a cell, a call.
_SIMPLE = re.compile(r"[\w.]+(\[[^\[\]]*(\[[^\[\]]*\][^\[\]]*)*\]|\.\w+)*(\([^()]*\))?")


def outermost_all(condition: Expr) -> list[Quantifier]:
    """The all(...) directly inside one another with which a condition begins: a property's message may name theirs."""
    found = []
    while isinstance(condition, Quantifier) and condition.kind == "all":
        found.append(condition)
        condition = condition.body
    return found


def expression_text(expression: Expr, namer: Namer) -> str:
    """The expression in the model's syntax; locals are x0, x1, ...; a check at run time is written `(e as TYPE)`."""
    return _text(expression, namer)[0]


def message_text(message: Message, namer: Namer) -> str:
    """The message with its expressions in braces."""
    return "".join(p if isinstance(p, str) else f"{{{expression_text(p, namer)}}}" for p in message.parts)


def _text(expression: Expr, namer: Namer) -> tuple[str, int]:
    """The text and how closely it binds."""
    match expression:
        case Const(value, kind):
            return value_text(kind, value), _CLOSEST
        case Local(slot):
            text = namer.locals.get(slot, f"x{slot}")
            return text, _CLOSEST if _SIMPLE.fullmatch(text) else 0
        case Bound(slot):
            return namer.bound.get(slot, f"b{slot}"), _CLOSEST
        case Read():
            return cell_text(expression, namer), _CLOSEST
        case Not(operand):
            return f"not {_within(operand, 3, namer)}", 3
        case Arithmetic(operator, left, right) if operator in ("min", "max"):
            return f"{operator}({expression_text(left, namer)}, {expression_text(right, namer)})", _CLOSEST
        case Arithmetic(operator, left, right):
            level = _LEVEL[operator]
            return f"{_within(left, level, namer)} {operator} {_within(right, level + 1, namer)}", level
        case Compare(operator, left, right):
            return _compared(operator, left, right, namer), 4
        case And(operands):
            return " and ".join(_within(o, 3, namer) for o in operands) or "True", 2
        case Or(operands):
            return " or ".join(_within(o, 2, namer) for o in operands) or "False", 1
        case IfElse(test, then, other):
            parts = (_within(then, 1, namer), _within(test, 1, namer), expression_text(other, namer))
            return f"{parts[0]} if {parts[1]} else {parts[2]}", 0
        case Quantifier():
            return _quantified(expression, namer), _CLOSEST
        case Finished(thread):
            return f"finished({namer.system.threads[thread].name})", _CLOSEST
        case Checked(operand) if not namer.checks:
            return _text(operand, namer)
        case Checked(operand, kind):
            return f"({expression_text(operand, namer)} as {type_text(kind)})", _CLOSEST
    raise TypeError(f"no expression: {expression!r}")


def _within(expression: Expr, level: int, namer: Namer) -> str:
    text, own = _text(expression, namer)
    return text if own >= level else f"({text})"


def _compared(operator: str, left: Expr, right: Expr, namer: Namer) -> str:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Const) and other.value is None and operator in ("==", "!="):
            return f"{_within(one, 5, namer)} is {'not ' if operator == '!=' else ''}None"
    return f"{_within(left, 5, namer)} {operator} {_within(right, 5, namer)}"


def cell_text(access: Read, namer: Namer) -> str:
    """A cell by its variable and indices: `x0.mapping`, `A.page_cache[x1]`."""
    variable = namer.system.variables[access.variable]
    texts = [expression_text(index, namer) for index in access.indices]
    if variable.owner is None:
        return variable.name + "".join(f"[{text}]" for text in texts)
    base = _within(access.indices[0], _CLOSEST, namer)
    return f"{base}.{variable.name.split('.', 1)[1]}" + "".join(f"[{text}]" for text in texts[1:])


def _quantified(e: Quantifier, namer: Namer) -> str:
    inner = replace(namer, bound={**namer.bound, e.slot: e.name or f"b{e.slot}"})
    test = "" if e.condition is None else f" if {expression_text(e.condition, inner)}"
    return f"{e.kind}({expression_text(e.body, inner)} for {inner.bound[e.slot]} in {type_text(e.domain)}{test})"
