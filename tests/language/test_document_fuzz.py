# SPDX-License-Identifier: GPL-2.0-only
"""Whatever is done to a valid model, reading it gives declarations or a ModelError, never another exception."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis import given, settings

from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.render import render_error
from dfsrace.language.declarations import Declarations
from tests.language.documents import read

VALID = """\
model: A fault races with truncate
about: >
  do_no_page looks the page up.
sources: ["LKML 2003", other]
include: [vm, hook]
constants: {PAGES: 1, VM_OPS: dfs, LAST: PAGES - 1}
types:
  Slot: 0..LAST + 2
  Box: [X, Y, "z[0..1]"]
  Frame: pool(2 * 2)
  Stamp: stamp
state:
  flag[Slot][Box]: bool = True
  Box.frame: Frame | None
  Frame.seen: Stamp
  guard: semaphore = 2
  level: -1..1 = 0
setup: |
  flag[0][X] = maybe()
procedures: |
  def work(box: Box):
      with guard:
          box.frame = alloc(Frame)
threads:
  cpu0: work(X)
  cpu[1..2]: work(Y)
  dlm:
    daemon: true
    run: |
      while True:
          wait_event(flag[0][X])
invariants:
  fine:
    holds: all(box.frame is None or level == 0 for box in Box)
    says: "{box} is wrong"
    at: end
reach:
  seen: level == 1
check: [fine]
bounds: {states: 10_000, seconds: 1.5, switches: 3}
expect: {violates: [fine, sleeping-while-atomic]}
"""

PIECES = [
    *"[]{}()<>|&*!%@`'\"#:,?-=.~\\\t\n /",
    *(
        "  ",
        ": ",
        "- ",
        "..",
        " | None",
        " = ",
        "---\n",
        "...\n",
        "<<: ",
        "&a ",
        "*a",
        "!!int ",
        "%YAML 1.1\n",
        "|2",
        ">-",
    ),
    *("true", "null", "None", "True", "0", "-1", "99999999999999999999", "1_0", "pool(", "stamp", "spinlock", "rwsem"),
    *("\0", "\x1b[2J", "\r", "\u2028", "\u202e", "é", "世", "\ud800", "((((((" * 10, "- - - " * 20, "not " * 60),
    *("threads:\n", "state:\n", "types: {}\n", "include: [x]\n", "memory: weak\n", "\\", '"\\e"', "[" * 60),
]

Change = Callable[[str], str]


def insert(at: int, piece: str) -> Change:
    return lambda text: text[: at % (len(text) + 1)] + piece + text[at % (len(text) + 1) :]


def cut(at: int, length: int) -> Change:
    return lambda text: text[: at % (len(text) + 1)] + text[at % (len(text) + 1) + length :]


def replace_line(at: int, other: int) -> Change:
    def change(text: str) -> str:
        lines = text.split("\n")
        lines[at % len(lines)] = lines[other % len(lines)]
        return "\n".join(lines)

    return change


def indent_line(at: int, by: int) -> Change:
    def change(text: str) -> str:
        lines = text.split("\n")
        lines[at % len(lines)] = " " * by + lines[at % len(lines)].lstrip()
        return "\n".join(lines)

    return change


places = st.integers(0, len(VALID))
changes = st.one_of(
    st.builds(insert, places, st.sampled_from(PIECES)),
    st.builds(cut, places, st.integers(1, 12)),
    st.builds(replace_line, places, places),
    st.builds(indent_line, places, st.integers(0, 8)),
)


def read_or_report(text: str | bytes) -> Declarations | None:
    try:
        return read(text)
    except ModelError as error:
        report = render_error(error)
        assert report and report.replace("\n", "").isprintable()
        for problem in error.diagnostics:
            assert problem.span.file in error.sources or problem.code == "DR101"
            assert problem.span.line >= 1 and problem.span.column >= 1
            assert (problem.span.end_line, problem.span.end_column) > (problem.span.line, problem.span.column - 1)
            assert problem.message.isprintable() and problem.help.isprintable()
        return None


def test_the_model_that_is_changed_is_right() -> None:
    assert read_or_report(VALID) is not None


@settings(max_examples=400)
@given(st.lists(changes, min_size=1, max_size=4))
def test_a_changed_model_is_read_or_reported(mutations: list[Change]) -> None:
    text = VALID
    for mutate in mutations:
        text = mutate(text)
    declarations = read_or_report(text)
    if declarations is not None:
        # Nothing that was declared may be lost without a word.
        assert len(declarations.constants) >= 1 and declarations.threads and declarations.title
        for variable in declarations.variables:
            assert variable.name and (variable.owner is None or variable.dimensions[0] == variable.owner)


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_soup_of_signs_is_read_or_reported(pieces: list[str]) -> None:
    read_or_report("".join(pieces))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_reported(data: bytes) -> None:
    read_or_report(data)


@given(st.text(st.sampled_from("0123456789ABX_ +-*/%().|=[],~'"), max_size=30))
def test_any_declaration_is_read_or_reported(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    for line in (
        f"constants: {{A: {quoted}}}",
        f"types: {{X: {quoted}}}",
        f"state: {{x: {quoted}}}",
        f"state: {{{quoted}: bool}}",
    ):
        read_or_report(f"{line}\nmodel: m\nthreads: {{a: pass}}\n")
