# SPDX-License-Identifier: GPL-2.0-only
"""Whatever a model says is text on the page: it is never an element, an attribute, a script or a style."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256

import pytest

from dfsrace.diagnostics.text import is_unsafe
from dfsrace.render.page.markup import data_block, joined, tag
from dfsrace.trace.report import Report
from tests.page.conftest import Open
from tests.page.pages import EVIL, HOSTILE, SEED, page, page_of, report_of
from tests.page.reading import Markup, read
from tests.render.test_hostile import HOSTILE as TERMINAL
from tests.render.test_hostile import hostile_report

pytestmark = pytest.mark.xdist_group("page")

MARKUP = [
    EVIL,
    '"><svg onload=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "<!--<script>",
    "-->]]></style><style>*{display:none}",
    "javascript:alert(1)",
    "&lt;img src=x onerror=alert(1)&gt;&#60;b&#62;",
    "{{script}}{{style}}",
    "\\u003c/script\\u003e",
    "#property=x&step=1",
]
# All that the page is made of.
ELEMENTS = set(
    re.findall(
        r"\w+",
        "html head meta title style body a header p b h1 h2 h3 div span small main nav ul li section details summary"
        " table caption colgroup col thead tbody tr th td code i button input figure svg defs g use rect path text"
        " tspan wbr dl dt dd br footer script",
    )
)


def harmless(report: Report) -> Markup:
    """The page of a report, which holds nothing but what a page is made of."""
    markup = read(page_of(report))
    assert set(markup.names) <= ELEMENTS
    assert (markup.names["script"], markup.names["style"]) == (2, 1)
    for name, attributes in markup.elements:
        assert not [key for key in attributes if key.startswith("on") or key in ("style", "srcdoc", "src", "action")]
        for key in ("href", "xlink:href"):
            assert (attributes.get(key) or "#").startswith("#"), (name, attributes)
    return markup


@cache
def plain_page() -> Markup:
    """The page of the same report with a harmless name for everything."""
    return harmless(hostile_report("plain"))


@pytest.mark.parametrize("text", [*MARKUP, *TERMINAL])
def test_names_and_texts_of_a_model_are_only_ever_text(text: str) -> None:
    markup, plain = harmless(hostile_report(text)), plain_page()
    drawn = {"wbr", "g", "use", "rect", "path", "text", "tspan", "title"}
    shapes = [[name for name, _ in one.elements if name not in drawn] for one in (markup, plain)]
    assert shapes[0] == shapes[1]
    assert [c for c in markup.text + "".join(markup.scripts[:1]) if is_unsafe(c) and c != "\n"] == []


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_a_model_is_shown_as_it_was_written(text: str) -> None:
    markup = harmless(hostile_report(text))
    assert text in markup.text
    assert markup.data["violations"][0]["property"] == text


def test_markup_in_a_model_file_does_nothing_in_a_browser(opened: Open) -> None:
    harmless(report_of(HOSTILE))
    tab = opened(HOSTILE)
    tab.press("Home")
    for _ in range(5):
        tab.press("ArrowRight")
    assert tab.value("document.title").startswith("violated: </script>")
    assert tab.value("document.querySelectorAll('script').length") == 2
    assert tab.value("document.querySelectorAll('img, textarea, iframe, object, embed').length") == 0
    assert EVIL in tab.value("document.querySelector('h1').textContent")
    assert EVIL in tab.value("document.querySelector('.message').textContent")
    assert EVIL in tab.value("document.querySelector('.sources').textContent")


def test_a_hostile_name_of_a_property_can_be_stepped_through(opened: Open) -> None:
    tab = opened("", text=page_of(hostile_report(EVIL)))
    tab.press("ArrowLeft")
    assert tab.value("new URLSearchParams(location.hash.slice(1)).get('property')") == EVIL
    address = tab.value("location.hash")
    again = opened("", address, text=page_of(hostile_report(EVIL)))
    assert again.value("document.querySelector('.chosen .now-title').textContent").startswith("Step 10 of 11")


# ---- a page that got markup into it all the same would not obey it


def policy() -> str:
    markup = read(page(SEED))
    (found,) = [
        a["content"] for n, a in markup.elements if n == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert found is not None
    return found


def test_the_page_allows_itself_nothing_but_its_own_style_and_script() -> None:
    text = page(SEED)
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    script = re.search(r"<script>(.*?)</script>", text, re.S)
    assert style and script
    digests = ["sha256-" + b64encode(sha256(one[1].encode()).digest()).decode() for one in (style, script)]
    assert policy().startswith(f"default-src 'none'; style-src '{digests[0]}'; script-src '{digests[1]}';")
    assert "unsafe" not in policy()
    assert "http:" not in policy() and "https:" not in policy()


def test_a_script_that_is_slipped_in_is_not_run(opened: Open) -> None:
    slipped = page(SEED).replace(
        "<main>", "<main><script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
    )
    tab = opened("", text=slipped)
    assert tab.value("document.title").startswith("violated: The question")
    tab.heard()
    assert sum("Content Security Policy" in complaint for complaint in tab.complaints) >= 2
    tab.complaints.clear()
    tab.requests.clear()


def test_the_script_never_writes_markup() -> None:
    script = re.search(r"<script>(.*?)</script>", page(SEED), re.S)
    assert script
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|DOMParser", script[1]) == []


# ---- the builder of markup


def test_texts_and_attributes_are_escaped() -> None:
    made = tag("a", "<b>&", joined(("x", tag("i", "</i>"))), href="\"'<>", data_x=True, hidden=False, title=None)
    assert made == '<a href="&quot;&#x27;&lt;&gt;" data-x>&lt;b&gt;&amp;x<i>&lt;/i&gt;</i></a>'


def test_markup_that_is_put_together_by_hand_is_escaped() -> None:
    assert tag("p", tag("b", "x") + "<i>") == "<p>&lt;b&gt;x&lt;/b&gt;&lt;i&gt;</p>"


def test_data_cannot_end_its_element() -> None:
    given = {"</script>": "<!-- & \u2028 \ud800 </SCRIPT "}
    block = data_block(given, "data")
    inside = block.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert not set("<>&\u2028\n") & set(inside)
    assert json.loads(inside) == given
