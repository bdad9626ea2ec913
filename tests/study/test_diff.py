# SPDX-License-Identifier: GPL-2.0-only
"""Two versions of a model: what is called the same, what differs, and traces that one version alone has."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference import EnginesDisagree
from dfsrace.engine.reference.stepping import ConcreteState, Stepper
from dfsrace.language.mutation import mutants
from dfsrace.operations import Model, load
from dfsrace.study import histories
from dfsrace.study.diff import Difference, difference, trace_of
from dfsrace.study.histories import Event, TooMany, Version, common_variables, events_made, extra
from dfsrace.study.mutate import mutated
from tests.cli.running import ENDLESS, HOLDS, LOST

MODELS = Path(__file__).resolve().parents[2] / "models"

STORES = """\
model: Two stores and somebody who looks
state: {x: bool, y: bool, seen: bool}
procedures: |
  def writer():
      x = True
      y = True

  def reader():
      v = y
      if v:
          seen = not x
threads: {w: writer(), r: reader()}
"""
SWAPPED = STORES.replace("      x = True\n      y = True\n", "      y = True\n      x = True\n")


def text(body: str, name: str = "m") -> Model:
    return load(body, name=name)


def compared(old: str, new: str, options: Options | None = None) -> Difference:
    return difference(text(old, "old"), text(new, "new"), options or Options())


def status(found: Difference, name: str) -> tuple[str, str]:
    return next((change.old, change.new) for change in found.properties if change.name == name)


# ---- what is the same


@pytest.mark.parametrize(
    "edited",
    [
        HOLDS,
        HOLDS.replace("x = x + 1", "x = x + 1       # a comment"),
        HOLDS.replace("          x = x + 1", "          old = x\n          x = old + 1"),
        HOLDS.replace("x = x + 1", "x += 1"),
        HOLDS.replace("def add", "def plus").replace("add()", "plus()"),
    ],
    ids=["itself", "comment", "local", "augmented", "renamed procedure"],
)
def test_how_it_is_written_makes_no_difference(edited: str) -> None:
    found = compared(HOLDS, edited)
    assert found.same
    assert found.decided
    assert found.traces == ()


def test_a_lock_that_excludes_nothing_changes_counts_alone() -> None:
    found = compared(
        HOLDS, HOLDS.replace("      with l:\n", "      x = x\n      with l:\n").replace("      x = x\n", "", 1)
    )
    assert found.same
    more = HOLDS.replace("  l: spinlock\n", "  l: spinlock\n  k: spinlock\n").replace(
        "with l:\n          x = x + 1", "with k:\n          with l:\n              x = x + 1"
    )
    found = compared(HOLDS, more)
    assert found.same
    assert found.old.outcome.states < found.new.outcome.states


# ---- what differs


def test_a_missing_lock_is_a_new_violation_with_its_counterexample_and_another_outcome() -> None:
    found = compared(HOLDS, LOST)
    assert not found.same
    assert (found.old.verdict, found.new.verdict) == ("holds", "violated")
    assert status(found, "both_count") == ("holds", "violated")
    assert [dict(outcome) for outcome in found.only_new] == [{"x": "1"}]
    assert found.only_old == ()
    assert [(shown.side, shown.why.split()[0]) for shown in found.traces] == [("NEW", "violates"), ("NEW", "changes")]
    assert found.traces[0].trace.violated == ("both_count",)


def test_an_order_of_stores_is_seen_though_the_sets_of_outcomes_are_alike() -> None:
    found = compared(
        STORES.replace("          seen = not x\n", "          pass\n"),
        SWAPPED.replace("          seen = not x\n", "          pass\n"),
    )
    assert found.outcomes == (1, 1)
    assert not found.only_old and not found.only_new
    assert not found.same
    assert [(shown.side, len(shown.trace.steps)) for shown in found.traces] == [("OLD", 1), ("NEW", 1)]


def test_it_makes_a_difference_who_it_is() -> None:
    old = STORES[: STORES.index("procedures")] + "threads: {w: x = True, r: y = True}\n"
    new = old.replace("w: x = True, r: y = True", "w: y = True, r: x = True")
    found = compared(old, new)
    assert found.outcomes == (1, 1)
    assert [len(shown.trace.steps) for shown in found.traces] == [1, 1]


def test_what_only_a_reorder_lets_the_reader_see_is_an_outcome_of_one_version() -> None:
    found = compared(STORES, SWAPPED)
    assert found.only_old == ()
    assert [dict(outcome) for outcome in found.only_new] == [{"seen": "True", "x": "True", "y": "True"}]


def test_a_property_that_is_there_no_more_differs() -> None:
    found = compared(HOLDS, HOLDS[: HOLDS.index("invariants:")])
    assert status(found, "both_count") == ("holds", "absent")
    assert not found.same


def test_a_reach_that_is_met_no_more_differs() -> None:
    reach = HOLDS + "reach: {one: x == 1}\n"
    never = reach.replace("x = x + 1", "x = 2").replace("holds: x == 2", "holds: x <= 2")
    found = compared(reach.replace("holds: x == 2", "holds: x <= 2"), never)
    assert status(found, "one") == ("met", "violated")


def test_an_automatic_violation_of_one_version_shows() -> None:
    new = HOLDS.replace("          x = x + 1\n", "          x = x + 1\n      spin_lock(l)\n")
    found = compared(HOLDS, new)
    assert status(found, "lock held at exit") == ("holds", "violated")


def test_variables_of_one_version_alone_are_named_and_left_out() -> None:
    new = HOLDS.replace("  l: spinlock\n", "  l: spinlock\n  extra: bool\n").replace(
        "          x = x + 1\n", "          x = x + 1\n          extra = True\n"
    )
    found = compared(HOLDS, new)
    assert found.apart == ("extra (NEW)",)
    assert found.variables == ("x",)
    assert found.same


def test_another_initial_value_differs_before_the_first_step() -> None:
    found = compared(
        HOLDS.replace("holds: x == 2", "holds: x >= 0"),
        HOLDS.replace("x: 0..2", "x: 0..3 = 1").replace("holds: x == 2", "holds: x >= 0"),
    )
    assert [len(shown.trace.steps) for shown in found.traces] == [0, 0]


# ---- what is not known


def test_a_search_that_was_cut_is_said_not_to_be_compared() -> None:
    found = compared(HOLDS, ENDLESS, Options(states=2000))
    assert not found.decided
    assert "NEW: the search is not complete" in found.unknown
    assert found.outcomes is None


def test_too_many_states_are_said_not_to_be_compared() -> None:
    found = difference(text(HOLDS), text(HOLDS), Options(), states=3)
    assert found.same
    assert found.unknown == ("outcomes and histories are compared up to 3 states",)


def test_a_search_over_pairs_can_be_bounded() -> None:
    one, other = versions(text(HOLDS), text(HOLDS))
    with pytest.raises(TooMany):
        extra(one, other, Options(), most=3)


# ---- histories against an oracle


def versions(old: Model, new: Model) -> tuple[Version, Version]:
    names = common_variables(old.system, new.system)
    return Version(old.system, names), Version(new.system, names)


def histories_of(version: Version) -> dict[tuple[Event, ...], int]:
    """Every history, with the length of a shortest interleaving that makes it: by enumeration, without renaming."""
    stepper, names = Stepper(version.system), [thread.name for thread in version.system.threads]
    found: dict[tuple[Event, ...], int] = {}
    level: dict[tuple[ConcreteState, tuple[Event, ...]], None] = {
        (state, (("", version.look(state.cells)),)): None for state in stepper.initial_states()
    }
    seen = set(level)
    steps = 0
    while level:
        following: dict[tuple[ConcreteState, tuple[Event, ...]], None] = {}
        for state, history in level:
            found.setdefault(history, steps)
            if all(stepper.has_finished(state)):
                found.setdefault((*history, ("", history[-1][1])), steps)
            for thread in range(len(names)):
                for result in stepper.results(state, thread):
                    if result.state is None:
                        continue
                    event = (names[thread], version.look(result.state.cells))
                    longer = history if event[1] == history[-1][1] else (*history, event)
                    if (result.state, longer) not in seen:
                        seen.add((result.state, longer))
                        following[result.state, longer] = None
        level, steps = following, steps + 1
    return found


def shortest_alone(one: Version, other: Version) -> int | None:
    """The length of a shortest interleaving whose history the other lacks, None for none: by the enumerations."""
    mine, theirs = histories_of(one), histories_of(other)
    return min((steps for history, steps in mine.items() if history not in theirs), default=None)


def check_both_ways(old: Model, new: Model) -> int:
    """Compares both directions with the oracle; how many of them have something of their own."""
    pair = versions(old, new)
    count = 0
    for one, other in (pair, pair[::-1]):
        found, expected = extra(one, other, Options()), shortest_alone(one, other)
        assert (None if found is None else found.steps) == expected
        count += found is not None
    return count


@pytest.mark.parametrize(("old", "new"), [(HOLDS, LOST), (STORES, SWAPPED), (HOLDS, HOLDS)])
def test_the_shortest_trace_of_one_version_alone_is_what_enumeration_finds(old: str, new: str) -> None:
    check_both_ways(text(old), text(new))


@pytest.mark.parametrize("name", ["2003-truncate-lock/local-truncate", "2007-locked-fault/local-truncate"])
def test_mutants_have_the_traces_of_their_own_that_enumeration_finds(name: str) -> None:
    model = load(MODELS / f"{name}.yaml")
    typed = [m for m in mutants(model.loaded.typed, model.system) if m.model is not None]
    apart = [check_both_ways(model, mutated(model, mutant)) for mutant in typed]
    assert 0 in apart
    assert 1 in apart or 2 in apart


def test_a_trace_of_one_version_alone_is_replayed_on_both(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = versions(text(LOST), text(HOLDS))
    found = extra(one, other, Options())
    assert found is not None
    events = [*history_of(one, found.schedule), ("", frozenset({("x", "1")}))]
    assert events_made(other, events) == len(events) - 1
    assert events_made(one, events) == len(events)
    monkeypatch.setattr(histories, "events_made", lambda version, events: len(events))
    with pytest.raises(EnginesDisagree):
        extra(one, other, Options())


def history_of(version: Version, schedule: Schedule) -> list[Event]:
    """The history of a schedule, by the plain interpreter."""
    start, results = Stepper(version.system).follow(schedule)
    events: list[Event] = [("", version.look(start.cells))]
    for result in results:
        assert result.state is not None
        seen = version.look(result.state.cells)
        if seen != events[-1][1]:
            events.append((version.system.threads[result.thread].name, seen))
    return events


def test_a_trace_that_violates_nothing_is_drawn_all_the_same() -> None:
    system = text(STORES).system
    one, other = versions(text(STORES), text(SWAPPED))
    found = extra(one, other, Options())
    assert found is not None
    trace = trace_of(system, found.schedule)
    assert [step.thread_name for step in trace.steps] == ["w"]
    assert trace.violated == ()
