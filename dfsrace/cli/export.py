# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace export`: a model in another tool's language, or a counterexample in another tool's format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from click.shell_completion import CompletionItem

import dfsrace
from dfsrace.cli import exits, streams
from dfsrace.cli.engine_options import engine_options
from dfsrace.cli.options import model_argument, model_options
from dfsrace.cli.output import OutputFile
from dfsrace.cli.searching import searching
from dfsrace.diagnostics.text import quoted

if TYPE_CHECKING:
    from dfsrace.export import Written
    from dfsrace.operations import Model
    from dfsrace.trace.record import Trace
    from dfsrace.trace.report import Report

EPILOG = """\b
Examples:
  dfsrace export seed-question --to promela > seed.pml; spin -run seed.pml
  dfsrace export seed-question --to tla -o Seed.tla         and Seed.cfg beside it
  java -jar tla2tools.jar Seed.tla
  dfsrace export seed-question --to perfetto -o seed.json   for https://ui.perfetto.dev
  dfsrace export race.yaml --to itf --property no_stale_pte_remains -o race.itf.json
  dfsrace export race.yaml --to csv --schedule 'cpu0*2 cpu1*6 cpu0*3'
  dfsrace export race.yaml --to json -o trace.json; dfsrace replay trace.json

\b
Formats of models: promela, for SPIN; tla, a TLA+ module for TLC; c, as compile writes it.
Formats of traces: itf, Apalache's; json, ours; csv, a row a statement; perfetto, trace events;
graphml, the states along the trace.
"""


def complete_format(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of formats that begin so."""
    from dfsrace.export import FORMATS

    return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


def read_format(context: click.Context, parameter: click.Parameter, given: str | None) -> str:
    """The name of a format that there is."""
    from dfsrace.diagnostics.suggest import did_you_mean
    from dfsrace.export import FORMATS

    there_is = f"there is {', '.join(FORMATS)}"
    if given is None:
        raise click.UsageError(f"say in which language or format with --to FORMAT; {there_is}", context)
    if given not in FORMATS:
        help = did_you_mean(given, FORMATS) or there_is
        raise click.BadParameter(f"there is no format '{given}'; {help}", context, parameter)
    return given


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `export`."""

    model: str
    constants: dict[str, str]
    libraries: tuple[str, ...]
    form: str
    violated: str | None
    schedule: str | None
    output: str | None
    engine: Literal["auto", "reference", "native"]
    threads: int
    memory: int | None


@click.command("export", epilog=EPILOG, short_help="Write a model or a counterexample for another tool.")
@model_argument
@model_options
@click.option(
    "--to",
    "form",
    metavar="FORMAT",
    callback=read_format,
    shell_complete=complete_format,
    help="The model as promela, tla or c; a trace as itf, json, csv, perfetto or graphml.",
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
@click.option("--property", "violated", metavar="NAME", help="The trace of this violated property, not of the first.")
@click.option("--schedule", metavar="SCHEDULE", help="The trace of this interleaving, as for replay.")
@engine_options
def command(**given: Any) -> int:
    """Write MODEL in another tool's language, or the counterexample of a property that it violates.

    A model in promela or tla has the states of `dfsrace check --reduce none`, which the other tool counts, too.
    """
    from dfsrace.export import MODEL_FORMATS, NotExpressible

    request = Request(**given)
    _keep_models(request)
    try:
        if request.form in MODEL_FORMATS:
            return _model(request)
        return _trace(request)
    except NotExpressible as error:
        what = "this model" if request.form in MODEL_FORMATS else "this trace"
        raise click.ClickException(f"{request.form} cannot express {what}: {error}") from error


def _keep_models(request: Request) -> None:
    """Refuses to write over a model, this one or another, or a piece of one."""
    from dfsrace.cli.naming import same_file

    output = request.output
    if output and same_file(output, request.model):
        raise click.UsageError(f"-o would write over the model '{output}'")
    if output and output.endswith((".yaml", ".yml")) and os.path.exists(output):
        raise click.UsageError(f"-o would write over {quoted(output, 300)}, which may be a model")


# ---- models


def _model(request: Request) -> int:
    """Writes the model."""
    from dfsrace.cli.naming import load_named
    from dfsrace.export import MODEL_FORMATS, Asked

    for option, value in (("--property", request.violated), ("--schedule", request.schedule)):
        if value is not None:
            raise click.UsageError(f"{option} chooses a trace, and {request.form} is the whole model")
    name = _module(request)
    model = load_named(request.model, request.libraries, request.constants)
    _write(request, MODEL_FORMATS[request.form](Asked(model, dfsrace.__version__, name or _name_of(model))))
    return exits.HOLDS


def _module(request: Request) -> str:
    """The name of the module in the file that is written; empty where the model's will do."""
    from dfsrace.export.tlaplus import is_module_name, module_name

    if request.form != "tla" or request.output in (None, "-"):
        return ""
    path = Path(str(request.output))
    if not is_module_name(path.stem) or path.suffix != ".tla":
        help = f"name the file like {module_name(path.stem)}.tla"
        raise click.UsageError(f"TLA+ wants the file to be called as the module in it, with .tla behind; {help}")
    return path.stem


def _name_of(model: Model) -> str:
    from dfsrace.export.tlaplus import module_name

    return module_name(model.name.rpartition("/")[2])


# ---- traces


def _trace(request: Request) -> int:
    """Writes a trace: that of a schedule, or the counterexample that a search finds."""
    from dfsrace.cli.naming import load_named
    from dfsrace.cli.replay import followed
    from dfsrace.export import TRACE_FORMATS, Written

    with ExitStack() as files:
        file = None
        if request.output not in (None, "-"):
            file = files.enter_context(OutputFile(str(request.output)))
        model = load_named(request.model, request.libraries, request.constants)
        if request.schedule is not None:
            trace = followed(model, request.schedule, request.violated)
            if trace is None:
                raise click.exceptions.Exit(exits.WRONG_INPUT)
        else:
            trace = _counterexample(request, _checked(request, model))
        text = TRACE_FORMATS[request.form](model, trace)
        if file is not None:
            file.write(text)
            return exits.HOLDS
    _write(request, Written(text))
    return exits.HOLDS


def _checked(request: Request, model: Model) -> Report:
    """What a search finds; the first Ctrl-C ends it, and what it has found is written."""
    from dfsrace.operations import check

    with searching(request, properties=_properties(request, model)) as options:
        report = check(model, options=options)
    if report.outcome.note:
        streams.complain(f"dfsrace: {report.outcome.note}")
    return report


def _properties(request: Request, model: Model) -> frozenset[str] | None:
    """The named property that was asked for, also where the model's `check` leaves it out; else all as they are.

    A name that the model does not have is handed on, for `check` to refuse.
    """
    from dfsrace.system import AUTOMATIC_PROPERTIES

    wanted = request.violated
    names = {prop.name for prop in model.system.properties}
    if wanted is None or (wanted not in names and wanted.replace("-", " ") in AUTOMATIC_PROPERTIES):
        return None
    return frozenset([wanted])


def _counterexample(request: Request, report: Report) -> Trace:
    """The trace of the property that was asked for, else of the first that is violated and has one."""
    wanted = request.violated
    names = None if wanted is None else {wanted, wanted.replace("-", " ")}
    found = [c for c in report.violations if names is None or c.violation.property in names]
    for counterexample in found:
        if counterexample.trace is not None:
            if not report.complete:
                streams.complain(f"dfsrace: the search is not complete: {_why(report)}")
            return counterexample.trace
    if found:
        raise click.ClickException(f"{found[0].violation.property} is never true: there is no trace of that")
    cut = "" if report.complete else f"; the search is not complete: {_why(report)}"
    if wanted is None:
        help = "" if cut else "; --schedule writes any interleaving"
        raise click.ClickException(f"{report.model} violates nothing, so there is no counterexample{help}{cut}")
    others = [c.violation.property for c in report.violations]
    help = f"; violated: {', '.join(others)}" if others else ""
    raise click.ClickException(f"{report.model} does not violate {quoted(wanted)}{help}{cut}")


def _why(report: Report) -> str:
    return report.stopped_by.reason if report.stopped_by else "something was cut"


# ---- files


def _write(request: Request, written: Written) -> None:
    """To the file, and what belongs beside it to files beside it; else to standard output, one after the other."""
    if request.output in (None, "-"):
        streams.write(written.text)
        for ending, text in written.beside:
            streams.write(f"\nWhat belongs into a file of the same name with {ending} behind:\n\n{text}")
        streams.flush()
        return
    path = str(request.output)
    with ExitStack() as files:
        for place, text in ((path, written.text), *((os.path.splitext(path)[0] + e, t) for e, t in written.beside)):
            files.enter_context(OutputFile(place)).write(text)


__all__: Sequence[str] = ["command"]
