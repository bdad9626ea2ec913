# SPDX-License-Identifier: GPL-2.0-only
"""A report as one JSON object on one line, as `report.schema.json` beside this file describes it."""

from __future__ import annotations

import json
from typing import Any

from dfsrace.diagnostics import Diagnostic, ModelError, Span
from dfsrace.trace.record import Further, Trace, TraceStep
from dfsrace.trace.report import Counterexample, Report

SCHEMA = 1


def report_json(report: Report, version: str) -> str:
    """The report as one line of JSON, without its end. ASCII only; the same report gives the same bytes."""
    return _line(report_object(report, version))


def error_json(file: str, error: ModelError, version: str) -> str:
    """A model that could not be checked, as one line of JSON: `verdict` is "error", `diagnostics` say why."""
    found = [_diagnostic(diagnostic) for diagnostic in error.diagnostics]
    return _line({"schema": SCHEMA, "version": version, "file": file, "verdict": "error", "diagnostics": found})


def report_object(report: Report, version: str) -> dict[str, Any]:
    """The report as JSON's own types."""
    outcome, stopped = report.outcome, report.stopped_by
    return {
        "schema": SCHEMA,
        "version": version,
        "model": report.model,
        "title": report.title,
        "file": report.about.path,
        "model_hash": report.about.model_hash,
        "libraries": list(report.about.libraries),
        "constants": dict(report.system.constants),
        "verdict": report.verdict,
        "complete": report.complete,
        "as_expected": report.as_expected,
        "states": outcome.states,
        "transitions": outcome.transitions,
        "depth": outcome.depth,
        "seconds": round(outcome.seconds, 3),
        "engine": outcome.engine,
        "memory_model": report.memory_model,
        "reductions": list(outcome.reductions),
        "sizes": {**{size.type: size.count for size in report.sizes}, "threads": len(report.threads)},
        "properties": list(report.properties),
        "violations": [_violation(found) for found in report.violations],
        "undecided": list(outcome.undecided),
        "coverage": _coverage(report),
        "stopped_by": None
        if stopped is None
        else {"kind": stopped.kind, "detail": stopped.detail, "reason": stopped.reason, "advice": stopped.advice},
    }


def trace_object(trace: Trace) -> list[dict[str, Any]]:
    """The steps of a trace as JSON's own types."""
    return [_step(step) for step in trace.steps]


def _violation(found: Counterexample) -> dict[str, Any]:
    violation, trace = found.violation, found.trace
    switches = violation.switches if violation.switches is not None or trace is None else trace.switches
    return {
        "property": violation.property,
        "kind": violation.kind,
        "steps": violation.steps,
        "switches": switches,
        "switches_minimised": violation.switches_minimised,
        "message": found.message,
        "explanation": list(trace.explanation.sentences) if trace else [],
        "shortest": trace.explanation.shortest if trace else "",
        "further": _further(trace.explanation.further) if trace and trace.explanation.further else None,
        "initial": {cell.name: cell.value for cell in trace.initial if not cell.constant} if trace else None,
        "schedule": trace.schedule_text if trace else None,
        "trace": trace_object(trace) if trace else None,
    }


def _further(further: Further) -> dict[str, Any]:
    """What `--explain` has found out."""
    point, switch = further.no_return, further.switch
    return {
        "sentences": list(further.sentences),
        "no_return": {
            "after": point.after,
            "at_latest": point.at_latest,
            "states": point.states,
            "cut": point.cut or None,
        },
        "switch": None
        if switch is None
        else {
            "step": switch.step,
            "thread": switch.thread,
            "other": switch.other,
            "until": switch.until,
            "always": switch.always,
            "schedule": switch.schedule or None,
            "violates": list(switch.violates),
        },
    }


def _step(step: TraceStep) -> dict[str, Any]:
    """One step; its place is that of the first statement that it executed, its text that of all that did something."""
    shared = [node for node in step.executed if node.shared and node.text] or list(step.executed)
    telling = [node for node in shared if node.changes or node.reads or node.lock or node.created]
    first = (telling or shared)[0] if shared else None
    texts = dict.fromkeys(node.text for node in (telling or shared[:1]))
    return {
        "step": step.number,
        "thread": step.thread_name,
        "file": first.span.file if first else "",
        "line": first.span.line if first else 0,
        "stack": [frame.procedure for frame in first.stack] if first else [],
        "text": "; ".join(text for text in texts if text),
        "choices": list(step.choices),
        "reads": [{"cell": read.name, "value": read.value} for read in step.reads],
        "changes": [{"cell": c.name, "old": c.old, "new": c.new} for c in step.changes],
    }


def _coverage(report: Report) -> dict[str, Any]:
    coverage = report.coverage
    return {
        "unreached": [{**_place(place.span), "text": place.text} for place in coverage.unreached],
        "one_way": [{**_place(one.span), "text": one.text, "never": one.never} for one in coverage.one_way],
    }


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line}


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "message": diagnostic.message,
        "allowed": list(diagnostic.allowed),
        "help": diagnostic.help,
        "notes": [_note(where, text) for where, text in diagnostic.notes],
    }


def _note(span: Span, text: str) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column, "message": text}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(", ", ": "))
