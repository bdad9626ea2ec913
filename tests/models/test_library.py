# SPDX-License-Identifier: GPL-2.0-only
"""The library's pieces fit together: every scenario as it lies there, and every protocol behind every scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("library")

LIBRARY = Path(__file__).resolve().parents[2] / "dfsrace" / "library"
SCENARIOS = sorted((LIBRARY / "scenarios").glob("*.yaml"))
PROTOCOLS = sorted(path.stem for path in (LIBRARY / "protocols").glob("*.yaml"))


def behind(scenario: Path, protocol: str, folder: Path) -> Path:
    """The scenario with the protocol behind its own include, and without its expectation."""
    text = scenario.read_text(encoding="utf-8")
    assert "include: [vm]\n" in text
    kept = [line for line in text.splitlines() if not line.startswith("expect:")]
    file = folder / f"{scenario.stem}--{protocol}.yaml"
    file.write_text("\n".join(kept).replace("include: [vm]", f"include: [vm, {protocol}]") + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory, check: Any) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("pairs")
    found: dict[str, dict[str, Any]] = check([behind(s, p, folder) for s in SCENARIOS for p in PROTOCOLS])
    return found


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_gives_what_it_expects_without_a_fix(scenario: Path, check: Any) -> None:
    assert check(SCENARIOS)[scenario.stem]["as_expected"] is True


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_a_protocol_fits_behind_a_scenario_and_no_pool_is_too_small(
    scenario: Path, protocol: str, pairs: dict[str, dict[str, Any]]
) -> None:
    report = pairs[f"{scenario.stem}--{protocol}"]
    assert report["verdict"] in {"holds", "violated"}
    assert report["complete"] is True


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_protocol_changes_the_control(protocol: str, pairs: dict[str, dict[str, Any]]) -> None:
    assert pairs[f"anonymous-fault--{protocol}"]["verdict"] == "holds"


@pytest.mark.parametrize("file", sorted(LIBRARY.rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_piece_says_what_it_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: GPL-2.0-only\n")
    assert "\nabout: " in text


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("protocols/*.yaml")), ids=lambda path: path.stem)
def test_a_protocol_names_its_sources(file: Path) -> None:
    assert "\nsources:\n" in file.read_text(encoding="utf-8")
