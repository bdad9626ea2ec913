# SPDX-License-Identifier: GPL-2.0-only
"""Worker processes, one task at a time each; one that dies takes nothing with it but its task.

parent ──task──▶ worker ──(reply, retires)──▶ parent      a pipe each; the parent alone decides who does what

concurrent.futures gives up the whole pool when a process is killed, and a search that was killed for its memory is just
what must not stop the others.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from time import sleep
from typing import Any, Protocol

PATIENCE = 0.1
# Seconds that a worker gets to leave by itself at the end.
FAREWELL = 1.0
# Seconds between two looks of a worker at whether its parent is still there.
WATCH = 0.5


class Serve(Protocol):
    """What a worker process does with its tasks; it is sent to the process, so it has to be a value of a module."""

    def begin(self, stopped: Callable[[], bool]) -> Callable[[Any], tuple[Any, bool]]:
        """Called once in the process: gives the function that does a task. That gives the reply, and whether the

        process has had enough and wants to be replaced. `stopped` says that nobody needs the result any more.
        """


@dataclass(frozen=True, slots=True)
class Done:
    """A task's reply; the task by its place."""

    task: int
    reply: Any


@dataclass(frozen=True, slots=True)
class Died:
    """A task whose process ended under it: with an exit code, negative for a signal; None if we had to end it."""

    task: int
    code: int | None


@dataclass(slots=True)
class _Member:
    process: BaseProcess
    connection: Connection
    task: int | None = None


@dataclass(slots=True)
class Pool:
    """At most `jobs` processes. Use as a context: no process outlives it, whatever ends it."""

    serve: Serve
    jobs: int
    context: BaseContext = field(default_factory=lambda: _usual_context())
    members: list[_Member] = field(default_factory=list)
    stopping: bool = False
    flag: Any = None

    def __enter__(self) -> Pool:
        self.flag = self.context.RawValue("b", 0)
        return self

    def __exit__(self, *details: object) -> None:
        self.kill()

    def stop(self) -> None:
        """No further task is begun, and those under way are told that nobody waits for their whole result."""
        self.stopping = True
        self.flag.value = 1

    def kill(self) -> None:
        """Ends every process; idle ones may leave by themselves."""
        self.stop()
        for member in self.members:
            if member.task is None:
                member.connection.close()
            else:
                member.process.kill()
        for member in self.members:
            member.process.join(FAREWELL)
            if member.process.is_alive():
                member.process.kill()
                member.process.join()
            member.connection.close()
            member.process.close()
        self.members.clear()

    @property
    def under_way(self) -> tuple[int, ...]:
        """The tasks that processes are busy with."""
        return tuple(member.task for member in self.members if member.task is not None)

    def run(self, tasks: Sequence[Any]) -> Iterator[Done | Died | None]:
        """What becomes of the tasks, as it happens; None several times a second, so that the caller sees to its clock.

        Ends when every task is done or, after `stop`, when those under way are.
        """
        waiting = list(range(len(tasks)))[::-1]
        while self.under_way or (waiting and not self.stopping):
            self._occupy(tasks, waiting)
            ready = wait([member.connection for member in self.members if member.task is not None], PATIENCE)
            for member in [m for m in self.members if m.connection in ready]:
                yield self._heard(member)
            if not ready:
                yield None

    def _occupy(self, tasks: Sequence[Any], waiting: list[int]) -> None:
        """Gives every free process a task; where there are too few processes, starts more."""
        idle = [member for member in self.members if member.task is None]
        while waiting and not self.stopping and (idle or len(self.members) < self.jobs):
            member = idle.pop() if idle else self._start()
            try:
                member.connection.send(tasks[waiting[-1]])
                member.task = waiting.pop()
            except OSError:
                # It ended while it had nothing to do; another one gets the task.
                self._bury(member)

    def _heard(self, member: _Member) -> Done | Died:
        """Takes in what a process says, or that it has ended."""
        task = member.task
        assert task is not None
        try:
            reply, retires = member.connection.recv()
        except (EOFError, OSError):
            return Died(task, self._bury(member))
        member.task = None
        if retires:
            self._bury(member)
        return Done(task, reply)

    def _start(self) -> _Member:
        ours, theirs = self.context.Pipe()
        forks = self.context.get_start_method() == "fork"
        inherited = [ours, *(member.connection for member in self.members)] if forks else []
        arguments = (self.serve, theirs, inherited, self.flag, os.getpid())
        process = self.context.Process(target=_work, args=arguments, daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        member = _Member(process, ours)
        self.members.append(member)
        return member

    def _bury(self, member: _Member) -> int | None:
        """Forgets a process that has ended or is about to; its exit code, None where it had to be killed for that."""
        member.connection.close()
        member.process.join(FAREWELL)
        code = member.process.exitcode
        if code is None:
            member.process.kill()
            member.process.join()
        member.process.close()
        self.members.remove(member)
        return code


def _usual_context() -> BaseContext:
    """Forked processes have everything loaded at once; on macOS they are not safe."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _follow(parent: int) -> None:
    """Ends this process soon after its parent has ended, whatever it is busy with."""
    while os.getppid() == parent:
        sleep(WATCH)
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _work(serve: Serve, connection: Connection, inherited: list[Connection], flag: Any, parent: int) -> None:
    """The life of a worker process. It ends when its parent does, of which it is told by the pipe, or sees itself."""
    # Ctrl-C goes to all processes of a terminal: the parent says what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Ends of pipes that the parent had open when it forked: held here, they would keep others from seeing it end.
    for other in inherited:
        other.close()
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    do = serve.begin(lambda: bool(flag.value))
    retires = False
    with suppress(EOFError, OSError):
        while not retires:
            reply, retires = do(connection.recv())
            connection.send((reply, retires))
