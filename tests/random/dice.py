# SPDX-License-Identifier: GPL-2.0-only
"""Choices of the generator, each a draw of hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


@dataclass(slots=True)
class Dice:
    """Draws from hypothesis, so that a failing model shrinks."""

    draw: Callable[[st.SearchStrategy[object]], object]

    def pick(self, options: Sequence[T]) -> T:
        """One of them; the first is the simplest."""
        return self.draw(st.sampled_from(options))  # type: ignore[return-value]

    def chance(self, of: int) -> bool:
        """True once in `of` times."""
        return self.pick(range(of)) == of - 1
