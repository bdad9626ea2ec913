# SPDX-License-Identifier: GPL-2.0-only
"""The visited set and the log against Python's own: nothing is lost, nothing is found that was not put in."""

from __future__ import annotations

import ctypes
import random
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_int, c_uint8, c_uint32, c_uint64, c_void_p
from pathlib import Path

import pytest

from dfsrace.engine.native.build import builder
from dfsrace.engine.native.generate import RUNTIME

DRIVER = Path(__file__).with_name("tables.c")
KINDS = {
    "quotients": ("-DWORDS=1",),
    "quotients that collide": ("-DWORDS=1", "-DTEST_COLLIDE"),
    "quotients that collide and hardly wait": ("-DWORDS=1", "-DTEST_COLLIDE", "-DLATE=2", "-DAHEAD=1"),
    "whole": ("-DWORDS=1", "-DWHOLE_STATES"),
    "whole that collide": ("-DWORDS=1", "-DWHOLE_STATES", "-DTEST_COLLIDE"),
    "three words": ("-DWORDS=3",),
}
NO_LIMIT = 2**64 - 1
WAS_THERE, NEW, NO_MEMORY = 0, 1, 2
SINGLY, GROWING, TOGETHER = 0, 1, 2


class Tables:
    """The driver, compiled for one kind of table."""

    def __init__(self, file: Path, words: int) -> None:
        self.library = ctypes.CDLL(str(file))
        self.words = words
        for name, result, arguments in (
            ("set_open", c_void_p, [ctypes.c_uint, ctypes.c_uint, c_uint64, c_uint64]),
            ("set_close", None, [c_void_p]),
            ("set_insert", None, [c_void_p, POINTER(c_uint64), c_uint64, c_int, POINTER(c_uint8)]),
            ("set_growths", c_uint64, [c_void_p]),
            ("set_bytes", c_uint64, [c_void_p]),
            ("set_slot", ctypes.c_uint, [c_void_p]),
            ("set_states", c_uint64, [c_void_p, POINTER(c_uint64), c_uint64]),
            ("log_round_trip", c_uint64, [POINTER(c_uint64), POINTER(c_uint32), c_uint64]),
        ):
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments

    @contextmanager
    def open(self, bits: int, parts: int = 0, slots: int = 1, memory: int = NO_LIMIT) -> Iterator[int]:
        handle = self.library.set_open(bits, parts, slots, memory)
        assert handle
        try:
            yield handle
        finally:
            self.library.set_close(handle)

    def insert(self, handle: int, states: Sequence[int], how: int = SINGLY) -> list[int]:
        flat = [state >> 64 * w & (1 << 64) - 1 for state in states for w in range(self.words)]
        results = (c_uint8 * len(states))()
        self.library.set_insert(handle, (c_uint64 * len(flat))(*flat), len(states), how, results)
        return list(results)

    def states(self, handle: int, most: int) -> list[int]:
        flat = (c_uint64 * (most * self.words))()
        count = self.library.set_states(handle, flat, most)
        return [sum(flat[n * self.words + w] << 64 * w for w in range(self.words)) for n in range(count)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.replace(" ", "-"))
def tables(request: pytest.FixtureRequest, objects: Path) -> Tables:
    flags = KINDS[request.param]
    words = 3 if "-DWORDS=3" in flags else 1
    return Tables(compiled(objects / f"tables-{request.param.replace(' ', '-')}.so", flags), words)


def compiled(target: Path, flags: Sequence[str]) -> Path:
    sources = [DRIVER, *(RUNTIME / name for name in ("quotient.c", "whole.c", "memory.c", "log.c"))]
    compiler = builder(target.parent).compiler.path
    command = [compiler, "-std=gnu11", "-O2", "-shared", "-fPIC", "-Wall", "-Werror", *flags]
    subprocess.run([*command, f"-I{RUNTIME}", "-o", target, *sources], check=True)
    return target


def expected(states: Sequence[int]) -> list[int]:
    seen: set[int] = set()
    found = []
    for state in states:
        found.append(WAS_THERE if state in seen else NEW)
        seen.add(state)
    return found


def states_of(kind: str, bits: int, count: int, source: random.Random) -> list[int]:
    """Numbers as they occur as states: scattered, dense, alike in their high bits, alike in their low ones."""
    small = min(bits, 15)
    if kind == "scattered":
        return [source.getrandbits(bits) for _ in range(count)]
    if kind == "dense":
        return [source.randrange(1 << small) for _ in range(count)]
    if kind == "high":
        return [source.getrandbits(small) << bits - small for _ in range(count)]
    return [sum(source.getrandbits(1) << b for b in range(0, bits, max(1, bits // 14))) for _ in range(count)]


@pytest.mark.parametrize("how", [SINGLY, TOGETHER], ids=["singly", "together"])
@pytest.mark.parametrize("kind", ["scattered", "dense", "high", "sparse"])
def test_a_table_is_a_set(tables: Tables, kind: str, how: int) -> None:
    source = random.Random(kind)
    for bits in (1, 2, 14, 30, 34, 42, 55, 62, 63):
        wide = bits * tables.words + tables.words - 1  # the topmost bit of a state is 0
        for parts in (0, 4):
            states = states_of(kind, min(wide, 64 * tables.words - 1), 6_000, source)
            states += source.sample(states, 1_500)
            with tables.open(bits, parts) as handle:
                assert tables.insert(handle, states, how) == expected(states), (bits, parts)
                assert tables.insert(handle, states, how) == [WAS_THERE] * len(states)
                assert sorted(tables.states(handle, len(states))) == sorted(set(states))


def test_a_table_that_grows_before_each_state_is_a_set(tables: Tables) -> None:
    for bits in (24, 40, 63):
        states = [random.Random(n % 9).getrandbits(bits) for n in range(12)]
        with tables.open(bits) as handle:
            assert tables.insert(handle, states, GROWING) == expected(states)
            assert tables.library.set_growths(handle) >= 12
            assert tables.insert(handle, states) == [WAS_THERE] * len(states)


@pytest.mark.parametrize("how", [SINGLY, TOGETHER], ids=["singly", "together"])
def test_without_memory_nothing_is_lost_and_nothing_is_made_up(tables: Tables, how: int) -> None:
    for memory in (1 << 15, 1 << 17, 300_000):
        states = states_of("scattered", 40, 40_000, random.Random(memory))
        with tables.open(40, 0, 1, memory) as handle:
            found = tables.insert(handle, states, how)
            assert NO_MEMORY in found and tables.library.set_bytes(handle) <= memory
            kept = [state for state, result in zip(states, found, strict=True) if result == NEW]
            refused = {state for state, result in zip(states, found, strict=True) if result == NO_MEMORY}
            assert len(set(kept)) == len(kept) and not refused & set(kept)
            assert tables.insert(handle, kept, how) == [WAS_THERE] * len(kept)
            assert sorted(tables.states(handle, len(states))) == sorted(kept)
            assert set(tables.insert(handle, sorted(refused))) == {NO_MEMORY}


def test_memory_is_given_back(tables: Tables) -> None:
    with tables.open(40, 2) as handle:
        tables.insert(handle, states_of("scattered", 40, 20_000, random.Random(1)))
        taken = tables.library.set_bytes(handle)
        assert 20_000 * 4 < taken < 20_000 * 8 * tables.words * 4 + 4 * 64 * 68


def test_slots_shrink_as_the_table_grows(objects: Path) -> None:
    tables = Tables(compiled(objects / "tables-shrinking.so", ("-DWORDS=1",)), 1)
    for bits, sizes in ((44, {8, 6, 5}), (36, {6, 5, 4})):
        states, slots, at = states_of("scattered", bits, 20_000, random.Random(bits)), set(), 0
        with tables.open(bits) as handle:
            for until in (5, 50, 500, 5_000, 20_000):
                tables.insert(handle, states[at:until], TOGETHER)
                slots.add(tables.library.set_slot(handle))
                assert tables.insert(handle, states[:until]) == [WAS_THERE] * until
                at = until
        assert slots == sizes


def test_the_log_gives_back_what_was_written(objects: Path) -> None:
    library = Tables(compiled(objects / "tables-log.so", ("-DWORDS=1",)), 1).library
    source = random.Random(3)
    for step, most in ((3, 6), (1, 0), (200, 20), (1 << 40, (1 << 20) - 1)):
        parents, parent = [], 0
        for _ in range(3_000):
            parents.append(parent)
            parent += source.randrange(step)
        ordinals = [source.randint(0, most) for _ in parents]
        size = library.log_round_trip((c_uint64 * 3_000)(*parents), (c_uint32 * 3_000)(*ordinals), 3_000)
        assert size >= 3_000 and (step > 3 or size == 3_000)
