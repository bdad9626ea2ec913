# SPDX-License-Identifier: GPL-2.0-only
"""A drawn graph as a Mermaid flowchart. No text of a model can be syntax: all but harmless characters are codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfsrace.render.drawn_graph import DrawnEdge, DrawnGraph, DrawnNode

# Mermaid refuses more of either unless its reader was told otherwise.
MOST_EDGES, LONGEST = 500, 50_000

_SHAPES = {
    "thread": ("([", "])"),
    "disk": ("[(", ")]"),
    "lock": ("{{", "}}"),
    "value": ("(", ")"),
    "state": ("(", ")"),
    "violation": ("{{", "}}"),
}
_CLASSES = (
    "classDef changed stroke-width:3px",
    "classDef failing stroke:#b80f2e,stroke-width:3px",
    "classDef path stroke:#b80f2e,stroke-width:4px",
)


class TooLargeForMermaid(Exception):
    """Mermaid would refuse to draw it. The text says how much there is of what."""


def flowchart(graph: DrawnGraph) -> str:
    """The graph as a flowchart. TooLargeForMermaid beyond what Mermaid draws without being configured."""
    if len(graph.edges) > MOST_EDGES:
        raise TooLargeForMermaid(f"{len(graph.edges)} arrows, and Mermaid draws {MOST_EDGES}")
    everything = [*graph.nodes, *(node for group in graph.groups for node in group.nodes)]
    keys = {node.id: f"n{number}" for number, node in enumerate(everything)}
    lines = [f"flowchart {'TB' if graph.down else 'LR'}"]
    lines += [_node(node, keys) for node in graph.nodes]
    for number, group in enumerate(graph.groups):
        lines.append(f"subgraph g{number}[{_text([group.title])}]")
        lines += [f"  {_node(node, keys)}" for node in group.nodes]
        lines.append("end")
    lines += [_edge(edge, keys) for edge in graph.edges]
    lines += [*_CLASSES, *_classes(everything, keys)]
    if marked := [str(place) for place, edge in enumerate(graph.edges) if edge.failing or edge.path]:
        lines.append(f"linkStyle {','.join(marked)} stroke:#b80f2e,stroke-width:3px")
    text = "\n    ".join(lines) + "\n"
    if len(text) > LONGEST:
        raise TooLargeForMermaid(f"{len(text):,} characters, and Mermaid reads {LONGEST:,}")
    return text


def _node(node: DrawnNode, keys: dict[str, str]) -> str:
    left, right = _SHAPES.get(node.kind, ("[", "]"))
    return f"{keys[node.id]}{left}{_text(node.rows)}{right}"


def _edge(edge: DrawnEdge, keys: dict[str, str]) -> str:
    arrow = "==>" if edge.path or edge.failing else "-.->" if edge.dashed else "-->"
    label = f"|{_text([edge.label])}|" if edge.label else ""
    return f"{keys[edge.source]} {arrow}{label} {keys[edge.target]}"


def _classes(nodes: Iterable[DrawnNode], keys: dict[str, str]) -> Iterator[str]:
    """Each node's class, the strongest that fits it."""
    for node in nodes:
        name = "path" if node.path else "failing" if node.failing else "changed" if node.changed else ""
        if name:
            yield f"class {keys[node.id]} {name}"


def _text(rows: Iterable[str]) -> str:
    """Lines of text as a quoted label."""
    return '"' + ("<br/>".join(_coded(row) for row in rows) or "#8203;") + '"'


def _coded(row: str) -> str:
    """The row with codes; the point after a number at its start too, or Mermaid takes it for an item of a list."""
    number = len(row) - len(row.lstrip(" 0123456789"))
    harmless = " _.,()[]='+→…✗▶■×"
    return "".join(
        c if c.isalnum() or (c in harmless and (c != "." or place != number)) else f"#{ord(c)};"
        for place, c in enumerate(row)
    )
