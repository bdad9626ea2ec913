# SPDX-License-Identifier: GPL-2.0-only
"""Places for the nodes of a graph by Graphviz, through pygraphviz, which brings it: the extra `dfsrace[graphviz]`.

The only place that imports pygraphviz. Graphviz is told sizes and nothing else: no text reaches it, and no font does.
"""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec

from dfsrace.render.layered import Arc, Layout, Placed, Point

INCH = 72.0


class NoGraphviz(Exception):
    """pygraphviz is not installed, or cannot be loaded. The text says why."""


def is_installed() -> bool:
    """Whether pygraphviz is there; it is not loaded."""
    return find_spec("pygraphviz") is not None


def by_graphviz(layout: Layout) -> Placed:
    """As `layered`, by Graphviz's dot. NoGraphviz."""
    try:
        pygraphviz = import_module("pygraphviz")
    except (ImportError, OSError) as error:
        raise NoGraphviz(str(error)) from error
    graph = pygraphviz.AGraph(string=_text(layout))
    drawn = json.loads(graph.draw(format="json0", prog="dot"))
    _, _, width, height = (float(part) for part in drawn["bb"].split(","))
    places = {node["name"]: _point(node["pos"], height) for node in drawn["objects"] if "pos" in node}
    curves = {int(edge["comment"]): _curve(edge["pos"], height) for edge in drawn.get("edges", ())}
    return Placed(
        tuple(places[f"n{number}"] for number in range(len(layout.sizes))),
        tuple(curves[number] for number in range(len(layout.arcs))),
        width,
        height,
    )


def _text(layout: Layout) -> str:
    lines = ["digraph {", "ranksep=0.5; nodesep=0.2;", 'node [shape=box, fixedsize=true, label=""];']
    for number, size in enumerate(layout.sizes):
        lines.append(f"n{number} [width={size.w / INCH:.4f}, height={size.h / INCH:.4f}];")
    for layer in range(max(layout.layers, default=-1) + 1):
        same = (f"n{number};" for number, place in enumerate(layout.layers) if place == layer)
        lines.append(f"{{rank=same; {' '.join(same)}}}")
    for number, arc in enumerate(layout.arcs):
        down = layout.layers[arc.source] < layout.layers[arc.target]
        lines.append(_arc(number, arc, down))
    return "\n".join([*lines, "}"])


def _arc(number: int, arc: Arc, down: bool) -> str:
    weight = ", weight=20" if arc.marked else ""
    free = "" if down else ", constraint=false"
    return f"n{arc.source} -> n{arc.target} [dir=none, comment={number}{weight}{free}];"


def _point(text: str, height: float) -> Point:
    x, y = text.split(",")
    return float(x), height - float(y)


def _curve(text: str, height: float) -> tuple[Point, ...]:
    """The control points of an edge; without an arrow's head there are no others."""
    return tuple(_point(pair, height) for pair in text.split(";")[0].split() if pair[0] not in "es")
