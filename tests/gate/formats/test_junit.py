# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML, read by an XML parser and held against the schema of Jenkins' xunit plugin."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from dfsrace.diagnostics.text import printable
from dfsrace.gate.formats.junit import LINES, junit_xml
from tests.gate.formats import builders
from tests.gate.formats.builders import HOSTILE, gate

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "data" / "junit-10.xsd"))


def read(text: str) -> ElementTree.Element:
    """The suite of a valid document, as a parser sees it that was given its bytes."""
    SCHEMA.validate(text.encode("utf-8"))
    (suite,) = ElementTree.fromstring(text.encode("utf-8"))
    return suite


def outcomes(suite: ElementTree.Element) -> list[str]:
    """The first element of each testcase, "" for one that has none."""
    return [next((child.tag for child in case), "") for case in suite.findall("testcase")]


def test_the_schema_refuses_what_is_no_junit() -> None:
    assert not SCHEMA.is_valid("<testsuites><testsuite name='x'/></testsuites>")


def test_each_status_has_its_element() -> None:
    suite = read(junit_xml(gate(*builders.one_of_each())))
    assert outcomes(suite) == ["", "system-out", "failure", "failure", "error", "error", "error"]
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "2", "errors": "3", "skipped": "0"}


def test_inconclusive_is_a_failure_unless_it_was_accepted() -> None:
    assert outcomes(read(junit_xml(gate(builders.stopped())))) == ["failure"]
    assert outcomes(read(junit_xml(gate(builders.stopped(), incomplete_ok=True)))) == ["skipped"]


def test_a_testcase_is_named_after_folder_and_file_and_tells_its_time() -> None:
    (case,) = read(junit_xml(gate(builders.broken("models/x/a.yaml")))).findall("testcase")
    assert (case.get("classname"), case.get("name"), case.get("time")) == ("models/x", "a.yaml", "1.500")
    (case,) = read(junit_xml(gate(builders.good("a.yaml")))).findall("testcase")
    assert case.get("classname") == "."


def test_a_failure_has_the_reason_and_the_lanes() -> None:
    (failure,) = read(junit_xml(gate(builders.broken()))).iter("failure")
    assert failure.get("message") == "safe is violated, expected to hold"
    assert "   1  x = 1\n" in (failure.text or "")
    assert "replay: dfsrace replay" in (failure.text or "")


def test_shipped_models_are_told_with_their_lanes() -> None:
    suite = read(junit_xml(builders.real()))
    assert outcomes(suite) == ["", "system-out", "failure", "failure", "error"]
    (first, _) = suite.iter("failure")
    assert "do_no_page(mm0, 0)" in (first.text or "")
    assert "✗ page0.mapping is None" in (first.text or "")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_come_back_as_they_are_shown_and_are_never_markup(text: str) -> None:
    results = builders.hostile(text)
    suite = read(junit_xml(gate(*results)))
    assert outcomes(suite) == ["failure", "failure", "error", "error", "error", "system-out"]
    for case, result in zip(suite.findall("testcase"), results, strict=True):
        folder, _, name = printable(result.path).rpartition("/")
        assert case.get("name") == (name if len(name) <= 1000 else f"{name[:999]}…")
        assert case.get("classname") == (folder if len(folder) <= 1000 else f"{folder[:999]}…")
    (failure, *_) = suite.iter("failure")
    if text:
        assert failure.get("message") == printable(text)
        assert (failure.text or "").split("\n")[0].startswith(printable(text.split("\n")[0])[:399])


def test_a_report_that_is_too_long_keeps_both_ends_and_says_so() -> None:
    long = builders.broken()
    lines = ("first", *(f"{number} " + "y" * 1000 for number in range(100_000)), "last")
    (failure,) = read(junit_xml(gate(type(long)(long.path, long.status, long.found, report=lines)))).iter("failure")
    shown = (failure.text or "").split("\n")
    assert len(shown) == LINES
    assert (shown[0], shown[-1]) == ("first", "last")
    assert "… 99403 lines left out …" in shown
    assert max(map(len, shown)) == 400
