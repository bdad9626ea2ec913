# SPDX-License-Identifier: GPL-2.0-only
"""The statements of a step: what it executed, the nodes that one statement is made of put together."""

from __future__ import annotations

from itertools import chain

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.system.program import Frame
from dfsrace.trace.record import CellChange, CellRead, Executed, LockUse, TraceStep


@dataclass(frozen=True, slots=True)
class Statement:
    """Executed nodes in a row that are one statement of the model. `first`: the place of its first in the step."""

    first: int
    nodes: tuple[Executed, ...]

    @property
    def text(self) -> str:
        """Its text; empty for a step that executes nothing that has one."""
        return next((node.text for node in self.nodes if node.text), "")

    @property
    def span(self) -> Span:
        """Where it stands."""
        return next((node.span for node in self.nodes if node.text), self.nodes[0].span)

    @property
    def stack(self) -> tuple[Frame, ...]:
        """The calls under way."""
        return next((node.stack for node in self.nodes if node.text), self.nodes[0].stack)

    @property
    def reads(self) -> tuple[CellRead, ...]:
        """All cells read, in order."""
        return tuple(chain.from_iterable(node.reads for node in self.nodes))

    @property
    def changes(self) -> tuple[CellChange, ...]:
        """All cells stored to, in order."""
        return tuple(chain.from_iterable(node.changes for node in self.nodes))

    @property
    def lock(self) -> LockUse | None:
        """The lock that it operates on."""
        return next((node.lock for node in self.nodes if node.lock), None)

    def one_of(self, name: str) -> str:
        """What a node has under `result` or `created`; empty if none has."""
        return next((found for node in self.nodes if (found := getattr(node, name))), "")


def statements(step: TraceStep) -> list[Statement]:
    """The statements of a step in order. A node without text belongs to the statement before it."""
    found: list[list[Executed]] = []
    firsts: list[int] = []
    for place, node in enumerate(step.executed):
        if found and _goes_on(found[-1], node):
            found[-1].append(node)
        else:
            found.append([node])
            firsts.append(place)
    return [Statement(first, tuple(nodes)) for first, nodes in zip(firsts, found, strict=True)]


def _goes_on(nodes: list[Executed], node: Executed) -> bool:
    """Whether a node belongs to the statement that these are of; a statement that is executed again is another."""
    before = next((one for one in nodes if one.text), None)
    if not node.text or before is None:
        return True
    place, other = (before.span.file, before.span.line), (node.span.file, node.span.line)
    again = any(one.node == node.node for one in nodes)
    return not again and (before.text, place, before.stack) == (node.text, other, node.stack)
