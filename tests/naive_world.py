# SPDX-License-Identifier: GPL-2.0-only
"""A state of the naive checker: cells, places, locals; what is held; what expressions are worth in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

from dfsrace.system import Property, System, Variable
from dfsrace.system import expressions as x
from dfsrace.system import program as p
from dfsrace.system import types as t
from tests.naive_locks import Bad, need

Cell = tuple[int, tuple[Any, ...], tuple[str, int | None]]  # variable, position, (part of a lock, whose)
Held = set[tuple[t.PoolType, Any]]

NOTHING = "nothing"  # what a field of a pool value that is not held holds


def base(kind: Any) -> Any:
    return getattr(kind, "base", kind)


def values(kind: Any) -> list[Any]:
    """All values of a finite type in order."""
    match kind:
        case t.OptionalType():
            return [None, *values(kind.base)]
        case t.RangeType():
            return list(range(kind.low, kind.high + 1))
        case t.NamedType():
            return list(range(len(kind.values)))
        case t.BoolType():
            return [0, 1]
    return list(range(kind.size))


def check(value: Any, kind: Any) -> Any:
    need(value is not None or isinstance(kind, t.OptionalType), "null dereference")
    if isinstance(base(kind), t.RangeType) and value is not None:
        need(base(kind).low <= value <= base(kind).high, "value out of range")
    return value


def inside(e: Any) -> Iterator[Any]:
    """An expression and all that it consists of."""
    yield e
    for part in [getattr(e, f.name) for f in fields(e)]:
        for child in part if isinstance(part, tuple) else [part]:
            if is_dataclass(child):
                yield from inside(child)


def speaks_of_threads(law: Property) -> bool:
    return law.at_end or any(isinstance(e, x.Finished) for e in inside(law.condition))


def parts(kind: Any, threads: int) -> list[tuple[str, int | None]]:
    """The parts of a variable's cell: one, or those of a lock."""
    if not isinstance(kind, t.LockType):
        return [("", None)]
    readers, waiting = ([(name, i) for i in range(threads)] for name in ("readers", "waiting"))
    match kind.kind:
        case "spinlock" | "mutex":
            return [("owner", None)]
        case "bit_lock":
            return [("locked", None)]
        case "semaphore":
            return [("count", None)]
        case "rwlock":
            return [("writer", None), *readers]
        case "rwsem":
            return [("writer", None), *readers, *waiting]
    return [("writer", None), ("sequence", None)]


class World:
    """A state, also while a step is under way: cells, each thread's node, each thread's locals that hold something."""

    def __init__(self, system: System, cells: dict[Cell, Any]) -> None:
        self.system, self.cells = system, cells
        self.nodes = [thread.entry for thread in system.threads]
        self.locals: list[dict[int, Any]] = [{} for _ in system.threads]

    def copy(self) -> World:
        world = copy(self)
        world.cells, world.nodes, world.locals = dict(self.cells), list(self.nodes), [dict(v) for v in self.locals]
        return world

    def frozen(self) -> object:
        """The state as a value; every World of a system has its cells in one order."""
        return (*self.cells.values(), *self.nodes, *(tuple(sorted(v.items())) for v in self.locals))

    def variable(self, cell: Cell) -> Variable:
        return self.system.variables[cell[0]]

    def node(self, me: int) -> p.Node:
        return self.system.threads[me].nodes[self.nodes[me]]

    def finished(self, me: int) -> bool:
        return isinstance(self.node(me).operation, p.Finish)

    def over(self) -> bool:
        """Every thread that is no daemon has finished."""
        return all(self.finished(i) or thread.daemon for i, thread in enumerate(self.system.threads))

    # ---- pools and stamps

    def spread(self, found: Iterable[tuple[Any, Any]]) -> Held:
        """These pool values, and all that is reachable from them through fields."""
        todo, seen = list(found), set(found)
        while todo:
            pool, one = todo.pop()
            for cell, value in self.cells.items():
                v = self.variable(cell)
                if v.owner == pool and cell[1][0] == one and isinstance(base(v.type), t.PoolType):
                    target = (base(v.type), value)
                    if value is not None and target not in seen:
                        seen.add(target)
                        todo.append(target)
        return seen

    def visible(self) -> Held:
        """Pool values that are reachable from cells that are no pool fields."""
        return self.spread(
            {
                (base(v.type), value)
                for cell, value in self.cells.items()
                if isinstance(base((v := self.variable(cell)).type), t.PoolType)
                and not isinstance(v.owner, t.PoolType)
                and value is not None
            }
        )

    def held(self) -> Held:
        found = self.visible() | {(k, v) for k, v in self.local_values() if isinstance(k, t.PoolType)}
        for cell, value in self.cells.items():
            owner, kind = self.variable(cell).owner, self.variable(cell).type
            if isinstance(owner, t.PoolType) and isinstance(kind, t.LockType) and owned(kind, cell[2][0], value):
                found.add((owner, cell[1][0]))
        return self.spread(found)

    def local_values(self) -> Iterator[tuple[Any, Any]]:
        for thread, known in zip(self.system.threads, self.locals, strict=True):
            yield from ((base(thread.locals[slot].type), value) for slot, value in known.items() if value is not None)

    def clear(self) -> None:
        """Empties the fields of what nobody holds, in cells of its own."""
        fields_ = [cell for cell in self.cells if isinstance(self.variable(cell).owner, t.PoolType)]
        held = self.held() if fields_ else set()
        lost = [cell for cell in fields_ if (self.variable(cell).owner, cell[1][0]) not in held]
        self.cells = {**self.cells, **dict.fromkeys(lost, NOTHING)}

    def stamp(self, cell: Cell) -> Any:
        """The stamp type of a cell, or something that is none."""
        v = self.variable(cell)
        if isinstance(v.type, t.LockType):
            return t.StampType(f"{v.name} sequence") if cell[2][0] == "sequence" else None
        return base(v.type)

    def renew(self, cell: Cell, also: Held) -> None:
        """Stores the lowest stamp that no other cell that counts and no local has; `also` counts as held."""
        kind, held = self.stamp(cell), self.held() | also
        used = {value for stamp, value in self.local_values() if stamp == kind}
        for other, value in self.cells.items():
            owner = self.variable(other).owner
            counts = not isinstance(owner, t.PoolType) or (owner, other[1][0]) in held
            if other != cell and counts and self.stamp(other) == kind:
                used.add(value)
        self.cells[cell] = next(n for n in range(len(used) + 1) if n not in used)

    # ---- expressions

    def evaluate(self, e: Any, me: int, bound: dict[int, Any] | None = None) -> Any:
        bound = bound or {}
        go = [self.evaluate(part, me, bound) for part in strict_parts(e)]
        match e:
            case x.Const():
                return e.value
            case x.Local():
                return self.locals[me][e.slot]
            case x.Bound():
                return bound[e.slot]
            case x.Read():
                return self.cells[e.variable, tuple(go), ("", None)]
            case x.Not():
                return int(not go[0])
            case x.And():
                return int(all(self.evaluate(o, me, bound) for o in e.operands))
            case x.Or():
                return int(any(self.evaluate(o, me, bound) for o in e.operands))
            case x.IfElse():
                return self.evaluate(e.then if go[0] else e.other, me, bound)
            case x.Checked():
                return check(go[0], e.type)
            case x.Finished():
                return int(self.finished(e.thread))
            case x.Compare() | x.Arithmetic():
                return apply(e.operator, go[0], go[1])
            case x.Quantifier():
                return self.quantify(e, me, bound)
        raise TypeError(e)

    def quantify(self, e: x.Quantifier, me: int, bound: dict[int, Any]) -> int:
        def element(value: Any) -> Any:
            inner = {**bound, e.slot: value}
            counts = e.condition is None or self.evaluate(e.condition, me, inner)
            return self.evaluate(e.body, me, inner) if counts else None

        total, items = 0, self.domain(e.domain)
        for result in together(items, element) if isinstance(e.domain, t.PoolType) else map(element, items):
            total += result or 0
            if result is not None and e.kind != "sum" and bool(result) == (e.kind == "any"):
                return int(result)
        return total if e.kind == "sum" else int(e.kind == "all")

    def domain(self, kind: Any) -> list[Any]:
        if isinstance(kind, t.PoolType):
            return sorted(value for pool, value in self.visible() if pool == kind)
        return values(kind)


def together(values: Iterable[Any], each: Callable[[Any], Any]) -> list[Any]:
    """`each` of a pool's values, which have no order: a problem with one is one with all, None before a range."""
    results, problems = [], set()
    for value in values:
        try:
            results.append(each(value))
        except Bad as problem:
            problems.add(str(problem))
    for name in ("null dereference", "value out of range"):
        need(name not in problems, name)
    return results


def strict_parts(e: Any) -> Sequence[Any]:
    """The operands that are evaluated whatever happens, from left to right."""
    match e:
        case x.Read():
            return e.indices
        case x.Not() | x.Checked():
            return (e.operand,)
        case x.Compare() | x.Arithmetic():
            return (e.left, e.right)
        case x.IfElse():
            return (e.test,)
    return ()


def apply(operator: str, a: Any, b: Any) -> int:
    if operator in ("==", "!="):
        return int((a == b) == (operator == "=="))
    need(b != 0 or operator not in ("//", "%"), "value out of range")
    operations: dict[str, Callable[[], int]] = {
        "<": lambda: int(a < b),
        "<=": lambda: int(a <= b),
        ">": lambda: int(a > b),
        ">=": lambda: int(a >= b),
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "//": lambda: a // b,
        "%": lambda: a % b,
        "min": lambda: min(a, b),
        "max": lambda: max(a, b),
    }
    return operations[operator]()


def owned(kind: t.LockType, part: str, value: Any) -> bool:
    """True if a lock's part says that some thread holds it."""
    if value == NOTHING or kind.kind in ("bit_lock", "semaphore"):
        return False
    return value is not None if part in ("owner", "writer") else part == "readers" and value > 0


def holds(world: World, me: int, kinds: Sequence[str]) -> bool:
    """True if the thread holds a lock of one of these kinds."""
    for cell, value in world.cells.items():
        kind, (part, whose) = world.variable(cell).type, cell[2]
        if isinstance(kind, t.LockType) and kind.kind in kinds and owned(kind, part, value):
            found = whose if part == "readers" else value
            if found == me:
                return True
    return False
