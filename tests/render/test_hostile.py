# SPDX-License-Identifier: GPL-2.0-only
"""Names, texts and messages of a model may hold anything; what is printed may not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dfsrace.diagnostics.text import is_unsafe, width
from dfsrace.render.report_json import report_json
from dfsrace.render.report_text import report_text
from dfsrace.render.style import Drawing, Row
from dfsrace.system import System
from dfsrace.system.program import Thread
from dfsrace.trace.build import build_report
from dfsrace.trace.report import About, Report
from tests.render.cases import race_outcome
from tests.trace.systems import unfixed_local

HOSTILE = [
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\r\nRESULT model=x verdict=holds",
    "\u202eright to left",
    "\u200b\u200d\ufeff",
    "\x9b31m",
    "[bold]markup[/bold]",
    "\ud800",
    "漢字" * 40,
    "e\u0301" * 60,
    "x" * 500,
    "\t\0\x7f",
]


def renamed(thread: Thread, text: str) -> Thread:
    """A thread all of whose names and texts are `text`."""
    nodes = [
        replace(
            node,
            text=node.text and text,
            span=replace(node.span, file=text),
            stack=tuple(replace(frame, procedure=text) for frame in node.stack),
        )
        for node in thread.nodes
    ]
    return replace(thread, name=thread.name + text, text=text, nodes=tuple(nodes))


def hostile_report(text: str) -> Report:
    """The race in a model that calls everything by a hostile name."""
    system = unfixed_local()
    variables = tuple(replace(v, name=v.name + text) for v in system.variables)
    properties = tuple(replace(p, name=text) for p in system.properties)
    says = properties[0].says
    assert says is not None
    properties = (replace(properties[0], says=replace(says, parts=(text, *says.parts))),)
    threads = tuple(renamed(thread, text) for thread in system.threads)
    system = System(
        text, text, system.types, ((text, text),), variables, threads, properties, system.initial, (), system.sources
    )
    outcome = race_outcome()
    outcome = replace(outcome, violations=(replace(outcome.violations[0], property=text),))
    return build_report(system, outcome, About(text, text))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("drawing", [Drawing(), Drawing(ascii=True), Drawing(columns=80, verbose=True)])
def test_nothing_that_a_terminal_would_obey_is_printed(text: str, drawing: Drawing) -> None:
    printed = report_text(hostile_report(text), drawing)
    assert [c for c in printed if c != "\n" and is_unsafe(c)] == []
    lines = printed.splitlines()
    assert [line for line in lines if line.startswith("RESULT")] == lines[-1:]
    drawn = [line for line in lines[:-1] if not line.startswith("  replay: ")]
    assert max(width(line) for line in drawn) <= drawing.width


@pytest.mark.parametrize("text", HOSTILE)
def test_json_stays_one_line_of_ascii(text: str) -> None:
    line = report_json(hostile_report(text), "1.0")
    assert line.isascii() and line.isprintable()
    assert json.loads(line)["model"] == text


def test_wide_and_combining_characters_keep_their_columns() -> None:
    row = Row()
    row.put(0, "漢e\u0301x")
    row.put(6, "|")
    text = "".join(part for part, _ in row.line())
    assert text == "漢e\u0301x  |"
    assert width(text) == 7
