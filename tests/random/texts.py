# SPDX-License-Identifier: GPL-2.0-only
"""Random model texts: every kind of lock, pools, stamps, families, setup, atomic blocks, and mistakes with all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

HEAD = """\
model: random
types:
  T: 0..2
  N: [A, B]
  P: pool(3)
  S: stamp
state:
  x: T
  y: T = 1
  z: T
  flag: bool
  still: T = 2
  N.v: T
  p: P | None
  q: P | None
  P.f: T
  P.s: S
  P.next: P | None
  P.lock: bit_lock
  P.owned: spinlock
  s: S
  old: S
  spin: spinlock
  mut: mutex
  rw: rwlock
  sem: rwsem
  seq: seqlock
  sc: seqcount
  count: semaphore
"""

# Statements that are right wherever they stand; {b} is a body at the same depth.
PLAIN = (
    "x = 1",
    "x = y",
    "y = min(x + 1, 2)",
    "x = (x + 1) % 3",
    "flag = not flag",
    "flag = maybe()",
    "A.v = x",
    "B.v = still",
    "i = x\ny = i",
    "j = choose(N)\nj.v = 2",
    "for n in N:\n    n.v = 0",
    "atomic_inc(z)\natomic_dec(z)",
    "i = xchg(x, 2)",
    "i = cmpxchg(x, 0, 1)",
    "WRITE_ONCE(y, READ_ONCE(x))",
    "smp_mb()",
    "renew(s)",
    "old = s",
    "t = s\nif t == s:\n    x = 0",
    "r = alloc(P)\nr.f = 1\np = r",
    "p = None",
    "q = p",
    "r = p\nif r is not None:\n    r.f = x",
    "renew(s)\nold = s",
    "r = p\nif r is not None:\n    r.next = q",
    "x = sum(e.f for e in P if e.f < 1)",
    "flag = any(e.s == s for e in P)",
    "r = q\nif r is not None:\n    s = r.s",
    "y = 2 if flag else 0",
    "flag = x < y and y > 0",
    "flag = all(n.v == 0 for n in N)",
    "b = spin_trylock(spin)\nif b:\n    x = 2\n    spin_unlock(spin)",
    "seen = read_seqbegin(seq)\ni = x\nif read_seqretry(seq, seen):\n    y = i",
    "seen_too = read_seqcount_begin(sc)\nif read_seqcount_retry(sc, seen_too):\n    y = 0",
    "if flag:\n    {b}\nelse:\n    x = 0",
    "r = p\nif r is not None:\n    lock_page(r)\n    r.f = 0\n    unlock_page(r)",
    "r = alloc(P)\np = r\nlock_page(r)\nr.f = 0\nunlock_page(r)",
    "r = p\nif r is not None:\n    if trylock_page(r):\n        unlock_page(r)",
    "down(count)\n{b}\nup(count)",
    "while x < 2:\n    x = 2",
    "cond_resched()",
)
# Sections: bodies in them may not sleep where the lock spins.
SECTIONS = (
    "with spin:\n    {b}",
    "with mut:\n    {b}",
    "with read(rw):\n    {b}",
    "with write(rw):\n    {b}",
    "with read(sem):\n    {b}",
    "with write(sem):\n    {b}",
    "with write(seq):\n    {b}",
    "with atomic:\n    {b}",
    "down_write(sem)\nx = 1\ndowngrade_write(sem)\nup_read(sem)",
    "with mut:\n    with write(sc):\n        {b}",
)
QUIET = (
    "x = 1",
    "y = x",
    "flag = not flag",
    "A.v = 1",
    "renew(s)",
    "i = y",
    "x = (x + 1) % 3",
    "p = q",
    "atomic_inc(z)\natomic_dec(z)",
)
MISTAKES = (
    "x = x + 1",
    "y = 3 // x",
    "p.f = 1",
    "spin_lock(spin)",
    "mutex_lock(mut)\nmutex_lock(mut)",
    "spin_unlock(spin)",
    "up(count)",
    "with spin:\n    might_sleep()",
    "with spin:\n    mutex_lock(mut)\n    mutex_unlock(mut)",
    "wait_event(x == 2)",
    'assert x < 2, "x is {x}"',
    "with atomic:\n    x = 1\n    wait_event(y == 0)",
    "write_seqcount_begin(sc)\nx = 0\nwrite_seqcount_end(sc)",
    "write_seqcount_begin(sc)\nx = 0\nwrite_seqcount_end(sc)",
    "write_seqcount_begin(sc)\nx = 0\nwrite_seqcount_end(sc)",
    "assert p is None",
    "with read(rw):\n    with write(rw):\n        pass",
    "i = choose(n for n in T if n > x)",
    "r = alloc(P)\nr.next = p\np = r",
    "with write(seq):\n    seen = read_seqbegin(seq)",
    "with p.owned:\n    p = None",
    "wait_event(any(n.v == 2 for n in N))",
)
INVARIANTS = (
    "x + y <= 4",
    "all(n.v <= 2 for n in N)",
    "x != 2 or y != 0",
    "all(e.f <= 1 for e in P)",
    "p is None or p != q",
    "s == s",
    "not flag or x >= 0",
    "A.v <= B.v + 2",
    "all(e.next is None or e.next != e for e in P)",
)
LOCALS = (
    "i: T = 0",
    "j: N = A",
    "r: P | None = None",
    "t: S = s",
    "b: bool = False",
)

Pick = Callable[[Sequence[str]], str]


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.split("\n"))


def filled(template: str, body: str) -> str:
    lines = []
    for line in template.split("\n"):
        if line.strip() == "{b}":
            lines.append(indented(body, len(line) - len(line.lstrip())))
        else:
            lines.append(line)
    return "\n".join(lines)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A model of two or three threads, each of one to three statements."""

    def pick(options: Sequence[str]) -> str:
        return draw(st.sampled_from(options))

    wrong = draw(st.integers(0, 2)) == 0
    family = draw(st.booleans())

    def statement() -> str:
        kind = draw(st.integers(0, 9))
        if wrong and kind < 3:
            return pick(MISTAKES)
        if kind < 6:
            return filled(pick(SECTIONS), pick(QUIET))
        return filled(pick(PLAIN), pick(QUIET))

    def body() -> str:
        parts = [statement() for _ in range(draw(st.integers(2, 3)))]
        text = "\n".join(parts)
        if draw(st.integers(0, 5)) == 0:
            text = "while True:\n    y = y\n" + indented(text, 4)
        return "\n".join([*LOCALS, text])

    lines = [HEAD.rstrip()]
    if draw(st.booleans()):
        lines += ["setup: |", "  if maybe():", "      r = alloc(P)", "      r.f = 1", "      p = r"]
    lines.append("threads:")
    names = ["cpu[1..2]"] if family else ["a", "b"]
    names += ["c"] if draw(st.integers(0, 2)) == 0 else []
    for name in names:
        daemon = "    daemon: true\n" if name == "c" and draw(st.booleans()) else ""
        lines.append(f"  {name}:\n{daemon}    run: |\n{indented(body(), 6)}")
    lines += ["invariants:", f"  always: {pick(INVARIANTS)}"]
    lines += ["  in_the_end:", "    at: end", f"    holds: {pick(INVARIANTS)}"]
    if draw(st.booleans()):
        lines += ["reach:", f"  sometimes: {pick(('x == 1', 'flag', 'p is not None', 'B.v == 2', 'y == 0'))}"]
    return "\n".join(lines) + "\n"
