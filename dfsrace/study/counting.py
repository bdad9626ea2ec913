# SPDX-License-Identifier: GPL-2.0-only
"""What one thread does on its way to the end, alone: accesses counted as the kernel executes them.

Lowering computes what is constant before the model runs; a path is therefore lowered once more with nothing known, and
every load stays where the procedure has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dfsrace.diagnostics.text import printable
from dfsrace.engine.reference.stepping import ConcreteState, Start, Stepper
from dfsrace.language import LoadedModel
from dfsrace.language.lowering.lower import unfolded
from dfsrace.system.program import (
    Atomic,
    Barrier,
    Choose,
    Evaluate,
    Load,
    LockOperation,
    Node,
    Renew,
    Store,
    Wait,
)
from dfsrace.trace.recorded import NodeRecord, recorded

# More steps than any procedure takes that returns, and more ways than anybody reads.
MOST_STEPS = 10_000
MOST_RUNS = 1_000

KINDS = ("loads", "stores", "atomics", "locks", "barriers")


class CannotCount(Exception):
    """A path does not run alone to its end; the message says why."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of each kind of access. `locks`: acquisitions; their release is not counted."""

    loads: int = 0
    stores: int = 0
    atomics: int = 0
    locks: int = 0
    barriers: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(*(a + b for a, b in zip(self.all, other.all, strict=True)))

    def __sub__(self, other: Count) -> Count:
        return Count(*(a - b for a, b in zip(self.all, other.all, strict=True)))

    @property
    def all(self) -> tuple[int, ...]:
        """The numbers in the order of KINDS."""
        return tuple(getattr(self, kind) for kind in KINDS)


_ACQUIRES = Count(locks=1)
# A reader looks at the sequence on one side of smp_rmb; a writer increments it (a load and a store) beside smp_wmb.
_READS_SEQUENCE = Count(loads=1, barriers=1)
_BUMPS_SEQUENCE = Count(loads=1, stores=1, barriers=1)
_LOCK_COUNTS: Mapping[str, Count] = {
    **dict.fromkeys(("spin_lock", "mutex_lock", "lock_page", "down", "read_lock", "write_lock"), _ACQUIRES),
    **dict.fromkeys(("down_read", "down_write"), _ACQUIRES),
    **dict.fromkeys(("read_seqbegin", "read_seqretry"), _READS_SEQUENCE),
    **dict.fromkeys(("read_seqcount_begin", "read_seqcount_retry"), _READS_SEQUENCE),
    "write_seqlock": _ACQUIRES + _BUMPS_SEQUENCE,
    **dict.fromkeys(("write_sequnlock", "write_seqcount_begin", "write_seqcount_end"), _BUMPS_SEQUENCE),
}
_TRYLOCKS = ("spin_trylock", "mutex_trylock", "trylock_page", "down_trylock", "read_trylock", "write_trylock")


@dataclass(slots=True)
class Walked:
    """One run of a path: what each procedure did itself, the innermost one counts; "" is the call."""

    by_procedure: dict[str, Count] = field(default_factory=dict)

    @property
    def total(self) -> Count:
        """All of it."""
        return sum(self.by_procedure.values(), Count())


def runs(loaded: LoadedModel, start: str) -> list[Walked]:
    """Every run of a model of one thread, from each initial state in which the reach condition `start` is true.

    All initial states where the model has no such condition. CannotCount where one waits, is violated, does not end or
    starts nowhere.
    """
    system = unfolded(loaded.typed, loaded.system)
    if system.exhausted:
        raise CannotCount(f"setup exhausts the pool {system.exhausted}")
    stepper = Stepper(system)
    conditional = any(p.name == start for p in system.properties)
    found: list[Walked] = []
    begun = False
    for initial in stepper.each_start():
        if conditional and start not in stepper.judge(initial.cells, None).met:
            continue
        begun = True
        for walked in _walks(stepper, initial):
            found.append(walked)
            if len(found) > MOST_RUNS:
                raise CannotCount(f"there are over {MOST_RUNS:,} ways through it")
    if not begun:
        raise CannotCount("no initial state is as `start` says")
    return found


def _walks(stepper: Stepper, initial: Start) -> Iterator[Walked]:
    """The runs from an initial state, for every combination of choices."""
    if initial.state is None:
        raise CannotCount(f"its first code meets the violation `{initial.violation}`")
    opening = Walked()
    for result in initial.results:
        for place in result.nodes:
            _take(opening, stepper.system.threads[0].nodes[place], NodeRecord(place, (), (), None))
    todo: list[tuple[ConcreteState, dict[str, Count], int]] = [(initial.state, opening.by_procedure, 0)]
    while todo:
        state, so_far, steps = todo.pop()
        if stepper.has_finished(state)[0]:
            yield Walked(so_far)
            continue
        if steps >= MOST_STEPS:
            raise CannotCount(f"it does not end within {MOST_STEPS:,} steps")
        todo += [(after, counts, steps + 1) for after, counts in _steps(stepper, state, so_far)]


def _steps(
    stepper: Stepper, state: ConcreteState, so_far: Mapping[str, Count]
) -> Iterator[tuple[ConcreteState, dict[str, Count]]]:
    thread = stepper.system.threads[0]
    results = stepper.results(state, 0)
    here = thread.nodes[state.nodes[0]]
    if not results:
        raise CannotCount(f"alone it waits at {printable(here.text)}")
    for result in results:
        if result.violation or result.exhausted or result.state is None:
            what = f"exhausts the pool {result.exhausted}" if result.exhausted else f"meets `{result.violation}`"
            raise CannotCount(f"it {what} at {printable(here.text)}")
        walked = Walked(dict(so_far))
        for record in recorded(stepper, state, 0, result.move.choices).nodes:
            _take(walked, thread.nodes[record.node], record)
        yield result.state, walked.by_procedure


def _take(walked: Walked, node: Node, record: NodeRecord) -> None:
    count = count_of(node, record)
    if count != Count():
        name = node.stack[-1].procedure if node.stack else ""
        walked.by_procedure[name] = walked.by_procedure.get(name, Count()) + count


def count_of(node: Node, record: NodeRecord) -> Count:
    """What executing one node costs. Private work (alloc, tests of locals) and releases of locks cost nothing here."""
    match node.operation:
        case Load(order=order):
            return Count(loads=1, barriers=int(order == "acquire"))
        case Store(order=order):
            return Count(stores=1, barriers=int(order == "release"))
        case Atomic() | Renew():
            return Count(atomics=1)
        case Barrier():
            return Count(barriers=1)
        case Wait() | Evaluate() | Choose():
            return Count(loads=len(record.reads))
        case LockOperation(call=call) if call in _TRYLOCKS or call.endswith("_trylock"):
            return _ACQUIRES if record.assigned and record.assigned[1] else Count()
        case LockOperation(call=call):
            return _LOCK_COUNTS.get(call, Count())
    return Count()
