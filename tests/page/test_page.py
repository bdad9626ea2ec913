# SPDX-License-Identifier: GPL-2.0-only
"""The page in a browser: it steps by keys and slider, a link shows one step, it prints, and everybody can use it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from tests.gate.formats.outside import folder_of
from tests.page.browser import Tab
from tests.page.conftest import Open
from tests.page.pages import DEADLOCK, HOLDS, LONG, REMOTE, SEED
from tests.page.reading import colours, pages

pytestmark = pytest.mark.xdist_group("page")

TITLE = "document.querySelector('.chosen .now-title').textContent"
NOW = "[...document.querySelectorAll('.chosen .lanes tr.now code')].map((one) => one.textContent).join('\\n')"
SAID = "document.getElementById('said').textContent"
HASH = "location.hash"


def first_place(tab: Tab) -> None:
    """To the first step, by the key."""
    tab.press("Home")
    assert tab.value(TITLE) == "At first"


def test_the_last_step_is_shown_at_first(opened: Open) -> None:
    tab = opened(SEED)
    assert tab.value(TITLE) == "Step 15 of 15 · nodeB"
    assert "page.mapping = None" in tab.value(NOW)
    assert tab.value(SAID) == ""


def test_the_keys_walk_through_all_steps_and_stop_at_both_ends(opened: Open) -> None:
    tab = opened(SEED)
    first_place(tab)
    tab.press("ArrowLeft")
    assert tab.value(TITLE) == "At first"
    titles = []
    for _ in range(16):
        tab.press("ArrowRight")
        titles.append(tab.value(TITLE))
    threads = ["nodeB"] * 7 + ["cpu0"] * 6 + ["nodeB"] * 2
    expected = [f"Step {number} of 15 · {thread}" for number, thread in enumerate(threads, 1)]
    assert titles == [*expected, expected[-1]]
    tab.press("Home")
    tab.press("End")
    assert tab.value(TITLE) == "Step 15 of 15 · nodeB"


def test_each_step_says_what_changed_and_shows_its_line_of_the_source(opened: Open) -> None:
    tab = opened(SEED, "#property=no_pte_maps_truncated_page&step=13")
    assert tab.value("document.querySelector('.chosen .now-said').innerText") == "mm0.pte[0] None → page0"
    source = tab.value("document.querySelector('.chosen .now-source').innerText")
    assert source.startswith("truncate_lock.yaml:25")
    marked = tab.value("document.querySelector('.chosen .now-source tr.at').innerText")
    assert marked.split() == ["25", "mm.pte[index]", "=", "page"]
    assert tab.value(NOW) == "mm.pte[index] = page"


def test_the_slider_steps_and_follows(opened: Open) -> None:
    tab = opened(SEED)
    tab.value("document.querySelector('.chosen .controls input').focus()")
    tab.press("ArrowLeft")
    assert tab.value(TITLE) == "Step 14 of 15 · nodeB"
    tab.press("Home")
    assert tab.value(TITLE) == "At first"
    tab.value("document.querySelector('.chosen .controls button[data-go=on]').click()")
    assert tab.value("document.querySelector('.chosen .controls input').value") == "1"
    assert tab.value("document.querySelector('.chosen .controls input').ariaValueText") == "Step 1 of 15 · nodeB"


def test_the_picture_is_that_of_the_step(opened: Open) -> None:
    tab = opened(SEED)
    shown = "document.querySelector('.chosen .picture svg').outerHTML"
    seen = [tab.value(shown)]
    for _ in range(15):
        tab.press("ArrowLeft")
        seen.append(tab.value(shown))
    assert len(set(seen)) == 16
    size = tab.value("(({width, height}) => [width, height])(document.querySelector('.chosen .picture svg').getBBox())")
    assert min(size) > 100
    missing = (
        "[...document.querySelectorAll('svg use')].filter((one) => !document.querySelector(one.getAttribute('href')))"
    )
    assert tab.value(f"{missing}.length") == 0


def test_a_link_carries_property_and_step(opened: Open) -> None:
    tab = opened(SEED, "#property=no_pte_maps_stale_page&step=9")
    assert tab.value(TITLE) == "Step 9 of 17 · cpu0"
    tab.press("ArrowRight")
    assert tab.value(HASH) == "#property=no_pte_maps_stale_page&step=10"
    assert tab.value("document.querySelector('.chosen .here').hash") == "#property=no_pte_maps_stale_page&step=10"
    tab.value("location.hash = 'property=no_pte_maps_truncated_page&step=2'")
    tab.becomes(TITLE, "Step 2 of 15 · nodeB")
    assert tab.value("document.querySelectorAll('.violation.chosen').length") == 1


@pytest.mark.parametrize(
    "fragment", ["#property=nothing&step=3", "#step=x", "#property=no_pte_maps_truncated_page&step=-1", "#%"]
)
def test_a_link_to_nothing_shows_the_last_step(fragment: str, opened: Open) -> None:
    assert opened(SEED, fragment).value(TITLE) == "Step 15 of 15 · nodeB"


def test_a_step_past_the_end_is_the_last(opened: Open) -> None:
    assert opened(SEED, "#property=no_pte_maps_truncated_page&step=99").value(TITLE) == "Step 15 of 15 · nodeB"


def test_what_is_stepped_to_is_said_to_those_who_listen(opened: Open) -> None:
    tab = opened(SEED, "#property=no_pte_maps_truncated_page&step=12")
    tab.press("ArrowRight")
    assert tab.value(SAID) == "Step 13 of 15 · cpu0; mm.pte[index] = page; mm0.pte[0] from None to page0"
    assert tab.value("document.getElementById('said').ariaLive") == "polite"


FOCUSED = """(() => {
  const at = document.activeElement, look = getComputedStyle(at), place = at.getBoundingClientRect();
  return [at.ariaLabel || at.textContent.trim(), look.outlineStyle, place.width > 0 && place.height > 0];
})()"""


def test_everything_is_reached_with_the_keyboard_alone_and_the_focus_is_seen(opened: Open) -> None:
    tab = opened(SEED)
    seen: list[str] = []
    for _ in range(40):
        tab.press("Tab")
        name, outline, visible = tab.value(FOCUSED)
        if seen and tab.value("document.activeElement === document.body"):
            break
        assert (outline, visible) == ("solid", True), name
        seen.append(name)
    assert seen[0] == "Skip to the steps"
    joined = "\n".join(seen)
    for wanted in ("no_pte_maps_stale_page", "interleaving", "first state", "step", "All steps as a table", "vm.yaml"):
        assert wanted in joined, wanted
    # Of the steps' links only that of the step shown is on the way.
    assert sum(name.isdecimal() for name in seen) == 1


def test_a_property_is_chosen_and_a_step_taken_with_the_keyboard_alone(opened: Open) -> None:
    tab = opened(SEED)
    tab.press("Tab")
    tab.press("Enter")
    tab.press("Tab", shift=True)
    assert "no_pte_maps_stale_page" in tab.value("document.activeElement.textContent")
    tab.press("Enter")
    tab.becomes(TITLE, "Step 17 of 17 · nodeB")
    tab.press("ArrowLeft")
    assert tab.value(TITLE) == "Step 16 of 17 · nodeB"


def test_a_row_of_the_lanes_is_a_step(opened: Open) -> None:
    tab = opened(SEED)
    tab.value("document.querySelector('.chosen .lanes a[href$=\"step=4\"]').click()")
    assert tab.value(TITLE) == "Step 4 of 15 · nodeB"
    tab.value("[...document.querySelectorAll('.chosen .lanes tr.heading td.own')].pop().click()")
    assert tab.value(TITLE) == "Step 15 of 15 · nodeB"


# ---- how it looks


@pytest.mark.parametrize("name", [SEED, HOLDS], ids=["seed", "holds"])
def test_nothing_is_wider_than_the_window(name: str, opened: Open) -> None:
    tab = opened(name)
    for width in (2560, 1280, 800, 400):
        tab.look(width)
        assert tab.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screenshot_shows_a_page(width: int, scheme: str, opened: Open) -> None:
    tab = opened(SEED)
    tab.look(width, width * 9 // 16, scheme)
    seen = colours(tab.screenshot(320 / width))
    (ground, most), *_ = seen.most_common(1)
    assert (sum(ground) > 600) == (scheme == "light")
    assert len(seen) > 100
    assert 0.5 < most / seen.total() < 0.95


def test_without_the_script_all_of_it_is_there(opened: Open) -> None:
    tab = opened(SEED)
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    tab.send("Page.reload")
    tab.browser.wait("Page.loadEventFired", tab.session)
    tab.send("Emulation.setScriptExecutionDisabled", value=False)
    text = tab.value("document.body.innerText")
    for wanted in (
        "VIOLATED",
        "mm0 maps page 0 of the file to page0",
        "cpu0 sets mm0.pte[0] in step 13",
        "mutex_lock(dfs_lock[index])",
    ):
        assert wanted in text, wanted
    assert "link to this step" not in text
    shown = "[...document.querySelectorAll('.violation')].map((one) => one.checkVisibility())"
    assert tab.value(shown) == [True, True]
    seen = "[...document.querySelectorAll('.violation .steps tbody tr')].filter((one) => one.checkVisibility()).length"
    assert tab.value(seen) == 0
    tab.send("Emulation.setEmulatedMedia", media="print")
    assert tab.value(seen) == 16 + 18


@pytest.mark.parametrize(
    ("name", "fewest", "most"),
    [(SEED, 7, 14), (HOLDS, 4, 7), pytest.param(LONG, 20, 45, marks=pytest.mark.long)],
    ids=["seed", "holds", "long"],
)
def test_it_prints_on_as_many_pages_as_it_needs(name: str, fewest: int, most: int, opened: Open) -> None:
    printed = opened(name).printed()
    assert fewest <= pages(printed) <= most
    assert b"[0 0 594.95" in printed or b"[0 0 595" in printed


def test_on_paper_all_properties_and_all_steps_are_there(opened: Open) -> None:
    tab = opened(SEED)
    tab.send("Emulation.setEmulatedMedia", media="print")
    tab.value("dispatchEvent(new Event('beforeprint'))")
    seen = "(what) => [...document.querySelectorAll(what)].filter((one) => one.checkVisibility()).length"
    assert tab.value(f"({seen})('.violation')") == 2
    assert tab.value(f"({seen})('.steps tbody tr')") == 16 + 18
    assert tab.value(f"({seen})('.film figure')") > 4
    assert tab.value(f"({seen})('.controls, .choice, .stage')") == 0


def test_paper_is_light_for_readers_of_dark_screens_too(opened: Open) -> None:
    tab = opened(SEED)
    inks = """[getComputedStyle(document.body).color, getComputedStyle(document.querySelector(".dr-f-ink")).fill,
      getComputedStyle(document.querySelector("h1")).colorScheme]"""
    light = tab.value(inks)[:2]
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    tab.send("Emulation.setEmulatedMedia", media="", features=dark)
    assert not set(light) & set(tab.value(inks))
    tab.send("Emulation.setEmulatedMedia", media="print", features=dark)
    assert tab.value(inks) == [*light, "light"]


def test_two_hundred_steps_of_four_threads_are_stepped_through_at_once(opened: Open) -> None:
    tab = opened(LONG)
    assert tab.value(TITLE) == "Step 201 of 201 · cpu0"
    walk = """(async () => {
      const keys = new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }), begun = performance.now();
      for (let step = 0; step < 200; step += 1) {
        document.body.dispatchEvent(keys);
        document.body.getBoundingClientRect();
      }
      return performance.now() - begun;
    })()"""
    milliseconds = tab.value(walk)
    assert tab.value(TITLE) == "Step 1 of 201 · cpu0"
    assert milliseconds < 200 * 100


# ---- what accessibility checkers find


@cache
def axe() -> str:
    """The checker, as `.ci/run` installs it."""
    folder = folder_of("axe", "DFSRACE_AXE", "node_modules/axe-core/axe.min.js")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


RUN_AXE = """axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations.map(
  (one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`))"""


@pytest.mark.parametrize(
    ("name", "scheme"),
    [(SEED, "light"), (SEED, "dark"), (HOLDS, "light"), (HOLDS, "dark"), (DEADLOCK, "dark")],
    ids=["seed-light", "seed-dark", "holds-light", "holds-dark", "deadlock-dark"],
)
def test_a_checker_of_accessibility_finds_nothing(name: str, scheme: str, opened: Open) -> None:
    checker = axe()
    tab = opened(name)
    tab.look(scheme=scheme)
    tab.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    tab.value(checker + ";0")
    assert tab.value(RUN_AXE) == []


def test_the_checker_of_accessibility_would_find_something(opened: Open) -> None:
    checker = axe()
    tab = opened(SEED)
    tab.value("document.querySelector('.chosen .controls input').removeAttribute('aria-label')")
    tab.value(checker + ";0")
    assert any(found.startswith("label") for found in tab.value(RUN_AXE))


def test_the_shots_for_people_are_kept_where_they_are_asked_for(opened: Open) -> None:
    """Writes what people should look at, where DFSRACE_SHOTS names a folder."""
    folder = os.environ.get("DFSRACE_SHOTS")
    if not folder:
        pytest.skip("DFSRACE_SHOTS names no folder")
    for name in (SEED, REMOTE, HOLDS):
        tab = opened(name)
        for width, scheme in ((1280, "light"), (1280, "dark"), (2560, "light"), (2560, "dark")):
            tab.look(width, width * 5 // 8, scheme)
            path = Path(folder) / f"page-{name.rpartition('/')[2]}-{width}-{scheme}.png"
            path.write_bytes(tab.screenshot())
        tab.look()
        (Path(folder) / f"page-{name.rpartition('/')[2]}.pdf").write_bytes(tab.printed())
