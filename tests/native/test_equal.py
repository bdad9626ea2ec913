# SPDX-License-Identifier: GPL-2.0-only
"""The native engine finds what the reference engine finds: counts, coverage, violated properties, schedules."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, given, seed, settings

from dfsrace.engine.native import Machine
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from tests.engine.random_systems import random_system
from tests.native.comparing import native, reference, too_large
from tests.random.models import models
from tests.random.test_found import ALONE, HEAD, OTHER, PAIRS, TWO_PAGES, UNORDERED
from tests.random.texts import texts

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((PROJECT / "models").rglob("*.yaml"))
ALL = frozenset(REDUCTIONS)
SUBSETS = [frozenset[str](), ALL, *(frozenset((name,)) for name in REDUCTIONS)]
# Compiled as they are used; the others by the quick compiler, which takes a hundredth of the time.
BY_THE_SLOW_COMPILER = ("2003-truncate-count/dfs", "textbook/peterson", "shared-write/with-token-hook")


def load(file: Path) -> System:
    return load_model(ModelSource.of(file), [], {}).system


def name(file: Path) -> str:
    return file.relative_to(PROJECT / "models").with_suffix("").as_posix()


@pytest.mark.parametrize("reductions", [frozenset(), ALL], ids=["none", "all"])
@pytest.mark.parametrize("file", SHIPPED, ids=name)
def test_every_shipped_model(file: Path, reductions: frozenset[str], machine: Machine, quick: Machine) -> None:
    system, options = load(file), Options(reductions=reductions)
    chosen = machine if name(file) in BY_THE_SLOW_COMPILER else quick
    assert native(system, options, chosen) == reference(system, options)


@pytest.mark.parametrize("seeds", [range(n, n + 50) for n in range(0, 300, 50)], ids=str)
def test_random_systems_with_errors_and_loops(seeds: range, quick: Machine) -> None:
    for number in seeds:
        options = Options(reductions=SUBSETS[number % len(SUBSETS)], states=20_000)
        system = random_system(number)
        expected = reference(system, options)
        found = native(system, options, quick)
        assert too_large(expected) or found == expected, f"seed {number}"


@pytest.mark.parametrize("number", range(1, 4))
def test_random_models_as_text(number: int, quick: Machine) -> None:
    compared = 0

    @seed(number)
    @settings(max_examples=80, phases=[Phase.generate])
    @given(models())
    def run(text: str) -> None:
        nonlocal compared
        system = load_model(ModelSource("random.yaml", None, text), [], {}).system
        options = Options(reductions=SUBSETS[compared % len(SUBSETS)], states=5_000)
        expected = reference(system, options)
        if not too_large(expected):
            assert native(system, options, quick) == expected, text
            compared += 1

    run()
    assert compared > 40


def test_random_texts_with_every_kind_of_lock(quick: Machine) -> None:
    compared = 0

    @seed(1)
    @settings(max_examples=120, phases=[Phase.generate])
    @given(texts())
    def run(text: str) -> None:
        nonlocal compared
        system = load_model(ModelSource("random.yaml", None, text), [], {}).system
        options = Options(reductions=SUBSETS[compared % len(SUBSETS)], states=5_000)
        expected = reference(system, options)
        if not too_large(expected):
            assert native(system, options, quick) == expected, text
            compared += 1

    run()
    assert compared > 40


FOUND = {
    **{claim: TWO_PAGES.replace("STATEMENT", text) for claim, text in UNORDERED.items()},
    **{claim: f"{HEAD}threads:\n  t0: |\n    {text}\n{OTHER}" for claim, text in ALONE.items()},
    **PAIRS,
    "a property of a page": TWO_PAGES.replace("STATEMENT", "x = 1")
    + "invariants: {some: x == 0 or any(p.next.mark == 1 for p in Page)}\n",
}


@pytest.mark.parametrize("claim", FOUND)
def test_what_was_once_wrong_elsewhere(claim: str, quick: Machine) -> None:
    text = FOUND[claim] if FOUND[claim].startswith("model:") else f"model: found\n{FOUND[claim]}"
    system = load_model(ModelSource("found.yaml", None, text), [], {}).system
    for reductions in SUBSETS:
        options = Options(reductions=reductions)
        assert native(system, options, quick) == reference(system, options)


def test_first_stops_where_the_reference_engine_stops(quick: Machine) -> None:
    options = Options(reductions=frozenset(), first=True)
    for chosen in (
        "2003-unfixed/local-truncate",
        "textbook/bakery-bounded-tickets",
        "2003-truncate-lock/seed-question",
    ):
        system = load(PROJECT / "models" / f"{chosen}.yaml")
        assert native(system, options, quick) == reference(system, options)
