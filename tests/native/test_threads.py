# SPDX-License-Identifier: GPL-2.0-only
"""What is found, and every number, is the same with any number of threads."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.engine.native import Machine, explore_native
from dfsrace.engine.native.build import builder
from dfsrace.engine.native.standalone import Identity, standalone
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome
from dfsrace.language import ModelSource, load_model
from tests.engine.random_systems import random_system
from tests.native.comparing import compared, native, reference, too_large
from tests.native.test_equal import PROJECT, load

ALL = frozenset(REDUCTIONS)
# Small blocks are shared out, too; then blocks are small.
SHARED = ("-DLEAST_BLOCK=4", "-DFEW_SUCCESSORS=1")
BUSY = ("-DBLOCK_SUCCESSORS=512", *SHARED)
VIOLATED = "2003-linux-2.6/invalidate-inside-i_size"
CASES = {
    "violations": (VIOLATED, Options(reductions=frozenset())),
    "violations, renamed": (VIOLATED, Options(reductions=ALL)),
    "violations, traced by the log": (VIOLATED, Options(reductions=frozenset(), minimise=0)),
    "the first violation": (VIOLATED, Options(reductions=frozenset(), first=True)),
    "deadlocks": ("2003-two-counters/retry-waits-for-i_sem", Options(reductions=frozenset(), minimise=0)),
    "a bound": ("textbook/seqlock-readers", Options(reductions=frozenset(), states=12_345)),
    "it holds": ("2003-linux-2.6/two-faults-and-truncate", Options(reductions=ALL)),
}
SANITIZERS = ("thread", "address,undefined")


def counting(loops: bool) -> str:
    """Five threads that count; 4 brings each to an error, all at one depth: a loop without an end or an invariant's."""
    lines = ["model: errors", "types: {Cpu: 0..4, Small: 0..5}", "state:", "  n[Cpu]: Small", "procedures: |"]
    for k in range(5):
        lines += [f"  def count{k}():", f"      while n[{k}] < 5:", f"          n[{k}] += 1"]
        if loops:
            lines += [f"          i: Small = n[{k}]", "          while i == 4:", "              i = 4"]
    lines += ["threads:", *(f"  cpu{k}: count{k}()" for k in range(5)), "invariants:", "  yes: n[0] < 6"]
    if not loops:
        lines += [f"  i{k}: 6 // (4 - n[{k}]) > -9" for k in (3, 1, 4, 0, 2)]
    return "\n".join([*lines, ""])


def everything(outcome: Outcome) -> Outcome:
    return replace(compared(outcome), largest_pools=outcome.largest_pools)


@pytest.mark.parametrize("case", CASES)
def test_1_2_and_5_threads_give_the_same_twenty_times(case: str, quick: Machine) -> None:
    name, options = CASES[case]
    system = load(PROJECT / f"models/{name}.yaml")
    busy = replace(quick, runtime_flags=BUSY)
    expected = everything(explore_native(system, options, busy))
    assert expected.states > 500
    for _ in range(20):
        for threads in (2, 5):
            assert everything(explore_native(system, options, replace(busy, threads=threads))) == expected


def test_small_blocks_change_nothing_but_what_is_found_first(quick: Machine) -> None:
    for name, options in CASES.values():
        system = load(PROJECT / f"models/{name}.yaml")
        expected = everything(explore_native(system, options, quick))
        found = everything(explore_native(system, options, replace(quick, runtime_flags=BUSY, threads=3)))
        if options.states:  # which states are within the bound is a matter of their order
            assert (found.states, found.stopped_by) == (expected.states, expected.stopped_by)
            continue
        if options.minimise == 0:  # each state's parent, too
            assert lengths(found) == lengths(expected)
            expected, found = replace(expected, violations=()), replace(found, violations=())
        assert found == expected


def lengths(outcome: Outcome) -> list[tuple[str, int | None]]:
    """The violated properties, each with the length of its schedule."""
    return [(violation.property, violation.steps) for violation in outcome.violations]


def test_random_systems(quick: Machine) -> None:
    for number in range(60):
        options, system = Options(reductions=frozenset(), states=20_000), random_system(number)
        expected = reference(system, options)
        found = native(system, options, replace(quick, runtime_flags=BUSY, threads=3))
        assert too_large(expected) or found == expected, f"seed {number}"


@pytest.mark.parametrize("errors", ["properties", "steps"])
def test_of_several_errors_the_first_ends_the_search(errors: str, quick: Machine) -> None:
    text = counting(loops=errors == "steps")
    system, options = load_model(ModelSource("m.yaml", None, text), [], {}).system, Options(reductions=frozenset())
    expected = native(system, options, quick)
    assert isinstance(expected, str)
    for threads in (1, 2, 5) * 5:
        assert native(system, options, replace(quick, runtime_flags=SHARED, threads=threads)) == expected


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_five_threads_under_a_sanitizer(sanitizer: str, tmp_path: Path, quick: Machine) -> None:
    compiler = builder(tmp_path).compiler.path
    flags = ["-O1", "-g", "-pthread", "-w", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", *BUSY]
    empty = tmp_path / "empty.c"
    empty.write_text("int main(void) { return 0; }\n", encoding="ascii")
    if subprocess.run([compiler, *flags, "-o", tmp_path / "empty", empty], capture_output=True, check=False).returncode:
        pytest.skip("the compiler has no such sanitizer")
    for name in ("2003-linux-2.6/two-faults-and-truncate", VIOLATED):
        system = load(PROJECT / f"models/{name}.yaml")
        checker = tmp_path / "checker.c"
        checker.write_text(standalone(system, Options(reductions=frozenset()), Identity("0", "0")), encoding="ascii")
        subprocess.run([compiler, *flags, "-o", tmp_path / "checker", checker], check=True)
        done = subprocess.run(
            [tmp_path / "checker", "--threads", "5", "--quiet"], capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 11, 12) and not done.stderr, done.stderr[-3000:]
        states = explore_native(system, Options(reductions=frozenset()), quick).states
        assert f'"states": {states},' in done.stdout
