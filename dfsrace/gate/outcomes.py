# SPDX-License-Identifier: GPL-2.0-only
"""Outcomes as the cache keeps them, and the key under which it does.

Kept is what the engine found, not what was printed: a report is made anew from it and from the model as it is now, so
that files, lines and traces are right though the text around the code has changed, and every kept counterexample is
replayed before anybody believes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Move, Outcome, Schedule, Violation
from dfsrace.gate.cache import digest
from dfsrace.gate.expectation import declared
from dfsrace.operations import Model, model_hash
from dfsrace.system.system import System
from dfsrace.trace.build import build_report
from dfsrace.trace.replay import ReplayMismatch
from dfsrace.trace.report import About, Report

FORMAT = 1


def key_of(model: Model, options: Options, tool: str) -> str:
    """The key of a model's outcome: its meaning, which code is counted, bounds, properties, reductions, our own code.

    Seconds and memory are no part of it: an outcome that they cut is not kept.
    """
    properties = None if options.properties is None else sorted(options.properties)
    bounds = [options.states, options.switches]
    reductions = sorted(options.reductions)
    meaning = [model_hash(model.system), _marked(model.system)]
    return digest([FORMAT, tool, *meaning, properties, bounds, reductions, options.minimise])


def _marked(system: System) -> str:
    """A digest of which statements and tests each node counts for; numbers only, wherever the lines are."""
    points = [point.kind for point in system.coverage]
    marks = [[node.marks for node in thread.nodes] for thread in system.threads]
    return sha256(repr((points, marks)).encode()).hexdigest()


def kept(outcome: Outcome) -> dict[str, Any]:
    """A complete outcome as JSON's types. ValueError for one that was cut."""
    if not outcome.complete or outcome.stopped_by is not None or outcome.undecided:
        raise ValueError("only complete outcomes are kept")
    return {
        "states": outcome.states,
        "transitions": outcome.transitions,
        "depth": outcome.depth,
        "violations": [_violation(violation) for violation in outcome.violations],
        "reached": sorted(outcome.reached),
        "reductions": list(outcome.reductions),
        "engine": outcome.engine,
        "seconds": outcome.seconds,
        "pools": [list(pool) for pool in outcome.largest_pools],
    }


def _violation(violation: Violation) -> dict[str, Any]:
    schedule = violation.schedule
    moves = [] if schedule is None else [[move.thread, list(move.choices)] for move in schedule.moves]
    return {
        "property": violation.property,
        "kind": violation.kind,
        "initial": None if schedule is None else schedule.initial,
        "moves": moves,
        "switches": violation.switches,
        "minimised": violation.switches_minimised,
    }


def known_report(model: Model, options: Options, value: Mapping[str, Any]) -> Report | None:
    """The report of a kept outcome of this very model; None where it does not fit it after all."""
    about = About(
        model=model.name,
        path=model.path,
        model_hash=model_hash(model.system),
        checked=options.properties,
        expectation=declared(model),
        libraries=model.libraries,
    )
    try:
        return build_report(model.system, _outcome(value), about)
    except (ReplayMismatch, KeyError, IndexError, TypeError, ValueError):
        return None


def _outcome(value: Mapping[str, Any]) -> Outcome:
    return Outcome(
        states=int(value["states"]),
        transitions=int(value["transitions"]),
        depth=int(value["depth"]),
        complete=True,
        violations=tuple(_violation_of(one) for one in value["violations"]),
        reached=frozenset(map(int, value["reached"])),
        reductions=tuple(map(str, value["reductions"])),
        engine=str(value["engine"]),
        seconds=float(value["seconds"]),
        largest_pools=tuple((str(name), int(count)) for name, count in value["pools"]),
    )


def _violation_of(value: Mapping[str, Any]) -> Violation:
    moves = tuple(Move(thread, tuple(choices)) for thread, choices in value["moves"])
    schedule = None if value["initial"] is None else Schedule(value["initial"], moves)
    return Violation(value["property"], value["kind"], schedule, value["switches"], value["minimised"])
