# SPDX-License-Identifier: GPL-2.0-only
"""Fixes against scenarios: the decision table."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from dfsrace.diagnostics.values import dataclass
from dfsrace.study.compose import Protocol, Scenario, fixes, known, put_together, scenario
from dfsrace.study.judged import Judged, Task
from dfsrace.study.remarks import remarks
from dfsrace.study.table import Cell, Column, Datum, Table, cell
from dfsrace.study.wording import TONES, WORDS, counterexample, cut_note, headings
from dfsrace.system.system import AUTOMATIC_PROPERTIES

TITLE = "Fixes against scenarios"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared: the unfixed kernel first, then each protocol, in each scenario."""

    protocols: tuple[Protocol, ...]
    scenarios: tuple[Scenario, ...]
    libraries: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> list[str]:
        """How each cell is called, row after row."""
        return [f"{fix.name} in {scene.name}" for fix in self.protocols for scene in self.scenarios]

    def tasks(self) -> list[Task]:
        """One for each cell, row after row. The scenarios' files are read."""
        sources = [put_together(scene, fix) for fix in self.protocols for scene in self.scenarios]
        return [
            Task(name, source, self.libraries, self.constants) for name, source in zip(self.names, sources, strict=True)
        ]


def comparison(
    protocols: Sequence[str],
    scenarios: Sequence[str],
    libraries: Sequence[str] = (),
    constants: Iterable[tuple[str, str]] = (),
) -> Comparison:
    """What words name: bare names of the library or files; all of the library where there are none.

    NoSuchPiece for a word that names nothing. The unfixed kernel is always the first row.
    """
    scenes = [scenario(word, libraries) for word in dict.fromkeys(scenarios or known("scenarios"))]
    return Comparison(fixes(protocols, libraries), tuple(scenes), tuple(map(os.fspath, libraries)), tuple(constants))


def compare_table(compared: Comparison, judged: Sequence[Judged]) -> Table:
    """The table of all cells; `judged` in the order of the tasks."""
    width = len(compared.scenarios)
    names = headings([fix.name for fix in compared.protocols])
    scenes = headings([scene.name for scene in compared.scenarios])
    rows = [(fix, judged[n * width : (n + 1) * width]) for n, fix in enumerate(names)]
    short = short_names(name for one in judged for name in one.names)
    return Table(
        TITLE,
        (Column("protocol"), *map(Column, scenes)),
        tuple((cell(fix), *(verdict_cell(one, short) for one in row)) for fix, row in rows),
        _notes(compared, judged, short),
        tuple(
            {"protocol": fix, "scenario": scene, **verdict_record(one)}
            for fix, row in rows
            for scene, one in zip(scenes, row, strict=True)
        ),
        volatile_keys=frozenset({"seconds"}),
    )


# ---- one verdict


def verdict_cell(one: Judged, short: dict[str, str]) -> Cell:
    """A verdict in a few lines: the word, each violated property with steps/switches, states, what cut the search."""
    lines = [WORDS.get(one.status, one.status)]
    lines += [f"{short.get(found.property, found.property)}{counterexample(found)}" for found in one.violated]
    if one.states is not None:
        lines.append(f"{'' if one.complete else 'at least '}{one.states:,} states")
    if one.stopped:
        lines.append(f"cut: {one.stopped}")
    return Cell(tuple(lines), TONES.get(one.status, "bad"))


def verdict_record(one: Judged) -> dict[str, Datum]:
    """A verdict for programs; steps and switches are those of the shortest of all counterexamples."""
    shortest = min(((f.steps, f.switches) for f in one.violated if f.steps is not None), default=(None, None))
    return {
        "verdict": one.status,
        "violated": list(one.names),
        "steps": shortest[0],
        "switches": shortest[1],
        "steps_each": {f.property: f.steps for f in one.violated},
        "switches_each": {f.property: f.switches for f in one.violated},
        "states": one.states,
        "complete": one.complete,
        "cut_by": one.stopped or None,
        "unchecked": list(one.unchecked),
        "why": one.why or None,
        "seconds": one.seconds,
    }


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Properties without the words that all named ones begin and end with; automatic ones keep their names."""
    found = [name for name in dict.fromkeys(names) if name not in AUTOMATIC_PROPERTIES]
    words = [name.split("_") for name in found]
    if len(words) < 2:
        return {}
    most = min(map(len, words)) - 1
    head = _shared(words, most)
    tail = _shared([word[::-1] for word in words], most - head)
    if head + tail == 0:
        return {}
    short = {name: "_".join(w[head : len(w) - tail]) for name, w in zip(found, words, strict=True)}
    return {} if set(short.values()) & set(AUTOMATIC_PROPERTIES) else short


def _shared(words: Sequence[Sequence[str]], most: int) -> int:
    """With how many words all begin; at most so many."""
    return next((n for n in range(most, 0, -1) if len({tuple(word[:n]) for word in words}) == 1), 0)


# ---- notes


def _notes(compared: Comparison, judged: Sequence[Judged], short: dict[str, str]) -> tuple[str, ...]:
    notes = []
    if short:
        notes.append("; ".join(f"{brief}: {name}" for name, brief in short.items()) + ".")
    if any(found.steps is not None for one in judged for found in one.violated):
        notes.append("11/2 stands for a shortest counterexample of 11 steps and 2 switches.")
    if sizes := sizes_text(judged):
        notes.append(f"Sizes: {sizes}; sequential consistency. A verdict is about these sizes.")
    notes += cut_note(judged)
    width = len(compared.scenarios)
    rows = [judged[n : n + width] for n in range(0, len(judged), width)]
    fixes, scenes = (headings([one.name for one in named]) for named in (compared.protocols, compared.scenarios))
    notes += remarks(fixes, scenes, rows)
    for name, one in zip(compared.names, judged, strict=True):
        if one.status in ("error", "bug"):
            notes.append(f"{name}: {one.why}")
        elif one.why and one.states is None and one.status != "not done":
            notes.append(f"{name}: {one.why}.")
    if undone := sum(one.status == "not done" for one in judged):
        notes.append(f"{undone} of {len(judged)} not done: interrupted before they were decided.")
    return tuple(notes)


def sizes_text(judged: Iterable[Judged]) -> str:
    """The integer constants of all models together: `PAGES=1, FRAMES=3 or 4`."""
    values: dict[str, set[int]] = {}
    for one in judged:
        for name, value in one.sizes:
            values.setdefault(name, set()).add(value)
    return ", ".join(f"{name}={' or '.join(map(str, sorted(found)))}" for name, found in values.items())
