# SPDX-License-Identifier: GPL-2.0-only
"""What an expression in generated C may use, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dfsrace.engine.native.values import constant, number
from dfsrace.engine.reference.path import VIOLATION
from dfsrace.system.types import Type, finite_values


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may use: the state's name, each local's source, each bound variable's source and type."""

    state: str
    local: Callable[[int], str]
    bound: dict[int, tuple[str, Type]] = field(default_factory=dict)

    def binding(self, slot: int, source: str, kind: Type) -> Names:
        """The same with one more variable."""
        return Names(self.state, self.local, {**self.bound, slot: (source, kind)})


NO_FAILURE = len(VIOLATION)


def fail(name: str) -> str:
    """The statement that leaves for an automatic violation."""
    return f"FAIL({VIOLATION[name]});"


def sequence(kind: Type) -> tuple[int, int]:
    """The first and the last representation of a finite type's values, which are consecutive."""
    values = finite_values(kind)
    if not values:
        return 0, -1
    first, last = number(constant(kind, values[0])), number(constant(kind, values[-1]))
    assert first is not None and last is not None
    return first, last
