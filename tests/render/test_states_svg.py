# SPDX-License-Identifier: GPL-2.0-only
"""State spaces as SVG: every state and step is there, nothing lies on another, whatever lays it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from itertools import combinations, pairwise
from xml.etree.ElementTree import fromstring

import pytest

from dfsrace.operations import load
from dfsrace.render.graphviz_layout import by_graphviz
from dfsrace.render.layered import Arc, Layout, Placed, Size, layered
from dfsrace.render.states_svg import states_svg
from dfsrace.shipped import models_folder
from dfsrace.trace.state_search import Wanted, state_graph_of
from dfsrace.trace.states import StateGraph, folded
from tests.gate.formats import outside
from tests.render.graph_cases import HOSTILE, states
from tests.render.svg_boxes import SVG, collisions, contrast, escapes, rectangle, texts

Lay = Callable[[Layout], Placed]
MODELS = ("textbook/lost-update", "2003-truncate-lock/seed-question", "textbook/dining-philosophers")


@cache
def philosophers() -> StateGraph:
    """A graph that goes back to its start."""
    return state_graph_of(load(models_folder() / "textbook" / "dining-philosophers.yaml").system, Wanted())


@pytest.fixture(params=["layers", "graphviz"])
def lay(request: pytest.FixtureRequest) -> Lay:
    """Either layout."""
    if request.param == "graphviz" and find_spec("pygraphviz") is None:
        outside.missing("graphviz", "pygraphviz is not installed")
    return layered if request.param == "layers" else by_graphviz


def boxes(svg: str) -> list[str]:
    """The first line of each state's text, in order."""
    groups = (element for element in fromstring(svg).iter(f"{SVG}g") if element.get("class") == "dr-boxed")
    return [group.findall(f"{SVG}text")[0].text or "" for group in groups]


@pytest.mark.parametrize("name", MODELS)
def test_every_state_and_every_step_is_drawn(name: str, lay: Lay) -> None:
    graph = states(name)
    svg = states_svg(graph, ("a", "b"), layout=lay)
    assert len(boxes(svg)) == len(graph.nodes)
    arrows = [e for e in fromstring(svg).iter(f"{SVG}path") if "C" in (e.get("d") or "")]
    assert len(arrows) == len(graph.edges)
    assert sum(e.get("stroke-width") == "3" for e in arrows) == sum(edge.path for edge in graph.edges)


@pytest.mark.parametrize("name", MODELS)
def test_no_text_lies_on_another_or_leaves_its_box_or_the_picture(name: str, lay: Lay) -> None:
    svg = states_svg(states(name), ("cpu0", "node" * 30), title="A long title " * 20, layout=lay)
    assert not collisions(svg) and not escapes(svg)


@pytest.mark.parametrize("name", MODELS)
def test_no_state_lies_on_another_or_outside(name: str, lay: Lay) -> None:
    root = fromstring(states_svg(states(name), ("cpu0", "cpu1"), layout=lay))
    groups = [element for element in root.iter(f"{SVG}g") if element.get("class") == "dr-boxed"]
    areas = [rectangle(group.findall(f"{SVG}rect")[0]) for group in groups]
    assert not [pair for pair in combinations(areas, 2) if pair[0].meets(pair[1])]
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert all(a.left >= 0 and a.top >= 0 and a.right <= width and a.bottom <= height for a in areas)


def test_what_states_are_is_said_without_colour() -> None:
    named = boxes(states_svg(states(), ("cpu1", "cpu2")))
    assert named[0] == "▶ 0" and named[5] == "5"
    assert [name[-1] == "■" for name in named] == [node.ended for node in states().nodes]
    assert sum(name.startswith("✗ ") for name in named) == sum(bool(node.violated) for node in states().nodes) > 0
    assert any("3 states" in name for name in boxes(states_svg(folded(states(MODELS[1])), ("cpu0", "nodeB"))))


def test_small_spaces_show_where_threads_stand_and_large_ones_numbers() -> None:
    small = [text.text for text in texts(states_svg(states(), ("cpu1", "cpu2")))]
    assert "cpu1: counter += 1 (load)" in small and "counter = 0" in small
    large = states_svg(states(MODELS[1]), ("cpu0", "nodeB"))
    assert not any(text.text.startswith("cpu0: ") for text in texts(large))
    assert "A.page_cache[0] = page0" in large  # under the pointer


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_can_be_read_in_both_themes(theme: str) -> None:
    from dfsrace.render.svg_style import DARK, LIGHT

    colours = DARK if theme == "dark" else LIGHT
    for text in texts(states_svg(states(), ("cpu1", "cpu2"), theme=theme)):
        assert contrast(colours[text.role], colours[text.ground]) >= 4.5, text


def test_nothing_foreign_is_markup() -> None:
    graph = states()
    nodes = tuple(
        replace(node, places=((text, text),), cells=((text, text),), violated=(text,), label=text)
        for node, text in zip(graph.nodes * 2, HOSTILE, strict=False)
    )
    edges = tuple(replace(edge, thread=text, text=text) for edge, text in zip(graph.edges, HOSTILE, strict=False))
    svg = states_svg(replace(graph, nodes=nodes, edges=edges), HOSTILE, title=HOSTILE[4])
    tags = {element.tag.removeprefix(SVG) for element in fromstring(svg).iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "path", "g", "text"}
    assert not collisions(svg)


def test_the_same_graph_gives_the_same_bytes(lay: Lay) -> None:
    once = states_svg(philosophers(), ("a", "b", "c", "d"), layout=lay)
    assert states_svg(philosophers(), ("a", "b", "c", "d"), layout=lay) == once


def test_a_narrow_graph_stands_in_the_middle_under_a_wide_heading() -> None:
    one = StateGraph((states().nodes[0],), (), 1)
    root = fromstring(states_svg(one, ("x" * 40, "cpu2"), layout=layered))
    (group,) = (element for element in root.iter(f"{SVG}g") if element.get("class") == "dr-boxed")
    area = rectangle(group.findall(f"{SVG}rect")[0])
    assert area.left > 100 and abs(area.left + area.right - float(root.get("width", 0))) < 1


def test_an_empty_graph_is_a_picture_too() -> None:
    assert boxes(states_svg(StateGraph((), (), 0, cut="pool Page exhausted"), ("a",))) == []


def test_a_straight_line_of_states_stands_straight() -> None:
    layout = Layout((Size(40, 20),) * 4, (0, 1, 2, 2), (Arc(0, 1, True), Arc(1, 2, True), Arc(1, 3)))
    placed = layered(layout)
    places = [x for x, _ in placed.nodes]
    assert abs(places[0] - places[1]) < 4 and abs(places[1] - places[2]) < 4
    assert abs(places[3] - places[2]) >= 40


def test_thousands_of_states_are_laid_out_in_a_moment() -> None:
    """Not by the clock: the work grows with the states and steps, and 2,000 of each must not be felt."""
    many = 2_000
    layers = tuple(number // 100 for number in range(many))
    arcs = tuple(Arc(n, (n * 7 + 100) % many) for n in range(many))
    placed = layered(Layout((Size(34, 24),) * many, layers, arcs))
    rows: dict[int, list[float]] = {}
    for layer, (x, _) in zip(layers, placed.nodes, strict=True):
        rows.setdefault(layer, []).append(x)
    for row in rows.values():
        row.sort()
        assert all(right - left >= 34 for left, right in pairwise(row))
