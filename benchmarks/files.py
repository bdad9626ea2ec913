# SPDX-License-Identifier: GPL-2.0-only
"""Measurements taken, printed as Markdown, and kept as files: NAME.json and NAME.md in the folder that is asked for.

summary.md, for the README, is made of native.json.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import markdown, small
from benchmarks.families import SIZES, Family
from benchmarks.machine import described, load
from benchmarks.ours import Ours
from benchmarks.pairs import Bench
from benchmarks.process import Failed


@dataclass(frozen=True, slots=True)
class Place:
    """The Python that `dfsrace` is run with, and the folder for results."""

    python: Path
    output: Path

    def write(self, name: str, results: Mapping[str, Any], text: str) -> None:
        """Both files."""
        self.output.mkdir(parents=True, exist_ok=True)
        (self.output / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        self.write_text(name, text)

    def write_text(self, name: str, text: str) -> None:
        """The Markdown alone."""
        (self.output / f"{name}.md").write_text(text, encoding="utf-8")

    def read(self, name: str) -> dict[str, Any]:
        """The results that lie there; none where the file is missing."""
        try:
            found = json.loads((self.output / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found if isinstance(found, dict) else {}


@contextmanager
def _working(place: Place) -> Iterator[tuple[Ours, Path]]:
    """A cache of its own, and a folder, both removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="dfsrace-bench-") as name:
        folder = Path(name)
        yield Ours(place.python, folder / "cache"), folder


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def native(place: Place, families: Sequence[Family], sizes: Sequence[str], runs: int) -> int:
    """Compares and writes after each pair; what the same machine gave before for other pairs is kept."""
    missing = [tool for tool in ("spin", "cc") if shutil.which(tool) is None]
    if missing:
        raise Failed(f"{' and '.join(missing)} must be installed")
    about = described()
    before = place.read("native")
    pairs: list[dict[str, Any]] = before["pairs"] if before.get("machine") == about else []
    with _working(place) as (ours, folder):
        bench = Bench(ours, folder, runs, _say)
        for size in sizes:
            for family in families:
                medium = [old for old in pairs if size == "L" and (old["family"], old["size"]) == (family.name, "M")]
                entry = bench.pair(family, size, medium[0] if medium else None)
                pairs = [old for old in pairs if (old["family"], old["size"]) != (family.name, size)]
                pairs = sorted([*pairs, entry], key=lambda one: (one["family"], SIZES.index(one["size"])))
                results = {"schema": 1, "machine": about, "pairs": pairs}
                place.write("native", results, markdown.of_pairs(results))
                place.write_text("summary", markdown.summary(results))
                for left in [*folder.glob(f"{family.name}-*"), *folder.glob("profile-*")]:
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
    print(markdown.of_pairs(results), end="")
    return 0


def latency(place: Place, runs: int) -> int:
    """A small check as a whole."""
    with _working(place) as (ours, _):
        results = {**_head(), **small.latency(ours, runs)}
    place.write("latency", results, markdown.of_latency(results))
    print(markdown.of_latency(results), end="")
    return 0


def growth(place: Place, most: int) -> int:
    """Each thread and page more."""
    with _working(place) as (ours, _):
        results = {**_head(), "rows": small.growth(ours, most)}
    place.write("growth", results, markdown.of_growth(results))
    print(markdown.of_growth(results), end="")
    return 0


def _head() -> dict[str, Any]:
    taken = time.strftime("%Y-%m-%d", time.gmtime())
    return {"schema": 1, "machine": described(), "taken": taken, "load": load()}
