# SPDX-License-Identifier: GPL-2.0-only
"""Models about which somebody was once wrong, most of them found by random ones: everybody agrees on them now."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.engine.reference import explore
from dfsrace.language import ModelSource, load_model
from tests.random.test_models import agree

HEAD = """\
model: found
types: {Small: 0..2, Who: [A, B], Page: pool(2), Version: stamp}
state:
  x: Small
  y: Small = 1
  may: Small | None
  flag: bool
  slot[Small]: Small
  Who.count: Small
"""
OTHER = "  t1: |\n    x = (x + 1) % 3\n    x = 2\n    may = 1\n    slot[1] = 2\n"

ALONE = {
    "an intermediate value is kept as the value, not as what it is made of": "x = max(x, y)",
    "also one that a constant decides": "x = x * 0",
    "also a Boolean one": "flag = x < y",
    "also that of an augmented assignment": "x *= 0",
    "dividing by zero belongs to the step of the last load": "x //= x",
    "so does None as an operand of an augmented assignment": "may += x",
    "an operand may be None until the operator is applied": "x = (may + x) % 3",
    "also that of a comparison by order": "flag = may < x",
    "None plus one is no number": "x = may + 1",
    "an index of an augmented assignment is checked once": "slot[x + 1] += 1",
    "a sum has the range of its parts at each of them": "x = min(2, sum(slot[i] for i in Small if slot[i] > 0))",
    "a loop's second round is no other place than the first": "while x != 2:\n        y = 0",
    "a page that is None and is to be kept": "p: Page | None = None\n    q: Page = p if p is not None else alloc(Page)",
}
PAIRS = {
    "a stamp that no thread renews takes part in renaming": (
        "types: {Version: stamp}\nstate: {v: Version, w: Version, x: bool}\n"
        "threads:\n  t0: renew(v)\n  t1: |\n    if v != w:\n        x = True\ninvariants: {never: not x}\n"
    ),
    "so does a page that no thread stores": (
        "types: {Page: pool(2)}\nstate: {p: Page | None, q: Page | None, x: bool}\n"
        "setup: |\n  q = alloc(Page)\n  p = q\n"
        "threads:\n  t0: p = alloc(Page)\n  t1: |\n    if p != q:\n        x = True\ninvariants: {never: not x}\n"
    ),
    "three threads that share two semaphores are arranged in one way": (
        "state: {l0: rwsem, l1: rwsem}\nthreads:\n  cpu[1..3]: |\n    if down_read_trylock(l1):\n"
        "        up_read(l1)\n    down_read(l0)\n    down_write(l1)\n"
    ),
    "a lock in a page that nobody locked does not hold the page": (
        "types: {Page: pool(2)}\nstate: {p: Page | None, Page.guard: spinlock}\n"
        "threads:\n  t0: |\n    while True:\n        p = alloc(Page)\n"
    ),
}


@pytest.mark.parametrize("claim", ALONE)
def test_a_statement_beside_another_thread(claim: str, tmp_path: Path) -> None:
    text = f"{HEAD}threads:\n  t0: |\n    {ALONE[claim]}\n{OTHER}"
    agree(text, load_model(ModelSource("found.yaml", None, text), [], {}).system, tmp_path / "found.yaml")


@pytest.mark.parametrize("claim", PAIRS)
def test_a_whole_model(claim: str, tmp_path: Path) -> None:
    text = f"model: found\n{PAIRS[claim]}"
    agree(text, load_model(ModelSource("found.yaml", None, text), [], {}).system, tmp_path / "found.yaml")


@pytest.mark.parametrize("claim", [claim for claim in PAIRS if "takes part" in claim or "so does" in claim])
def test_what_is_constant_is_told_apart_from_what_is_not(claim: str) -> None:
    text = f"model: found\n{PAIRS[claim]}"
    outcome = explore(load_model(ModelSource("found.yaml", None, text), [], {}).system, Options())
    assert [v.property for v in outcome.violations] == ["never"]
