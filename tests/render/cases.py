# SPDX-License-Identifier: GPL-2.0-only
"""Reports to be rendered, made from the small systems of tests/trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dfsrace.engine.outcome import Outcome, Schedule, Violation
from dfsrace.render.report_text import trace_lines
from dfsrace.render.style import Drawing, plain
from dfsrace.system import System
from dfsrace.trace.build import build_report
from dfsrace.trace.record import Trace
from dfsrace.trace.replay import Replayer
from dfsrace.trace.report import About, Expectation, Report
from dfsrace.trace.schedule import parse_schedule
from tests.trace.systems import moves, unfixed_local

GOLDENS = Path(__file__).parent / "goldens"
PROPERTY = "no_pte_maps_truncated_page"
RACE = moves(0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0)


def golden(name: str) -> str:
    """The text that a drawing must be, character by character."""
    text = (GOLDENS / f"{name}.txt").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    return text


def swapped() -> System:
    """The fault that races with truncate, the threads in the other order."""
    system = unfixed_local()
    return replace(system, threads=system.threads[::-1])


def race_outcome() -> Outcome:
    """What a search of the race finds."""
    violation = Violation(PROPERTY, "invariant", RACE, 2)
    return Outcome(73, 102, 17, True, (violation,), frozenset(), reductions=("pools", "stamps", "threads"))


def race_report() -> Report:
    """The report of the race."""
    about = About("a_unfixed_local", "a_unfixed_local.yaml", "c0ffee", expectation=Expectation("violated", (PROPERTY,)))
    return build_report(unfixed_local(), race_outcome(), about)


def trace_of(system: System, schedule: Schedule, violated: str) -> Trace:
    """The trace of a violation."""
    return Replayer(system).trace(schedule, violated)


def followed(system: System, text: str) -> Trace:
    """The trace of a schedule as text."""
    return Replayer(system).follow(parse_schedule(text))


def drawn(trace: Trace, drawing: Drawing) -> str:
    """A trace as text, with its explanation."""
    return plain(trace_lines(trace, drawing, trace.message))
