# SPDX-License-Identifier: GPL-2.0-only
"""A state space as plain values: states or, folded, all states in which the threads stand at the same places."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from dfsrace.diagnostics.values import dataclass

Places = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StateNode:
    """A state; or all states in which the threads stand at the same places (`folded`); or a violation.

    A `violation` is what steps end in that lead to no state (`null dereference`). `states`: how many it stands for.
    `depth`: the least number of steps from an initial state. `places`: where each thread stands, by thread; `cells`:
    what is not constant, by name; both empty for a violation, `cells` for folded states. `violated`: named properties
    and `deadlock`, of folded states all that some of them violate. `path`: the marked trace comes through. `rests`: the
    places in the threads' code, which the texts of `places` may not tell apart.
    """

    number: int
    kind: Literal["state", "folded", "violation"]
    label: str
    depth: int
    states: int = 1
    initial: bool = False
    ended: bool = False
    violated: tuple[str, ...] = ()
    path: bool = False
    places: Places = ()
    cells: Places = ()
    rests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StateEdge:
    """Steps from a node to another by one thread at one statement; `steps`: how many. `path`: the marked trace's."""

    source: int
    target: int
    thread: str
    text: str
    steps: int = 1
    path: bool = False


@dataclass(frozen=True, slots=True)
class StateGraph:
    """Nodes in the order of their discovery. `states`: how many there are; `cut`: why there may be more, or empty."""

    nodes: tuple[StateNode, ...]
    edges: tuple[StateEdge, ...]
    states: int
    folded: bool = False
    cut: str = ""


def folded(graph: StateGraph) -> StateGraph:
    """One node for all states in which the threads stand at the same places."""
    classes: dict[object, int] = {}
    of: list[int] = []
    nodes: list[StateNode] = []
    for node in graph.nodes:
        key: object = node.rests if node.kind == "state" else node.label
        number = classes.setdefault(key, len(classes))
        of.append(number)
        if number == len(nodes):
            label = f"{number}" if node.kind == "state" else node.label
            kind: Literal["folded", "violation"] = "folded" if node.kind == "state" else "violation"
            nodes.append(replace(node, number=number, kind=kind, label=label, cells=()))
        else:
            nodes[number] = _joined(nodes[number], node)
    edges: dict[tuple[int, int, str, str], StateEdge] = {}
    for edge in graph.edges:
        place = (of[edge.source], of[edge.target], edge.thread, edge.text)
        known = edges.get(place)
        if known is None:
            edges[place] = replace(edge, source=place[0], target=place[1])
        else:
            edges[place] = replace(known, steps=known.steps + edge.steps, path=known.path or edge.path)
    return StateGraph(tuple(nodes), tuple(edges.values()), graph.states, True, graph.cut)


def _joined(one: StateNode, other: StateNode) -> StateNode:
    """A folded node with one state more."""
    return replace(
        one,
        states=one.states + other.states,
        depth=min(one.depth, other.depth),
        initial=one.initial or other.initial,
        violated=tuple(dict.fromkeys((*one.violated, *other.violated))),
        path=one.path or other.path,
    )
