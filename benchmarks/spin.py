# SPDX-License-Identifier: GPL-2.0-only
"""SPIN as a contender: a Promela text made into `pan`, with the hash table and the stack that suit it best."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.process import Failed, Ran, measured

FULL = ("-DSAFETY", "-DNOREDUCE")
REDUCED = ("-DSAFETY",)
COLLAPSED = ("-DSAFETY", "-DNOREDUCE", "-DCOLLAPSE")
FIRST_DEPTH = 200_000


def memory() -> int:
    """MiB that SPIN is told it may take: nine tenths of what is free."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 9 // 10 // 1024
    return 8000


@dataclass(frozen=True, slots=True)
class Found:
    """What one run of pan found, and what it took."""

    ran: Ran
    states: int
    transitions: int
    depth: int
    vector: int


@dataclass(slots=True)
class Pan:
    """A checker that SPIN made. `width`: of its hash table, -w; `depth`: of its stack, -m, cut to what it needs.

    `generating`, `compiling`: seconds of `spin -a` and of the compiler.
    """

    folder: Path
    text: Path
    defines: Sequence[str]
    flags: Sequence[str]
    width: int = 20
    depth: int = FIRST_DEPTH
    generating: float = 0.0
    compiling: float = 0.0
    tried: dict[int, float] = field(default_factory=dict)

    def build(self) -> None:
        """Generates and compiles. Raises Failed."""
        self.folder.mkdir(parents=True)
        shutil.copy(self.text, self.folder / "model.pml")
        start = time.perf_counter()
        measured(("spin", *self.defines, "-a", "model.pml"), self.folder)
        self.generating = time.perf_counter() - start
        options = ("-O2", "-w", *self.flags, f"-DMEMLIM={memory()}")
        self.compiling = measured(("cc", *options, "-o", "pan", "pan.c"), self.folder).seconds

    def run(self) -> Found:
        """One run with the stack as it is cut. Raises Failed where that is too small or SPIN finds an error."""
        ran = measured(("./pan", "-c0", "-n", f"-m{self.depth}", f"-w{self.width}"), self.folder)
        for trouble in ("max search depth too small", "out of memory", "VECTORSZ"):
            if trouble in ran.output:
                raise Failed(f"pan -m{self.depth} -w{self.width}: {trouble}")
        if "errors: 0" not in ran.output:
            raise Failed(f"pan found an error in {self.text.name}: {ran.output[-1500:]}")
        return Found(
            ran,
            int(_number(r"^ *(\S+) states, stored", ran.output)),
            int(_number(r"^ *(\S+) transitions", ran.output)),
            int(_number(r"depth reached (\d+)", ran.output)),
            int(_number(r"State-vector (\d+) byte", ran.output)),
        )

    def fit(self, widths: Sequence[int]) -> None:
        """Cuts the stack, and keeps the fastest of these widths; the first does not count, as its stack is not cut."""
        for width in (widths[0], *widths) if len(widths) > 1 else widths:
            self.width = width
            found = self.deep_enough()
            self.depth = found.depth + 8
            self.tried[width] = found.ran.seconds
        self.width = min(self.tried, key=lambda width: self.tried[width])

    def deep_enough(self) -> Found:
        """One run; where the stack is too small it is made larger, and the run repeated."""
        while True:
            try:
                return self.run()
            except Failed as failure:
                if "max search depth too small" not in str(failure):
                    raise
                self.depth *= 4


def _number(pattern: str, output: str) -> float:
    found = re.search(pattern, output, re.MULTILINE)
    if found is None:
        raise Failed(f"pan printed no {pattern!r}: {output[-1500:]}")
    return float(found[1])


def defines(constants: Mapping[str, int]) -> list[str]:
    """The constants as SPIN takes them."""
    return [f"-D{name}={value}" for name, value in constants.items()]
