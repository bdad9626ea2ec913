# SPDX-License-Identifier: GPL-2.0-only
"""Each mistake is reported at its line and column, with the offending value in the message."""

from __future__ import annotations

import pytest

from tests.language.documents import complete, problems_of

STATE = "types:\n  Index: 0..1\n  Node: [A, B]\n  Page: pool(2)\n  Tag: stamp\n  Maybe: Node | None\nstate:\n  "

# text, code, line, column, what the message holds, what help or the allowed values hold
CASES = [
    # ---- sections
    ("constnts: {}", "DR201", 1, 1, "'constnts'", "constants"),
    ("progress: {}", "DR202", 1, 1, "'progress' is reserved for a later version", "remove it"),
    ("about: [a]", "DR205", 1, 8, "'about' wants a text, this is a list", "`|`"),
    ("state: 3", "DR205", 1, 8, "wants a mapping", "name: value"),
    ("check: {a: b}", "DR205", 1, 8, "wants a list of names", "[a, b]"),
    ("procedures: [a]", "DR205", 1, 13, "wants code", "`procedures: |`"),
    ("invariants:\n  a:\n    holds: 'True'\n    says: {x} is wrong", "DR108", 4, 15, "not YAML", "quote"),
    ("invariants:\n  a:\n    holds: 'True'\n    says: {x: y}", "DR205", 4, 11, "'says' wants a text", "quote it"),
    ("invariants:\n  a:\n    hold: 'True'\n    holds: 'True'", "DR206", 3, 5, "'hold'", "did you mean holds?"),
    ("reach:\n  a: {holds: x, says: y}", "DR206", 2, 17, "'says'", "holds"),
    ("threads:\n  a: {deamon: true, run: pass}", "DR206", 2, 7, "'deamon'", "daemon"),
    ("sources: [a, '']", "DR207", 1, 14, "empty text", "remove it"),
    ("model:", "DR207", 1, 1, "no title", "model: A title"),
    ("threads:\n  a: ''", "DR207", 2, 3, "'a' has no code", "write code"),
    ("threads:\n  a: |\n  b: pass", "DR207", 2, 3, "'a' has no code", "write code"),
    ("invariants:\n  a: {holds: 'True', says: ''}", "DR207", 2, 22, "'says' is empty", "sentence"),
    ("threads:\n  a: x =\n    1", "DR208", 2, 6, "'a' runs over several lines", "a: |`"),
    # ---- constants
    ("constants:\n  A: null", "DR209", 2, 6, "'null'", "write None"),
    ("constants:\n  A: ~", "DR209", 2, 6, "'~'", "write None"),
    ("constants:\n  A: TRUE", "DR209", 2, 6, "'TRUE'", "write True"),
    ("types:\n  P: [A, NULL]", "DR301", 2, 10, "'NULL'", "write None"),
    ("constants:\n  A: yes", "DR209", 2, 6, "'yes'", "write True"),
    ("constants:\n  A: 017", "DR220", 2, 6, "'017' begins with a zero", "no octal"),
    ("constants:\n  A: 1:30", "DR220", 2, 7, "':'", "+ - *"),
    ("constants:\n  A: 0x10", "DR220", 2, 6, "'0x10' is no integer", "decimal"),
    ("constants:\n  A: (1", "DR220", 2, 8, "')' should stand here, not the end", "parentheses"),
    ("constants:\n  A: 1 +", "DR220", 2, 9, "a value should stand here", "parentheses"),
    ("constants:\n  A: ÄÖ", "DR220", 2, 6, "a value should stand here, not 'Ä'", "parentheses"),
    ("constants:\n  A: foo", "DR221", 2, 6, "'foo'", "A"),
    ("constants:\n  A: 9999999999999999999", "DR225", 2, 6, "too large", "1000000000000000000"),
    ("constants:\n  A: 999999999999999999 * 9", "DR225", 2, 6, "too large", "1000000000000000000"),
    ("constants:\n  A: 3 % (1 - 1)", "DR225", 2, 6, "division by zero", "not be 0"),
    ("constants:\n  A: A", "DR223", 2, 6, "A → A", "give it a value"),
    ("constants:\n  A: -True", "DR224", 2, 7, "'True' is no integer", "integer"),
    ("constants:\n  A: B\ntypes:\n  T: [B, C]\n  U: 0..A", "DR224", 5, 9, "'A' is no integer but of type T", "integer"),
    ("constants:\n  A: B\ntypes:\n  U: 0..A\n  T: [B, C]", "DR224", 2, 6, "'B' is no integer but of type T", "integer"),
    ("constants:\n  A: [1]", "DR205", 2, 6, "wants a value, this is a list", ""),
    ("constants:\n  2A: 1", "DR301", 2, 3, "'2A' is not a name", "begins with no digit"),
    ("constants:\n  a b: 1", "DR301", 2, 3, "'a b' is not a name", "letters"),
    ("constants:\n  été: 1", "DR301", 2, 3, "'été' is not a name", "letters"),
    ("constants:\n  alloc: 1", "DR301", 2, 3, "'alloc' is a word of the model language", "another name"),
    ('constants:\n  "\\e[31m": 1', "DR107", 2, 3, "\\x1b", "remove it"),
    # ---- types
    ("types:\n  T: []", "DR303", 2, 6, "without values", "[A, B]"),
    ("types:\n  T: {a: b}", "DR205", 2, 6, "a type or a list of values", ""),
    ("types:\n  T: [A, [B]]", "DR303", 2, 10, "one name", "quote a family"),
    ("types:\n  T: [A B]", "DR321", 2, 9, "'B'", "NAME[LOW..HIGH]"),
    ("types:\n  T: [A, A]", "DR302", 2, 10, "'A' is the name of a value of type T already", "rename"),
    ("types:\n  T: [A]\n  U: [A]", "DR302", 3, 7, "'A'", "rename"),
    ("types:\n  T: 0..1\nconstants:\n  T: 1", "DR302", 2, 3, "'T' is the name of a constant already", "rename"),
    ("types:\n  T: mm[2..0]", "DR305", 2, 6, "mm 2..0", "LOW"),
    ("types:\n  T: mm[-1..0]", "DR305", 2, 6, "-1", "from 0"),
    ("types:\n  T: mm[0..1000]", "DR306", 2, 6, "1001 values", "1000"),
    ("types:\n  T: 0..1000000", "DR306", 2, 6, "1000001 values", "1000000"),
    ("types:\n  T: 0..", "DR303", 2, 9, "a value should stand here", "LOW..HIGH"),
    ("types:\n  T: 0..1..2", "DR303", 2, 10, "'..' is not understood", "LOW..HIGH"),
    ("types:\n  T: None | A", "DR303", 2, 6, "None is no type", "T | None"),
    ("types:\n  T: bool | int", "DR303", 2, 13, "'int' cannot be an alternative", "only None"),
    ("types:\n  T: pool", "DR304", 2, 6, "'pool'", "Name: pool(SIZE)"),
    ("types:\n  T: pool(1001)", "DR307", 2, 6, "1001", "1 to 1000"),
    ("types:\n  T: spinlock", "DR312", 2, 6, "'T'", "where the variable"),
    ("types:\n  T: T", "DR308", 2, 6, "T → T", "values"),
    # ---- state
    (STATE + "x: int", "DR304", 8, 6, "'int'", "range"),
    (STATE + "x: stamp", "DR304", 8, 6, "'stamp'", "Name: stamp"),
    (STATE + "x: pool(2)", "DR303", 8, 6, "a pool needs a name", "types"),
    (STATE + "x: A", "DR304", 8, 6, "'A'", "A is a value of type Node"),
    (STATE + "x: 2..1", "DR305", 8, 6, "2..1", "LOW"),
    (STATE + "x y: bool", "DR310", 8, 5, "'y'", "name[Index]"),
    (STATE + "x[]: bool", "DR303 DR310", 8, 5, "", ""),
    (STATE + "x[Index: bool", "DR310", 8, 10, "']'", "name[Index]"),
    (STATE + "x.y.z: bool", "DR310", 8, 6, "'.'", "name"),
    (STATE + "Nod.x: bool", "DR304", 8, 3, "'Nod'", "did you mean Node?"),
    (STATE + "bool.x: bool", "DR311", 8, 3, "'bool' can have no fields", "named values"),
    (STATE + "Tag.x: bool", "DR311", 8, 3, "'Tag'", "named values"),
    (STATE + "x[Tag]: bool", "DR311", 8, 5, "'Tag' cannot index", "range"),
    (STATE + "x[Maybe]: bool", "DR311", 8, 5, "'Node | None' cannot index", "range"),
    (STATE + "Node.x[Page]: bool", "DR311", 8, 10, "'Page' cannot index", "make it a field, Page.x"),
    (STATE + "Node.lambda: bool", "DR301", 8, 8, "'lambda'", "another name"),
    (STATE + "Node.x: bool\n  Maybe.y: bool", "DR311", 9, 3, "'Maybe'", "named values"),
    (STATE + "Node: bool", "DR302", 8, 3, "'Node' is the name of a type already", "rename"),
    (STATE + "x: Node = C", "DR221", 8, 13, "'C'", "A"),
    (STATE + "x: Node = 0", "DR314", 8, 13, "'0' is no value of type Node", "A"),
    (STATE + "x: Node = None", "DR314", 8, 13, "'None' is no value of type Node", "B"),
    (STATE + "x: bool = 1", "DR314", 8, 13, "'1' is no value of type bool", "False"),
    (STATE + "x: Index = 2", "DR314", 8, 14, "'2' is no value of type Index", "0..1"),
    (STATE + "x: Index | None = A", "DR314", 8, 21, "'A'", "None"),
    (STATE + "x: semaphore = -1", "DR314", 8, 18, "-1", "0 to"),
    (STATE + "x: semaphore = True", "DR224", 8, 18, "'True'", "integer"),
    (STATE + "x: Tag = 0", "DR316", 8, 12, "stamp", "renew"),
    (STATE + "x: Page = 0", "DR315", 8, 6, "'x'", "Page | None"),
    (STATE + "x: bool =", "DR303", 8, 12, "a value should stand here", ""),
    (STATE + "x: bool bool", "DR303", 8, 11, "'bool' is not understood", ""),
    (STATE + "x: true", "DR304", 8, 6, "'true'", "bool"),
    # ---- threads
    ("threads: {}", "DR320", 1, 1, "no threads", "write one"),
    ("threads:\n  cpu[2..1]: pass", "DR305", 2, 3, "'cpu[2..1]' has no members", "upwards"),
    ("threads:\n  cpu[0..A]: pass", "DR221", 2, 10, "'A'", ""),
    ("threads:\n  cpu1: pass\n  cpu[1..2]: pass", "DR302", 3, 3, "'cpu1' is the name of a thread already", "rename"),
    ("threads:\n  a-b: pass", "DR321", 2, 4, "'-'", "one name"),
    ("threads:\n  if: pass", "DR301", 2, 3, "'if' is a word of Python", "another name"),
    ("threads:\n  a: {daemon: , run: pass}", "DR322", 2, 7, "no value", "true"),
    ("threads:\n  a: {daemon: yes, run: pass}", "DR209", 2, 15, "'yes'", "True"),
    ("threads:\n  init: pass", "DR301", 2, 3, "schedules call the initial state", "another name"),
    ("types:\n  T: [true]", "DR301", 2, 7, "how YAML writes True", "another name"),
    ("threads:\n  a: [b]", "DR205", 2, 6, "wants code", "a: |`"),
    # ---- properties
    (
        "invariants:\n  a: 'True'\nreach:\n  a: 'True'",
        "DR302",
        4,
        3,
        "'a' is the name of an invariant already",
        "rename",
    ),
    ("invariants:\n  value-out-of-range: 'True'", "DR333", 2, 3, "automatic", "another name"),
    ("invariants:\n  value out of range: 'True'", "DR333", 2, 3, "automatic", "another name"),
    ("invariants:\n  a-b: 'True'", "DR301", 2, 3, "'a-b'", "letters"),
    ("invariants:\n  a: {holds: 'True', at: [end]}", "DR205", 2, 26, "'at' wants a text", ""),
    ("check: [dead-lock]", "DR334", 1, 9, "'dead-lock'", "did you mean deadlock?"),
    ("expect: {violates: []}", "DR335", 1, 1, "names no property", "violates"),
    ("expect: hold", "DR335", 1, 9, "'hold'", "did you mean holds?"),
    ("expect: {violates: sleeping_while_atomic}", "DR334", 1, 20, "", "did you mean sleeping while atomic?"),
    ("bounds:\n  states: 0", "DR336", 2, 11, "'0'", "1 or more"),
    ("bounds:\n  seconds: fast", "DR336", 2, 12, "'fast'", "over 0"),
    ("bounds:\n  switches: -1", "DR336", 2, 13, "'-1'", "0 or more"),
    ("bounds:\n  states: [1]", "DR336", 2, 11, "a collection", "1 or more"),
    # ---- YAML
    ("about: *x", "DR110", 1, 8, "'*x'", "write the value out"),
    ("about: 'x", "DR108", 1, 8, "not YAML", "quote"),
    ("about: a\n\tb: c", "DR108", 2, 1, "a tab", "write spaces"),
    ("state: {x: bool, x: bool}", "DR109", 1, 18, "'x' is here twice", "rename"),
    ("? {a: b}\n: c", "DR115", 1, 3, "a collection as a key", "one name"),
    ("about: !x y", "DR111", 1, 8, "'!x'", "remove it"),
    ("about: a\x07b", "DR107", 1, 9, "\\x07", "remove it"),
    ("about: a\u202eb", "DR107", 1, 9, "\\u202e", "remove it"),
    ("about: a\rb", "DR107", 1, 9, "\\r", "line feed"),
    ("about: a\u2028b", "DR107", 1, 9, "\\u2028", "line feed"),
]


@pytest.mark.parametrize(("text", "code", "line", "column", "message", "way_out"), CASES)
def test_a_mistake_is_shown_where_it_is(
    text: str, code: str, line: int, column: int, message: str, way_out: str
) -> None:
    problems = problems_of(complete(text))
    assert len(problems) == 1, problems
    problem = problems[0]
    assert problem.code in code.split()
    assert (problem.span.file, problem.span.line, problem.span.column) == ("m.yaml", line, column), problem
    assert message in problem.message
    assert way_out in f"{problem.help} {' '.join(problem.allowed)}"
    assert problem.help or problem.allowed


def test_all_mistakes_of_a_phase_come_at_once_in_the_order_of_the_file() -> None:
    text = "bounds: {states: x}\ntypes:\n  T: 1..0\nthreads:\n  a b: pass\nstat: {}\nstate:\n  x: U\nmodel: M\n"
    found = [(p.code, p.span.line) for p in problems_of(text)]
    assert found == [("DR336", 1), ("DR305", 3), ("DR321", 5), ("DR201", 6), ("DR304", 8)]


def test_a_type_with_an_error_is_no_second_error_where_it_is_used() -> None:
    text = "types:\n  T: 1..0\n  U: T\n  V: ['v[1..0]']\nstate:\n  x: T\n  y[U]: bool\n  z: T | None\n  w: V\n"
    assert [p.span.line for p in problems_of(complete(text))] == [2, 4]


def test_a_constant_with_an_error_is_no_second_error_where_it_is_used() -> None:
    text = "constants:\n  A: 1 +\n  B: A + 1\ntypes:\n  T: 0..B\nstate:\n  x: bool = A\n"
    assert [p.span.line for p in problems_of(complete(text))] == [2]


def test_a_model_needs_a_title_and_threads() -> None:
    problems = problems_of("about: nothing else")
    assert [(p.code, p.span.line, p.span.column) for p in problems] == [("DR203", 1, 1)] * 2
    assert "'model'" in problems[0].message and "'threads'" in problems[1].message


def test_at_most_a_hundred_mistakes_are_reported() -> None:
    text = "\n".join(f"section{n}: x" for n in range(5000))
    assert len(problems_of(text)) == 100
