# SPDX-License-Identifier: GPL-2.0-only
"""The machine's limit of random insert-or-find operations a second, by limit.c."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.families import HERE
from benchmarks.process import measured

AHEAD = 16


@dataclass(frozen=True, slots=True)
class Limit:
    """The compiled program, for keys of so many words."""

    program: Path

    @classmethod
    def build(cls, folder: Path, words: int) -> Limit:
        """Compiles it into a folder."""
        program = folder / f"limit-{words}"
        measured(("cc", "-O2", "-pthread", f"-DWORDS={words}", "-o", program, HERE / "limit.c"))
        return cls(program)

    def run(self, keys: int, operations: int, threads: int, ahead: int = AHEAD, huge: bool = True) -> float:
        """Operations a second."""
        words = map(str, (keys, operations, threads, ahead, int(huge)))
        return float(measured((self.program, *words)).output.split()[0])
