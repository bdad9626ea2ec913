# SPDX-License-Identifier: GPL-2.0-only
"""Tables as text for a terminal, Markdown, a web page, JSON and CSV.

The same table gives the same bytes, but for what is marked as different each time: only terminal and JSON show that.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from html import escape

from dfsrace.diagnostics.text import is_unsafe, printable
from dfsrace.render.style import Drawing, plain
from dfsrace.render.table_text import table_lines
from dfsrace.study.table import Cell, Datum, Table, lasting

SCHEMA = 1
# Each format's name, and the ending of the files that get it.
SUFFIXES = {".txt": "text", ".md": "markdown", ".html": "html", ".json": "json", ".csv": "csv"}

_MARKS = {"good": "**", "bad": "**", "open": "**"}
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; }
table { border-collapse: collapse; }
th, td { border: 1px solid #8888; padding: .35rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.good b { color: light-dark(#13692e, #6fd18d); }
.bad b { color: light-dark(#a4161a, #ff8f8f); }
.open b { color: light-dark(#7a5200, #e9c46a); }
.dim { opacity: .7; }
figure { margin: 2rem 0; max-width: 60rem; }
"""


def table_text(table: Table, drawing: Drawing, version: str = "") -> str:
    """Plain lines for a terminal or a text file."""
    return plain(table_lines(table, drawing))


def table_markdown(table: Table) -> str:
    """A table as GitHub shows it, and its notes; foreign text cannot end a field or become markup."""
    table = lasting(table)
    lines = [f"**{markdown_text(table.title)}**", ""] if table.title else []
    lines.append(f"| {' | '.join(markdown_text(column.heading) for column in table.columns)} |")
    lines.append(f"|{'|'.join('---:' if column.right else '---' for column in table.columns)}|")
    for row in table.rows:
        lines.append(f"| {' | '.join(_field(cell) for cell in row)} |")
    for note in table.notes:
        lines += ["", markdown_text(note)]
    return "\n".join(lines) + "\n"


def _field(cell: Cell) -> str:
    shown = [markdown_text(line) for line in cell.lines]
    mark = _MARKS.get(cell.tone, "")
    if shown and shown[0] and mark:
        shown[0] = f"{mark}{shown[0]}{mark}"
    return "<br>".join(shown)


def markdown_text(text: str) -> str:
    """Text that Markdown leaves as it is, also at the begin of a line; an underscore inside a word needs no escape.

    GitHub makes no link, formula or mention of it.
    """
    shown = printable(text).strip()
    begin = _BEGINS_A_BLOCK.match(shown)
    made = []
    for place, character in enumerate(shown):
        around = shown[place - 1 : place] + shown[place + 1 : place + 2]
        inside = character == "_" and len(around) == 2 and around.isalnum()
        made.append(_MARKDOWN.get(character, character) if not inside else character)
    if begin:
        made[begin.end() - 1] = f"&#{ord(shown[begin.end() - 1])};"
    return _LINK.sub(lambda found: found[0].replace(":", "&#58;").replace(".", "&#46;"), "".join(made))


_MARKDOWN = {
    **{character: f"\\{character}" for character in "\\`*_[]|~#"},
    **{"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", "$": "&#36;"},
}
_BEGINS_A_BLOCK = re.compile(r"[-+](?=\s|$)|-(?=[-\s]+$)|\d{1,9}[.)](?=\s|$)")
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)


def table_html(table: Table, figure: str = "") -> str:
    """A page that needs nothing else. `figure`: an SVG of our own that stands below the table."""
    table = lasting(table)
    title = _html(table.title)
    head = "".join(f'<th scope="col">{_html(column.heading)}</th>' for column in table.columns)
    rows = []
    for row in table.rows:
        shown = []
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            shown.append(_html_cell(cell, "th" if place < table.fixed else "td", column.right))
        rows.append(f"<tr>{''.join(shown)}</tr>")
    notes = "".join(f"<p>{_html(note)}</p>\n" for note in table.notes)
    below = f"<figure>\n{figure}</figure>\n" if figure else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<table>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n" + "\n".join(rows) + f"\n</tbody>\n</table>\n{notes}{below}</body>\n</html>\n"
    )


def _html_cell(cell: Cell, tag: str, number: bool) -> str:
    lines = [_html(line) for line in cell.lines]
    if lines and cell.tone in ("good", "bad", "open"):
        lines[0] = f"<b>{lines[0]}</b>"
    classes = " ".join(name for name in (cell.tone, "number" if number and tag == "td" else "") if name)
    attributes = f' class="{classes}"' if classes else ""
    scope = ' scope="row"' if tag == "th" else ""
    return f"<{tag}{scope}{attributes}>{'<br>'.join(lines)}</{tag}>"


def _html(text: str) -> str:
    return escape(printable(text), quote=True)


def table_json(table: Table, version: str) -> str:
    """One object: the records, the notes, and by what version they were made."""
    value = {
        "schema": SCHEMA,
        "version": version,
        "title": table.title,
        "records": [dict(record) for record in table.records],
        "notes": list(table.notes),
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def table_csv(table: Table) -> str:
    """The records, their keys first; lists with `;` in between.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    keys = [key for key in (table.records[0] if table.records else {}) if key not in table.volatile_keys]
    writer.writerow(map(_csv_field, keys))
    for record in table.records:
        writer.writerow([_csv_field(record[key]) for key in keys])
    return file.getvalue()


def _csv_field(value: Datum) -> str:
    """A field of CSV; what is no number and looks like a formula is made a text."""
    shown = _plain_datum(value)
    is_number = isinstance(value, int | float)
    return f"'{shown}" if not is_number and shown[:1] in ("=", "+", "-", "@") else shown


def _plain_datum(value: Datum) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return "".join(ascii(c)[1:-1] if is_unsafe(c) else c for c in value)
    if isinstance(value, Mapping):
        if any(isinstance(item, Mapping) for item in value.values()):
            return json.dumps(value, ensure_ascii=True)
        return ";".join(f"{_plain_datum(key)}={_plain_datum(item)}" for key, item in value.items())
    return ";".join(_plain_datum(item) for item in value)


# The table, how to draw, the version of the program that says so.
TABLE_FORMATS: dict[str, Callable[[Table, Drawing, str], str]] = {
    "text": table_text,
    "markdown": lambda table, drawing, version: table_markdown(table),
    "html": lambda table, drawing, version: table_html(table),
    "json": lambda table, drawing, version: table_json(table, version),
    "csv": lambda table, drawing, version: table_csv(table),
}

__all__ = [
    "SUFFIXES",
    "TABLE_FORMATS",
    "markdown_text",
    "table_csv",
    "table_html",
    "table_json",
    "table_markdown",
    "table_text",
]
