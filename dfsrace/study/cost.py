# SPDX-License-Identifier: GPL-2.0-only
"""What a fix costs where nothing is contended: accesses on named paths, and how many more than without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.options import Options
from dfsrace.operations import load
from dfsrace.study.compose import Protocol
from dfsrace.study.counting import KINDS, CannotCount, Count, runs
from dfsrace.study.judged import KILLED, Task, wrong
from dfsrace.study.paths import START, CostPath
from dfsrace.study.remarks import undone
from dfsrace.study.replaced import Replaced, replaced
from dfsrace.study.table import Cell, Column, Datum, Table, cell
from dfsrace.study.wording import headings

TITLE = "What a fix costs"
_NOUNS = ("load", "store", "atomic op", "lock", "barrier")
_HEADINGS = tuple(f"{noun}s" for noun in _NOUNS)
_HOW = (
    "Counted in a run of one thread alone. Locks: acquisitions; a release is not counted, nor is what orders memory "
    "inside a lock operation. renew is one atomic operation; read_seqbegin and read_seqretry are a load and a barrier "
    "each, write_seqlock is a lock and, as write_sequnlock, a load, a store and a barrier."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The runs of one path under one protocol; `why` it cannot be measured, and then there are no runs.

    `replaced`: procedures that @override replaced; `files`: the names of those that are included.
    """

    runs: tuple[Mapping[str, Count], ...] = ()
    why: str = ""
    status: str = "measured"
    replaced: tuple[Replaced, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def totals(self) -> tuple[Count, ...]:
        """Of each run, all procedures together."""
        return tuple(sum(one.values(), Count()) for one in self.runs)

    @property
    def exact(self) -> Count | None:
        """The count of all runs where they are alike."""
        found = set(self.totals)
        return found.pop() if len(found) == 1 else None


NOT_DONE = Measured((), "interrupted before it was measured", "not done")


@dataclass(frozen=True, slots=True)
class Costs:
    """What is measured: each path under the unfixed kernel, then under each protocol."""

    paths: tuple[CostPath, ...]
    protocols: tuple[Protocol, ...]
    libraries: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()

    def tasks(self) -> list[Task]:
        """One for each path and protocol, path after path."""
        return [
            Task(f"{path.name} with {fix.name}", path.model(fix), self.libraries, self.constants)
            for path in self.paths
            for fix in self.protocols
        ]


def measure(task: Task, options: Options) -> Measured:
    """Runs one path. Only errors of ours are raised."""
    try:
        model = load(task.source, task.libraries, dict(task.constants), name=task.name, given=task.name)
        found = runs(model.loaded, START)
    except ModelError as error:
        return Measured((), wrong(error), "error")
    except CannotCount as error:
        return Measured((), str(error), "error")
    except MemoryError:
        return Measured((), "out of memory; nothing is measured", "not done")
    declared = model.declarations
    files = tuple(name for name, _ in declared.includes)
    return Measured(tuple(one.by_procedure for one in found), replaced=replaced(declared), files=files)


def killed(code: int | None) -> Measured:
    """The result of a task whose process ended under it, with an exit code as processes have it."""
    if code == -9:
        return Measured((), KILLED, "not done")
    return Measured((), f"the process that measured it ended unasked ({code})", "bug")


def bug(line: str) -> Measured:
    """The result of a task that a bug of ours kept from being measured."""
    return Measured((), line, "bug")


def cost_table(costs: Costs, measured: Sequence[Measured], procedures: bool = False) -> Table:
    """The counts; `measured` in the order of the tasks. `procedures`: a line for each procedure that does something."""
    rows: list[tuple[Cell, ...]] = []
    names = headings([fix.name for fix in costs.protocols])
    for path, here in _by_path(costs, measured):
        for place, (fix, one) in enumerate(zip(names, here, strict=True)):
            rows.append(_row(path.name if place == 0 else "", fix, one, here[0]))
            rows += _procedure_rows(one) if procedures else []
    columns = (Column("path"), Column("protocol"), *(Column(word, right=True) for word in _HEADINGS))
    return Table(TITLE, columns, tuple(rows), _notes(costs, measured), _records(costs, measured), fixed=2)


def difference_table(costs: Costs, measured: Sequence[Measured]) -> Table:
    """What the unfixed kernel does on each path, and below it how much more each protocol does."""
    columns = _by_path(costs, measured)
    rows = tuple(
        (cell(fix), *(_difference(here[place], here[0]) for _, here in columns))
        for place, fix in enumerate(headings([fix.name for fix in costs.protocols]))
    )
    heads = (Column("protocol"), *(Column(path.name) for path, _ in columns))
    return Table(TITLE, heads, rows, _notes(costs, measured), _records(costs, measured))


def _by_path(costs: Costs, measured: Sequence[Measured]) -> list[tuple[CostPath, Sequence[Measured]]]:
    width = len(costs.protocols)
    return [(path, measured[n * width : (n + 1) * width]) for n, path in enumerate(costs.paths)]


def _records(costs: Costs, measured: Sequence[Measured]) -> tuple[Mapping[str, Datum], ...]:
    names = headings([fix.name for fix in costs.protocols])
    return tuple(
        _record(path.name, fix, one, here[0])
        for path, here in _by_path(costs, measured)
        for fix, one in zip(names, here, strict=True)
    )


def _notes(costs: Costs, measured: Sequence[Measured]) -> tuple[str, ...]:
    about = [f"{path.name}: {path.about}" for path in costs.paths if path.about]
    wrong = [f"{task.name}: {one.why}" for task, one in zip(costs.tasks(), measured, strict=True) if one.why]
    return (*about, _HOW, *_undone(costs, measured), *wrong)


def _undone(costs: Costs, measured: Sequence[Measured]) -> list[str]:
    """Fixes whose procedures others of the same row replace: what is counted is not theirs."""
    names, said = headings([fix.name for fix in costs.protocols]), []
    for path, here in _by_path(costs, measured):
        for fix, one in zip(names[1:], here[1:], strict=True):
            if here[0].files:
                files = [file for file in one.files if file not in here[0].files]
                said += undone(fix, f"{path.name} with {fix}", files, one.replaced)
    return list(dict.fromkeys(said))


def _difference(one: Measured, unfixed: Measured) -> Cell:
    """In the first row what is done; in the others what is done more, or less."""
    base, mine = unfixed.exact, one.exact
    if not one.runs:
        return cell(_no_count(one), "open")
    if mine is None or base is None:
        return Cell(tuple(f"{_number(one, kind, None)} {_NOUNS[kind]}s" for kind in range(len(KINDS))))
    numbers = mine.all if one is unfixed else (mine - base).all
    lines = tuple(_counted(n, noun, one is unfixed) for n, noun in zip(numbers, _NOUNS, strict=True) if n)
    return Cell(lines) if lines else cell("nothing more" if one is not unfixed else "nothing", "dim")


def _counted(number: int, noun: str, absolute: bool) -> str:
    shown = f"{number:,}" if absolute else f"{number:+,}"
    return f"{shown} {noun}{'s' * (abs(number) != 1)}"


def _no_count(one: Measured) -> str:
    return {"not done": "not done", "bug": "a bug of dfsrace"}.get(one.status, "cannot be measured")


def _row(path: str, fix: str, one: Measured, unfixed: Measured) -> tuple[Cell, ...]:
    if not one.runs:
        return (cell(path), cell(fix), cell(_no_count(one), "open"), *(cell() for _ in _HEADINGS[1:]))
    base, mine = unfixed.exact, one.exact
    more = None if base is None or mine is None or one is unfixed else (mine - base).all
    return (cell(path), cell(fix), *(cell(_number(one, kind, more)) for kind in range(len(KINDS))))


def _number(one: Measured, kind: int, more: tuple[int, ...] | None) -> str:
    values = sorted({total.all[kind] for total in one.totals})
    shown = f"{values[0]:,}" if len(values) == 1 else f"{values[0]:,} to {values[-1]:,}"
    return f"{shown} ({more[kind]:+,})" if more is not None and more[kind] else shown


def _procedure_rows(one: Measured) -> list[tuple[Cell, ...]]:
    """For each procedure what it does itself, in the order in which they first do something; of the first run."""
    if not one.runs:
        return []
    return [
        (cell(), cell(f"  {name or 'the call'}", "dim"), *(cell(n or "", "dim") for n in count.all))
        for name, count in one.runs[0].items()
    ]


def _record(path: str, fix: str, one: Measured, unfixed: Measured) -> dict[str, Datum]:
    least = Count(*(min(values) for values in zip(*(t.all for t in one.totals), strict=True))) if one.runs else None
    most = Count(*(max(values) for values in zip(*(t.all for t in one.totals), strict=True))) if one.runs else None
    base, mine = unfixed.exact, one.exact
    more = mine - base if base is not None and mine is not None else None
    record: dict[str, Datum] = {"path": path, "protocol": fix}
    record |= _numbers("", least)
    record |= _numbers("most_", most)
    record |= _numbers("more_", more)
    record["procedures"] = {
        name or "the call": dict(zip(KINDS, count.all, strict=True))
        for name, count in (one.runs[0] if one.runs else {}).items()
    }
    record["why"] = one.why or None
    return record


def _numbers(prefix: str, count: Count | None) -> dict[str, Datum]:
    values: Sequence[int | None] = [None] * len(KINDS) if count is None else count.all
    return {f"{prefix}{kind}": value for kind, value in zip(KINDS, values, strict=True)}
