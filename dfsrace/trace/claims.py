# SPDX-License-Identifier: GPL-2.0-only
"""Where a condition fails: the instance, the parts that are to blame, what they read, and what `says` says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.evaluation import Scope as Moment
from dfsrace.system.evaluation import cell_of, domain_values, evaluate
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
from dfsrace.system.lock_rules import Violated
from dfsrace.system.program import Message
from dfsrace.trace.names import Names

SHORT = 27
_NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition that is false: names of the cells that the failing instance reads, the message, what is not so."""

    cells: tuple[str, ...]
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Atom:
    """A part of a condition that is looked at no further, its value, and what is bound around it."""

    expression: Expr
    value: bool
    moment: Moment


def failure_of(condition: Expr, says: Message | None, moment: Moment, names: Names) -> Failure:
    """Describes why a false condition is false in a moment. Constant cells are not listed."""
    cells: list[str] = []
    texts: list[str] = []
    for atom in blamed(condition, False, moment):
        found = [names.cell(number) for number in _reads(atom) if not _constant(number, names)]
        if found or not isinstance(atom.expression, Compare):
            cells += found
            texts.append(atom_text(atom, names))
    message = message_text(says, outermost(condition, moment), names) if says else ""
    telling = list(dict.fromkeys(text for text in texts if text))
    short = " and ".join(telling)
    if len(short) > SHORT:
        short = telling[-1]
    return Failure(tuple(dict.fromkeys(cells)), message, short)


def cells_read(condition: Expr, moment: Moment) -> list[int]:
    """The cells, constant ones too, that make a false condition false in a moment, each once."""
    return list(dict.fromkeys(number for atom in blamed(condition, False, moment) for number in _reads(atom)))


def message_text(message: Message, moment: Moment, names: Names) -> str:
    """A message filled in; an expression that cannot be evaluated there is shown as `?`."""
    return "".join(part if isinstance(part, str) else _filled(part, moment, names) for part in message.parts)


def _filled(part: Expr, moment: Moment, names: Names) -> str:
    try:
        return names.text(part.type, evaluate(part, moment))
    except (Violated, KeyError):
        return "?"


def outermost(condition: Expr, moment: Moment) -> Moment:
    """The moment with the variables of the outermost `all(...)` bound to their first failing values."""
    while isinstance(condition, Quantifier) and condition.kind == "all":
        failing = _first(condition, False, moment)
        if failing is None:
            break
        condition, moment = condition.body, failing
    return moment


def blamed(expression: Expr, value: bool, moment: Moment) -> Iterator[Atom]:
    """The atoms that give `expression` its value: the first that is enough, or all where all are needed."""
    match expression:
        case Not(operand):
            yield from blamed(operand, not value, moment)
        case And(operands) | Or(operands):
            enough = isinstance(expression, Or) == value
            deciding = next((o for o in operands if bool(evaluate(o, moment)) == value), None) if enough else None
            for operand in operands if deciding is None else (deciding,):
                yield from blamed(operand, value, moment)
        case Quantifier(kind="all" | "any") if (expression.kind == "any") == value:
            instance = _first(expression, value, moment)
            if instance is not None:
                yield from blamed(expression.body, value, instance)
        case IfElse(test, then, other):
            yield from blamed(then if evaluate(test, moment) else other, value, moment)
        case _:
            yield Atom(expression, value, moment)


def _first(quantifier: Quantifier, value: bool, moment: Moment) -> Moment | None:
    """The first instance whose body has the value."""
    for chosen in domain_values(quantifier.domain, moment):
        inner = replace(moment, bound={**moment.bound, quantifier.slot: chosen})
        if quantifier.condition is not None and not evaluate(quantifier.condition, inner):
            continue
        if bool(evaluate(quantifier.body, inner)) == value:
            return inner
    return None


def _constant(number: int, names: Names) -> bool:
    return names.system.variables[names.memory.cells[number].variable].constant


def _reads(atom: Atom) -> list[int]:
    """The cells that evaluating an atom looks at, those in its indices too."""
    found: list[int] = []
    seeing = replace(atom.moment, bound=dict(atom.moment.bound), seen=lambda number, _: found.append(number))
    evaluate(atom.expression, seeing)
    return found


def atom_text(atom: Atom, names: Names) -> str:
    """What is the case, as the model would write it: `page0.mapping is None`; empty where that would be long."""
    expression, value, moment = atom.expression, atom.value, atom.moment
    if isinstance(expression, Compare):
        left, right = _operand(expression.left, moment, names), _operand(expression.right, moment, names)
        operator = expression.operator if value else _NEGATED[expression.operator]
        if "None" in (left, right):
            operator = {"==": "is", "!=": "is not"}.get(operator, operator)
        return f"{left} {operator} {right}" if left and right else ""
    if isinstance(expression, Finished):
        name = names.system.threads[expression.thread].name
        return f"{name} has {'' if value else 'not '}finished"
    text = _operand(expression, moment, names)
    return text if value or not text else f"not {text}"


def _operand(expression: Expr, moment: Moment, names: Names) -> str:
    """A short operand with its indices filled in; empty for what is not short."""
    match expression:
        case Const(value, kind):
            return names.text(kind, value)
        case Bound() | Local():
            return _filled(expression, moment, names)
        case Checked(operand):
            return _operand(operand, moment, names)
        case Read():
            try:
                return names.cell(cell_of(expression, moment))
            except (Violated, KeyError):
                return ""
        case Arithmetic(operator, left, right):
            one, other = _operand(left, moment, names), _operand(right, moment, names)
            if not one or not other:
                return ""
            return f"{operator}({one}, {other})" if operator in ("min", "max") else f"{one} {operator} {other}"
    return ""
