# SPDX-License-Identifier: GPL-2.0-only
"""The waist: a typed transition system, all that engines, reductions and exporters know of a model."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from dfsrace.diagnostics import SourceFile, Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.system.expressions import Expr
from dfsrace.system.program import Message, Thread
from dfsrace.system.types import Type, Value

AUTOMATIC_PROPERTIES = (
    "deadlock",
    "assertion",
    "null dereference",
    "value out of range",
    "blocks inside atomic",
    "unlock of a lock not held",
    "lock taken twice",
    "seqcount written twice",
    "lock held at exit",
    "sleeping while atomic",
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A state variable; an array or field has one cell for each combination of its dimensions' values.

    `dimensions`: finite types; a field `Type.field` has Type as its first one (`owner`), a pool only there.
    `initial`: one value for all cells, before setup (a semaphore's count; None for other locks).
    `constant`: no thread stores to it, so that reading it is no step.
    """

    name: str
    owner: Type | None
    dimensions: tuple[Type, ...]
    type: Type
    initial: Value
    constant: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Property:
    """A named property. An invariant holds in every state (`at_end`: in those in which every non-daemon has finished);

    a `reach` condition is true in some state. In `says`, the variables of the outermost all(...) are Bound.
    """

    name: str
    kind: Literal["invariant", "reach"]
    at_end: bool
    condition: Expr
    says: Message | None
    span: Span


@dataclass(frozen=True, slots=True)
class Initial:
    """A valuation of all cells after setup, in the order of `dfsrace.system.cells.cells_of`, and the choices made."""

    cells: tuple[Value, ...]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """A statement of reachable code, or an outcome of a test; all inlined copies of a line share one."""

    kind: Literal["statement", "true", "false"]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class System:
    """A model, ready to be explored. Everything is finite and typed; nothing in it needs the language any more.

    `types`: those that the model declares, in order. `constants`: name and value as text, for reports.
    `initial`: the valuations after setup (at least one), in the order of their choices; the initial states follow from
    each by running the threads' first local nodes, in the order of `threads`.
    `exhausted`: the pool that setup exhausted; then `initial` is not complete and the verdict is inconclusive.
    """

    title: str
    file: str
    types: tuple[Type, ...]
    constants: tuple[tuple[str, str], ...]
    variables: tuple[Variable, ...]
    threads: tuple[Thread, ...]
    properties: tuple[Property, ...]
    initial: tuple[Initial, ...]
    coverage: tuple[CoveragePoint, ...]
    sources: tuple[SourceFile, ...] = field(repr=False)
    exhausted: str | None = None
