# SPDX-License-Identifier: GPL-2.0-only
"""The comparison with the reference engine finds every error that is put into the generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from dfsrace.engine.native import Machine
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.reference import EnginesDisagree
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from tests.native.comparing import Found, native, reference
from tests.native.sabotages import SABOTAGES
from tests.native.test_limits import NEGATIVE
from tests.random.test_found import ALONE, HEAD, OTHER
from tests.sabotage.models import texts

LIMIT = 20_000
ASKED = [Options(reductions=names, states=LIMIT) for names in (frozenset[str](), frozenset(REDUCTIONS))]
ADDRESS = ALONE["an address is checked before what is stored there"]
LOCKED_PAGES = """
types: {Page: pool(3)}
state:
  x: 0..2
  Page.guard: spinlock
  Page.mark: 0..2
threads:
  t0: |
    p = alloc(Page)
    spin_lock(p.guard)
    p.mark = 1
    wait_event(x == 2)
  t1: |
    p = alloc(Page)
    spin_lock(p.guard)
    p.mark = 2
    wait_event(x == 2)
  t2: x = 1
"""
# What the others do not have in them.
MORE = {
    "waits inside atomic": "state: {x: bool, y: bool}\nthreads:\n  t0: |\n    with atomic:\n"
    "        x = True\n        wait_event(y)\n  t1: y = True\n",
    "address first": f"{HEAD}threads:\n  t0: |\n    {ADDRESS}\n{OTHER}",
    "a loop over locals": "types: {N: 0..3}\nstate: {x: N}\nthreads:\n  t: |\n    x = 1\n    i: N = 0\n"
    "    while i < 3:\n        i += 1\n    x = i\n",
    "division": NEGATIVE,
    "the last step stores nothing": "state: {x: bool, y: bool}\nthreads:\n  t0: |\n    x = True\n    wait_event(y)\n"
    "  t1: y = True\ninvariants: {clear: {at: end, holds: not x}}\n",
    "gone when nothing has it": "types: {Page: pool(2)}\nstate: {x: bool, q: Page | None, Page.mark: 0..1}\n"
    "threads:\n  t0: |\n    q = alloc(Page)\n    q.mark = 1\n    x = True\n    q = None\n"
    "invariants: {marked: 'not x or any(p.mark == 1 for p in Page)'}\n",
    "held by locks only": LOCKED_PAGES,
}
MORE = {name: text if text.startswith("model:") else f"model: more\n{text}" for name, text in MORE.items()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems by name, and for each what the reference engine says without and with reductions."""

    systems: Mapping[str, System]
    expected: Mapping[str, list[Found]]

    def difference(self, machine: Machine) -> str | None:
        """The first model of which the native engine says something else."""
        for name, system in self.systems.items():
            for options, expected in zip(ASKED, self.expected[name], strict=True):
                try:
                    found = native(system, options, machine)
                except EnginesDisagree as error:
                    return f"{name}: {error}"
                if found != expected:
                    return name
        return None


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    files = texts(tmp_path_factory.mktemp("models"))
    systems = {name: _system(file) for name, file in files.items()} | {
        name: load_model(ModelSource("more.yaml", None, text), [], {}).system for name, text in MORE.items()
    }
    expected = {name: [reference(system, options) for options in ASKED] for name, system in systems.items()}
    return Comparison(systems, expected)


def _system(file: Path) -> System:
    return load_model(ModelSource.of(file), [], {}).system


def test_there_is_no_difference_without_sabotage(comparison: Comparison, quick: Machine) -> None:
    assert comparison.difference(quick) is None


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotage_is_caught(
    name: str, comparison: Comparison, quick: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    SABOTAGES[name](monkeypatch)
    assert comparison.difference(quick) is not None, f"nothing notices that {name}"
