# SPDX-License-Identifier: GPL-2.0-only
"""dfsrace finds its models and its library however it came to a machine: clone, editable install or wheel."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

import pytest

import dfsrace
from dfsrace.shipped import library_folder, models_folder
from tests.installing import ROOT, borrowing_environment, contents, copy_of_the_project, install, run

# Those that share the built wheel run in one worker.
pytestmark = pytest.mark.xdist_group("packaging")

WHERE = "from dfsrace.shipped import library_folder, models_folder; print(models_folder()); print(library_folder())"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_project(tmp_path_factory.mktemp("packaging") / "clone")


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `pip install .` builds on its way."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    done = run(*pip, "--wheel-dir", folder, clone, cwd=folder)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_models_library_and_types(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    models = {"dfsrace/" + path.relative_to(ROOT).as_posix() for path in (ROOT / "models").rglob("*") if path.is_file()}
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dfsrace" / "library").rglob("*.yaml")}
    assert "dfsrace/models/manifest.toml" in models
    assert data
    assert {*models, *data, "dfsrace/py.typed"} <= carried
    assert not [name for name in carried if name.startswith(("tests/", "scripts/", "models/"))]


def test_the_wheel_is_of_the_version_that_the_package_says(wheel: Path) -> None:
    assert wheel.name == f"dfsrace-{dfsrace.__version__}-py3-none-any.whl"


def test_the_wheel_names_its_licence_and_carries_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folder = f"dfsrace-{dfsrace.__version__}.dist-info"
        assert "License-Expression: GPL-2.0-only" in archive.read(f"{folder}/METADATA").decode()
        assert archive.read(f"{folder}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_an_installed_wheel_finds_its_models_and_lists_and_checks_them(wheel: Path, tmp_path: Path) -> None:
    python = borrowing_environment(tmp_path / "installed")
    install(python, wheel)
    where = run(python, "-c", WHERE, cwd=tmp_path)
    models, library = (Path(line) for line in where.stdout.splitlines())
    assert (tmp_path / "installed") in models.parents
    assert library == models.parent / "library"
    listed = run(tmp_path / "installed" / "bin" / "dfsrace", "models", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "seed-question" in listed.stdout
    assert run(python, "-m", "dfsrace", "check", "seed-question", cwd=tmp_path).returncode in (0, 11, 12, 13)


def test_an_editable_install_finds_the_clones_models_and_writes_nothing_into_it(clone: Path, tmp_path: Path) -> None:
    before = contents(clone)
    python = borrowing_environment(tmp_path / "editable")
    install(python, "--editable", clone)
    assert contents(clone) == before
    where = run(python, "-B", "-c", WHERE, cwd=tmp_path)
    assert [Path(line) for line in where.stdout.splitlines()] == [clone / "models", clone / "dfsrace" / "library"]
    listed = run(tmp_path / "editable" / "bin" / "dfsrace", "models", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "seed-question" in listed.stdout


def test_a_clone_on_the_path_finds_its_models(clone: Path, tmp_path: Path) -> None:
    where = run(sys.executable, "-B", "-c", WHERE, cwd=tmp_path, PYTHONPATH=str(clone))
    assert [Path(line) for line in where.stdout.splitlines()] == [clone / "models", clone / "dfsrace" / "library"]


def test_this_clone_has_one_place_for_models() -> None:
    assert models_folder() == ROOT / "models"
    assert library_folder() == ROOT / "dfsrace" / "library"
    assert not (ROOT / "dfsrace" / "models").exists()


def test_a_strangers_models_folder_is_not_taken_for_ours(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "dfsrace", tmp_path / "dfsrace", ignore=shutil.ignore_patterns("__pycache__", "library"))
    (tmp_path / "models").mkdir()
    for function in ("models_folder", "library_folder"):
        used = f"from dfsrace.shipped import {function}; {function}()"
        lost = run(sys.executable, "-B", "-c", used, cwd=tmp_path, PYTHONPATH=str(tmp_path))
        assert "FileNotFoundError" in lost.stderr
        assert "missing from this installation" in lost.stderr
