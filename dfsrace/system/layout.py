# SPDX-License-Identifier: GPL-2.0-only
"""Where everything is in a state packed into one integer: cells lowest, then for each thread its place and its locals.

A *raw* value counts from 0. Pool values, stamps and threads are stored plus one, whether optional or not: 0 is None, a
local that is not live, or a field that nobody holds. Every other optional has 0 for None; a range counts from its low
end. Constant variables whose cells are alike in all initial valuations take no bits. A thread's place is 0 when it has
finished. Locals that are never live together share bits, those that hold pool values or stamps only with their like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.cells import cells_of_variable
from dfsrace.system.memory import Memory
from dfsrace.system.program import Alloc, Finish, LockOperation, Renew, Thread, starts_step
from dfsrace.system.system import System
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
)

Locals = tuple[tuple[int, Value], ...]

RENEWING_CALLS = frozenset({"write_seqlock", "write_seqcount_begin"})


def is_reference(kind: Type) -> bool:
    """True for types stored plus one even where None is not among their values."""
    return isinstance(base_of(kind), PoolType | StampType | ThreadType)


def raw(kind: Type, value: Value) -> int:
    """A value as it is stored."""
    if value is None:
        return 0
    base = base_of(kind)
    value -= base.low if isinstance(base, RangeType) else 0
    return value + 1 if isinstance(kind, OptionalType) or is_reference(kind) else value


def unraw(kind: Type, stored: int) -> Value:
    """The value that is stored so; None for a stamp or pool value that is nothing."""
    base = base_of(kind)
    if isinstance(kind, OptionalType) or is_reference(kind):
        if stored == 0:
            return None
        stored -= 1
    return stored + base.low if isinstance(base, RangeType) else stored


@dataclass(frozen=True, slots=True)
class Bits:
    """`width` bits from `shift` on. `ones`: the mask of a value; `mask`: the mask in the state."""

    shift: int
    width: int
    ones: int = field(init=False, repr=False, compare=False)
    mask: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ones = (1 << self.width) - 1
        object.__setattr__(self, "ones", ones)
        object.__setattr__(self, "mask", ones << self.shift)


@dataclass(frozen=True, slots=True)
class VariableLayout:
    """A variable's cells: position p starts at base + stride * p; `parts` are (offset, width), one for each component.

    `multipliers` and `lows`: position = sum of (index - low) * multiplier. `folded`: the values, if it takes no bits.
    """

    base: int
    stride: int
    parts: tuple[tuple[int, int], ...]
    multipliers: tuple[int, ...]
    lows: tuple[int, ...]
    folded: tuple[Value, ...] | None


@dataclass(frozen=True, slots=True)
class ThreadLayout:
    """A thread's block; `place` holds a number of `numbers` (node -> number), 0 for finished; `nodes` leads back."""

    block: Bits
    place: Bits
    numbers: dict[int, int]
    nodes: tuple[int, ...]
    slots: dict[int, Bits]


class Layout:
    """The layout of a system's states."""

    def __init__(self, system: System, memory: Memory) -> None:
        self.system = system
        self.memory = memory
        self.stamp_values = _stamp_values(system, memory)
        self.variables: list[VariableLayout] = []
        self.cells: list[Bits] = []
        self.folded: dict[int, Value] = {}
        shift = 0
        for index in range(len(system.variables)):
            shift = self._place_variable(index, shift)
        self.cell_bits = shift
        shapes: dict[int, _Shape] = {}
        self.threads: list[ThreadLayout] = []
        for thread in system.threads:
            shape = shapes.get(id(thread.nodes)) or shapes.setdefault(id(thread.nodes), _Shape(thread, self.width))
            self.threads.append(shape.at(shift))
            shift += shape.width
        self.bits = shift

    def width(self, kind: Type) -> int:
        """Bits that a value of a type takes."""
        return (self._count(kind) - 1).bit_length()

    def largest(self, kind: Type) -> int:
        """The largest raw value of a type."""
        return self._count(kind) - 1

    def _count(self, kind: Type) -> int:
        """How many raw values a type has."""
        match kind:
            case OptionalType(base):
                return self._count(base) + (not is_reference(kind))
            case BoolType():
                return 2
            case RangeType(low, high):
                return high - low + 1
            case NamedType(values=values):
                return len(values)
            case PoolType(size=size):
                return size + 1
            case ThreadType(count=count):
                return count + 1
            case StampType():
                return self.stamp_values.get(kind, 0) + 1
            case NoneType():
                return 1
        raise TypeError(f"a value of type {kind.name} cannot be stored")

    def _place_variable(self, index: int, shift: int) -> int:
        """Lays out one variable from `shift` on; where the next may start."""
        variable = self.system.variables[index]
        cells = cells_of_variable(index, variable, len(self.system.threads))
        first = self.memory.start[index]
        positions = max(1, len(dict.fromkeys(cell.position for cell in cells)))
        count = len(cells) // positions
        folded = self._folded(index, range(first, first + len(cells)))
        self.folded |= zip(range(first, first + len(cells)), folded or (), strict=False)
        parts: list[tuple[int, int]] = []
        offset = 0
        for cell in cells[:count]:
            width = 0 if folded is not None else self.width(cell.type)
            parts.append((offset, width))
            offset += width
        sizes = [self._count(d) - isinstance(d, PoolType) for d in variable.dimensions]
        multipliers = [1] * len(sizes)
        for k in reversed(range(len(sizes) - 1)):
            multipliers[k] = multipliers[k + 1] * sizes[k + 1]
        lows = tuple(d.low if isinstance(d, RangeType) else 0 for d in variable.dimensions)
        self.variables.append(VariableLayout(shift, offset, tuple(parts), tuple(multipliers), lows, folded))
        for position in range(len(cells) // max(1, count)):
            self.cells += [Bits(shift + position * offset + at, width) for at, width in parts]
        return shift + offset * (len(cells) // max(1, count))

    def _folded(self, index: int, places: range) -> tuple[Value, ...] | None:
        """The cells' values if they need not be stored."""
        variable = self.system.variables[index]
        kept = isinstance(base_of(variable.type), PoolType | StampType) or isinstance(variable.owner, PoolType)
        valuations = {tuple(initial.cells[i] for i in places) for initial in self.system.initial}
        if not variable.constant or kept or isinstance(variable.type, LockType) or len(valuations) != 1:
            return None
        return next(iter(valuations))

    # ---- states

    def encode(self, cells: Sequence[Value], nodes: Sequence[int], locals_: Iterable[Locals]) -> int:
        """A state as one integer; a thread that rests before Finish has finished."""
        state = self.encode_cells(cells)
        for place, (thread, node, live) in enumerate(zip(self.system.threads, nodes, locals_, strict=True)):
            layout = self.threads[place]
            state |= layout.numbers.get(node, 0) << layout.place.shift
            for slot, value in live:
                state |= raw(thread.locals[slot].type, value) << layout.slots[slot].shift
        return state

    def encode_cells(self, cells: Sequence[Value]) -> int:
        """The cells alone."""
        state = 0
        for bits, cell, value in zip(self.cells, self.memory.cells, cells, strict=True):
            if bits.width:
                state |= raw(cell.type, value) << bits.shift
        return state

    def decode_cells(self, state: int) -> tuple[Value, ...]:
        """The cells of a state."""
        return tuple(
            self.folded[place] if place in self.folded else unraw(cell.type, state >> bits.shift & bits.ones)
            for place, (bits, cell) in enumerate(zip(self.cells, self.memory.cells, strict=True))
        )

    def decode(self, state: int) -> tuple[tuple[Value, ...], tuple[int, ...], tuple[Locals, ...]]:
        """Cells, where each thread rests (-1: finished), and its live locals by slot."""
        nodes, locals_ = [], []
        for thread, layout in zip(self.system.threads, self.threads, strict=True):
            node = layout.nodes[state >> layout.place.shift & layout.place.ones]
            live = thread.nodes[node].live if node >= 0 else ()
            nodes.append(node)
            values = []
            for slot in sorted(live):
                bits = layout.slots[slot]
                values.append((slot, unraw(thread.locals[slot].type, state >> bits.shift & bits.ones)))
            locals_.append(tuple(values))
        return self.decode_cells(state), tuple(nodes), tuple(locals_)


def _stamp_values(system: System, memory: Memory) -> dict[StampType, int]:
    """How many values of each stamp type can be there at once, so that the lowest free one is below."""
    counts: dict[StampType, int] = {}
    for index, cell in enumerate(memory.cells):
        kind = base_of(cell.type)
        if isinstance(kind, StampType):
            counts[kind] = counts.get(kind, 0) + 1
            largest = max((initial.cells[index] or 0 for initial in system.initial), default=0)
            counts[kind] = max(counts[kind], largest + 1)
    for thread in system.threads:
        most: dict[StampType, int] = {}
        for node in thread.nodes:
            here: dict[StampType, int] = {}
            for slot in node.live:
                kind = base_of(thread.locals[slot].type)
                if isinstance(kind, StampType):
                    here[kind] = here.get(kind, 0) + 1
            for kind, count in here.items():
                most[kind] = max(most.get(kind, 0), count)
        for kind, count in most.items():
            counts[kind] = counts.get(kind, 0) + count
    return {kind: count + 1 for kind, count in counts.items()}


def reachable_nodes(thread: Thread) -> list[int]:
    """The places that the thread's code can come to, ascending."""
    found, waiting = {thread.entry}, [thread.entry]
    while waiting:
        for following in thread.nodes[waiting.pop()].next:
            if following not in found:
                found.add(following)
                waiting.append(following)
    return sorted(found)


class _Shape:
    """The inside of a thread's block; members of a family have one shape."""

    def __init__(self, thread: Thread, width_of: object) -> None:
        assert callable(width_of)
        reachable = reachable_nodes(thread)
        resting = [n for n in reachable if starts_step(thread.nodes[n])]
        self.numbers = {node: number for number, node in enumerate(resting, start=1)}
        self.numbers |= {n: 0 for n in reachable if isinstance(thread.nodes[n].operation, Finish)}
        self.nodes = (-1, *resting)
        self.place = Bits(0, len(resting).bit_length())
        points = [frozenset(thread.nodes[n].live) for n in resting]
        points += [self._observed(thread, n) for n in reachable]
        kinds: dict[Type | None, list[int]] = {}
        for slot in sorted(frozenset().union(*points)):
            kind = base_of(thread.locals[slot].type)
            kinds.setdefault(kind if isinstance(kind, PoolType | StampType) else None, []).append(slot)
        self.slots: dict[int, Bits] = {}
        self.width = self.place.width
        for slots in kinds.values():
            widths = {slot: width_of(thread.locals[slot].type) for slot in slots}
            self.width = self._colour(widths, points, self.width)

    @staticmethod
    def _observed(thread: Thread, place: int) -> frozenset[int]:
        """The locals that count where a stamp is renewed or a pool value looked for: pool values and stamps only."""
        node = thread.nodes[place]
        operation = node.operation
        renews = isinstance(operation, LockOperation) and operation.call in RENEWING_CALLS
        if not renews and not isinstance(operation, Alloc | Renew):
            return frozenset()
        live = thread.nodes[node.next[0]].live | (node.live if isinstance(operation, Alloc) else frozenset())
        return frozenset(s for s in live if isinstance(base_of(thread.locals[s].type), PoolType | StampType))

    def _colour(self, widths: dict[int, int], points: Sequence[frozenset[int]], start: int) -> int:
        """Gives each slot the lowest bits from `start` on that no slot has that is live with it; where the bits end."""
        end = start
        for slot, width in widths.items():
            beside = {s for point in points if slot in point for s in point if s in widths and s in self.slots}
            taken = sorted((self.slots[s].shift, self.slots[s].shift + self.slots[s].width) for s in beside)
            shift = start
            for low, high in taken:
                if low < shift + width and shift < high:
                    shift = high
            self.slots[slot] = Bits(shift, width)
            end = max(end, shift + width)
        return end

    def at(self, shift: int) -> ThreadLayout:
        """The layout of a thread whose block starts at `shift`."""
        slots = {slot: Bits(bits.shift + shift, bits.width) for slot, bits in self.slots.items()}
        place = Bits(shift, self.place.width)
        return ThreadLayout(Bits(shift, self.width), place, self.numbers, self.nodes, slots)
