# SPDX-License-Identifier: GPL-2.0-only
"""Lines of one step function, its locals, and how its paths end.

A step function has the state `s` from which the step starts and changes a copy, `n`. Locals are variables. Every node
is a block under a label; what the step does at its end (rest before a node, wait, violate) stands under labels, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from dfsrace.engine.native.expressions import Expressions
from dfsrace.engine.native.names import fail
from dfsrace.engine.native.properties import Concerns
from dfsrace.engine.native.regions import StepGraph
from dfsrace.engine.native.values import unsigned
from dfsrace.engine.reference.expressions import Names, Shift
from dfsrace.engine.reference.memos import References
from dfsrace.system.expressions import Expr, Read
from dfsrace.system.program import Alloc, AtomicBegin, Thread
from dfsrace.system.types import PoolType, StampType, Type, base_of


class Marks:
    """A bit for each set of coverage points that a node of a step function reaches."""

    def __init__(self) -> None:
        self.sets: list[frozenset[int]] = []

    @property
    def words(self) -> int:
        """How many words the bits take."""
        return (len(self.sets) + 63) // 64

    def number(self, marks: frozenset[int]) -> int:
        """A new bit."""
        self.sets.append(marks)
        return len(self.sets) - 1


@dataclass(frozen=True, slots=True)
class Shared:
    """What all step functions of a system have in common."""

    expressions: Expressions
    references: References
    marks: Marks
    concerns: Concerns


class Writer:
    """Writes the step function of one thread that rests before one node."""

    def __init__(self, shared: Shared, thread: int, start: int) -> None:
        self.shared = shared
        self.expressions = shared.expressions
        self.references = shared.references
        self.words = self.expressions.words
        self.layout = self.expressions.layout
        self.me = thread
        self.thread: Thread = self.layout.system.threads[thread]
        self.start = start
        self.graph = StepGraph.of(self.thread, start)
        self.slots = self.layout.threads[thread].slots
        self.at_start = frozenset(s for s in self.thread.nodes[start].live if s in self.slots)
        self.atomic = isinstance(self.thread.nodes[start].operation, AtomicBegin)
        self.lines: list[str] = []
        self.used: set[int] = set()
        self.mark_bits: dict[frozenset[int], int] = {}
        self.place = start

    # ---- lines and expressions

    def emit(self, line: str) -> None:
        """One line of the body."""
        self.lines.append(f"\t{line}")

    def emit_all(self, lines: list[str]) -> None:
        """Several lines."""
        for line in lines:
            self.emit(line)

    def fresh(self, letter: str) -> str:
        """A name for a new variable."""
        return self.expressions.converter.fresh(letter)

    def name(self, source: str, letter: str = "v") -> str:
        """A variable with the source's value."""
        name = self.fresh(letter)
        self.emit(f"val {name} = {source};")
        return name

    def local(self, slot: int) -> str:
        """The variable of a local."""
        self.used.add(slot)
        return f"l{slot}"

    @property
    def names(self) -> Names:
        """What expressions may use."""
        return Names("n", self.local)

    def value(self, expression: Expr) -> str:
        """Source of a value."""
        return self.expressions.write(expression, self.names)

    def convert_local(self, source: str, given: Type, local: int) -> None:
        """local := a value."""
        kind = self.thread.locals[local].type
        self.emit(f"{self.local(local)} = {self.expressions.converter.convert(source, given, kind)};")

    def cell(self, access: Read) -> tuple[Shift, int, Type]:
        """Where a cell is, how wide, and its type; index checks are made here."""
        shift = self.expressions.shift(access, self.names)
        if shift.varying:
            shift = Shift(0, self.name(str(shift), "h"))
        width = self.layout.variables[access.variable].parts[0][1]
        return shift, width, self.layout.system.variables[access.variable].type

    @property
    def wait(self) -> str:
        """The statement for what is not granted: no step, or `blocks inside atomic`."""
        if self.atomic:
            return f"{{ if (accessed) {fail('blocks inside atomic')} goto waits; }}"
        return "goto waits;"

    # ---- locals in the state

    def _references_in(self, slots: frozenset[int]) -> frozenset[int]:
        kinds = {s: base_of(self.thread.locals[s].type) for s in slots}
        return frozenset(s for s, kind in kinds.items() if isinstance(kind, PoolType | StampType))

    def store_locals(self, state: str, live: frozenset[int], written: frozenset[int], place: int | None) -> list[str]:
        """Statements that leave in a state those of the thread's locals that are live, and the next place's number.

        `place` None: only pool values and stamps, for what looks at references.
        """
        live = frozenset(s for s in live if s in self.slots)
        mine = self.at_start
        if place is None:
            live, mine = self._references_in(live), self._references_in(mine)
        kept = frozenset(s for s in mine if s in live and s not in written)
        lost = 0
        for slot in mine - kept:
            lost |= self.slots[slot].mask
        for slot in kept:
            lost &= ~self.slots[slot].mask
        value = 0
        if place is not None:
            bits = self.layout.threads[self.me].place
            lost, value = lost | bits.mask, place << bits.shift
        lines = self.words.put_known(state, lost, value)
        for slot in sorted(live & written):
            kind = self.thread.locals[slot].type
            stored = self.expressions.converter.stored(self.local(slot), kind, kind)
            lines += self.words.add(state, Shift(self.slots[slot].shift), self.slots[slot].width, stored)
        return lines

    def in_state(self, live: frozenset[int], written: frozenset[int], clear: bool) -> str:
        """A state as it would be if the thread rested here, for what looks at references."""
        name = self.fresh("t")
        self.emit(f"word {name}[WORDS]; copy_state({name}, n);")
        self.emit_all(self.store_locals(name, live, written, None))
        if clear and self.references.clears:
            self.emit(f"clear_unheld({name}, c);")
        return name

    # ---- coverage

    def mark(self, marks: tuple[int, ...]) -> None:
        """Notes that a node is executed."""
        if marks:
            key = frozenset(marks)
            if key not in self.mark_bits:
                self.mark_bits[key] = self.shared.marks.number(key)
            word, bit = divmod(self.mark_bits[key], 64)
            self.emit(f"m{word} |= {unsigned(1 << bit)};")

    @property
    def mark_words(self) -> list[int]:
        """The words in which the bits of this function are."""
        return sorted({bit // 64 for bit in self.mark_bits.values()})

    # ---- how paths end

    def rest(self, place: int | None, written: frozenset[int]) -> None:
        """Rests before a node (None: finished) in a new state."""
        live = frozenset[int]() if place is None else self.thread.nodes[place].live
        number = 0 if place is None else self.layout.threads[self.me].numbers[place]
        self.emit_all(self.store_locals("n", live, written, number))
        if self.references.clears and (self.drops or self._loses_pool_value(live, written)):
            self.emit("clear_unheld(n, c);")
        self.emit("MARKED;")
        matters = self.shared.concerns.meet(self.thread, self.graph)
        self.emit(f"add_state(c, n, {self.me}{' | MAY_MATTER' if matters else ''});")
        self.emit("return 1;")

    drops = False

    def _loses_pool_value(self, live: frozenset[int], written: frozenset[int]) -> bool:
        """True if a local that held a pool value may not hold it any more.

        A value that the step has loaded is held by where it was loaded from; one that it has allocated is not.
        """
        lost = self.at_start - (live - written)
        nodes = self.thread.nodes
        allocated = frozenset(o.local for p in self.graph.order if isinstance(o := nodes[p].operation, Alloc))
        return any(isinstance(base_of(self.thread.locals[s].type), PoolType) for s in lost | (allocated - live))

    # ---- the function

    def finish(self, name: str, loops: bool) -> list[str]:
        """The whole function around the body. `loops`: over the combinations of its choices."""
        lines = [f"static int {name}(const word *s, struct context *c)", "{", "\tword n[WORDS];"]
        for slot in sorted(self.used):
            source = "0"
            if slot in self.at_start:
                bits, kind = self.slots[slot], self.thread.locals[slot].type
                get = self.expressions.get("s", Shift(bits.shift), bits.width)
                source = self.expressions.converter.loaded(get, kind)
            lines.append(f"\tval l{slot} = {source};")
        lines.append("\tval e = 0; int judge = 0, accessed = 0;")
        lines += [f"\tword m{w} = 0;" for w in self.mark_words]
        lines.append("\tcopy_state(n, s);")
        body = [*lines, *self.lines]
        commit = " ".join(f"c->hits[{w}] |= m{w};" for w in self.mark_words)
        body = [line.replace("MARKED;", commit or ";") for line in body]
        body += [
            "fail:",
            f"\t{commit or ';'}",
            f"\tc->violated(c, s, {self.me}, (unsigned)e, n, judge);",
            "\treturn 1;",
            "waits:",
            "\t(void)accessed;",
            "\treturn 0;",
            "}",
            "",
        ]
        return body
