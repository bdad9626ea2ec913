# SPDX-License-Identifier: GPL-2.0-only
"""What a step of a System does, for the naive checker: instructions, whole steps, initial states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from itertools import compress, product
from typing import Any

from dfsrace.system import System
from dfsrace.system import expressions as x
from dfsrace.system import program as p
from dfsrace.system import types as t
from tests.naive_locks import REGISTERED, SLEEPING, SPINNING, Bad, Lock, Wait, grant, need, operate
from tests.naive_world import NOTHING, Cell, World, check, holds, inside, parts, together, values

Pick = Callable[[Sequence[Any]], Any]


@dataclass(slots=True)
class End:
    """The end of a step: the world then, how it was when the access was done (None: it was not), what went wrong.

    `choices`: the values taken where there was more than one.
    """

    world: World
    after: World | None
    problem: str | None
    choices: tuple[Any, ...] = ()


class Exhausted(Exception):
    """All values of a pool are held."""


# ---- instructions


def is_local(operation: Any) -> bool:
    if isinstance(operation, p.Choose):
        return operation.condition is None and not isinstance(operation.domain, t.PoolType)
    return isinstance(operation, p.Nop | p.Assign | p.Branch | p.Sleep | p.Barrier | p.Finish)


def execute(world: World, me: int, pick: Pick) -> int | None:
    """Executes the thread's instruction; gives the next one's place, None to stay there."""
    node, known = world.node(me), world.locals[me]
    op: Any = node.operation
    after = world.system.threads[me].nodes[node.next[0]].live if node.next else frozenset()

    def value(e: Any) -> Any:
        return world.evaluate(e, me)

    at: Any = None  # the cell of an access: its address comes first, whatever else may be wrong
    if hasattr(op, "access"):
        at = (op.access.variable, tuple(value(i) for i in op.access.indices), ("", None))
    if isinstance(op, p.Sleep | p.Wait) or getattr(op, "call", "") in SLEEPING:
        need(not holds(world, me, SPINNING), "sleeping while atomic")
    match op:
        case p.Branch():
            return node.next[0 if value(op.test) else 1]
        case p.Assign():
            if op.local in after or may_fail(op.value):
                known[op.local] = value(op.value)
        case p.Evaluate():
            known[op.local] = value(op.value)
        case p.Choose():
            options = world.domain(op.domain)
            if op.condition is not None:

                def fits(v: Any) -> Any:
                    return world.evaluate(op.condition, me, {op.slot: v})

                pool = isinstance(op.domain, t.PoolType)
                options = list(compress(options, together(options, fits) if pool else map(fits, options)))
            grant(options)
            known[op.local] = pick(options)
        case p.Load():
            known[op.local] = world.cells[at]
        case p.Store():
            world.cells[at] = value(op.value)
        case p.Wait():
            grant(value(op.condition))
        case p.Assert():
            need(value(op.condition), "assertion")
        case p.Finish():
            need(not holds(world, me, t.LockKind.__args__), "lock held at exit")  # type: ignore[attr-defined]
        case p.Atomic():
            atomic(world, me, op, at)
        case p.Renew():
            keep(world, me, after)
            world.renew(at, set())
        case p.Alloc():
            keep(world, me, after - {op.local})
            world.locals[me][op.local] = alloc(world, op.pool)
        case p.LockOperation():
            return lock_operation(world, me, node, after)
    return node.next[0] if node.next else None


@cache
def may_fail(e: Any) -> bool:
    return any(isinstance(i, x.Checked) or getattr(i, "operator", "") in ("//", "%") for i in inside(e))


def keep(world: World, me: int, slots: Iterable[int]) -> None:
    """Forgets all other locals of the thread."""
    world.locals[me] = {slot: value for slot, value in world.locals[me].items() if slot in slots}


def atomic(world: World, me: int, op: p.Atomic, at: Cell) -> None:
    old, given = world.cells[at], [world.evaluate(a, me) for a in op.arguments]
    match op.call:
        case "xchg":
            new = given[0]
        case "cmpxchg":
            new = given[1] if old == given[0] else old
        case "atomic_inc":
            new = old + 1
        case _:
            new = old - 1
    world.cells[at] = check(new, world.variable(at).type)
    if op.local is not None:
        world.locals[me][op.local] = int(new == 0) if op.call == "atomic_dec_and_test" else old


def alloc(world: World, pool: t.PoolType) -> Any:
    held = world.held()
    new = next((v for v in range(pool.size) if (pool, v) not in held), None)
    if new is None:
        raise Exhausted
    mine = [cell for cell in world.cells if world.variable(cell).owner == pool and cell[1][0] == new]
    stamps = []
    for cell in mine:
        v = world.variable(cell)
        part = cell[2][0]
        fresh = part == "sequence" or isinstance(v.type, t.StampType)
        plain = not isinstance(v.type, t.LockType) or part == "count"
        world.cells[cell] = NOTHING if fresh else v.initial if plain else None if part in ("owner", "writer") else 0
        stamps += [cell] if fresh else []
    for cell in stamps:
        world.renew(cell, {(pool, new)})
    return new


def lock_operation(world: World, me: int, node: p.Node, after: frozenset[int]) -> int | None:
    op: Any = node.operation
    at = op.access.variable, tuple(world.evaluate(i, me) for i in op.access.indices)
    argument = None if op.argument is None else world.evaluate(op.argument, me)
    if op.call.startswith("write_seq"):
        keep(world, me, after)
    lock = Lock(world.cells, at, me, lambda: world.renew((*at, ("sequence", None)), set()))
    kind: Any = world.system.variables[op.access.variable].type
    result = operate(op.call, lock, argument, node.atomic, kind.maximum)
    if result is REGISTERED:
        return None
    if op.local is not None:
        world.locals[me][op.local] = result
    return node.next[0]


# ---- whole steps


def run(world: World, me: int, pick: Pick, opening: bool = False) -> End:
    """Executes one step of a thread in `world` (`opening`: its first local nodes)."""
    after: World | None = copy(world) if opening else None  # with the same cells, which local nodes do not change
    together = not opening and isinstance(world.node(me).operation, p.AtomicBegin)
    first, shared = not opening, 0
    seen = set()
    try:
        while first or world.node(me).atomic or is_local(world.node(me).operation):
            node = world.node(me)
            if not first and not node.atomic and after is None:
                after = copy(world)
            live = tuple(sorted((s, v) for s, v in world.locals[me].items() if s in node.live))
            place = (world.nodes[me], live, *world.cells.values())
            if place in seen:
                raise RuntimeError("loops without a shared access")
            seen.add(place)
            following = execute(world, me, pick)
            shared += not is_local(node.operation) and not isinstance(node.operation, p.AtomicBegin)
            first = False
            if following is None:
                break
            world.nodes[me] = following
    except Wait:
        if together and shared:
            return End(world, after, "blocks inside atomic")
        raise
    except Bad as bad:
        return End(world, after, str(bad))
    except Exhausted:
        return End(world, after, "pool exhausted")
    keep(world, me, world.node(me).live)
    after = after if after is not None else copy(world)
    world.clear()
    return End(world, after, None)


def every(world: World, act: Callable[[World, Pick], End]) -> Iterator[End]:
    """What `act` does in the world for each combination of choices, the least values first."""
    prefixes: list[list[int]] = [[]]
    while prefixes:
        prefix, taken, made = prefixes.pop(), list[int](), list[Any]()

        def pick(options: Sequence[Any], prefix: Any = prefix, taken: Any = taken, made: Any = made) -> Any:
            if len(taken) == len(prefix):
                prefixes.extend([*prefix, n] for n in range(len(options) - 1, 0, -1))
                prefix.append(0)
            taken.append(prefix[len(taken)])
            made += [options[taken[-1]]] if len(options) > 1 else []
            return options[taken[-1]]

        try:
            end = act(world.copy(), pick)
        except Wait:
            continue
        end.choices = tuple(made)
        yield end


def steps(world: World, me: int) -> Iterator[End]:
    """The ends of a thread's next step, one for each combination of choices; none if it cannot move."""
    if not world.finished(me):
        yield from every(world, lambda new, pick: run(new, me, pick))


def beginnings(system: System) -> Iterator[End]:
    """The same for the initial states: each thread has run its first local nodes."""
    count = len(system.threads)
    cells = [
        (i, position, part)
        for i, v in enumerate(system.variables)
        for position in product(*(values(d) for d in v.dimensions))
        for part in parts(v.type, count)
    ]

    def act(world: World, pick: Pick) -> End:
        start = copy(world)
        for me in range(count):
            problem = run(world, me, pick, opening=True).problem
            if problem:
                return End(world, start, problem)
        return End(world, start, None)

    for initial in system.initial:
        world = World(system, dict(zip(cells, initial.cells, strict=True)))
        world.clear()
        yield from every(world, act)
