# SPDX-License-Identifier: GPL-2.0-only
"""C functions about pool values and stamps: what is held, what is visible, which is free, what is to be cleared.

Sets of a pool's values are masks: bit v for the raw value v, bit 0 for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dfsrace.engine.native.places import Words
from dfsrace.engine.native.values import Unsupported, unsigned
from dfsrace.engine.reference.expressions import Shift
from dfsrace.engine.reference.memos import Reference, References
from dfsrace.system.layout import raw
from dfsrace.system.types import PoolType, StampType

MOST_VALUES = 62


@dataclass(frozen=True, slots=True)
class PoolCode:
    """A pool: its number, size, the (start, length, step) of each variable that is a field of it."""

    number: int
    pool: PoolType
    blocks: tuple[tuple[int, int, int], ...]


class ReferenceCode:
    """Writes the functions for one system; `define` gives them all."""

    def __init__(self, references: References) -> None:
        self.references = references
        self.layout = references.layout
        self.words = Words.of(self.layout.bits)
        self.pools = [PoolCode(n, pool, tuple(self._blocks(pool))) for pool, n in references.pools.items()]
        self.stamps = references.stamp_types()
        if any(p.pool.size > MOST_VALUES for p in self.pools):
            raise Unsupported(f"a pool of more than {MOST_VALUES} values")
        if any(count > MOST_VALUES for count in self.layout.stamp_values.values()):
            raise Unsupported(f"a stamp of which more than {MOST_VALUES} may differ")

    def _blocks(self, pool: PoolType) -> Iterable[tuple[int, int, int]]:
        for variable, layout in zip(self.layout.system.variables, self.layout.variables, strict=True):
            if variable.owner == pool and layout.stride:
                length = layout.stride * layout.multipliers[0]
                yield layout.base, length, length

    # ---- fields of pool values

    def fields(self, pool: int) -> list[tuple[Reference, int]]:
        """(the reference in the first value, bits from one value to the next) of a pool's fields."""
        first = self.references.fields.get((pool, 1), [])
        second = self.references.fields.get((pool, 2), first)
        return [(one, other.bits.shift - one.bits.shift) for one, other in zip(first, second, strict=True)]

    @staticmethod
    def of_value(start: int, step: int, value: str) -> Shift:
        """The place of a field of a value, given by a source."""
        return Shift(0, f"({value} * {step} + {start - step})") if step else Shift(start)

    # ---- the functions

    def define(self) -> list[str]:
        """All functions, in an order in which each is known before it is used."""
        lines: list[str] = []
        if self.pools:
            lines += self._close()
            lines += self._held()
            lines += self._clear_unheld()
            for code in self.pools:
                lines += [*self._visible(code), *self._free(code), *self._start(code)]
        for number, stamp in enumerate(self.stamps):
            lines += self._unused(number, stamp)
        return lines

    def _add_all(self, references: Iterable[Reference]) -> list[str]:
        lines = []
        for reference in references:
            if reference.pool is not None:
                source = self.words.get("s", Shift(reference.bits.shift), reference.bits.width)
                lines.append(f"\th[{reference.pool}] |= (word)1 << ({source});")
        return lines

    def _close(self) -> list[str]:
        """Adds to h what is reachable through fields of its values."""
        lines = ["static void close_over(const word *s, word *h)", "{"]
        followed = [c for c in self.pools if any(r.pool is not None for r, _ in self.fields(c.number))]
        for code in self.pools:
            lines.append(f"\th[{code.number}] &= ~(word)1;")
        if followed:
            lines.append(f"\tword d[{len(self.pools)}];")
            lines += [f"\td[{c.number}] = h[{c.number}];" for c in self.pools]
            lines.append(f"\twhile ({' | '.join(f'd[{c.number}]' for c in followed)}) {{")
            for code in followed:
                lines += self._follow(code, {c.number for c in followed})
            lines.append("\t}")
        return [*lines, "}", ""]

    def _follow(self, code: PoolCode, followed: set[int]) -> list[str]:
        k = code.number
        lines = [f"\t\twhile (d[{k}]) {{", f"\t\t\tval v = lowest_bit(d[{k}]);", f"\t\t\tword x; d[{k}] &= d[{k}] - 1;"]
        for reference, step in self.fields(k):
            if reference.pool is None:
                continue
            place = self.of_value(reference.bits.shift, step, "v")
            lines.append(f"\t\t\tx = (word)1 << ({self.words.get('s', place, reference.bits.width)});")
            q = reference.pool
            more = f" d[{q}] |= x;" if q in followed else ""
            lines.append(f"\t\t\tif (x != 1 && !(h[{q}] & x)) {{ h[{q}] |= x;{more} }}")
        return [*lines, "\t\t}"]

    def _held(self) -> list[str]:
        lines = ["static void held(const word *s, word *h, struct context *c)", "{"]
        lines += [f"\th[{code.number}] = 0;" for code in self.pools]
        lines += self._add_all(self.references.roots)
        for references in self.references.locals:
            lines += self._add_all(references)
        for (pool, value), mask in self.references.owning.items():
            if mask:
                lines.append(f"\tif ({self.words.any_of('s', mask)}) h[{pool}] |= (word)1 << {value};")
        lines.append("\tclose_over(s, h);")
        for code in self.pools:
            count = f"count_bits(h[{code.number}])"
            lines.append(f"\tif ({count} > c->largest[{code.number}]) c->largest[{code.number}] = {count};")
        return [*lines, "}", ""]

    def clear_blocks(self, code: PoolCode, state: str, value: str) -> list[str]:
        """Statements that empty the fields of a value."""
        return [
            f"clear_bits({state}, {self.of_value(start, step, value)}, {length});"
            for start, length, step in code.blocks
        ]

    def _clear_unheld(self) -> list[str]:
        """Each value's fields are in a few words at known places: that many masks, where the value is not held."""
        lines = ["static void clear_unheld(word *s, struct context *c)", "{", f"\tword h[{len(self.pools)}];"]
        lines += ["\theld(s, h, c);"]
        for (pool, value), block in self.references.blocks.items():
            cuts = " ".join(self.words.put_known("s", block, 0))
            if cuts:
                lines.append(f"\tif (!(h[{pool}] & {unsigned(1 << value)})) {{ {cuts} }}")
        return [*lines, "}", ""]

    def _visible(self, code: PoolCode) -> list[str]:
        lines = [f"static word visible{code.number}(const word *s)", "{", f"\tword h[{len(self.pools)}];"]
        lines += [f"\th[{c.number}] = 0;" for c in self.pools]
        lines += self._add_all(self.references.roots)
        return [*lines, "\tclose_over(s, h);", f"\treturn h[{code.number}];", "}", ""]

    def _free(self, code: PoolCode) -> list[str]:
        k = code.number
        ones = unsigned((2 << code.pool.size) - 2)
        return [
            f"static val free{k}(const word *s, struct context *c)",
            "{",
            f"\tword h[{len(self.pools)}], x;",
            "\theld(s, h, c);",
            f"\tx = ~h[{k}] & {ones};",
            "\tif (!x) return 0;",
            f"\tif (count_bits(h[{k}]) + 1 > c->largest[{k}]) c->largest[{k}] = count_bits(h[{k}]) + 1;",
            "\treturn lowest_bit(x);",
            "}",
            "",
        ]

    def _start(self, code: PoolCode) -> list[str]:
        """Gives the fields of a value their initial values; stamps are emptied."""
        lines = [f"static void start{code.number}(word *s, val v)", "{"]
        lines += [f"\t{line}" for line in self.clear_blocks(code, "s", "v")]
        for start, step, width, initial in self._initial(code):
            place = self.of_value(start, step, "v")
            lines.append(f"\tput_bits(s, {place}, {width}, {initial});")
        return [*lines, "\t(void)s; (void)v;", "}", ""]

    def _initial(self, code: PoolCode) -> Iterable[tuple[int, int, int, int]]:
        memory = self.layout.memory
        for index in memory.fields.get((code.pool, 0), ()):
            cell, bits = memory.cells[index], self.layout.cells[index]
            if not isinstance(cell.type, StampType) and bits.width and raw(cell.type, cell.initial):
                variable = self.layout.variables[cell.variable]
                yield bits.shift, variable.stride * variable.multipliers[0], bits.width, raw(cell.type, cell.initial)

    def _everything(self) -> Sequence[Reference]:
        fields = [r for references in self.references.fields.values() for r in references]
        return [*self.references.roots, *fields, *(r for refs in self.references.locals for r in refs)]

    def _unused(self, number: int, stamp: StampType) -> list[str]:
        lines = [f"static val unused{number}(const word *s)", "{", "\tword used = 1;"]
        for reference in self._everything():
            if reference.stamp == stamp:
                source = self.words.get("s", Shift(reference.bits.shift), reference.bits.width)
                lines.append(f"\tused |= (word)1 << ({source});")
        return [*lines, "\treturn lowest_bit(~used);", "}", ""]
