# SPDX-License-Identifier: GPL-2.0-only
"""Where our engine's time goes: the compiled checker of a model, built with the runtime's own stopwatches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.families import Family, settings
from benchmarks.ours import Ours
from benchmarks.process import Failed, measured

MEANINGS = {
    "steps": "step functions",
    "keys": "keys and the states met a moment ago",
    "insertion": "the table",
    "growth": "its growth and the clearing of new pages",
    "goals": "invariants",
    "order": "numbers, log and next level",
    "waiting": "waiting for each other",
}


def profile(ours: Ours, folder: Path, family: Family, constants: Mapping[str, int], threads: int) -> dict[str, float]:
    """Shares of the threads' time, by the names in MEANINGS, in a run with so many threads. Raises Failed."""
    source, program = folder / f"profile-{family.name}.c", folder / f"profile-{family.name}"
    if not program.exists():
        ours.run("compile", family.model, *settings(constants), "--reduce", "none", "-o", source)
        measured(("cc", "-O2", "-w", "-pthread", "-DPROFILE", source, "-o", program))
    result = json.loads(measured((program, "--threads", str(threads), "--quiet")).output)
    shares = result.get("profile", {})
    if set(shares) != set(MEANINGS):
        raise Failed(f"the checker of {family.name} says of its time {shares}")
    return {name: float(shares[name]) for name in MEANINGS}
