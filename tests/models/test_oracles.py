# SPDX-License-Identifier: GPL-2.0-only
"""On every shipped model the engine agrees with two checkers that share no code with it."""

from __future__ import annotations

import tomllib
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


def named(path: Path) -> str:
    return path.relative_to(ROOT / "models").with_suffix("").as_posix()


LIBRARY = ROOT / "dfsrace" / "library"
LIBRARIES = [LIBRARY, LIBRARY / "protocols", LIBRARY / "scenarios"]

MANIFEST = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))

# What the oracles, which are slow on purpose, explore in the default run; larger models are compared by `--long`.
STATES_AT_MOST = 2_500
LARGE = [path for path in MODELS if MANIFEST.get(named(path), {}).get("states_none", 0) > STATES_AT_MOST]
SMALL = [path for path in MODELS if path not in LARGE]


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
    told = text.run(path, LIBRARIES, limit=limit, forget=True)
    assert (told.verdict, told.violated) == (plain.verdict, lengths(plain))
    assert (told.states, told.classes) == (plain.states, reduced.states)
    if model.declarations.check is None:
        simple = naive(model.system, limit=limit)
        assert (simple.verdict, simple.violated) == (plain.verdict, lengths(plain))
        assert (simple.states, simple.transitions) == (plain.states, plain.transitions)


@pytest.mark.parametrize("path", SMALL, ids=named)
def test_two_oracles_give_what_the_engine_gives(path: Path) -> None:
    compare(path, 10 * STATES_AT_MOST)


@pytest.mark.long
@pytest.mark.parametrize("path", LARGE, ids=named)
def test_two_oracles_give_what_the_engine_gives_on_large_models_too(path: Path) -> None:
    compare(path, 1_000_000)
