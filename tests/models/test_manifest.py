# SPDX-License-Identifier: GPL-2.0-only
"""models/manifest.toml tells the truth: every figure in it is found again by checking the model."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

MODELS = Path(__file__).resolve().parents[2] / "models"
MANIFEST: dict[str, dict[str, Any]] = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
SHORT = sorted(name for name, row in MANIFEST.items() if not row.get("long"))
LONG = sorted(name for name, row in MANIFEST.items() if row.get("long"))
KEYS = {
    "verdict",
    "violated",
    "steps",
    "switches",
    "states",
    "states_none",
    "transitions",
    "depth",
    "source",
    "long",
    "outside",
}


def files(names: list[str]) -> list[Path]:
    return [MODELS / f"{name}.yaml" for name in names]


def figures(report: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of a model, taken from a report."""
    violations = {v["property"]: v for v in report["violations"]}
    with_trace = {name: v for name, v in violations.items() if v["steps"] is not None}
    return {
        "verdict": report["verdict"],
        "violated": sorted(violations),
        "steps": {name: v["steps"] for name, v in with_trace.items()},
        "switches": {name: v["switches"] for name, v in with_trace.items()},
        "states": report["states"],
        "transitions": report["transitions"],
        "depth": report["depth"],
    }


def promised(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "verdict": row["verdict"],
        "violated": sorted(row.get("violated", [])),
        "steps": row.get("steps", {}),
        "switches": row.get("switches", {}),
        **{key: row[key] for key in ("states", "transitions", "depth")},
    }


def test_every_model_has_a_row_and_every_row_a_model() -> None:
    shipped = {path.relative_to(MODELS).with_suffix("").as_posix() for path in MODELS.glob("*/*.yaml")}
    assert set(MANIFEST) == shipped


@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_a_row_names_the_source_of_its_verdict_and_nothing_unknown(name: str) -> None:
    row = MANIFEST[name]
    assert row["source"].strip()
    assert set(row) <= KEYS
    assert (row["verdict"] == "violated") == bool(row.get("violated"))


@pytest.mark.parametrize("name", SHORT)
def test_checking_a_model_gives_the_figures_of_its_row(name: str, check: Any) -> None:
    report = check(files(SHORT))[name]
    assert figures(report) == promised(MANIFEST[name])


@pytest.mark.parametrize("name", SHORT)
def test_a_model_is_explored_completely_and_expects_what_it_gives(name: str, check: Any) -> None:
    report = check(files(SHORT))[name]
    assert report["complete"] is True
    assert report["as_expected"] is True


@pytest.mark.parametrize("name", [name for name in SHORT if "states_none" in MANIFEST[name]])
def test_without_reductions_a_model_has_the_states_of_its_row_and_the_same_verdict(name: str, check: Any) -> None:
    names = [name for name in SHORT if "states_none" in MANIFEST[name]]
    report = check(files(names), "--reduce", "none")[name]
    plain, row = figures(report), promised(MANIFEST[name])
    assert plain["states"] == MANIFEST[name]["states_none"]
    assert [plain[key] for key in ("verdict", "violated", "steps", "switches")] == [
        row[key] for key in ("verdict", "violated", "steps", "switches")
    ]


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_checking_a_large_model_gives_the_figures_of_its_row(name: str, check: Any) -> None:
    report = check(files([name]))[name]
    assert figures(report) == promised(MANIFEST[name])
    assert report["as_expected"] is True
