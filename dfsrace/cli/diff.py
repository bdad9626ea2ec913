# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace diff`: what changed between two versions of a model."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

import dfsrace
from dfsrace.cli import exits, streams
from dfsrace.cli.engine_options import objects_folder
from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.options import (
    complete_model,
    drawing_options,
    model_options,
    read_integer,
    read_seconds,
    reduce_option,
)
from dfsrace.cli.output import OutputFile
from dfsrace.cli.progress import progress_line

if TYPE_CHECKING:
    from dfsrace.engine.options import Options
    from dfsrace.operations import Model
    from dfsrace.study.diff import Difference

EPILOG = """\b
Examples:
  dfsrace diff unfixed.yaml fixed.yaml
  dfsrace diff --git HEAD race.yaml               what is committed and what is not yet
  dfsrace diff --git main race.yaml --format markdown -o comment.md
  dfsrace diff v1.0:race.yaml HEAD:race.yaml      two revisions

\b
Verdicts, violated properties and counts are those of check. An outcome is what the shared state
holds when every thread but daemons has finished. A history is what the steps make of the shared
state, thread by thread, and the end; locks, loads and how the code is written do not show in it.
Of each version the shortest interleaving is shown whose history the other cannot make. Both are
about the variables that both versions declare, and up to renaming of pages and stamps.

\b
Exit codes, the first that applies: 70 a bug of dfsrace, 2 a version is wrong, 10 they differ,
3 not all could be compared, 0 the same but for counts.
"""

DIFFERS = 10


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `diff`."""

    old: str
    new: str | None
    git: str | None
    constants: dict[str, str]
    libraries: tuple[str, ...]
    states: int | None
    seconds: float | None
    reductions: frozenset[str]
    form: str
    output: str | None
    color: str
    ascii_only: bool


@click.command("diff", epilog=EPILOG, short_help="Show what changed between two versions of a model.")
@click.argument("old", metavar="OLD", shell_complete=complete_model)
@click.argument("new", metavar="[NEW]", required=False, shell_complete=complete_model)
@click.option("--git", metavar="REV", help="Compare one file: as it was at this revision, and as it is.")
@model_options
@click.option("--states", metavar="N", callback=read_integer(1), help="Visit at most N states of each.")
@click.option("--seconds", metavar="S", callback=read_seconds, help="Search for at most S seconds in each.")
@reduce_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="How it is printed; markdown is for a pull request.",
)
@click.option("-o", "--output", metavar="FILE", help="Write it there instead, in the same form.")
@drawing_options
def command(**given: Any) -> int:
    """Check OLD and NEW and say which verdicts, violated properties, outcomes and counts changed.

    Each is a file, the name of a shipped model, or REV:PATH, a file at a git revision; what that includes from the
    repository is of that revision too. With --git there is one file.
    """
    request = Request(**given)
    if (request.new is None) != (request.git is not None):
        raise click.UsageError("name two models, or one with --git REV")
    return _run(request)


def _run(request: Request) -> int:
    from dfsrace.study.diff import difference

    _keep_models(request)
    line, interrupts = progress_line(False, request.ascii_only), Interrupts()
    with OutputFile(request.output) if request.output else nullcontext() as output:
        old, new = _loaded(request)
        try:
            with interrupts.noted():
                found = difference(old, new, _options(request, interrupts, line))
        finally:
            if line is not None:
                line.clear()
        _print(request, found, output)
    return exit_code(found)


def _keep_models(request: Request) -> None:
    from dfsrace.cli.naming import same_file

    if request.output and any(same_file(request.output, word) for word in (request.old, request.new or "")):
        raise click.UsageError(f"-o would write over the model '{request.output}'")


def _options(request: Request, interrupts: Interrupts, line: Any) -> Options:
    from dfsrace.engine.memory import memory_limit
    from dfsrace.engine.options import Options

    return Options(
        reductions=request.reductions,
        states=request.states,
        seconds=request.seconds,
        memory=memory_limit(),
        progress=line,
        interrupted=interrupts,
        objects=objects_folder(),
    )


# ---- the two versions


def _loaded(request: Request) -> tuple[Model, Model]:
    if request.git is not None:
        return _at(request.git, _file(request.old), request), _named(request.old, request)
    assert request.new is not None
    return _either(request.old, request), _either(request.new, request)


def _file(word: str) -> str:
    """The file that a word names as a model."""
    from dfsrace.cli.naming import find

    path = find(word).path
    if path is None:
        raise click.UsageError("--git compares a file; standard input is none")
    return str(path)


def _either(word: str, request: Request) -> Model:
    from dfsrace.cli.revisions import split

    parts = split(word)
    return _named(word, request) if parts is None else _at(*parts, request)


def _named(word: str, request: Request) -> Model:
    from dfsrace.cli.naming import load_named

    return load_named(word, request.libraries, _settings(request))


def _at(rev: str, path: str, request: Request) -> Model:
    """A file at a revision. All of it is read at once, so that nothing is left behind."""
    from dfsrace.cli.revisions import checked_out, resolve
    from dfsrace.operations import load

    with ExitStack() as stack:
        there = stack.enter_context(checked_out(resolve(rev, path), request.libraries))
        word = f"{rev}:{path}"
        return load(there.source, there.libraries, _settings(request), name=word, given=word)


def _settings(request: Request) -> Mapping[str, str]:
    return request.constants


# ---- what comes out


def _print(request: Request, found: Difference, output: OutputFile | None) -> None:
    from dfsrace.render import difference as render

    if request.form == "text":
        lines = render.difference_lines(found, streams.drawing(request.ascii_only, False))
        if output is None:
            streams.write_lines(lines, streams.coloured(request.color))
            streams.flush()
            return
        text = render.difference_text(found, streams.drawing(request.ascii_only, False))
    elif request.form == "markdown":
        text = render.difference_markdown(found)
    else:
        text = render.difference_json(found, dfsrace.__version__)
    if output is not None:
        output.write(text)
    else:
        streams.write(text)
        streams.flush()


def exit_code(found: Difference) -> int:
    """The first that applies of 10, 3, 0."""
    if not found.same:
        return DIFFERS
    return exits.HOLDS if found.decided else exits.INCONCLUSIVE
