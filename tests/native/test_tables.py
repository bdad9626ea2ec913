# SPDX-License-Identifier: GPL-2.0-only
"""The visited set and the log against Python's own: nothing is lost, nothing is found that was not put in."""

from __future__ import annotations

import ctypes
import random
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from functools import cache
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

    def __init__(self, file: Path, flags: Sequence[str]) -> None:
        self.library = ctypes.CDLL(str(file))
        self.words = 3 if "-DWORDS=3" in flags else 1
        # Where all states are in one place, each is looked for among all that came before it.
        self.many = 2_500 if "-DWHOLE_STATES" in flags and "-DTEST_COLLIDE" in flags else 7_500
        for name, result, arguments in (
            ("set_open", c_void_p, [ctypes.c_uint, ctypes.c_uint, c_uint64, c_uint64]),
            ("set_close", None, [c_void_p]),
            ("set_insert", None, [c_void_p, c_char_p, c_uint64, c_int, c_char_p]),
            ("set_growths", c_uint64, [c_void_p]),
            ("set_bytes", c_uint64, [c_void_p]),
            ("set_slot", ctypes.c_uint, [c_void_p]),
            ("set_states", c_uint64, [c_void_p, c_char_p, c_uint64]),
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

    def pack(self, states: Iterable[int]) -> bytes:
        """States as the driver has them."""
        return b"".join([state.to_bytes(8 * self.words, "little") for state in states])

    def insert(self, handle: int, packed: bytes, how: int = SINGLY) -> bytes:
        """What came of each state: WAS_THERE, NEW or NO_MEMORY."""
        count = len(packed) // (8 * self.words)
        results = ctypes.create_string_buffer(count + 1)
        self.library.set_insert(handle, packed, count, how, results)
        return results.raw[:count]

    def states(self, handle: int, most: int) -> list[bytes]:
        """All states of the table, in order."""
        size = 8 * self.words
        room = ctypes.create_string_buffer(most * size + 1)
        count = self.library.set_states(handle, room, most)
        return sorted(divided(room.raw[: count * size], size))


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.replace(" ", "-"))
def tables(request: pytest.FixtureRequest, objects: Path) -> Tables:
    return of_kind(request.param, objects)


@cache
def of_kind(kind: str, objects: Path) -> Tables:
    """The tables of a kind, compiled once."""
    return Tables(compiled(objects / f"tables-{kind.replace(' ', '-')}.so", KINDS[kind]), KINDS[kind])


def compiled(target: Path, flags: Sequence[str]) -> Path:
    sources = [DRIVER, *(RUNTIME / name for name in ("quotient.c", "whole.c", "memory.c", "log.c"))]
    compiler = builder(target.parent).compiler.path
    command = [compiler, "-std=gnu11", "-O2", "-shared", "-fPIC", "-Wall", "-Werror", *flags]
    subprocess.run([*command, f"-I{RUNTIME}", "-o", target, *sources], check=True)
    return target


def divided(packed: bytes, size: int) -> list[bytes]:
    return [packed[at : at + size] for at in range(0, len(packed), size)]


def expected(states: Sequence[int]) -> bytes:
    seen: set[int] = set()
    found = []
    for state in states:
        found.append(WAS_THERE if state in seen else NEW)
        seen.add(state)
    return bytes(found)


@dataclass(frozen=True)
class Load:
    """States for a table, as the driver has them; what has to come of each, and which there are, in order."""

    packed: bytes
    results: bytes
    different: list[bytes]


@cache
def load(kind: str, bits: int, words: int, count: int, again: int = 0) -> Load:
    """The states of a kind, so many, of which so many come again; made once for all tables."""
    source = random.Random(f"{kind} {bits}")
    states = states_of(kind, bits, count - again, source)
    states += source.sample(states, again)
    packed = b"".join([state.to_bytes(8 * words, "little") for state in states])
    return Load(packed, expected(states), sorted(set(divided(packed, 8 * words))))


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
    for bits in (1, 2, 14, 30, 34, 42, 55, 62, 63):
        wide = min(bits * tables.words + tables.words - 1, 64 * tables.words - 1)  # the topmost bit of a state is 0
        given = load(kind, wide, tables.words, tables.many, tables.many // 5)
        for parts in (0, 4):
            with tables.open(bits, parts) as handle:
                assert tables.insert(handle, given.packed, how) == given.results, (bits, parts)
                assert not any(tables.insert(handle, given.packed, how)), "all of them were there"
                assert tables.states(handle, len(given.results)) == given.different


def test_a_table_that_grows_before_each_state_is_a_set(tables: Tables) -> None:
    for bits in (24, 40, 63):
        states = [random.Random(n % 9).getrandbits(bits) for n in range(12)]
        packed = tables.pack(states)
        with tables.open(bits) as handle:
            assert tables.insert(handle, packed, GROWING) == expected(states)
            assert tables.library.set_growths(handle) >= 12
            assert not any(tables.insert(handle, packed))


@pytest.mark.parametrize("how", [SINGLY, TOGETHER], ids=["singly", "together"])
def test_without_memory_nothing_is_lost_and_nothing_is_made_up(tables: Tables, how: int) -> None:
    for memory in (1 << 15, 1 << 17, 300_000):
        given = load("scattered", 40, tables.words, 40_000)
        states = divided(given.packed, 8 * tables.words)
        with tables.open(40, 0, 1, memory) as handle:
            found = tables.insert(handle, given.packed, how)
            assert NO_MEMORY in found and tables.library.set_bytes(handle) <= memory
            kept = [state for state, result in zip(states, found, strict=True) if result == NEW]
            refused = {state for state, result in zip(states, found, strict=True) if result == NO_MEMORY}
            assert len(set(kept)) == len(kept) and not refused & set(kept)
            assert not any(tables.insert(handle, b"".join(kept), how))
            assert tables.states(handle, len(states)) == sorted(kept)
            assert set(tables.insert(handle, b"".join(sorted(refused)))) == {NO_MEMORY}


def test_memory_is_given_back(tables: Tables) -> None:
    with tables.open(40, 2) as handle:
        tables.insert(handle, load("scattered", 40, tables.words, 20_000).packed)
        taken = tables.library.set_bytes(handle)
        assert 20_000 * 4 < taken < 20_000 * 8 * tables.words * 4 + 4 * 64 * 68


def test_slots_shrink_as_the_table_grows(objects: Path) -> None:
    tables = of_kind("quotients", objects)
    for bits, sizes in ((44, {8, 6, 5}), (36, {6, 5, 4})):
        states, slots, at = states_of("scattered", bits, 20_000, random.Random(bits)), set(), 0
        with tables.open(bits) as handle:
            for until in (5, 50, 500, 5_000, 20_000):
                tables.insert(handle, tables.pack(states[at:until]), TOGETHER)
                slots.add(tables.library.set_slot(handle))
                assert not any(tables.insert(handle, tables.pack(states[:until])))
                at = until
        assert slots == sizes


def test_the_log_gives_back_what_was_written(objects: Path) -> None:
    library = of_kind("quotients", objects).library
    source = random.Random(3)
    for step, most in ((3, 6), (1, 0), (200, 20), (1 << 40, (1 << 20) - 1)):
        parents, parent = [], 0
        for _ in range(3_000):
            parents.append(parent)
            parent += source.randrange(step)
        ordinals = [source.randint(0, most) for _ in parents]
        size = library.log_round_trip((c_uint64 * 3_000)(*parents), (c_uint32 * 3_000)(*ordinals), 3_000)
        assert size >= 3_000 and (step > 3 or size == 3_000)
