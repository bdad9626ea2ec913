# SPDX-License-Identifier: GPL-2.0-only
"""SPIN counts as many states as we do without reductions, and finds the same properties violated."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from tests.engine.random_systems import random_system
from tests.export.spin import disagreement, explored, spin

MODELS = Path(__file__).parents[2] / "models"
PATHS = {str(p.relative_to(MODELS).with_suffix("")): p for p in sorted(MODELS.rglob("*.yaml"))}
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
FEW = 40_000
MANY = 1_000_000


def loaded(name: str) -> System:
    return load_model(ModelSource.of(PATHS[name]), [], {}).system


def of_size(low: int, high: float) -> list[str]:
    return [name for name in PATHS if low < MANIFEST.get(name, {}).get("states_none", 1) <= high]


def test_there_are_models_to_compare() -> None:
    assert len(of_size(0, FEW)) > 50


@pytest.mark.parametrize("name", of_size(0, FEW))
def test_each_small_model_is_the_same_for_spin(name: str, tmp_path: Path) -> None:
    assert disagreement(loaded(name), tmp_path) == ""


@pytest.mark.long
@pytest.mark.parametrize("name", of_size(FEW, float("inf")))
def test_each_larger_model_is_the_same_for_spin(name: str, tmp_path: Path) -> None:
    system = loaded(name)
    ours = explored(system, MANY)
    if ours.stopped_by is not None and ours.stopped_by.kind == "states":
        pytest.skip(f"more than {MANY} states")
    assert disagreement(system, tmp_path, ours) == ""


def compared(seeds: range, folder: Path) -> list[str]:
    """Disagreements about random systems with an initial state and up to 3,000 states."""
    found = []
    for seed in seeds:
        system = random_system(seed)
        ours = explored(system, 3_000)
        if ours.states and not (ours.stopped_by is not None and ours.stopped_by.kind == "states"):
            said = disagreement(system, folder, ours)
            found += [f"seed {seed}: {said}"] if said else []
    return found


def test_random_systems_are_the_same_for_spin(tmp_path: Path) -> None:
    assert compared(range(60), tmp_path) == []


@pytest.mark.long
def test_many_random_systems_are_the_same_for_spin(tmp_path: Path) -> None:
    assert compared(range(100, 220), tmp_path) == []


def test_a_model_that_holds_has_no_error_in_a_plain_run(tmp_path: Path) -> None:
    found = spin(loaded("textbook/peterson"), tmp_path, flags=())
    assert "errors: 0" in found.output
