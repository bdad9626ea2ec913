# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace new`: a model to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from dfsrace.cli import exits, streams
from dfsrace.diagnostics.text import printable, quoted

EPILOG = """\b
Examples:
  dfsrace new my-race            writes my-race.yaml
  dfsrace check my-race.yaml     which holds
"""

TEMPLATE = Path(__file__).with_name("new.yaml")
_TITLE = "A page cache lookup races with truncation"


@click.command("new", epilog=EPILOG, short_help="Write a commented model to start from.")
@click.argument("name", metavar="NAME")
def command(name: str) -> int:
    """Write NAME.yaml, a small commented model that can be checked at once. A file that is there is never overwritten.

    The file is yours: it carries no licence but the one that you give it.
    """
    path = name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"
    text = template(Path(path).stem)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        raise click.ClickException(f"{quoted(path, 300)} is there already; choose another name") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise click.ClickException(f"cannot write {quoted(path, 300)}: {why.lower()}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        os.unlink(path)
        raise
    from dfsrace.render.words import shell_word

    word = shell_word(f"./{path}" if path.startswith("-") else path)
    streams.write(f"wrote {printable(path)}; now: dfsrace check {word}\n")
    return exits.HOLDS


def template(stem: str) -> str:
    """The model's text: ours without its licence line, under the title that the file's name suggests."""
    text = TEMPLATE.read_text(encoding="utf-8").partition("\n")[2]
    words = " ".join(printable(stem).replace("-", " ").replace("_", " ").split())
    title = "'" + words.replace("'", "''") + "'"
    return text.replace(f"model: {_TITLE}", f"model: {title}", 1) if words else text
