# SPDX-License-Identifier: GPL-2.0-only
"""What DOT and Mermaid draw of a view: nodes with rows of text, arrows, groups. No markup and no syntax yet.

Colour is never the only sign: what fails has a cross in its text, what changed its old value, what is gone its word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfsrace.diagnostics.text import printable
from dfsrace.diagnostics.values import dataclass
from dfsrace.render.style import counted
from dfsrace.trace.picture import Field, Link, Picture, Thing
from dfsrace.trace.record import Trace, TraceStep
from dfsrace.trace.states import StateEdge, StateGraph, StateNode

LONGEST = 64
# Above so many nodes a state space shows numbers, and threads alone on its arrows.
MOST_WITH_TEXT = 40
MOST_CELLS, NARROW = 4, 44


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A node. `kind`: of a thing (`thread`, `frame`, ...), `step`, `state`, `folded` or `violation`.

    `rows`: lines of text, the first its name. `path`: on the counterexample. `hint`: more text, for a pointer over it.
    """

    id: str
    kind: str
    rows: tuple[str, ...]
    failing: bool = False
    changed: bool = False
    path: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """An arrow. `dashed`: of a lesser kind, or gone. `order`: it also says what comes after what."""

    source: str
    target: str
    label: str = ""
    failing: bool = False
    changed: bool = False
    dashed: bool = False
    path: bool = False
    order: bool = True


@dataclass(frozen=True, slots=True)
class DrawnGroup:
    """A box around nodes."""

    title: str
    nodes: tuple[DrawnNode, ...]


@dataclass(frozen=True, slots=True)
class DrawnGraph:
    """A whole graph; each node is in one group, or in none. `down`: drawn from top to bottom, else to the right."""

    title: str
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    groups: tuple[DrawnGroup, ...] = ()
    down: bool = False


def drawn_vm(picture: Picture, title: str) -> DrawnGraph:
    """One picture. Pool values that are not held, and free locks that nothing points at, are left out."""
    nodes, edges = _picture(picture, "")
    return DrawnGraph(f"{title}: {_caption(picture)}", tuple(nodes), tuple(edges))


def drawn_film(pictures: Sequence[Picture], title: str) -> DrawnGraph:
    """The interesting pictures, each in a group."""
    groups, edges = [], list[DrawnEdge]()
    for picture in pictures:
        if picture.interesting:
            nodes, links = _picture(picture, f"{picture.number}/")
            groups.append(DrawnGroup(_caption(picture), tuple(nodes)))
            edges += links
    return DrawnGraph(title, (), tuple(edges), tuple(groups))


def _caption(picture: Picture) -> str:
    done = f"step {picture.number}, {picture.thread}: {cut(picture.text)}" if picture.number else "at first"
    return f"{done}   ✗ {', '.join(picture.violated)}" if picture.violated else done


def _picture(picture: Picture, prefix: str) -> tuple[list[DrawnNode], list[DrawnEdge]]:
    linked = {end for link in picture.links for end in (link.source, link.target)}
    shown = [thing for thing in picture.things if _is_shown(thing, linked)]
    ids = {thing.id for thing in shown}
    nodes = [DrawnNode(prefix + t.id, t.kind, tuple(_thing_rows(t)), t.failing, t.changed) for t in shown]
    edges = [_link(link, prefix) for link in picture.links if {link.source, link.target} <= ids]
    return nodes, edges


def _is_shown(thing: Thing, linked: set[str]) -> bool:
    if thing.id in linked:
        return True
    free = thing.kind == "lock" and thing.note == "free" and not thing.fields
    return thing.held and not (free and not thing.changed)


def _thing_rows(thing: Thing) -> Iterator[str]:
    yield cut(("✗ " if thing.failing else "") + thing.label)
    if thing.note:
        yield cut(thing.note)
    yield from (_field_row(field) for field in thing.fields)


def _field_row(field: Field) -> str:
    was = f" (was {field.old})" if field.changed and field.old else ""
    return cut(f"{'✗ ' if field.failing else ''}{field.name} = {field.value}{was}")


def _link(link: Link, prefix: str) -> DrawnEdge:
    label = f"{link.label} (gone)" if link.gone else link.label
    label = f"✗ {label}" if link.failing else label
    dashed = link.gone or link.kind == "local"
    return DrawnEdge(
        prefix + link.source, prefix + link.target, cut(label), link.failing, link.changed and not link.gone, dashed
    )


# ---- the interleaving


def drawn_lanes(trace: Trace, pictures: Sequence[Picture], title: str) -> DrawnGraph:
    """A group for each thread, a node for each step, arrows from step to step, and the stale arrow."""
    groups, edges = [], list[DrawnEdge]()
    texts = {picture.number: picture.text for picture in pictures}
    for number, thread in enumerate(trace.threads):
        mine = tuple(_step(step, texts, trace) for step in trace.steps if step.thread == number)
        waits = [w for w in trace.waiting if w.thread == number]
        mine += tuple(DrawnNode(f"wait/{number}", "step", (f"✗ {cut(w.text)}", cut(w.reason)), True) for w in waits)
        if mine:
            groups.append(DrawnGroup(cut(f"{thread.name}  {thread.text}"), mine))
    for one, other in zip(trace.steps, trace.steps[1:], strict=False):
        switch = one.thread != other.thread
        edges.append(DrawnEdge(str(one.number), str(other.number), "switch" * switch, dashed=switch))
    if stale := trace.explanation.stale:
        ends = (str(stale.load.step), str(stale.store.step))
        edges.append(DrawnEdge(*ends, f"stale: {cut(stale.cell)}", failing=True, order=False))
    return DrawnGraph(title, (), tuple(edges), tuple(groups), down=True)


def _step(step: TraceStep, texts: dict[int, str], trace: Trace) -> DrawnNode:
    rows = [cut(f"{step.number}  {texts[step.number]}")]
    rows += [cut(f"{c.name}: {c.old} → {c.new}") for c in step.changes if c.old != c.new and not _is_lock(step, c.name)]
    rows += [cut(f"chooses {', '.join(step.choices)}")] if step.choices else []
    last = step.number == len(trace.steps)
    rows += [cut(f"✗ {name}") for name in step.violates]
    rows += [cut(f"({trace.explanation.failing})")] if last and step.violates and trace.explanation.failing else []
    places = [node.span for node in step.executed if node.shared] or [node.span for node in step.executed]
    hint = f"{places[0].file}:{places[0].line}" if places else ""
    return DrawnNode(str(step.number), "step", tuple(rows), bool(step.violates), hint=printable(hint))


def _is_lock(step: TraceStep, cell: str) -> bool:
    """Whether a change is that of a lock, which the statement says already."""
    return any(node.lock and cell.startswith(f"{node.lock.lock}.") for node in step.executed)


# ---- the state space


def drawn_states(graph: StateGraph, title: str) -> DrawnGraph:
    """The states, those of the counterexample marked; of a large graph their numbers alone."""
    rows = StateRows(graph)
    nodes = tuple(_state(node, rows) for node in graph.nodes)
    edges = tuple(_state_edge(edge, rows.small) for edge in graph.edges)
    cutting = f" ({graph.cut}: there may be more)" if graph.cut else ""
    folded = f" in {counted(len(graph.nodes), 'node')}" if graph.folded else ""
    return DrawnGraph(f"{title}: {counted(graph.states, 'state')}{folded}{cutting}", nodes, edges, down=True)


def state_name(node: StateNode) -> str:
    """A state's number with what sets it apart: where it begins, where all threads have finished, what fails."""
    if node.kind == "violation":
        return f"✗ {node.label}"
    name = f"{node.label}" if node.kind == "state" else counted(node.states, "state")
    return f"{'▶ ' if node.initial else ''}{'✗ ' if node.violated else ''}{name}{' ■' if node.ended else ''}"


def state_hint(node: StateNode) -> str:
    """All that is known of a state."""
    rows = [f"{thread}: {text}" for thread, text in node.places]
    rows += [f"{name} = {value}" for name, value in node.cells]
    return "\n".join([*rows, *(f"✗ {name}" for name in node.violated)])


class StateRows:
    """The lines of text in the nodes of a state space: `small` ones show more than a name.

    A few cells are shown too, if no more than these differ between the states.
    """

    def __init__(self, graph: StateGraph) -> None:
        self.small = len(graph.nodes) <= MOST_WITH_TEXT
        values: dict[str, set[str]] = {}
        for name, value in (cell for node in graph.nodes for cell in node.cells):
            values.setdefault(name, set()).add(value)
        telling = {name for name, found in values.items() if len(found) > 1}
        self._cells = telling if len(telling) <= MOST_CELLS else set()

    def of(self, node: StateNode) -> list[str]:
        """A node's lines, the first its name."""
        rows = [state_name(node)]
        if self.small and node.kind != "violation":
            rows += [cut(f"{thread}: {text}", NARROW) for thread, text in node.places]
            rows += [cut(f"{name} = {value}", NARROW) for name, value in node.cells if name in self._cells]
            rows += [cut(f"✗ {name}", NARROW) for name in node.violated]
        return rows


def _state(node: StateNode, rows: StateRows) -> DrawnNode:
    bad = bool(node.violated)
    return DrawnNode(str(node.number), node.kind, tuple(rows.of(node)), bad, path=node.path, hint=state_hint(node))


def _state_edge(edge: StateEdge, small: bool) -> DrawnEdge:
    label = f"{edge.thread}: {edge.text}" if small and edge.text else edge.thread
    times = f" ×{edge.steps}" if edge.steps > 1 else ""
    return DrawnEdge(str(edge.source), str(edge.target), cut(label, NARROW) + times, path=edge.path)


def cut(text: str, limit: int = LONGEST) -> str:
    """One line, harmless on a terminal, not too long."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"
