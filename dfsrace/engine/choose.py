# SPDX-License-Identifier: GPL-2.0-only
"""Which engine explores: the one that was asked for, or whichever answers first.

`auto` starts the reference engine at once. Where that is not done in a moment, a compiler is started beside it; when it
is done, the search begins anew in compiled code, which finds the same. A small model is so answered before a compiler
would be, and no model waits for one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType

from dfsrace.engine.checkpoint import CheckpointError
from dfsrace.engine.options import Options, Progress
from dfsrace.engine.outcome import Outcome, Stop
from dfsrace.engine.reference import explore
from dfsrace.system import System

# Seconds that the reference engine has for itself: most models are done by then.
ALONE = 0.25
# How long the end of a compiler is waited for that is no longer wanted.
ENDING = 1.0


class CannotBeNative(Exception):
    """The native engine was asked for and cannot explore this system here; the message says why."""


class _MoveOver(Exception):
    """The compiled code is there."""


def explore_as_asked(system: System, options: Options) -> Outcome:
    """What a search finds, by the engine that `options` asks for; `Outcome.engine` says which it was.

    Raises CannotBeNative, where native was asked for, CheckpointError, and all that an engine raises.
    """
    if options.checkpoint is not None and options.engine == "reference":
        raise CheckpointError("the reference engine writes no checkpoints: leave out --engine, or take native")
    if options.engine == "native" or options.checkpoint is not None:
        return _native(system, options, options.clock())
    if options.engine == "auto" and options.objects is not None:
        return _auto(system, options)
    return explore(system, options)


def _auto(system: System, options: Options) -> Outcome:
    start = options.clock()
    note = ""
    outcome = _until_compiled(system, options)
    if outcome is not None:
        return outcome
    try:
        return _native(system, options, start)
    except CannotBeNative as error:
        note = str(error)
    return replace(_later(explore, system, options, start), note=note)


def _until_compiled(system: System, options: Options) -> Outcome | None:
    """What the reference engine finds, if it is done before a compiler; all that it has taken is free again."""
    try:
        with _Beside(system, options) as beside:
            outcome = explore(system, replace(options, interrupted=beside.interrupted))
        return replace(outcome, note=beside.note)
    except _MoveOver:
        return None


def _native(system: System, options: Options, start: float) -> Outcome:
    from dfsrace.engine.native import CompilerFailed, Machine, NoCompiler, Unsupported, explore_native

    machine = Machine(options.objects, threads=options.threads or 1)

    def search(system: System, options: Options) -> Outcome:
        return explore_native(system, options, machine)

    try:
        return _later(search, system, options, start)
    except (NoCompiler, Unsupported) as error:
        raise CannotBeNative(str(error)) from error
    except (CompilerFailed, OSError) as error:
        raise CannotBeNative(f"the native engine cannot be built: {error}") from error


def _later(search: Callable[[System, Options], Outcome], system: System, options: Options, start: float) -> Outcome:
    """A search that began when others had already spent time: bounds and what is told count from their start."""
    spent = options.clock() - start
    left = None if options.seconds is None else max(0.0, options.seconds - spent)
    progress = options.progress

    def tell(told: Progress) -> None:
        assert progress is not None
        progress(replace(told, seconds=told.seconds + spent))

    outcome = search(system, replace(options, seconds=left, progress=tell if progress else None))
    stopped = outcome.stopped_by
    if stopped is not None and stopped.kind == "seconds":
        stopped = Stop("seconds", f"{options.seconds:g}")
    return replace(outcome, seconds=options.clock() - start, stopped_by=stopped)


@dataclass(slots=True)
class _Beside:
    """A compiler beside the reference engine. `note`: why compiled code is not to be had, for the user."""

    system: System
    options: Options
    note: str = ""
    ready: bool = False
    ended: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = field(init=False)

    def __enter__(self) -> _Beside:
        self.thread = threading.Thread(target=self._compile, name="dfsrace-compile", daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self.thread.join(ENDING)

    def interrupted(self) -> bool:
        """What the reference engine asks from time to time. Raises _MoveOver when the code is there."""
        if self.options.interrupted():
            return True
        if self.ready:
            raise _MoveOver
        return False

    def _compile(self) -> None:
        if self.ended.wait(ALONE):
            return
        from dfsrace.engine.native import Cancelled, CompilerFailed, NoCompiler, Unsupported, prepare

        try:
            assert self.options.objects is not None
            prepare(self.system, self.options, self.options.objects, self.ended.is_set)
            self.ready = True
        except NoCompiler as error:
            self.note = str(error)
        except (CompilerFailed, OSError) as error:
            self.note = f"the native engine cannot be built: {str(error).splitlines()[0]}"
        except (Cancelled, Unsupported):
            return
        except Exception as error:  # a bug of ours must not keep the reference engine from its answer
            self.note = f"the native engine failed, a bug of dfsrace: {type(error).__name__}: {error}"[:300]
