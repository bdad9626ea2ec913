# SPDX-License-Identifier: GPL-2.0-only
"""What came too early to undo the store of a stale value: said where it is so, and only there."""

from __future__ import annotations

import pytest

from dfsrace.operations import load, replay
from dfsrace.trace.early import too_early
from dfsrace.trace.record import Early, Explanation, Mark, Stale

MODEL = """\
model: A fault against who zaps and drops
types: {{Page: pool(1)}}
state: {{cache: Page | None, pte: Page | None, seen: bool}}
setup: |
  cache = alloc(Page)
procedures: |
  def fault():
      page = cache
      pte = page
  def zap():
      pte = None
  def zap_if_there():
      if pte is not None:
          pte = None
  def look():
      seen = pte is not None
threads:
  cpu0: fault()
  cpu1: |
    {first}
    cache = None
    {then}
  cpu2: |
    {other}
invariants:
  what_is_mapped_is_cached: pte is None or cache is not None
"""


def said(first: str, schedule: str, then: str = "pass", other: str = "pass") -> tuple[str, ...]:
    """The sentences after the first one of the explanation of a schedule that violates the invariant."""
    model = load(MODEL.format(first=first, then=then, other=other))
    trace = replay(model, schedule, violated="what_is_mapped_is_cached")
    assert trace.explanation.sentences[0].startswith("cpu0 sets pte in step ")
    return trace.explanation.sentences[1:]


@pytest.mark.parametrize("zap", ["zap", "zap_if_there"])
def test_who_emptied_or_looked_whether_to_before_it_was_filled_came_too_early(zap: str) -> None:
    assert said(f"{zap}()", "cpu0 cpu1*2 cpu0") == (
        f"cpu1's {zap} in step 2 came too early: pte was still None, and cpu0 set it in step 4; "
        "cpu1 did not empty it after that.",
    )


def test_that_a_thread_did_not_come_back_is_said_only_of_one_that_has_ended() -> None:
    assert said("zap()", "cpu0 cpu1*2 cpu0", then="seen = True") == (
        "cpu1's zap in step 2 came too early: pte was still None, and cpu0 set it in step 4.",
    )


def test_a_store_outside_any_procedure_is_called_a_store() -> None:
    (sentence,) = said("pte = None", "cpu0 cpu1*2 cpu0")
    assert sentence.startswith("cpu1's store in step 2 came too early: pte was still None")


def test_what_was_there_before_is_not_still_empty() -> None:
    (sentence,) = said("zap()", "cpu0 cpu2 cpu1*2 cpu0", other="pte = None")
    assert sentence.startswith("cpu1's zap in step 3 came too early: pte was None then")


@pytest.mark.parametrize(
    ("first", "schedule", "other"),
    [
        ("look()", "cpu0 cpu1*3 cpu0", "pass"),  # which would not have emptied it
        ("pass", "cpu0 cpu2 cpu1 cpu0", "zap_if_there()"),  # only who made the value stale may have looked in vain
        ("pass", "cpu0 cpu1 cpu0", "pass"),
    ],
)
def test_nothing_else_came_too_early(first: str, schedule: str, other: str) -> None:
    assert said(first, schedule, other=other) == ()


def test_who_empties_it_again_later_did_not_come_too_early() -> None:
    model = load(MODEL.format(first="zap()", then="zap()", other="pass"))
    trace = replay(model, "cpu0 cpu1*2 cpu0 cpu1")
    places = (Mark(1, 0), Mark(4, 0), Mark(3, 0))
    found = Explanation((), Stale(places[0], places[2], "cache"), "", places)
    assert too_early(model.system, trace.steps[:4], found) == Early(Mark(2, 0), "pte", Mark(4, 0))
    assert too_early(model.system, trace.steps, found) is None
