# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace check` as a contender: the whole command, as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.families import Family, settings
from benchmarks.process import Failed, Ran, measured

# Check's exit codes for a verdict; anything else means that nothing was measured.
VERDICTS = frozenset({0, 3, 11, 12})


@dataclass(frozen=True, slots=True)
class Ours:
    """`python -m dfsrace` of an environment, with compiled objects kept below `cache`."""

    python: Path
    cache: Path

    def run(self, *arguments: str | Path, accepted: Collection[int] = (0,)) -> Ran:
        """One measured `dfsrace` command."""
        command = (self.python, "-P", "-m", "dfsrace", *arguments)
        return measured(command, variables={"XDG_CACHE_HOME": str(self.cache)}, accepted=accepted)

    def check(self, family: Family, constants: Mapping[str, int], *options: str) -> tuple[Ran, dict[str, Any]]:
        """A complete check without reductions, and the JSON object that it printed. Raises Failed if it is none."""
        words: list[str | Path] = ["check", family.model, *settings(constants), "--reduce", "none", "--json", *options]
        ran = self.run(*words, accepted=VERDICTS)
        result = json.loads(ran.output.splitlines()[-1])
        if not result["complete"] or result["verdict"] != "holds" or not result["states"]:
            said = f"{result['verdict']}, {result['states']} states, stopped by {result['stopped_by']}"
            raise Failed(f"{family.name} {dict(constants)}: {said}")
        return ran, result

    def compiling(self, family: Family, constants: Mapping[str, int], runs: int) -> list[float]:
        """Seconds that a model's step functions take to compile: what a check that visits one state takes more."""

        def briefly() -> float:
            words = ("--reduce", "none", "--engine", "native", "--states", "1", "--quiet")
            return self.run("check", family.model, *settings(constants), *words, accepted=VERDICTS).seconds

        briefly()
        found = []
        for _ in range(runs):
            warm = briefly()
            self.forget_models()
            found.append(briefly() - warm)
        return found

    def forget_models(self) -> None:
        """Removes the step functions, but not the runtime, from the cache."""
        for file in self.cache.glob("dfsrace/native/model-*"):
            file.unlink(missing_ok=True)

    def bits(self, family: Family, constants: Mapping[str, int]) -> int:
        """How many bits a state of the model is packed into."""
        text = (
            "import sys; from pathlib import Path; from dfsrace.operations import load;"
            "from dfsrace.system.layout import Layout; from dfsrace.system.memory import Memory;"
            "s = load(Path(sys.argv[1]), constants=dict(a.split('=') for a in sys.argv[2:])).system;"
            "print(Layout(s, Memory(s.variables, len(s.threads))).bits)"
        )
        words = [f"{name}={value}" for name, value in constants.items()]
        return int(measured((self.python, "-P", "-c", text, family.model, *words)).output)
