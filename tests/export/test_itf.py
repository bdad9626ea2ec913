# SPDX-License-Identifier: GPL-2.0-only
"""ITF: what itf-py reads back is the trace, value by value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from itf_py import State, trace_from_json, trace_to_json  # type: ignore[import-untyped]

from dfsrace.export import NotExpressible, itf
from dfsrace.operations import load, replay
from dfsrace.trace.record import Trace
from tests.export.traces import NAMES, example

THREADS = "threads"


def read_back(name: str) -> tuple[Trace, Any]:
    model, trace = example(name)
    return trace, trace_from_json(json.loads(itf(model, trace)))


def cells(state: State) -> dict[str, str]:
    """The cells of a state by their names, as traces call them, with their values as texts."""
    found: dict[str, str] = {}
    for variable, value in state.values.items():
        if variable.strip() != THREADS:
            owner, dot, member = variable.partition(".")
            if dot:
                for key, row in value.items():
                    found.update(flat(f"{key}.{member}", row))
            else:
                found.update(flat(owner, value))
    return found


def flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, row in value.items():
            yield from flat(f"{name}[{key}]", row)
    elif hasattr(value, "_asdict"):
        for part, row in value._asdict().items():
            yield from flat(f"{name}.{part}", row)
    else:
        yield name, str(value)


@pytest.mark.parametrize("name", NAMES)
def test_each_state_has_the_values_that_the_replayed_trace_has(name: str) -> None:
    trace, found = read_back(name)
    known = {cell.name: cell.value for cell in trace.initial}
    created: set[str] = set()
    assert len(found.states) == len(trace.steps) + 1
    for number, state in enumerate(found.states):
        if number:
            step = trace.steps[number - 1]
            known.update({change.name: change.new for change in step.changes})
            created |= {node.created for node in step.executed if node.created}
        values = cells(state)
        assert {c: values[c] for c in values if c in known} == {c: known[c] for c in values if c in known}
        untold = [c for c in values if c not in known and c.split(".")[0] not in created]
        assert all(values[c] in ("None", "0", "False") or is_lock(c) for c in untold), untold
    stored = {change.name for step in trace.steps for change in step.changes}
    assert stored <= set().union(*(cells(state) for state in found.states))


def is_lock(cell: str) -> bool:
    parts = ("owner", "writer", "locked", "count", "sequence")
    return cell.rsplit(".", 1)[-1] in parts or "readers[" in cell or "waiting[" in cell


@pytest.mark.parametrize("name", NAMES)
def test_meta_says_which_step_led_there(name: str) -> None:
    trace, found = read_back(name)
    assert [state.meta["index"] for state in found.states] == list(range(len(trace.steps) + 1))
    assert "thread" not in found.states[0].meta
    for step, state in zip(trace.steps, found.states[1:], strict=True):
        file, line = state.meta["source"].rsplit(":", 1)
        assert state.meta["thread"] == step.thread_name
        assert (file, int(line)) in {(node.span.file, node.span.line) for node in step.executed}
        assert any(part in {node.text for node in step.executed} for part in state.meta["action"].split("; "))
        assert tuple(state.meta.get("violates", ())) == step.violates
    assert (found.meta["format"], found.meta["schedule"]) == ("ITF", trace.schedule_text)
    assert found.meta["violated"] == list(trace.violated)


@pytest.mark.parametrize("name", NAMES)
def test_the_next_statement_of_a_thread_is_what_it_does_next(name: str) -> None:
    trace, found = read_back(name)
    for step, state in zip(trace.steps, found.states, strict=False):
        (threads,) = (value for variable, value in state.values.items() if variable.strip() == THREADS)
        assert threads[step.thread_name].next in {node.text for node in step.executed}
    last = found.states[-1].values[THREADS]
    ended = {step.thread_name for step in trace.steps if step.finished}
    assert {name for name, thread in last.items() if thread.next == "finished"} == ended


def test_what_is_no_state_says_so() -> None:
    for name, is_state in (("stale", True), ("automatic", False), ("at once", False), ("written", True)):
        assert ("no_state" not in read_back(name)[1].states[-1].meta) == is_state


def test_locals_are_there_while_they_live() -> None:
    _, found = read_back("stale")
    page = [dict(state.values[THREADS]["cpu0"].locals).get("page") for state in found.states]
    assert page[8] is None
    assert page[9:13] == ["page0"] * 4


def test_a_page_has_fields_while_it_is_held() -> None:
    _, found = read_back("choice")
    assert [dict(state.values["Page.mapping"]) for state in found.states] == [
        *({}, {}, {"page0": "None"}, {"page0": "RIGHT"}, {"page0": "RIGHT"})
    ]


def test_itf_py_writes_what_it_has_read() -> None:
    for name in NAMES:
        model, trace = example(name)
        document = json.loads(itf(model, trace))
        again = trace_to_json(trace_from_json(document))
        assert (again["states"], again["vars"]) == (document["states"], document["vars"])


def test_a_variable_called_threads_keeps_its_name() -> None:
    model = load("model: m\nstate: {threads: 0..2}\nthreads:\n  t: threads = 1\n")
    found = trace_from_json(json.loads(itf(model, replay(model, "t"))))
    assert found.vars == ["threads", "threads "]
    assert [state.values["threads"] for state in found.states] == [0, 1]


def test_integers_are_big_integers_and_booleans_booleans() -> None:
    lines = (
        "model: m",
        "state: {n: -9..99 = 0, b: bool}",
        "threads:",
        "  t: |",
        "    n = -9",
        "    b = True",
    )
    model = load("\n".join(lines) + "\n")
    states = json.loads(itf(model, replay(model, "t*2")))["states"]
    assert [state["n"] for state in states] == [{"#bigint": "0"}, {"#bigint": "-9"}, {"#bigint": "-9"}]
    assert [state["b"] for state in states] == [False, False, True]


def test_a_trace_that_is_too_long_is_refused_before_it_is_replayed() -> None:
    model, trace = example("stale")
    long = replace(trace, steps=trace.steps * 100_000)
    with pytest.raises(NotExpressible, match="more than 5,000,000 values"):
        itf(model, long)
