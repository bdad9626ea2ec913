# SPDX-License-Identifier: GPL-2.0-only
"""What a search runs on: a model's functions by the quick compiler at once, by the other one as soon as it can.

The functions are pure and come from one source, so that a search may go on with the others between two steps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from dfsrace.engine.native.build import Builder, Cancelled, CompilerFailed, builder, quick_builder
from dfsrace.engine.native.generate import Generated

# Seconds after which it pays to optimise.
WORTH_OPTIMISING = 0.3


@dataclass(frozen=True, slots=True)
class Wanted:
    """`quick`: by the quick compiler only, or never; None: first by that, then by the other. Flags for compilers."""

    quick: bool | None = None
    runtime_flags: tuple[str, ...] = ()
    model_flags: tuple[str, ...] = ()


@dataclass(slots=True)
class Compiled:
    """The objects of one search; `close` ends a compiler that is still at work."""

    runtime: Path
    model: Path
    better: Builder | None = None
    source: str = ""
    flags: tuple[str, ...] = ()
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _found: Path | None = None

    def improved(self, seconds: float) -> Path | None:
        """The optimised model, once, when it is there; after so many seconds of search its compiler is started."""
        if self.better is None or seconds < WORTH_OPTIMISING:
            return None
        if self._thread is None:
            self._thread = threading.Thread(target=self._optimise, name="dfsrace-optimise", daemon=True)
            self._thread.start()
        if self._thread.is_alive():
            return None
        self.better = None
        return self._found

    def _optimise(self) -> None:
        assert self.better is not None
        try:
            self._found = replace(self.better, cancelled=self._ended.is_set).model(self.source, self.flags)
        except (Cancelled, CompilerFailed, OSError):
            self._found = None  # what there is goes on

    def close(self) -> None:
        """Ends what is under way."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()


def compiled(
    folder: Path, generated: Generated, wanted: Wanted, cancelled: Callable[[], bool] | None = None
) -> Compiled:
    """What a search needs, from the folder or built. Raises NoCompiler, CompilerFailed, Cancelled."""
    made = builder(folder)
    if cancelled is not None:
        made = replace(made, cancelled=cancelled)
    runtime = made.runtime(generated.words, wanted.runtime_flags)
    quick = None if wanted.quick is False else quick_builder(made)
    source, flags = generated.source, wanted.model_flags
    if quick is None or (wanted.quick is None and made.known_model(source, flags) is not None):
        return Compiled(runtime, made.model(source, flags))
    try:
        model = quick.model(source, flags)
    except CompilerFailed:
        return Compiled(runtime, made.model(source, flags))
    return Compiled(runtime, model, made if wanted.quick is None else None, source, flags)
