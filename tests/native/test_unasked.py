# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace.check` and `pytest --dfsrace` take the native engine for what is large, and nobody has to ask for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import dfsrace
from dfsrace.engine import choose
from dfsrace.engine.native import build
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import explore
from dfsrace.engine.resources import cores, objects_folder
from dfsrace.system import System
from dfsrace.trace.report import Report
from tests.cli.running import HOLDS, ROOT, environment
from tests.cli.test_engine_option import LARGE
from tests.conftest import require
from tests.pytest_plugin.running import counted, files, run_pytest

WHOLE = LARGE.partition("bounds:")[0]
# Two seconds' work in Python, and half a second's where Python has to do it.
MANY, SOME = WHOLE.replace("MOST: 9", "MOST: 7"), WHOLE.replace("MOST: 9", "MOST: 5")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache folder, where the runtime is already."""
    require("cc")
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        dfsrace.check(MANY, options=Options(engine="native"))
    return folder


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler is started at once, so that less work is enough to see that a model moves over."""
    monkeypatch.setattr(choose, "ALONE", 0.0)


@pytest.fixture
def home(cache: Path, impatient: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, in force."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


def what(report: Report) -> Report:
    """A report without what tells the engines apart."""
    outcome = replace(report.outcome, engine="reference", seconds=0.0, note="", largest_pools=())
    return replace(report, outcome=outcome)


def objects_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


# ---- dfsrace.check


def test_a_large_model_moves_over_and_its_report_is_the_same(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = dfsrace.check(MANY)
    assert (found.outcome.engine, found.outcome.note) == ("native", "")
    asked = dfsrace.check(MANY, options=Options(engine="reference"))
    assert asked.outcome.engine == "reference"
    assert what(found) == what(asked) and found.violated == ("small",)
    assert capfd.readouterr() == ("", "")
    folder = home / "dfsrace" / "native"
    assert list(folder.glob("model-*.so"))
    assert not [file for file in (folder, *folder.iterdir()) if file.stat().st_mode & 0o077]


def test_a_small_model_is_answered_in_python_and_nothing_is_compiled_or_loaded(tmp_path: Path) -> None:
    used = (
        "import sys, dfsrace; report = dfsrace.check(sys.argv[1])\n"
        "print(report.outcome.engine, *(name for name in sys.modules if name.startswith('dfsrace.engine.native')))"
    )
    command = [sys.executable, "-c", used, HOLDS]
    variables = environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["reference"]
    assert not (tmp_path / "cache").exists()


def test_whoever_asks_for_native_gets_it_and_it_is_kept(home: Path) -> None:
    before = set(objects_in(home))
    report = dfsrace.check(HOLDS, options=Options(engine="native"))
    assert (report.outcome.engine, report.verdict) == ("native", "holds")
    assert set(objects_in(home)) > before


@pytest.mark.usefixtures("impatient")
def test_without_a_compiler_python_answers_and_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(build, "_packaged_zig", lambda: ())
    report = dfsrace.check(SOME)
    assert (report.outcome.engine, report.violated) == ("reference", ("small",))
    assert report.outcome.note.startswith("no C compiler found")
    assert capfd.readouterr() == ("", "") and not recwarn.list
    assert objects_in(tmp_path) == []


def test_where_the_native_engine_is_not_for_python_answers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = build.builder
    monkeypatch.setattr("dfsrace.engine.native.swap.builder", lambda folder: builder(folder, "win32"))
    report = dfsrace.check(SOME)
    assert report.outcome.engine == "reference"
    assert "on this system the reference engine explores alone" in report.outcome.note


def test_a_folder_that_others_can_write_is_not_used(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dfsrace" / "native"
    folder.parent.mkdir()
    folder.symlink_to(home / "dfsrace" / "native")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder.chmod(0o777)
    try:
        report = dfsrace.check(SOME)
    finally:
        folder.chmod(0o700)
    assert report.outcome.engine == "reference"
    assert "can be written by others" in report.outcome.note


# ---- what is handed to the engines


def handed(options: Options | None, monkeypatch: pytest.MonkeyPatch) -> Options:
    """What the engines are asked for."""
    seen: list[Options] = []

    def look(system: System, asked: Options) -> Outcome:
        seen.append(asked)
        return explore(system, asked)

    monkeypatch.setattr("dfsrace.operations.explore_as_asked", look)
    dfsrace.check(HOLDS, options=options)
    (asked,) = seen
    return asked


def test_the_machine_gives_what_nobody_asked_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = handed(None, monkeypatch)
    assert (asked.engine, asked.objects, asked.threads) == ("auto", home / "dfsrace" / "native", cores())
    assert asked.memory is None or asked.memory > 1 << 24


def test_what_is_asked_for_stays(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Options(engine="native", objects=tmp_path, threads=3, memory=1 << 40)
    asked = handed(wanted, monkeypatch)
    assert (asked.engine, asked.objects, asked.threads, asked.memory) == ("native", tmp_path, 3, 1 << 40)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_CACHE_HOME": "/var/mine", "HOME": "/else"}, Path("/var/mine/dfsrace/native")),
        ({"XDG_CACHE_HOME": "mine", "HOME": "/else"}, Path("/else/.cache/dfsrace/native")),
        ({"XDG_CACHE_HOME": "", "HOME": "/else"}, Path("/else/.cache/dfsrace/native")),
        ({"XDG_CACHE_HOME": "", "HOME": "nowhere"}, None),
    ],
)
def test_the_cache_folder_is_the_users(
    variables: Mapping[str, str], folder: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert objects_folder() == folder


# ---- pytest --dfsrace

NOTING = """\
from pathlib import Path
import dfsrace.engine.choose as choose
import dfsrace.operations as operations

choose.ALONE = {alone}
check = operations.check


def noting(model, **named):
    report = check(model, **named)
    with Path("noted").open("a") as file:
        print(report.outcome.engine, named["options"].threads, file=file)
    return report


operations.check = noting
"""


def noted(folder: Path, text: str, *arguments: str, **variables: str) -> list[str]:
    """For each model which engine answered, and how many threads it might use."""
    files(folder, one=text, two=text)
    (folder / "conftest.py").write_text(NOTING.format(alone=choose.ALONE), encoding="utf-8")
    done = run_pytest(folder, "--dfsrace", *arguments, **variables)
    assert (done.returncode, counted(done)) == (0, {"passed": 2}), done.stdout + done.stderr
    return (folder / "noted").read_text(encoding="utf-8").splitlines()


def test_a_large_model_of_a_test_run_moves_over(tmp_path: Path, home: Path) -> None:
    assert noted(tmp_path, MANY + "expect: {violates: small}\n") == [f"native {cores()}"] * 2


def test_a_small_one_is_answered_in_python(tmp_path: Path) -> None:
    assert noted(tmp_path, HOLDS, XDG_CACHE_HOME=str(tmp_path / "cache")) == [f"reference {cores()}"] * 2
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("impatient")
def test_without_a_compiler_a_test_run_passes_all_the_same(tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path), "CC": "no-such-compiler", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    lines = noted(tmp_path, SOME + "expect: {violates: small}\n", **nothing)
    assert [line.split()[0] for line in lines] == ["reference"] * 2
    assert not (tmp_path / "cache").exists()


def test_workers_of_xdist_share_the_cores(tmp_path: Path) -> None:
    lines = noted(tmp_path, HOLDS, "-p", "xdist.plugin", "-n", "2")
    assert lines == [f"reference {max(1, cores() // 2)}"] * 2
