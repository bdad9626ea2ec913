# SPDX-License-Identifier: GPL-2.0-only
"""From a trace to its pictures: the schedule is replayed, and each moment compared with the one before."""

from __future__ import annotations

from dfsrace.diagnostics.text import printable
from dfsrace.diagnostics.values import dataclass
from dfsrace.engine.reference.stepping import Starts, Stepper, StepResult
from dfsrace.system.system import AUTOMATIC_PROPERTIES, System
from dfsrace.trace.locks import held_locks, sleeping_locks
from dfsrace.trace.moments import Key, Known, Moment, Moments, Row, state_at_start
from dfsrace.trace.picture import Field, Link, Picture, Thing, ThingKind
from dfsrace.trace.rechecks import rechecks
from dfsrace.trace.record import Trace, TraceStep
from dfsrace.trace.writing import Writer

MOST_STATEMENTS = 3
# Things in the order in which a reader meets them.
_KINDS: tuple[ThingKind, ...] = ("thread", "mm", "frame", "node", "disk", "value", "cell", "lock")


def pictures(system: System, trace: Trace) -> tuple[Picture, ...]:
    """What stands in the state at first and after each step of a trace: `len(trace.steps) + 1` pictures.

    A value of a pool or of a named type that has fields is a thing, and a cell or local that holds one is a link; all
    other cells and locals are fields. What no thread ever stores to is left out, but for i_size and the disk of the VM
    library and for links between values of other models. A last step that ends in an automatic violation leads to no
    state: its picture shows what its shared access made, or the state before it. `failing` marks stand in the last
    picture alone.
    """
    replay = _Replay(system, trace)
    things = _worth_showing(replay.moments.things, replay.taken)
    drawer = _Drawer(trace, _Failing.of(replay.writer, trace), replay.taken, things, rechecks(system, trace.steps))
    return tuple(drawer.picture(number) for number in range(len(replay.taken)))


class _Replay:
    """A trace replayed, with the moments that it goes through."""

    def __init__(self, system: System, trace: Trace) -> None:
        stepper = Stepper(system)
        self.trace = trace
        self.writer = Writer(stepper, Starts(stepper.each_start()), trace.schedule.initial)
        self.moments = Moments(self.writer)
        start = self.writer.start
        for opened in start.results:
            self.moments.executed(opened.thread, opened.nodes)
        self.state = state_at_start(system, start)
        self.taken = [self.moments.take(start.cells, self.state)]
        for move in trace.schedule.moves:
            assert self.writer.state is not None
            self._add(stepper.step(self.writer.state, move))

    def _add(self, result: StepResult) -> None:
        """One step more. Of one that leads nowhere its shared access counts; its thread stands where it fails."""
        self.writer.add(result)
        self.moments.executed(result.thread, result.nodes)
        cells = self.state.cells
        if result.state is not None:
            self.state = result.state
            cells = result.state.cells
        elif result.after is not None:
            cells = result.after
        self.taken.append(self.moments.take(cells, self.state))
        failed = [node.text for node in self.writer.steps[-1].executed if node.fails and node.text]
        if result.state is None and failed:
            name = self.writer.steps[-1].thread_name
            self.taken[-1].notes[_thread(name)] = printable(" ".join(failed[-1].split()))


@dataclass(frozen=True, slots=True)
class _Failing:
    """What the violated property speaks of: full names of cells, and ids of things."""

    cells: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()

    @staticmethod
    def of(writer: Writer, trace: Trace) -> _Failing:
        """For the first of the violated properties; of an automatic check the threads and the lock that it is about."""
        if not trace.violated:
            return _Failing()
        violated = trace.violated[0]
        state = writer.state
        if violated == "deadlock" and state is not None:
            locks = (writer.next_lock(waiting.thread, state) for waiting in trace.waiting)
            threads = (trace.threads[waiting.thread].name for waiting in trace.waiting)
            return _Failing(things=frozenset([*map(_thread, threads), *(_lock(lock) for lock in locks if lock)]))
        things: list[str] = []
        if violated in AUTOMATIC_PROPERTIES and trace.steps:
            things = [_thread(trace.steps[-1].thread_name)]
            thread = trace.steps[-1].thread
            if violated == "sleeping while atomic":
                things += map(_lock, sleeping_locks(writer.system, trace.steps, thread))
            elif violated == "lock held at exit":
                things += map(_lock, held_locks(trace.steps).get(thread, ()))
            elif lock := writer.failing_lock():
                things.append(_lock(lock))
        return _Failing(frozenset(map(printable, writer.failure(violated).cells)), frozenset(things))


def _thread(name: str) -> str:
    return f"thread:{printable(name)}"


def _lock(name: str) -> str:
    return f"lock:{printable(name)}"


def _worth_showing(things: dict[str, Known], moments: list[Moment]) -> list[Known]:
    """The things in their order. A value of no special kind that nothing ever stands in or points at is left out."""
    used = {key.source for moment in moments for key in moment.rows}
    used |= {row.target for moment in moments for row in moment.rows.values()}
    used |= {thing.owner for thing in things.values()}
    shown = [thing for thing in things.values() if thing.kind not in ("value", "cell") or thing.id in used]
    return sorted(shown, key=lambda thing: (_KINDS.index(thing.kind), thing.order, thing.id))


class _Drawer:
    """Makes a picture of each moment."""

    def __init__(
        self, trace: Trace, failing: _Failing, moments: list[Moment], things: list[Known], again: dict[int, str]
    ) -> None:
        self.trace, self.failing, self.moments, self.things, self.again = trace, failing, moments, things, again
        self.place = {thing.id: place for place, thing in enumerate(things)}
        self.has_links = any(_is_telling(key) and row.target for m in moments for key, row in m.rows.items())
        self.first_held: dict[str, int] = {}
        self.first_mapped: dict[str, int] = {}
        for number, moment in enumerate(moments):
            for thing in moment.held:
                self.first_held.setdefault(thing, number)
            for key, row in moment.rows.items():
                if key.kind == "mapping" and row.target:
                    self.first_mapped.setdefault(key.source, number)

    def picture(self, number: int) -> Picture:
        """The state after a step, 0 for the first."""
        now, before = self.moments[number], self.moments[max(0, number - 1)]
        last = number == len(self.moments) - 1
        step = self.trace.steps[number - 1] if number else None
        drawn = _Step(number, now, before, self.failing if last else _Failing(), step)
        violated = step.violates if step else self.trace.violated if last else ()
        return Picture(
            number,
            printable(step.thread_name) if step else "",
            self._text(step) if step else "",
            tuple(self._thing(known, drawn) for known in self.things),
            tuple(self._links(drawn)),
            violated,
            number == 0 or last or bool(violated) or self._is_interesting(drawn),
        )

    def _text(self, step: TraceStep) -> str:
        """What a step did, and what it found if it looked at something again."""
        found = self.again.get(step.number)
        return f"{step_text(step)} ({found})" if found else step_text(step)

    def _thing(self, known: Known, drawn: _Step) -> Thing:
        """A thing as it is now."""
        held = known.id in drawn.now.held
        mine = drawn.rows_of(known.id)
        moved = drawn.step is not None and known.id == _thread(drawn.step.thread_name)
        came = known.pooled and held != (known.id in drawn.before.held)
        came = came or (known.kind == "lock" and drawn.now.notes.get(known.id) != drawn.before.notes.get(known.id))
        fails = known.id in drawn.failing.things or any(row.cell in drawn.failing.cells for _, row in mine)
        return Thing(
            known.id,
            known.kind,
            known.label,
            tuple(_field(key, row, drawn) for key, row in mine if not row.target),
            self._note(known, drawn),
            held or not known.pooled,
            moved or came or any(drawn.is_changed(key) for key, _ in mine) or drawn.has_lost(known.id),
            fails,
            known.owner,
        )

    def _note(self, known: Known, drawn: _Step) -> str:
        """What is said of a thing besides its fields."""
        if known.pooled and known.id not in drawn.now.held:
            return "free" if self.first_held.get(known.id, drawn.number) < drawn.number else ""
        if self.first_mapped.get(known.id, drawn.number) < drawn.number:
            mapped = any(key.kind == "mapping" and row.target for key, row in drawn.rows_of(known.id))
            return "" if mapped else "removed from the page cache"
        return drawn.now.notes.get(known.id, "")

    def _links(self, drawn: _Step) -> list[Link]:
        """The arrows, in the order of what they start from; those that this step took away among them."""
        found = []
        for key, row in drawn.now.rows.items():
            if row.target:
                changed, fails = drawn.is_changed(key), row.cell in drawn.failing.cells
                link = Link(key.source, row.target, key.kind, _label(key, row), row.cell, changed, fails)
                found.append((self._order(key, row), link))
        for key, row in drawn.before.rows.items():
            still = drawn.now.rows.get(key)
            forgotten = key.kind == "local" and still is None
            if row.target and not forgotten and (still is None or still.target != row.target):
                link = Link(key.source, row.target, key.kind, _label(key, row), row.cell, True, False, True)
                found.append((self._order(key, row), link))
        return [link for _, link in sorted(found, key=lambda item: item[0])]

    def _order(self, key: Key, row: Row) -> tuple[object, ...]:
        return (self.place[key.source], row.order, key.name, self.place[row.target])

    def _is_interesting(self, drawn: _Step) -> bool:
        """The ends of the stale arrow, checks that look again, and steps that change a link or a cell of the property.

        Where no cell can point at anything, all that change a cell.
        """
        if drawn.number in self.again:
            return True
        stale, early = self.trace.explanation.stale, self.trace.explanation.early
        marks = [*((stale.load, stale.store) if stale else ()), *((early.mark,) if early else ())]
        if drawn.number in {mark.step for mark in marks}:
            return True
        if self.trace.violated[:1] == ("deadlock",) and any(map(drawn.is_taken_or_freed, self.failing.things)):
            return True
        for key in (*drawn.now.rows, *drawn.before.rows):
            if _is_telling(key) and drawn.is_changed(key):
                rows = [row for row in (drawn.now.rows.get(key), drawn.before.rows.get(key)) if row]
                if not self.has_links or any(row.target or row.cell in self.failing.cells for row in rows):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class _Step:
    """A step to be drawn: the moment after it, the moment before, what fails, and the step, None for the first."""

    number: int
    now: Moment
    before: Moment
    failing: _Failing
    step: TraceStep | None

    def rows_of(self, thing: str) -> list[tuple[Key, Row]]:
        """What stands in a thing now, in order."""
        mine = [(key, row) for key, row in self.now.rows.items() if key.source == thing]
        return sorted(mine, key=lambda item: (item[1].order, item[0].name))

    def is_changed(self, key: Key) -> bool:
        """Whether a row is another than before. What was not there before has changed too, but for a plain field of a

        value that has just come.
        """
        now, old = self.now.rows.get(key), self.before.rows.get(key)
        if now is None or old is None:
            return now is not old and (now is None or bool(now.target) or key.kind == "local")
        return (now.value, now.target) != (old.value, old.target)

    def is_taken_or_freed(self, lock: str) -> bool:
        """Whether a lock has come to another thread."""
        before, now = (
            {key for key, row in moment.rows.items() if key.kind == "holds" and row.target == lock}
            for moment in (self.before, self.now)
        )
        return before != now

    def stores_again(self, cell: str) -> bool:
        """Whether the step stores to a cell what has been there already."""
        changes = self.step.changes if self.step else ()
        return cell != "" and any(printable(c.name) == cell and c.old == c.new for c in changes)

    def has_lost(self, thing: str) -> bool:
        """Whether an arrow of a thing is gone, or a lock that it holds."""
        return any(key.source == thing and key not in self.now.rows for key in self.before.rows)


def _field(key: Key, row: Row, drawn: _Step) -> Field:
    changed = drawn.is_changed(key)
    old = drawn.before.rows.get(key)
    fails = row.cell in drawn.failing.cells
    before = row.value if drawn.stores_again(row.cell) else ""
    return Field(key.name, row.value, row.cell, (old.value if old else "") if changed else before, changed, fails)


def _label(key: Key, row: Row) -> str:
    return row.value if key.kind == "holds" else key.name


def _is_telling(key: Key) -> bool:
    """Cells alone: locals and locks change at almost every step."""
    return key.kind not in ("local", "holds") and not key.source.startswith("lock:")


def step_text(step: TraceStep) -> str:
    """What a step did, on one line: of an atomic block the statements that changed something."""
    nodes = [node for node in step.executed if node.text]
    telling = [n for n in nodes if n.changes or n.created or (n.lock and n.lock.event != "other") or n.fails]
    reading = [n for n in nodes if n.reads or n.lock]
    first = ([n for n in nodes if n.shared] or nodes)[:1]
    texts = list(dict.fromkeys(" ".join(node.text.split()) for node in telling or reading or first))
    more = "; …" if len(texts) > MOST_STATEMENTS else ""
    return printable("; ".join(texts[:MOST_STATEMENTS]) + more)
