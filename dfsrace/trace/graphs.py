# SPDX-License-Identifier: GPL-2.0-only
"""Pictures, traces and state spaces as networkx graphs, for notebooks and for other tools' files.

The attributes are strings, numbers and Booleans only, so that every file format takes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dfsrace.diagnostics.text import printable
from dfsrace.trace.picture import Field, Link, Picture, Thing
from dfsrace.trace.record import Executed, Trace, TraceStep

if TYPE_CHECKING:
    import networkx as nx

    from dfsrace.trace.states import StateGraph


def frame_graph(picture: Picture) -> nx.MultiDiGraph[str]:
    """One picture as a graph: a node for each thing, an edge for each link.

    Nodes, by the thing's id (`frame:page0`): `kind`, `label`, `note`, `held`, `changed`, `failing` and `owner` as in
    `Thing`; for each field `field:NAME` with its value; `changed_fields` and `failing_fields`, names with blanks
    between. Edges, by a key that is unique in the graph: `kind`, `label`, `cell`, `changed`, `failing` and `gone` as in
    `Link`. The graph: `number`, `thread`, `text`, `violated` (names with `, ` between), `interesting`.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(**_about(picture))
    _add_picture(graph, picture, "", {})
    return graph


def film_graph(pictures: Sequence[Picture]) -> nx.MultiDiGraph[str]:
    """Several pictures as one graph, side by side.

    As `frame_graph`, but the nodes' ids are `NUMBER/ID`, and each node has the picture's `number`, `thread`, `text` and
    `violated` besides, in attributes that begin with `frame_`.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(frames=len(pictures))
    for picture in pictures:
        about = _about(picture)
        frame = {f"frame_{name}": about[name] for name in ("number", "thread", "text", "violated")}
        _add_picture(graph, picture, f"{picture.number}/", frame)
    return graph


def _about(picture: Picture) -> dict[str, Any]:
    return {
        "number": picture.number,
        "thread": picture.thread,
        "text": picture.text,
        "violated": ", ".join(picture.violated),
        "interesting": picture.interesting,
    }


def _add_picture(graph: nx.MultiDiGraph[str], picture: Picture, prefix: str, frame: dict[str, Any]) -> None:
    for thing in picture.things:
        graph.add_node(prefix + thing.id, **_thing(thing), **frame)
    for link in picture.links:
        key = graph.number_of_edges()
        graph.add_edge(prefix + link.source, prefix + link.target, key=key, **_link(link))


def _thing(thing: Thing) -> dict[str, Any]:
    return {
        "kind": thing.kind,
        "label": thing.label,
        "note": thing.note,
        "held": thing.held,
        "changed": thing.changed,
        "failing": thing.failing,
        "owner": thing.owner,
        "changed_fields": _names(field for field in thing.fields if field.changed),
        "failing_fields": _names(field for field in thing.fields if field.failing),
        **{f"field:{field.name}": field.value for field in thing.fields},
    }


def _names(fields: Iterable[Field]) -> str:
    return " ".join(field.name for field in fields)


def _link(link: Link) -> dict[str, Any]:
    return {
        "kind": link.kind,
        "label": link.label,
        "cell": link.cell,
        "changed": link.changed,
        "failing": link.failing,
        "gone": link.gone,
    }


def trace_graph(trace: Trace, pictures: Sequence[Picture]) -> nx.DiGraph[int]:
    """A trace as a graph of the states along it: nodes 0 to the number of steps, an edge for each step.

    `pictures`: those of the trace. Nodes: `violated` (names), `interesting`, and `cell:NAME` with the value of every
    cell that the pictures show. Edges: `step` (from 1), `thread`, `text`, `procedure`, `file` and `line` of the
    statement, `changes` (`mm0.pte[0]: None → page0`, `; ` between), `choices`, `switch` (another thread made the step
    before), `stale` (`load` or `store` at the ends of the stale arrow, else empty), `violates`. The graph: `schedule`,
    `violated`, `message`.
    """
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph(
        schedule=printable(trace.schedule_text),
        violated=", ".join(trace.violated),
        message=printable(trace.message),
    )
    for picture in pictures:
        cells = {f"cell:{name}": value for name, value in _cells(picture)}
        violated = ", ".join(picture.violated)
        graph.add_node(picture.number, violated=violated, interesting=picture.interesting, **cells)
    last: TraceStep | None = None
    for step, picture in zip(trace.steps, pictures[1:], strict=True):
        switch = last is not None and last.thread != step.thread
        graph.add_edge(step.number - 1, step.number, **_step(step, picture, trace), switch=switch)
        last = step
    return graph


def _cells(picture: Picture) -> list[tuple[str, str]]:
    """The cells of a picture with their values, in its order."""
    labels = {thing.id: thing.label for thing in picture.things}
    fields = [(field.cell, field.value) for thing in picture.things for field in thing.fields if field.cell]
    links = [(link.cell, labels[link.target]) for link in picture.links if link.cell and not link.gone]
    return [*fields, *links]


def _step(step: TraceStep, picture: Picture, trace: Trace) -> dict[str, Any]:
    shown = shown_node(step)
    changes = [f"{c.name}: {c.old} → {c.new}" for c in step.changes if c.old != c.new]
    stale = trace.explanation.stale
    ends = {stale.load.step: "load", stale.store.step: "store"} if stale else {}
    return {
        "step": step.number,
        "thread": printable(step.thread_name),
        "text": picture.text,
        "procedure": printable(shown.procedure) if shown else "",
        "file": printable(shown.span.file) if shown else "",
        "line": shown.span.line if shown else 0,
        "changes": printable("; ".join(changes)),
        "choices": printable(", ".join(step.choices)),
        "stale": ends.get(step.number, ""),
        "violates": ", ".join(step.violates),
    }


def shown_node(step: TraceStep) -> Executed | None:
    """The executed node that stands for a step: what changed something, else its first access."""
    nodes = [node for node in step.executed if node.text]
    telling = [node for node in nodes if node.fails or node.changes or node.lock or node.created]
    return next(iter([*telling, *(node for node in nodes if node.shared), *nodes]), None)


def state_graph(states: StateGraph) -> nx.MultiDiGraph[int]:
    """A state space as a graph, nodes by their numbers.

    Nodes: `kind` (`state`, `folded` or `violation`), `label`, `depth` (steps from an initial state), `states` (how many
    it stands for), `initial`, `ended` (all threads but daemons have finished), `violated`, `path` (on the
    counterexample), `places` and `cells`, texts of one line each. Edges: `thread`, `text`, `steps` (how many it stands
    for), `path`. The graph: `states`, `folded`, `cut` (why there may be more than is shown; empty if there is not).
    """
    import networkx as nx

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(states=states.states, folded=states.folded, cut=states.cut)
    for node in states.nodes:
        graph.add_node(
            node.number,
            kind=node.kind,
            label=node.label,
            depth=node.depth,
            states=node.states,
            initial=node.initial,
            ended=node.ended,
            violated=", ".join(node.violated),
            path=node.path,
            places="; ".join(f"{thread}: {text}" for thread, text in node.places),
            cells="; ".join(f"{name} = {value}" for name, value in node.cells),
        )
    for place, edge in enumerate(states.edges):
        values = {"thread": edge.thread, "text": edge.text, "steps": edge.steps, "path": edge.path}
        graph.add_edge(edge.source, edge.target, key=place, **values)
    return graph
