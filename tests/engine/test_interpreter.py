# SPDX-License-Identifier: GPL-2.0-only
"""Claims about setup's interpreter: every combination of choices, pools, stamps, and what setup may not do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dfsrace.system.choices import Choice
from dfsrace.system.expressions import Checked, Const, Local
from dfsrace.system.interpreter import (
    LoopsWithoutAccess,
    PoolExhausted,
    SetupLockHeld,
    SetupViolation,
    SetupWaits,
    run_to_end,
)
from dfsrace.system.memory import Memory
from dfsrace.system.program import Alloc, Branch, Choose, Finish, Load, LockOperation, Nop, Renew, Store, Wait
from dfsrace.system.types import BOOL, LockType, OptionalType, PoolType, RangeType, StampType, Type, Value
from tests.engine.build import Line, at, equal, number, thread, variable

PAGE = PoolType("Page", 2)
CONTENTS = StampType("Contents")
VARIABLES = (
    variable("cache", OptionalType(PAGE)),
    variable("Page.data", CONTENTS, owner=PAGE),
    variable("disk", CONTENTS),
    variable("lock", LockType("spinlock")),
    variable("n", RangeType(0, 2)),
)
CELLS = tuple(cell.initial for cell in Memory(VARIABLES, 2).cells)


def run(lines: Sequence[Line], locals_: Sequence[Type] = ()) -> list[tuple[tuple[Choice, ...], tuple[Value, ...]]]:
    """What setup gives."""
    return run_to_end(VARIABLES, CELLS, thread("setup", lines, locals_), 2)


def test_every_combination_of_choices_gives_a_result_in_order() -> None:
    results = run(
        [
            Choose(0, BOOL, 0, None),
            (Branch(Local(0, BOOL)), (2, 3)),
            Store(at(VARIABLES, "n"), number(2)),
            Finish(),
        ],
        [BOOL],
    )
    assert [[c.value for c in choices] for choices, _ in results] == [[0], [1]]
    assert [cells[5] for _, cells in results] == [0, 2]


def test_alloc_takes_the_lowest_value_not_held_and_gives_it_a_stamp_of_its_own() -> None:
    [(_, cells)] = run([Alloc(0, PAGE), Store(at(VARIABLES, "cache"), Local(0, PAGE)), Finish()], [PAGE])
    assert cells[:4] == (0, 1, None, 0)


def test_an_alloc_that_is_dropped_leaves_nothing() -> None:
    [(_, cells)] = run([Alloc(0, PAGE), Alloc(0, PAGE), Alloc(0, PAGE), Finish()], [PAGE])
    assert cells[:3] == (None, None, None)


def test_renew_leaves_out_what_is_there() -> None:
    [(_, cells)] = run([Renew(at(VARIABLES, "disk")), Renew(at(VARIABLES, "disk")), Finish()])
    assert cells[3] == 0, "no page is held, so that no other stamp counts"


def test_what_setup_may_not_do() -> None:
    with pytest.raises(SetupWaits):
        run([Wait(equal(at(VARIABLES, "n"), number(1))), Finish()])
    with pytest.raises(SetupLockHeld):
        run([LockOperation("spin_lock", at(VARIABLES, "lock")), Finish()])
    with pytest.raises(SetupViolation) as caught:
        run([Store(at(VARIABLES, "n"), Checked(Const(3, RangeType(3, 3)), RangeType(0, 2))), Finish()])
    assert caught.value.detail == "value out of range"
    with pytest.raises(LoopsWithoutAccess):
        run([(Nop(), (0,)), Finish()])


def test_an_exhausted_pool_keeps_the_other_results() -> None:
    lines: list[Line] = [
        Choose(3, BOOL, 0, None),
        (Branch(Local(3, BOOL)), (2, 6)),
        Alloc(0, PAGE),
        Alloc(1, PAGE),
        Alloc(2, PAGE),
        (Branch(equal(Local(0, PAGE), Local(1, PAGE))), (7, 7)),
        Load(0, at(VARIABLES, "n")),
        Finish(),
    ]
    with pytest.raises(PoolExhausted) as caught:
        run(lines, [PAGE, PAGE, PAGE, BOOL])
    assert caught.value.detail == "Page" and len(caught.value.results) == 1
