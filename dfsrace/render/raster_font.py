# SPDX-License-Identifier: GPL-2.0-only
"""What we need to know of the shipped font: its bytes, and which glyph shows a character. TrueType, OpenType 1.9."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

REGULAR, BOLD = "JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf"
# Stands for a character that the font has not.
MISSING = "□"


@dataclass(frozen=True, slots=True)
class Font:
    """A font. `glyphs`: of each character's code; `advances`: of each glyph; metrics in units of `em` to the size."""

    data: bytes
    em: int
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    glyphs: dict[int, int]
    advances: tuple[int, ...]

    def glyph(self, character: str) -> int:
        """The glyph of a character; that of MISSING if there is none."""
        return self.glyphs.get(ord(character)) or self.glyphs[ord(MISSING)]


@cache
def font(name: str) -> Font:
    """A font that we ship."""
    data = (files("dfsrace.render") / "fonts" / name).read_bytes()
    tables = _tables(data)
    head, hhea, hmtx = tables[b"head"], tables[b"hhea"], tables[b"hmtx"]
    (em,) = struct.unpack_from(">H", head, 18)
    ascent, descent = struct.unpack_from(">hh", hhea, 4)
    (metrics,) = struct.unpack_from(">H", hhea, 34)
    (count,) = struct.unpack_from(">H", tables[b"maxp"], 4)
    advances = [struct.unpack_from(">H", hmtx, 4 * i)[0] for i in range(metrics)]
    advances += advances[-1:] * (count - metrics)
    box = struct.unpack_from(">4h", head, 36)
    return Font(data, em, box, ascent, descent, _characters(tables[b"cmap"]), tuple(advances))


def _tables(data: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">H", data, 4)
    records = [struct.unpack_from(">4s3I", data, 12 + 16 * i) for i in range(count)]
    return {tag: data[offset : offset + length] for tag, _, offset, length in records}


def _characters(cmap: bytes) -> dict[int, int]:
    """The characters of the Basic Multilingual Plane (a subtable of format 4) and their glyphs."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    offsets = [struct.unpack_from(">HHI", cmap, 4 + 8 * i)[2] for i in range(count)]
    start = next(offset for offset in offsets if struct.unpack_from(">H", cmap, offset)[0] == 4)
    (double,) = struct.unpack_from(">H", cmap, start + 6)
    ends, starts = start + 14, start + 16 + double
    glyphs: dict[int, int] = {}
    for segment in range(0, double, 2):
        (last,) = struct.unpack_from(">H", cmap, ends + segment)
        (first,) = struct.unpack_from(">H", cmap, starts + segment)
        (delta,) = struct.unpack_from(">H", cmap, starts + double + segment)
        place = starts + 2 * double + segment
        (jump,) = struct.unpack_from(">H", cmap, place)
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if jump:
                (glyph,) = struct.unpack_from(">H", cmap, place + jump + 2 * (code - first))
            if glyph or not jump:
                glyphs[code] = (glyph + delta) & 0xFFFF
    return {code: glyph for code, glyph in glyphs.items() if glyph}
