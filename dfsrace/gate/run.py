# SPDX-License-Identifier: GPL-2.0-only
"""The gate itself: everything that was found, checked at once on several processes, as one GateReport."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import dfsrace
from dfsrace.engine.memory import used
from dfsrace.gate.cache import Cache, Unusable, tool_digest
from dfsrace.gate.find import Found
from dfsrace.gate.pool import Died, Done, Pool
from dfsrace.gate.results import GateReport, Result
from dfsrace.gate.settings import Settings
from dfsrace.gate.task import Reply, Task, Worker, bug, unlisted

# Seconds that searches under way get to say what they have found when the gate is stopped.
GRACE = 2.0
# A worker that has kept this share of its memory after a task is replaced: the next model is to have all of it.
KEPT = 0.25
KILLED = "killed, most likely for want of memory"
LESS_MEMORY = "Nothing is known of this model. Fewer at once (-j 1) leave more memory to each; fewer states need less."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a gate has come: the files under way, the results so far in their order, how many there will be."""

    done: int
    total: int
    under_way: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the caller is told, and asked: `result` is called once for each result, in the order of the report."""

    interrupted: Callable[[], bool] = lambda: False
    result: Callable[[Result], None] = lambda result: None
    progress: Callable[[Progress], None] = lambda progress: None


@dataclass(frozen=True, slots=True)
class Serve:
    """The worker's side: `memory` is what its searches may take, in bytes."""

    settings: Settings
    tool: str
    memory: int | None

    def begin(self, stopped: Callable[[], bool]) -> Callable[[Any], tuple[Reply, bool]]:
        """See `pool.Serve`."""
        before = used()
        limit = None if self.memory is None else before + self.memory
        worker = Worker(self.settings, stopped, limit, self.tool)

        def do(task: Task) -> tuple[Reply, bool]:
            reply = worker.do(task)
            if self.memory is None or used() - before < self.memory * KEPT:
                return reply, False
            gc.collect()
            return reply, used() - before >= self.memory * KEPT

        return do


def run(found: Found, settings: Settings, hooks: Hooks | None = None) -> GateReport:
    """Checks all models and types all loners. Nothing is raised for what is wrong with them.

    An interrupt, or the end of `total_seconds`, ends it: what is under way tells what it has found, the rest is
    skipped. No process outlives the call.
    """
    start = settings.clock()
    cache, note = _cache(settings)
    settings = replace(settings, cache=None if cache is None else str(cache.folder))
    gate = _Gate(settings, hooks or Hooks(), _tasks(found), start, notes=[note] if note else [])
    for folder, why in found.unlisted:
        gate.early.append(unlisted(folder, why, settings.version))
    gate.all()
    if cache is not None and any(not result.cached for result in gate.results()):
        cache.trim()
    results = tuple(gate.results())
    wrong = {result.path for result in results}
    return GateReport(
        results=results,
        pieces=tuple(sorted({*found.pieces, *(path for path in found.loners if path not in wrong)})),
        aside=found.aside,
        incomplete_ok=settings.incomplete_ok,
        interrupted=gate.stopped == "interrupted" and any(result.status == "skipped" for result in results),
        root=settings.root,
        version=settings.version,
        seconds=round(settings.clock() - start, 3),
        notes=tuple(dict.fromkeys(gate.notes)),
    )


def _tasks(found: Found) -> list[Task]:
    tasks = [*(Task(path) for path in found.models), *(Task(path, "piece") for path in found.loners)]
    return sorted(tasks, key=lambda task: Path(task.path).parts)


def _cache(settings: Settings) -> tuple[Cache | None, str]:
    """The cache of verdicts, and why there is none though one was asked for."""
    if settings.cache is None:
        return None, ""
    try:
        return Cache.at(settings.cache), ""
    except Unusable as error:
        return None, f"no verdict is kept or known: {settings.cache}: {str(error).lower()}"


@dataclass(slots=True)
class _Gate:
    """One run. `replies`: by the task's place, as they come; `told`: how many results the caller has been told."""

    settings: Settings
    hooks: Hooks
    tasks: list[Task]
    start: float
    notes: list[str]
    early: list[Result] = field(default_factory=list)
    replies: dict[int, Reply] = field(default_factory=dict)
    told: int = 0
    stopped: Literal["", "interrupted", "late"] = ""
    stop_at: float = 0.0

    def all(self) -> None:
        """Does all tasks that there is time for; every task has a reply then."""
        settings = self.settings
        for result in self.early:
            self.hooks.result(result)
        jobs = max(1, min(settings.jobs, len(self.tasks)))
        share = None if settings.memory is None else settings.memory // jobs
        serve = Serve(settings, tool_digest(Path(dfsrace.__file__).parent) if settings.cache else "", share)
        with Pool(serve, jobs) as pool:
            for event in pool.run(self.tasks):
                self._take(event)
                self._tell()
                self._look_at_the_clock(pool)
                if self.stopped and settings.clock() - self.stop_at > GRACE:
                    break
        for number in range(len(self.tasks)):
            self.replies.setdefault(number, Reply(self._skipped(number)))
        self._tell()

    def results(self) -> Iterable[Result]:
        """The results so far: folders that could not be looked into, then those of the tasks in their order."""
        yield from self.early
        for number in sorted(self.replies):
            result = self.replies[number].result
            if result is not None:
                yield result

    def _take(self, event: Done | Died | None) -> None:
        match event:
            case Done(task, reply):
                self.replies[task] = replace(reply, result=self._unless_cut_short(task, reply.result))
                self.notes += [reply.note] if reply.note else []
            case Died(task, code):
                self.replies[task] = Reply(_died(self.tasks[task].path, code, self.settings.version))

    def _unless_cut_short(self, task: int, result: Result | None) -> Result | None:
        """The result, or `skipped` where our stop came before it was known."""
        stopped = result.found.get("stopped_by") if result else None
        if result is None or not stopped or stopped["kind"] != "interrupt" or result.status == "unexpected":
            return result
        return self._skipped(task)

    def _skipped(self, number: int) -> Result | None:
        why = "--total-seconds came first" if self.stopped == "late" else "interrupted before it was decided"
        return Result(self.tasks[number].path, "skipped", because=why)

    def _tell(self) -> None:
        """Tells results in the order of the tasks, as far as all before them are there, and how far we are."""
        while self.told in self.replies:
            result = self.replies[self.told].result
            self.told += 1
            if result is not None:
                self.hooks.result(result)

    def _look_at_the_clock(self, pool: Pool) -> None:
        seconds = self.settings.clock() - self.start
        paths = tuple(self.tasks[number].path for number in pool.under_way)
        self.hooks.progress(Progress(len(self.replies), len(self.tasks), paths, seconds))
        if self.stopped:
            return
        total = self.settings.total_seconds
        if self.hooks.interrupted():
            self.stopped = "interrupted"
        elif total is not None and seconds >= total:
            self.stopped = "late"
        if self.stopped:
            self.stop_at = self.settings.clock()
            pool.stop()


def _died(path: str, code: int | None, version: str) -> Result:
    """The result of a model whose worker ended under it.

    A worker sends no SIGKILL to itself, and what the pool kills has no code: then it was most likely the kernel, which
    does so to whoever takes the last memory. Whatever the search had found is lost. All other ends are bugs of ours.
    """
    if code == -getattr(signal, "SIGKILL", 9):
        return Result(path, "inconclusive", because=KILLED, report=(LESS_MEMORY,))
    return bug(path, f"the process that checked it {_ending(code)}", version)


def _ending(code: int | None) -> str:
    if code is None:
        return "fell silent and had to be killed"
    if code >= 0:
        return f"ended unasked, with exit code {code}"
    try:
        return f"ended unasked, with {signal.Signals(-code).name}"
    except ValueError:
        return f"ended unasked, with signal {-code}"
