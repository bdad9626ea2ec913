# SPDX-License-Identifier: GPL-2.0-only
"""scripts/bench measures what it says: the same model in every contender, counted alike, in a report that holds it."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks import families
from benchmarks.families import FAMILIES, SIZES, Family
from benchmarks.limit import Limit
from benchmarks.ours import Ours
from benchmarks.pairs import Bench
from benchmarks.process import Failed, measured, own_peak
from benchmarks.small import GROWTH
from benchmarks.spin import FULL, Pan, defines
from dfsrace.operations import load
from dfsrace.system import System
from dfsrace.system.layout import Layout
from dfsrace.system.memory import Memory
from tests.conftest import require
from tests.export.spin import explored
from tests.installing import ROOT, run
from tests.test_scripts import ready_environment

# Small enough for the reference engine; beyond the sizes that figures are given for.
TINY = {
    "truncate-count": ({"ROUNDS": 1}, {"ROUNDS": 1, "PAGES": 2, "FRAMES": 3, "FAULTERS": 1}),
    "peterson": ({"N": 3, "COUNTS": 3}, {"N": 2, "COUNTS": 5}),
    "tokens": ({"NODES": 2, "VALUES": 2}, {"NODES": 2, "VALUES": 5}),
}
BY_NAME = {family.name: family for family in FAMILIES}


def system(family: Family, constants: Mapping[str, int]) -> System:
    return load(family.model, constants=constants).system


def bits(made: System) -> int:
    return Layout(made, Memory(made.variables, len(made.threads))).bits


def by_hand(folder: Path, family: Family, constants: Mapping[str, int]) -> Pan:
    require("spin")
    require("cc")
    pan = Pan(folder / "spin", family.promela, defines(constants), FULL)
    pan.build()
    return pan


@pytest.mark.parametrize(
    ("name", "constants"), [pytest.param(n, c, id=f"{n}-{i}") for n, cs in TINY.items() for i, c in enumerate(cs)]
)
def test_the_promela_written_by_hand_has_the_model_s_states(
    tmp_path: Path, name: str, constants: Mapping[str, int]
) -> None:
    outcome = explored(system(BY_NAME[name], constants))
    found = by_hand(tmp_path, BY_NAME[name], constants).deep_enough()
    assert outcome.complete and not outcome.violations
    assert (found.states, found.transitions) == (outcome.states, outcome.transitions + 1)


def test_one_family_is_wider_than_a_word_in_every_size_and_the_others_are_not() -> None:
    widths = {(f.name, size): bits(system(f, f.sizes[size])) for f in FAMILIES for size in SIZES}
    assert all((width > 64) == (name == "tokens") for (name, _), width in widths.items()), widths
    assert all(width < 64 for (name, _), width in widths.items() if name != "tokens"), widths


def test_the_sizes_of_growth_differ_by_one_thread_or_one_page() -> None:
    for group in GROWTH:
        for before, after in pairwise(group):
            assert sum(after[name] - before[name] for name in ("FAULTERS", "PAGES")) == 1
            system(BY_NAME["truncate-count"], after)


def test_the_stack_is_cut_to_what_is_needed_and_the_fastest_table_is_kept(tmp_path: Path) -> None:
    pan = by_hand(tmp_path, BY_NAME["peterson"], TINY["peterson"][0])
    pan.fit((10, 14))
    assert pan.width == min(pan.tried, key=lambda width: pan.tried[width])
    depth = pan.depth
    pan.run()
    pan.depth = depth // 2
    with pytest.raises(Failed, match="too small"):
        pan.run()
    pan.deep_enough()
    assert pan.depth > depth // 2


def test_a_violated_assertion_is_no_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = changed_promela(tmp_path, monkeypatch, "peterson", "last[level] != _pid", "true")
    with pytest.raises(Failed, match="pan found an error"):
        by_hand(tmp_path, family, TINY["peterson"][0]).deep_enough()


def changed_promela(place: Path, patch: pytest.MonkeyPatch, name: str, old: str, new: str) -> Family:
    """The family with one word of its Promela text changed, in a folder of its own."""
    text = BY_NAME[name].promela.read_text(encoding="ascii")
    model = BY_NAME[name].model.read_text(encoding="utf-8")
    assert text.count(old) == 1
    (place / "promela").mkdir()
    (place / "models").mkdir()
    (place / "promela" / f"{name}.pml").write_text(text.replace(old, new), encoding="ascii")
    (place / "models" / f"{name}.yaml").write_text(model, encoding="utf-8")
    patch.setattr(families, "HERE", place)
    return Family(name, {"S": TINY[name][0]})


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    require("spin")
    require("cc")
    python = ready_environment(ROOT, tmp_path / "env") / "bin" / "python"
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "work").mkdir()
    yield Bench(Ours(python, tmp_path / "cache"), tmp_path / "work", 1, lambda text: None)


def test_counts_that_differ_are_no_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    family = changed_promela(tmp_path, monkeypatch, "tokens", "		client = 0;\n", "")
    with pytest.raises(Failed, match=r"spin by hand has .* states where the native engine has"):
        bench.pair(family, "S")


def test_a_model_that_is_violated_is_no_comparison(bench: Bench) -> None:
    with pytest.raises(Failed, match="violated"):
        bench.pair(Family("truncate-count", {"S": {"FRAMES": 1}}), "S")


def test_the_limit_inserts_and_finds(tmp_path: Path) -> None:
    require("cc")
    for words in (1, 2):
        limit = Limit.build(tmp_path, words)
        assert limit.run(1000, 100_000, 1) > 0
        assert limit.run(1000, 100_000, 2, ahead=0, huge=False) > 0


def test_a_process_is_measured_with_all_that_it_takes() -> None:
    taken = own_peak() + (64 << 20)
    large = measured((sys.executable, "-c", f"import time; x = b'x' * {taken}; time.sleep(0.2)"))
    assert taken <= large.peak <= taken + (32 << 20)
    assert large.seconds >= 0.2
    with pytest.raises(Failed, match="exited 7"):
        measured((sys.executable, "-c", "raise SystemExit(7)"))


def script(tmp_path: Path, *arguments: str) -> tuple[str, Path]:
    """What a run of scripts/bench printed, and the folder that it wrote to."""
    environment = ready_environment(ROOT, tmp_path / "env")
    output = tmp_path / "results"
    words = [sys.executable, str(ROOT / "scripts" / "bench"), *arguments, "-o", str(output)]
    ran = run(*words, cwd=tmp_path, DFSRACE_VENV=str(environment), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, output


def figures(folder: Path, name: str) -> dict[str, Any]:
    found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_quick_mode_compares_all_contenders_and_names_no_machine(tmp_path: Path) -> None:
    require("spin")
    require("cc")
    printed, folder = script(tmp_path, "native", "--size", "S", "--runs", "1", "--family", "peterson")
    (pair,) = figures(folder, "native")["pairs"]
    rows = {row["contender"]: row for row in pair["rows"]}
    assert set(rows) == {
        "native 1", "native all", "reference", "spin by hand", "spin export", "spin reduction", "spin collapse"
    }  # fmt: skip
    assert (pair["states"], pair["transitions"], pair["bits"]) == (160_296, 465_568, 42)
    assert {name: row["states"] - pair["states"] for name, row in rows.items() if name != "spin reduction"} == {
        name: int(name == "spin export") for name in rows if name != "spin reduction"
    }
    best = pair["ratios"]["against"]
    speed = rows[best]["seconds"] / rows["native 1"]["seconds"]
    assert pair["ratios"]["native 1"]["speed"] == pytest.approx(speed)
    assert rows[best]["seconds"] == min(rows["spin by hand"]["seconds"], rows["spin export"]["seconds"])
    assert 0 < pair["limit"]["one_thread_reached"] < 2
    for shares in pair["profile"].values():
        assert sum(shares.values()) == pytest.approx(1, abs=0.01) and shares["steps"] > 0 and shares["insertion"] > 0
    assert set(pair["profile"]) == {"native 1", "native all"} and pair["profile"]["native 1"]["waiting"] < 0.05
    assert "Where the time of 1 thread goes: " in printed
    assert printed == (folder / "native.md").read_text(encoding="utf-8")
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert summary.count("\n| ") == 2 and "\n| peterson S | 160,296 | 42 |" in summary
    assert printed.count("\n| ") == 2 + len(rows)
    for secret in (str(ROOT), str(tmp_path), platform.node()):
        assert secret not in printed + (folder / "native.json").read_text(encoding="utf-8")


def test_pairs_of_the_same_machine_are_added_to_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import files

    require("spin")
    require("cc")
    seen: list[str] = []

    def pair(bench: Bench, family: Family, size: str, medium: object) -> dict[str, Any]:
        seen.append(family.name)
        assert medium is None or size == "L"
        return {"family": family.name, "size": size, "number": len(seen)}

    monkeypatch.setattr(Bench, "pair", pair)
    monkeypatch.setattr("benchmarks.markdown.of_pairs", lambda results: "")
    monkeypatch.setattr("benchmarks.markdown.summary", lambda results: "")
    place = files.Place(Path(sys.executable), tmp_path)
    files.native(place, FAMILIES[:2], ["M", "S"], 1)
    files.native(place, FAMILIES[1:2], ["M"], 1)
    kept = [(one["family"], one["size"], one["number"]) for one in figures(tmp_path, "native")["pairs"]]
    assert kept == [("peterson", "S", 4), ("peterson", "M", 5), ("truncate-count", "S", 3), ("truncate-count", "M", 1)]
    monkeypatch.setattr(files, "described", lambda: {"cores": 1000})
    files.native(place, FAMILIES[1:2], ["S"], 1)
    assert len(figures(tmp_path, "native")["pairs"]) == 1


def test_a_small_check_and_its_growth_are_measured(tmp_path: Path) -> None:
    require("cc")
    printed, folder = script(tmp_path, "latency", "--runs", "1")
    rows = {row["what"]: row for row in figures(folder, "latency")["rows"]}
    assert rows["native, first use on the machine"]["seconds"] > rows["native, compiled before"]["seconds"]
    assert "first use on the machine" in printed
    printed, folder = script(tmp_path, "growth", "--states", "20000")
    grown = figures(folder, "growth")["rows"]
    assert len(grown) == sum(map(len, GROWTH))
    assert all(row["complete"] == (row["states"] < 20_000) for row in grown)
    assert " and more |" in printed


def test_help_names_every_measurement_with_an_example() -> None:
    printed = run(sys.executable, ROOT / "scripts" / "bench", "--help", cwd=ROOT).stdout
    for name in ("startup", "script", "engine", "native", "latency", "growth"):
        assert f"scripts/bench {name}" in printed
    assert "scripts/bench native --size S --runs 1" in printed
