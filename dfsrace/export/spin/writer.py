# SPDX-License-Identifier: GPL-2.0-only
"""Statements of the d_step in hand: what the operations of a step are written with."""

from __future__ import annotations

from dataclasses import dataclass, field

from dfsrace.export.spin.expressions import CODES, Expressions, is_zero
from dfsrace.export.spin.guards import Guards, looks_at_pools
from dfsrace.export.spin.memory import Lines, PoolText
from dfsrace.export.spin.names import Names, NotExpressible
from dfsrace.export.spin.region import Region, region
from dfsrace.system.expressions import Expr
from dfsrace.system.program import Barrier, Nop
from dfsrace.system.types import Type

BLOCKS = CODES["blocks inside atomic"]
# What `bad` is where a combination of choices is no step at all, and from where on it numbers exhausted pools.
NO_STEP = -1
EXHAUSTED = 200


@dataclass(slots=True)
class Shared:
    """What the steps of all threads have together: names, and which variables they turn out to need.

    `temporaries`: (open, slot) -> types; `saved`: (open, variable, component).
    """

    names: Names
    pools: PoolText
    temporaries: dict[tuple[bool, int], list[Type]] = field(default_factory=dict)
    saved: dict[tuple[bool, int, str], None] = field(default_factory=dict)
    waits_in_atomic: set[bool] = field(default_factory=set)


class Writer:
    """One step: its names, and the lines of the d_step in hand. A line `@name` is where a label will stand."""

    def __init__(self, shared: Shared, guards: Guards, thread: int, start: int) -> None:
        self.shared = shared
        self.names = shared.names
        self.pools = shared.pools
        self.guards = guards
        self.thread = thread
        self.start = start
        self.code = self.names.system.threads[thread]
        self.region: Region = region(self.names, thread, start)
        self.expressions = Expressions(self.names, self.local)
        self.lines: Lines = []
        self.segment = 0
        self.targets: set[str] = set()
        for slot in sorted(self.region.assigned):
            kinds = shared.temporaries.setdefault((self.region.open, slot), [])
            kinds.append(self.code.locals[slot].type)

    # ---- names

    def local(self, slot: int) -> str:
        """The text of a local: its temporary if the step may assign it."""
        if slot in self.region.assigned:
            return f"t{slot}" if self.region.open else f"h_t{slot}"
        return self.names.local(self.thread, slot)

    def label(self, what: str) -> str:
        """A label of the d_step in hand, for a jump to it."""
        self.targets.add(self.label_name(what))
        return self.label_name(what)

    def label_name(self, what: str) -> str:
        """The text of a label of the d_step in hand."""
        return f"{what}_{self.thread}_{self.start}_{self.segment}"

    def place(self, what: str) -> None:
        """Here stands a label, if anything jumps to it."""
        self.emit(f"@{self.label_name(what)}")

    @property
    def accessed(self) -> str:
        """Whether a shared action of an atomic block has been done."""
        return "accessed" if self.region.open else "h_accessed"

    def saved(self, variable: int, component: str) -> str:
        """Where the cells of a component are kept, to be put back."""
        return ("old_" if self.region.open else "h_old_") + self.names.parts[variable][component].name

    # ---- lines

    def emit(self, *lines: str) -> None:
        """Statements of the d_step in hand."""
        self.lines += lines

    def fail(self, code: str, node: int) -> None:
        """A violation at a node where `code` is not 0."""
        if is_zero(code):
            return
        self.emit(f"bad = {code};", f"if :: bad != 0 -> goto {self._violated(node)} :: else fi;")

    def fail_if(self, test: str, number: int, node: int) -> None:
        """A violation at a node where a test is true."""
        if not is_zero(test):
            self.emit(f"if :: {test} -> bad = {number}; goto {self._violated(node)} :: else fi;")

    def _violated(self, node: int) -> str:
        """Where a violation at a node goes on: V judges the cells and puts them back, U puts back, N does neither."""
        first = node == self.start and not self.code.nodes[node].atomic
        if first or not self.region.undoes:
            return self.label("N")
        return self.label("U" if self.code.nodes[node].atomic else "V")

    def wait(self, test: str, node: int) -> None:
        """Inside an atomic block: a violation, or no step, where a test is true. Elsewhere the guard has seen to it."""
        if is_zero(test) or not self.code.nodes[node].atomic:
            return
        self.shared.waits_in_atomic.add(self.region.open)
        verdict = f"bad = ({self.accessed} -> {BLOCKS} : {NO_STEP})"
        self.emit(f"if :: {test} -> {verdict}; goto {self._violated(node)} :: else fi;")

    def look(self, *expressions: Expr) -> None:
        """Brings `h_visible` up to date if an expression needs it."""
        if any(map(looks_at_pools, expressions)):
            self.emit(*self.pools.visible())

    # ---- ways on

    def goto(self, place: int) -> str:
        """The jump to a node of the step that is not executed first."""
        return f"goto {self.label(self.key_label((self.past(place), False)))}"

    @staticmethod
    def key_label(key: tuple[int, bool]) -> str:
        """What the label of a node says: that it is executed first, or come to later."""
        return f"{'S' if key[1] else 'L'}{key[0]}"

    def past(self, place: int) -> int:
        """The node itself, or the next that does something."""
        seen = set()
        while isinstance(self.code.nodes[place].operation, Nop | Barrier):
            if place in seen:
                raise NotExpressible("a loop without a shared access")
            seen.add(place)
            place = self.code.nodes[place].next[0]
        return place

    def rest(self, place: int) -> None:
        """The step ends before a node: what it has computed becomes the state."""
        self._store_locals(self.code.nodes[place].live)
        self.emit(f"{self.names.pc(self.thread)} = {self.names.numbers[self.thread][place]};")
        self.emit(f"goto {self.label('D')};")

    def finish(self) -> None:
        """The thread has reached its end."""
        self._store_locals(frozenset())
        self.emit(f"{self.names.pc(self.thread)} = 0;", f"goto {self.label('D')};")

    def stay(self) -> str:
        """The step ends before the node where it began, with no local changed."""
        return f"goto {self.label('D')}"

    def _store_locals(self, live: frozenset[int]) -> None:
        before = self.code.nodes[self.start].live
        for slot in self.names.slots[self.thread]:
            stored = self.names.local(self.thread, slot)
            if slot in live and slot in self.region.assigned:
                self.emit(f"{stored} = {self.local(slot)};")
            elif slot in before and slot not in live:
                self.emit(f"{stored} = 0;")
