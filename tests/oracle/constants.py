# SPDX-License-Identifier: GPL-2.0-only
"""Which variables are constant and which locals live, from running the text with unknown values."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .frames import UNKNOWN, Sym
from .machine import Automaton, Cells, Machine, Place
from .model import Model, Procedure

Live = dict[Hashable, set[tuple[int, str]]]


def analyse(
    model: Model, machine: Machine, codes: list[Procedure], initial: list[Cells]
) -> tuple[frozenset[str], list[Live]]:
    """The constant variables, and for each thread the live locals of each place."""
    written = set(machine.written)  # by setup
    constant: frozenset[str] = frozenset()
    while True:
        automata = [reachable(Automaton(model, code, constant, abstract=True), machine, initial) for code in codes]
        requests = [place.request for automaton in automata for place in automaton.places.values()]
        changing = {r[1] for r in requests if r[0] == "store"} | {r[2] for r in requests if r[0] in ("lock", "cell")}
        made = {r[1].name for r in requests if r[0] == "alloc"}
        for name, variable in model.variables.items():
            allocated = variable.dims and variable.dims[0].kind == "pool" and variable.dims[0].name in made
            if allocated and (variable.type.kind == "stamp" or name in written):
                changing.add(name)
        found = frozenset(model.variables) - changing
        if found == constant:
            return constant, [living(automaton) for automaton in automata]
        constant = found


def reachable(automaton: Automaton, machine: Machine, initial: list[Cells]) -> Automaton:
    """Grows the automaton to all places that some path reaches: every test that is not decided goes both ways."""
    todo, seen = [automaton.start()], set()
    while todo:
        place = todo.pop()
        if place not in seen:
            seen.add(place)
            todo += [automaton.advance(place, answer) for answer in guesses(place.request, machine, initial)]
    return automaton


def guesses(request: tuple[Any, ...], machine: Machine, initial: list[Cells]) -> tuple[Any, ...]:
    match request:
        case ("exit",):
            return ()
        case ("test",):
            return (False, True)
        case ("const", var, key) if not any(isinstance(part, Sym) for part in key):
            at = machine.index.get((var, key))
            values = {cells[at] for cells in initial} if at is not None else set()
            return tuple(values) if len(values) == 1 else (UNKNOWN,)
    return (UNKNOWN,)


def living(automaton: Automaton) -> Live:
    """For each place in the text, the locals whose value some path from there uses before it is overwritten."""
    places = list(automaton.places.values())
    live: dict[Place, set[tuple[int, str]]] = {place: set() for place in places}
    changed = True
    while changed:
        changed = False
        for place in reversed(places):
            before: set[tuple[int, str]] = set()
            for answer, after in place.edges.items():
                before |= backwards(place.logs[answer], live[after])
            if before != live[place]:
                live[place], changed = before, True
    result: Live = {}
    for place, slots in live.items():
        result.setdefault(place.code, set()).update(slots)
    return result


def backwards(log: list[tuple[Any, ...]], after: set[tuple[int, str]]) -> set[tuple[int, str]]:
    live = set(after)
    for entry in reversed(log):
        match entry:
            case ("use", slot):
                live.add(slot)
            case ("def", slot):
                live.discard(slot)
            case ("copy", slot, source):
                if slot in live:
                    live.discard(slot)
                    live.add(source)
    return live
