# SPDX-License-Identifier: GPL-2.0-only
"""Places for the nodes of a graph with given layers: a layout of ours, for where Graphviz is not installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfsrace.diagnostics.values import dataclass

Point = tuple[float, float]

ACROSS, DOWN = 14.0, 44.0
SWEEPS = 12
# How much straighter the arrows of the counterexample are than others.
MARKED = 12.0


@dataclass(frozen=True, slots=True)
class Size:
    """A node's width and height."""

    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Arc:
    """An arrow between two nodes by their places; `marked`: to be drawn as straight as can be."""

    source: int
    target: int
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """The middle of each node, for each arrow the points of its curve (1 + 3n, as an SVG's `C` has them), the size."""

    nodes: tuple[Point, ...]
    arcs: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """What is to be placed: `layers[n]` is the layer of node n."""

    sizes: tuple[Size, ...]
    layers: tuple[int, ...]
    arcs: tuple[Arc, ...]


def layered(layout: Layout) -> Placed:
    """Layers from top to bottom; nodes that belong together near each other, none over another; arrows as curves."""
    rows = _rows(layout)
    near = _neighbours(layout)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for number in range(1, len(rows)) if down else reversed(range(len(rows) - 1)):
            beside = rows[number - 1 if down else number + 1]
            _sort(rows[number], {node: place for place, node in enumerate(beside)}, near)
    across = _across(layout, rows, near)
    left = min((across[n] - layout.sizes[n].w / 2 for n in across), default=0)
    heights = [max((layout.sizes[n].h for n in row), default=0) for row in rows]
    tops = [sum(heights[:k]) + k * DOWN for k in range(len(rows))]
    nodes = tuple((across[n] - left, tops[layer] + heights[layer] / 2) for n, layer in enumerate(layout.layers))
    arcs = tuple(_curve(layout, nodes, arc) for arc in layout.arcs)
    points = [p for curve in arcs for p in curve]
    width = max([*(x + layout.sizes[n].w / 2 for n, (x, _) in enumerate(nodes)), *(x for x, _ in points)], default=0)
    height = tops[-1] + heights[-1] if rows else 0
    return Placed(nodes, arcs, width, height)


def _rows(layout: Layout) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(layout.layers, default=-1) + 1)]
    for node, layer in enumerate(layout.layers):
        rows[layer].append(node)
    return rows


def _neighbours(layout: Layout) -> list[list[tuple[int, float]]]:
    """For each node those in the layers beside it, with the weights of the arrows between."""
    near: list[list[tuple[int, float]]] = [[] for _ in layout.sizes]
    for arc in layout.arcs:
        if abs(layout.layers[arc.source] - layout.layers[arc.target]) == 1:
            weight = MARKED if arc.marked else 1.0
            near[arc.source].append((arc.target, weight))
            near[arc.target].append((arc.source, weight))
    return near


def _sort(row: list[int], places: Mapping[int, int], near: Sequence[Sequence[tuple[int, float]]]) -> None:
    """Orders a layer by the middle of each node's neighbours in the layer beside it; others keep their place."""
    keys = {}
    for place, node in enumerate(row):
        found = [(places[other], weight) for other, weight in near[node] if other in places]
        total = sum(weight for _, weight in found)
        keys[node] = sum(p * w for p, w in found) / total if total else place * len(places) / max(1, len(row))
    row.sort(key=lambda node: keys[node])


def _across(layout: Layout, rows: list[list[int]], near: list[list[tuple[int, float]]]) -> dict[int, float]:
    """Where each node's middle is from left to right: near its neighbours, without touching those in its layer."""
    across: dict[int, float] = {}
    for row in rows:
        total = sum(layout.sizes[n].w for n in row) + ACROSS * (len(row) - 1)
        x = -total / 2
        for node in row:
            across[node] = x + layout.sizes[node].w / 2
            x += layout.sizes[node].w + ACROSS
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = []
            for node in row:
                total = sum(weight for _, weight in near[node])
                mean = sum(across[other] * weight for other, weight in near[node])
                heaviest = max((weight for _, weight in near[node]), default=1.0)
                wanted.append((mean / total if total else across[node], heaviest**2))
            _spread(layout, row, wanted, across)
    return across


def _spread(
    layout: Layout, row: Sequence[int], wanted: Sequence[tuple[float, float]], across: dict[int, float]
) -> None:
    """The places nearest to the wanted ones (weighted least squares) that keep order and distance."""
    offset = 0.0
    blocks: list[tuple[float, float, int]] = []  # the mean of wanted places less offsets, its weight, how many share it
    offsets = []
    for place, node in enumerate(row):
        if place:
            offset += (layout.sizes[row[place - 1]].w + layout.sizes[node].w) / 2 + ACROSS
        offsets.append(offset)
        blocks.append((wanted[place][0] - offset, wanted[place][1], 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, heavy, many), (other, light, more) = blocks[-2:]
            mean = (one * heavy + other * light) / (heavy + light)
            blocks[-2:] = [(mean, heavy + light, many + more)]
    place = 0
    for mean, _, count in blocks:
        for _ in range(count):
            across[row[place]] = mean + offsets[place]
            place += 1


def _curve(layout: Layout, nodes: Sequence[Point], arc: Arc) -> tuple[Point, ...]:
    """Downwards from foot to head; any other way round the right sides of both; a loop at the right side."""
    (x1, y1), (x2, y2) = nodes[arc.source], nodes[arc.target]
    one, other = layout.sizes[arc.source], layout.sizes[arc.target]
    if layout.layers[arc.target] > layout.layers[arc.source]:
        start, end = (x1, y1 + one.h / 2), (x2, y2 - other.h / 2)
        bend = max(DOWN / 2, (end[1] - start[1]) / 2)
        return start, (start[0], start[1] + bend), (end[0], end[1] - bend), end
    start, end = (x1 + one.w / 2, y1), (x2 + other.w / 2, y2)
    if arc.source == arc.target:
        lift = one.h / 4
        start, end = (start[0], y1 + lift), (end[0], y1 - lift)
    bulge = max(start[0], end[0]) + ACROSS + min(90.0, abs(y1 - y2) / 6)
    return start, (bulge, start[1]), (bulge, end[1]), end
