# SPDX-License-Identifier: GPL-2.0-only
"""What is too large, too deep, or no text is refused, quickly and with a place."""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.render import render_error
from dfsrace.language.limits import LARGEST_FILE, too_deep
from tests.language.documents import complete, problems_of, read, read_file

MEGABYTE = 1 << 20
TEN_LINES = ("[" * 9990 + "\n ") * 10

HOSTILE = [
    ("100,000 brackets on a line", "a: " + "[" * 100_000, "DR105", 1, 10_001),
    ("100,000 brackets on ten lines", "a: " + TEN_LINES, "DR106", 1, 53),
    ("blocks 1,000 deep", "\n".join(" " * n + "a:" for n in range(1000)), "DR106", 51, 51),
    ("lists 5,000 deep", "- " * 5000, "DR106", 1, 101),
    ("1.5 MB", "a" * (MEGABYTE + MEGABYTE // 2), "DR104", 1, 1),
    ("a long line", "a: 1\nb: " + "x" * 10_000, "DR105", 2, 10_001),
    ("too many values", "a: [" + ("a," * 4000 + "\n") * 20 + "]", "DR104", 13, 3995),
    ("zero bytes", b"model: a\0b", "DR102", 1, 1),
    ("an object file", b"\x7fELF\x02\x01\x01\0\0\0\0", "DR102", 1, 1),
    ("Latin-1", "model: caf\xe9\n".encode("latin-1"), "DR102", 1, 11),
    ("UTF-16", "model: a".encode("utf-16"), "DR102", 1, 1),
    ("half a surrogate pair", "about: \ud800", "DR102", 1, 8),
    ("nothing", "", "DR103", 1, 1),
    ("blanks", " \n \n", "DR103", 1, 1),
    ("a comment", "# one\n# two\n", "DR103", 1, 1),
    ("a document mark", "---\n", "DR103", 1, 1),
    ("an escape", "model: \x1b[31mred", "DR107", 1, 8),
    ("brackets in code", "threads:\n  a: f" + "(" * 60, "DR106", 2, 57),
    ("brackets in a block", "procedures: |\n  x = (((\n  " + "(" * 60, "DR106", 3, 50),
    ("not in code", "threads:\n  a: x = " + "not " * 60 + "y", "DR106", 2, 10),
    ("blocks in code", "procedures: |\n" + "\n".join(" " * n + "if x:" for n in range(2, 60)), "DR106", 53, 54),
    ("a long sum", "constants:\n  a: " + "1+" * 4000 + "1", "DR106", 2, 6),
]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"), [case[1:] for case in HOSTILE], ids=[c[0] for c in HOSTILE]
)
def test_hostile_text_is_refused_at_once(text: str | bytes, code: str, line: int, column: int) -> None:
    whole = complete(text) if isinstance(text, str) and code in ("DR106",) else text
    begin = time.process_time()
    problems = problems_of(whole)
    assert time.process_time() - begin < 20
    assert [(p.code, p.span.line, p.span.column) for p in problems] == [(code, line, column)]


@pytest.mark.parametrize("case", [case[1] for case in HOSTILE], ids=[c[0] for c in HOSTILE])
def test_a_report_of_hostile_text_is_short_and_printable(case: str | bytes) -> None:
    with pytest.raises(ModelError) as caught:
        read(case)
    report = render_error(caught.value)
    assert all(line.isprintable() and len(line) < 400 for line in report.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        'about: "\\e]0;title\\a"',
        'constants: {"\\e[2J": 1}',
        'include: ["\\e[2J"]',
        'threads: {"a\\rb": pass}',
        'types: {T: ["\\x9b31m"]}',
        'invariants: {"\\u202egnol": x}',
        'expect: {violates: "\\e[H"}',
    ],
)
def test_terminal_escapes_reach_no_report(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        read(complete(text))
    for problem in caught.value.diagnostics:
        assert problem.message.isprintable() and problem.help.isprintable()
    assert render_error(caught.value).replace("\n", "").isprintable()


def test_a_hostile_file_name_is_shown_escaped(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m\nb.yaml"
    file.write_text("nonsense: 1")
    with pytest.raises(ModelError) as caught:
        read_file(file)
    assert render_error(caught.value).replace("\n", "").isprintable()
    assert "\\x1b[31m\\nb.yaml" in caught.value.diagnostics[0].span.file


def test_limits_are_met_exactly() -> None:
    rest = "\nmodel: m\nthreads: {a: pass}\n"
    assert not problems_of("# " + "x" * 9_998 + rest)
    assert problems_of("# " + "x" * 9_999 + rest)[0].code == "DR105"
    filler = ("#" + "x" * 98 + "\n") * 10_486
    whole = filler[: LARGEST_FILE - len(rest)] + rest
    assert len(whole) == LARGEST_FILE and not problems_of(whole)
    assert problems_of(whole + "\n")[0].code == "DR104"
    assert not problems_of(complete("constants: {a: " + "(" * 50 + "1" + ")" * 50 + "}"))


def test_brackets_in_strings_and_comments_do_not_nest() -> None:
    text = "procedures: |\n  def f():  # " + "(" * 60 + "\n      assert True, '" + "[" * 60 + "'\n"
    assert not problems_of(complete(text))


def test_files_of_other_kinds_are_refused_without_reading_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path, tmp_path / "pipe.yaml", Path("/dev/zero"), tmp_path / "missing.yaml"):
        with pytest.raises(ModelError) as caught:
            read_file(path)
        assert [p.code for p in caught.value.diagnostics] == ["DR101"]
        assert str(path) in caught.value.diagnostics[0].message


def test_text_may_have_a_byte_order_mark_and_windows_line_ends() -> None:
    assert (
        read(b"\xef\xbb\xbfmodel: m\r\nthreads:\r\n  a: |\r\n    x()\r\n    y()\r\n").threads[0].code.text == "x()\ny()"
    )


def test_a_deep_tree_is_found_without_recursion() -> None:
    assert too_deep(ast.parse("x = " + "+".join("a" * 60))) is None
    node = too_deep(ast.parse("x = " + "+".join("a" * 900)))
    assert node is not None and getattr(node, "lineno", None) == 1
