# SPDX-License-Identifier: GPL-2.0-only
"""What a search is told of checkpoints: files from which a search that ended early goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`file` is written when a search begins, every `every` seconds, and when something ends the search early.

    `resume`: the search goes on from what is in the file. `version`, `model`: dfsrace's and the hash of what the model
    means; a search resumes only where both are as they were.
    """

    file: Path
    every: float = 60.0
    resume: bool = False
    version: str = ""
    model: str = ""


class CheckpointError(Exception):
    """A checkpoint cannot be written, or not be resumed; the message says why."""
