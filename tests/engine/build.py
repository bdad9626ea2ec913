# SPDX-License-Identifier: GPL-2.0-only
"""Small systems written by hand: variables, and threads as lists of operations, with live locals worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dfsrace.diagnostics import NOWHERE
from dfsrace.system import CoveragePoint, Initial, Property, System, Variable
from dfsrace.system.cells import cells_of
from dfsrace.system.expressions import Compare, Const, Expr, Read, locals_of
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    Branch,
    Choose,
    Evaluate,
    Finish,
    Load,
    LocalVariable,
    LockOperation,
    Node,
    Operation,
    Renew,
    Store,
    Thread,
    Wait,
)
from dfsrace.system.types import LockType, RangeType, Type, Value

Line = tuple[Operation, tuple[int, ...]] | Operation


def used_and_set(operation: Operation) -> tuple[frozenset[int], frozenset[int]]:
    """Locals that an operation reads, and that it overwrites."""
    reads: list[Expr] = []
    target: int | None = None
    match operation:
        case Assign(local, value) | Evaluate(local, value):
            reads, target = [value], local
        case Branch(test):
            reads = [test]
        case Choose(local, _, _, condition):
            reads, target = [] if condition is None else [condition], local
        case Load(local, access):
            reads, target = [access], local
        case Store(access, value):
            reads = [access, value]
        case LockOperation(_, access, local, argument):
            reads, target = [access] if argument is None else [access, argument], local
        case Atomic(_, access, arguments, local):
            reads, target = [access, *arguments], local
        case Alloc(local, _):
            target = local
        case Renew(access):
            reads = [access]
        case Wait(condition) | Assert(condition, _):
            reads = [condition]
    used = frozenset(slot for expression in reads for slot in locals_of(expression))
    return used, frozenset() if target is None else frozenset({target})


def with_live(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes with `live` filled in."""
    live = [frozenset[int]() for _ in nodes]
    changed = True
    while changed:
        changed = False
        for i in reversed(range(len(nodes))):
            used, overwritten = used_and_set(nodes[i].operation)
            after = frozenset[int]().union(*(live[n] for n in nodes[i].next))
            new = used | (after - overwritten)
            if new != live[i]:
                live[i], changed = new, True
    return tuple(replace(node, live=live[i]) for i, node in enumerate(nodes))


def code(lines: Sequence[Line], atomic: Sequence[int] = ()) -> tuple[Node, ...]:
    """Nodes: an operation goes on to the next line, (operation, next) where it says; mark i is put on node i."""
    nodes = []
    for i, line in enumerate(lines):
        operation, following = line if isinstance(line, tuple) else (line, (i + 1,))
        if isinstance(operation, Finish):
            following = ()
        nodes.append(Node(operation, following, NOWHERE, atomic=i in atomic, marks=(i,), text=f"{i}"))
    return with_live(nodes)


def thread(
    name: str,
    lines: Sequence[Line],
    locals_: Sequence[Type] = (),
    *,
    daemon: bool = False,
    atomic: Sequence[int] = (),
) -> Thread:
    """A thread that starts at line 0."""
    slots = tuple(LocalVariable(f"x{i}", kind) for i, kind in enumerate(locals_))
    return Thread(name, name, daemon, None, slots, code(lines, atomic), 0, NOWHERE)


def family(name: str, count: int, lines: Sequence[Line], locals_: Sequence[Type] = ()) -> tuple[Thread, ...]:
    """Identical threads name0, name1, ..."""
    one = replace(thread(name, lines, locals_), family=name)
    return tuple(replace(one, name=f"{name}{i}") for i in range(count))


def variable(
    name: str,
    kind: Type,
    dimensions: Sequence[Type] = (),
    *,
    initial: Value = None,
    owner: Type | None = None,
    constant: bool = False,
) -> Variable:
    """A state variable; ranges and Booleans start at their least value where nothing is said."""
    if initial is None and isinstance(kind, RangeType):
        initial = kind.low
    elif initial is None and not isinstance(kind, LockType) and not kind.name.endswith("None"):
        initial = 0
    elif isinstance(kind, LockType) and kind.kind == "semaphore" and initial is None:
        initial = 1
    dims = (owner, *dimensions) if owner is not None else tuple(dimensions)
    return Variable(name, owner, dims, kind, initial, constant, NOWHERE)


def invariant(name: str, condition: Expr, *, at_end: bool = False) -> Property:
    """A property that must hold."""
    return Property(name, "invariant", at_end, condition, None, NOWHERE)


def reach(name: str, condition: Expr) -> Property:
    """A property that must hold somewhere."""
    return Property(name, "reach", False, condition, None, NOWHERE)


def system(
    variables: Sequence[Variable],
    threads: Sequence[Thread],
    properties: Sequence[Property] = (),
    initial: Sequence[Mapping[int, Value]] = ({},),
) -> System:
    """A system; each of `initial` says which cells differ from their variable's initial value."""
    marks = 1 + max(m for t in threads for n in t.nodes for m in n.marks)
    coverage = tuple(CoveragePoint("statement", NOWHERE, str(i)) for i in range(marks))
    bare = System("t", "t.yaml", (), (), tuple(variables), tuple(threads), tuple(properties), (), coverage, ())
    cells = [cell.initial for cell in cells_of(bare)]
    valuations = tuple(Initial(tuple(change.get(i, v) for i, v in enumerate(cells))) for change in initial)
    return replace(bare, initial=valuations)


# ---- expressions in short


def at(variables: Sequence[Variable], name: str, *indices: Expr) -> Read:
    """The cell of a variable."""
    place = next(i for i, v in enumerate(variables) if v.name == name)
    return Read(place, tuple(indices), variables[place].type)


def number(value: int) -> Const:
    """A number."""
    return Const(value, RangeType(value, value))


def equal(left: Expr, right: Expr) -> Compare:
    """left == right."""
    return Compare("==", left, right)
