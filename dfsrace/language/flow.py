# SPDX-License-Identifier: GPL-2.0-only
"""Which locals may be unset where they are read, and whether a body can fall off its end.

Constants are ignored: any test may go either way and any `for` may run no round, but `while True` is left by break or
return alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dfsrace.diagnostics import Span
from dfsrace.language.typed import (
    AssertStatement,
    AssignStatement,
    BinaryExpression,
    CallExpression,
    ChooseExpression,
    CompareExpression,
    ConditionalExpression,
    Expression,
    ExpressionStatement,
    ForStatement,
    IfStatement,
    JumpStatement,
    Literal_,
    LocalDeclaration,
    LocalUse,
    LogicExpression,
    NotExpression,
    PrimitiveExpression,
    QuantifierExpression,
    ReturnStatement,
    Statement,
    StateUse,
    WaitStatement,
    WhileStatement,
    WithStatement,
)

# The locals that are certainly set; None where no path arrives.
Known = frozenset[LocalDeclaration] | None
Report = Callable[[LocalDeclaration, Span], None]


@dataclass(slots=True)
class _Loop:
    """What is known on each way out of a loop by break."""

    left: list[Known] = field(default_factory=list)


def falls_off(body: tuple[Statement, ...], report: Report) -> bool:
    """True if some path reaches the end of the body. `report` is told each local that is read and may be unset."""
    return _Flow(report).block(body, frozenset()) is not None


def meet(ways: list[Known]) -> Known:
    """What is known where several ways come together."""
    known = [way for way in ways if way is not None]
    return frozenset.intersection(*known) if known else None


class _Flow:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._loops: list[_Loop] = []

    def block(self, body: tuple[Statement, ...], known: Known) -> Known:
        for statement in body:
            known = self._statement(statement, known)
        return known

    def _statement(self, s: Statement, known: Known) -> Known:
        for e in _evaluated(s):
            self._read(e, known)
        match s:
            case AssignStatement(target=LocalDeclaration() as target, operator=operator):
                if operator is not None:
                    self._use(target, s.span, known)
                return None if known is None else known | {target}
            case IfStatement(body=body, orelse=orelse):
                return meet([self.block(body, known), self.block(orelse, known)])
            case WhileStatement():
                return self._while(s, known)
            case ForStatement(body=body):
                self._loops.append(_Loop())
                self.block(body, known)
                self._loops.pop()
                return known
            case WithStatement(body=body):
                return self.block(body, known)
            case ReturnStatement():
                return None
            case JumpStatement(kind=kind) if kind != "pass":
                if kind == "break" and self._loops:
                    self._loops[-1].left.append(known)
                return None
        return known

    def _while(self, s: WhileStatement, known: Known) -> Known:
        loop = _Loop()
        self._loops.append(loop)
        self.block(s.body, known)
        self._loops.pop()
        forever = s.text == "while True" and isinstance(s.test, Literal_)
        return meet(loop.left if forever else [known, *loop.left])

    def _read(self, e: Expression, known: Known) -> None:
        if isinstance(e, LocalUse):
            self._use(e.local, e.span, known)
        for part in inner(e):
            self._read(part, known)

    def _use(self, local: LocalDeclaration, span: Span, known: Known) -> None:
        if local.role == "local" and known is not None and local not in known:
            self._report(local, span)


def _evaluated(s: Statement) -> Iterator[Expression]:
    """What a statement itself evaluates."""
    match s:
        case AssignStatement(target=target, value=value):
            yield value
            if isinstance(target, StateUse):
                yield target
        case IfStatement(test=e) | WhileStatement(test=e) | WaitStatement(condition=e) | ExpressionStatement(value=e):
            yield e
        case WithStatement(lock=StateUse() as lock):
            yield lock
        case ReturnStatement(value=e) if e is not None:
            yield e
        case AssertStatement(condition=condition, message=message):
            yield condition
            for part in message.parts if message else ():
                if not isinstance(part, str):
                    yield part


def inner(e: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside an expression."""
    match e:
        case StateUse(indices=indices):
            return indices
        case NotExpression(operand=operand):
            return (operand,)
        case BinaryExpression(left=left, right=right):
            return (left, right)
        case CompareExpression(operands=operands) | LogicExpression(operands=operands):
            return operands
        case ConditionalExpression(test=test, then=then, other=other):
            return (test, then, other)
        case QuantifierExpression(condition=condition, body=body):
            return (body,) if condition is None else (condition, body)
        case CallExpression(arguments=arguments):
            return arguments
        case PrimitiveExpression(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case ChooseExpression(condition=condition) if condition is not None:
            return (condition,)
    return ()


def calls_in(body: tuple[Statement, ...]) -> dict[str, Span]:
    """The procedures that a body calls, with the place of the first call of each."""
    found: dict[str, Span] = {}
    for statement in body:
        for e in _evaluated(statement):
            _collect_calls(e, found)
        for part in _blocks(statement):
            for name, span in calls_in(part).items():
                found.setdefault(name, span)
    return found


def _collect_calls(e: Expression, found: dict[str, Span]) -> None:
    if isinstance(e, CallExpression):
        found.setdefault(e.procedure, e.span)
    for part in inner(e):
        _collect_calls(part, found)


def _blocks(s: Statement) -> tuple[tuple[Statement, ...], ...]:
    match s:
        case IfStatement(body=body, orelse=orelse):
            return (body, orelse)
        case WhileStatement(body=body) | ForStatement(body=body) | WithStatement(body=body):
            return (body,)
    return ()
