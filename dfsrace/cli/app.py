# SPDX-License-Identifier: GPL-2.0-only
"""The command group, and what every failure looks like: one line or a diagnostic, never a traceback."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

import click

import dfsrace
from dfsrace.cli import exits, streams
from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.render import render_error

# Commands in the order of their use; each module is loaded when its command or the list of commands is wanted.
COMMANDS = (
    "check",
    "report",
    "graph",
    "gate",
    "replay",
    "play",
    "show",
    "models",
    "new",
    "explain",
    "export",
    "compile",
    "compare",
    "cost",
    "sweep",
    "mutate",
    "diff",
)

EPILOG = """\b
Examples:
  dfsrace models                           what comes with dfsrace
  dfsrace check seed-question              check one of these
  dfsrace new my-race                      write a model to start from
  dfsrace check my-race.yaml --set CPUS=3  check it with another size
  dfsrace gate models/                     whether every model gives what it expects, for CI
  dfsrace report my-race.yaml -o race.html a page to step through, for the review
  dfsrace compare                          the fixes of the library in its scenarios, one table

\b
Exit codes: 0 everything holds, 2 the command or the model is wrong, 3 inconclusive, 10 not as expected (gate,
mutate, diff), 11 deadlock, 12 violated, 70 a bug of dfsrace, 130 interrupted, 141 closed pipe.

\b
Completion, for bash (zsh_source and fish_source likewise):
  eval "$(_DFSRACE_COMPLETE=bash_source dfsrace)"
"""


class ClosedPipe(Exception):
    """Nobody reads what we write. click would take a BrokenPipeError for its own and exit 1."""


class Commands(click.Group):
    """A group whose commands are modules of this package with a command `command`."""

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **named)
        except BrokenPipeError as error:
            raise ClosedPipe from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ClosedPipe from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"dfsrace.cli.{cmd_name}").command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, but an unknown command names the nearest one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from dfsrace.diagnostics.suggest import did_you_mean

            help = did_you_mean(name, COMMANDS) or f"there is {', '.join(COMMANDS)}"
            ctx.fail(f"there is no command '{name}'; {help}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(dfsrace.__version__, "-V", "--version", prog_name="dfsrace", message="%(prog)s %(version)s")
def commands() -> None:
    """Decides whether page faults race with truncation on distributed filesystems, and shows how.

    A model is one YAML file: the kernel's procedures, the threads that run them, and what must hold. All interleavings
    are explored; what can go wrong is shown as the shortest one that does.
    """


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command line, after everything was printed."""
    streams.prepare()
    try:
        code = commands.main(list(arguments), prog_name="dfsrace", standalone_mode=False)
        streams.flush()
        return code if isinstance(code, int) else exits.HOLDS
    except ModelError as error:
        streams.complain(render_error(error))
        return exits.WRONG_INPUT
    except click.Abort:
        streams.complain("dfsrace: interrupted")
        return exits.INTERRUPTED
    except click.ClickException as error:
        return _usage(error)
    except (ClosedPipe, BrokenPipeError):
        # Leaves quietly, as a process killed by SIGPIPE would.
        streams.abandon()
        return exits.CLOSED_PIPE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        streams.complain(f"dfsrace: {where}{(error.strerror or type(error).__name__).lower()}")
        return exits.WRONG_INPUT
    except MemoryError:
        streams.complain("dfsrace: out of memory; nothing is decided")
        return exits.INCONCLUSIVE
    except KeyboardInterrupt:
        streams.complain("dfsrace: interrupted")
        return exits.INTERRUPTED
    except Exception as error:
        streams.complain(bug_line(error))
        return exits.OUR_BUG


# click before 8.2 has no such exception: it prints the help and leaves.
_NO_ARGUMENTS: type[Exception] | tuple[()] = getattr(click.exceptions, "NoArgsIsHelpError", ())


def bug_line(error: Exception) -> str:
    """What is said of an error of ours: where it happened and how to report it; all of it if DFSRACE_DEBUG is set."""
    if os.environ.get("DFSRACE_DEBUG"):
        return "".join(traceback.format_exception(error)).rstrip()
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (
        f"dfsrace: this is a bug of dfsrace {dfsrace.__version__} ({what[:300]}{_place(error.__traceback__)}); please"
        " report it with the model, the command, and what it prints with DFSRACE_DEBUG=1 in the environment"
    )


def _place(where: TracebackType | None) -> str:
    """` in FILE:LINE` of our innermost code under way."""
    package = str(Path(dfsrace.__file__).parent)
    frames = [f for f in traceback.extract_tb(where) if f.filename.startswith(package)]
    return f" in {Path(frames[-1].filename).relative_to(package)}:{frames[-1].lineno}" if frames else ""


def _usage(error: click.ClickException) -> int:
    """A wrong command line: how it goes, and what is wrong with it. Words of the user are shown harmless."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    lines = []
    if isinstance(error, _NO_ARGUMENTS):
        lines = [error.format_message()]
    else:
        if context is not None:
            lines = [context.get_usage(), f"Try '{context.command_path} --help'."]
        lines.append("dfsrace: " + error.format_message().replace("\n\t", " "))
    streams.complain("\n".join(lines))
    return exits.WRONG_INPUT
