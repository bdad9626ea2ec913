# SPDX-License-Identifier: GPL-2.0-only
"""What takes a search to know of a violation: the point of no return and the decisive switch. Made on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dfsrace.engine.options import Options
from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference.stepping import PropertyError, Starts, StepResult
from dfsrace.system import System
from dfsrace.system.interpreter import LoopsWithoutAccess
from dfsrace.trace.continuations import Budget, Continuations, broken_by, broken_in
from dfsrace.trace.decisive import Alternative, Past, alternatives, best
from dfsrace.trace.no_return import point_of_no_return
from dfsrace.trace.record import DecisiveSwitch, Further, NoReturn, Trace
from dfsrace.trace.report import Report
from dfsrace.trace.writing import Writer

USUAL = Options()
WRONG = "the model has an error in a state ahead"


def with_further(report: Report, options: Options = USUAL) -> Report:
    """The report with `further` in the explanation of every counterexample."""
    found = []
    for counterexample in report.violations:
        trace = counterexample.trace
        if trace is not None and trace.violated:
            explanation = replace(trace.explanation, further=further(report.system, trace, options))
            counterexample = replace(counterexample, trace=replace(trace, explanation=explanation))
        found.append(counterexample)
    return replace(report, violations=tuple(found))


def further(system: System, trace: Trace, options: Options = USUAL) -> Further:
    """The point of no return and the decisive switch of a trace that ends in a violation, the first of `violated`.

    Of the options `states` and `seconds` bound the search, 200,000 states and 20 seconds where they are None (a state
    looked at twice counts twice), `clock` and `interrupted` are asked. What was cut is said not to be known.
    """
    return _Further(system, trace, Budget(options)).all()


class _Further:
    """One trace and what is found of it."""

    def __init__(self, system: System, trace: Trace, budget: Budget) -> None:
        self.trace, self.budget, self.violated = trace, budget, trace.violated[0]
        self.ahead = Continuations(system, [self.violated])
        self.stepper = self.ahead.stepper
        start, results = self.stepper.follow(trace.schedule)
        first = self._first(start.state is None or self.violated in broken_in(self.stepper, start.state), results)
        self.past = Past(start, trace.schedule.initial, tuple(results[:first]))

    def _first(self, at_once: bool, results: Sequence[StepResult]) -> int:
        """After how many steps the property is first violated."""
        if at_once:
            return 0
        broken = (number for number, r in enumerate(results, 1) if self.violated in broken_by(self.stepper, r))
        return next(broken, len(results))

    def all(self) -> Further:
        """Everything, in the end as sentences."""
        steps = len(self.past.results)
        if not steps:
            return Further(NoReturn(0, 0, 0), None, ("It is so from the start: there is nothing to avoid.",))
        try:
            states = [state for number in range(steps) if (state := self.past.state(number)) is not None]
            no_return = point_of_no_return(self.ahead, [self.ahead.key(state) for state in states], self.budget)
        except (PropertyError, LoopsWithoutAccess):
            no_return = NoReturn(None, steps, self.budget.states, WRONG)
        try:
            found, wrong = alternatives(self.ahead, self.past, self.budget), ""
        except (PropertyError, LoopsWithoutAccess):
            found, wrong = [], WRONG
        switch = best(found)
        decisive = None if switch is None else self._decisive(switch)
        second = self._switch_sentence(decisive) if decisive else self._no_switch(found, wrong)
        return Further(no_return, decisive, (self._return_sentence(no_return, steps), second))

    def _decisive(self, found: Alternative) -> DecisiveSwitch:
        names = [thread.name for thread in self.trace.threads]
        until = {(True, False): "it finished", (False, True): "it had to wait"}
        return DecisiveSwitch(
            found.preemption.step,
            names[found.preemption.thread],
            names[found.preemption.other],
            until.get((found.finished, found.waits), "it finished or had to wait"),
            found.always,
            "" if found.schedule is None else self._text(found.schedule),
            found.violates,
        )

    def _text(self, schedule: Schedule) -> str:
        """A schedule as text, pool values by the names that its own trace gives them."""
        writer = Writer(self.stepper, Starts(self.stepper.each_start()), schedule.initial)
        for result in self.stepper.follow(schedule)[1]:
            writer.add(result)
        return writer.finish(None).schedule_text

    # ---- in words

    def _does(self) -> tuple[str, str]:
        """What runs that violate the property do, and have done."""
        match self.violated:
            case "deadlock":
                return "ends in a deadlock", "ended in a deadlock"
            case "assertion":
                return "fails an assertion", "failed an assertion"
            case name:
                return f"violates {name}", f"violated {name}"

    def _return_sentence(self, found: NoReturn, steps: int) -> str:
        does = self._does()[0]
        if found.after is None:
            known = f"; from step {found.at_latest} on it does" if found.at_latest < steps else ""
            return f"It is not known from where on every continuation {does}: {found.cut}{known}."
        if found.after == 0:
            return f"Every interleaving from this initial state {does}."
        if found.after == steps:
            return "Until the last step another interleaving avoids it."
        lost = f"There is no way back after step {found.after}: every continuation {does}"
        return f"{lost}; until then another avoids it."

    def _switch_sentence(self, found: DecisiveSwitch) -> str:
        had = (
            f"Had {found.thread} not been preempted between steps {found.step} and {found.step + 1}, "
            f"but run on until {found.until}, "
        )
        if found.always:
            return f"{had}no continuation would have {self._does()[1]}."
        rest = f", though it would have violated {' and '.join(found.violates)}" if found.violates else ""
        return f"{had}with the others after it in the same order, the run would not have {self._does()[1]}{rest}."

    def _no_switch(self, found: Sequence[Alternative], wrong: str) -> str:
        threads = [result.thread for result in self.past.results]
        if wrong:
            return f"Whether one switch is decisive is not known: {wrong}."
        if len(set(threads)) == 1:
            return "One thread alone does it: there is no switch."
        if not found:
            return "No switch could have been left out: each time the thread before had finished or had to wait."
        unknown = [a for a in found if a.always is None or a.avoids is None]
        if unknown:
            why = self.budget.cut or "a thread that goes on instead has no end alone, or finds a pool exhausted"
            return f"Whether one switch is decisive is not known: {why}."
        return "No single switch is decisive: whichever is left out, the others in the same order still violate it."
