# SPDX-License-Identifier: GPL-2.0-only
"""Two versions of a model: which verdicts, properties, outcomes, counts and histories are other than they were.

An *outcome* is the shared state in the end: the valuation (`valuations.py`) of a state in which every thread but
daemons has finished, of the variables that both versions declare. A *history* is what happens to the shared state on
the way (`histories.py`). The versions are the same where verdicts, the sets of violated properties, the reach
properties that are met, outcomes and histories are: how many states that takes may differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference.search import Search
from dfsrace.operations import Model, check
from dfsrace.study.histories import Extra, Seen, TooMany, Version, common_variables, extra
from dfsrace.study.mutate import in_force
from dfsrace.study.valuations import Shared, explored, running_mask
from dfsrace.system.system import AUTOMATIC_PROPERTIES, System
from dfsrace.trace.record import Trace
from dfsrace.trace.replay import Replayer
from dfsrace.trace.report import Report
from dfsrace.trace.writing import Writer

STATES = 100_000


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property in both versions: `violated`, `holds`, `undecided`, `met` or `absent`; steps to a violation."""

    name: str
    old: str
    new: str
    old_steps: int | None = None
    new_steps: int | None = None

    @property
    def changed(self) -> bool:
        """Whether it is violated in one version only, or is there in one only."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Shown:
    """A trace that one version has and the other has not. `why`: of what kind; `replay`: the words of a command."""

    side: str
    why: str
    trace: Trace = field(repr=False)
    message: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs.

    `outcomes`: how many each version has. `only_old`, `only_new`: outcomes of one version alone, as they are in the
    order of their texts. `valuations`: how many shared states only the one, only the other reaches. `variables`: those
    compared; `apart`: those that only one version declares. `traces`: counterexamples of one version alone, then
    histories. `unknown`: what could not be compared, a sentence each.
    """

    old: Report
    new: Report
    properties: tuple[PropertyChange, ...]
    outcomes: tuple[int, int] | None
    only_old: tuple[Seen, ...]
    only_new: tuple[Seen, ...]
    valuations: tuple[int, int] | None
    variables: tuple[str, ...]
    apart: tuple[str, ...]
    traces: tuple[Shown, ...]
    unknown: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing that was compared differs, counts and steps left out."""
        return (
            self.old.verdict == self.new.verdict
            and not any(change.changed for change in self.properties)
            and not (self.only_old or self.only_new or self.traces)
            and self.valuations in (None, (0, 0))
        )

    @property
    def decided(self) -> bool:
        """Whether everything could be compared."""
        return not self.unknown


def difference(old: Model, new: Model, options: Options, states: int = STATES) -> Difference:
    """Checks both versions and compares them. ModelError as `check`; EnginesDisagree, ReplayMismatch are our bugs."""
    reports = check(old, options=options), check(new, options=options)
    names = common_variables(old.system, new.system)
    pairs = zip(_SIDES, reports, strict=True)
    unknown = [f"{side}: the search is not complete" for side, report in pairs if not report.complete]
    apart = tuple(
        f"{variable.name} ({side})"
        for side, model, other in (("OLD", old, new), ("NEW", new, old))
        for variable in model.system.variables
        if variable.name not in {v.name for v in other.system.variables}
    )
    compared = _Compared((old, new), names, options)
    if not unknown and max(report.outcome.states for report in reports) > states:
        unknown.append(f"outcomes and histories are compared up to {states:,} states")
    if not unknown:
        compared.explore(unknown)
    shown = [*_counterexamples(reports), *compared.histories]
    return Difference(
        old=reports[0],
        new=reports[1],
        properties=_properties(reports),
        outcomes=compared.outcomes,
        only_old=compared.only[0],
        only_new=compared.only[1],
        valuations=compared.valuations,
        variables=names,
        apart=apart,
        traces=tuple(shown),
        unknown=tuple(unknown),
    )


_SIDES = ("OLD", "NEW")


# ---- properties


def _properties(reports: tuple[Report, Report]) -> tuple[PropertyChange, ...]:
    found = [_statuses(report) for report in reports]
    names = list(dict.fromkeys([*found[0], *found[1]]))
    changes = []
    for name in names:
        (old, old_steps), (new, new_steps) = (statuses.get(name, _missing(name)) for statuses in found)
        changes.append(PropertyChange(name, old, new, old_steps, new_steps))
    return tuple(changes)


def _missing(name: str) -> tuple[str, int | None]:
    """An automatic property that is not violated holds, and is not listed; a named one is not there."""
    return ("holds" if name in AUTOMATIC_PROPERTIES else "absent"), None


def _statuses(report: Report) -> dict[str, tuple[str, int | None]]:
    """What became of each property: the named ones, and automatic ones that are violated."""
    good = "holds" if report.complete else "undecided"
    found: dict[str, tuple[str, int | None]] = {}
    kinds = {p.name: p.kind for p in report.system.properties}
    for name in report.properties:
        undecided = name in report.outcome.undecided
        found[name] = ("undecided" if undecided else "met" if kinds.get(name) == "reach" else good), None
    for violation in report.outcome.violations:
        found[violation.property] = "violated", violation.steps
    return found


def _counterexamples(reports: tuple[Report, Report]) -> list[Shown]:
    """For each version the shortest counterexample to a property that the other does not violate."""
    shown = []
    for side, mine, other in zip(_SIDES, reports, reports[::-1], strict=True):
        alone = [c for c in mine.violations if c.violation.property not in other.violated and c.trace is not None]
        if alone and other.complete:
            best = min(alone, key=lambda c: c.violation.steps or 0)
            assert best.trace is not None
            shown.append(Shown(side, f"violates {best.violation.property}", best.trace, best.message))
    return shown


# ---- outcomes and histories


@dataclass(slots=True)
class _Compared:
    """What two complete searches have found, side by side."""

    models: tuple[Model, Model]
    names: tuple[str, ...]
    options: Options
    outcomes: tuple[int, int] | None = None
    only: tuple[tuple[Seen, ...], tuple[Seen, ...]] = ((), ())
    valuations: tuple[int, int] | None = None
    histories: list[Shown] = field(default_factory=list)

    def explore(self, unknown: list[str]) -> None:
        """Explores both on the reference engine; notes what could not be compared."""
        old, new = (self._seen(model) for model in self.models)
        if old is None or new is None:
            unknown.append("outcomes and histories are not compared: interrupted, or out of memory")
            return
        (old_all, old_final), (new_all, new_final) = old, new
        self.outcomes = len(old_final), len(new_final)
        self.only = _sorted(old_final - new_final), _sorted(new_final - old_final)
        self.valuations = len(old_all - new_all), len(new_all - old_all)
        versions = [Version(model.system, self.names) for model in self.models]
        try:
            for side, mine, other in zip(_SIDES, versions, versions[::-1], strict=True):
                alone = extra(mine, other, self.options)
                if alone is not None:
                    self.histories.append(Shown(side, _history_words(alone), trace_of(mine.system, alone.schedule)))
        except TooMany:
            unknown.append("histories are not compared: there are too many pairs of states")

    def _seen(self, model: Model) -> tuple[frozenset[Seen], frozenset[Seen]] | None:
        """What is seen of all states, and of final ones; None where the search had to end early."""
        options = replace(in_force(model, self.options), states=None, seconds=None)
        found, search = explored(model.system, options)
        return _looked(search, Shared(model.system, self.names)) if found.complete else None


def _looked(search: Search, shared: Shared) -> tuple[frozenset[Seen], frozenset[Seen]]:
    layout, running = search.compiled.layout, running_mask(search.compiled)
    mask = 0
    for place in shared.places:
        mask |= layout.cells[place].mask
    known = {
        bits: frozenset(shared.texts(layout.decode_cells(bits)).items())
        for bits in {state & mask for state in search.seen}
    }
    final = frozenset(known[state & mask] for state in search.seen if not state & running)
    return frozenset(known.values()), final


def _sorted(outcomes: frozenset[Seen]) -> tuple[Seen, ...]:
    return tuple(sorted(outcomes, key=sorted))


def _history_words(alone: Extra) -> str:
    changes = f"changes the shared state {alone.events} time{'s' * (alone.events != 1)}"
    if alone.ends:
        return f"{changes}, and ends as the other cannot"
    return f"{changes}, the last time as the other cannot" if alone.events else "begins as the other cannot"


def trace_of(system: System, schedule: Schedule) -> Trace:
    """The trace of a schedule, whatever it leads to; of what its last state violates, the first is explained."""
    replayer = Replayer(system)
    writer = Writer(replayer.stepper, replayer.starts, schedule.initial)
    for move in schedule.moves:
        assert writer.state is not None
        writer.add(replayer.stepper.step(writer.state, move))
    violated = writer.violated()
    return writer.finish(violated[0] if violated else None)
