# SPDX-License-Identifier: GPL-2.0-only
"""What the walker keeps: the frame of a call, values that are unknown, and what a value holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .model import Procedure, Ref, Stamp, Type


class Sym(NamedTuple):
    """An unknown value; with a slot, the content of that local."""

    slot: tuple[int, str] | None


UNKNOWN = Sym(None)


@dataclass(slots=True)
class Frame:
    code: Procedure
    depth: int
    vars: dict[str, Any] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    need: bool = False  # is the result used?
    pure: bool = False  # one step, or no step at all: quantifiers over pools are answered in place

    def copy(self) -> Frame:
        return Frame(self.code, self.depth, dict(self.vars), dict(self.types), self.need, True)


def held_in(value: Any) -> set[Any]:
    """The pool values and stamps in a value."""
    if isinstance(value, Ref | Stamp):
        return {value}
    if isinstance(value, tuple | list) and not isinstance(value, Sym):
        return {item for part in value for item in held_in(part)}
    return set()
