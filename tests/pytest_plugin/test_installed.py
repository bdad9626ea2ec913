# SPDX-License-Identifier: GPL-2.0-only
"""Where dfsrace is installed pytest finds the plugin by itself, and type checkers find the types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import HOLDS, LOST
from tests.installing import ROOT, borrowing_environment, contents, copy_of_the_project, install
from tests.pytest_plugin.running import LANES, counted, environment, files, run_pytest

pytestmark = pytest.mark.xdist_group("packaging")

USERS_TEST = '''\
from pathlib import Path

import dfsrace


def steps(path_or_text: str | Path) -> list[str]:
    """A helper with types."""
    report: dfsrace.Report = dfsrace.check(path_or_text, constants={"MOST": 3, "QUICK": True})
    assert report.verdict in ("holds", "violated"), dfsrace.report_text(report)
    found: dfsrace.Counterexample = report.violations[0]
    trace: dfsrace.Trace | None = found.trace
    assert trace is not None
    expected: bool | None = report.as_expected
    return [step.thread_name for step in trace.steps if expected]


def test_bounds() -> None:
    report = dfsrace.check("m.yaml", options=dfsrace.Options(seconds=1.0))
    assert not report.violations
'''


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment where dfsrace is installed as `pip install .` does it."""
    place = tmp_path_factory.mktemp("plugin")
    clone = copy_of_the_project(place / "clone")
    found = borrowing_environment(place / "installed")
    install(found, clone)
    return found


# Without PYTHONPATH the package is the installed one; auto-loading is on, as at a user's.
def run_installed(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest of the environment where dfsrace is installed."""
    plain = {"PYTHONPATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}
    return run_pytest(folder, *arguments, plugins=(), python=python, **plain)


@pytest.mark.parametrize("also", [(), ("-p", "dfsrace.pytest_plugin"), ("-n", "2")])
def test_an_installed_dfsrace_brings_its_plugin_once(also: tuple[str, ...], python: Path, tmp_path: Path) -> None:
    files(tmp_path, models__lost=LOST, models__good=HOLDS)
    done = run_installed(python, tmp_path, *also, "--dfsrace", "models/")
    assert (done.returncode, counted(done)) == (1, {"failed": 1, "passed": 1}), done.stdout + done.stderr
    assert LANES.search(done.stdout)


def test_a_conftest_may_name_the_plugin_too(python: Path, tmp_path: Path) -> None:
    files(tmp_path, good=HOLDS)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["dfsrace.pytest_plugin"]\n', encoding="utf-8")
    done = run_installed(python, tmp_path, "--dfsrace")
    assert (done.returncode, counted(done)) == (0, {"passed": 1}), done.stdout + done.stderr


def test_the_plugin_can_be_kept_out(python: Path, tmp_path: Path) -> None:
    files(tmp_path, good=HOLDS)
    done = run_installed(python, tmp_path, "-p", "no:dfsrace.pytest_plugin", "--dfsrace")
    assert done.returncode == 4
    assert "unrecognized arguments: --dfsrace" in done.stderr


def test_help_tells_of_the_option_and_of_the_settings(python: Path, tmp_path: Path) -> None:
    done = run_installed(python, tmp_path, "--help")
    for word in ("--dfsrace", "dfsrace_library", "dfsrace_seconds"):
        assert word in done.stdout


def test_an_editable_install_brings_the_plugin_too(tmp_path: Path) -> None:
    clone = copy_of_the_project(tmp_path / "clone")
    before = contents(clone)
    python = borrowing_environment(tmp_path / "editable")
    install(python, "--editable", clone)
    assert contents(clone) == before
    done = run_installed(python, files(tmp_path, models__good=HOLDS), "--dfsrace", "models")
    assert (done.returncode, counted(done)) == (0, {"passed": 1}), done.stdout + done.stderr


def test_a_users_test_passes_strict_type_checking_and_a_wrong_one_does_not(python: Path, tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(USERS_TEST, encoding="utf-8")
    wrong = "import dfsrace\n\nstates: str = dfsrace.check('m.yaml').outcome.states\ndfsrace.check(5)\n"
    (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--python-executable", str(python)]
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), "test_user.py", "wrong.py"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=""),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.partition(": error:")[0] for line in lines] == ["wrong.py:3", "wrong.py:4"], done.stdout + done.stderr
    assert str(ROOT) not in done.stdout
