# SPDX-License-Identifier: GPL-2.0-only
"""Models about which somebody was once wrong, most of them found by random ones: everybody agrees on them now."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.reference import PropertyError, explore
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
    "an address is checked before what is stored there": "slot[x + 1] = may",
    "also where the address is the one that is None": "slot[may] = x + 1",
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
TWO_PAGES = """\
types: {Page: pool(2), Size: 0..1}
state: {first: Page | None, second: Page | None, Page.next: Page | None, Page.mark: Size, done: 0..2, x: 0..8}
threads:
  a: |
    p = alloc(Page)
    p.mark = 1
    p.next = p
    first = p
    atomic_inc(done)
  b: |
    second = alloc(Page)
    atomic_inc(done)
  c: |
    wait_event(done == 2)
    STATEMENT
"""
UNORDERED = {
    "an any over a pool fails if it fails for one page": "wait_event(any(p.next.mark == 1 for p in Page))",
    "so does an all, though another page is against it": "x = 1 if all(p.next.mark == 0 for p in Page) else 2",
    "one that one step looks at": "assert any(p.next.mark == 1 for p in Page)",
    "one whose condition fails": "wait_event(any(p.mark == 1 for p in Page if p.next.mark == 1))",
    "one within another": "wait_event(any(any(p.next.mark == q.mark for q in Page) for p in Page))",
    "None comes before a range in an any": "wait_event(any(p.next.mark // (1 - p.mark) == 1 for p in Page))",
    "also in a sum": "x = sum(p.next.mark // (1 - p.mark) for p in Page)",
    "also in a choice": "q = choose(p for p in Page if p.next.mark // (1 - p.mark) == 0)",
    "what cannot fail may stop early": "wait_event(any(p.mark == 1 for p in Page))",
}


@pytest.mark.parametrize("claim", UNORDERED)
def test_what_is_asked_of_a_pool_does_not_depend_on_which_page_came_first(claim: str, tmp_path: Path) -> None:
    text = f"model: found\n{TWO_PAGES.replace('STATEMENT', UNORDERED[claim])}"
    system = load_model(ModelSource("found.yaml", None, text), [], {}).system
    agree(text, system, tmp_path / "found.yaml")
    expected = [] if "cannot fail" in claim else ["null dereference"]
    assert [violation.property for violation in explore(system, Options()).violations] == expected


@pytest.mark.parametrize("reductions", [frozenset(), frozenset(REDUCTIONS)])
def test_a_property_fails_if_it_fails_for_one_page_of_a_pool(reductions: frozenset[str]) -> None:
    model = f"model: found\n{TWO_PAGES.replace('STATEMENT', 'x = 1')}"
    model += "invariants: {some: x == 0 or any(p.next.mark == 1 for p in Page)}\n"
    with pytest.raises(PropertyError, match="null dereference"):
        explore(load_model(ModelSource("found.yaml", None, model), [], {}).system, Options(reductions=reductions))


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
