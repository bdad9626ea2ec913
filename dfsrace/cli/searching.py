# SPDX-License-Identifier: GPL-2.0-only
"""A search on the way to a file: by the engine asked for, with progress on a terminal, ended by the first Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dfsrace.cli.engine_options import objects_folder
from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.progress import progress_line

if TYPE_CHECKING:
    from dfsrace.engine.options import Options


class Asked(Protocol):
    """A command line with the options of `engine_options`."""

    @property
    def engine(self) -> Literal["auto", "reference", "native"]: ...
    @property
    def threads(self) -> int: ...
    @property
    def memory(self) -> int | None: ...


@contextmanager
def searching(asked: Asked, **bounds: Any) -> Iterator[Options]:
    """Options of a search with these `bounds` (fields of Options), to be used inside the block.

    There a Ctrl-C makes the search stop with what it has found; the line of progress is gone after the block.
    """
    from dfsrace.engine.memory import memory_limit
    from dfsrace.engine.options import Options

    interrupts, line = Interrupts(), progress_line(False, False)
    options = Options(
        memory=memory_limit() if asked.memory is None else asked.memory,
        progress=line,
        interrupted=interrupts,
        engine=asked.engine,
        objects=objects_folder(),
        threads=asked.threads,
        **bounds,
    )
    try:
        with interrupts.noted():
            yield options
    finally:
        if line is not None:
            line.clear()
