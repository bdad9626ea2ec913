# SPDX-License-Identifier: GPL-2.0-only
"""The shipped models, checked by the command line as a user would: one process for many models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
MODELS = PROJECT / "models"

Report = dict[str, Any]
Check = Callable[..., dict[str, Report]]


@cache
def _check(files: tuple[Path, ...], options: tuple[str, ...]) -> dict[str, Report]:
    command = [sys.executable, "-m", "dfsrace", "check", "--json", *options, *map(str, files)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=1800, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == len(files), f"{len(reports)} reports on {len(files)} models\n{done.stderr}"
    return {_name(file): report for file, report in zip(files, reports, strict=True)}


def _name(file: Path) -> str:
    """A shipped model's name: its path below models/ without the suffix; else the file's own name without it."""
    base = MODELS if file.is_relative_to(MODELS) else file.parent
    return file.relative_to(base).with_suffix("").as_posix()


@pytest.fixture(scope="session")
def check() -> Check:
    """check(files, *options): every model's JSON report by the model's name; the same call is made only once."""

    def run(files: list[Path], *options: str) -> dict[str, Report]:
        return _check(tuple(files), options)

    return run
