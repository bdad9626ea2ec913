# SPDX-License-Identifier: GPL-2.0-only
"""What a gate says of folders of models, through a real process, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gate.running import (
    BOUNDED,
    COMPOSE,
    ENDLESS,
    HOLDS,
    KNOWN_BAD,
    LOST,
    PIECE,
    ROOT,
    TYPO,
    UNUSED,
    USES_PIECE,
    gate,
    gated,
    last_line,
    model,
    statuses,
)


def test_the_projects_own_models_are_all_as_expected(tmp_path: Path) -> None:
    done = gate(ROOT / "models", cwd=tmp_path)
    line = last_line(done.stdout)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-3000:]
    assert int(line["models"]) >= 90
    assert line["models"] == line["expected"]


def test_every_verdict_as_expected_is_0(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "holds.yaml")
    model(tmp_path, KNOWN_BAD, "known-bad.yml")
    done = gate(".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert statuses(done.stdout) == {"holds.yaml": "expected", "known-bad.yml": "expected"}
    assert "violated: both_count" in done.stdout
    assert "==>" not in done.stdout


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (LOST, "expected to hold, but it violates both_count"),
        (HOLDS + "expect: {violates: both_count}\n", "expected to violate both_count, but it holds"),
        (LOST + "expect: {violates: [deadlock]}\n", "expected to violate deadlock, but it violates both_count"),
        (LOST + "expect: {violates: [both_count, deadlock]}\n", "violate both_count and deadlock, but it violates b"),
        (HOLDS + "expect: inconclusive\n", "expected to be inconclusive, but it holds"),
        (LOST + "expect: inconclusive\n", "expected to be inconclusive, but it violates both_count"),
    ],
)
def test_a_verdict_that_is_not_as_expected_is_10_with_details(text: str, because: str, tmp_path: Path) -> None:
    model(tmp_path, text)
    model(tmp_path, HOLDS, "other.yaml")
    done = gate(".", cwd=tmp_path)
    assert done.returncode == 10
    assert statuses(done.stdout) == {"m.yaml": "unexpected", "other.yaml": "expected"}
    assert "==> m.yaml: " in done.stdout and because in done.stdout
    assert "RESULT model=m " in done.stdout
    assert "RESULT model=other" not in done.stdout


def test_a_violation_that_is_not_expected_is_shown_in_lanes_with_its_replay_line(tmp_path: Path) -> None:
    model(tmp_path, LOST)
    done = gate(".", cwd=tmp_path)
    assert "replay: dfsrace replay m.yaml --schedule '" in done.stdout
    assert "what changes" in done.stdout


def test_a_bad_file_among_good_ones_is_2_and_the_others_are_checked(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "a.yaml")
    model(tmp_path, TYPO, "b.yaml")
    model(tmp_path, LOST, "c.yaml")
    model(tmp_path, "threads: {a: f()}\n  procedures: [", "d.yaml")
    code, results, summary = gated(".", cwd=tmp_path)
    assert code == 2
    found = {path: result["status"] for path, result in results.items()}
    assert found == {"a.yaml": "expected", "b.yaml": "error", "c.yaml": "unexpected", "d.yaml": "error"}
    assert results["b.yaml"]["because"].startswith("there is no section 'treads'")
    assert (summary["error"], summary["unexpected"], summary["gate"]) == (2, 1, "not_as_expected")


def test_diagnostics_of_a_bad_file_are_shown_with_line_and_help(tmp_path: Path) -> None:
    model(tmp_path, TYPO)
    done = gate(".", cwd=tmp_path)
    assert done.returncode == 2
    assert "m.yaml:9:1: DR201" in done.stdout
    assert "did you mean threads?" in done.stdout


def test_what_a_bound_cut_is_3_and_never_success(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "holds.yaml")
    model(tmp_path, BOUNDED)
    code, results, summary = gated(".", cwd=tmp_path)
    assert code == 3
    assert results["m.yaml"]["status"] == "inconclusive"
    assert "the bound of 1,000 states was reached" in results["m.yaml"]["because"]
    assert summary["gate"] == "not_as_expected"


def test_incomplete_ok_has_to_be_asked_for(tmp_path: Path) -> None:
    model(tmp_path, BOUNDED)
    code, results, _ = gated(".", "--incomplete", "ok", cwd=tmp_path)
    assert (code, results["m.yaml"]["status"]) == (0, "inconclusive")


def test_incomplete_ok_excuses_no_violation(tmp_path: Path) -> None:
    model(tmp_path, BOUNDED.replace("LIMIT: 255", "LIMIT: 0"))
    code, results, _ = gated(".", "--incomplete", "ok", cwd=tmp_path)
    assert (code, results["m.yaml"]["status"]) == (10, "unexpected")


def test_a_known_violation_in_a_search_that_was_cut_is_inconclusive(tmp_path: Path) -> None:
    model(tmp_path, BOUNDED.replace("LIMIT: 255", "LIMIT: 0") + "expect: {violates: small}\n")
    code, results, _ = gated(".", cwd=tmp_path)
    assert (code, results["m.yaml"]["status"], results["m.yaml"]["as_expected"]) == (3, "inconclusive", None)


def test_a_model_may_expect_that_its_own_bound_cuts_it(tmp_path: Path) -> None:
    model(tmp_path, BOUNDED + "expect: inconclusive\n")
    code, results, _ = gated(".", cwd=tmp_path)
    assert (code, results["m.yaml"]["status"]) == (0, "expected")


def test_a_model_cannot_expect_what_an_option_cut(tmp_path: Path) -> None:
    model(tmp_path, ENDLESS + "expect: inconclusive\n")
    code, results, _ = gated(".", "--seconds", "0.3", cwd=tmp_path)
    assert (code, results["m.yaml"]["status"]) == (3, "inconclusive")
    assert results["m.yaml"]["stopped_by"]["kind"] == "seconds"


def test_seconds_never_loosen_the_models_own_bound(tmp_path: Path) -> None:
    model(tmp_path, ENDLESS + "bounds: {seconds: 0.3}\nexpect: inconclusive\n")
    code, results, _ = gated(".", "--seconds", "100", cwd=tmp_path)
    assert (code, results["m.yaml"]["stopped_by"]["detail"]) == (0, "0.3")


def test_total_seconds_skip_what_is_left(tmp_path: Path) -> None:
    model(tmp_path, ENDLESS, "a.yaml")
    model(tmp_path, HOLDS, "b.yaml")
    code, results, summary = gated(".", "--total-seconds", "1", "-j", "1", cwd=tmp_path)
    assert code == 3
    assert [results[path]["status"] for path in ("a.yaml", "b.yaml")] == ["skipped", "skipped"]
    assert results["b.yaml"]["because"] == "--total-seconds came first"
    assert (summary["skipped"], summary["interrupted"]) == (2, False)


def test_skipped_models_are_no_success_either_way(tmp_path: Path) -> None:
    model(tmp_path, ENDLESS)
    done = gate(".", "--total-seconds", "0.5", "--incomplete", "ok", cwd=tmp_path)
    assert done.returncode == 3
    assert last_line(done.stdout)["skipped"] == "1"


def test_code_that_never_ran_is_marked_and_fails_where_that_is_asked_for(tmp_path: Path) -> None:
    model(tmp_path, UNUSED)
    marked = gate(".", cwd=tmp_path)
    assert marked.returncode == 0
    assert "1 statement never ran" in marked.stdout
    for again in ("with what is known", "--no-cache"):
        strict = gate(".", "--coverage", "strict", *(["--no-cache"] if again == "--no-cache" else []), cwd=tmp_path)
        assert strict.returncode == 10, again
        assert "it holds, but 1 statement never ran" in strict.stdout
        assert "never ran    m.yaml:" in strict.stdout


def test_strict_coverage_is_content_where_all_ran(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    assert gate(".", "--coverage", "strict", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("contents", [{}, {"compose.yml": COMPOSE}, {"readme.txt": "threads: none"}])
def test_no_model_is_2_with_a_way_out(contents: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, text in contents.items():
        model(tmp_path, text, f"empty/{name}")
    done = gate("empty", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dfsrace: no model in 'empty': there ")
    assert "dfsrace new NAME" in done.stderr


def test_a_folder_of_pieces_alone_is_2(tmp_path: Path) -> None:
    model(tmp_path, PIECE, "piece.yaml")
    done = gate(".", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is only 1 YAML file without threads" in done.stderr


def test_a_path_that_is_not_there_is_2(tmp_path: Path) -> None:
    done = gate("nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no file or folder 'nowhere'" in done.stderr


def test_models_pieces_and_others_are_counted_and_named_by_v(tmp_path: Path) -> None:
    model(tmp_path, USES_PIECE)
    model(tmp_path, PIECE, "piece.yaml")
    model(tmp_path, PIECE.replace("count", "other"), "loner.yaml")
    model(tmp_path, COMPOSE, "compose.yml")
    quiet, loud = gate(".", cwd=tmp_path), gate(".", "-v", cwd=tmp_path)
    for done in (quiet, loud):
        line = last_line(done.stdout)
        assert done.returncode == 0, done.stdout
        assert (line["models"], line["pieces"], line["aside"]) == ("1", "2", "1")
    assert "compose.yml" not in quiet.stdout
    assert "left aside    compose.yml" in loud.stdout
    assert "piece         loner.yaml" in loud.stdout


def test_a_piece_that_nobody_includes_is_typed(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    model(tmp_path, PIECE.replace("n = 1", "n = nothing"), "piece.yaml")
    code, results, _ = gated(".", cwd=tmp_path)
    assert code == 2
    assert results["piece.yaml"]["status"] == "error"
    (diagnostic,) = results["piece.yaml"]["diagnostics"]
    assert (diagnostic["file"], diagnostic["line"]) == ("piece.yaml", 5)
    assert "No model below the given paths includes this piece" in gate(".", cwd=tmp_path).stdout


def test_quiet_prints_only_what_is_not_as_expected(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "fine.yaml")
    model(tmp_path, LOST)
    done = gate(".", "-q", cwd=tmp_path)
    assert "fine.yaml" not in done.stdout
    assert "unexpected    m.yaml" in done.stdout


def test_library_folders_are_looked_through(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    model(tmp_path, PIECE, "lib/piece.yaml")
    model(tmp_path, USES_PIECE.replace("piece.yaml", "piece"))
    assert gate("m.yaml", cwd=tmp_path).returncode == 2
    code, results, _ = gated("m.yaml", "--library", "lib", cwd=tmp_path)
    assert (code, results["m.yaml"]["libraries"]) == (0, ["lib"])


def test_reductions_are_as_in_check(tmp_path: Path) -> None:
    model(tmp_path, HOLDS.replace("a: add()\n  b: add()", "t[0..1]: add()"))
    _, reduced, _ = gated(".", cwd=tmp_path)
    _, plain, _ = gated(".", "--reduce", "none", cwd=tmp_path)
    assert reduced["m.yaml"]["states"] < plain["m.yaml"]["states"]
    assert plain["m.yaml"]["reductions"] == []


@pytest.mark.parametrize("jobs", ["1", "2", "7"])
def test_results_come_in_the_order_of_paths_with_any_number_of_jobs(jobs: str, tmp_path: Path) -> None:
    names = [f"{letter}.yaml" for letter in "hgfedcba"]
    for name in names:
        model(tmp_path, HOLDS, name)
    done = gate(".", "-j", jobs, cwd=tmp_path)
    assert list(statuses(done.stdout)) == sorted(names)


def test_the_same_run_prints_the_same(tmp_path: Path) -> None:
    model(tmp_path, LOST)
    model(tmp_path, TYPO, "typo.yaml")

    def told(text: str) -> list[str]:
        return [line for line in text.splitlines() if " s" not in line and "seconds=" not in line]

    first, second = gate(".", cwd=tmp_path), gate(".", cwd=tmp_path)
    assert told(first.stdout) == told(second.stdout)
