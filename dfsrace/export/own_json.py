# SPDX-License-Identifier: GPL-2.0-only
"""A trace as JSON of our own, as `trace.schema.json` beside this file describes it; `dfsrace replay` reads it."""

from __future__ import annotations

from typing import Any

from dfsrace.export.json_text import json_text
from dfsrace.operations import Model, model_hash
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.record import Executed, Explanation, Mark, Trace, TraceStep

FORMAT, VERSION = "dfsrace-trace", 1


def trace_json(model: Model, trace: Trace) -> str:
    """The trace as one JSON object. ASCII only; the same trace gives the same bytes, whatever version writes it.

    It says what was replayed (the model's name, file, digest, constants and libraries, the schedule), what the last
    state violates and why, and of each step every statement that it executed, with reads, stores, locks and calls.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "model": {
            "name": model.name,
            "file": model.path,
            "hash": model_hash(model.system),
            "title": model.system.title,
            "constants": dict(model.system.constants),
            "libraries": list(model.libraries),
        },
        "property": _property(trace),
        "violated": list(trace.violated),
        "schedule": trace.schedule_text,
        "threads": [{"name": thread.name, "text": thread.text} for thread in trace.threads],
        "initial": [{"cell": c.name, "value": c.value, "constant": c.constant} for c in trace.initial],
        "steps": [_step(step) for step in trace.steps],
        "waiting": [
            {
                "thread": trace.threads[w.thread].name,
                **_place(w.span.file, w.span.line),
                "text": w.text,
                "for": w.reason,
            }
            for w in trace.waiting
        ],
        "explanation": _explanation(trace.explanation),
    }
    return json_text(document, "threads", "initial", "steps", "waiting")


def _property(trace: Trace) -> dict[str, str] | None:
    """The violated property that the trace is about."""
    if not trace.violated:
        return None
    name = trace.violated[0]
    kind = "automatic" if name in AUTOMATIC_PROPERTIES else "invariant"
    return {"name": name, "kind": kind, "message": trace.message}


def _place(file: str, line: int) -> dict[str, Any]:
    return {"file": file, "line": line}


def _step(step: TraceStep) -> dict[str, Any]:
    return {
        "step": step.number,
        "thread": step.thread_name,
        "choices": list(step.choices),
        "executed": [_executed(node) for node in step.executed],
        "finished": step.finished,
        "violates": list(step.violates),
    }


def _executed(node: Executed) -> dict[str, Any]:
    lock = node.lock
    return {
        **_place(node.span.file, node.span.line),
        "stack": [frame.procedure for frame in node.stack],
        "text": node.text,
        "shared": node.shared,
        "reads": [{"cell": read.name, "value": read.value} for read in node.reads],
        "changes": [{"cell": c.name, "old": c.old, "new": c.new} for c in node.changes],
        "lock": {"event": lock.event, "call": lock.call, "lock": lock.lock} if lock else None,
        "result": node.result,
        "created": node.created,
        "fails": node.fails,
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    stale = explanation.stale
    return {
        "sentences": list(explanation.sentences),
        "failing": explanation.failing,
        "stale": {"cell": stale.cell, "load": _mark(stale.load), "store": _mark(stale.store)} if stale else None,
    }


def _mark(mark: Mark) -> dict[str, int]:
    return {"step": mark.step, "executed": mark.executed}
