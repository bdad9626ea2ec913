# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace mutate`: whether a model would notice a missing lock, check, retry, renew or barrier, or another order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dfsrace.cli import exits, streams
from dfsrace.cli.engine_options import cores
from dfsrace.cli.options import complete_model, model_options, read_integer, read_seconds, read_share, reduce_option
from dfsrace.cli.table_output import TableOutput, table_options
from dfsrace.diagnostics.text import quoted

if TYPE_CHECKING:
    from dfsrace.render.style import Line
    from dfsrace.study.mutate import MutationReport
    from dfsrace.study.mutation_tasks import Asked

EPILOG = """\b
Examples:
  dfsrace mutate race.yaml                       what each mutation of its code breaks
  dfsrace mutate dfs.yaml local.yaml             models of one protocol: one of them has to notice
  dfsrace mutate race.yaml --operator drop-lock --operator swap-order
  dfsrace mutate race.yaml --mutant 'drop-lock:do_no_page:with mm.page_table_lock'
  dfsrace mutate race.yaml --survivors mutants.toml --score 0.9
  dfsrace mutate --shipped -j 2                  the library against models/mutants.toml

\b
Operators:
  drop-lock     a lock is not taken, nor released
  drop-recheck  an `if` on shared state passes, or does not refuse
  drop-retry    a `while` loop runs once
  drop-renew    a renew is not made
  drop-barrier  a barrier is not there
  swap-order    two adjacent accesses are made the other way round

\b
Results:
  killed        other properties are violated than without the mutation
  equivalent    the same states are reachable, and the verdict is the same: it may stand
  survived      neither; a reason in the list of survivors excuses it
  inconclusive  not explored whole; never killed
  no model      the code would not type; counted apart

\b
The score is killed / (all - equivalent); what is no model is not among all.
Exit codes, the first that applies: 70 a bug of dfsrace, 2 a model or the list is wrong,
10 a mutant survives without a reason, the list is stale, or the score is too low,
3 something is not decided, 0 none of these.
"""

MISSED = 10


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `mutate`."""

    models: tuple[str, ...]
    shipped: bool
    constants: dict[str, str]
    libraries: tuple[str, ...]
    operators: tuple[str, ...]
    mutant: str | None
    survivors: str | None
    score: float | None
    states: int | None
    seconds: float | None
    reductions: frozenset[str]
    jobs: int | None
    show_all: bool
    output: TableOutput


def read_operators(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Names of operators; usage errors for others."""
    from dfsrace.diagnostics.suggest import did_you_mean
    from dfsrace.language.mutation_operators import OPERATORS

    known = [operator.name for operator in OPERATORS]
    for name in given:
        if name not in known:
            help = did_you_mean(name, known) or f"there is {', '.join(known)}"
            raise click.BadParameter(f"there is no operator '{name}'; {help}", context, parameter)
    return given


@click.command("mutate", epilog=EPILOG, short_help="Break a model's code and see whether it notices.")
@click.argument("models", metavar="MODEL...", nargs=-1, shell_complete=complete_model)
@click.option("--shipped", is_flag=True, help="The shipped models that hold with a protocol of the library.")
@model_options
@click.option(
    "--operator",
    "operators",
    metavar="NAME",
    multiple=True,
    callback=read_operators,
    help="Only mutants of this operator; may be repeated.",
)
@click.option("--mutant", metavar="MUTANT", help="Show what this one gives, as check would, with its counterexamples.")
@click.option("--survivors", metavar="FILE.toml", help="Survivors must be just those listed here, each with a reason.")
@click.option("--score", metavar="X", callback=read_share, help="Require this score, from 0 to 1.")
@click.option(
    "--states", metavar="N", callback=read_integer(1), help="Visit at most N states of each; default: 1000000."
)
@click.option("--seconds", metavar="S", callback=read_seconds, help="Search for at most S seconds in each.")
@reduce_option
@click.option("-j", "--jobs", metavar="N", callback=read_integer(1), help="Try N at once; default: the cores.")
@click.option("--all", "show_all", is_flag=True, help="Show equivalent mutants too; every format but text has them.")
@table_options
def command(**given: Any) -> int:
    """Try each MODEL without each lock, re-check, retry, renew and barrier, and with accesses swapped.

    A model that holds and goes on to hold has not noticed. Models that share all of their code (the same includes, no
    procedures of their own) are asked together: it is enough that one of them notices.
    """
    drawn = {name: given.pop(name) for name in ("form", "outputs", "color", "ascii_only")}
    request = Request(output=TableOutput(**drawn), **given)
    if bool(request.models) == request.shipped:
        raise click.UsageError("name models, or --shipped, and not both")
    if request.shipped and (request.constants or request.libraries):
        raise click.UsageError("--shipped is the library as it is: leave out --set and --library")
    asked = _asked(request)
    return _show(request, asked) if request.mutant is not None else _table(request, asked)


def _asked(request: Request) -> list[Asked]:
    from dfsrace.cli.mutation_run import asked_model, shipped_models

    if request.shipped:
        return shipped_models()
    return [asked_model(word, request.libraries, request.constants) for word in request.models]


def _bounds(request: Request) -> dict[str, object]:
    from dfsrace.study.mutate import STATES

    return {"states": request.states or STATES, "seconds": request.seconds, "reductions": request.reductions}


# ---- the table


def _table(request: Request, asked: list[Asked]) -> int:
    from dfsrace.cli.mutation_run import try_mutants
    from dfsrace.study.mutation_table import mutation_table

    inputs = [*request.models, *([request.survivors] if request.survivors else [])]
    with request.output.files(inputs) as files:
        if request.survivors:
            _explained(request, None)
        report = try_mutants(asked, frozenset(request.operators), _bounds(request), request.jobs or cores())
        report = _explained(request, report)
        hidden = frozenset() if request.show_all or request.output.form != "text" else frozenset({"equivalent"})
        request.output.write(mutation_table(report, hidden), files)
    for line in _complaints(report):
        streams.complain(line)
    return exit_code(report, request.score)


def _complaints(report: MutationReport) -> list[str]:
    """Bugs of ours, and models that have no verdict as they are; each once."""
    judged = [one for row in report.rows for one in row.judged]
    lines = [one.because for one in judged if one.result == "bug"]
    lines += [f"dfsrace: {one.model} has no verdict: {one.because}" for one in judged if one.original == "error"]
    return list(dict.fromkeys(lines))


def _explained(request: Request, report: MutationReport | None) -> MutationReport:
    """The report with the reasons that apply; without one, only whether the list can be read."""
    from dfsrace.cli.mutation_run import with_reasons
    from dfsrace.study.mutate import MutationReport
    from dfsrace.study.survivors import WrongList, shipped_list

    found = report or MutationReport((), ())
    if request.survivors is not None:
        path, exact = Path(request.survivors), not request.operators
    elif request.shipped or _all_shipped(request.models):
        path, exact = shipped_list(), request.shipped and not request.operators
    else:
        return found
    try:
        return with_reasons(found, path, exact and report is not None)
    except WrongList as error:
        raise click.ClickException(f"{quoted(str(path), 300)} is no list of survivors: {error}") from error


def _all_shipped(words: tuple[str, ...]) -> bool:
    """Whether every model comes with dfsrace, so that the list that comes with it is about them."""
    from dfsrace.cli.naming import find, shipped

    return all(find(word).name in shipped() for word in words)


def exit_code(report: MutationReport, score: float | None) -> int:
    """The first that applies of 70, 2, 10, 3, 0."""
    from dfsrace.study.mutation_table import too_low

    counts = report.counts
    verdicts = {verdict for suite in report.suites for verdict in suite.verdicts}
    if counts["bug"]:
        return exits.OUR_BUG
    if "error" in verdicts:
        return exits.WRONG_INPUT
    if report.unexplained or report.problems or too_low(report, score):
        return MISSED
    if counts["inconclusive"] or counts["not tried"] or "inconclusive" in verdicts or report.interrupted:
        return exits.INCONCLUSIVE
    return exits.HOLDS


# ---- one mutant


def _show(request: Request, asked: list[Asked]) -> int:
    """What a mutant gives in each model that has it, as `check` prints it."""
    from dfsrace.cli.engine_options import objects_folder
    from dfsrace.cli.interrupts import Interrupts
    from dfsrace.engine.options import Options
    from dfsrace.language.mutation import mutants
    from dfsrace.operations import check
    from dfsrace.study.mutate import mutated

    interrupts, codes, names = Interrupts(), list[int](), list[str]()
    for one in asked:
        model = one.load()
        listed = mutants(model.loaded.typed, model.system)
        names += [mutant.name for mutant in listed]
        for mutant in (m for m in listed if m.name == request.mutant):
            streams.write("\n" * bool(codes) + f"{model.name}, mutated: {mutant.says}\n")
            if mutant.model is None:
                streams.write(f"no model: {mutant.problem}\n")
                codes.append(exits.HOLDS)
                continue
            options = Options(
                reductions=request.reductions,
                states=request.states,
                seconds=request.seconds,
                interrupted=interrupts,
                objects=objects_folder(),
            )
            with interrupts.noted():
                codes.append(_print(request, check(mutated(model, mutant), options=options)))
    if not codes:
        raise click.ClickException(_no_such_mutant(request.mutant or "", names))
    return exits.first_of(codes)


def _print(request: Request, report: Any) -> int:
    from dfsrace.render.report_text import report_lines

    drawing = streams.drawing(request.output.ascii_only, False)
    report = replace(report, about=replace(report.about, expectation=None, narrowed=True), as_expected=None)
    # The schedules are the mutant's: the model itself cannot replay them.
    lines = [line for line in report_lines(report, drawing) if not _is_replay(line)]
    streams.write_lines(lines, streams.coloured(request.output.color))
    streams.flush()
    return exits.of_report(report)


def _is_replay(line: Line) -> bool:
    return "".join(text for text, _ in line).lstrip().startswith("replay: ")


def _no_such_mutant(name: str, names: list[str]) -> str:
    from dfsrace.diagnostics.suggest import did_you_mean

    help = did_you_mean(name, names) or "without --mutant all of them are tried and listed"
    return f"no model has a mutant {quoted(name, 300)}; {help}"
