# SPDX-License-Identifier: GPL-2.0-only
"""--format and -o of commands whose result is a table: in which form it is printed, and into which files it goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import click

import dfsrace
from dfsrace.cli import streams
from dfsrace.cli.options import drawing_options
from dfsrace.cli.output import OutputFile
from dfsrace.diagnostics.text import quoted

if TYPE_CHECKING:
    from dfsrace.study.table import Table

Command = TypeVar("Command", bound=Callable[..., object])

FORMATS = ("text", "markdown", "html", "json", "csv")


def table_options(function: Command) -> Command:
    """--format, -o, --color, --ascii."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How the table is printed.",
    )
    output = click.option(
        "-o",
        "--output",
        "outputs",
        metavar="FILE",
        multiple=True,
        help="Write it to a file besides: .md, .html, .json, .csv or .txt; may be repeated.",
    )
    return form(output(drawing_options(function)))


@dataclass(frozen=True, slots=True)
class TableOutput:
    """Where a table goes. `more`: a command's own forms for files, by their ending."""

    form: str
    outputs: tuple[str, ...]
    color: str
    ascii_only: bool
    more: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    @contextmanager
    def files(self, inputs: Sequence[str] = ()) -> Iterator[list[tuple[str, OutputFile]]]:
        """The files, each with its ending; usage errors before anything is computed. They are written at the end."""
        from dfsrace.cli.naming import same_file
        from dfsrace.render.tables import SUFFIXES

        if len({os.path.realpath(path) for path in self.outputs}) < len(self.outputs):
            raise click.UsageError("-o names one file twice")
        endings = list({**SUFFIXES, **self.more})
        with ExitStack() as stack:
            opened = []
            for path in self.outputs:
                ending = os.path.splitext(path)[1].lower()
                if ending not in endings:
                    raise click.UsageError(f"-o {quoted(path, 300)}: a table's file ends in {', '.join(endings)}")
                if any(same_file(path, word) for word in inputs):
                    raise click.UsageError(f"-o would write over {quoted(path, 300)}")
                opened.append((ending, stack.enter_context(OutputFile(path))))
            yield opened

    def write(self, table: Table, files: Sequence[tuple[str, OutputFile]]) -> None:
        """Prints the table and gives the files their texts."""
        from dfsrace.render.style import Drawing
        from dfsrace.render.tables import SUFFIXES, TABLE_FORMATS
        from dfsrace.study.table import lasting

        drawing = streams.drawing(self.ascii_only, False)
        if self.form == "text":
            from dfsrace.render.table_text import table_lines

            streams.write_lines(table_lines(table, drawing), streams.coloured(self.color))
        else:
            streams.write(TABLE_FORMATS[self.form](table, drawing, dfsrace.__version__))
        streams.flush()
        for ending, file in files:
            if ending in self.more:
                file.write(self.more[ending]())
            else:
                form = SUFFIXES[ending]
                kept = lasting(table) if form == "text" else table
                file.write(TABLE_FORMATS[form](kept, Drawing(self.ascii_only, 120), dfsrace.__version__))
