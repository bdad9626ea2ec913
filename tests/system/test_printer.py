# SPDX-License-Identifier: GPL-2.0-only
"""The listing of a system: goldens that a person can read, and foreign text made harmless."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.diagnostics import Span
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from dfsrace.system.printer import listing
from dfsrace.system.program import Frame

HERE = Path(__file__).parent

EVERYTHING = """
model: Everything that can be listed
constants: {COUNT: 2}
types:
  Size: 0..COUNT
  Node: [A, B]
  Page: pool(2)
  Contents: stamp
state:
  Node.size: Size = COUNT
  Node.cache: Page | None
  Node.mutex: mutex
  Page.contents: Contents
  Page.lock: bit_lock
  Page.next: Page | None
  fixed: Size = 1
  room: semaphore = COUNT
  inode: rwlock
  mm: rwsem
  frlock: seqlock
setup: |
  if maybe():
      A.cache = alloc(Page)
procedures: |
  def refill(node: Node) -> Page:
      with atomic:
          page = alloc(Page)
          page.next = node.cache
          node.cache = page
      return page
  def reader(node: Node):
      with read(inode):
          smp_rmb()
          seen = read_seqbegin(frlock)
          if read_seqretry(frlock, seen):
              return
      down(room)
      with read(mm):
          page = refill(node)
          lock_page(page)
          renew(page.contents)
          unlock_page(page)
      up(room)
  def writer(node: Node):
      with write(frlock):
          node.size = min(node.size - 1, fixed) if maybe() else 0
      might_sleep()
      wait_event(all(n.size < COUNT for n in Node))
      other = choose(n for n in Node if n.size <= COUNT // 2)
      got = mutex_trylock(other.mutex)
      if got:
          mutex_unlock(other.mutex)
      WRITE_ONCE(other.size, 1)
      assert any(p.next is None for p in Page) or got, "{other} has {COUNT}"
threads:
  cpu[0..1]: reader(A)
  scanner: {daemon: true, run: writer(B)}
invariants:
  sizes:
    holds: all(n.size >= 0 and (n.size <= COUNT or not False) for n in Node)
    says: "{n} has {n.size}"
  ends: {at: end, holds: "sum(n.size for n in Node if n.cache is None) <= (COUNT + 1) * 2"}
reach:
  over: finished(cpu0)
"""


def loaded(text: str, name: str) -> System:
    return load_model(ModelSource(name, None, text), [], {}).system


@pytest.mark.parametrize("name", ["everything"])
def test_the_listing_is_as_it_was(name: str) -> None:
    assert listing(loaded(EVERYTHING, "everything.yaml")) == (HERE / "goldens" / f"{name}.txt").read_text()


def test_no_character_of_the_model_reaches_the_terminal_unescaped() -> None:
    hostile = "\x1b[31mred\x07 \u202e \r\n* 0 finish"
    system = loaded(EVERYTHING, "everything.yaml")
    first = system.threads[0]
    node = replace(
        first.nodes[0],
        text=hostile,
        span=Span(hostile, 1, 1, 1, 1),
        stack=(Frame(hostile, first.span, hostile),),
    )
    threads = (replace(first, name=hostile, text=hostile, nodes=(node, *first.nodes[1:])), *system.threads[1:])
    variables = (replace(system.variables[0], name=f"Node.{hostile}"), *system.variables[1:])
    changed = replace(
        system,
        title=hostile,
        constants=((hostile, hostile),),
        variables=variables,
        threads=threads,
        properties=(replace(system.properties[0], name=hostile), *system.properties[1:]),
        exhausted=hostile,
    )
    text = listing(changed)
    assert not [c for c in text if c != "\n" and (ord(c) < 32 or c in "\x7f\u202e")]
    assert "\\x1b[31mred\\x07" in text
    assert len([line for line in text.splitlines() if line.startswith("* 0")]) == 0
