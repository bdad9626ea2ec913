# SPDX-License-Identifier: GPL-2.0-only
"""The picture of the state, and the film: everything has its place, what changed and what fails is marked."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest

from dfsrace.diagnostics.text import printable
from dfsrace.render.film_svg import chosen, film_svg, in_a_row
from dfsrace.render.svg_style import DARK, LIGHT
from dfsrace.render.svg_vm_layout import laid_out
from dfsrace.render.svg_vm_panel import WORDS
from dfsrace.render.vm_svg import vm_svg
from dfsrace.trace.picture import Field, Link, Picture, Thing
from dfsrace.trace.pictures import pictures
from tests.render.svg_boxes import SVG, contrast, rectangle, role_of, texts
from tests.render.test_hostile import HOSTILE
from tests.render.test_lanes_svg import assert_clear, words_of
from tests.render.test_models import report_of

SEED = "2003-truncate-lock/seed-question"
ATOMIC = "2003-truncate-lock/section-over-removal"
MODELS = [
    SEED,
    "2003-unfixed/local-truncate",
    "2003-unfixed/remote-write",
    "2003-unfixed/remote-truncate",
    "2003-linux-2.6/invalidate-inside-i_size",
    "2003-hook/lock-dropped-before-removal",
    "2005-cluster-lock/lock-order",
    "2021-invalidate-lock/without",
    "shared-write/write-back-before-unmap",
    "shared-write/without-token",
    "textbook/aba-llist-del-first",
    "textbook/bounded-buffer-checked-once",
    "textbook/dining-philosophers",
    "textbook/dining-philosophers-either-fork",
    "textbook/seqlock-reader-without-retry",
]


@cache
def pictures_of(name: str) -> tuple[Picture, ...]:
    """The pictures of a model's first counterexample."""
    report = report_of(name)
    trace = report.violations[0].trace
    assert trace is not None
    return pictures(report.system, trace)


def hand_made(text: str = "") -> tuple[Picture, ...]:
    """Two pictures in which a frame, a page table, locks, tokens, variables and values have a part."""
    name = text or "x"
    things = (
        Thing("thread:a", "thread", f"cpu0{text}", (Field("seq", name),), note=name),
        Thing("mm:m", "mm", f"mm0{text}", (Field("pte[0]", "None"),)),
        Thing("frame:p", "frame", f"page0{text}", (Field("contents", name),), held=False),
        Thing("frame:q", "frame", "page1", (Field("contents", "v0"), Field("next", "None"))),
        Thing("node:A", "node", f"A{text}", (Field("page_cache[0]", "None"),)),
        Thing("disk:disk", "disk", "disk", (Field("disk[0]", name),)),
        Thing("value:v", "value", "head", (Field("next", "None"),)),
        Thing("value:bare", "value", "filemap"),
        Thing("cell:c", "cell", f"count{text}", (Field(f"count{text}", name),)),
        Thing("lock:own", "lock", f"mm0{text}.lock", (), note="free"),
        Thing("lock:other", "lock", f"big{text}", (), note=f"held by cpu0{text}"),
    )
    links = (
        Link("thread:a", "lock:other", "holds", "holds"),
        Link("thread:a", "frame:p", "local", "page"),
        Link("thread:a", "value:bare", "local", "ops"),
        Link("mm:m", "frame:q", "pte", "pte[0]", failing=True, changed=True),
        Link("mm:m", "frame:p", "pte", "pte[0]", gone=True),
        Link("frame:q", "frame:p", "reference", "next"),
        Link("frame:q", "node:A", "mapping", f"mapping{text}"),
        Link("node:A", "frame:q", "cache", "page_cache[0]", changed=True),
        Link("cell:c", "node:A", "token", f"token{text}"),
        Link("cell:c", "value:v", "reference", "head"),
        Link("value:v", "value:v", "reference", "next"),
    )
    second = replace(Picture(1, f"cpu0{text}", name, things, links), violated=(name,), interesting=True)
    return Picture(0, "", "", things, links[:1]), second


def boxes_of(svg: str) -> dict[str, Element]:
    """The rectangles of things, by the first text in them."""
    groups = [g for g in fromstring(svg).iter(f"{SVG}g") if g.get("class") == "dr-boxed"]
    found: dict[str, Element] = {}
    for group in groups:
        rect, label = group.find(f"{SVG}rect"), next(group.iter(f"{SVG}text")).text
        if rect is not None and label:
            found.setdefault(label, rect)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_no_text_overlaps_in_any_picture_or_the_film(name: str) -> None:
    made = pictures_of(name)
    for picture in chosen(made):
        assert_clear(vm_svg(made, picture.number, title=report_of(name).title))
    for shape in ("slide", "page"):
        assert_clear(film_svg(made, title=report_of(name).title, shape=shape))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", MODELS)
def test_every_text_contrasts_with_what_it_stands_on(name: str, palette: dict[str, str]) -> None:
    for text in texts(film_svg(pictures_of(name))):
        assert contrast(palette[text.role], palette[text.ground]) >= 4.5, text


def test_a_thing_has_the_same_place_in_every_picture() -> None:
    made = pictures_of(SEED)
    places = []
    for picture in made:
        boxes = {label: rectangle(rect) for label, rect in boxes_of(vm_svg(made, picture.number)).items()}
        places.append({label: boxes[label] for label in ("cpu0", "nodeB", "mm0", "page0", "A", "B", "disk", "locks")})
    assert all(place == places[0] for place in places)


def test_columns_stand_in_the_order_threads_mms_frames_nodes_disk() -> None:
    boxes = {label: rectangle(rect) for label, rect in boxes_of(vm_svg(pictures_of(SEED), 0)).items()}
    edges = [boxes[label].left for label in ("cpu0", "mm0", "page0", "A", "disk")]
    assert edges == sorted(edges) and len(set(edges)) == 5


def test_boxes_do_not_overlap() -> None:
    for name in MODELS:
        layout = laid_out(pictures_of(name))
        boxes = list(layout.boxes.values())
        for place, one in enumerate(boxes):
            for other in boxes[:place]:
                apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
                assert apart


def test_no_arrow_runs_through_a_box() -> None:
    for name in MODELS:
        layout = laid_out(pictures_of(name))
        for route in layout.routes.values():
            for (x, y), (other_x, other_y) in pairwise(route):
                left, right, top, bottom = min(x, other_x), max(x, other_x), min(y, other_y), max(y, other_y)
                for box in layout.boxes.values():
                    inside = left < box.right - 1 and box.x + 1 < right and top < box.bottom - 1 and box.y + 1 < bottom
                    assert not inside, (name, route, box)


def test_no_two_arrows_lie_on_each_other() -> None:
    for name in MODELS:
        upright: list[tuple[float, float, float]] = []
        for route in laid_out(pictures_of(name)).routes.values():
            for (x, y), (other_x, other_y) in pairwise(route):
                if x == other_x and y != other_y:
                    top, bottom = min(y, other_y), max(y, other_y)
                    assert not any(x == a and top < d and c < bottom for a, c, d in upright), name
                    upright.append((x, top, bottom))


def test_the_broken_picture_marks_what_fails_with_shape_and_colour() -> None:
    made = pictures_of(SEED)
    svg = vm_svg(made, 15)
    boxes = boxes_of(svg)
    assert {label for label, rect in boxes.items() if role_of(rect, "s") == "bad"} >= {"mm0", "page0"}
    crosses = [
        p for p in fromstring(svg).iter(f"{SVG}path") if role_of(p, "s") == "bad" and p.get("stroke-width") == "3"
    ]
    assert len(crosses) >= 4  # the page table entry and the verdict, two strokes each
    assert "violates no_pte_maps_truncated_page" in words_of(svg)


def test_what_changed_shows_its_old_value_and_a_triangle_and_what_is_gone_is_dotted() -> None:
    svg = vm_svg(pictures_of(SEED), 15)
    assert {"page_cache[0]", "page0 →", "None"} <= set(words_of(svg))
    assert "A page_cache[0] → page0 (gone)" in svg
    dotted = [p for p in fromstring(svg).iter(f"{SVG}path") if p.get("stroke-dasharray") == "1.5 4"]
    assert len(dotted) >= 3  # two arrows and the legend


def test_a_lock_names_its_holder_and_the_token_stands_with_whoever_has_it() -> None:
    made = pictures_of("shared-write/write-back-before-unmap")
    taken = next(p for p in made for link in p.links if link.kind == "token" and link.changed)
    svg = vm_svg(made, taken.number)
    boxes = {label: rectangle(rect) for label, rect in boxes_of(svg).items()}
    token = [text.area for text in texts(svg) if text.text == "token[0]"]
    assert [boxes["A"].holds(area) for area in token] == [True, False]
    assert [boxes["B"].holds(area) for area in token] == [False, True]
    assert words_of(svg).count("cpuB") >= 2


def test_the_film_shows_the_first_the_interesting_and_the_last_step() -> None:
    made = pictures_of(SEED)
    svg = film_svg(made)
    shown = words_of(svg)
    assert "at first" in shown
    for picture in made:
        assert (str(picture.number) in shown) == (picture.number in (5, 9, 11, 13, 15))
    assert "i_size" not in shown  # it never changes


def test_the_film_shows_that_the_page_table_entry_was_emptied_too_early() -> None:
    svg = film_svg(pictures_of(SEED))
    assert {"stays None", "stored what was there"} <= set(words_of(svg))
    assert not {"stays None", "stored what was there"} & set(
        words_of(film_svg(pictures_of("textbook/bakery-without-choosing")))
    )


def test_the_film_shows_the_local_that_a_telling_step_gave_its_value() -> None:
    shown = words_of(film_svg(pictures_of("textbook/bakery-without-choosing")))
    assert shown.count("mine") == 5  # until c0 has stored it
    assert "theirs" not in shown


def test_what_changed_between_two_pictures_of_the_film_has_a_hollow_mark() -> None:
    words = "changed since the picture before"
    assert words in words_of(film_svg(pictures_of("textbook/aba-llist-del-first")))
    for name in ("textbook/dining-philosophers", "textbook/bakery-without-choosing"):
        assert words not in words_of(film_svg(pictures_of(name)))


def test_a_value_that_replaces_none_shows_it() -> None:
    made = pictures_of("textbook/aba-llist-del-first")
    assert "None →" in words_of(vm_svg(made, 14))


def test_an_automatic_check_is_named_by_what_it_finds() -> None:
    for name, found in (("textbook/dining-philosophers", "deadlock"), (ATOMIC, "sleeping while atomic")):
        svg = film_svg(pictures_of(name))
        assert found in words_of(svg)
        assert "violates" not in svg


def test_a_thread_says_what_comes_next_and_at_the_violation_where_it_is() -> None:
    made = pictures_of(ATOMIC)
    assert "next: node.i_size = size" in words_of(vm_svg(made, 0))
    assert "at: might_sleep()" in words_of(vm_svg(made, 5))


def test_a_long_statement_takes_two_lines_and_neither_it_nor_a_lock_is_cut() -> None:
    for name in (SEED, ATOMIC, "2003-unfixed/remote-write"):
        assert not [word for word in words_of(film_svg(pictures_of(name))) if word.endswith("…")]
    assert {"next: seq =", "read_seqbegin(node.truncate_lock)"} <= set(words_of(vm_svg(pictures_of(SEED), 0)))
    assert "cpu1 writes, sequence 1" in words_of(vm_svg(pictures_of(ATOMIC), 5))


def test_the_step_that_violates_keeps_the_colour_of_its_thread() -> None:
    shown = [text for text in texts(film_svg(pictures_of(SEED))) if text.text == "nodeB" and text.area.top > 0]
    assert {text.role for text in shown} == {"t1"}


def test_a_new_mapping_does_not_look_like_one_that_is_gone() -> None:
    root = fromstring(vm_svg(pictures_of("shared-write/without-token"), 10))
    thick = [path for path in root.iter(f"{SVG}path") if path.get("stroke-width") == "3.5"]
    dashes = [path.get("stroke-dasharray", "").split() for path in thick]
    assert ["9", "7"] in dashes and all(float(one[0]) > 2 * 3.5 for one in dashes if one)


@pytest.mark.parametrize(
    ("panels", "slide", "page"),
    [((4, 1050.0, 280.0), 1, 1), ((9, 900.0, 280.0), 2, 1), ((6, 380.0, 360.0), 3, 2), ((2, 300.0, 700.0), 2, 2)],
)
def test_panels_are_as_many_in_a_row_as_can_be_read(panels: tuple[int, float, float], slide: int, page: int) -> None:
    assert (in_a_row(*panels, "slide"), in_a_row(*panels, "page")) == (slide, page)


def test_a_hand_made_picture_with_everything_in_it_is_clear() -> None:
    made = hand_made()
    assert_clear(vm_svg(made, 1))
    assert_clear(film_svg(made))
    assert "filemap" in words_of(vm_svg(made, 1))  # a bare value is a word in a row, not a box
    assert "filemap" not in boxes_of(vm_svg(made, 1))


@pytest.mark.parametrize("text", [*HOSTILE, "</text><script>alert(1)</script>", '"><image href="x"/>', "&amp;'\"<"])
def test_hostile_names_stay_text_in_their_place(text: str) -> None:
    made = hand_made(text)
    for svg in (vm_svg(made, 1, title=text), film_svg(made, title=text)):
        root = fromstring(svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "rect", "path", "text", "g"}
        assert root.findtext(f"{SVG}title") == printable(text)
        assert_clear(svg)


def test_the_legend_of_a_picture_alone_has_what_stands_in_it() -> None:
    made = pictures_of("2003-unfixed/remote-write")
    assert "page cache" in WORDS.values()
    for picture in made:
        words = set(words_of(vm_svg(made, picture.number)))
        drawn = {WORDS[link.kind] for link in picture.links if link.kind in WORDS and not link.gone}
        assert {word for word in WORDS.values() if word in words} <= drawn
        assert ("changed in this step" in words) == any(thing.changed for thing in picture.things)
    beside = [vm_svg(made, picture.number, standalone=False) for picture in made]
    assert len({fromstring(svg).get("viewBox") for svg in beside}) == 1
    assert len({frozenset(set(WORDS.values()) & set(words_of(svg))) for svg in beside}) == 1


def test_a_step_that_there_is_not_and_no_pictures_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no step 99: the trace has 0 to 15"):
        vm_svg(pictures_of(SEED), 99)
    with pytest.raises(ValueError, match="no picture"):
        film_svg(())
    with pytest.raises(ValueError, match="no theme"):
        vm_svg(pictures_of(SEED), 0, theme="blue")


def test_the_same_pictures_give_the_same_bytes() -> None:
    made = pictures_of(SEED)
    assert vm_svg(made, 9) == vm_svg(made, 9)
    assert film_svg(made) == film_svg(made)


def test_who_cannot_see_the_picture_is_told_what_it_shows() -> None:
    root = fromstring(vm_svg(pictures_of(SEED), 15))
    told = root.findtext(f"{SVG}desc") or ""
    assert "mm0 (runs on A): pte[0] → page0" in told
    assert "violates no_pte_maps_truncated_page" in told
