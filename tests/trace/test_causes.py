# SPDX-License-Identifier: GPL-2.0-only
"""An automatic check that fails says of what: the cell, local, lock or expression, as the model calls it."""

from __future__ import annotations

import re

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.engine.options import Options
from dfsrace.engine.reference import explore
from dfsrace.language import ModelSource, load_model
from dfsrace.operations import check, replay
from dfsrace.render.report_text import trace_lines
from dfsrace.render.style import Drawing, plain
from dfsrace.trace.record import Trace
from dfsrace.trace.replay import Replayer

HEAD = """\
model: t
types: {I: 0..1, Page: pool(2), Mm: [A, B]}
state:
  slot[I]: I
  may: I | None
  x: 0..8 = 7
  n: 0..2
  sem: semaphore = 1
  rw: rwlock
  Page.mapping: Page | None
  Page.num: 0..3
  Mm.first: Page | None
  Mm.pages[I]: Page | None
procedures: |
  def follow(vma: Page):
      q = vma.mapping.mapping
  def look(mm: Mm, i: I) -> Page | None:
      return mm.pages[i]
  def same(c: I) -> I:
      d = c
      return d
  def seven(c: I) -> I:
      n = c
      return x
setup: |
  A.first = alloc(Page)
"""
VARIES = "  other: |\n    x = 7\n    may = None\n    B.first = None\n    A.pages[0] = None\n    slot[0] = 0\n"

OUT_OF_RANGE = {
    "n = n + 5": "n: 5 is not in 0..2",
    "A.first.num = x": "page0.num: 7 is not in 0..3",
    "y: I = n\ny = y + 2": "y: 2 is not in 0..1",
    "k = same(x)": "c: 7 is not in 0..1",
    "n = seven(0)": "the result of seven: 7 is not in 0..1",
    "slot[x] = 1": "the index in slot[x]: 7 is not in 0..1",
    "n = slot[n + x]": "the index in slot[n + x]: 7 is not in 0..1",
    "wait_event(all(slot[i + 1] == 0 for i in I))": "the index in slot[i + 1] for i = 1: 2 is not in 0..1",
    "n = 1 if any(slot[i] == 1 for i in I) or choose(j for j in I if slot[j + 1] == 0) == 0 else 0": (
        "the index in slot[j + 1] for j = 1: 2 is not in 0..1"
    ),
    "n = 5 // n": "the divisor n is 0",
    "n = 5 % (7 - x)": "the divisor 7 - x is 0",
    "n = 5 // 0": "the divisor is 0",
    "wait_event(any(5 // p.num == 1 for p in Page))": "the divisor p.num is 0 for p = page0",
    "atomic_dec(n)": "n: -1 is not in 0..2",
    "xchg(n, x)": "n: 7 is not in 0..2",
    "up(sem)": "sem: already at its maximum, 1",
    "read_lock(rw)\n" * 4: "rw: held for reading 3 times already, the most that a thread may",
}
NONE = {
    "B.first.num = 1": "B.first is None",
    "p = B.first\nn = 1\np.num = 1": "p is None",
    "follow(B.first)": "B.first is None",
    "follow(A.first)": "vma.mapping is None",
    "look(A, n).num = 1": "the result of look is None",
    "n = may": "may is None",
    "n = may + 1": "may is None",
    "slot[may] = 1": "may is None",
    "wait_event(A.first.mapping.num == 1)": "A.first.mapping is None",
    "assert all(A.pages[i].num == 1 for i in I)": "A.pages[i] is None for i = 0",
    "q = choose(p for p in Page if p.mapping.num == 0)": "p.mapping is None for p = page0",
    "with atomic:\n  A.first.mapping.num = 1": "A.first.mapping is None",
}
CONSTANT = {
    "n = may": "n cannot be None",
    "n = may + 1": "an operand is None",
    "slot[may] = 1": "the index in slot[None] cannot be None",
    "B.first.num = 1": "None has no num",
}


def trace_of(code: str, name: str, others: str = VARIES) -> Trace:
    lines = "".join(f"    {line}\n" for line in code.splitlines())
    system = load_model(ModelSource("t.yaml", None, f"{HEAD}threads:\n  a: |\n{lines}{others}"), [], {}).system
    found = next(v for v in explore(system, Options()).violations if v.property == name)
    assert found.schedule is not None
    return Replayer(system).trace(found.schedule, name)


@pytest.mark.parametrize("code", OUT_OF_RANGE)
def test_what_a_value_does_not_fit_is_named(code: str) -> None:
    assert trace_of(code, "value out of range").message.endswith(f": {OUT_OF_RANGE[code]}")


@pytest.mark.parametrize("code", NONE)
def test_what_was_none_is_named(code: str) -> None:
    assert trace_of(code, "null dereference").message.endswith(f": {NONE[code]}")


@pytest.mark.parametrize("code", CONSTANT)
def test_where_only_a_constant_is_left_it_is_said_what_needs_a_value(code: str) -> None:
    assert trace_of(code, "null dereference", "").message.endswith(f": {CONSTANT[code]}")


def test_locals_that_share_a_place_are_told_apart() -> None:
    code = "one: I = n\nslot[0] = one\ntwo: I = n\nslot[1] = two\ntwo = two + 2"
    assert trace_of(code, "value out of range").message.endswith(": two: 2 is not in 0..1")


@pytest.mark.parametrize(
    "name, code", [("value out of range", "n = n + 5"), ("null dereference", "p = B.first\np.num = 1")]
)
def test_the_lanes_and_the_explanation_say_it_too(name: str, code: str) -> None:
    trace = trace_of(code, name)
    said = trace.message.split(": ", 1)[1]
    drawn = plain(trace_lines(trace, Drawing(), trace.message)).splitlines()
    assert trace.explanation.failing == said
    assert any(re.search(rf"✗ {re.escape(said)}", line) for line in drawn)
    assert f"({said})" in trace.explanation.sentences[0]


# ---- properties without a value

PROPERTIES = {
    "may == x": None,
    "slot[may] == 0": "`null dereference`: may is None",
    "B.first.num == 0": "`null dereference`: B.first is None",
    "all(mm.first.num == 0 for mm in Mm)": "`null dereference`: mm.first is None for mm = B",
    "any(p.mapping.num == 0 for p in Page)": "`null dereference`: p.mapping is None for p = page0",
    "slot[x] == 0": "`value out of range`: the index in slot[x]: 7 is not in 0..1",
    "all(slot[i + 1] == 0 for i in I)": "`value out of range`: the index in slot[i + 1] for i = 1: 2 is not in 0..1",
    "6 // n == 3": "`value out of range`: the divisor n is 0",
    "finished(cpu0) and sum(x % slot[i] for i in I) == 0": "`value out of range`: the divisor slot[i] is 0 for i = 0",
}


@pytest.mark.parametrize("claim", PROPERTIES)
@pytest.mark.parametrize("at", ["", ", at: end"])
def test_a_property_without_a_value_says_what_it_lacks(claim: str, at: str) -> None:
    text = f"{HEAD}threads:\n  cpu0: may = None\n{VARIES}invariants:\n  claim: {{holds: '{claim}'{at}}}\n"
    found = PROPERTIES[claim]
    if found is None:
        assert check(text).violated == ("claim",)
        return
    for attempt in (lambda: check(text), lambda: replay(text, "cpu0 other*6")):
        with pytest.raises(ModelError) as caught:
            attempt()
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "DR612"
        assert diagnostic.message == f"evaluating 'claim' meets the violation {found}"
