# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace compile`: a checker of one model as one C file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click

import dfsrace
from dfsrace.cli import exits, streams
from dfsrace.cli.options import model_argument, model_options, reduce_option
from dfsrace.cli.output import OutputFile
from dfsrace.diagnostics.text import quoted

EPILOG = """\b
Examples:
  dfsrace compile race.yaml -o checker.c
  cc -O2 -pthread checker.c -o checker
  ./checker --threads 64 --memory 200G > found.json
  dfsrace replay race.yaml --result found.json

\b
The checker needs no Python. It says numbers where the model has names; replay shows what they
mean, given the same --set and --library. It exits as check does.
"""


@click.command("compile", epilog=EPILOG, short_help="Write a checker of a model as one C file.")
@model_argument
@model_options
@click.option("-o", "--output", metavar="FILE.c", help="Write the C file there; - is standard output.")
@reduce_option
def command(
    model: str,
    libraries: Sequence[str],
    constants: Mapping[str, str],
    output: str | None,
    reductions: frozenset[str],
) -> int:
    """Write a checker of MODEL as one C file, for a machine where nothing can be installed.

    It explores the same states as `dfsrace check`, on all processors. The model's own bounds are its defaults.
    """
    if output is None:
        raise click.UsageError("say where to write it: -o FILE.c, or -o - for standard output")
    _keep_models(output, model)
    if output == "-":
        streams.write(_source(model, libraries, constants, reductions))
        return exits.HOLDS
    with OutputFile(output) as file:
        file.write(_source(model, libraries, constants, reductions))
    return exits.HOLDS


def _source(model: str, libraries: Sequence[str], constants: Mapping[str, str], reductions: frozenset[str]) -> str:
    from dfsrace.cli.naming import load_named
    from dfsrace.engine.native.values import Unsupported
    from dfsrace.engine.options import Options
    from dfsrace.operations import checker_source

    loaded = load_named(model, libraries, constants)
    try:
        return checker_source(loaded, dfsrace.__version__, Options(reductions=reductions))
    except Unsupported as error:
        raise click.ClickException(f"a compiled checker cannot explore this model: {error}") from error


def _keep_models(output: str, model: str) -> None:
    """Refuses to write over a model, this one or another, or a piece of one."""
    from dfsrace.cli.naming import same_file

    if same_file(output, model):
        raise click.UsageError(f"-o would write over the model '{output}'")
    if output.endswith((".yaml", ".yml")) and os.path.exists(output):
        raise click.UsageError(f"-o would write C over {quoted(output, 300)}, which may be a model")


__all__: Sequence[str] = ["command"]
