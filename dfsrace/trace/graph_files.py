# SPDX-License-Identifier: GPL-2.0-only
"""Graphs as files that networkx, Gephi and others read. Bytes repeat: no date and no version stands in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx

_DATE = re.compile(r' lastmodifieddate="[^"]*"')
_CREATOR = re.compile(r"<creator>[^<]*</creator>")


def graphml_text(graph: nx.Graph[Any]) -> str:
    """GraphML; `networkx.read_graphml` gives an equal graph back, if it is told the nodes' type and of multigraphs."""
    import networkx as nx

    file = BytesIO()
    # Without lxml, whose writer is another: the bytes are the same wherever it is installed.
    nx.readwrite.graphml.write_graphml_xml(graph, file)
    return file.getvalue().decode() + "\n"


def gexf_text(graph: nx.Graph[Any]) -> str:
    """GEXF 1.2, as Gephi opens it."""
    import networkx as nx

    text = "\n".join(nx.generate_gexf(graph, version="1.2draft")) + "\n"
    return _CREATOR.sub("<creator>dfsrace</creator>", _DATE.sub("", text, count=1), count=1)


def node_link_text(graph: nx.Graph[Any]) -> str:
    """JSON in networkx's node-link form, edges under `edges`: `networkx.node_link_graph(data, edges="edges")`."""
    drawn: Any = graph
    keyed = drawn.edges(keys=True, data=True) if graph.is_multigraph() else drawn.edges(data=True)
    edges = []
    for source, target, *key, data in keyed:
        edges.append({**data, "source": source, "target": target, **({"key": key[0]} if key else {})})
    # Written here: networkx before 3.4 calls the edges `links`, and warns of it or not.
    whole = {
        "directed": graph.is_directed(),
        "multigraph": graph.is_multigraph(),
        "graph": graph.graph,
        "nodes": [{**data, "id": node} for node, data in graph.nodes(data=True)],
        "edges": edges,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


FORMATS: dict[str, Callable[[nx.Graph[Any]], str]] = {
    "graphml": graphml_text,
    "gexf": gexf_text,
    "json": node_link_text,
}
