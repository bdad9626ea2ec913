# SPDX-License-Identifier: GPL-2.0-only
"""A property that has no value in some state is the same error, word for word, whichever engine meets it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.engine.native import Machine, explaining, explore_native, run
from dfsrace.engine.native.library import NativeSearch
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import EnginesDisagree, PropertyError, explore
from dfsrace.language import ModelSource, load_model
from dfsrace.operations import check
from dfsrace.system import System
from dfsrace.trace.causes import of_property
from tests.trace.test_causes import HEAD, PROPERTIES, VARIES

CLAIMS = [claim for claim, found in PROPERTIES.items() if found is not None]
BEYOND = [0, explaining.SHORT]

# Two counters reach 3 at one depth, by themselves or together: which state is met first depends on the engine.
SEVERAL = """\
model: t
types: {I: 0..2, N: 0..6}
state:
  n[I]: N
  slot[N]: bool
procedures: |
  def count(i: I):
      while n[i] < 6:
          n[i] += 1
threads: {a: count(0), b: count(1), c: count(2)}
invariants:
  other: '6 // (3 - n[2]) > 0 or n[0] == 6'
  claim: 'all(not slot[n[i] + 4] for i in I)'
"""
# The step that stores 2 ends in a violation, so that it leads to no state, but to cells that are judged.
AFTER = """\
model: t
types: {I: 0..1}
state:
  x: 0..2
  y: 0..9
  slot[I]: I
threads:
  a: |
    while x < 2:
        x += 1
    v = x
    y = 2
    k: I = v
  b: |
    for i in I:
        y = i
invariants:
  claim: slot[0 if y < 2 else y] == 0
"""
# In the first of many initial states, and before the first step where that has no state.
AT_FIRST = """\
model: t
types: {I: 0..1, N: 0..9}
state:
  x: N
  slot[I]: I
threads: {a: x = 1}
setup: |
  x = choose(n for n in N)
invariants:
  claim: slot[x] == 0
"""


def system_of(text: str) -> System:
    return load_model(ModelSource("m.yaml", None, text), [], {}).system


def claimed(claim: str, at: str = "") -> str:
    return f"{HEAD}threads:\n  cpu0: may = None\n{VARIES}invariants:\n  claim: {{holds: '{claim}'{at}}}\n"


def error_of(text: str, options: Options, machine: Machine | None) -> tuple[str, str]:
    """An engine's error, and what people read."""
    system = system_of(text)
    with pytest.raises(PropertyError) as caught:
        if machine is None:
            explore(system, options)
        else:
            explore_native(system, options, machine)
    return str(caught.value), of_property(system, caught.value)


@pytest.mark.parametrize("short", BEYOND, ids=["long", "short"])
@pytest.mark.parametrize("claim", CLAIMS)
def test_both_engines_say_what_a_property_lacks(
    claim: str, short: int, quick: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "SHORT", short)
    for at, options in product(("", ", at: end"), (Options(), Options(switches=9))):
        expected = error_of(claimed(claim, at), options, None)
        assert expected[1]
        assert error_of(claimed(claim, at), options, quick) == expected


@pytest.mark.parametrize("short", BEYOND, ids=["long", "short"])
@pytest.mark.parametrize("text", [AFTER, AT_FIRST], ids=["after", "at-first"])
@pytest.mark.parametrize("switches", [None, 9])
def test_wherever_it_is_met(
    text: str, short: int, switches: int | None, quick: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "SHORT", short)
    options = Options(switches=switches)
    expected = error_of(text, options, None)
    assert expected[1]
    found = error_of(text, options, quick)
    assert found == expected or (short == 0 and text == AT_FIRST and found[0] == expected[0] and found[1])


@pytest.mark.parametrize(
    "options", [Options(), Options(reductions=frozenset()), Options(switches=5), Options(first=True)]
)
def test_of_several_states_both_name_the_same(options: Options, quick: Machine) -> None:
    assert error_of(SEVERAL, options, quick) == error_of(SEVERAL, options, None)


def test_bounds_do_not_keep_it_from_being_explained(quick: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Options] = []

    def noting(system: System, options: Options) -> Outcome:
        asked.append(options)
        return explore(system, options)

    monkeypatch.setattr(explaining, "explore", noting)
    options = Options(states=1_000, seconds=50, memory=1 << 40, switches=5)
    assert error_of(SEVERAL, options, quick) == error_of(SEVERAL, Options(switches=5), None)
    assert asked == [replace(options, states=None, seconds=None)]


def test_a_search_that_is_interrupted_says_what_it_knows(quick: Machine) -> None:
    system, asked = system_of(AFTER), []

    def interrupted() -> bool:
        asked.append(1)
        return len(asked) > 1  # from when the compiled search has ended

    with pytest.raises(PropertyError, match="claim: value out of range") as caught:
        explore_native(system, Options(interrupted=interrupted), replace(quick, slice=60.0))
    assert caught.value.cause is None


def test_an_error_that_the_other_engine_does_not_have_is_a_bug(quick: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        explaining, "explore", lambda system, options: explore(system, replace(options, properties=frozenset()))
    )
    with pytest.raises(EnginesDisagree, match="claim has no value"):
        explore_native(system_of(SEVERAL.replace("- n[2]", "+ n[2]")), Options(), quick)


def test_the_diagnostic_is_the_same_text(tmp_path: Path, objects: Path) -> None:
    said = []
    for options in (Options(engine="reference"), Options(engine="native", objects=objects)):
        with pytest.raises(ModelError) as caught:
            check(claimed(CLAIMS[0]), options=options)
        said.append(caught.value.diagnostics)
    assert said[0] == said[1]
    assert said[0][0].message == f"evaluating 'claim' meets the violation {PROPERTIES[CLAIMS[0]]}"


def test_the_last_states_of_a_level_come_first(quick: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "PIECE", 3)
    seen = []

    def look(error: PropertyError, system: System, options: Options, native: NativeSearch, seeds: object) -> Exception:
        for depth in range(native.statistics().depth + 2):
            pieces = list(explaining.newest(native, depth))
            assert all(len(piece) == 3 for piece in pieces[:-1])
            assert [s for piece in reversed(pieces) for s in piece] == native.level(depth)
            seen.append(len(pieces))
        return error

    monkeypatch.setattr(run, "explained", look)
    with pytest.raises(PropertyError):
        explore_native(system_of(SEVERAL), Options(), quick)
    assert max(seen) > 2
