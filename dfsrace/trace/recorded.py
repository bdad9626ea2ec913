# SPDX-License-Identifier: GPL-2.0-only
"""One step executed once more, noting which node did what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.reference.stepping import ConcreteState, Stepper
from dfsrace.system.choices import Chooser
from dfsrace.system.interpreter import Run
from dfsrace.system.types import Type, Value


@dataclass(slots=True)
class Given(Chooser):
    """Takes given values, one for each choice that has more than one option."""

    values: list[Value] = field(default_factory=list)

    def pick(self, options: Sequence[Value]) -> Value:
        """The next given value; the first option where none is left."""
        if len(options) > 1 and self.values and self.values[0] in options:
            return self.values.pop(0)
        return options[0]


class _Noting(list[Any]):
    """A list that notes with each item how many nodes had been entered."""

    def __init__(self, nodes: list[int]) -> None:
        super().__init__()
        self.nodes = nodes
        self.at: list[int] = []

    def append(self, item: Any) -> None:
        self.at.append(len(self.nodes) - 1)
        super().append(item)


class _NotingLocals(dict[int, Value]):
    """Locals that note with each assignment how many nodes had been entered."""

    def __init__(self, values: dict[int, Value], nodes: list[int]) -> None:
        super().__init__(values)
        self.nodes = nodes
        self.assigned: dict[int, tuple[int, Value]] = {}

    def __setitem__(self, slot: int, value: Value) -> None:
        self.assigned[len(self.nodes) - 1] = (slot, value)
        super().__setitem__(slot, value)


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """What one executed node did: cells read and stored to, and the local that it assigned."""

    node: int
    reads: tuple[tuple[int, Value], ...]
    changes: tuple[tuple[int, Value, Value], ...]
    assigned: tuple[int, Value] | None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """The nodes of a step; the cells and the thread's locals when it ended, the locals before any is forgotten."""

    nodes: tuple[NodeRecord, ...]
    cells: tuple[Value, ...]
    locals: dict[int, Value]


def recorded(stepper: Stepper, state: ConcreteState, thread: int, choices: Sequence[Value]) -> StepRecord:
    """Executes a thread's step from a state. The state is left as it is."""
    nodes: list[int] = []
    reads, changes = _Noting(nodes), _Noting(nodes)
    mine = _NotingLocals(dict(state.locals[thread]), nodes)
    run = Run(
        stepper.memory,
        stepper.system.threads[thread],
        thread,
        len(state.nodes),
        list(state.cells),
        mine,
        others_of(stepper, state, thread),
        Given(values=list(choices)),
        state.nodes[thread],
        nodes=nodes,
        reads=reads,
        changes=changes,
    )
    run.go()
    found = tuple(
        NodeRecord(
            node,
            tuple(read for read, at in zip(reads, reads.at, strict=True) if at == place),
            tuple(change for change, at in zip(changes, changes.at, strict=True) if at == place),
            mine.assigned.get(place),
        )
        for place, node in enumerate(nodes)
    )
    return StepRecord(found, tuple(run.cells), dict(mine))


def others_of(stepper: Stepper, state: ConcreteState, thread: int | None) -> list[tuple[Type, Value]]:
    """The live locals of all threads but one, with their types."""
    return [
        (stepper.system.threads[t].locals[slot].type, value)
        for t, live in enumerate(state.locals)
        if t != thread
        for slot, value in live
    ]
