# SPDX-License-Identifier: GPL-2.0-only
"""What a format is asked for, and what it gives."""

from __future__ import annotations

from dfsrace.diagnostics.values import dataclass
from dfsrace.operations import Model


@dataclass(frozen=True, slots=True)
class Asked:
    """A model to be written. `version`: dfsrace's own, for what says who wrote it; `name`: of a module."""

    model: Model
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a file, and of those that belong beside it, by their ending (`.cfg`)."""

    text: str
    beside: tuple[tuple[str, str], ...] = ()
