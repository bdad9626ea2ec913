# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace models`: what comes with dfsrace."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import click

from dfsrace.cli import exits, streams
from dfsrace.diagnostics.text import printable

EPILOG = """\b
Examples:
  dfsrace models                    all of them
  dfsrace models truncate           those with the word in their name or title
  dfsrace check seed-question       check one, by the last part of its name
  dfsrace show source seed-question read it with all that it includes
"""

_TITLE = re.compile(r"^model:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """A shipped model: its name, what the manifest says it gives, its title, its file."""

    name: str
    verdict: str
    title: str
    path: Path


def rows() -> Iterator[Row]:
    """The shipped models in the order of their names. FileNotFoundError where this installation lacks them."""
    from dfsrace.cli.naming import from_here, shipped
    from dfsrace.shipped import models_folder

    folder = models_folder()
    manifest = _manifest(folder)
    for name in shipped():
        path = folder / f"{name}.yaml"
        yield Row(name, manifest.get(name, "unknown"), title_of(path), from_here(path))


def title_of(path: Path) -> str:
    """A shipped model's title, which stands on one line; the whole language would cost seconds for all of them."""
    found = _TITLE.search(path.read_text(encoding="utf-8"))
    title = found.group(1) if found else ""
    quoted = len(title) > 1 and title[0] == title[-1] and title[0] in "\"'"
    return printable(title[1:-1] if quoted else title)


def _manifest(folder: Path) -> dict[str, str]:
    """Each model's verdict."""
    import tomllib

    listed = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    return {name: str(entry.get("verdict", "")) for name, entry in listed.items()}


@click.command("models", epilog=EPILOG, short_help="List the models that come with dfsrace.")
@click.argument("word", metavar="[WORD]", required=False)
def command(word: str | None) -> int:
    """List the shipped models: the path, the verdict, the title; with WORD those whose name or title has it.

    `dfsrace check` takes the path, the name (folder and file, without .yaml), or the file's name alone where only one
    model has it.
    """
    wanted = (word or "").lower()
    found = [row for row in rows() if wanted in row.name.lower() or wanted in row.title.lower()]
    if not found:
        raise click.ClickException(f"no shipped model has '{word}' in its name or title")
    if streams.is_terminal(sys.stdout):
        _print_table(found)
    else:
        width = max(len(str(row.path)) for row in found)
        streams.write("".join(f"{row.path!s:<{width}}  {row.verdict:<12}  {row.title}\n" for row in found))
    return exits.HOLDS


def _print_table(found: list[Row]) -> None:
    """On a terminal: folder by folder, with titles wrapped in their column and names that stay whole."""
    from rich.console import Console, Group
    from rich.table import Table
    from rich.text import Text

    width = max(len(row.path.stem) for row in found)
    styles = {"holds": "green", "violated": "red"}
    parts: list[Text | Table] = []
    for folder, rows_ in groupby(found, key=lambda row: row.path.parent):
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 0, 0, 2))
        table.add_column(no_wrap=True, min_width=width + 2)
        table.add_column(no_wrap=True, min_width=len("violated"))
        table.add_column(overflow="fold")
        for row in rows_:
            verdict = Text(row.verdict, style=styles.get(row.verdict, "yellow"))
            table.add_row(Text(f"  {printable(row.path.stem)}"), verdict, Text(row.title))
        parts += [Text(printable(str(folder)), style="bold"), table]
    console = Console(no_color=not streams.coloured("auto"), highlight=False, markup=False, emoji=False)
    console.print(Group(*parts))
