# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace compare`: proposed fixes against scenarios, as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from dfsrace.cli import exits, streams
from dfsrace.cli.engine_options import cores
from dfsrace.cli.many_words import ManyWords
from dfsrace.cli.options import model_options, read_integer, read_seconds, reduce_option
from dfsrace.cli.table_output import TableOutput, table_options
from dfsrace.diagnostics.text import printable, quoted

if TYPE_CHECKING:
    from dfsrace.study.compare import Comparison
    from dfsrace.study.judged import Judged, Task

EPILOG = """\b
Examples:
  dfsrace compare                                   all of the library's protocols and scenarios
  dfsrace compare --protocol hook truncate_lock --scenario local-truncate hole-punch
  dfsrace compare --protocol locked_fault+invalidate_lock --scenario hole-punch
  dfsrace compare --protocol fix.yaml --set PAGES=2 a fix of one's own, on a file of two pages
  dfsrace compare --format markdown -o table.html -o table.csv
  dfsrace compare --protocol hook --scenario hole-punch --model | dfsrace check -

\b
Exit codes, the first that applies: 70 a bug of dfsrace, 2 a cell cannot be put together, 3 a cell
was cut or not done, 0 every cell is decided, violated or not.
"""


def complete(kind: str, incomplete: str) -> list[CompletionItem]:
    """Names of the library that begin so, and files."""
    from dfsrace.study.compose import known

    names = [CompletionItem(name) for name in known(kind) if name.startswith(incomplete)]
    return [*names, CompletionItem(incomplete, type="file")]


@click.command("compare", cls=ManyWords, epilog=EPILOG, short_help="Compare proposed fixes in several scenarios.")
@click.option(
    "--protocol",
    "protocols",
    metavar="NAME...",
    multiple=True,
    shell_complete=lambda context, parameter, incomplete: complete("protocols", incomplete),
    help="Fixes: names of the library or files, several as one with + between; default: all of the library.",
)
@click.option(
    "--scenario",
    "scenarios",
    metavar="NAME...",
    multiple=True,
    shell_complete=lambda context, parameter, incomplete: complete("scenarios", incomplete),
    help="Scenarios: names of the library or files; default: all of the library.",
)
@model_options
@click.option("--states", metavar="N", callback=read_integer(1), help="Visit at most N states in each cell.")
@click.option("--seconds", metavar="S", callback=read_seconds, help="Search for at most S seconds in each cell.")
@reduce_option
@click.option("-j", "--jobs", metavar="N", callback=read_integer(1), help="Check N cells at once; default: the cores.")
@click.option("--model", "alone", is_flag=True, help="Print the model of one cell, for check and others, and no table.")
@table_options
def command(
    *,
    protocols: Sequence[str],
    scenarios: Sequence[str],
    constants: Mapping[str, str],
    libraries: Sequence[str],
    alone: bool,
    **given: object,
) -> int:
    """Check every protocol in every scenario; print verdicts, counterexamples' sizes and states as one table.

    A protocol is a file of procedures that replace the kernel's; a scenario has the threads. The first row is the
    kernel without a fix. Ctrl-C prints what is decided. Below the table stands how to see one of the counterexamples.
    """
    from dfsrace.cli.together import complain_of_bugs
    from dfsrace.study.compare import compare_table, comparison
    from dfsrace.study.compose import NoSuchPiece

    try:
        compared = comparison(protocols, scenarios, libraries, constants.items())
    except NoSuchPiece as error:
        raise click.UsageError(str(error)) from error
    if alone:
        if given["outputs"]:
            raise click.UsageError("-o is where a table goes; --model prints a model")
        return _print_model(protocols, scenarios, compared)
    bounds = {name: given.pop(name) for name in ("states", "seconds", "reductions")}
    jobs = given.pop("jobs") or cores()
    assert isinstance(jobs, int)
    output = TableOutput(**given)  # type: ignore[arg-type]
    with output.files([*protocols, *scenarios]) as files:
        judged = judge_all(compared.tasks(), bounds, jobs)
        output.write(compare_table(compared, judged), files)
        if output.form == "text" and (line := _way_to_a_trace(compared, judged)):
            streams.write(f"\n{line}\n")
            streams.flush()
    complain_of_bugs(one.why for one in judged if one.status == "bug")
    return exit_code(judged)


def _print_model(protocols: Sequence[str], scenarios: Sequence[str], compared: Comparison) -> int:
    """Prints the text of the only cell that was asked for."""
    from dfsrace.language.files import Unreadable, read_bounded
    from dfsrace.study.compose import put_together

    if len(set(protocols)) != 1 or len(set(scenarios)) != 1:
        raise click.UsageError("--model prints one model: name one --protocol (unfixed is one) and one --scenario")
    scene = compared.scenarios[0]
    text = put_together(scene, compared.protocols[-1]).text
    try:
        text = read_bounded(scene.path) if text is None else text
    except Unreadable as error:
        raise click.ClickException(f"{quoted(str(scene.path), 300)}: {error}") from error
    streams.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return exits.HOLDS


def _way_to_a_trace(compared: Comparison, judged: Sequence[Judged]) -> str:
    """How to see a counterexample, as a command for the shell; empty where there is none.

    The first of the table in which a fix fails, else the first.
    """
    from dfsrace.render.words import shell_word
    from dfsrace.study.compose import UNFIXED

    cells = [(fix.name, scene.name) for fix in compared.protocols for scene in compared.scenarios]
    traced = [any(found.steps is not None for found in one.violated) for one in judged]
    shown = [cell for cell, has_trace in zip(cells, traced, strict=True) if has_trace]
    if not shown:
        return ""
    fix, scene = min(shown, key=lambda cell: cell[0] == UNFIXED)
    given = [word for name, value in compared.constants for word in ("--set", f"{name}={value}")]
    given += [word for folder in compared.libraries for word in ("--library", folder)]
    made = ["dfsrace", "compare", "--protocol", fix, "--scenario", scene, *given, "--model"]
    checked = ["dfsrace", "check", "-", *given]
    command = " | ".join(" ".join(map(shell_word, words)) for words in (made, checked))
    return f"Step by step, here {printable(fix)} in {printable(scene)}:\n  {command}"


def judge_all(tasks: Sequence[Task], bounds: Mapping[str, object], jobs: int) -> list[Judged]:
    """The verdicts of models, in their order; at most `jobs` are checked at once."""
    from dfsrace.cli.together import Together, at_once, study_options
    from dfsrace.study.judged import NOT_DONE, bug, judge, killed

    jobs, names = at_once(jobs, tasks), [task.name for task in tasks]
    return Together(judge, bug, killed, NOT_DONE).all(tasks, names, study_options(jobs, **bounds), jobs)


def exit_code(judged: Sequence[Judged]) -> int:
    """The first that applies of 70, 2, 3, 0."""
    statuses = {one.status for one in judged}
    if "bug" in statuses:
        return exits.OUR_BUG
    if "error" in statuses:
        return exits.WRONG_INPUT
    cut = any(not one.complete for one in judged)
    return exits.INCONCLUSIVE if cut else exits.HOLDS
