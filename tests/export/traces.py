# SPDX-License-Identifier: GPL-2.0-only
"""Traces to write: a stale value, a deadlock, violations within and before steps, choices, every kind of lock."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dfsrace.engine.options import Options
from dfsrace.operations import Model, check, load, replay
from dfsrace.trace.record import Trace

MODELS = Path(__file__).parents[2] / "models"

AUTOMATIC = """model: A page that nobody has put there
types: {Page: pool(2), Side: [LEFT, RIGHT], Index: 0..1}
state:
  Page.mapping: Side | None
  Page.count[Index]: 0..3
  slot[Index]: Page | None
  n: -1..2 = 0
  on: bool
  l: rwlock
threads:
  a: |
    with read(l):
        page = alloc(Page)
        page.mapping = choose(Side)
        slot[0] = page
  b: |
    with read(l):
        with atomic:
            n = n + 1
            on = True
            x = slot[0]
            x.count[1] = 2
"""

AT_ONCE = """model: It fails before it begins
state: {n: 0..2}
constants: {NOTHING: 0}
threads:
  a: |
    x = 1 // NOTHING
    n = x
"""

LOCKS = """model: Every kind of lock
types: {Side: [LEFT, RIGHT]}
state:
  spin: spinlock
  sleeping: mutex
  Side.lock: bit_lock
  two: semaphore = 2
  rw: rwlock
  Side.sem: rwsem
  seq: seqlock
  version: seqcount
  both: 0..2
threads:
  a: |
    with sleeping:
        with read(LEFT.sem):
            lock_page(LEFT)
            down(two)
            with spin:
                with read(rw):
                    both = both + 1
            up(two)
            unlock_page(LEFT)
  b: |
    with read(LEFT.sem):
        down(two)
        with read(rw):
            with write(seq):
                both = both + 1
        up(two)
invariants:
  not_both: both < 2
"""

SHIPPED = {
    "stale": "2003-truncate-lock/seed-question",
    "remote write": "2003-unfixed/remote-write",
    "deadlock": "textbook/dining-philosophers",
    "sleeping": "2003-nopage-under-page-table-lock/local-truncate",
}
TEXTS = {"automatic": AUTOMATIC, "at once": AT_ONCE, "locks": LOCKS}
# (model, schedule) of traces that violate nothing.
SCHEDULES = {
    "choice": (AUTOMATIC, "a a#RIGHT a*2"),
    "written": (AUTOMATIC, "a b a#LEFT a*2 b a b"),
    "nothing": (AUTOMATIC, ""),
}
NAMES = (*SHIPPED, *TEXTS, *SCHEDULES)


@cache
def example(name: str) -> tuple[Model, Trace]:
    """A model and one of its traces."""
    if name in SCHEDULES:
        text, schedule = SCHEDULES[name]
        model = load(text)
        return model, replay(model, schedule)
    model = load(TEXTS[name]) if name in TEXTS else load(MODELS / f"{SHIPPED[name]}.yaml")
    trace = check(model, options=Options()).violations[0].trace
    assert trace is not None
    return model, trace
