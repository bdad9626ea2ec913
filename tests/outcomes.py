# SPDX-License-Identifier: GPL-2.0-only
"""What tests compare of outcomes."""

from __future__ import annotations

from dfsrace.engine.outcome import Outcome


def lengths(outcome: Outcome) -> dict[str, int | None]:
    """The violated properties with the lengths of their schedules."""
    return {violation.property: violation.steps for violation in outcome.violations}
