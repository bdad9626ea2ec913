# SPDX-License-Identifier: GPL-2.0-only
"""`pytest --dfsrace` makes one test of each model, named by its path, and does nothing when it is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import HOLDS, LOST
from tests.pytest_plugin.running import BOUNDED, OTHERS, PIECE, RACE, counted, files, run_pytest

ORDINARY = "def test_ordinary():\n    assert True\n"
XDIST = ("-p", "xdist.plugin", "-n", "2")


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Three models, one of them with a piece, a stranger's file, and an ordinary test."""
    using = HOLDS.replace("state:", "include: [common.yaml]\nstate:")
    files(tmp_path, models__good=HOLDS, models__deep__race=RACE, models__using=using, models__common=PIECE)
    files(tmp_path, models__ci=OTHERS)
    (tmp_path / "models" / "test_beside.py").write_text(ORDINARY, encoding="utf-8")
    return tmp_path


MODELS = ["models/deep/race.yaml::dfsrace", "models/good.yaml::dfsrace", "models/using.yaml::dfsrace"]
BESIDE = "models/test_beside.py::test_ordinary"


def listed(folder: Path, *arguments: str) -> list[str]:
    """The node ids of a collection."""
    done = run_pytest(folder, "--collect-only", "-q", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(line for line in done.stdout.splitlines() if "::" in line)


def test_each_model_is_one_test_named_by_its_path(mixed: Path) -> None:
    assert listed(mixed, "--dfsrace", "models/") == sorted([*MODELS, BESIDE])
    assert listed(mixed, "models/", "--dfsrace") == sorted([*MODELS, BESIDE])
    assert listed(mixed, "--dfsrace") == sorted([*MODELS, BESIDE])


def test_without_the_option_no_model_is_collected(mixed: Path) -> None:
    assert listed(mixed, "models/") == [BESIDE]
    assert run_pytest(mixed, "models/good.yaml").returncode != 0


@pytest.mark.parametrize("asked", [False, True])
def test_without_the_option_nothing_of_dfsrace_is_loaded_but_the_plugin(asked: bool, mixed: Path) -> None:
    noting = (
        "import sys\n"
        "def pytest_unconfigure(config):\n"
        "    names = sorted(name for name in sys.modules if name.split('.')[0] in ('dfsrace', 'ruamel', 'networkx'))\n"
        "    print('LOADED', *names)\n"
    )
    (mixed / "conftest.py").write_text(noting, encoding="utf-8")
    done = run_pytest(mixed, *(["--dfsrace"] if asked else []), "models", "-s")
    assert done.returncode == 0, done.stdout
    loaded = next(line.split()[1:] for line in done.stdout.splitlines() if line.startswith("LOADED"))
    assert ("dfsrace.language" in loaded) is asked
    assert asked or loaded == ["dfsrace", "dfsrace.pytest_plugin"]


@pytest.mark.parametrize("also", [(), XDIST])
def test_models_and_ordinary_tests_pass_side_by_side(also: tuple[str, ...], mixed: Path) -> None:
    done = run_pytest(mixed, "--dfsrace", "models", *also)
    assert (done.returncode, counted(done)) == (0, {"passed": 4}), done.stdout


def test_a_node_id_a_keyword_and_a_path_each_select_a_model(mixed: Path) -> None:
    assert listed(mixed, "--dfsrace", "models/good.yaml::dfsrace") == ["models/good.yaml::dfsrace"]
    assert listed(mixed, "--dfsrace", "models/good.yaml") == ["models/good.yaml::dfsrace"]
    assert listed(mixed, "--dfsrace", "-k", "dfsrace and not good") == [MODELS[0], MODELS[2]]
    assert run_pytest(mixed, "--dfsrace", "models/good.yaml::other").returncode == 4


def test_a_path_outside_the_root_is_collected_too(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    done = run_pytest(elsewhere, "--dfsrace", mixed / "models" / "good.yaml", "-q")
    assert (done.returncode, counted(done)) == (0, {"passed": 1}), done.stdout


def test_a_strangers_file_that_is_named_is_still_no_model(mixed: Path) -> None:
    done = run_pytest(mixed, "--dfsrace", "models/ci.yml", "models/common.yaml")
    assert done.returncode in (4, 5)


def test_files_of_ours_that_are_wrong_are_tests_that_fail(tmp_path: Path) -> None:
    files(tmp_path, broken=HOLDS.replace("x: 0..2", "x: [0"), misspelt=HOLDS.replace("threads", "treads"))
    files(tmp_path, piece=PIECE.replace("procedures", "procs") + "state: {y: bool}\n")
    files(tmp_path, unclosed=PIECE + "state: {y: bool\n")
    done = run_pytest(tmp_path, "--dfsrace", "-q")
    assert counted(done) == {"failed": 4}, done.stdout
    for shown in ("broken.yaml:4:", "did you mean threads?", "did you mean procedures?", "unclosed.yaml:6:"):
        assert shown in done.stdout
    assert "'threads' is missing" not in done.stdout


def test_a_wrong_file_counts_with_xdist_too(tmp_path: Path) -> None:
    files(tmp_path, good=HOLDS, misspelt=HOLDS.replace("threads", "treads"))
    done = run_pytest(tmp_path, "--dfsrace", "-q", *XDIST)
    assert counted(done) == {"failed": 1, "passed": 1}, done.stdout
    assert "did you mean threads?" in done.stdout


def test_the_library_of_the_ini_file_is_looked_through_first(tmp_path: Path) -> None:
    files(tmp_path, pieces__common=PIECE, models__using=HOLDS.replace("state:", "include: [common]\nstate:"))
    assert run_pytest(tmp_path, "--dfsrace", "models").returncode == 1
    (tmp_path / "pytest.ini").write_text("[pytest]\ndfsrace_library = pieces\n", encoding="utf-8")
    done = run_pytest(tmp_path / "models", "--dfsrace", "-c", "../pytest.ini", "--rootdir", "..")
    assert (done.returncode, counted(done)) == (0, {"passed": 1}), done.stdout


@pytest.mark.parametrize(("text", "expected"), [(HOLDS, 0), (BOUNDED, 1), (LOST, 1), (RACE, 0)])
def test_the_option_may_stand_in_the_ini_file(text: str, expected: int, tmp_path: Path) -> None:
    files(tmp_path, m=text)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --dfsrace\n", encoding="utf-8")
    assert run_pytest(tmp_path).returncode == expected


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf"])
def test_seconds_that_are_none_are_a_usage_error(seconds: str, tmp_path: Path) -> None:
    files(tmp_path, m=HOLDS)
    done = run_pytest(tmp_path, "--dfsrace", "-o", f"dfsrace_seconds={seconds}")
    assert done.returncode == 4
    assert f"dfsrace_seconds = '{seconds}' is no number of seconds over 0" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
