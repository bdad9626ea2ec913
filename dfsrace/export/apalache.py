# SPDX-License-Identifier: GPL-2.0-only
"""Apalache's Informal Trace Format: the states of a trace, whole, for its viewer and for other checkers' tools.

https://apalache-mc.org/docs/adr/015adr-trace.html
"""

from __future__ import annotations

from typing import Any

from dfsrace.export.json_text import json_text
from dfsrace.export.states import Plain, Snapshot, Standing, Table, snapshots
from dfsrace.operations import Model
from dfsrace.trace.graphs import shown_node
from dfsrace.trace.pictures import step_text
from dfsrace.trace.record import Trace

THREADS = "threads"


def itf(model: Model, trace: Trace) -> str:
    """The trace as ITF.

    Each of the model's variables is a variable by its name (`Node.i_size`); an array or field is a map by its indices,
    which has the fields of pool values that are held only; a lock is a record of its parts. Integers are big integers,
    Booleans Booleans, everything else text: named values, pool values and stamps by the names of the trace, `None`. The
    variable `threads` (with blanks behind it where the model has one of that name) maps each thread to a record of its
    next statement, that statement's place, and a map of its live locals.

    `#meta` of a state has `index`, `action`, `thread` and `source` (file:line) of the step that led to it, its
    `choices`, what it `violates`, and `no_state` where it ended in an automatic violation, which leads to no state: the
    values are then those that it had stored. NotExpressible for more than 5 million values.
    """
    names = [variable.name for variable in model.system.variables]
    threads = THREADS
    while threads in names:
        threads += " "
    found = [_state(snapshot, threads) for snapshot in snapshots(model.system, trace)]
    document = {"#meta": _about(model, trace), "vars": [*names, threads], "states": found}
    return json_text(document, "states")


def _about(model: Model, trace: Trace) -> dict[str, Any]:
    return {
        "format": "ITF",
        "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
        "source": model.path,
        "description": model.system.title,
        "constants": dict(model.system.constants),
        "violated": list(trace.violated),
        "message": trace.message,
        "schedule": trace.schedule_text,
    }


def _state(snapshot: Snapshot, threads: str) -> dict[str, Any]:
    step = snapshot.step
    meta: dict[str, Any] = {"index": snapshot.number, "action": step_text(step) if step else "initial state"}
    if step is not None:
        shown = shown_node(step)
        source = f"{shown.span.file}:{shown.span.line}" if shown else ""
        meta |= {"thread": step.thread_name, "source": source}
        meta |= {"choices": list(step.choices)} if step.choices else {}
        meta |= {"violates": list(step.violates)} if step.violates else {}
    meta |= {} if snapshot.is_state else {"no_state": True}
    standing = {"#map": [[thread.name, _standing(thread)] for thread in snapshot.threads]}
    return {"#meta": meta, **{name: _value(value) for name, value in snapshot.variables}, threads: standing}


def _standing(thread: Standing) -> dict[str, Any]:
    return {
        "next": thread.text,
        "source": str(thread.span) if thread.span else "",
        "locals": {"#map": [[name, _value(value)] for name, value in thread.locals]},
    }


def _value(value: Plain) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return {"#bigint": str(value)}
    if isinstance(value, Table):
        return {"#map": [[_value(key), _value(row)] for key, row in value.rows]}
    return {name: _value(part) for name, part in value.items()}
