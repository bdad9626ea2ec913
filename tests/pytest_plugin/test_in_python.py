# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace.check` in an ordinary test: a path or a text in, a Report out that reads well, and nothing beside it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dfsrace
from tests.cli.running import DEADLOCK, HOLDS, LOST, POOL, environment, model

ADDRESS = re.compile(r"0x[0-9a-f]{6}")
OFFERED = ["Counterexample", "ModelError", "Options", "Report", "Trace", "check", "load", "replay", "report_text"]


def test_a_str_with_a_line_end_is_a_text_and_any_other_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model(tmp_path, HOLDS)
    assert dfsrace.check(LOST).verdict == "violated"
    assert dfsrace.check("m.yaml").verdict == "holds"
    assert dfsrace.check(Path("m.yaml")).verdict == "holds"
    with pytest.raises(dfsrace.ModelError, match="cannot read 'model: one line': there is no such file"):
        dfsrace.check("model: one line")


def test_a_path_is_a_path_whatever_is_in_it(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS, "two\nlines.yaml")
    assert dfsrace.check(path).verdict == "holds"
    with pytest.raises(dfsrace.ModelError, match=r"DR101: cannot read 'a.nb\.yaml': there is no such file"):
        dfsrace.check(Path("a\nb.yaml"))


def test_a_text_includes_what_lies_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model(tmp_path, "invariants: {small: x <= 1}\n", "small.yaml")
    including = HOLDS.replace("state:", "include: [small.yaml]\nstate:")
    assert dfsrace.check(including).violated == ("small",)


def test_a_text_is_what_the_same_file_is(tmp_path: Path) -> None:
    text, file = dfsrace.check(LOST), dfsrace.check(model(tmp_path, LOST))
    assert (text.model, file.model) == ("text", "m")
    assert text.about.model_hash == file.about.model_hash
    assert (text.outcome.states, text.violated) == (file.outcome.states, file.violated)


def test_the_replay_line_of_a_text_reads_standard_input(tmp_path: Path) -> None:
    text = LOST.replace("0..2", "0..MOST") + "constants: {MOST: 2}\n"
    report = dfsrace.check(text, constants={"MOST": 3})
    (line,) = re.findall(r"replay: dfsrace (.*)", dfsrace.report_text(report))
    assert line.startswith("replay - --set MOST=3 --schedule")
    command = [sys.executable, "-m", "dfsrace", *shlex.split(line)]
    done = subprocess.run(
        command, input=text, cwd=tmp_path, env=environment(), capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 12, done.stderr
    assert "VIOLATES both_count" in done.stdout


def test_constants_are_values_of_any_type() -> None:
    text = LOST.replace("0..2", "0..MOST") + "constants: {MOST: 2, QUICK: False}\n"
    report = dfsrace.check(text, constants={"MOST": 4, "QUICK": True})
    assert (report.verdict, report.as_expected) == ("violated", None)
    assert dict(report.system.constants) == {"MOST": "4", "QUICK": "True"}
    with pytest.raises(dfsrace.ModelError, match="LEAST"):
        dfsrace.check(text, constants={"LEAST": 4})


def test_a_report_says_whether_it_was_expected() -> None:
    assert dfsrace.check(HOLDS).as_expected is True
    assert dfsrace.check(LOST).as_expected is False
    assert dfsrace.check(LOST + "expect: {violates: [both_count]}\n").as_expected is True
    assert dfsrace.check(HOLDS, options=dfsrace.Options(states=2)).as_expected is None


def test_every_step_of_a_counterexample_can_be_looked_at() -> None:
    (found,) = dfsrace.check(LOST).violations
    assert found.trace is not None
    assert [step.thread_name for step in found.trace.steps] == ["a", "b", "b", "a"]
    assert [change.new for step in found.trace.steps for change in step.changes] == ["1", "1"]


def test_reprs_are_short_and_say_what_matters() -> None:
    report = dfsrace.check(LOST)
    trace = report.violations[0].trace
    assert trace is not None
    assert repr(report) == str(report) == "<Report text: violated (both_count), 12 states>"
    assert repr(report.violations) == "(<Counterexample both_count: 4 steps, 2 switches>,)"
    assert repr(trace) == "<Trace a b*2 a: 4 steps, violates both_count>"
    assert [repr(step) for step in trace.steps] == [
        "<TraceStep 1 a: x = x + 1 | x 0>",
        "<TraceStep 2 b: x = x + 1 | x 0>",
        "<TraceStep 3 b: x = x + 1 | x 0 → 1>",
        "<TraceStep 4 a: x = x + 1 | x 1 → 1>",
    ]
    assert repr(dfsrace.check(POOL)) == "<Report text: inconclusive, 3 states>"
    for text in (HOLDS, LOST, DEADLOCK, POOL):
        whole = dfsrace.check(text)
        steps = [step for found in whole.violations if found.trace for step in found.trace.steps]
        assert not ADDRESS.search(repr([whole, whole.violations, steps, dfsrace.load(text)]))
        assert all(len(repr(value)) < 120 for value in (whole, *whole.violations, *steps))


def test_the_report_as_text_is_what_check_prints(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    command = [sys.executable, "-m", "dfsrace", "check", path.name]
    printed = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, encoding="utf-8", check=False
    )
    text = dfsrace.report_text(dfsrace.check(dfsrace.load(path, given=path.name)))
    head, verdict, rest = text.partition("m   VIOLATED")
    assert verdict and head in printed.stdout and rest.partition("\n\n")[0] in printed.stdout


def test_a_wrong_text_is_an_exception_that_names_every_place() -> None:
    with pytest.raises(dfsrace.ModelError) as caught:
        dfsrace.check(HOLDS.replace("x + 1", "y + z"))
    assert str(caught.value) == "<text>:8:15: DR501: there is no 'y'; <text>:8:19: DR501: there is no 'z'"
    with pytest.raises(dfsrace.ModelError, match=r"^<text>:8:\d+: DR\d+: "):
        dfsrace.check(HOLDS.replace("x + 1", "x +"))
    with pytest.raises(dfsrace.ModelError, match=r"^<text>:4:\d+: DR108: not YAML: "):
        dfsrace.check(HOLDS.replace("x: 0..2", "x: [0"))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for text in (HOLDS, LOST, DEADLOCK, POOL):
        dfsrace.report_text(dfsrace.check(text))
    with pytest.raises(dfsrace.ModelError):
        dfsrace.check(HOLDS.replace("x + 1", "y"))
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_ends_a_check_and_the_next_one_is_as_if_nothing_had_been() -> None:
    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dfsrace.check(LOST, options=dfsrace.Options(interrupted=interrupt))
    assert dfsrace.check(LOST).outcome.states == 12


def test_checks_in_several_threads_do_not_know_of_each_other() -> None:
    texts = [HOLDS, LOST, DEADLOCK, POOL] * 3
    alone = [(r.verdict, r.violated, r.outcome.states, r.about.model_hash) for r in map(dfsrace.check, texts)]
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(dfsrace.check, texts))
    assert [(r.verdict, r.violated, r.outcome.states, r.about.model_hash) for r in reports] == alone


def test_a_check_changes_nothing_of_the_process(tmp_path: Path) -> None:
    folder, limit = os.getcwd(), sys.getrecursionlimit()
    dfsrace.check(model(tmp_path, LOST))
    assert (os.getcwd(), sys.getrecursionlimit()) == (folder, limit)


def test_all_that_is_offered_is_there_and_lies_where_it_says() -> None:
    assert sorted({*OFFERED, "__version__"}) == sorted(dfsrace.__all__)
    assert set(OFFERED) <= set(dir(dfsrace))
    for name in OFFERED:
        assert getattr(dfsrace, name).__name__ == name
