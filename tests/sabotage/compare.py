# SPDX-License-Identifier: GPL-2.0-only
"""The first difference between the tool and what is independent of it, over a list of models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dfsrace.diagnostics import ModelError
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import EnginesDisagree, LoopsWithoutAccess, PropertyError, explore
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from tests.engine.crosscheck import disagreements
from tests.naive import naive
from tests.oracle.text import Verdict, run

LIMIT = 20_000

# What a broken tool may raise; anything else is a mistake in the sabotage itself.
FOUND_BY_THE_TOOL = (EnginesDisagree, LoopsWithoutAccess, PropertyError, ModelError)


def system_of(name: str, text: str) -> System:
    """The system of a model's text."""
    return load_model(ModelSource(name, None, text), [], {}).system


def _violated(outcome: Outcome) -> dict[str, int | None]:
    return {v.property: None if v.schedule is None else len(v.schedule.moves) for v in outcome.violations}


def _verdict(outcome: Outcome) -> str:
    return "violated" if outcome.violations else "holds" if outcome.complete else "inconclusive"


@dataclass(slots=True)
class Comparison:
    """`models`: the files; `switches`: for some models the fewest switches of a property's shortest trace.

    What the text oracle says is remembered: it has no part of the tool in it.
    """

    models: Mapping[str, Path]
    switches: Mapping[str, Mapping[str, int]]
    told: dict[str, Verdict] = field(default_factory=dict)

    def oracle(self, name: str) -> Verdict:
        """What the text oracle says of a model."""
        if name not in self.told:
            self.told[name] = run(self.models[name], [], {}, LIMIT, True)
        return self.told[name]

    def difference(self) -> str | None:
        """The first difference as `model: comparison: a, not b`, None if everything agrees."""
        for name in self.models:
            try:
                found = self._model(name)
            except FOUND_BY_THE_TOOL as error:
                found = f"tool against itself: {type(error).__name__}: {error}"
            if found is not None:
                return f"{name}: {found}"
        return None

    def _model(self, name: str) -> str | None:
        system = system_of(name, self.models[name].read_text(encoding="utf-8"))
        # Without the second search, which takes the first one's result for granted.
        plain = explore(system, Options(reductions=frozenset(), states=LIMIT, minimise=0))
        reduced = explore(system, Options(reductions=frozenset(REDUCTIONS), states=LIMIT, minimise=0))
        return (
            self._against_oracle(name, plain, reduced)
            or self._against_naive(system, plain)
            or self._against_figures(name, system)
            or next(("engine against interpreter: " + d for d in disagreements(system)), None)
        )

    def _against_oracle(self, name: str, plain: Outcome, reduced: Outcome) -> str | None:
        told = self.oracle(name)
        for outcome, states in ((plain, told.states), (reduced, told.classes)):
            ours = (_verdict(outcome), _violated(outcome), outcome.states)
            theirs = (told.verdict, told.violated, states)
            if ours != theirs:
                return f"engine against text oracle: {ours}, not {theirs}"
        return None

    def _against_naive(self, system: System, plain: Outcome) -> str | None:
        told = naive(system, limit=LIMIT)
        ours = (_verdict(plain), _violated(plain), plain.states, plain.transitions)
        theirs = (told.verdict, told.violated, told.states, told.transitions)
        return None if ours == theirs else f"engine against naive checker: {ours}, not {theirs}"

    def _against_figures(self, name: str, system: System) -> str | None:
        wanted = self.switches.get(name, {})
        for reductions in (frozenset[str](), frozenset(REDUCTIONS)) if wanted else ():
            outcome = explore(system, Options(reductions=reductions, states=LIMIT))
            ours = {v.property: v.switches for v in outcome.violations if v.property in wanted}
            if ours != wanted:
                return f"engine against figures: switches {ours}, not {dict(wanted)}"
        return None
