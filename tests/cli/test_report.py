# SPDX-License-Identifier: GPL-2.0-only
"""What `check` prints and writes: the report, the JSON objects, the file, and what the options change in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dfsrace as package
from tests.cli.running import BOTH, HOLDS, LOST, dfsrace, model, objects


def test_a_report_begins_with_what_was_checked_and_ends_with_a_line_for_grep(tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, LOST), cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("explored  2 threads: a, b")
    assert "complete" in lines[0]
    assert re.fullmatch(
        r"RESULT model=m verdict=violated violated=both_count states=\d+ transitions=\d+ depth=\d+ seconds=[\d.]+",
        lines[-1],
    )
    assert "  replay: dfsrace replay " in done.stdout


def test_quiet_prints_that_line_only(tmp_path: Path) -> None:
    done = dfsrace("check", "-q", model(tmp_path, LOST), cwd=tmp_path)
    assert done.stdout.startswith("RESULT model=m ")
    assert done.stdout.count("\n") == 1
    assert not done.stderr


def test_a_json_object_says_what_was_checked_with_what(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    (report,) = objects(dfsrace("check", "--json", path, cwd=tmp_path).stdout)
    assert (report["model"], report["file"], report["version"]) == ("m", str(path), package.__version__)
    assert report["violations"][0]["property"] == "both_count"
    assert report["reductions"] == ["pools", "stamps", "threads"]
    assert len(report["model_hash"]) == 64


def test_the_digest_of_a_model_is_of_its_meaning(tmp_path: Path) -> None:
    changes = {
        "same": HOLDS,
        "moved": "# a comment\n\n" + HOLDS.replace("Two increments", "Three readers"),
        "meant": HOLDS.replace("x == 2", "x == 1"),
    }
    files = []
    for name, text in changes.items():
        (tmp_path / name).mkdir()
        files.append(model(tmp_path / name, text))
    same, moved, meant = (r["model_hash"] for r in objects(dfsrace("check", "--json", *files, cwd=tmp_path).stdout))
    assert same == moved != meant


def test_the_file_holds_the_same_objects_and_the_report_is_printed_too(tmp_path: Path) -> None:
    path, bad = model(tmp_path, LOST), model(tmp_path, "model: [", "bad.yaml")
    target = tmp_path / "out.json"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    printed = dfsrace("check", path, bad, "-o", target, cwd=tmp_path)
    assert printed.returncode == 2
    assert "VIOLATED" in printed.stdout
    assert [one["verdict"] for one in objects(target.read_text(encoding="utf-8"))] == ["violated", "error"]
    assert target.stat().st_mode & 0o777 == 0o640
    assert {entry.name for entry in tmp_path.iterdir()} == {"m.yaml", "bad.yaml", "out.json"}


def test_the_objects_can_be_written_to_a_pipe(tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, HOLDS), "-q", "-o", "/dev/stdout", cwd=tmp_path)
    assert done.returncode == 0
    assert '"verdict": "holds"' in done.stdout


def test_a_full_disk_is_said_and_exits_2(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = dfsrace("check", model(tmp_path, HOLDS), "-o", "/dev/full", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "dfsrace: cannot write '/dev/full': no space left on device\n"


# ---- what the options change


def test_set_gives_a_constant_another_value_and_suspends_the_expectation(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS.replace("0..2", "0..MOST") + "constants: {MOST: 2}\n")
    (usual,) = objects(dfsrace("check", "--json", path, cwd=tmp_path).stdout)
    done = dfsrace("check", "--json", path, "--set", "MOST=1", cwd=tmp_path)
    (small,) = objects(done.stdout)
    assert (usual["verdict"], usual["as_expected"], usual["constants"]) == ("holds", True, {"MOST": "2"})
    assert (small["violations"][0]["property"], small["as_expected"]) == ("value out of range", None)
    assert small["constants"] == {"MOST": "1"}
    assert small["model_hash"] != usual["model_hash"]


def test_property_restricts_the_named_ones_only(tmp_path: Path) -> None:
    path = model(tmp_path, BOTH)
    (all_,) = objects(dfsrace("check", "--json", path, cwd=tmp_path).stdout)
    (automatic,) = objects(dfsrace("check", "--json", path, "--property", "lock-taken-twice", cwd=tmp_path).stdout)
    (named,) = objects(dfsrace("check", "--json", path, "--property", "never", cwd=tmp_path).stdout)
    names = [[v["property"] for v in report["violations"]] for report in (all_, automatic, named)]
    assert names == [["never", "deadlock"], ["deadlock"], ["never", "deadlock"]]
    assert [report["as_expected"] for report in (all_, automatic, named)] == [False, None, None]


@pytest.mark.parametrize(
    ("expect", "met"), [("{violates: [never, deadlock]}", True), ("{violates: assertion}", False), ("holds", False)]
)
def test_first_stops_at_a_violation_and_is_met_by_one_that_was_expected(expect: str, met: bool, tmp_path: Path) -> None:
    path = model(tmp_path, BOTH + f"expect: {expect}\n")
    done = dfsrace("check", "--json", "--first", path, cwd=tmp_path)
    (report,) = objects(done.stdout)
    assert len(report["violations"]) == 1
    assert report["as_expected"] is met


def test_first_of_a_model_that_holds_is_a_complete_search(tmp_path: Path) -> None:
    (report,) = objects(dfsrace("check", "--json", "--first", model(tmp_path, HOLDS), cwd=tmp_path).stdout)
    assert (report["verdict"], report["complete"], report["as_expected"]) == ("holds", True, True)


@pytest.mark.parametrize(
    ("word", "names"),
    [("none", []), ("all", ["pools", "stamps", "threads"]), ("threads,pools", ["pools", "threads"])],
)
def test_reduce_chooses_the_reductions(word: str, names: list[str], tmp_path: Path) -> None:
    family = HOLDS.replace("  a: add()\n  b: add()", "  c[0..1]: add()")
    (report,) = objects(dfsrace("check", "--json", "--reduce", word, model(tmp_path, family), cwd=tmp_path).stdout)
    assert report["reductions"] == names
    assert report["verdict"] == "holds"


def test_a_library_given_comes_before_the_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    model(tmp_path / "lib", "state: {x: 0..2}\n", "vm.yaml")
    path = model(tmp_path, HOLDS.replace("  x: 0..2\n", "") + "include: [vm]\n")
    assert dfsrace("check", path, "--library", "lib", cwd=tmp_path).returncode == 0
    assert dfsrace("check", path, cwd=tmp_path).returncode == 2
