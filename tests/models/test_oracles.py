# SPDX-License-Identifier: GPL-2.0-only
"""On every shipped model the engine agrees with two checkers that share no code with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import explore
from dfsrace.language import LoadedModel, ModelSource, load_model
from dfsrace.system.validate import problems
from tests.naive import naive
from tests.oracle import text

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted((ROOT / "models").rglob("*.yaml"))
LIBRARY = ROOT / "dfsrace" / "library"
LIBRARIES = [LIBRARY, LIBRARY / "protocols", LIBRARY / "scenarios"]

# What the oracles, which are slow on purpose, explore in the default run.
STATES_AT_MOST = 2_500


def named(path: Path) -> str:
    return path.relative_to(ROOT / "models").with_suffix("").as_posix()


def outcome(model: LoadedModel, reductions: tuple[str, ...]) -> Outcome:
    checked = model.declarations.check
    names = None if checked is None else frozenset(checked)
    return explore(model.system, Options(reductions=frozenset(reductions), properties=names))


def lengths(result: Outcome) -> dict[str, int | None]:
    return {v.property: v.steps for v in result.violations}


def compare(path: Path, limit: int) -> None:
    model = load_model(ModelSource.of(path), [], {})
    assert problems(model.system) == []
    plain, reduced = outcome(model, ()), outcome(model, REDUCTIONS)
    assert (plain.verdict, lengths(plain)) == (reduced.verdict, lengths(reduced))
    assert reduced.states <= plain.states
    if plain.states > limit:
        pytest.skip(f"{plain.states:,} states: compared by scripts/test --long")
    told = text.run(path, LIBRARIES, limit=10 * limit, forget=True)
    assert (told.verdict, told.violated) == (plain.verdict, lengths(plain))
    assert (told.states, told.classes) == (plain.states, reduced.states)
    if model.declarations.check is None:
        simple = naive(model.system)
        assert (simple.verdict, simple.violated) == (plain.verdict, lengths(plain))
        assert (simple.states, simple.transitions) == (plain.states, plain.transitions)


@pytest.mark.parametrize("path", MODELS, ids=named)
def test_two_oracles_give_what_the_engine_gives(path: Path) -> None:
    compare(path, STATES_AT_MOST)


@pytest.mark.long
@pytest.mark.parametrize("path", MODELS, ids=named)
def test_two_oracles_give_what_the_engine_gives_on_large_models_too(path: Path) -> None:
    compare(path, 50_000)
