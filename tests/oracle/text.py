# SPDX-License-Identifier: GPL-2.0-only
"""`run` explores every interleaving of a model's text, breadth first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .classes import count
from .constants import analyse
from .frames import Frame
from .machine import JOINED, Automaton, Cells, Machine, Place, replaced
from .model import Model, ModelError, Procedure, Property, Violation, load

__all__ = ["ModelError", "Verdict", "run"]


@dataclass(frozen=True, slots=True)
class Verdict:
    verdict: str  # violated, holds, inconclusive
    violated: dict[str, int | None]  # the steps of the shortest trace; None for a reach that is never true
    states: int  # those of this search, without renaming
    classes: int | None = None  # with forget: the states as the language counts them


class Explorer:
    def __init__(self, model: Model, forget: bool = False) -> None:
        self.model, self.forget = model, forget
        self.machine = Machine(model)
        self.names = [thread.name for thread in model.threads]
        self.needed = {thread.name for thread in model.threads if not thread.daemon}
        self.automata: list[Automaton] = []
        self.violated: dict[str, int | None] = {}
        self.missing = {law.name for law in model.reach}
        self.judged: set[Cells] = set()
        self.cut = False
        self.blank = Frame(Procedure("property", []), 0)

    # ---- one thread

    def joined(self, me: str, request: tuple[Any, ...], cells: Cells) -> tuple[tuple[Any, ...], str | None]:
        """What a request that is no step may be answered with, or the violation that it is."""
        match request:
            case ("const", var, key):
                at, bad = self.machine.find(var, key)
                return (() if bad else (cells[at],)), bad
            case ("pick", values):
                return values, None
            case ("sleep",):
                return (None,), "sleeping while atomic" if self.machine.spinning(cells, me) else None
            case ("exit",):
                return (), "lock held at exit" if self.machine.holding(cells, me) else None
        return (), request[1]

    def settle(self, me: str, automaton: Automaton, place: Place, cells: Cells) -> tuple[list[Place], set[str]]:
        """Runs a thread's local steps: where it may come to rest, and the violations on the way."""
        ends, bads = [], set()
        todo: list[tuple[Place, tuple[Place, ...]]] = [(place, ())]
        while todo:
            here, path = todo.pop()
            if here in path:
                raise ModelError("loops without a shared access")
            if here.request[0] not in JOINED:
                ends.append(here)
                continue
            answers, bad = self.joined(me, here.request, cells)
            if bad:
                bads.add(bad)
            elif here.request[0] == "exit":
                ends.append(here)
            else:
                todo += [(automaton.advance(here, answer), (*path, here)) for answer in answers]
        return ends, bads

    def together(
        self, me: str, automaton: Automaton, start: Place, cells: Cells, others: tuple[Place, ...]
    ) -> Iterator[tuple[str, Cells, Place]]:
        """All outcomes of an atomic section, or of a whole setup, from its first request on."""
        setup = me == "setup"
        todo: list[tuple[Place, Cells, bool, frozenset[Any]]] = [(start, cells, setup, frozenset())]
        while todo:
            here, now, started, path = todo.pop()
            kind = here.request[0]
            if (here, now) in path:
                raise ModelError("loops without a shared access")
            path |= {(here, now)}
            if kind in JOINED:
                answers, bad = self.joined(me, here.request, now)
                if bad:
                    yield bad, now, here
                elif kind == "exit":
                    yield "ok", now, here
                else:
                    todo += [(automaton.advance(here, answer), now, started, path) for answer in answers]
            elif kind in ("atomic", "end atomic"):
                after = automaton.advance(here, None)
                if setup:
                    todo.append((after, now, started, path))
                else:
                    yield "ok", now, after
            else:
                found = self.machine.perform(here.request, now, (*others, here), me, True)
                if not found and started:
                    yield "blocks inside atomic", now, here
                for what, answer, after in found:
                    if what == "ok":
                        place = automaton.advance(here, answer)
                        todo.append((place, self.machine.forget(after, (*others, place)), True, path))
                    else:
                        yield what, now, here

    def step(self, cells: Cells, places: tuple[Place, ...], at: int) -> Iterator[tuple[str, Cells, Place]]:
        place, automaton = places[at], self.automata[at]
        if place.request[0] == "exit":
            return
        if place.request[0] == "atomic":
            others = (*places[:at], *places[at + 1 :])
            yield from self.together(self.names[at], automaton, automaton.advance(place, None), cells, others)
            return
        for what, answer, after in self.machine.perform(place.request, cells, places, self.names[at], False):
            if what == "register":
                yield "ok", after, place
            else:
                yield what, after, automaton.advance(place, answer) if what == "ok" else place

    # ---- all threads

    def setup(self) -> list[Cells]:
        known = [self.machine.first]
        for code in self.model.setup:
            automaton = Automaton(self.model, code, frozenset())
            found: dict[Cells, None] = {}
            for cells in known:
                for what, after, _ in self.together("setup", automaton, automaton.start(), cells, ()):
                    if what == "exhausted":
                        self.cut = True
                    elif what != "ok":
                        raise ModelError(f"setup: {what}")
                    else:
                        found[self.machine.forget(after, ())] = None
            known = list(found)
        return known

    def prepare(self) -> Iterator[tuple[Cells, tuple[Place, ...]]]:
        initial = self.setup()
        codes = [thread.code for thread in self.model.threads]
        constant, live = analyse(self.model, self.machine, codes, initial)
        self.automata = [Automaton(self.model, code, constant) for code in codes]
        for automaton, wanted in zip(self.automata, live, strict=True):
            automaton.live, automaton.forget = wanted, self.forget
        for cells in initial:
            self.judge(cells, 0)
            rests = []
            for name, automaton in zip(self.names, self.automata, strict=True):
                ends, bads = self.settle(name, automaton, automaton.start(), cells)
                self.blame(bads, 0)
                rests.append(ends)
            yield from ((cells, places) for places in itertools.product(*rests))

    def blame(self, names: set[str], depth: int) -> None:
        for name in names:
            self.violated.setdefault(name, depth)

    def judge(self, cells: Cells, depth: int) -> None:
        """The properties that are about cells alone, right after an access."""
        if cells not in self.judged:
            self.judged.add(cells)
            self.judge_all(cells, depth, False, set())

    def judge_all(self, cells: Cells, depth: int, late: bool, done: set[str]) -> None:
        ended = done >= self.needed
        for law in self.model.invariants:
            if law.late == late and (ended or not law.end) and not self.true(law, cells, done):
                self.blame({law.name}, depth)
        for law in self.model.reach:
            if law.late == late and law.name in self.missing and self.true(law, cells, done):
                self.missing.discard(law.name)

    def true(self, law: Property, cells: Cells, done: set[str]) -> bool:
        try:
            return bool(self.machine.judge(law.holds, self.blank, cells, done))
        except Violation as violation:
            raise ModelError(f"{law.name}: {violation}") from violation

    def explore(self, limit: int) -> Verdict:
        seen: set[Any] = set()
        level = self.admit(self.prepare(), seen, 0)
        depth = 0
        while level:
            later = []
            for cells, places in level:
                later += self.admit(self.successors(cells, places, depth), seen, depth + 1)
                if len(seen) > limit:
                    self.cut = True
                    break
            level = [] if len(seen) > limit else later
            depth += 1
        if not self.cut:
            self.violated |= dict.fromkeys(sorted(self.missing))
        verdict = "violated" if self.violated else "inconclusive" if self.cut else "holds"
        classes = count(self.model, self.machine, seen) if self.forget else None
        return Verdict(verdict, self.violated, len(seen), classes)

    def admit(self, states: Any, seen: set[Any], depth: int) -> list[Any]:
        new = []
        for state in states:
            if state not in seen:
                seen.add(state)
                new.append(state)
                done = {n for n, place in zip(self.names, state[1], strict=True) if place.request[0] == "exit"}
                self.judge_all(state[0], depth, True, done)
        return new

    def successors(self, cells: Cells, places: tuple[Place, ...], depth: int) -> list[Any]:
        found = []
        moved = False
        for at, name in enumerate(self.names):
            for what, after, place in self.step(cells, places, at):
                moved = True
                if what == "exhausted":
                    self.cut = True
                elif what != "ok":
                    self.blame({what}, depth + 1)
                else:
                    self.judge(after, depth + 1)
                    ends, bads = self.settle(name, self.automata[at], place, after)
                    self.blame(bads, depth + 1)
                    for end in ends:
                        state = replaced(places, at, end)
                        found.append((self.machine.forget(after, state), state))
        done = {n for n, place in zip(self.names, places, strict=True) if place.request[0] == "exit"}
        if not moved and not self.needed <= done:
            self.blame({"deadlock"}, depth)
        return found


def run(
    path: Path,
    libraries: list[Path],
    constants: dict[str, str] | None = None,
    limit: int = 200_000,
    forget: bool = False,
) -> Verdict:
    """The verdict of the model in a file. Raises ModelError for what is no model.

    Without `forget`, threads are told apart by all their locals, dead ones too, so that an error in the analysis of
    live locals cannot merge two states. With it, `states` are those without renaming and `classes` those with.
    """
    return Explorer(load(path, libraries, constants), forget).explore(limit)
