# SPDX-License-Identifier: GPL-2.0-only
"""The Report value: everything that one check of one model found, for people, JSON and gates alike."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.outcome import Outcome, Violation
from dfsrace.system.system import System
from dfsrace.trace.record import Trace

MEMORY_MODEL = "sequential consistency"


@dataclass(frozen=True, slots=True)
class Size:
    """One declared finite type: `count` values; `text` as a person reads it ("A, B", "0..1", "pool of 2")."""

    type: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A statement of the model: where it stands, and its text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class OneWay:
    """A test that had one outcome only; `never` is the outcome that it never had."""

    span: Span
    text: str
    never: Literal["true", "false"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a complete search did not see: statements that no step executed, tests with one outcome only.

    `statements`, `tests`: how many there are in the reachable code.
    """

    unreached: tuple[Place, ...] = ()
    one_way: tuple[OneWay, ...] = ()
    statements: int = 0
    tests: int = 0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the model's `expect` says: a verdict, and for `violated` the set of properties, in order."""

    verdict: str
    violated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why the search ended early. `kind` and `detail` as in `Stop`; `reason`, `advice`: sentences without full stop.

    `reason` says what grew (`pool Page exhausted`), `advice` which constant or bound to change; either may be empty.
    """

    kind: str
    detail: str
    reason: str
    advice: str


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A violated property: the engine's violation, and its trace (None for a `reach` that is never true)."""

    violation: Violation
    trace: Trace | None
    message: str

    def __repr__(self) -> str:
        v = self.violation
        return f"<Counterexample {v.property}: {v.steps} steps, {v.switches} switches>"


@dataclass(frozen=True, slots=True)
class About:
    """What a report says of the check that the system and the outcome do not know.

    `model`: the name that the user gave, short; `path`: the file as given. `model_hash`: hex digest of all that decides
    the meaning. `checked`: names of the properties in force (None: all of the system's). `narrowed`: an option or a
    changed constant narrowed or changed the check, so that the expectation does not apply. `replay`: the words that a
    `dfsrace replay` of this very check starts with (model, --set, --library), unquoted. `libraries`: folders that were
    searched before the built-in one.
    """

    model: str
    path: str
    model_hash: str = ""
    checked: frozenset[str] | None = None
    expectation: Expectation | None = None
    narrowed: bool = False
    replay: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one check.

    `sizes`, `threads`, `properties`, `outcome.reductions` and `complete` are what the verdict is about. `as_expected`
    is None where the check was narrowed.
    """

    about: About
    system: System = field(repr=False)
    outcome: Outcome = field(repr=False)
    sizes: tuple[Size, ...]
    threads: tuple[str, ...]
    properties: tuple[str, ...]
    violations: tuple[Counterexample, ...]
    coverage: Coverage = field(repr=False)
    as_expected: bool | None
    stopped_by: Stopped | None
    memory_model: str = MEMORY_MODEL

    @property
    def model(self) -> str:
        """The model's short name."""
        return self.about.model

    @property
    def title(self) -> str:
        """The model's title."""
        return self.system.title

    @property
    def verdict(self) -> Literal["violated", "inconclusive", "holds"]:
        """`holds` only if every reachable state was visited and nothing is violated."""
        return self.outcome.verdict

    @property
    def complete(self) -> bool:
        """Every reachable state was visited and nothing was cut."""
        return self.outcome.complete

    @property
    def violated(self) -> tuple[str, ...]:
        """Names of the violated properties, in the order of their declaration, then the automatic ones."""
        return tuple(c.violation.property for c in self.violations)

    def __repr__(self) -> str:
        names = f" ({', '.join(self.violated)})" if self.violations else ""
        return f"<Report {self.model}: {self.verdict}{names}, {self.outcome.states} states>"
