# SPDX-License-Identifier: GPL-2.0-only
"""The validity check that tests run after every stage: what a system promises to whoever reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dfsrace.system.cells import Cell, cell_name, cells_of
from dfsrace.system.expression_text import outermost_all
from dfsrace.system.lock_rules import must_be_released
from dfsrace.system.system import AUTOMATIC_PROPERTIES, System, Variable
from dfsrace.system.types import (
    BoolType,
    LockType,
    NamedType,
    PoolType,
    RangeType,
    StampType,
    Type,
    Value,
    admits,
    base_of,
    type_text,
)
from dfsrace.system.validate_code import code_problems
from dfsrace.system.validate_expressions import expression_problems, property_place


def problems(system: System) -> list[str]:
    """Every way in which a system breaks what `dfsrace.system` promises; empty if it is valid.

    Live locals are worked out again, not believed. A loop without a shared access is no problem of the system: it is
    the model's error, and found by who executes it.
    """
    found = [p for variable in system.variables for p in _variable_problems(variable)]
    found += _twice("variable", [v.name for v in system.variables])
    if not found:
        found += _initial_problems(system)
    found += _thread_problems(system)
    found += _property_problems(system)
    return found


def _twice(what: str, names: list[str]) -> list[str]:
    return [f"the {what} {name} is there {count} times" for name, count in Counter(names).items() if count > 1]


# ---- variables and their values


def _finite(kind: Type) -> bool:
    """True for a type with values that can be listed."""
    match base_of(kind):
        case RangeType(low, high):
            return low <= high
        case NamedType(values=values):
            return len(values) > 0
        case PoolType(size=size):
            return size > 0
        case BoolType():
            return True
    return False


def _variable_problems(variable: Variable) -> Iterator[str]:
    name = variable.name
    if variable.owner is not None and variable.dimensions[:1] != (variable.owner,):
        yield f"{name}: its owner {type_text(variable.owner)} is not its first dimension"
    for place, dimension in enumerate(variable.dimensions):
        if not _finite(dimension):
            yield f"{name}: {type_text(dimension)} cannot be a dimension"
        elif isinstance(base_of(dimension), PoolType) and (place > 0 or variable.owner is None):
            yield f"{name}: the pool {type_text(dimension)} is the index of an array"
    if isinstance(variable.type, LockType):
        yield from _lock_problems(variable, variable.type)
    elif not _finite(variable.type) and not isinstance(base_of(variable.type), StampType):
        yield f"{name}: {type_text(variable.type)} is no type of a cell"
    elif not admits(variable.type, variable.initial):
        yield f"{name}: the initial value {variable.initial} is not one of {type_text(variable.type)}"


def _lock_problems(variable: Variable, kind: LockType) -> Iterator[str]:
    if kind.kind != "semaphore":
        if variable.initial is not None:
            yield f"{variable.name}: a {kind.kind} with an initial value"
    elif variable.initial is None or not 0 <= variable.initial <= kind.maximum or kind.maximum < 1:
        yield f"{variable.name}: a semaphore that starts at {variable.initial}, of at most {kind.maximum}"


def _initial_problems(system: System) -> Iterator[str]:
    cells = cells_of(system)
    if not system.initial and system.exhausted is None:
        yield "there is no initial valuation"
    for number, initial in enumerate(system.initial):
        if len(initial.cells) != len(cells):
            yield f"initial valuation {number} has {len(initial.cells)} cells, not {len(cells)}"
            continue
        for cell, value in zip(cells, initial.cells, strict=True):
            problem = _initial_value(system, cell, value)
            if problem:
                yield f"initial valuation {number}: {cell_name(system, cell)} {problem}"


def _initial_value(system: System, cell: Cell, value: Value) -> str:
    variable = system.variables[cell.variable]
    forgotten = isinstance(variable.owner, PoolType) and isinstance(cell.type, StampType) and value is None
    if not forgotten and not admits(cell.type, value):
        return f"is {value}, not one of {type_text(cell.type)}"
    if isinstance(variable.type, LockType):
        held = must_be_released(variable.type.kind, cell.component) or cell.component == "waiting"
        if held and value not in ((None,) if cell.thread is None else (0,)):
            return "is held before any thread runs"
    return ""


# ---- threads and properties


def _thread_problems(system: System) -> Iterator[str]:
    if not system.threads:
        yield "there is no thread"
    yield from _twice("thread", [t.name for t in system.threads])
    checked: set[tuple[int, int, int]] = set()
    families: dict[str, int] = {}
    for place, thread in enumerate(system.threads):
        if thread.family is not None:
            first = system.threads[families.setdefault(thread.family, place)]
            shared = thread.nodes is first.nodes and thread.locals is first.locals
            if not shared or (thread.entry, thread.daemon) != (first.entry, first.daemon):
                yield f"thread {thread.name} is of the family {thread.family}, but its code is not {first.name}'s"
        key = (id(thread.nodes), id(thread.locals), thread.entry)
        if key not in checked:
            checked.add(key)
            yield from (f"thread {thread.name}: {problem}" for problem in code_problems(system, thread))


def _property_problems(system: System) -> Iterator[str]:
    yield from _twice("property", [p.name for p in system.properties])
    for prop in system.properties:
        if prop.name in AUTOMATIC_PROPERTIES:
            yield f"property {prop.name} has the name of an automatic one"
        if prop.kind == "reach" and prop.at_end:
            yield f"property {prop.name}: a reach at the end"
        if prop.at_end and all(thread.daemon for thread in system.threads):
            yield f"property {prop.name}: at the end of threads that are all daemons"
        if not isinstance(prop.condition.type, BoolType):
            yield f"property {prop.name} is {type_text(prop.condition.type)}, no Boolean"
        place = property_place(system)
        for problem in expression_problems(prop.condition, place):
            yield f"property {prop.name}: {problem}"
        for quantifier in outermost_all(prop.condition):
            place = place.binding(quantifier.slot, quantifier.domain)
        for part in () if prop.says is None else prop.says.parts:
            if not isinstance(part, str):
                yield from (f"property {prop.name} says: {p}" for p in expression_problems(part, place))
