# SPDX-License-Identifier: GPL-2.0-only
"""Parsers of others that no Python package brings. Tests that need a missing one are skipped, or fail in CI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

HERE = Path(__file__).parent


def folder_of(name: str, variable: str, holds: str) -> Path:
    """The folder that an environment variable names, with a certain file in it.

    Where there is none the calling test is skipped, but fails if DFSRACE_REQUIRE promises `name`.
    """
    folder = os.environ.get(variable, "")
    if folder and Path(folder, holds).exists():
        return Path(folder)
    missing(name, f"{variable} names no folder that holds {holds}")


def missing(name: str, why: str) -> NoReturn:
    """Skips the calling test, or fails it where DFSRACE_REQUIRE promises `name`."""
    if name in os.environ.get("DFSRACE_REQUIRE", "").replace(" ", "").split(","):
        pytest.fail(f"DFSRACE_REQUIRE names {name}, but {why}", pytrace=False)
    pytest.skip(why)


def mermaid(texts: Sequence[str]) -> list[dict[str, Any]]:
    """What Mermaid's own parser makes of each text, in one process; character codes are undone as Mermaid does it."""
    folder = folder_of("mermaid", "DFSRACE_MERMAID", "node_modules/mermaid")
    node = shutil.which("node")
    if node is None:
        missing("mermaid", "node is not installed")
    run = subprocess.run(
        [node, str(HERE / "mermaid" / "parse.mjs")],
        input=json.dumps(list(texts)),
        env={**os.environ, "DFSRACE_MERMAID": str(folder.resolve())},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    parsed: list[dict[str, Any]] = json.loads(run.stdout)
    return parsed


def kunit(text: str) -> dict[str, Any]:
    """What the kernel's kunit_parser.py reads from KTAP: each test's name and status, the counts, the errors."""
    folder = folder_of("kunit", "DFSRACE_KUNIT", "kunit_parser.py")
    script = (
        "import json, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "import io, kunit_parser\n"
        "from kunit_printer import Printer\n"
        "lines = sys.stdin.buffer.read().decode('utf-8').split('\\n')\n"
        "given = [Printer(io.StringIO())] if kunit_parser.parse_run_tests.__code__.co_argcount > 1 else []\n"
        "kunit_parser.stdout = Printer(io.StringIO())\n"
        "test = kunit_parser.parse_run_tests(lines, *given)\n"
        "counts = test.counts\n"
        "print(json.dumps({'tests': [(one.name, one.status.name) for one in test.subtests],\n"
        "    'status': test.status.name, 'logs': [one.log for one in test.subtests],\n"
        "    'counts': {key: getattr(counts, key) for key in ('passed', 'failed', 'skipped', 'crashed', 'errors')}}))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(folder.resolve())],
        input=text.encode("utf-8"),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr.decode()
    read: dict[str, Any] = json.loads(run.stdout)
    return read
