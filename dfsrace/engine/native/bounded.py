# SPDX-License-Identifier: GPL-2.0-only
"""The compiled search under a bound on switches (runtime/bounded.h), in the place of the one without."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, byref, c_double, c_int32, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfsrace.engine.native.library import NativeSearch, Settings, Statistics
from dfsrace.engine.reference.canonical import Canonical
from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.shortest import Finder
from dfsrace.engine.reference.stepping import Start


class _Library:
    """The functions `bounded_NAME` of a library under the names `search_NAME`."""

    def __init__(self, library: ctypes.CDLL) -> None:
        words = POINTER(c_uint64)
        for name, result, arguments in (
            ("open", c_void_p, [c_void_p, POINTER(Settings), c_uint32]),
            ("close", None, [c_void_p]),
            ("use", None, [c_void_p, c_void_p]),
            ("seed", None, [c_void_p, words, c_uint64]),
            ("run", ctypes.c_int, [c_void_p, c_double]),
            ("statistics", None, [c_void_p, POINTER(Statistics)]),
            ("refused", ctypes.c_int, [c_void_p]),
            ("met", words, [c_void_p]),
            ("hits", words, [c_void_p]),
            ("largest", POINTER(c_uint32), [c_void_p]),
            ("goal_depth", c_int32, [c_void_p, c_uint32]),
            ("goal", words, [c_void_p, c_uint32, POINTER(c_uint64)]),
            ("level", words, [c_void_p, c_uint32, POINTER(c_uint64)]),
        ):
            function = getattr(library, f"bounded_{name}")
            function.restype, function.argtypes = result, arguments
            setattr(self, f"search_{name}", function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"a bounded search has no {name}")


@dataclass(slots=True)
class BoundedSearch(NativeSearch):
    """As NativeSearch; a state may be on several levels, and all levels are kept."""

    @classmethod
    def with_most(
        cls, objects: tuple[Path, Path], sizes: tuple[int, int], settings: Settings, most: int
    ) -> BoundedSearch:
        """Loads the runtime and a model and makes a search with at most so many switches. MemoryError."""
        library: Any = _Library(ctypes.CDLL(str(objects[0])))
        search = cls(*sizes, library, ctypes.CDLL(str(objects[1])))
        search.handle = library.search_open(search.model_address, byref(settings), min(most, MOST_SWITCHES))
        if not search.handle:
            raise MemoryError("the search cannot be begun")
        return search

    def refused(self) -> bool:
        """True if the bound kept a thread from moving that could have."""
        return bool(self.runtime.search_refused(self.handle))

    def finder(self, compiled: Compiled, canonical: Canonical, starts: Sequence[Start]) -> Finder:
        """Finds schedules as the reference engine does after such a search."""
        levels = [self.level(depth) for depth in range(self.statistics().kept_levels)]
        return Finder(compiled, canonical, starts, levels)


# No schedule has so many; the search counts switches in 16 bits.
MOST_SWITCHES = 60_000
