# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace cost`: what proposed fixes add to the paths that everybody takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from dfsrace.cli import exits
from dfsrace.cli.compare import complete
from dfsrace.cli.engine_options import cores
from dfsrace.cli.many_words import ManyWords
from dfsrace.cli.options import model_options, read_integer
from dfsrace.cli.table_output import TableOutput, table_options

if TYPE_CHECKING:
    from dfsrace.study.compose import Protocol
    from dfsrace.study.cost import Costs, Measured

EPILOG = """\b
Examples:
  dfsrace cost                                     every protocol of the library on every path
  dfsrace cost --path fault-cached                 the hot path
  dfsrace cost --protocol truncate_count hook --path fault-cached dfs-fault-cached --procedures
  dfsrace cost --protocol my-fix.yaml --paths my-paths.toml
  dfsrace cost --differences --format markdown -o cost.csv

\b
A file of paths has a table for each, as the library's own paths.toml:
  [fault-cached]
  call = "do_no_page(mm0, 0)"
  start = "A.page_cache[0] is not None"
  constants = {VM_OPS = "filemap"}

\b
Exit codes, the first that applies: 70 a bug of dfsrace, 2 a path cannot be measured, 3 one was
not done, 0 all are measured.
"""


def complete_path(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the library's paths that begin so."""
    from dfsrace.study.paths import read_paths

    return [CompletionItem(path.name) for path in read_paths() if path.name.startswith(incomplete)]


@click.command("cost", cls=ManyWords, epilog=EPILOG, short_help="Count what proposed fixes cost on common paths.")
@click.option(
    "--protocol",
    "protocols",
    metavar="NAME...",
    multiple=True,
    shell_complete=lambda context, parameter, incomplete: complete("protocols", incomplete),
    help="Fixes: names of the library or files, several as one with + between; default: all of the library.",
)
@click.option(
    "--path", "names", metavar="NAME...", multiple=True, shell_complete=complete_path, help="Paths; default: all."
)
@click.option(
    "--paths", "file", metavar="FILE.toml", type=click.Path(path_type=Path), help="A file of paths of one's own."
)
@click.option("--differences", is_flag=True, help="Show only what each fix does more, paths side by side.")
@click.option("--procedures", is_flag=True, help="Show what each procedure does itself.")
@model_options
@click.option("-j", "--jobs", metavar="N", callback=read_integer(1), help="Measure N at once; default: the cores.")
@table_options
def command(
    *, protocols: Sequence[str], names: Sequence[str], file: Path | None, differences: bool, **given: object
) -> int:
    """Count loads, stores, atomic operations, lock acquisitions and barriers on paths without contention.

    One thread runs alone, from the initial states that the path names, and what it executes is counted: measured, not
    estimated, but of the model: each access that its procedures spell out counts once, whatever a cache would make of
    it. The first row of each path is the kernel without a fix.
    """
    from dfsrace.cli.together import complain_of_bugs
    from dfsrace.study.cost import Costs, cost_table, difference_table
    from dfsrace.study.paths import WrongPaths, chosen, read_paths

    procedures, libraries, constants = (given.pop(name) for name in ("procedures", "libraries", "constants"))
    if procedures and differences:
        raise click.UsageError("--differences and --procedures are two tables: ask for one of them")
    jobs = given.pop("jobs") or cores()
    assert (
        isinstance(jobs, int)
        and isinstance(procedures, bool)
        and isinstance(libraries, tuple)
        and isinstance(constants, Mapping)
    )
    try:
        paths = chosen(read_paths(file), names)
    except WrongPaths as error:
        raise click.UsageError(str(error)) from error
    costs = Costs(paths, _fixes(protocols, libraries), libraries, tuple(constants.items()))
    output = TableOutput(**given)  # type: ignore[arg-type]
    with output.files([*protocols, *([str(file)] if file else [])]) as files:
        measured = _measured(costs, jobs)
        output.write(
            difference_table(costs, measured) if differences else cost_table(costs, measured, procedures), files
        )
    complain_of_bugs(one.why for one in measured if one.status == "bug")
    return _exit_code(measured)


def _fixes(words: Sequence[str], libraries: Sequence[str]) -> tuple[Protocol, ...]:
    from dfsrace.study.compose import NoSuchPiece, fixes

    try:
        return fixes(words, libraries)
    except NoSuchPiece as error:
        raise click.UsageError(str(error)) from error


def _measured(costs: Costs, jobs: int) -> list[Measured]:
    from dfsrace.cli.together import Together, at_once, study_options
    from dfsrace.study.cost import NOT_DONE, bug, killed, measure

    tasks = costs.tasks()
    jobs = at_once(jobs, tasks)
    together = Together(measure, bug, killed, NOT_DONE)
    return together.all(tasks, [task.name for task in tasks], study_options(jobs), jobs)


def _exit_code(measured: Sequence[Measured]) -> int:
    statuses = {one.status for one in measured}
    codes = {"bug": exits.OUR_BUG, "error": exits.WRONG_INPUT, "not done": exits.INCONCLUSIVE}
    return next((code for status, code in codes.items() if status in statuses), exits.HOLDS)
