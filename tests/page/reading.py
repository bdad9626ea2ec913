# SPDX-License-Identifier: GPL-2.0-only
"""Reading what the browser gives: the page's markup as it is written, PNG, PDF."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Markup:
    """What a page's text holds: its elements with their attributes, its script elements' texts, the texts outside."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def names(self) -> Counter[str]:
        """How often each element is there."""
        return Counter(name for name, _ in self.elements)

    @property
    def data(self) -> Any:
        """The data that the script reads."""
        return json.loads(self.scripts[0])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.markup = Markup()
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.markup.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.markup.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.markup.scripts[-1] += data
        elif self.inside != "style":
            self.markup.text += data


def read(page: str) -> Markup:
    """A page, read by a parser that is not the browser's."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.markup


def colours(png: bytes) -> Counter[bytes]:
    """How many pixels of each colour a PNG has; of 8 bits a channel, without interlacing."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, place = [], 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        chunks.append((kind, png[place + 8 : place + 8 + length]))
        place += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    size = {2: 3, 6: 4}[colour]
    assert (depth, interlaced) == (8, 0)
    data = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    return Counter(pixel for line in _lines(data, width * size, height, size) for pixel in _pixels(line, size))


def pages(pdf: bytes) -> int:
    """How many pages a PDF of Chromium's has."""
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def _pixels(line: bytearray, size: int) -> list[bytes]:
    return [bytes(line[place : place + 3]) for place in range(0, len(line), size)]


def _lines(data: bytes, row: int, height: int, size: int) -> list[bytearray]:
    """The lines of pixels, each without its filter (PNG, section 9)."""
    found: list[bytearray] = []
    above = bytearray(row)
    for number in range(height):
        kind, *raw = data[number * (row + 1) : (number + 1) * (row + 1)]
        line = bytearray(row)
        for place, byte in enumerate(raw):
            left = line[place - size] if place >= size else 0
            corner = above[place - size] if place >= size else 0
            line[place] = (byte + _predicted(kind, left, above[place], corner)) & 255
        found.append(line)
        above = line
    return found


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind in (0, 1, 2):
        return (0, left, up)[kind]
    if kind == 3:
        return (left + up) // 2
    wanted = left + up - corner
    return min((left, up, corner), key=lambda near: abs(wanted - near))
