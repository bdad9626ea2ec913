# SPDX-License-Identifier: GPL-2.0-only
"""Writes a Trace while a schedule is replayed: numbers become names at the moment at which they mean something."""

from __future__ import annotations

from dataclasses import replace

from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference.stepping import ConcreteState, Starts, Stepper, StepResult
from dfsrace.system.evaluation import Scope
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    AtomicBegin,
    Barrier,
    LockOperation,
    Node,
    Nop,
    Renew,
    Thread,
    shared_instruction,
)
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.system.types import LockType, StampType, Value, base_of
from dfsrace.trace.causes import Failing
from dfsrace.trace.claims import Failure, cells_read, failure_of, message_text
from dfsrace.trace.explain import Facts, InitialValue, explain
from dfsrace.trace.locks import lock_event, lock_name, waiting_at
from dfsrace.trace.names import Names
from dfsrace.trace.record import (
    CellChange,
    CellRead,
    Executed,
    Explanation,
    InitialCell,
    LockUse,
    Trace,
    TraceStep,
    TraceThread,
    Waiting,
)
from dfsrace.trace.recorded import NodeRecord, StepRecord, others_of, recorded
from dfsrace.trace.schedule import schedule_text


class Writer:
    """A replay under way. `state` is where it has got to, None after a step that ended in an automatic violation."""

    def __init__(self, stepper: Stepper, starts: Starts, initial: int) -> None:
        """`initial`: of a state that is there."""
        self.stepper, self.system, self.memory = stepper, stepper.system, stepper.memory
        self.initial, self.several = initial, starts.count(2) > 1
        start = starts.get(initial)
        assert start is not None
        self.start = start
        self.names = Names(self.system, self.memory)
        self.state: ConcreteState | None = self.start.state
        self.first = list(self.start.cells)
        locals_ = others_of(stepper, self.state, None) if self.state else []
        self.names.begin(self.first, locals_)
        self.initial_cells = [
            (number, self.names.cell(number), self.names.text(self.memory.cells[number].type, self.first[number]))
            for number in self.names.counting(self.first, locals_)
        ]
        self.steps: list[TraceStep] = []
        self.results: list[StepResult] = []
        self.last: StepRecord | None = None
        self.before: tuple[str, ...] = ()
        self.before = self.violated()

    # ---- steps

    def choices(self, result: StepResult) -> tuple[str, ...]:
        """The choices of a step that could be made now, as texts."""
        return tuple(self.names.peek(choice.type, choice.value) for choice in result.choices)

    def add(self, result: StepResult) -> None:
        """Writes one step down."""
        assert self.state is not None
        state = self.state
        record = recorded(self.stepper, state, result.thread, [choice.value for choice in result.choices])
        assert tuple(node.node for node in record.nodes) == result.nodes
        code = self.system.threads[result.thread]
        texts: list[str] = []
        executed = []
        for place, node in enumerate(record.nodes):
            fails = result.violation is not None and place == len(record.nodes) - 1
            executed.append(self._executed(result.thread, node, record, fails))
            choice = result.choices[len(texts)] if len(texts) < len(result.choices) else None
            if choice is not None and choice.node == node.node and node.assigned:
                texts.append(self.names.text(choice.type, choice.value))
        self.results.append(result)
        self.last = record
        self.state = result.state
        finished = result.state is not None and self.stepper.has_finished(result.state)[result.thread]
        violated = self.violated()
        fresh = tuple(name for name in violated if name not in self.before)
        self.before = violated
        step = TraceStep(len(self.steps) + 1, result.thread, code.name, tuple(texts), tuple(executed), finished, fresh)
        self.steps.append(step)

    def _executed(self, thread: int, record: NodeRecord, step: StepRecord, fails: bool) -> Executed:
        code = self.system.threads[thread]
        node = code.nodes[record.node]
        operation = node.operation
        reads = [(number, value) for number, value in record.reads if not self._is_constant(number)]
        lock = self._lock(operation, record, step) if isinstance(operation, LockOperation) else None
        shown_reads = () if lock else tuple(self._read(number, value) for number, value in reads)
        created = self._created(operation, code, record) if isinstance(operation, Alloc) else None
        changes = self._changes(record, isinstance(operation, Renew | Alloc) or lock is not None)
        return Executed(
            record.node,
            node.span,
            node.stack,
            node.text,
            shared_instruction(node),
            shown_reads,
            () if isinstance(operation, Alloc) else changes,
            lock,
            self._result(code, record) if lock else None,
            created,
            fails,
        )

    def _is_constant(self, number: int) -> bool:
        return self.system.variables[self.memory.cells[number].variable].constant

    def _read(self, number: int, value: Value) -> CellRead:
        return CellRead(number, self.names.cell(number), self.names.text(self.memory.cells[number].type, value))

    def _changes(self, record: NodeRecord, renews: bool) -> tuple[CellChange, ...]:
        """The stores of a node; one that renews a stamp gives it a new name."""
        found = []
        for number, old, new in record.changes:
            kind = self.memory.cells[number].type
            before = self.names.text(kind, old)
            fresh = renews and isinstance(base_of(kind), StampType) and new is not None
            after = self.names.create(kind, new) if fresh and new is not None else self.names.text(kind, new)
            found.append(CellChange(number, self.names.cell(number), before, after))
        return tuple(found)

    def _created(self, operation: Alloc, code: Thread, record: NodeRecord) -> str | None:
        if record.assigned is None or record.assigned[1] is None:
            return None
        return self.names.create(operation.pool, record.assigned[1])

    def _result(self, code: Thread, record: NodeRecord) -> str | None:
        """What an operation gave, as text."""
        if record.assigned is None:
            return None
        slot, value = record.assigned
        return self.names.text(code.locals[slot].type, value)

    def _lock(self, operation: LockOperation, record: NodeRecord, step: StepRecord) -> LockUse:
        """The operation as a use of its lock: which, and whether it took or released it."""
        variable = operation.access.variable
        numbers = [*(number for number, _ in record.reads), *(number for number, _, _ in record.changes)]
        touched = [number for number in numbers if self.memory.cells[number].variable == variable]
        if touched:
            cell = self.memory.cells[touched[0]]
            name = self.names.element(cell.variable, cell.position)
        else:
            name = lock_name(operation, Scope(self.memory, step.cells, step.locals), self.names)
        parts = [self.memory.cells[n].component for n, old, new in record.changes if old != new]
        return LockUse(lock_event(operation.call, parts), operation.call, name)

    # ---- where it has got to

    def violated(self) -> tuple[str, ...]:
        """What the state reached violates: the automatic violation that the last step ended in, then invariants."""
        result = self.results[-1] if self.results else None
        ended = result.violation if result else self.start.violation
        found = [ended] if ended else []
        after = result.after if result else self.start.cells
        if after is not None:
            found += self.stepper.judge(after, None).violated
        if self.state is not None:
            found += self.stepper.judge_state(self.state).violated
            if self.stepper.is_deadlock(self.state):
                found.append("deadlock")
        return tuple(dict.fromkeys(found))

    def finish(self, violated: str | None, claimed: bool = False) -> Trace:
        """The trace, explained if something is violated in the end; of a claimed violation it alone is marked."""
        if claimed:
            self._mark_only(violated)
        failure = self.failure(violated) if violated else Failure((), "", "")
        waiting = self._waiting() if violated == "deadlock" and self.state else ()
        if violated and not failure.message:
            message = self._message(violated) + (f": {failure.text}" if failure.text else "")
            failure = Failure(failure.cells, message, failure.text or violated)
        explanation = Explanation()
        if violated:
            lock = self.failing_lock()
            steps, at_start = tuple(self.steps), self._at_start(violated)
            facts = Facts(self.system, steps, violated, failure.cells, failure.text, lock, waiting, at_start)
            explanation = explain(facts)
        last = (violated,) if violated else ()
        words = [(step.thread_name, step.choices) for step in self.steps]
        moves = tuple(result.move for result in self.results)
        return Trace(
            schedule=Schedule(self.initial, moves),
            schedule_text=schedule_text(self.initial + 1 if self.several else None, words),
            threads=tuple(TraceThread(t.name, _one_line(t.text)) for t in self.system.threads),
            several_initial=self.several,
            initial=self._initial(failure),
            locks_free=self._locks_free(),
            steps=tuple(self.steps),
            violated=tuple(dict.fromkeys((*last, *self.violated()))),
            message=failure.message,
            explanation=explanation,
            waiting=waiting,
        )

    def _mark_only(self, violated: str | None) -> None:
        """Leaves a mark at the last step alone, for the claimed violation."""
        last = len(self.steps)
        marks = (violated,) if violated else ()
        self.steps = [replace(step, violates=marks if step.number == last else ()) for step in self.steps]

    def failure(self, violated: str) -> Failure:
        """Why a property fails in the last state; for an assert, why its condition does."""
        result = self.results[-1] if self.results else None
        prop = next((p for p in self.system.properties if p.name == violated), None)
        if prop is not None:
            state = self.state
            cells = result.after if result and result.after is not None else self.start.cells
            finished: tuple[bool, ...] = ()
            if state is not None:
                cells, finished = state.cells, self.stepper.has_finished(state)
            return failure_of(prop.condition, prop.says, Scope(self.memory, cells, {}, finished), self.names)
        if violated == "assertion" and self.last is not None and result is not None:
            operation = self.system.threads[result.thread].nodes[result.nodes[-1]].operation
            if isinstance(operation, Assert):
                moment = Scope(self.memory, self.last.cells, self.last.locals)
                failure = failure_of(operation.condition, None, moment, self.names)
                message = message_text(operation.message, moment, self.names) if operation.message else ""
                return Failure(failure.cells, message, failure.text)
        return Failure((), "", self._cause(violated))

    def _at_start(self, violated: str) -> tuple[InitialValue, ...]:
        """What a property reads that fails in the initial state; nothing after a step."""
        prop = next((p for p in self.system.properties if p.name == violated), None)
        if prop is None or self.steps:
            return ()
        finished = self.stepper.has_finished(self.state) if self.state is not None else ()
        numbers = cells_read(prop.condition, Scope(self.memory, self.first, {}, finished))
        return tuple(self._initial_value(number) for number in numbers)

    def _initial_value(self, number: int) -> InitialValue:
        cell, value = self.memory.cells[number], self.first[number]
        return InitialValue(self.names.cell(number), self.names.text(cell.type, value), value != cell.initial)

    def _cause(self, violated: str) -> str:
        """What the step that ended in an automatic violation, or the thread that did before the first step, found."""
        results = self.results or list(self.start.results)
        last, opening = results[-1] if results else None, self.start.results
        if last is None or last.cause is None or last.violation != violated:
            return ""
        nodes = [*(opening[last.thread].nodes if last.thread < len(opening) and self.results else ())]
        nodes += [node for result in results if result.thread == last.thread for node in result.nodes]
        moment = Scope(self.memory, self.last.cells, self.last.locals) if self.last and self.results else None
        code = self.system.threads[last.thread]
        return Failing(self.names, code, nodes, violated, last.cause, moment).text()

    def _message(self, violated: str) -> str:
        """What is said of a violation that has no message of its own."""
        if violated == "deadlock":
            return "no thread can move"
        if violated not in AUTOMATIC_PROPERTIES:
            return f"{violated} does not hold"
        results = self.results or list(self.start.results)
        if not results:
            return violated
        node = self.system.threads[results[-1].thread].nodes[results[-1].nodes[-1]]
        where = f" in {node.stack[-1].procedure}" if node.stack else ""
        place = f" at {node.text}{where}" if node.text else where
        return f"{violated}{place}" if self.results else f"{violated}{place}, before the first step"

    def failing_lock(self) -> str:
        """The lock that the last thing executed was an operation on; empty if it was none."""
        executed = self.steps[-1].executed if self.steps else ()
        return executed[-1].lock.lock if executed and executed[-1].lock else ""

    def _waiting(self) -> tuple[Waiting, ...]:
        """The threads that have not finished, and what each waits for."""
        assert self.state is not None
        found = []
        for thread, (place, done) in enumerate(
            zip(self.state.nodes, self.stepper.has_finished(self.state), strict=True)
        ):
            if not done:
                node = first_shared(self.system.threads[thread], place)
                lock = self.next_lock(thread, self.state)
                found.append(waiting_at(node, thread, lock, tuple(self.steps), self.names))
        return tuple(found)

    def next_lock(self, thread: int, state: ConcreteState) -> str:
        """The lock that a thread's next access is an operation on; empty if it is none."""
        operation = first_shared(self.system.threads[thread], state.nodes[thread]).operation
        if not isinstance(operation, LockOperation):
            return ""
        return lock_name(operation, Scope(self.memory, state.cells, dict(state.locals[thread])), self.names)

    def _initial(self, failure: Failure) -> tuple[InitialCell, ...]:
        touched = set(failure.cells)
        for step in self.steps:
            touched |= {read.name for read in step.reads} | {change.name for change in step.changes}
        return tuple(
            InitialCell(number, name, text, self._is_constant(number), name in touched)
            for number, name, text in self.initial_cells
            if not self._is_lock(number)
        )

    def _is_lock(self, number: int) -> bool:
        return isinstance(self.system.variables[self.memory.cells[number].variable].type, LockType)

    def _locks_free(self) -> bool | None:
        locks = [n for n, *_ in self.initial_cells if self._is_lock(n) and self.memory.cells[n].component != "sequence"]
        if not locks:
            return None
        return all(self.first[n] == self.memory.cells[n].initial for n in locks)


def first_shared(code: Thread, place: int) -> Node:
    """Where a thread really waits: of an atomic block the first access in it, if nothing branches before."""
    node = code.nodes[place]
    while isinstance(node.operation, AtomicBegin | Nop | Assign | Barrier):
        node = code.nodes[node.next[0]]
    return node if shared_instruction(node) else code.nodes[place]


def _one_line(text: str) -> str:
    """The first line of a thread's code, with an ellipsis where there is more."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return ""
    return lines[0] if len(lines) == 1 else f"{lines[0]} …"
