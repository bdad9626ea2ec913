# SPDX-License-Identifier: GPL-2.0-only
"""Our engines and SPIN in turn, on one family in one size."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.families import Family, settings
from benchmarks.limit import Limit
from benchmarks.machine import load
from benchmarks.ours import Ours
from benchmarks.process import Failed, own_peak
from benchmarks.profile import profile
from benchmarks.spin import COLLAPSED, FULL, REDUCED, Pan, defines

REFERENCE_SIZES = ("S", "M")
BY_HAND, EXPORT, REDUCING, COLLAPSING = "spin by hand", "spin export", "spin reduction", "spin collapse"
REFERENCE, ONE, ALL = "reference", "native 1", "native all"
LIMIT_OPERATIONS = 100_000_000

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class One:
    """One counted run. `search`: seconds of the search alone, where the contender tells."""

    seconds: float
    processor: float
    peak: int
    states: int
    transitions: int
    search: float | None = None


@dataclass(slots=True)
class Contender:
    """What runs, how often (`rounds`), and what came of it. `more`: states that it stores beyond the model's."""

    name: str
    run: Callable[[], One]
    rounds: int
    more: int | None = 0
    runs: list[One] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median of the wall seconds."""
        return statistics.median(run.seconds for run in self.runs)


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measurements of one call share. `folder`: for what SPIN and the compiler make."""

    ours: Ours
    folder: Path
    runs: int
    say: Say

    def pair(self, family: Family, size: str, medium: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The figures of one family in one size. Raises Failed, also where two counts of states differ.

        `medium`: the figures of another size that tell which Promela text and which size of the table suit SPIN best.
        Without, both texts run, and several sizes of the table are tried.
        """
        constants = family.sizes[size]
        self.say(f"{family.name} {size} ({', '.join(f'{k}={v}' for k, v in constants.items())})")
        first, result = self.ours.check(family, constants, "--engine", "native")
        states = int(result["states"])
        self.say(f"  {states:,} states, {result['transitions']:,} transitions; native took {first.seconds:.1f} s cold")
        bits = self.ours.bits(family, constants)
        pans = dict(self._pans(family, size, states, medium))
        contenders = [*self._native(family, size), *self._spin(pans)]
        limit = _Limits(Limit.build(self.folder, bits // 64 + 1), states, int(result["transitions"]))
        self._rounds(contenders, limit)
        for contender in contenders:
            _agrees(contender, states)
        compiling = statistics.median(self.ours.compiling(family, constants, min(3, self.runs)))
        return {
            "family": family.name,
            "size": size,
            "constants": dict(constants),
            "bits": bits,
            "states": states,
            "transitions": result["transitions"],
            "depth": result["depth"],
            "taken": time.strftime("%Y-%m-%d", time.gmtime()),
            "load": load(),
            "threads": threads(),
            "rows": [_row(contender) for contender in contenders],
            "spin": {name: _tuning(pan) for name, pan in pans.items()},
            "compile_seconds": {"ours": compiling, "spin": pans[BY_HAND].generating + pans[BY_HAND].compiling},
            "limit": limit.figures(contenders),
            "profile": {
                ONE: profile(self.ours, self.folder, family, constants, 1),
                ALL: profile(self.ours, self.folder, family, constants, threads()),
            },
            "ratios": _ratios(contenders),
        }

    def _native(self, family: Family, size: str) -> Iterator[Contender]:
        constants = family.sizes[size]

        def runner(*options: str) -> Callable[[], One]:
            def run() -> One:
                ran, result = self.ours.check(family, constants, *options)
                counts = int(result["states"]), int(result["transitions"])
                return One(ran.seconds, ran.processor, ran.peak, *counts, float(result["seconds"]))

            return run

        yield Contender(ONE, runner("--engine", "native", "--threads", "1"), self.runs)
        yield Contender(ALL, runner("--engine", "native", "--threads", str(threads())), self.runs)
        if size in REFERENCE_SIZES:
            yield Contender(REFERENCE, runner("--engine", "reference"), self._fewer())

    def _fewer(self) -> int:
        """Rounds of what is compared besides."""
        return math.ceil(self.runs / 3)

    def _pans(
        self, family: Family, size: str, states: int, medium: Mapping[str, Any] | None
    ) -> Iterator[tuple[str, Pan]]:
        """SPIN's checkers, built and fitted; the last two take over what suits the first."""
        exported = self.folder / f"{family.name}-{size}.pml"
        words: list[str | Path] = ["export", family.model, *settings(family.sizes[size]), "--to", "promela"]
        exported.write_text(self.ours.run(*words).output, encoding="utf-8")
        given = defines(family.sizes[size])
        width, depth = 0, 0
        for name, source, constants, flags in (
            (BY_HAND, family.promela, given, FULL),
            (EXPORT, exported, [], FULL),
            (REDUCING, family.promela, given, REDUCED),
            (COLLAPSING, family.promela, given, COLLAPSED),
        ):
            if flags == FULL and medium is not None and name not in (medium["ratios"]["against"], BY_HAND):
                continue
            pan = Pan(self.folder / f"{family.name}-{size}-{name.replace(' ', '-')}", source, constants, flags)
            pan.build()
            if flags == FULL:
                pan.fit(_widths(states, name, medium))
                self.say(f"  {name}: -w{pan.width} -m{pan.depth}, {pan.tried[pan.width]:.1f} s when fitted")
            else:
                pan.width, pan.depth = width, depth
            if name == BY_HAND:
                width, depth = pan.width, pan.depth
            yield name, pan

    def _spin(self, pans: dict[str, Pan]) -> Iterator[Contender]:
        for name, pan in pans.items():

            def run(pan: Pan = pan) -> One:
                found = pan.deep_enough()
                ran = found.ran
                return One(ran.seconds, ran.processor, ran.peak, found.states, found.transitions)

            main = name in (BY_HAND, EXPORT)
            more = None if name == REDUCING else int(name == EXPORT)
            yield Contender(name, run, self.runs if main else self._fewer(), more)

    def _rounds(self, contenders: Sequence[Contender], limit: _Limits) -> None:
        """Everybody in turn; each round begins with another one."""
        for number in range(self.runs):
            at = number % len(contenders)
            for contender in (*contenders[at:], *contenders[:at]):
                if len(contender.runs) < contender.rounds:
                    contender.runs.append(contender.run())
            limit.measure()
            seconds = ", ".join(f"{c.name} {c.runs[-1].seconds:.2f}" for c in contenders)
            self.say(f"  round {number + 1} of {self.runs}: {seconds}")


@dataclass(slots=True)
class _Limits:
    """The random-insert limit for as many keys as there are states, in each round."""

    limit: Limit
    keys: int
    transitions: int
    one: list[float] = field(default_factory=list)
    every: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """One round."""
        operations = min(max(self.transitions, 20_000_000), LIMIT_OPERATIONS)
        self.one.append(self.limit.run(self.keys, operations, 1))
        self.every.append(self.limit.run(self.keys, operations, threads()))
        self.plain.append(self.limit.run(self.keys, operations, 1, ahead=0, huge=False))

    def figures(self, contenders: Sequence[Contender]) -> dict[str, float]:
        """Operations a second, and the fractions of them that our engine's transitions are, round by round."""
        found = {
            "one_thread": statistics.median(self.one),
            "all_threads": statistics.median(self.every),
            "one_thread_plain": statistics.median(self.plain),
        }
        for name, limits, key in ((ONE, self.one, "one_thread"), (ALL, self.every, "all_threads")):
            (contender,) = (c for c in contenders if c.name == name)
            rates = [run.transitions / (run.search or run.seconds) for run in contender.runs]
            found[f"{key}_reached"] = statistics.median(r / most for r, most in zip(rates, limits, strict=True))
        return found


def _widths(states: int, name: str, medium: Mapping[str, Any] | None) -> tuple[int, ...]:
    """Sizes of SPIN's hash table to try, as powers of two."""
    near = max(10, round(math.log2(states)))
    if medium is None or name not in medium["spin"]:
        return near - 1, near, near + 1, near + 2
    return (near + medium["spin"][name]["width"] - round(math.log2(medium["states"])),)


def threads() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _agrees(contender: Contender, states: int) -> None:
    for run in contender.runs:
        fits = run.states <= states if contender.more is None else run.states == states + contender.more
        if not fits:
            raise Failed(f"{contender.name} has {run.states:,} states where the native engine has {states:,}")


def _row(contender: Contender) -> dict[str, Any]:
    runs = contender.runs
    states, seconds = runs[0].states, contender.seconds
    peak = statistics.median(run.peak for run in runs)
    searches = [run.search for run in runs if run.search is not None]
    return {
        "contender": contender.name,
        "runs": len(runs),
        "seconds": seconds,
        "all_seconds": [round(run.seconds, 4) for run in runs],
        "search_seconds": statistics.median(searches) if searches else None,
        "processor_seconds": statistics.median(run.processor for run in runs),
        "states": states,
        "transitions": runs[0].transitions,
        "states_per_second": states / seconds,
        "transitions_per_second": runs[0].transitions / seconds,
        "peak_bytes": peak,
        "peak_is_ours": peak <= own_peak(),
        "bytes_per_state": peak / states,
    }


def _tuning(pan: Pan) -> dict[str, Any]:
    return {
        "width": pan.width,
        "depth": pan.depth,
        "flags": list(pan.flags),
        "seconds_by_width": {str(width): round(seconds, 3) for width, seconds in pan.tried.items()},
        "generate_seconds": pan.generating,
        "compile_seconds": pan.compiling,
    }


def _ratios(contenders: Sequence[Contender]) -> dict[str, Any]:
    """How many times faster than the better of SPIN's full searches, round by round, and in how much of its memory."""
    better = min((c for c in contenders if c.name in (BY_HAND, EXPORT)), key=lambda c: c.seconds)
    found: dict[str, Any] = {"against": better.name}
    for contender in contenders:
        if contender.name in (ONE, ALL, REFERENCE):
            pairs = list(zip(better.runs, contender.runs, strict=False))
            found[contender.name] = {
                "speed": statistics.median(theirs.seconds / ours.seconds for theirs, ours in pairs),
                "search_speed": statistics.median(
                    theirs.seconds / (ours.search or ours.seconds) for theirs, ours in pairs
                ),
                "memory": statistics.median(ours.peak / theirs.peak for theirs, ours in pairs),
            }
    return found
