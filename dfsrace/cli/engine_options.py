# SPDX-License-Identifier: GPL-2.0-only
"""--engine, --threads, --memory: by what a model is explored, and what that may use; --checkpoint: where it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from dfsrace.cli.options import read_seconds

Command = TypeVar("Command", bound=Callable[..., Any])

ENGINES = ("auto", "reference", "native")
MOST_THREADS = 1024
CHECKPOINT_EVERY = 60.0  # seconds
_SIZE = re.compile(r"([0-9][0-9_]*)(?:([KMGT])(?:i?B)?)?", re.ASCII | re.IGNORECASE)


def read_size(context: click.Context, parameter: click.Parameter, given: str | None) -> int | None:
    """Reads a size in bytes: 500M, 4G, 64GiB; K, M, G and T are powers of 1024."""
    if given is None:
        return None
    found = _SIZE.fullmatch(given.strip())
    digits = found[1].replace("_", "") if found else ""
    if not found or not 0 < len(digits) <= 18 or int(digits) == 0:
        raise click.BadParameter(f"'{given}' is no size such as 500M or 4G", context, parameter)
    return int(digits) << 10 * (" KMGT".index(found[2].upper()) if found[2] else 0)


def read_threads(context: click.Context, parameter: click.Parameter, given: str | None) -> int:
    """Reads a number of threads; all cores where none is given."""
    if given is None:
        return cores()
    if not (given.isascii() and given.isdecimal() and len(given) <= 6 and 0 < int(given) <= MOST_THREADS):
        raise click.BadParameter(f"'{given}' is no integer from 1 to {MOST_THREADS}", context, parameter)
    return int(given)


def cores() -> int:
    """How many cores this process may use."""
    from dfsrace.engine import resources

    return resources.cores()


def objects_folder() -> Path | None:
    """Where compiled code is kept for this user; None without a home."""
    from dfsrace.engine import resources

    return resources.objects_folder()


def engine_options(function: Command) -> Command:
    """The options."""
    engine = click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="auto",
        show_default=True,
        help="Python, compiled code (by $CC, else cc, gcc, clang or zig), or whichever answers first.",
    )
    threads = click.option(
        "--threads", metavar="N", callback=read_threads, help="Threads of compiled code; default: the cores."
    )
    memory = click.option(
        "--memory", metavar="SIZE", callback=read_size, help="Use at most SIZE, as in 4G; default: 60% of what is free."
    )
    return engine(threads(memory(function)))


def checkpoint_options(function: Command) -> Command:
    """The options that keep a search in a file."""
    file = click.option(
        "--checkpoint",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Keep the search in FILE, so that --resume goes on after it was ended or killed.",
    )
    every = click.option(
        "--checkpoint-every",
        metavar="S",
        callback=read_seconds,
        help=f"Write it every S seconds; default: {CHECKPOINT_EVERY:g}.",
    )
    resume = click.option("--resume", is_flag=True, help="Go on from the --checkpoint; refused if the model changed.")
    return file(every(resume(function)))


def check_checkpoint(given: Mapping[str, Any]) -> None:
    """Refuses options that do not go together."""
    if given["checkpoint"] is None:
        for option in ("resume", "checkpoint_every"):
            if given[option]:
                raise click.UsageError(f"--{option.replace('_', '-')} needs --checkpoint FILE")
        return
    if len(given["models"]) > 1:
        raise click.UsageError(f"--checkpoint keeps one search; there are {len(given['models'])} models")
    if given["engine"] == "reference":
        raise click.UsageError("--engine reference writes no checkpoints: leave it out, or take native")
