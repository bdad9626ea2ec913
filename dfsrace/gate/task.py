# SPDX-License-Identifier: GPL-2.0-only
"""One model, or one piece, from its file to a Result: what a worker process does over and over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from dfsrace.diagnostics import NOWHERE, Diagnostic, ModelError
from dfsrace.diagnostics.render import render_error
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome
from dfsrace.gate.cache import Cache
from dfsrace.gate.expectation import Judgement, declared, judge
from dfsrace.gate.outcomes import kept, key_of, known_report
from dfsrace.gate.results import Result
from dfsrace.gate.settings import Settings
from dfsrace.gate.unchanged import key_of_files, recall, remember
from dfsrace.language.files import ModelSource, Unreadable, read_bounded
from dfsrace.operations import Model, check, load
from dfsrace.render.report_json import error_json, report_object
from dfsrace.render.report_text import report_text
from dfsrace.trace.report import Expectation, Report


@dataclass(frozen=True, slots=True)
class Task:
    """A file that is to be checked, or a piece that is to be typed on its own."""

    path: str
    kind: Literal["model", "piece"] = "model"


@dataclass(frozen=True, slots=True)
class Reply:
    """`result` is None for a piece without errors; `note`: what went wrong beside the checking, for the user."""

    result: Result | None
    note: str = ""


_ALONE = (
    "No model below the given paths includes this piece, so it was typed on its own.",
    "Where it needs another piece, include that in it, or give the gate the model that includes both.",
    "",
)


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker process knows: `memory` is what it may grow to, `tool` names the state of our own code."""

    settings: Settings
    interrupted: Callable[[], bool]
    memory: int | None = None
    tool: str = ""

    def do(self, task: Task) -> Reply:
        """The result of one task, whatever happens, but for what ends the process."""
        clock = self.settings.clock
        start = clock()
        try:
            reply = self._piece(task) if task.kind == "piece" else self._model(task)
        except ModelError as error:
            reply = Reply(self._wrong(task, error))
        except MemoryError:
            reply = Reply(Result(task.path, "inconclusive", because="out of memory; nothing is decided"))
        except Exception as error:
            reply = Reply(bug(task.path, self.settings.bug_line(error), self.settings.version))
        if reply.result is None:
            return reply
        return replace(reply, result=replace(reply.result, seconds=round(clock() - start, 3)))

    def _model(self, task: Task) -> Reply:
        """Known from its files, else known from its meaning, else checked."""
        settings, cache = self.settings, self._cache
        try:
            data = read_bounded(Path(task.path))
        except Unreadable:
            # Loading says why, as for every file.
            data = None
        source = ModelSource(task.path, Path(task.path), data)
        if cache is None or data is None:
            model = load(source, settings.libraries, name=settings.name(task.path), given=task.path)
            return Reply(self._checked(model)[0])
        by_files = key_of_files(task.path, data, settings, self.tool)
        if known := recall(cache, by_files, task.path, settings):
            return Reply(known)
        model = load(source, settings.libraries, name=settings.name(task.path), given=task.path)
        key = key_of(model, in_force(model, self._options(model)), self.tool)
        result, note = self._known(cache, model, key), ""
        if result is None:
            result, outcome = self._checked(model)
            # An interrupt may have kept the search for the fewest switches from its end.
            if outcome.complete and not self.interrupted():
                note = cache.put(key, kept(outcome))
        if not note and not self.interrupted():
            note = remember(cache, by_files, model, result)
        return Reply(result, f"the cache {settings.cache} cannot be written: {note}" if note else "")

    def _checked(self, model: Model) -> tuple[Result, Outcome]:
        report = check(model, options=self._options(model))
        result = self._judged(report, declared(model), self._cut(report, model))
        if result.status != "expected":
            result = replace(result, includes=dict(model.declarations.includes))
        return result, report.outcome

    def _options(self, model: Model) -> Options:
        own, ours = model.declarations.bounds.seconds, self.settings.seconds
        seconds = ours if ours is not None and (own is None or ours < own) else None
        return Options(
            reductions=self.settings.reductions,
            seconds=seconds,
            memory=self.memory,
            clock=self.settings.clock,
            interrupted=self.interrupted,
            objects=self.settings.objects,
            threads=self.settings.threads,
        )

    def _cut(self, report: Report, model: Model) -> bool:
        """Whether the search was ended by what the model knows nothing of."""
        stopped = report.stopped_by
        if stopped is None or stopped.kind not in ("seconds", "interrupt"):
            return False
        return stopped.kind == "interrupt" or self._options(model).seconds is not None

    # ---- known outcomes

    @property
    def _cache(self) -> Cache | None:
        return Cache(Path(self.settings.cache)) if self.settings.cache else None

    def _known(self, cache: Cache, model: Model, key: str) -> Result | None:
        """The result of a known outcome, if it is as expected; what is not is checked again, to be believed."""
        value = cache.get(key)
        options = in_force(model, self._options(model))
        report = known_report(model, options, value) if value is not None else None
        if report is None:
            return None
        result = self._judged(report, declared(model), False)
        if result.status != "expected":
            return None
        cache.used(key)
        return replace(result, cached=True)

    # ---- results

    def _judged(self, report: Report, expected: Expectation, cut: bool) -> Result:
        settings = self.settings
        judgement = judge(report, strict_coverage=settings.strict_coverage, cut_by_option=cut)
        found = {**report_object(report, settings.version), "as_expected": _as_expected(judgement)}
        shown: tuple[str, ...] = ()
        if judgement.status != "expected":
            shown = tuple(report_text(report, settings.drawing).splitlines())
        return Result(report.about.path, judgement.status, found, expected, judgement.because, shown)

    def _wrong(self, task: Task, error: ModelError) -> Result:
        found = _error_object(task.path, error, self.settings.version)
        more = len(error.diagnostics) - 1
        because = error.diagnostics[0].message + (f" (and {more} more)" if more else "")
        lines = (*(_ALONE if task.kind == "piece" else ()), *render_error(error).splitlines())
        includes = {name: source.path for name, source in error.sources.items() if source.path}
        return Result(task.path, "error", found, None, because, lines, includes=includes)

    def _piece(self, task: Task) -> Reply:
        from dfsrace.gate.pieces import type_piece

        type_piece(task.path, self.settings.libraries)
        return Reply(None)


def _error_object(path: str, error: ModelError, version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(error_json(path, error, version))
    return found


def in_force(model: Model, options: Options) -> Options:
    """The options with the model's own bounds and `check`, which decide what its outcome is."""
    bounds, checked = model.declarations.bounds, model.declarations.check
    properties = None if checked is None else frozenset(checked)
    return replace(options, states=bounds.states, switches=bounds.switches, properties=properties)


def _as_expected(judgement: Judgement) -> bool | None:
    return {"expected": True, "unexpected": False}.get(judgement.status)


def bug(path: str, line: str, version: str) -> Result:
    """The result of a model that a bug of ours kept from being checked."""
    error = ModelError([Diagnostic("DR700", NOWHERE, line)])
    return Result(path, "bug", _error_object(path, error, version), None, line, (line,))


def unlisted(folder: str, why: str, version: str) -> Result:
    """The result of a folder that could not be looked into: what is in it was not checked."""
    error = ModelError([Diagnostic("DR101", NOWHERE, f"cannot look into the folder: {why}")])
    shown = tuple(render_error(error).splitlines())
    return Result(folder, "error", _error_object(folder, error, version), None, error.diagnostics[0].message, shown)
