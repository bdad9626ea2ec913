# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace report`: what a check found, as one page to be opened, printed and sent."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import click

import dfsrace
from dfsrace.cli import exits, streams
from dfsrace.cli.engine_options import engine_options
from dfsrace.cli.options import model_argument, model_options, reduce_option, search_options
from dfsrace.cli.output import OutputFile
from dfsrace.cli.searching import searching
from dfsrace.diagnostics.text import quoted

if TYPE_CHECKING:
    from dfsrace.trace.report import Report

EPILOG = """\b
Examples:
  dfsrace report seed-question -o seed.html
  dfsrace report race.yaml -o race.html --set FRAMES=3
  dfsrace report race.yaml -o race.html --property no_pte_maps_stale_page
  dfsrace report race.yaml -o - | ssh host 'cat > race.html'

\b
The page is one file that loads nothing. It shows each violated property step by step:
by arrow keys, Home and End, or the slider. Its address names property and step, so that
a link shows what you see. Without its script, and on paper (A4), all steps are there.

\b
Exit codes: as of check.
"""

# How many states are looked at to explain a counterexample.
MOST_EXPLAINED = 50_000
MOST_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `report`."""

    model: str
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
    output: str | None


@click.command("report", epilog=EPILOG, short_help="Write what a check finds as one HTML page.")
@model_argument
@click.option("-o", "--output", metavar="FILE.html", help="Write the page there; - is standard output.")
@model_options
@search_options
@reduce_option
@engine_options
def command(**given: Any) -> int:
    """Explore every interleaving of MODEL, as check does, and write what comes out as one HTML page.

    It prints the RESULT line of check --quiet. The same model gives the same bytes.
    """
    request = Request(**given)
    output = _place(request)
    if output == "-":
        report, page = _page(request)
        streams.write(page)
        streams.flush()
        return exits.of_report(report)
    with OutputFile(output) as file:
        report, page = _page(request)
        file.write(page)
    _say(report)
    return exits.of_report(report)


def _place(request: Request) -> str:
    """Where the page goes. Refuses to write it over a model, this one or another."""
    from dfsrace.cli.naming import same_file

    output = request.output
    if output is None:
        raise click.UsageError("say where to write the page: -o FILE.html, or -o - for standard output")
    if same_file(output, request.model):
        raise click.UsageError(f"-o would write over the model '{output}'")
    if output.endswith((".yaml", ".yml")) and os.path.exists(output):
        raise click.UsageError(f"-o would write HTML over {quoted(output, 300)}, which may be a model")
    return output


def _page(request: Request) -> tuple[Report, str]:
    """Checks the model and makes its page."""
    from dfsrace.render.page import html_page, traces_shown
    from dfsrace.trace.pictures import pictures

    report = _checked(request)
    drawn = [pictures(report.system, trace) if trace else () for trace in traces_shown(report)]
    return report, html_page(report, drawn, dfsrace.__version__)


def _checked(request: Request) -> Report:
    """What the search finds; the first Ctrl-C ends it, and the page shows what it had come to."""
    from dfsrace.cli.naming import load_named
    from dfsrace.operations import check
    from dfsrace.trace.further import with_further

    model = load_named(request.model, request.libraries, request.constants)
    bounds = {
        "reductions": request.reductions,
        "properties": frozenset(request.properties) or None,
        "first": request.first,
        "states": request.states,
        "seconds": request.seconds,
        "switches": request.switches,
    }
    with searching(request, **bounds) as options:
        # What is known of a violation is bounded in states, not in time: another run of this is to give the same page.
        bounded = replace(options, states=MOST_EXPLAINED, seconds=request.seconds or MOST_SECONDS)
        return with_further(check(model, options=options), bounded)


def _say(report: Report) -> None:
    """One line on what the page shows, and what the user should know of the engine."""
    from dfsrace.render.words import result_line

    if report.outcome.note:
        streams.complain(f"dfsrace: {report.outcome.note}")
    streams.write(result_line(report) + "\n")
    streams.flush()
