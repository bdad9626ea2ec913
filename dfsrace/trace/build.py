# SPDX-License-Identifier: GPL-2.0-only
"""From what a search found to a Report: traces replayed and explained, sizes, coverage, advice."""

from __future__ import annotations

import re
from dataclasses import replace

from dfsrace.engine.outcome import Outcome, Violation
from dfsrace.system.system import CoveragePoint, System
from dfsrace.system.types import NamedType, PoolType, RangeType, Type, finite_values
from dfsrace.trace.replay import Replayer
from dfsrace.trace.report import About, Counterexample, Coverage, Expectation, OneWay, Place, Report, Size, Stopped


def build_report(system: System, outcome: Outcome, about: About) -> Report:
    """The report of a search. Its traces were replayed; ReplayMismatch if one does not end as claimed: our bug."""
    replayer = Replayer(system)
    found = tuple(_counterexample(replayer, violation) for violation in outcome.violations)
    named = [p.name for p in system.properties if about.checked is None or p.name in about.checked]
    return Report(
        about=about,
        system=system,
        outcome=replace(outcome, largest_pools=held_at_once(system, outcome)),
        sizes=sizes_of(system),
        threads=tuple(thread.name for thread in system.threads),
        properties=tuple(named),
        violations=found,
        coverage=coverage_of(system, outcome),
        as_expected=as_expected(outcome, about),
        stopped_by=stopped_by(system, outcome),
    )


def _counterexample(replayer: Replayer, violation: Violation) -> Counterexample:
    if violation.schedule is None:
        return Counterexample(violation, None, "no reachable state satisfies it", replayer.system)
    trace = replayer.trace(violation.schedule, violation.property)
    return Counterexample(violation, trace, trace.message, replayer.system)


def held_at_once(system: System, outcome: Outcome) -> tuple[tuple[str, int], ...]:
    """How many values of each pool were held at once, so far as it is known.

    An engine counts in states. The pool that was exhausted had no value left, perhaps in the middle of a step or of
    setup; what setup held of other pools when it led to no state is not known.
    """
    stop = outcome.stopped_by
    if stop is None or stop.kind != "pool":
        return outcome.largest_pools
    full = {kind.name: kind.size for kind in system.types if isinstance(kind, PoolType) and kind.name == stop.detail}
    counted = [(name, count) for name, count in outcome.largest_pools if name in full or outcome.states]
    return tuple((name, full.get(name, count)) for name, count in counted)


def sizes_of(system: System) -> tuple[Size, ...]:
    """The finite types that the model declares, with their sizes."""
    sizes = (_size(kind) for kind in system.types)
    return tuple(size for size in sizes if size)


def _size(kind: Type) -> Size | None:
    match kind:
        case NamedType(name, values):
            return Size(name, len(values), ", ".join(values))
        case RangeType(low, high, name) if name:
            return Size(name, len(finite_values(kind)), f"{low}..{high}")
        case PoolType(name, size):
            return Size(name, size, f"pool of {size}")
    return None


def coverage_of(system: System, outcome: Outcome) -> Coverage:
    """What no step executed, in the order of the files; tests all of whose outcomes are missing were not reached."""
    missing = [p for number, p in enumerate(system.coverage) if number not in outcome.reached]
    never: set[tuple[object, str]] = {(p.span, p.kind) for p in missing}
    kinds = [p.kind for p in system.coverage]
    return Coverage(
        tuple(Place(p.span, p.text) for p in missing if p.kind == "statement"),
        tuple(one for p in missing if (one := _one_way(p, never))),
        kinds.count("statement"),
        kinds.count("true"),
    )


def _one_way(point: CoveragePoint, never: set[tuple[object, str]]) -> OneWay | None:
    """The test as having one outcome only; None for a statement, and for a test that was not evaluated at all."""
    if point.kind == "statement":
        return None
    other = "false" if point.kind == "true" else "true"
    return None if (point.span, other) in never else OneWay(point.span, point.text, point.kind)


def as_expected(outcome: Outcome, about: About) -> bool | None:
    """Whether the expectation is met; None where the check was narrowed. Without `expect` a model is to hold."""
    if about.narrowed:
        return None
    expected = about.expectation or Expectation("holds")
    if expected.verdict != "violated":
        return outcome.verdict == expected.verdict
    return outcome.complete and {v.property for v in outcome.violations} == set(expected.violated)


def stopped_by(system: System, outcome: Outcome) -> Stopped | None:
    """Why the search ended early, what grew, and what to change; None for a complete search."""
    stop = outcome.stopped_by
    if stop is None:
        return None
    match stop.kind:
        case "pool":
            reason = f"pool {stop.detail} exhausted"
            advice = f"raise {_pool_constant(system, stop.detail)}"
        case "states" | "seconds":
            reason = f"the bound of {_several(stop.detail, stop.kind)} was reached"
            advice = f"{_smaller(system)}, or raise the bound with --{stop.kind}"
        case "switches":
            reason = f"nothing with more than {_several(stop.detail, 'switches')}"
            advice = "raise the bound with --switches"
        case "memory":
            limit = f" ({int(stop.detail) // 2**20} MiB)" if stop.detail.isdigit() else ""
            reason = f"the memory was used up{limit}"
            advice = _smaller(system)
        case "interrupt":
            reason, advice = "it was interrupted", ""
        case "first":
            reason, advice = "it stopped at the first violation, as --first asks", ""
    return Stopped(stop.kind, stop.detail, reason, advice)


def _several(number: str, things: str) -> str:
    """A bound in words: `1,000 states`, `1 second`."""
    if number == "1":
        return f"1 {things.removesuffix('es') if things == 'switches' else things.removesuffix('s')}"
    return f"{int(number):,} {things}" if number.isdecimal() else f"{number} {things}"


def _smaller(system: System) -> str:
    """Advice for a space that is too large: the constants that are numbers above 1."""
    numbers = [name for name, text in system.constants if text.isdecimal() and int(text) > 1]
    if numbers:
        return f"lower {_listed(numbers)}"
    families = {thread.family for thread in system.threads if thread.family}
    return "make a family of threads smaller" if families else "take a thread out, or make a type smaller"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _pool_constant(system: System, pool: str) -> str:
    """The constants in the pool's declared size as its source has it, else the pool's size itself."""
    names = {name for name, _ in system.constants}
    declaration = re.compile(rf"(?<!\w){re.escape(pool)}\s*:\s*pool\(([^)]*)")
    for source in system.sources:
        for match in declaration.finditer(source.text):
            found = [word for word in re.findall(r"\w+", match.group(1)) if word in names]
            if found:
                return _listed(found)
    return f"the size of {pool}"
