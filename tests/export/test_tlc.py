# SPDX-License-Identifier: GPL-2.0-only
"""TLC counts as many distinct states as we do without reductions, and finds the same properties violated."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dfsrace.export.tlaplus import tla
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from tests.cli.running import DEADLOCK, HOLDS, POOL
from tests.engine.random_systems import random_system
from tests.export.lock_systems import LOCKS, calls
from tests.export.spin import explored
from tests.export.systems import SYSTEMS, endings
from tests.export.test_text import HOSTILE, large, named
from tests.export.tlc import disagreement, run, tlc

MODELS = Path(__file__).parents[2] / "models"
PATHS = {str(p.relative_to(MODELS).with_suffix("")): p for p in sorted(MODELS.rglob("*.yaml"))}
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
MANY = 300_000

# Each run of TLC takes most of a second; what is not among these is compared with --long.
FEW_LOCKS = ("semaphore", "rwlock full", "rwsem readers", "seqcount end")
FEW_SYSTEMS = (
    *("arithmetic //", "optional ranges", "atomics", "owned page", "seen pages", "loops inside"),
    *("late violation", "several starts"),
)
FEW_MODELS = ("2003-truncate-lock/seed-question", "2003-unfixed/remote-write", "textbook/peterson")


def slow(names: list[str], few: tuple[str, ...]) -> list[object]:
    """All names, those that are not among the few with the mark of what takes long."""
    assert set(few) <= set(names)
    return [name if name in few else pytest.param(name, marks=pytest.mark.long) for name in names]


def loaded(name: str) -> System:
    return load_model(ModelSource.of(PATHS[name]), [], {}).system


def of_text(text: str) -> System:
    return load_model(ModelSource("m.yaml", None, text), [], {}).system


@pytest.mark.parametrize("name", slow([*LOCKS], FEW_LOCKS))
def test_lock_operations(name: str, tmp_path: Path) -> None:
    kind, names, maximum, _ = LOCKS[name]
    assert disagreement(calls(kind, *names, maximum=maximum), tmp_path) == ""


@pytest.mark.parametrize("name", slow([*SYSTEMS], FEW_SYSTEMS))
def test_construct(name: str, tmp_path: Path) -> None:
    make, _ = SYSTEMS[name]
    assert disagreement(make(), tmp_path) == ""


@pytest.mark.parametrize("name", slow([*PATHS], FEW_MODELS))
def test_each_model_is_the_same_for_tlc(name: str, tmp_path: Path) -> None:
    if MANIFEST.get(name, {}).get("states_none", 1) > MANY:
        pytest.skip(f"more than {MANY} states")
    assert disagreement(loaded(name), tmp_path) == ""


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


def test_random_systems_are_the_same_for_tlc(tmp_path: Path) -> None:
    assert compared(range(5), tmp_path) == []


@pytest.mark.long
def test_many_random_systems_are_the_same_for_tlc(tmp_path: Path) -> None:
    assert compared(range(5, 160), tmp_path) == []


# ---- as a user runs it


def violated(system: System, folder: Path, *options: str) -> tuple[set[str], str]:
    """The invariants that TLC says are violated, given the module and its configuration."""
    module = tla(system, "Race")
    (folder / "Race.tla").write_text(module.text, encoding="ascii")
    (folder / "Race.cfg").write_text(module.configuration, encoding="ascii")
    output = run(folder, "Race.tla", "-workers", "1", *options, jvm=())
    return set(re.findall(r"Invariant (\w+) is violated", output)), output


def test_a_model_that_holds_has_no_error(tmp_path: Path) -> None:
    found, output = violated(of_text(HOLDS), tmp_path)
    assert found == set()
    assert "No error has been found" in output


def test_tlc_shows_the_shortest_way_to_a_violation(tmp_path: Path) -> None:
    found, output = violated(loaded("2003-truncate-lock/seed-question"), tmp_path)
    assert found == {"Inv0_no_pte_maps_truncated_page"}
    assert len(re.findall(r"^State \d+:", output, re.MULTILINE)) == 16
    assert 'cpu0 |-> "' in output
    assert "page_table_lock" in output


def test_tlc_says_what_automatic_check_fails(tmp_path: Path) -> None:
    found, output = violated(of_text(DEADLOCK), tmp_path)
    assert found == {"AutomaticChecks"}
    assert '<<"violated", {"deadlock"}>>' in output


def test_tlc_says_that_a_pool_is_too_small(tmp_path: Path) -> None:
    assert violated(of_text(POOL), tmp_path)[0] == {"PoolsSuffice"}


def test_the_text_behind_a_module_does_not_matter(tmp_path: Path) -> None:
    module = tla(of_text(HOLDS), "Race")
    (tmp_path / "Race.tla").write_text(f"{module.text}\nbehind\n\n{module.configuration}", encoding="ascii")
    (tmp_path / "Race.cfg").write_text(module.configuration, encoding="ascii")
    assert "No error has been found" in run(tmp_path, "Race.tla")


def test_tlc_reads_a_text_full_of_hostile_names_as_it_reads_the_plain_one(tmp_path: Path) -> None:
    characters = "".join(map(chr, range(0x20, 0x7F)))
    names = named(endings(), " ".join((*HOSTILE, "(* ", " *)", "====", "---- MODULE M ----", characters)))
    hostile, plain = tlc(names, tmp_path), tlc(endings(), tmp_path)
    assert (hostile.states, len(hostile.found)) == (plain.states, len(plain.found))


def test_the_largest_integers_that_fit_do_fit(tmp_path: Path) -> None:
    assert tlc(large(-(2**31) + 1, 2**31 - 1), tmp_path).states == 2
