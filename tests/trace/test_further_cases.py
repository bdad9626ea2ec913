# SPDX-License-Identifier: GPL-2.0-only
"""Cases of the point of no return and of the decisive switch, each as small as it can be, and how they are said."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.operations import check, load, replay
from dfsrace.trace.further import further, with_further
from dfsrace.trace.record import Further, NoReturn
from tests.cli.running import BOTH, DEADLOCK, HOLDS, LOST, dfsrace, model, objects
from tests.trace.test_further import agrees

BEFORE_THE_LAST = """\
model: Until the last step
state: {x: 0..1, stop: bool}
threads:
  a: |
    if not stop:
        x = 1
  b: stop = True
invariants: {never: x == 0}
"""
SPINNING = """\
model: It may spin for ever
state: {x: bool, go: bool}
threads:
  a: |
    while not go:
        pass
    x = True
  b: go = True
invariants: {never: not x}
"""
THREE = """\
model: Two readers, one writer; whoever is kept from it, the other does it
state: {x: bool, bad: bool}
procedures: |
  def read():
      seen = x
      if x != seen:
          bad = True
threads:
  a: read()
  b: read()
  w: x = True
invariants: {same: not bad}
"""
POOL = """\
model: A pool that may be exhausted ahead
types: {Page: pool(1)}
state: {one: Page | None, two: Page | None, x: bool}
threads:
  a: x = True
  b: |
    one = alloc(Page)
    two = alloc(Page)
invariants: {never: not x}
"""
AGAIN = """\
model: Two locks in both orders, again and again
state: {l: mutex, m: mutex}
threads:
  a: |
    while True:
        with l:
            with m:
                pass
  b: |
    while True:
        with m:
            with l:
                pass
"""
ALSO_ALONE = """\
model: What b does if it comes in time, a does alone, later and for a moment
state: {x: bool, y: 0..2}
threads:
  a: |
    y = 1
    y = 2
    y = 0
    y = 2
    x = True
    x = False
  b: |
    if y == 1:
        x = True
invariants: {never: not x}
"""
THE_LAST_FIRST = """\
model: The reader may look before the thread that spoils it, or after
state: {x: bool, ready: bool, spoilt: bool, bad: bool}
threads:
  a: |
    seen = x
    if x != seen:
        bad = True
  b: |
    if not ready:
        spoilt = True
  c: |
    ready = True
    x = True
    if spoilt:
        bad = True
invariants: {same: not bad}
"""
ENDLESS_ALONE = """\
model: Neither ever ends
state: {x: 0..1, y: 0..1}
threads:
  a: |
    while True:
        x = 1 - x
  b: |
    while True:
        y = 1 - y
invariants: {never: x + y != 2}
"""
MORE = [ENDLESS_ALONE, AGAIN, ALSO_ALONE, THE_LAST_FIRST]


def found_in(text: str, options: Options | None = None, name: str = "") -> Further:
    """What is found of the first violation of a model, or of that of a property."""
    report = with_further(check(text), options or Options())
    traces = [v.trace for v in report.violations if v.trace and name in ("", v.violation.property)]
    found = traces[0].explanation.further
    assert found is not None
    return found


def test_a_lost_update_is_lost_when_both_have_read() -> None:
    found = found_in(LOST)
    assert (found.no_return.after, found.no_return.cut) == (2, "")
    assert found.switch is not None and found.switch.always
    assert found.sentences == (
        "There is no way back after step 2: every continuation violates both_count; until then another avoids it.",
        "Had a not been preempted between steps 1 and 2, but run on until it finished, no continuation would have "
        "violated both_count.",
    )


def test_a_switch_that_is_not_made_is_a_schedule_that_replays_and_violates_nothing() -> None:
    found = found_in(LOST)
    assert found.switch is not None
    trace = replay(LOST, found.switch.schedule)
    assert trace.violated == () and len(trace.steps) == 4


def test_until_the_last_step_another_interleaving_may_avoid_it() -> None:
    found = found_in(DEADLOCK)
    assert found.no_return.after == 2
    assert found.sentences[0] == "Until the last step another interleaving avoids it."


def test_what_happens_in_every_interleaving_is_lost_at_once() -> None:
    found = found_in(HOLDS.replace("holds: x == 2", "holds: x == 1"))
    assert found.no_return.after == 0
    assert found.sentences[0] == "Every interleaving from this initial state violates both_count."


def test_what_is_so_from_the_start_has_nothing_to_avoid() -> None:
    found = found_in(HOLDS.replace("    at: end\n    holds: x == 2", "    holds: x == 1"))
    assert (found.no_return, found.switch) == (NoReturn(0, 0, 0), None)
    assert found.sentences == ("It is so from the start: there is nothing to avoid.",)


def test_a_run_that_loops_for_ever_avoids_it_though_it_starves_a_thread() -> None:
    found = found_in(SPINNING)
    # Once go is set nothing can loop; before that a may spin without end, though b could move.
    assert found.no_return.after == 1
    assert "after step 1" in found.sentences[0]


def test_a_run_that_ends_in_another_violation_avoids_this_one() -> None:
    text = BEFORE_THE_LAST.replace("        x = 1", "        x = 1\n    else:\n        assert False")
    assert found_in(text, name="never").no_return.after == 1


def test_what_one_thread_does_alone_has_no_switch() -> None:
    found = found_in(BEFORE_THE_LAST)
    assert found.switch is None
    assert found.sentences[1] == "One thread alone does it: there is no switch."


def test_a_switch_that_had_to_be_made_is_not_decisive() -> None:
    found = found_in(SPINNING.replace("    while not go:\n        pass\n", "    wait_event(go)\n"))
    assert found.switch is None
    assert found.sentences[1].startswith("No switch could have been left out")


def test_where_others_could_still_do_it_only_the_same_order_is_claimed() -> None:
    found = found_in(THREE)
    assert found.switch is not None
    assert (found.switch.thread, found.switch.always) == ("a", False)
    assert found.sentences[1] == (
        "Had a not been preempted between steps 1 and 2, but run on until it finished, with the others after it in the "
        "same order, the run would not have violated same."
    )
    trace = replay(THREE, found.switch.schedule)
    assert trace.violated == ()


def test_a_thread_without_an_end_has_nothing_to_run_on_to() -> None:
    found = found_in(ENDLESS_ALONE)
    assert found.switch is None
    assert "is not known: a thread that goes on instead has no end alone" in found.sentences[1]


def test_what_stops_in_a_loop_is_no_run_to_the_end() -> None:
    found = found_in(AGAIN)
    assert found.switch is None
    assert "is not known: a thread that goes on instead has no end alone" in found.sentences[1]


def test_what_a_thread_violates_alone_is_not_avoided_by_letting_it_run_on() -> None:
    found = found_in(ALSO_ALONE)
    assert found.switch is None
    assert found.sentences[1].startswith("No single switch is decisive")


def test_what_an_exhausted_pool_hides_is_not_known() -> None:
    found = found_in(POOL, Options())
    assert found.no_return.after is None
    assert found.no_return.cut == "pool Page is exhausted"
    assert found.sentences[0] == (
        "It is not known from where on every continuation violates never: pool Page is exhausted."
    )


def test_a_bound_on_states_is_said_and_what_is_known_kept() -> None:
    whole = found_in(LOST)
    seen = set()
    for states in range(1, 12):
        found = found_in(LOST, Options(states=states))
        seen.add(found.no_return.after)
        assert found.no_return.at_latest >= 2
        if found.no_return.after is None:
            assert f"over {states} state" in found.sentences[0]
        else:
            assert found.no_return == whole.no_return
        if found.switch is not None and found.switch.always:
            assert found.switch == whole.switch
    assert seen == {None, 2}


def test_seconds_and_interrupts_end_it_too() -> None:
    ticking = itertools.count()
    cut = found_in(LOST, Options(seconds=1, clock=lambda: float(next(ticking) * 5))).no_return
    assert (cut.after, cut.cut) == (None, "over 1 second")
    report = check(LOST)
    trace = report.violations[0].trace
    assert trace is not None
    assert further(report.system, trace, Options(interrupted=lambda: True)).no_return.cut == "interrupted"


def test_a_trace_that_goes_on_after_its_violation_is_looked_at_as_far_as_that() -> None:
    text = LOST.replace("at: end\n    ", "").replace("x == 2", "x != 1")
    loaded = load(text)
    trace = replay(loaded, "a*2 b")
    assert trace.violated == ("both_count",)
    assert agrees(loaded.system, replay(loaded, "a*2")).no_return == further(loaded.system, trace).no_return


@pytest.mark.parametrize("text", [LOST, DEADLOCK, BOTH, BEFORE_THE_LAST, SPINNING, THREE, *MORE], ids=range(10))
def test_the_cases_are_as_their_graph_has_it(text: str) -> None:
    report = check(text)
    for found in report.violations:
        assert found.trace is not None
        agrees(report.system, found.trace)


def test_check_explain_shows_it_as_text_and_as_json(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    plain = dfsrace("check", path, cwd=tmp_path).stdout
    assert "no way back" not in plain and "avoided:" not in plain
    shown = dfsrace("check", path, "--explain", cwd=tmp_path)
    assert shown.returncode == 12
    assert "There is no way back after step 2" in shown.stdout
    line = next(line for line in shown.stdout.splitlines() if line.startswith("  avoided: "))
    schedule = line.partition("--schedule '")[2].rstrip("'")
    assert dfsrace("replay", path, "--schedule", schedule, cwd=tmp_path).returncode == 0
    (told,) = objects(dfsrace("check", path, "--explain", "--json", cwd=tmp_path).stdout)
    further_ = told["violations"][0]["further"]
    assert further_["no_return"]["after"] == 2
    assert further_["switch"]["schedule"] == schedule
    (without,) = objects(dfsrace("check", path, "--json", cwd=tmp_path).stdout)
    assert without["violations"][0]["further"] is None
    (cut,) = objects(dfsrace("check", path, "--explain", "--json", "--states", "3", cwd=tmp_path).stdout)
    assert all(v["further"] for v in cut["violations"])
