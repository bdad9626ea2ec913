# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace play`: steps through a model by hand, on the full screen or with plain prompts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from dfsrace.cli import exits, streams
from dfsrace.cli.options import complete_model, drawing_options, model_options, read_integer, read_seconds

if TYPE_CHECKING:
    from dfsrace.cli.play.session import Session

EPILOG = """\b
Examples:
  dfsrace play seed-question
  dfsrace play race.yaml --schedule 'cpu0*2 cpu1'   go on from there, as a report printed it
  dfsrace play race.yaml --set PAGES=2 --plain      prompts instead of the full screen
  echo 'run' | dfsrace play race.yaml               the shortest way to a violation

\b
At the prompt: a number or a word of a schedule makes a step; back, forward, jump N, init K,
run [PROPERTY], start [PROPERTY], state, trace, save [FILE], load SCHEDULE, help, quit.
The full screen has keys for these, and needs textual: pip install 'dfsrace[play]'.

\b
Exit codes: 0 when left, 2 if the model or the schedule is wrong, 130 when left by Ctrl-C.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of one `play`."""

    model: str
    constants: dict[str, str]
    libraries: tuple[str, ...]
    schedule: str | None
    plain: bool
    states: int | None
    seconds: float | None
    color: str
    ascii_only: bool


@click.command("play", epilog=EPILOG, short_help="Step through a model by hand.")
@click.argument("model", metavar="MODEL", shell_complete=complete_model)
@click.option("--schedule", metavar="SCHEDULE", help="Begin after these steps, as reports and `save` print them.")
@click.option("--plain", is_flag=True, help="Prompts instead of the full screen.")
@click.option("--states", metavar="N", callback=read_integer(1), help="`run` looks at no more than N states.")
@click.option("--seconds", metavar="S", callback=read_seconds, help="`run` searches for at most S seconds.")
@model_options
@drawing_options
def command(**given: Any) -> int:
    """Step through MODEL by hand: see who can move and what each step would change, make one, take it back."""
    request = Request(**given)
    if request.model == "-":
        raise click.UsageError("the model cannot come from standard input: what to do comes from there")
    from dfsrace.cli.play.session import begin

    session = begin(request)
    if session is None:
        return exits.WRONG_INPUT
    return _full_screen(session, request) if _has_screen(request) else _plain(session, request)


def _has_screen(request: Request) -> bool:
    """Whether there is a terminal that can be drawn on, and textual to draw on it; says so where only that lacks."""
    if request.plain or not (streams.is_terminal(sys.stdin) and streams.is_terminal(sys.stdout)):
        return False
    if os.environ.get("TERM", "dumb") == "dumb":
        return False
    if find_spec("textual") is None:
        streams.write("prompts only: the full screen needs textual, pip install 'dfsrace[play]'\n\n")
        return False
    return True


def _full_screen(session: Session, request: Request) -> int:
    from dfsrace.cli.play.screen import run_screen

    return run_screen(session, streams.coloured(request.color))


def _plain(session: Session, request: Request) -> int:
    from dfsrace.cli.play.plain import run_plain

    return run_plain(session, streams.coloured(request.color))


__all__: Sequence[str] = ["command"]
