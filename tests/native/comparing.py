# SPDX-License-Identifier: GPL-2.0-only
"""What both engines say of a system, side by side."""

from __future__ import annotations

from dataclasses import replace

from dfsrace.engine.native import Machine, explore_native
from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference import LoopsWithoutAccess, PropertyError, explore
from dfsrace.system import System

Found = Outcome | str


def compared(outcome: Outcome) -> Outcome:
    """An outcome without what may differ between engines: time, and pools that an engine had no reason to count."""
    return replace(outcome, engine="", seconds=0.0, largest_pools=())


def reference(system: System, options: Options) -> Found:
    """The reference engine's outcome, or the model's error as text."""
    try:
        return compared(explore(system, options))
    except (LoopsWithoutAccess, PropertyError) as error:
        return str(error)


def native(system: System, options: Options, machine: Machine) -> Found:
    """The native engine's; of an error what compiled code says, before the reference engine was asked for its cause."""
    try:
        return compared(explore_native(system, options, machine))
    except (LoopsWithoutAccess, PropertyError) as error:
        return str(error.__cause__ or error)


def too_large(found: Found) -> bool:
    """True if the bound on states ended the search, so that what was visited is a matter of order."""
    return isinstance(found, Outcome) and found.stopped_by is not None and found.stopped_by.kind == "states"
