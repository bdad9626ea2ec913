# SPDX-License-Identifier: GPL-2.0-only
"""On random texts, through the real language, the engine agrees with the naive checker and with the text oracle."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, seed, settings

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import explore
from dfsrace.language import ModelSource, load_model
from dfsrace.system import AUTOMATIC_PROPERTIES, System
from dfsrace.system.validate import problems
from tests.naive import naive
from tests.oracle import text as oracle
from tests.outcomes import lengths
from tests.random.texts import texts

STATES_AT_MOST = 1_500
SUBSETS = [frozenset(s) for n in range(4) for s in itertools.combinations(REDUCTIONS, n)]
FEATURES = {
    "spinlock": "spin",
    "mutex": "mut",
    "bit_lock": "lock_page(r",
    "semaphore": "(count)",
    "rwlock": "(rw)",
    "rwsem": "sem)",
    "seqlock": "(seq",
    "seqcount": "(sc)",
    "pool": "alloc(",
    "stamp": "renew(",
    "symmetry": "cpu[1..2]",
    "atomic": "with atomic",
}


@dataclass
class Statistics:
    """What the generator made: verdicts, and in which each feature and each automatic violation appeared."""

    compared: int = 0
    large_holding: int = 0
    violated: Counter[str] = field(default_factory=Counter)
    holding: Counter[str] = field(default_factory=Counter)
    automatic: Counter[str] = field(default_factory=Counter)

    def count(self, text: str, outcome: Outcome) -> None:
        self.compared += 1
        self.large_holding += outcome.verdict == "holds" and outcome.states > 100
        body = text.split("threads:")[1]
        kinds = self.holding if outcome.verdict == "holds" else self.violated
        kinds.update(name for name, sign in FEATURES.items() if sign in body)
        self.automatic.update(v.property for v in outcome.violations if v.kind == "automatic")


def compare(text: str, system: System, plain: Outcome, path: Path) -> None:
    simple = naive(system)
    assert (simple.verdict, simple.violated) == (plain.verdict, lengths(plain))
    assert (simple.states, simple.transitions) == (plain.states, plain.transitions)
    path.write_text(text, encoding="utf-8")
    told = oracle.run(path, [], limit=50_000, forget=True)
    assert (told.verdict, told.violated, told.states) == (plain.verdict, lengths(plain), plain.states)
    for subset in SUBSETS:
        outcome = explore(system, Options(reductions=subset))
        assert (outcome.verdict, lengths(outcome)) == (plain.verdict, lengths(plain)), sorted(subset)
        assert [v.switches for v in outcome.violations] == [v.switches for v in plain.violations], sorted(subset)
        assert [v.schedule for v in outcome.violations] == [v.schedule for v in plain.violations], sorted(subset)
        assert outcome.reached == plain.reached
        assert outcome.states <= plain.states
        if subset == frozenset(REDUCTIONS):
            assert told.classes == outcome.states


def test_random_texts_give_the_same_everywhere(tmp_path: Path) -> None:
    found = Statistics()

    @seed(1)
    @settings(max_examples=330)
    @given(texts())
    def check(text: str) -> None:
        model = load_model(ModelSource("random.yaml", None, text), [], {})
        assert problems(model.system) == []
        plain = explore(model.system, Options(reductions=frozenset(), states=STATES_AT_MOST))
        if plain.stopped_by is not None and plain.stopped_by.kind == "states":
            return
        found.count(text, plain)
        compare(text, model.system, plain, tmp_path / "random.yaml")

    check()
    assert found.compared >= 200
    assert found.large_holding * 4 >= found.compared, found
    assert set(found.violated) == set(found.holding) == set(FEATURES), found


def test_every_automatic_check_is_met_by_random_texts() -> None:
    met: Counter[str] = Counter()

    @seed(3)
    @settings(max_examples=500)
    @given(texts())
    def check(text: str) -> None:
        model = load_model(ModelSource("random.yaml", None, text), [], {})
        met.update(v.property for v in explore(model.system, Options(states=5_000)).violations if v.kind == "automatic")

    check()
    assert set(met) == set(AUTOMATIC_PROPERTIES)
