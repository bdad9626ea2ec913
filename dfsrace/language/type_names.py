# SPDX-License-Identifier: GPL-2.0-only
"""Types as code names them: annotations, the domains of loops and quantifiers, and the variables that they bind."""

from __future__ import annotations

import ast

from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.names import LOCK_TYPES
from dfsrace.language.typed import LocalDeclaration
from dfsrace.system.types import NONE, LockType, OptionalType, PoolType, StampType, Type, type_text

_RANGE = "declare a range under types: `Name: LOW..HIGH`"


def annotation(context: Context, node: ast.expr) -> Type | None:
    """The type of a parameter, result or local: a name, or `T | None`; None after a diagnostic."""
    if isinstance(node, ast.Constant) and node.value is None:
        return NONE
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _optional(context, node)
    if not isinstance(node, ast.Name):
        context.error(
            "DR520", node, f"{quoted(context.source(node))} is no type", help=f"write a type's name; {_RANGE}"
        )
        return None
    return named(context, node)


def _optional(context: Context, node: ast.BinOp) -> Type | None:
    left, right = node.left, node.right
    if isinstance(left, ast.Constant) and left.value is None:
        left, right = right, left
    if not (isinstance(right, ast.Constant) and right.value is None):
        message = f"{quoted(context.source(node))} is no type"
        context.error("DR520", node, message, help="only None may stand beside a type: `T | None`")
        return None
    base = annotation(context, left)
    if base is None or isinstance(base, OptionalType):
        return base
    if base == NONE or isinstance(base, LockType):
        context.error("DR520", node, f"{quoted(context.source(node))} is no type", help="write `T | None`")
        return None
    return OptionalType(base)  # type: ignore[arg-type]


def named(context: Context, node: ast.Name) -> Type | None:
    """The type of this name; None after a diagnostic."""
    kind = context.names.types.get(node.id)
    if kind is not None:
        return kind
    name = quoted(node.id)
    if node.id in LOCK_TYPES:
        help = "locks are state: declare it in the section `state`"
        context.error("DR521", node, f"a local or parameter cannot be a lock, as {name} is", help=help)
    elif node.id in ("int", "float", "str"):
        context.error(
            "DR520", node, f"there is no type {name} in code", help=_RANGE, allowed=sorted(context.names.types)
        )
    elif context.scope.find(node.id) or context.names.kind(node.id):
        what = "a local" if context.scope.find(node.id) else context.names.kind(node.id)
        context.error("DR520", node, f"{name} is {what}, no type", allowed=sorted(context.names.types))
    else:
        context.unknown("DR520", node, f"there is no type {name}", list(context.names.types))
    return None


def domain(context: Context, node: ast.expr, verb: str, *, pools: bool, absent: bool = False) -> Type | None:
    """The type whose values are meant: a range, named values or bool; a pool if `pools`, `T | None` if `absent`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        context.error("DR520", node, "there is no range() here", help=_RANGE, allowed=_loopable(context))
        return None
    kind = annotation(context, node)
    if kind is None:
        return None
    if isinstance(kind, PoolType):
        if pools:
            return kind
        message = f"{type_text(kind)} is a pool, which has no order and no fixed values: it cannot be {verb}"
        help = f"ask any(... for x in {type_text(kind)}), or choose one"
        context.error("DR522", node, message, help=help)
        return None
    if isinstance(kind, OptionalType) and absent and not isinstance(kind.base, PoolType | StampType):
        return kind
    if isinstance(kind, OptionalType | StampType) or kind == NONE:
        message = f"{quoted(type_text(kind))} has no list of values: it cannot be {verb}"
        help = (
            "a stamp is only copied, compared and renewed"
            if isinstance(kind, StampType)
            else "use the type without None"
        )
        context.error("DR522", node, message, help=help)
        return None
    return kind


def _loopable(context: Context) -> list[str]:
    types = context.names.types.items()
    return sorted(name for name, kind in types if not isinstance(kind, PoolType | StampType | OptionalType))


def loop_variable(
    context: Context, node: ast.expr, kind: Type, own: frozenset[str] = frozenset()
) -> LocalDeclaration | None:
    """The new name of a for or quantifier; None after a diagnostic. `own`: names that its body assigns."""
    if not isinstance(node, ast.Name):
        what = "a tuple target" if isinstance(node, ast.Tuple | ast.List) else "a loop variable that is no name"
        context.refuse(node, what, "write one new name after `for`; nest the loops")
        return None
    if hides(context, node):
        return None
    scope = context.scope
    if node.id in scope.bound or node.id in scope.locals or node.id in scope.assigned.keys() - own:
        local = scope.find(node.id)
        what = "a loop variable" if node.id in scope.bound else "a parameter" if _is_parameter(local) else "a local"
        notes = [(local.span, "here")] if local else []
        message = f"{quoted(node.id)} is {what} already"
        context.error("DR532", node, message, help="a loop's variable is a new name: choose another", notes=notes)
        return None
    return LocalDeclaration(node.id, kind, "loop", context.span(node))


def _is_parameter(local: LocalDeclaration | None) -> bool:
    return local is not None and local.role == "parameter"


def hides(context: Context, node: ast.Name) -> bool:
    """True, with a diagnostic, if the new name would hide one of the model's."""
    what = context.names.kind(node.id)
    if what is None:
        return False
    context.error("DR532", node, f"{quoted(node.id)} is {what} already", help="choose another name")
    return True
