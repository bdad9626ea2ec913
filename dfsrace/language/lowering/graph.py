# SPDX-License-Identifier: GPL-2.0-only
"""Building a control-flow graph forwards: open ends, labels, and coverage marks that wait for the next node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from dfsrace.diagnostics import Diagnostic, ModelError, Span
from dfsrace.system.program import AtomicBegin, Branch, Finish, Frame, LocalVariable, Nop, Operation
from dfsrace.system.types import Type

NODES_AT_MOST = 100_000

MarkKey: TypeAlias = "tuple[str, str, int, int]"


@dataclass(slots=True)
class Draft:
    """A node under construction; `next` is patched as its successors appear."""

    operation: Operation
    next: list[int]
    span: Span
    stack: tuple[Frame, ...]
    atomic: bool
    marks: tuple[MarkKey, ...]
    text: str


@dataclass(eq=False, slots=True)
class Label:
    """A place that code jumps forward to: the ends that wait for it."""

    waiting: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Position:
    """What every emitted node carries: where in the source, under which calls, how shown."""

    span: Span
    stack: tuple[Frame, ...] = ()
    text: str = ""


class Graph:
    """Emits nodes one after another. Where no open end is left, what follows is unreachable and nothing is emitted.

    The end before the first node is (-1, 0). Raises ModelError when the inlined code grows past NODES_AT_MOST nodes.
    """

    def __init__(self, position: Position) -> None:
        self.drafts: list[Draft] = []
        self.locals: list[LocalVariable] = []
        self.ends: list[tuple[int, int]] = [(-1, 0)]
        self.entry = -1
        self.position = position
        self.atomic = 0
        self._marks: list[MarkKey] = []

    @property
    def reachable(self) -> bool:
        """False after a jump, until a label is placed."""
        return bool(self.ends)

    def local(self, name: str, kind: Type, procedure: str = "") -> int:
        """A new local's slot."""
        self.locals.append(LocalVariable(name, kind, procedure))
        return len(self.locals) - 1

    def mark(self, key: MarkKey) -> None:
        """The next node that is emitted here counts for this coverage point."""
        if self.reachable and key not in self._marks:
            self._marks.append(key)

    def emit(self, operation: Operation, span: Span | None = None, text: str | None = None) -> None:
        """Appends a node to all open ends; its own end is the only open one then (for Branch see `branch`)."""
        if not self.reachable:
            return
        number = self._add(operation, span, text)
        self.ends = [] if isinstance(operation, Finish) else [(number, 0)]

    def branch(self, operation: Branch, when_true: Label, when_false: Label, span: Span) -> None:
        """A two-way branch; nothing is open afterwards."""
        if not self.reachable:
            return
        number = self._add(operation, span, None)
        when_true.waiting.append((number, 0))
        when_false.waiting.append((number, 1))
        self.ends = []

    def jump(self, label: Label) -> None:
        """Sends all open ends to the label."""
        self.settle()
        label.waiting.extend(self.ends)
        self.ends = []

    def place(self, label: Label) -> None:
        """What follows is also reached from the label."""
        if label.waiting:
            self.settle()
            self.ends.extend(label.waiting)
            label.waiting = []

    def loop_head(self) -> int | None:
        """A node to jump back to, or None where nothing is reachable."""
        if not self.reachable:
            return None
        self.emit(Nop(), text="")
        return len(self.drafts) - 1

    def jump_back(self, label: Label, head: int) -> None:
        """Connects everything that waits for the label, and the open ends, to an earlier node."""
        self.jump(label)
        self._patch(label.waiting, head)
        label.waiting = []

    def settle(self) -> None:
        """Marks that wait count here, not with whatever comes next."""
        if self._marks and self.reachable:
            self.emit(Nop(), text="")
        self._marks = []

    def _add(self, operation: Operation, span: Span | None, text: str | None) -> int:
        number = len(self.drafts)
        if number >= NODES_AT_MOST:
            raise ModelError([self._too_large()])
        ways = 2 if isinstance(operation, Branch) else 0 if isinstance(operation, Finish) else 1
        atomic = self.atomic > 0 and not isinstance(operation, AtomicBegin)
        position = self.position
        self.drafts.append(
            Draft(
                operation,
                [-1] * ways,
                span or position.span,
                position.stack,
                atomic,
                tuple(self._marks),
                position.text if text is None else text,
            )
        )
        self._marks = []
        self._patch(self.ends, number)
        return number

    def _patch(self, ends: list[tuple[int, int]], target: int) -> None:
        for number, way in ends:
            if number < 0:
                self.entry = target
            else:
                self.drafts[number].next[way] = target

    def _too_large(self) -> Diagnostic:
        return Diagnostic(
            "DR601",
            self.position.span,
            f"the inlined and unrolled code of a thread has over {NODES_AT_MOST:,} places",
            help="lower the constants that loops run over, or call fewer procedures from within loops",
        )
