# SPDX-License-Identifier: GPL-2.0-only
"""What a gate found: plain values that cross processes, the cache and every output format alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dfsrace.trace.report import Expectation

# `expected`: the verdict is what the model expects. `unexpected`: it is not, or asked-for coverage is missing.
# `inconclusive`: a bound, the memory or the clock came first. `error`: the file is no valid model.
# `bug`: ours. `skipped`: never begun, for an interrupt or --total-seconds came first.
Status = Literal["expected", "unexpected", "inconclusive", "error", "bug", "skipped"]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one model.

    `path`: the file as found, below the path that was asked for. `found`: the object that `check --json` prints
    (`render/report.schema.json`; for errors and bugs of ours its `verdict` is "error"), empty where skipped.
    `expected`: what the model expects (`holds` where it says nothing), None where that could not be read. `because`:
    one sentence without full stop that says why the status is not `expected`, else empty. `report`: what `check` prints
    for people, line by line, without colours; empty where nothing went wrong. `cached`: the verdict was known from an
    earlier run. `includes`: for each further file that `found` names its real path, where the status is not `expected`.
    """

    path: str
    status: Status
    found: Mapping[str, Any] = field(default_factory=dict)
    expected: Expectation | None = None
    because: str = ""
    report: tuple[str, ...] = ()
    cached: bool = False
    seconds: float = 0.0
    includes: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model's short name."""
        return str(self.found.get("model") or self.path)

    @property
    def verdict(self) -> str:
        """`holds`, `violated`, `inconclusive` or `error`; `skipped` where nothing was checked."""
        return str(self.found.get("verdict") or "skipped")

    @property
    def violated(self) -> tuple[str, ...]:
        """The names of the violated properties."""
        return tuple(violation["property"] for violation in self.found.get("violations", ()))

    @property
    def unreached(self) -> int:
        """How many statements never ran."""
        return len(self.found.get("coverage", {}).get("unreached", ()))


@dataclass(frozen=True, slots=True)
class MutationScore:
    """How many mutants of the models that hold are noticed: `killed` `of` those that count, and the share `wanted`.

    `mutants`: all that were tried; `undecided`: those of `of` on which the search was cut, or that were not tried.
    """

    killed: int
    of: int
    wanted: float
    mutants: int
    undecided: int = 0

    @property
    def missed(self) -> bool:
        """Whether too few are killed; where none counts there is nothing to miss."""
        return bool(self.of) and self.killed / self.of < self.wanted

    @property
    def sentence(self) -> str:
        """What came out, without full stop."""
        if not self.of:
            return "mutation score: no mutant counts"
        score = f"mutation score {int(100 * self.killed / self.of + 1e-9) / 100:.2f}"
        compared = f"{'less than' if self.missed else 'at least'} {self.wanted:g}"
        return f"{score}, {compared}: {self.killed} of {self.of} killed"


@dataclass(frozen=True, slots=True)
class GateReport:
    """One run over all models, in the order of their paths.

    `pieces`: files of ours that are no models of their own (includes, libraries), typed where a model reaches them or
    on their own. `aside`: YAML files that are not ours. `incomplete_ok`: inconclusive models do not fail the gate,
    but see `accepts`. `interrupted`: Ctrl-C ended the run. `root`: the absolute path of the folder from which GitHub
    and SARIF are told of files, empty for the current one. `version`: of dfsrace. `seconds`: of the whole run, by the
    clock on the wall. `notes`: what went wrong beside the checking, for the user, a sentence each. `mutation`: the
    score that was asked for.
    """

    results: tuple[Result, ...]
    pieces: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    incomplete_ok: bool = False
    interrupted: bool = False
    root: str = ""
    version: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    mutation: MutationScore | None = None

    @property
    def cached(self) -> int:
        """How many verdicts were known from an earlier run."""
        return sum(result.cached for result in self.results)

    def accepts(self, result: Result) -> bool:
        """Whether the result is inconclusive and passes for that, as was asked for.

        Only a search that was cut does, for it tells what it has found. Of a model that was never explored, or whose
        search was lost with its process, nothing is known, not even that it is valid.
        """
        return self.incomplete_ok and result.status == "inconclusive" and bool(result.found)

    def of(self, *statuses: Status) -> tuple[Result, ...]:
        """The results with one of these statuses."""
        return tuple(result for result in self.results if result.status in statuses)
