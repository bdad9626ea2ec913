# SPDX-License-Identifier: GPL-2.0-only
"""The whole of lowering: setup is run, constants are found, threads become graphs, properties expressions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dfsrace.diagnostics import Span
from dfsrace.language.lowering.conditions import OneStep
from dfsrace.language.lowering.constants import Known, learn, stored
from dfsrace.language.lowering.context import Context
from dfsrace.language.lowering.finish import Program, finished_program
from dfsrace.language.lowering.graph import Graph, Label, MarkKey, Position
from dfsrace.language.lowering.initial import Initials, run_setup
from dfsrace.language.lowering.statements import Ways, block, inline
from dfsrace.language.typed import LocalDeclaration, Statement, TypedModel, TypedProperty, TypedThread
from dfsrace.system.expressions import Expr
from dfsrace.system.program import Finish, Thread
from dfsrace.system.system import CoveragePoint, Property, System, Variable
from dfsrace.system.types import value_text


@dataclass(frozen=True, slots=True)
class Drafted:
    """One body of code: its graph, and the tests that constants do not decide."""

    graph: Graph
    tests: frozenset[tuple[str, int, int]]


def lower(model: TypedModel) -> System:
    """The transition system of a model without static errors.

    Raises ModelError where setup waits, leaves a lock held or meets an automatic violation, and where the code grows
    too large. Constancy is found as the language fixes it: from all code, as often as some drops out of reach.
    """
    declarations = model.declarations
    variables = declarations.variables
    setups = [_draft(model, body, Known()).graph for body in model.setup]
    initials = run_setup(variables, tuple(finished_program(g, {}) for g in setups), len(model.threads))
    by_setup = frozenset[int]().union(*(stored(g) for g in setups))
    known, drafts = _settled(model, by_setup, initials)
    points = _coverage(model, drafts.values())
    programs = {key: finished_program(d.graph, {k: n for n, k in enumerate(points)}) for key, d in drafts.items()}
    return System(
        title=declarations.title,
        file=declarations.file,
        types=tuple(declarations.types.values()),
        constants=tuple((name, value_text(*typed)) for name, typed in declarations.constants.items()),
        variables=tuple(replace(v, constant=i in known.constant) for i, v in enumerate(variables)),
        threads=tuple(_thread(t, programs[id(t.body)]) for t in model.threads),
        properties=tuple(_property(p, variables) for p in model.properties),
        initial=initials.initial,
        coverage=tuple(points.values()),
        sources=declarations.sources,
        exhausted=initials.exhausted,
    )


def unfolded(model: TypedModel, system: System) -> System:
    """The system that `lower` gave, its threads' code with every load in its place, also of what is constant.

    It means the same; only who counts accesses wants it. Without coverage points.
    """
    programs = {id(t.body): finished_program(_draft(model, t.body, Known(), t.span).graph, {}) for t in model.threads}
    return replace(system, threads=tuple(_thread(t, programs[id(t.body)]) for t in model.threads), coverage=())


def _settled(model: TypedModel, by_setup: frozenset[int], initials: Initials) -> tuple[Known, dict[int, Drafted]]:
    """Drafts of all threads' code under the constants that this very code leaves constant."""
    known = Known()
    while True:
        drafts = {id(t.body): _draft(model, t.body, known, t.span) for t in model.threads}
        graphs = tuple(d.graph for d in drafts.values())
        learnt = learn(model.declarations.variables, graphs, by_setup, initials.initial, len(model.threads))
        if learnt == known:
            return known, drafts
        known = learnt


def _draft(model: TypedModel, body: tuple[Statement, ...], known: Known, span: Span | None = None) -> Drafted:
    where = span or (body[0].span if body else Span(model.declarations.file, 1, 1, 1, 1))
    graph = Graph(Position(where))
    context = Context(
        graph, known, model.declarations.variables, lambda c, call: inline(c, call, model.procedures[call.procedure])
    )
    end = Label()
    block(context, body, Ways(end, 0))
    graph.place(end)
    graph.settle()
    graph.position = Position(where)
    graph.emit(Finish(), where, "")
    return Drafted(graph, frozenset(context.tests))


def _coverage(model: TypedModel, drafts: Iterable[Drafted]) -> dict[MarkKey, CoveragePoint]:
    """Coverage points in the order of files and lines."""
    drafts = tuple(drafts)
    tests = frozenset[tuple[str, int, int]]().union(*(d.tests for d in drafts))
    keys: dict[MarkKey, Span] = {}
    for draft in drafts:
        for node in draft.graph.drafts:
            for key in node.marks:
                keys.setdefault(key, node.span)
        for file, line, column in draft.tests:
            for outcome in ("true", "false"):
                keys.setdefault((outcome, file, line, column), Span(file, line, column, line, column))
    sources = {s.name: s for s in model.declarations.sources}
    place = {name: n for n, name in enumerate(sources)}
    wanted = [k for k in keys if k[0] == "statement" or k[1:] in tests]
    wanted.sort(key=lambda k: (place.get(k[1], -1), k[2], k[3], k[0] != "statement", k[0] == "false"))
    points: dict[MarkKey, CoveragePoint] = {}
    for key in wanted:
        kind, file, line, column = key
        text = sources[file].line(line).split("#")[0].strip() if file in sources else ""
        points[key] = CoveragePoint(kind, Span(file, line, max(column, 1), line, max(column, 1)), text)  # type: ignore[arg-type]
    return points


def _thread(thread: TypedThread, program: Program) -> Thread:
    return Thread(
        thread.name,
        thread.text,
        thread.daemon,
        thread.family,
        program.locals,
        program.nodes,
        program.entry,
        thread.span,
    )


def _no_locals(local: LocalDeclaration) -> Expr:
    raise TypeError(f"a property cannot speak of the local {local.name}")


def _property(p: TypedProperty, variables: tuple[Variable, ...]) -> Property:
    step = OneStep(variables, _no_locals)
    condition = step.expression(p.condition)
    says = None if p.says is None else step.message(p.says)
    return Property(p.name, "reach" if p.reach else "invariant", p.at_end, condition, says, p.span)
