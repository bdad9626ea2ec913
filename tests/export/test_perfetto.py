# SPDX-License-Identifier: GPL-2.0-only
"""Trace events: valid by the format's rules, and true of the trace."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from dfsrace.export import NotExpressible, perfetto
from dfsrace.export.states import Plain, Table, snapshots
from tests.export.traces import NAMES, example

STEP = 1_000
REQUIRED = {"M": {"name", "args"}, "X": {"name", "cat", "ts", "dur", "args"}, "i": {"name", "ts", "s"}}
REQUIRED |= {"s": {"name", "cat", "id", "ts"}, "f": {"name", "cat", "id", "ts", "bp"}}
Event = dict[str, Any]


def events(name: str) -> list[Event]:
    found: list[Event] = json.loads(perfetto(*example(name)))["traceEvents"]
    return found


def track(event: Event) -> tuple[int, int]:
    return event["pid"], event["tid"]


def slices(found: list[Event]) -> dict[tuple[int, int], list[Event]]:
    """The slices of each track in the order in which a viewer nests them."""
    mine = sorted((e for e in found if e["ph"] == "X"), key=track)
    return {key: sorted(group, key=lambda e: (e["ts"], -e["dur"])) for key, group in groupby(mine, track)}


def named(found: list[Event], what: str) -> dict[tuple[int, int], str]:
    return {track(e): e["args"]["name"] for e in found if e["ph"] == "M" and e["name"] == what}


@pytest.mark.parametrize("name", NAMES)
def test_each_event_has_what_its_kind_needs(name: str) -> None:
    for event in events(name):
        assert set(event) - {"pid", "tid", "ph"} >= REQUIRED[event["ph"]], event
        assert all(isinstance(event.get(key, 0), int) and event.get(key, 0) >= 0 for key in ("ts", "dur", "pid", "tid"))
        assert event["ph"] != "X" or event["dur"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_slices_of_a_track_lie_within_each_other_or_apart(name: str) -> None:
    for mine in slices(events(name)).values():
        open_: list[int] = []
        for event in mine:
            while open_ and open_[-1] <= event["ts"]:
                open_.pop()
            assert not open_ or event["ts"] + event["dur"] <= open_[-1], event
            open_.append(event["ts"] + event["dur"])


@pytest.mark.parametrize("name", NAMES)
def test_each_track_has_a_name_and_each_thread_a_track(name: str) -> None:
    model, _ = example(name)
    found = events(name)
    tracks, processes = named(found, "thread_name"), named(found, "process_name")
    assert {track(e) for e in found if e["ph"] != "M"} <= set(tracks)
    assert {pid for pid, _ in tracks} <= {pid for pid, _ in processes}
    threads = [text.split(":")[0] for (pid, _), text in sorted(tracks.items()) if pid == 1]
    assert threads == [thread.name for thread in model.system.threads]


@pytest.mark.parametrize("name", NAMES)
def test_a_step_is_a_slice_of_a_millisecond_on_its_thread(name: str) -> None:
    _, trace = example(name)
    found = [e for e in events(name) if e.get("cat") == "step"]
    assert sorted((e["ts"], e["dur"], e["tid"]) for e in found) == [
        ((step.number - 1) * STEP, STEP, step.thread + 1) for step in trace.steps
    ]
    for event in found:
        step = trace.steps[event["args"]["step"] - 1]
        assert event["args"].get("violates", "") == ", ".join(step.violates)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_step_changes_is_said_in_it(name: str) -> None:
    _, trace = example(name)
    found = events(name)
    for step in trace.steps:
        inside = [e for e in found if e.get("cat") in ("step", "statement") and e["ts"] // STEP == step.number - 1]
        said = [part for e in inside for part in e["args"].get("changes", "").split("; ") if part]
        assert said == [f"{c.name}: {c.old} -> {c.new}" for c in step.changes]


@pytest.mark.parametrize("name", NAMES)
def test_a_step_lies_within_its_calls(name: str) -> None:
    _, trace = example(name)
    calls = [e for e in events(name) if e.get("cat") == "call"]
    for step in trace.steps:
        begin = (step.number - 1) * STEP
        around = [e for e in calls if e["tid"] == step.thread + 1 and e["ts"] <= begin < e["ts"] + e["dur"]]
        around.sort(key=lambda e: (e["ts"], -e["dur"]))
        stacks = [[frame.procedure for frame in node.stack] for node in step.executed if node.text]
        depth = next((n for n, names in enumerate(zip(*stacks, strict=False)) if len(set(names)) > 1), None)
        common = min(stacks, key=len)[:depth]
        assert [e["name"] for e in around] == common


def owners(value: Plain) -> set[str]:
    """The threads that have one lock, by its parts; `?` for a lock that names nobody."""
    assert isinstance(value, dict)
    found = {str(value[part]) for part in ("owner", "writer") if value.get(part, "None") != "None"}
    readers = value.get("readers")
    if isinstance(readers, Table):
        found |= {str(thread) for thread, count in readers.rows if count}
    return found | ({"?"} if value.get("locked") else set())


def held(variables: tuple[tuple[str, Plain], ...]) -> dict[str, set[str]]:
    """Who has each lock in a state, by its name; semaphores are left out."""
    found: dict[str, set[str]] = {}

    def into(name: str, value: Plain) -> None:
        if isinstance(value, Table):
            for key, row in value.rows:
                owner, dot, member = name.partition(".")
                into(f"{key}.{member}" if dot and "[" not in owner and owner.istitle() else f"{name}[{key}]", row)
        elif isinstance(value, dict) and "count" not in value:
            found[name] = owners(value)

    for name, value in variables:
        into(name, value)
    return found


@pytest.mark.parametrize("name", ["stale", "remote write", "deadlock", "locks", "written", "automatic"])
def test_locks_are_held_as_the_states_say(name: str) -> None:
    model, trace = example(name)
    found = [e for e in events(name) if e.get("cat") == "lock"]
    for snapshot in snapshots(model.system, trace)[1:-1]:
        end = snapshot.number * STEP
        for lock, threads in held(snapshot.variables).items():
            shown = {e["name"] for e in found if e["args"]["lock"] == lock and e["ts"] < end < e["ts"] + e["dur"]}
            assert len(shown) == 1 if threads == {"?"} else shown == threads, (snapshot.number, lock)
    assert found or name == "automatic"


def test_several_holders_of_a_lock_have_tracks_of_their_own() -> None:
    names = [text for (pid, _), text in named(events("written"), "thread_name").items() if pid == 2]
    assert names == ["l (a)", "l (b)"]


def test_the_stale_value_is_an_arrow_from_a_slice_to_a_slice() -> None:
    _, trace = example("stale")
    found = events("stale")
    (start,), (end,) = ([e for e in found if e["ph"] == phase] for phase in "sf")
    assert {key: start[key] for key in ("id", "cat", "name")} == {key: end[key] for key in ("id", "cat", "name")}
    assert start["ts"] < end["ts"]
    assert end["bp"] == "e"
    stale = trace.explanation.stale
    assert stale is not None
    for event, mark in ((start, stale.load), (end, stale.store)):
        around = [e for e in slices(found)[track(event)] if e["ts"] <= event["ts"] < e["ts"] + e["dur"]]
        assert around[-1]["name"] == trace.executed(mark).text


def test_an_arrow_is_there_only_where_something_is_stale() -> None:
    for name in NAMES:
        _, trace = example(name)
        assert any(e["ph"] in "sf" for e in events(name)) == (trace.explanation.stale is not None)


@pytest.mark.parametrize("name", NAMES)
def test_a_violation_is_an_instant_at_the_end(name: str) -> None:
    _, trace = example(name)
    found = [e["name"] for e in events(name) if e["ph"] == "i"]
    assert found == ([f"violated: {trace.violated[0]}"] if trace.violated else [])


def test_the_time_is_said_to_be_made_up() -> None:
    assert "made up" in json.loads(perfetto(*example("stale")))["otherData"]["time"]


def test_a_step_of_very_many_statements_is_one_slice() -> None:
    model, trace = example("stale")
    first = trace.steps[0]
    many = tuple(replace(first.executed[0], text=f"x = {n}") for n in range(200))
    text = perfetto(model, replace(trace, steps=(replace(first, executed=many), *trace.steps[1:])))
    inside = [e for e in json.loads(text)["traceEvents"] if e["ph"] == "X" and e["pid"] == 1 and e["ts"] < STEP]
    assert [e["cat"] for e in inside if e["cat"] != "call"] == ["step"]


def test_a_trace_that_is_too_long_is_refused() -> None:
    model, trace = example("stale")
    with pytest.raises(NotExpressible, match="more than 200,000 statements"):
        perfetto(model, replace(trace, steps=trace.steps * 10_000))
