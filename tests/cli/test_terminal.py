# SPDX-License-Identifier: GPL-2.0-only
"""Colours, widths and characters follow the terminal and the wishes of who sits before it."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, LOST, dfsrace, environment, model

ESCAPE = "\x1b["


def on_a_terminal(*arguments: str, cwd: Path, **variables: str) -> str:
    """What the command writes to a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment(**{"TERM": "xterm", "COLUMNS": "100", **variables}),
    )
    os.close(theirs)
    seen = b""
    try:
        while more := os.read(ours, 65536):
            seen += more
    except OSError:
        pass  # what a terminal's end looks like on Linux
    assert process.wait(timeout=60) in (0, 12), seen
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colours_and_its_width(tmp_path: Path) -> None:
    model(tmp_path, LOST)
    shown = on_a_terminal("check", "m.yaml", cwd=tmp_path)
    assert f"{ESCAPE}1;31mVIOLATED" in shown.replace("   VIOLATED", "VIOLATED")
    plain = on_a_terminal("check", "m.yaml", cwd=tmp_path, NO_COLOR="1").splitlines()
    assert max(len(line) for line in plain if "────" in line) in range(80, 101)


def widest(path: Path, cwd: Path, **variables: str) -> int:
    """Columns of the lanes that the command writes into a pipe."""
    shown = dfsrace("check", path, cwd=cwd, variables=variables).stdout
    return max(len(line) for line in shown.splitlines() if "┈┈" in line or "────" in line)


def test_a_file_or_pipe_gets_the_width_that_columns_says_else_the_usual_one(tmp_path: Path) -> None:
    long = LOST.replace("x", "a_number_that_has_a_rather_long_name_in_this_model")
    path = model(tmp_path, long)
    usual = widest(path, tmp_path)
    assert usual in range(101, 121)
    assert widest(path, tmp_path, COLUMNS="80") <= 80
    for nonsense in ("", "wide", "0", "-80", "٨٠", "9" * 5000):
        assert widest(path, tmp_path, COLUMNS=nonsense) == usual


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(variables: dict[str, str], tmp_path: Path) -> None:
    model(tmp_path, LOST)
    assert ESCAPE not in on_a_terminal("check", "m.yaml", cwd=tmp_path, **variables)


def test_color_never_and_always_are_obeyed(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    assert ESCAPE not in on_a_terminal("check", "m.yaml", "--color", "never", cwd=tmp_path)
    assert ESCAPE in dfsrace("check", path, "--color", "always", cwd=tmp_path, variables={"NO_COLOR": "1"}).stdout
    assert ESCAPE not in dfsrace("check", path, cwd=tmp_path).stdout


def test_colours_do_not_change_the_text(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    plain, coloured = (dfsrace("check", path, "--color", c, cwd=tmp_path).stdout for c in ("never", "always"))
    for code in ("1", "2", "35", "0", "1;31", "1;32", "1;33", "1;36"):
        coloured = coloured.replace(f"{ESCAPE}{code}m", "")
    assert coloured.splitlines()[:-1] == plain.splitlines()[:-1]


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--ascii",), {}), ((), {"PYTHONIOENCODING": "ascii"}), ((), {"PYTHONIOENCODING": "latin-1"})],
)
def test_ascii_is_drawn_where_it_is_wished_or_needed(
    arguments: tuple[str, ...], variables: dict[str, str], tmp_path: Path
) -> None:
    path = model(tmp_path, LOST.replace("Two increments", "Zwei Erhöhungen → 2"))
    done = dfsrace("check", path, *arguments, cwd=tmp_path, variables=variables)
    assert done.returncode == 12
    assert done.stdout.isascii()
    assert "---- " in done.stdout


def test_the_list_of_models_fits_a_terminal(tmp_path: Path) -> None:
    shown = on_a_terminal("models", "truncate", cwd=tmp_path, NO_COLOR="1", TERM="dumb", COLUMNS="90")
    (row,) = [line for line in shown.splitlines() if line.startswith("  seed-question ")]
    assert row.split()[:2] == ["seed-question", "violated"]
    assert all(len(line) <= 90 for line in shown.splitlines() if line.startswith("  "))
    assert ESCAPE not in shown
