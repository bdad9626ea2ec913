# SPDX-License-Identifier: GPL-2.0-only
"""What stands left of a statement in its lane: one column of two characters for each call and each lock held.

zap_page_range                       the heading of a call
┌ spin_lock(mm.page_table_lock)      the first lock taken in it stands in the call's own column
│ mm.pte[index] = None
└ spin_unlock(mm.page_table_lock)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dfsrace.render.style import Glyphs
from dfsrace.system.program import Frame

Calls = tuple[Frame, ...]
INSIDE = " > "


def innermost(heading: str, cut: str, fits: Callable[[str], bool]) -> str:
    """As many calls of a heading as fit, from the innermost outwards, which matters most; `cut` stands for the rest."""
    calls = heading.split(INSIDE)
    shown = [heading, *(INSIDE.join([cut, *calls[first:]]) for first in range(1, len(calls)))]
    return next((text for text in shown if fits(text)), calls[-1])


@dataclass(slots=True)
class Column:
    """Two characters of indentation: a call's (by the stack up to it), a lock's, or both; dead when neither is left."""

    calls: Calls | None = None
    lock: str | None = None

    @property
    def dead(self) -> bool:
        """Nothing of this column is needed any more."""
        return self.calls is None and self.lock is None


class Nesting:
    """The columns of one thread. `base`: how many calls the lane's own heading already shows."""

    def __init__(self, base: int, glyphs: Glyphs) -> None:
        self.base = base
        self.glyphs = glyphs
        self.columns: list[Column] = []

    def enter(self, stack: Calls) -> tuple[str, str] | None:
        """Goes to a statement with this call stack. (prefix, procedures) of the heading that it needs, if any.

        Calls entered at once stand in one heading, the outermost first: `truncate_inode_pages > find_get_page`.
        """
        for column in self.columns:
            if column.calls is not None and column.calls != stack[: len(column.calls)]:
                column.calls = None
        self._trim()
        shown = max([self.base, *(len(column.calls) for column in self.columns if column.calls is not None)])
        if len(stack) <= shown:
            return None
        prefix = self.prefix()
        self.columns.append(Column(calls=stack))
        return prefix, INSIDE.join(frame.procedure for frame in stack[shown:])

    def acquire(self, lock: str) -> str:
        """Opens a bracket and gives the prefix of the statement that takes the lock."""
        last = self.columns[-1] if self.columns else None
        if last is not None and last.lock is None:
            last.lock = lock
        else:
            self.columns.append(Column(lock=lock))
        return self.prefix(len(self.columns) - 1, self.glyphs.top)

    def release(self, lock: str) -> str | None:
        """Closes the bracket of a lock and gives the prefix of the statement that does; None if there is none."""
        for place in reversed(range(len(self.columns))):
            if self.columns[place].lock == lock:
                prefix = self.prefix(place, self.glyphs.bottom)
                self.columns[place].lock = None
                self._trim()
                return prefix
        return None

    def prefix(self, corner: int | None = None, glyph: str = "") -> str:
        """The columns as text; at `corner` stands `glyph` instead of the side of a bracket."""
        sides = (self.glyphs.side if column.lock is not None else " " for column in self.columns)
        return "".join(f"{glyph if place == corner else side} " for place, side in enumerate(sides))

    def _trim(self) -> None:
        """Takes dead columns away from the right; one under a column still in use stays, so that nothing jumps."""
        while self.columns and self.columns[-1].dead:
            self.columns.pop()
