# SPDX-License-Identifier: GPL-2.0-only
"""DOT: Graphviz's own parser reads what was meant, whatever the texts are."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from dfsrace.render.dot import dot
from dfsrace.render.drawn_graph import DrawnGraph
from tests.gate.formats import outside
from tests.render.graph_cases import VIEWS, drawn, every_node, hostile

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def parsed(graph: DrawnGraph) -> Any:
    """What Graphviz reads."""
    if find_spec("pygraphviz") is None:
        outside.missing("graphviz", "pygraphviz is not installed")
    return import_module("pygraphviz").AGraph(string=dot(graph))


def shown(label: str) -> list[str]:
    """The lines that Graphviz shows of a label: escapes and entities undone as it does it."""
    lines, line = [], ""
    for part in re.findall(r"\\.|[^\\]", label):
        if part in ("\\l", "\\n"):
            lines.append(line)
            line = ""
        else:
            line += part[-1]
    lines += [line] if line else []
    return [one.replace("&amp;", "&") for one in lines]


@pytest.mark.parametrize("graph", [*map(drawn, VIEWS), hostile()], ids=[*VIEWS, "hostile"])
def test_graphviz_reads_every_node_and_arrow(graph: DrawnGraph) -> None:
    read = parsed(graph)
    nodes = every_node(graph)
    assert sorted(read.nodes()) == sorted(node.id.replace("\\", "\\\\") for node in nodes)
    assert len(read.edges()) == len(graph.edges)
    assert len(read.subgraphs()) == len(graph.groups)


@pytest.mark.parametrize("graph", [*map(drawn, VIEWS), hostile()], ids=[*VIEWS, "hostile"])
def test_every_text_is_shown_as_it_is(graph: DrawnGraph) -> None:
    read = parsed(graph)
    for node in every_node(graph):
        label = read.get_node(node.id.replace("\\", "\\\\")).attr["label"]
        assert [row for row in shown(label) if row.strip()] == [row for row in node.rows if row.strip()]
        assert "&lt;" not in label.replace("&amp;lt;", "")


def test_nothing_foreign_stands_outside_a_string() -> None:
    """Without any parser of Graphviz's: what is left when the strings are taken out is our own."""
    left = _STRING.sub("S", dot(hostile()))
    assert not set(left) & set("<>&`\\\x1b") - {">"}
    words = set(re.findall(r"[A-Za-z_]\w+", left))
    assert not words & {"script", "img", "callback", "onerror", "alert", "style_n0"}
    assert left.count("S -> S") == len(hostile().edges)


def test_failing_changed_gone_and_the_path_show_without_colour() -> None:
    text = dot(drawn("film"))
    assert "✗ mapping = None" in text and "(gone)" in text and "(was A)" in text
    assert "penwidth=3" in dot(drawn("states"))


def test_steps_stand_in_their_order_and_panels_from_the_first() -> None:
    assert "newrank=true" in dot(drawn("lanes")) and "rankdir=LR" in dot(drawn("film"))
    clusters = re.findall(r"subgraph cluster_(\d+)", dot(drawn("film")))
    assert clusters == sorted(clusters, reverse=True)


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_graph_gives_the_same_text(view: str) -> None:
    assert dot(drawn(view)) == dot(drawn(view))
