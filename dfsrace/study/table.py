# SPDX-License-Identifier: GPL-2.0-only
"""A table as a value: what every study gives back, and what `render/tables.py` turns into text, HTML and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from dfsrace.diagnostics.values import dataclass

Tone = Literal["", "good", "bad", "open", "dim"]
Datum: TypeAlias = "str | int | float | bool | Sequence[Datum] | Mapping[str, Datum] | None"


@dataclass(frozen=True, slots=True)
class Cell:
    """One field: the lines that people read, and how the first of them looks.

    The tone only repeats what the words say: a table without colours says the same.
    """

    lines: tuple[str, ...] = ()
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Column:
    """`heading`: what stands above. `right`: numbers. `volatile`: shown on a terminal only, as it differs each time."""

    heading: str
    right: bool = False
    volatile: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells for people, and the same facts as records for programs.

    Every row has as many cells as there are columns. `fixed`: how many columns at the left name a row; they are
    repeated where a terminal is too narrow for all columns at once. `notes`: sentences that stand below. `records`: all
    with the same keys in the same order; `volatile_keys` of them differ each time, and are in JSON only.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    records: tuple[Mapping[str, Datum], ...] = ()
    fixed: int = 1
    volatile_keys: frozenset[str] = frozenset()


def cell(text: object = "", tone: Tone = "") -> Cell:
    """A field of one line; integers get their thousands."""
    shown = f"{text:,}" if isinstance(text, int) and not isinstance(text, bool) else str(text)
    return Cell((shown,), tone)


def without(table: Table, dropped: Sequence[int]) -> Table:
    """The table without the columns at these places."""
    kept = [place for place in range(len(table.columns)) if place not in dropped]
    return Table(
        table.title,
        tuple(table.columns[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in table.rows),
        table.notes,
        table.records,
        sum(place < table.fixed for place in kept),
        table.volatile_keys,
    )


def lasting(table: Table) -> Table:
    """The table without what differs each time."""
    return without(table, [place for place, column in enumerate(table.columns) if column.volatile])
