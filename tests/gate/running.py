# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace gate` as a process with a cache of its own, and what it prints as objects."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.cli.running import COMMAND, ENDLESS, HOLDS, LOST, ROOT, dfsrace, environment, model

KNOWN_BAD = LOST + "expect: {violates: both_count}\n"
# A procedure that nobody calls with a full counter: one statement never runs.
UNUSED = HOLDS.replace("          x = x + 1\n", "          x = x + 1\n          if x > 2:\n              x = 0\n")
BOUNDED = ENDLESS + "bounds: {states: 1000}\n"
TYPO = HOLDS.replace("threads:", "treads:")
PIECE = """\
types: {Count: 0..3}
state: {n: Count}
procedures: |
  def count():
      n = 1
"""
USES_PIECE = """\
model: Uses a piece
include: [piece.yaml]
threads: {a: count()}
invariants: {small: n < 3}
"""
COMPOSE = """\
services:
  web:
    image: nginx
volumes:
  data:
"""


def gate(
    *arguments: str | Path, cwd: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A run of the command in a folder; its cache is the hidden folder `.cache` there."""
    return dfsrace("gate", *arguments, cwd=cwd, variables={**settings(cwd), **(variables or {})})


def settings(cwd: Path) -> dict[str, str]:
    """The environment's variables that a run of the gate in a folder has."""
    return {"XDG_CACHE_HOME": str(cwd / ".cache"), "GITHUB_STEP_SUMMARY": "", "GITHUB_WORKSPACE": ""}


def started(*arguments: str | Path, cwd: Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """A run of the command that has only begun, in a process group of its own, as a shell would have it."""
    return subprocess.Popen(
        [*COMMAND, "gate", *map(str, arguments)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=environment(**settings(cwd)),
        text=True,
        start_new_session=True,
    )


def gated(*arguments: str | Path, cwd: Path) -> tuple[int, dict[str, dict[str, Any]], dict[str, Any]]:
    """Exit code of a run with --json, its objects by file, and the summary; all valid as the schema has it."""
    done = gate("--json", *arguments, cwd=cwd)
    *results, summary = objects(done.stdout)
    return done.returncode, {result["file"]: result for result in results}, summary


def objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects of an output, each valid."""
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        validator().validate(one)
    return found


@cache
def validator() -> Draft202012Validator:
    """Of the gate's schema, which refers to that of `check`."""
    package = ROOT / "dfsrace"
    gates = json.loads((package / "gate" / "gate.schema.json").read_text(encoding="utf-8"))
    reports = json.loads((package / "render" / "report.schema.json").read_text(encoding="utf-8"))
    registry: Registry[Any] = Registry().with_resource("report.schema.json", Resource.from_contents(reports))
    return Draft202012Validator(gates, registry=registry)


def last_line(text: str) -> dict[str, str]:
    """The GATE line of an output as a mapping."""
    word, *pairs = text.splitlines()[-1].split()
    assert word == "GATE"
    return dict(pair.split("=", 1) for pair in pairs)


def statuses(text: str) -> dict[str, str]:
    """Each path's status, by the lines before the details."""
    rows = [line.split() for line in text.split("\n\n")[0].splitlines()]
    return {row[1]: row[0] for row in rows}


def is_running(pid: int) -> bool:
    """Whether there is a process of that number that has not ended."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


__all__ = [
    "BOUNDED",
    "COMPOSE",
    "ENDLESS",
    "HOLDS",
    "KNOWN_BAD",
    "LOST",
    "PIECE",
    "ROOT",
    "TYPO",
    "UNUSED",
    "USES_PIECE",
    "gate",
    "gated",
    "is_running",
    "last_line",
    "model",
    "objects",
    "settings",
    "started",
    "statuses",
    "validator",
]
