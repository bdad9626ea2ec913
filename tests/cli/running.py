# SPDX-License-Identifier: GPL-2.0-only
"""The command as a process, and small models for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-P", "-m", "dfsrace")

HOLDS = """\
model: Two increments under a lock
state:
  x: 0..2
  l: spinlock
procedures: |
  def add():
      with l:
          x = x + 1
threads:
  a: add()
  b: add()
invariants:
  both_count:
    at: end
    holds: x == 2
"""
LOST = HOLDS.replace("with l:", "if True:")
DEADLOCK = """\
model: Two locks in both orders
state: {l: mutex, m: mutex}
procedures: |
  def there():
      with l:
          with m:
              pass

  def back():
      with m:
          with l:
              pass
threads: {a: there(), b: back()}
"""
BOTH = (
    DEADLOCK.replace("m: mutex}", "m: mutex, x: bool}").replace("pass", "x = True", 1) + "invariants: {never: not x}\n"
)
POOL = """\
model: A pool that is too small
types: {Page: pool(1)}
state: {one: Page | None, two: Page | None}
threads:
  a: |
    one = alloc(Page)
    two = alloc(Page)
"""
# Grows by far more states than a test has time for; violated in the first few.
ENDLESS = """\
model: Many counters
constants: {LIMIT: 255}
types:
  Count: 0..255
  Cpu: cpu[0..5]
state:
  n[Cpu]: Count
procedures: |
  def count(c: Cpu):
      while True:
          x = n[c]
          if x < 255:
              n[c] = x + 1
          else:
              n[c] = 0
threads:
  t0: count(cpu0)
  t1: count(cpu1)
  t2: count(cpu2)
  t3: count(cpu3)
  t4: count(cpu4)
  t5: count(cpu5)
invariants:
  small: n[cpu0] <= LIMIT
"""


def environment(**variables: str) -> dict[str, str]:
    """This environment with the clone's package first, and without what changes colours and widths."""
    changed = {"NO_COLOR", "COLUMNS", "DFSRACE_DEBUG", "PYTHONIOENCODING", "LC_ALL"}
    kept = {name: value for name, value in os.environ.items() if name not in changed}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **variables}


def dfsrace(
    *arguments: str | Path, cwd: Path, stdin: str | bytes = b"", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A run of the command, its output as text. It never shows a traceback."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        input=data,
        capture_output=True,
        env=environment(**(variables or {})),
        timeout=120,
        check=False,
    )
    out, err = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def model(folder: Path, text: str, name: str = "m.yaml") -> Path:
    """A model's file in a folder."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads((ROOT / "dfsrace" / "render" / "report.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects of an output, each valid as the schema has it."""
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        _validator().validate(one)
    return found
