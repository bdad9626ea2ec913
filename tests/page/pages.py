# SPDX-License-Identifier: GPL-2.0-only
"""Pages to be looked at: of shipped models, of a long trace, of a model that means harm."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dfsrace.engine.options import Options
from dfsrace.operations import check, load
from dfsrace.render.page import html_page
from dfsrace.trace.further import with_further
from dfsrace.trace.pictures import pictures
from dfsrace.trace.report import Report

MODELS = Path(__file__).resolve().parents[2] / "models"
SEED = "2003-truncate-lock/seed-question"
REMOTE = "2003-unfixed/remote-write"
HOLDS = "2003-truncate-lock/dfs"
DEADLOCK = "2005-cluster-lock/lock-order"

# Four threads take turns, so that the states are few and the trace is long.
LONG = """\
model: Four threads take turns for a long time
types:
  Cpu: cpu[0..3]
  Turn: 0..3
  Count: 0..255
state:
  turn: Turn
  n: Count
  l: spinlock
procedures: |
  def work(me: Turn):
      while n < LIMIT:
          wait_event(turn == me)
          with l:
              n = n + 1
          if me == 3:
              turn = 0
          else:
              turn = me + 1
constants: {LIMIT: 29}
threads:
  cpu0: work(0)
  cpu1: work(1)
  cpu2: work(2)
  cpu3: work(3)
invariants:
  never_enough: n < LIMIT
"""

EVIL = "</script></textarea><img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
HOSTILE = f"""\
model: '{EVIL.replace(chr(39), chr(39) * 2)}'
state:
  x: 0..2  # </style></script><svg onload="document.title='pwned'"> <!-- {EVIL}
procedures: |
  # {EVIL}
  def add():
      x = x + 1  # ]]> {EVIL}
threads:
  a: add()
  b: add()
invariants:
  both_count:
    at: end
    holds: x == 2
    says: >-
      {EVIL} &lt; {{x}} javascript:alert(1)
"""


@cache
def report_of(name: str) -> Report:
    """The report of a shipped model, or of a model's text."""
    model = load(name) if "\n" in name else load(MODELS / f"{name}.yaml", name=name, given=name)
    return with_further(check(model, options=Options(engine="reference")))


def page_of(report: Report) -> str:
    """The page of a report."""
    drawn = [pictures(report.system, found.trace) if found.trace else () for found in report.violations]
    return html_page(report, drawn, "0.0")


@cache
def page(name: str) -> str:
    """The page of a shipped model, or of a model's text."""
    return page_of(report_of(name))
