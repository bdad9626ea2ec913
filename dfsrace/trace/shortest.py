# SPDX-License-Identifier: GPL-2.0-only
"""The shortest sentence that is true of a violation. What it claims is looked up in the trace before it is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.record import CellChange, Executed, Explanation, Mark, TraceStep

# A sentence beyond this is no line any more.
LONGEST = 110


@dataclass(frozen=True, slots=True)
class Claim:
    """That a thread, by its name, found or left `value` in a cell at a place; with `fails` that it failed there."""

    kind: Literal["found", "left", "fails"]
    mark: Mark
    thread: str
    cell: str = ""
    value: str = ""

    def is_true(self, steps: Sequence[TraceStep]) -> bool:
        """Whether the trace has it so."""
        step = steps[self.mark.step - 1]
        if step.number != self.mark.step or step.thread_name != self.thread:
            return False
        node = step.executed[self.mark.executed]
        if self.kind == "fails":
            return node.fails
        if self.kind == "found":
            return any((read.name, read.value) == (self.cell, self.value) for read in node.reads)
        return any((change.name, change.new) == (self.cell, self.value) for change in node.changes)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence without its full stop, and what it claims."""

    text: str
    claims: tuple[Claim, ...] = ()

    def is_true(self, steps: Sequence[TraceStep]) -> bool:
        """Whether all claims are."""
        return all(claim.is_true(steps) for claim in self.claims)


def loaded(mark: Mark, thread: str, node: Executed, cell: str) -> Claim:
    """That a node found in a cell what its record says."""
    return Claim("found", mark, thread, cell, next(read.value for read in node.reads if read.name == cell))


def stored(mark: Mark, thread: str, change: CellChange) -> Claim:
    """That a node left in a cell what its record says."""
    return Claim("left", mark, thread, change.name, change.new)


def shortest(steps: Sequence[TraceStep], violated: str, found: Explanation, offered: Sentence | None) -> str:
    """The sentence offered if it is true and a line, else the first of the explanation, else what is not so."""
    if offered is not None and offered.is_true(steps) and len(offered.text) <= LONGEST:
        return f"{offered.text}."
    if found.sentences and len(found.sentences[0]) <= LONGEST:
        return found.sentences[0]
    if violated not in AUTOMATIC_PROPERTIES:
        where = f"after step {len(steps)}" if steps else "in the initial state"
        short = f"{where[0].upper()}{where[1:]} {found.failing}"
        telling = found.failing and found.failing != violated and len(short) <= LONGEST
        return f"{short}." if telling else f"{violated} does not hold {where}."
    if not steps:
        return f"The model meets {violated} before any step."
    if violated == "deadlock":
        return f"After step {len(steps)} no thread can move."
    return f"{steps[-1].thread_name} meets {violated} in step {len(steps)}."
