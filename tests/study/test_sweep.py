# SPDX-License-Identifier: GPL-2.0-only
"""A sweep says from which size on nothing changes, never more than it has seen, and draws how states grow."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfsrace.engine.options import Options
from dfsrace.language.files import ModelSource
from dfsrace.render.sweep_svg import series, sweep_svg
from dfsrace.study.judged import NOT_DONE, Found, Judged, judge
from dfsrace.study.sweep import Dimension, Sweep, WrongSizes, dimensions, settled, sweep_table

SOURCE = ModelSource("m.yaml", None, "")
HOLDS = Judged("holds", states=100, complete=True)
VIOLATED = Judged("violated", (Found("bad", 3, 1),), 50, True)
CUT = Judged("inconclusive", states=70, stopped="states", why="the bound of 70 states was reached; raise it")
NO_PROOF = " This is no proof for larger sizes."


def sweep(*words: str) -> Sweep:
    return Sweep("m", SOURCE, dimensions(words))


def one_line(judged: list[Judged]) -> str:
    (sentence,) = settled(sweep(f"N=1..{len(judged)}"), judged)
    return sentence


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["N=1..3"], [("N", ("1", "2", "3"))]),
        (["N = -1..1", "M=4"], [("N", ("-1", "0", "1")), ("M", ("4",))]),
        (["V=filemap,dfs,None"], [("V", ("filemap", "dfs", "None"))]),
        (["N=1..2,8,2"], [("N", ("1", "2", "8"))]),
    ],
)
def test_values_are_ranges_lists_and_names(words: list[str], expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(d.name, d.values) for d in dimensions(words)] == expected


@pytest.mark.parametrize("word", ["N", "N=", "=1..2", "N=3..1", "N=a..b", "N=1..", "N=1,,2", "N=1..9999999"])
def test_what_is_no_range_is_refused(word: str) -> None:
    with pytest.raises(WrongSizes):
        dimensions([word])


def test_a_range_of_too_large_numbers_says_that() -> None:
    with pytest.raises(WrongSizes, match="over 1,000 values"):
        dimensions(["N=1..1000000000000"])
    with pytest.raises(WrongSizes, match="at most 18 digits"):
        dimensions([f"N=1..{'9' * 5000}"])


def test_numbers_too_long_to_be_sizes_have_no_order() -> None:
    (found,) = dimensions([f"N=1,{'9' * 5000}"])
    assert not found.ordered
    assert not Dimension("N", ("1", "\u0663")).ordered


def test_what_a_models_check_leaves_out_is_said() -> None:
    part = Judged("holds", states=1, complete=True, unchecked=("bad", "worse"))
    assert (
        "The model leaves out by its `check`: bad, worse. Nothing is said of them."
        in sweep_table(sweep("N=1"), [part]).notes
    )


def test_a_constant_twice_and_too_many_sizes_are_refused() -> None:
    with pytest.raises(WrongSizes, match="twice"):
        dimensions(["N=1", "N=2"])
    with pytest.raises(WrongSizes, match="10,000 sizes"):
        dimensions(["N=1..100", "M=1..100"])


def test_all_combinations_are_checked_the_last_constant_changing_first() -> None:
    assert sweep("N=1..2", "M=5,7").sizes == [("1", "5"), ("1", "7"), ("2", "5"), ("2", "7")]


# ---- from which size on


def test_the_size_from_which_on_nothing_changes_is_named_and_is_no_proof() -> None:
    assert one_line([VIOLATED, HOLDS, HOLDS]) == "The verdict no longer changes from N=2 on: holds." + NO_PROOF
    assert one_line([HOLDS, HOLDS]) == "The verdict no longer changes from N=1 on: holds." + NO_PROOF
    assert "from N=1 on: violated (bad)." in one_line([VIOLATED, VIOLATED])


def test_other_violated_properties_are_another_verdict() -> None:
    other = Judged("violated", (Found("worse", 3, 1),), 50, True)
    assert "from N=2 on: violated (worse)." in one_line([VIOLATED, other, other])


def test_a_verdict_that_changes_at_the_end_is_not_settled() -> None:
    assert "still changes" in one_line([VIOLATED, HOLDS])
    assert "still changes" in one_line([HOLDS, VIOLATED, HOLDS])


def test_sizes_that_were_cut_decide_nothing_and_are_counted() -> None:
    assert one_line([HOLDS, CUT, HOLDS, NOT_DONE]) == (
        "The verdict no longer changes from N=1 on: holds. Of the sizes from there on, 2 were not decided." + NO_PROOF
    )
    assert "only one size was decided" in one_line([HOLDS, CUT])
    assert one_line([CUT, CUT]) == "No size was decided, so nothing is known of how the verdict changes."


def test_a_violation_of_a_cut_search_decides_nothing() -> None:
    partly = Judged("violated", (Found("bad", 3, 1),), 50, False, "states")
    assert "still changes" in one_line([VIOLATED, partly])


def test_a_violation_that_a_cut_search_found_contradicts_a_verdict_without_it() -> None:
    partly = Judged("violated", (Found("bad", 3, 1),), 50, False, "states")
    other = Judged("violated", (Found("worse", 3, 1),), 50, False, "states")
    assert "still changes" in one_line([HOLDS, HOLDS, partly])
    assert "still changes" in one_line([VIOLATED, VIOLATED, other])
    assert "from N=1 on: violated (bad). Of the sizes from there on, 1 was not decided." in one_line(
        [VIOLATED, VIOLATED, partly]
    )
    assert "from N=2 on: holds." in one_line([partly, HOLDS, HOLDS])


def test_of_two_constants_every_smallest_size_is_named() -> None:
    swept = sweep("N=1..3", "M=1..3")
    judged = [VIOLATED if n == m == 1 else HOLDS for n in range(1, 4) for m in range(1, 4)]
    (sentence,) = settled(swept, judged)
    assert "from N=1, M=2 on: holds; from N=2, M=1 on: holds." in sentence


def test_what_has_no_order_is_told_apart() -> None:
    first, second = settled(sweep("N=1..2", "V=a,b"), [HOLDS, VIOLATED, HOLDS, VIOLATED])
    assert first.startswith("With V=a: ") and "holds" in first
    assert second.startswith("With V=b: ") and "violated" in second


def test_without_two_sizes_there_is_nothing_to_say() -> None:
    assert settled(sweep("N=1"), [HOLDS]) == []
    assert settled(sweep("V=a,b"), [HOLDS, VIOLATED]) == []


@given(st.lists(st.sampled_from([HOLDS, VIOLATED, CUT]), min_size=2, max_size=7))
@settings(max_examples=60)
def test_no_size_that_contradicts_it_is_beyond_the_named_one(judged: list[Judged]) -> None:
    sentence = one_line(judged)
    if "no longer changes" in sentence:
        named = int(sentence.split("N=")[1].split(" ")[0])
        beyond = {one.status for one in judged[named - 1 :] if one.complete}
        assert len(beyond) == 1 and sum(one.complete for one in judged[named - 1 :]) >= 2
        before = [one for one in judged[: named - 1] if one.complete]
        assert not before or before[-1].status not in beyond
        assert "no proof" in sentence


# ---- the table


def test_a_cut_size_is_inconclusive_and_its_states_are_a_lower_bound() -> None:
    table = sweep_table(sweep("N=1..3"), [HOLDS, VIOLATED, CUT])
    assert [[cell.lines for cell in row][:4] for row in table.rows] == [
        [("1",), ("holds",), (), ("100",)],
        [("2",), ("violated",), ("bad 3/1",), ("50",)],
        [("3",), ("inconclusive, cut: states",), (), ("at least 70",)],
    ]
    assert table.records[2]["constants"] == {"N": "3"} and table.records[2]["verdict"] == "inconclusive"
    assert "N=3: the bound of 70 states was reached; raise it." in table.notes


def test_a_model_is_checked_at_each_size(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    text = """\
model: As many increments as there are
constants: {N: 1}
types: {I: 1..N}
state: {x: 0..N}
threads:
  cpu: |
    for i in I:
        x = i
"""
    path.write_text(text, encoding="utf-8")
    swept = Sweep("m", ModelSource.of(path), dimensions(["N=1..3"]))
    judged = [judge(task, Options()) for task in swept.tasks()]
    assert [(one.status, one.states) for one in judged] == [("holds", 2), ("holds", 3), ("holds", 4)]
    assert [dict(one.sizes) for one in judged] == [{"N": 1}, {"N": 2}, {"N": 3}]


# ---- the drawing

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=()), min_size=1, max_size=8)


def drawn(swept: Sweep, judged: list[Judged]) -> ElementTree.Element:
    return ElementTree.fromstring(sweep_svg(swept, judged))


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("}text")]


def test_lines_that_are_alike_are_one_line_with_all_their_names() -> None:
    swept = sweep("N=1..2", "M=1..3")
    axis, ticks, lines = series(swept, [HOLDS, HOLDS, CUT, HOLDS, HOLDS, HOLDS])
    assert (axis, ticks) == ("N", ("1", "2"))
    assert [line.name for line in lines] == ["M=1,2", "M=3"]


def test_the_drawing_names_axes_and_lines_and_marks_verdicts_by_shape() -> None:
    root = drawn(sweep("N=1..3", "M=1..2"), [HOLDS, VIOLATED, HOLDS, CUT, HOLDS, CUT])
    words = texts(root)
    assert {"N", "M=1", "M=2", "states (logarithmic)", "10", "100"} <= set(words)
    titles = [element.text for element in root.iter() if element.tag.endswith("}title")]
    assert titles[1:] == [f"holds, {100} states"] * 3 + ["violated, 50 states"] + ["inconclusive, 70 states"] * 2


def test_many_lines_differ_in_colour_or_dashes_and_all_their_names_are_inside() -> None:
    judged = [Judged("holds", states=10 + n, complete=True) for n in range(36) for _ in (0, 1)]
    root = drawn(sweep("M=1..36", "N=1..2"), judged)
    assert root.tag.endswith("}svg")
    root = drawn(sweep("N=1..2", "M=1..36"), [judged[2 * m] for _ in (0, 1) for m in range(36)])
    lines = [element.attrib for element in root.iter() if element.tag.endswith("}polyline")]
    assert len({(line["stroke"], line.get("stroke-dasharray")) for line in lines}) == len(lines) == 36
    heights = [float(element.attrib["y"]) for element in root.iter() if element.tag.endswith("}text")]
    assert max(heights) < float(root.attrib["height"])


def test_a_size_without_states_has_no_mark() -> None:
    root = drawn(sweep("N=1..2"), [HOLDS, Judged("error", why="x")])
    assert len([element for element in root.iter() if element.tag.endswith("}g")]) == 1


@given(NAMES, st.lists(NAMES, min_size=1, max_size=3, unique=True))
@settings(max_examples=60)
def test_no_name_breaks_the_drawing(name: str, values: list[str]) -> None:
    swept = Sweep(name, SOURCE, (Dimension(name, tuple(values)), Dimension("M", ("1", "2"))))
    root = drawn(swept, [HOLDS] * (2 * len(values)))
    assert root.tag.endswith("}svg")
    known = {"svg", "title", "desc", "style", "rect", "text", "line", "polyline", "g", "circle", "path"}
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= known


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=5))
@settings(max_examples=60)
def test_every_mark_is_inside_the_drawing(counts: list[int]) -> None:
    root = drawn(sweep(f"N=1..{len(counts)}"), [Judged("holds", states=n, complete=True) for n in counts])
    for element in root.iter():
        if element.tag.endswith("}circle"):
            assert (
                60 <= float(element.attrib["cy"]) <= 370
                or element.attrib["fill"] == "#222"
                or element.attrib["cy"] == "440.0"
            )
