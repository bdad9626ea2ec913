# SPDX-License-Identifier: GPL-2.0-only
"""Typing of statements."""

from __future__ import annotations

import ast
from typing import Literal

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.text import quoted
from dfsrace.language import refusals
from dfsrace.language.code_context import Context
from dfsrace.language.locals_of_code import local_target, summaries
from dfsrace.language.messages import string_text
from dfsrace.language.operators import ARITHMETIC, binary, not_an_integer, truth
from dfsrace.language.places import state_use
from dfsrace.language.primitives import arity
from dfsrace.language.type_names import domain, loop_variable
from dfsrace.language.type_rules import UNKNOWN, is_integer, with_article
from dfsrace.language.typed import (
    AllocExpression,
    AssertStatement,
    AssignStatement,
    CallExpression,
    ChooseExpression,
    Expression,
    ExpressionStatement,
    ForStatement,
    IfStatement,
    JumpStatement,
    LocalUse,
    PrimitiveExpression,
    ReturnStatement,
    Statement,
    StateUse,
    WaitStatement,
    WhileStatement,
    WithStatement,
)
from dfsrace.language.withs import lock_item
from dfsrace.system.types import LockType, OptionalType, type_text


def block(context: Context, body: list[ast.stmt]) -> tuple[Statement, ...]:
    """The statements typed; those that were reported are left out."""
    typed = [_statement(context, node) for node in body]
    return tuple(s for s in typed if s is not None)


def one_line(body: tuple[Statement, ...]) -> str:
    """The block on one line, for headings."""
    return "; ".join(_on_one_line(s) for s in body)


def _on_one_line(s: Statement) -> str:
    match s:
        case IfStatement(body=body, orelse=orelse):
            return f"{s.text}: {one_line(body)}" + (f"; else: {one_line(orelse)}" if orelse else "")
        case WhileStatement(body=body) | ForStatement(body=body) | WithStatement(body=body):
            return f"{s.text}: {one_line(body)}"
    return s.text


def _statement(context: Context, node: ast.stmt) -> Statement | None:
    match node:
        case ast.Assign() | ast.AnnAssign():
            return _assign(context, node)
        case ast.AugAssign():
            return _augmented(context, node)
        case ast.If():
            return _if(context, node)
        case ast.While():
            return _while(context, node)
        case ast.For():
            return _for(context, node)
        case ast.With():
            return _with(context, node)
        case ast.Return():
            return _return(context, node)
        case ast.Pass() | ast.Break() | ast.Continue():
            return _jump(context, node)
        case ast.Assert():
            return _assert(context, node)
        case ast.Expr():
            return _expression(context, node)
    context.refuse(node)
    return None


def _header(context: Context, node: ast.stmt, last: ast.expr) -> Span:
    """The place of a compound statement's first line."""
    return context.text.span(node, last)


# ---- assignments


def _assign(context: Context, node: ast.Assign | ast.AnnAssign) -> Statement | None:
    note = node.annotation if isinstance(node, ast.AnnAssign) else None
    if isinstance(node, ast.Assign) and len(node.targets) > 1:
        context.refuse(node, "several targets in one assignment", "write one assignment for each")
        return None
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if node.value is None:
        message = f"{quoted(context.source(target))} is declared without a value"
        context.error("DR534", node, message, help="give it its first value: `name: Type = value`")
        return None
    if isinstance(target, ast.Tuple | ast.List | ast.Starred):
        context.refuse(target, "a tuple target", "write one assignment for each value")
        return None
    value = context.value(node.value)
    if isinstance(target, ast.Name) and target.id not in context.names.scalars:
        local = local_target(context, target, value, note, node.value)
        if local is None or value is None:
            return None
        return AssignStatement(local, None, value, context.span(node), context.source(node))
    cell = _cell(context, target)
    if note is not None:
        context.error("DR534", note, "only a local is annotated", help="its type stands in the section `state`")
        return None
    if cell is None or value is None:
        return None
    if not context.accepts(cell.type, value, node.value, f"{quoted(cell.text)} takes"):
        return None
    return AssignStatement(cell, None, value, context.span(node), context.source(node))


def _cell(context: Context, node: ast.expr) -> StateUse | None:
    """The cell that is stored to; None after a diagnostic."""
    if isinstance(node, ast.Name) and node.id in context.scope.bound:
        local_target(context, node, None, None, None)
        return None
    cell = state_use(context, node)
    if cell is not None and isinstance(cell.type, LockType):
        message = f"{quoted(cell.text)} is {with_article(cell.type)}, which is not assigned"
        context.error("DR533", node, message, help=f"take it with the operations of a {cell.type.kind}")
        return None
    return cell


def _augmented(context: Context, node: ast.AugAssign) -> Statement | None:
    operator = ARITHMETIC.get(type(node.op))
    if operator is None:
        name, help = refusals.OPERATORS[refusals.node_name(node.op)]
        context.refuse(node, name, help)
        return None
    target = node.target
    is_local = isinstance(target, ast.Name) and target.id not in context.names.scalars
    old = context.value(target) if is_local else _cell(context, target)
    value = context.value(node.value)
    if old is None:
        return None
    if not is_integer(old.type):
        not_an_integer(context, target, old.type, f"{operator}=")
        return None
    if value is None:
        return None
    if not is_integer(value.type):
        not_an_integer(context, node.value, value.type, f"{operator}=")
        return None
    if binary(context, node, operator, old, value) is None:
        return None
    if isinstance(old, StateUse):
        return AssignStatement(old, operator, value, context.span(node), context.source(node))
    if not isinstance(old, LocalUse) or not isinstance(target, ast.Name):
        assert isinstance(target, ast.Name)
        local_target(context, target, value, None, node.value)
        return None
    local = local_target(context, target, value, None, node.value)
    if local is None:
        return None
    return AssignStatement(local, operator, value, context.span(node), context.source(node))


# ---- compound statements


def _if(context: Context, node: ast.If) -> Statement | None:
    word = "elif" if context.text.starts_with(node, "elif") else "if"
    test = truth(context, node.test, f"the test of {word}")
    body, orelse = block(context, node.body), block(context, node.orelse)
    if test is None:
        return None
    return IfStatement(test, body, orelse, _header(context, node, node.test), f"{word} {context.source(node.test)}")


def _no_else(context: Context, node: ast.While | ast.For) -> None:
    if node.orelse:
        what = "while" if isinstance(node, ast.While) else "for"
        span = context.text.span(node.orelse[0])
        context.error(
            "DR406",
            span,
            f"the model language has no else on a {what} loop",
            help="set a local before break, and test it",
        )
        block(context, node.orelse)


def _while(context: Context, node: ast.While) -> Statement | None:
    test = truth(context, node.test, "the test of while")
    context.loops += 1
    body = block(context, node.body)
    context.loops -= 1
    _no_else(context, node)
    if test is None:
        return None
    return WhileStatement(test, body, _header(context, node, node.test), f"while {context.source(node.test)}")


def _for(context: Context, node: ast.For) -> Statement | None:
    values = domain(context, node.iter, "looped over", pools=False)
    # A name that only the loop's own body assigns is reported there.
    own = frozenset(summaries(context.text, node.body))
    variable = loop_variable(context, node.target, UNKNOWN if values is None else values, own)
    context.loops += 1
    if variable is None:
        body = block(context, node.body)
    else:
        with context.scope.binding(variable):
            body = block(context, node.body)
    context.loops -= 1
    _no_else(context, node)
    if values is None or variable is None:
        return None
    text = f"for {context.source(node.target)} in {context.source(node.iter)}"
    return ForStatement(variable, values, body, _header(context, node, node.iter), text)


def _with(context: Context, node: ast.With) -> Statement | None:
    item = node.items[0]
    found = None
    if len(node.items) > 1:
        message = "the model language has no `with` over several locks"
        context.error(
            "DR407",
            context.text.span(item.context_expr, node.items[-1].context_expr),
            message,
            help="nest one `with` in another",
        )
    elif item.optional_vars is not None:
        context.error(
            "DR407", item.optional_vars, "the model language has no `with ... as`", help="leave out `as` and the name"
        )
    else:
        found = lock_item(context, item.context_expr)
    body = block(context, node.body)
    if found is None:
        return None
    lock, mode = found
    text = f"with {context.source(item.context_expr)}"
    return WithStatement(lock, mode, body, _header(context, node, item.context_expr), text)


# ---- simple statements


def _return(context: Context, node: ast.Return) -> Statement | None:
    scope, text = context.scope, context.source(node)
    value = None if node.value is None else context.value(node.value)
    if not scope.may_return:
        context.error(
            "DR408", node, "return outside a procedure", help="end the block with if and else, or call a procedure"
        )
        return None
    if node.value is None:
        if scope.result is not None and not isinstance(scope.result, OptionalType):
            wanted = type_text(scope.result)
            message = f"{scope.procedure} gives {wanted}, but return has no value here"
            context.error("DR546", node, message, allowed=[f"return {wanted}"], help="return a value")
            return None
        return ReturnStatement(None, context.span(node), text)
    if scope.result is None:
        message = f"{scope.procedure} has no result, but returns {quoted(context.source(node.value))}"
        context.error("DR546", node.value, message, help=f"declare it: def {scope.procedure}(...) -> Type:")
        return None
    if value is None or not context.accepts(scope.result, value, node.value, f"{scope.procedure} gives"):
        return None
    return ReturnStatement(value, context.span(node), text)


def _jump(context: Context, node: ast.Pass | ast.Break | ast.Continue) -> Statement | None:
    kinds: dict[type[ast.stmt], Literal["break", "continue", "pass"]] = {ast.Pass: "pass", ast.Break: "break"}
    kind = kinds.get(type(node), "continue")
    if kind != "pass" and context.loops == 0:
        context.error("DR408", node, f"{kind} outside a loop", help="only while and for have it")
        return None
    return JumpStatement(kind, context.span(node), kind)


def _assert(context: Context, node: ast.Assert) -> Statement | None:
    with context.within("an assert"):
        condition = truth(context, node.test, "the condition of assert")
        message = None if node.msg is None else string_text(context, node.msg)
    if condition is None or (node.msg is not None and message is None):
        return None
    return AssertStatement(condition, message, context.span(node), f"assert {context.source(node.test)}")


def _expression(context: Context, node: ast.Expr) -> Statement | None:
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "wait_event":
        return _wait(context, node, value)
    if not isinstance(value, ast.Call):
        _no_effect(context, value)
        return None
    typed = context.typer(context, value)
    if typed is None:
        return None
    if not isinstance(typed, CallExpression | PrimitiveExpression | AllocExpression | ChooseExpression):
        _no_effect(context, value)
        return None
    return ExpressionStatement(typed, context.span(node), context.source(node))


def _no_effect(context: Context, node: ast.expr) -> None:
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool | int | None):
        context.refuse(node, *refusals.constant_refusal(node.value))
        return
    if refusals.node_name(node) in refusals.EXPRESSIONS:
        context.refuse(node)
        return
    message = f"{quoted(context.source(node))} does nothing as a statement"
    help = (
        "write == in a test, = in an assignment" if isinstance(node, ast.Compare) else "use its value, or leave it out"
    )
    counted = _counted(node)
    if counted is not None:
        operator, operand = counted
        help = f"write `{context.source(operand)} {operator}= 1`"
    elif isinstance(node, ast.Name) and node.id in context.names.procedures:
        help = f"call it: {node.id}(...)"
    context.error("DR409", node, message, help=help)


def _counted(node: ast.expr) -> tuple[str, ast.expr] | None:
    """`++x` and `--x` of C, which Python reads as two signs: `+` or `-`, and x."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.UnaryOp):
        signs = type(node.op), type(node.operand.op)
        if signs in ((ast.UAdd, ast.UAdd), (ast.USub, ast.USub)):
            return "+" if signs[0] is ast.UAdd else "-", node.operand.operand
    return None


def _wait(context: Context, node: ast.Expr, call: ast.Call) -> Statement | None:
    if call.keywords or any(isinstance(a, ast.Starred) for a in call.args):
        help = "write wait_event(condition)"
        if call.keywords and call.keywords[0].arg and not call.args:
            first = call.keywords[0]
            help = f"write `{first.arg} == {context.source(first.value)}` to compare"
        context.error("DR404", call, "the model language has no keyword or star arguments", help=help)
        return None
    if not arity(context, call, "wait_event", ("condition",)):
        return None
    with context.within("the condition of wait_event"):
        condition: Expression | None = truth(context, call.args[0], "the condition of wait_event")
    if condition is None:
        return None
    return WaitStatement(condition, context.span(node), context.source(node))
