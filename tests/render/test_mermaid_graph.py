# SPDX-License-Identifier: GPL-2.0-only
"""Flowcharts: Mermaid's own parser reads what was meant, whatever the texts are."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dfsrace.render.drawn_graph import DrawnGraph
from dfsrace.render.mermaid_graph import MOST_EDGES, TooLargeForMermaid, flowchart
from tests.gate.formats import outside
from tests.render.graph_cases import VIEWS, drawn, every_node, hostile

_LABEL = re.compile(r'"([^"]*)"')


def undone(text: str) -> str:
    """A text with its character codes undone, in whichever of Mermaid's forms."""
    return re.sub(r"(?:#|ﬂ°°)(\d+)(?:;|¶ß)", lambda found: chr(int(found[1])), text)


def test_mermaids_own_parser_reads_every_node_arrow_and_text() -> None:
    graphs = [*map(drawn, VIEWS), hostile()]
    parsed = outside.mermaid([*map(flowchart, graphs), "flowchart LR\n  A --"])
    assert "error" in parsed.pop()
    for graph, read in zip(graphs, parsed, strict=True):
        assert "error" not in read, read
        nodes = every_node(graph)
        texts = [re.split(r"<br/?>", undone(node["text"])) for node in read["nodes"]]
        # What it has to measure for a line, it trims.
        assert [[row.strip() for row in rows] for rows in texts] == [[row.strip() for row in n.rows] for n in nodes]
        assert [undone(arrow["text"]).strip() for arrow in read["arrows"]] == [e.label.strip() for e in graph.edges]
        assert len(read["groups"]) == len(graph.groups)


def test_no_foreign_character_that_is_syntax_is_left() -> None:
    for label in _LABEL.findall(flowchart(hostile())):
        rest = re.sub(r"#\d+;", "", label.replace("<br/>", ""))
        assert not set(rest) & set('"<>&`;#{}|%\\:*~$@\x1b\0'), label


def test_a_number_with_a_point_is_no_list() -> None:
    assert "1#46; one" in flowchart(hostile())


def test_more_than_mermaid_draws_is_refused_with_the_numbers() -> None:
    graph = drawn("lanes")
    with pytest.raises(TooLargeForMermaid, match="501 arrows, and Mermaid draws 500"):
        flowchart(replace(graph, edges=(graph.edges * 100)[: MOST_EDGES + 1]))
    many = DrawnGraph(
        "t", tuple(replace(every_node(graph)[0], id=str(n), rows=("x" * 60,) * 9) for n in range(100)), ()
    )
    with pytest.raises(TooLargeForMermaid, match="characters"):
        flowchart(many)


@pytest.mark.parametrize("view", VIEWS)
def test_failing_and_path_are_classes_and_signs(view: str) -> None:
    text = flowchart(drawn(view))
    assert "✗" in text
    assert ("class n" in text) and ("path" in text if view == "states" else "failing" in text)
