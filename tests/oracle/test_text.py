# SPDX-License-Identifier: GPL-2.0-only
"""What the text oracle says of small models, each worked out by hand from the language's own page."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .text import ModelError, Verdict, run

Violated = dict[str, int | None]


def oracle(folder: Path, text: str, forget: bool = False, **constants: str) -> Verdict:
    path = folder / "model.yaml"
    path.write_text("model: a test\n" + text, encoding="utf-8")
    return run(path, [folder], constants, 20_000, forget)


def thread(state: str, *codes: str, rest: str = "") -> str:
    """A model with a few variables, and a thread for each piece of code (`;` ends a line)."""
    declared = "".join(f"  {line.strip()}\n" for line in state.split(";"))
    text = f"types: {{Small: 0..2, Page: pool(2), Version: stamp, Node: [A, B]}}\nstate:\n{declared}threads:\n"
    for number, code in enumerate(codes):
        text += f"  t{number}: |\n" + "".join(f"    {line}\n" for line in code.split("; "))
    return text + rest


PAGE = "p: Page | None; Page.lock: bit_lock"
LATE: Violated = {"blocks inside atomic": 1}
LOCKS: dict[str, tuple[str, str, Violated]] = {
    "a spinlock taken twice": ("l: spinlock", "spin_lock(l); spin_lock(l)", {"lock taken twice": 2}),
    "a trylock of one's own lock": ("l: mutex", "mutex_lock(l); got = mutex_trylock(l); assert got", {"assertion": 3}),
    "a lock that is not held": ("l: mutex", "mutex_unlock(l)", {"unlock of a lock not held": 1}),
    "a page that is not locked": (
        "p: Page | None; Page.lock: bit_lock",
        "p = alloc(Page); unlock_page(p)",
        {"unlock of a lock not held": 4},
    ),
    "a lock kept": ("l: spinlock; x: bool", "spin_lock(l); x = True", {"lock held at exit": 2}),
    "a mutex under a spinlock": ("l: spinlock; m: mutex", "with l:;   with m: pass", {"sleeping while atomic": 2}),
    "might_sleep is local": ("l: spinlock; m: mutex", "with l:;   might_sleep()", {"sleeping while atomic": 1}),
    "read locks nest": ("l: rwlock", "with read(l):;   with read(l): pass", {}),
    "a fourth read lock": ("l: rwlock", "read_lock(l); " * 3 + "read_lock(l)", {"value out of range": 4}),
    "writing under one's reading": ("l: rwlock", "read_lock(l); write_lock(l)", {"lock taken twice": 2}),
    "a second down_read": ("l: rwsem", "down_read(l); down_read(l)", {"lock taken twice": 2}),
    "a downgraded owner reads": ("l: rwsem", "down_write(l); downgrade_write(l); up_read(l)", {}),
    "a semaphore ups once too often": ("l: semaphore", "up(l)", {"value out of range": 1}),
    "a semaphore from nought": ("l: semaphore = 0", "up(l); down(l)", {}),
    "nobody ups": ("l: semaphore = 0", "down(l)", {"deadlock": 0}),
    "the writer reads": ("l: seqlock", "write_seqlock(l); s = read_seqbegin(l)", {"lock taken twice": 2}),
    "waiting for oneself in atomic": (
        "x: bool",
        "with atomic:;   x = True;   wait_event(not x)",
        {"blocks inside atomic": 1},
    ),
}


@pytest.mark.parametrize("claim", LOCKS)
def test_one_thread_breaks_the_rules_of_locks_where_the_table_says_so(claim: str, tmp_path: Path) -> None:
    state, code, expected = LOCKS[claim]
    found = oracle(tmp_path, thread(state, code))
    assert found.violated == expected
    assert found.verdict == ("violated" if expected else "holds")


PAIRS: dict[str, tuple[str, list[str], Violated]] = {
    "two lock orders": (
        "a: mutex; b: mutex",
        ["with a:;   with b: pass", "with b:;   with a: pass"],
        {"deadlock": 2},
    ),
    "a registered writer stops the second reader": (
        "s: rwsem; done: bool",
        ["with read(s):;   wait_event(done)", "with read(s):;   done = True", "with write(s): pass"],
        {"deadlock": 2},
    ),
    "two writers of a seqcount": (
        "c: seqcount",
        ["with write(c): pass", "with write(c): pass"],
        {"seqcount written twice": 2},
    ),
    "a thread that is to dereference nothing is not stuck": (
        "p: Page | None; Page.x: bool",
        ["wait_event(p is not None)", "y = p; y.x = True"],
        {"null dereference": 1},
    ),
}


@pytest.mark.parametrize("claim", PAIRS)
def test_threads_meet_where_the_rules_of_locks_say_so(claim: str, tmp_path: Path) -> None:
    state, codes, expected = PAIRS[claim]
    assert oracle(tmp_path, thread(state, *codes)).violated == expected


def test_an_update_can_be_lost_in_four_steps_and_not_with_one(tmp_path: Path) -> None:
    rest = "invariants: {both: {at: end, holds: x == 2}}\n"
    assert oracle(tmp_path, thread("x: Small", "x += 1", "x += 1", rest=rest)).violated == {"both": 4}
    assert oracle(tmp_path, thread("x: Small", "atomic_inc(x)", "atomic_inc(x)", rest=rest)).verdict == "holds"


def test_a_load_of_what_no_reachable_code_stores_is_no_step(tmp_path: Path) -> None:
    code = "if mode == 1:;   other = 2; x = mode; x = other; assert x == 2"
    # Store, store, assert: `other` is constant too, for the test is decided.
    assert oracle(tmp_path, thread("x: Small; mode: Small; other: Small", code)).violated == {"assertion": 3}
    # Store, store, load, store, assert.
    rest = "invariants: {never: {at: end, holds: x == 0}}\n"
    found = oracle(tmp_path, thread("x: Small; mode: Small = 1; other: Small", code, rest=rest))
    assert found.violated == {"never": 5}
    # A variable is not constant because of a test of its own: load, load, store, assert.
    code = "if mode == 1:;   mode = 2; x = mode; assert x == 2"
    assert oracle(tmp_path, thread("x: Small; mode: Small", code)).violated == {"assertion": 4}


def test_constants_are_decided_again_after_each_round(tmp_path: Path) -> None:
    code = "if a == 1:;   b = 1; if b == 1:;   c = 1; x = c; assert x == 2"
    assert oracle(tmp_path, thread("a: Small; b: Small; c: Small; x: Small", code)).violated == {"assertion": 2}


def test_set_overrides_the_constants_of_the_file(tmp_path: Path) -> None:
    text = "constants: {LIMIT: 2}\n" + thread("x: Small", "x = LIMIT; assert x == 2")
    assert oracle(tmp_path, text).verdict == "holds"
    assert oracle(tmp_path, text, LIMIT="1").violated == {"assertion": 2}


def test_a_violation_in_a_local_step_belongs_to_the_step_before_and_invariants_are_judged_first(tmp_path: Path) -> None:
    rest = "procedures: |\n  def f(x: Small): pass\ninvariants: {zero: x == 0}\n"
    found = oracle(tmp_path, thread("x: Small", "x = 1; f(3)", rest=rest))
    assert found.violated == {"zero": 1, "value out of range": 1}


def test_a_store_out_of_range_and_a_division_by_zero_are_found_in_their_step(tmp_path: Path) -> None:
    assert oracle(tmp_path, thread("x: Small", "x = x + 3")).violated == {"value out of range": 2}
    assert oracle(tmp_path, thread("x: Small", "y = 1 // x; x = y")).violated == {"value out of range": 1}


def test_setup_gives_an_initial_state_for_each_choice_and_is_judged_at_step_nought(tmp_path: Path) -> None:
    rest = "setup: |\n  x = choose(Small)\ninvariants: {small: x < 2}\nreach: {one: x == 1, three: x == 3}\n"
    found = oracle(tmp_path, thread("x: Small; y: bool", "y = x == 0", rest=rest))
    assert found.violated == {"small": 0, "three": None}


def test_a_lock_that_setup_leaves_held_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lock held at exit"):
        oracle(tmp_path, thread("l: mutex", "pass", rest="setup: |\n  mutex_lock(l)\n"))


def test_a_daemon_may_wait_for_ever(tmp_path: Path) -> None:
    text = "state: {wanted: bool}\nthreads:\n  t: pass\n  d: {daemon: True, run: wait_event(wanted)}\n"
    assert oracle(tmp_path, text).verdict == "holds"
    assert oracle(tmp_path, text.replace("daemon: True, ", "")).violated == {"deadlock": 0}


def test_a_page_that_only_a_dead_local_has_is_free(tmp_path: Path) -> None:
    state = "keep: Page | None; other: Page | None; x: bool"
    forever = "while True:;   page = alloc(Page);   keep = page"
    assert oracle(tmp_path, thread(state, forever)).verdict == "holds"
    kept = "a = alloc(Page); b = alloc(Page); c = alloc(Page); keep = a; keep = b; keep = c"
    assert oracle(tmp_path, thread(state, kept)).verdict == "inconclusive"
    dropped = "a = alloc(Page); b = alloc(Page); keep = a; c = alloc(Page); keep = c; keep = b"
    assert oracle(tmp_path, thread(state, dropped)).verdict == "inconclusive"
    dropped = "a = alloc(Page); b = alloc(Page); keep = b; c = alloc(Page); keep = c"
    assert oracle(tmp_path, thread(state, dropped)).verdict == "holds"
    copied = "a = alloc(Page); keep = alloc(Page); c = alloc(Page); b = a; keep = c"
    assert oracle(tmp_path, thread(state, copied)).verdict == "holds"


def test_what_only_a_local_has_is_not_seen_by_choose(tmp_path: Path) -> None:
    state = "keep: Page | None"
    assert oracle(tmp_path, thread(state, "a = alloc(Page); b = choose(Page); keep = a")).violated == {"deadlock": 1}
    assert oracle(tmp_path, thread(state, "keep = alloc(Page); b = choose(Page)")).verdict == "holds"
    code = "a = alloc(Page); with a.l:;   seen = any(True for p in Page);   assert seen; keep = a"
    assert oracle(tmp_path, thread(f"{state}; Page.l: mutex", code)).violated == {"assertion": 4}


def test_versions_go_on_for_ever_in_finitely_many_states(tmp_path: Path) -> None:
    reader = "while True:;   a = v;   b = v;   if a == b:;     same = True;   else:;     same = False"
    rest = "reach: {changed: not same}\n"
    found = oracle(tmp_path, thread("v: Version; same: bool = True", "while True:;   renew(v)", reader, rest=rest))
    assert found.verdict == "holds"


def test_an_endless_loop_of_local_steps_has_no_verdict(tmp_path: Path) -> None:
    for code in ("while True:;   pass", "while maybe():;   pass", "x = True; while True:;   might_sleep()"):
        with pytest.raises(ModelError, match="loops without a shared access"):
            oracle(tmp_path, thread("x: bool", code))


def test_atomic_is_one_step_for_each_sequence_of_choices(tmp_path: Path) -> None:
    rest = "invariants: {not_one: x != 1}\n"
    assert oracle(tmp_path, thread("x: Small", "with atomic:;   x = 1;   x = 2", rest=rest)).verdict == "holds"
    code = "with atomic:;   if maybe():;     wait_event(x == 1);   x = 2; assert x == 0"
    assert oracle(tmp_path, thread("x: Small", code)).violated == {"assertion": 2}


def test_families_pools_and_stamps_are_counted_without_their_names(tmp_path: Path) -> None:
    text = "types: {Small: 0..2}\nstate: {l: mutex}\nthreads:\n  cpu[0..1]: |\n    with l: pass\n"
    found = oracle(tmp_path, text, forget=True)
    # By hand: each at rest, inside or finished, but not both inside, is 8; by name 8, without names 5.
    assert (found.states, found.classes) == (8, 5)
    found = oracle(tmp_path, text + "reach: {one: finished(cpu0)}\n", forget=True)
    assert (found.states, found.classes) == (8, 8)


def test_forgetting_changes_the_count_alone(tmp_path: Path) -> None:
    text = thread("x: Small; y: Small", "a = x; b = y; x = b", "x = 1; x = 2; y = 1")
    full, short = oracle(tmp_path, text), oracle(tmp_path, text, forget=True)
    assert full.states > short.states
    assert (full.verdict, full.violated) == (short.verdict, short.violated)


def test_a_search_that_is_cut_short_never_holds(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("model: m\n" + thread("x: Small", "x += 1", "x += 1"), encoding="utf-8")
    assert run(path, [], limit=3).verdict == "inconclusive"
    assert run(path, []).verdict == "holds"


def test_an_override_replaces_and_includes_come_in_order(tmp_path: Path) -> None:
    base = "constants: {N: 1}\ntypes: {Small: 0..5}\nstate: {x: Small}\n"
    base += "procedures: |\n  def f() -> Small:\n      return 1\n"
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    text = "include: [base]\nconstants: {N: 3}\nthreads: {t: 'x = f() + N'}\nreach: {done: x == 4}\n"
    assert oracle(tmp_path, text).verdict == "holds"
    text += "procedures: |\n  @override\n  def f() -> Small:\n      return 2\n"
    assert oracle(tmp_path, text).violated == {"done": None}


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "dfsrace" for name in names), path.name
