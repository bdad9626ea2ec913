# SPDX-License-Identifier: GPL-2.0-only
"""Why a property is violated, in sentences made from the trace: each is true of it, or it is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dfsrace.diagnostics.values import dataclass
from dfsrace.system.program import Atomic, Operation, Renew, Wait
from dfsrace.system.system import AUTOMATIC_PROPERTIES, System
from dfsrace.trace.early import early_sentence, too_early
from dfsrace.trace.flow import Flow, Overtaken
from dfsrace.trace.locks import held_locks, sleeping_locks, taken_in
from dfsrace.trace.record import CellChange, Executed, Explanation, Mark, Stale, TraceStep, Waiting
from dfsrace.trace.shortest import Claim, Sentence, loaded, shortest, stored

MOST_FOLLOWED = 100
MOST_LISTED = 6
# Checks that name what they found.
NAMED = ("null dereference", "value out of range")


@dataclass(frozen=True, slots=True)
class InitialValue:
    """A cell's value in an initial state; `by_setup`: it is not the declared one."""

    name: str
    value: str
    by_setup: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What an explanation starts from: the replayed steps, what is violated, and the cells that the failing part reads.

    `failing`: what is not so, short; `lock`: the lock that the failing operation is about; `waiting`: of a deadlock;
    `initial`: what a property reads where there is no step.
    """

    system: System
    steps: tuple[TraceStep, ...]
    violated: str
    cells: tuple[str, ...] = ()
    failing: str = ""
    lock: str = ""
    waiting: tuple[Waiting, ...] = ()
    initial: tuple[InitialValue, ...] = ()


def explain(facts: Facts) -> Explanation:
    """The explanation of a trace that ends in a violation."""
    found = _explained(facts)
    if early := too_early(facts.system, facts.steps, found):
        said = early_sentence(facts.system, facts.steps, early)
        found = replace(found, sentences=(*found.sentences, said), early=early)
    sentence = _in_short(facts, found)
    return replace(found, shortest=shortest(facts.steps, facts.violated, found, sentence))


def _explained(facts: Facts) -> Explanation:
    if facts.violated == "deadlock":
        return deadlock(facts)
    if not facts.steps:
        return Explanation((_at_once(facts),), failing=facts.failing)
    if facts.violated in _AUTOMATIC:
        return _AUTOMATIC[facts.violated](facts)
    if facts.violated in ("assertion", *NAMED):
        return used_stale(facts) or _found(facts) or by_cells(facts)
    return by_cells(facts)


def _at_once(facts: Facts) -> str:
    """What holds without a step, and what makes it so."""
    if facts.violated in AUTOMATIC_PROPERTIES:
        return "It happens in the first local statements of a thread, before any step."
    if not facts.initial:
        return "It is so in the initial state, and what fails reads no cell."
    makers = {True: "setup", False: "the initial values"}
    who = [makers[by_setup] for by_setup in (True, False) if any(cell.by_setup == by_setup for cell in facts.initial)]
    values = [f"{cell.name} is {cell.value}" for cell in facts.initial[:MOST_LISTED]]
    values += [f"{more} more"] if (more := len(facts.initial) - MOST_LISTED) > 0 else []
    made = "setup makes" if who == ["setup"] else f"{' and '.join(who)} make"
    return f"In the initial state {_listed(values)}; {made} it so."


# ---- properties over cells


def by_cells(facts: Facts) -> Explanation:
    """Explains by the last stores to the cells that the failing part of a property reads."""
    flow = Flow(facts.system, facts.steps)
    stores = {cell: mark for cell in facts.cells if (mark := flow.last_store(cell))}
    latest = sorted(stores.items(), key=lambda item: (item[1].step, item[1].executed), reverse=True)
    for start, first in latest:
        for cell, mark, stale in _stale_on_the_way(flow, start, first):
            return _stored_stale(facts, cell, mark, stale)
    for cell, mark in latest:
        for origin in flow.origins(mark):
            if over := flow.overtaken(origin.load, flow.end, origin.copied):
                return _stored_stale(facts, cell, mark, over)
    for cell, mark in latest:
        for tested in flow.tested(mark):
            if over := flow.overtaken(tested, mark):
                did = _did(flow.operation(mark), flow.change_of(mark, cell))
                return _decided(facts, over, f"{_who(flow, mark)} {did} in step {mark.step}", mark)
    if last := flow.last_change(facts.cells):
        cell, mark = last
        change = flow.change_of(mark, cell)
        did = f"{_who(flow, mark)} {_did(flow.operation(mark), change)} in step {mark.step}"
        return Explanation((f"{did}, the last change of what the property reads.",), None, facts.failing, (mark,))
    places = (Mark(facts.steps[-1].number, 0),) if facts.steps[-1].executed else ()
    return Explanation((), None, facts.failing, places)


def _stale_on_the_way(flow: Flow, cell: str, mark: Mark) -> Iterator[tuple[str, Mark, Overtaken]]:
    """Stores of stale values that a store's value came from, the store itself first, then those before it."""
    waiting, seen = [(cell, mark)], {mark}
    while waiting and len(seen) < MOST_FOLLOWED:
        cell, mark = waiting.pop(0)
        for origin in flow.origins(mark):
            if over := flow.overtaken(origin.load, mark, origin.copied):
                yield cell, mark, over
            for read in flow.executed(origin.load).reads:
                earlier = flow.last_store(read.name, origin.load)
                if earlier and earlier not in seen:
                    seen.add(earlier)
                    waiting.append((read.name, earlier))


def _stored_stale(facts: Facts, cell: str, mark: Mark, over: Overtaken) -> Explanation:
    """A value was stored that another thread had made out of date since it was loaded."""
    flow = Flow(facts.system, facts.steps)
    change, read = flow.change_of(mark, cell), flow.executed(over.load).reads[0]
    value = "what it read" if over.copied else "a value computed from what it read"
    first = (
        f"{_who(flow, mark)} sets {change.name} in step {mark.step} to {value} from {read.name} "
        f"in {_step(over.load.step, mark.step)}; "
        f"{_who(flow, over.store)} {_did(flow.operation(over.store), over.change)} in step {over.store.step}."
    )
    stale = Stale(over.load, over.store, read.name)
    return Explanation((first,), stale, facts.failing, (over.load, mark, over.store))


def _decided(facts: Facts, over: Overtaken, last: str, mark: Mark) -> Explanation:
    """A thread went on by a test that another thread had made out of date, and did what `last` says."""
    flow = Flow(facts.system, facts.steps)
    read = next(r for r in flow.executed(over.load).reads if r.name == over.change.name)
    first = f"{_who(flow, over.load)} tested {read.name} in step {over.load.step}, when it was {read.value}"
    if isinstance(flow.operation(over.load), Wait):
        first = f"{_who(flow, over.load)}'s wait was over in step {over.load.step}, when {read.name} was {read.value}"
    then = f"{_who(flow, over.store)} {_did(flow.operation(over.store), over.change)} in step {over.store.step}"
    stale = Stale(over.load, over.store, read.name)
    return Explanation((f"{first}; {then}, before {last}.",), stale, facts.failing, (over.load, mark, over.store))


def used_stale(facts: Facts) -> Explanation | None:
    """The failing step used a value, or had passed a test, that was out of date by then; or else what it had read."""
    flow, mark = Flow(facts.system, facts.steps), _failing(facts)
    for origin in flow.used(mark):
        if over := flow.overtaken(origin.load, mark, origin.copied):
            read = flow.executed(over.load).reads[0]
            text = (
                f"{_fails(facts, flow, mark)} with what it read from {read.name} in step "
                f"{over.load.step}; {_who(flow, over.store)} {_did(flow.operation(over.store), over.change)} "
                f"in step {over.store.step}."
            )
            stale = Stale(over.load, over.store, read.name)
            return Explanation((text,), stale, facts.failing, (over.load, mark, over.store))
    for tested in flow.tested(mark):
        if over := flow.overtaken(tested, mark):
            return _decided(facts, over, f"{_who(flow, mark)} failed in step {mark.step}", mark)
    return _used(facts, flow, mark)


def _used(facts: Facts, flow: Flow, mark: Mark) -> Explanation | None:
    """What the failing step had read, where nothing of it was out of date; None where it used no load's value."""
    loads = list(dict.fromkeys(origin.load for origin in flow.used(mark)))
    if not loads:
        return None
    read = _listed([f"{flow.executed(load).reads[0].name} in step {load.step}" for load in loads])
    text = f"{_fails(facts, flow, mark)} with what it read from {read}."
    return Explanation((text,), None, facts.failing, (*loads, mark))


def _fails(facts: Facts, flow: Flow, mark: Mark) -> str:
    """Who fails where, and what an automatic check found."""
    found = f" ({facts.failing})" if facts.violated in NAMED and facts.failing != facts.violated else ""
    return f"{_who(flow, mark)} fails in step {mark.step}{found}"


def _found(facts: Facts) -> Explanation | None:
    """What an automatic check found, where the step used nothing that was read before."""
    if facts.violated not in NAMED or facts.failing == facts.violated:
        return None
    flow, mark = Flow(facts.system, facts.steps), _failing(facts)
    return Explanation((f"{_fails(facts, flow, mark)}.",), None, facts.failing, (mark,))


# ---- locks


def deadlock(facts: Facts) -> Explanation:
    """Who waits for what, and who has it."""
    holders = held_locks(facts.steps)
    names = [thread.name for thread in facts.system.threads]
    groups: dict[str, list[str]] = {}
    for waiting in facts.waiting:
        has = list(holders.get(waiting.thread, {}))
        goal = f" {waiting.goal}" if waiting.goal else ""
        does = f"holds {_listed(has)} and waits{goal}" if has else f"waits{goal}"
        groups.setdefault(does, []).append(names[waiting.thread])
    parts = [f"{_listed(who)} {does if len(who) == 1 else _plural(does)}" for does, who in groups.items()]
    sentence = "; ".join(parts)
    marks = [mark for taken in holders.values() for mark in taken.values()]
    return Explanation((f"{sentence}.",) if parts else (), None, facts.failing or "deadlock", tuple(marks[:3]))


def _sleeping(facts: Facts) -> Explanation:
    """Which lock is held, and what sleeps."""
    mark = _failing(facts)
    node, thread = _node(facts, mark), facts.steps[mark.step - 1].thread
    where = f"{node.text} in {node.procedure}" if node.procedure else node.text
    held = sleeping_locks(facts.system, facts.steps, thread)
    name = facts.system.threads[thread].name
    what = f"{name} may sleep in step {mark.step} ({where})"
    if not held:
        return Explanation((f"{what} and holds a lock that spins.",), None, facts.failing, (mark,))
    lock, taken = next(iter(held.items()))
    since = _step(taken.step, mark.step)
    return Explanation((f"{what} and holds {lock} since {since}.",), None, facts.failing, (taken, mark))


def _about_lock(facts: Facts) -> Explanation:
    """A lock that the thread has already, has not, or still has: since when it or another has it."""
    mark = _failing(facts)
    node, thread = _node(facts, mark), facts.steps[mark.step - 1].thread
    name, lock = facts.system.threads[thread].name, facts.lock
    own = taken_in(facts.steps, thread, lock)
    if facts.violated == "lock held at exit":
        held = held_locks(facts.steps).get(thread, {})
        since = _listed([f"{lock}, taken in step {taken.step}" for lock, taken in held.items()])
        text = f"{name} ends in step {mark.step} and still holds {since}" if held else ""
        return _plain(facts, text, (*held.values(), mark))
    if facts.violated == "lock taken twice" and own:
        return _plain(facts, f"{name} takes {lock} in step {mark.step} and has it since step {own.step}", (own, mark))
    others = [(t, m) for t, m in _others(facts, lock) if t != thread]
    text = f"{name} does {node.text} in step {mark.step}"
    if facts.violated == "unlock of a lock not held":
        text += f" and does not hold {lock}" if lock else " and does not hold the lock"
    if others:
        text += f"; {facts.system.threads[others[0][0]].name} holds it since step {others[0][1].step}"
    return _plain(facts, text, (mark, *(m for _, m in others[:1])))


def _others(facts: Facts, lock: str) -> list[tuple[int, Mark]]:
    return [(thread, taken[lock]) for thread, taken in held_locks(facts.steps).items() if lock and lock in taken]


_AUTOMATIC = {
    "sleeping while atomic": _sleeping,
    "lock taken twice": _about_lock,
    "unlock of a lock not held": _about_lock,
    "lock held at exit": _about_lock,
    "seqcount written twice": _about_lock,
    "blocks inside atomic": _about_lock,
}


# ---- in short


def _in_short(facts: Facts, found: Explanation) -> Sentence | None:
    """The explanation in one sentence, and what it claims; None where the explanation's own first is short enough."""
    flow = Flow(facts.system, facts.steps)
    if found.stale is not None:
        return _stale_in_short(flow, found.stale, found.places[1])
    if facts.violated in AUTOMATIC_PROPERTIES or facts.violated == found.failing or len(found.places) != 1:
        return None
    mark = found.places[0]
    changes = [c for c in flow.executed(mark).changes if c.name in facts.cells and c.old != c.new]
    if not changes or not found.failing:
        return None
    text = f"{_who(flow, mark)} {_did(flow.operation(mark), changes[-1])} in step {mark.step}, and then {found.failing}"
    return Sentence(text, (stored(mark, _who(flow, mark), changes[-1]),))


def _stale_in_short(flow: Flow, stale: Stale, mark: Mark) -> Sentence:
    """Who did what with a value that somebody else had made out of date."""
    who, other, node = _who(flow, mark), _who(flow, stale.store), flow.executed(mark)
    change = flow.change_of(stale.store, stale.cell)
    read = loaded(stale.load, who, flow.executed(stale.load), stale.cell)
    claims = [read, stored(stale.store, other, change)]
    does = "fails"
    if node.fails or not node.changes:
        claims.append(Claim("fails", mark, who))
    else:
        claims.append(stored(mark, who, node.changes[-1]))
        does = _did(flow.operation(mark), node.changes[-1])
    undone = f"{_did(flow.operation(stale.store), replace(change, name='it'))} in step {stale.store.step}"
    sources = {origin.load: origin.copied for origin in flow.used(mark)}
    if stale.load not in sources:
        since = f"since {stale.cell} was {read.value} in step {stale.load.step}"
        return Sentence(f"{who} {does} in step {mark.step} {since}; {other} {undone}", tuple(claims))
    value = f"{stale.cell} of step {stale.load.step}; {other} {undone}"
    if does == "fails":
        return Sentence(f"{who} fails in step {mark.step} with {value}", tuple(claims))
    into = f"{who} sets {node.changes[-1].name} in step {mark.step}"
    verb = "to" if sources[stale.load] else "from"
    return Sentence(f"{into} {verb} {value}", tuple(claims))


# ---- words


def _plain(facts: Facts, text: str, places: tuple[Mark, ...]) -> Explanation:
    return Explanation((f"{text}.",) if text else (), None, facts.failing, places)


def _failing(facts: Facts) -> Mark:
    """The node at which the last step failed."""
    step = facts.steps[-1]
    failing = [place for place, node in enumerate(step.executed) if node.fails]
    return Mark(step.number, failing[-1] if failing else len(step.executed) - 1)


def _node(facts: Facts, mark: Mark) -> Executed:
    return facts.steps[mark.step - 1].executed[mark.executed]


def _who(flow: Flow, mark: Mark) -> str:
    return flow.system.threads[flow.thread(mark)].name


def _did(operation: Operation, change: CellChange) -> str:
    """What a store did, in the past tense."""
    if isinstance(operation, Renew):
        return f"renewed {change.name}"
    if change.new == "None":
        return f"emptied {change.name}"
    if isinstance(operation, Atomic):
        return f"changed {change.name} to {change.new}"
    return f"set {change.name} to {change.new}"


def _plural(does: str) -> str:
    """What several threads do, of what one does."""
    return (
        does.replace("holds ", "hold ", 1).replace("waits", "wait", 1)
        if does.startswith("holds")
        else f"wait{does[5:]}"
    )


def _step(step: int, known: int) -> str:
    """A step, where another has just been named."""
    return "that step" if step == known else f"step {step}"


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
