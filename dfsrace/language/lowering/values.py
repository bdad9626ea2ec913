# SPDX-License-Identifier: GPL-2.0-only
"""Expressions in code: one shared access after another, in Python's order, and what remains is local."""

from __future__ import annotations

from collections.abc import Iterator

from dfsrace.language.lowering.conditions import OneStep
from dfsrace.language.lowering.constants import reads_state
from dfsrace.language.lowering.context import Context, coerced, plain
from dfsrace.language.lowering.graph import Label
from dfsrace.language.lowering.primitives import primitive
from dfsrace.language.typed import (
    AllocExpression,
    BinaryExpression,
    CallExpression,
    ChooseExpression,
    CompareExpression,
    ConditionalExpression,
    Expression,
    Literal_,
    LocalUse,
    LogicExpression,
    NotExpression,
    PrimitiveExpression,
    QuantifierExpression,
    StateUse,
)
from dfsrace.system.expressions import Arithmetic, Compare, Const, Expr, Local, Not, Read, may_fail
from dfsrace.system.intervals import interval
from dfsrace.system.program import Alloc, Assign, Branch, Choose, Evaluate, Load
from dfsrace.system.types import BOOL, PoolType, RangeType, base_of, finite_values


def value(context: Context, e: Expression) -> Expr:
    """Emits the steps that compute the expression, and then computes it: the result is a local or a constant."""
    return context.settled(_value(context, e), e.type, e.span)


def _value(context: Context, e: Expression) -> Expr:
    """Emits the steps that the expression needs; what is left to compute reads only locals and constants."""
    local = _local(context, e)
    if local is not None:
        return local
    match e:
        case StateUse():
            return _load(context, e)
        case NotExpression(operand):
            return context.fold(Not(_plain(context, operand)))
        case BinaryExpression(operator, left, right):
            return context.fold(Arithmetic(operator, *_operands(context, left, right)))
        case CompareExpression(operators=("==" | "!=",) as operators, operands=(left, right)):
            first = value(context, left)
            return context.fold(Compare(operators[0], first, value(context, right)))
        case CompareExpression(operators=(operator,), operands=(left, right)):
            return context.fold(Compare(operator, *_operands(context, left, right)))
        case ConditionalExpression():
            return _conditional(context, e)
        case QuantifierExpression(kind="sum") if not isinstance(e.domain, PoolType):
            return _sum(context, e)
        case QuantifierExpression() if isinstance(e.domain, PoolType):
            slot = context.graph.local("", e.type, context.scope.procedure)
            context.graph.emit(Evaluate(slot, one_step(context).expression(e)), e.span)
            return Local(slot, e.type)
        case LogicExpression() | CompareExpression() | QuantifierExpression():
            return _as_value(context, e)
        case CallExpression():
            return context.inline(context, e)
        case PrimitiveExpression():
            return primitive(context, e, value, place)
        case AllocExpression(pool, kind, span):
            slot = context.graph.local("", kind, context.scope.procedure)
            context.graph.emit(Alloc(slot, pool), span)
            return Local(slot, kind)
        case ChooseExpression():
            return _choose(context, e)
    raise TypeError(f"{type(e).__name__} cannot stand in code")


def _plain(context: Context, e: Expression) -> Expr:
    """The value of an operand that may not be None; where it is, that is found here."""
    return context.settled(context.fold(plain(value(context, e), e.type)), base_of(e.type), e.span)


def _operands(context: Context, left: Expression, right: Expression) -> tuple[Expr, Expr]:
    """Two operands that may not be None: looked at when the operator is applied, which is after both are there."""
    first, second = value(context, left), value(context, right)
    return context.fold(plain(first, left.type)), context.fold(plain(second, right.type))


def one_step(context: Context) -> OneStep:
    """For conditions that are evaluated within the step of an instruction."""
    return OneStep(context.variables, context.declared, context.fold)


def place(context: Context, e: StateUse) -> Read:
    """A cell: base and indices are evaluated now; that they fit is checked by the access itself."""
    dimensions = context.variables[e.variable].dimensions
    indices = tuple(
        context.fold(coerced(value(context, i), i.type, d)) for i, d in zip(e.indices, dimensions, strict=True)
    )
    return Read(e.variable, indices, e.type)


def test(context: Context, e: Expression, when_true: Label, when_false: Label) -> None:
    """Evaluates a test, short-circuiting, and jumps; what constants decide leaves no branch behind."""
    match e:
        case NotExpression(operand):
            test(context, operand, when_false, when_true)
        case LogicExpression(operator, operands):
            for operand in operands[:-1]:
                onward = Label()
                if operator == "and":
                    test(context, operand, onward, when_false)
                else:
                    test(context, operand, when_true, onward)
                context.graph.place(onward)
            test(context, operands[-1], when_true, when_false)
        case CompareExpression() if len(e.operands) > 2 and _local(context, e) is None:
            _chain(context, e, when_true, when_false)
        case QuantifierExpression(kind="all" | "any") if not isinstance(e.domain, PoolType):
            _search(context, e, when_true, when_false)
        case _:
            decided = context.fold(plain(_value(context, e), e.type))
            if may_fail(decided):
                decided = context.settled(decided, BOOL, e.span)
            _decide(context, decided, e, when_true, when_false)


def _decide(context: Context, decided: Expr, e: Expression, when_true: Label, when_false: Label) -> None:
    if isinstance(decided, Const):
        context.graph.jump(when_true if decided.value else when_false)
    else:
        context.graph.branch(Branch(decided), when_true, when_false, e.span)


def _local(context: Context, e: Expression) -> Expr | None:
    """The expression as it stands, if evaluating it touches nothing but locals and constants."""
    if any(not isinstance(part, _PLAIN) for part in parts(e)):
        return None
    expression = one_step(context).expression(e)
    return None if reads_state(expression, context.known) else expression


_PLAIN = (
    Literal_,
    LocalUse,
    StateUse,
    NotExpression,
    BinaryExpression,
    CompareExpression,
    LogicExpression,
    ConditionalExpression,
    QuantifierExpression,
)


def parts(e: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    yield e
    inner: tuple[Expression | None, ...] = ()
    match e:
        case StateUse(indices=inner):
            pass
        case NotExpression(operand):
            inner = (operand,)
        case BinaryExpression(left=left, right=right):
            inner = (left, right)
        case CompareExpression(operands=inner) | LogicExpression(operands=inner):
            pass
        case ConditionalExpression(test=first, then=then, other=other):
            inner = (first, then, other)
        case QuantifierExpression(condition=condition, body=body):
            inner = (condition, body)
        case CallExpression(arguments=inner):
            pass
        case PrimitiveExpression(target=target, arguments=arguments):
            inner = (target, *arguments)
        case ChooseExpression(condition=condition):
            inner = (condition,)
    for part in inner:
        if part is not None:
            yield from parts(part)


def _load(context: Context, e: StateUse) -> Expr:
    access = place(context, e)
    if e.variable in context.known.constant:
        return context.fold(access)
    slot = context.graph.local("", e.type, context.scope.procedure)
    context.graph.emit(Load(slot, access), e.span)
    return Local(slot, e.type)


def _choose(context: Context, e: ChooseExpression) -> Expr:
    step = one_step(context)
    bound = step.slot() if e.variable is None else step.bind(e.variable)
    condition = None if e.condition is None else step.expression(e.condition)
    slot = context.graph.local("", e.type, context.scope.procedure)
    name = "" if e.variable is None else e.variable.name
    context.graph.emit(Choose(slot, e.domain, bound, condition, name), e.span)
    return Local(slot, e.type)


def _as_value(context: Context, e: Expression) -> Expr:
    """A short-circuiting Boolean expression whose value is wanted: the branches store it."""
    slot = context.graph.local("", BOOL, context.scope.procedure)
    when_true, when_false, done = Label(), Label(), Label()
    test(context, e, when_true, when_false)
    for label, result in ((when_true, 1), (when_false, 0)):
        context.graph.place(label)
        context.graph.emit(Assign(slot, Const(result, BOOL)), e.span)
        context.graph.jump(done)
    context.graph.place(done)
    return Local(slot, BOOL)


def _conditional(context: Context, e: ConditionalExpression) -> Expr:
    slot = context.graph.local("", e.type, context.scope.procedure)
    when_true, when_false, done = Label(), Label(), Label()
    covered_test(context, e.test, when_true, when_false)
    for label, outcome, branch in ((when_true, "true", e.then), (when_false, "false", e.other)):
        context.graph.place(label)
        context.graph.mark(outcome_key(outcome, e.test))
        result = value(context, branch)
        context.graph.emit(Assign(slot, coerced(result, branch.type, e.type)), e.span)
        context.graph.jump(done)
    context.graph.place(done)
    return Local(slot, e.type)


def covered_test(context: Context, e: Expression, when_true: Label, when_false: Label) -> None:
    """A test of if, while or a conditional expression: coverage asks for both outcomes, unless constants decide it."""
    before = len(context.graph.drafts)
    test(context, e, when_true, when_false)
    if when_true.waiting and when_false.waiting and len(context.graph.drafts) > before:
        context.tests.add((e.span.file, e.span.line, e.span.column))


def outcome_key(outcome: str, e: Expression) -> tuple[str, str, int, int]:
    """The coverage point of a test's outcome."""
    return (outcome, e.span.file, e.span.line, e.span.column)


def _chain(context: Context, e: CompareExpression, when_true: Label, when_false: Label) -> None:
    left, left_type = value(context, e.operands[0]), e.operands[0].type
    for operator, operand in zip(e.operators, e.operands[1:], strict=True):
        right = value(context, operand)
        if operator in ("==", "!="):
            link = context.fold(Compare(operator, left, right))
        else:
            ordered = (plain(left, left_type), plain(right, operand.type))
            link = context.fold(Compare(operator, *ordered))
            link = context.settled(link, BOOL, operand.span) if may_fail(link) else link
        onward = Label()
        _decide(context, link, operand, onward, when_false)
        context.graph.place(onward)
        left, left_type = right, operand.type
    context.graph.jump(when_true)


def _search(context: Context, e: QuantifierExpression, when_true: Label, when_false: Label) -> None:
    """all and any: the values one after another, until one decides."""
    for element in finite_values(e.domain):
        onward = Label()
        with context.bound(e.variable, Const(element, e.domain)):
            if e.condition is not None:
                body = Label()
                test(context, e.condition, body, onward)
                context.graph.place(body)
            if e.kind == "all":
                test(context, e.body, onward, when_false)
            else:
                test(context, e.body, when_true, onward)
        context.graph.place(onward)
    context.graph.jump(when_true if e.kind == "all" else when_false)


def _sum(context: Context, e: QuantifierExpression) -> Expr:
    """The values are added one after another; each partial sum is a local of its own, of the range it can have."""
    total: Expr = Const(0, RangeType(0, 0))
    for element in finite_values(e.domain):
        skipped, done = Label(), Label()
        with context.bound(e.variable, Const(element, e.domain)):
            if e.condition is not None:
                body = Label()
                test(context, e.condition, body, skipped)
                context.graph.place(body)
            added = Arithmetic("+", total, _plain(context, e.body))
        bounds = [interval(added), *([interval(total)] if e.condition is not None else [])]
        kind = RangeType(min(b[0] for b in bounds if b is not None), max(b[1] for b in bounds if b is not None))
        slot = context.graph.local("", kind, context.scope.procedure)
        context.graph.emit(Assign(slot, added), e.span)
        if e.condition is not None:
            context.graph.jump(done)
            context.graph.place(skipped)
            context.graph.emit(Assign(slot, total), e.span)
            context.graph.place(done)
        total = Local(slot, kind)
    return total
