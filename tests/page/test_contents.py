# SPDX-License-Identifier: GPL-2.0-only
"""What stands on the page is what the report says: every step, every picture, every line that ran or did not."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as xml

import pytest

from dfsrace.operations import check, load
from dfsrace.render.page import coverage, drawn, violation
from dfsrace.render.page.coverage import lines_seen
from dfsrace.render.page.drawn import draw
from dfsrace.render.vm_svg import vm_svg
from dfsrace.trace.pictures import pictures
from dfsrace.trace.report import Report
from tests.cli.running import HOLDS as ADDS
from tests.cli.running import LOST
from tests.page.pages import HOLDS, LONG, REMOTE, SEED, page, page_of, report_of
from tests.page.reading import read

UNREACHED = """\
model: Not all of it runs
state: {x: 0..3, y: 0..3}
procedures: |
  def work():
      if x == 0:
          x = 1
      else:
          y = 2
      if y == 3:
          y = 1
threads: {a: work()}
invariants: {small: x <= 2}
"""


def report(text: str) -> Report:
    return check(load(text))


def source_line(text: str, number: int) -> str:
    """The row of a line in the first file's table."""
    found = re.search(rf'<tr id="L0-{number}" class="(\w+)"><td class="n">\d+</td><td class="mark">([^<]*)</td>', text)
    assert found, number
    return f"{found[1]}: {found[2]}"


def test_every_step_has_its_thread_its_statement_and_its_place() -> None:
    found = report_of(SEED).violations[0]
    assert found.trace is not None
    data = read(page(SEED)).data
    steps = data["violations"][0]["steps"]
    assert len(steps) == len(found.trace.steps) + 1
    for told, step in zip(steps[1:], found.trace.steps, strict=True):
        assert told["thread"] == step.thread_name
        assert set(told["statements"]) <= {node.text for node in step.executed}
        places = {(node.span.file, node.span.line) for node in step.executed}
        assert {(data["files"][file], line) for file, line in told["at"]} <= places
        for change in (change for node in step.executed if not node.lock for change in node.changes):
            if change.old != change.new:
                assert ["change", change.name, change.old, change.new] in told["said"]


def test_the_time_that_it_took_is_nowhere() -> None:
    slow = report_of(SEED)
    other = replace(slow, outcome=replace(slow.outcome, seconds=1234.5, engine="native"))
    assert page_of(other) == page(SEED)


@pytest.mark.parametrize("name", [SEED, REMOTE, LONG], ids=["seed", "remote", "long"])
def test_a_picture_of_pieces_is_the_whole_picture(name: str) -> None:
    found = report_of(name)
    trace = found.violations[0].trace
    assert trace is not None
    all_of_it = pictures(found.system, trace)
    made = draw(all_of_it, "p")
    pieces = dict(re.findall(r'<g id="p-(\d+)" class="dr">(.*?)</g>(?=<g id=|</defs>)', made.fragments, re.S))
    for number in (0, len(all_of_it) // 2, len(all_of_it) - 1):
        together = "".join(pieces[str(piece)] for piece in made.pictures[number])
        assert shapes(f"<svg>{together}</svg>") == shapes(vm_svg(all_of_it, number, standalone=False))


def shapes(svg: str) -> list[tuple[str, dict[str, str], str]]:
    """The elements of a picture, without its title and description."""
    root = xml.fromstring(svg)
    inner = [one for child in root if child.tag.rpartition("}")[2] not in ("title", "desc") for one in child.iter()]
    return [(one.tag.rpartition("}")[2], one.attrib, one.text or "") for one in inner]


def test_two_hundred_steps_take_less_than_a_megabyte() -> None:
    assert len(page(LONG)) < 1_000_000


def test_what_is_too_large_loses_pictures_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = page(LONG)  # kept between tests: drawn before the limit is changed
    monkeypatch.setattr(drawn, "MOST", 20_000)
    small = page_of(report_of(LONG))
    shown = read(small).data["violations"][0]["pictures"]
    assert shown[0] and not all(shown)
    assert len(small) < len(whole) - 100_000


def test_on_paper_there_are_a_dozen_pictures_of_a_trace() -> None:
    film = page(LONG).partition('<div class="film')[2].partition("</div>")[0]
    assert film.count("<figure>") == drawn.MOST_FRAMES
    assert "more pictures are shown on the screen" in film


def test_a_trace_that_is_too_long_is_left_to_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(violation, "MOST_STEPS", 100)
    short = page_of(report_of(LONG))
    told = read(short)
    assert "Its 201 steps are too many for a page." in told.text
    assert "See it again: dfsrace replay" in told.text
    assert told.data["violations"][0]["steps"] == []
    assert len(short) < 60_000


def test_of_many_long_traces_the_first_are_shown_and_the_others_left_to_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = report_of(LONG)
    first, *others = (len(one.trace.steps) for one in found.violations if one.trace)
    assert others
    monkeypatch.setattr(violation, "MOST_STEPS_TOGETHER", first)
    told = read(page_of(found))
    assert [bool(one["steps"]) for one in told.data["violations"]] == [True, *(False for _ in others)]
    assert "steps are left out: with those of the properties before it" in told.text


def test_a_violation_before_the_first_step_is_shown() -> None:
    markup = read(page_of(report(LOST.replace("x == 2", "x == 1").replace("    at: end\n", ""))))
    assert len(markup.data["violations"][0]["steps"]) == 1
    assert "x = 0" in markup.text and "violates both_count" in markup.text


def test_each_line_of_code_says_whether_it_ran() -> None:
    text = page_of(report(UNREACHED))
    assert source_line(text, 5) == "partly: ◐ never false"
    assert source_line(text, 6) == "ran: ✓ ran"
    assert source_line(text, 8) == "never: ✗ never ran"
    assert source_line(text, 9) == "partly: ◐ never true"
    assert source_line(text, 10) == "never: ✗ never ran"
    assert source_line(text, 2) == "other: "


def test_coverage_counts_what_the_report_has() -> None:
    found = report_of(HOLDS)
    seen = lines_seen(found)
    spans = [*(place.span for place in found.coverage.unreached), *(one.span for one in found.coverage.one_way)]
    gaps = {(span.file, span.line) for span in spans}
    assert {place for place, line in seen.items() if line.never} == gaps
    assert "70 of 70" in read(page(HOLDS)).text


def test_a_large_file_is_shown_around_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "LONGEST_WHOLE", 10)
    monkeypatch.setattr(coverage, "AROUND", 1)
    text = page_of(report(UNREACHED))
    assert 'id="L0-1"' not in text and 'id="L0-5"' in text
    assert read(text).text.count("lines without code are left out") >= 1


def test_an_incomplete_search_says_not_yet() -> None:
    from dfsrace.engine.options import Options

    text = page_of(check(load(UNREACHED), options=Options(states=2, engine="reference")))
    assert source_line(text, 10) == "never: ✗ did not run"
    assert source_line(text, 5) == "partly: ◐ not yet false"
    told = read(text).text
    assert "INCONCLUSIVE" in told and "Not everything was explored" in told
    assert "? not decided" in told and "✓ holds" not in told


def test_a_reach_that_is_never_true_has_no_steps_and_is_told() -> None:
    text = page_of(report(ADDS + "reach: {three: x == 1 and l.held}\n".replace(" and l.held", " and x == 2")))
    markup = read(text)
    assert "no reachable state satisfies it" in markup.text
    assert markup.data["violations"][0]["steps"] == []


def test_a_property_that_was_not_asked_for_is_listed_as_not_checked() -> None:
    from dfsrace.engine.options import Options

    found = check(load(LOST), options=Options(properties=frozenset(["deadlock"])))
    told = read(page_of(found)).text.partition("Coverage")[0]
    assert "both_countat the end– not checked" in told
    assert "of the properties that were checked none is violated" in told and "nothing is violated" not in told
    whole = read(page_of(report(ADDS))).text
    assert "nothing is violated" in whole and "not checked" not in whole
