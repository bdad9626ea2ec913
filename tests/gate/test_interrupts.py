# SPDX-License-Identifier: GPL-2.0-only
"""Ctrl-C, killed workers, a killed gate: what was found is told, the rest is skipped, nobody is left over."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.gate.running import (
    ENDLESS,
    HOLDS,
    LOST,
    gate,
    is_running,
    last_line,
    model,
    objects,
    started,
    statuses,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for processes")


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]


def busy(pid: int) -> list[int]:
    """The children that have used some time of the processor: those that are searching."""
    found = []
    for child in children(pid):
        try:
            fields = Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[11]) > 20:
            found.append(child)
    return found


def until(true: Callable[[], object]) -> None:
    """Waits until something is true, a minute at most."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def searching(cwd: Path, *options: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A gate whose first model is done and whose second is being explored; its workers."""
    process = started(".", "-j", "1", *options, cwd=cwd)
    until(lambda: any(cwd.glob(".cache/dfsrace/verdicts/*.json")))
    until(lambda: busy(process.pid))
    return process, children(process.pid)


def three(folder: Path, second: str = ENDLESS) -> None:
    model(folder, HOLDS, "a.yaml")
    model(folder, second, "b.yaml")
    model(folder, HOLDS, "c.yaml")


def test_ctrl_c_tells_what_was_found_and_skips_the_rest(tmp_path: Path) -> None:
    three(tmp_path)
    process, workers = searching(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "")
    assert statuses(out) == {"a.yaml": "expected", "b.yaml": "skipped", "c.yaml": "skipped"}
    assert "interrupted" in out.splitlines()[-2]
    assert last_line(out)["skipped"] == "2"
    assert not any(map(is_running, workers))


def test_ctrl_c_keeps_worse_news(tmp_path: Path) -> None:
    three(tmp_path)
    model(tmp_path, LOST, "a.yaml")
    process, _ = searching(tmp_path, "--json")
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 10
    *results, summary = objects(out)
    assert [result["status"] for result in results] == ["unexpected", "skipped", "skipped"]
    assert summary["interrupted"] is True


def test_a_violation_that_the_interrupted_search_had_found_is_told(tmp_path: Path) -> None:
    three(tmp_path, ENDLESS.replace("LIMIT: 255", "LIMIT: 0"))
    process, _ = searching(tmp_path, "--json")
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 10
    _, second, _, _ = objects(out)
    assert (second["status"], second["stopped_by"]["kind"]) == ("unexpected", "interrupt")


def test_ctrl_c_writes_the_files_that_were_asked_for(tmp_path: Path) -> None:
    three(tmp_path)
    process, _ = searching(tmp_path, "--junit", "junit.xml")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    text = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert text.count("<testcase ") == 3


def test_an_interrupted_gate_is_begun_anew_where_it_ended(tmp_path: Path) -> None:
    three(tmp_path)
    process, _ = searching(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    model(tmp_path, HOLDS.replace("x == 2", "x >= 2"), "b.yaml")
    done = gate(".", cwd=tmp_path)
    assert (done.returncode, last_line(done.stdout)["expected"]) == (0, "3")


def killed(cwd: Path, number: signal.Signals, *options: str) -> tuple[int, str]:
    """A gate of three models whose worker gets a signal at the second one: its exit code, and what it prints."""
    three(cwd)
    process, _ = searching(cwd, *options)
    os.kill(busy(process.pid)[0], number)
    out, err = process.communicate(timeout=60)
    assert err == ""
    return process.returncode, out


@pytest.mark.parametrize("options", [(), ("--incomplete", "ok")])
def test_a_worker_that_the_kernel_kills_leaves_its_model_undecided_and_the_others_go_on(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    code, out = killed(tmp_path, signal.SIGKILL, "--junit", "j.xml", *options)
    assert code == 3
    assert statuses(out) == {"a.yaml": "expected", "b.yaml": "inconclusive", "c.yaml": "expected"}
    assert "==> b.yaml: killed, most likely for want of memory" in out
    assert (last_line(out)["bugs"], last_line(out)["inconclusive"]) == ("0", "1")
    assert "accepted" not in out
    (failure,) = ElementTree.parse(tmp_path / "j.xml").getroot().iter("failure")
    assert failure.get("type") == "inconclusive"


def test_a_killed_worker_is_not_ok_in_ktap_and_a_valid_object_in_json(tmp_path: Path) -> None:
    code, out = killed(tmp_path, signal.SIGKILL, "--ktap", "--incomplete", "ok")
    assert code == 3
    assert "\nnot ok 2 b.yaml # ERROR killed, most likely for want of memory\n" in out
    (tmp_path / "again").mkdir()
    code, out = killed(tmp_path / "again", signal.SIGKILL, "--json", "--incomplete", "ok")
    *results, summary = objects(out)
    assert (code, results[1]["status"], results[1]["verdict"]) == (3, "inconclusive", "skipped")
    assert summary["gate"] == "not_as_expected"


def test_a_worker_that_another_signal_ended_is_a_bug(tmp_path: Path) -> None:
    code, out = killed(tmp_path, signal.SIGSEGV)
    assert code == 70
    assert statuses(out) == {"a.yaml": "expected", "b.yaml": "bug", "c.yaml": "expected"}
    assert "ended unasked, with SIGSEGV" in out
    assert last_line(out)["bugs"] == "1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_a_gate_that_is_killed(number: signal.Signals, tmp_path: Path) -> None:
    model(tmp_path, ENDLESS, "a.yaml")
    model(tmp_path, ENDLESS, "b.yaml")
    process = started(".", "-j", "2", cwd=tmp_path)
    until(lambda: len(busy(process.pid)) == 2)
    workers = children(process.pid)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number
    until(lambda: not any(map(is_running, workers)))


def test_no_worker_outlives_a_closed_pipe(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "a.yaml")
    model(tmp_path, ENDLESS, "b.yaml")
    reading, writing = os.pipe()
    os.close(reading)
    process = started(".", "-j", "2", cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.close()
    os.close(writing)
    assert process.wait(timeout=60) == 141
    assert children(process.pid) == []


def test_progress_is_shown_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    three(tmp_path)
    ours, theirs = pty.openpty()
    process = started(".", "-j", "1", cwd=tmp_path, stderr=theirs)
    os.close(theirs)
    seen = b""
    end = time.monotonic() + 60
    while b"1/3 done" not in seen and time.monotonic() < end:
        seen += os.read(ours, 4096)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert b"b.yaml" in seen
    assert "\r" not in out and "\x1b" not in out
