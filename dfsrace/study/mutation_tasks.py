# SPDX-License-Identifier: GPL-2.0-only
"""Mutants as tasks that worker processes do, and the report that their answers make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dfsrace.diagnostics import ModelError
from dfsrace.engine.options import Options
from dfsrace.language import ModelSource
from dfsrace.language.mutation import mutants
from dfsrace.operations import Model, load
from dfsrace.study.mutate import (
    Judged,
    Listed,
    MutationReport,
    Original,
    Row,
    Suite,
    judge,
    original,
    rows_of,
    suite_key,
    suite_name,
)

KILLED = "its process was killed, most likely for want of memory"
# The model that this process was asked about last, as it is: tasks come model by model.
_LAST: dict[Asked, Original] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """A model as a command line names it, to be loaded in any process."""

    source: ModelSource
    name: str
    libraries: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()

    def load(self) -> Model:
        """The model. ModelError where it is wrong."""
        return load(self.source, self.libraries, dict(self.constants), name=self.name, given=self.source.name)


@dataclass(frozen=True, slots=True)
class Task:
    """One mutant of one model."""

    asked: Asked
    mutant: str

    @property
    def name(self) -> str:
        """How progress calls it."""
        return f"{self.asked.name} {self.mutant}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be tried: the models of each suite, and the mutants of each model."""

    suites: tuple[tuple[str, tuple[Asked, ...]], ...]
    known: Mapping[Asked, Listed] = field(repr=False)

    def tasks(self) -> list[Task]:
        """Every mutant of every model, model by model."""
        return [
            Task(asked, mutant.name)
            for _, models in self.suites
            for asked in models
            for mutant in self.known[asked].mutants
        ]


def plan(models: Sequence[Asked], operators: frozenset[str] = frozenset()) -> Plan:
    """Loads the models and lists their mutants, of some operators only. ModelError where a model is wrong."""
    known: dict[Asked, Listed] = {}
    suites: dict[tuple[str, ...], list[Asked]] = {}
    names: dict[tuple[str, ...], str] = {}
    for asked in dict.fromkeys(models):
        model = asked.load()
        found = mutants(model.loaded.typed, model.system)
        known[asked] = Listed(asked.name, tuple(m for m in found if not operators or m.operator in operators))
        key = suite_key(model)
        names[key] = suite_name(model)
        suites.setdefault(key, []).append(asked)
    return Plan(tuple((names[key], tuple(group)) for key, group in suites.items()), known)


def run(task: Task, options: Options) -> Judged:
    """What a model says of a mutant. Only errors of ours are raised."""
    try:
        if task.asked not in _LAST:
            _LAST.clear()
            _LAST[task.asked] = original(task.asked.load(), options)
        known = _LAST[task.asked]
        mutant = next(m for m in known.mutants if m.name == task.mutant)
        return replace(judge(known, mutant, options), original=known.found.verdict)
    except ModelError as error:
        return Judged(task.asked.name, "no model", because=error.diagnostics[0].message, original="error")
    except MemoryError:
        return Judged(task.asked.name, "inconclusive", because="out of memory")


def bug(line: str) -> Judged:
    """The answer to a task that an error of ours kept from one."""
    return Judged("", "bug", because=line)


def died(code: int | None) -> Judged:
    """The answer to a task whose process ended under it."""
    if code == -9:
        return Judged("", "inconclusive", because=KILLED)
    return bug(f"the process that tried it ended unasked ({code})")


NOT_TRIED = Judged("", "not tried", because="interrupted before it was decided")


def report(planned: Plan, answers: Sequence[Judged], interrupted: bool) -> MutationReport:
    """The report that the answers make; they are in the order of `planned.tasks()`."""
    by_task = dict(zip(planned.tasks(), answers, strict=True))
    rows: list[Row] = []
    suites = []
    for name, models in planned.suites:
        verdicts = []
        judged: dict[tuple[str, str], Judged] = {}
        for asked in models:
            mine = {t.mutant: replace(a, model=asked.name) for t, a in by_task.items() if t.asked == asked}
            judged |= {(asked.name, mutant): answer for mutant, answer in mine.items()}
            verdicts.append(next((a.original for a in mine.values() if a.original), "not explored"))
        suites.append(Suite(name, tuple(asked.name for asked in models), tuple(verdicts)))
        rows += rows_of(name, [planned.known[asked] for asked in models], judged)
    return MutationReport(tuple(suites), tuple(rows), (), interrupted)
