# SPDX-License-Identifier: GPL-2.0-only
"""Each construct by itself: SPIN and the reference engine agree, and what they agree on is what the system is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.language import ModelSource, load_model
from dfsrace.system.expressions import And, Const, Local, Or, Read
from dfsrace.system.program import Choose, Finish, Store
from dfsrace.system.types import BOOL
from tests.engine.build import invariant, system, thread, variable
from tests.export.lock_systems import LOCKS, calls
from tests.export.spin import disagreement, explored, spin
from tests.export.systems import SYSTEMS, pools, several_starts, small_pool
from tests.random.test_found import TWO_PAGES, UNORDERED


@pytest.mark.parametrize("name", LOCKS)
def test_lock_operations(name: str, tmp_path: Path) -> None:
    kind, names, maximum, violated = LOCKS[name]
    made = calls(kind, *names, maximum=maximum)
    assert disagreement(made, tmp_path) == ""
    assert violated in ("", *(v.property for v in explored(made).violations))


@pytest.mark.parametrize("name", SYSTEMS)
def test_construct(name: str, tmp_path: Path) -> None:
    make, violated = SYSTEMS[name]
    made = make()
    assert disagreement(made, tmp_path) == ""
    found = {v.property for v in explored(made).violations}
    assert found == violated


def test_a_pool_that_is_too_small_is_said_by_its_number(tmp_path: Path) -> None:
    assert spin(small_pool(), tmp_path).exhausted == {"0"}
    assert spin(pools(), tmp_path).exhausted == set()


def test_where_there_is_no_initial_state_spin_stores_two(tmp_path: Path) -> None:
    made = several_starts()
    only = system(made.variables, made.threads, made.properties, initial=[{}])
    found = spin(only, tmp_path)
    assert found.states == 2
    assert found.violated == {"value out of range"}


@pytest.mark.parametrize("claim", UNORDERED)
def test_what_is_asked_of_a_pool(claim: str, tmp_path: Path) -> None:
    text = f"model: found\n{TWO_PAGES.replace('STATEMENT', UNORDERED[claim])}"
    assert disagreement(load_model(ModelSource("found.yaml", None, text), [], {}).system, tmp_path) == ""


def test_a_condition_that_a_quick_compiler_gets_wrong_is_no_difference(tmp_path: Path) -> None:
    a, b, true = Read(0, (), BOOL), Read(1, (), BOOL), Const(1, BOOL)
    drawn = [op for cell in (a, b) for op in (Choose(0, BOOL, 0, None), Store(cell, Local(0, BOOL)))]
    claim = Or((true, Or((And((b, true)), Or((a, b))))))
    threads = (thread("t", [*drawn, Finish()], [BOOL]),)
    made = system((variable("a", BOOL), variable("b", BOOL)), threads, (invariant("true", claim),))
    assert disagreement(made, tmp_path) == ""
