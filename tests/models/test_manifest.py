# SPDX-License-Identifier: GPL-2.0-only
"""models/manifest.toml tells the truth: every figure in it is found again by checking the model."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

# One worker checks the models, once for each set of options.
pytestmark = pytest.mark.xdist_group("manifest")

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
OUTSIDE_KEYS = {"number", "minus_ours", "set", "reduce", "source", "maps"}
COMPARED = {"states", "transitions", "depth"}
OUTSIDE = [(name, i) for name in sorted(MANIFEST) for i in range(len(MANIFEST[name].get("outside", [])))]


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
    report = check(files(SHORT), "--reduce", "none")[name]
    plain, row = figures(report), promised(MANIFEST[name])
    assert plain["states"] == MANIFEST[name]["states_none"]
    assert [plain[key] for key in ("verdict", "violated", "steps", "switches")] == [
        row[key] for key in ("verdict", "violated", "steps", "switches")
    ]


@pytest.mark.parametrize(("name", "i"), OUTSIDE)
def test_a_number_from_elsewhere_says_whose_it_is_and_why_ours_compares(name: str, i: int) -> None:
    told = MANIFEST[name]["outside"][i]
    assert set(told) <= OUTSIDE_KEYS
    assert told["source"].strip() and told["maps"].strip()
    assert set(told.get("minus_ours", {})) <= set(told["number"]) <= COMPARED
    assert told["number"]


@pytest.mark.parametrize(("name", "i"), OUTSIDE)
def test_our_figures_are_those_that_another_tool_found(name: str, i: int, check: Any) -> None:
    told = MANIFEST[name]["outside"][i]
    report = outside_report(name, told, check)
    assert report["complete"] is True
    less = told.get("minus_ours", {})
    ours = {key: report[key] for key in told["number"]}
    assert ours == {key: number - less.get(key, 0) for key, number in told["number"].items()}


def outside_report(name: str, told: dict[str, Any], check: Any) -> dict[str, Any]:
    """The report on the model under the constants and the reductions that a foreign number is about."""
    if "set" not in told and told.get("reduce", "none") == "none":
        report = check(files(SHORT), *(["--reduce", "none"] if "reduce" in told else []))[name]
    else:
        options = [word for key, value in told.get("set", {}).items() for word in ("--set", f"{key}={value}")]
        options += ["--reduce", told["reduce"]] if "reduce" in told else []
        report = check(files([name]), *options)[name]
    return dict(report)


def test_at_least_six_textbook_models_have_a_number_that_somebody_elses_tool_found() -> None:
    assert len({name for name, _ in OUTSIDE if name.startswith("textbook/")}) >= 6


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_checking_a_large_model_gives_the_figures_of_its_row(name: str, check: Any) -> None:
    report = check(files([name]))[name]
    assert figures(report) == promised(MANIFEST[name])
    assert report["as_expected"] is True
