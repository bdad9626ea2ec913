# SPDX-License-Identifier: GPL-2.0-only
"""Errors that somebody could make in the engine or the interpreter: each a patch, by what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dfsrace.engine.outcome import Schedule
from dfsrace.engine.reference import canonical, locks, search, steps
from dfsrace.engine.reference.canonical import Renaming
from dfsrace.engine.reference.expressions import Expressions
from dfsrace.engine.reference.goals import Goal, Judge
from dfsrace.engine.reference.memos import References
from dfsrace.engine.reference.packed import Packed
from dfsrace.engine.reference.path import Path, Writer
from dfsrace.engine.reference.renewing import Cell, ReferenceWriter
from dfsrace.engine.reference.shortest import Finder
from dfsrace.engine.reference.steps import StepWriter
from dfsrace.system import lock_rules
from dfsrace.system.memory import Held, Memory
from dfsrace.system.program import Node, Thread, Wait
from dfsrace.system.system import Property
from dfsrace.system.types import PoolType, RangeType, Type, Value, finite_values

Patch = Callable[[pytest.MonkeyPatch], None]

ENGINE: dict[str, Patch] = {}


def engine(name: str) -> Callable[[Patch], Patch]:
    """Registers a patch by its name."""

    def register(patch: Patch) -> Patch:
        ENGINE[name] = patch
        return patch

    return register


# ---- locks


@engine("a lock may be taken twice by its owner, who then waits")
def _twice(patch: pytest.MonkeyPatch) -> None:
    def lock(site: locks.LockSite, path_: Path, go_on: locks.GoOn) -> None:
        site.writer.wait_if(path_, site.get(path_, 0))
        go_on(site.put(path_, 0, site.me, 0), None)

    patch.setitem(locks.LOCK_WRITERS, "spin_lock", lock)


@engine("a lock has no owner: the first thread is noted as everybody's")
def _no_owner(patch: pytest.MonkeyPatch) -> None:
    def lock(site: locks.LockSite, path_: Path, go_on: locks.GoOn) -> None:
        site.writer.wait_if(path_, site.get(path_, 0))
        go_on(site.put(path_, 0, 1, 0), None)

    patch.setitem(locks.LOCK_WRITERS, "mutex_lock", lock)


@engine("anybody may unlock")
def _unchecked_unlock(patch: pytest.MonkeyPatch) -> None:
    def unlock(site: locks.LockSite, path_: Path, go_on: locks.GoOn) -> None:
        go_on(site.put(path_, 0, 0), None)

    patch.setitem(locks.LOCK_WRITERS, "mutex_unlock", unlock)


@engine("down_read does not see the writers that have registered")
def _registered_ignored(patch: pytest.MonkeyPatch) -> None:
    def down_read(site: locks.LockSite, path_: Path, go_on: locks.GoOn) -> None:
        site.writer.wait_if(path_, locks._hold_nothing(site, path_))
        go_on(site.put(path_, site.my_reads, 1, 0), None)

    patch.setitem(locks.LOCK_WRITERS, "down_read", down_read)


@engine("write_lock does not wait for readers")
def _readers_ignored(patch: pytest.MonkeyPatch) -> None:
    def write_lock(site: locks.LockSite, path_: Path, go_on: locks.GoOn) -> None:
        site.writer.wait_if(path_, locks._hold_nothing(site, path_))
        go_on(site.put(path_, 0, site.me, 0), None)

    patch.setitem(locks.LOCK_WRITERS, "write_lock", write_lock)


@engine("a semaphore may be raised over its maximum")
def _over_maximum(patch: pytest.MonkeyPatch) -> None:
    def up(site: locks.LockSite, path_: Path, go_on: locks.GoOn) -> None:
        go_on(site.put(path_, 0, 1), None)

    patch.setitem(locks.LOCK_WRITERS, "up", up)


@engine("read_seqretry is inverted")
def _retry_inverted(patch: pytest.MonkeyPatch) -> None:
    def retry(site: locks.LockSite, path_: Path, go_on: locks.GoOn) -> None:
        source = f"({site.get(path_, 0)} == 0 and {site.get(path_, 1)} == {site.argument})"
        go_on(path_, site.writer.name(path_, source))

    patch.setitem(locks.LOCK_WRITERS, "read_seqretry", retry)


@engine("write_seqlock does not renew the sequence count")
def _sequence_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps, "RENEWING_CALLS", frozenset())


@engine("sleeping while atomic is not judged")
def _may_sleep(patch: pytest.MonkeyPatch) -> None:
    _unjudged(patch, "sleeping while atomic")


@engine("lock held at exit is not judged")
def _may_exit(patch: pytest.MonkeyPatch) -> None:
    _unjudged(patch, "lock held at exit")


def _unjudged(patch: pytest.MonkeyPatch, name: str) -> None:
    original = StepWriter._judge

    def judge(writer: StepWriter, path_: Path, counts: Callable[..., bool], what: str, helper: str) -> None:
        if what != name:
            original(writer, path_, counts, what, helper)

    patch.setattr(StepWriter, "_judge", judge)


# ---- steps


@engine("an unmet wait_event is granted")
def _granted(patch: pytest.MonkeyPatch) -> None:
    original = StepWriter._plain

    def plain(writer: StepWriter, path_: Path, node: Node) -> Path:
        return path_ if isinstance(node.operation, Wait) else original(writer, path_, node)

    patch.setattr(StepWriter, "_plain", plain)


@engine("live locals are forgotten")
def _live_forgotten(patch: pytest.MonkeyPatch) -> None:
    original = Writer.with_locals

    def with_locals(writer: Writer, path_: Path, live: frozenset[int], place: int | None) -> Packed:
        kept = frozenset(s for s in live if not isinstance(writer.thread.locals[s].type, RangeType))
        return original(writer, path_, kept, place)

    patch.setattr(Writer, "with_locals", with_locals)


@engine("choose drops its last value")
def _short_choice(patch: pytest.MonkeyPatch) -> None:
    original = Expressions.domain

    def domain(expressions: Expressions, kind: Type, state: str) -> str:
        whole = original(expressions, kind, state)
        return whole if isinstance(kind, PoolType) else f"{whole}[:{len(finite_values(kind)) - 1}]"

    patch.setattr(Expressions, "domain", domain)


@engine("values out of their range are stored")
def _no_range(patch: pytest.MonkeyPatch) -> None:
    def within(expressions: Expressions, source: str, bounds: RangeType) -> str:
        return f"min({bounds.high}, max({bounds.low}, {source}))"

    patch.setattr(Expressions, "_within", within)


@engine("a step that ends in an automatic violation is judged by the state before it")
def _judged_before(patch: pytest.MonkeyPatch) -> None:
    original = Writer.violate

    def violate(writer: Writer, path_: Path, code: str) -> None:
        original(writer, replace(path_, after=None), code)

    patch.setattr(Writer, "violate", violate)


# ---- pools and stamps


@engine("renew leaves the stamp as it is")
def _renew_keeps(patch: pytest.MonkeyPatch) -> None:
    def renew(writer: ReferenceWriter, path_: Path, node: Node, cell: Cell) -> Path:
        return path_

    patch.setattr(ReferenceWriter, "renew", renew)


@engine("alloc returns a held value")
def _held_again(patch: pytest.MonkeyPatch) -> None:
    def free(references: References, state: int, pool: int) -> int:
        return 1

    patch.setattr(References, "free", free)


@engine("alloc does not give fields their initial values")
def _uninitialised(patch: pytest.MonkeyPatch) -> None:
    original = References.namespace

    def namespace(references: References) -> dict[str, object]:
        return original(references) | {
            f"START{number}": (0,) * (size + 1) for number, size in enumerate(references.sizes)
        }

    patch.setattr(References, "namespace", namespace)


@engine("the fields of values that are no longer held are not cleared")
def _uncleared(patch: pytest.MonkeyPatch) -> None:
    def kept(references: References, state: int) -> int:
        return (1 << references.layout.bits) - 1

    patch.setattr(References, "kept", kept)


# ---- renaming


@engine("the renaming of pool values forgets locals")
def _locals_unrenamed(patch: pytest.MonkeyPatch) -> None:
    original = Renaming._moved

    def moved(names: Renaming, bits: int, order: list[tuple[int, int]]) -> int:
        out = original(names, bits, order)
        for reference in (r for found in names.references.locals for r in found):
            out = out & ~reference.bits.mask | bits & reference.bits.mask
        return out

    patch.setattr(Renaming, "_moved", moved)


@engine("the renaming of pool values forgets the fields of pool values")
def _fields_unrenamed(patch: pytest.MonkeyPatch) -> None:
    original = Renaming.__init__

    def init(names: Renaming, references: References, pools: bool, stamps: bool) -> None:
        original(names, references, pools, stamps)
        names.cells = {value: [(bits, None) for bits, _ in cells] for value, cells in names.cells.items()}

    patch.setattr(Renaming, "__init__", init)


@engine("a question about a pool stops at the first page that answers it")
def _first_page_answers(patch: pytest.MonkeyPatch) -> None:
    original = Expressions.each

    def each(expressions: Expressions, inner: str, name: str, kind: Type, state: str, fails: bool) -> str:
        return original(expressions, inner, name, kind, state, False)

    patch.setattr(Expressions, "each", each)


@engine("the renaming of stamps forgets locals")
def _stamps_unrenamed(patch: pytest.MonkeyPatch) -> None:
    original = Renaming.__init__

    def init(names: Renaming, references: References, pools: bool, stamps: bool) -> None:
        original(names, references, pools, stamps)
        names.scan = [*references.roots, *references.field_references()]

    patch.setattr(Renaming, "__init__", init)


@engine("the permutation of a family forgets who owns locks")
def _owners_unmoved(patch: pytest.MonkeyPatch) -> None:
    def owned(permutation: Any, bits: int) -> int:
        return bits

    patch.setattr(canonical._Permutation, "_owned", owned)


@engine("members of a family that a property names are permuted, too")
def _named_permuted(patch: pytest.MonkeyPatch) -> None:
    original = canonical.families

    def families(threads: Sequence[Thread], properties: Iterable[Property]) -> list[list[int]]:
        return original(threads, ())

    patch.setattr(canonical, "families", families)


# ---- judging


def _judge(patch: pytest.MonkeyPatch, change: Callable[[Judge], None]) -> None:
    original = Judge.__init__

    def init(judge: Judge, compiled: Any, names: frozenset[str] | None) -> None:
        original(judge, compiled, names)
        change(judge)

    patch.setattr(Judge, "__init__", init)


@engine("a deadlock is judged as if daemons had to finish")
def _daemons_finish(patch: pytest.MonkeyPatch) -> None:
    def change(judge: Judge) -> None:
        for layout in judge.compiled.layout.threads:
            judge._end |= layout.place.mask

    _judge(patch, change)


@engine("no state is a deadlock unless daemons are all that is left")
def _only_daemons(patch: pytest.MonkeyPatch) -> None:
    def deadlocks(judge: Judge, states: Iterable[int], depth: int) -> None:
        original(judge, [s for s in states if not s & judge._end], depth)

    original = Judge.deadlocks
    patch.setattr(Judge, "deadlocks", deadlocks)


@engine("`at: end` is judged in every state")
def _end_everywhere(patch: pytest.MonkeyPatch) -> None:
    def change(judge: Judge) -> None:
        for group in judge._groups:
            group.ended = False

    _judge(patch, change)


@engine("`reach` is ignored")
def _reach_ignored(patch: pytest.MonkeyPatch) -> None:
    def change(judge: Judge) -> None:
        judge.met |= {p.name for p in judge.properties if p.kind == "reach"}

    _judge(patch, change)


@engine("invariants are judged one state late")
def _judged_late(patch: pytest.MonkeyPatch) -> None:
    original = Judge.states

    def states(judge: Judge, found: Iterable[int], depth: int) -> None:
        original(judge, found, depth + 1)

    patch.setattr(Judge, "states", states)


@engine("the first shortest schedule is taken, whatever its switches")
def _any_schedule(patch: pytest.MonkeyPatch) -> None:
    def schedule(finder: Finder, goal: Goal) -> tuple[Schedule, int]:
        return finder.some_schedule(goal)

    patch.setattr(Finder, "schedule", schedule)


@engine("the last state of each level is not expanded")
def _state_lost(patch: pytest.MonkeyPatch) -> None:
    original = search.Search._expand

    def expand(searching: search.Search, chunk: list[int], depth: int) -> None:
        original(searching, chunk[: max(1, len(chunk) - 1)], depth)

    patch.setattr(search.Search, "_expand", expand)


# ---- the interpreter


@engine("the interpreter does not clear fields")
def _interpreter_keeps(patch: pytest.MonkeyPatch) -> None:
    def clear(memory: Memory, cells: list[Value], held: Held) -> None:
        return None

    patch.setattr(Memory, "clear", clear)


@engine("the interpreter lets anybody unlock")
def _interpreter_unlocks(patch: pytest.MonkeyPatch) -> None:
    def require(condition: bool, name: str) -> None:
        if not condition and name != "unlock of a lock not held":
            raise lock_rules.Violated(name)

    patch.setattr(lock_rules, "_require", require)
