# SPDX-License-Identifier: GPL-2.0-only
"""The point of no return: the first state of a trace from which every continuation violates the property."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dfsrace.trace.continuations import Budget, Continuations, Following
from dfsrace.trace.record import NoReturn


def point_of_no_return(ahead: Continuations, keys: Sequence[int], budget: Budget) -> NoReturn:
    """After how many steps of a trace every continuation violates the property.

    `keys`: the states after 0, 1, ... steps, all but the last step's. A continuation is a run from a state to where no
    thread can move, or one that never ends, under any schedule, fair or not; it violates the property if one of its
    states or steps does. So a run that loops for ever without a violation avoids it, even if that starves a thread, and
    so does one that ends in another property's violation, or in a deadlock where deadlock is not the property. Known
    only where every state that can be reached from there was looked at.
    """
    before, search = budget.states, _Escape(ahead, budget)
    # Going backwards, since what is lost later is lost for earlier states too, and most states have a way out nearby.
    for number in reversed(range(len(keys))):
        found = search.exists(keys[number])
        if found is None:
            return NoReturn(None, number + 1, budget.states - before, search.cut or budget.cut)
        if found:
            return NoReturn(number + 1, number + 1, budget.states - before)
    return NoReturn(0, 0, budget.states - before)


@dataclass(slots=True)
class _Escape:
    """Looks for runs that avoid the violation. `lost`: states from which there is none; `cut`: a pool ran out."""

    ahead: Continuations
    budget: Budget
    lost: set[int] = field(default_factory=set)
    cut: str = ""

    def exists(self, start: int) -> bool | None:
        """Whether some run from a state avoids it: one that ends, or comes back to a state; None if that is not known.

        Depth first, so that a run under way is at hand and a state met twice on it closes a loop.
        """
        if start in self.lost:
            return False
        path: list[tuple[int, Iterator[int]]] = []
        on_path: set[int] = set()
        entered: int | None = start
        while entered is not None:
            if entered in on_path:
                return True
            found = self._enter(entered)
            if found is None or found.ends:
                return None if found is None else True
            path.append((entered, iter(found.states)))
            on_path.add(entered)
            entered = self._next(path, on_path)
        return None if self.cut else False

    def _enter(self, key: int) -> Following | None:
        """What can follow a state; None if no more may be looked at."""
        if not self.budget.spend():
            return None
        found = self.ahead.following(key)
        if found.exhausted:
            self.cut = f"pool {found.exhausted} is exhausted"
        return found

    def _next(self, path: list[tuple[int, Iterator[int]]], on_path: set[int]) -> int | None:
        """The next state to enter; what has none left to offer is lost, and left. None where all is."""
        while path:
            key, states = path[-1]
            for state in states:
                if state not in self.lost:
                    return state
            self.lost.add(key)
            on_path.discard(key)
            path.pop()
        return None
