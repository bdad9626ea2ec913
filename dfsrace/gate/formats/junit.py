# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML, as Jenkins' xunit plugin defines it and GitLab, Azure and others read it."""

from __future__ import annotations

from xml.etree import ElementTree as xml

from dfsrace.gate.formats import wording
from dfsrace.gate.results import GateReport, Result

# A report has no upper bound, but parsers do (libxml2: 10 MB in one text).
LINES, LENGTH = 600, 400
NAME, MESSAGE = 1000, 4000


def junit_xml(report: GateReport) -> str:
    """An XML 1.0 document, to be written in UTF-8: a testcase a model, `classname` its folder, `name` its file.

    A model that is not as expected, or inconclusive where that fails the gate, is a `failure` with the reason as its
    message and the report with the lanes as its text; bad input, bugs of ours and what was never checked are `error`;
    what is inconclusive where that is accepted is `skipped`, which no reader counts as a failure. Known-bad models
    pass, and say so in `system-out`.
    Characters that XML 1.0 has no way to write are shown as escapes: `\\x1b`.
    """
    suite = xml.Element("testsuite", name="dfsrace gate")
    properties = xml.SubElement(suite, "properties")
    for name, value in _properties(report):
        xml.SubElement(properties, "property", name=name, value=value)
    for result in report.results:
        _testcase(suite, report, result)
    counts = {
        "tests": len(report.results),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
    }
    root = xml.Element("testsuites", name="dfsrace gate", time=_time(report.seconds))
    for element in (root, suite):
        for name, count in counts.items():
            element.set(name, str(count))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suite.set("time", _time(sum(result.seconds for result in report.results)))
    root.append(suite)
    xml.indent(root)
    text: str = xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _properties(report: GateReport) -> list[tuple[str, str]]:
    return [
        ("dfsrace.version", wording.one_line(report.version)),
        ("dfsrace.summary", wording.headline(report)),
        ("dfsrace.pieces", str(len(report.pieces))),
        ("dfsrace.files_left_aside", str(len(report.aside))),
        ("dfsrace.cached", str(report.cached)),
        *(("dfsrace.note", wording.one_line(note, MESSAGE)) for note in report.notes),
    ]


def _testcase(suite: xml.Element, report: GateReport, result: Result) -> None:
    folder, _, name = wording.path_of(result).rpartition("/")
    case = xml.SubElement(
        suite,
        "testcase",
        classname=wording.one_line(folder or ".", NAME),
        name=wording.one_line(name, NAME),
        time=_time(result.seconds),
    )
    outcome = _outcome(report, result)
    if outcome:
        message = wording.one_line(wording.reason(result), MESSAGE)
        element = xml.SubElement(case, outcome, type=result.status, message=message)
        element.text = "\n".join(wording.lines_of(result, LINES, LENGTH)) or None
    elif note := _note(result):
        xml.SubElement(case, "system-out").text = note


def _outcome(report: GateReport, result: Result) -> str:
    """The element that says what went wrong, empty for a test that passes."""
    if result.status in ("error", "bug", "skipped"):
        return "error"
    if report.accepts(result):
        return "skipped"
    return "failure" if wording.fails(report, result) else ""


def _note(result: Result) -> str:
    notes = [f"{wording.verdict(result)} (as the model expects)"] if result.violated else []
    if result.unreached:
        notes.append(f"{result.unreached} statement{'s' * (result.unreached != 1)} never ran")
    return "; ".join(notes)


def _time(seconds: float) -> str:
    return f"{max(seconds, 0):.3f}"
