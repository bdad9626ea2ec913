# SPDX-License-Identifier: GPL-2.0-only
"""The second search, for the schedule: where it contradicts the first, that is said as an error of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dfsrace.engine.options import Options
from dfsrace.engine.reference import EnginesDisagree, explore
from dfsrace.engine.reference.shortest import Finder
from dfsrace.system.expressions import Compare
from dfsrace.system.program import Finish, Store
from dfsrace.system.types import RangeType
from tests.engine.build import Line, at, invariant, number, system, thread, variable

N = (variable("n", RangeType(0, 2)),)
SMALL = invariant("small", Compare("<", at(N, "n"), number(2)))
TWO_STORES: list[Line] = [Store(at(N, "n"), number(1)), Store(at(N, "n"), number(2)), Finish()]
MODEL = system(N, [thread("t", TWO_STORES)], [SMALL])

BROKEN: dict[str, tuple[str, Callable[..., Any], int]] = {
    "no initial state is 2 steps away from it": ("_weigh", lambda *_: None, 1000),
    "no thread can take step 2 of 2 with 0 switches to come": ("_ahead", lambda *_: set(), 1000),
    "no initial state begins a way of 2 steps to it": ("_narrow", lambda *_: [set(), set(), set()], 1000),
    "no initial state begins a way of 2 steps": ("_chain", lambda *_: [-1, -1], 0),
    "step 1 cannot be replayed": ("_keeps", lambda *_: False, 1000),
}


@pytest.mark.parametrize("message", BROKEN)
def test_a_broken_second_search_says_what_it_looked_for(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, broken, minimise = BROKEN[message]
    monkeypatch.setattr(Finder, name, broken)
    with pytest.raises(EnginesDisagree, match=message):
        explore(MODEL, Options(minimise=minimise))


def test_it_has_nothing_to_say_of_a_sound_one() -> None:
    (found,) = explore(MODEL, Options()).violations
    assert found.schedule is not None and len(found.schedule.moves) == 2
