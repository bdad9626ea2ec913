# SPDX-License-Identifier: GPL-2.0-only
"""Workflow commands, read by the rules of GitHub's runner, and the step summary, read by a Markdown parser."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dfsrace.diagnostics.text import printable
from dfsrace.gate.formats.github import MESSAGE, github_commands
from dfsrace.gate.formats.github_summary import BYTES, DIAGRAMS, ROWS, github_summary
from dfsrace.gate.formats.mermaid import LONGEST, STEPS, sequence_diagram, text_of
from dfsrace.gate.results import GateReport
from tests.gate.formats import builders, outside
from tests.gate.formats.builders import HOSTILE, gate, step, violation

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass(frozen=True, slots=True)
class Command:
    """A workflow command as the runner takes it apart."""

    name: str
    properties: Mapping[str, str]
    data: str


def command(line: str) -> Command:
    """`::name key=value,key=value::data`, each value unescaped; the first `::` ends the properties."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, told = head.partition(" ")
    pairs = [pair.split("=", 1) for pair in told.split(",")]
    codes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}

    def plain(text: str) -> str:
        for code, character in codes.items():
            text = text.replace(code, character)
        return text.replace("%25", "%")

    return Command(name, {key: plain(value) for key, value in pairs}, plain(data))


def commands(report: GateReport) -> list[Command]:
    """The commands of a report, each on a line; as many as GitHub shows."""
    found = [command(line) for line in github_commands(report).splitlines()]
    for level in ("error", "warning"):
        assert sum(one.name == level for one in found) <= 10
    assert all(len(one.properties["title"]) <= 255 and len(one.data) <= 65_536 for one in found)
    return found


def test_all_as_expected_is_no_annotation() -> None:
    assert github_commands(gate(builders.good(), builders.known_bad())) == ""


def test_each_failing_status_is_an_error() -> None:
    found = commands(gate(*builders.one_of_each()))
    assert [one.name for one in found] == ["error"] * 5
    assert [one.properties["title"].partition(":")[0] for one in found] == [
        *("unexpected", "inconclusive", "DR301", "bug", "skipped")
    ]


def test_an_unexpected_verdict_points_at_its_last_step_and_explains_itself() -> None:
    (found,) = commands(gate(builders.broken()))
    assert (found.properties["file"], found.properties["line"]) == ("models/a.yaml", "4")
    assert found.data.split("\n") == [
        *("safe is violated, expected to hold", "safe is false", "cpu0 overwrites x in step 4.")
    ]


def test_a_diagnostic_has_columns_where_it_is_on_one_line() -> None:
    (found,) = commands(gate(builders.wrong()))
    assert {key: found.properties[key] for key in ("line", "col", "endColumn")} == {
        **{"line": "3", "col": "5", "endColumn": "9"}
    }
    (found,) = commands(gate(builders.wrong(end_line=5)))
    assert found.properties["endLine"] == "5"
    assert "col" not in found.properties


def test_an_accepted_inconclusive_model_is_a_warning() -> None:
    (found,) = commands(gate(builders.stopped(), incomplete_ok=True))
    assert found.name == "warning"
    assert found.data == "inconclusive: states\nstates ran out\nlower N"


def test_of_more_than_ten_the_last_names_the_others() -> None:
    ten = commands(gate(*(builders.broken(f"m/{number}.yaml") for number in range(10))))
    assert len(ten) == 10 and "file" in ten[-1].properties
    found = commands(gate(*(builders.broken(f"m/{number}.yaml") for number in range(3000))))
    assert len(found) == 10
    assert found[-1].properties["title"] == "2991 more errors"
    assert "m/9.yaml, m/10.yaml, " in found[-1].data
    assert found[-1].data.endswith(" more")


def test_a_message_that_is_too_long_is_cut() -> None:
    told = violation(message="m" * 100_000, explanation=["e" * 100_000] * 10)
    (found,) = commands(gate(builders.broken(violations=[told])))
    assert len(found.data) <= MESSAGE


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_stay_in_their_place(text: str) -> None:
    results = builders.hostile(text)
    written = github_commands(gate(*results))
    assert all(line.startswith(("::error ", "::warning ")) for line in written.split("\n")[:-1])
    found = commands(gate(*results))
    assert [one.name for one in found] == ["error"] * 5
    assert found[0].properties["file"] == printable(results[0].path)
    if text and len(text) < 1000:
        assert found[0].data.split("\n")[0] == printable(text)


def tokens(text: str) -> list[Token]:
    """The blocks of a summary, which is never larger than GitHub takes."""
    assert len(text.encode("utf-8")) <= BYTES < 1024 * 1024
    return MARKDOWN.parse(text)


def plain(inline: Token) -> str:
    """The text of a block as a reader sees it. Of its HTML only <code> may be there."""
    shown = ""
    for child in inline.children or ():
        assert child.type in ("text", "html_inline", "text_special"), child
        if child.type == "html_inline":
            assert child.content in ("<code>", "</code>")
        else:
            shown += child.content
    return shown


def headings(found: list[Token]) -> list[str]:
    return [plain(after) for before, after in pairwise(found) if before.type == "heading_open"]


def rows(found: list[Token]) -> list[list[str]]:
    """The table's cells, without its head."""
    cells = [plain(after) for before, after in pairwise(found) if before.type == "td_open"]
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def diagrams(found: list[Token]) -> list[str]:
    return [token.content for token in found if token.type == "fence" and token.info == "mermaid"]


def test_the_summary_has_a_table_of_all_and_a_section_for_each_that_fails() -> None:
    found = tokens(github_summary(gate(*builders.one_of_each())))
    table = rows(found)
    assert [row[0] for row in table] == ["✗", "✗", "✗", "?", "–", "✓", "✓"]
    assert table[2][1:4] == ["models/a.yaml", "holds", "violated: safe"]
    assert table[6][1:7] == ["models/known.yaml", "violated: safe", "violated: safe", "129", "0.00", "known bad"]
    assert headings(found) == [
        "dfsrace gate",
        *(f"models/{name}.yaml" for name in ("bug", "wrong", "a", "large", "skipped")),
    ]


def test_the_summary_holds_the_lanes_as_a_diagram_and_as_text() -> None:
    found = tokens(github_summary(gate(builders.broken())))
    (diagram,) = diagrams(found)
    assert diagram.startswith("sequenceDiagram\n    participant T0 as cpu0\n")
    (text,) = [token.content for token in found if token.type == "fence" and token.info == "text"]
    assert text == "\n".join(builders.broken().report) + "\n"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_no_markup(text: str) -> None:
    results = builders.hostile(text)
    found = tokens(github_summary(gate(*results)))
    assert len(headings(found)) == 6
    table = rows(found)
    assert len(table) == 6
    path = printable(results[0].path)
    assert {row[1] for row in table} == {path.strip() if len(path) <= 200 else f"{path[:199]}…"}
    blocks = [token.content for token in found if token.type == "html_block"]
    assert blocks == ["<details><summary>The report as text</summary>\n", "</details>\n"] * 5
    assert len(diagrams(found)) == 1


def test_a_summary_that_would_be_too_large_says_what_it_leaves_out() -> None:
    wide = tuple(f"{number} {'w' * 390}" for number in range(400))
    many = [replace(builders.broken(f"m/{number}.yaml"), report=wide) for number in range(ROWS + 200)]
    text = github_summary(gate(*many))
    assert BYTES * 3 // 4 < len(text.encode()) <= BYTES
    # Counted by their beginnings: to parse a text of this size takes seconds.
    assert text.count("\n| ✗ |") == ROWS
    shown = text.count("\n### <code>")
    assert f"{len(many) - shown} more models have no room here: " in text
    assert "200 more models are not in this table" in text


def test_a_summary_draws_at_most_forty_diagrams() -> None:
    many = [builders.broken(f"m/{number}.yaml") for number in range(DIAGRAMS + 10)]
    found = tokens(github_summary(gate(*many)))
    assert len(diagrams(found)) == DIAGRAMS
    assert len(headings(found)) == DIAGRAMS + 11


def test_of_a_long_trace_the_diagram_leaves_the_middle_out() -> None:
    trace = [step(number, f"cpu{number % 2}", "x" * 300) for number in range(1, 5000)]
    drawn = sequence_diagram(violation(trace=trace))
    assert len(drawn) < LONGEST
    assert drawn.count("Note over T") == STEPS + 1
    assert "… 4900 steps left out …" in drawn
    assert "4999#160; xx" in drawn


def test_no_trace_and_too_many_threads_are_not_drawn() -> None:
    assert sequence_diagram({**violation(), "trace": None}) == ""
    crowd = [step(number, f"cpu{number}") for number in range(1, 60)]
    assert sequence_diagram(violation(trace=crowd)) == ""


def undone(text: str) -> str:
    """What Mermaid shows for a text that it has read: its marks around character codes are gone."""
    return html.unescape(text.replace("ﬂ°°", "&#").replace("¶ß", ";"))


def test_mermaids_own_parser_reads_shipped_models() -> None:
    told = [one for result in builders.real().results for one in result.found.get("violations", ())]
    drawn = [sequence_diagram(one) for one in told]
    parsed = outside.mermaid([*drawn, "sequenceDiagram\n  A-"])
    assert "error" in parsed.pop()
    assert [one["type"] for one in parsed] == ["sequence"] * len(drawn)
    assert [one["participants"] for one in parsed] == [[*dict.fromkeys(s["thread"] for s in v["trace"])] for v in told]
    last = parsed[2]["messages"]
    assert [undone(one["text"]).split("\xa0")[0] for one in last if one["note"]][:-1] == [
        str(number) for number in range(1, 16)
    ]
    assert [(one["from"], one["to"]) for one in last if not one["note"]] == [("T0", "T1"), ("T1", "T0"), ("T0", "T1")]


def test_mermaids_own_parser_gets_every_hostile_text_back_as_it_is_shown() -> None:
    drawn = [
        sequence_diagram(result.found["violations"][0]) for text in HOSTILE for result in builders.hostile(text)[:1]
    ]
    for text, parsed in zip(HOSTILE, outside.mermaid(drawn), strict=True):
        assert "error" not in parsed, (text, parsed)
        name, shown = f"{printable(text)}1", printable(text)
        assert undone(parsed["participants"][0]) == (name if len(name) <= 60 else f"{name[:59]}…").strip()
        assert len(parsed["participants"]) == 2
        notes = [one for one in parsed["messages"] if one["note"]]
        assert (len(notes), len(parsed["messages"])) == (5, 8)
        if len(shown) <= 110:
            assert undone(notes[1]["text"]).split("\xa0", 1)[1].split("<br/>")[0].strip() == shown.strip() or not shown


def test_codes_keep_letters_readable_and_leave_no_syntax() -> None:
    assert text_of("mm.pte[0] = None", 100) == "mm.pte[0] = None"
    assert not set(text_of(':;#%{}<>"`\\@&|$-~^+?', 100)) - set("#;0123456789")
    assert text_of("", 10) == "#8203;"
