# SPDX-License-Identifier: GPL-2.0-only
"""A table says the same in every form, and no foreign text breaks one."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dfsrace.diagnostics.text import printable, width
from dfsrace.render.style import Drawing
from dfsrace.render.tables import TABLE_FORMATS, table_csv, table_html, table_json, table_markdown, table_text
from dfsrace.study.table import Cell, Column, Table, cell

VERDICT = Cell(("violated", "truncated 11/2", "73 states"), "bad")
TABLE = Table(
    "Fixes against scenarios",
    (Column("protocol"), Column("local-truncate"), Column("states", right=True), Column("seconds", volatile=True)),
    ((cell("unfixed"), VERDICT, cell(1073), cell("0.3")), (cell("hook"), cell("holds", "good"), cell(9), cell("0.1"))),
    ("A note.",),
    (
        {"protocol": "unfixed", "violated": ["a", "b"], "steps": {"a": 1}, "why": None, "seconds": 0.3},
        {"protocol": "=hook", "violated": [], "steps": {}, "why": "-x", "seconds": 0.1},
    ),
    volatile_keys=frozenset({"seconds"}),
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=()), max_size=12)


def table_of(text: str, columns: int = 3) -> Table:
    row = (Cell((text, text), "bad"), *(cell(text) for _ in range(columns - 1)))
    return Table(text, tuple(Column(text) for _ in range(columns)), (row, row), (text,), ({text: text, "k": [text]},))


def test_a_terminal_shows_columns_and_a_line_for_each_line_of_a_field() -> None:
    assert table_text(TABLE, Drawing(columns=80)).splitlines() == [
        "Fixes against scenarios",
        "",
        "protocol  local-truncate  states  seconds",
        "─────────────────────────────────────────",
        "unfixed   violated         1,073  0.3",
        "          truncated 11/2",
        "          73 states",
        "hook      holds                9  0.1",
        "",
        "A note.",
    ]


def test_a_narrow_terminal_gets_the_columns_in_bands_each_with_the_names_of_the_rows() -> None:
    columns = (Column("protocol"), *(Column(f"scenario{n:02}") for n in range(12)))
    table = Table("T", columns, ((cell("hook"), *(cell(n) for n in range(12))),))
    lines = table_text(table, Drawing(columns=80)).splitlines()
    assert max(map(width, lines)) <= 80
    heads = [line.split() for line in lines if line.startswith("protocol")]
    assert heads == [["protocol", *(f"scenario{n:02}" for n in band)] for band in (range(6), range(6, 12))]
    assert sum(line.startswith("hook") for line in lines) == 2


def test_ascii_has_nothing_else() -> None:
    assert table_text(TABLE, Drawing(ascii=True)).isascii()


def test_markdown_is_a_table_whose_first_words_are_strong() -> None:
    lines = table_markdown(TABLE).splitlines()
    assert lines[2:6] == [
        "| protocol | local-truncate | states |",
        "|---|---|---:|",
        "| unfixed | **violated**<br>truncated 11/2<br>73 states | 1,073 |",
        "| hook | **holds** | 9 |",
    ]


@given(TEXTS)
@settings(max_examples=60)
def test_no_text_leaves_its_field_in_markdown(text: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(table_markdown(table_of(text)))
    cells = [token for token in tokens if token.type in ("td_open", "th_open")]
    assert len(cells) == 9
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"link_open", "image", "code_inline", "s_open", "em_open"} & set(inline)


class Seen(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(TEXTS)
@settings(max_examples=60)
def test_no_text_becomes_a_tag_of_a_page(text: str) -> None:
    plain, foreign = Seen(table_html(table_of("x"))), Seen(table_html(table_of(text)))
    assert foreign.tags == plain.tags
    if printable(text).strip():
        assert printable(text) in "".join(foreign.texts)


@given(TEXTS)
@settings(max_examples=60)
def test_no_text_reaches_a_terminal_that_it_could_harm(text: str) -> None:
    shown = table_text(table_of(text), Drawing())
    assert all(printable(line) == line for line in shown.split("\n"))


@given(TEXTS)
@settings(max_examples=60)
def test_csv_and_json_are_read_back(text: str) -> None:
    head, row = csv.reader(io.StringIO(table_csv(table_of(text))))
    assert len(head) == len(row) == len({text, "k"})
    if printable(text) == text and text[:1] not in ("=", "+", "-", "@") and text != "k":
        assert row[0] == text
    assert json.loads(table_json(table_of(text), "0"))["records"][0][text] == (text if text != "k" else [text])


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(table_csv(TABLE))))
    assert rows == [["protocol", "violated", "steps", "why"], ["unfixed", "a;b", "a=1", ""], ["'=hook", "", "", "'-x"]]


def test_a_negative_number_inside_a_field_is_itself() -> None:
    table = Table("T", (Column("a"),), (), (), ({"sizes": {"N": "-1"}, "list": ["=a", "-1"], "negative": "-1"},))
    (_, row) = csv.reader(io.StringIO(table_csv(table)))
    assert row == ["N=-1", "'=a;-1", "'-1"]


@pytest.mark.parametrize(
    "text",
    [
        "- a", "+ a", "1. a", "1) a", "    a", "---", "===", "@someone", "$a$ $b$", "https://a.example",
        "www.a.example",
        "ftp://a.example", "!a", "\ta", "> a", "# a", "a@b.example", "HTTP://A.EXAMPLE",
    ],
)  # fmt: skip
def test_a_note_is_a_paragraph_of_text_whatever_it_begins_with(text: str) -> None:
    made = table_markdown(table_of(text))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(made)
    assert [token.type for token in tokens[-3:]] == ["paragraph_open", "inline", "paragraph_close"]
    assert [child.type for child in tokens[-2].children or ()] == ["text"] * len(tokens[-2].children or ())
    assert not re.search(r"[@$]|://|www\.", made)
    assert "".join(child.content for child in tokens[-2].children or ()).strip() == printable(text).strip()


def test_a_word_that_is_wider_than_the_terminal_is_broken() -> None:
    table = Table(
        "t" * 200, (Column("y" * 150), Column("z" * 150)), ((cell("q" * 200), cell("漢" * 90)),), ("n" * 300,)
    )
    for columns in (60, 80, 120):
        lines = table_text(table, Drawing(columns=columns)).splitlines()
        assert max(map(width, lines)) <= columns
        joined = "".join(lines)
        assert [joined.count(c) for c in "yzqn漢"] == [150, 150, 200, 300, 90]


def test_times_are_in_json_and_on_a_terminal_only() -> None:
    shown = {name for name, form in TABLE_FORMATS.items() if "0.3" in form(TABLE, Drawing(), "1")}
    assert shown == {"text", "json"}
