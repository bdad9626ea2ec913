# SPDX-License-Identifier: GPL-2.0-only
"""The parts of step functions that look at references: addresses of cells, alloc, renew."""

from __future__ import annotations

from dataclasses import replace

from dfsrace.engine.reference.expressions import Shift
from dfsrace.engine.reference.packed import Packed
from dfsrace.engine.reference.path import Path, Writer
from dfsrace.system.expressions import Read, may_fail
from dfsrace.system.program import Alloc, Node
from dfsrace.system.types import PoolType, StampType, Type, base_of

Cell = tuple[Shift, int, Type]


class ReferenceWriter(Writer):
    """A writer that knows cells, pools and stamps."""

    def cell(self, path: Path, access: Read) -> Cell:
        """Where a cell is, how wide, and its type; index checks are made here. The path's state must be settled."""
        variable = self.layout.system.variables[access.variable]
        widths = self.layout.variables[access.variable].parts
        shift = self.expressions.shift(access, self.names(path))
        if shift.varying:
            place = self.guarded(path, str(shift), any(may_fail(index) for index in access.indices))
            shift = Shift(0, self.name(path, place, "h"))
        return shift, widths[0][1], variable.type

    def _in_state(self, path: Path, live: frozenset[int], clear: bool) -> str:
        """A variable with the state as it would be if the thread rested here, for what looks at references."""
        name = self.fresh("n")
        self.emit(path, f"{name} = {self.with_locals(path, self.references_in(live), None).source()}")
        if clear and self.references.clears:
            self.emit(path, f"{name} &= KEEP[{name} & {self.references.held_mask}]")
        return name

    def renew(self, path: Path, node: Node, cell: Cell) -> Path:
        """Stores an unused stamp in a cell."""
        shift, width, kind = cell
        path = self.put(path, shift, width, "0")
        return self._renewed(path, self.thread.nodes[node.next[0]].live, (shift, width, kind))

    def _renewed(self, path: Path, live: frozenset[int], cell: Cell) -> Path:
        """The same for a cell that is known to hold no stamp."""
        shift, width, kind = cell
        stamp = base_of(kind)
        assert isinstance(stamp, StampType)
        path = self.settle(path)
        state = self._in_state(path, live, self.references.stamp_in_fields(stamp))
        place = self.references.stamp_types().index(stamp)
        unused = self.name(path, f"UNUSED{place}[{state} & {self.references.stamp_mask(stamp)}]", "u")
        return self.put(path, shift, width, unused, 0)

    def alloc(self, path: Path, node: Node, operation: Alloc) -> Path:
        """Takes a free value of a pool; where there is none, the search notes it."""
        path = self.settle(path)
        pool = self.references.pools[operation.pool]
        after = self.thread.nodes[node.next[0]].live
        state = self._in_state(path, node.live - {operation.local}, False)
        value = self.name(path, f"FREE{pool}[{state} & {self.references.held_mask}]", "p")
        inner = path.inner()
        self.emit(path, f"if not {value}:")
        self.mark(inner)
        self.emit(inner, f"full((s, {self.me}, {pool}))")
        self.moved(inner)
        path = path.assigned(operation.local, value)
        if operation.local not in after:
            return replace(path, drops=True)
        if not any(block for (p, _), block in self.references.blocks.items() if p == pool):
            return path
        name = self.fresh("c")
        self.emit(path, f"{name} = {path.packed.base} & CLEAN{pool}[{value}] | START{pool}[{value}]")
        path = replace(path, packed=Packed(name))
        for cell in self._stamp_fields(operation.pool, value):
            path = self._renewed(path, after, cell)
        return path

    def _stamp_fields(self, pool: PoolType, value: str) -> list[Cell]:
        """The places of a pool value's stamps, in the order of the cells."""
        found: list[Cell] = []
        memory = self.layout.memory
        for index in memory.fields[pool, 0]:
            cell = memory.cells[index]
            if isinstance(cell.type, StampType):
                variable, bits = self.layout.variables[cell.variable], self.layout.cells[index]
                step = variable.stride * variable.multipliers[0]
                found.append((Shift(bits.shift - step, f"{value} * {step}"), bits.width, cell.type))
        return found
