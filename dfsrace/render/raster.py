# SPDX-License-Identifier: GPL-2.0-only
"""PNG and PDF, made from an SVG of ours with the shipped font and no other.

PNG is resvg's work. PDF's objects are pydyf's, the drawing is ours: the wheels that turn SVG into PDF by themselves are
large (typst 81 MiB, skia 50 MiB), AGPL, need Pillow and fontTools or a cairo of the system's.
"""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import fromstring

from dfsrace.render.raster_font import BOLD, MISSING, REGULAR, Font, font
from dfsrace.render.raster_pdf import NUMBER, Operators
from dfsrace.render.svg_pages import Page, paged

WIDEST = 16384
MOST_PIXELS = 60_000_000
_SIZE = re.compile(r'<svg[^>]* width="([\d.]+)"[^>]* height="([\d.]+)"')
_TEXT = re.compile(r"(?<=>)[^<]+(?=</text>)")


def png(svg: str, width: int | None = None) -> bytes:
    """A PNG, `width` pixels wide (None: twice as wide as the SVG says, less if that makes too many pixels).

    A theme that follows the reader becomes light. A character that the font has not is shown as a box. ValueError: a
    width below 1 or above 16384 pixels.
    """
    from resvg_py import svg_to_bytes

    if width is None:
        width = _usual_width(svg)
    if not 1 <= width <= WIDEST:
        raise ValueError(f"a PNG is 1 to {WIDEST} pixels wide, not {width}")
    with as_file(files("dfsrace.render") / "fonts") as folder:
        drawn = svg_to_bytes(
            svg_string=_shown(svg),
            width=width,
            skip_system_fonts=True,
            font_files=[str(folder / name) for name in (REGULAR, BOLD)],
            font_family="JetBrains Mono",
            monospace_family="JetBrains Mono",
        )
    return bytes(drawn)


def _usual_width(svg: str) -> int:
    found = _SIZE.search(svg)
    w, h = (float(number) for number in found.groups()) if found else (640.0, 480.0)
    return max(1, int(min(2 * w, WIDEST, WIDEST * w / h, w * (MOST_PIXELS / (w * h)) ** 0.5)))


def _shown(svg: str) -> str:
    """The SVG with a box for each character that the font has not."""
    glyphs = font(REGULAR).glyphs
    return svg if svg.isascii() else _TEXT.sub(lambda m: _boxed(m[0], glyphs), svg)


def _boxed(text: str, glyphs: dict[int, int]) -> str:
    return "".join(c if ord(c) in glyphs else MISSING for c in text)


def pdf(svg: str) -> bytes:
    """A vector PDF in pages of A4 with the font embedded; a long picture goes on at its breaks, its heading repeated.

    Pages have numbers where there are several. Text can be searched and copied. The same SVG gives the same bytes.
    """
    import pydyf  # type: ignore[import-untyped]

    root = fromstring(svg)
    operators = Operators(root)
    pages = paged(root)
    numbers: list[list[str]] = [[] for _ in pages]
    if len(pages) > 1:
        at = [(page.width / 2, page.margin / 2 - NUMBER / 2) for page in pages]
        numbers = [operators.page_number(f"{n} / {len(pages)}", place) for n, place in enumerate(at, 1)]
    document: Any = pydyf.PDF()
    fonts = pydyf.Dictionary()
    for number, name in enumerate((REGULAR, BOLD), 1):
        fonts[f"F{number}"] = _embedded(document, font(name), name, operators.used[name])
    w, h = (float(root.get(name, "0")) for name in ("width", "height"))
    extra = pydyf.Dictionary({"Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array([0, 0, w, h])})
    extra["Resources"] = pydyf.Dictionary({"Font": fonts})
    drawing = pydyf.Stream([line.encode("ascii") for line in operators.lines], extra, compress=True)
    document.add_object(drawing)
    forms = pydyf.Dictionary({"D": drawing.reference})
    for page, shown in zip(pages, numbers, strict=True):
        _add_page(document, page, pydyf.Dictionary({"XObject": forms, "Font": fonts}), shown)
    document.info["Title"] = pydyf.String(root.get("aria-label") or "")
    document.catalog["Lang"] = pydyf.String("en")
    output = BytesIO()
    document.write(output)
    return output.getvalue()


def _add_page(document: Any, page: Page, resources: Any, number: list[str]) -> None:
    """A page that shows strips of the drawing, and its number."""
    import pydyf

    lines = []
    for strip in page.strips:
        s, bottom = page.scale, page.height - page.margin - strip.at * page.scale
        clip = f"{page.left:.3f} {bottom - strip.height * s:.3f} {page.room:.3f} {strip.height * s:.3f} re W n"
        lines.append(f"q {clip} {s:.5f} 0 0 {-s:.5f} {page.left:.3f} {bottom + strip.top * s:.3f} cm /D Do Q")
    content = pydyf.Stream([line.encode("ascii") for line in [*lines, *number]], compress=True)
    document.add_object(content)
    entries = {
        "Type": "/Page",
        "Parent": document.pages.reference,
        "MediaBox": pydyf.Array([0, 0, f"{page.width:.2f}", f"{page.height:.2f}"]),
        "Contents": content.reference,
        "Resources": resources,
    }
    document.add_page(pydyf.Dictionary(entries))


def _embedded(document: Any, shown: Font, name: str, used: set[str]) -> bytes:
    """Puts a font into a document; gives the reference to it."""
    import pydyf

    scale = 1000 / shown.em
    postscript = "/" + name.removesuffix(".ttf")
    data = pydyf.Stream([shown.data], pydyf.Dictionary({"Length1": len(shown.data)}), compress=True)
    document.add_object(data)
    descriptor = {
        "Type": "/FontDescriptor",
        "FontName": postscript,
        "Flags": 5,
        "FontBBox": pydyf.Array([round(edge * scale) for edge in shown.box]),
        "ItalicAngle": 0,
        "Ascent": round(shown.ascent * scale),
        "Descent": round(shown.descent * scale),
        "CapHeight": 730,
        "StemV": 140 if name == BOLD else 80,
        "FontFile2": data.reference,
    }
    described = pydyf.Dictionary(descriptor)
    document.add_object(described)
    glyphs = {shown.glyph(character): character for character in sorted(used)}
    widths = [f"{glyph} [{round(shown.advances[glyph] * scale)}]" for glyph in sorted(glyphs)]
    descendant = {
        "Type": "/Font",
        "Subtype": "/CIDFontType2",
        "BaseFont": postscript,
        "CIDSystemInfo": pydyf.Dictionary({"Registry": "(Adobe)", "Ordering": "(Identity)", "Supplement": 0}),
        "FontDescriptor": described.reference,
        "DW": round(shown.advances[shown.glyph("0")] * scale),
        "W": pydyf.Array(widths),
        "CIDToGIDMap": "/Identity",
    }
    inner = pydyf.Dictionary(descendant)
    document.add_object(inner)
    characters = pydyf.Stream([_to_unicode(glyphs)], compress=True)
    document.add_object(characters)
    outer = pydyf.Dictionary({"Type": "/Font", "Subtype": "/Type0", "BaseFont": postscript})
    outer |= {"Encoding": "/Identity-H", "DescendantFonts": pydyf.Array([inner.reference])}
    outer["ToUnicode"] = characters.reference
    document.add_object(outer)
    return bytes(outer.reference)


def _to_unicode(glyphs: dict[int, str]) -> bytes:
    """The table by which a reader finds a glyph's character, so that text can be searched and copied."""
    lines = [f"<{glyph:04x}> <{char.encode('utf-16-be').hex()}>" for glyph, char in sorted(glyphs.items())]
    blocks = [lines[i : i + 100] for i in range(0, len(lines), 100)]
    body = [f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks]
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def /CMapName /U def"
    space = "1 begincodespacerange <0000> <ffff> endcodespacerange"
    end = "endcmap CMapName currentdict /CMap defineresource pop end end"
    return "\n".join([head, space, *body, end]).encode("ascii")
