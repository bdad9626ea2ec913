# SPDX-License-Identifier: GPL-2.0-only
"""The lanes as SVG: nothing overlaps or is lost, whatever the trace."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest

from dfsrace.diagnostics.text import printable
from dfsrace.operations import check
from dfsrace.render.lanes_svg import lanes_svg
from dfsrace.render.style import Drawing
from dfsrace.render.svg_lanes_plan import REPEAT_AFTER, planned
from dfsrace.render.svg_style import THEMES
from dfsrace.trace.record import Trace
from tests.render.svg_boxes import SVG, collisions, crossed, escapes, role_of, segments, texts
from tests.render.test_hostile import HOSTILE, hostile_report
from tests.render.test_lanes import TRACES, long_condition
from tests.render.test_models import MANIFEST, MODELS, SMALL, VIOLATED, report_of

LARGE = sorted(
    name for name, facts in MANIFEST.items() if facts["verdict"] == "violated" and facts.get("states", SMALL) >= SMALL
)


def race() -> Trace:
    """The trace of the race that everybody knows."""
    return TRACES["race"]()


def long_trace() -> Trace:
    """Two hundred steps of four threads: those of a short trace over and over, as far as a picture cares."""
    trace = TRACES["four_threads_in_one_lane"]()
    count = len(trace.steps)
    steps = [replace(trace.steps[i % count], number=i + 1, finished=False, violates=()) for i in range(200)]
    steps[-1] = replace(steps[-1], violates=trace.steps[-1].violates)
    return replace(trace, steps=tuple(steps))


def words_of(svg: str) -> list[str]:
    """The texts of a picture."""
    return [text.text for text in texts(svg)]


def assert_clear(svg: str) -> None:
    """No two texts on each other, none out of its box, no line through any."""
    assert collisions(svg) == []
    assert escapes(svg) == []
    assert crossed(svg) == []


@pytest.mark.parametrize("name", VIOLATED)
def test_in_the_lanes_of_each_shipped_model_no_text_overlaps(name: str) -> None:
    report = report_of(name)
    for found in report.violations:
        if found.trace is not None:
            assert_clear(lanes_svg(found.trace, title=report.title))


@pytest.mark.long
@pytest.mark.parametrize("name", LARGE)
def test_in_the_lanes_of_each_large_model_no_text_overlaps(name: str) -> None:
    report = check(MODELS / f"{name}.yaml")
    for found in report.violations:
        if found.trace is not None:
            assert_clear(lanes_svg(found.trace, title=report.title))


@pytest.mark.parametrize("name", TRACES)
def test_all_that_the_text_says_stands_in_the_picture(name: str) -> None:
    trace = TRACES[name]()
    svg = lanes_svg(trace)
    assert_clear(svg)
    shown = words_of(svg)
    for step in trace.steps:
        assert str(step.number) in shown
        assert any(node.text in shown for node in step.executed if node.shared)
    for entry in planned(trace, 0).entries:
        assert entry.kind in ("switch", "effect") or entry.text in shown
        if entry.effect and entry.effect.name:
            assert {entry.effect.name, f"{entry.effect.old} →".strip(), entry.effect.new} <= set(shown)
    assert {thread.name for thread in trace.threads} <= set(shown)
    assert not trace.violated or trace.violated[0] in shown


def test_a_step_that_violates_has_a_cross_and_the_part_that_fails() -> None:
    root = fromstring(lanes_svg(race()))
    crosses = [path for path in root.iter(f"{SVG}path") if role_of(path, "s") == "bad"]
    assert len(crosses) >= 6  # two strokes each: in the lane, beside the change, in the verdict
    assert "page0.mapping is None" in words_of(lanes_svg(race()))


def test_a_long_condition_that_fails_goes_on_in_further_rows_of_one_red_box() -> None:
    trace = long_condition()
    svg = lanes_svg(trace)
    assert not [word for word in words_of(svg) if word.endswith("…")]
    assert trace.explanation.failing in " ".join(words_of(svg))
    assert_clear(svg)
    plan = planned(trace, 0)
    rows = [row for row in plan.rows if row.entry.effect and row.entry.effect.bad]
    assert len(rows) > 1
    boxes = [
        rect for rect in fromstring(svg).iter(f"{SVG}rect") if abs(float(rect.get("x", "0")) - plan.changes_x) < 0.01
    ]
    assert float(boxes[-1].get("height", "0")) == pytest.approx(sum(row.h for row in rows) - 2)


def test_the_stale_arrow_goes_from_the_row_of_the_load_to_that_of_the_store() -> None:
    for name in ("race", "race_arrow_to_the_left"):
        trace = TRACES[name]()
        plan, svg = planned(trace, 0), lanes_svg(trace)
        (arrow,) = [p for p in fromstring(svg).iter(f"{SVG}path") if role_of(p, "s") == "stale"]
        lines = segments(arrow.get("d", ""))
        start, end = lines[0][0][1], lines[-1][1][1]
        assert plan.stale is not None and trace.explanation.stale is not None
        load, store = plan.rows[plan.stale.load], plan.rows[plan.stale.store]
        assert end - start == pytest.approx(store.middle - load.middle)
        assert load.entry.mark == trace.explanation.stale.load
        stale = trace.explanation.stale
        assert f"stale from {stale.store.step}: {stale.cell}" in words_of(svg)


def test_every_lock_has_a_bar_from_where_it_is_taken_to_where_it_is_dropped() -> None:
    trace = race()
    bars = planned(trace, 0).bars
    taken = [
        node.lock.lock for step in trace.steps for node in step.executed if node.lock and node.lock.event == "acquire"
    ]
    assert [bar.lock for bar in bars] == taken == ["mm0.page_table_lock", "mm0.page_table_lock"]
    assert [bar.end is None for bar in bars] == [False, True]
    svg = lanes_svg(trace)
    assert svg.count("holds mm0.page_table_lock</title>") == 2
    assert "takes mm0.page_table_lock" in words_of(svg) and "drops mm0.page_table_lock" in words_of(svg)


def pills_of(svg: str) -> dict[str, bool]:
    """Each step's number, and whether it is filled."""
    drawn = [element for element in fromstring(svg).iter() if element.tag in (f"{SVG}rect", f"{SVG}text")]
    return {
        (after.text or ""): role_of(before, "f") != "ground"
        for before, after in pairwise(drawn)
        if before.get("height") == "16" and (after.text or "").isdecimal()
    }


def test_the_number_of_a_step_is_filled_if_any_of_its_rows_changes_something() -> None:
    for name in ("shared-write/without-token", "textbook/lost-update"):
        trace = report_of(name).violations[0].trace
        assert trace is not None
        changing = {
            str(step.number): any(c.old != c.new for node in step.executed if not node.lock for c in node.changes)
            for step in trace.steps
        }
        changing[str(len(trace.steps))] = True  # it violates
        assert pills_of(lanes_svg(trace)) == changing
    assert set(changing.values()) == {True, False}


def test_what_came_too_early_to_undo_the_stale_store_says_so_and_has_a_frame() -> None:
    trace = race()
    plan, svg = planned(trace, 0), lanes_svg(trace)
    (row,) = [row for row in plan.rows if row.entry.effect and row.entry.effect.early]
    assert row.entry.number == 5 and row.entry.text == "mm.pte[index] = None"
    assert "mm0.pte[0] stays None until 11" in words_of(svg)
    frames = [rect for rect in fromstring(svg).iter(f"{SVG}rect") if role_of(rect, "s") == "stale"]
    assert len(frames) == 4  # both ends of the arrow, its label, and this row


def test_a_look_that_came_too_early_says_until_when_the_cell_was_empty() -> None:
    trace = report_of("2003-linux-2.6/invalidate-inside-i_size").violations[0].trace
    assert trace is not None
    (early,) = [entry for entry in planned(trace, 0).entries if entry.effect and entry.effect.early]
    assert (early.number, early.text) == (4, "page = mm.pte[index]")
    assert "mm0.pte[0] is None until 18" in words_of(lanes_svg(trace))


def test_the_halves_of_a_statement_that_takes_two_steps_say_which_they_are() -> None:
    trace = report_of("textbook/lost-update").violations[0].trace
    assert trace is not None
    shown = words_of(lanes_svg(trace))
    assert [word for word in shown if word in ("load", "store")] == ["load", "load", "store", "store"]
    assert "load" not in words_of(lanes_svg(race()))


def test_threads_that_take_no_step_are_named() -> None:
    trace = race()
    idle = replace(trace.threads[0], name="cpu2")
    assert not any("no step" in word for word in words_of(lanes_svg(trace)))
    assert "cpu2 takes no step" in words_of(lanes_svg(replace(trace, threads=(*trace.threads, idle))))


def test_a_thread_that_waits_has_its_cross_on_its_line_and_beside_the_reason() -> None:
    svg = lanes_svg(TRACES["deadlock"]())
    crosses = [path for path in fromstring(svg).iter(f"{SVG}path") if role_of(path, "s") == "bad"]
    assert len(crosses) == len(TRACES["deadlock"]().waiting) * 4 + 2  # two strokes each, and one in the verdict


def test_each_switch_is_a_line_from_lane_to_lane() -> None:
    trace = TRACES["four_threads_in_one_lane"]()
    plan = planned(trace, 0)
    rails = [plan.rail(thread) for thread in plan.lanes]
    across = set()
    for path in fromstring(lanes_svg(trace)).iter(f"{SVG}path"):
        ends = segments(path.get("d", ""))
        if ends and ends[0][0][0] in rails and ends[-1][1][0] in rails and ends[0][0][0] != ends[-1][1][0]:
            across.add((ends[0][0], ends[-1][1]))
    assert len(across) == trace.switches == 4


def test_two_hundred_steps_of_four_threads_stay_readable() -> None:
    trace = long_trace()
    svg = lanes_svg(trace)
    plan = planned(trace, 0)
    assert_clear(svg)
    assert plan.width < 1600
    headings = words_of(svg).count("cpu3")
    assert headings >= plan.bottom // (REPEAT_AFTER + 300)
    assert headings > 3
    assert {str(number) for number in range(1, 201)} <= set(words_of(svg))


def test_a_heading_or_a_new_page_never_parts_a_switch_from_where_it_leads() -> None:
    plan = planned(long_trace(), 0)
    svg = fromstring(lanes_svg(long_trace()))
    ends = [row.bottom for row in plan.rows if row.entry.kind == "switch"]
    shift = float(svg.get("data-breaks", "").split()[0]) - plan.rows[0].y
    assert all(row.entry.kind != "switch" for row, after in pairwise(plan.rows) if after.repeats)
    assert not {round(float(y) - shift) for y in svg.get("data-breaks", "").split()} & {round(y) for y in ends}


@pytest.mark.parametrize("theme", THEMES)
def test_the_same_trace_gives_the_same_bytes(theme: str) -> None:
    assert lanes_svg(race(), theme=theme) == lanes_svg(race(), theme=theme)


def test_only_the_theme_that_follows_the_reader_asks_for_the_setting() -> None:
    asks = {theme: "prefers-color-scheme" in lanes_svg(race(), theme=theme) for theme in THEMES}
    assert asks == {"auto": True, "light": False, "dark": False}
    with pytest.raises(ValueError, match="no theme 'blue': it is one of auto, light, dark"):
        lanes_svg(race(), theme="blue")


def test_inside_a_page_a_picture_brings_no_style_and_no_ids() -> None:
    svg = lanes_svg(race(), standalone=False)
    assert "<style" not in svg and "<?xml" not in svg
    assert " id=" not in svg and " id=" not in lanes_svg(race())


def test_who_cannot_see_the_picture_is_told_what_it_shows() -> None:
    root = fromstring(lanes_svg(race(), title="A race"))
    assert root.get("role") == "img" and root.get("aria-label") == "A race"
    assert root.findtext(f"{SVG}title") == "A race"
    assert "mm0 maps page 0 of the file to page0" in (root.findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize(
    "text", [*HOSTILE, "</text><script>alert(1)</script>", '"><image href="x"/>', "&amp;'\"<", "]]>"]
)
def test_hostile_names_stay_text_in_their_place(text: str) -> None:
    report = hostile_report(text)
    trace = report.violations[0].trace
    assert trace is not None
    svg = lanes_svg(trace, title=text)
    root = fromstring(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "path", "text", "g"}
    assert not any(key.startswith("on") or "href" in key for element in root.iter() for key in element.attrib)
    assert_clear(svg)
    assert root.findtext(f"{SVG}title") == printable(text)


def test_what_is_cut_can_be_read_whole_in_its_title() -> None:
    trace = race()
    name = "a_thread_with_a_name_" * 8
    threads = (replace(trace.threads[0], name=name), *trace.threads[1:])
    root = fromstring(lanes_svg(replace(trace, threads=threads)))
    cut = [g for g in root.iter(f"{SVG}g") if g.findtext(f"{SVG}title") == name]
    assert cut and all((g.findtext(f"{SVG}text") or "").endswith("…") for g in cut)


def test_a_trace_without_steps_is_a_picture_too() -> None:
    trace = replace(race(), steps=(), violated=(), message="", explanation=type(race().explanation)())
    assert_clear(lanes_svg(trace))
    assert Drawing().clean("") == ""
