# SPDX-License-Identifier: GPL-2.0-only
"""What a state looks like, for compiled code that reads states which it has not made (runtime/checkpoint.h)."""

from __future__ import annotations

from collections.abc import Iterable

from dfsrace.system.layout import Bits, Layout
from dfsrace.system.types import Type


def shape(layout: Layout, words: int) -> list[int]:
    """The array `shape` of checkpoint_read."""

    def field(bits: Bits, kind: Type) -> list[int]:
        return [bits.shift, bits.width, layout.largest(kind)]

    def fields(found: Iterable[tuple[Bits, Type]]) -> list[int]:
        wide = [field(bits, kind) for bits, kind in found if bits.width]
        return [len(wide), *(number for one in wide for number in one)]

    def split(mask: int) -> list[int]:
        return [mask >> 64 * w & (1 << 64) - 1 for w in range(words)]

    cells = fields((bits, cell.type) for bits, cell in zip(layout.cells, layout.memory.cells, strict=True))
    made = [*split((1 << layout.bits) - 1), *cells, len(layout.threads)]
    thread_at = len(made)
    made += [0] * len(layout.threads)
    for number, (thread, place) in enumerate(zip(layout.system.threads, layout.threads, strict=True)):
        made[thread_at + number] = len(made)
        made += [place.place.shift, place.place.width, len(place.nodes)]
        place_at = len(made)
        made += [0] * len(place.nodes)
        for at, node in enumerate(place.nodes):
            live = sorted(thread.nodes[node].live) if node >= 0 else []
            mask = place.place.mask
            for slot in live:
                mask |= place.slots[slot].mask
            made[place_at + at] = len(made)
            made += split(place.block.mask & ~mask)
            made += fields((place.slots[slot], thread.locals[slot].type) for slot in live)
    return made
