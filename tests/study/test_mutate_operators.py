# SPDX-License-Identifier: GPL-2.0-only
"""Each mutation operator makes the model that a person would write who left the thing out."""

from __future__ import annotations

from textwrap import indent

import pytest

from dfsrace.language.lowering import lower
from dfsrace.language.mutation import OPERATORS, Mutant, mutants
from dfsrace.operations import Model, load, model_hash

MODEL = """\
model: Something with locks
types: {{Count: 0..3, Stamp: stamp}}
state:
  x: Count
  y: Count
  z: Count
  s: Stamp
  l: spinlock
  m: mutex
  q: seqlock
  c: Count = 2
  work: semaphore
  k[Count]: mutex
procedures: |
{code}
threads:
  a: f()
  b: f()
"""


def model(code: str) -> Model:
    """The model with these procedures; `f` is what both threads run."""
    return load(MODEL.format(code=indent(code, "  ")), name="m")


def listed(code: str) -> dict[str, Mutant]:
    loaded = model(code)
    return {mutant.name: mutant for mutant in mutants(loaded.loaded.typed, loaded.system)}


def digest(code: str, name: str) -> str:
    """The digest of the transition system of one mutant."""
    found = listed(code)
    assert name in found, list(found)
    mutated = found[name].model
    assert mutated is not None, found[name].problem
    return model_hash(lower(mutated))


LOCKED = """\
def f():
    with l:
        if x == 0:
            y = 1
            return
    x = 2
"""
PAIR = """\
def f():
    mutex_lock(m)
    if x == 1:
        mutex_unlock(m)
        return
    y = 1
    mutex_unlock(m)
    mutex_lock(m)
    x = 1
    mutex_unlock(m)
"""
ACROSS = """\
def f():
    take()
    x = 1
    give()

def take():
    mutex_lock(m)

def give():
    mutex_unlock(m)
"""
NESTED = """\
def f():
    mutex_lock(k[0])
    mutex_lock(k[1])
    x = 1
    mutex_unlock(k[0])
    y = 1
    mutex_unlock(k[1])
"""
CALLED = """\
def f():
    mutex_lock(m)
    give()
    mutex_lock(m)
    x = 1
    mutex_unlock(m)

def give():
    y = 1
    mutex_unlock(m)
"""
TRY = """\
def f():
    if spin_trylock(l):
        x = 1
        spin_unlock(l)
    else:
        y = 1
"""
REFUSE = """\
def f():
    if x == 1:
        mutex_lock(m)
        mutex_unlock(m)
        return
    x = 1
"""
RETRY = """\
def f():
    while True:
        seq = read_seqbegin(q)
        if x == 1:
            continue
        if not read_seqretry(q, seq):
            y = 1
            break
    with write(q):
        x = 1
"""
ORDER = """\
def f() -> Count:
    x = 1
    smp_wmb()
    y = 1
    might_sleep()
    return g()

def g() -> Count:
    z = 1
    return z
"""
ONCE = """\
def f():
    WRITE_ONCE(x, 1)
    v = READ_ONCE(y) + 1
    z = min(v, 3)
    renew(s)
"""

MADE = [
    (LOCKED, "drop-lock:f:with l", "def f():\n    if x == 0:\n        y = 1\n        return\n    x = 2\n"),
    (LOCKED, "drop-recheck:f:if x == 0", "def f():\n    with l:\n        y = 1\n        return\n    x = 2\n"),
    (
        PAIR,
        "drop-lock:f:mutex_lock(m)",
        "def f():\n    if x == 1:\n        return\n    y = 1\n    mutex_lock(m)\n    x = 1\n    mutex_unlock(m)\n",
    ),
    (
        PAIR,
        "drop-lock:f:mutex_lock(m)#2",
        "def f():\n    mutex_lock(m)\n    if x == 1:\n        mutex_unlock(m)\n        return\n    y = 1\n"
        "    mutex_unlock(m)\n    x = 1\n",
    ),
    (
        ACROSS,
        "drop-lock:take:mutex_lock(m)",
        ACROSS.replace("mutex_lock(m)", "pass").replace("mutex_unlock(m)", "pass"),
    ),
    (
        NESTED,
        "drop-lock:f:mutex_lock(k[0])",
        NESTED.replace("    mutex_lock(k[0])\n", "").replace("    mutex_unlock(k[0])\n", ""),
    ),
    (
        CALLED,
        "drop-lock:f:mutex_lock(m)",
        "def f():\n    give()\n    mutex_lock(m)\n    x = 1\n    mutex_unlock(m)\n\ndef give():\n    y = 1\n",
    ),
    (TRY, "drop-lock:f:spin_trylock(l)", "def f():\n    if True:\n        x = 1\n    else:\n        y = 1\n"),
    (REFUSE, "drop-recheck:f:if x == 1", "def f():\n    x = 1\n"),
    (
        RETRY,
        "drop-recheck:f:if not read_seqretry(q, seq)",
        RETRY.replace(
            "        if not read_seqretry(q, seq):\n            y = 1\n            break",
            "        y = 1\n        break",
        ),
    ),
    (
        RETRY,
        "drop-retry:f:while True",
        RETRY.replace("            continue", "            break").replace(
            "            break\n    with", "            break\n        break\n    with"
        ),
    ),
    (RETRY, "drop-lock:f:with write(q)", RETRY.replace("    with write(q):\n        x = 1", "    x = 1")),
    (ORDER, "drop-barrier:f:smp_wmb()", ORDER.replace("    smp_wmb()\n", "")),
    (
        ORDER,
        "swap-order:f:x = 1 <-> y = 1",
        ORDER.replace("x = 1\n    smp_wmb()\n    y = 1", "y = 1\n    smp_wmb()\n    x = 1"),
    ),
    (
        ORDER,
        "swap-order:f:y = 1 <-> return g()",
        ORDER.replace(
            "    y = 1\n    might_sleep()\n    return g()", "    r = g()\n    might_sleep()\n    y = 1\n    return r"
        ),
    ),
    (ONCE, "drop-barrier:f:WRITE_ONCE(x, 1)", ONCE.replace("WRITE_ONCE(x, 1)", "x = 1")),
    (ONCE, "drop-barrier:f:READ_ONCE(y)", ONCE.replace("READ_ONCE(y)", "y")),
    (ONCE, "drop-renew:f:renew(s)", ONCE.replace("    renew(s)\n", "")),
]


@pytest.mark.parametrize(("code", "name", "by_hand"), MADE, ids=[name for _, name, _ in MADE])
def test_a_mutant_is_the_model_that_a_person_would_write(code: str, name: str, by_hand: str) -> None:
    assert digest(code, name) == model_hash(model(by_hand).system)


def test_every_operator_makes_something_and_says_what() -> None:
    names = {name.split(":")[0] for _, name, _ in MADE}
    assert names == {operator.name for operator in OPERATORS}
    assert all(operator.about and not operator.about.startswith(" ") for operator in OPERATORS)


def test_an_early_release_belongs_to_its_acquire_and_to_no_other() -> None:
    found = listed(PAIR)
    assert "and lines 18 and 21, which belong to it" in found["drop-lock:f:mutex_lock(m)"].says
    assert "and line 24, which belong to it" in found["drop-lock:f:mutex_lock(m)#2"].says
    assert len([name for name in found if name.startswith("drop-lock")]) == 2


def test_what_one_procedure_takes_and_another_releases_goes_together() -> None:
    locks = [name for name in listed(ACROSS) if name.startswith("drop-lock")]
    assert locks == ["drop-lock:take:mutex_lock(m)"]


def test_a_semaphore_that_one_thread_ups_for_another_is_one_lock() -> None:
    code = "def f():\n    down(work)\n    x = 1\n    up(work)\n\ndef g():\n    up(work)\n"
    locks = [name for name in listed(code) if name.startswith("drop-lock")]
    assert locks == ["drop-lock:f:down(work)"]


def test_nothing_is_changed_inside_an_atomic_step() -> None:
    assert (
        listed("def f():\n    with atomic:\n        x = 1\n        y = 1\n        if x == 1:\n            z = 1\n")
        == {}
    )


def test_code_that_constants_exclude_has_no_mutants() -> None:
    code = "def f():\n    if c == 1:\n        with l:\n            x = 1\n    y = 1\n"
    assert listed(code) == {}


def test_a_test_of_a_constant_or_of_a_local_is_no_recheck() -> None:
    code = "def f():\n    v = x\n    if v == 0:\n        y = 1\n    if c == 2:\n        z = 1\n"
    assert not [name for name in listed(code) if name.startswith("drop-recheck")]


def test_a_loop_that_nothing_leaves_is_no_retry() -> None:
    code = "def f():\n    while True:\n        x = 1\n        x = 0\n"
    assert not [name for name in listed(code) if name.startswith("drop-retry")]


def test_a_threads_own_block_is_mutated_too_and_families_once() -> None:
    text = """\
model: A family
state: {x: 0..3, y: 0..3}
threads:
  cpu[0..2]: |
      x = 1
      y = 1
"""
    loaded = load(text, name="m")
    found = mutants(loaded.loaded.typed, loaded.system)
    assert [m.name for m in found] == ["swap-order:thread cpu[0..2]:x = 1 <-> y = 1"]
    assert found[0].model is not None
    assert len({id(thread.body) for thread in found[0].model.threads}) == 1


def test_names_outlive_unrelated_edits() -> None:
    edited = (
        "# a comment\n"
        + LOCKED.replace("    z = 1\n", "    z = 1      # last\n    y = 2\n")
        + "\ndef unused():\n    x = 2\n"
    )
    assert set(listed(LOCKED)) <= set(listed(edited))


@pytest.mark.parametrize(
    ("code", "name", "problem"),
    [
        ("def f():\n    v = x\n    x = v\n", "swap-order:f:v = x <-> x = v", "may be unset"),
        (
            "def f():\n    r = g()\n    x = r\n\n"
            "def g() -> Count:\n    while True:\n        if x == 0:\n            return 1\n",
            "drop-retry:g:while True",
            "may end without a result",
        ),
    ],
    ids=["unset", "no result"],
)
def test_code_that_would_not_type_is_no_model(code: str, name: str, problem: str) -> None:
    mutant = listed(code)[name]
    assert mutant.model is None
    assert problem in mutant.problem


def test_the_model_itself_is_left_alone() -> None:
    loaded = model(RETRY)
    before = model_hash(loaded.system)
    mutants(loaded.loaded.typed, loaded.system)
    assert model_hash(lower(loaded.loaded.typed)) == before
