# SPDX-License-Identifier: GPL-2.0-only
"""What right code is typed as."""

from __future__ import annotations

import pytest

from dfsrace.language.typed import (
    AllocExpression,
    AssertStatement,
    AssignStatement,
    BinaryExpression,
    CallExpression,
    ChooseExpression,
    CompareExpression,
    ConditionalExpression,
    Expression,
    ExpressionStatement,
    FinishedExpression,
    ForStatement,
    IfStatement,
    Literal_,
    LocalDeclaration,
    LocalUse,
    PrimitiveExpression,
    QuantifierExpression,
    StateUse,
    WaitStatement,
    WhileStatement,
    WithStatement,
)
from dfsrace.system.cells import sequence_type
from dfsrace.system.types import BOOL, NONE, NamedType, OptionalType, PoolType, RangeType, StampType
from tests.language.code_models import LINES, body, model_text, statements, typed

PAGE = PoolType("Page", 2)
NODE = NamedType("Node", ("A", "B"))


def value(text: str) -> Expression:
    """The typed right-hand side of `k = text`."""
    (statement,) = statements(f"k = {text}")
    assert isinstance(statement, AssignStatement)
    return statement.value


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("7", 7, 7),
        ("-7", -7, -7),
        ("ZERO", 0, 0),
        ("x + 1", 1, 4),
        ("x - y", -3, 3),
        ("x * y", 0, 9),
        ("-x", -3, 0),
        ("(x - 1) * (y - 2)", -4, 2),
        ("(x - 1) // 2", -1, 1),
        ("5 // x", 1, 5),
        ("5 // (x - 1)", -5, 5),
        ("x // 0", 0, 0),
        ("x % 2", 0, 1),
        ("(x - 1) % 3", 0, 2),
        ("x % (0 - 2)", -1, 0),
        ("x % 9", 0, 3),
        ("x % (y - 1)", 0, 1),
        ("min(x, 2)", 0, 2),
        ("max(x, 2, 1)", 2, 3),
        ("len(Index)", 4, 4),
        ("len(bool)", 2, 2),
        ("sum(1 for q in Index)", 4, 4),
        ("sum(disk[q] == 0 for q in Index)", 0, 4),
        ("sum(disk[q] for q in Index if disk[q] > 1)", 0, 12),
        ("sum(disk[q] for q in Index for r in Node)", 0, 24),
        ("sum(2 for q in Index if disk[q] == 0)", 0, 8),
        ("sum(2 for q in Page)", 0, 4),
        ("sum(q.mapping is None for q in Page)", 0, 2),
        ("1 if flag else 5", 1, 5),
    ],
)
def test_integers_have_the_interval_of_all_their_values(text: str, low: int, high: int) -> None:
    assert value(text).type == RangeType(low, high)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x == 1", BOOL),
        ("not flag", BOOL),
        ("flag and x < y < 3", BOOL),
        ("current is not None", BOOL),
        ("current == p", BOOL),
        ("maybe_n == x", BOOL),
        ("c == d", BOOL),
        ("FLAG", BOOL),
        ("A", NODE),
        ("n.size", RangeType(0, 3)),
        ("n.cache[i]", OptionalType(PAGE)),
        ("n.cache[i].mapping", OptionalType(NODE)),
        ("n.cache[x + 1].next.next", OptionalType(PAGE)),
        ("grid[i][n]", BOOL),
        ("c", StampType("Count")),
        ("p if flag else None", OptionalType(PAGE)),
        ("p if flag else current", OptionalType(PAGE)),
        ("all(disk[q] == 0 for q in Index)", BOOL),
        ("any(q.next == p for q in Page if q.mapping is not None)", BOOL),
        ("alloc(Page)", PAGE),
        ("choose(Index)", RangeType(0, 3)),
        ("choose(Page)", PAGE),
        ("choose(Node | None)", OptionalType(NODE)),
        ("choose(q for q in Page if q.mapping is None)", PAGE),
        ("maybe()", BOOL),
        ("spin_trylock(s)", BOOL),
        ("down_read_trylock(rws)", BOOL),
        ("trylock_page(p)", BOOL),
        ("READ_ONCE(x)", RangeType(0, 3)),
        ("smp_load_acquire(n.cache[i])", OptionalType(PAGE)),
        ("atomic_dec_and_test(x)", BOOL),
        ("xchg(current, None)", OptionalType(PAGE)),
        ("cmpxchg(current, p, p.next)", OptionalType(PAGE)),
        ("cmpxchg(flag, False, True)", BOOL),
        ("cmpxchg(n.cache[i], None, p)", OptionalType(PAGE)),
    ],
)
def test_expressions_have_their_types(text: str, kind: object) -> None:
    assert value(text).type == kind


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("7", Literal_, None),
        ("i", LocalUse, None),
        ("disk[i]", StateUse, None),
        ("x + 1", BinaryExpression, None),
        ("x < y", CompareExpression, None),
        ("1 if flag else 2", ConditionalExpression, None),
        ("any(flag for q in Index)", QuantifierExpression, None),
        ("alloc(Page)", AllocExpression, None),
        ("maybe()", ChooseExpression, None),
    ],
)
def test_each_expression_has_its_class(text: str, kind: type, wanted: None) -> None:
    assert type(value(text)) is kind


def test_a_stamp_of_a_seqlock_is_of_the_variables_own_type() -> None:
    model = typed(body("k = read_seqbegin(sq)\nflag = read_seqretry(sq, k)"))
    variable = next(v for v in model.declarations.variables if v.name == "sq")
    first, second = model.procedures["f"].body
    assert isinstance(first, AssignStatement) and first.value.type == sequence_type(variable)
    assert isinstance(second, AssignStatement) and isinstance(second.value, PrimitiveExpression)
    assert second.value.call == "read_seqretry" and len(second.value.arguments) == 1


def test_lock_page_works_on_the_field_lock_of_its_argument() -> None:
    (statement,) = statements("lock_page(n.cache[i])")
    assert isinstance(statement, ExpressionStatement) and isinstance(statement.value, PrimitiveExpression)
    target = statement.value.target
    assert target is not None and target.text == "n.cache[i].lock" and statement.value.type == NONE


@pytest.mark.parametrize(
    ("text", "mode"),
    [("s", ""), ("m", ""), ("read(rw)", "read"), ("write(rw)", "write"), ("read(rws)", "read"), ("write(sq)", "write"),
     ("write(sc)", "write")],
)  # fmt: skip
def test_with_takes_a_lock_in_a_mode(text: str, mode: str) -> None:
    (statement,) = statements(f"with {text}:\n    x = 1")
    assert isinstance(statement, WithStatement) and statement.mode == mode and statement.lock is not None
    assert statement.text == f"with {text}"


def test_with_atomic_has_no_lock() -> None:
    (statement,) = statements("with atomic:\n    x = 1")
    assert isinstance(statement, WithStatement) and statement.lock is None


def test_every_other_operation_of_a_lock_is_a_statement() -> None:
    calls = "spin_lock(s) spin_unlock(s) mutex_lock(m) mutex_unlock(m) down(sem) up(sem) read_lock(rw) read_unlock(rw) "
    calls += "write_lock(rw) write_unlock(rw) down_read(rws) up_read(rws) down_write(rws) downgrade_write(rws) "
    calls += "up_write(rws) write_seqlock(sq) write_sequnlock(sq) write_seqcount_begin(sc) write_seqcount_end(sc) "
    calls += "smp_mb() smp_rmb() smp_wmb() might_sleep() cond_resched() renew(c) atomic_inc(x) atomic_dec(x) "
    calls += "WRITE_ONCE(x,1) smp_store_release(current,None) unlock_page(p)"
    typed_calls = statements("\n".join(calls.split()))
    assert len(typed_calls) == len(calls.split())
    assert all(isinstance(s, ExpressionStatement) and s.value.type == NONE for s in typed_calls)


# ---- statements


def test_a_local_takes_the_type_of_its_first_assignment() -> None:
    first, second, *_ = statements("k = current\nk = p\nk = None\nx = 1")
    assert isinstance(first, AssignStatement) and isinstance(first.target, LocalDeclaration)
    assert first.target.type == OptionalType(PAGE) and first.target.role == "local"
    assert isinstance(second, AssignStatement) and second.target is first.target


def test_an_annotated_local_may_be_assigned_again() -> None:
    first, second, third = statements("k: Big = 1\nk += 1\nk = x")
    assert isinstance(first, AssignStatement) and isinstance(first.target, LocalDeclaration)
    assert first.target.type == RangeType(0, 100)
    assert isinstance(second, AssignStatement) and second.operator == "+" and second.target is first.target
    assert isinstance(third, AssignStatement)


def test_an_optional_value_goes_where_its_base_is_needed() -> None:
    code = "def g():\n    f(maybe_n, current.mapping, current)\ndef f(i: Index, n: Node, p: Page):\n    pass"
    (statement,) = typed(model_text(code)).procedures["g"].body
    assert isinstance(statement, ExpressionStatement) and isinstance(statement.value, CallExpression)


def test_an_assigned_parameter_is_marked() -> None:
    procedure = typed(body("i = 1")).procedures["f"]
    assert [p.assigned for p in procedure.parameters] == [True, False, False]


def test_statements_have_their_header_as_text() -> None:
    code = """
    while True:   # for ever
        if x == 1:
            break
        elif (x ==
              2):
            pass
        for q in Index:
            wait_event(flag)
        assert flag, "flag is {flag}, {x + 1} and {{braces}}"
    """
    (loop,) = statements(code)
    assert isinstance(loop, WhileStatement) and loop.text == "while True"
    test, unrolled, check = loop.body
    assert isinstance(test, IfStatement) and test.text == "if x == 1"
    assert isinstance(test.orelse[0], IfStatement) and test.orelse[0].text == "elif x == 2"
    assert isinstance(unrolled, ForStatement) and unrolled.text == "for q in Index"
    assert isinstance(unrolled.body[0], WaitStatement) and unrolled.body[0].text == "wait_event(flag)"
    assert isinstance(check, AssertStatement) and check.message is not None
    assert [p if isinstance(p, str) else type(p).__name__ for p in check.message.parts] == [
        "flag is ", "StateUse", ", ", "BinaryExpression", " and {braces}",
    ]  # fmt: skip


def test_places_are_those_of_the_file() -> None:
    (statement,) = statements("x = y + 1")
    assert isinstance(statement, AssignStatement)
    assert (statement.span.line, statement.span.column) == (LINES + 3, 7)
    assert (statement.value.span.column, statement.value.span.end_column) == (11, 16)


@pytest.mark.parametrize(
    "code",
    [
        "while True:\n    k = 1\n    break\nx = k",
        "if flag:\n    k = 1\nelse:\n    return\nx = k",
        "while True:\n    if flag:\n        k = x\n        break\nx = k",
        "with s:\n    k = x\nx = k",
        "return\nx = 1",
        "for q in Index:\n    pass\nfor q in Index:\n    pass\nflag = any(disk[q] == 0 for q in Index)",
        "for q in Index:\n    if flag:\n        continue\n    k = q\n    x = k",
        "for a in Node:\n    for b in bool:\n        flag = b",
    ],
)
def test_locals_that_are_set_on_every_path_may_be_read(code: str) -> None:
    assert statements(code)


@pytest.mark.parametrize(
    "code",
    [
        "def g() -> Index:\n    while True:\n        if flag:\n            return 1",
        "def g() -> Index:\n    if flag:\n        return 1\n    else:\n        return 2",
        "def g() -> Index:\n    with s:\n        return 1",
        "def g() -> Page | None:\n    if flag:\n        return alloc(Page)",
        "def g() -> None:\n    return",
        "def g() -> Page | None:\n    return None",
    ],
)
def test_procedures_that_give_a_result_on_every_path(code: str) -> None:
    assert "g" in typed(model_text(code)).procedures


# ---- procedures, threads, properties


def test_an_override_replaces_the_procedure_and_callers_call_it() -> None:
    code = "def g(a: Index):\n    h()\ndef h():\n    pass\n@override\ndef g(b: Index):\n    x = b"
    model = typed(model_text(code))
    assert [s.text for s in model.procedures["g"].body] == ["x = b"]
    assert list(model.procedures) == ["h", "g"]


def test_a_replaced_procedure_does_not_count_for_recursion() -> None:
    code = "def g():\n    h()\ndef h():\n    g()\n@override\ndef g():\n    pass"
    assert set(typed(model_text(code)).procedures) == {"g", "h"}


def test_members_of_a_family_share_their_body() -> None:
    model = typed(
        model_text(
            "def g():\n    pass", threads="  cpu[0..1]: g()\n  dlm: {daemon: true, run: g()}\n".replace("true", "True")
        )
    )
    assert [t.name for t in model.threads] == ["cpu0", "cpu1", "dlm"]
    assert model.threads[0].body is model.threads[1].body
    assert (model.threads[2].daemon, model.threads[2].text) == (True, "g()")


def test_a_block_is_one_line_of_text() -> None:
    threads = "  t: |\n    while True:   # for ever\n      wait_event(flag)\n      flag = False\n"
    (thread,) = typed(model_text(threads=threads)).threads
    assert thread.text == "while True: wait_event(flag); flag = False"


def test_properties_know_finished_and_messages_the_variables_of_the_outermost_all() -> None:
    tail = "invariants:\n  safe:\n    holds: all(grid[i][n] for i in Index for n in Node)\n    says: '{i} of {n}'\n"
    tail += "reach: {done: finished(u)}\n"
    safe, done = typed(model_text(tail=tail)).properties
    assert isinstance(safe.condition, QuantifierExpression) and isinstance(safe.condition.body, QuantifierExpression)
    assert safe.says is not None
    used = [p.local for p in safe.says.parts if isinstance(p, LocalUse)]
    assert used == [safe.condition.variable, safe.condition.body.variable]
    assert done.reach and isinstance(done.condition, FinishedExpression) and done.condition.thread == 1
