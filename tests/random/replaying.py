# SPDX-License-Identifier: GPL-2.0-only
"""Whether schedules lead where they say, by the interpreter, which has no part in the search."""

from __future__ import annotations

from dfsrace.engine.outcome import Outcome
from dfsrace.engine.reference.stepping import Start, Stepper
from dfsrace.system import System
from tests.engine.brute import names_violated


def replay(system: System, outcome: Outcome) -> None:
    """Asserts that each schedule leads the interpreter to its violation, and not before its last step."""
    stepper = Stepper(system)
    for violation in outcome.violations:
        if violation.schedule is not None:
            start, results = stepper.follow(violation.schedule)
            names = [violated_at_start(stepper, start), *(names_violated(stepper, result) for result in results)]
            assert [violation.property in found for found in names] == [False] * len(results) + [True]


def violated_at_start(stepper: Stepper, start: Start) -> set[str]:
    """What an initial state violates, the first local steps of its threads included."""
    found = set(stepper.judge(start.cells, None).violated)
    if start.violation is not None:
        found.add(start.violation)
    if start.state is not None:
        found |= set(stepper.judge_state(start.state).violated)
        found |= {"deadlock"} if stepper.is_deadlock(start.state) else set()
    return found
