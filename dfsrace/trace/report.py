# SPDX-License-Identifier: GPL-2.0-only
"""The Report value: everything that one check of one model found, for people, JSON and gates alike."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.outcome import Outcome, Violation
from dfsrace.system.system import System
from dfsrace.trace.record import Trace

if TYPE_CHECKING:
    import networkx as nx

    from dfsrace.trace.picture import Picture

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
    """A violated property: the engine's violation, and its trace (None for a `reach` that is never true).

    `system`: the system of which it is a trace, for pictures and graphs.
    """

    violation: Violation
    trace: Trace | None
    message: str
    system: System | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        v = self.violation
        return f"<Counterexample {v.property}: {v.steps} steps, {v.switches} switches>"

    def pictures(self) -> tuple[Picture, ...]:
        """What stands in the state at first and after each step; nothing where there is no trace."""
        from dfsrace.trace.pictures import pictures

        return pictures(self.system, self.trace) if self.system and self.trace else ()

    def frames(self) -> list[nx.MultiDiGraph[str]]:
        """The VM, or whatever the model is of, as networkx graphs: at first and after each step.

        Nodes: threads, mms, page frames, nodes of the cluster, the disk, locks, and in other models values and cells.
        A frame's nodes have the attributes `kind` (`thread`, `mm`, `frame`, `node`, `disk`, `lock`, `value`, `cell`),
        `label`, `note`, `held`, `changed`, `failing`, `owner`, `changed_fields`, `failing_fields` and `field:NAME`; its
        edges `kind` (`pte`, `cache`, `mapping`, `token`, `holds`, `local`, `reference`), `label`, `cell`, `changed`,
        `failing`, `gone`; the graph itself `number`, `thread`, `text`, `violated`, `interesting`. All are strings,
        numbers and Booleans. See `dfsrace.trace.graphs.frame_graph` and `dfsrace.trace.picture` for what each means.
        Without a trace (a `reach` that is never true) there are none.
        """
        from dfsrace.trace.graphs import frame_graph

        return [frame_graph(picture) for picture in self.pictures()]

    def graph(self) -> nx.DiGraph[int]:
        """The trace as a networkx graph of states: nodes 0 to the number of steps, and an edge for each step.

        Nodes have `violated`, `interesting` and `cell:NAME`, edges `step`, `thread`, `text`, `procedure`, `file`,
        `line`, `changes`, `choices`, `switch`, `stale` and `violates`, the graph `schedule`, `violated` and `message`:
        strings, numbers and Booleans. See `dfsrace.trace.graphs.trace_graph`. Without a trace the graph is empty.
        """
        import networkx as nx

        from dfsrace.trace.graphs import trace_graph

        return trace_graph(self.trace, self.pictures()) if self.system and self.trace else nx.DiGraph()


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
