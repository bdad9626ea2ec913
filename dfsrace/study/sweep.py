# SPDX-License-Identifier: GPL-2.0-only
"""One model at many sizes: verdicts, states, and from which size on the verdict no longer changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import TypeAlias

from dfsrace.diagnostics.text import quoted
from dfsrace.diagnostics.values import dataclass
from dfsrace.language.files import ModelSource
from dfsrace.study.compare import verdict_record
from dfsrace.study.judged import Judged, Task
from dfsrace.study.table import Cell, Column, Datum, Table, cell
from dfsrace.study.wording import TONES, WORDS, counterexample, cut_note, unchecked_note

MOST_SIZES = 1_000
MOST_DIGITS = 18

Verdict: TypeAlias = "tuple[str, frozenset[str]]"


class WrongSizes(Exception):
    """What is to be swept cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A constant and its values, in the order in which they were given, as text."""

    name: str
    values: tuple[str, ...]

    @property
    def ordered(self) -> bool:
        """True if the values are integers, so that one size is larger than another."""
        return all(_is_integer(value) for value in self.values)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A model and the sizes at which it is checked: every combination of the dimensions' values."""

    name: str
    source: ModelSource
    dimensions: tuple[Dimension, ...]
    libraries: tuple[str, ...] = ()

    @property
    def sizes(self) -> list[tuple[str, ...]]:
        """The combinations; the last dimension changes first."""
        return list(product(*(dimension.values for dimension in self.dimensions)))

    def tasks(self) -> list[Task]:
        """One for each size."""
        names = [dimension.name for dimension in self.dimensions]
        pairs = [tuple(zip(names, size, strict=True)) for size in self.sizes]
        return [Task(", ".join(f"{n}={v}" for n, v in size), self.source, self.libraries, size) for size in pairs]


def dimensions(words: Iterable[str]) -> tuple[Dimension, ...]:
    """`PAGES=1..3`, `FRAMES=2,4,8`, `VM_OPS=filemap,dfs`, `MMS=1` as dimensions. WrongSizes for what is none."""
    found: dict[str, Dimension] = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not (name and equals and text):
            raise WrongSizes(f"{quoted(word)} is not NAME=LOW..HIGH or NAME=VALUE,VALUE")
        if name in found:
            raise WrongSizes(f"{quoted(name)} is given twice")
        found[name] = Dimension(name, tuple(dict.fromkeys(_values(text, word))))
    count = 1
    for dimension in found.values():
        count *= len(dimension.values)
    if count > MOST_SIZES:
        raise WrongSizes(f"these are {count:,} sizes; at most {MOST_SIZES:,} are swept at once")
    return tuple(found.values())


def _values(text: str, word: str) -> list[str]:
    values: list[str] = []
    for part in text.split(","):
        low, dots, high = (number.strip() for number in part.partition(".."))
        if not dots:
            values.append(low)
        elif _is_too_long(low) or _is_too_long(high):
            raise WrongSizes(f"{quoted(word)}: a range's numbers have at most {MOST_DIGITS} digits")
        elif not (_is_integer(low) and _is_integer(high)) or int(low) > int(high):
            raise WrongSizes(f"{quoted(word)}: {quoted(part.strip())} is no range of integers such as 1..3")
        elif int(high) - int(low) >= MOST_SIZES:
            raise WrongSizes(f"{quoted(word)} has over {MOST_SIZES:,} values")
        else:
            values += [str(number) for number in range(int(low), int(high) + 1)]
    if not all(values):
        raise WrongSizes(f"{quoted(word)} lacks a value between its commas")
    return values


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS


def _is_too_long(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text.removeprefix("-")) > MOST_DIGITS


def sweep_table(swept: Sweep, judged: Sequence[Judged]) -> Table:
    """The table; `judged` in the order of the tasks."""
    names = [dimension.name for dimension in swept.dimensions]
    columns = (
        *(Column(d.name, right=d.ordered) for d in swept.dimensions),
        Column("verdict"),
        Column("violated"),
        Column("states", right=True),
        Column("seconds", right=True, volatile=True),
    )
    rows = tuple((*map(cell, size), *_cells(one)) for size, one in zip(swept.sizes, judged, strict=True))
    records: list[dict[str, Datum]] = []
    for size, one in zip(swept.sizes, judged, strict=True):
        record = verdict_record(one)
        records.append({"constants": dict(zip(names, size, strict=True)), **record})
    title = f"{swept.name} at {len(rows)} size{'s' * (len(rows) != 1)}"
    return Table(
        title, columns, rows, _notes(swept, judged), tuple(records), len(names), volatile_keys=frozenset({"seconds"})
    )


def _cells(one: Judged) -> tuple[Cell, ...]:
    word = WORDS.get(one.status, one.status)
    shown = f"{word}, cut: {one.stopped}" if one.stopped else word
    violated = tuple(f"{found.property}{counterexample(found)}" for found in one.violated)
    states = "" if one.states is None else f"{'' if one.complete else 'at least '}{one.states:,}"
    seconds = "" if one.seconds is None else f"{one.seconds:.1f}"
    return (cell(shown, TONES.get(one.status, "bad")), Cell(violated), cell(states), cell(seconds))


# ---- from which size on


def _notes(swept: Sweep, judged: Sequence[Judged]) -> tuple[str, ...]:
    notes = list(settled(swept, judged))
    if any(found.steps is not None for one in judged for found in one.violated):
        notes.append("11/2 stands for a shortest counterexample of 11 steps and 2 switches.")
    notes += cut_note(judged)
    if left_out := dict.fromkeys(name for one in judged for name in one.unchecked):
        notes.append(unchecked_note("The model", left_out))
    for task, one in zip(swept.tasks(), judged, strict=True):
        if one.status in ("error", "bug") or (one.stopped and one.why):
            notes.append(f"{task.name}: {one.why}.")
    return tuple(notes)


def settled(swept: Sweep, judged: Sequence[Judged]) -> list[str]:
    """From which sizes on the verdict no longer changes, as sentences, for each choice of what has no order.

    Sizes that were cut decide nothing: they are left out, and counted.
    """
    ordered = [n for n, d in enumerate(swept.dimensions) if d.ordered and len(d.values) > 1]
    if not ordered:
        return []
    groups: dict[tuple[tuple[str, str], ...], list[tuple[tuple[int, ...], Judged]]] = {}
    for size, one in zip(swept.sizes, judged, strict=True):
        rest = [n for n, d in enumerate(swept.dimensions) if n not in ordered and len(d.values) > 1]
        key = tuple((swept.dimensions[n].name, size[n]) for n in rest)
        groups.setdefault(key, []).append((tuple(int(size[n]) for n in ordered), one))
    names = [swept.dimensions[n].name for n in ordered]
    sentences = []
    for key, cells in groups.items():
        where = f"With {', '.join(f'{name}={value}' for name, value in key)}: " if key else ""
        sentences.append(where + _from_where(names, cells))
    return sentences


def _from_where(names: Sequence[str], cells: Sequence[tuple[tuple[int, ...], Judged]]) -> str:
    """One sentence on sizes that can be compared with each other."""
    decided: dict[tuple[int, ...], Verdict] = {
        size: (one.status, frozenset(one.names)) for size, one in cells if one.complete
    }
    found = {size: frozenset(one.names) for size, one in cells if one.violated and not one.complete}
    least = _least(decided, found)
    if not decided:
        return "No size was decided, so nothing is known of how the verdict changes."
    if not least:
        return "The verdict still changes, or only one size was decided, at the largest sizes swept: sweep further."
    texts = []
    for size in least:
        status, violated = decided[size]
        what = f"{status} ({', '.join(sorted(violated))})" if violated else status
        texts.append(f"{', '.join(f'{n}={v}' for n, v in zip(names, size, strict=True))} on: {what}")
    undecided = sum(any(_above(size, low) for low in least) for size, one in cells if not one.complete)
    were = "was" if undecided == 1 else "were"
    left = f" Of the sizes from there on, {undecided} {were} not decided." * bool(undecided)
    return f"The verdict no longer changes from {'; from '.join(texts)}.{left} This is no proof for larger sizes."


def _least(
    decided: dict[tuple[int, ...], Verdict], found: dict[tuple[int, ...], frozenset[str]]
) -> list[tuple[int, ...]]:
    """The smallest sizes from which on all decided ones, at least two, have one verdict.

    `found`: what is violated at sizes whose search was cut; that is no verdict, but may contradict one.
    """
    steady = []
    for size, verdict in decided.items():
        larger = [other for other in decided if _above(other, size)]
        agreed = all(names <= verdict[1] for other, names in found.items() if _above(other, size))
        if len(larger) > 1 and agreed and all(decided[other] == verdict for other in larger):
            steady.append(size)
    return sorted(size for size in steady if not any(other != size and _above(size, other) for other in steady))


def _above(size: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(a >= b for a, b in zip(size, other, strict=True))
