# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a mutant: killed, equivalent, survived, or counted apart; what the score is made of."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.engine.reference.stepping import ConcreteState, Stepper
from dfsrace.operations import Model, load
from dfsrace.study.mutate import Judged, MutationReport, Result, Row, judge, original, rows_of, suite_name, together
from dfsrace.study.mutation_table import counts_line, floored, mutation_table, score_line, too_low
from dfsrace.study.survivors import WrongList, explained, read_reasons, stale
from dfsrace.study.valuations import Shared, reached
from dfsrace.system.memory import Memory
from dfsrace.system.system import System
from dfsrace.system.types import LockType, PoolType, StampType, Value, base_of
from tests.cli.running import HOLDS

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"

COUNTER = """\
model: Two increments under a lock, and a flag
state: {x: 0..2, done: bool, other: bool, l: spinlock}
procedures: |
  def add():
      with l:
          x = x + 1
      done = True
      other = True
threads:
  a: add()
  b: add()
invariants:
  both_count: {at: end, holds: x == 2}
"""


def judged(model: Model, options: Options | None = None) -> dict[str, Judged]:
    """What a model says of each of its mutants."""
    options = options or Options()
    known = original(model, options)
    return {mutant.name: judge(known, mutant, options) for mutant in known.mutants}


def text(body: str) -> Model:
    return load(body, name="m")


# ---- results


def test_a_lost_update_kills_the_missing_lock_with_its_steps() -> None:
    found = judged(text(HOLDS))["drop-lock:add:with l"]
    assert (found.result, found.violated) == ("killed", (("both_count", 4),))


def test_stores_that_anybody_may_see_in_either_order_survive_where_no_property_looks() -> None:
    found = judged(text(COUNTER))["swap-order:add:done = True <-> other = True"]
    assert found.result == "survived"
    assert found.because == "reaches 2 shared states more and 2 fewer"


def test_a_barrier_makes_no_difference_under_sequential_consistency() -> None:
    found = judged(load(MODELS / "2003-truncate-count" / "local-truncate.yaml"))
    barriers = {name: one for name, one in found.items() if name.startswith("drop-barrier")}
    assert len(barriers) == 4
    assert {one.result for one in barriers.values()} == {"equivalent"}


def test_a_mutant_that_reaches_the_same_states_by_other_steps_is_equivalent() -> None:
    model = text(COUNTER.replace("      done = True\n      other = True\n", "      with l:\n          done = True\n"))
    found = judged(model)["drop-lock:add:with l#2"]
    assert (found.result, found.because) == ("equivalent", "the same states are reachable")


def test_a_mutant_is_killed_by_the_violation_that_it_lacks_too() -> None:
    model = text(HOLDS.replace("          x = x + 1\n", "          if x == 0:\n              x = x + 1\n"))
    assert original(model, Options()).found.names == {"both_count"}
    found = judged(model)["drop-recheck:add:if x == 0"]
    assert (found.result, found.violated) == ("killed", ())


def test_what_is_not_explored_whole_is_inconclusive_and_never_killed() -> None:
    model = text(HOLDS)
    known = original(model, Options())
    cut = [judge(known, mutant, Options(states=3)) for mutant in known.mutants]
    assert {one.result for one in cut} == {"inconclusive"}
    assert {one.because for one in cut} == {"more than 3 states"}


def test_a_pool_that_a_mutant_exhausts_makes_it_inconclusive() -> None:
    model = text(
        """\
model: One page at a time
types: {Page: pool(1)}
state: {page: Page | None, l: mutex}
procedures: |
  def use():
      with l:
          page = alloc(Page)
          page = None
threads: {a: use(), b: use()}
"""
    )
    found = judged(model)["drop-lock:use:with l"]
    assert (found.result, found.because) == ("inconclusive", "pool Page exhausted")


def test_a_mutant_that_never_comes_to_a_shared_access_is_no_model() -> None:
    model = text(
        """\
model: A spin lock of its own
state: {x: 0..1, l: spinlock}
procedures: |
  def f():
      while True:
          if spin_trylock(l):
              break
      x = 1
      spin_unlock(l)
      while True:
          with l:
              pass
threads: {a: f()}
"""
    )
    found = judged(model)["drop-lock:f:with l"]
    assert found.result == "no model"
    assert "loops without a shared access" in found.because


# ---- suites


def test_one_model_of_a_suite_is_enough_to_kill() -> None:
    results: list[list[Result]] = [["killed", "survived"], ["survived", "equivalent"], ["equivalent", "no model"]]
    assert [together(one) for one in results] == ["killed", "survived", "equivalent"]
    assert together(["survived", "inconclusive"]) == "inconclusive"
    assert together(["killed", "bug"]) == "bug"


def test_models_with_the_same_includes_and_no_code_are_one_suite() -> None:
    names = [
        suite_name(load(MODELS / f"{name}.yaml", name=name))
        for name in (
            "2003-truncate-lock/dfs",
            "2003-truncate-lock/local-truncate",
            "2003-truncate-lock/section-after-zap",
        )
    ]
    assert names == ["vm+truncate_lock+coherence"] * 2 + ["2003-truncate-lock/section-after-zap"]


def test_a_suite_lists_each_mutant_once() -> None:
    known = [
        original(load(MODELS / "2003-truncate-lock" / f"{name}.yaml", name=name), Options())
        for name in ("dfs", "local-truncate")
    ]
    rows = rows_of("s", known, {})  # type: ignore[arg-type]
    names = [row.mutant for row in rows]
    assert len(names) == len(set(names))
    assert {len(row.judged) for row in rows} == {1, 2}


# ---- the score


def row(result: Result, mutant: str = "drop-lock:f:with l", reason: str = "") -> Row:
    return Row("s", mutant, "drop-lock", "f", "without it", "m.yaml:1", (Judged("m", result),), reason)


def report(*results: Result, **given: object) -> MutationReport:
    rows = tuple(row(result, f"drop-lock:f:{number}") for number, result in enumerate(results))
    return MutationReport((), rows, **given)  # type: ignore[arg-type]


def test_the_score_counts_all_but_equivalent_mutants_and_those_that_are_no_model() -> None:
    found = report("killed", "killed", "survived", "inconclusive", "not tried", "equivalent", "no model")
    assert (found.denominator, found.score) == (5, 0.4)
    assert score_line(found) == "Score 0.40: 2 of 5 mutants killed."
    assert counts_line(found) == (
        "Of all 7: 1 survived, 0 of them with a reason, 1 inconclusive, 1 not tried."
        " Not counted: 1 equivalent, 1 no model."
    )


def test_a_score_is_never_rounded_up() -> None:
    assert floored(0.999) == "0.99"
    assert floored(0.29) == "0.29"
    assert too_low(report("killed", "survived"), 0.51)
    assert not too_low(report("killed", "survived"), 0.5)
    assert not too_low(report("equivalent"), 1.0)


def test_a_survivor_with_a_reason_is_excused_and_not_killed() -> None:
    excused = MutationReport((), (row("survived", reason="because"), row("killed")))
    assert excused.unexplained == ()
    assert excused.score == 0.5


def test_the_table_has_every_mutant_for_programs_and_hides_what_it_was_told_to() -> None:
    found = report("killed", "equivalent", "survived")
    table = mutation_table(found, frozenset({"equivalent"}))
    assert len(table.rows) == 2
    assert [record["result"] for record in table.records] == ["killed", "equivalent", "survived"]
    assert "Survives without a reason: s: drop-lock:f:2" in table.notes


# ---- the list of survivors


def reasons(folder: Path, content: str) -> Path:
    path = folder / "mutants.toml"
    path.write_text(content, encoding="utf-8")
    return path


SOURCE = "Nobody looks in between. Piggin, commit d00806b1831."


def test_a_reason_excuses_a_survivor_of_its_suite_alone(tmp_path: Path) -> None:
    found = read_reasons(reasons(tmp_path, f'["s"]\n"drop-lock:f:0" = "{SOURCE}"\n'))
    rows = explained(report("survived", "survived").rows, found)
    assert [row.reason for row in rows] == [SOURCE, ""]
    assert stale(rows, found) == ()


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("killed", "s: drop-lock:f:0 is listed as a survivor, but it is killed"),
        ("equivalent", "s: drop-lock:f:0 is listed as a survivor, but it is equivalent"),
        ("no model", "s: drop-lock:f:0 is listed as a survivor, but it is no model any more"),
    ],
)
def test_a_reason_for_what_does_not_survive_is_stale(result: Result, said: str) -> None:
    assert stale(report(result).rows, {"s": {"drop-lock:f:0": SOURCE}}) == (said,)


def test_a_reason_for_no_mutant_and_for_no_suite_is_stale() -> None:
    found = stale(report("survived").rows, {"s": {"drop-lock:f:9": SOURCE}, "t": {}})
    assert found == ("s: there is no mutant drop-lock:f:9", "t: no such suite was asked")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nonsense", "no TOML"),
        ('s = "x"', "no table"),
        ('["s"]\n"m" = 3', "no sentence"),
        ('["s"]\n"m" = "fine"', "no sentence"),
        ('["s"]\n"m" = "It is quite all right as it is."', "names no source"),
    ],
)
def test_a_list_without_sentences_and_sources_is_refused(content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(WrongList, match=said):
        read_reasons(reasons(tmp_path, content))


# ---- the same states


def naive_states(system: System) -> set[ConcreteState]:
    """All states, without any renaming, by the plain interpreter."""
    stepper = Stepper(system)
    found = set(stepper.initial_states())
    waiting = list(found)
    while waiting:
        state = waiting.pop()
        for thread in range(len(system.threads)):
            for result in stepper.results(state, thread):
                if result.state is not None and result.state not in found:
                    found.add(result.state)
                    waiting.append(result.state)
    return found


def naive_valuation(system: System, cells: Iterable[Value]) -> tuple[object, ...]:
    """The least of what the cells look like under all permutations of pool values, stamps numbered in order."""
    values, memory = list(cells), Memory(system.variables, len(system.threads))
    pools = {pool: memory.visible(values, pool) for pool in memory.pools}
    assert len(pools) == 1
    ((pool, visible),) = pools.items()
    return min(
        _under(system, memory, values, dict(zip(visible, order, strict=True)), pool)
        for order in permutations(range(len(visible)))
    )


def _under(
    system: System, memory: Memory, values: list[Value], renamed: dict[int, int], pool: PoolType
) -> tuple[object, ...]:
    shown: dict[tuple[int, tuple[Value, ...]], Value] = {}
    for index, cell in enumerate(memory.cells):
        owner = memory.owner_of(index)
        if isinstance(system.variables[cell.variable].type, LockType) or (owner and owner[1] not in renamed):
            continue
        value = values[index]
        if base_of(cell.type) == pool and value is not None:
            value = renamed[value]
        shown[cell.variable, (renamed[owner[1]], *cell.position[1:]) if owner else cell.position] = value
    stamps: dict[object, dict[Value, int]] = {}
    out = []
    for (variable, position), value in sorted(shown.items(), key=str):
        kind = base_of(system.variables[variable].type)
        if isinstance(kind, StampType) and value is not None:
            known = stamps.setdefault(kind, {})
            value = known.setdefault(value, len(known))
        out.append((variable, position, -1 if value is None else value))
    return tuple(out)


@pytest.mark.parametrize("name", ["2003-truncate-count/local-truncate", "2003-unfixed/remote-write"])
def test_two_states_have_one_valuation_just_where_they_differ_by_a_renaming(name: str) -> None:
    system = load(MODELS / f"{name}.yaml").system
    shared = Shared(system)
    ours: dict[object, set[object]] = {}
    for state in naive_states(system):
        ours.setdefault(shared.of(state.cells), set()).add(naive_valuation(system, state.cells))
    theirs = [one for group in ours.values() for one in group]
    assert all(len(group) == 1 for group in ours.values())
    assert len(theirs) == len(set(theirs))
    assert frozenset(ours) == reached(system, Options()).valuations


def test_valuations_do_not_depend_on_reductions() -> None:
    system = load(MODELS / "2003-linux-2.6" / "truncate-shared.yaml").system
    every, none = (
        reached(system, Options(reductions=frozenset(names))) for names in (("pools", "stamps", "threads"), ())
    )
    assert every.valuations == none.valuations
    assert every.final == none.final
    assert every.states < none.states
