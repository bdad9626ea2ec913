# SPDX-License-Identifier: GPL-2.0-only
"""A syntax error is explained: the habits of C by what to write instead, and nothing that is no mistake is blamed."""

from __future__ import annotations

import time

import pytest

from dfsrace.diagnostics import Collector
from dfsrace.language.declarations import Code
from dfsrace.language.python_syntax import parse_block, parse_definitions, parse_expression
from tests.language.code_models import body, diagnostics, model_text, typed

# code of the body | line in it, column | what is pointed at | words of the way out
HABITS = [
    ("x++", 1, 2, "++", "`x += 1`"),
    ("disk[x]++", 1, 8, "++", "`disk[x] += 1`"),
    ("n.size--", 1, 7, "--", "`n.size -= 1`"),
    ("x++;", 1, 2, "++", "`x += 1`"),
    ("while (x--):\n    pass", 1, 9, "--", "`x -= 1`"),
    ("if flag && x == 1:\n    pass", 1, 9, "&&", "`and`"),
    ("flag = (x == 1)||flag", 1, 16, "||", "`or`"),
    ("if !flag:\n    pass", 1, 4, "!", "`not`"),
    ("flag = !flag", 1, 8, "!", "`not`"),
    ("p->mapping = None", 1, 2, "->", "`.`"),
    ("return p->mapping", 1, 9, "->", "`.`"),
    ("if x = 1:\n    pass", 1, 6, "=", "`==`"),
    ("if x == 1 and y = 2:\n    pass", 1, 17, "=", "`==`"),
    ("while x = 1:\n    pass", 1, 9, "=", "`==`"),
    ("if flag:\n    pass\nelse if x == 1:\n    pass", 3, 1, "else if", "`elif`"),
    ("if flag:\n    pass\n} else if x == 1 {\n    pass", 3, 1, "}", "colon"),
    ("if (x == 1) {\n    x = 2;\n}", 1, 13, "{", "indented"),
    ("if flag {\n    x = 2", 1, 9, "{", "indented"),
    ("x = 1\n}", 2, 1, "}", "indented"),
    ("do {\n    x = 1\n} while (flag)", 1, 1, "do", "while True"),
    ("switch (x) {\ncase 1:\n    pass", 1, 1, "switch", "elif"),
    ("if flag:\n    pass\ncase 1:\n    pass", 3, 1, "case 1", "elif"),
    ("for (x = 0; x < 3; x++)\n    pass", 1, 1, "for (", "for x in T"),
    ("x = flag ? 1 : 2", 1, 10, "?", "if condition else"),
    ("goto out", 1, 1, "goto", "no goto"),
    ("out:\nx = 1", 1, 1, "out:", "no goto"),
    ("/* first */\nx = 1", 1, 1, "/*", "#"),
    ("// first\nx = 1", 1, 1, "//", "#"),
    ("x = 1 // the first", 1, 7, "//", "#"),
    ("int k = 0", 1, 1, "int", "name: Type"),
    ("unsigned long k;", 1, 1, "unsigned", "name: Type"),
    ("struct page *k = p", 1, 1, "struct page", "name: Type"),
    ("Index k = x", 1, 1, "Index", "`k: Index = value`"),
    ("spin_lock(&s)", 1, 11, "&", "no pointers"),
    ("x = 0x1fUL", 1, 5, "0x1fUL", "suffix"),
    ("x := 1", 1, 3, ":=", "`=`"),
    ("if x <> 1:\n    pass", 1, 6, "<>", "`!=`"),
    ("exists k in Index: x == k", 1, 1, "exists", "any("),
    ("forall k in Index: x == k", 1, 1, "forall", "all("),
    ("assert flag implies not flag", 1, 13, "implies", "`not a or b`"),
    ("else_out:\nx = 1", 1, 1, "else_out:", "no goto"),
    ("spinlock s;", 1, 1, "spinlock", "section `state`: `s: spinlock`"),
]


@pytest.mark.parametrize(("code", "line", "column", "found", "way_out"), HABITS)
def test_a_habit_of_c_is_named_with_what_to_write(code: str, line: int, column: int, found: str, way_out: str) -> None:
    (problem,) = diagnostics(body(code))
    span = problem.span
    assert (problem.code, problem.message) == ("DR401", f"'{found}' is no Python here")
    assert way_out in problem.help
    shown = body(code).split("\n")[span.line - 1]
    assert shown[span.column - 1 : span.end_column - 1].split() == found.split()
    assert shown.strip() == code.split("\n")[line - 1].strip()
    assert span.column - 7 == column - 1


# What has the signs of a habit, and another mistake in the same line: Python's own message stands.
INNOCENT = [
    "if x != 1 x:\n    pass",
    'assert flag, "x++ && y->z" x',
    "x = 1 1  # x++ && !y",
    "x = y // 2 2",
    "x = y - -1 1",
    "if x == 1 x <= 2:\n    pass",
    "flag = x >= 1 1",
    "if flag: x = 1 1",
    "x = [1 1",
    "if:\n    x = 1",
    "pass:",
    "exists = any(x == i for i in Index",
    "forall = x 1",
    "flag = (flag and implies and x == 1",
    "end if",
]


@pytest.mark.parametrize("code", INNOCENT)
def test_what_is_no_habit_is_not_blamed(code: str) -> None:
    (problem,) = diagnostics(body(code))
    assert problem.code == "DR401"
    assert problem.message.startswith("this is no Python: ")


@pytest.mark.parametrize("head", ["def f(i: Index) -> Index", "def f(\n    i: Index\n) -> Index"])
def test_the_arrow_of_a_result_is_no_pointer(head: str) -> None:
    (problem,) = diagnostics(model_text(f"{head}\n    return i"))
    assert problem.message == "this is no Python: expected ':'"
    assert problem.help == "end the line in a colon"


# code | line, column (of the body) | words of message | of the way out
PYTHON = [
    ("if flag\n    x = 1", 1, 8, "expected ':'", "colon"),
    ("if flag:\n        x = 1\n    x = 2", 3, 5, "unindent", "line above"),
    ("x = 1\n    x = 2", 2, 5, "unexpected indent", "line above"),
    ("if flag:\nx = 1", 2, 1, "on line", "indent the lines below"),
    ("if flag and (x == 1:\n    pass", 1, 13, "'(' is still open", "close the bracket"),
    ("x = x +", 1, 8, "invalid syntax", "ends in an operator"),
    ("flag = flag and", 1, 16, "invalid syntax", "ends in an operator"),
    ('assert flag, "text', 1, 14, "unterminated string", "close the quote"),
    ("x = 010", 1, 5, "leading zeros", "no octal"),
]


@pytest.mark.parametrize(("code", "line", "column", "message", "way_out"), PYTHON)
def test_pythons_messages_get_a_place_and_a_way_out(
    code: str, line: int, column: int, message: str, way_out: str
) -> None:
    text = body(code)
    (problem,) = diagnostics(text)
    first = body("pass").split("\n").index("      pass") + 1
    assert (problem.span.line - first + 1, problem.span.column - 6) == (line, column), problem
    assert message in problem.message and way_out in problem.help
    assert "detected at" not in problem.message


def test_a_line_in_pythons_message_is_one_of_the_file() -> None:
    text = body("if flag:\nx = 1")
    (problem,) = diagnostics(text)
    number = text.split("\n").index("      if flag:") + 1
    assert problem.message.endswith(f"on line {number}")


# ---- several procedures


def test_each_procedure_that_is_no_python_is_reported_and_the_others_are_typed() -> None:
    procedures = "def a():\n    x++\n\n@override\n\ndef b():\n    y = nothing\n\ndef e():\n    flag = !flag"
    problems = diagnostics(model_text(procedures, threads="  t: a()\n  u: e()\n"))
    assert [(p.code, p.message) for p in problems] == [
        ("DR401", "'++' is no Python here"),
        ("DR560", "there is no procedure 'b' to override"),
        ("DR501", "there is no 'nothing'"),
        ("DR401", "'!' is no Python here"),
    ]


def test_what_follows_from_a_broken_procedure_is_not_reported() -> None:
    procedures = """
        def broken(i: Index) -> Index:
            x++

        def result() -> Index:
            return broken(1)

        def unset() -> bool:
            k = broken(1)
            if k == 2:
                got = broken(2)
            x = got
            return broken
    """
    (problem,) = diagnostics(model_text(procedures, threads="  t: broken(1)\n  u: flag = unset()\n"))
    assert problem.code == "DR401"


@pytest.mark.parametrize(
    "head, found",
    [("f(Index i)", "Index i"), ("f(a: Index, struct page *p)", "struct page *p"), ("f(int i, b)", "int i")],
)
def test_a_parameter_as_in_c_is_named(head: str, found: str) -> None:
    (problem,) = diagnostics(model_text(f"def {head}:\n    pass"))
    assert problem.message == f"'{found}' is no Python here"
    assert problem.help == f"write `{found.split()[-1].lstrip('*')}: Type`"


def test_a_definition_without_parameters_is_one() -> None:
    (problem,) = diagnostics(model_text("def f:\n    pass", threads="  t: f()\n"))
    assert problem.message == "this is no Python: expected '('"


def test_advice_that_does_not_fit_a_model_is_left_out() -> None:
    (problem,) = diagnostics(body("print flag"))
    assert problem.message == "this is no Python: Missing parentheses in call to 'print'"


def test_a_procedure_whose_parameter_is_wrong_is_not_said_to_end_without_return() -> None:
    (problem,) = diagnostics(model_text("def f(a) -> Index:\n    return a"))
    assert problem.code == "DR523"


def test_an_override_of_a_broken_procedure_has_its_target() -> None:
    procedures = "def f():\n    x++\n\n@override\ndef f():\n    pass"
    assert [p.code for p in diagnostics(model_text(procedures))] == ["DR401"]


def test_only_the_names_that_a_broken_definition_gives_are_forgiven() -> None:
    code = Code("def a():\n    spin_lock(s);;\nvoid b(struct page *p)\n{\n    other(p);\n}\n", "m", 1, 1)
    assert parse_definitions(code, Collector(())).broken == {"a", "b"}


def test_where_no_piece_is_to_blame_the_whole_is_reported() -> None:
    for text in (
        "@override",
        "def a():\n    pass\n@override",
        "@override\n@override",
        "def a():\n  pass\n   def b(): pass",
    ):
        problems = Collector(())
        found = parse_definitions(Code(text, "m", 1, 1), problems)
        assert not problems.empty, (text, found)


def test_sound_procedures_are_one_piece() -> None:
    assert set(typed(model_text("def a():\n    pass\n\ndef b():\n    a()")).procedures) == {"a", "b"}


HOSTILE = [
    "x" * 9_999 + " ?",
    "x." * 4_999 + "?",
    "= " * 4_999,
    "a " * 4_999 + "?",
    "(" * 40 + "&" * 9_000,
    "1" * 9_000 + "z",
    "if " + "x " * 4_000 + "= ",
    "// a " * 1_900,
    "void" + " *" * 4_900,
    "def a b\n" * 20_000,
    "def f(" + "a, " * 3_000 + "a *",
    "def f(" + "a" * 4_000 + " *" * 2_500,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_keeps_the_explanation_busy(text: str) -> None:
    start = time.process_time()
    for parse in (parse_block, parse_expression, parse_definitions):
        problems = Collector(())
        parse(Code(text, "m", 1, 1), problems)
        assert not problems.empty
    assert time.process_time() - start < 10
