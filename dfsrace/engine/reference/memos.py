# SPDX-License-Identifier: GPL-2.0-only
"""What is held, what is to be cleared, which value is free: functions of the references in a state, remembered.

Each depends on a few bits of a packed state only. Generated code masks them out and looks the answer up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from dfsrace.engine.reference.expressions import pool_numbers
from dfsrace.system.layout import Bits, Layout, raw
from dfsrace.system.memory import OWNING
from dfsrace.system.types import PoolType, StampType, Type, base_of

T = TypeVar("T")

LARGEST_MEMO = 1_000_000

Value = tuple[int, int]  # a pool's number, and the raw value


class Memo(dict[int, T]):
    """A dict that computes what is missing, and forgets everything when it grows too large."""

    def __init__(self, compute: Callable[[int], T]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: int) -> T:
        if len(self) > LARGEST_MEMO:
            self.clear()
        value = self[key] = self._compute(key)
        return value


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that holds a pool value (`pool`: its number) or a stamp (`stamp`)."""

    bits: Bits
    pool: int | None = None
    stamp: StampType | None = None


PoolPlace = tuple[int, int, int]  # shift, mask of a value, a pool's number


def pool_places(references: Iterable[Reference]) -> list[PoolPlace]:
    """The places of pool values among references."""
    return [(r.bits.shift, r.bits.ones, r.pool) for r in references if r.pool is not None]


class References:
    """Where pool values and stamps are in a packed state."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.pools = pool_numbers(layout)
        self.sizes = [pool.size for pool in self.pools]
        memory = layout.memory
        self.roots: list[Reference] = []
        self.fields: dict[Value, list[Reference]] = {}
        self.owning: dict[Value, int] = {}
        self.blocks: dict[Value, int] = {}
        self.initial: dict[Value, int] = {}
        for place, (bits, cell) in enumerate(zip(layout.cells, memory.cells, strict=True)):
            owner = memory.owner_of(place)
            found = self._reference(cell.type, bits)
            if owner is None:
                self.roots += [found] if found is not None else []
                continue
            value = (self.pools[owner[0]], owner[1] + 1)
            self.fields.setdefault(value, []).extend([found] if found is not None else [])
            self.blocks[value] = self.blocks.get(value, 0) | bits.mask
            if cell.component in OWNING:
                self.owning[value] = self.owning.get(value, 0) | bits.mask
            if not isinstance(cell.type, StampType):
                start = raw(cell.type, cell.initial) << bits.shift
                self.initial[value] = self.initial.get(value, 0) | start
        self.locals = [self._locals(thread) for thread in range(len(layout.threads))]
        self.root_places = pool_places(self.roots)
        self.held_places = pool_places(r for references in (self.roots, *self.locals) for r in references)
        self.links = {value: places for value, refs in self.fields.items() if (places := pool_places(refs))}
        self.held_mask = self._mask(r for r in self._everything() if r.pool is not None)
        for owned in self.owning.values():
            self.held_mask |= owned
        cells = [*self.roots, *(r for refs in self.fields.values() for r in refs)]
        self.visible_mask = self._mask(r for r in cells if r.pool is not None)
        self.clears = any(self.blocks.values())
        self.largest = [0] * len(self.pools)

    def _reference(self, kind: Type, bits: Bits) -> Reference | None:
        base = base_of(kind)
        if isinstance(base, PoolType):
            return Reference(bits, pool=self.pools[base])
        return Reference(bits, stamp=base) if isinstance(base, StampType) and bits.width else None

    def place(self, cell: int) -> Reference | None:
        """The reference that a cell is, if it is one."""
        return self._reference(self.layout.memory.cells[cell].type, self.layout.cells[cell])

    def field_references(self) -> list[Reference]:
        """The references in fields, by pool value."""
        return [reference for value in sorted(self.fields) for reference in self.fields[value]]

    def _locals(self, thread: int) -> list[Reference]:
        """The places of a thread's locals that hold references; locals that share bits are one."""
        kinds = self.layout.system.threads[thread].locals
        found: dict[Bits, Reference] = {}
        for slot, bits in self.layout.threads[thread].slots.items():
            reference = self._reference(kinds[slot].type, bits)
            if reference is not None:
                found[bits] = reference
        return [found[bits] for bits in sorted(found, key=lambda b: b.shift)]

    def _everything(self) -> Iterable[Reference]:
        yield from self.roots
        for references in self.fields.values():
            yield from references
        for references in self.locals:
            yield from references

    @staticmethod
    def _mask(references: Iterable[Reference]) -> int:
        mask = 0
        for reference in references:
            mask |= reference.bits.mask
        return mask

    def stamp_mask(self, kind: StampType) -> int:
        """The bits that stamps of a type are in."""
        return self._mask(r for r in self._everything() if r.stamp == kind)

    def stamp_types(self) -> list[StampType]:
        """All stamp types that a state has places for."""
        return list(dict.fromkeys(r.stamp for r in self._everything() if r.stamp is not None))

    def stamp_in_fields(self, kind: StampType) -> bool:
        """True if pool values have stamps of this type."""
        return any(r.stamp == kind for references in self.fields.values() for r in references)

    # ---- what holds what

    def _close(self, state: int, found: set[Value]) -> set[Value]:
        waiting = list(found)
        while waiting:
            for shift, ones, pool in self.links.get(waiting.pop(), ()):
                value = (pool, state >> shift & ones)
                if value[1] and value not in found:
                    found.add(value)
                    waiting.append(value)
        return found

    @staticmethod
    def _at(state: int, places: Iterable[PoolPlace]) -> set[Value]:
        return {(pool, stored) for shift, ones, pool in places if (stored := state >> shift & ones)}

    def held(self, state: int) -> set[Value]:
        """The pool values that are held."""
        found = self._at(state, self.held_places)
        found |= {value for value, mask in self.owning.items() if state & mask}
        found = self._close(state, found)
        for pool in range(len(self.largest)):
            self.largest[pool] = max(self.largest[pool], sum(p == pool for p, _ in found))
        return found

    def visible(self, state: int, pool: int) -> tuple[int, ...]:
        """The raw values of a pool that quantifiers range over, ascending."""
        return tuple(sorted(v for p, v in self._close(state, self._at(state, self.root_places)) if p == pool))

    def kept(self, state: int) -> int:
        """The mask that clears the fields of values that are not held."""
        held = self.held(state)
        mask = (1 << self.layout.bits) - 1
        for value, block in self.blocks.items():
            if value not in held:
                mask &= ~block
        return mask

    def free(self, state: int, pool: int) -> int:
        """The lowest raw value of a pool that is not held, 0 if there is none."""
        held = self.held(state)
        found = next((v for v in range(1, self.sizes[pool] + 1) if (pool, v) not in held), 0)
        if found:
            count = 1 + sum(p == pool for p, _ in held)
            self.largest[pool] = max(self.largest[pool], count)
        return found

    def unused(self, state: int, kind: StampType) -> int:
        """The lowest raw stamp of a type that no place of a state has."""
        used = {state >> r.bits.shift & r.bits.ones for r in self._everything() if r.stamp == kind}
        return next(stamp for stamp in range(1, len(used) + 2) if stamp not in used)

    # ---- for generated code

    def namespace(self) -> dict[str, object]:
        """KEEP, FREE<pool>, SEEN<pool>, UNUSED<stamp>, and for each pool CLEAN<pool> and START<pool> by raw value."""
        names: dict[str, object] = {"KEEP": Memo(self.kept)}
        whole = (1 << self.layout.bits) - 1
        for number, size in enumerate(self.sizes):
            values = [(number, v) for v in range(size + 1)]
            names[f"FREE{number}"] = Memo(lambda state, pool=number: self.free(state, pool))  # type: ignore[misc]
            names[f"SEEN{number}"] = Memo(lambda state, pool=number: self.visible(state, pool))  # type: ignore[misc]
            names[f"CLEAN{number}"] = tuple(whole & ~self.blocks.get(value, 0) for value in values)
            names[f"START{number}"] = tuple(self.initial.get(value, 0) for value in values)
        for number, kind in enumerate(self.stamp_types()):
            names[f"UNUSED{number}"] = Memo(lambda state, kind=kind: self.unused(state, kind))  # type: ignore[misc]
        return names
