# SPDX-License-Identifier: GPL-2.0-only
"""Trying all mutants of some models at once: what `mutate` and `gate --mutation-score` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.together import Together, at_once, study_options

if TYPE_CHECKING:
    from dfsrace.gate.results import GateReport
    from dfsrace.gate.settings import Settings
    from dfsrace.study.mutate import MutationReport
    from dfsrace.study.mutation_tasks import Asked


def asked_model(word: str, libraries: Sequence[str], constants: Mapping[str, str]) -> Asked:
    """The model that a word of the command line names."""
    from dfsrace.cli.naming import find, source_of
    from dfsrace.study.mutation_tasks import Asked

    named = find(word)
    return Asked(source_of(named), named.name, tuple(libraries), tuple(constants.items()))


def shipped_models() -> list[Asked]:
    """The shipped models that hold with a protocol of the library."""
    from dfsrace.cli.naming import from_here
    from dfsrace.study.survivors import shipped_protocols

    return [asked_model(str(from_here(path)), (), {}) for path in shipped_protocols()]


def try_mutants(
    models: Sequence[Asked],
    operators: frozenset[str],
    bounds: Mapping[str, object],
    jobs: int,
    interrupts: Interrupts | None = None,
) -> MutationReport:
    """All mutants of the models, on `jobs` processes. ModelError where a model is wrong."""
    from dfsrace.study import mutation_tasks

    planned = mutation_tasks.plan(models, operators)
    tasks = planned.tasks()
    interrupts = interrupts or Interrupts()
    jobs = at_once(jobs, tasks)
    together = Together(
        mutation_tasks.run, mutation_tasks.bug, mutation_tasks.died, mutation_tasks.NOT_TRIED, interrupts
    )
    answers = together.all(tasks, [task.name for task in tasks], study_options(jobs, **bounds), jobs) if tasks else []
    return mutation_tasks.report(planned, answers, interrupts.asked)


def with_reasons(report: MutationReport, path: Path, exact: bool) -> MutationReport:
    """The report with the reasons in a file; `exact`: what of it is no longer so is a problem. WrongList."""
    from dfsrace.study.survivors import explained, read_reasons, stale

    reasons = read_reasons(path)
    rows = explained(report.rows, reasons)
    return replace(report, rows=rows, problems=stale(rows, reasons) if exact else ())


def with_score(report: GateReport, wanted: float, settings: Settings, interrupts: Interrupts) -> GateReport:
    """The gate's report with the score of all models that hold as expected; a note where a mutant is undecided."""
    from dfsrace.gate.results import MutationScore
    from dfsrace.study.mutate import STATES

    paths = [result.path for result in report.of("expected") if result.verdict == "holds"]
    models = [asked_model(path, settings.libraries, {}) for path in paths]
    bounds = {"states": STATES, "seconds": settings.seconds, "reductions": settings.reductions}
    found = try_mutants(models, frozenset(), bounds, settings.jobs, interrupts)
    undecided = found.counts["inconclusive"] + found.counts["not tried"] + found.counts["bug"]
    score = MutationScore(found.counts["killed"], found.denominator, wanted, len(found.rows), undecided)
    notes = [score.sentence] if score.missed else []
    notes += [f"{undecided} mutants are not decided, and count as not killed"] * bool(undecided)
    return replace(report, mutation=score, notes=(*report.notes, *notes))
