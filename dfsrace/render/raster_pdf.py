# SPDX-License-Identifier: GPL-2.0-only
"""An SVG of ours as the drawing operators of PDF (ISO 32000-1, section 8 and 9).

Reads what `svg_draw` writes, and no other SVG: rectangles, paths of M, L, C and Z, text in the shipped font, groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from dfsrace.diagnostics.text import width as columns_of
from dfsrace.render.raster_font import BOLD, REGULAR, Font, font
from dfsrace.render.svg_style import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"
# How far the control points of a quarter of a circle are from its ends, in parts of its radius.
ROUND = 0.5523
# The size of a page's number, in points.
NUMBER = 8
_COMMAND = re.compile(r"([MLCZ])([^MLCZ]*)")


class Operators:
    """The operators of a drawing; y grows downwards until the page turns it over.

    `used`: the characters shown in each font.
    """

    def __init__(self, root: Element) -> None:
        self.palette = DARK if root.get("data-theme") == "dark" else LIGHT
        self.lines: list[str] = []
        self.used: dict[str, set[str]] = {REGULAR: set(), BOLD: set()}
        for element in root:
            self._element(element)

    def page_number(self, text: str, at: tuple[float, float]) -> list[str]:
        """The operators of a small text, in the middle of a page `at` this point, y from below. Uses the font."""
        shown = font(REGULAR)
        self.used[REGULAR] |= set(text)
        x, y = at[0] - _length(text, shown, NUMBER) / 2, at[1]
        colour = _rgb(self.palette["soft"])
        return [f"BT {colour} rg /F1 {NUMBER} Tf 1 0 0 1 {_short(x)} {_short(y)} Tm", f"{_glyphs(text, shown)} TJ ET"]

    def _element(self, element: Element) -> None:
        if element.tag == f"{SVG}g":
            for inner in element:
                self._element(inner)
        elif element.tag == f"{SVG}text":
            self._text(element)
        elif element.tag == f"{SVG}rect":
            box = [float(element.get(name, "0")) for name in ("x", "y", "width", "height")]
            self._shape(element, _rectangle(box, float(element.get("rx", "0"))))
        elif element.tag == f"{SVG}path":
            self._shape(element, _path(element.get("d", "")))

    def _colour(self, element: Element, kind: str) -> str | None:
        """Red, green and blue of a shape's fill or stroke, None if it has none."""
        for name in element.get("class", "").split():
            role = name.removeprefix(f"dr-{kind}-")
            if role != name:
                return _rgb(self.palette[role])
        return None

    def _shape(self, element: Element, operators: Iterator[str]) -> None:
        fill, stroke = self._colour(element, "f"), self._colour(element, "s")
        paint = {(True, True): "B", (True, False): "f", (False, True): "S"}.get((bool(fill), bool(stroke)))
        if paint is None:
            return
        self.lines += [f"{fill} rg"] if fill else []
        if stroke:
            dashes = element.get("stroke-dasharray", "")
            self.lines.append(f"{stroke} RG {element.get('stroke-width', '1')} w [{dashes}] 0 d")
        self.lines += [*operators, paint]

    def _text(self, element: Element) -> None:
        """Text, its characters as glyphs of the font; turned or not."""
        classes = element.get("class", "").split()
        name = BOLD if "dr-b" in classes else REGULAR
        size = next(float(c[3:]) for c in classes if c[3:].isdecimal())
        text, shown = element.text or "", font(name)
        self.used[name] |= set(text)
        x, y = float(element.get("x", "0")), float(element.get("y", "0"))
        x -= {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", ""), 0.0) * _length(text, shown, size)
        turn = "0 -1 -1 0" if element.get("transform") else "1 0 0 -1"
        number = 1 if name == REGULAR else 2
        matrix = f"{turn} {_short(x)} {_short(y)} Tm"
        self.lines.append(f"BT {self._colour(element, 'f')} rg /F{number} {_short(size)} Tf {matrix}")
        self.lines.append(f"{_glyphs(text, shown)} TJ ET")


def _rgb(colour: str) -> str:
    return " ".join(_short(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))


def _length(text: str, shown: Font, size: float) -> float:
    return columns_of(text) * shown.advances[shown.glyph("0")] / shown.em * size


def _glyphs(text: str, shown: Font) -> str:
    """Glyphs in hexadecimal; after one that is narrower than its character's columns a step to the right."""
    one = shown.advances[shown.glyph("0")] * 1000 // shown.em
    parts = []
    for character in text:
        glyph = shown.glyph(character)
        spare = columns_of(character) * one - shown.advances[glyph] * 1000 // shown.em
        parts.append(f"<{glyph:04x}>{-spare if spare else ''}")
    return f"[{''.join(parts)}]"


def _rectangle(box: list[float], radius: float) -> Iterator[str]:
    x, y, w, h = box
    if not radius:
        yield f"{_short(x)} {_short(y)} {_short(w)} {_short(h)} re"
        return
    r = min(radius, w / 2, h / 2)
    k = r * (1 - ROUND)
    right, bottom = x + w, y + h
    yield _points("m", x + r, y)
    yield _points("l", right - r, y)
    yield _points("c", right - k, y, right, y + k, right, y + r)
    yield _points("l", right, bottom - r)
    yield _points("c", right, bottom - k, right - k, bottom, right - r, bottom)
    yield _points("l", x + r, bottom)
    yield _points("c", x + k, bottom, x, bottom - k, x, bottom - r)
    yield _points("l", x, y + r)
    yield _points("c", x, y + k, x + k, y, x + r, y)
    yield "h"


def _path(data: str) -> Iterator[str]:
    for command, numbers in _COMMAND.findall(data):
        if command == "Z":
            yield "h"
        else:
            yield _points(command.lower(), *(float(number) for number in numbers.split()))


def _points(operator: str, *numbers: float) -> str:
    return f"{' '.join(_short(number) for number in numbers)} {operator}"


def _short(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".") if number % 1 else f"{number:.0f}"
