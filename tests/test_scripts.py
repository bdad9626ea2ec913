# SPDX-License-Identifier: GPL-2.0-only
"""scripts/dfsrace makes its environment once, whole or not at all, and is otherwise out of the way.

What needs the package index is marked long; the other tests hand the script an environment that is already there,
or watch it fail for lack of an index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dfsrace
from tests.installing import ROOT, borrowing_environment, contents, copy_of_the_project, run

VERSION = f"dfsrace {dfsrace.__version__}"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that a test may change; its name is one that careless quoting breaks."""
    place = tmp_path / "it's a $clone"
    for name in ("scripts", "dfsrace"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def script(clone: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A run of scripts/dfsrace that cannot reach the package index."""
    return run(clone / "scripts" / "dfsrace", *arguments, cwd=clone.parent, PIP_NO_INDEX="1", **variables)


def ready_environment(clone: Path, place: Path) -> Path:
    """An environment that the script takes for one that it made, from the clone's pyproject.toml as it is now."""
    borrowing_environment(place, clone)
    made_from = run("sh", "-c", "clone=$PWD; . scripts/environment.sh; fingerprint", cwd=clone).stdout
    (place / "dfsrace.stamp").write_text(f"{made_from}{clone}\n", encoding="utf-8")
    return place


def executable(path: Path, text: str) -> Path:
    """A shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(0o755)
    return path


def leftovers(environment: Path) -> list[str]:
    """What lies beside an environment from building it."""
    return sorted(path.name for path in environment.parent.glob(environment.name + ".*") if path.suffix != ".lock")


def test_an_environment_that_is_there_is_used_as_it_is(clone: Path) -> None:
    ready_environment(clone, clone / ".venv")
    ran = script(clone, "--version", PYTHON="/nowhere/python")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert VERSION in ran.stdout.replace(", version", "")


def test_dfsrace_venv_moves_the_environment(clone: Path, tmp_path: Path) -> None:
    elsewhere = ready_environment(clone, tmp_path / "else where")
    before = contents(clone)
    for named in (str(elsewhere), f"{elsewhere}/", "else where"):
        ran = script(clone, "--version", DFSRACE_VENV=named, PYTHON="/nowhere/python", PYTHONDONTWRITEBYTECODE="1")
        assert (ran.returncode, ran.stderr) == (0, ""), named
    assert contents(clone) == before


def test_the_script_works_by_a_link_and_beside_foreign_modules(clone: Path, tmp_path: Path) -> None:
    ready_environment(clone, clone / ".venv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dfsrace").symlink_to(clone / "scripts" / "dfsrace")
    for name in ("click", "dfsrace", "rich"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('foreign module')\n", encoding="utf-8")
    ran = run("dfsrace", "--version", cwd=tmp_path, PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_arguments_and_exit_codes_pass_through(clone: Path) -> None:
    ready_environment(clone, clone / ".venv")
    ran = script(clone, "check", "no such * model")
    assert ran.returncode == 2
    assert "no such * model" in ran.stderr


def test_a_failed_build_shows_pips_words_and_keeps_the_old_environment(clone: Path) -> None:
    environment = ready_environment(clone, clone / ".venv")
    before = contents(environment)
    with (clone / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    ran = script(clone, "--version")
    assert ran.returncode == 2
    assert ran.stderr.startswith("making the environment (pyproject.toml or the clone's place has changed) …\n")
    assert "No matching distribution found" in ran.stderr
    assert contents(environment) == before
    assert leftovers(environment) == []


def test_a_first_use_that_fails_leaves_nothing(clone: Path) -> None:
    ran = script(clone, "--version")
    assert ran.returncode == 2
    assert ran.stderr.startswith("making the environment (first use) …\n")
    assert not (clone / ".venv").exists()
    assert leftovers(clone / ".venv") == []


def test_a_moved_clone_does_not_run_the_old_one(clone: Path, tmp_path: Path) -> None:
    ready_environment(clone, clone / ".venv")
    moved = clone.rename(tmp_path / "moved")
    ran = script(moved, "--version")
    assert ran.returncode == 2
    assert "the clone's place has changed" in ran.stderr


def test_a_folder_that_the_script_did_not_make_is_left_alone(clone: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.tex").write_text("mine\n", encoding="utf-8")
    ran = script(clone, "--version", DFSRACE_VENV=str(precious))
    assert ran.returncode == 2
    assert "was not made by this script" in ran.stderr
    assert list(contents(precious)) == ["thesis.tex"]


def test_a_place_that_cannot_be_written_is_named(clone: Path) -> None:
    ran = script(clone, "--version", DFSRACE_VENV="/dev/null/venv")
    assert ran.returncode == 2
    assert ran.stderr == "dfsrace: cannot write /dev/null/: set DFSRACE_VENV to a folder that can be made\n"


@pytest.mark.parametrize("text", ["exit 3", "exit 127", "echo Python 2.7.18"])
def test_without_a_fit_python_it_says_so(clone: Path, tmp_path: Path, text: str) -> None:
    unfit = executable(tmp_path / "unfit", text + "; exit 3\n")
    ran = script(clone, "--version", PYTHON=str(unfit))
    assert (ran.returncode, ran.stderr) == (2, f"dfsrace: PYTHON={unfit} is no Python 3.11 or newer that runs.\n")


def without_ensurepip(path: Path) -> Path:
    """A Python as Debian has it without the package that brings ensurepip; it takes `-I -c TEXT` only."""
    hidden = "import sys; sys.modules['ensurepip'] = None"
    return executable(path, f'exec "{sys.executable}" -I -c "{hidden}\n$3"\n')


def test_without_venv_it_names_the_package_that_brings_it(clone: Path, tmp_path: Path) -> None:
    ran = script(clone, "--version", PYTHON=str(without_ensurepip(tmp_path / "python3")))
    assert ran.returncode == 2
    assert f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in ran.stderr


def path_of(folder: Path, *hidden: str) -> str:
    """A PATH of one folder that offers all commands but those hidden and every Python; more may be added to it."""
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(":")):
        for command in Path(place).iterdir() if Path(place).is_dir() else []:
            if command.name not in hidden and not command.name.startswith("python"):
                (folder / command.name).unlink(missing_ok=True)
                (folder / command.name).symlink_to(command)
    return str(folder)


def test_the_first_fit_python_on_the_path_is_taken(clone: Path, tmp_path: Path) -> None:
    path = path_of(tmp_path / "bin")
    executable(tmp_path / "bin" / "python3", "exit 3\n")
    without_ensurepip(tmp_path / "bin" / "python3.12")
    executable(tmp_path / "bin" / "python3.11", f'echo taken >"{tmp_path}/taken"; exec "{sys.executable}" "$@"\n')
    ran = script(clone, "--version", PATH=path)
    assert "No matching distribution found" in ran.stderr
    assert (tmp_path / "taken").exists()


def test_without_any_python_it_says_so(clone: Path, tmp_path: Path) -> None:
    ran = script(clone, "--version", PATH=path_of(tmp_path / "bin"))
    assert ran.returncode == 2
    assert "no Python 3.11 or newer was found" in ran.stderr


def test_a_dead_builders_lock_is_named_where_there_is_no_flock(clone: Path, tmp_path: Path) -> None:
    path = path_of(tmp_path / "bin", "flock")
    ended = subprocess.Popen(["true"])
    ended.wait()
    (clone / ".venv.lock.d").mkdir()
    (clone / ".venv.lock.d" / "pid").write_text(f"{ended.pid}\n", encoding="utf-8")
    ran = script(clone, "--version", PATH=path)
    assert ran.returncode == 2
    assert f"left behind by process {ended.pid}, which is gone: remove it" in ran.stderr


def test_every_script_is_valid_for_a_plain_shell() -> None:
    for name in ("dfsrace", "test", "environment.sh"):
        assert run("sh", "-n", ROOT / "scripts" / name, cwd=ROOT).returncode == 0
    assert run("bash", "-n", ROOT / ".ci" / "run", cwd=ROOT).returncode == 0


def together(count: int, function: Callable[[], subprocess.CompletedProcess[str]]) -> list[str]:
    """What runs started at one time wrote on stderr; each must have ended well."""
    with ThreadPoolExecutor(count) as pool:
        runs = [future.result() for future in [pool.submit(function) for _ in range(count)]]
    assert [ran.returncode for ran in runs] == [0] * count, [ran.stderr for ran in runs]
    return [ran.stderr for ran in runs]


@pytest.mark.long
@pytest.mark.parametrize("hidden", [(), ("flock", "sha256sum")])
def test_a_fresh_clone_runs_and_is_built_once(tmp_path: Path, hidden: tuple[str, ...]) -> None:
    clone = copy_of_the_project(tmp_path / "fresh clone")
    before = contents(clone)
    variables = {"DFSRACE_VENV": str(tmp_path / "an environment"), "PYTHON": sys.executable}
    variables |= {"PYTHONDONTWRITEBYTECODE": "1"} | ({"PATH": path_of(tmp_path / "bin", *hidden)} if hidden else {})

    def version() -> subprocess.CompletedProcess[str]:
        return run(clone / "scripts" / "dfsrace", "--version", cwd=tmp_path, **variables)

    said = together(3, version)
    assert sorted(line.split(" (")[0] for line in said if line).count("making the environment") == 1
    assert contents(clone) == before
    assert leftovers(tmp_path / "an environment") == []
    installed = run(tmp_path / "an environment" / "bin" / "dfsrace", "models", cwd=tmp_path)
    assert str(clone / "models") in installed.stdout or installed.returncode == 0

    initial = clone / "dfsrace" / "__init__.py"
    initial.write_text(initial.read_text(encoding="utf-8").replace(dfsrace.__version__, "7.8.9"), encoding="utf-8")
    edited = version()
    assert (edited.stderr, "7.8.9" in edited.stdout) == ("", True)

    with (clone / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    said = together(2, version)
    assert sorted(line.split(" (")[0] for line in said if line).count("making the environment") == 1
    assert version().stderr == ""
