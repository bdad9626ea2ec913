# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace mutate`, and the gate's --mutation-score, as processes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.mutate import exit_code
from dfsrace.cli.mutation_run import asked_model, try_mutants
from tests.cli.running import HOLDS, LOST, ROOT, dfsrace, model

SURVIVES = HOLDS.replace("  l: spinlock\n", "  l: spinlock\n  p: bool\n  q: bool\n").replace(
    "          x = x + 1\n", "          x = x + 1\n      p = True\n      q = True\n"
)
SWAP = "swap-order:add:p = True <-> q = True"
REASON = "Nobody reads either of them. Piggin, commit d00806b1831."


def survivors(folder: Path, content: str) -> Path:
    path = folder / "survivors.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_every_mutant_noticed_is_0_and_says_what_it_breaks(tmp_path: Path) -> None:
    done = dfsrace("mutate", model(tmp_path, HOLDS), cwd=tmp_path)
    assert done.returncode == 0
    assert "both_count 4" in done.stdout
    assert "Score 1.00: 1 of 1 mutant killed." in done.stdout


def test_a_survivor_without_a_reason_is_10_and_named(tmp_path: Path) -> None:
    done = dfsrace("mutate", model(tmp_path, SURVIVES), cwd=tmp_path)
    assert done.returncode == 10
    assert f"Survives without a reason: m: {SWAP}" in done.stdout


def test_a_survivor_with_a_reason_is_0(tmp_path: Path) -> None:
    listed = survivors(tmp_path, f'["m"]\n"{SWAP}" = "{REASON}"\n')
    done = dfsrace("mutate", model(tmp_path, SURVIVES), "--survivors", listed, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 survived, 1 of them with a reason" in done.stdout


def test_a_stale_reason_is_10(tmp_path: Path) -> None:
    listed = survivors(tmp_path, f'["m"]\n"drop-lock:add:with l" = "{REASON}"\n')
    done = dfsrace("mutate", model(tmp_path, HOLDS), "--survivors", listed, cwd=tmp_path)
    assert done.returncode == 10
    assert "drop-lock:add:with l is listed as a survivor, but it is killed" in " ".join(done.stdout.split())


def test_a_list_that_cannot_be_read_is_2_before_anything_is_tried(tmp_path: Path) -> None:
    listed = survivors(tmp_path, '["m"]\n"x" = "It is all right so."\n')
    done = dfsrace("mutate", model(tmp_path, HOLDS), "--survivors", listed, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "names no source" in done.stderr


@pytest.mark.parametrize(("score", "code"), [("1", 0), ("0", 0)])
def test_a_score_that_is_met_is_0(score: str, code: int, tmp_path: Path) -> None:
    assert dfsrace("mutate", model(tmp_path, HOLDS), "--score", score, cwd=tmp_path).returncode == code


def test_a_score_that_is_missed_is_10_though_every_survivor_has_a_reason(tmp_path: Path) -> None:
    listed = survivors(tmp_path, f'["m"]\n"{SWAP}" = "{REASON}"\n')
    done = dfsrace("mutate", model(tmp_path, SURVIVES), "--survivors", listed, "--score", "0.6", cwd=tmp_path)
    assert done.returncode == 10
    assert "Score 0.50: 1 of 2 mutants killed." in done.stdout


def test_a_search_that_was_cut_is_3_and_kills_nothing(tmp_path: Path) -> None:
    done = dfsrace("mutate", model(tmp_path, HOLDS), "--states", "3", cwd=tmp_path)
    assert done.returncode == 3
    assert "Score 0.00: 0 of 1 mutant killed." in done.stdout


NO_VALUE = """\
model: A property that cannot be evaluated at first
types: {Page: pool(1)}
state: {page: Page | None, Page.dirty: bool, l: mutex}
procedures: |
  def use():
      with l:
          page = alloc(Page)
threads: {a: use()}
invariants: {clean: not page.dirty}
"""


def test_a_model_that_has_no_verdict_as_it_is_is_2_and_named(tmp_path: Path) -> None:
    done = dfsrace("mutate", model(tmp_path, NO_VALUE), cwd=tmp_path)
    assert done.returncode == 2
    assert "dfsrace: m has no verdict: evaluating 'clean' meets the violation `null dereference`" in done.stderr


def test_records_have_equivalent_mutants_too(tmp_path: Path) -> None:
    path = ROOT / "models" / "2003-truncate-count" / "local-truncate.yaml"
    done = dfsrace("mutate", path, "--format", "json", "--operator", "drop-barrier", cwd=tmp_path)
    records = json.loads(done.stdout)["records"]
    assert [record["result"] for record in records] == ["equivalent"] * 4
    assert records[0]["place"] == "truncate_count.yaml:20"


def test_one_mutant_is_shown_as_check_would_and_names_no_replay(tmp_path: Path) -> None:
    done = dfsrace("mutate", model(tmp_path, HOLDS), "--mutant", "drop-lock:add:with l", cwd=tmp_path)
    assert done.returncode == 12
    assert "m, mutated: without `with l` in line 7" in done.stdout
    assert "4 steps · 2 switches" in done.stdout
    assert "replay:" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m.yaml", "--mutant", "drop-lock:add:with k"], "did you mean"),
        (["m.yaml", "--operator", "drop-locks"], "did you mean drop-lock?"),
        (["m.yaml", "--score", "2"], "no number from 0 to 1"),
        ([], "name models, or --shipped"),
        (["m.yaml", "--shipped"], "name models, or --shipped"),
        (["--shipped", "--set", "PAGES=2"], "leave out --set"),
        (["nowhere.yaml"], "no file and no shipped model"),
    ],
)
def test_wrong_command_lines_are_2_and_say_what_is_wrong(arguments: list[str], said: str, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = dfsrace("mutate", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_model_from_standard_input_is_mutated_too(tmp_path: Path) -> None:
    done = dfsrace("mutate", "-", cwd=tmp_path, stdin=HOLDS)
    assert done.returncode == 0
    assert "both_count 4" in done.stdout


def test_shipped_models_bring_their_reasons(tmp_path: Path) -> None:
    done = dfsrace("mutate", "2003-two-counters/local-truncate", "--operator", "swap-order", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "with a reason" in done.stdout
    assert "<20030515004915.GR1429@dualathlon.random>" in done.stdout


def test_what_an_interrupt_came_before_is_not_tried_and_not_killed(tmp_path: Path) -> None:
    asked = asked_model(str(model(tmp_path, SURVIVES)), (), {})
    report = try_mutants([asked] * 2, frozenset(), {"states": 1000}, 1, Interrupts(asked=True))
    assert report.interrupted
    assert [row.result for row in report.rows][-1] == "not tried"
    assert report.denominator == 2
    assert exit_code(replace(report, rows=report.rows[-1:]), None) == 3


# ---- the gate


def gate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return dfsrace("gate", ".", *arguments, cwd=folder, variables={"XDG_CACHE_HOME": str(folder / ".cache")})


def test_the_gate_requires_a_score_of_what_holds(tmp_path: Path) -> None:
    model(tmp_path, SURVIVES)
    model(tmp_path, LOST + "expect: {violates: both_count}\n", "lost.yaml")
    assert gate(tmp_path).returncode == 0
    done = gate(tmp_path, "--mutation-score", "0.9")
    assert done.returncode == 10
    assert "mutation score 0.50, less than 0.9: 1 of 2 killed" in done.stdout
    assert gate(tmp_path, "--mutation-score", "0.5").returncode == 0


def test_the_gates_summary_has_the_score_for_programs(tmp_path: Path) -> None:
    model(tmp_path, SURVIVES)
    done = gate(tmp_path, "--mutation-score", "0.9", "--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["gate"] == "not_as_expected"
    assert summary["mutation"] == {
        "killed": 1,
        "of": 2,
        "wanted": 0.9,
        "mutants": 2,
        "undecided": 0,
        "missed": True,
    }


def test_models_that_are_not_as_expected_come_before_the_score(tmp_path: Path) -> None:
    model(tmp_path, LOST)
    done = gate(tmp_path, "--mutation-score", "0.9")
    assert done.returncode == 10
    assert "mutation score: no mutant counts" in done.stdout
