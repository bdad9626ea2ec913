# SPDX-License-Identifier: GPL-2.0-only
"""Which variables no thread stores to, and folding of what is known before the model runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dfsrace.language.lowering.graph import Graph
from dfsrace.system.cells import cells_of_variable
from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Checked,
    Compare,
    Const,
    Expr,
    IfElse,
    Not,
    Or,
    Quantifier,
    Read,
    walk,
)
from dfsrace.system.program import Alloc, Atomic, LockOperation, Renew, Store
from dfsrace.system.system import Initial, Variable
from dfsrace.system.types import (
    BOOL,
    INT,
    LockType,
    PoolType,
    StampType,
    Type,
    Value,
    admits,
    base_of,
)


@dataclass(frozen=True, slots=True)
class Known:
    """`constant`: places of the variables that no thread stores to; `values`: (variable, position) -> value, where it

    is the same in all initial states. The empty Known holds for any code.
    """

    constant: frozenset[int] = frozenset()
    values: Mapping[tuple[int, tuple[Value, ...]], Value] = field(default_factory=dict)


def stored(graph: Graph) -> frozenset[int]:
    """Places of the variables that the code of this graph stores to, operates on or renews."""
    found = set()
    for draft in graph.drafts:
        operation = draft.operation
        if isinstance(operation, Store | LockOperation | Atomic | Renew):
            found.add(operation.access.variable)
    return frozenset(found)


def allocated(graphs: Iterable[Graph]) -> frozenset[PoolType]:
    """The pools that the code allocates from."""
    return frozenset(d.operation.pool for g in graphs for d in g.drafts if isinstance(d.operation, Alloc))


def learn(
    variables: tuple[Variable, ...],
    graphs: tuple[Graph, ...],
    by_setup: frozenset[int],
    initial: tuple[Initial, ...],
    threads: int,
) -> Known:
    """What holds of the variables given all code that threads may reach. `by_setup`: what setup stores to."""
    written: frozenset[int] = frozenset().union(*(stored(g) for g in graphs))
    pools = allocated(graphs)
    constant = set()
    values: dict[tuple[int, tuple[Value, ...]], Value] = {}
    offset = 0
    for index, variable in enumerate(variables):
        cells = cells_of_variable(index, variable, threads)
        reset = variable.owner in pools and (isinstance(variable.type, StampType) or index in by_setup)
        if index not in written and not reset:
            constant.add(index)
            if not isinstance(variable.type, LockType) and not isinstance(variable.owner, PoolType):
                columns = [{i.cells[offset + n] for i in initial} for n in range(len(cells))]
                if all(len(column) == 1 for column in columns):
                    values.update({(index, c.position): v for c, (v,) in zip(cells, columns, strict=True)})
        offset += len(cells)
    return Known(frozenset(constant), values)


def folded(expression: Expr, known: Known) -> Expr:
    """The expression with everything computed that literals and known constants decide. Never hides a failure.

    Pool values and stamps stay where they are read from: only what is compared with them is decided.
    """
    match expression:
        case Read(type=kind):
            found = known_value(expression, known)
            if found is not None and not (_renamed(kind) and found.value is not None):
                return found
        case Not(Const(value)):
            return _boolean(not value)
        case Arithmetic(operator, Const(left), Const(right)) if not (operator in ("//", "%") and right == 0):
            return _integer(operator, left, right)
        case Compare(operator, one, other):
            first, second = known_value(one, known), known_value(other, known)
            if first is not None and second is not None:
                return _boolean(_compare(operator, first.value, second.value))
        case And(operands):
            return _junction(operands, stops=False)
        case Or(operands):
            return _junction(operands, stops=True)
        case IfElse(Const(value), then, other):
            return then if value else other
        case Checked(Const(value), kind) if admits(kind, value):
            return Const(value, kind)
    return expression


def known_value(expression: Expr, known: Known) -> Const | None:
    """The value of a constant, or of a constant cell that has it in all initial states; None where it is not known."""
    match expression:
        case Const():
            return expression
        case Read(variable=variable, indices=indices, type=kind):
            places = [known_value(index, known) for index in indices]
            key = (variable, tuple(place.value for place in places if place is not None))
            if None not in places and key in known.values:
                return Const(known.values[key], kind)
    return None


def _renamed(kind: Type) -> bool:
    """True for pool values and stamps: in code they would keep their number when those of the cells are renamed."""
    return isinstance(base_of(kind), PoolType | StampType)


def reads_state(expression: Expr, known: Known) -> bool:
    """True if it reads a variable that is not constant, or asks which values of a pool the cells reach."""
    return any(
        (isinstance(e, Read) and e.variable not in known.constant)
        or (isinstance(e, Quantifier) and isinstance(e.domain, PoolType))
        for e in walk(expression)
    )


def _junction(operands: tuple[Expr, ...], stops: bool) -> Expr:
    """And (`stops` False) or Or (True) without operands that decide nothing, nor those after one that decides all."""
    kept: list[Expr] = []
    for operand in operands:
        if isinstance(operand, Const):
            if bool(operand.value) != stops:
                continue
            kept.append(operand)
            break
        kept.append(operand)
    if not kept:
        return _boolean(not stops)
    if len(kept) == 1:
        return kept[0]
    return Or(tuple(kept)) if stops else And(tuple(kept))


def _boolean(value: object) -> Const:
    return Const(int(bool(value)), BOOL)


def _integer(operator: str, left: Value, right: Value) -> Const:
    assert left is not None and right is not None
    match operator:
        case "+":
            value = left + right
        case "-":
            value = left - right
        case "*":
            value = left * right
        case "//":
            value = left // right
        case "%":
            value = left % right
        case "min":
            value = min(left, right)
        case _:
            value = max(left, right)
    return Const(value, INT)


def _compare(operator: str, left: Value, right: Value) -> bool:
    if operator in ("==", "!="):
        return (left == right) == (operator == "==")
    assert left is not None and right is not None
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
