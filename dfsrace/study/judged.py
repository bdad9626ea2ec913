# SPDX-License-Identifier: GPL-2.0-only
"""One model of a study, from its text to a verdict: what a worker process does over and over."""

from __future__ import annotations

from typing import Literal

from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.render import render_error
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.options import Options
from dfsrace.language.files import ModelSource
from dfsrace.operations import Model, check, load
from dfsrace.study.replaced import Replaced, replaced
from dfsrace.system.types import RangeType
from dfsrace.trace.report import Report

Status = Literal["holds", "violated", "inconclusive", "error", "bug", "not done"]

MOST_TOLD = 3
KILLED = "the process was killed, most likely for want of memory"


@dataclass(frozen=True, slots=True)
class Task:
    """A model that is to be checked. `constants`: as with --set; `name`: how progress calls it."""

    name: str
    source: ModelSource
    libraries: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A violated property; steps and switches of its shortest counterexample, None for a reach that is never true."""

    property: str
    steps: int | None
    switches: int | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a task.

    `holds` only where all states were visited. `complete`: they were, whatever was found. `why`: of another status in
    one line; `details`: the same at length. `stopped`: the kind of what ended the search early. `sizes`: the model's
    constants that are integers. `unchecked`: properties that its `check` leaves out. `meaning`: a digest that equal
    models share. `replaced`: procedures that @override replaced. `files`: the names of those that it includes.
    """

    status: Status
    violated: tuple[Found, ...] = ()
    states: int | None = None
    complete: bool = False
    stopped: str = ""
    why: str = ""
    details: str = ""
    sizes: tuple[tuple[str, int], ...] = ()
    seconds: float | None = None
    unchecked: tuple[str, ...] = ()
    meaning: str = ""
    replaced: tuple[Replaced, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The violated properties."""
        return tuple(found.property for found in self.violated)


NOT_DONE = Judged("not done", why="interrupted before it was decided")


def judge(task: Task, options: Options) -> Judged:
    """Checks one model, whatever it expects. Only errors of ours are raised."""
    start = options.clock()
    try:
        model = load(task.source, task.libraries, dict(task.constants), name=task.name, given=task.name)
        report = check(model, options=options)
    except ModelError as error:
        return Judged("error", why=wrong(error), details=render_error(error))
    except MemoryError:
        return Judged("inconclusive", stopped="memory", why="out of memory; nothing is decided")
    return _judged(model, report, options.clock() - start)


def wrong(error: ModelError) -> str:
    """A wrong model in one line: the first diagnostics, each with its place, and how many more there are."""
    told = [f"{d.span}: {d.code}: {d.message}" if d.span.file else f"{d.code}: {d.message}" for d in error.diagnostics]
    more = len(told) - MOST_TOLD
    return "; ".join(told[:MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")


def _judged(model: Model, report: Report, seconds: float) -> Judged:
    stopped, declared = report.stopped_by, model.declarations
    if stopped is not None and stopped.kind == "interrupt" and not report.violations:
        return NOT_DONE
    return Judged(
        report.verdict,
        tuple(Found(v.violation.property, v.violation.steps, v.violation.switches) for v in report.violations),
        report.outcome.states,
        report.complete,
        stopped.kind if stopped else "",
        f"{stopped.reason}; {stopped.advice}".removesuffix("; ") if stopped else "",
        "",
        tuple((n, v) for n, (kind, v) in declared.constants.items() if isinstance(kind, RangeType) and v is not None),
        round(seconds, 3),
        tuple(p.name for p in report.system.properties if p.name not in report.properties),
        report.about.model_hash,
        replaced(declared),
        tuple(name for name, _ in declared.includes),
    )


def killed(code: int | None) -> Judged:
    """The verdict of a task whose process ended under it, with an exit code as processes have it."""
    if code == -9:
        return Judged("inconclusive", stopped="memory", why=KILLED)
    return bug(f"the process that checked it ended unasked ({code})")


def bug(line: str) -> Judged:
    """The verdict of a task that a bug of ours kept from being decided."""
    return Judged("bug", why=line)
