# SPDX-License-Identifier: GPL-2.0-only
"""What stands in the state at each moment of a trace, by name, before anybody asks what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dfsrace.diagnostics.text import printable
from dfsrace.engine.reference.stepping import ConcreteState, Start, Stepper
from dfsrace.system.expression_text import Namer, cell_text, expression_text
from dfsrace.system.program import (
    Alloc,
    Assign,
    Atomic,
    Choose,
    Evaluate,
    Load,
    LockOperation,
    Node,
    starts_step,
)
from dfsrace.system.system import System
from dfsrace.system.types import LockType, NamedType, PoolType, Type, Value, base_of
from dfsrace.trace.flow import defined
from dfsrace.trace.lock_pictures import LockParts
from dfsrace.trace.locks import held_locks, waiting_at
from dfsrace.trace.names import Names
from dfsrace.trace.picture import LinkKind, ThingKind
from dfsrace.trace.record import Mark
from dfsrace.trace.recorded import others_of
from dfsrace.trace.vm_names import VmNames
from dfsrace.trace.writing import Writer, first_shared


class Key(NamedTuple):
    """What a row is about, the same at every moment: the thing it stands in, and its name there."""

    source: str
    name: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class Row:
    """A cell, local or held lock at one moment. `target`: the thing that its value is, empty if it is none.

    `order`: sorts the rows of a thing. `cell`: the full name, empty for what is no cell.
    """

    value: str
    target: str
    cell: str
    order: tuple[int, int]


@dataclass(slots=True)
class Moment:
    """One moment. `held`: the things of pool values and of locks that are there; `notes`: by thing."""

    rows: dict[Key, Row] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Known:
    """A thing that some moment has shown. `order`: among those of its kind.

    `pooled`: it comes and goes, as a pool's values and the locks in them do.
    """

    id: str
    kind: ThingKind
    label: str
    order: tuple[int, int]
    owner: str = ""
    pooled: bool = False


class Moments:
    """Takes down the moments of a replay under way; `things` are all that have been seen, by id."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.stepper: Stepper = writer.stepper
        self.system: System = writer.system
        self.names: Names = writer.names
        self.vm = VmNames(self.system)
        self.things: dict[str, Known] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._local_names: dict[tuple[int, int], str] = {}
        self._shown = [n for n in range(len(self.system.variables)) if self.vm.is_shown(n)]
        owning = {self.system.variables[n].owner for n in self._shown}
        self._owning = {kind.name for kind in owning if kind is not None}
        self._locks = LockParts(self.system)
        self._places = {kind.name: place for place, kind in enumerate(self.system.types)}
        self._pools = {kind.name for kind in self.system.types if isinstance(kind, PoolType)}
        self._taken: dict[int, dict[str, Mark]] = {}
        for place, thread in enumerate(self.system.threads):
            self._thing("thread", "", thread.name, (place, 0))
        self._named_things()

    # ---- things

    def _named_things(self) -> None:
        """The values of named types that own something are there from the first."""
        for place, kind in enumerate(self.system.types):
            if isinstance(kind, NamedType) and kind.name in self._owning:
                for number, value in enumerate(kind.values):
                    self._thing(self.vm.kind_of_type(kind.name), kind.name, value, (place, number))

    def _thing(self, kind: ThingKind, family: str, label: str, order: tuple[int, int], owner: str = "") -> str:
        """The id of a thing, which is new or not. `family`: its type, for two may have the same label."""
        known = self._ids.get((family, label))
        if known is None:
            known = f"{kind}:{printable(label)}"
            known = f"{known}@{printable(family)}" if known in self.things else known
            self._ids[family, label] = known
            pooled = family in self._pools or (owner != "" and self.things[owner].pooled)
            self.things[known] = Known(known, kind, printable(label), order, owner, pooled)
        return known

    def element(self, kind: Type, value: Value) -> str:
        """The thing that a value is; empty for one that is only written down."""
        kind = base_of(kind)
        if value is None or not isinstance(kind, NamedType | PoolType):
            return ""
        if isinstance(kind, NamedType) and kind.name not in self._owning:
            return ""
        name = self.names.text(kind, value)
        number = value if isinstance(kind, NamedType) else int(name.removeprefix(kind.name.lower()) or 0)
        return self._thing(self.vm.kind_of_type(kind.name), kind.name, name, (self._places.get(kind.name, 0), number))

    # ---- one moment

    def take(self, cells: Sequence[Value], state: ConcreteState) -> Moment:
        """What stands in the cells, and in the threads as `state` has them."""
        moment = Moment()
        self._taken = held_locks(self.writer.steps)
        live = others_of(self.stepper, state, None)
        held = self.stepper.memory.held(cells, live)
        in_order = sorted(held, key=lambda one: (one[0].name, one[1]))
        moment.held |= {self.element(kind, value) for kind, value in in_order}
        counting = set(self.names.counting(cells, live))
        for number in self._shown:
            self._variable(moment, number, cells, counting)
        self._constant_notes(moment, cells)
        for thread in range(len(self.system.threads)):
            self._thread(moment, thread, cells, state)
        return moment

    def _variable(self, moment: Moment, number: int, cells: Sequence[Value], counting: set[int]) -> None:
        """The cells of one variable."""
        variable, memory = self.system.variables[number], self.stepper.memory
        start = memory.start[number]
        end = memory.start[number + 1] if number + 1 < len(memory.start) else len(memory.cells)
        if isinstance(variable.type, LockType):
            positions = dict.fromkeys(memory.cells[c].position for c in range(start, end) if c in counting)
            for place, position in enumerate(positions):
                self._lock(moment, number, position, place, cells)
            return
        for cell in range(start, end):
            if cell in counting:
                position = memory.cells[cell].position
                name = printable(self.names.element(number, position))
                source = self._owner(number, position)
                short = name if variable.owner is None else name.split(".", 1)[1]
                target = self.element(variable.type, cells[cell])
                value = printable(self.names.text(variable.type, cells[cell]))
                key = Key(source, short, self.vm.link(number))
                moment.rows[key] = Row(value, target, name, (number, cell))

    def _owner(self, number: int, position: tuple[Value, ...]) -> str:
        """The thing that a cell stands in: the value whose field it is, or its variable."""
        variable = self.system.variables[number]
        if variable.owner is not None:
            return self.element(variable.owner, position[0])
        return self._thing(self.vm.kind_of_variable(number), " variable", variable.name, (number, 0))

    def _lock(
        self, moment: Moment, number: int, position: tuple[Value, ...], place: int, cells: Sequence[Value]
    ) -> None:
        """A lock, what stands in it, and who has it."""
        variable = self.system.variables[number]
        name = self.names.element(number, position)
        owner = self._owner(number, position) if variable.owner is not None else ""
        order = (number, self.things[owner].order[1] if owner else place)
        lock = self._thing("lock", " lock", name, order, owner)
        moment.held.add(lock)
        first = self.stepper.memory.place[number, position]
        parts = self._locks.parts(number, cells, first)
        takers = [t for t, taken in self._taken.items() if name in taken]
        for thread, label in self._locks.holders(parts, takers):
            source = self._ids["", self.system.threads[thread].name]
            moment.rows[Key(source, f"{label} {lock}", "holds")] = Row(label, lock, "", (number, order[1]))
        moment.notes[lock] = printable(self._locks.note(parts, takers))
        for component, kind, value in self._locks.fields(parts):
            text = printable(self.names.text(kind, value))
            cell = printable(f"{name}.{component}")
            moment.rows[Key(lock, component, "reference")] = Row(text, "", cell, (0, 0))

    def _constant_notes(self, moment: Moment, cells: Sequence[Value]) -> None:
        """Constant fields that are said in a note instead of shown."""
        for cell, place in enumerate(self.stepper.memory.cells):
            if note := self.vm.note(place.variable):
                variable = self.system.variables[place.variable]
                owner = self._owner(place.variable, place.position)
                moment.notes[owner] = printable(note.format(self.names.text(variable.type, cells[cell])))

    # ---- threads

    def _thread(self, moment: Moment, thread: int, cells: Sequence[Value], state: ConcreteState) -> None:
        """Where a thread stands, and its live locals."""
        code = self.system.threads[thread]
        source = self._ids["", code.name]
        moment.notes[source] = printable(self.standing(thread, state))
        shown: dict[tuple[str, str], tuple[int, Row]] = {}
        for slot, value in state.locals[thread]:
            kind = code.locals[slot].type
            name = self._local_names.get((thread, slot)) or code.locals[slot].name
            text, target = printable(self.names.text(kind, value)), self.element(kind, value)
            shown[name, target or text] = (slot, Row(text, target, "", (slot, 0)))
        targets = {row.target for (name, _), (_, row) in shown.items() if name.isidentifier() and row.target}
        for (name, _), (slot, row) in shown.items():
            if not name or (not name.isidentifier() and row.target in targets):
                continue  # a copy under way of what a local with a name has too
            key = Key(source, printable(name), "local")
            again = Key(source, f"{printable(name)} ({code.locals[slot].procedure})", "local")
            moment.rows[again if key in moment.rows else key] = row

    def standing(self, thread: int, state: ConcreteState) -> str:
        """A thread's next statement, what it waits for, or `finished`."""
        if state.nodes[thread] == self.stepper.finish[thread]:
            return "finished"
        node = first_shared(self.system.threads[thread], state.nodes[thread])
        rests = starts_step(self.system.threads[thread].nodes[state.nodes[thread]])
        if not rests or self.stepper.results(state, thread):
            return node.text
        lock = self.writer.next_lock(thread, state)
        waiting = waiting_at(node, thread, lock, tuple(self.writer.steps), self.names)
        if waiting.reason == "waits":
            return f"waits in {node.text}"
        who = waiting.reason.removeprefix("waits for ")
        return f"waits for {lock} ({who})" if lock and who != waiting.reason else waiting.reason

    def executed(self, thread: int, nodes: Sequence[int]) -> None:
        """Notes what the locals are called that a step has given values to: several may share a place."""
        code = self.system.threads[thread]
        namer = Namer(self.system, checks=False)
        namer.locals |= {slot: name for (t, slot), name in self._local_names.items() if t == thread}
        for number in nodes:
            node = code.nodes[number]
            slot = defined(node.operation)
            if slot >= 0:
                name = node.target or _given(node, namer)
                namer.locals[slot] = self._local_names[thread, slot] = name


def _given(node: Node, namer: Namer) -> str:
    """What a value without a name of its own is, as the model has it."""
    match node.operation:
        case Load(access=access):
            return cell_text(access, namer)
        case Assign(value=value) | Evaluate(value=value):
            return expression_text(value, namer)
        case Alloc(pool=pool):
            return f"alloc({pool.name})"
        case LockOperation(call=call) | Atomic(call=call):
            return f"result of {call}"
        case Choose():
            return "the choice"
    return ""


def state_at_start(system: System, start: Start) -> ConcreteState:
    """The initial state, or how far the threads got in it before one of them ended in a violation."""
    if start.state is not None:
        return start.state
    reached = [result.state for result in start.results if result.state is not None]
    if reached:
        return reached[-1]
    return ConcreteState(start.cells, tuple(t.entry for t in system.threads), tuple(() for _ in system.threads))
