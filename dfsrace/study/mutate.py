# SPDX-License-Identifier: GPL-2.0-only
"""Would the checker notice? Each mutant of a model against what the model itself gives.

A mutant is *killed* where another set of properties is violated than in the model. Else it is *equivalent* where both
searches were complete and the same states are reachable: the same set of valuations (`valuations.py`), under the same
verdict. What is neither *survived*. One that was not explored whole and violates nothing new is *inconclusive*; one
whose code would not type, or has no verdict, is *no model*. Both are counted apart and never as killed.

Models that share all of their code (the same includes, no procedures of their own) are one *suite*: a mutant of their
code is killed where one of them notices it, and equivalent only where it is so in all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from dfsrace.diagnostics import ModelError
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Stop
from dfsrace.engine.reference import LoopsWithoutAccess, PropertyError
from dfsrace.language import LoadedModel
from dfsrace.language.lowering import lower
from dfsrace.language.mutation import Mutant, mutants
from dfsrace.operations import Model, model_hash
from dfsrace.study.valuations import Reached, reached
from dfsrace.system.system import System

Result = Literal["killed", "equivalent", "survived", "inconclusive", "no model", "not tried", "bug"]
STATES = 1_000_000


@dataclass(frozen=True, slots=True)
class Judged:
    """What one model says of one mutant.

    `violated`: what the mutant violates, each with the steps to it. `because`: for results that need one, a reason.
    `original`: the verdict of the model as it is, empty where it is not known.
    """

    model: str
    result: Result
    violated: tuple[tuple[str, int | None], ...] = ()
    states: int = 0
    because: str = ""
    original: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model by its short name, and its mutants."""

    name: str
    mutants: tuple[Mutant, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Original:
    """A model as it is: what it gives, its mutants, and its digest."""

    model: Model = field(repr=False)
    found: Reached = field(repr=False)
    mutants: tuple[Mutant, ...] = field(repr=False)
    digest: str = ""

    @property
    def name(self) -> str:
        """The model's short name."""
        return self.model.name


@dataclass(frozen=True, slots=True)
class Row:
    """One mutant in all models of its suite. `place`: `FILE:LINE`. `reason`: why it may survive, else empty."""

    suite: str
    mutant: str
    operator: str
    procedure: str
    says: str
    place: str
    judged: tuple[Judged, ...]
    reason: str = ""

    @property
    def result(self) -> Result:
        """What came of it in the suite."""
        return together(judged.result for judged in self.judged)

    @property
    def violated(self) -> dict[str, int | None]:
        """What is violated in any of the models, with the fewest steps."""
        found: dict[str, int | None] = {}
        for name, steps in (pair for judged in self.judged if judged.result == "killed" for pair in judged.violated):
            before = found.get(name)
            found[name] = steps if before is None or steps is None else min(before, steps)
        return found


@dataclass(frozen=True, slots=True)
class Suite:
    """Models that are asked together. `verdicts`: what each gives as it is."""

    name: str
    models: tuple[str, ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MutationReport:
    """All mutants of all suites. `problems`: what is wrong with the list of reasons, a sentence each."""

    suites: tuple[Suite, ...]
    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def counts(self) -> Counter[Result]:
        """How many mutants of each result."""
        return Counter(row.result for row in self.rows)

    @property
    def denominator(self) -> int:
        """The mutants that count: all that are models and not equivalent, those not decided included."""
        counts = self.counts
        return len(self.rows) - counts["equivalent"] - counts["no model"]

    @property
    def score(self) -> float | None:
        """Killed mutants by those that count; None where none does."""
        return self.counts["killed"] / self.denominator if self.denominator else None

    @property
    def unexplained(self) -> tuple[Row, ...]:
        """The survivors without a reason."""
        return tuple(row for row in self.rows if row.result == "survived" and not row.reason)


def together(results: Iterable[Result]) -> Result:
    """The result of a suite: one kill is enough; what is open in one model is open."""
    found = set(results)
    return next((result for result in _PRECEDENCE if result in found), "not tried")


_PRECEDENCE: tuple[Result, ...] = (
    "bug",
    "killed",
    "not tried",
    "inconclusive",
    "survived",
    "equivalent",
    "no model",
)


def original(model: Model, options: Options) -> Original:
    """Explores a model as it is and lists its mutants. Raises ModelError where it has no verdict."""
    try:
        found = reached(model.system, in_force(model, options))
    except (LoopsWithoutAccess, PropertyError):
        from dfsrace.operations import check

        check(model, options=replace(options, engine="reference"))
        raise
    return Original(model, found, mutants(model.loaded.typed, model.system), model_hash(model.system))


def in_force(model: Model, options: Options) -> Options:
    """The options with the model's own `check`, and the lower of its bounds and theirs."""
    bounds, checked = model.declarations.bounds, model.declarations.check
    return replace(
        options,
        properties=None if checked is None else frozenset(checked),
        states=min((n for n in (bounds.states, options.states) if n is not None), default=None),
        seconds=min((s for s in (bounds.seconds, options.seconds) if s is not None), default=None),
        first=False,
        switches=None,
    )


def mutated(model: Model, mutant: Mutant) -> Model:
    """The model that a mutant is. ModelError where lowering finds that it is none."""
    assert mutant.model is not None
    loaded = LoadedModel(model.declarations, mutant.model, lower(mutant.model))
    return replace(model, name=f"{model.name} {mutant.name}", loaded=loaded)


def judge(known: Original, mutant: Mutant, options: Options) -> Judged:
    """What a model says of one of its mutants."""
    name = known.name
    if mutant.problem:
        return Judged(name, "no model", because=mutant.problem)
    try:
        system: System = mutated(known.model, mutant).system
        if model_hash(system) == known.digest:
            result: Result = "equivalent" if known.found.complete else "inconclusive"
            return Judged(name, result, known.found.violated, known.found.states, "the same transition system")
        found = reached(system, in_force(known.model, options))
    except ModelError as error:
        return Judged(name, "no model", because=error.diagnostics[0].message)
    except LoopsWithoutAccess as error:
        return Judged(name, "no model", because=f"line {error.span.line} loops without a shared access")
    except PropertyError as error:
        return Judged(name, "no model", because=f"{error.property.name} has no value: {error.name}")
    return _compared(known, found)


def _compared(known: Original, found: Reached) -> Judged:
    name, before = known.name, known.found
    if found.names - before.names or (found.complete and found.names != before.names):
        return Judged(name, "killed", found.violated, found.states)
    if not (found.complete and before.complete):
        return Judged(name, "inconclusive", found.violated, found.states, stop_words(found.stopped or before.stopped))
    same = found.valuations == before.valuations
    because = "the same states are reachable" if same else _difference(before, found)
    return Judged(name, "equivalent" if same else "survived", found.violated, found.states, because)


def _difference(before: Reached, found: Reached) -> str:
    """In how many valuations two models differ."""
    more, fewer = len(found.valuations - before.valuations), len(before.valuations - found.valuations)
    return f"reaches {more} shared state{'s' * (more != 1)} more and {fewer} fewer"


def stop_words(stop: Stop | None) -> str:
    """Why a search was cut, in a few words."""
    if stop is None:
        return "cut"
    return {
        "states": f"more than {stop.detail} states",
        "seconds": f"more than {stop.detail} s",
        "pool": f"pool {stop.detail} exhausted",
        "memory": "out of memory",
        "interrupt": "interrupted",
    }.get(stop.kind, stop.kind)


# ---- suites


def suite_key(model: Model) -> tuple[str, ...]:
    """Equal for models that share all of their code: the paths of what they include; else the model's own path."""
    declarations = model.declarations
    own = any(code.file == declarations.file for code in declarations.procedures)
    if own or not declarations.includes:
        return (model.path,)
    return tuple(path for _, path in declarations.includes)


def suite_name(model: Model) -> str:
    """`vm+hook` for models that have only included code; else the model's short name."""
    declarations = model.declarations
    own = any(code.file == declarations.file for code in declarations.procedures)
    if own or not declarations.includes:
        return model.name
    return "+".join(name.rpartition("/")[2].rpartition(".")[0] for name, _ in declarations.includes)


def rows_of(suite: str, models: Sequence[Listed], judged: Mapping[tuple[str, str], Judged]) -> list[Row]:
    """The mutants of a suite, in the order in which its models list them. `judged`: by model's and mutant's name."""
    rows: dict[str, Row] = {}
    for listed in models:
        for mutant in listed.mutants:
            answer = judged.get((listed.name, mutant.name), Judged(listed.name, "not tried"))
            place = f"{mutant.span.file}:{mutant.span.line}"
            new = Row(suite, mutant.name, mutant.operator, mutant.procedure, mutant.says, place, (answer,))
            before = rows.get(mutant.name)
            rows[mutant.name] = new if before is None else replace(before, judged=(*before.judged, answer))
    return list(rows.values())
