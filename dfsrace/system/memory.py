# SPDX-License-Identifier: GPL-2.0-only
"""Where the cells of a model are, and what holds pool values and stamps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dfsrace.system.cells import Cell, cells_of_variable
from dfsrace.system.system import Variable
from dfsrace.system.types import LockType, OptionalType, PoolType, RangeType, StampType, Type, Value, base_of

Held = set[tuple[PoolType, int]]

# The parts of locks that have an owner: a pool value with such a lock inside is held while somebody owns it.
OWNING = ("owner", "writer", "readers")


def cleared(cell: Cell) -> Value:
    """What a cell of a pool value that is not held contains: nothing that anybody could tell from anything else."""
    if isinstance(cell.type, OptionalType | StampType):
        return None
    return cell.type.low if isinstance(cell.type, RangeType) else 0


class Memory:
    """The cells of `variables` in the order of `dfsrace.system.cells.cells_of`, by place and by what they refer to."""

    def __init__(self, variables: Sequence[Variable], threads: int) -> None:
        """`threads`: how many threads the system has (locks have a part for each)."""
        self.variables = tuple(variables)
        cells: list[Cell] = []
        self.start: list[int] = []
        for index, variable in enumerate(self.variables):
            self.start.append(len(cells))
            cells += cells_of_variable(index, variable, threads)
        self.cells = tuple(cells)
        self.place: dict[tuple[int, tuple[Value, ...]], int] = {}
        for index, cell in enumerate(self.cells):
            self.place.setdefault((cell.variable, cell.position), index)
        self.fields: dict[tuple[PoolType, int], list[int]] = {}
        self.roots: list[int] = []
        for index, cell in enumerate(self.cells):
            owner = self.variables[cell.variable].owner
            if isinstance(owner, PoolType):
                value = cell.position[0]
                assert value is not None
                self.fields.setdefault((owner, value), []).append(index)
            elif isinstance(base_of(cell.type), PoolType):
                self.roots.append(index)
        self.pools = tuple(dict.fromkeys(pool for pool, _ in self.fields))

    def owner_of(self, index: int) -> tuple[PoolType, int] | None:
        """The pool value that a cell is a field of, or None."""
        cell = self.cells[index]
        owner = self.variables[cell.variable].owner
        if not isinstance(owner, PoolType):
            return None
        value = cell.position[0]
        assert value is not None
        return owner, value

    def _close(self, cells: Sequence[Value], held: Held) -> Held:
        """`held` and all that is reachable from it through fields."""
        waiting = list(held)
        while waiting:
            for index in self.fields.get(waiting.pop(), ()):
                kind, value = base_of(self.cells[index].type), cells[index]
                if isinstance(kind, PoolType) and value is not None and (kind, value) not in held:
                    held.add((kind, value))
                    waiting.append((kind, value))
        return held

    def _in_roots(self, cells: Sequence[Value]) -> Held:
        found: Held = set()
        for index in self.roots:
            kind, value = base_of(self.cells[index].type), cells[index]
            if isinstance(kind, PoolType) and value is not None:
                found.add((kind, value))
        return found

    def visible(self, cells: Sequence[Value], pool: PoolType) -> list[int]:
        """The values of a pool reachable from cells that are no pool fields, ascending."""
        return sorted(value for kind, value in self._close(cells, self._in_roots(cells)) if kind == pool)

    def held(self, cells: Sequence[Value], locals_: Iterable[tuple[Type, Value]]) -> Held:
        """The pool values that are held, given the live locals of all threads as (type, value)."""
        found = self._in_roots(cells)
        for kind, value in locals_:
            kind = base_of(kind)
            if isinstance(kind, PoolType) and value is not None:
                found.add((kind, value))
        for owner, indices in self.fields.items():
            if any(self._owned(index, cells[index]) for index in indices):
                found.add(owner)
        return self._close(cells, found)

    def _owned(self, index: int, value: Value) -> bool:
        """True if the cell says that a lock has an owner."""
        component = self.cells[index].component
        return component in OWNING and value not in (None, 0 if component == "readers" else None)

    def clear(self, cells: list[Value], held: Held) -> None:
        """Empties the fields of all values that are not held."""
        for owner, indices in self.fields.items():
            if owner not in held:
                for index in indices:
                    cells[index] = cleared(self.cells[index])

    def stamps(self, cells: Sequence[Value], held: Held, kind: StampType, besides: Iterable[int]) -> set[Value]:
        """The stamps of a type in cells that count, leaving out the cells `besides`."""
        left_out = set(besides)
        found: set[Value] = set()
        for index, cell in enumerate(self.cells):
            if base_of(cell.type) == kind and index not in left_out and cells[index] is not None:
                owner = self.owner_of(index)
                if owner is None or owner in held:
                    found.add(cells[index])
        return found

    def lock_kind(self, index: int) -> LockType:
        """The lock type of the lock whose first cell is at `index`."""
        kind = self.variables[self.cells[index].variable].type
        assert isinstance(kind, LockType)
        return kind
