# SPDX-License-Identifier: GPL-2.0-only
"""The reachable states of a small model as a graph, by the reference engine, with a trace marked in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dfsrace.diagnostics.text import printable
from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.stepping import ConcreteState, Start, Stepper, StepResult
from dfsrace.system.program import Node, shared_instruction
from dfsrace.system.system import System
from dfsrace.system.types import LockType
from dfsrace.trace.names import Names
from dfsrace.trace.recorded import others_of
from dfsrace.trace.states import StateEdge, StateGraph, StateNode, folded
from dfsrace.trace.writing import first_shared

# (from, to or the name of a violation, thread, statement)
Step = tuple[int, "int | str", int, str]
# By the identity of a thread's code and a statement's text: where it stands, and what it does there.
Alike = dict[tuple[int, str], tuple[set[tuple[str, int]], set[str]]]
# States expanded between two looks at whether to go on.
CHUNK = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to explore: `most` states at most, drawn one by one if there are no more than `single`.

    `reductions` as in `Options`; `properties`: the named ones in force, None for all; `marked`: a schedule. `progress`
    is told the number of states now and then, and ends the search by saying True.
    """

    reductions: frozenset[str] = frozenset()
    properties: frozenset[str] | None = None
    single: int = 2_000
    most: int = 100_000
    marked: Schedule | None = None
    progress: Callable[[int], bool] | None = None


class TooManyStates(Exception):
    """There are more states, or more nodes even when folded, than asked for. `states`: how many were seen."""

    def __init__(self, states: int, nodes: int | None = None) -> None:
        self.states, self.nodes = states, nodes
        super().__init__(f"{states} states" if nodes is None else f"{nodes} nodes for {states} states")


class Interrupted(Exception):
    """`progress` has ended the search."""


def state_graph_of(system: System, wanted: Wanted) -> StateGraph:
    """All reachable states and the steps between them. TooManyStates beyond `most`; Interrupted.

    LoopsWithoutAccess and PropertyError as every search. Where a pool is exhausted `cut` says so.
    """
    space = _Space(system, wanted)
    space.explore()
    space.mark()
    graph = space.graph()
    if len(space.found) <= wanted.single:
        return graph
    small = folded(graph)
    if len(small.nodes) > wanted.single:
        raise TooManyStates(len(space.found), len(small.nodes))
    return small


@dataclass(slots=True)
class _Found:
    """A state that was reached: one of its class, and what is known of it."""

    state: ConcreteState
    depth: int
    initial: bool = False
    violated: tuple[str, ...] = ()
    path: bool = False


@dataclass(slots=True)
class _Space:
    """A search under way. States by the number of their canonical form, in the order of discovery."""

    system: System
    wanted: Wanted
    compiled: Compiled = field(init=False)
    stepper: Stepper = field(init=False)
    canonical: Canonical = field(init=False)
    numbers: dict[int, int] = field(default_factory=dict)
    found: list[_Found] = field(default_factory=list)
    steps: dict[Step, int] = field(default_factory=dict)
    marked: set[Step] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)
    exhausted: str = ""
    alike: Alike = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.compiled = Compiled(self.system)
        self.stepper = self.compiled.stepper
        names = self.wanted.properties
        properties = [p for p in self.system.properties if names is None or p.name in names]
        self.canonical = Canonical(self.compiled.references, self.wanted.reductions, properties)
        self.exhausted = self.system.exhausted or ""
        self.alike = _alike(self.system)

    # ---- the search

    def explore(self) -> None:
        """Breadth first, each state by the plain interpreter."""
        waiting: deque[int] = deque()
        for start in self.stepper.each_start():
            number = self._start(start)
            if number is not None:
                waiting.append(number)
        while waiting:
            number = waiting.popleft()
            if number % CHUNK == 0 and self.wanted.progress is not None and self.wanted.progress(len(self.found)):
                raise Interrupted
            for result in self._results(number):
                fresh = self._step(number, result)
                if fresh is not None:
                    waiting.append(fresh)

    def _start(self, start: Start) -> int | None:
        """An initial state; its number if it is new."""
        if start.state is None:
            self.ended.setdefault(start.violation or "", 0)
            return None
        number, fresh = self._number(start.state, 0)
        self.found[number].initial = True
        return number if fresh else None

    def _results(self, number: int) -> Iterator[StepResult]:
        """The steps from a state; without any it is an end or a deadlock."""
        found = self.found[number]
        results = [r for thread in range(len(self.system.threads)) for r in self.stepper.results(found.state, thread)]
        if not results and not self._all_ended(found.state):
            found.violated = (*found.violated, "deadlock")
        yield from results

    def _step(self, source: int, result: StepResult) -> int | None:
        """Takes in a step; the number of the state that it leads to, if that is new."""
        fresh = None
        target: int | str
        if result.state is not None:
            target, is_new = self._number(result.state, self.found[source].depth + 1)
            fresh = target if is_new else None
        elif result.exhausted is not None:
            self.exhausted = self.exhausted or result.exhausted
            return None
        else:
            target = result.violation or ""
            self.ended.setdefault(target, self.found[source].depth + 1)
        key = (source, target, result.thread, self._text(result))
        self.steps[key] = self.steps.get(key, 0) + 1
        return fresh

    def _text(self, result: StepResult) -> str:
        """The statement of a step: where the thread stood before it."""
        node = first_shared(self.system.threads[result.thread], result.nodes[0])
        return printable(" ".join(node.text.split()))

    def _number(self, state: ConcreteState, depth: int) -> tuple[int, bool]:
        """The number of a state's class, and whether it is new."""
        key = self.canonical.one(self.compiled.packed(state))
        known = self.numbers.get(key)
        if known is not None:
            return known, False
        if len(self.found) >= self.wanted.most:
            raise TooManyStates(len(self.found))
        self.numbers[key] = len(self.found)
        names = self.wanted.properties
        violated = [n for n in self.stepper.judge_state(state).violated if names is None or n in names]
        self.found.append(_Found(state, depth, violated=tuple(violated)))
        return len(self.found) - 1, True

    def _all_ended(self, state: ConcreteState) -> bool:
        finished = self.stepper.has_finished(state)
        return all(done or thread.daemon for done, thread in zip(finished, self.system.threads, strict=True))

    def mark(self) -> None:
        """Marks the states and steps of the schedule asked for, which was replayed before."""
        if self.wanted.marked is None:
            return
        start, results = self.stepper.follow(self.wanted.marked)
        here = self._number(start.state, 0)[0] if start.state is not None else None
        if here is not None:
            self.found[here].path = True
        for result in results:
            assert here is not None
            target: int | str = result.violation or ""
            if result.state is not None:
                target = self._number(result.state, 0)[0]
                self.found[target].path = True
            self.marked.add((here, target, result.thread, self._text(result)))
            here = target if isinstance(target, int) else None

    # ---- what comes out

    def graph(self) -> StateGraph:
        """Every state by itself."""
        nodes = [self._node(number, found) for number, found in enumerate(self.found)]
        ends: dict[str, int] = {}
        for name, depth in self.ended.items():
            ends[name] = len(nodes)
            path = any(target == name for _, target, _, _ in self.marked)
            nodes.append(StateNode(len(nodes), "violation", name, depth, 0, violated=(name,), path=path))
        edges = []
        marked = self._marked_steps()
        for key, count in self.steps.items():
            source, target, thread, text = key
            end = ends[target] if isinstance(target, str) else target
            name = printable(self.system.threads[thread].name)
            edges.append(StateEdge(source, end, name, text, count, key in marked))
        return StateGraph(tuple(nodes), tuple(edges), len(self.found), cut=self._cut())

    def _marked_steps(self) -> set[Step]:
        """The steps of the marked trace as the graph has them: another thread of a family may stand for the one."""
        between: dict[tuple[int, int | str], list[Step]] = {}
        for step in self.steps:
            between.setdefault(step[:2], []).append(step)
        found = set()
        for step in self.marked:
            if step in self.steps:
                found.add(step)
            elif others := between.get(step[:2]):
                found.add(next((other for other in others if other[3] == step[3]), others[0]))
        return found

    def _cut(self) -> str:
        return f"pool {printable(self.exhausted)} exhausted" if self.exhausted else ""

    def _node(self, number: int, found: _Found) -> StateNode:
        state = found.state
        names = Names(self.system, self.stepper.memory)
        locals_ = others_of(self.stepper, state, None)
        names.begin(state.cells, locals_)
        cells = []
        for place in names.counting(state.cells, locals_):
            cell = self.stepper.memory.cells[place]
            variable = self.system.variables[cell.variable]
            quiet = isinstance(variable.type, LockType) and state.cells[place] == cell.initial
            if not variable.constant and not quiet:
                text = names.text(cell.type, state.cells[place])
                cells.append((printable(names.cell(place)), printable(text)))
        return StateNode(
            number,
            "state",
            str(number),
            found.depth,
            initial=found.initial,
            ended=self._all_ended(state),
            violated=found.violated,
            path=found.path,
            places=tuple(self._places(state)),
            cells=tuple(cells),
            rests=state.nodes,
        )

    def _places(self, state: ConcreteState) -> Iterator[tuple[str, str]]:
        """Where each thread stands: its next statement, with the line where several of its lines have the same text."""
        for number, (node, end) in enumerate(zip(state.nodes, self.stepper.finish, strict=True)):
            thread = self.system.threads[number]
            if node == end:
                yield printable(thread.name), "finished"
                continue
            shared = first_shared(thread, node)
            lines, kinds = self.alike[id(thread.nodes), shared.text]
            text = printable(" ".join(shared.text.split()))
            text += f" ({_kind(shared)})" if len(kinds) > 1 else ""
            yield printable(thread.name), text + (f" (line {shared.span.line})" if len(lines) > 1 else "")


def _alike(system: System) -> Alike:
    """For each text of a statement the lines where it stands, and the kinds of its accesses."""
    found: Alike = {}
    for thread in system.threads:
        for node in thread.nodes:
            if shared_instruction(node):
                lines, kinds = found.setdefault((id(thread.nodes), node.text), (set(), set()))
                lines.add((node.span.file, node.span.line))
                kinds.add(_kind(node))
    return found


def _kind(node: Node) -> str:
    return type(node.operation).__name__.lower()
