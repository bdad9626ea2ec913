# SPDX-License-Identifier: GPL-2.0-only
"""Slow answers to what the engine does cleverly: the best schedule by keeping all prefixes, classes by trying all
renamings. Both go by the interpreter's states and know nothing of packed ones."""

from __future__ import annotations

from itertools import pairwise, permutations, product

from dfsrace.engine.outcome import Move, Schedule
from dfsrace.engine.reference.stepping import ConcreteState, Stepper, StepResult
from dfsrace.system import System
from dfsrace.system.expressions import Finished, walk
from dfsrace.system.types import PoolType, StampType, ThreadType, Type, Value, base_of

Rank = tuple[int, tuple[int, ...], int, tuple[tuple[int, ...], ...]]


def rank(switches: int, initial: int, moves: tuple[Move, ...]) -> Rank:
    """What the order of schedules compares, None before all values."""
    choices = tuple(tuple(-1 if c is None else c for c in move.choices) for move in moves)
    return switches, tuple(move.thread for move in moves), initial, choices


def names_violated(stepper: Stepper, result: StepResult) -> set[str]:
    """All properties that a step violates."""
    found = {result.violation} if result.violation else set[str]()
    if result.after is not None:
        found |= set(stepper.judge(result.after, None).violated)
    if result.state is not None:
        found |= set(stepper.judge_state(result.state).violated)
        found |= {"deadlock"} if stepper.is_deadlock(result.state) else set()
    return found


def best_schedules(system: System) -> dict[str, tuple[Schedule, int]]:
    """For each violated property, the schedule that language section 5 asks for, and its switches."""
    stepper = Stepper(system)
    best: dict[str, tuple[Rank, tuple[int, tuple[Move, ...]]]] = {}
    level: dict[tuple[ConcreteState, int], tuple[Rank, tuple[int, tuple[Move, ...]]]] = {}

    def offer(name: str, found: Rank, schedule: tuple[int, tuple[Move, ...]]) -> None:
        if name not in best or (len(best[name][1][1]) == len(schedule[1]) and found < best[name][0]):
            best[name] = (found, schedule)

    for number, start in enumerate(stepper.starts()):
        here = rank(0, number, ())
        names = {start.violation} if start.violation else set[str]()
        if start.state is None:
            names |= set(stepper.judge(start.cells, None).violated)
        else:
            names |= set(stepper.judge_state(start.state).violated)
            names |= {"deadlock"} if stepper.is_deadlock(start.state) else set()
            level.setdefault((start.state, -1), (here, (number, ())))
        for name in names:
            offer(name, here, (number, ()))
    seen = {state for state, _ in level}
    while level:
        following: dict[tuple[ConcreteState, int], tuple[Rank, tuple[int, tuple[Move, ...]]]] = {}
        for (state, _), (_, (initial, moves)) in sorted(level.items(), key=lambda item: item[1][0]):
            for thread in range(len(system.threads)):
                for result in stepper.results(state, thread):
                    longer = (*moves, result.move)
                    switches = sum(a.thread != b.thread for a, b in pairwise(longer))
                    found = rank(switches, initial, longer)
                    for name in names_violated(stepper, result):
                        offer(name, found, (initial, longer))
                    if result.state is not None and result.state not in seen:
                        key = (result.state, thread)
                        if key not in following or found < following[key][0]:
                            following[key] = (found, (initial, longer))
        seen |= {state for state, _ in following}
        level = following
    return {name: (Schedule(*schedule), found[0]) for name, (found, schedule) in best.items()}


# ---- classes


def reachable(system: System) -> set[ConcreteState]:
    """All states, without renaming."""
    stepper = Stepper(system)
    seen = set(stepper.initial_states())
    waiting = list(seen)
    while waiting:
        state = waiting.pop()
        for thread in range(len(system.threads)):
            for result in stepper.results(state, thread):
                if result.state is not None and result.state not in seen:
                    seen.add(result.state)
                    waiting.append(result.state)
    return seen


def classes(system: System) -> int:
    """How many classes of states there are under all renamings together."""
    stepper = Stepper(system)
    named = {e.thread for p in system.properties for e in walk(p.condition) if isinstance(e, Finished)}
    groups: dict[str, list[int]] = {}
    for place, thread in enumerate(system.threads):
        if thread.family is not None:
            groups.setdefault(thread.family, []).append(place)
    kept = [members for members in groups.values() if not named & set(members)]
    return len({min(_renamings(stepper, state, kept)) for state in reachable(system)})


def _renamings(stepper: Stepper, state: ConcreteState, groups: list[list[int]]) -> list[tuple[object, ...]]:
    pools = stepper.memory.pools
    found = []
    for orders in product(*(permutations(group) for group in groups)):
        places = list(range(len(state.nodes)))
        for group, order in zip(groups, orders, strict=True):
            for old, new in zip(group, order, strict=True):
                places[old] = new
        for values in product(*(permutations(range(pool.size)) for pool in pools)):
            found.append(_renamed(stepper, state, places, dict(zip(pools, values, strict=True))))
    return found


def _renamed(
    stepper: Stepper, state: ConcreteState, places: list[int], pools: dict[PoolType, tuple[int, ...]]
) -> tuple[object, ...]:
    """The state with threads and pool values renamed so, stamps numbered in the order in which they then stand."""
    memory, threads = stepper.memory, stepper.system.threads
    stamps: dict[StampType, dict[int, int]] = {}

    def value(kind: Type, old: Value) -> int:
        base = base_of(kind)
        if old is None:
            return -1
        if isinstance(base, PoolType):
            return pools[base][old] if base in pools else old
        if isinstance(base, ThreadType):
            return places[old]
        return old

    cells: dict[tuple[object, ...], tuple[Type, int]] = {}
    for cell, old in zip(memory.cells, state.cells, strict=True):
        owner = memory.variables[cell.variable].owner
        position = cell.position
        if isinstance(owner, PoolType) and position[0] is not None:
            position = (pools[owner][position[0]], *position[1:])
        part = -1 if cell.thread is None else places[cell.thread]
        shown = tuple(-1 if p is None else p for p in position)
        cells[cell.variable, shown, cell.component, part] = (cell.type, value(cell.type, old))
    entries = [cells[key] for key in sorted(cells, key=repr)]
    places_back = sorted(range(len(threads)), key=lambda t: places[t])
    for thread in places_back:
        entries.append((ThreadType(0), state.nodes[thread]))
        for slot, old in state.locals[thread]:
            kind = threads[thread].locals[slot].type
            entries.append((kind, value(kind, old)))
    out: list[int] = []
    for kind, shown_value in entries:
        base = base_of(kind)
        if isinstance(base, StampType) and shown_value >= 0:
            numbers = stamps.setdefault(base, {})
            out.append(numbers.setdefault(shown_value, len(numbers)))
        else:
            out.append(shown_value)
    return tuple(out)


# ---- a bound on switches


def bounded(system: System, most: int) -> tuple[int, dict[str, tuple[int, int]], bool]:
    """Under a bound on switches: how many states, the least (steps, switches) of each violation, whether it cut."""
    stepper = Stepper(system)
    found: dict[str, tuple[int, int]] = {}
    depth = 0
    level: set[tuple[ConcreteState, int, int]] = set()
    for start in stepper.starts():
        names = {start.violation} if start.violation else set[str]()
        if start.state is None:
            names |= set(stepper.judge(start.cells, None).violated)
        else:
            names |= set(stepper.judge_state(start.state).violated)
            names |= {"deadlock"} if stepper.is_deadlock(start.state) else set()
            level.add((start.state, -1, 0))
        found.update({name: (0, 0) for name in names})
    seen = set(level)
    while level:
        depth += 1
        following: set[tuple[ConcreteState, int, int]] = set()
        for state, last, switches in level:
            for thread in range(len(system.threads)):
                count = switches + (last not in (-1, thread))
                for result in stepper.results(state, thread):
                    if count > most:
                        continue
                    for name in names_violated(stepper, result):
                        found[name] = min(found.get(name, (depth, count)), (depth, count))
                    if result.state is not None:
                        following.add((result.state, thread, count))
        level = following - seen
        seen |= level
    fewest: dict[tuple[ConcreteState, int], int] = {}
    for state, last, switches in seen:
        fewest[state, last] = min(switches, fewest.get((state, last), switches))
    cut = any(
        stepper.results(state, thread)
        for (state, last), switches in fewest.items()
        for thread in range(len(system.threads))
        if switches + (last not in (-1, thread)) > most
    )
    return len({state for state, _, _ in seen}), found, cut
