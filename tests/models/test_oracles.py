# SPDX-License-Identifier: GPL-2.0-only
"""On every shipped model the engine agrees with two checkers that share no code with it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.reference import explore
from dfsrace.language import ModelSource, load_model
from dfsrace.system.validate import problems
from tests.naive import naive
from tests.oracle import text
from tests.outcomes import lengths
from tests.random.replaying import replay

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


def compare(path: Path, limit: int, dead_locals_too: bool) -> None:
    """`dead_locals_too`: the text oracle once more, with many more states, so that it does not rest on what is live."""
    model = load_model(ModelSource.of(path), [], {})
    names = None if model.declarations.check is None else frozenset(model.declarations.check)
    assert problems(model.system) == []
    plain, reduced = (explore(model.system, Options(frozenset(r), properties=names)) for r in ((), REDUCTIONS))
    assert (plain.verdict, plain.violations) == (reduced.verdict, reduced.violations)
    assert reduced.states <= plain.states
    replay(model.system, plain)
    told = text.run(path, LIBRARIES, limit=limit, forget=True)
    assert (told.verdict, told.violated) == (plain.verdict, lengths(plain))
    assert (told.states, told.classes) == (plain.states, reduced.states)
    if dead_locals_too:
        whole = text.run(path, LIBRARIES, limit=10 * limit)
        assert (whole.verdict, whole.violated) == (plain.verdict, lengths(plain))
    simple = naive(model.system, names, limit)
    assert (simple.verdict, simple.violated) == (plain.verdict, lengths(plain))
    assert (simple.states, simple.transitions) == (plain.states, plain.transitions)


@pytest.mark.parametrize("path", SMALL, ids=named)
def test_two_oracles_give_what_the_engine_gives(path: Path) -> None:
    compare(path, 10 * STATES_AT_MOST, dead_locals_too=True)


@pytest.mark.long
@pytest.mark.parametrize("path", LARGE, ids=named)
def test_two_oracles_give_what_the_engine_gives_on_large_models_too(path: Path) -> None:
    compare(path, 1_000_000, dead_locals_too=False)
