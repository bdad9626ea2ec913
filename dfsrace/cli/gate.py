# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace gate`: every model below some paths against what it expects."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import click

import dfsrace
from dfsrace.cli import app, exits, streams
from dfsrace.cli.engine_options import cores, objects_folder
from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.options import (
    drawing_options,
    library_option,
    read_integer,
    read_seconds,
    read_share,
    reduce_option,
)
from dfsrace.cli.output import OutputFile
from dfsrace.cli.progress import FIRST_AFTER, TerminalLine
from dfsrace.diagnostics.text import printable, quoted

if TYPE_CHECKING:
    from dfsrace.gate.find import Found
    from dfsrace.gate.results import GateReport, Result
    from dfsrace.gate.run import Progress
    from dfsrace.gate.settings import Settings
    from dfsrace.render.style import Drawing, Line

EPILOG = """\b
Examples:
  dfsrace gate models/                        all models below a folder
  dfsrace gate models/ --seconds 60 -j 4      at most a minute each, four at once
  dfsrace gate models/ --mutation-score 0.9   mutants of what holds have to be noticed too
  dfsrace gate . --junit junit.xml --sarif dfsrace.sarif
  dfsrace gate . --github                     annotations and a summary on GitHub
  dfsrace gate . --ktap                       for the kernel's CI
  dfsrace gate . --json | jq 'select(.status == "unexpected")'

\b
Exit codes, the first that applies: 70 a bug of dfsrace, 2 a file is wrong or there is no model,
10 a verdict is not as expected or the score is too low, 3 inconclusive or not checked,
0 every verdict as expected.
"""

UNEXPECTED = 10
_CODES = {"bug": exits.OUR_BUG, "error": exits.WRONG_INPUT, "unexpected": UNEXPECTED}
FILES = ("junit", "sarif")


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `gate`."""

    paths: tuple[str, ...]
    libraries: tuple[str, ...]
    reductions: frozenset[str]
    jobs: int | None
    seconds: float | None
    total_seconds: float | None
    incomplete: str
    coverage: str
    mutation_score: float | None
    no_cache: bool
    junit: str | None
    sarif: str | None
    ktap: bool
    github: bool
    json: bool
    quiet: bool
    verbose: bool
    color: str
    ascii_only: bool


@click.command("gate", epilog=EPILOG, short_help="Check all models below folders against what they expect.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@library_option
@click.option("-j", "--jobs", metavar="N", callback=read_integer(1), help="Check N models at once; default: the cores.")
@click.option("--seconds", metavar="S", callback=read_seconds, help="Search for at most S seconds in each model.")
@click.option("--total-seconds", metavar="S", callback=read_seconds, help="Skip what is not decided after S seconds.")
@reduce_option
@click.option(
    "--incomplete",
    type=click.Choice(["fail", "ok"]),
    default="fail",
    show_default=True,
    help="Whether models that could not be explored whole pass.",
)
@click.option(
    "--coverage",
    type=click.Choice(["mark", "strict"]),
    default="mark",
    show_default=True,
    help="What of models that hold while code never ran: say so, or fail.",
)
@click.option(
    "--mutation-score",
    metavar="X",
    callback=read_share,
    help="Require that this share of the mutants of models that hold is noticed; see dfsrace mutate.",
)
@click.option("--no-cache", is_flag=True, help="Check every model again, whatever is known of it.")
@click.option("--junit", metavar="FILE", help="Write a JUnit XML file.")
@click.option("--sarif", metavar="FILE", help="Write a SARIF 2.1.0 file.")
@click.option("--ktap", is_flag=True, help="Print KTAP, as the kernel's CI reads it.")
@click.option("--github", is_flag=True, help="Print annotations for GitHub, and write its step summary.")
@click.option("--json", is_flag=True, help="Print one JSON object a line for each model, and one for all.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what is not as expected, and the last lines.")
@click.option("-v", "--verbose", is_flag=True, help="Name the files that are no models too.")
@drawing_options
def command(**given: Any) -> int:
    """Find the models below each PATH and check that each gives the verdict that its `expect` names.

    PATH is a file or a folder. A YAML file with sections of a model is one, or a piece of one; others are left aside,
    and so are hidden folders. A model without `expect` is expected to hold. Verdicts are kept in the user's cache
    folder, so that what has not changed is not explored again.
    """
    request = Request(**given)
    wanted = [f"--{name}" for name in ("json", "ktap", "github") if getattr(request, name)]
    if len(wanted) > 1:
        help = "ask for one of them; a second run takes its verdicts from the cache"
        raise click.UsageError(f"{' and '.join(wanted)} each want standard output: {help}")
    for path in request.paths:
        if not os.path.lexists(path):
            raise click.UsageError(f"there is no file or folder {quoted(path, 300)}")
    return _Run(request).all()


@dataclass(slots=True)
class _Run:
    """One run of the command."""

    request: Request
    interrupts: Interrupts = field(default_factory=Interrupts)
    line: _ProgressLine | None = None
    column: int = 0

    def all(self) -> int:
        """Finds, checks, prints and writes; the exit code."""
        from dfsrace.cli.mutation_run import with_score
        from dfsrace.gate.find import find
        from dfsrace.gate.formats import FORMATS
        from dfsrace.gate.run import Hooks, run

        request = self.request
        found = find(request.paths, request.libraries)
        if not (found.models or found.loners or found.unlisted):
            raise click.ClickException(_no_model(request.paths, found))
        self._keep_inputs(found)
        drawing = streams.drawing(request.ascii_only, request.verbose)
        self.column = max(map(len, (*found.models, *found.loners)), default=0)
        if streams.is_terminal(sys.stderr) and not request.quiet:
            self.line = _ProgressLine()
        with ExitStack() as stack:
            outputs = [(name, stack.enter_context(OutputFile(path))) for name, path in self._files()]
            summary = stack.enter_context(_step_summary()) if request.github else None
            with self._no_commands(), self.interrupts.noted():
                hooks = Hooks(self.interrupts, lambda result: self._result(result, drawing), self._progress)
                settings = self._settings(drawing)
                report = run(found, settings, hooks)
                if request.mutation_score is not None and not self.interrupts.asked:
                    self._clear()
                    report = with_score(report, request.mutation_score, settings, self.interrupts)
                self._end(report, drawing)
            for name, output in outputs:
                output.write(FORMATS[name](report))
            if request.github:
                streams.write(FORMATS["github"](report))
            if summary is not None:
                summary.write(FORMATS["github-summary"](report))
        if not report.results:
            streams.complain(f"dfsrace: {_no_model(request.paths, found)}")
        return exit_code(report)

    def _files(self) -> list[tuple[str, str]]:
        """The formats that are written to files, each with its path."""
        return [(name, path) for name in FILES if (path := getattr(self.request, name)) is not None]

    def _keep_inputs(self, found: Found) -> None:
        """Refuses to write over a model, or two formats into one file."""
        from dfsrace.cli.naming import same_file

        files = self._files()
        if len({os.path.realpath(path) for _, path in files}) < len(files):
            raise click.UsageError("two formats cannot be written to one file")
        inputs = (*found.models, *found.loners, *found.pieces, *found.aside)
        for name, path in files:
            if any(same_file(path, one) for one in inputs):
                raise click.UsageError(f"--{name} would write over {quoted(path, 300)}")

    def _settings(self, drawing: Drawing) -> Settings:
        from dfsrace.engine.memory import memory_limit, used
        from dfsrace.engine.resources import cache_folder
        from dfsrace.gate.settings import Settings

        request, most = self.request, memory_limit()
        cache = None if request.no_cache else cache_folder("verdicts")
        jobs = request.jobs or cores()
        return Settings(
            libraries=request.libraries,
            reductions=request.reductions,
            jobs=jobs,
            seconds=request.seconds,
            total_seconds=request.total_seconds,
            memory=None if most is None else max(most - used(), 0),
            strict_coverage=request.coverage == "strict",
            incomplete_ok=request.incomplete == "ok",
            cache=None if cache is None else str(cache),
            objects=objects_folder(),
            threads=max(1, cores() // jobs),
            root=_workspace(),
            version=dfsrace.__version__,
            drawing=drawing,
            clock=time.monotonic,
            name=_name,
            bug_line=app.bug_line,
        )

    # ---- while it runs

    def _result(self, result: Result, drawing: Drawing) -> None:
        """Says what came of one model; details wait for the end."""
        request = self.request
        self._clear()
        if request.json:
            from dfsrace.gate.object import result_json

            streams.write(result_json(result, dfsrace.__version__))
        elif not request.ktap and (result.status != "expected" or not request.quiet):
            from dfsrace.gate.lines import result_line

            self._lines([result_line(result, drawing, self.column)])
        streams.flush()

    def _progress(self, progress: Progress) -> None:
        if self.line is not None:
            self.line(progress)

    def _end(self, report: GateReport, drawing: Drawing) -> None:
        """Details, counts, notes; of KTAP all, now that it is known."""
        from dfsrace.gate.formats import FORMATS
        from dfsrace.gate.lines import details, last_lines, others

        request = self.request
        self._clear()
        if request.json or request.ktap:
            streams.write(FORMATS["json" if request.json else "ktap"](report))
        else:
            for result in report.results:
                self._lines(details(result, drawing))
            if request.verbose:
                self._lines(others(report, drawing))
            self._lines(last_lines(report, drawing))
        streams.flush()
        for note in report.notes:
            streams.complain(f"dfsrace: note: {note}")

    def _lines(self, lines: Iterable[Line]) -> None:
        streams.write_lines(lines, streams.coloured(self.request.color))

    def _clear(self) -> None:
        if self.line is not None:
            self.line.clear()

    # ---- GitHub

    @contextmanager
    def _no_commands(self) -> Iterator[None]:
        """In here nothing that is printed can be a command to GitHub, whatever models are called."""
        if not self.request.github:
            yield
            return
        token = secrets.token_hex(16)
        streams.write(f"::stop-commands::{token}\n")
        try:
            yield
        finally:
            streams.write(f"::{token}::\n")
            streams.flush()


@dataclass(slots=True)
class _ProgressLine(TerminalLine):
    """How many models are done and what is under way, redrawn in its place; nothing before a second has passed."""

    last: str = ""

    def __call__(self, progress: Progress) -> None:
        if progress.seconds < FIRST_AFTER or not progress.under_way:
            return
        names = ", ".join(printable(path) for path in progress.under_way)
        text = f"{progress.done}/{progress.total} done, {progress.seconds:.0f} s: {names}"
        if text != self.last or not self.shown:
            self.draw(text)
            self.last = text


@contextmanager
def _step_summary() -> Iterator[IO[str] | None]:
    """The file that GitHub shows as the step's summary, to be added to; None where there is none."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        yield None
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "a", encoding="utf-8", errors="backslashreplace"))
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            raise click.ClickException(f"cannot write the step's summary {quoted(path, 300)}: {why}") from error
        yield file


def _workspace() -> str:
    """The root of the repository where GitHub, or what is made like it, names it; else the empty text."""
    given = os.environ.get("GITHUB_WORKSPACE", "")
    return given if os.path.isabs(given) else ""


def exit_code(report: GateReport) -> int:
    """The first that applies of 70, 2, 10, 3, 0; without any model 2."""
    statuses = {result.status for result in report.results}
    for status, code in _CODES.items():
        if status in statuses:
            return code
    if not report.results:
        return exits.WRONG_INPUT
    if report.mutation is not None and report.mutation.missed:
        return UNEXPECTED
    undecided = any(not report.accepts(result) for result in report.of("inconclusive"))
    if "skipped" in statuses or report.interrupted or undecided:
        return exits.INCONCLUSIVE
    return exits.HOLDS


def _no_model(paths: Sequence[str], found: Found) -> str:
    """Why there is nothing to check, and what would be."""
    where = ", ".join(quoted(path, 300) for path in paths[:3]) + (", ..." if len(paths) > 3 else "")
    pieces, aside = len(found.pieces) + len(found.loners), len(found.aside)
    seen = [f"{_files(pieces)} without threads"] * bool(pieces) + [f"{_files(aside)} of others"] * bool(aside)
    verb = "is" if seen and (pieces or aside) == 1 else "are"
    there = f"there {verb} only {' and '.join(seen)}" if seen else "there is no YAML file"
    return f"no model in {where}: {there}; a model is one with `threads`, and `dfsrace new NAME` writes one"


def _files(count: int) -> str:
    return f"{count} YAML file{'s' * (count != 1)}"


def _name(path: str) -> str:
    """A model's short name, as `check` gives it."""
    from dfsrace.cli.naming import find

    return find(path).name


__all__: Sequence[str] = ["command", "exit_code"]
