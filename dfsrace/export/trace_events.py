# SPDX-License-Identifier: GPL-2.0-only
"""Trace-event JSON, which https://ui.perfetto.dev and Chrome's own viewer open.

Time is made up: a step takes one millisecond, its statements share it evenly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfsrace.diagnostics.values import dataclass
from dfsrace.export.json_text import json_text
from dfsrace.export.spin.names import NotExpressible
from dfsrace.export.statements import Statement, statements
from dfsrace.operations import Model
from dfsrace.system.program import Frame
from dfsrace.trace.pictures import step_text
from dfsrace.trace.record import Mark, Trace, TraceStep

# Microseconds, the unit of the format.
STEP = 1_000
MOST_STATEMENTS = 200_000
# Of a step with more statements than this only the step itself is a slice.
MOST_IN_A_STEP = 100
THREADS, LOCKS = 1, 2

Event = dict[str, Any]


def perfetto(model: Model, trace: Trace) -> str:
    """The trace as trace-event JSON: an object with `traceEvents`, `displayTimeUnit` and `otherData`.

    Process 1 has a track for each thread of the model: a slice for each call from its first statement to its last, in
    it one for each step, in that one for each statement where there are several, with what they read and stored. Calls
    that follow each other without a statement of the caller between them are one slice. Process 2 has a track for each
    lock: slices from taking to releasing; where several threads have a lock at once, a track for each of them. The
    stale value is an arrow (a flow) from the load to the store that made it out of date, a violation an instant.
    NotExpressible for more than 200,000 statements.
    """
    if sum(len(step.executed) for step in trace.steps) > MOST_STATEMENTS:
        raise NotExpressible(f"the trace has more than {MOST_STATEMENTS:,} statements")
    clock = Clock(tuple(tuple(statements(step)) for step in trace.steps))
    events = [*_names(trace), *_threads(trace, clock), *_locks(trace, clock), *_arrow(trace, clock), *_end(trace)]
    about = {
        "model": model.name,
        "title": model.system.title,
        "schedule": trace.schedule_text,
        "time": "made up: each step takes 1 ms, and its statements share it evenly",
    }
    return json_text({"displayTimeUnit": "ms", "otherData": about, "traceEvents": events}, "traceEvents")


@dataclass(frozen=True, slots=True)
class Clock:
    """When each statement begins and ends, in whole microseconds. `steps`: the statements of each step."""

    steps: tuple[tuple[Statement, ...], ...]

    def of(self, mark: Mark) -> tuple[int, int]:
        """Begin and end of a statement; of the whole step where it is not divided."""
        first, found = (mark.step - 1) * STEP, self.steps[mark.step - 1]
        if not is_divided(found):
            return first, first + STEP
        place = sum(statement.first <= mark.executed for statement in found) - 1
        return first + place * STEP // len(found), first + (place + 1) * STEP // len(found)


def is_divided(found: tuple[Statement, ...]) -> bool:
    """Whether the statements of a step are slices of their own."""
    return 1 < len(found) <= MOST_IN_A_STEP


def _slice(pid: int, tid: int, begin: int, end: int, said: Event) -> Event:
    return {"ph": "X", "pid": pid, "tid": tid, "ts": begin, "dur": end - begin, **said}


# ---- names


def _names(trace: Trace) -> Iterator[Event]:
    yield _meta("process_name", THREADS, 0, {"name": "threads"})
    yield _meta("process_sort_index", THREADS, 0, {"sort_index": 0})
    for number, thread in enumerate(trace.threads, 1):
        yield from _track(THREADS, number, f"{thread.name}: {thread.text}" if thread.text else thread.name)


def _track(pid: int, tid: int, name: str) -> Iterator[Event]:
    yield _meta("thread_name", pid, tid, {"name": name})
    yield _meta("thread_sort_index", pid, tid, {"sort_index": tid})


def _meta(name: str, pid: int, tid: int, arguments: Event) -> Event:
    return {"ph": "M", "name": name, "pid": pid, "tid": tid, "args": arguments}


# ---- threads


def _threads(trace: Trace, clock: Clock) -> Iterator[Event]:
    """Each thread's calls, steps and statements, a slice before those in it."""
    for place in range(len(trace.threads)):
        steps = [step for step in trace.steps if step.thread == place]
        yield from _calls(place + 1, _stacks(steps, clock))
        for step in steps:
            yield from _step(place + 1, step, clock)


def _stacks(steps: list[TraceStep], clock: Clock) -> list[tuple[tuple[Frame, ...], int, int]]:
    """(calls under way, begin, end) of each step: the calls that all its statements are in."""
    found = []
    for step in steps:
        stacks = [statement.stack for statement in clock.steps[step.number - 1]]
        common = stacks[0] if stacks else ()
        for stack in stacks:
            common = common[: _alike(common, stack)]
        begin = (step.number - 1) * STEP
        found.append((common, begin, begin + STEP))
    return found


def _alike(one: tuple[Frame, ...], other: tuple[Frame, ...]) -> int:
    """How many calls two stacks begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _calls(tid: int, stacks: list[tuple[tuple[Frame, ...], int, int]]) -> Iterator[Event]:
    open_: list[tuple[Frame, int]] = []
    last = 0
    done: list[tuple[int, int, int, Frame]] = []
    for stack, begin, end in [*stacks, ((), 0, 0)]:
        frames = tuple(frame for frame, _ in open_)
        same = _alike(frames, stack)
        for depth in range(len(open_) - 1, same - 1, -1):
            done.append((open_[depth][1], depth, last, open_[depth][0]))
        open_ = [*open_[:same], *((frame, begin) for frame in stack[same:])]
        last = end
    for begin, _, end, frame in sorted(done, key=lambda one: one[:2]):
        said = {"cat": "call", "name": frame.procedure, "args": {"call": frame.text, "from": str(frame.call)}}
        yield _slice(THREADS, tid, begin, end, said)


def _step(tid: int, step: TraceStep, clock: Clock) -> Iterator[Event]:
    begin, found = (step.number - 1) * STEP, clock.steps[step.number - 1]
    arguments: Event = {"step": step.number}
    if step.choices:
        arguments["choices"] = ", ".join(step.choices)
    if step.violates:
        arguments["violates"] = ", ".join(step.violates)
    if not is_divided(found):
        arguments |= {**(_statement(found[0]) if found else {}), **_accesses(step)}
    name = step_text(step) or f"step {step.number}"
    yield _slice(THREADS, tid, begin, begin + STEP, {"cat": "step", "name": name, "args": arguments})
    for statement in found if is_divided(found) else ():
        first, end = clock.of(Mark(step.number, statement.first))
        said = {"cat": "statement", "name": statement.text or "(no statement)", "args": _statement(statement)}
        yield _slice(THREADS, tid, first, end, said)


def _statement(statement: Statement) -> Event:
    created, stack = statement.one_of("created"), statement.stack
    return {
        "source": f"{statement.span.file}:{statement.span.line}",
        **({"procedure": stack[-1].procedure} if stack else {}),
        **({"created": created} if created else {}),
        **_accesses(statement),
    }


def _accesses(seen: TraceStep | Statement) -> Event:
    found: Event = {}
    if seen.reads:
        found["reads"] = "; ".join(f"{read.name} = {read.value}" for read in seen.reads)
    if seen.changes:
        found["changes"] = "; ".join(f"{c.name}: {c.old} -> {c.new}" for c in seen.changes)
    return found


# ---- locks


@dataclass(frozen=True, slots=True)
class Holding:
    """A thread has a lock from one moment to another."""

    lock: str
    thread: str
    begin: int
    end: int
    source: str


def _holdings(trace: Trace, clock: Clock) -> list[Holding]:
    """Who has had which lock when, by their beginning. A lock without owner is released by whoever does it."""
    taken: dict[tuple[str, str], tuple[int, str]] = {}
    found: list[Holding] = []

    def release(key: tuple[str, str], end: int) -> None:
        begin, source = taken.pop(key)
        found.append(Holding(*key, begin, end, source))

    for step in trace.steps:
        for place, node in enumerate(step.executed):
            if node.lock is None or node.lock.event == "other":
                continue
            begin, end = clock.of(Mark(step.number, place))
            key = node.lock.lock, step.thread_name
            if node.lock.event == "acquire":
                taken.setdefault(key, (begin, f"{node.span.file}:{node.span.line}"))
                continue
            holders = [other for other in taken if other[0] == node.lock.lock]
            key = key if key in taken else next(iter(holders), key)
            if key in taken:
                release(key, end)
    for key in list(taken):
        release(key, len(trace.steps) * STEP)
    return sorted(found, key=lambda one: (one.begin, one.lock, one.thread))


def _locks(trace: Trace, clock: Clock) -> Iterator[Event]:
    holdings = _holdings(trace, clock)
    if not holdings:
        return
    yield _meta("process_name", LOCKS, 0, {"name": "locks"})
    yield _meta("process_sort_index", LOCKS, 0, {"sort_index": 1})
    tid = 0
    for lock in dict.fromkeys(one.lock for one in holdings):
        mine = [one for one in holdings if one.lock == lock]
        shared = any(a.end > b.begin for n, a in enumerate(mine) for b in mine[n + 1 :])
        tracks = [[one for one in mine if one.thread == t] for t in dict.fromkeys(one.thread for one in mine)]
        for track in tracks if shared else [mine]:
            tid += 1
            yield from _track(LOCKS, tid, f"{lock} ({track[0].thread})" if shared else lock)
            for one in track:
                said = {"cat": "lock", "name": one.thread, "args": {"lock": lock, "taken at": one.source}}
                yield _slice(LOCKS, tid, one.begin, one.end, said)


# ---- the stale arrow and the end


def _arrow(trace: Trace, clock: Clock) -> Iterator[Event]:
    """From the load that took a value to the store that made it out of date."""
    stale = trace.explanation.stale
    if stale is None:
        return
    for mark, phase in ((stale.load, "s"), (stale.store, "f")):
        event = {"ph": phase, "id": 1, "cat": "stale", "name": f"stale: {stale.cell}", "pid": THREADS}
        tid, moment = trace.steps[mark.step - 1].thread + 1, clock.of(mark)[0]
        yield {**event, "tid": tid, "ts": moment, **({"bp": "e"} if phase == "f" else {})}


def _end(trace: Trace) -> Iterator[Event]:
    if not trace.violated:
        return
    tid = trace.steps[-1].thread + 1 if trace.steps else 1
    moment = max(0, len(trace.steps) * STEP - 1)
    said = {"cat": "violation", "name": f"violated: {trace.violated[0]}", "args": {"message": trace.message}}
    yield {"ph": "i", "s": "g", "pid": THREADS, "tid": tid, "ts": moment, **said}
