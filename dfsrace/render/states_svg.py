# SPDX-License-Identifier: GPL-2.0-only
"""A state space as SVG: states by their distance from the start, steps coloured and dashed by thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dfsrace.diagnostics.values import dataclass
from dfsrace.render.drawn_graph import StateRows, cut, state_hint
from dfsrace.render.layered import Arc, Layout, Placed, Point, Size, layered
from dfsrace.render.style import counted
from dfsrace.render.svg_draw import ASCENT, Box, Frame, Pen, Sheet, Type, document, number, text_width, wrapped_text
from dfsrace.render.svg_style import THREADS, thread_role
from dfsrace.trace.states import StateEdge, StateGraph, StateNode

MARGIN = 24.0
SIZE, SMALL, LEADING = 12, 11, 15.0
LINE = 60.0
DASHES = ("", "7 3", "2 3", "10 3 2 3", "5 2 1 2 1 2", "12 5")


def states_svg(
    graph: StateGraph,
    threads: Sequence[str],
    *,
    theme: str = "auto",
    title: str = "",
    layout: Callable[[Layout], Placed] = layered,
) -> str:
    """The graph as one SVG. ValueError: a theme that there is not.

    `threads`: names in the order of the model. Of up to 40 nodes each shows where the threads stand; of more the
    numbers alone, and the rest under the pointer.
    """
    drawn = _Picture(graph, tuple(threads), StateRows(graph), Sheet())
    placed = layout(drawn.layout())
    width = max(placed.width, drawn.widest) + 2 * MARGIN
    top = drawn.heading(title, width - 2 * MARGIN)
    left = (width - placed.width) / 2
    for edge, curve in sorted(zip(graph.edges, placed.arcs, strict=True), key=lambda pair: pair[0].path):
        drawn.edge(edge, [(x + left, y + top) for x, y in curve])
    for node, (x, y) in zip(graph.nodes, placed.nodes, strict=True):
        drawn.node(node, (x + left, y + top))
    frame = Frame(width, placed.height + top + MARGIN, title or "State space", drawn.description())
    return document(drawn.sheet, frame, theme, True)


@dataclass(frozen=True, slots=True)
class _Picture:
    graph: StateGraph
    threads: tuple[str, ...]
    rows: StateRows
    sheet: Sheet

    # ---- sizes

    def size(self, node: StateNode) -> Size:
        """A node's size: that of its text."""
        rows = self.rows.of(node)
        widest = max(text_width(rows[0], SIZE), *(text_width(row, SMALL) for row in rows))
        return Size(max(34.0, widest + 16), LEADING * len(rows) + 9)

    def layout(self) -> Layout:
        """What has to be placed."""
        arcs = tuple(Arc(edge.source, edge.target, edge.path) for edge in self.graph.edges)
        return Layout(tuple(map(self.size, self.graph.nodes)), tuple(node.depth for node in self.graph.nodes), arcs)

    @property
    def widest(self) -> float:
        """How wide the heading is."""
        legend = [LINE + text_width(cut(name, 40), SMALL) for name in self.threads]
        return max(text_width(self.summary(), SIZE), text_width(_SIGNS, SMALL), *legend)

    # ---- parts

    def summary(self) -> str:
        """What is drawn, in one line."""
        said = counted(self.graph.states, "state")
        if self.graph.folded:
            nodes = sum(node.kind != "violation" for node in self.graph.nodes)
            said += f", those in which all threads stand at the same place as one: {counted(nodes, 'node')}"
        return f"{said}; {self.graph.cut}: there may be more" if self.graph.cut else said

    def description(self) -> str:
        """For those who cannot see it."""
        bad = sorted({name for node in self.graph.nodes for name in node.violated})
        path = sum(edge.path for edge in self.graph.edges)
        said = f"{self.summary()}. {counted(len(self.graph.edges), 'arrow')}."
        said += f" Violated: {', '.join(bad)}." if bad else " Nothing is violated."
        return said + (f" The counterexample has {counted(path, 'arrow')}." if path else "")

    def heading(self, title: str, width: float) -> float:
        """Title and legend; where the graph begins."""
        y = MARGIN
        for line in wrapped_text(title, 16, width, 3):
            self.sheet.text((MARGIN, y + 16 * ASCENT), line, Type(16, "ink", True), width)
            y += 24
        self.sheet.text((MARGIN, y + SIZE * ASCENT), self.summary(), Type(SIZE, "soft"), width)
        y += 20
        for place, name in enumerate(self.threads):
            middle = y + 8
            self.sheet.line([(MARGIN, middle), (MARGIN + LINE - 16, middle)], self._pen(place, False))
            self.sheet.text((MARGIN + LINE - 8, middle + 4), cut(name, 40), Type(SMALL, thread_role(place)))
            y += 16
        self.sheet.text((MARGIN, y + 12), _SIGNS, Type(SMALL, "soft"), width)
        return y + 36

    def _pen(self, thread: int, path: bool) -> Pen:
        dash = DASHES[(thread + thread // len(THREADS)) % len(DASHES)]
        return Pen("", "bad" if path else thread_role(thread), 3.0 if path else 1.3, dash)

    def edge(self, edge: StateEdge, curve: Sequence[Point]) -> None:
        """An arrow; what the step does is under the pointer."""
        thread = self.threads.index(edge.thread) if edge.thread in self.threads else 0
        times = f" ({counted(edge.steps, 'step')})" if edge.steps > 1 else ""
        with self.sheet.group("", f"{edge.thread}: {edge.text}{times}"):
            data = f"M{number(curve[0][0])} {number(curve[0][1])}"
            for k in range(1, len(curve) - 2, 3):
                data += "C" + " ".join(f"{number(x)} {number(y)}" for x, y in curve[k : k + 3])
            self.sheet.path(data, self._pen(thread, edge.path))
            self._head(curve, "bad" if edge.path else thread_role(thread), 7 if edge.path else 5)

    def _head(self, curve: Sequence[Point], role: str, size: float) -> None:
        (x, y) = curve[-1]
        back = next(((bx, by) for bx, by in reversed(curve) if (bx - x) ** 2 + (by - y) ** 2 > 0.01), (x, y - 1))
        dx, dy = x - back[0], y - back[1]
        length = (dx * dx + dy * dy) ** 0.5 or 1.0
        dx, dy = dx / length, dy / length
        foot = (x - dx * size * 1.6, y - dy * size * 1.6)
        side = (-dy * size * 0.6, dx * size * 0.6)
        corners = [(x, y), (foot[0] + side[0], foot[1] + side[1]), (foot[0] - side[0], foot[1] - side[1])]
        self.sheet.shape(corners, Pen(role))

    def node(self, node: StateNode, middle: Point) -> None:
        """A state: thick on the counterexample, with a second line around it where all threads have finished."""
        size, rows = self.size(node), self.rows.of(node)
        box = Box(middle[0] - size.w / 2, middle[1] - size.h / 2, size.w, size.h)
        bad = bool(node.violated)
        pen = Pen("bad-ground" if bad else "card", "bad" if bad or node.path else "soft", 2.5 if node.path else 1.2)
        with self.sheet.group("boxed", state_hint(node)):
            self.sheet.rect(box, pen, 0 if node.kind == "violation" else 6)
            if node.kind == "folded" or node.ended:
                self.sheet.rect(Box(box.x + 3, box.y + 3, box.w - 6, box.h - 6), Pen("", pen.stroke, 0.8), 4)
            y = box.y + 4.5
            for place, row in enumerate(rows):
                kind = Type(SMALL if place else SIZE, "bad" if row.startswith("✗") else "ink", not place, "middle")
                self.sheet.text((middle[0], y + LEADING / 2 + kind.size * 0.34), row, kind)
                y += LEADING


_SIGNS = "▶ the start   ■ all threads have finished   ✗ violated   thick: the counterexample   an arrow is a step"
