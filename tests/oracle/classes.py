# SPDX-License-Identifier: GPL-2.0-only
"""Counts states as the language does: one for all that differ by a renaming of pool values, stamps or a family."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from .machine import Cells, Machine, Place
from .model import Model, Ref, Stamp

Shape = tuple[int, list[Any]]  # all of a place but its pool values and stamps, numbered; and those
State = tuple[Cells, tuple[Place, ...]]


def count(model: Model, machine: Machine, states: Iterable[State]) -> int:
    """A class is the set of all pictures of its states, so no picture has to be chosen."""
    names = [thread.name for thread in model.threads]
    orders = list(shuffles(model, names))
    shapes = Shapes()
    found = set()
    for cells, places in states:
        pictures = set()
        for order in orders:
            called = {names[old]: names[new] for new, old in enumerate(order)}
            shown = tuple(
                renamed(value, called) if variable.type.kind in ("rwlock", "rwsem") else owned(value, called, variable)
                for value, (variable, _) in zip(cells, machine.layout, strict=True)
            )
            pictures |= set(draw(machine, shown, [shapes.of(places[old]) for old in order]))
        found.add(frozenset(pictures))
    return len(found)


class Shapes:
    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}
        self.shapes: dict[Place, Shape] = {}

    def of(self, place: Place) -> Shape:
        if place not in self.shapes:
            items = list(flat((place.code, place.content)))
            rest = tuple(type(item) if isinstance(item, Ref | Stamp) else item for item in items)
            named = [item for item in items if isinstance(item, Ref | Stamp)]
            self.shapes[place] = self.numbers.setdefault(rest, len(self.numbers)), named
        return self.shapes[place]


def shuffles(model: Model, names: list[str]) -> Iterator[tuple[int, ...]]:
    """All orders of the threads that keep each family in its seats."""
    laws = [node for law in (*model.invariants, *model.reach) for node in ast.walk(law.holds)]
    used = {node.id for node in laws if isinstance(node, ast.Name)}
    free = [[names.index(name) for name in family] for family in model.families if not used & set(family)]
    for choice in itertools.product(*(itertools.permutations(seats) for seats in free)):
        order = list(range(len(names)))
        for seats, taken in zip(free, choice, strict=True):
            for seat, old in zip(seats, taken, strict=True):
                order[seat] = old
        yield tuple(order)


def renamed(value: Any, called: dict[str, str]) -> Any:
    """The value of a lock that counts its readers, with other names for the threads."""
    if value is None:
        return None
    writer, *lists = value
    pairs = tuple(sorted((called[thread], number) for thread, number in lists[0]))
    waiting = tuple(tuple(sorted(called[thread] for thread in more)) for more in lists[1:])
    return (called.get(writer), pairs, *waiting)


def owned(value: Any, called: dict[str, str], variable: Any) -> Any:
    if variable.type.kind in ("spinlock", "mutex"):
        return called.get(value)
    if variable.type.kind in ("seqlock", "seqcount") and value:
        return called.get(value[0]), value[1]
    return value


def draw(machine: Machine, cells: Cells, places: list[Shape]) -> Iterator[tuple[Any, ...]]:
    """The state with pool values and stamps named in the order in which they are met, from what is named onwards."""
    roots = [value for value, owner in zip(cells, machine.owner, strict=True) if owner is None]
    live = machine.spread(cells, {*flat((roots, places))})
    loose = sorted(value for value in machine.held(cells, set(live)) if value not in live)
    for order in itertools.permutations(loose):  # held only by a lock inside: nothing says which comes first
        names: dict[Any, int] = {}
        picture: list[Any] = []
        queue: list[Ref] = []
        for value in flat((roots, places, order)):
            note(value, names, picture, queue)
        for ref in queue:
            for at in machine.fields.get(ref, ()):
                for value in flat((cells[at],)):
                    note(value, names, picture, queue)
        yield tuple(picture)


def note(value: Any, names: dict[Any, int], picture: list[Any], queue: list[Ref]) -> None:
    if isinstance(value, Ref | Stamp):
        if isinstance(value, Ref) and value not in names:
            queue.append(value)
        kind = value[0]
        names.setdefault(value, sum(other[0] == kind for other in names))
        picture.append((kind, names[value]))
    else:
        picture.append(value)


def flat(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list) and not isinstance(value, Ref | Stamp):
        yield len(value)
        for part in value:
            yield from flat(part)
    else:
        yield value
