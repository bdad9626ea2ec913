# SPDX-License-Identifier: GPL-2.0-only
"""What a model's shared state can hold: the basis on which two models are said to reach the same states.

A *valuation* is the values of all cells but those of locks, fields of pool values as far as they can be reached from a
cell that is no pool field. Places and locals of threads, and what only a local holds, are no part of it. Pool values
are numbered as a walk from the cells meets them, stamps likewise, so that two states that differ by a renaming have one
valuation, and two others never do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Stop
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.search import Search
from dfsrace.system.cells import Cell, cell_name
from dfsrace.system.memory import Memory
from dfsrace.system.system import System
from dfsrace.system.types import LockType, PoolType, StampType, Value, base_of, value_text

# The values of the cells that are no pool fields, in their order, then of the fields of each pool value as it is met.
Valuation = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """What one search has found, as far as two models can be compared by it.

    `violated`: each violated property and the steps to it (None for a `reach` that is never true), in the order of
    reports. `met`: the reach properties that are true somewhere. `valuations`: those of all reached states, `final`:
    of those in which every thread but daemons has finished. `complete`: nothing was cut; `stopped`: else why.
    """

    violated: tuple[tuple[str, int | None], ...]
    met: tuple[str, ...]
    states: int
    transitions: int
    depth: int
    complete: bool
    stopped: Stop | None
    valuations: frozenset[Valuation] = field(repr=False)
    final: frozenset[Valuation] = field(repr=False)

    @property
    def names(self) -> frozenset[str]:
        """The violated properties."""
        return frozenset(name for name, _ in self.violated)

    @property
    def verdict(self) -> str:
        """`violated`, `inconclusive` or `holds`."""
        return "violated" if self.violated else "holds" if self.complete else "inconclusive"


class Shared:
    """The valuations of one system."""

    def __init__(self, system: System, variables: Sequence[str] | None = None) -> None:
        """`variables`: the names of those that count, in the order in which they are walked; None: all as declared."""
        self.system = system
        self._memory = Memory(system.variables, len(system.threads))
        names = [v.name for v in system.variables if not isinstance(v.type, LockType)]
        self._rank = {name: place for place, name in enumerate(names if variables is None else variables)}
        counting = sorted((i for i in range(len(self._memory.cells)) if self._counts(i)), key=self._place)
        self._roots = [i for i in counting if self._memory.owner_of(i) is None]
        self._fields: dict[object, list[int]] = {}
        for index in counting:
            if (owner := self._memory.owner_of(index)) is not None:
                self._fields.setdefault(owner, []).append(index)

    @property
    def places(self) -> list[int]:
        """The cells that may be part of a valuation."""
        return [*self._roots, *chain.from_iterable(self._fields.values())]

    def of(self, cells: tuple[Value, ...]) -> Valuation:
        """The valuation of the cells of a state."""
        return tuple(value for _, _, value in self._walked(cells))

    def texts(self, cells: tuple[Value, ...]) -> dict[str, str]:
        """A valuation as a person reads it: each cell's name and its value, pool values and stamps by number."""
        found = {}
        for index, owner, value in self._walked(cells):
            cell = self._memory.cells[index]
            name = cell_name(self.system, cell if owner is None else self._moved(cell, owner))
            found[name] = value_text(cell.type, value)
        return found

    def _moved(self, cell: Cell, owner: int) -> Cell:
        return replace(cell, position=(owner, *cell.position[1:]))

    def _walked(self, cells: tuple[Value, ...]) -> list[tuple[int, Value, Value]]:
        """Each cell of the valuation, the number of the pool value whose field it is, and its value, renamed."""
        numbers: dict[object, dict[Value, int]] = {}
        met: list[tuple[PoolType, int]] = []
        out: list[tuple[int, Value, Value]] = []

        def renamed(index: int) -> Value:
            kind, value = base_of(self._memory.cells[index].type), cells[index]
            if value is None or not isinstance(kind, PoolType | StampType):
                return value
            known = numbers.setdefault(kind, {})
            if value not in known:
                known[value] = len(known)
                if isinstance(kind, PoolType):
                    met.append((kind, value))
            return known[value]

        out += [(index, None, renamed(index)) for index in self._roots]
        for owner in met:
            number = numbers[owner[0]][owner[1]]
            out += [(index, number, renamed(index)) for index in self._fields.get(owner, ())]
        return out

    def _name(self, index: int) -> str:
        return self.system.variables[self._memory.cells[index].variable].name

    def _counts(self, index: int) -> bool:
        return self._name(index) in self._rank

    def _place(self, index: int) -> tuple[int, int]:
        return self._rank[self._name(index)], index


def reached(system: System, options: Options) -> Reached:
    """Explores a system on the reference engine and keeps what its shared state can hold.

    Raises LoopsWithoutAccess and PropertyError, as engines do.
    """
    return explored(system, options)[0]


def explored(system: System, options: Options) -> tuple[Reached, Search]:
    """The same, and the search itself."""
    search = Search(Compiled(system), options)
    search.run()
    judge = search.judge
    order = [*(p.name for p in judge.properties)]
    violated: dict[str, int | None] = {name: goal.depth for name, goal in judge.goals.items()}
    if search.complete:
        violated |= {p.name: None for p in judge.properties if p.kind == "reach" and p.name not in judge.met}
    names = sorted(violated, key=lambda name: (order.index(name) if name in order else len(order), name))
    valuations, final = _valuations(search)
    found = Reached(
        violated=tuple((name, violated[name]) for name in names),
        met=tuple(name for name in order if name in judge.met),
        states=search.counts.states,
        transitions=search.counts.transitions,
        depth=search.counts.depth,
        complete=search.complete,
        stopped=search.stopped or (None if search.exhausted is None else Stop("pool", search.exhausted)),
        valuations=valuations,
        final=final,
    )
    return found, search


def _valuations(search: Search) -> tuple[frozenset[Valuation], frozenset[Valuation]]:
    layout = search.compiled.layout
    shared = Shared(search.compiled.system)
    mask = 0
    for place in shared.places:
        mask |= layout.cells[place].mask
    known: dict[int, Valuation] = {}
    for bits in {state & mask for state in search.seen}:
        known[bits] = shared.of(layout.decode_cells(bits))
    running = running_mask(search.compiled)
    final = frozenset(known[state & mask] for state in search.seen if not state & running)
    return frozenset(known.values()), final


def running_mask(compiled: Compiled) -> int:
    """The bits of a state that are all 0 where every thread but daemons has finished."""
    mask = 0
    for thread, layout in zip(compiled.system.threads, compiled.layout.threads, strict=True):
        mask |= 0 if thread.daemon else layout.place.mask
    return mask
