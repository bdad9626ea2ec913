# SPDX-License-Identifier: GPL-2.0-only
"""Many tasks of a study at once: on worker processes, with a line that says how far it is, until done or Ctrl-C."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from dfsrace.cli import app, streams
from dfsrace.cli.engine_options import cores, objects_folder
from dfsrace.cli.interrupts import Interrupts
from dfsrace.cli.progress import FIRST_AFTER, TerminalLine
from dfsrace.diagnostics.text import printable
from dfsrace.engine.memory import memory_limit, used
from dfsrace.engine.options import Options
from dfsrace.gate.pool import Died, Done, Pool
from dfsrace.gate.run import GRACE, KEPT

Answer = TypeVar("Answer")


def at_once(jobs: int, tasks: Sequence[Any]) -> int:
    """How many of the tasks are done at once where `jobs` may be; memory is not kept for tasks that there are not."""
    return max(1, min(jobs, len(tasks)))


def complain_of_bugs(lines: Iterable[str]) -> None:
    """Says on standard error what bugs of ours, and processes that ended unasked, have kept from an answer."""
    for line in lines:
        streams.complain(line if line.startswith("dfsrace: ") else f"dfsrace: {line}")


def study_options(jobs: int, **asked: Any) -> Options:
    """Options of each search where `jobs` run at once: they share the cores and the memory. See `at_once`."""
    most = memory_limit()
    share = None if most is None else max(most - used(), 0) // jobs
    return Options(memory=share, engine="auto", objects=objects_folder(), threads=max(1, cores() // jobs), **asked)


@dataclass(frozen=True, slots=True)
class _Serve(Generic[Answer]):
    """The worker's side. `options.memory` is what one task may take more than the process had before."""

    do: Callable[[Any, Options], Answer]
    options: Options
    bug: Callable[[str], Answer]

    def begin(self, stopped: Callable[[], bool]) -> Callable[[Any], tuple[Answer, bool]]:
        """See `pool.Serve`."""
        before, share = used(), self.options.memory
        limit = None if share is None else before + share

        def work(task: Any) -> tuple[Answer, bool]:
            try:
                answer = self.do(task, replace(self.options, memory=limit, interrupted=stopped))
            except Exception as error:
                answer = self.bug(app.bug_line(error))
            if share is None or used() - before < share * KEPT:
                return answer, False
            gc.collect()
            return answer, used() - before >= share * KEPT

        return work


@dataclass(slots=True)
class Together(Generic[Answer]):
    """Does tasks by a function of a module, on `jobs` processes.

    `bug` and `died` make the answer of a task that an error of ours, or its process's end, has kept from one;
    `not_done` is that of a task for which Ctrl-C came first.
    """

    do: Callable[[Any, Options], Answer]
    bug: Callable[[str], Answer]
    died: Callable[[int | None], Answer]
    not_done: Answer
    interrupts: Interrupts = field(default_factory=Interrupts)

    def all(self, tasks: Sequence[Any], names: Sequence[str], options: Options, jobs: int) -> list[Answer]:
        """The answers in the order of the tasks. No process outlives the call."""
        answers: dict[int, Answer] = {}
        line = _Line() if streams.is_terminal(sys.stderr) else None
        start, stopped_at = time.monotonic(), 0.0
        with self.interrupts.noted(), Pool(_Serve(self.do, options, self.bug), at_once(jobs, tasks)) as pool:
            for event in pool.run(tasks):
                match event:
                    case Done(task, answer):
                        answers[task] = answer
                    case Died(task, code):
                        answers[task] = self.died(code)
                if line is not None:
                    line(len(answers), [names[n] for n in pool.under_way], time.monotonic() - start, len(tasks))
                if self.interrupts.asked and not stopped_at:
                    stopped_at = time.monotonic()
                    pool.stop()
                if stopped_at and time.monotonic() - stopped_at > GRACE:
                    break
        if line is not None:
            line.clear()
        return [answers.get(n, self.not_done) for n in range(len(tasks))]


@dataclass(slots=True)
class _Line(TerminalLine):
    """How many are done and what is under way; nothing before a second has passed."""

    last: str = ""

    def __call__(self, done: int, under_way: Sequence[str], seconds: float, total: int) -> None:
        if seconds < FIRST_AFTER or not under_way:
            return
        text = f"{done}/{total} done, {seconds:.0f} s: {', '.join(map(printable, under_way))}"
        if text != self.last or not self.shown:
            self.draw(text)
            self.last = text
