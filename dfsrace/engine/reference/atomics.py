# SPDX-License-Identifier: GPL-2.0-only
"""atomic_inc, atomic_dec, atomic_dec_and_test, xchg and cmpxchg in step functions."""

from __future__ import annotations

from dataclasses import replace

from dfsrace.engine.reference.path import Path
from dfsrace.engine.reference.renewing import Cell, ReferenceWriter
from dfsrace.system.program import Atomic
from dfsrace.system.types import INT, PoolType, Type, base_of

Argument = tuple[str, Type]


def write_atomic(writer: ReferenceWriter, path: Path, operation: Atomic) -> Path:
    """The path after the operation; leaving the cell's range is a violation."""
    path = writer.settle(path)
    cell = writer.cell(path, operation.access)
    arguments = [(writer.name(path, writer.value(path, a)), a.type) for a in operation.arguments]
    shift, width, kind = cell
    old = writer.name(path, writer.expressions.converter.loaded(writer.get(path, shift, width), kind))
    result, given = old, kind
    if operation.call == "xchg":
        path = _put(writer, path, cell, _fitting(writer, path, arguments[0], kind))
    elif operation.call == "cmpxchg":
        path = _compare_and_exchange(writer, path, cell, old, arguments)
    else:
        counted = writer.name(path, f"{old} {'+' if operation.call == 'atomic_inc' else '-'} 1")
        path = _put(writer, path, cell, _fitting(writer, path, (counted, INT), kind))
        if operation.call == "atomic_dec_and_test":
            result, given = f"({counted} == 0)", INT
    path = replace(path, drops=path.drops or isinstance(base_of(kind), PoolType))
    if operation.local is None:
        return path
    local = writer.thread.locals[operation.local].type
    source = writer.name(path, writer.expressions.converter.convert(result, given, local))
    return path.assigned(operation.local, source)


def _put(writer: ReferenceWriter, path: Path, cell: Cell, new: str) -> Path:
    shift, width, kind = cell
    return writer.put(path, shift, width, writer.expressions.converter.stored(new, kind, kind))


def _fitting(writer: ReferenceWriter, path: Path, argument: Argument, kind: Type) -> str:
    """A value that must fit in a cell of a type, as that represents it."""
    source = writer.expressions.checked(*argument, kind)
    return writer.name(path, writer.guarded(path, source, "null()" in source or "outside()" in source))


def _compare_and_exchange(writer: ReferenceWriter, path: Path, cell: Cell, old: str, arguments: list[Argument]) -> Path:
    kind, converter = cell[2], writer.expressions.converter
    chosen = writer.fresh("v")
    writer.emit(path, f"{chosen} = {old}")
    writer.emit(path, f"if {writer.expressions.compared('==', (old, kind), arguments[0])}:")
    inner = path.inner()
    new = _fitting(writer, inner, arguments[1], kind)
    writer.emit(inner, f"{chosen} = {new}")
    return writer.put(path, cell[0], cell[1], converter.stored(chosen, kind, kind))
