# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace sweep`: one model at many sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from dfsrace.cli.compare import exit_code, judge_all
from dfsrace.cli.engine_options import cores
from dfsrace.cli.options import library_option, model_argument, read_integer, read_seconds, reduce_option
from dfsrace.cli.table_output import TableOutput, table_options

if TYPE_CHECKING:
    from dfsrace.study.judged import Judged
    from dfsrace.study.sweep import Dimension, Sweep

SECONDS = 20.0

EPILOG = f"""\b
Examples:
  dfsrace sweep seed-question --set PAGES=1..3 --set FRAMES=2..4
  dfsrace sweep race.yaml --set CPUS=1..5 -o growth.svg       how the states grow
  dfsrace sweep race.yaml --set FRAMES=2,4,8 --set VM_OPS=filemap,dfs
  dfsrace sweep race.yaml --set PAGES=1..4 --states 1_000_000 --format json

\b
Each size is searched for at most {SECONDS:g} seconds, or as --seconds says.
A size that was cut is inconclusive.

\b
Exit codes, the first that applies: 70 a bug of dfsrace, 2 the model or a size is wrong, 3 a size
was cut or not done, 0 every size is decided, whatever the verdicts are.
"""


@click.command("sweep", epilog=EPILOG, short_help="Check a model at many sizes.")
@model_argument
@click.option(
    "--set",
    "sizes",
    metavar="NAME=LOW..HIGH",
    multiple=True,
    required=True,
    help="A constant and its values: a range, or several with commas; may be repeated: all combinations are checked.",
)
@library_option
@click.option("--states", metavar="N", callback=read_integer(1), help="Visit at most N states at each size.")
@click.option(
    "--seconds",
    metavar="S",
    default=f"{SECONDS:g}",
    show_default=True,
    callback=read_seconds,
    help="Search for at most S seconds at each size.",
)
@reduce_option
@click.option("-j", "--jobs", metavar="N", callback=read_integer(1), help="Check N sizes at once; default: the cores.")
@table_options
def command(*, model: str, sizes: Sequence[str], libraries: tuple[str, ...], **given: object) -> int:
    """Check MODEL at every combination of sizes, and say from which size on its verdict no longer changes.

    That a verdict no longer changes is no proof for larger sizes. -o FILE.svg draws how the states grow.
    """
    from dfsrace.cli.together import complain_of_bugs
    from dfsrace.render.sweep_svg import sweep_svg
    from dfsrace.render.tables import table_html
    from dfsrace.study.sweep import WrongSizes, dimensions, sweep_table

    try:
        swept = _swept(model, dimensions(sizes), libraries)
    except WrongSizes as error:
        raise click.UsageError(str(error)) from error
    bounds = {name: given.pop(name) for name in ("states", "seconds", "reductions")}
    jobs = given.pop("jobs") or cores()
    assert isinstance(jobs, int)
    judged: list[Judged] = []
    more = {
        ".svg": lambda: sweep_svg(swept, judged),
        ".html": lambda: table_html(sweep_table(swept, judged), sweep_svg(swept, judged)),
    }
    output = TableOutput(more=more, **given)  # type: ignore[arg-type]
    with output.files([model]) as files:
        judged += judge_all(swept.tasks(), bounds, jobs)
        output.write(sweep_table(swept, judged), files)
    complain_of_bugs(one.why for one in judged if one.status == "bug")
    return exit_code(judged)


def _swept(word: str, sizes: tuple[Dimension, ...], libraries: tuple[str, ...]) -> Sweep:
    """The sweep. ModelError where the model is wrong as it stands, or has no such constant."""
    from dfsrace.cli.naming import STANDARD_INPUT, find, load_named
    from dfsrace.language.files import ModelSource
    from dfsrace.study.sweep import Sweep

    model = load_named(word, libraries, {})
    if unknown := {d.name: d.values[0] for d in sizes if d.name not in model.declarations.constants}:
        load_named(word, libraries, unknown)
    named = find(word)
    source = ModelSource.of(named.path) if named.path is not None else None
    if source is None:
        texts = {file.name: file.text for file in model.declarations.sources}
        source = ModelSource(STANDARD_INPUT, None, texts[model.declarations.file])
    return Sweep(model.name, source, sizes, libraries)
