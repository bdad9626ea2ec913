# SPDX-License-Identifier: GPL-2.0-only
"""The states along a trace as plain values: the schedule is replayed, and each state written down whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.reference.stepping import ConcreteState, Starts, Stepper
from dfsrace.export.spin.names import NotExpressible
from dfsrace.system import System
from dfsrace.system.cells import Cell
from dfsrace.system.types import BoolType, LockType, RangeType, Type, Value, base_of
from dfsrace.trace.record import Trace, TraceStep
from dfsrace.trace.recorded import others_of
from dfsrace.trace.writing import Writer, first_shared

MOST_VALUES = 5_000_000

# A value: False, 3, "page0", "None"; of an array or field a Table, of a lock a dict by the names of its parts.
Plain: TypeAlias = "bool | int | str | Table | dict[str, Plain]"


@dataclass(frozen=True, slots=True)
class Table:
    """The values of an array by its indices, in their order; of a pool's field those of values that are held only."""

    rows: tuple[tuple[bool | int | str, Plain], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A thread in a state: its next statement (`finished` at its end) and where that stands, and its live locals."""

    name: str
    text: str
    span: Span | None
    locals: tuple[tuple[str, Plain], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state of a trace, number 0 the initial one. `step`: what led to it.

    `is_state`: False after a step that ended in an automatic violation: then no state follows, and the values are those
    that the step had stored when it ended.
    """

    number: int
    step: TraceStep | None
    is_state: bool
    variables: tuple[tuple[str, Plain], ...]
    threads: tuple[Standing, ...]


def snapshots(system: System, trace: Trace) -> list[Snapshot]:
    """The initial state of a trace and what each step leads to, with the names that the trace gives its values.

    NotExpressible for more than 5 million values in all.
    """
    stepper = Stepper(system)
    cells = len(stepper.memory.cells)
    if (len(trace.steps) + 1) * cells > MOST_VALUES:
        raise NotExpressible(
            f"{len(trace.steps):,} steps with {cells:,} cells each are more than {MOST_VALUES:,} values"
        )
    return list(_Replay(stepper, trace).snapshots())


class _Replay:
    """A schedule under way."""

    def __init__(self, stepper: Stepper, trace: Trace) -> None:
        self.stepper, self.system, self.memory, self.trace = stepper, stepper.system, stepper.memory, trace
        self.writer = Writer(stepper, Starts(stepper.each_start()), trace.schedule.initial)
        self.names = self.writer.names
        self.cells_of: dict[int, list[int]] = {}
        for place, cell in enumerate(self.memory.cells):
            self.cells_of.setdefault(cell.variable, []).append(place)

    def snapshots(self) -> Iterator[Snapshot]:
        """All states in order."""
        state = self.writer.state
        if state is None:  # a thread's first local steps ended in a violation: there is nothing but the cells
            entries = tuple(thread.entry for thread in self.system.threads)
            state = ConcreteState(self.writer.start.cells, entries, tuple(() for _ in entries))
        yield self._snapshot(None, state, state.cells, self.writer.state is not None)
        for move, step in zip(self.trace.schedule.moves, self.trace.steps, strict=True):
            self.writer.add(self.stepper.step(state, move))
            if self.writer.state is not None:
                state = self.writer.state
                yield self._snapshot(step, state, state.cells, True)
            else:
                assert self.writer.last is not None
                yield self._snapshot(step, state, self.writer.last.cells, False)

    def _snapshot(self, step: TraceStep | None, state: ConcreteState, cells: Sequence[Value], real: bool) -> Snapshot:
        counting = set(self.names.counting(cells, others_of(self.stepper, state, None)))
        variables = tuple(
            (declared.name, self._variable(index, cells, counting))
            for index, declared in enumerate(self.system.variables)
        )
        threads = tuple(self._thread(thread, state) for thread in range(len(self.system.threads)))
        return Snapshot(step.number if step else 0, step, real, variables, threads)

    # ---- variables

    def _variable(self, index: int, cells: Sequence[Value], counting: set[int]) -> Plain:
        """A variable's value: nested by its indices."""
        grouped: dict[tuple[Value, ...], list[int]] = {}
        for place in self.cells_of.get(index, ()):
            if place in counting:
                grouped.setdefault(self.memory.cells[place].position, []).append(place)
        values = {position: self._element(index, places, cells) for position, places in grouped.items()}
        return self._nested(self.system.variables[index].dimensions, values)

    def _nested(self, dimensions: Sequence[Type], values: dict[tuple[Value, ...], Plain]) -> Plain:
        if not dimensions:
            return values[()] if values else "None"
        inner: dict[Value, dict[tuple[Value, ...], Plain]] = {}
        for position, value in values.items():
            inner.setdefault(position[0], {})[position[1:]] = value
        rows = ((self._key(dimensions[0], at), self._nested(dimensions[1:], rest)) for at, rest in inner.items())
        return Table(tuple(rows))

    def _key(self, kind: Type, value: Value) -> bool | int | str:
        key = self._plain(kind, value)
        assert isinstance(key, bool | int | str)
        return key

    def _element(self, index: int, places: Sequence[int], cells: Sequence[Value]) -> Plain:
        """One cell, or the parts of one lock."""
        if not isinstance(self.system.variables[index].type, LockType):
            return self._plain(self.memory.cells[places[0]].type, cells[places[0]])
        parts: dict[str, Plain] = {}
        shares: dict[str, list[tuple[Cell, Value]]] = {}
        for place in places:
            cell = self.memory.cells[place]
            if cell.thread is None:
                parts[cell.component] = self._plain(cell.type, cells[place])
            else:
                shares.setdefault(cell.component, []).append((cell, cells[place]))
        for component, found in shares.items():
            rows = ((self.system.threads[c.thread or 0].name, self._plain(c.type, value)) for c, value in found)
            parts[component] = Table(tuple(rows))
        return parts

    def _plain(self, kind: Type, value: Value) -> Plain:
        """A value by its own kind: numbers and Booleans as they are, everything else by its name."""
        if value is not None and isinstance(base_of(kind), BoolType):
            return bool(value)
        if value is not None and isinstance(base_of(kind), RangeType):
            return value
        return self.names.text(kind, value)

    # ---- threads

    def _thread(self, thread: int, state: ConcreteState) -> Standing:
        code, place = self.system.threads[thread], state.nodes[thread]
        found: dict[str, Plain] = {}
        for slot, value in state.locals[thread]:
            declared = code.locals[slot]
            name = declared.name or f"value {slot}"
            name = name if name not in found else f"{name} of {declared.procedure or code.name}"
            found[name if name not in found else f"{name} ({slot})"] = self._plain(declared.type, value)
        if place == self.stepper.finish[thread]:
            return Standing(code.name, "finished", None, ())
        node = first_shared(code, place)
        return Standing(code.name, node.text, node.span, tuple(found.items()))
