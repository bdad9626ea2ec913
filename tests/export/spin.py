# SPDX-License-Identifier: GPL-2.0-only
"""Running SPIN on the Promela text of a system."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import explore
from dfsrace.export import promela
from dfsrace.system import AUTOMATIC_PROPERTIES, System
from tests.conftest import require


@dataclass(frozen=True)
class Spin:
    """What SPIN found: states stored, and the names of what was violated, met, exhausted."""

    states: int
    violated: frozenset[str]
    met: frozenset[str]
    exhausted: frozenset[str]
    output: str


def quick_compiler() -> str:
    """tcc compiles pan in a twentieth of the time; where it is missing any compiler does."""
    return shutil.which("tcc") or require("cc")


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def spin(
    system: System, folder: Path, states: int = 40_000, flags: tuple[str, ...] = ("-DREACH",), compiler: str = ""
) -> Spin:
    """Explores everything, without partial order reduction. `states`: about how many there will be."""
    command, compiler = require("spin"), compiler or quick_compiler()
    (folder / "model.pml").write_text(promela(system), encoding="ascii")
    run(folder, command, *flags, "-a", "model.pml")
    run(folder, compiler, "-w", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=8000", "-DVECTORSZ=4096", "-o", "pan", "pan.c")
    output = run(folder, "./pan", "-c0", f"-m{max(10_000, 12 * states)}", "-w22")
    assert "max search depth too small" not in output, output
    stored = re.search(r"^ *(\S+) states, stored", output, re.MULTILINE)
    assert stored is not None, output
    failed = re.findall(r"assertion violated \((\w+?)_(\d+)==0\)", output)
    assert "no_verdict" not in output, output
    names = [*AUTOMATIC_PROPERTIES, *(p.name for p in system.properties)]
    by_kind = {
        kind: frozenset(names[int(number) - 1] for k, number in failed if k == kind) for kind in ("violated", "reached")
    }
    pools = frozenset(number for kind, number in failed if kind == "exhausted")
    return Spin(int(float(stored[1])), by_kind["violated"], by_kind["reached"], pools, output)


def explored(system: System, most: int | None = None) -> Outcome:
    """The reference engine's result without any reduction."""
    return explore(system, Options(reductions=frozenset(), states=most))


def disagreement(system: System, folder: Path, ours: Outcome | None = None) -> str:
    """What SPIN and the reference engine say differently; empty if they agree.

    tcc 0.9.27 miscompiles conditions with constants in them, `1 || (b && 1 || a)`: a difference counts only where cc
    has it too.
    """
    ours = ours or explored(system)
    said = different(system, spin(system, folder, ours.states), ours)
    if said and quick_compiler() != require("cc"):
        said = different(system, spin(system, folder, ours.states, compiler=require("cc")), ours)
    return said


def different(system: System, theirs: Spin, ours: Outcome) -> str:
    """What SPIN found otherwise; empty if they agree."""
    found = []
    if theirs.states != ours.states + 1:
        found.append(f"SPIN stores {theirs.states} states, ours are {ours.states}")
    violated = frozenset(v.property for v in ours.violations if v.kind != "reach")
    if theirs.violated != violated:
        found.append(f"violated are {sorted(theirs.violated)}, ours {sorted(violated)}")
    unmet = {v.property for v in ours.violations if v.kind == "reach"} | set(ours.undecided)
    met = frozenset(p.name for p in system.properties if p.kind == "reach") - unmet
    if theirs.met != met:
        found.append(f"met are {sorted(theirs.met)}, ours {sorted(met)}")
    if bool(theirs.exhausted) != (ours.stopped_by is not None):
        found.append(f"exhausted {sorted(theirs.exhausted)}, ours {ours.stopped_by}")
    return "; ".join(found)
