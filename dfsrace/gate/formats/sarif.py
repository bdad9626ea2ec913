# SPDX-License-Identifier: GPL-2.0-only
"""SARIF 2.1.0 (OASIS standard), within what GitHub code scanning takes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from dfsrace.gate.formats import sarif_rules, wording
from dfsrace.gate.formats.places import Place, Places
from dfsrace.gate.formats.sarif_places import BASES, artifact, location, message, step_location
from dfsrace.gate.results import GateReport, Result

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# GitHub: 25,000 results a run of which it keeps 5,000; 1,000 thread flow locations a result of 10,000; 10 MB zipped.
RESULTS, STEPS, BYTES = 5000, 1000, 9_900_000
NOTICES = 1000

_Object = dict[str, Any]


def sarif_json(report: GateReport) -> str:
    """One run as a SARIF log, ASCII, at most 10,000,000 bytes.

    Results are: each violated property that the model's `expect` does not name (error; where there is a trace one
    `codeFlow` with a `threadFlow` a thread, `executionOrder` across them), each diagnostic (error), a verdict that is
    otherwise not as expected (error), an inconclusive model (warning), a bug of ours (error). A result's own location
    is in the model's file, or in an include that has all steps, relative to `%SRCROOT%`: the report's root, else the
    folder in which the gate ran.

    Violations that a model's `expect` names are no results but notifications of the invocation (level note), as are
    models that were never checked: GitHub opens an alert for every result, with `kind` pass or a `suppressions` too
    (github/codeql-action issue 1230, microsoft/PSRule issue 955), and an alert on each known-bad model would bury the
    others. Accepted inconclusive models are notes there as well.

    Beyond 5,000 results, 1,000 steps of a trace or the size in all, the rest is left out, and a notification says so.
    """
    run = _Run(report)
    for result in report.results:
        run.take(result)
    run.name_properties()
    driver = {
        "name": "dfsrace",
        "semanticVersion": wording.one_line(report.version, 100) or "0",
        "rules": list(run.rules.values()),
    }
    number = {rule: place for place, rule in enumerate(run.rules)}
    for found in run.results:
        found["ruleIndex"] = number[found["ruleId"]]
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": "dfsrace-gate/"},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": BASES,
                "invocations": [run.invocation()],
                "results": run.results,
            }
        ],
    }
    return json.dumps(log, ensure_ascii=True, separators=(",", ":")) + "\n"


@dataclass(slots=True)
class _Run:
    """What has been taken into the log so far; `spare`: the bytes that may still be used."""

    report: GateReport
    rules: dict[str, _Object] = field(
        default_factory=lambda: {rule: sarif_rules.descriptor(rule) for rule in sarif_rules.ALWAYS}
    )
    results: list[_Object] = field(default_factory=list)
    notices: list[_Object] = field(default_factory=list)
    left_out: int = 0
    without_steps: int = 0
    quiet: int = 0
    spare: int = BYTES

    def take(self, result: Result) -> None:
        """The results and notifications of one model."""
        for found in _results(self.report, result):
            self._add(found)
        for level, text in _remarks(self.report, result):
            self._note(level, text, result)

    def name_properties(self) -> None:
        """Describes, while there is room, properties that no result is of: a reader sees what was checked."""
        for name in dict.fromkeys(name for one in self.report.results for name in one.found.get("properties", ())):
            rule = sarif_rules.rule_id(name)
            described = sarif_rules.descriptor(rule)
            if rule not in self.rules and _size(described) <= self.spare and len(self.rules) < RESULTS:
                self.spare -= _size(described)
                self.rules[rule] = described

    def invocation(self) -> _Object:
        """How the run went, and all that was left out of the log."""
        report = self.report
        whole = not report.interrupted and not report.of("bug", "skipped")
        said = [
            (self.left_out, f"{self.left_out} results are left out: a log takes {RESULTS}, and {BYTES:,} bytes"),
            (self.without_steps, f"{self.without_steps} results are without their steps: a log takes {BYTES:,} bytes"),
            (self.quiet, f"{self.quiet} more remarks on models are left out"),
        ]
        limits = [{"level": "warning", "message": message(text)} for count, text in said if count]
        limits += [{"level": "note", "message": message(text)} for text in report.notes[:20]]
        return {
            "executionSuccessful": whole,
            "exitCodeDescription": wording.headline(report),
            "toolExecutionNotifications": [*limits, *self.notices],
        }

    def _add(self, found: _Object) -> None:
        rule = found["ruleId"]
        described = self.rules.get(rule) or sarif_rules.descriptor(rule)
        known = 30 if rule in self.rules else 30 + _size(described)
        bare = {key: value for key, value in found.items() if key != "codeFlows"}
        fitting = ((one, size) for one in (found, bare) if (size := _size(one) + known) <= self.spare)
        one, size = next(fitting, (bare, 0))
        if not size or len(self.results) >= RESULTS:
            self.left_out += 1
            return
        self.without_steps += len(one) < len(found)
        self.spare -= size
        self.rules[rule] = described
        self.results.append(one)

    def _note(self, level: str, text: str, result: Result) -> None:
        model = Places.of(self.report, result).model()
        note = {"level": level, "message": message(text), "locations": [location(model)]}
        size = _size(note)
        if len(self.notices) >= NOTICES or size > self.spare:
            self.quiet += 1
            return
        self.spare -= size
        self.notices.append(note)


def _size(value: _Object) -> int:
    return len(json.dumps(value)) + 1


def _results(report: GateReport, result: Result) -> Iterator[_Object]:
    places = Places.of(report, result)
    model = places.model()
    if result.status == "bug":
        yield _result(sarif_rules.BUG, "error", model, wording.reason(result), model)
    elif result.status == "error":
        yield from _diagnostics(places)
    elif result.status == "inconclusive":
        yield from _violations(places)
        if not report.accepts(result):
            yield _result(sarif_rules.INCONCLUSIVE, "warning", model, _stopped(result), model)
    elif result.status == "unexpected":
        new = list(_violations(places))
        yield from new
        expected = result.expected.violated if result.expected else ()
        if not new or set(expected) - set(result.violated):
            yield _result(sarif_rules.OTHER, "error", model, wording.reason(result), model)


def _remarks(report: GateReport, result: Result) -> Iterator[tuple[str, str]]:
    """Level and text of what is no result."""
    path = wording.path_of(result)
    if result.status == "skipped":
        yield "warning", f"{path} was not checked: {wording.reason(result)}"
    elif result.status == "bug":
        yield "error", f"{path}: dfsrace failed: {wording.reason(result)}"
    elif report.accepts(result):
        yield "note", f"{path} is inconclusive, which is accepted: {_stopped(result)}"
    for name in wording.accepted(result):
        yield "note", f"{path} violates {name}, as its expect says"


def _violations(places: Places) -> Iterator[_Object]:
    result = places.result
    known = wording.accepted(result)
    for violation in result.found.get("violations", ()):
        name = violation["property"]
        if name in known:
            continue
        told = [violation["message"] or f"{name} is violated", *violation.get("explanation", ())]
        text = " ".join(sentence if sentence.endswith(".") else f"{sentence}." for sentence in told)
        found = _result(sarif_rules.rule_id(name), "error", places.violation(violation), text, places.model())
        if violation["trace"]:
            found["codeFlows"] = [_code_flow(places, violation)]
        yield found


def _diagnostics(places: Places) -> Iterator[_Object]:
    result, model = places.result, places.model()
    found = result.found.get("diagnostics", ())
    if not found:
        yield _result(sarif_rules.OTHER, "error", model, wording.reason(result), model)
    for diagnostic in found:
        text = f"{diagnostic['message']}{'; ' * bool(diagnostic['help'])}{diagnostic['help']}"
        place = places.diagnostic(diagnostic)
        one = _result(wording.one_line(diagnostic["code"], 50), "error", place, text, model)
        one["relatedLocations"] = [
            {"id": number, "message": message(note["message"]), **location(places.diagnostic(note))}
            for number, note in enumerate(diagnostic.get("notes", ())[:20])
        ]
        yield one


def _result(rule: str, level: str, place: Place, text: str, model: Place) -> _Object:
    """A result; its fingerprint stays the same while lines move."""
    identity = "\0".join([artifact(model)["uri"], rule, "" if "/" in rule else text])
    return {
        "ruleId": rule,
        "level": level,
        "message": message(text, 4000),
        "locations": [location(place)],
        "partialFingerprints": {"modelAndRule/v1": sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()},
    }


def _code_flow(places: Places, violation: Mapping[str, Any]) -> _Object:
    """The trace, a thread flow for each thread; of a long one the end, which GitHub would cut off."""
    steps: Sequence[Mapping[str, Any]] = violation["trace"]
    shown = steps[-STEPS:]
    flows: dict[str, list[_Object]] = {}
    for step in shown:
        flows.setdefault(step["thread"], []).append(_step(places, step))
    text = f"{len(steps)} steps; executionOrder is the step's number"
    if len(shown) < len(steps):
        text += f"; the first {len(steps) - len(shown)} are left out, for a result takes {STEPS}"
    return {
        "message": message(text),
        "threadFlows": [
            {"id": wording.one_line(name, 200), "message": message(name, 200), "locations": locations}
            for name, locations in flows.items()
        ],
    }


def _step(places: Places, step: Mapping[str, Any]) -> _Object:
    """One step as a location of its thread's flow; `state` holds the cells that it changes."""
    changes = [wording.change(change) for change in step["changes"]]
    text = f"{step['step']}. {step['thread']}: {step['text']}{' | ' * bool(changes)}{'; '.join(changes)}"
    state = {wording.one_line(change["cell"], 200): message(change["new"], 200) for change in step["changes"][:20]}
    found: _Object = {
        "location": {**step_location(places, step), "message": message(text, 400)},
        "executionOrder": step["step"],
        "nestingLevel": len(step["stack"]),
        "importance": "essential" if changes else "important",
    }
    return {**found, "state": state} if state else found


def _stopped(result: Result) -> str:
    """Why the search ended, and what to do about it."""
    stopped = result.found.get("stopped_by") or {}
    parts = [wording.reason(result), stopped.get("reason", ""), stopped.get("advice", "")]
    return "; ".join(dict.fromkeys(part for part in parts if part))
