# SPDX-License-Identifier: GPL-2.0-only
"""Choices, and how a run that makes some is repeated for every combination of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from dfsrace.system.types import Type, Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that had more than one possible value: the node's place, the values, the one that was taken."""

    node: int
    type: Type
    options: tuple[Value, ...]
    value: Value


@dataclass(slots=True)
class Chooser:
    """Takes the options at the places of `prefix`, then always the first; notes how many there were."""

    prefix: tuple[int, ...] = ()
    taken: list[tuple[int, int]] = field(default_factory=list)

    def pick(self, options: Sequence[Value]) -> Value:
        """One of at least one option."""
        index = self.prefix[len(self.taken)] if len(self.taken) < len(self.prefix) else 0
        self.taken.append((index, len(options)))
        return options[index]

    def following(self) -> tuple[int, ...] | None:
        """The prefix of the next combination in the order of the values, None after the last."""
        taken = list(self.taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            return None
        return (*(index for index, _ in taken[:-1]), taken[-1][0] + 1)


def all_runs(run: Callable[[Chooser], T]) -> Iterator[T]:
    """What `run` gives for every combination of choices, in their order."""
    prefix: tuple[int, ...] | None = ()
    while prefix is not None:
        chooser = Chooser(prefix)
        yield run(chooser)
        prefix = chooser.following()
