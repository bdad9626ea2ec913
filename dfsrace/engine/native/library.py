# SPDX-License-Identifier: GPL-2.0-only
"""The compiled search as Python calls it: the declarations of runtime/search.h, and values in and out."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Sequence
from ctypes import POINTER, Structure, byref, c_double, c_int32, c_uint16, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path

NO_PARENT = 2**64 - 1
NO_BOUND = 2**64 - 1
RUNNING, DONE, STOP_STATES, STOP_MEMORY, STOP_FIRST, STOP_ERROR = range(6)
LOOPS_WITHOUT_ACCESS, PROPERTY_FAILED, TOO_MANY_CHOICES = 1, 2, 3
NO_COST = 2**16 - 1
SWEEP_SLICE = 0.1
KEPT, KEEP_FAILED, KEEP_NOT_NOW, KEEP_DAMAGED, KEEP_NO_MEMORY = range(5)

Costs = dict[int, dict[int, int]]  # state -> thread that moves first -> fewest switches to come


class CannotKeep(Exception):
    """A search cannot be written to a file, or not be read from one; the message says why."""


class Settings(Structure):
    """struct settings."""

    _fields_ = (
        ("states", c_uint64),
        ("memory", c_uint64),
        ("keep", c_uint64),
        ("first_slots", c_uint64),
        ("first", c_uint32),
        ("threads", c_uint32),
    )


class Statistics(Structure):
    """struct statistics."""

    _fields_ = (
        ("states", c_uint64),
        ("transitions", c_uint64),
        ("queue", c_uint64),
        ("bytes", c_uint64),
        ("kept_levels", c_uint64),
        ("depth", c_uint32),
        ("exhausted", c_int32),
        ("error", c_uint32),
        ("error_thread", c_uint32),
        ("error_place", c_uint32),
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A violation: the number of a state, the state, and the thread whose step from it is one (None: the state is)."""

    number: int
    thread: int | None
    state: int


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    words = POINTER(c_uint64)
    for name, result, arguments in (
        ("search_open", c_void_p, [c_void_p, POINTER(Settings)]),
        ("search_close", None, [c_void_p]),
        ("search_use", None, [c_void_p, c_void_p]),
        ("search_seed", None, [c_void_p, words, c_uint64]),
        ("search_run", ctypes.c_int, [c_void_p, c_double]),
        ("search_statistics", None, [c_void_p, POINTER(Statistics)]),
        ("search_met", words, [c_void_p]),
        ("search_hits", words, [c_void_p]),
        ("search_largest", POINTER(c_uint32), [c_void_p]),
        ("search_goal_depth", c_int32, [c_void_p, c_uint32]),
        ("search_goal", words, [c_void_p, c_uint32, POINTER(c_uint64)]),
        ("search_level", words, [c_void_p, c_uint32, POINTER(c_uint64)]),
        ("search_follow", ctypes.c_int, [c_void_p, words, c_uint32, words]),
        ("sweep_open", c_void_p, [c_void_p, c_void_p, POINTER(c_uint32), c_uint32]),
        ("sweep_close", None, [c_void_p]),
        ("sweep_run", ctypes.c_int, [c_void_p, c_double]),
        ("sweep_states", words, [c_void_p, c_uint32, c_uint32, POINTER(c_uint64)]),
        ("sweep_costs", POINTER(c_uint16), [c_void_p, c_uint32, c_uint32]),
        ("search_parent", c_uint64, [c_void_p, c_uint64, POINTER(c_uint32)]),
        ("checkpoint_write", ctypes.c_int, [c_void_p, ctypes.c_int]),
        ("checkpoint_read", ctypes.c_int, [c_void_p, ctypes.c_int, c_uint64, words]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


@dataclass(slots=True)
class NativeSearch:
    """A search of one model; `close` frees what it has taken. States are integers, as the layout packs them."""

    words: int
    threads: int
    runtime: ctypes.CDLL
    model: ctypes.CDLL
    handle: int = field(default=0)

    @classmethod
    def open(cls, runtime: Path, model: Path, sizes: tuple[int, int], settings: Settings) -> NativeSearch:
        """Loads both objects and makes a search; `sizes`: words of a state, threads. MemoryError if it cannot begin."""
        library, steps = _declared(ctypes.CDLL(str(runtime), use_errno=True)), ctypes.CDLL(str(model))
        search = cls(*sizes, library, steps)
        search.handle = library.search_open(search.model_address, byref(settings))
        if not search.handle:
            raise MemoryError("the search cannot be begun")
        return search

    @property
    def model_address(self) -> int:
        """Where struct model is."""
        return ctypes.addressof(c_uint64.in_dll(self.model, "model"))

    def use(self, model: Path) -> None:
        """Goes on with the same model's functions in another object; between two runs."""
        self.model = ctypes.CDLL(str(model))
        self.runtime.search_use(self.handle, self.model_address)

    def close(self) -> None:
        """Frees everything."""
        self.runtime.search_close(self.handle)
        self.handle = 0

    # ---- values

    def _array(self, states: Iterable[int]) -> ctypes.Array[c_uint64]:
        flat = [state >> 64 * w & (1 << 64) - 1 for state in states for w in range(self.words)]
        return (c_uint64 * len(flat))(*flat)

    def _states(self, flat: list[int]) -> list[int]:
        if self.words == 1:
            return flat
        step, shifts = self.words, [64 * w for w in range(self.words)]
        return [
            sum(part << shift for part, shift in zip(flat[at : at + step], shifts, strict=True))
            for at in range(0, len(flat), step)
        ]

    def seed(self, states: Iterable[int]) -> None:
        """Takes in initial states."""
        array = self._array(states)
        self.runtime.search_seed(self.handle, array, len(array) // self.words)

    def run(self, seconds: float) -> int:
        """Explores for a while; the status."""
        return int(self.runtime.search_run(self.handle, seconds))

    def statistics(self) -> Statistics:
        """How far it has come."""
        found = Statistics()
        self.runtime.search_statistics(self.handle, byref(found))
        return found

    def bits(self, name: str, count: int) -> set[int]:
        """The bits set in the array that `search_NAME` gives."""
        words = getattr(self.runtime, f"search_{name}")(self.handle)
        return {bit for bit in range(count) if words[bit // 64] >> bit % 64 & 1}

    def largest(self, pools: int) -> list[int]:
        """The most values of each pool that were held."""
        return list(self.runtime.search_largest(self.handle)[:pools])

    def goal(self, number: int) -> tuple[int, list[Entry]] | None:
        """The depth of a property's first violations and all violations there."""
        depth = self.runtime.search_goal_depth(self.handle, number)
        if depth < 0:
            return None
        count = c_uint64()
        flat = self.runtime.search_goal(self.handle, number, byref(count))[: count.value * (self.words + 2)]
        size = self.words + 2
        entries = []
        for at in range(0, len(flat), size):
            state = self._states(flat[at + 2 : at + size])[0]
            entries.append(Entry(flat[at], flat[at + 1] - 1 if flat[at + 1] else None, state))
        return int(depth), entries

    def level(self, depth: int) -> list[int]:
        """The states at a depth, while levels are kept."""
        count = c_uint64()
        states = self.runtime.search_level(self.handle, depth, byref(count))
        return self._states(states[: count.value * self.words]) if count.value else []

    def path(self, number: int) -> list[int]:
        """The places of the steps that lead to a state, and first the number of the initial state."""
        ordinal, found = c_uint32(), list[int]()
        while True:
            parent = self.runtime.search_parent(self.handle, number, byref(ordinal))
            if parent == NO_PARENT:
                return [number, *reversed(found)]
            found.append(ordinal.value)
            number = parent

    def follow(self, state: int, ordinal: int) -> int | None:
        """The canonical state that one of a state's steps leads to."""
        out = self._array([0])
        if not self.runtime.search_follow(self.handle, self._array([state]), ordinal, out):
            return None
        return self._states(list(out))[0]

    def write_checkpoint(self, file: int) -> None:
        """Writes the search to an open file. CannotKeep, OSError."""
        _kept(self.runtime.checkpoint_write(self.handle, file))

    def read_checkpoint(self, file: int, size: int, shape: Sequence[int]) -> None:
        """Takes over what was written; nothing may have been done yet. After CannotKeep or OSError it can be closed."""
        _kept(self.runtime.checkpoint_read(self.handle, file, size, (c_uint64 * len(shape))(*shape)))

    def costs(self, goals: list[tuple[int, int]], interrupted: Callable[[], bool]) -> list[list[Costs]] | None:
        """For each goal (its number and depth) and each depth the costs; None if it was interrupted."""
        numbers = (c_uint32 * len(goals))(*(number for number, _ in goals))
        sweep = self.runtime.sweep_open(self.model_address, self.handle, numbers, len(goals))
        try:
            while self.runtime.sweep_run(sweep, SWEEP_SLICE) == RUNNING:
                if interrupted():
                    return None
            return [[self._costs(sweep, g, d) for d in range(depth + 1)] for g, (_, depth) in enumerate(goals)]
        finally:
            self.runtime.sweep_close(sweep)

    def _costs(self, sweep: int, goal: int, depth: int) -> Costs:
        count = c_uint64()
        words = self.runtime.sweep_states(sweep, goal, depth, byref(count))
        if not count.value:
            return {}
        states = self._states(words[: count.value * self.words])
        flat = self.runtime.sweep_costs(sweep, goal, depth)[: count.value * self.threads]
        found: Costs = {}
        for place, state in enumerate(states):
            costs = flat[place * self.threads : (place + 1) * self.threads]
            found[state] = {thread: cost for thread, cost in enumerate(costs) if cost != NO_COST}
        return found


def _kept(status: int) -> None:
    """Raises what a status of the functions for checkpoints means."""
    if status == KEEP_FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if status != KEPT:
        raise CannotKeep(
            {
                KEEP_DAMAGED: "it is damaged: what is in it is no search of this model",
                KEEP_NO_MEMORY: "there is not enough memory for it",
            }.get(status, "the search has hardly begun")
        )
