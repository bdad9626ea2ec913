# SPDX-License-Identifier: GPL-2.0-only
"""What the lanes show of a trace, row by row, before anybody thinks of columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from typing import Literal

from dfsrace.diagnostics.values import dataclass
from dfsrace.render.nesting import Nesting
from dfsrace.render.style import Drawing
from dfsrace.trace.rechecks import retried
from dfsrace.trace.record import CellChange, Executed, Mark, Trace, TraceStep

SAMPLES = ("read_seqbegin", "read_seqcount_begin")
_ONE_CALL = re.compile(r"\s*(\w+)\([^\n]*\)\s*")


@dataclass(frozen=True, slots=True)
class Effect:
    """What stands in the column of changes: a change, or a remark in `note`; `bad`: what is violated. Clean texts.

    `old` is empty where nobody had set the cell since its value was allocated. `brief`: the remark that a cell was
    emptied before another thread filled it, for where `note` has no room. `more`: it continues the row above.
    """

    name: str = ""
    old: str = ""
    new: str = ""
    note: str = ""
    bad: bool = False
    brief: str = ""
    more: bool = False

    @property
    def early(self) -> bool:
        """It comes too early: what it was to undo was done after it."""
        return bool(self.brief)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `text` is clean; `prefix` holds brackets and indentation; `number` is None in rows that continue a step.

    A `switch` is from `thread` to `other`. `mark`: the executed node that the row shows; `failing`: it gets the cross.
    """

    kind: Literal["statement", "heading", "switch", "effect"]
    thread: int
    prefix: str = ""
    text: str = ""
    number: int | None = None
    effect: Effect | None = None
    mark: Mark | None = None
    failing: bool = False
    other: int = 0


def _given(call: str, result: str) -> str:
    """The remark on what an operation on a lock gave."""
    if call in SAMPLES:
        return f"(sequence {result})"
    return f"({retried(call, result) or f'gives {result}'})"


def spread(entries: list[Entry], wrap: Callable[[str], list[str]]) -> list[Entry]:
    """The rows, with what is violated on as many of them as `wrap` breaks its text into."""
    found: list[Entry] = []
    for entry in entries:
        lines = wrap(entry.effect.note) if entry.effect and entry.effect.bad else []
        first = entry.effect and replace(entry.effect, note=lines[0]) if lines else entry.effect
        found.append(replace(entry, effect=first))
        found += [Entry("effect", entry.thread, effect=Effect(note=line, bad=True, more=True)) for line in lines[1:]]
    return found


@dataclass(slots=True)
class Rows:
    """Turns a trace into rows; `entries` in order, `lanes` the threads that take part, in the order of the model.

    `unset`: the values that the steps so far have allocated, each with the cells of it that they have stored to.
    """

    trace: Trace
    drawing: Drawing
    nestings: dict[int, Nesting] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    unset: dict[str, set[str]] = field(default_factory=dict)

    @property
    def lanes(self) -> tuple[int, ...]:
        """Threads that move or wait in this trace; the first thread if none does."""
        moving = {step.thread for step in self.trace.steps} | {waiting.thread for waiting in self.trace.waiting}
        return tuple(sorted(moving)) or (0,)

    @property
    def idle(self) -> str:
        """Says which threads have no lane because they take no step here; empty if there is none."""
        names = [self.drawing.clean(thread.name) for thread in self.trace.threads]
        idle = [name for place, name in enumerate(names) if place not in self.lanes]
        if not idle or not self.trace.steps:
            return ""
        if len(idle) == 1:
            return f"{idle[0]} takes no step"
        return f"{', '.join(idle[:-1])} and {idle[-1]} take no step"

    def build(self) -> list[Entry]:
        """All rows of the trace."""
        last: int | None = None
        for step in self.trace.steps:
            if last is not None and last != step.thread:
                self.entries.append(Entry("switch", last, other=step.thread))
            self._step(step)
            last = step.thread
        self._waiting()
        return self.entries

    def nesting(self, thread: int) -> Nesting:
        """A thread's brackets and indentation so far."""
        if thread not in self.nestings:
            self.nestings[thread] = Nesting(self._base(thread), self.drawing.glyphs)
        return self.nestings[thread]

    def _base(self, thread: int) -> int:
        """1 if the thread is one call, which its heading shows; the stack begins with it in every statement then."""
        call = _ONE_CALL.fullmatch(self.trace.threads[thread].text)
        mine = [step for step in self.trace.steps if step.thread == thread]
        stacks = [node.stack for step in mine for node in step.executed if node.shared]
        return int(call is not None and all(stack and stack[0].procedure == call.group(1) for stack in stacks))

    def _step(self, step: TraceStep) -> None:
        shown = self._shown(step)
        number: int | None = step.number
        for place in shown:
            self._node(step, place, number)
            number = None
        if step.choices:
            self._extra(step, f"(chooses {', '.join(step.choices)})")
        broken = tuple(name for name in step.violates if name != "deadlock" or not self.trace.waiting)
        if broken:
            self._fail(step, broken)

    def _shown(self, step: TraceStep) -> list[int]:
        """Which executed nodes get a row: in a step of one access that one; of an atomic block what changes."""
        nodes = step.executed
        wanted = {m.executed for m in self._marks() if m.step == step.number}
        if step.violates and nodes and not nodes[-1].shared and nodes[-1].fails:
            wanted.add(len(nodes) - 1)
        telling = [
            i
            for i, node in enumerate(nodes)
            if node.changes or node.created or (node.lock and node.lock.event != "other")
        ]
        reading = [i for i, node in enumerate(nodes) if node.reads or node.lock]
        first = [i for i, node in enumerate(nodes) if node.shared and node.text] or list(range(len(nodes)))
        return sorted({*(telling or reading or first[:1]), *wanted})

    def _marks(self) -> tuple[Mark, ...]:
        stale = self.trace.explanation.stale
        return (stale.load, stale.store) if stale else ()

    def _node(self, step: TraceStep, place: int, number: int | None) -> None:
        node = step.executed[place]
        nesting = self.nesting(step.thread)
        clean = self.drawing.clean
        if heading := nesting.enter(node.stack):
            self.entries.append(Entry("heading", step.thread, heading[0], clean(heading[1])))
        effects = list(self._effects(node, Mark(step.number, place)))
        text = clean(node.text) or "(end)" * node.fails
        entry = Entry("statement", step.thread, self._prefix(step.thread, node), text, number)
        first = effects[0] if effects else None
        self.entries.append(replace(entry, effect=first, mark=Mark(step.number, place)))
        self.entries += [Entry("effect", step.thread, effect=effect) for effect in effects[1:]]

    def _prefix(self, thread: int, node: Executed) -> str:
        nesting = self.nesting(thread)
        if node.lock and node.lock.event == "acquire":
            return nesting.acquire(node.lock.lock)
        if node.lock and node.lock.event == "release":
            closing = nesting.release(node.lock.lock)
            if closing is not None:
                return closing
            for other in self.nestings.values():  # a lock without owner that another thread took
                if other is not nesting and other.release(node.lock.lock) is not None:
                    break
        return nesting.prefix()

    def _effects(self, node: Executed, mark: Mark) -> Iterator[Effect]:
        clean = self.drawing.clean
        if node.created:
            self.unset[node.created] = set()
            yield Effect(note=f"({clean(node.created)} is new)")
            return
        if node.lock:
            if node.lock.event == "other" and node.result is not None:
                yield Effect(note=clean(_given(node.lock.call, node.result)))
            elif node.lock.event == "other" and node.lock.call == "down_write" and node.changes:
                yield Effect(note="(registers, and waits)")
            return
        for change in node.changes:
            yield self._change(change, mark)
        if not node.changes and node.reads:
            early = self.trace.explanation.early
            if early and early.mark == mark:
                until = early.filling.step
                yield Effect(note=f"({clean(early.cell)} is None until {until})", brief=f"(reads None until {until})")
            else:
                yield Effect(note=f"(reads {', '.join(clean(read.value) for read in node.reads)})")

    def _change(self, change: CellChange, mark: Mark) -> Effect:
        name, old, new = (self.drawing.clean(text) for text in (change.name, change.old, change.new))
        stored = self.unset.get(change.name.partition(".")[0])
        if stored is not None and change.name not in stored:
            stored.add(change.name)
            return Effect(name, "", new)
        if old != new:
            return Effect(name, old, new)
        early = self.trace.explanation.early
        if early and (early.mark, early.cell) == (mark, change.name):
            until = early.filling.step
            return Effect(note=f"({name} stays {old} until {until})", brief=f"(stays {old} until step {until})")
        return Effect(note=f"({name} stays {old})")

    def _extra(self, step: TraceStep, note: str) -> None:
        """A remark on a step, beside its last row if there is room."""
        effect = Effect(note=self.drawing.clean(note))
        last = self.entries[-1] if self.entries else None
        if last and last.kind == "statement" and last.thread == step.thread and last.effect is None:
            self.entries[-1] = replace(last, effect=effect)
        else:
            self.entries.append(Entry("effect", step.thread, effect=effect))

    def _fail(self, step: TraceStep, broken: tuple[str, ...]) -> None:
        """The cross at the last row of a step, and under its changes what is violated."""
        for place in reversed(range(len(self.entries))):
            if self.entries[place].kind == "statement":
                self.entries[place] = replace(self.entries[place], failing=True)
                break
        final = step.number == len(self.trace.steps)
        failing = self.trace.explanation.failing if final else ""
        text = self.drawing.clean(failing or ", ".join(broken))
        self.entries.append(Entry("effect", step.thread, effect=Effect(note=text, bad=True)))

    def _waiting(self) -> None:
        """The statements at which threads wait for each other in the end."""
        clean = self.drawing.clean
        for waiting in self.trace.waiting:
            nesting = self.nesting(waiting.thread)
            if heading := nesting.enter(waiting.stack):
                self.entries.append(Entry("heading", waiting.thread, heading[0], clean(heading[1])))
            entry = Entry("statement", waiting.thread, nesting.prefix(), clean(waiting.text), failing=True)
            self.entries.append(replace(entry, effect=Effect(note=clean(waiting.reason), bad=True)))
