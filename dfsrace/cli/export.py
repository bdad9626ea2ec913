# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace export`: a model in another tool's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from click.shell_completion import CompletionItem

from dfsrace.cli import exits, streams
from dfsrace.cli.options import model_argument, model_options
from dfsrace.cli.output import OutputFile

EPILOG = """\b
Examples:
  dfsrace export seed-question --to promela > seed.pml
  dfsrace export race.yaml --to promela -o race.pml
  spin -run race.pml
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
        raise click.UsageError(f"say in which language with --to FORMAT; {there_is}", context)
    if given not in FORMATS:
        help = did_you_mean(given, FORMATS) or there_is
        raise click.BadParameter(f"there is no format '{given}'; {help}", context, parameter)
    return given


@click.command("export", epilog=EPILOG, short_help="Write a model in another tool's language.")
@model_argument
@model_options
@click.option(
    "--to",
    "form",
    metavar="FORMAT",
    callback=read_format,
    shell_complete=complete_format,
    help="The language to write: promela, for SPIN.",
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output.")
def command(model: str, libraries: Sequence[str], constants: Mapping[str, str], form: str, output: str | None) -> int:
    """Write MODEL in another tool's language, whose search without reductions visits the same states.

    They are those of `dfsrace check --reduce none`.
    """
    from dfsrace.cli.naming import load_named, same_file
    from dfsrace.export import FORMATS, NotExpressible

    if output and same_file(output, model):
        raise click.UsageError(f"-o would write over the model '{output}'")
    system = load_named(model, libraries, constants).system
    try:
        text = FORMATS[form](system)
    except NotExpressible as error:
        raise click.ClickException(f"{form} cannot express this model: {error}") from error
    if output:
        with OutputFile(output) as file:
            file.write(text)
    else:
        streams.write(text)
    return exits.HOLDS
