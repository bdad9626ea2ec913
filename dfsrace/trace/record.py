# SPDX-License-Identifier: GPL-2.0-only
"""The Trace value: what happened, step by step, in the words of the model. Plain texts, no internal numbers."""

from __future__ import annotations

from typing import Literal

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.text import printable
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.outcome import Schedule
from dfsrace.system.program import Frame

LockEvent = Literal["acquire", "release", "other"]


@dataclass(frozen=True, slots=True)
class CellRead:
    """One cell looked at: its number in `cells_of` order, its name, the value found."""

    cell: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell stored to. `old == new` where the store changed nothing."""

    cell: int
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LockUse:
    """An operation on a lock: `acquire` if the thread has it afterwards and had not before, `release` the other way.

    `lock`: the lock as a value of the model, `mm0.page_table_lock`; `call`: the kernel's name of the operation.
    """

    event: LockEvent
    call: str
    lock: str


@dataclass(frozen=True, slots=True)
class Executed:
    """One node that a step executed. `node`: its place in `Thread.nodes`; `shared`: an access or operation of its own.

    `result`: what a lock operation or atomic gave; `created`: the pool value that it allocated; `fails`: the automatic
    violation of the step happened here.
    """

    node: int
    span: Span
    stack: tuple[Frame, ...]
    text: str
    shared: bool
    reads: tuple[CellRead, ...] = ()
    changes: tuple[CellChange, ...] = ()
    lock: LockUse | None = None
    result: str | None = None
    created: str | None = None
    fails: bool = False

    @property
    def procedure(self) -> str:
        """The innermost procedure under way, empty in the thread's own block."""
        return self.stack[-1].procedure if self.stack else ""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step. `thread` is a place in `System.threads`; `choices` are texts; `finished`: it was the thread's last.

    `violates`: the properties that are violated after it and were not before it, automatic ones by their names.
    """

    number: int
    thread: int
    thread_name: str
    choices: tuple[str, ...]
    executed: tuple[Executed, ...]
    finished: bool = False
    violates: tuple[str, ...] = ()

    def __repr__(self) -> str:
        done = "; ".join(node.text for node in self.executed if node.shared or node.fails) or "no access"
        seen = [f"{c.name} {c.old} → {c.new}" for c in self.changes] or [f"{r.name} {r.value}" for r in self.reads]
        text = " | ".join(part for part in (done, ", ".join(seen[:2])) if part)
        return printable(f"<TraceStep {self.number} {self.thread_name}: {text}>")

    @property
    def reads(self) -> tuple[CellRead, ...]:
        """All cells read, in order."""
        return tuple(read for node in self.executed for read in node.reads)

    @property
    def changes(self) -> tuple[CellChange, ...]:
        """All cells stored to, in order."""
        return tuple(change for node in self.executed for change in node.changes)


@dataclass(frozen=True, slots=True)
class InitialCell:
    """A cell of the initial state. `relevant`: the trace or the violated property touches it; locks are not listed."""

    cell: int
    name: str
    value: str
    constant: bool
    relevant: bool


@dataclass(frozen=True, slots=True)
class TraceThread:
    """A thread of the model: its name, and its code on one line as the lane's heading shows it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a trace: a step by its number, and which of its executed nodes."""

    step: int
    executed: int


@dataclass(frozen=True, slots=True)
class Stale:
    """`load` took the value of `cell`; `store`, by another thread, made it out of date."""

    load: Mark
    store: Mark
    cell: str


@dataclass(frozen=True, slots=True)
class Early:
    """`mark` emptied `cell`, or looked whether to, while it was empty; `filling`, by another thread, came later."""

    mark: Mark
    cell: str
    filling: Mark


@dataclass(frozen=True, slots=True)
class NoReturn:
    """The point of no return: after how many steps of the trace every continuation violates the property.

    `after`: 0 is already the initial state, the trace's length only the last step itself; None where it is not known,
    and then `cut` says why, `at_latest` what is known. `states`: how many were looked at for it. What a continuation is
    and when it violates: `dfsrace.trace.no_return`.
    """

    after: int | None
    at_latest: int
    states: int
    cut: str = ""


@dataclass(frozen=True, slots=True)
class DecisiveSwitch:
    """The switch of the trace that, had it not been made, would have avoided the violation.

    After step `step` `thread` could have gone on, but `other` did. `until`: where `thread` would have come to, running
    on alone ("it finished", "it had to wait"). `always`: no run after that violates the property; False where some do,
    None where that is not known. `schedule`: a whole interleaving that runs on there and does not violate it, empty
    where none is at hand; `violates`: other properties that it violates. See `dfsrace.trace.decisive`.
    """

    step: int
    thread: str
    other: str
    until: str
    always: bool | None
    schedule: str = ""
    violates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Further:
    """What takes a search to know of a violation, made on demand by `dfsrace.trace.further`.

    `switch` is None if no switch is decisive, or none is known to be; `sentences` say what is the case, each true.
    """

    no_return: NoReturn
    switch: DecisiveSwitch | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the property is violated, in sentences each of which is true of the trace.

    `failing`: the part of the property that is not so, short (`page0.mapping is None`); `places`: what to look at in
    the source, the most telling first. `early`: what came too early to undo the store of a stale value. `shortest`: the
    whole in one sentence. `further`: None unless it was asked for.
    """

    sentences: tuple[str, ...] = ()
    stale: Stale | None = None
    failing: str = ""
    places: tuple[Mark, ...] = ()
    shortest: str = ""
    further: Further | None = None
    early: Early | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread that cannot move in the last state: where it waits, and for whom.

    `reason` is short ("waits for dlm"), `goal` completes "cpu0 waits ..." ("for cluster_lock, which dlm holds").
    """

    thread: int
    span: Span
    stack: tuple[Frame, ...]
    text: str
    reason: str
    goal: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """An interleaving, replayed. `several_initial`: the model has more than one; `schedule.initial` counts from 0.

    `locks_free`: None if the model has no locks, else whether all were free at first. `violated`: the properties that
    the last state violates, the claimed one first. `message`: what that one says. `waiting`: of a deadlock, who waits.
    """

    schedule: Schedule
    schedule_text: str
    threads: tuple[TraceThread, ...]
    several_initial: bool
    initial: tuple[InitialCell, ...]
    locks_free: bool | None
    steps: tuple[TraceStep, ...]
    violated: tuple[str, ...] = ()
    message: str = ""
    explanation: Explanation = Explanation()
    waiting: tuple[Waiting, ...] = ()

    def __repr__(self) -> str:
        end = f", violates {', '.join(self.violated)}" if self.violated else ""
        return f"<Trace {self.schedule_text or 'without steps'}: {len(self.steps)} steps{end}>"

    @property
    def switches(self) -> int:
        """How many steps are made by another thread than the step before."""
        return sum(a.thread != b.thread for a, b in zip(self.steps, self.steps[1:], strict=False))

    def executed(self, mark: Mark) -> Executed:
        """The executed node at a place."""
        return self.steps[mark.step - 1].executed[mark.executed]
