# SPDX-License-Identifier: GPL-2.0-only
"""How values, cells, places and locals of a system are called and stored in the Promela text.

Names are made up (x1, pc0, ...), so that nothing that a model says can break the text; comments say what they are.

A value is stored as an integer: Booleans, named values and ranges as they are; pool values, stamps and threads plus
one, with 0 for None or nothing; another optional counts from 1 at its low end, with 0 for None. A local that is not
live, and a field of a pool value that is not held, is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.diagnostics.text import printable
from dfsrace.system import System
from dfsrace.system.cells import lock_components
from dfsrace.system.layout import Layout, reachable_nodes
from dfsrace.system.memory import Memory
from dfsrace.system.program import starts_step
from dfsrace.system.types import (
    BoolType,
    LockType,
    NamedType,
    NoneType,
    OptionalType,
    PoolType,
    RangeType,
    StampType,
    ThreadType,
    Type,
    Value,
    base_of,
    finite_values,
)

LARGEST = 2**31 - 1

# The letter of each lock component; "" is a plain variable's only one.
_LETTERS = {"": "", "owner": "o", "writer": "o", "locked": "", "count": "", "readers": "r", "waiting": "w"}


class NotExpressible(Exception):
    """A system or a trace that a format cannot express; the message says why, in a sentence."""


def is_reference(kind: Type) -> bool:
    """True for types stored plus one, whether optional or not."""
    return isinstance(base_of(kind), PoolType | StampType | ThreadType)


def low_of(kind: Type) -> int:
    """The least value of a plain type, or of an optional one that is not None."""
    base = base_of(kind)
    return base.low if isinstance(base, RangeType) else 0


def encoded(kind: Type, value: Value) -> int:
    """A value as it is stored."""
    if value is None:
        return 0
    if is_reference(kind):
        return value + 1
    return value - low_of(kind) + 1 if isinstance(kind, OptionalType) else value


def comment(text: str) -> str:
    """Foreign text as it may stand in a comment: printable ASCII that neither ends the comment nor opens another."""
    safe = printable(text).encode("ascii", "backslashreplace").decode("ascii")
    return safe.replace("*/", "* /").replace("/*", "/ *").replace("//", "/ /").replace("\\", "|")


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a variable's cells: how it is declared, and of which type its values are."""

    name: str
    size: int
    kind: Type
    each_thread: bool


class Names:
    """Everything of a system by its name in the Promela text.

    `parts[v]`: the components of variable v, empty where it takes no place: `folded[v]` then has the values of a
    constant variable (None of a lock that no thread operates on). `numbers[t]`: for each node before which thread t
    rests its number from 1, in `pc`t; 0 is the end. `slots[t]`: the locals of thread t that a state holds.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.threads = len(system.threads)
        self.memory = Memory(system.variables, self.threads)
        self.stamp_values = Layout(system, self.memory).stamp_values
        self.parts: list[dict[str, Part]] = []
        self.folded: list[tuple[Value, ...] | None] = []
        for variable in range(len(system.variables)):
            self._place(variable)
        self.numbers: list[dict[int, int]] = []
        self.slots: list[tuple[int, ...]] = []
        for thread in system.threads:
            resting = [n for n in reachable_nodes(thread) if starts_step(thread.nodes[n])]
            self.numbers.append({node: number for number, node in enumerate(resting, 1)})
            self.slots.append(tuple(sorted(frozenset[int]().union(*(thread.nodes[n].live for n in resting)))))
        self.pools = tuple(dict.fromkeys(self._pools()))

    def _pools(self) -> list[PoolType]:
        kinds = [base_of(v.type) for v in self.system.variables]
        kinds += [d for v in self.system.variables for d in v.dimensions]
        kinds += [base_of(local.type) for t in self.system.threads for local in t.locals]
        return [kind for kind in kinds if isinstance(kind, PoolType)]

    def _place(self, index: int) -> None:
        variable = self.system.variables[index]
        first = self.memory.start[index]
        count = sum(cell.variable == index for cell in self.memory.cells)
        if isinstance(variable.type, LockType):
            components = lock_components(variable, self.threads)
            positions = count // len(components)
        else:
            components, positions = (("", None, variable.type, variable.initial),), count
        folded = self._folded(index, first, count)
        self.folded.append(folded)
        parts: dict[str, Part] = {}
        for name, thread, kind, _ in () if folded is not None else components:
            letter = "s" if name == "sequence" else _LETTERS[name]
            each = thread is not None
            size = positions * (self.threads if each else 1)
            parts.setdefault(name, Part(f"x{index}{letter}", size, kind, each))
        self.parts.append(parts)

    def _folded(self, index: int, first: int, count: int) -> tuple[Value, ...] | None:
        """The values if they need not be stored; for a lock that nobody operates on, the free ones."""
        variable = self.system.variables[index]
        valuations = {initial.cells[first : first + count] for initial in self.system.initial}
        if not variable.constant or len(valuations) != 1:
            return None
        if isinstance(variable.type, LockType):
            return next(iter(valuations))
        if isinstance(base_of(variable.type), PoolType | StampType) or isinstance(variable.owner, PoolType):
            return None
        return next(iter(valuations))

    # ---- stored values

    def bounds(self, kind: Type) -> tuple[int, int]:
        """The least and the greatest integer that a value of a type is stored as, 0 always among them."""
        low, high = self._bounds(kind)
        if low < -LARGEST or high > LARGEST:
            raise NotExpressible(f"values of {kind.name} do not fit into the 32 bits of a Promela int")
        return min(0, low), max(0, high)

    def _bounds(self, kind: Type) -> tuple[int, int]:
        match base_of(kind):
            case PoolType(size=size):
                return 0, size
            case ThreadType(count=count):
                return 0, count
            case StampType() as stamp:
                return 0, self.stamp_values.get(stamp, 0)
            case RangeType(low, high):
                return (0, high - low + 1) if isinstance(kind, OptionalType) else (low, high)
            case NamedType(values=values):
                return 0, len(values) - 1 + isinstance(kind, OptionalType)
            case BoolType():
                return 0, 1 + isinstance(kind, OptionalType)
            case NoneType():
                return 0, 0
        raise NotExpressible(f"a value of type {kind.name} cannot be stored")

    def declared(self, *kinds: Type) -> str:
        """The narrowest Promela type for values of all these types."""
        low = min(self.bounds(kind)[0] for kind in kinds)
        high = max(self.bounds(kind)[1] for kind in kinds)
        return narrowest(low, high)

    # ---- cells

    def cell(self, variable: int, position: str, component: str = "", thread: int | None = None) -> str:
        """A cell as Promela; `position` is an expression for its place among the variable's cells."""
        part = self.parts[variable][component]
        if part.size == 1:
            return part.name
        if not part.each_thread:
            return f"{part.name}[{position}]"
        place = str(int(position) * self.threads + (thread or 0)) if position.isdigit() else ""
        return f"{part.name}[{place or f'({position}) * {self.threads} + {thread}'}]"

    def cell_at(self, index: int) -> str | None:
        """The cell at a place of `memory.cells`, None if it takes no place."""
        cell = self.memory.cells[index]
        if not self.parts[cell.variable]:
            return None
        return self.cell(cell.variable, str(self.position(cell.variable, cell.position)), cell.component, cell.thread)

    def multipliers(self, variable: int) -> tuple[int, ...]:
        """How far apart in the order of the cells two neighbours of each dimension are."""
        sizes = [len(finite_values(d)) for d in self.system.variables[variable].dimensions]
        found = [1] * len(sizes)
        for k in reversed(range(len(sizes) - 1)):
            found[k] = found[k + 1] * sizes[k + 1]
        return tuple(found)

    def position(self, variable: int, values: tuple[Value, ...]) -> int:
        """The place of a cell among its variable's."""
        dimensions = self.system.variables[variable].dimensions
        places = (list(finite_values(d)).index(v) for d, v in zip(dimensions, values, strict=True))
        return sum(p * m for p, m in zip(places, self.multipliers(variable), strict=True))

    # ---- threads

    def pc(self, thread: int) -> str:
        """Where a thread rests."""
        return f"pc{thread}"

    def local(self, thread: int, slot: int) -> str:
        """A local that the state holds."""
        return f"l{thread}_{slot}"


def narrowest(low: int, high: int) -> str:
    """The Promela type for integers between two bounds."""
    if low >= 0:
        return "bit" if high <= 1 else "byte" if high <= 255 else "short" if high <= 32767 else "int"
    return "short" if low >= -32768 and high <= 32767 else "int"
