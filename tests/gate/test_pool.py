# SPDX-License-Identifier: GPL-2.0-only
"""Worker processes by themselves: each task has one end, whatever happens to its process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from dfsrace.gate.pool import Died, Done, Pool
from tests.cli.running import ROOT, environment
from tests.gate.running import is_running

METHODS = [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()]


@dataclass(frozen=True, slots=True)
class Tasks:
    """Workers that do what a task's word says."""

    retires: bool = False

    def begin(self, stopped: Callable[[], bool]) -> Callable[[Any], tuple[Any, bool]]:
        def do(task: str) -> tuple[Any, bool]:
            if task == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if task == "exit":
                os._exit(7)
            if task == "deaf":
                # Its end of the pipe is closed, as if it had ended, but it goes on.
                for number in map(int, os.listdir("/proc/self/fd")):
                    with suppress(OSError):
                        if stat.S_ISSOCK(os.fstat(number).st_mode):
                            os.close(number)
                time.sleep(600)
            while task == "wait" and not stopped():
                time.sleep(0.01)
            if task == "hang":
                time.sleep(600)
            return (os.getpid(), "x" * 3_000_000 if task == "large" else task), self.retires

        return do


def ends(pool: Pool, tasks: list[str]) -> dict[int, Done | Died]:
    """What became of each task."""
    found = {}
    for event in pool.run(tasks):
        if event is not None:
            assert event.task not in found
            found[event.task] = event
    return found


@pytest.mark.parametrize("method", METHODS)
def test_every_task_is_done_once(method: str) -> None:
    with Pool(Tasks(), 3, multiprocessing.get_context(method)) as pool:
        found = ends(pool, [str(number) for number in range(20)])
    assert [found[number].reply[1] for number in range(20)] == [str(number) for number in range(20)]  # type: ignore[union-attr]


@pytest.mark.parametrize("method", METHODS)
def test_a_process_that_dies_takes_only_its_task_with_it(method: str) -> None:
    with Pool(Tasks(), 2, multiprocessing.get_context(method)) as pool:
        found = ends(pool, ["a", "die", "b", "exit", "c", "die", "die", "d"])
    died = {number: event.code for number, event in found.items() if isinstance(event, Died)}
    assert died == {1: -signal.SIGKILL, 3: 7, 5: -signal.SIGKILL, 6: -signal.SIGKILL}
    assert sorted(found) == list(range(8))


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for open files")
def test_a_process_that_has_to_be_killed_did_not_die_of_that() -> None:
    with Pool(Tasks(), 1) as pool:
        (event,) = ends(pool, ["deaf"]).values()
    assert isinstance(event, Died)
    assert event.code is None


def test_large_replies_come_through() -> None:
    with Pool(Tasks(), 2) as pool:
        found = ends(pool, ["large"] * 4)
    assert all(isinstance(event, Done) and len(event.reply[1]) == 3_000_000 for event in found.values())


def test_a_process_that_retires_is_replaced() -> None:
    with Pool(Tasks(retires=True), 1) as pool:
        found = ends(pool, ["a", "b", "c"])
    assert len({event.reply[0] for event in found.values() if isinstance(event, Done)}) == 3


def test_stopping_begins_nothing_more_and_waits_for_what_is_under_way() -> None:
    with Pool(Tasks(), 1) as pool:
        found = []
        for event in pool.run(["wait", "never"]):
            found.append(event)
            if pool.under_way:
                pool.stop()
    assert [event.task for event in found if event is not None] == [0]


def test_leaving_kills_what_hangs() -> None:
    start = time.monotonic()
    with Pool(Tasks(), 2) as pool:
        for _ in pool.run(["hang", "hang", "a"]):
            break
        processes = [member.process.pid for member in pool.members]
    assert time.monotonic() - start < 30
    assert multiprocessing.active_children() == []
    assert len(processes) == 2


def test_an_exception_of_the_caller_leaves_no_process() -> None:
    with pytest.raises(RuntimeError), Pool(Tasks(), 2) as pool:
        for _ in pool.run(["hang", "hang"]):
            raise RuntimeError
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="kills by number")
def test_a_process_that_dies_between_two_tasks_costs_none() -> None:
    with Pool(Tasks(), 1) as pool:
        running = pool.run(["a", "b"])
        first = next(event for event in running if event is not None)
        assert isinstance(first, Done)
        os.kill(first.reply[0], signal.SIGKILL)
        pool.members[0].process.join(10)
        rest = [event for event in running if event is not None]
    assert [type(event) for event in rest] == [Done]


HANGING = """
from tests.gate.test_pool import Pool, Tasks
with Pool(Tasks(), 2) as pool:
    for event in pool.run(["hang", "hang"]):
        print(*(member.process.pid for member in pool.members), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for processes")
def test_a_process_that_hangs_does_not_outlive_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", HANGING], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    workers = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.communicate(timeout=30)
    assert len(workers) == 2
    end = time.monotonic() + 30
    while any(map(is_running, workers)):
        assert time.monotonic() < end
        time.sleep(0.05)
