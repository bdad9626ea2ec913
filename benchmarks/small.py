# SPDX-License-Identifier: GPL-2.0-only
"""What a small check costs as a whole, and how the cost grows with each thread and each page."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.families import FAMILIES, Family, settings
from benchmarks.ours import VERDICTS, Ours
from benchmarks.process import Ran, measured

SMALL = {"N": 3, "COUNTS": 3}
LARGEST = 60_000_000
# Each group begins with the size that its next ones are compared with.
GROWTH = (
    [{"FAULTERS": n, "PAGES": 1, "ROUNDS": 1, "FRAMES": 4} for n in (1, 2, 3)],
    [{"FAULTERS": 1, "PAGES": n, "ROUNDS": 1, "FRAMES": 2 * n + 1} for n in (1, 2, 3)],
    [{"FAULTERS": 2, "PAGES": n, "ROUNDS": 1, "FRAMES": 2 * n + 2} for n in (1, 2, 3)],
)


def _family(name: str) -> Family:
    return next(family for family in FAMILIES if family.name == name)


def latency(ours: Ours, runs: int) -> dict[str, Any]:
    """Whole checks of a small model, each paired with the import of what it prints with."""
    family = _family("peterson")
    check: tuple[str | Path, ...] = ("check", family.model, *settings(SMALL), "--reduce", "none", "--json")
    states = int(json.loads(ours.run(*check).output)["states"])

    def forget_all() -> None:
        shutil.rmtree(ours.cache / "dfsrace" / "native", ignore_errors=True)

    def runner(*options: str) -> Callable[[], Ran]:
        return lambda: ours.run(*check, *options)

    rows = [
        _paired(ours, what, runner(*options), before, runs)
        for what, options, before in (
            ("engine chosen, compiled before", (), None),
            ("engine chosen, model never seen", (), ours.forget_models),
            ("native, compiled before", ("--engine", "native"), None),
            ("native, model never seen", ("--engine", "native"), ours.forget_models),
            ("native, first use on the machine", ("--engine", "native"), forget_all),
            ("reference", ("--engine", "reference"), None),
        )
    ]
    return {"model": family.name, "states": states, "constants": SMALL, "rows": rows}


def _paired(
    ours: Ours, what: str, run: Callable[[], Ran], before: Callable[[], None] | None, runs: int
) -> dict[str, Any]:
    """`seconds`: the median. `more`: the median of what the check took longer than the import beside it."""
    run()
    pairs = []
    for _ in range(runs):
        if before is not None:
            before()
        pairs.append((run().seconds, measured((ours.python, "-c", "import click, rich")).seconds))
    return {
        "what": what,
        "runs": runs,
        "seconds": statistics.median(own for own, _ in pairs),
        "imports": statistics.median(imports for _, imports in pairs),
        "more": statistics.median(own - imports for own, imports in pairs),
    }


def growth(ours: Ours, most: int = LARGEST) -> list[dict[str, Any]]:
    """The truncate_count model with one faulting thread, or one page, more each time; at most so many states."""
    family = _family("truncate-count")
    rows: list[dict[str, Any]] = []
    for group in GROWTH:
        before: int | None = None
        for constants in group:
            words = ("--reduce", "none", "--engine", "native", "--states", str(most), "--json")
            for _ in ("compiled", "measured"):
                ran = ours.run("check", family.model, *settings(constants), *words, accepted=VERDICTS)
            result = json.loads(ran.output)
            rows.append(
                {
                    "constants": constants,
                    "bits": ours.bits(family, constants),
                    "states": result["states"],
                    "transitions": result["transitions"],
                    "complete": result["complete"],
                    "seconds": ran.seconds,
                    "peak_bytes": ran.peak,
                    "factor": result["states"] / before if before else None,
                }
            )
            before = result["states"]
    return rows
