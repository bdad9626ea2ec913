# SPDX-License-Identifier: GPL-2.0-only
"""A model that fails as a test says why, and shows what `dfsrace check` shows: no traceback, no foreign escapes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import dfsrace
from tests.cli.running import DEADLOCK, ENDLESS, HOLDS, LOST, POOL
from tests.pytest_plugin.running import BOUNDED, LANES, PLUGIN, RACE, counted, environment, files, run_pytest

XDIST = ("-p", "xdist.plugin", "-n", "2")
ESCAPE = "\x1b"


UNEXPECTED = {
    "lost": (LOST, "expected to hold, but it violates both_count"),
    "race": (HOLDS + "expect: {violates: [both_count]}\n", "expected to violate both_count, but it holds"),
    "open": (HOLDS + "expect: inconclusive\n", "expected to be inconclusive, but it holds"),
    "dead": (DEADLOCK, "expected to hold, but it violates deadlock"),
    "pool": (POOL, "not everything was explored: pool Page exhausted"),
    "cut": (BOUNDED, "not everything was explored: the bound of 2 states was reached"),
    "said": (BOUNDED + "expect: holds\n", "not everything was explored: the bound of 2 states was reached"),
}


def test_verdicts_that_are_not_expected_fail_and_say_why(tmp_path: Path) -> None:
    files(tmp_path, **{name: text for name, (text, _) in UNEXPECTED.items()})
    done = run_pytest(tmp_path, "--dfsrace", "-rf", COLUMNS="150")
    assert (done.returncode, counted(done)) == (1, {"failed": len(UNEXPECTED)}), done.stdout
    for name, (_, reason) in UNEXPECTED.items():
        assert re.search(rf"_ {name}\.yaml _+\n{reason}\n\nexplored", done.stdout)
        assert f"FAILED {name}.yaml::dfsrace - {reason}" in done.stdout
    assert "Traceback" not in done.stdout and ".py:" not in done.stdout


def test_verdicts_that_are_expected_pass(tmp_path: Path) -> None:
    open_ends = {"pool": POOL + "expect: inconclusive\n", "cut": BOUNDED + "expect: inconclusive\n"}
    done = run_pytest(files(tmp_path, holds=HOLDS, race=RACE, **open_ends), "--dfsrace")
    assert (done.returncode, counted(done)) == (0, {"passed": 4}), done.stdout


@pytest.mark.parametrize("also", [(), XDIST])
def test_a_failure_shows_the_report_that_check_prints(
    also: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(tmp_path, models__lost=LOST, models__good=HOLDS)
    done = run_pytest(tmp_path, "--dfsrace", "models", *also, COLUMNS="120")
    assert counted(done) == {"failed": 1, "passed": 1}, done.stdout
    monkeypatch.chdir(tmp_path)
    text = dfsrace.report_text(dfsrace.check("models/lost.yaml")).partition("RESULT")[0]
    assert LANES.search(text) and "replay: dfsrace replay models/lost.yaml --schedule" in text
    assert text in done.stdout
    assert " models/lost.yaml ___" in done.stdout


@pytest.mark.parametrize("also", [(), XDIST])
def test_a_model_that_is_wrong_shows_its_diagnostics(also: tuple[str, ...], tmp_path: Path) -> None:
    done = run_pytest(files(tmp_path, m=HOLDS.replace("x + 1", "y + z")), "--dfsrace", *also, COLUMNS="150")
    assert counted(done) == {"failed": 1}, done.stdout
    assert "m.yaml:8:15: DR501: there is no 'y'\n  8 |           x = y + z\n    |               ^\n" in done.stdout
    assert "there is no 'z'" in done.stdout
    assert "Traceback" not in done.stdout and ".py:" not in done.stdout
    if not also:
        assert "FAILED m.yaml::dfsrace - DR501: there is no 'y' (and 1 more)" in done.stdout


def test_a_model_that_only_exploration_finds_wrong_shows_its_diagnostic(tmp_path: Path) -> None:
    divides = HOLDS.replace("holds: x == 2", "holds: 4 // x > 0").replace("    at: end\n", "")
    done = run_pytest(files(tmp_path, m=divides), "--dfsrace")
    assert counted(done) == {"failed": 1}
    assert "Traceback" not in done.stdout and "DR612: evaluating 'both_count'" in done.stdout


def test_colours_are_the_terminals(tmp_path: Path) -> None:
    files(tmp_path, m=LOST)
    plain, coloured = (run_pytest(tmp_path, "--dfsrace", f"--color={wish}").stdout for wish in ("no", "yes"))
    assert ESCAPE not in plain
    assert ESCAPE not in run_pytest(tmp_path, "--dfsrace").stdout
    assert f"{ESCAPE}[35m" in coloured
    shown = re.sub(r"\x1b\[\d*m", "", coloured)
    assert LANES.search(shown)
    assert _body(shown) == _body(plain)


def _body(output: str) -> list[str]:
    return [line for line in output.splitlines() if "seconds=" not in line and "1 failed in" not in line]


def test_a_terminal_without_the_glyphs_gets_ascii(tmp_path: Path) -> None:
    files(tmp_path, m=LOST)
    done = run_pytest(tmp_path, "--dfsrace", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert counted(done) == {"failed": 1}
    assert done.stdout.isascii()
    assert "x = x + 1                     <--+" in done.stdout
    assert "\\u" not in done.stdout


def test_a_narrow_terminal_gets_narrow_lanes(tmp_path: Path) -> None:
    files(tmp_path, m=LOST)
    narrow, wide = (run_pytest(tmp_path, "--dfsrace", COLUMNS=columns).stdout for columns in ("80", "120"))
    rules = [max(map(len, re.findall(r"^ ─.*", output, re.MULTILINE))) for output in (narrow, wide)]
    assert rules[0] <= 80 < rules[1] <= 120


def test_hostile_texts_reach_no_terminal(tmp_path: Path) -> None:
    hostile = LOST.replace("Two increments", '"\\e[31mTwo').replace("lock\n", 'lock\\a \\u202e"\n', 1)
    named = LOST.replace("both_count:", '"\\e]0;owned\\a":')
    comment = LOST + f"{ESCAPE}]0;owned\a: 1\n"
    files(tmp_path, title=hostile, named=named, comment=comment)
    done = run_pytest(tmp_path, "--dfsrace")
    assert counted(done) == {"failed": 3}, done.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", done.stdout)


def test_hostile_file_names_are_names(tmp_path: Path) -> None:
    names = ["-x.yaml", "a b.yaml", "ü.yaml", "a$(touch owned).yaml", "it's.yaml", "100%[1].yaml", "a::b.yaml"]
    for name in names:
        (tmp_path / name).write_text(LOST, encoding="utf-8")
    done = run_pytest(tmp_path, "--dfsrace", ".")
    assert counted(done) == {"failed": len(names)}, done.stdout
    for name in names:
        assert re.search(f"_ {re.escape(name)} _+\nexpected to hold", done.stdout)
    lines = re.findall(r"replay: (dfsrace .*)", done.stdout)
    assert len(lines) == len(names)
    for line in lines:
        command = line.replace("dfsrace", f"{sys.executable} -m dfsrace", 1)
        replayed = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment(), check=False)
        assert replayed.returncode == 12, line
    assert not (tmp_path / "owned").exists()


def test_junit_has_the_reason_and_the_lanes(tmp_path: Path) -> None:
    run_pytest(files(tmp_path, m=LOST), "--dfsrace", "--junit-xml", "out.xml")
    (failure,) = ElementTree.parse(tmp_path / "out.xml").iter("failure")
    assert failure.get("message") == "expected to hold, but it violates both_count"
    assert LANES.search(failure.text or "")


def test_other_styles_of_traceback_show_the_reason(tmp_path: Path) -> None:
    files(tmp_path, m=LOST)
    for style in ("line", "native"):
        done = run_pytest(tmp_path, "--dfsrace", f"--tb={style}")
        assert "expected to hold, but it violates both_count" in done.stdout
        assert "Traceback" not in done.stdout


def test_a_bug_of_ours_is_shown_as_one(tmp_path: Path) -> None:
    files(tmp_path, m=HOLDS)
    breaking = "from dfsrace import operations\ndef bad(*a, **k): raise RuntimeError('ours')\noperations.check = bad\n"
    (tmp_path / "conftest.py").write_text(breaking, encoding="utf-8")
    done = run_pytest(tmp_path, "--dfsrace")
    assert counted(done) == {"failed": 1}
    assert "RuntimeError: ours" in done.stdout and "pytest_plugin.py" in done.stdout


def test_the_seconds_of_the_ini_file_end_a_search_and_never_let_it_pass(tmp_path: Path) -> None:
    endless = ENDLESS.replace("n[cpu0] <= LIMIT", "n[cpu0] <= 255").replace("LIMIT: 255", "LIMIT: 9")
    lenient = endless + "expect: inconclusive\n"
    own = lenient + "bounds: {seconds: 0.2}\n"
    files(tmp_path, endless=endless, lenient=lenient, own=own, quick=HOLDS + "bounds: {seconds: 50}\n")
    done = run_pytest(tmp_path, "--dfsrace", "-v", "-o", "dfsrace_seconds=0.3")
    verdicts = dict(re.findall(r"(\w+)\.yaml::dfsrace ([A-Z]+)", done.stdout))
    assert verdicts == {"endless": "FAILED", "lenient": "FAILED", "own": "PASSED", "quick": "PASSED"}
    assert "the bound of 0.3 seconds was reached" in done.stdout


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_without_end_fails_before_the_memory_does(workers: int, tmp_path: Path) -> None:
    files(tmp_path, endless=ENDLESS.replace("n[cpu0] <= LIMIT", "n[cpu0] <= 255").replace("LIMIT: 255", "LIMIT: 9"))
    many = f"-p xdist.plugin -n {workers}" if workers > 1 else ""
    command = f"{sys.executable} -m pytest {' '.join(PLUGIN)} {many} --dfsrace --rootdir . -o dfsrace_seconds=100"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -v 240000; exec {command}"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert counted(done) == {"failed": 1}, done.stdout + done.stderr
    (used_up,) = re.findall(r"^not everything was explored: the memory was used up \((\d+) MiB\)", done.stdout, re.M)
    assert int(used_up) < 240


def test_an_interrupt_ends_the_run_as_pytest_ends_runs(tmp_path: Path) -> None:
    files(tmp_path, endless=ENDLESS)
    saying = "def pytest_runtest_call(item):\n    print('searching', flush=True)\n"
    (tmp_path / "conftest.py").write_text(saying, encoding="utf-8")
    options = ("--dfsrace", "-q", "-s", "--rootdir", ".", "-o", "dfsrace_seconds=60")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *PLUGIN, *options],
        cwd=tmp_path,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A test run in the background may ignore SIGINT, and that would be inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "searching\n"
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=50)[0]
    finally:
        process.kill()
    assert process.returncode == 2, rest
    assert "KeyboardInterrupt" in rest and "INTERNALERROR" not in rest
