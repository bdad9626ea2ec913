# SPDX-License-Identifier: GPL-2.0-only
"""pytest as a process of its own, in a folder of its own, with the plugin of this clone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cli.running import HOLDS, LOST, ROOT

# As in an environment without the entry point. Without the plugins of others a run takes half the time.
PLUGIN = ("-p", "dfsrace.pytest_plugin")
LANES = re.compile(r"x = x \+ 1 .*(◀|▶|stale)")

BOUNDED = HOLDS + "bounds: {states: 2}\n"
RACE = LOST + "expect: {violates: [both_count]}\n"
OTHERS = "on: push\njobs: {build: {steps: []}}\n"
PIECE = """\
model: What models here have in common
procedures: |
  def twice():
      add()
      add()
"""


def environment(**variables: str) -> dict[str, str]:
    """This environment without what steers pytest, its colours and widths; the package is the clone's."""
    steering = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "CI", "BUILD_NUMBER", "PYTHONIOENCODING", "LC_ALL", "MYPYPATH"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in steering and not name.startswith(("PYTEST_", "PY_COLORS"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}


def run_pytest(
    folder: Path,
    *arguments: str | Path,
    plugins: Sequence[str] = PLUGIN,
    python: str | Path = sys.executable,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """A run of pytest from a folder, which is its root; it has no terminal."""
    return subprocess.run(
        [str(python), "-m", "pytest", "--rootdir", ".", *plugins, *map(str, arguments)],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
    )


def files(folder: Path, **texts: str) -> Path:
    """Writes files, named `a__b` for a/b.yaml; gives the folder."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def counted(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """How many passed, failed, ... by the last line of pytest's output."""
    last = done.stdout.rstrip().rpartition("\n")[2]
    return {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last.partition(" in ")[0])}
