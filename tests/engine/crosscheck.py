# SPDX-License-Identifier: GPL-2.0-only
"""Every step of every reachable state, by the generated code and by the interpreter: they must do the same."""

from __future__ import annotations

from collections import Counter

from dfsrace.engine.reference.compiled import Compiled
from dfsrace.engine.reference.path import VIOLATION
from dfsrace.engine.reference.stepping import StepResult
from dfsrace.system import System


def disagreements(system: System, limit: int = 3_000) -> list[str]:
    """What the two do differently, in the first `limit` states without any reduction."""
    compiled = Compiled(system)
    waiting = [compiled.packed(start.state) for start in compiled.stepper.starts() if start.state is not None]
    seen = set(waiting)
    found: list[str] = []
    while waiting and limit > 0:
        limit -= 1
        state = waiting.pop()
        if compiled.packed(compiled.concrete(state)) != state:
            found.append(f"{state:x} does not survive decoding")
        for thread in range(len(system.threads)):
            successors = _compare(compiled, state, thread, found)
            waiting += sorted(successors - seen)
            seen |= successors
    return found


def _compare(compiled: Compiled, state: int, thread: int, found: list[str]) -> set[int]:
    """One step of one thread from one state."""
    before = compiled.concrete(state)
    results = compiled.stepper.results(before, thread)
    compiled.bad.clear()
    compiled.full.clear()
    ours: list[int] = []
    place = compiled.layout.threads[thread].place
    moved = compiled.tables[thread][state >> place.shift & place.ones](state, ours.append)
    interpreted = [compiled.packed(r.state) for r in results if r.state is not None]
    pairs: list[tuple[object, object]] = [
        (Counter(ours), Counter(interpreted)),
        (bool(moved), bool(results)),
        (Counter(b[2] for b in compiled.bad), Counter(VIOLATION[r.violation] for r in results if r.violation)),
        (len(compiled.full), sum(r.exhausted is not None for r in results)),
    ]
    pairs.append((_changed(compiled, state), _interpreted_changes(compiled, state, results)))
    node = before.nodes[thread]
    found += [f"thread {thread} at {node} in {before}: {a} is not {b}" for a, b in pairs if a != b]
    compiled.bad.clear()
    compiled.full.clear()
    return set(ours)


def _changed(compiled: Compiled, state: int) -> Counter[tuple[int, int]]:
    """What properties see after the shared access of steps that ended in a violation."""
    return Counter((b[2], _visible(compiled, state if b[3] < 0 else b[3])) for b in compiled.bad)


def _visible(compiled: Compiled, state: int) -> int:
    """The cells without the fields of pool values that no other cell leads to."""
    state &= (1 << compiled.layout.cell_bits) - 1
    for (pool, value), block in compiled.references.blocks.items():
        if value not in compiled.references.visible(state, pool):
            state &= ~block
    return state


def _interpreted_changes(compiled: Compiled, state: int, results: list[StepResult]) -> Counter[tuple[int, int]]:
    return Counter(
        (
            VIOLATION[r.violation],
            _visible(compiled, state if r.after is None else compiled.layout.encode_cells(r.after)),
        )
        for r in results
        if r.violation
    )
