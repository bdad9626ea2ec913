# SPDX-License-Identifier: GPL-2.0-only
"""The graph of reachable states: as many states and steps as a search visits, a trace marked in it, and folded."""

from __future__ import annotations

from functools import cache

import pytest

import dfsrace
from dfsrace import Options
from dfsrace.engine.options import REDUCTIONS
from dfsrace.operations import Model, load
from dfsrace.shipped import models_folder
from dfsrace.trace.report import Report
from dfsrace.trace.state_search import Interrupted, TooManyStates, Wanted, state_graph_of
from dfsrace.trace.states import StateGraph, folded

ALL = frozenset(REDUCTIONS)
NAMES = (
    "2003-truncate-lock/seed-question",
    "2003-nopagedone/lock-kept-on-sigbus",
    "textbook/dining-philosophers",
    "textbook/readers-writers",
    "textbook/lost-update",
)


@cache
def shipped(name: str) -> Model:
    """A shipped model."""
    return load(models_folder() / f"{name}.yaml")


@cache
def checked(name: str, reductions: frozenset[str] = ALL) -> Report:
    """What the reference engine finds in it."""
    return dfsrace.check(shipped(name), options=Options(reductions=reductions, engine="reference"))


def of(name: str, reductions: frozenset[str] = ALL) -> StateGraph:
    """Its states, with the first counterexample marked."""
    traces = [found.trace for found in checked(name, reductions).violations if found.trace]
    marked = traces[0].schedule if traces else None
    return state_graph_of(shipped(name).system, Wanted(reductions, marked=marked))


@pytest.mark.parametrize("reductions", [frozenset[str](), ALL], ids=["none", "all"])
@pytest.mark.parametrize("name", NAMES)
def test_there_are_as_many_states_and_steps_as_the_search_visits(name: str, reductions: frozenset[str]) -> None:
    graph, outcome = of(name, reductions), checked(name, reductions).outcome
    states = [node for node in graph.nodes if node.kind == "state"]
    ends = {node.number for node in graph.nodes if node.kind == "violation"}
    assert graph.states == len(states) == outcome.states
    assert sum(edge.steps for edge in graph.edges if edge.target not in ends) == outcome.transitions
    assert max(node.depth for node in states) == outcome.depth


@pytest.mark.parametrize("reductions", [frozenset[str](), ALL], ids=["none", "all"])
@pytest.mark.parametrize("name", NAMES)
def test_the_counterexample_is_a_path_from_a_start_to_a_violation(name: str, reductions: frozenset[str]) -> None:
    report, graph = checked(name, reductions), of(name, reductions)
    path = [edge for edge in graph.edges if edge.path]
    if not report.violations:
        assert not path and not any(node.path for node in graph.nodes)
        return
    violation = report.violations[0].violation
    assert len(path) == violation.steps == sum(node.path for node in graph.nodes) - 1
    nodes = graph.nodes
    (last,) = {edge.target for edge in path} - {edge.source for edge in path}
    (first,) = {edge.source for edge in path} - {edge.target for edge in path}
    assert violation.property in nodes[last].violated and nodes[first].initial
    assert [edge.text for edge in path] and not any(
        node.violated for node in nodes if node.path and node.number != last
    )


def test_what_is_violated_is_so_where_the_search_says_first() -> None:
    report, graph = checked(NAMES[0]), of(NAMES[0])
    for found in report.violations:
        depths = [node.depth for node in graph.nodes if found.violation.property in node.violated]
        assert min(depths) == found.violation.steps


def test_of_properties_only_those_in_force_are_judged() -> None:
    system = shipped(NAMES[0]).system
    graph = state_graph_of(system, Wanted(ALL, frozenset({"no_pte_maps_stale_page"})))
    assert {name for node in graph.nodes for name in node.violated} == {"no_pte_maps_stale_page"}


def test_states_say_where_the_threads_stand_and_what_the_cells_are() -> None:
    graph = of("textbook/lost-update")
    first = graph.nodes[0]
    assert first.places == (("cpu1", "counter += 1 (load)"), ("cpu2", "counter += 1 (load)"))
    assert first.cells == (("counter", "0"),) and first.initial and not first.ended
    ends = [node for node in graph.nodes if node.ended]
    assert {node.cells for node in ends} == {(("counter", "1"),), (("counter", "2"),)}
    assert [node.violated for node in ends if node.cells == (("counter", "1"),)] == [("every_increment_counts",)]


def test_folding_keeps_states_steps_path_and_verdicts() -> None:
    graph = of(NAMES[0])
    small = folded(graph)
    assert small.folded and len(small.nodes) < len(graph.nodes)
    assert sum(node.states for node in small.nodes) == small.states == graph.states
    assert sum(edge.steps for edge in small.edges) == sum(edge.steps for edge in graph.edges)
    assert len({node.rests for node in graph.nodes}) == len(small.nodes)
    assert {name for n in small.nodes for name in n.violated} == {name for n in graph.nodes for name in n.violated}
    assert any(node.path and node.violated for node in small.nodes)
    for node in small.nodes:
        assert node.depth == min(one.depth for one in graph.nodes if one.rests == node.rests)


def test_more_states_than_wanted_singly_are_folded_by_themselves() -> None:
    system = shipped(NAMES[0]).system
    assert not state_graph_of(system, Wanted(ALL, single=225)).folded
    assert state_graph_of(system, Wanted(ALL, single=224)).folded


def test_beyond_the_limits_it_says_how_many_there_are() -> None:
    system = shipped(NAMES[0]).system
    with pytest.raises(TooManyStates) as error:
        state_graph_of(system, Wanted(ALL, most=100))
    assert (error.value.states, error.value.nodes) == (100, None)
    with pytest.raises(TooManyStates) as error:
        state_graph_of(system, Wanted(ALL, single=20))
    assert (error.value.states, error.value.nodes) == (225, 113)


def test_who_watches_may_end_it() -> None:
    asked: list[int] = []

    def enough(states: int) -> bool:
        asked.append(states)
        return states > 100

    with pytest.raises(Interrupted):
        state_graph_of(shipped(NAMES[0]).system, Wanted(ALL, progress=enough))
    assert asked[0] <= 2 and asked[-1] > 100


def test_an_exhausted_pool_cuts_the_graph_and_it_says_so() -> None:
    text = "model: m\ntypes: {Page: pool(1)}\nstate: {one: Page | None, two: Page | None}\n"
    model = load(text + "threads:\n  a: |\n    one = alloc(Page)\n    two = alloc(Page)\n")
    graph = state_graph_of(model.system, Wanted())
    assert graph.cut == "pool Page exhausted" and graph.states == 3


def test_a_violation_before_the_first_step_is_a_node_alone() -> None:
    model = load("model: m\nconstants: {N: 0}\nstate: {x: bool}\nthreads:\n  a: |\n    x = 2 // N == 1\n")
    graph = state_graph_of(model.system, Wanted())
    assert [(node.kind, node.label, node.depth) for node in graph.nodes] == [("violation", "value out of range", 0)]
