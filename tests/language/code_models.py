# SPDX-License-Identifier: GPL-2.0-only
"""Small models around a piece of code, for tests of typing."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from dfsrace.diagnostics import Diagnostic, ModelError
from dfsrace.language.check_code import type_model
from dfsrace.language.document import read_model
from dfsrace.language.files import ModelSource
from dfsrace.language.typed import Statement, TypedModel

HEAD = """\
model: a piece of code
constants: {ZERO: 0, FLAG: True}
types:
  Index: 0..3
  Big: 0..100
  Node: [A, B]
  Page: pool(2)
  Count: stamp
  Other: stamp
state:
  x: Index
  y: Index
  flag: bool
  who: Node
  maybe_n: Index | None
  disk[Index]: Index
  grid[Index][Node]: bool
  c: Count
  d: Count
  o: Other
  current: Page | None
  Node.size: Index
  Node.cache[Index]: Page | None
  Node.busy: bit_lock
  Page.mapping: Node | None
  Page.lock: bit_lock
  Page.next: Page | None
  s: spinlock
  m: mutex
  sem: semaphore
  rw: rwlock
  rws: rwsem
  sq: seqlock
  sc: seqcount
  sq2: seqlock
"""
LINES = HEAD.count("\n")


def model_text(procedures: str = "", threads: str = "  t: pass\n  u: pass\n", tail: str = "") -> str:
    """The model's text; the procedures begin on line `LINES + 2`, at column 3."""
    code = dedent(procedures).strip("\n")
    section = f"procedures: |\n{indent(code, '  ')}\n" if code else ""
    return f"{HEAD}{section}threads:\n{threads}{tail}"


def typed(text: str) -> TypedModel:
    """The typed model of a text."""
    return type_model(read_model(ModelSource("m.yaml", None, text), (), {}))


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text."""
    with pytest.raises(ModelError) as caught:
        typed(text)
    return caught.value.diagnostics


def body(code: str, head: str = "def f(i: Index, n: Node, p: Page):") -> str:
    """A model with one procedure of this body; the body begins on line 2 of the procedures, at column 7."""
    return model_text(head + "\n" + indent(dedent(code).strip("\n"), "    "))


def statements(code: str, head: str = "def f(i: Index, n: Node, p: Page):") -> tuple[Statement, ...]:
    """The typed body."""
    return typed(body(code, head)).procedures["f"].body


def found(text: str) -> list[tuple[str, int, int]]:
    """(code, line from the start of the procedures, column from the start of a body) of each diagnostic."""
    return [(d.code, d.span.line - LINES - 1, d.span.column - 6) for d in diagnostics(text)]
