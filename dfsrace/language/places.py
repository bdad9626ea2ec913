# SPDX-License-Identifier: GPL-2.0-only
"""State variables in code: scalars, arrays and fields, with their indices."""

from __future__ import annotations

import ast

from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.type_rules import UNKNOWN, same, with_article
from dfsrace.language.typed import Expression, StateUse
from dfsrace.system.types import NamedType, PoolType, RangeType, Type, base_of, type_text


def state_use(context: Context, node: ast.expr) -> StateUse | None:
    """The cell that an expression names, a lock too; None after a diagnostic."""
    base, subscripts = _unwound(node)
    if isinstance(base, ast.Name):
        index = _array(context, base, subscripts)
        given: list[Expression] = []
    elif isinstance(base, ast.Attribute):
        found = _field(context, base)
        if found is None:
            return None
        index, owner = found
        given = [owner]
    else:
        what = quoted(context.source(base))
        context.error(
            "DR504", base, f"{what} is no state variable, so it has no elements", help="name an array of the state"
        )
        return None
    if index is None:
        return None
    indices = _indices(context, node, index, subscripts, given)
    if indices is None:
        return None
    return StateUse(index, indices, context.names.variable(index).type, context.span(node), context.source(node))


def _unwound(node: ast.expr) -> tuple[ast.expr, list[ast.expr]]:
    """`a[i][j]` as `a` and its subscripts, first one first."""
    subscripts: list[ast.expr] = []
    while isinstance(node, ast.Subscript):
        subscripts.insert(0, node.slice)
        node = node.value
    return node, subscripts


def _array(context: Context, node: ast.Name, subscripts: list[ast.expr]) -> int | None:
    index = context.names.scalars.get(node.id)
    if context.scope.find(node.id) is None and index is not None:
        return index
    if context.scope.find(node.id):
        what: str | None = "a local"
    else:
        what = context.names.kind(node.id)
    arrays = [n for n, place in context.names.scalars.items() if context.names.variable(place).dimensions]
    if what is None:
        context.unknown("DR501", node, f"there is no state variable {quoted(node.id)}", list(context.names.scalars))
    else:
        help = (
            "only arrays of the section `state` are indexed" if subscripts else "name a variable of the section `state`"
        )
        context.error("DR504", node, f"{quoted(node.id)} is {what}, no array", help=help, allowed=sorted(arrays))
    return None


def _field(context: Context, node: ast.Attribute) -> tuple[int, Expression] | None:
    """The field's variable and the value that has it."""
    if isinstance(node.value, ast.Name) and _is_type(context, node.value.id):
        message = f"{quoted(node.value.id)} is a type: a field belongs to a value of it"
        context.error("DR502", node, message, help=f"write value.{node.attr}, for some value of type {node.value.id}")
        return None
    owner = context.value(node.value)
    if owner is None or owner.type == UNKNOWN:
        return None
    kind = base_of(owner.type)
    candidates = [i for i in context.names.fields.get(node.attr, ()) if _owns(context, i, kind)]
    if len(candidates) > 1:
        named = [i for i in candidates if context.names.variable(i).name == f"{type_text(kind)}.{node.attr}"]
        equal = [i for i in candidates if context.names.variable(i).owner == kind]
        candidates = named or (equal if len(equal) == 1 else candidates)
    if len(candidates) == 1:
        return candidates[0], owner
    if candidates:
        names = sorted(context.names.variable(i).name for i in candidates)
        message = f"{quoted(context.source(node))} may be any of {', '.join(names)}"
        context.error("DR502", node, message, help="pass the base as a parameter or local of the type that is meant")
        return None
    _no_field(context, node, kind)
    return None


def _is_type(context: Context, name: str) -> bool:
    return name in context.names.types and context.scope.find(name) is None


def _owns(context: Context, index: int, kind: Type) -> bool:
    owner = context.names.variable(index).owner
    if isinstance(owner, RangeType) and isinstance(kind, RangeType):
        return True
    return owner is not None and same(owner, kind)


def _no_field(context: Context, node: ast.Attribute, kind: Type) -> None:
    fields = sorted(n for n, places in context.names.fields.items() if any(_owns(context, i, kind) for i in places))
    base = quoted(context.source(node.value))
    if not isinstance(kind, NamedType | PoolType | RangeType) and not fields:
        context.error("DR502", node, f"{base} is {with_article(kind)}, which has no fields")
        return
    message = f"{type_text(kind)} has no field {quoted(node.attr)}"
    owners = sorted({context.names.variable(i).name for i in context.names.fields.get(node.attr, ())})
    if owners:
        context.error(
            "DR502", node, message, allowed=fields, help=f"there is {', '.join(owners)}; {base} is {with_article(kind)}"
        )
    else:
        context.unknown("DR502", node, message, fields)


def _indices(
    context: Context, node: ast.expr, index: int, subscripts: list[ast.expr], given: list[Expression]
) -> tuple[Expression, ...] | None:
    """All indices, typed and fitting; None after a diagnostic."""
    variable = context.names.variable(index)
    wanted = variable.dimensions[len(given) :]
    name = variable.name.split(".")[-1]
    for part in subscripts:
        if isinstance(part, ast.Tuple):
            context.refuse(part, "a tuple as index", f"write {name}[i][j]")
            return None
    if len(subscripts) != len(wanted):
        _wrong_count(context, node, index, len(subscripts))
        for part in subscripts:
            context.value(part)
        return None
    typed = [context.value(part) for part in subscripts]
    complete = True
    for part, value, dimension in zip(subscripts, typed, wanted, strict=True):
        if value is None or not context.accepts(dimension, value, part, f"{variable.name} is indexed by"):
            complete = False
    if not complete:
        return None
    return (*given, *(value for value in typed if value is not None))


def _wrong_count(context: Context, node: ast.expr, index: int, given: int) -> None:
    variable = context.names.variable(index)
    dimensions = variable.dimensions if variable.owner is None else variable.dimensions[1:]
    shape = f"{variable.name}{''.join(f'[{type_text(d)}]' for d in dimensions)}"
    if not dimensions:
        message = f"{quoted(variable.name)} is no array, but has {given} {_indexes(given)} here"
    elif given == 0:
        message = f"{quoted(variable.name)} is an array: an element needs {len(dimensions)} {_indexes(len(dimensions))}"
    else:
        message = f"{quoted(variable.name)} has {len(dimensions)} {_indexes(len(dimensions))}, not {given}"
    context.error("DR504", node, message, allowed=[shape])


def _indexes(count: int) -> str:
    return "index" if count == 1 else "indices"
