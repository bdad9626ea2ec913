# SPDX-License-Identifier: GPL-2.0-only
"""Models at the edges of what fits: wide fields, many threads, properties and choices, large and negative numbers."""

from __future__ import annotations

import pytest

from dfsrace.engine.native import Machine, Unsupported, explore_native
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from tests.native.comparing import native, reference

MANY_PROPERTIES = """
state: {x: 0..99}
threads:
  t: |
    while x < 99:
        x += 1
"""
MANY_PROPERTIES += "invariants:\n" + "".join(f"  p{n}: x != {n + 20}\n" for n in range(70))
MANY_PROPERTIES += "reach:\n" + "".join(f"  r{n}: x == {n * 2}\n" for n in range(40))

WIDE_RWLOCK = """
state: {l: rwlock, x: 0..3}
threads:
  r[0..39]:
    daemon: true
    run: wait_event(x == 3)
  a: |
    read_lock(l)
    x = 1
    read_unlock(l)
  b: |
    with write(l):
        x = 2
"""

WIDE_RWSEM = """
state: {s: rwsem, x: 0..3}
threads:
  r[0..34]:
    daemon: true
    run: wait_event(x == 3)
  a: |
    with read(s):
        y = x
        x = y + 1
  b: |
    with write(s):
        x = 1
  c: |
    if down_read_trylock(s):
        up_read(s)
"""

NEGATIVE = """
types: {N: -9..9}
state: {x: N = -9, y: N = 0, q: N = 0, r: N = 0}
threads:
  t: |
    y = choose(N)
    while x < 9:
        if y != 0:
            q = x // y
            r = x % y
            assert q * y + r == x
        x += 3
reach: {rounds_down: q == -5, sign_of_the_divisor: r == -1 and y < 0}
"""

LARGE = """
types: {N: 0..50_000}
state: {x: N = 49_999, y: bool}
threads:
  t: |
    x += 1
    y = x * x * 100_000_000 > 249_999_000_000_000_000
    x -= 50_000
    x -= 1
reach: {more: y}
"""

MANY_VALUES = """
types: {N: 0..200}
state: {x: N, y: N}
threads:
  t: |
    x = choose(n for n in N if n % 67 == 66)
    y = choose(N)
reach: {last: x == 200 and y == 200}
"""

NO_STEP = """
state: {x: bool}
threads:
  t: pass
  u: might_sleep()
invariants: {no: x}
"""

WHOLE_WORD = """
types: {N: 0..65535}
state: {a: N, b: N, c: N, d: 0..4095}
threads:
  t: |
    a = 65535
    b = 65535
    c = 65535
    d = 4095
reach: {all: a == 65535 and b == 65535 and c == 65535 and d == 4095}
"""

ACROSS_WORDS = """
types: {N: 0..8191, I: 0..19}
state:
  a[I]: N
  x: I
threads:
  t: |
    for i in I:
        a[i] = 8191 - i
    while x < 19:
        a[x] = a[x + 1]
        x += 1
invariants:
  sorted: {at: end, holds: 'all(a[i] == 8190 - i for i in I if i < 19)'}
  sum: 'sum(a[i] for i in I) <= 163820'
"""

MODELS = {
    "more properties than bits in a word": MANY_PROPERTIES,
    "an rwlock wider than a word": WIDE_RWLOCK,
    "a rwsem wider than a word": WIDE_RWSEM,
    "negative numbers are divided as in Python": NEGATIVE,
    "large numbers": LARGE,
    "a choice from many values": MANY_VALUES,
    "no thread has a step": NO_STEP,
    "a state that fills a word": WHOLE_WORD,
    "fields across words": ACROSS_WORDS,
}

LARGE_POOL = """
types: {P: pool(70)}
state: {p: P | None}
threads:
  t: p = alloc(P)
"""

MANY_CHOICES = """
types: {N: 0..99}
state: {x: bool, n: N}
threads:
  t: |
    n = 1
    i: N = 0
    while i < 80:
        if maybe():
            i += 1
        else:
            i = 99
    x = True
"""


def system_of(text: str) -> System:
    return load_model(ModelSource("edge.yaml", None, f"model: edge\n{text}"), [], {}).system


@pytest.mark.parametrize("name", MODELS)
def test_both_engines_agree(name: str, quick: Machine) -> None:
    for reductions in (frozenset[str](), frozenset(REDUCTIONS)):
        options = Options(reductions=reductions, states=100_000)
        found = native(system_of(MODELS[name]), options, quick)
        assert not isinstance(found, str) and found.stopped_by is None
        assert found == reference(system_of(MODELS[name]), options)


@pytest.mark.parametrize("text", [LARGE_POOL, MANY_CHOICES], ids=["pool", "choices"])
def test_what_is_beyond_is_refused_and_not_guessed(text: str, quick: Machine) -> None:
    with pytest.raises(Unsupported):
        explore_native(system_of(text), Options(states=50), quick)
