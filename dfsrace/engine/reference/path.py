# SPDX-License-Identifier: GPL-2.0-only
"""Source of one step function: lines, the path that is being written, and how paths end.

A step function takes a packed state `s` and `add`, hands each state that the step leads to to `add`, and returns true
if the thread can move. Every path ends by itself (`return`, or `continue` in the loops over choices), so that a branch
needs no `else`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dfsrace.engine.reference.expressions import Expressions, Names, Shift
from dfsrace.engine.reference.memos import References
from dfsrace.engine.reference.packed import Packed
from dfsrace.system import AUTOMATIC_PROPERTIES
from dfsrace.system.expressions import Expr, may_fail
from dfsrace.system.program import Thread
from dfsrace.system.types import PoolType, StampType, base_of

VIOLATION = {name: number for number, name in enumerate(AUTOMATIC_PROPERTIES)}


@dataclass(frozen=True, slots=True)
class Path:
    """One path through a step, up to where it has been written.

    `values`: sources of the locals known so far; `written`: those that the step has assigned. `after`: the state when
    the shared access was done ("-1": the cells are as before). `loops`: how many loops over choices are around.
    """

    packed: Packed = field(default_factory=Packed)
    values: dict[int, str] = field(default_factory=dict)
    written: frozenset[int] = frozenset()
    marks: frozenset[int] = frozenset()
    atomic: bool = False
    accessed: bool = False
    after: str | None = None
    loops: int = 0
    indent: int = 1
    drops: bool = False

    def inner(self) -> Path:
        """A branch of its own, one level deeper."""
        return replace(self, values=dict(self.values), indent=self.indent + 1)

    def assigned(self, slot: int, source: str) -> Path:
        """After local := source."""
        return replace(self, values={**self.values, slot: source}, written=self.written | {slot})


class Marks:
    """A number for each set of coverage points that a path reaches."""

    def __init__(self) -> None:
        self.sets: list[frozenset[int]] = []
        self._numbers: dict[frozenset[int], int] = {}

    def number(self, marks: frozenset[int]) -> int:
        """The place of a set in `sets`."""
        if marks not in self._numbers:
            self._numbers[marks] = len(self.sets)
            self.sets.append(marks)
        return self._numbers[marks]


class Writer:
    """Writes the step function of one thread that rests before one node."""

    def __init__(self, expressions: Expressions, references: References, marks: Marks, thread: int, start: int) -> None:
        self.expressions = expressions
        self.references = references
        self.all_marks = marks
        self.layout = expressions.layout
        self.me = thread
        self.thread: Thread = self.layout.system.threads[thread]
        self.start = start
        self.slots = self.layout.threads[thread].slots
        self.whole = (1 << self.layout.bits) - 1
        self.at_start = frozenset(s for s in self.thread.nodes[start].live if s in self.slots)
        self.lines: list[str] = []

    # ---- lines and expressions

    def emit(self, path: Path, line: str) -> None:
        """One line at the path's depth."""
        self.lines.append(" " * path.indent + line)

    def fresh(self, letter: str) -> str:
        """A name for a new variable."""
        return self.expressions.converter.fresh(letter)

    def name(self, path: Path, source: str, letter: str = "v") -> str:
        """`source` as something that can be written twice."""
        if source.isidentifier() or source.lstrip("-").isdigit():
            return source
        name = self.fresh(letter)
        self.emit(path, f"{name} = {source}")
        return name

    def settle(self, path: Path) -> Path:
        """The path with its state in a variable, for reading it."""
        if not path.packed.changed:
            return path
        name = self.fresh("c")
        self.emit(path, f"{name} = {path.packed.source()}")
        return replace(path, packed=Packed(name))

    def names(self, path: Path) -> Names:
        """What expressions may use here; the path's state must be settled."""

        def local(slot: int) -> str:
            if slot not in path.values:
                path.values[slot] = self._load(path, slot)
            return path.values[slot]

        return Names(path.packed.base, local)

    def _load(self, path: Path, slot: int) -> str:
        if slot not in self.at_start:
            return "0"
        bits, kind = self.slots[slot], self.thread.locals[slot].type
        source = self.expressions.bits("s", Shift(bits.shift), bits.width)
        return self.name(path, self.expressions.converter.loaded(source, kind), "l")

    def value(self, path: Path, expression: Expr) -> str:
        """Source of a value; where it may be a violation, that path is written."""
        return self.guarded(path, self.expressions.write(expression, self.names(path)), may_fail(expression))

    def guarded(self, path: Path, source: str, fails: bool) -> str:
        """`source`, evaluated here if it may raise Fail."""
        if not fails:
            return source
        name = self.fresh("v")
        self.emit(path, "try:")
        self.emit(path, f" {name} = {source}")
        self.emit(path, "except Fail as e:")
        self.violate(path.inner(), "e.code")
        return name

    # ---- cells

    def get(self, path: Path, shift: Shift, width: int) -> str:
        """The raw value at a place, in a variable; the path's state must be settled."""
        return self.name(path, self.expressions.bits(path.packed.base, shift, width), "x")

    def put(self, path: Path, shift: Shift, width: int, new: str, old: int | None = None) -> Path:
        """Stores a raw value; `old` is what is known to be there."""
        ones = (1 << width) - 1
        if width == 0:
            return path
        if not shift.varying:
            mask = ones << shift.fixed
            if path.packed.touched & mask:
                path = self.settle(path)
            packed = path.packed
            if old is None:
                packed = packed.cut(mask, self.whole)
            elif old:
                packed = replace(packed, added=packed.added - (old << shift.fixed))
            return replace(path, packed=packed.plus(new, str(shift.fixed)).touching(mask))
        path = self.settle(path)
        place = self.name(path, str(shift), "h")
        name = self.fresh("c")
        base = path.packed.base
        if old is None:
            self.emit(path, f"{name} = {base} & ~({ones} << {place}) | ({new}) << {place}")
        else:
            self.emit(path, f"{name} = {base} + (({new}) - {old} << {place})")
        return replace(path, packed=Packed(name))

    def change(self, path: Path, shift: Shift, width: int, amount: int) -> Path:
        """Adds to a raw value that stays within its bits."""
        mask = ((1 << width) - 1) << shift.fixed
        if not shift.varying and not path.packed.touched & mask:
            packed = replace(path.packed, added=path.packed.added + (amount << shift.fixed))
            return replace(path, packed=packed.touching(mask))
        path = self.settle(path)
        name = self.fresh("c")
        self.emit(path, f"{name} = {path.packed.base} + ({amount} << {shift})")
        return replace(path, packed=Packed(name))

    # ---- locals in the state

    def with_locals(self, path: Path, live: frozenset[int], place: int | None) -> Packed:
        """The state with the locals in `live` stored, all else of the thread's cleared.

        `place`: the number of the node before which it then rests; None: only pool values and stamps matter.
        """
        mine = self.at_start if place is not None else self.references_in(self.at_start)
        kept = frozenset(s for s in mine if s in live and s not in path.written)
        lost = 0
        for slot in mine - kept:
            lost |= self.slots[slot].mask
        for slot in kept:
            lost &= ~self.slots[slot].mask
        packed = path.packed
        if place is not None:
            bits = self.layout.threads[self.me].place
            before = self.layout.threads[self.me].numbers[self.start]
            if lost:
                packed = packed.cut(lost | bits.mask, self.whole).plus(str(place), str(bits.shift))
            else:
                packed = replace(packed, added=packed.added + (place - before << bits.shift))
        elif lost:
            packed = packed.cut(lost, self.whole)
        for slot in sorted(live & path.written):
            if slot in self.slots and slot in path.values:
                kind = self.thread.locals[slot].type
                stored = self.expressions.converter.stored(path.values[slot], kind, kind)
                packed = packed.plus(stored, str(self.slots[slot].shift)) if self.slots[slot].width else packed
        return packed

    def references_in(self, slots: frozenset[int]) -> frozenset[int]:
        """Those of the locals that may hold a pool value or a stamp."""
        kinds = {s: base_of(self.thread.locals[s].type) for s in slots}
        return frozenset(s for s, kind in kinds.items() if isinstance(kind, PoolType | StampType))

    # ---- how paths end

    def mark(self, path: Path) -> None:
        """Notes that the path was taken."""
        if path.marks:
            self.emit(path, f"H[{self.all_marks.number(path.marks)}] = 1")

    def moved(self, path: Path) -> None:
        """The end of a path on which the thread moved."""
        if path.loops:
            self.emit(path, "r = 1")
            self.emit(path, "continue")
        else:
            self.emit(path, "return 1")

    def blocked(self, path: Path) -> None:
        """The end of a path on which it did not."""
        self.emit(path, "continue" if path.loops else "return")

    def violate(self, path: Path, code: str) -> None:
        """The end of a path in an automatic violation; `code` is its number as source."""
        self.mark(path)
        self.emit(path, f"bad((s, {self.me}, {code}, {path.after or '-1'}))")
        self.moved(path)

    def violate_if(self, path: Path, condition: str, name: str) -> None:
        """A violation where a condition is true."""
        if condition == "0":
            return
        self.emit(path, f"if {condition}:")
        self.violate(path.inner(), str(VIOLATION[name]))

    def wait(self, path: Path) -> None:
        """The end of a path that waits: no step, or `blocks inside atomic`."""
        if path.atomic and path.accessed:
            self.violate(path, str(VIOLATION["blocks inside atomic"]))
        else:
            self.blocked(path)

    def wait_if(self, path: Path, condition: str) -> None:
        """Waits where a condition is true."""
        if condition == "0":
            return
        self.emit(path, f"if {condition}:")
        self.wait(path.inner())

    def rest(self, path: Path, place: int | None) -> None:
        """The end of a path before node `place` (None: finished), in a new state."""
        live = frozenset[int]() if place is None else self.thread.nodes[place].live
        number = 0 if place is None else self.layout.threads[self.me].numbers[place]
        packed = self.with_locals(path, live, number)
        self.mark(path)
        if self.references.clears and (path.drops or self._loses_pool_value(path, live)):
            self.emit(path, f"n = {packed.source()}")
            self.emit(path, f"add(n & KEEP[n & {self.references.held_mask}])")
        else:
            self.emit(path, f"add({packed.source()})")
        self.moved(path)

    def _loses_pool_value(self, path: Path, live: frozenset[int]) -> bool:
        """True if a local that held a pool value at the start may not hold it any more."""
        lost = self.at_start - (live - path.written)
        return any(isinstance(base_of(self.thread.locals[s].type), PoolType) for s in lost | (path.written - live))
