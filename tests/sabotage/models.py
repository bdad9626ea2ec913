# SPDX-License-Identifier: GPL-2.0-only
"""Small models that between them use every rule that a sabotage breaks, and the figures known of some."""

from __future__ import annotations

from pathlib import Path

SHIPPED = (
    "textbook/lost-update.yaml",
    "textbook/peterson.yaml",
    "textbook/aba-llist-del-first-locked.yaml",
    "textbook/seqlock-reader-without-retry.yaml",
)

TYPES = "types: {Small: 0..2, Page: pool(3), Version: stamp, Node: [A, B]}\n"


def _model(state: str, threads: str, rest: str = "") -> str:
    """A model from `;`-separated declarations and blocks `name: code; code`, one a line (`+`: daemon)."""
    text = "model: a test\n" + TYPES + "state:\n" + "".join(f"  {part.strip()}\n" for part in state.split(";"))
    text += "threads:\n"
    for line in threads.strip().splitlines():
        name, code = line.strip().split(":: ")
        indent = "    "
        if name.startswith("+"):
            text += f"  {name[1:]}:\n    daemon: true\n    run: |\n"
            indent = "      "
        else:
            text += f"  {name}: |\n"
        text += "".join(f"{indent}{part}\n" for part in code.split("; "))
    return text + rest


INLINE: dict[str, str] = {
    "order": _model(
        "x: Small; y: Small; a[Small]: Small",
        "t0:: a[y] = x\nt1:: y = 1; x = 1",
        "invariants:\n  no:\n    at: end\n    holds: not (a[1] == 0 and a[0] == 0 and x == 1)\n"
        "reach:\n  yes: a[0] == 1\n",
    ),
    "add": _model(
        "x: Small; y: Small", "t0:: x += y\nt1:: y = 1; x = 1", "invariants: {no: {at: end, holds: x != 1}}\n"
    ),
    "short circuit": _model(
        "x: bool; y: bool; z: bool", "t0:: if x or y:;   z = True\nt1:: y = True; x = True", "reach: {z: z}\n"
    ),
    "atomic": _model(
        "x: Small; y: Small",
        "t0:: with atomic:;   x = 1;   y = 1\nt1:: with atomic:;   x = 2;   y = 2",
        "invariants: {same: x == y}\n",
    ),
    "late violation": _model(
        "x: Small",
        "t0:: with atomic:;   x = 1; assert x != 1\nt1:: y: Small = x; x = y + 2",
        "invariants: {less: x < 2}\n",
    ),
    "joined violation": _model(
        "x: Small; l: spinlock", "t0:: spin_lock(l); x = 1; might_sleep(); spin_unlock(l)", "invariants: {no: x == 0}\n"
    ),
    "lock twice": _model("l: spinlock", "t0:: with l:;   spin_lock(l)"),
    "foreign unlock": _model("l: mutex", "t0:: mutex_lock(l)\nt1:: mutex_unlock(l)"),
    "sleeping": _model("l: spinlock; m: mutex", "t0:: with l:;   with m: pass\nt1:: with m: pass"),
    "semaphore": _model("s: semaphore; x: bool", "t0:: down(s); x = True; up(s); up(s)\nt1:: down(s); up(s)"),
    "registered writer": _model(
        "s: rwsem; done: bool",
        "t0:: with read(s):;   wait_event(done)\nt1:: with read(s):;   done = True\nt2:: with write(s): pass",
    ),
    "rwlock": _model(
        "l: rwlock; x: Small",
        "t0:: with read(l):;   a = x;   assert x == a\nt1:: with write(l):;   x = 1;   x = 0",
    ),
    "seqlock": _model(
        "l: seqlock; a: bool; b: bool",
        "t0:: while True:;   s = read_seqbegin(l);   p = a;   q = b;   if not read_seqretry(l, s): break; assert True"
        "\nt1:: with write(l):;   a = True;   b = True",
    ).replace("if not read_seqretry(l, s): break", "if not read_seqretry(l, s):\n          break"),
    "daemon": _model(
        "x: bool",
        "t0:: x = True\n+d:: while True:;   wait_event(x);   x = False",
        "reach: {cleared: finished(t0) and not x}\n",
    ),
    "waits for ever": _model("x: bool", "t0:: wait_event(x)"),
    "never": _model("x: bool", "t0:: y = x", "reach: {x: x}\n"),
    "choices": _model(
        "x: Small; n: Node",
        "t0:: x = 1; y = choose(Small); n = choose(Node); x = y",
        "reach: {two: x == 2, b: n == B}\n",
    ),
    "range": _model("x: Small", "t0:: x += 1; x += 1; x += 1"),
    "loop": _model("a[Small]: bool", "t0:: for i in Small:;   a[i] = True", "reach:\n  last: a[2]\n"),
    "atomics": _model(
        "x: Small; y: Small", "t0:: atomic_inc(x)\nt1:: y = x; y = x", "reach: {one: y == 1}\ninvariants: {no: y < 2}\n"
    ),
    "stamps": _model(
        "v: Version; w: Version; x: bool",
        "t0:: old = v; renew(w); now = v; same = now == old; x = same\nt1:: renew(v); w = v",
        "reach: {same: x, differ: v != w}\n",
    ),
    "pool": _model(
        "p: Page | None; q: Page | None; Page.n: Small = 1; Page.next: Page | None",
        "t0:: a = alloc(Page); a.n = 2; p = a; q = a.next\nt1:: b = alloc(Page); assert b.n == 1; b.next = p; q = b",
        "invariants: {apart: p is None or q is None or p != q}\n",
    ),
    "pool dropped": _model(
        "p: Page | None; Page.n: Small",
        "t0:: a = alloc(Page); a.n = 2; p = a; p = None\nt1:: b = alloc(Page); b.n = 1; p = b",
    ),
    "family": _model("l: mutex; x: Small", "t[0..2]:: with l:;   x = 1", "reach: {x: x == 1}\n"),
    "family of readers": _model(
        "s: rwsem; x: bool", "t[0..1]:: with read(s):;   y = x;   x = y\nw:: with write(s): pass"
    ),
    "named member": _model(
        "x: Small; y: bool", "t[0..1]:: x = 1; y = True", "reach: {first: finished(t0) and not finished(t1)}\n"
    ),
    "sum": _model("x: Small; y: Small; z: Small", "t0:: z = x + y\nt1:: x = 1; y = 1"),
    "augmented sum": _model("x: Small; y: Small", "t0:: x += y\nt1:: x = 1; y = 1"),
    "comparison": _model(
        "v: Version; w: Version; x: bool", "t0:: old = v; renew(w); x = v == old\nt1:: renew(v); w = v"
    ),
    "conjunction": _model("x: Small; y: Small", "t0:: y = 1", "invariants: {none: x == 0 and y == 0}\n"),
    "two runs": _model(
        "x: Small; y: Small",
        "t0:: atomic_inc(x); atomic_inc(x); atomic_dec(x)\nt1:: atomic_inc(y); atomic_inc(y); atomic_dec(y)",
        "invariants: {both: not (finished(t0) and finished(t1))}\n",
    ),
    "two runs, the other order": _model(
        "y: Small; x: Small; a: bool; b: bool",
        "t1:: atomic_inc(x); atomic_inc(x); b = True\nt0:: atomic_inc(y); atomic_inc(y); a = True",
        "invariants: {both: not (a and b)}\n",
    ),
    "switches": _model(
        "x: Small; y: Small; z: Small",
        "t0:: x = 1; z = 1\nt1:: y = 1; z = 2\nt2:: x = 0; y = 0",
        "invariants: {both: not (x == 1 and y == 1 and z == 2)}\n",
    ),
    "question to a pool": _model(
        "good: Page | None; bad: Page | None; Page.next: Page | None; Page.mark: Small",
        "t0:: p = alloc(Page); p.mark = 1; p.next = p; good = p; bad = alloc(Page); "
        "wait_event(any(q.next.mark == 1 for q in Page))",
    ),
}

# The fewest switches of a shortest trace, counted by hand.
SWITCHES: dict[str, dict[str, int]] = {
    "add": {"no": 1},
    "order": {"no": 1},
    "switches": {"both": 1},
    "two runs": {"both": 1},
    "two runs, the other order": {"both": 1},
}


def texts(folder: Path) -> dict[str, Path]:
    """Every model as a file: the shipped ones where they are, the others written to `folder`."""
    found: dict[str, Path] = {}
    for number, (name, text) in enumerate(INLINE.items()):
        found[name] = folder / f"{number}.yaml"
        found[name].write_text(text, encoding="utf-8")
    shipped = Path(__file__).parents[2] / "models"
    return found | {name: shipped / name for name in SHIPPED}
