# SPDX-License-Identifier: GPL-2.0-only
"""Which pool values are held or visible, which stamps are in use, and the statements that find it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfsrace.export.spin.names import Names, encoded
from dfsrace.system.cells import Cell
from dfsrace.system.memory import OWNING
from dfsrace.system.types import PoolType, StampType, base_of

Lines = list[str]


def when(test: str, *statements: str) -> str:
    """`statements` if the test is true."""
    return f"if :: {test} -> {'; '.join(statements)} :: else fi;"


class PoolText:
    """Statements about pools and stamps. All lines end in a semicolon.

    `h_held0[v]` says that value v of pool 0 is held, `h_visible0[v]` that a cell outside of pools leads to it,
    `h_used[n]` that stamp n is in use; each is valid directly after the inline that computes it.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.memory = names.memory
        self.cleared = self._cleared()

    # ---- pools

    def _marked(self, array: str, cell: str, pool: PoolType) -> str:
        return when(f"{cell} != 0", f"{array}{self.names.pools.index(pool)}[{cell} - 1] = 1")

    def _forget(self, array: str) -> Lines:
        sizes = ((number, pool.size) for number, pool in enumerate(self.names.pools))
        return [f"{array}{number}[{value}] = 0;" for number, size in sizes for value in range(size)]

    def _roots(self, array: str) -> Iterator[str]:
        for index in self.memory.roots:
            cell, kind = self.names.cell_at(index), base_of(self.memory.cells[index].type)
            assert isinstance(kind, PoolType)
            if cell is not None:
                yield self._marked(array, cell, kind)

    def _owned(self) -> Iterator[str]:
        """Values in which a lock has an owner."""
        for (pool, value), indices in self.memory.fields.items():
            owned = [self.names.cell_at(i) for i in indices if self.memory.cells[i].component in OWNING]
            tests = [f"{cell} != 0" for cell in owned if cell is not None]
            if tests:
                yield when(" || ".join(tests), f"h_held{self.names.pools.index(pool)}[{value}] = 1")

    def _locals(self, but: int | None) -> Iterator[str]:
        for thread, slots in enumerate(self.names.slots):
            for slot in slots if thread != but else ():
                kind = base_of(self.names.system.threads[thread].locals[slot].type)
                if isinstance(kind, PoolType):
                    yield self._marked("h_held", self.names.local(thread, slot), kind)

    def closure(self, array: str) -> Lines:
        """Adds what is reachable through fields of the values that `array` has already."""
        steps: Lines = []
        for (pool, value), indices in self.memory.fields.items():
            for index in indices:
                kind, cell = base_of(self.memory.cells[index].type), self.names.cell_at(index)
                if isinstance(kind, PoolType) and cell is not None:
                    source = f"{array}{self.names.pools.index(pool)}[{value}]"
                    target = f"{array}{self.names.pools.index(kind)}[{cell} - 1]"
                    steps.append(when(f"{source} && {cell} != 0 && !{target}", f"{target} = 1", "h_again = 1"))
        if not steps:
            return []
        inner = ["   " + step for step in steps]
        return ["h_again = 1;", "do", ":: h_again ->", "   h_again = 0;", *inner, ":: else -> break", "od;"]

    def held(self, but: int | None) -> Lines:
        """Fills `h_held` from cells, owned locks and the live locals of all threads but one; without the closure."""
        return [*self._forget("h_held"), *self._roots("h_held"), *self._owned(), *self._locals(but)]

    def visible(self) -> Lines:
        """Fills `h_visible`."""
        return [*self._forget("h_visible"), *self._roots("h_visible"), *self.closure("h_visible")]

    def _cleared(self) -> Lines:
        lines: Lines = []
        for (pool, value), indices in self.memory.fields.items():
            cells = [cell for index in indices if (cell := self.names.cell_at(index)) is not None]
            if cells:
                test = f"!h_held{self.names.pools.index(pool)}[{value}]"
                lines.append(when(test, *(f"{cell} = 0" for cell in cells)))
        return lines

    def mark(self, locals_: Iterable[tuple[str, object]]) -> Lines:
        """Adds the executing thread's own locals, (text, type), to `h_held`."""
        kinds = [(text, base_of(kind)) for text, kind in locals_]  # type: ignore[arg-type]
        return [self._marked("h_held", text, kind) for text, kind in kinds if isinstance(kind, PoolType)]

    # ---- stamps

    def stamp_values(self, stamp: StampType) -> int:
        """How many values of a stamp type there can be at once."""
        return self.names.stamp_values.get(stamp, 1)

    def used(self, stamp: StampType, but: int, own: Iterable[tuple[str, object]]) -> Lines:
        """Fills `h_used` from the cells that count (`h_held` is up to date) and the live locals; own: this thread's."""
        lines = [f"h_used[{number}] = 0;" for number in range(self.stamp_values(stamp))]
        for index, cell in enumerate(self.memory.cells):
            text = self.names.cell_at(index)
            if base_of(cell.type) == stamp and text is not None:
                counts = self._counts(index)
                lines.append(when(f"{counts}{text} != 0", f"h_used[{text} - 1] = 1"))
        others = [
            self.names.local(thread, slot)
            for thread, slots in enumerate(self.names.slots)
            for slot in slots
            if thread != but and base_of(self.names.system.threads[thread].locals[slot].type) == stamp
        ]
        mine = [text for text, kind in own if base_of(kind) == stamp]  # type: ignore[arg-type]
        return lines + [when(f"{text} != 0", f"h_used[{text} - 1] = 1") for text in (*others, *mine)]

    def _counts(self, index: int) -> str:
        owner = self.memory.owner_of(index)
        return "" if owner is None else f"h_held{self.names.pools.index(owner[0])}[{owner[1]}] && "

    def lowest_unused(self, stamp: StampType) -> Lines:
        """`h_free` := the lowest stamp that `h_used` does not have."""
        most = self.stamp_values(stamp) - 1
        return [
            "h_free = 0;",
            "do",
            f":: h_free < {most} && h_used[h_free] -> h_free = h_free + 1",
            ":: else -> break",
            "od;",
        ]

    # ---- fresh pool values

    def fields(self, pool: PoolType) -> list[tuple[Cell, int]]:
        """The fields of one value: (cell of value 0, its place in `memory.cells`)."""
        return [(self.memory.cells[index], index) for index in self.memory.fields.get((pool, 0), [])]

    def initial_fields(self, pool: PoolType, value: str) -> Lines:
        """Gives all fields of the value with number `value` what they have at first, stamps nothing."""
        return [
            f"{self.field(index, pool, value)} = {0 if self.is_stamp(cell) else encoded(cell.type, cell.initial)};"
            for cell, index in self.fields(pool)
            if self.names.parts[cell.variable]
        ]

    def is_stamp(self, cell: Cell) -> bool:
        """True for a cell that alloc renews."""
        return isinstance(cell.type, StampType)

    def field(self, index: int, pool: PoolType, value: str) -> str:
        """The field of the value with number `value`, given that of value 0."""
        cell = self.memory.cells[index]
        steps = self.names.multipliers(cell.variable)
        inner = self.names.position(cell.variable, cell.position)
        position = f"{value} * {steps[0]} + {inner}" if steps[0] != 1 or inner else value
        return self.names.cell(cell.variable, position, cell.component, cell.thread)
