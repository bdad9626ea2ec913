# SPDX-License-Identifier: GPL-2.0-only
"""DR4xx: the syntax of code."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.explanation import Explanation

SYNTAX: Mapping[str, Explanation] = {
    "DR401": Explanation(
        "code that is not Python syntax",
        "Code is written in Python's syntax and read by Python's own parser. A hand used to C writes, at first:\n"
        "\n"
        "  in C                 here\n"
        "  a && b, a || b, !a   a and b, a or b, not a\n"
        "  x++, x--             x += 1, x -= 1, each a statement of its own\n"
        "  page->mapping        page.mapping\n"
        "  if (x = 1)           if x == 1:\n"
        "  else if, switch      elif\n"
        "  do { } while (c)     while True: with `if not c: break` at its end\n"
        "  for (i = 0; ...)     for i in Index:\n"
        "  c ? a : b            a if c else b\n"
        "  { }                  a colon, and the lines below it indented\n"
        "  /* text */, // text  # text\n"
        "  struct page *p;      p: Page = value, for the type Page declared under types\n"
        "  NULL, true, false    None, True, False\n"
        "\n"
        "Ranges such as 0..3 need a name, declared under types. A procedure that is no Python is reported once;\n"
        "what calls it is not.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = = 1",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = 1",
    ),
    "DR402": Explanation(
        "a statement that the language lacks",
        "Statements are assignments, if, while, for over a type, break, continue, return, pass, assert, with, and\n"
        "calls. The message says what to write instead.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      del size",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = 0",
    ),
    "DR403": Explanation(
        "an expression that the language lacks",
        "Expressions are integers, True, False, None, names, fields, elements of arrays, + - * // %, comparisons,\n"
        "and, or, not, `x if c else y`, and calls. There are no strings, lists, slices, or bitwise operators.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = size / 2",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = size // 2",
    ),
    "DR404": Explanation(
        "parameters or arguments of a kind that the language lacks",
        "Parameters have a name and a type, arguments are given by position, and nothing else: no defaults, no\n"
        "keywords, no stars.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f(wanted: bool = True):\n      pass",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f(wanted: bool):\n      pass",
    ),
    "DR405": Explanation(
        "an unknown decorator",
        "The one decorator is @override. It marks a procedure that replaces one of an included file.",
        "procedures: |\n  @inline\n  def f():\n      pass",
        "procedures: |\n  def f():\n      pass",
    ),
    "DR406": Explanation(
        "else on a loop",
        "A loop has no else. Set a local before the break and test it behind the loop.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      while not ready:\n"
        "          size = 1\n      else:\n          size = 0",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      while not ready:\n"
        "          size = 1\n      size = 0",
    ),
    "DR407": Explanation(
        "with over several locks, or with as",
        "One `with` takes one lock, so that the order of locks is seen. Nest one in another.",
        "state:\n  a: spinlock\n  b: spinlock\nprocedures: |\n  def f():\n      with a, b:\n          pass",
        "state:\n  a: spinlock\n  b: spinlock\nprocedures: |\n  def f():\n      with a:\n          with b:\n"
        "              pass",
    ),
    "DR408": Explanation(
        "a statement outside its place",
        "break and continue stand in loops, return in procedures, and the section procedures holds only `def`.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      if ready:\n          break",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      while True:\n"
        "          if ready:\n              break",
    ),
    "DR409": Explanation(
        "a statement that does nothing",
        "An expression whose value nobody uses is a mistake most often: a comparison that was meant to be an\n"
        "assignment, or a procedure that is named and not called.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size == 1",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      size = 1",
    ),
    "DR410": Explanation(
        "a message that cannot be filled in",
        "A message is plain text; what stands in {braces} is an expression, filled in when the message is shown.\n"
        "A brace of the text is written twice.",
        'state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      assert ready, "size is {size"',
        'state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      assert ready, "size is {size}"',
    ),
    "DR411": Explanation(
        "all, any, sum or choose without its comprehension",
        "The form is all(condition for x in T), with `if` and more `for` where they are needed; choose has one\n"
        "`for` and gives its variable itself.",
        "state:\n  size: 0..3\n  ready: bool\nprocedures: |\n  def f():\n      ready = any(size)",
        "types:\n  Index: 0..3\n  Node: [A, B]\n  Page: pool(2)\n  Contents: stamp\nstate:\n  size: 0..3\n"
        "  ready: bool\nprocedures: |\n  def f():\n      ready = any(size == i for i in Index)",
    ),
    "DR412": Explanation(
        "a block without code",
        "A thread or setup block needs a statement. `pass` does nothing.",
        "setup: |\n  # later",
        "setup: |\n  pass",
    ),
    "DR413": Explanation(
        "code that is nested too deep",
        "Python's parser and the checks that follow go down level by level, and the depth is bounded, so that no\n"
        "model can exhaust the checker. Name the parts.",
    ),
}
