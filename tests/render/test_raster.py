# SPDX-License-Identifier: GPL-2.0-only
"""PNG and PDF: made with the shipped font alone, the same everywhere, cut into pages only where they may be."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pypdfium2  # type: ignore[import-untyped]
import pytest

from dfsrace.render import raster
from dfsrace.render.film_svg import film_svg
from dfsrace.render.lanes_svg import lanes_svg
from dfsrace.render.raster_font import BOLD, REGULAR, font
from dfsrace.render.svg_draw import Frame, Pen, Point, Sheet, Type, document
from dfsrace.render.svg_pages import A4, paged
from dfsrace.render.svg_style import DARK, LIGHT
from tests.render.svg_boxes import SVG
from tests.render.test_lanes_svg import long_trace, race
from tests.render.test_vm_svg import SEED, pictures_of

Pixels = list[bytes]


def decoded(png: bytes) -> Pixels:
    """The rows of a PNG of 8 bits a channel, as RGBA. ISO/IEC 15948, section 9."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, kind = struct.unpack_from(">IIBB", png, 16)
    assert (depth, kind) == (8, 6)
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        data += png[place + 8 : place + 8 + length] if png[place + 4 : place + 8] == b"IDAT" else b""
        place += 12 + length
    raw, rows, above = zlib.decompress(data), [], bytes(4 * width)
    for start in range(0, len(raw), 4 * width + 1):
        above = unfiltered(raw[start], raw[start + 1 : start + 4 * width + 1], above)
        rows.append(above)
    assert len(rows) == height
    return rows


def unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    """A row as it was before its filter."""
    out = bytearray(line)
    for i, value in enumerate(line):
        left, up, corner = (out[i - 4] if i >= 4 else 0), above[i], (above[i - 4] if i >= 4 else 0)
        guess = left + up - corner
        near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
        out[i] = (value + (0, left, up, (left + up) // 2, near)[kind]) & 0xFF
    return bytes(out)


def drawn(text: str = "", at: Point = (10, 40), theme: str = "light", bold: bool = False) -> str:
    """A small picture with a text."""
    sheet = Sheet()
    sheet.text(at, text, Type(20, bold=bold))
    return document(sheet, Frame(119.6, 59.3, "t", "d"), theme, True)


def inked(rows: Pixels) -> int:
    """How many pixels are darker than half."""
    return sum(row[i] < 128 for row in rows for i in range(0, len(row), 4))


def extracted(pdf: bytes) -> list[str]:
    """The text of each page, as a reader finds it."""
    pages = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in pages]


# ---- PNG


def test_a_png_is_as_wide_as_asked_and_twice_the_picture_without() -> None:
    assert [len(decoded(raster.png(drawn(), width))[0]) // 4 for width in (120, 333, None)] == [120, 333, 240]
    for width in (0, -5, 20000):
        with pytest.raises(ValueError, match="1 to 16384 pixels wide"):
            raster.png(drawn(), width)


def test_text_is_there_and_bold_is_bolder() -> None:
    empty, thin, thick = (inked(decoded(raster.png(d, 240))) for d in (drawn(), drawn("Wq8"), drawn("Wq8", bold=True)))
    assert empty == 0 and 300 < thin < thick


def test_a_character_that_the_font_has_not_is_a_box_not_a_gap() -> None:
    missing, box = (decoded(raster.png(drawn(text), 240)) for text in ("漢", "□"))
    assert missing == box


def test_a_theme_that_follows_the_reader_is_light_on_paper() -> None:
    auto, light, dark = (decoded(raster.png(drawn("x", theme=theme), 60)) for theme in ("auto", "light", "dark"))
    assert auto == light != dark
    for rows, palette in ((light, LIGHT), (dark, DARK)):
        assert rows[0][:3] == bytes.fromhex(palette["ground"][1:])


def test_the_ground_goes_to_every_edge_whatever_the_width() -> None:
    svg = drawn("x", theme="dark")
    ground = bytes.fromhex(DARK["ground"][1:]) + b"\xff"
    for width in (100, 125, 133):
        rows = decoded(raster.png(svg, width))
        assert rows[0] == rows[-1] == ground * width
        assert {row[:4] for row in rows} == {row[-4:] for row in rows} == {ground}


WITHOUT_FONTS = """
import hashlib, sys
from dfsrace.render import raster
svg = sys.stdin.buffer.read().decode()
print(hashlib.sha256(raster.png(svg, 800)).hexdigest(), hashlib.sha256(raster.pdf(svg)).hexdigest())
"""


def test_png_and_pdf_are_the_same_where_fontconfig_finds_no_font(tmp_path: Path) -> None:
    empty = tmp_path / "fonts.conf"
    empty.write_text("<fontconfig/>", encoding="utf-8")
    svg = lanes_svg(race()).encode()
    digests = set()
    for changed in ({}, {"FONTCONFIG_FILE": str(empty), "HOME": str(tmp_path), "PYTHONHASHSEED": "7"}):
        command = [sys.executable, "-c", WITHOUT_FONTS]
        digests.add(
            subprocess.run(command, input=svg, env=os.environ | changed, stdout=subprocess.PIPE, check=True).stdout
        )
    assert len(digests) == 1
    assert inked(decoded(raster.png(lanes_svg(race()), 800))) > 5000


# ---- PDF


def test_a_pdf_says_in_text_what_the_picture_says() -> None:
    (text,) = extracted(raster.pdf(lanes_svg(race(), title="The race")))
    for words in ("The race", "spin_lock(mm.page_table_lock)", "page0 →", "page0.mapping is None", "vmtruncate(A, 0)"):
        assert words in text


def test_the_font_is_embedded_whole_and_nothing_else_is_asked_for() -> None:
    pdf = raster.pdf(lanes_svg(race()))
    streams = [m[1] for m in re.finditer(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]
    unpacked = [zlib.decompress(stream) for stream in streams]
    assert font(REGULAR).data in unpacked and font(BOLD).data in unpacked
    assert pdf.count(b"/FontFile2") == 2 and b"/Helvetica" not in pdf and b"/Subtype /Image" not in pdf


def test_text_stands_where_the_picture_has_it() -> None:
    page = pypdfium2.PdfDocument(raster.pdf(drawn("Wxy")))[0]
    (sheet,) = paged(fromstring(drawn("Wxy")))
    left, bottom, right, top = page.get_textpage().get_charbox(0)
    base = sheet.height - sheet.margin - 40 * sheet.scale
    assert left == pytest.approx(sheet.left + 10 * sheet.scale, abs=2)
    assert bottom == pytest.approx(base, abs=1)
    assert top - bottom == pytest.approx(20 * 0.73 * sheet.scale, abs=1)
    assert right - left < 12 * sheet.scale


def test_a_picture_that_fits_is_one_sheet_of_a4_the_way_it_fits_best() -> None:
    wide = pypdfium2.PdfDocument(raster.pdf(lanes_svg(race())))
    assert [tuple(round(side) for side in page.get_size()) for page in wide] == [(842, 595)]
    tall = document(Sheet(), Frame(300, 600, "t", "d"), "light", True)
    assert [tuple(round(side) for side in page.get_size()) for page in pypdfium2.PdfDocument(raster.pdf(tall))] == [
        (595, 842)
    ]


def test_long_lanes_go_on_over_pages_with_their_heading_and_lose_no_step() -> None:
    svg = lanes_svg(long_trace(), title="Two hundred")
    pages = paged(fromstring(svg))
    assert len(pages) > 3
    for page in pages:
        assert {page.width, page.height} == set(A4) and page.scale >= 0.45
        assert page.scale * sum(strip.height for strip in page.strips) <= page.height - 2 * page.margin + 0.1
    strips = [page.strips[-1] for page in pages]
    assert [strip.top for strip in strips[1:]] == [strip.top + strip.height for strip in strips[:-1]]
    assert strips[0].top == 0 and strips[-1].top + strips[-1].height == float(fromstring(svg).get("height", "0"))
    assert all(page.strips[0].top == pages[1].strips[0].top for page in pages[1:])
    assert len(pypdfium2.PdfDocument(raster.pdf(svg))) == len(pages)


def test_a_film_on_paper_is_cut_between_its_panels() -> None:
    made = pictures_of("shared-write/write-back-before-unmap")
    root = fromstring(film_svg(made, shape="page"))
    pages = paged(root)
    assert len(pages) > 1
    breaks = [float(y) for y in root.get("data-breaks", "").split()]
    assert all(page.strips[1].top in breaks for page in pages[1:])


def test_each_sheet_of_a_film_has_the_legend_below_the_panels_and_its_number() -> None:
    svg = film_svg(pictures_of(SEED), title="The question", shape="page")
    sheets = extracted(raster.pdf(svg))
    assert len(sheets) == 3
    for number, text in enumerate(sheets, 1):
        assert f"{number} / 3" in text
    root = fromstring(svg)
    (words,) = [text for text in root.iter(f"{SVG}text") if text.text == "violates the property"]
    for page in paged(root):
        *_, panels, legend = page.strips
        assert legend.at == panels.at + panels.height
        assert legend.top < float(words.get("y", "0")) < legend.top + legend.height
        assert page.scale * (legend.at + legend.height) <= page.height - 2 * page.margin + 0.1


def test_a_picture_on_one_sheet_has_no_number() -> None:
    assert "1 / 1" not in extracted(raster.pdf(lanes_svg(race())))[0]
    assert "2 / " in extracted(raster.pdf(lanes_svg(long_trace())))[1]


@pytest.mark.parametrize(
    ("name", "most"),
    [(SEED, 3), ("textbook/bakery-without-choosing", 1), ("textbook/bounded-buffer-checked-once", 2)],
)
def test_a_film_takes_few_sheets_and_can_be_read_on_them(name: str, most: int) -> None:
    pages = paged(fromstring(film_svg(pictures_of(name), shape="page")))
    assert len(pages) <= most
    assert all(page.scale * 11 >= 5.99 for page in pages)
    assert all(sum(s.height for s in page.strips) * page.scale <= page.height - 2 * page.margin + 0.1 for page in pages)


def test_curves_dashes_and_turned_text_survive() -> None:
    sheet = Sheet()
    sheet.line([(0, 0), (50, 0), (50, 50)], Pen("", "bad", 2, "3 2"), 8)
    sheet.text((20, 50), "up", Type(20), turned=True)
    pdf = raster.pdf(document(sheet, Frame(100, 100, "t", "d"), "light", True))
    operators = b"".join(zlib.decompress(m[1]) for m in re.finditer(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL))
    assert b" c\n" in operators and b"[3 2] 0 d" in operators and b"0 -1 -1 0 20 50 Tm" in operators
    assert "up" in extracted(pdf)[0]


def test_the_same_picture_gives_the_same_pdf() -> None:
    assert raster.pdf(lanes_svg(race())) == raster.pdf(lanes_svg(race()))
