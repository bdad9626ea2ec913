# SPDX-License-Identifier: GPL-2.0-only
"""The two themes: everything can be read, by anybody, and the style sheet says what the roles say."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from dfsrace.render.lanes_svg import lanes_svg
from dfsrace.render.raster_font import BOLD, REGULAR, font
from dfsrace.render.svg_draw import ADVANCE
from dfsrace.render.svg_style import DARK, LIGHT, THREADS, style_text
from tests.render.svg_boxes import contrast, texts
from tests.render.test_lanes import TRACES

PALETTES = {"light": LIGHT, "dark": DARK}
LINES = ("ink", "soft", "bad", "stale", *THREADS)

# Machado, Oliveira, Fernandes 2009: what who sees no red, or no green, sees of linear red, green and blue.
SEEN_BY = {
    "protanope": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranope": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def seen(colour: str, by: str) -> tuple[float, ...]:
    """A colour as somebody sees it, in CIE L*a*b*."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    r, g, b = (sum(k * part for k, part in zip(row, linear, strict=True)) for row in SEEN_BY[by])
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (max(v, 0) ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("theme", PALETTES)
def test_every_text_of_the_lanes_contrasts_with_what_it_stands_on(theme: str) -> None:
    palette = PALETTES[theme]
    for name in TRACES:
        for text in texts(lanes_svg(TRACES[name](), title=name)):
            assert contrast(palette[text.role], palette[text.ground]) >= 4.5, text


@pytest.mark.parametrize("theme", PALETTES)
def test_every_line_contrasts_with_the_ground_and_the_boxes(theme: str) -> None:
    palette = PALETTES[theme]
    grounds = [role for role in palette if role.endswith("ground") or role == "card"]
    assert {role for role in LINES for ground in grounds if contrast(palette[role], palette[ground]) < 4.5} == set()


@pytest.mark.parametrize("by", SEEN_BY)
@pytest.mark.parametrize("theme", PALETTES)
def test_the_first_threads_and_the_arrow_are_told_apart_without_red_or_green(theme: str, by: str) -> None:
    roles = ("t0", "t1", "ink", "stale")
    for one, other in combinations(roles, 2):
        a, b = seen(PALETTES[theme][one], by), seen(PALETTES[theme][other], by)
        assert sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5 > 15, (one, other)


def test_both_themes_know_the_same_roles() -> None:
    assert list(LIGHT) == list(DARK)


def test_no_rule_reaches_beyond_our_pictures() -> None:
    for theme in ("auto", "light", "dark"):
        rules = style_text(theme).replace("@media (prefers-color-scheme:dark){", "").replace("}}", "}")
        selectors = re.findall(r"([^{}]+)\{[^}]*\}", rules)
        assert selectors and all(selector.strip().startswith(".dr") for selector in selectors)
        assert "url(" not in rules and "@import" not in rules


def test_a_page_can_have_a_theme_of_its_own() -> None:
    scoped = style_text("dark", ':root[data-theme="dark"]')
    assert all(line.startswith(':root[data-theme="dark"] .dr') for line in scoped.splitlines())
    assert f"fill:{DARK['ink']}" in scoped


@pytest.mark.parametrize("name", [REGULAR, BOLD])
def test_no_glyph_of_the_shipped_font_is_wider_than_we_reckon(name: str) -> None:
    shown = font(name)
    assert max(shown.advances) <= ADVANCE * shown.em
    assert {shown.advances[shown.glyph(c)] for c in "aW0→…✗"} == {600}
    assert all(ord(c) in shown.glyphs for c in "→…≠≤·äßΔλЖ□")
