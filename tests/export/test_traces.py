# SPDX-License-Identifier: GPL-2.0-only
"""JSON of our own, CSV and GraphML: each is read back and compared with the trace."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from jsonschema import Draft202012Validator

import dfsrace.export
from dfsrace.export import TRACE_FORMATS, NotExpressible, csv_steps, graphml, trace_json
from dfsrace.export.spreadsheet import COLUMNS
from dfsrace.operations import model_hash, replay
from dfsrace.trace.graphs import trace_graph
from dfsrace.trace.pictures import pictures
from dfsrace.trace.record import Trace
from tests.export.traces import NAMES, example

SCHEMA = json.loads((Path(dfsrace.export.__file__).parent / "trace.schema.json").read_text(encoding="utf-8"))


def written(name: str) -> Any:
    return json.loads(trace_json(*example(name)))


# ---- JSON


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_json_is_as_the_schema_says(name: str) -> None:
    Draft202012Validator(SCHEMA).validate(written(name))


def test_the_schema_refuses_what_it_does_not_know() -> None:
    changes: list[dict[str, Any]] = [
        {"version": 2},
        {"format": "other"},
        {"more": 1},
        {"steps": [{}]},
        {"property": {}},
    ]
    for change in changes:
        assert not Draft202012Validator(SCHEMA).is_valid({**written("stale"), **change}), change


@pytest.mark.parametrize("name", NAMES)
def test_json_has_all_of_the_trace(name: str) -> None:
    model, trace = example(name)
    found = written(name)
    assert found["model"]["hash"] == model_hash(model.system)
    assert found["model"]["constants"] == dict(model.system.constants)
    assert found["violated"] == list(trace.violated)
    assert (found["property"] or {"name": None})["name"] == (trace.violated[0] if trace.violated else None)
    assert len(found["steps"]) == len(trace.steps)
    for step, theirs in zip(trace.steps, found["steps"], strict=True):
        assert (theirs["step"], theirs["thread"], theirs["choices"]) == (step.number, step.thread_name, [*step.choices])
        assert theirs["violates"] == list(step.violates)
        for node, one in zip(step.executed, theirs["executed"], strict=True):
            assert (one["file"], one["line"], one["text"]) == (node.span.file, node.span.line, node.text)
            assert one["changes"] == [{"cell": c.name, "old": c.old, "new": c.new} for c in node.changes]
            assert one["reads"] == [{"cell": r.name, "value": r.value} for r in node.reads]
            assert (one["lock"] or {}).get("lock") == (node.lock.lock if node.lock else None)


@pytest.mark.parametrize("name", NAMES)
def test_the_schedule_in_json_leads_to_the_same_trace(name: str) -> None:
    model, trace = example(name)
    again = replay(model, written(name)["schedule"], violated=trace.violated[0] if trace.violated else None)
    assert trace_json(model, again) == trace_json(model, trace)


# ---- CSV


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_csv_has_a_row_for_each_statement(name: str) -> None:
    _, trace = example(name)
    found = rows(csv_steps(*example(name)))
    for step in trace.steps:
        mine = [row for row in found if row["step"] == str(step.number)]
        assert {row["thread"] for row in mine} == {step.thread_name}
        assert {node.text for node in step.executed if node.text} == {
            row["statement"] for row in mine if row["statement"]
        }
        changes = [part for row in mine for part in row["changes"].split("; ") if part]
        assert changes == [f"{c.name}: {c.old} -> {c.new}" for c in step.changes]
        reads = [part for row in mine for part in row["reads"].split("; ") if part]
        assert reads == [f"{r.name} = {r.value}" for r in step.reads]
        assert [row["lock"] for row in mine if row["lock"]] == [n.lock.lock for n in step.executed if n.lock]
        assert mine[-1]["violates"] == ", ".join(step.violates)
        assert mine[0]["choices"] == ",".join(step.choices)
    assert {row["step"] for row in found} == {str(step.number) for step in trace.steps}


def test_csv_is_rfc_4180() -> None:
    text = csv_steps(*example("stale"))
    lines = text.split("\r\n")
    assert lines[0] == ",".join(COLUMNS)
    assert lines[-1] == ""
    assert "\n" not in "".join(lines)
    assert all(set(row) == set(COLUMNS) for row in rows(text))
    assert '"dfs_revoke(holder, index)"' in text


HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "\uff1d1+1",
    '"quoted", and more',
    "two\r\nlines",
    "\x1b[31m",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_csv_holds_nothing_that_a_spreadsheet_computes(hostile: str) -> None:
    model, trace = example("stale")
    (row, *_) = rows(csv_steps(model, with_text(trace, hostile)))
    for field in (row["statement"], row["thread"]):
        assert not field.startswith(("=", "+", "-", "@", "\uff1d"))
        assert field.isprintable()
        assert field.removeprefix("'") == hostile.replace("\r", "\\r").replace("\n", "\\n").replace("\x1b", "\\x1b")


def with_text(trace: Trace, hostile: str) -> Trace:
    """The trace with a text for the statements and the thread of its first step."""
    first = trace.steps[0]
    executed = tuple(replace(node, text=hostile) for node in first.executed)
    return replace(trace, steps=(replace(first, thread_name=hostile, executed=executed), *trace.steps[1:]))


def test_csv_of_a_trace_without_steps_is_its_head() -> None:
    assert csv_steps(*example("nothing")) == ",".join(COLUMNS) + "\r\n"


# ---- GraphML


@pytest.mark.parametrize("name", NAMES)
def test_networkx_reads_an_equal_graph_back(name: str) -> None:
    model, trace = example(name)
    found = nx.read_graphml(io.BytesIO(graphml(model, trace).encode()), node_type=int)
    wanted = trace_graph(trace, pictures(model.system, trace))
    for default in ("node_default", "edge_default"):  # networkx's own, of how the file was written
        assert found.graph.pop(default) == {}
    assert nx.utils.graphs_equal(found, wanted)
    assert found.number_of_edges() == len(trace.steps)


def test_a_graph_that_is_too_large_is_refused() -> None:
    model, trace = example("stale")
    with pytest.raises(NotExpressible, match="more than 5,000,000 values"):
        graphml(model, replace(trace, steps=trace.steps * 100_000))


# ---- all of them


@pytest.mark.parametrize("form", TRACE_FORMATS)
def test_hostile_text_stays_text(form: str) -> None:
    model, trace = example("stale")
    hostile = "\x00\x1b]0;x\x07</data>&\"'<![CDATA[\u202e,\r\n\ud800"
    text = TRACE_FORMATS[form](model, with_text(trace, hostile))
    assert not set("\x00\x1b\x07\u202e") & set(text)
    assert "\ud800" not in text
    if form == "graphml":
        nx.read_graphml(io.BytesIO(text.encode()), node_type=int)
    elif form == "csv":
        assert all(set(row) == set(COLUMNS) for row in rows(text))
    else:
        json.loads(text)


@pytest.mark.parametrize("form", TRACE_FORMATS)
def test_the_same_trace_gives_the_same_bytes(form: str) -> None:
    model, trace = example("locks")
    again = replay(model, trace.schedule_text, violated=trace.violated[0])
    assert TRACE_FORMATS[form](model, again) == TRACE_FORMATS[form](model, trace)
