# SPDX-License-Identifier: GPL-2.0-only
"""The meaning of a thread's code, executed node by node. Plain and slow: setup and replay use it, and it is what
generated engines are checked against.

A run executes nodes from a given one up to the next that starts a step (or, with `to_end`, up to Finish). Choices are
enumerated by running again with other values: each run takes the values of a prefix, then the first possible ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from typing import Literal

from dfsrace.system.choices import Choice, Chooser, all_runs
from dfsrace.system.evaluation import Scope, arithmetic, cell_of, check, domain_values, evaluate, in_no_order, integer
from dfsrace.system.lock_rules import (
    RULES,
    SLEEPING_CALLS,
    Cause,
    Lock,
    Registers,
    Violated,
    Waits,
    must_be_released,
    spins,
)
from dfsrace.system.memory import Held, Memory
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    AtomicBegin,
    Branch,
    Choose,
    Evaluate,
    Finish,
    Load,
    LockOperation,
    Node,
    Renew,
    Sleep,
    Store,
    Thread,
    Wait,
    shared_instruction,
    starts_step,
)
from dfsrace.system.system import Variable
from dfsrace.system.types import LockType, PoolType, StampType, Type, Value, base_of

Typed = tuple[Type, Value]


class Exhausted(Exception):
    """An alloc found all values of the pool held."""

    def __init__(self, pool: PoolType) -> None:
        self.pool = pool
        super().__init__(pool.name)


class LoopsWithoutAccess(Exception):
    """The model's error `loops without a shared access`: the thread came back to `node` with nothing changed."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.span = node.span
        super().__init__(f"{node.span}: loops without a shared access")


@dataclass(slots=True)
class Run:
    """One execution of one thread: what it sees, and afterwards what it did.

    `others`: the live locals of the other threads. `opening`: only the thread's first local nodes run. After `go`:
    `end` says how it ended: `rests` before `node`, `finished`, `waits`, `violation` (its name is `detail`), `exhausted`
    (the pool is `detail`); `cause` is that of a violation. `after`: the cells when the shared access was done, None if
    it was not (of an atomic block: when it was left).
    """

    memory: Memory
    thread: Thread
    me: int
    threads: int
    cells: list[Value]
    locals: dict[int, Value]
    others: Sequence[Typed]
    chooser: Chooser
    node: int
    to_end: bool = False
    opening: bool = False
    end: Literal["rests", "finished", "waits", "violation", "exhausted"] = "rests"
    detail: str = ""
    cause: Cause | None = None
    after: tuple[Value, ...] | None = None
    nodes: list[int] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    reads: list[tuple[int, Value]] = field(default_factory=list)
    changes: list[tuple[int, Value, Value]] = field(default_factory=list)
    accessed: bool = False
    visited: set[tuple[object, ...]] = field(default_factory=set)

    # ---- control

    def go(self) -> Run:
        """Executes the step that starts at `node`, or the thread's first local nodes if none does."""
        node = self.thread.nodes[self.node]
        atomic = isinstance(node.operation, AtomicBegin)
        first = starts_step(node) and not self.opening
        try:
            while first or self.to_end or not starts_step(node):
                if self.accessed and self.after is None and not node.atomic:
                    self.after = tuple(self.cells)
                self._meet(node)
                self.nodes.append(self.node)
                following = self._execute(node, atomic)
                if first and not atomic:
                    self.accessed = True
                first = False
                if following is None:
                    self.end = "finished"
                    break
                self.node, node = following, self.thread.nodes[following]
        except Violated as violation:
            self.end, self.detail, self.cause = "violation", violation.name, violation.cause
        except Exhausted as exhausted:
            self.end, self.detail = "exhausted", exhausted.pool.name
        except Waits:
            later = atomic and self.accessed
            self.end, self.detail = ("violation", "blocks inside atomic") if later else ("waits", "")
        except Registers:
            pass
        if self.end in ("rests", "finished"):
            self._rest()
        return self

    def _rest(self) -> None:
        """Forgets the locals that are not live and the fields that nobody holds."""
        live = self.thread.nodes[self.node].live if self.end == "rests" else frozenset()
        self.locals = {slot: value for slot, value in self.locals.items() if slot in live}
        if self.after is None:
            self.after = tuple(self.cells)
        self.memory.clear(self.cells, self.held(live))

    def _meet(self, node: Node) -> None:
        """Notes where the thread is, and that it has not been here like this in this step."""
        known = tuple(self.locals.get(slot) for slot in sorted(node.live))
        key = (self.node, known, tuple(self.cells) if node.atomic or self.to_end else ())
        if key in self.visited:
            raise LoopsWithoutAccess(node)
        self.visited.add(key)

    def held(self, live: frozenset[int]) -> Held:
        """The pool values held if the thread's locals in `live` count."""
        return self.memory.held(self.cells, [*self.others, *self._typed(live)])

    def _typed(self, live: frozenset[int]) -> list[Typed]:
        return [(self.thread.locals[slot].type, self.locals[slot]) for slot in sorted(live) if slot in self.locals]

    # ---- nodes

    def _execute(self, node: Node, atomic: bool) -> int | None:
        """Executes one node; the next one's place, None at the end."""
        operation = node.operation
        if isinstance(operation, Finish):
            self._judge_exit()
            return None
        if isinstance(operation, Branch):
            return node.next[0] if evaluate(operation.test, self._scope()) else node.next[1]
        if isinstance(operation, Sleep):
            self._may_sleep()
        elif isinstance(operation, Assign):
            self.locals[operation.local] = evaluate(operation.value, self._scope())
        elif isinstance(operation, Choose):
            self._choose(operation)
        else:
            self._access(node)
        if atomic and node.atomic and shared_instruction(node) and not isinstance(operation, AtomicBegin):
            self.accessed = True
        return node.next[0]

    def _access(self, node: Node) -> None:
        """Executes a shared instruction other than Choose."""
        match node.operation:
            case Load(local, access):
                self.locals[local] = self._get(cell_of(access, self._scope()))
            case Store(access, value):
                index = cell_of(access, self._scope())
                self._set(index, evaluate(value, self._scope()))
            case Evaluate(local, value):
                self.locals[local] = evaluate(value, self._scope())
            case Alloc(local, pool):
                self.locals[local] = self._alloc(pool, node.live - {local})
            case Renew(access):
                self._renew(cell_of(access, self._scope()), self._next_live(node))
            case Atomic():
                self._atomic(node.operation)
            case LockOperation():
                self._lock_operation(node, node.operation)
            case Wait(condition):
                self._may_sleep()
                if not evaluate(condition, self._scope()):
                    raise Waits
            case Assert(condition):
                if not evaluate(condition, self._scope()):
                    raise Violated("assertion")

    def _choose(self, operation: Choose) -> None:
        scope = self._scope()

        def chosen(value: Value) -> bool:
            scope.bound[operation.slot] = value
            return operation.condition is None or bool(evaluate(operation.condition, scope))

        values = list(domain_values(operation.domain, scope))
        fits = in_no_order(values, chosen) if isinstance(operation.domain, PoolType) else map(chosen, values)
        options = list(compress(values, fits))
        if not options:
            raise Waits
        value = self.chooser.pick(options)
        if len(options) > 1:
            self.choices.append(Choice(self.node, operation.domain, tuple(options), value))
        self.locals[operation.local] = value

    def _atomic(self, operation: Atomic) -> None:
        scope = self._scope()
        index = cell_of(operation.access, scope)
        arguments = [evaluate(argument, scope) for argument in operation.arguments]
        old = self._get(index)
        kind = self.memory.cells[index].type
        new: Value = old
        match operation.call:
            case "atomic_inc":
                new = check(arithmetic("+", old or 0, 1), kind)
            case "atomic_dec" | "atomic_dec_and_test":
                new = check(arithmetic("-", old or 0, 1), kind)
            case "xchg":
                new = check(arguments[0], kind)
            case "cmpxchg" if old == arguments[0]:
                new = check(arguments[1], kind)
        if operation.call != "cmpxchg" or old == arguments[0]:
            self._set(index, new)
        if operation.local is not None:
            self.locals[operation.local] = int(new == 0) if operation.call == "atomic_dec_and_test" else old

    def _lock_operation(self, node: Node, operation: LockOperation) -> None:
        scope = self._scope()
        start = cell_of(operation.access, scope)
        argument = None if operation.argument is None else integer(operation.argument, scope)
        if operation.call in SLEEPING_CALLS:
            self._may_sleep()
        kind = self.memory.lock_kind(start)
        parts = _Parts(self, start, self._next_live(node))
        lock = Lock(kind.kind, parts, self.me, self.threads, node.atomic or self.to_end, kind.maximum, argument)
        result = RULES[operation.call](lock)
        if operation.local is not None:
            self.locals[operation.local] = result

    # ---- memory

    def _scope(self) -> Scope:
        return Scope(self.memory, self.cells, self.locals, seen=lambda index, value: self.reads.append((index, value)))

    def _get(self, index: int) -> Value:
        value = self.cells[index]
        self.reads.append((index, value))
        return value

    def _set(self, index: int, value: Value) -> None:
        self.changes.append((index, self.cells[index], value))
        self.cells[index] = value

    def _next_live(self, node: Node) -> frozenset[int]:
        return self.thread.nodes[node.next[0]].live

    def _renew(self, index: int, live: frozenset[int], also: Held | None = None) -> None:
        """Stores the lowest stamp that no other cell that counts and no live local has; `also`: held, too."""
        kind = base_of(self.memory.cells[index].type)
        assert isinstance(kind, StampType)
        held = self.held(live) | (also or set())
        used = self.memory.stamps(self.cells, held, kind, (index,))
        used |= {value for other, value in [*self.others, *self._typed(live)] if base_of(other) == kind}
        self._set(index, next(stamp for stamp in range(len(used) + 1) if stamp not in used))

    def _alloc(self, pool: PoolType, live: frozenset[int]) -> int:
        held = self.held(live)
        value = next((v for v in range(pool.size) if (pool, v) not in held), None)
        if value is None:
            raise Exhausted(pool)
        fields = self.memory.fields.get((pool, value), [])
        stamps = [index for index in fields if isinstance(self.memory.cells[index].type, StampType)]
        for index in fields:
            self._set(index, None if index in stamps else self.memory.cells[index].initial)
        for index in stamps:
            self._renew(index, live, {(pool, value)})
        return value

    def _may_sleep(self) -> None:
        if self._holds(spins):
            raise Violated("sleeping while atomic")

    def _judge_exit(self) -> None:
        if self._holds(must_be_released):
            raise Violated("lock held at exit")

    def _holds(self, counts: Callable[..., bool]) -> bool:
        """True if the thread owns, by a part that counts, some lock."""
        for index, cell in enumerate(self.memory.cells):
            kind = self.memory.variables[cell.variable].type
            if isinstance(kind, LockType) and counts(kind.kind, cell.component):
                value = self.cells[index]
                if value == self.me if cell.thread is None else (value and cell.thread == self.me):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class _Parts:
    """The cells of the lock that starts at `start`, for the rules."""

    run: Run
    start: int
    live: frozenset[int]

    def get(self, part: int) -> Value:
        return self.run._get(self.start + part)

    def set(self, part: int, value: Value) -> None:
        self.run._set(self.start + part, value)

    def renew(self, part: int) -> None:
        self.run._renew(self.start + part, self.live)


# ---- setup


class SetupError(Exception):
    """A setup block that the model's author has to mend: what is wrong, the node where, and what was found there."""

    def __init__(self, node: Node, detail: str = "", cause: Cause | None = None) -> None:
        self.node = node
        self.detail = detail
        self.cause = cause or Cause()
        super().__init__(f"{node.span}: {type(self).__name__} {detail}".rstrip())


class SetupWaits(SetupError):
    """It waits, and nobody is there to wait for."""


class SetupLockHeld(SetupError):
    """It ends with a lock held."""


class SetupViolation(SetupError):
    """An automatic violation, named by `detail`."""


class PoolExhausted(SetupError):
    """An alloc found the pool `detail` exhausted; `results` are those of the other combinations of choices."""

    def __init__(self, node: Node, detail: str, results: list[tuple[tuple[Choice, ...], tuple[Value, ...]]]) -> None:
        super().__init__(node, detail)
        self.results = results


def run_to_end(
    variables: Sequence[Variable], cells: Sequence[Value], thread: Thread, threads: int = 1, most: int | None = None
) -> list[tuple[tuple[Choice, ...], tuple[Value, ...]]]:
    """Executes a thread's nodes from its entry to Finish as one atomic step, for every combination of choices.

    `threads`: how many the system has; locks are taken in the name of the first. Returns (choices, cells) in the order
    of the choices, for the first `most` combinations only. Raises SetupWaits, SetupLockHeld, SetupViolation,
    LoopsWithoutAccess at once, PoolExhausted at last.
    """
    memory = Memory(variables, threads)

    def execute(chooser: Chooser) -> Run:
        return Run(memory, thread, 0, threads, list(cells), {}, (), chooser, thread.entry, to_end=True).go()

    results = []
    exhausted: tuple[Node, str] | None = None
    for run in islice(all_runs(execute), most):
        node = thread.nodes[run.nodes[-1]]
        if run.end == "waits":
            raise SetupWaits(node)
        if run.end == "violation":
            kind = SetupLockHeld if run.detail == "lock held at exit" else SetupViolation
            raise kind(node, run.detail, run.cause)
        if run.end == "exhausted":
            exhausted = exhausted or (node, run.detail)
        else:
            results.append((tuple(run.choices), tuple(run.cells)))
    if exhausted is not None:
        raise PoolExhausted(*exhausted, results)
    return results
