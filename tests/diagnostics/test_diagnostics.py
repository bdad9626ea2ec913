# SPDX-License-Identifier: GPL-2.0-only
"""Diagnostics are shown with their line and a caret under the place, whatever the text holds."""

from __future__ import annotations

import time

import pytest

from dfsrace.diagnostics import NOWHERE, Collector, Diagnostic, ModelError, SourceFile, Span
from dfsrace.diagnostics.render import render_diagnostic, render_error
from dfsrace.diagnostics.suggest import did_you_mean, nearest
from dfsrace.diagnostics.text import printable, quoted, width


def shown(text: str, span: Span, **more: object) -> list[str]:
    diagnostic = Diagnostic("DR999", span, "a message", **more)  # type: ignore[arg-type]
    return render_diagnostic(diagnostic, {"m.yaml": SourceFile("m.yaml", text)}).split("\n")


def at(line: int, column: int, end: int) -> Span:
    return Span("m.yaml", line, column, line, end)


def test_the_caret_stands_under_the_place() -> None:
    assert shown("one\nx: boole  # type\n", at(2, 4, 9)) == [
        "m.yaml:2:4: DR999: a message",
        "  2 | x: boole  # type",
        "    |    ^^^^^",
    ]


def test_allowed_values_help_and_notes_follow() -> None:
    lines = shown("a\nb", at(2, 1, 2), allowed=("x", "y"), help="write x", notes=((at(1, 1, 2), "first here"),))
    assert lines[3:] == ["  allowed: x, y", "  help: write x", "  m.yaml:1:1: note: first here", "  1 | a", "    | ^"]


def test_a_long_list_of_allowed_values_is_cut() -> None:
    assert shown("a", at(1, 1, 2), allowed=tuple("abcdefghijklmnopqrstuvwxyz"))[-1].endswith("s, t, and 6 more")


@pytest.mark.parametrize(
    ("text", "column", "caret"),
    [("世界: x", 5, 6), ("\tx", 2, 1), ("a\x1b[31mx", 7, 9), ("e\u0301x", 3, 1), ("\u202ex", 2, 6)],
)
def test_the_caret_allows_for_wide_escaped_and_combining_characters(text: str, column: int, caret: int) -> None:
    _, line, below = shown(text, at(1, column, column + 1))
    assert below.index("^") - len("    | ") == caret
    assert line.isprintable()


def test_a_long_line_is_shown_around_the_place() -> None:
    _, line, below = shown("a" * 5000 + "X" + "b" * 4000, at(1, 5001, 5002))
    assert len(line) < 120 and line.count("…") == 2
    assert line[below.index("^")] == "X"


@pytest.mark.parametrize("span", [NOWHERE, Span("other.yaml", 1, 1, 1, 2), at(9, 1, 2), at(2, 1, 2)])
def test_a_place_that_is_not_there_has_no_excerpt(span: Span) -> None:
    assert len(shown("a\n\n", span)) == 1


def test_a_place_over_several_lines_is_shown_at_its_first() -> None:
    assert shown("x: [a,\n  b]", Span("m.yaml", 1, 4, 2, 5))[1:] == ["  1 | x: [a,", "    |    ^^^"]


def test_carets_stay_in_the_line() -> None:
    assert shown("ab", at(1, 40, 50))[1:] == ["  1 | ab", "    |   ^"]


def test_a_phase_ends_with_all_its_diagnostics_in_the_order_of_the_files() -> None:
    problems = Collector([SourceFile("b", "x"), SourceFile("a", "y")])
    assert problems.empty
    problems.finish()
    for file, line in (("a", 1), ("b", 2), ("b", 1), ("b", 1)):
        problems.add("DR1", Span(file, line, 1, line, 2), "m")
    with pytest.raises(ModelError) as caught:
        problems.finish()
    assert [(d.span.file, d.span.line) for d in caught.value.diagnostics] == [("b", 1), ("b", 2), ("a", 1)]
    assert render_error(caught.value).count("\n\n") == 2


def test_the_nearest_name_is_suggested_and_nothing_that_is_far() -> None:
    assert nearest("pages", ["FRAMES", "PAGES", "PAGE"]) == "PAGES"
    assert nearest("do_no_pgae", ["do_no_page", "dfs_nopage"]) == "do_no_page"
    assert nearest("x", ["truncate_lock"]) is None
    assert nearest("a" * 10_000, ["a" * 9_999]) is None
    assert did_you_mean("vmm", ["vm"]) == "did you mean vm?"
    assert did_you_mean("zz", []) == ""


def test_foreign_text_is_made_printable_and_short() -> None:
    assert printable("a\x1b[31m\n\u202e\ud800é世") == "a\\x1b[31m\\n\\u202e\\ud800é世"
    assert quoted("x" * 100) == "'" + "x" * 59 + "…'"
    assert width("aé世e\u0301") == 5


@pytest.mark.parametrize(
    ("name", "candidates", "found"),
    [
        ("f", ["for", "if", "x"], None),
        ("x", ["a", "y", "x_y_z"], None),
        ("i", ["ip"], "ip"),
        ("mb", ["smp_mb", "up"], None),
        ("pte", ["pet", "page", "dpte"], "pet"),
        ("ste", ["state"], None),
        ("Mmm", ["mm", "mmu"], "mm"),
        ("opt", ["pot", "up"], None),
        ("t", ["u", "tt"], "tt"),
        ("size", ["sise", "sized"], "sized"),
        ("acb", ["ab", "abc", "ac"], "abc"),
        ("recieve", ["recive", "receive", "relieve"], "receive"),
        ("cba", ["bca", "abc"], None),
    ],
)
def test_a_short_name_is_near_to_one_slip_with_the_same_first_letter(
    name: str, candidates: list[str], found: str | None
) -> None:
    assert nearest(name, candidates) == found
    assert nearest(name, candidates[::-1]) == found


@pytest.mark.parametrize("pattern", ["n{:06}", "{:06}_name", "x{}_" + "y" * 40])
def test_a_name_is_found_among_a_hundred_thousand_in_no_time(pattern: str) -> None:
    names = [pattern.format(number) for number in range(100_000)]
    right = pattern.format(91_357)
    begin = time.process_time()
    for _ in range(20):
        assert nearest(right[1] + right[0] + right[2:], names) == right
        assert nearest(right + "z", names) == right
        assert nearest(right[1] + right[0] + right[2:], names[91_000:95_000]) == right
        assert nearest(right + "_zz", names[91_000:95_000]) is not None
        assert nearest("k" * 30, names) is None
    assert time.process_time() - begin < 6


def test_an_error_as_text_has_a_place_only_where_there_is_one() -> None:
    error = ModelError([Diagnostic("DR334", NOWHERE, "no property"), Diagnostic("DR999", at(2, 4, 9), "a message")])
    assert str(error) == "DR334: no property; m.yaml:2:4: DR999: a message"
