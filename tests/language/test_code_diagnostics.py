# SPDX-License-Identifier: GPL-2.0-only
"""Each diagnostic of code, with its place and what it says."""

from __future__ import annotations

import pytest

from tests.language.code_models import LINES, body, diagnostics, model_text

# code of the body | line in the procedures, column in the body | diagnostic | words of message and help
BODIES = [
    ("x = = 1", 2, 5, "DR401", "no Python"),
    ("for k in 0..3:\n    pass", 2, 12, "DR401", "under types"),
    ("x = 1 if flag else", 2, 19, "DR401", "no Python"),
    ("del x", 2, 1, "DR402", "del"),
    ("import os", 2, 1, "DR402", "import"),
    ("try:\n    pass\nfinally:\n    pass", 2, 1, "DR402", "try"),
    ("class K:\n    pass", 2, 1, "DR402", "class"),
    ("global x", 2, 1, "DR402", "global"),
    ("match x:\n    case 1:\n        pass", 2, 1, "DR402", "match"),
    ("raise x", 2, 1, "DR402", "raise"),
    ("def g():\n    pass", 2, 1, "DR402", "procedure inside"),
    ("async with s:\n    pass", 2, 1, "DR402", "async with"),
    ("x = y = 1", 2, 1, "DR402", "several targets"),
    ("x, y = 1, 2", 2, 1, "DR403", "tuple"),
    ("x = (k := 1)", 2, 6, "DR403", "walrus"),
    ("x = (lambda: 1)()", 2, 6, "DR540", "called"),
    ("k = lambda: 1", 2, 5, "DR403", "lambda"),
    ("k = [1]", 2, 5, "DR403", "list"),
    ("k = {1: 2}", 2, 5, "DR403", "dictionary"),
    ("k = {1}", 2, 5, "DR403", "set"),
    ("k = [q for q in Index]", 2, 5, "DR403", "list comprehension"),
    ("k = (q for q in Index)", 2, 5, "DR403", "comprehension"),
    ('k = "text"', 2, 5, "DR403", "string"),
    ('"""a docstring"""', 2, 1, "DR403", "starts with #"),
    ("k = f'{x}'", 2, 5, "DR403", "f-string"),
    ("k = 1.5", 2, 5, "DR403", "floating"),
    ("k = b'x'", 2, 5, "DR403", "byte string"),
    ("k = 1j", 2, 5, "DR403", "complex"),
    ("k = ...", 2, 5, "DR403", "pass"),
    ("yield x", 2, 1, "DR403", "yield"),
    ("k = x / 2", 2, 5, "DR403", "//"),
    ("k = x ** 2", 2, 5, "DR403", "power"),
    ("k = x | 2", 2, 5, "DR403", "bitwise"),
    ("k = x << 2", 2, 5, "DR403", "bitwise"),
    ("k = ~x", 2, 5, "DR403", "bitwise"),
    ("k = +x", 2, 5, "DR403", "unary plus"),
    ("k = x in Index", 2, 5, "DR403", "operator in"),
    ("k = x not in Index", 2, 5, "DR403", "not in"),
    ("k = disk[1:2]", 2, 10, "DR403", "slice"),
    ("k = grid[1, A]", 2, 10, "DR403", "[i][j]"),
    ("x **= 2", 2, 1, "DR402", "power"),
    ("k = min(*x, 1)", 2, 9, "DR403", "star"),
    ("f(i=1)", 2, 3, "DR404", "position"),
    ("while flag:\n    pass\nelse:\n    pass", 5, 5, "DR406", "else on a while"),
    ("for k in Index:\n    pass\nelse:\n    pass", 5, 5, "DR406", "else on a for"),
    ("with s, m:\n    pass", 2, 6, "DR407", "several locks"),
    ("with s as k:\n    pass", 2, 11, "DR407", "as"),
    ("break", 2, 1, "DR408", "break outside"),
    ("continue", 2, 1, "DR408", "continue outside"),
    ("x == 1", 2, 1, "DR409", "does nothing"),
    ("x", 2, 1, "DR409", "does nothing"),
    ("f", 2, 1, "DR409", "call it"),
    ("min(x, y)", 2, 1, "DR409", "does nothing"),
    ('assert flag, "{"', 2, 15, "DR410", "without"),
    ('assert flag, "}"', 2, 15, "DR410", "without"),
    ('assert flag, "{}"', 2, 16, "DR410", "empty"),
    ("assert flag, x", 2, 14, "DR410", "plain text"),
    ('assert flag, "x is {z}"', 2, 21, "DR501", "'z'"),
    ("k = all(flag)", 2, 5, "DR411", "comprehension"),
    ("k = choose(q + 1 for q in Index if flag)", 2, 12, "DR411", "variable"),
    ("k = choose(a for a in Index for b in Index)", 2, 5, "DR411", "one `for`"),
    ("x = z", 2, 5, "DR501", "'z'"),
    ("x = who.sizes", 2, 5, "DR502", "did you mean size"),
    ("x = Node.size", 2, 5, "DR502", "is a type"),
    ("x = flag.size", 2, 5, "DR502", "Boolean"),
    ("x = p.size", 2, 5, "DR502", "Node.size"),
    ("x = Index", 2, 5, "DR503", "a type"),
    ("x = f", 2, 5, "DR503", "a procedure"),
    ("k = s", 2, 5, "DR503", "spinlock"),
    ("x = t", 2, 5, "DR503", "thread"),
    ("x = true", 2, 5, "DR501", "True"),
    ("x = disk", 2, 5, "DR504", "needs 1 index"),
    ("x = y[0]", 2, 5, "DR504", "no array"),
    ("x = i[0]", 2, 5, "DR504", "a local"),
    ("flag = grid[0]", 2, 8, "DR504", "2 indices"),
    ("x = f(i, n, p)[0]", 2, 5, "DR504", "elements"),
    ("x = n", 2, 5, "DR505", "is a Node"),
    ("x = flag", 2, 5, "DR505", "Boolean"),
    ("x = disk[n]", 2, 10, "DR505", "indexed by"),
    ("who = x", 2, 7, "DR505", "takes Node"),
    ("f(n, n, p)", 2, 3, "DR505", "parameter 1 (i) of f"),
    ("x = 1 if flag else n", 2, 5, "DR505", "different types"),
    ("x = None", 2, 5, "DR506", "None is given"),
    ("f(i, n, None)", 2, 9, "DR506", "Page"),
    ("if current:\n    pass", 2, 4, "DR507", "current is not None"),
    ("while x:\n    pass", 2, 7, "DR507", "x != 0"),
    ("flag = not current", 2, 12, "DR507", "is not None"),
    ("flag = flag and current", 2, 17, "DR507", "operand of and"),
    ("x = n + 1", 2, 5, "DR508", "named values"),
    ("k = p + 1", 2, 5, "DR508", "pool values"),
    ("x = flag + 1", 2, 5, "DR508", "Booleans"),
    ("x = min(n, 1)", 2, 9, "DR508", "min needs"),
    ("x = sum(n for q in Index)", 2, 9, "DR508", "count"),
    ("flag = x == n", 2, 8, "DR509", "never equal"),
    ("flag = c == o", 2, 8, "DR509", "stamps of different types"),
    ("flag = x is y", 2, 8, "DR509", "is None"),
    ("flag = c < d", 2, 8, "DR510", "no order"),
    ("flag = n < A", 2, 8, "DR510", "no order"),
    ("flag = p <= current", 2, 8, "DR510", "no order"),
    ("c += 1", 2, 1, "DR511", "renew"),
    ("c = d + 1", 2, 5, "DR511", "renew"),
    ("x = 10000000000000000000", 2, 5, "DR512", "too large"),
    ("k = 1000000000 * 1000000000 * 1000000000", 2, 5, "DR512", "1000000000000000000"),
    ("k: Idex = 1", 2, 4, "DR520", "did you mean Index"),
    ("k: int = 1", 2, 4, "DR520", "range"),
    ("for k in range(3):\n    pass", 2, 10, "DR520", "range()"),
    ("for k in x:\n    pass", 2, 10, "DR520", "state variable"),
    ("k: spinlock = 1", 2, 4, "DR521", "lock"),
    ("k = alloc(Index)", 2, 11, "DR521", "pool"),
    ("for k in Page:\n    pass", 2, 10, "DR522", "no order"),
    ("x = len(Page)", 2, 9, "DR522", "pool"),
    ("k = choose(Count)", 2, 12, "DR522", "stamp"),
    ("k = 1\nk = 2", 2, 1, "DR530", "k: Index"),
    ("k = 7\nk += 2", 2, 1, "DR530", "k: Big"),
    ("k = None\nk = p", 2, 1, "DR530", "T | None"),
    ("k = p\nk = current", 3, 1, "DR530", "k: Page | None"),
    ("if flag:\n    k = 1\nx = k", 4, 5, "DR531", "unset"),
    ("x = k\nk = 1", 2, 5, "DR531", "before it is set"),
    ("while flag:\n    k = 1\nx = k", 4, 5, "DR531", "unset"),
    ("for q in Index:\n    k = q\nx = k", 4, 5, "DR531", "unset"),
    ("for i in Index:\n    pass", 2, 5, "DR532", "a parameter"),
    ("for x in Index:\n    pass", 2, 5, "DR532", "a state variable"),
    ("for f in Index:\n    pass", 2, 5, "DR532", "a procedure"),
    ("flag = any(disk[i] == 0 for i in Index)", 2, 29, "DR532", "a parameter"),
    ("k = 1\nflag = any(disk[k] == 0 for k in Index)", 3, 29, "DR532", "a local"),
    ("f = 1", 2, 1, "DR532", "a procedure"),
    ("min = 1", 2, 1, "DR533", "word of the model language"),
    ("ZERO = 1", 2, 1, "DR533", "a constant"),
    ("A = n", 2, 1, "DR533", "a value of type Node"),
    ("for k in Index:\n    k = 1", 3, 5, "DR533", "loop"),
    ("s = 1", 2, 1, "DR533", "spinlock"),
    ("k: Index", 2, 1, "DR534", "without a value"),
    ("x: Index = 1", 2, 4, "DR534", "only a local"),
    ("k = p\nk: Page = p", 3, 4, "DR534", "type already"),
    ("foo(x)", 2, 1, "DR540", "'foo'"),
    ("spinlock_lock(s)", 2, 1, "DR540", "spin_lock"),
    ("x = y.size(1)", 2, 5, "DR540", "only a name"),
    ("i(1)", 2, 1, "DR540", "a local"),
    ("f(i, n)", 2, 1, "DR541", "3 arguments, not 2"),
    ("spin_lock()", 2, 1, "DR541", "1 argument, not 0"),
    ("x = min(1)", 2, 5, "DR541", "two or more"),
    ("x = maybe(1)", 2, 5, "DR541", "no arguments"),
    ("wait_event(f(i, n, p))", 2, 12, "DR543", "one step"),
    ("assert maybe()", 2, 8, "DR543", "maybe"),
    ("k = choose(q for q in Index if maybe())", 2, 32, "DR543", "choose"),
    ("k = any(maybe() for q in Page)", 2, 9, "DR543", "pool"),
    ("x = f(i, n, p)", 2, 5, "DR544", "gives no value"),
    ("k = wait_event(flag)", 2, 5, "DR544", "statement"),
    ("return 1", 2, 8, "DR546", "no result"),
    ("spin_lock(m)", 2, 1, "DR550", "mutex_lock(m)"),
    ("spin_lock(x)", 2, 11, "DR550", "no lock"),
    ("mutex_lock(sem)", 2, 1, "DR550", "down(sem)"),
    ("down_read(rw)", 2, 1, "DR550", "read_lock(rw)"),
    ("spin_lock(p.lock)", 2, 1, "DR550", "lock_page(p)"),
    ("lock_page(p.lock)", 2, 11, "DR550", "write lock_page(p)"),
    ("spin_lock(rw)", 2, 1, "DR550", "read_lock(rw)"),
    ("read_seqbegin(sc)", 2, 1, "DR550", "read_seqcount_begin(sc)"),
    ("read_lock(s)", 2, 1, "DR550", "spin_lock(s)"),
    ("lock_page(n)", 2, 11, "DR502", "no field 'lock'"),
    ("with rw:\n    pass", 2, 6, "DR551", "read(rw)"),
    ("with read(s):\n    pass", 2, 11, "DR551", "with s:"),
    ("with read(sq):\n    pass", 2, 11, "DR551", "read_seqbegin"),
    ("with n.busy:\n    pass", 2, 6, "DR551", "lock_page"),
    ("with sem:\n    pass", 2, 6, "DR551", "down(sem)"),
    ("with f(s):\n    pass", 2, 6, "DR551", "takes a lock"),
    ("with x:\n    pass", 2, 6, "DR550", "no lock"),
    ("k = READ_ONCE(i)", 2, 15, "DR552", "state variable"),
    ("renew(1)", 2, 7, "DR552", "state variable"),
    ("atomic_inc(flag)", 2, 12, "DR553", "Boolean"),
    ("atomic_inc(c)", 2, 12, "DR553", "renew"),
    ("renew(x)", 2, 7, "DR553", "stamp"),
    ("k = xchg(s, 1)", 2, 10, "DR553", "spinlock"),
    ("k = read_seqbegin(sq)\nflag = read_seqretry(sq2, k)", 3, 27, "DR505", "read_seqbegin(sq2)"),
    ("k = read_seqbegin(sq)\nflag = k == c", 3, 8, "DR509", "stamp"),
    ("k = xchg(x, n)", 2, 13, "DR505", "takes Index"),
    ("flag = finished(t)", 2, 8, "DR571", "properties"),
]


@pytest.mark.parametrize(("code", "line", "column", "name", "words"), BODIES, ids=[f"{b[3]}-{b[0]}" for b in BODIES])
def test_a_body_with_one_error_gives_one_diagnostic_at_its_place(
    code: str, line: int, column: int, name: str, words: str
) -> None:
    (diagnostic,) = diagnostics(body(code))
    assert (diagnostic.code, diagnostic.span.line - LINES - 1, diagnostic.span.column - 6) == (name, line, column)
    assert words in f"{diagnostic.message} {diagnostic.help} {' '.join(diagnostic.allowed)}"


# procedures | line, column in them | diagnostic | words
PROCEDURES = [
    ("x = 1", 1, 1, "DR408", "only procedures"),
    ("async def g():\n    pass", 1, 1, "DR402", "async def"),
    ("@cache\ndef g():\n    pass", 1, 2, "DR405", "@override"),
    ("def g(a=1):\n    pass", 1, 7, "DR523", "Type"),
    ("def g(a: Index = 1):\n    pass", 1, 18, "DR404", "default"),
    ("def g(*a: Index):\n    pass", 1, 8, "DR404", "star"),
    ("def g(a: Index, *, b: Index):\n    pass", 1, 20, "DR404", "keyword-only"),
    ("def g(a):\n    pass", 1, 7, "DR523", "no type"),
    ("def g(a: Idx):\n    pass", 1, 10, "DR520", "Index"),
    ("def g(s: Index):\n    pass", 1, 7, "DR532", "a state variable"),
    ("def g(g: Index):\n    pass", 1, 7, "DR532", "a procedure"),
    ("def x():\n    pass", 1, 5, "DR563", "a state variable"),
    ("def spin_lock():\n    pass", 1, 5, "DR563", "word of the model language"),
    ("def g():\n    pass\n\ndef g():\n    pass", 4, 5, "DR561", "@override"),
    ("@override\ndef g():\n    pass", 2, 5, "DR560", "to override"),
    ("def g(a: Index):\n    pass\n@override\ndef g(a: Node):\n    pass", 4, 5, "DR562", "g(a: Index)"),
    ("def g(a: Index):\n    pass\n@override\ndef g(a: Index) -> Index:\n    return a", 4, 5, "DR562", "signature"),
    ("def g() -> Index:\n    return 1\n@override\ndef g() -> bool:\n    return True", 4, 5, "DR562", "signature"),
    ("def g() -> Index:\n    if flag:\n        return 1", 1, 5, "DR545", "without return"),
    ("def g() -> Index:\n    while flag:\n        return 1", 1, 5, "DR545", "without return"),
    ("def g() -> Index:\n    while FLAG:\n        return 1", 1, 5, "DR545", "without return"),
    ("def g() -> Index:\n    return", 2, 5, "DR546", "no value"),
    ("def g():\n    h()\ndef h():\n    g()", 2, 5, "DR542", "g -> h -> g"),
    ("def g():\n    g()", 2, 5, "DR542", "g -> g"),
    ("def g():\n    x = n\n@override\ndef g():\n    pass", 2, 9, "DR501", "'n'"),
]


@pytest.mark.parametrize(("code", "line", "column", "name", "words"), PROCEDURES, ids=[p[0] for p in PROCEDURES])
def test_procedures_with_one_error_give_a_diagnostic_at_its_place(
    code: str, line: int, column: int, name: str, words: str
) -> None:
    diagnostic = next(d for d in diagnostics(model_text(code)) if d.code == name)
    assert (diagnostic.span.line - LINES - 1, diagnostic.span.column - 2) == (line, column)
    assert words in f"{diagnostic.message} {diagnostic.help} {' '.join(diagnostic.allowed)}"


PROPERTIES = [
    ("holds: x", "DR507", "Boolean"),
    ("holds: f()", "DR540", "'f'"),
    ("holds: maybe()", "DR543", "one step"),
    ("holds: finished(v)", "DR571", "'v'"),
    ("holds: cpu == 1", "DR501", "locals"),
    ("holds: flag )", "DR401", "Python"),
    ("{holds: flag, says: 'x {z}'}", "DR501", "'z'"),
    ("{holds: 'any(disk[i] == 0 for i in Index)', says: '{i}'}", "DR501", "'i'"),
    ("{holds: flag, says: 'x { z'}", "DR410", "without"),
]


@pytest.mark.parametrize(("text", "name", "words"), PROPERTIES)
def test_properties_give_diagnostics_too(text: str, name: str, words: str) -> None:
    value = text if text.startswith("{") else f"{{{text}}}"
    (diagnostic,) = diagnostics(model_text(tail=f"invariants:\n  safe: {value}\n"))
    assert diagnostic.code == name
    assert words in f"{diagnostic.message} {diagnostic.help}"


def test_return_stands_only_in_procedures() -> None:
    (diagnostic,) = diagnostics(model_text(threads="  t: return\n"))
    assert diagnostic.code == "DR408"


def test_all_errors_of_all_sections_come_at_once_in_the_order_of_the_text() -> None:
    text = model_text("def g():\n    x = n\n    y = zz\n", threads="  t: h()\n", tail="invariants: {safe: x}\n")
    codes = [d.code for d in diagnostics(text)]
    assert codes == ["DR501", "DR501", "DR540", "DR507"]


def test_columns_count_characters_and_not_bytes() -> None:
    (diagnostic,) = diagnostics(body('assert flag, "é"; x = zz'))
    assert diagnostic.span.column == 6 + 23


def test_an_expression_on_several_lines_keeps_its_places() -> None:
    text = model_text(tail="invariants:\n  safe: |\n    flag\n    and zz\n")
    (diagnostic,) = diagnostics(text)
    assert (diagnostic.code, diagnostic.span.column) == ("DR501", 9)
    assert text.split("\n")[diagnostic.span.line - 1].strip() == "and zz"
