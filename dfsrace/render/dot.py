# SPDX-License-Identifier: GPL-2.0-only
"""A drawn graph in Graphviz's DOT language. No text of a model can be syntax, an escape or an entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dfsrace.render.drawn_graph import DrawnEdge, DrawnGraph, DrawnNode

_SHAPES = {
    "thread": 'shape=box, style="rounded,filled"',
    "mm": "shape=tab, style=filled",
    "frame": "shape=note, style=filled",
    "node": "shape=component, style=filled",
    "disk": "shape=cylinder, style=filled",
    "lock": "shape=octagon, style=filled",
    "value": 'shape=box, style="rounded,filled"',
    "cell": "shape=box, style=filled",
    "step": "shape=box, style=filled",
    "state": 'shape=box, style="rounded,filled"',
    "folded": "shape=box3d, style=filled",
    "violation": "shape=doubleoctagon, style=filled",
}
_PLAIN, _NEW, _BAD = "#f3f5f8", "#fff0b8", "#fde8ea"
_INK, _RED = "#17202b", "#b80f2e"


def dot(graph: DrawnGraph) -> str:
    """The graph as DOT, ready for any of Graphviz's programs."""
    lines = [
        f"digraph {quoted(graph.title)} {{",
        f"  graph [label={label([graph.title])}, labelloc=t, fontname=monospace];",
        # Ranks over all groups, so that steps stand in their order and not thread by thread.
        "  graph [rankdir=TB, newrank=true];" if graph.down else "  graph [rankdir=LR];",
        f'  node [fontname=monospace, fontsize=11, color="{_INK}", fillcolor="{_PLAIN}", margin="0.12,0.06"];',
        f'  edge [fontname=monospace, fontsize=10, color="{_INK}", fontcolor="{_INK}"];',
    ]
    lines += [f"  {_node(node)}" for node in graph.nodes]
    # To the right Graphviz puts the first group at the bottom.
    for number, group in list(enumerate(graph.groups))[:: 1 if graph.down else -1]:
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f'    label={label([group.title])}; labeljust=l; color="#c3ccd6";')
        lines += [f"    {_node(node)}" for node in group.nodes]
        lines.append("  }")
    lines += [f"  {_edge(edge)}" for edge in graph.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: DrawnNode) -> str:
    fill = _BAD if node.failing else _NEW if node.changed else _PLAIN
    wanted = {"label": label(node.rows, left=len(node.rows) > 1), "fillcolor": f'"{fill}"'}
    if node.hint:
        wanted["tooltip"] = quoted(_plain(node.hint))
    if node.failing or node.path:
        wanted["penwidth"] = "3" if node.path else "2"
        wanted["color"] = f'"{_RED}"'
    return f"{quoted(node.id)} [{_SHAPES[node.kind]}, {_listed(wanted)}];"


def _edge(edge: DrawnEdge) -> str:
    wanted = {}
    if edge.label:
        wanted["label"] = label([edge.label])
    if edge.dashed:
        wanted["style"] = "dashed"
    if edge.failing or edge.path:
        wanted |= {"color": f'"{_RED}"', "fontcolor": f'"{_RED}"', "penwidth": "3" if edge.path else "2"}
    elif edge.changed:
        wanted["penwidth"] = "2"
    if not edge.order:
        wanted["constraint"] = "false"
    listed = f" [{_listed(wanted)}]" if wanted else ""
    return f"{quoted(edge.source)} -> {quoted(edge.target)}{listed};"


def _listed(wanted: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in wanted.items())


def quoted(text: str) -> str:
    """A quoted string; a quote in it is the only thing that has to be escaped, and no backslash may stand before it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def label(rows: tuple[str, ...] | list[str], left: bool = False) -> str:
    """Lines of text as a label: their backslashes, quotes and entities stand for themselves."""
    end = "\\l" if left else "\\n"
    text = end.join(_rows(rows))
    return f'"{text}{end}"' if left else f'"{text}"'


def _rows(rows: tuple[str, ...] | list[str]) -> Iterator[str]:
    for row in rows:
        yield row.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def _plain(text: str) -> str:
    """A tooltip: entities are read in it, too."""
    return text.replace("&", "&amp;")
