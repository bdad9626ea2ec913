# SPDX-License-Identifier: GPL-2.0-only
"""Drawn graphs of shipped models, and one in which every text is foreign."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import dfsrace
from dfsrace.operations import load
from dfsrace.render.drawn_graph import (
    DrawnEdge,
    DrawnGraph,
    DrawnGroup,
    DrawnNode,
    cut,
    drawn_film,
    drawn_lanes,
    drawn_states,
    drawn_vm,
)
from dfsrace.shipped import models_folder
from dfsrace.trace.report import Counterexample
from dfsrace.trace.state_search import Wanted, state_graph_of
from dfsrace.trace.states import StateGraph

VIEWS = ("vm", "film", "lanes", "states")
HOSTILE = (
    '"]; a -> b; x [label="',
    "\\N \\G \\l \\",
    "&lt;b&gt; &amp; &#34;",
    '<img src=x onerror="alert(1)">',
    "</text><script>alert(1)</script>",
    "]]> <!-- --> <?x?>",
    'end"] --> n0["x',
    "%%{init: {'theme':'dark'}}%% #35; #quot; ;;; `x` **b**",
    "subgraph end; click n0 callback; style n0 fill:#f00",
    "1. one",
    "- dash\n* star",
    "\x1b[31mred\x07 \u202e \ud800 \0",
    "漢字 ünï 𝔘",
    " ",
    "x" * 300,
)


@cache
def found(name: str = "2003-unfixed/remote-write") -> Counterexample:
    """The first counterexample of a shipped model."""
    return dfsrace.check(models_folder() / f"{name}.yaml").violations[0]


@cache
def states(name: str = "textbook/lost-update") -> StateGraph:
    """The states of a shipped model, its counterexample marked."""
    trace = found(name).trace
    system = load(models_folder() / f"{name}.yaml").system
    return state_graph_of(system, Wanted(marked=trace.schedule if trace else None))


@cache
def drawn(view: str) -> DrawnGraph:
    """A view of a shipped model."""
    one = found()
    assert one.trace is not None
    if view == "states":
        return drawn_states(states(), "Lost")
    if view == "lanes":
        return drawn_lanes(one.trace, one.pictures(), "Remote write")
    return drawn_vm(one.pictures()[-1], "VM") if view == "vm" else drawn_film(one.pictures(), "Film")


@cache
def hostile() -> DrawnGraph:
    """Every text of a graph as foreign as the places it comes from let through: one line, no controls."""
    kinds = ("thread", "mm", "frame", "node", "disk", "lock", "value", "cell", "step", "state", "folded", "violation")
    nodes = tuple(
        DrawnNode(f"value:{cut(text)}", kinds[place % len(kinds)], (cut(text), cut(text)), hint=cut(text))
        for place, text in enumerate(HOSTILE)
    )
    edges = tuple(DrawnEdge(one.id, other.id, one.rows[0]) for one, other in pairwise(nodes))
    half = len(nodes) // 2
    return DrawnGraph(cut(HOSTILE[0]), nodes[:half], edges, (DrawnGroup(cut(HOSTILE[6]), nodes[half:]),))


def every_node(graph: DrawnGraph) -> list[DrawnNode]:
    """The nodes, those in groups too."""
    return [*graph.nodes, *(node for group in graph.groups for node in group.nodes)]
