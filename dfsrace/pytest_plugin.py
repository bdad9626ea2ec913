# SPDX-License-Identifier: GPL-2.0-only
"""Models as tests of pytest: `pytest --dfsrace models/` collects each model among the YAML files, named by its path.

A model passes where `dfsrace gate` would pass it. A large one is compiled while it is searched, where there is a
compiler. Without the option nothing is collected, and nothing of dfsrace is loaded but this module.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dfsrace.diagnostics import ModelError
    from dfsrace.language import ModelSource
    from dfsrace.render.style import Drawing, Line
    from dfsrace.trace.report import Report

# How the styles of reports look, in the words of pytest's terminal writer.
_MARKS = {
    "title": ("bold",),
    "verdict-bad": ("bold", "red"),
    "verdict-good": ("bold", "green"),
    "verdict-open": ("bold", "yellow"),
    "changed": ("bold",),
    "stale": ("purple",),
    "dim": ("light",),
    "heading": ("bold", "cyan"),
    "bad": ("bold", "red"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """--dfsrace, and the settings of an ini file."""
    group = parser.getgroup("dfsrace", "models of dfsrace")
    group.addoption(
        "--dfsrace", action="store_true", help="collect the dfsrace models among the YAML files, each as one test"
    )
    parser.addini("dfsrace_library", "folders where models' includes are looked for first", type="paths", default=[])
    parser.addini("dfsrace_seconds", "the most seconds that the search of one model may take", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Wrong settings end the run before anything is collected."""
    if config.getoption("dfsrace"):
        _seconds(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """With --dfsrace every YAML file may hold a model."""
    if file_path.suffix in (".yaml", ".yml") and parent.config.getoption("dfsrace"):
        return ModelFile.from_parent(parent, path=file_path)
    return None


class ModelFile(pytest.File):
    """A YAML file: one test if it is a model, or a broken piece of one; none if it is somebody else's."""

    def collect(self) -> Iterable[pytest.Item]:
        """The test `dfsrace`."""
        from dfsrace.gate.find import classify

        kind = classify(str(self.path)).kind
        if kind in ("model", "broken"):
            yield ModelItem.from_parent(self, name="dfsrace")
        elif kind == "piece" and (error := _piece_error(self)):
            yield PieceItem.from_parent(self, name="dfsrace", error=error)


class ModelItem(pytest.Item):
    """A model as a test: it passes where the verdict is what the model expects."""

    def runtest(self) -> None:
        """Checks the model. Failure where it is wrong, or its verdict not the expected one."""
        from dfsrace.diagnostics import ModelError

        try:
            self._check()
        except ModelError as error:
            raise Failure(WrongModel(error)) from error

    def _check(self) -> None:
        from dfsrace.engine.options import Options
        from dfsrace.engine.resources import cores
        from dfsrace.gate.expectation import judge
        from dfsrace.operations import check, load

        source = _source(self)
        libraries: list[Path] = self.config.getini("dfsrace_library")
        model = load(source, libraries, given=source.name)
        seconds, own = _seconds(self.config), model.declarations.bounds.seconds
        if seconds is not None and own is not None and own <= seconds:
            seconds = None
        threads = max(1, cores() // _workers(self.config))
        report = check(model, options=Options(seconds=seconds, memory=_memory(self.config), threads=threads))
        cut = seconds is not None and report.stopped_by is not None and report.stopped_by.kind == "seconds"
        judgement = judge(report, cut_by_option=cut)
        if judgement.status != "expected":
            raise Failure(WrongVerdict(judgement.because, report))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What `dfsrace check` prints, without traceback; an exception that is a bug of ours as pytest shows it."""
        if isinstance(excinfo.value, Failure):
            return excinfo.value.shown
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Failures are headed by the model's path."""
        from dfsrace.diagnostics.text import printable

        return self.path, None, printable(_source(self).name)


class PieceItem(ModelItem):
    """A piece that would be wrong in whatever model includes it: a test that fails."""

    def __init__(self, *, error: ModelError, **named: Any) -> None:
        super().__init__(**named)
        self.error = error

    def runtest(self) -> None:
        """Failure with what is wrong."""
        raise Failure(WrongModel(self.error))


class Failure(Exception):
    """A model that fails as a test; `shown` is what people get to see."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(shown.because)
        self.shown = shown


@dataclass(frozen=True, slots=True)
class Crash:
    """What pytest's summary of failures says after a test's name."""

    message: str

    def __str__(self) -> str:
        return self.message


class Shown(ABC):
    """A failure as pytest shows it: by its terminal writer, or as text (other processes, JUnit)."""

    @property
    @abstractmethod
    def because(self) -> str:
        """The reason, in one line."""

    @abstractmethod
    def lines(self, drawing: Drawing) -> list[Line]:
        """All of it, as styled lines; the first gives the reason."""

    @property
    def reprcrash(self) -> Crash:
        """The one line."""
        return Crash(self.because)

    def toterminal(self, tw: Any) -> None:
        """Writes it with the colours, the columns and the characters that the terminal has."""
        from dfsrace.render.style import Drawing

        drawing = Drawing(not _can_draw(getattr(getattr(tw, "_file", None), "encoding", None)), tw.fullwidth)
        for line in self.lines(drawing):
            for text, style in line:
                tw.write(text, **dict.fromkeys(_MARKS.get(style, ()) if text.strip() else (), True))
            tw.line()

    def __str__(self) -> str:
        from dfsrace.render.style import Drawing, plain

        return plain(self.lines(Drawing())).rstrip("\n")


@dataclass(frozen=True)
class WrongVerdict(Shown):
    """A verdict that is not the expected one: the reason, then the report."""

    reason: str
    report: Report

    @property
    def because(self) -> str:
        """What was expected, and what came instead."""
        from dfsrace.diagnostics.text import printable

        return printable(self.reason)

    def lines(self, drawing: Drawing) -> list[Line]:
        """The reason, and all that `check` prints."""
        from dfsrace.render.report_text import report_lines

        return [((drawing.clean(self.reason), "bad"),), (), *report_lines(self.report, drawing)]


@dataclass(frozen=True)
class WrongModel(Shown):
    """A model that cannot be checked: its diagnostics."""

    error: ModelError

    @property
    def because(self) -> str:
        """The first diagnostic in short, and how many follow; the test's name says where."""
        from dfsrace.diagnostics.text import printable

        first, *more = self.error.diagnostics
        return f"{first.code}: {printable(first.message)}" + (f" (and {len(more)} more)" if more else "")

    def lines(self, drawing: Drawing) -> list[Line]:
        """What `check` prints."""
        from dfsrace.diagnostics.render import render_error

        return [((drawing.clean(line), ""),) for line in render_error(self.error).split("\n")]


def _source(node: pytest.Item | pytest.File) -> ModelSource:
    """A node's file, under the name by which reports show it: from the folder where pytest was started."""
    from dfsrace.language import ModelSource

    try:
        name = node.path.relative_to(node.config.invocation_params.dir)
    except ValueError:
        name = node.path
    return ModelSource(str(name), node.path)


def _seconds(config: pytest.Config) -> float | None:
    """The bound of the ini file, None for none. UsageError where it is no number of seconds."""
    given: str = config.getini("dfsrace_seconds")
    if not given:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise pytest.UsageError(f"dfsrace_seconds = {given!r} is no number of seconds over 0")
    return seconds


def _memory(config: pytest.Config) -> int | None:
    """Bytes that this process may grow to; pytest-xdist's processes have equal shares of what is free."""
    from dfsrace.engine.memory import memory_limit, used

    most, now = memory_limit(), used()
    return None if most is None else now + max(most - now, 0) // _workers(config)


def _workers(config: pytest.Config) -> int:
    """How many processes share the machine: those of pytest-xdist."""
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    return workers


# What makes a piece wrong whoever includes it: a key that is no section. Names of other pieces it may lack.
_NO_SECTION = frozenset({"DR201", "DR202"})
# What every piece lacks by itself: a title, threads.
_NO_MODEL = "DR203"


def _piece_error(file: pytest.File) -> ModelError | None:
    """What would be wrong with a piece in every model; None for nothing. Misspelt `threads` make a piece of a model."""
    from dfsrace.diagnostics import ModelError
    from dfsrace.language.document import read_model

    try:
        read_model(_source(file), file.config.getini("dfsrace_library"), {})
    except ModelError as error:
        found = [d for d in error.diagnostics if d.code in _NO_SECTION]
        if not found and all(d.code != _NO_MODEL for d in error.diagnostics):
            return error
        return ModelError(found, error.sources.values()) if found else None
    return None


def _can_draw(encoding: str | None) -> bool:
    """Whether an encoding has all glyphs of the drawings."""
    from dfsrace.render.style import UNICODE

    try:
        "".join(astuple(UNICODE)).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
