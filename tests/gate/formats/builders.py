# SPDX-License-Identifier: GPL-2.0-only
"""Gate reports for the tests: real ones from shipped models, and made-up ones of any kind and size."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dfsrace.diagnostics import ModelError
from dfsrace.gate.results import GateReport, Result, Status
from dfsrace.language import ModelSource
from dfsrace.operations import check
from dfsrace.render import FORMATS, Drawing
from dfsrace.render.report_json import error_json, report_object
from dfsrace.shipped import models_folder
from dfsrace.trace.report import Expectation

HOLDS = Expectation("holds")
VERSION = "0.1.0"

# Each is at home in some format: it ends a section, begins a command, is markup, or cannot be written at all.
HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07",
    "]]></failure><error/>",
    "-- <!-- comment -->",
    "::error file=x::%0Ainjected",
    "\n::set-output name=a::b\n##[error]c",
    "``` `x` ````",
    "<script>alert(1)</script> &lt;b&gt; &amp;",
    "a | b || c \\| d",
    "line\nfeed\r\nreturn\ttab\x0bvertical\x85next\u2028line",
    "\ud800 \udcff \udfff",
    "\x00zero",
    "# SKIP not really",
    "- dash # TODO",
    "ok 99 other\nnot ok 100 more\n1..1000\nBail out!",
    "KTAP version 1\n# Subtest: x\nreboot: System halted",
    "x: kunit test case crashed!",
    "end\nparticipant Z as z\nT0-->>T1: no",
    "%%{init: {'theme':'dark'}}%% #35; #quot; ;;; $$x$$",
    "[link](https://example.org) @someone #1 www.example.org **bold** ~~gone~~",
    "{0} {1} [text](1)",
    "\u202eright to left\u202c \ufeff \ufffe",
    "日本語 ünï 𝔘 é́́",
    " blanks at both ends ",
    "",
    "x" * 3000,
)


def step(number: int, thread: str, text: str = "x = 1", **other: Any) -> dict[str, Any]:
    """A step of a trace."""
    changes = [{"cell": "x", "old": "0", "new": "1"}]
    usual = {
        "file": "models/a.yaml",
        "line": number,
        "stack": ["write"],
        "choices": [],
        "reads": [],
        "changes": changes,
    }
    return {"step": number, "thread": thread, "text": text, **usual, **other}


def violation(name: str = "safe", trace: Sequence[Mapping[str, Any]] | None = None, **other: Any) -> dict[str, Any]:
    """A violated invariant; by default of four steps by two threads."""
    steps = (
        [step(n, thread) for n, thread in enumerate(("cpu0", "cpu1", "cpu1", "cpu0"), 1)] if trace is None else trace
    )
    usual: dict[str, Any] = {
        "kind": "invariant",
        "steps": len(steps),
        "switches": 2,
        "switches_minimised": True,
        "message": f"{name} is false",
        "explanation": ["cpu0 overwrites x in step 4."],
        "initial": {"x": "0"},
        "schedule": "cpu0 cpu1*2 cpu0",
        "trace": list(steps),
    }
    return {"property": name, **usual, **other}


def found(path: str, verdict: str, violations: Sequence[Mapping[str, Any]] = (), **other: Any) -> dict[str, Any]:
    """What `check --json` prints of a model."""
    usual: dict[str, Any] = {
        "schema": 1,
        "version": VERSION,
        "model": path.rpartition("/")[2].removesuffix(".yaml"),
        "title": "A model",
        "file": path,
        "model_hash": "0123abcd",
        "constants": {},
        "verdict": verdict,
        "complete": verdict == "holds",
        "as_expected": None,
        "states": 129,
        "transitions": 208,
        "depth": 16,
        "seconds": 0.002,
        "engine": "reference",
        "reductions": [],
        "sizes": {"threads": 2},
        "properties": ["safe"],
        "violations": list(violations),
        "coverage": {"unreached": [], "one_way": []},
        "stopped_by": None,
    }
    return {**usual, **other}


def good(path: str = "models/good.yaml") -> Result:
    """Holds, as expected."""
    return Result(path, "expected", found(path, "holds"), HOLDS, seconds=0.25)


def known_bad(path: str = "models/known.yaml", names: Sequence[str] = ("safe",)) -> Result:
    """Violated, as expected."""
    told = [violation(name) for name in names]
    return Result(path, "expected", found(path, "violated", told), Expectation("violated", tuple(names)))


def broken(path: str = "models/a.yaml", violations: Sequence[Mapping[str, Any]] | None = None) -> Result:
    """Expected to hold, but violated."""
    told = [violation()] if violations is None else violations
    lines = ("some   VIOLATED", "", "   1  x = 1", "  replay: dfsrace replay models/a.yaml --schedule 'cpu0'")
    because = "safe is violated, expected to hold"
    return Result(path, "unexpected", found(path, "violated", told), HOLDS, because, lines, seconds=1.5)


def stopped(path: str = "models/large.yaml", kind: str = "states") -> Result:
    """Inconclusive."""
    why = {"kind": kind, "detail": "", "reason": f"{kind} ran out", "advice": "lower N"}
    told = found(path, "inconclusive", stopped_by=why)
    return Result(path, "inconclusive", told, HOLDS, f"inconclusive: {kind}", ("some   INCONCLUSIVE",))


def wrong(path: str = "models/wrong.yaml", **other: Any) -> Result:
    """Bad input, with one diagnostic."""
    diagnostic = {
        "code": "DR301",
        "file": path,
        "line": 3,
        "column": 5,
        "end_line": 3,
        "end_column": 9,
        "message": "unknown name 'pge'",
        "allowed": ["page"],
        "help": "did you mean 'page'?",
        "notes": [{"file": path, "line": 1, "column": 1, "message": "declared here"}],
    }
    told = {"schema": 1, "version": VERSION, "file": path, "verdict": "error", "diagnostics": [{**diagnostic, **other}]}
    return Result(path, "error", told, None, "the file is no valid model", ("models/wrong.yaml:3:5: DR301",))


def bug(path: str = "models/bug.yaml") -> Result:
    """Our own failure."""
    return Result(path, "bug", {}, None, "the engines disagree", ("Traceback ...",))


def skipped(path: str = "models/skipped.yaml") -> Result:
    """Never begun."""
    return Result(path, "skipped", {}, HOLDS, "--total-seconds came first")


def gate(*results: Result, **other: Any) -> GateReport:
    """A run over these models."""
    return GateReport(results, **{"version": VERSION, "seconds": 2.0, **other})


def one_of_each() -> tuple[Result, ...]:
    """A result of each status, and a known-bad one."""
    return (good(), known_bad(), broken(), stopped(), wrong(), bug(), skipped())


def hostile(text: str) -> tuple[Result, ...]:
    """One result of each status in which every text that a model or a file's name decides is `text`."""
    path = f"models/{text}/{text}.yaml".replace("\x00", "")
    trace = [
        step(
            number,
            f"{text}{number % 2}",
            text,
            file=text,
            stack=[text, text],
            choices=[text],
            reads=[{"cell": text, "value": text}],
            changes=[{"cell": text, "old": text, "new": text}] * (number % 2),
        )
        for number in range(1, 5)
    ]
    bad = violation(f"p{text}", trace, message=text, explanation=[text], schedule=text)
    stop = {"kind": "states", "detail": text, "reason": text, "advice": text}
    told = {"title": text, "file": path, "properties": [f"p{text}"]}
    lines = tuple(text.split("\n"))

    def result(status: Status, what: Mapping[str, Any], expected: Expectation | None = HOLDS) -> Result:
        return Result(path, status, what, expected, text, lines)

    reading = {"code": "DR301", "file": text, "message": text, "help": text, "allowed": [text]}
    note = {"file": text, "line": 2, "column": 1, "message": text}
    return (
        result("unexpected", {**found(path, "violated", [bad]), **told}),
        result("inconclusive", {**found(path, "inconclusive", stopped_by=stop), **told}),
        result("error", wrong(path, **reading, notes=[note]).found, None),
        result("bug", {}, None),
        result("skipped", {}),
        replace(
            result("expected", {**found(path, "violated", [bad]), **told}, Expectation("violated", (f"p{text}",))),
            because="",
        ),
    )


@functools.cache
def real() -> GateReport:
    """Shipped models as the gate reports them: holds, known bad, turned round, cut short, and a broken text."""
    folder = "2003-truncate-lock/"
    turned = _checked(folder + "section-after-zap.yaml")
    deadlocked = _checked(folder + "sample-under-page-table-lock.yaml")
    return gate(
        _checked(folder + "dfs.yaml"),
        _checked(folder + "section-after-zap-dfs.yaml"),
        replace(turned, status="unexpected", expected=HOLDS, because="no_pte_maps_truncated_page is violated"),
        replace(deadlocked, status="unexpected", expected=HOLDS, because="deadlock is violated"),
        _mistyped(),
        pieces=("models/piece.yaml",),
        aside=("compose.yaml",),
    )


@functools.cache
def long() -> GateReport:
    """A real model whose shortest counterexample has 1,200 steps."""
    path = "models/long.yaml"
    text = (
        "model: Long\nstate:\n  x: 0..400\nthreads:\n"
        "  a: |\n    while x < 400:\n      x = x + 1\n  b: |\n    pass\n"
        "invariants:\n  short: x < 400\n"
    )
    report = check(ModelSource(path, None, text))
    lines = tuple(FORMATS["text"](report, Drawing(), VERSION).split("\n"))
    told = report_object(report, VERSION)
    return gate(Result(path, "unexpected", told, HOLDS, "short is violated", lines))


def _checked(name: str) -> Result:
    report = check(models_folder() / name)
    path = f"models/{name}"
    told = {**report_object(report, VERSION), "file": path}
    for one in told["violations"]:
        for each in one["trace"]:
            each["file"] = path if each["file"].endswith(name) else each["file"]
    expected = Expectation(report.verdict, report.violated)
    lines = tuple(FORMATS["text"](report, Drawing(), VERSION).rstrip("\n").split("\n"))
    return Result(path, "expected", told, expected, report=lines, seconds=0.01)


def _mistyped() -> Result:
    path = "models/mistyped.yaml"
    text = "model: M\nstate:\n  x: 0..1\nthreads:\n  a: |\n    x = pge\n"
    try:
        check(ModelSource(path, None, text))
    except ModelError as error:
        told = json.loads(error_json(path, error, VERSION))
        return Result(path, "error", told, None, "the file is no valid model", (str(error),))
    raise AssertionError("the text was meant to be wrong")
