# SPDX-License-Identifier: GPL-2.0-only
"""Declarations hold what the YAML says: values, types, variables, threads, properties, and code with its places."""

from __future__ import annotations

import pytest

from dfsrace.language.declarations import Code, Declarations
from dfsrace.system.system import Variable
from dfsrace.system.types import (
    BOOL,
    NONE,
    LockType,
    NamedType,
    OptionalType,
    PoolType,
    RangeType,
    StampType,
    Type,
    Value,
)
from tests.language.documents import complete, problems_of, read

NODE = NamedType("Node", ("A", "B"))
TYPES = """\
constants: {PAGES: 2, LAST: PAGES - 1}
types:
  Index: 0..LAST
  Node: [A, B]
  Mm: mm[0..1]
  Mixed: [C, "n[0..2]", D]
  Page: pool(PAGES * 2)
  Contents: stamp
  Slot: Index
  Machine: Node
  Maybe: Page | None
"""


def variable(text: str) -> Variable:
    (found,) = read(complete(TYPES + f"state:\n  {text}")).variables
    return found


def test_types_are_resolved_whatever_their_order() -> None:
    types = read(complete(TYPES)).types
    assert types == {
        "Index": RangeType(0, 1),
        "Node": NODE,
        "Mm": NamedType("Mm", ("mm0", "mm1")),
        "Mixed": NamedType("Mixed", ("C", "n0", "n1", "n2", "D")),
        "Page": PoolType("Page", 4),
        "Contents": StampType("Contents"),
        "Slot": RangeType(0, 1),
        "Machine": NODE,
        "Maybe": OptionalType(PoolType("Page", 4)),
    }
    assert " ".join(types) == "Index Node Mm Mixed Page Contents Slot Machine Maybe"
    assert types["Slot"].name == "Slot"
    assert read("types: {A: B, B: 0..C}\nconstants: {C: D, D: 3}\n" + complete("about: x")).types["A"] == RangeType(
        0, 3
    )


def test_named_values_have_their_place_in_the_type() -> None:
    members = read(complete(TYPES)).members
    assert members["B"] == (NODE, 1)
    assert members["n2"][1] == 3 and members["D"][1] == 4
    assert len(members) == 9


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("3", RangeType(3, 3), 3),
        ("-3", RangeType(-3, -3), -3),
        ("10_000", RangeType(10_000, 10_000), 10_000),
        ("'3'", RangeType(3, 3), 3),
        ("(1 + 2) * 3 - 4", RangeType(5, 5), 5),
        ("-7 // 2", RangeType(-4, -4), -4),
        ("-7 % 3", RangeType(2, 2), 2),
        ("2 - 1 - 1", RangeType(0, 0), 0),
        ("PAGES*2", RangeType(4, 4), 4),
        ("True", BOOL, 1),
        ("False", BOOL, 0),
        ("None", NONE, None),
        ("B", NODE, 1),
    ],
)
def test_a_constant_has_the_value_that_is_written(text: str, kind: Type, value: Value) -> None:
    source = TYPES.replace("constants: {", "constants: {X: " + text + ", ")
    assert read(complete(source)).constants["X"] == (kind, value)


def test_set_overrides_a_constant_and_all_that_follows_from_it() -> None:
    declarations = read(complete(TYPES), {"PAGES": "5"})
    assert declarations.constants["LAST"] == (RangeType(4, 4), 4)
    assert declarations.types["Index"] == RangeType(0, 4)
    text = complete("constants: {V: 1}\ntypes: {Node: [A, B]}")
    assert read(text, {"V": "B"}).constants["V"] == (NODE, 1)
    assert read(text, {"V": "None"}).constants["V"] == (NONE, None)


@pytest.mark.parametrize(
    ("settings", "code", "column", "message"),
    [
        ({"PAGE": "1"}, "DR222", 1, "'PAGE'"),
        ({"PAGES": "many"}, "DR221", 7, "'many'"),
        ({"PAGES": "true"}, "DR209", 7, "'true'"),
        ({"PAGES": " "}, "DR226", 1, "'PAGES'"),
        ({"PAGES": "1 1"}, "DR220", 9, "'1'"),
        ({"PAGES": "\x1b[2J"}, "DR220", 7, "'\\'"),
        ({"\x1b[2J": "1"}, "DR222", 1, "'\\x1b[2J'"),
    ],
)
def test_a_wrong_set_is_shown_where_it_is(settings: dict[str, str], code: str, column: int, message: str) -> None:
    (problem,) = problems_of(complete("constants: {PAGES: 1}"), settings)
    assert (problem.code, problem.span.file, problem.span.column) == (code, "--set", column)
    assert message in problem.message


@pytest.mark.parametrize(
    ("text", "name", "dimensions", "kind", "initial"),
    [
        ("x: bool", "x", (), BOOL, 0),
        ("x: bool = True", "x", (), BOOL, 1),
        ("x: 2..4", "x", (), RangeType(2, 4), 2),
        ("x: -4..-2", "x", (), RangeType(-4, -2), -4),
        ("x: -1..1 = 0", "x", (), RangeType(-1, 1), 0),
        ("x: 0..PAGES = PAGES", "x", (), RangeType(0, 2), 2),
        ("x: Node", "x", (), NODE, 0),
        ("x: Node = B", "x", (), NODE, 1),
        ("x: Machine = B", "x", (), NODE, 1),
        ("x: Node | None", "x", (), OptionalType(NODE), None),
        ("x: Node | None = A", "x", (), OptionalType(NODE), 0),
        ("x: -1..1 | None", "x", (), OptionalType(RangeType(-1, 1)), None),
        ("x: Maybe", "x", (), OptionalType(PoolType("Page", 4)), None),
        ("x: Contents", "x", (), StampType("Contents"), 0),
        ("x: Contents | None = None", "x", (), OptionalType(StampType("Contents")), None),
        ("x: Maybe | None", "x", (), OptionalType(PoolType("Page", 4)), None),
        ("x: spinlock", "x", (), LockType("spinlock"), None),
        ("x: semaphore", "x", (), LockType("semaphore", 1), 1),
        ("x: semaphore = 0", "x", (), LockType("semaphore", 1), 0),
        ("x: semaphore = PAGES + 1", "x", (), LockType("semaphore", 3), 3),
        ("x[Index]: bool", "x", (RangeType(0, 1),), BOOL, 0),
        ("x[Index][Node]: bool", "x", (RangeType(0, 1), NODE), BOOL, 0),
        ("x[Index, bool]: bool", "x", (RangeType(0, 1), BOOL), BOOL, 0),
        ("x[1..PAGES]: mutex", "x", (RangeType(1, 2),), LockType("mutex"), None),
        ("Node.x: bool", "Node.x", (NODE,), BOOL, 0),
        ("Machine.x: bool", "Node.x", (NODE,), BOOL, 0),
        ("Node.x[Index]: bool", "Node.x", (NODE, RangeType(0, 1)), BOOL, 0),
        ("Page.lock: bit_lock", "Page.lock", (PoolType("Page", 4),), LockType("bit_lock"), None),
        ("Page.up: bool", "Page.up", (PoolType("Page", 4),), BOOL, 0),
        ("Index.x: bool", "Index.x", (RangeType(0, 1),), BOOL, 0),
    ],
)
def test_a_variable_has_its_dimensions_type_and_first_value(
    text: str, name: str, dimensions: tuple[Type, ...], kind: Type, initial: Value
) -> None:
    found = variable(text)
    assert (found.name, found.dimensions, found.type, found.initial) == (name, dimensions, kind, initial)
    assert found.owner == (dimensions[0] if "." in name else None)
    assert not found.constant


def test_state_of_rwlocks_counts_its_parts_for_each_thread() -> None:
    text = "state:\n  a[0..999]: rwsem\nthreads:\n  cpu[1..{}]: pass\nmodel: m\n"
    assert not problems_of(text.format(49))
    assert problems_of(text.format(50))[0].code == "DR306"


def threads_of(text: str) -> Declarations:
    return read(complete("threads:\n" + text))


def test_threads_are_single_families_or_mappings() -> None:
    text = "  cpu0: f(0)\n  cpu[1..3]: g(1)\n  dlm:\n    daemon: true\n    run: |\n      while True:\n          h()\n"
    threads = threads_of(text).threads
    assert [(t.names, t.family, t.daemon, t.code.text) for t in threads] == [
        (("cpu0",), None, False, "f(0)"),
        (("cpu1", "cpu2", "cpu3"), "cpu[1..3]", False, "g(1)"),
        (("dlm",), None, True, "while True:\n    h()"),
    ]
    assert threads_of("  a: {daemon: False, run: x}").threads[0].daemon is False
    assert threads_of("  a: {daemon: True, run: x}").threads[0].daemon is True


def test_words_that_yaml_1_1_took_for_values_may_be_names() -> None:
    text = "types: {Vote: [yes, no, on, none]}\nconstants: {V: no}\nstate: {x: Vote = none}"
    declarations = read(complete(text))
    assert declarations.constants["V"][1] == 1 and declarations.variables[0].initial == 3


def test_a_thread_may_have_the_name_of_a_node() -> None:
    assert not problems_of(complete("types: {Node: [A, B]}\nthreads: {A: f(A), B: f(B)}"))


def test_properties_have_condition_message_and_moment() -> None:
    declarations = read(
        complete(
            'invariants:\n  i: x == 1\n  j: {holds: y, says: "{x} of {y}", at: end}\nreach:\n  r: z\n  s: {holds: w}'
        )
    )
    shown = [(p.name, p.reach, p.at_end, p.condition.text, p.says and p.says.text) for p in declarations.properties]
    assert shown == [
        ("i", False, False, "x == 1", None),
        ("j", False, True, "y", "{x} of {y}"),
        ("r", True, False, "z", None),
        ("s", True, False, "w", None),
    ]


@pytest.mark.parametrize(
    ("text", "verdict", "violated"),
    [
        ("expect: holds", "holds", set()),
        ("expect: inconclusive", "inconclusive", set()),
        ("expect: {violates: i}", "violated", {"i"}),
        ("expect: {violates: [i, deadlock]}", "violated", {"i", "deadlock"}),
        ("expect: {violates: sleeping-while-atomic}", "violated", {"sleeping while atomic"}),
        ("expect: {violates: [value out of range]}", "violated", {"value out of range"}),
    ],
)
def test_expectations_use_the_names_with_blanks(text: str, verdict: str, violated: set[str]) -> None:
    expect = read(complete(f"invariants: {{i: x}}\n{text}")).expect
    assert expect is not None and expect.verdict == verdict and set(expect.violated) == violated


def test_check_bounds_and_texts() -> None:
    text = (
        "model: A\n  title\nabout: >\n  two\n  lines\nsources: s\ninvariants: {i: x, j: y}\ncheck: [j, deadlock, j]\n"
    )
    declarations = read(complete(text + "bounds: {states: 10_000_000, seconds: 0.5, switches: 0}"))
    assert declarations.title == "A title" and declarations.about == "two lines" and declarations.origins == ("s",)
    assert declarations.check == ("j",)
    bounds = declarations.bounds
    assert (bounds.states, bounds.seconds, bounds.switches) == (10_000_000, 0.5, 0)
    plain = read(complete("about: x"))
    assert plain.check is None and plain.expect is None and plain.bounds.states is None
    assert read(complete("check: []")).check == ()


def test_sections_may_be_empty() -> None:
    assert not problems_of(
        complete("state:\ntypes:\nsetup:\nprocedures:\nsources:\ncheck:\ninclude: []\ninvariants: {}")
    )


BLOCKS = [
    "procedures: |\n  def f():\n      x = 1\n",
    "procedures: |-\n  def f():\n      x = 1",
    "procedures: |+\n  def f():\n      x = 1\n\n\n",
    "procedures: |2\n    def f():\n        x = 1\n",
    "procedures: | # a comment\n\n     def f():\n\n         x = 1\n",
    "procedures: |\n  # ÄÖ 世界\n  def f():  # 世界\n      x = 1\n",
    "procedures: x = 1  # YAML's comment",
    "procedures: 'x = 1'",
    'procedures: "x = 1"',
    'procedures:   "  x = 1 "',
    "procedures:\n  x = 1\n",
    "procedures:\r\n  x = 1\r\n",
]


@pytest.mark.parametrize("text", BLOCKS)
def test_code_maps_back_to_its_place(text: str) -> None:
    declarations = read(complete(text))
    (code,) = declarations.procedures
    (source,) = declarations.sources
    for number, line in enumerate(code.text.split("\n"), 1):
        shown = source.line(code.line + number - 1)
        assert shown[code.column - 1 :].startswith(line)
        if "x = 1" in line:
            at = line.index("x = 1")
            span = code.span(number, at, number, at + 5)
            assert source.line(span.line)[span.column - 1 : span.end_column - 1] == "x = 1"


def test_a_quoted_text_with_escapes_maps_to_its_start() -> None:
    declarations = read(complete('invariants:\n  i: {holds: "x == \\"a\\"", says: "it\'s"}'))
    assert declarations.properties[0].condition == Code('x == "a"', "m.yaml", 2, 14)
    says = declarations.properties[0].says
    assert says is not None and says.text == "it's"
