# SPDX-License-Identifier: GPL-2.0-only
"""Options and arguments that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])


def complete_model(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shipped models' names, by their beginning or their last part's, and files."""
    from dfsrace.cli.naming import shipped

    names = [n for n in shipped() if n.startswith(incomplete) or n.rpartition("/")[2].startswith(incomplete)]
    return [*(CompletionItem(name) for name in names), CompletionItem(incomplete, type="file")]


def read_settings(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """`--set NAME=VALUE` as a mapping; usage errors for what is none, and for a name that has two values."""
    settings: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        name, value = name.strip(), value.strip()
        if not (name and equals and value):
            raise click.BadParameter(f"'{word}' is not NAME=VALUE", context, parameter)
        if settings.get(name, value) != value:
            raise click.BadParameter(f"{name} is set twice, to {settings[name]} and {value}", context, parameter)
        settings[name] = value
    return settings


def read_integer(least: int) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """Reads an integer from `least` on, with underscores if one likes."""

    def read(context: click.Context, parameter: click.Parameter, given: str | None) -> int | None:
        digits = (given or "").replace("_", "")
        if given is None:
            return None
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18 and int(digits) >= least):
            raise click.BadParameter(f"'{given}' is no integer of {least} or more", context, parameter)
        return int(digits)

    return read


def read_reductions(context: click.Context, parameter: click.Parameter, given: str) -> frozenset[str]:
    """`none`, `all`, or names with commas between them."""
    from dfsrace.diagnostics.suggest import did_you_mean
    from dfsrace.engine.options import REDUCTIONS

    if given in ("none", "all"):
        return frozenset(REDUCTIONS if given == "all" else ())
    names = [name.strip() for name in given.split(",")]
    for name in names:
        if name not in REDUCTIONS:
            help = did_you_mean(name, REDUCTIONS) or f"there is none, all, {', '.join(REDUCTIONS)}"
            raise click.BadParameter(f"there is no reduction '{name}'; {help}", context, parameter)
    return frozenset(names)


def read_seconds(context: click.Context, parameter: click.Parameter, given: str | None) -> float | None:
    """Reads a number of seconds over 0."""
    if given is None:
        return None
    seconds = _number(given)
    if not 0 < seconds < math.inf:
        raise click.BadParameter(f"'{given}' is no number of seconds over 0", context, parameter)
    return seconds


def read_share(context: click.Context, parameter: click.Parameter, given: str | None) -> float | None:
    """Reads a share from 0 to 1."""
    if given is None:
        return None
    share = _number(given)
    if not 0 <= share <= 1:
        raise click.BadParameter(f"'{given}' is no number from 0 to 1", context, parameter)
    return share


def _number(given: str) -> float:
    """The number in a text; not a number where it has none, which no range holds."""
    try:
        return float(given)
    except ValueError:
        return math.nan


def library_option(function: Command) -> Command:
    """--library: where included files are looked for first."""
    option: Callable[[Command], Command] = click.option(
        "--library",
        "libraries",
        metavar="DIR",
        multiple=True,
        type=click.Path(exists=True, file_okay=False),
        help="Look for included library files here first; may be repeated.",
    )
    return option(function)


def reduce_option(function: Command) -> Command:
    """--reduce: which reductions a search makes."""
    option: Callable[[Command], Command] = click.option(
        "--reduce",
        "reductions",
        metavar="none|all|NAME,...",
        default="all",
        show_default=True,
        callback=read_reductions,
        help="Reductions: pools, stamps, threads.",
    )
    return option(function)


def search_options(function: Command) -> Command:
    """--property, --first and the bounds: how much a check looks for, and how far."""
    options = (
        click.option(
            "--property",
            "properties",
            metavar="NAME",
            multiple=True,
            help="Check this invariant or reach only; may be repeated. The automatic checks stay on.",
        ),
        click.option("--first", is_flag=True, help="Stop at the first violation."),
        click.option("--states", metavar="N", callback=read_integer(1), help="Visit at most N states."),
        click.option("--seconds", metavar="S", callback=read_seconds, help="Search for at most S seconds."),
        click.option(
            "--switches", metavar="K", callback=read_integer(0), help="Only interleavings of at most K switches."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def model_options(function: Command) -> Command:
    """--set and --library: what a model is loaded with."""
    constants = click.option(
        "--set",
        "constants",
        metavar="NAME=VALUE",
        multiple=True,
        callback=read_settings,
        help="Give a constant of the model another value; may be repeated.",
    )
    return constants(library_option(function))


def drawing_options(function: Command) -> Command:
    """--color and --ascii: how reports look."""
    color = click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colours: auto means on a terminal, unless NO_COLOR is set.",
    )
    plain = click.option("--ascii", "ascii_only", is_flag=True, help="Draw with ASCII characters only.")
    return color(plain(function))


def model_argument(function: Command) -> Command:
    """One MODEL."""
    argument: Callable[[Command], Command] = click.argument("model", metavar="MODEL", shell_complete=complete_model)
    return argument(function)
