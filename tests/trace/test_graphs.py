# SPDX-License-Identifier: GPL-2.0-only
"""Counterexamples as networkx graphs, and as the files that networkx reads back."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import networkx as nx
import pytest

import dfsrace
from dfsrace.operations import load
from dfsrace.shipped import models_folder
from dfsrace.trace.graph_files import gexf_text, graphml_text, node_link_text
from dfsrace.trace.graphs import film_graph, state_graph
from dfsrace.trace.report import Counterexample
from dfsrace.trace.state_search import Wanted, state_graph_of

Graph = Any  # one of networkx's four kinds


@cache
def found(name: str = "2003-truncate-lock/seed-question") -> Counterexample:
    """The first counterexample of a shipped model."""
    return dfsrace.check(models_folder() / f"{name}.yaml").violations[0]


@cache
def graphs() -> dict[str, Graph]:
    """A graph of each kind."""
    one = found()
    system = load(models_folder() / "textbook" / "dining-philosophers.yaml").system
    return {
        "trace": one.graph(),
        "frame": one.frames()[-1],
        "film": film_graph(one.pictures()),
        "states": state_graph(state_graph_of(system, Wanted())),
    }


def same(one: Graph, other: Graph) -> bool:
    """Whether two graphs have the same nodes, edges and attributes; GraphML's defaults are none of ours."""
    about = {name: value for name, value in other.graph.items() if not name.endswith("_default")}
    nodes = dict(one.nodes(data=True)) == dict(other.nodes(data=True))
    return nodes and sorted(map(repr, edges(one))) == sorted(map(repr, edges(other))) and one.graph == about


def edges(graph: Graph) -> list[Any]:
    """All edges with their keys and attributes, these by name."""
    found = graph.edges(data=True, keys=True) if graph.is_multigraph() else graph.edges(data=True)
    return [(*ends, sorted(data.items())) for *ends, data in found]


def test_frames_are_one_graph_for_the_start_and_for_each_step() -> None:
    frames = found().frames()
    assert len(frames) == 16
    assert [frame.graph["number"] for frame in frames] == list(range(16))
    assert frames[15].graph["violated"] == "no_pte_maps_truncated_page"
    assert frames[13].graph["thread"] == "cpu0" and frames[13].graph["text"] == "mm.pte[index] = page"


def test_a_frame_has_a_node_for_each_thing_and_an_edge_for_each_link() -> None:
    frame = found().frames()[15]
    page = frame.nodes["frame:page0"]
    assert (page["kind"], page["label"], page["held"], page["failing"]) == ("frame", "page0", True, True)
    assert page["field:contents"] == "v0" and page["failing_fields"] == "mapping"
    (pte,) = frame.get_edge_data("mm:mm0", "frame:page0").values()
    assert pte == {
        "kind": "pte",
        "label": "pte[0]",
        "cell": "mm0.pte[0]",
        "changed": False,
        "failing": True,
        "gone": False,
    }
    assert {data["kind"] for _, _, data in frame.edges(data=True) if data["gone"]} == {"cache", "mapping"}


def test_the_trace_is_a_path_of_states() -> None:
    graph = found().graph()
    assert list(graph) == list(range(16)) and list(nx.topological_sort(graph)) == list(range(16))
    assert graph.edges[12, 13]["text"] == "mm.pte[index] = page"
    assert graph.edges[12, 13]["changes"] == "mm0.pte[0]: None → page0"
    assert graph.edges[12, 13]["procedure"] == "do_no_page" and graph.edges[12, 13]["line"] > 0
    assert [number for number in range(15) if graph.edges[number, number + 1]["switch"]] == [7, 13]
    assert {data["step"]: data["stale"] for _, _, data in graph.edges(data=True) if data["stale"]} == {
        9: "load",
        15: "store",
    }
    assert graph.nodes[12]["cell:mm0.pte[0]"] == "None" and graph.nodes[13]["cell:mm0.pte[0]"] == "page0"
    assert graph.graph["schedule"] == "init#2 nodeB*7 cpu0*6 nodeB*2"


def test_what_is_never_true_has_no_frames() -> None:
    report = dfsrace.check("model: m\nstate: {x: bool, y: bool}\nthreads: {a: x = True}\nreach: {never: y}\n")
    assert report.violations[0].frames() == [] and len(report.violations[0].graph()) == 0


@pytest.mark.parametrize("kind", ["trace", "frame", "film", "states"])
def test_networkx_reads_an_equal_graph_back_from_graphml(kind: str) -> None:
    graph = graphs()[kind]
    numbers = kind in ("trace", "states")
    text = graphml_text(graph)
    assert same(graph, nx.parse_graphml(text, node_type=int if numbers else str, force_multigraph=kind != "trace"))
    assert text == graphml_text(graph) and "networkx" not in text.lower()


@pytest.mark.parametrize("kind", ["trace", "frame", "film", "states"])
def test_networkx_reads_nodes_and_edges_back_from_gexf(kind: str) -> None:
    graph, text = graphs()[kind], gexf_text(graphs()[kind])
    back = nx.read_gexf(io.BytesIO(text.encode()))
    ids = {str(node): data for node, data in graph.nodes(data=True)}
    assert {node: {**data, "label": ids[node].get("label", data["label"])} for node, data in back.nodes(data=True)} == {
        node: {"label": node, **data} for node, data in ids.items()
    }
    ends = sorted((str(one), str(other)) for one, other in graph.edges())
    assert sorted((one, other) for one, other in back.edges()) == ends
    assert "lastmodifieddate" not in text and "NetworkX" not in text


@pytest.mark.parametrize("kind", ["trace", "frame", "film", "states"])
def test_networkx_reads_an_equal_graph_back_from_node_link_json(kind: str) -> None:
    graph = graphs()[kind]
    assert same(graph, nx.node_link_graph(json.loads(node_link_text(graph)), edges="edges"))


@pytest.mark.parametrize("form", [graphml_text, gexf_text, node_link_text])
def test_foreign_text_stays_text_in_every_file(form: Any) -> None:
    graph = found().frames()[0]
    hostile = '"><script>&amp;</data>]]>\\u0000'
    graph.nodes["mm:mm0"]["note"] = hostile
    text = form(graph)
    assert "<script>" not in text or form is node_link_text
    if form is node_link_text:
        assert nx.node_link_graph(json.loads(text), edges="edges").nodes["mm:mm0"]["note"] == hostile
    else:
        read = nx.read_graphml if form is graphml_text else nx.read_gexf
        assert read(io.BytesIO(text.encode())).nodes["mm:mm0"]["note"] == hostile
