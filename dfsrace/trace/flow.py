# SPDX-License-Identifier: GPL-2.0-only
"""Where values in a trace come from: stores followed back to loads, and what other threads did in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.expressions import Checked, Expr, Local, locals_of
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    Branch,
    Choose,
    Evaluate,
    Load,
    LockOperation,
    Operation,
    Renew,
    Store,
    Wait,
)
from dfsrace.system.system import System
from dfsrace.trace.record import CellChange, Executed, Mark, TraceStep


@dataclass(frozen=True, slots=True)
class Origin:
    """The load that a value came from; `copied`: the value itself, else something computed with it."""

    load: Mark
    copied: bool


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A load and the store by another thread that made its value out of date before it was used."""

    load: Mark
    store: Mark
    change: CellChange
    copied: bool = True


@dataclass(frozen=True, slots=True)
class Flow:
    """The executed nodes of a trace, and what the system says of each."""

    system: System
    steps: tuple[TraceStep, ...]

    def marks(self) -> Iterator[Mark]:
        """All executed nodes in order."""
        for step in self.steps:
            for place in range(len(step.executed)):
                yield Mark(step.number, place)

    def thread(self, mark: Mark) -> int:
        """The thread that executed a node."""
        return self.steps[mark.step - 1].thread

    def executed(self, mark: Mark) -> Executed:
        """The record of an executed node."""
        return self.steps[mark.step - 1].executed[mark.executed]

    def operation(self, mark: Mark) -> Operation:
        """The operation of an executed node."""
        return self.system.threads[self.thread(mark)].nodes[self.executed(mark).node].operation

    def before(self, mark: Mark, thread: int) -> list[Mark]:
        """What a thread executed before a node, latest first."""
        earlier = [m for m in self.marks() if (m.step, m.executed) < (mark.step, mark.executed)]
        return [m for m in reversed(earlier) if self.thread(m) == thread]

    def last_store(self, cell: str, before: Mark | None = None) -> Mark | None:
        """The last node that stored to a cell, by the cell's name: a number may have meant another page before."""
        marks = [m for m in self.marks() if any(c.name == cell for c in self.executed(m).changes)]
        if before is not None:
            marks = [m for m in marks if (m.step, m.executed) < (before.step, before.executed)]
        return marks[-1] if marks else None

    def last_change(self, cells: Iterable[str]) -> tuple[str, Mark] | None:
        """The last store that gave one of the cells another value."""
        wanted = set(cells)
        for mark in reversed(list(self.marks())):
            for change in reversed(self.executed(mark).changes):
                if change.name in wanted and change.old != change.new:
                    return change.name, mark
        return None

    def change_of(self, mark: Mark, cell: str) -> CellChange:
        """What a node did to a cell that it stored to."""
        return next(c for c in reversed(self.executed(mark).changes) if c.name == cell)

    def origins(self, mark: Mark) -> list[Origin]:
        """The loads that a stored value came from; none for what stores no value of its thread's."""
        operation = self.operation(mark)
        if isinstance(operation, Store):
            return self._followed(mark, operation.value)
        if isinstance(operation, Atomic):
            return [o for argument in operation.arguments for o in self._followed(mark, argument)]
        return []

    def used(self, mark: Mark) -> list[Origin]:
        """The loads that anything a node evaluates came from, indices too."""
        return [o for expression in operands(self.operation(mark)) for o in self._followed(mark, expression)]

    @property
    def end(self) -> Mark:
        """A place after everything."""
        return Mark(len(self.steps) + 1, 0)

    def overtaken(self, load: Mark, until: Mark, copied: bool = True) -> Overtaken | None:
        """The first store by another thread, between a load and its use, to the cell that was loaded.

        None if there is none, or if the cell had the loaded value again when it was used.
        """
        reads = self.executed(load).reads
        for read in reads:
            changed = [(m, c) for m, c in self._changes(read.name, load, until) if c.old != c.new]
            if not changed or changed[-1][1].new == read.value:
                continue
            mark, change = changed[0]
            if self.thread(mark) != self.thread(load):
                return Overtaken(load, mark, change, copied)
        return None

    def tested(self, until: Mark) -> Iterator[Mark]:
        """Loads and waits whose outcome decided where the thread went before a node, latest first."""
        slots: set[int] = set()
        for mark in self.before(until, self.thread(until)):
            operation = self.operation(mark)
            match operation:
                case Branch(test):
                    slots |= locals_of(test)
                case Wait():
                    yield mark
                case Load(local=local) if local in slots:
                    slots.discard(local)
                    yield mark
                case Assign(local, value) if local in slots:
                    slots = (slots - {local}) | locals_of(value)
                case _:
                    slots.discard(defined(operation))

    def _changes(self, cell: str, after: Mark, until: Mark) -> Iterator[tuple[Mark, CellChange]]:
        for mark in self.marks():
            if (after.step, after.executed) < (mark.step, mark.executed) < (until.step, until.executed):
                for change in self.executed(mark).changes:
                    if change.name == cell:
                        yield mark, change

    def _followed(self, mark: Mark, expression: Expr) -> list[Origin]:
        """Follows the locals of an expression back to loads; what ends elsewhere (a choice, an alloc) is left out."""
        found = []
        for slot in sorted(locals_of(expression)):
            origin = self._local(mark, slot, isinstance(_bare(expression), Local))
            if origin:
                found.append(origin)
        return found

    def _local(self, mark: Mark, slot: int, copied: bool) -> Origin | None:
        for earlier in self.before(mark, self.thread(mark)):
            operation = self.operation(earlier)
            if defined(operation) != slot:
                continue
            if isinstance(operation, Load):
                return Origin(earlier, copied)
            if isinstance(operation, Assign):
                sources = locals_of(operation.value)
                if len(sources) != 1:
                    return None
                (slot,) = sources
                copied = copied and isinstance(_bare(operation.value), Local)
                continue
            return None
        return None


def _bare(expression: Expr) -> Expr:
    while isinstance(expression, Checked):
        expression = expression.operand
    return expression


def defined(operation: Operation) -> int:
    """The slot of the local that an operation gives a value, -1 for none."""
    match operation:
        case Load() | Alloc() | Choose() | Assign() | Evaluate():
            return operation.local
        case LockOperation(local=local) | Atomic(local=local) if local is not None:
            return local
    return -1


def operands(operation: Operation) -> tuple[Expr, ...]:
    """The expressions that an operation evaluates."""
    match operation:
        case Assign(value=value) | Evaluate(value=value):
            return (value,)
        case Branch(test):
            return (test,)
        case Store(access, value):
            return (value, *access.indices)
        case Load(access=access) | Renew(access):
            return access.indices
        case LockOperation(access=access, argument=argument):
            return access.indices if argument is None else (*access.indices, argument)
        case Atomic(access=access, arguments=arguments):
            return (*access.indices, *arguments)
        case Wait(condition) | Assert(condition):
            return (condition,)
        case Choose(condition=condition) if condition is not None:
            return (condition,)
    return ()
