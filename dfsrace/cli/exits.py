# SPDX-License-Identifier: GPL-2.0-only
"""Exit codes. 1 is never ours: Python and click use it for failures of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfsrace.trace.report import Report

HOLDS = 0
WRONG_INPUT = 2
INCONCLUSIVE = 3
DEADLOCK = 11
SAFETY = 12
LIVENESS = 13
OUR_BUG = 70
INTERRUPTED = 130
CLOSED_PIPE = 141

# Of several models' codes the first that applies.
_PRECEDENCE = (OUR_BUG, WRONG_INPUT, SAFETY, DEADLOCK, LIVENESS, INCONCLUSIVE, HOLDS)


def of_violations(names: Iterable[str]) -> int:
    """The code of a set of violated properties; HOLDS for none."""
    codes = [DEADLOCK if name == "deadlock" else SAFETY for name in names]
    return first_of(codes)


def of_report(report: Report) -> int:
    """The code of one verdict, whatever the model expects."""
    if report.verdict == "violated":
        return of_violations(report.violated)
    return HOLDS if report.verdict == "holds" else INCONCLUSIVE


def first_of(codes: Iterable[int]) -> int:
    """The code of several models together."""
    found = set(codes)
    return next((code for code in _PRECEDENCE if code in found), HOLDS)
