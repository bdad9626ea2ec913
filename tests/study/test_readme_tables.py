# SPDX-License-Identifier: GPL-2.0-only
"""The README's tables are what their commands print, and what stands below them is true of them."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import ROOT, dfsrace

# The commands run once where all of these tests run in one worker.
pytestmark = pytest.mark.xdist_group("readme tables")

README = ROOT / "README.md"
MADE = re.compile(r"^<!-- made by: (dfsrace (compare|cost) [^\n]*) -->\n(.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)


def made() -> dict[str, tuple[str, str]]:
    """The README's tables by the command's name: the command line, and the text."""
    return {name: (line, text) for line, name, text in MADE.findall(README.read_text(encoding="utf-8"))}


@cache
def facts(name: str) -> list[dict[str, Any]]:
    """The same table as records."""
    words = shlex.split(made()[name][0].replace("--format markdown", "--format json"))[1:]
    done = dfsrace(*words, cwd=Path("/"))
    assert done.returncode == 0, done.stderr
    records: list[dict[str, Any]] = json.loads(done.stdout)["records"]
    return records


@pytest.mark.parametrize("name", ["compare", "cost"])
def test_a_table_is_what_its_command_prints(name: str, tmp_path: Path) -> None:
    line, text = made()[name]
    done = dfsrace(*shlex.split(line)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert text == done.stdout


def violated(protocol: str, scenario: str) -> list[str]:
    (cell,) = [r for r in facts("compare") if (r["protocol"], r["scenario"]) == (protocol, scenario)]
    return [name.split("_")[3] for name in cell["violated"]]


def more(protocol: str, path: str) -> dict[str, int]:
    """What a protocol does more on a path, without what is nought."""
    (cell,) = [r for r in facts("cost") if (r["protocol"], r["path"]) == (protocol, path)]
    kinds = ("loads", "stores", "atomics", "locks", "barriers")
    return {kind: cell[f"more_{kind}"] for kind in kinds if cell[f"more_{kind}"]}


OF_2003 = ("hook", "nopagedone", "truncate_lock", "two_counters", "truncate_count", "valid_flag")
BOTH = "locked_fault+invalidate_lock"


def test_the_hooks_cure_the_distributed_filesystem_and_nothing_else() -> None:
    for fix in ("hook", "nopagedone"):
        assert violated(fix, "remote-truncate") == violated(fix, "remote-write") == []
        for scene in ("local-truncate", "hole-punch", "remote-write-no-token"):
            assert violated(fix, scene) == violated("unfixed", scene) != []
    sizes = {r["steps"] for r in facts("compare") if r["scenario"] == "local-truncate" and r["violated"]}
    assert len(sizes) == 1


def test_the_counts_cure_truncates_and_a_remote_write_under_the_lock_and_do_not_differ_there() -> None:
    for fix in ("truncate_lock", "two_counters", "truncate_count"):
        for scene in ("local-truncate", "remote-truncate", "remote-write"):
            assert violated(fix, scene) == []


def test_no_fix_of_2003_survives_a_hole_nor_a_write_without_the_token() -> None:
    for scene in ("hole-punch", "remote-write-no-token"):
        assert all(violated(fix, scene) for fix in OF_2003)
        assert [fix for fix in OF_2003 if violated(fix, scene) == ["stale"]] == ["two_counters"]
    assert violated("locked_fault", "hole-punch") and not violated(BOTH, "hole-punch")
    assert all(r["violated"] for r in facts("compare") if r["scenario"] == "remote-write-no-token")


def test_mccrackens_condition_lets_stale_contents_in() -> None:
    assert violated("valid_flag", "remote-write") == ["stale"]
    (cell,) = [r for r in facts("compare") if (r["protocol"], r["scenario"]) == ("valid_flag", "remote-write")]
    assert (cell["steps"], cell["switches"]) == (30, 4)


def test_what_the_hot_path_costs() -> None:
    for path in ("fault-cached", "dfs-fault-cached"):
        assert (more("hook", path), more("nopagedone", path)) == ({}, {"loads": 1})
        assert more("truncate_count", path) == {"loads": 3, "barriers": 1}
        assert more("truncate_lock", path) == more("two_counters", path) == {"loads": 3, "barriers": 2}
        assert more("locked_fault", path) == {"loads": 2, "locks": 1}


def test_the_merged_count_is_the_cheapest_for_truncate_of_those_that_cure_it() -> None:
    cures = [r["protocol"] for r in facts("compare") if r["scenario"] == "local-truncate" and r["verdict"] == "holds"]
    costs = {fix: more(fix, "truncate-mapped") for fix in cures}
    assert costs["truncate_count"] == {"atomics": 1, "barriers": 2}
    assert [fix for fix in cures if "locks" not in costs[fix]] == ["truncate_count", "valid_flag"]
    assert min(sum(cost.values()) for cost in costs.values()) == sum(costs["truncate_count"].values())


def test_the_merged_count_and_the_frlock_decide_every_scenario_alike() -> None:
    for scene in {r["scenario"] for r in facts("compare")}:
        assert violated("truncate_count", scene) == violated("truncate_lock", scene)
