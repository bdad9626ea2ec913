# SPDX-License-Identifier: GPL-2.0-only
"""What MODEL names: a file, standard input, a shipped model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import HOLDS, LOST, ROOT, dfsrace, model, objects

SEED = "2003-truncate-lock/seed-question"


@pytest.mark.parametrize("word", [SEED, "seed-question", "seed-question.yaml", f"{SEED}.yaml"])
def test_a_shipped_model_has_its_name_from_everywhere(word: str, tmp_path: Path) -> None:
    done = dfsrace("check", "--json", word, cwd=tmp_path)
    (report,) = objects(done.stdout)
    assert (done.returncode, report["model"]) == (12, SEED)
    assert report["file"] == str(ROOT / "models" / f"{SEED}.yaml")


def test_a_shipped_model_given_as_a_file_has_the_same_name(tmp_path: Path) -> None:
    (report,) = objects(dfsrace("check", "--json", f"models/{SEED}.yaml", cwd=ROOT).stdout)
    assert (report["model"], report["file"]) == (SEED, f"models/{SEED}.yaml")


def test_a_file_wins_over_a_shipped_model(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "seed-question")
    (report,) = objects(dfsrace("check", "--json", "seed-question", cwd=tmp_path).stdout)
    assert (report["model"], report["verdict"]) == ("seed-question", "holds")


def test_a_folder_does_not_hide_a_shipped_model(tmp_path: Path) -> None:
    (tmp_path / "seed-question").mkdir()
    assert dfsrace("check", "-q", "seed-question", cwd=tmp_path).returncode == 12


def test_a_last_part_that_several_models_have_is_refused_with_the_candidates(tmp_path: Path) -> None:
    done = dfsrace("check", "local-truncate", cwd=tmp_path)
    assert done.returncode == 2
    assert "2003-unfixed/local-truncate" in done.stderr
    assert "2003-truncate-lock/local-truncate" in done.stderr
    (error,) = objects(dfsrace("check", "--json", "local-truncate", cwd=tmp_path).stdout)
    assert "2003-unfixed/local-truncate" in error["diagnostics"][0]["allowed"]


@pytest.mark.parametrize("word", ["2003-unfixed", "2003-unfixed/"])
def test_a_folder_of_shipped_models_is_refused_with_its_models(word: str, tmp_path: Path) -> None:
    done = dfsrace("check", word, cwd=tmp_path)
    names = sorted(f"2003-unfixed/{path.stem}" for path in (ROOT / "models" / "2003-unfixed").glob("*.yaml"))
    assert done.returncode == 2
    assert f"is a folder of {len(names)} shipped model" in done.stderr
    assert f"allowed: {', '.join(names)}\n" in done.stderr
    (error,) = objects(dfsrace("check", "--json", word, cwd=tmp_path).stdout)
    assert error["diagnostics"][0]["allowed"] == names


def test_a_folder_is_refused_with_the_commands_that_check_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "my races" / "inner").mkdir(parents=True)
    model(tmp_path / "my races" / "inner", LOST)
    done = dfsrace("check", "my races/", cwd=tmp_path)
    assert done.returncode == 2
    assert "'my races/' is a folder, not a model" in done.stderr
    assert "`dfsrace check 'my races'/*/*.yaml`" in done.stderr
    assert "`dfsrace gate 'my races'`" in done.stderr
    model(tmp_path / "my races", LOST)
    assert "`dfsrace check 'my races'/*.yaml`" in dfsrace("check", "my races", cwd=tmp_path).stderr


def test_a_whole_name_is_not_ambiguous(tmp_path: Path) -> None:
    assert dfsrace("check", "-q", "2003-unfixed/local-truncate", cwd=tmp_path).returncode == 12


def test_a_dash_is_standard_input_however_often_it_is_named(tmp_path: Path) -> None:
    done = dfsrace("check", "-", "-", "--json", cwd=tmp_path, stdin=LOST)
    assert done.returncode == 12
    assert [(one["model"], one["file"], one["verdict"]) for one in objects(done.stdout)] == [
        ("stdin", "-", "violated")
    ] * 2


def test_an_error_in_standard_input_is_shown_with_its_line(tmp_path: Path) -> None:
    done = dfsrace("check", "-", cwd=tmp_path, stdin=HOLDS.replace("x + 1", "y + 1"))
    assert done.returncode == 2
    assert done.stderr.startswith("<stdin>:8:")
    assert "x = y + 1" in done.stderr


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\xff\xfe", b"x" * (1 << 21)])
def test_standard_input_that_is_no_model_is_refused(data: bytes, tmp_path: Path) -> None:
    assert dfsrace("check", "-", cwd=tmp_path, stdin=data).returncode == 2


def test_relative_includes_of_standard_input_start_here(tmp_path: Path) -> None:
    model(tmp_path, "state: {x: 0..2}\n", "state.yaml")
    text = HOLDS.replace("  x: 0..2\n", "") + "include: [./state.yaml]\n"
    assert dfsrace("check", "-", cwd=tmp_path, stdin=text).returncode == 0


def test_a_file_whose_name_looks_like_an_option_can_be_checked_and_replayed(tmp_path: Path) -> None:
    model(tmp_path, LOST, "-m.yaml")
    done = dfsrace("check", "--", "-m.yaml", cwd=tmp_path)
    assert done.returncode == 12
    assert "dfsrace replay ./-m.yaml " in done.stdout
