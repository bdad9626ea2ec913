# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace explain`: what a diagnostic's code means."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from dfsrace.cli import exits, streams

EPILOG = """\b
Examples:
  dfsrace explain DR304    what it means, lines that give it, and the same lines mended
  dfsrace explain          all codes
"""


def complete_code(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Codes that begin so, with their titles."""
    from dfsrace.diagnostics.codes import CODES

    return [CompletionItem(code, help=e.title) for code, e in CODES.items() if code.startswith(incomplete.upper())]


@click.command("explain", epilog=EPILOG, short_help="Say more about an error's code.")
@click.argument("code", metavar="[CODE]", required=False, shell_complete=complete_code)
def command(code: str | None) -> int:
    """Say what the error CODE of a diagnostic means, with an example and its mending; without CODE, list them all."""
    from dfsrace.diagnostics.codes import CODES
    from dfsrace.diagnostics.explanation import explanation_text
    from dfsrace.diagnostics.suggest import nearest

    if code is None:
        streams.write("".join(f"{known}  {explanation.title}\n" for known, explanation in CODES.items()))
        return exits.HOLDS
    found = code.strip().upper()
    if found.isdecimal():
        found = f"DR{found}"
    if found not in CODES:
        near = nearest(found, CODES)
        help = f"did you mean {near}?" if near else "`dfsrace explain` lists them all"
        raise click.ClickException(f"there is no code '{code}'; {help}")
    streams.write(explanation_text(found, CODES[found]) + "\n")
    return exits.HOLDS
