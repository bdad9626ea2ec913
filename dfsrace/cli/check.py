# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace check`: explores models and reports what is violated."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

import dfsrace
from dfsrace.cli import app, exits, streams
from dfsrace.cli.engine_options import (
    CHECKPOINT_EVERY,
    check_checkpoint,
    checkpoint_options,
    engine_options,
    objects_folder,
)
from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.options import (
    complete_model,
    drawing_options,
    model_options,
    reduce_option,
    search_options,
)
from dfsrace.cli.output import OutputFile
from dfsrace.cli.progress import ProgressLine, looking_line, progress_line

if TYPE_CHECKING:
    from dfsrace.diagnostics import ModelError
    from dfsrace.engine.options import Options
    from dfsrace.trace.report import Report

EPILOG = """\b
Examples:
  dfsrace check race.yaml
  dfsrace check seed-question                      a shipped model, by the last part of its name
  dfsrace check seed-question --explain            the point of no return, the decisive switch
  dfsrace check race.yaml --set FRAMES=3 -v        another size, and everything that is known
  dfsrace check race.yaml --states 1_000_000       no more than that; exit 3 if it was not enough
  dfsrace check race.yaml --threads 8 --memory 16G
  dfsrace check race.yaml --checkpoint race.part   hours of work, kept; go on with --resume
  dfsrace check models/*/*.yaml --quiet            one line for each model
  dfsrace check race.yaml --json | jq .violations
  generate-model | dfsrace check -

\b
Exit codes: 0 everything holds, 2 the command or the model is wrong, 3 inconclusive, 11 deadlock,
12 violated otherwise. Of several models: the first that applies of 70, 2, 12, 11, 3, 0.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `check`."""

    models: tuple[str, ...]
    constants: dict[str, str]
    libraries: tuple[str, ...]
    properties: tuple[str, ...]
    first: bool
    states: int | None
    seconds: float | None
    switches: int | None
    reductions: frozenset[str]
    engine: Literal["auto", "reference", "native"]
    threads: int
    memory: int | None
    checkpoint: Path | None
    checkpoint_every: float | None
    resume: bool
    json: bool
    output: str | None
    quiet: bool
    verbose: bool
    color: str
    ascii_only: bool
    explain: bool


@click.command("check", epilog=EPILOG, short_help="Explore models and report what is violated.")
@click.argument("models", metavar="MODEL...", nargs=-1, required=True, shell_complete=complete_model)
@model_options
@search_options
@reduce_option
@engine_options
@checkpoint_options
@click.option(
    "--explain", is_flag=True, help="Find out from where on there was no way back, and which switch was decisive."
)
@click.option("--json", is_flag=True, help="Print one JSON object a line for each model.")
@click.option("-o", "--output", metavar="FILE.json", help="Write the JSON objects to a file besides.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the RESULT line of each model.")
@click.option("-v", "--verbose", is_flag=True, help="Print all that is known: every cell, all coverage.")
@drawing_options
def command(**given: Any) -> int:
    """Explore every interleaving of each MODEL and report what is violated, with the shortest way to it.

    MODEL is a file, `-` for standard input, or the name of a shipped model or its last part (see `dfsrace models`).
    """
    request = Request(**given)
    check_checkpoint(given)
    _keep_models(request)
    return _Run(request).all()


def _keep_models(request: Request) -> None:
    """Refuses to write the results over a model."""
    from dfsrace.cli.naming import same_file

    for option, file in (("-o", request.output), ("--checkpoint", request.checkpoint and str(request.checkpoint))):
        if file and any(same_file(file, word) for word in request.models):
            raise click.UsageError(f"{option} would write over the model '{file}'")


@dataclass(slots=True)
class _Run:
    """One run of the command over all its models."""

    request: Request
    interrupts: Interrupts = field(default_factory=Interrupts)
    line: ProgressLine | None = None
    noted: set[str] = field(default_factory=set)

    def all(self) -> int:
        """Checks the models one after another; an interrupt ends it after the model under way."""
        request = self.request
        self.line = progress_line(request.quiet, request.ascii_only)
        codes = []
        with OutputFile(request.output) if request.output else nullcontext() as output:
            for number, word in enumerate(request.models):
                codes.append(self.one(word, output, first=number == 0))
                if self.interrupts.asked:
                    self._left(len(request.models) - number - 1)
                    break
        return exits.first_of(codes)

    def one(self, word: str, output: OutputFile | None, first: bool) -> int:
        """Checks one model and prints what came out. Its exit code; errors of ours end this model only."""
        from dfsrace.diagnostics import ModelError

        try:
            report = self._report(word)
        except ModelError as error:
            self._clear()
            self._print_error(word, error, output)
            return exits.WRONG_INPUT
        except (OSError, MemoryError):
            raise
        except Exception as error:
            self._clear()
            line = app.bug_line(error)
            streams.complain(line)
            self._print_object(_bug_json(word, line), output)
            return exits.OUR_BUG
        self._print(report, output, first)
        return exits.of_report(report)

    def _report(self, word: str) -> Report:
        from dfsrace.cli.naming import load_named
        from dfsrace.operations import check

        model = load_named(word, self.request.libraries, self.request.constants)
        with self.interrupts.noted():
            options = self._options()
            report = check(model, options=options)
            if self.request.explain:
                from dfsrace.trace.further import with_further

                self._clear()
                line = looking_line(self.request.quiet, "explaining")
                report = with_further(report, replace(options, progress=line))
                if line is not None:
                    line.clear()
        self._clear()
        return report

    def _options(self) -> Options:
        from dfsrace.engine.checkpoint import Checkpoint
        from dfsrace.engine.memory import memory_limit
        from dfsrace.engine.options import Options

        request = self.request
        checkpoint = None
        if request.checkpoint is not None:
            every = CHECKPOINT_EVERY if request.checkpoint_every is None else request.checkpoint_every
            checkpoint = Checkpoint(request.checkpoint, every, request.resume, dfsrace.__version__)
        return Options(
            reductions=request.reductions,
            properties=frozenset(request.properties) or None,
            first=request.first,
            states=request.states,
            seconds=request.seconds,
            switches=request.switches,
            memory=memory_limit() if request.memory is None else request.memory,
            progress=self.line,
            interrupted=self.interrupts,
            engine=request.engine,
            objects=objects_folder(),
            threads=request.threads,
            checkpoint=checkpoint,
        )

    # ---- printing

    def _print(self, report: Report, output: OutputFile | None, first: bool) -> None:
        request = self.request
        if request.json or output:
            from dfsrace.render.report_json import report_json

            self._print_object(report_json(report, dfsrace.__version__), output)
        if request.quiet and not request.json:
            from dfsrace.render.words import result_line

            streams.write(result_line(report) + "\n")
        elif not request.json:
            from dfsrace.render.report_text import report_lines

            if not first:
                streams.write("\n")
            drawing = streams.drawing(request.ascii_only, request.verbose)
            streams.write_lines(report_lines(self._noted_once(report), drawing), streams.coloured(request.color))
        streams.flush()

    def _noted_once(self, report: Report) -> Report:
        """A report without the note on the engine that an earlier one had, as where there is no compiler."""
        note = report.outcome.note
        if note and note in self.noted:
            return replace(report, outcome=replace(report.outcome, note=""))
        self.noted.add(note)
        return report

    def _print_error(self, word: str, error: ModelError, output: OutputFile | None) -> None:
        if self.request.json or output:
            from dfsrace.render.report_json import error_json

            self._print_object(error_json(word, error, dfsrace.__version__), output)
        if not self.request.json:
            from dfsrace.diagnostics.render import render_error

            streams.complain(render_error(error))

    def _print_object(self, line: str, output: OutputFile | None) -> None:
        if output is not None:
            output.write(line + "\n")
        if self.request.json:
            streams.write(line + "\n")
            streams.flush()

    def _left(self, count: int) -> None:
        if count:
            streams.complain(f"dfsrace: interrupted; not checked: {count} more")

    def _clear(self) -> None:
        if self.line is not None:
            self.line.clear()


def _bug_json(word: str, line: str) -> str:
    """The object of a model that a bug of ours kept from being checked."""
    from dfsrace.diagnostics import NOWHERE, Diagnostic, ModelError
    from dfsrace.render.report_json import error_json

    return error_json(word, ModelError([Diagnostic("DR700", NOWHERE, line)]), dfsrace.__version__)


__all__: Sequence[str] = ["command"]
