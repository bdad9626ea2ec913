# SPDX-License-Identifier: GPL-2.0-only
"""Locals: found by a first look at a body, typed by their first assignment or annotation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.python_syntax import CodeText
from dfsrace.language.scopes import LocalSummary
from dfsrace.language.type_names import annotation
from dfsrace.language.type_rules import UNKNOWN, is_integer, same, with_article
from dfsrace.language.typed import Expression, LocalDeclaration
from dfsrace.system.types import NoneType, OptionalType, RangeType, Type, base_of, type_text


def summaries(text: CodeText, body: list[ast.stmt]) -> dict[str, LocalSummary]:
    """Every name that a body assigns, in the order of the text."""
    found: dict[str, LocalSummary] = {}
    for target, annotated in _targets(body):
        summary = found.setdefault(target.id, LocalSummary(text.span(target)))
        summary.assignments += 1
        summary.annotated |= annotated
    return found


def _targets(body: list[ast.stmt]) -> Iterator[tuple[ast.Name, bool]]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name() as target]) | ast.AugAssign(target=ast.Name() as target):
                yield target, False
            case ast.AnnAssign(target=ast.Name() as target):
                yield target, True
            case ast.If(body=inner, orelse=orelse) | ast.While(body=inner, orelse=orelse):
                yield from _targets(inner)
                yield from _targets(orelse)
            case ast.For(body=inner) | ast.With(body=inner):
                yield from _targets(inner)


def local_target(
    context: Context, node: ast.Name, value: Expression | None, note: ast.expr | None, given: ast.expr | None
) -> LocalDeclaration | None:
    """The local that an assignment stores to, declared if it is the first; None after a diagnostic.

    `value`: what is stored, None where that has been reported; `note`: the annotation; `given`: the value's node.
    """
    if not _may_assign(context, node):
        return None
    local = context.scope.locals.get(node.id)
    if local is not None:
        return _again(context, node, local, value, note, given)
    kind = _first_type(context, node, value, note)
    local = LocalDeclaration(node.id, UNKNOWN if kind is None else kind, "local", context.span(node))
    context.scope.locals[node.id] = local
    if kind is None or value is None or given is None:
        return None
    return local if context.accepts(kind, value, given, f"{quoted(node.id)} is declared as") else None


def _may_assign(context: Context, node: ast.Name) -> bool:
    if node.id in context.scope.bound:
        message = f"{quoted(node.id)} is the variable of a loop, which is never assigned"
        context.error("DR533", node, message, help="use a local of another name")
        return False
    what = context.names.kind(node.id)
    if what is None:
        return True
    if what in ("a state variable", "a procedure"):
        context.error("DR532", node, f"{quoted(node.id)} is {what} already", help="choose another name")
    else:
        context.error(
            "DR533", node, f"{quoted(node.id)} is {what}, which is never assigned", help="use a local of another name"
        )
    return False


def _first_type(context: Context, node: ast.Name, value: Expression | None, note: ast.expr | None) -> Type | None:
    """The type of a local by its first assignment; None after a diagnostic."""
    if note is not None:
        return annotation(context, note)
    if value is None:
        return None
    summary = context.scope.assigned[node.id]
    if isinstance(value.type, NoneType):
        message = f"{quoted(node.id)} is None at first, which does not say its type"
        context.error("DR530", node, message, help=f"write the type: `{node.id}: T | None = None`")
        return None
    if is_integer(value.type) and summary.assignments > 1:
        name = _range_name(context, value.type)
        message = f"{quoted(node.id)} is assigned integers more than once, so its range must be written"
        help = (
            f"write `{node.id}: {name} = …`"
            if name
            else f"declare a range under types, and write `{node.id}: Name = …`"
        )
        context.error("DR530", node, message, help=help)
        return None
    return value.type


def _range_name(context: Context, kind: Type) -> str:
    base = base_of(kind)
    if not isinstance(base, RangeType):
        return ""
    name = base.name if base.name in context.names.types else context.names.covering(base)
    return f"{name}{' | None' if isinstance(kind, OptionalType) else ''}" if name else ""


def _again(
    context: Context,
    node: ast.Name,
    local: LocalDeclaration,
    value: Expression | None,
    note: ast.expr | None,
    given: ast.expr | None,
) -> LocalDeclaration | None:
    if note is not None:
        notes = [(local.span, "assigned first here")]
        message = f"{quoted(node.id)} has a type already"
        context.error("DR534", note, message, help="write the annotation where it is first assigned", notes=notes)
        return None
    if local.type == UNKNOWN or value is None or given is None:
        return None
    if local.role == "parameter":
        local.assigned = True
    elif not _agrees(context, node, local, value):
        return None
    return local if context.accepts(local.type, value, given, f"{quoted(node.id)} is") else None


def _agrees(context: Context, node: ast.Name, local: LocalDeclaration, value: Expression) -> bool:
    """True if a later value is one of the local's type, or it was annotated."""
    if context.scope.assigned[node.id].annotated or isinstance(local.type, OptionalType):
        return True
    absent = isinstance(value.type, NoneType | OptionalType)
    if not absent or not (isinstance(value.type, NoneType) or same(base_of(value.type), local.type)):
        return True
    first = type_text(local.type)
    message = f"{quoted(node.id)} is {with_article(local.type)} at first, and may be None here"
    help = f"write `{node.id}: {first} | None = …` where it is first assigned (or `: {first}`, if it is never None)"
    context.error("DR530", node, message, help=help, notes=[(local.span, "assigned first here")])
    return False
