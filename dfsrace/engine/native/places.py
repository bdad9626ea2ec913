# SPDX-License-Identifier: GPL-2.0-only
"""Fields of a packed state as C: a state is an array of 64-bit words; a field may cross from one to the next."""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.engine.native.values import number, unsigned
from dfsrace.engine.reference.expressions import Shift


@dataclass(frozen=True, slots=True)
class Words:
    """How many words a state has; the topmost bit is always free."""

    count: int

    @classmethod
    def of(cls, bits: int) -> Words:
        """Enough for that many bits and the free one."""
        return cls(bits // 64 + 1)

    def split(self, mask: int) -> list[tuple[int, int]]:
        """A mask as (word, mask in the word), words without any bit left out."""
        parts = [(w, mask >> 64 * w & (1 << 64) - 1) for w in range(self.count)]
        return [(w, part) for w, part in parts if part]

    def get(self, state: str, shift: Shift, width: int) -> str:
        """The raw value of a field, as a `val`."""
        if width == 0:
            return "0"
        ones = unsigned((1 << width) - 1)
        if shift.varying:
            if self.count == 1:
                return f"(val)({state}[0] >> {shift} & {ones})"
            return f"(val)get_bits({state}, {shift}, {width})"
        at, bit = divmod(shift.fixed, 64)
        low = f"{state}[{at}] >> {bit}" if bit else f"{state}[{at}]"
        if bit + width > 64:
            return f"(val)(({low} | {state}[{at + 1}] << {64 - bit}) & {ones})"
        return f"(val)({low} & {ones})"

    def put(self, state: str, shift: Shift, width: int, raw: str) -> list[str]:
        """Statements that store a raw value in a field."""
        if width == 0:
            return []
        if shift.varying:
            return [f"put_bits({state}, {shift}, {width}, (word){raw});"]
        known = number(raw)
        if known is not None:
            return self.put_known(state, ((1 << width) - 1) << shift.fixed, known << shift.fixed)
        at, bit = divmod(shift.fixed, 64)
        if bit + width > 64:
            return [f"put_bits({state}, {shift.fixed}, {width}, (word){raw});"]
        mask = unsigned((1 << 64) - 1 & ~(((1 << width) - 1) << bit))
        moved = f"(word){raw} << {bit}" if bit else f"(word){raw}"
        return [f"{state}[{at}] = ({state}[{at}] & {mask}) | {moved};"]

    def add(self, state: str, shift: Shift, width: int, raw: str) -> list[str]:
        """Statements that store a raw value in a field at a fixed place, all bits of which are 0."""
        if width == 0 or number(raw) == 0:
            return []
        at, bit = divmod(shift.fixed, 64)
        lines = [f"{state}[{at}] |= (word){raw} << {bit};" if bit else f"{state}[{at}] |= (word){raw};"]
        if bit + width > 64:
            lines.append(f"{state}[{at + 1}] |= (word){raw} >> {64 - bit};")
        return lines

    def put_known(self, state: str, mask: int, value: int) -> list[str]:
        """Statements that replace the bits of a mask by known ones."""
        lines = []
        for at, part in self.split(mask):
            kept = f"({state}[{at}] & {unsigned((1 << 64) - 1 & ~part)})"
            new = value >> 64 * at & (1 << 64) - 1
            lines.append(f"{state}[{at}] = {kept} | {unsigned(new)};" if new else f"{state}[{at}] = {kept};")
        return lines

    def add_known(self, state: str, shift: Shift, width: int, amount: int) -> list[str]:
        """Statements that add to a raw value, which stays within its bits."""
        return self.put(state, shift, width, f"({self.get(state, shift, width)} + {amount})")

    def any_of(self, state: str, mask: int) -> str:
        """True if any bit of a mask is set."""
        parts = [f"({state}[{at}] & {unsigned(part)})" for at, part in self.split(mask)]
        if not parts:
            return "0"
        return f"(({' | '.join(parts)}) != 0)"
