# SPDX-License-Identifier: GPL-2.0-only
"""CSV: a row for each statement that a trace executes, for spreadsheets and data frames. RFC 4180."""

from __future__ import annotations

import csv
from io import StringIO

from dfsrace.diagnostics.text import printable
from dfsrace.export.statements import Statement, statements
from dfsrace.operations import Model
from dfsrace.trace.record import Trace, TraceStep

COLUMNS = (
    *("step", "thread", "choices", "procedure", "file", "line", "statement", "shared", "reads", "changes", "lock"),
    *("event", "result", "created", "violates"),
)
# What a spreadsheet takes for the beginning of a formula, full-width forms too.
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_steps(model: Model, trace: Trace) -> str:
    """The trace as CSV with a head line: UTF-8, lines end in CR LF, fields in quotes where they must be.

    `choices`, `violates` stand in the first and in the last row of a step. `reads` and `changes` are `cell = value` and
    `cell: old -> new`, with `; ` between. A text that a spreadsheet would take for a formula begins with an apostrophe,
    as OWASP advises; a row of a trace without steps does not exist.
    """
    file = StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for step in trace.steps:
        found = statements(step)
        for number, statement in enumerate(found):
            row = _row(step, statement, number == 0, number == len(found) - 1)
            writer.writerow([harmless(field) if isinstance(field, str) else field for field in row])
    return file.getvalue()


def harmless(text: str) -> str:
    """The text on one line, with an apostrophe before what a spreadsheet would compute."""
    line = printable(text)
    return f"'{line}" if line.startswith(FORMULA) else line


def _row(step: TraceStep, statement: Statement, first: bool, last: bool) -> list[str | int]:
    lock, stack = statement.lock, statement.stack
    return [
        step.number,
        step.thread_name,
        ",".join(step.choices) if first else "",
        stack[-1].procedure if stack else "",
        statement.span.file,
        statement.span.line,
        statement.text,
        "yes" if any(node.shared for node in statement.nodes) else "no",
        "; ".join(f"{read.name} = {read.value}" for read in statement.reads),
        "; ".join(f"{change.name}: {change.old} -> {change.new}" for change in statement.changes),
        lock.lock if lock else "",
        lock.event if lock else "",
        statement.one_of("result"),
        statement.one_of("created"),
        ", ".join(step.violates) if last else "",
    ]
