# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace replay`: steps through one interleaving."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from dfsrace.cli import exits, streams
from dfsrace.cli.options import complete_model, drawing_options, model_options
from dfsrace.diagnostics.text import printable

if TYPE_CHECKING:
    from dfsrace.operations import Model
    from dfsrace.trace.record import Trace

EPILOG = """\b
Examples:
  dfsrace replay race.yaml --schedule 'cpu0*2 cpu1*6 cpu0*3'
  dfsrace replay race.yaml --set PAGES=2 --schedule 'init#2 cpu0 cpu1#B'
  dfsrace check race.yaml -o found.json; dfsrace replay found.json
  dfsrace export race.yaml --to json -o trace.json; dfsrace replay trace.json
  ./checker > found.json; dfsrace replay race.yaml --result found.json   after dfsrace compile

\b
A schedule: init#K is the K-th initial state, THREAD*N are N steps of a thread, THREAD#V,W is a
step in which its choices take the values V and W. What there is only one of is left out.

\b
Exit codes: as of check, for the last state; 2 where the schedule cannot be followed.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `replay`."""

    model: str
    constants: dict[str, str]
    libraries: tuple[str, ...]
    schedule: str | None
    result: str | None
    violated: str | None
    verbose: bool
    color: str
    ascii_only: bool


@click.command("replay", epilog=EPILOG, short_help="Step through an interleaving.")
@click.argument("model", metavar="MODEL|FILE.json", shell_complete=complete_model)
@click.option("--schedule", metavar="SCHEDULE", help="The interleaving, as reports print it.")
@click.option(
    "--result", metavar="FILE", help="Show what a compiled checker or export has written; - is standard input."
)
@model_options
@click.option("--property", "violated", metavar="NAME", help="Of several violated properties explain this one.")
@click.option("-v", "--verbose", is_flag=True, help="Show every cell of the initial state.")
@drawing_options
def command(**given: Any) -> int:
    """Step through an interleaving of MODEL, or through the counterexamples that `check -o FILE.json`
    or `export --to json` has written.
    """
    request = Request(**given)
    if request.result is not None:
        return _of_checker(request, request.result)
    if request.schedule is None:
        return _of_file(request)
    from dfsrace.cli.naming import load_named

    model = load_named(request.model, request.libraries, request.constants)
    return _follow(request, model, request.schedule, request.violated)


def _follow(request: Request, model: Model, schedule: str, violated: str | None) -> int:
    """Follows one schedule and prints it; exit code 2 with the reason where it cannot be followed."""
    trace = followed(model, schedule, violated)
    if trace is None:
        return exits.WRONG_INPUT
    _print(request, model, trace)
    return exits.of_violations(trace.violated)


def followed(model: Model, schedule: str, violated: str | None) -> Trace | None:
    """The trace of a schedule; None, and the reason on standard error, where it cannot be followed."""
    from dfsrace.operations import ReplayError, ScheduleError, replay

    plain = violated.replace("-", " ") if violated else None
    known = {p.name for p in model.system.properties}
    try:
        return replay(model, schedule, violated=violated if violated in known else plain)
    except ScheduleError as error:
        streams.complain(_pointed(f"dfsrace: {error.message}", schedule, error.position))
    except ReplayError as error:
        where = f"step {error.step}" if error.step else "the initial state"
        lines = _pointed(f"dfsrace: {where}: {error.reason}", schedule, error.position)
        possible = f"\n  possible here: {', '.join(error.enabled)}" if error.enabled else ""
        streams.complain(lines + possible)
    return None


def _of_checker(request: Request, path: str) -> int:
    """Replays what a compiled checker has found."""
    from dfsrace.cli.checked import replay_checked
    from dfsrace.cli.naming import load_named
    from dfsrace.cli.results import changed, read_trace

    if request.schedule is not None:
        raise click.UsageError("--result and --schedule cannot both say what to replay")
    if request.model == path == "-":
        raise click.UsageError("model and result cannot both come from standard input")
    model = load_named(request.model, request.libraries, request.constants)
    trace = read_trace(path) if os.path.isfile(path) else None
    if trace is not None:
        if is_other := changed(trace, model):
            streams.complain(f"dfsrace: {is_other}")
        (violation,) = trace["violations"]
        return _follow(request, model, violation["schedule"], request.violated or violation["property"])
    return replay_checked(path, model, request.violated, lambda m, trace: _print(request, m, trace))


def _print(request: Request, model: Model, trace: Trace) -> None:
    from dfsrace.render.report_text import replay_lines

    lines = replay_lines(model.name, trace, streams.drawing(request.ascii_only, request.verbose))
    streams.write_lines(lines, streams.coloured(request.color))
    streams.flush()


def _pointed(message: str, schedule: str, position: int | None) -> str:
    """The message, and the schedule with a caret under the place."""
    if position is None or not schedule.isprintable():
        return message
    start = max(0, position - 60)
    cut = "…" if start else ""
    return f"{message}\n  {cut}{schedule[start : start + 100]}\n  {' ' * (position - start + len(cut))}^"


# ---- what check has written


def _of_file(request: Request) -> int:
    """Replays every counterexample of a file of results, or those of one property."""
    from dfsrace.cli.results import read_results, read_trace

    if not os.path.isfile(request.model) or not request.model.endswith(".json"):
        raise click.UsageError(
            "say which interleaving: --schedule '...', or a FILE.json that check or export has written"
        )
    codes: list[int] = []
    trace = read_trace(request.model)
    for result in read_results(request.model) if trace is None else (trace,):
        codes.append(_result(request, result, bool(codes)))
    return exits.first_of(codes)


def _result(request: Request, result: Mapping[str, Any], later: bool) -> int:
    """Replays the counterexamples of one model."""
    from dfsrace.cli.results import changed, load_result

    wanted = [
        v for v in result["violations"] if request.violated in (None, v["property"], _dashed(v["property"] or ""))
    ]
    traces = [v for v in wanted if v["schedule"] is not None]
    if not traces:
        gap = "\n" if later else ""
        streams.write(f"{gap}{printable(result['model'])}: no counterexample to replay\n")
        return exits.HOLDS
    model = load_result(request.model, result, request.libraries, request.constants)
    is_other = changed(result, model)
    if is_other:
        streams.complain(f"dfsrace: {is_other}")
    codes: list[int] = []
    for violation in traces:
        if later or codes:
            streams.write("\n")
        code = _follow(request, model, violation["schedule"], violation["property"])
        codes.append(code)
        shows = violation["property"] is None or code in (exits.DEADLOCK, exits.SAFETY)
        if not is_other and not shows:
            streams.complain(f"dfsrace: a bug of dfsrace: this does not show {violation['property']}; please report it")
            codes.append(exits.OUR_BUG)
    return exits.first_of(codes)


def _dashed(name: str) -> str:
    return name.replace(" ", "-")


__all__: Sequence[str] = ["command"]
