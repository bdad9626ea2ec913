# SPDX-License-Identifier: GPL-2.0-only
"""Statements: jumps, loops, `with` and its ways out, and calls, which are inlined."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dfsrace.language.lowering.constants import known_value
from dfsrace.language.lowering.context import Context, OpenWith, Scope, coerced, plain
from dfsrace.language.lowering.graph import Label, Position
from dfsrace.language.lowering.primitives import WITH_CALLS
from dfsrace.language.lowering.values import covered_test, one_step, outcome_key, place, value
from dfsrace.language.typed import (
    AssertStatement,
    AssignStatement,
    CallExpression,
    ExpressionStatement,
    ForStatement,
    IfStatement,
    JumpStatement,
    LocalDeclaration,
    Procedure,
    ReturnStatement,
    Statement,
    WaitStatement,
    WhileStatement,
    WithStatement,
)
from dfsrace.system.expressions import Arithmetic, Checked, Const, Expr, Local, Read
from dfsrace.system.intervals import interval
from dfsrace.system.program import (
    Assert,
    Assign,
    AtomicBegin,
    Frame,
    Load,
    LockOperation,
    Store,
    Wait,
)
from dfsrace.system.types import NONE, LockType, RangeType, finite_values


@dataclass(frozen=True, slots=True)
class Ways:
    """Where return, break and continue go, and how many `with` were open there."""

    end: Label
    end_depth: int
    result: Local | None = None
    leave: Label | None = None
    again: Label | None = None
    loop_depth: int = 0


def block(context: Context, statements: tuple[Statement, ...], ways: Ways) -> None:
    """Lowers statements one after another."""
    for s in statements:
        if not context.graph.reachable:
            return
        context.graph.position = replace(context.graph.position, span=s.span, text=s.text)
        context.graph.settle()
        context.graph.mark(("statement", s.span.file, s.span.line, 0))
        _statement(context, s, ways)


def _statement(context: Context, s: Statement, ways: Ways) -> None:
    match s:
        case AssignStatement():
            _assign(context, s)
        case IfStatement():
            _if(context, s, ways)
        case WhileStatement():
            _while(context, s, ways)
        case ForStatement():
            _for(context, s, ways)
        case WithStatement(lock=None):
            _atomic(context, s, ways)
        case WithStatement():
            _with(context, s, ways)
        case ReturnStatement():
            _return(context, s, ways)
        case JumpStatement(kind):
            target = {"break": ways.leave, "continue": ways.again}.get(kind)
            if target is not None:
                context.leave(target, ways.loop_depth)
        case AssertStatement(condition, message):
            step = one_step(context)
            test = step.expression(condition)
            context.graph.emit(Assert(test, None if message is None else step.message(message)))
        case WaitStatement(condition):
            context.graph.emit(Wait(one_step(context).expression(condition)))
        case ExpressionStatement(e):
            value(context, e)


def _assign(context: Context, s: AssignStatement) -> None:
    if isinstance(s.target, LocalDeclaration):
        target = context.declared(s.target)
        assert isinstance(target, Local)
        result, kind = value(context, s.value), s.value.type
        if s.operator is not None:
            result, kind = Arithmetic(s.operator, plain(target, s.target.type), plain(result, kind)), NONE
        context.graph.emit(Assign(target.slot, coerced(result, kind, s.target.type)), s.span)
        return
    cell = context.variables[s.target.variable].type
    if s.operator is None:
        result = value(context, s.value)
        access = place(context, s.target)
        context.graph.emit(Store(access, coerced(result, s.value.type, cell)), s.span)
        return
    access = _fixed(context, place(context, s.target))
    old = context.graph.local("", cell, context.scope.procedure)
    context.graph.emit(Load(old, access), s.target.span)
    changed = Arithmetic(s.operator, plain(Local(old, cell), cell), plain(value(context, s.value), s.value.type))
    low, high = interval(changed) or (0, 0)
    kind = RangeType(min(low, high), max(low, high))
    result = context.temporary(kind, changed, s.span)
    context.graph.emit(Store(access, coerced(result, kind, cell)), s.span)


def _fixed(context: Context, access: Read) -> Read:
    """The same cell, whatever the code does to the locals in its indices meanwhile."""
    indices = tuple(i if known_value(i, context.known) is not None else _copy(context, i) for i in access.indices)
    return Read(access.variable, indices, access.type)


def _copy(context: Context, index: Expr) -> Expr:
    """A copy of an index; where it may fail, the access checks it and the copy does not."""
    if not isinstance(index, Checked):
        return context.temporary(index.type, index)
    if isinstance(index.operand, Const):
        return index
    return Checked(context.temporary(index.operand.type, index.operand), index.type)


def _if(context: Context, s: IfStatement, ways: Ways) -> None:
    when_true, when_false, done = Label(), Label(), Label()
    covered_test(context, s.test, when_true, when_false)
    for label, outcome, body in ((when_true, "true", s.body), (when_false, "false", s.orelse)):
        context.graph.place(label)
        context.graph.mark(outcome_key(outcome, s.test))
        block(context, body, ways)
        context.graph.jump(done)
    context.graph.place(done)


def _while(context: Context, s: WhileStatement, ways: Ways) -> None:
    graph = context.graph
    head = graph.loop_head()
    assert head is not None
    body, done, leave, again = Label(), Label(), Label(), Label()
    covered_test(context, s.test, body, done)
    graph.place(body)
    graph.mark(outcome_key("true", s.test))
    block(context, s.body, replace(ways, leave=leave, again=again, loop_depth=len(context.open)))
    graph.jump_back(again, head)
    graph.place(done)
    graph.mark(outcome_key("false", s.test))
    graph.place(leave)


def _for(context: Context, s: ForStatement, ways: Ways) -> None:
    leave = Label()
    for element in finite_values(s.domain):
        again = Label()
        inner = replace(ways, leave=leave, again=again, loop_depth=len(context.open))
        with context.bound(s.variable, Const(element, s.domain)):
            block(context, s.body, inner)
        context.graph.place(again)
    context.graph.place(leave)


def _atomic(context: Context, s: WithStatement, ways: Ways) -> None:
    graph = context.graph
    if graph.atomic == 0:
        graph.emit(AtomicBegin())
    graph.atomic += 1
    block(context, s.body, ways)
    graph.settle()
    graph.atomic -= 1


def _with(context: Context, s: WithStatement, ways: Ways) -> None:
    assert s.lock is not None
    kind = context.variables[s.lock.variable].type
    assert isinstance(kind, LockType)
    take, release = WITH_CALLS[kind.kind, s.mode]
    access = _fixed(context, place(context, s.lock))
    graph = context.graph
    graph.emit(LockOperation(take, access), s.span, f"{take}({s.lock.text})")
    position = graph.position
    here, after = OpenWith(), Label()
    context.open.append(here)
    depth = len(context.open) - 1
    block(context, s.body, ways)
    context.leave(after, depth)
    context.open.pop()
    graph.position = position
    for target, arrival in here.ways_out.items():
        graph.place(arrival)
        graph.emit(LockOperation(release, access), s.span, f"{release}({s.lock.text})")
        if target is after:
            graph.jump(after)
        else:
            context.leave(target, _depth_of(target, ways))
    graph.place(after)


def _depth_of(target: Label, ways: Ways) -> int:
    return ways.end_depth if target is ways.end else ways.loop_depth


def _return(context: Context, s: ReturnStatement, ways: Ways) -> None:
    if s.value is not None:
        result = value(context, s.value)
        if ways.result is not None:
            fitting = coerced(result, s.value.type, ways.result.type)
            context.graph.emit(Assign(ways.result.slot, fitting), s.span)
    elif ways.result is not None:
        context.graph.emit(Assign(ways.result.slot, Const(None, ways.result.type)), s.span)
    context.leave(ways.end, ways.end_depth)


def inline(context: Context, e: CallExpression, procedure: Procedure) -> Expr:
    """Lowers a call: arguments by value, the body, the result in a local of its own."""
    graph = context.graph
    outer_scope, outer_position = context.scope, graph.position
    scope = Scope(procedure.name)
    for parameter, argument in zip(procedure.parameters, e.arguments, strict=True):
        given = coerced(value(context, argument), argument.type, parameter.type)
        if known_value(given, context.known) is not None and not parameter.assigned:
            scope.names[parameter] = given
            continue
        slot = graph.local(parameter.name, parameter.type, procedure.name)
        graph.emit(Assign(slot, given), argument.span)
        scope.names[parameter] = Local(slot, parameter.type)
    result = None
    if procedure.result is not None:
        result = Local(graph.local("", procedure.result, procedure.name), procedure.result)
    frame = Frame(procedure.name, e.span, e.text)
    context.scope = scope
    graph.position = Position(e.span, (*outer_position.stack, frame), e.text)
    end = Label()
    block(context, procedure.body, Ways(end, len(context.open), result))
    if result is not None and graph.reachable:
        graph.emit(Assign(result.slot, Const(None, result.type)))
    graph.place(end)
    graph.settle()
    context.scope, graph.position = outer_scope, outer_position
    return Const(None, NONE) if result is None else result
