# SPDX-License-Identifier: GPL-2.0-only
"""Ctrl-C, closed pipes, and no terminal: nothing is lost, and nothing is shown twice."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, ENDLESS, HOLDS, LOST, dfsrace, environment, model, objects


def started(*arguments: str, cwd: Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=environment(),
        text=True,
    )


def interrupted_while_searching(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    """Exit code and output of a search that Ctrl-C ended once its progress was seen on a terminal."""
    ours, theirs = pty.openpty()
    process = started(*arguments, cwd=cwd, stderr=theirs)
    os.close(theirs)
    seen = b""
    end = time.monotonic() + 60
    while b"states" not in seen and time.monotonic() < end:
        seen += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    try:
        out, _ = process.communicate(timeout=60)
    finally:
        # One that does not heed Ctrl-C is a failure, and does not go on for hours.
        process.kill()
        os.close(ours)
    return process.returncode, out, seen.decode(errors="replace")


def test_ctrl_c_reports_what_was_found_so_far(tmp_path: Path) -> None:
    code, out, progress = interrupted_while_searching("check", str(model(tmp_path, ENDLESS)), cwd=tmp_path)
    assert code == 3
    assert "INCONCLUSIVE" in out
    assert "interrupted" in out
    assert "RESULT model=m verdict=inconclusive" in out
    assert "/s" in progress and "depth" in progress and "queue" in progress


def test_ctrl_c_after_a_violation_reports_it_and_leaves_the_other_models(tmp_path: Path) -> None:
    path, other = model(tmp_path, ENDLESS), model(tmp_path, HOLDS, "other.yaml")
    words = ("check", "--json", "--set", "LIMIT=1", "-o", "out.json", str(path), str(other))
    code, out, _ = interrupted_while_searching(*words, cwd=tmp_path)
    assert code == 12
    (report,) = objects(out)
    assert [v["property"] for v in report["violations"]] == ["small"]
    assert (report["stopped_by"]["kind"], report["complete"], report["as_expected"]) == ("interrupt", False, None)
    assert objects((tmp_path / "out.json").read_text(encoding="utf-8")) == [report]


def until_interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Output of a process that gets Ctrl-C until it heeds it: one that comes just before a read has to be repeated."""
    for _ in range(60):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=1)
    raise AssertionError("the process ignores Ctrl-C")


def test_ctrl_c_before_the_search_exits_130_and_leaves_no_file(tmp_path: Path) -> None:
    # Standard input that never ends: the model is still being read.
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*COMMAND, "check", "-", "-o", "out.json"],
        cwd=tmp_path,
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    # More than a pipe holds: that it was taken shows that the process reads.
    os.write(writing, b"#" * (1 << 17))
    out, err = until_interrupted(process)
    os.close(writing)
    os.close(reading)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "dfsrace: interrupted"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [("check", "m.yaml"), ("check", "m.yaml", "--json"), ("check", "--help"), ("models",)]
)
def test_a_closed_pipe_exits_141_and_says_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    model(tmp_path, LOST)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, env=environment(), timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_without_a_terminal_there_is_no_progress(tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, ENDLESS), "--seconds", "1.5", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (3, "")
    assert "\x1b" not in done.stdout and "\r" not in done.stdout


def test_closed_streams_change_no_exit_code(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    command = " ".join([*COMMAND, "check", str(path)])
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f"{command} {closing}"], env=environment(), capture_output=True, timeout=60)
        assert done.returncode == 12, (closing, done.stderr)
        assert b"Traceback" not in done.stderr
