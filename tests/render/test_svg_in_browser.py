# SPDX-License-Identifier: GPL-2.0-only
"""The pictures in a browser that has not our font: inside a page, beside each other, in both themes."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

from dfsrace.render.film_svg import film_svg
from dfsrace.render.lanes_svg import lanes_svg
from dfsrace.render.svg_style import DARK, LIGHT, style_text
from dfsrace.render.vm_svg import vm_svg
from tests.conftest import require
from tests.render.svg_boxes import texts
from tests.render.test_lanes_svg import race
from tests.render.test_vm_svg import SEED, pictures_of

MEASURE = """
const found = [...document.querySelectorAll('svg text')].map(t => t.getComputedTextLength());
const grounds = [...document.querySelectorAll('svg')].map(s => getComputedStyle(s.querySelector('rect')).fill);
document.getElementById('found').textContent = JSON.stringify({found, fills: [...new Set(grounds)]});
"""


def seen_by_browser(folder: Path, *options: str) -> tuple[list[float], list[str], list[float]]:
    """Lengths of all texts and the grounds' colours as Chromium has them, and the lengths that we reckon with."""
    made = pictures_of(SEED)
    drawn = [
        lanes_svg(race(), standalone=False),
        vm_svg(made, 15, standalone=False),
        film_svg(made, standalone=False),
    ]
    page = folder / "page.html"
    body = f"{''.join(drawn)}<p id=found></p><script>{MEASURE}</script>"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{style_text()}</style>{body}", encoding="utf-8")
    command = [require("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", *options]
    command += [f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    match = re.search(r'<p id="found">(.*?)</p>', dom)
    assert match is not None
    value = json.loads(unescape(match[1]))
    reckoned = [max(t.area.right - t.area.left, t.area.bottom - t.area.top) for svg in drawn for t in texts(svg)]
    return value["found"], value["fills"], reckoned


def rgb(colour: str) -> str:
    """A colour as CSS computes it."""
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.parametrize(("options", "palette"), [((), LIGHT), (("--blink-settings=preferredColorScheme=0",), DARK)])
def test_no_text_is_longer_than_reckoned_and_the_theme_is_the_readers(
    tmp_path: Path, options: tuple[str, ...], palette: dict[str, str]
) -> None:
    found, fills, reckoned = seen_by_browser(tmp_path, *options)
    assert len(found) == len(reckoned) > 100
    assert max(one - other for one, other in zip(found, reckoned, strict=True)) < 0.7
    assert fills == [rgb(palette["ground"])]
