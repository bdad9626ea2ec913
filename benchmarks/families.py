# SPDX-License-Identifier: GPL-2.0-only
"""The models that the engines are compared on, each in three sizes set by constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = ("S", "M", "L")


@dataclass(frozen=True, slots=True)
class Family:
    """A model and its hand-written Promela, which has the same constants. `sizes`: the constants of each."""

    name: str
    sizes: Mapping[str, Mapping[str, int]]

    @property
    def model(self) -> Path:
        """The model in the language."""
        return HERE / "models" / f"{self.name}.yaml"

    @property
    def promela(self) -> Path:
        """The same, written for SPIN by hand."""
        return HERE / "promela" / f"{self.name}.pml"


FAMILIES = (
    Family("truncate-count", {"S": {"ROUNDS": 2}, "M": {"ROUNDS": 5}, "L": {"ROUNDS": 9}}),
    Family("peterson", {"S": {"N": 4, "COUNTS": 4}, "M": {"N": 5, "COUNTS": 2}, "L": {"N": 5, "COUNTS": 16}}),
    Family("tokens", {"S": {"NODES": 3, "VALUES": 4}, "M": {"NODES": 4, "VALUES": 6}, "L": {"NODES": 4, "VALUES": 16}}),
)


def settings(constants: Mapping[str, int]) -> list[str]:
    """The constants as `dfsrace` takes them."""
    return [word for name, value in constants.items() for word in ("--set", f"{name}={value}")]
