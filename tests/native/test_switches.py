# SPDX-License-Identifier: GPL-2.0-only
"""Under a bound on switches the native engine finds what the reference engine finds."""

from __future__ import annotations

import pytest

from dfsrace.engine.native import Machine, explore_native
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.reference import explore
from tests.engine.random_systems import random_system
from tests.native.comparing import native, reference, too_large
from tests.native.test_equal import PROJECT, load

MODELS = (
    "2003-unfixed/remote-truncate",
    "2003-two-counters/entry-mark-sampled",
    "shared-write/without-token",
    "textbook/michael-scott-queue",
    "textbook/peterson",
    "textbook/readers-writers",
    "textbook/ticket-lock-wraps",
)
ALL = frozenset(REDUCTIONS)


@pytest.mark.parametrize("name", MODELS)
def test_shipped_models(name: str, quick: Machine) -> None:
    system = load(PROJECT / "models" / f"{name}.yaml")
    for reductions in (frozenset[str](), ALL):
        for most in (0, 1, 2, 3, 50):
            options = Options(reductions=reductions, switches=most)
            assert native(system, options, quick) == reference(system, options), f"{sorted(reductions)} {most}"


@pytest.mark.parametrize("seeds", [range(0, 60), range(60, 120)], ids=str)
def test_random_systems(seeds: range, quick: Machine) -> None:
    for seed in seeds:
        system = random_system(seed)
        options = Options(reductions=ALL if seed % 2 else frozenset(), switches=seed % 4, states=5_000)
        expected = reference(system, options)
        assert too_large(expected) or native(system, options, quick) == expected, f"seed {seed}"


def test_nothing_is_claimed_where_the_bound_refused_a_step(quick: Machine) -> None:
    system = load(PROJECT / "models/textbook/peterson.yaml")
    outcome = explore_native(system, Options(switches=1), quick)
    assert outcome.verdict != "holds" and outcome.stopped_by is not None and outcome.stopped_by.kind == "switches"
    complete = explore_native(system, Options(switches=1_000_000), quick)
    assert complete.complete and complete.states == explore(system, Options()).states


def test_other_bounds_hold_beside_it(quick: Machine) -> None:
    system = load(PROJECT / "models/textbook/seqlock-readers.yaml")
    outcome = explore_native(system, Options(switches=9, states=500, reductions=frozenset()), quick)
    assert outcome.states == 500 and outcome.stopped_by is not None and outcome.stopped_by.kind == "states"
    outcome = explore_native(system, Options(switches=9, memory=1 << 20, reductions=frozenset()), quick)
    assert outcome.stopped_by is not None and outcome.stopped_by.kind == "memory"
