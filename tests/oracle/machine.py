# SPDX-License-Identifier: GPL-2.0-only
"""Threads as automata grown from their generators, and what one request does to the cells.

A generator cannot be copied. A place where it waits is known by a digest of its own Python stack (code positions and
locals); each place keeps one history of answers that leads to it, to be replayed when another answer is tried there.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from .frames import Frame, held_in
from .locks import SLEEPING, operate, owners
from .model import Model, ModelError, Procedure, Ref, Stamp, Type, Variable, Violation
from .values import Walk
from .walk import Walker

Cells = tuple[Any, ...]
SPINNING = {"spinlock", "rwlock", "seqlock"}
OWNED = {"spinlock", "mutex", "rwlock", "rwsem", "seqlock", "seqcount"}
JOINED = {"const", "pick", "sleep", "fail", "exit"}


@dataclass(slots=True, eq=False)
class Place:
    request: tuple[Any, ...]
    history: tuple[Any, ...]
    code: Hashable  # the place in the text alone
    refs: frozenset[Any]  # pool values and stamps anywhere in the generator
    live: frozenset[Any]  # those that a live local has
    content: Hashable  # pending values and live locals
    spare: tuple[Walk, Walker] | None
    edges: dict[Any, Place] = field(default_factory=dict)
    logs: dict[Any, list[tuple[Any, ...]]] = field(default_factory=dict)


class Automaton:
    """One thread's places; `live` tells the live locals of each place in the text (all, where it is None)."""

    def __init__(self, model: Model, code: Procedure, constant: frozenset[str], abstract: bool = False) -> None:
        self.model, self.code, self.constant, self.abstract = model, code, constant, abstract
        self.live: dict[Hashable, set[tuple[int, str]]] | None = None
        self.forget = False  # tell places apart by live locals only
        self.places: dict[Hashable, Place] = {}

    def start(self) -> Place:
        walker = Walker(self.model, self.constant, self.abstract)
        walk = walker.main(self.code)
        return self.arrive(walk, walker, next(walk), ())

    def advance(self, place: Place, answer: Any) -> Place:
        if answer not in place.edges:
            if place.spare:
                (walk, walker), place.spare = place.spare, None
            else:
                walker = Walker(self.model, self.constant, self.abstract)
                walk = walker.main(self.code)
                next(walk)
                for old in place.history:
                    walker.spins = 0
                    walk.send(old)
            walker.spins, walker.log = 0, []
            request = walk.send(answer)
            place.logs[answer] = walker.log
            place.edges[answer] = self.arrive(walk, walker, request, (*place.history, answer))
        return place.edges[answer]

    def arrive(self, walk: Walk, walker: Walker, request: tuple[Any, ...], history: tuple[Any, ...]) -> Place:
        stack: list[Any] = []
        inner: Any = walk
        while inner is not None:
            stack.append(inner.gi_frame)
            inner = inner.gi_yieldfrom
        local = [(frame.f_code, frame.f_lasti, frame.f_locals) for frame in stack]
        code = tuple((text, at, positions(values)) for text, at, values in local)
        frames = tuple(tuple(sorted(frame.vars.items())) for frame in walker.frames)
        pending = tuple(tuple(frozen(values[name]) for name in sorted(values)) for _, _, values in local)
        slots = [((depth, name), value) for depth, frame in enumerate(frames) for name, value in frame]
        live = tuple(pair for pair in slots if self.live is None or pair[0] in self.live.get(code, ()))
        digest = (code, pending, live) if self.forget else (code, pending, frames)
        place = self.places.get(digest)
        if place is None:
            used = frozenset(held_in((pending, live)))
            refs = used if self.forget else frozenset(held_in((pending, frames)))
            place = self.places[digest] = Place(request, history, code, refs, used, (pending, live), (walk, walker))
        return place


def positions(values: dict[str, Any]) -> Hashable:
    """Where in the text a Python frame of the walker is: syntax nodes, the items of unrolled loops, the way out."""
    return tuple(
        (name, frozen(v)) for name, v in sorted(values.items()) if isinstance(v, ast.AST) or name in ("item", "way")
    )


def frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(frozen(item) for item in value)
    if isinstance(value, Frame | Walker | Procedure | Type):
        return None
    return value


class Machine:
    """The cells of a model and the meaning of requests."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.layout: list[tuple[Variable, tuple[Any, ...]]] = []
        for variable in model.variables.values():
            for key in itertools.product(*(dim.values for dim in variable.dims)):
                self.layout.append((variable, key))
        self.index = {(variable.name, key): at for at, (variable, key) in enumerate(self.layout)}
        self.owner: list[Ref | None] = [key[0] if key and isinstance(key[0], Ref) else None for _, key in self.layout]
        self.fields: dict[Ref, list[int]] = {}
        for at, owner in enumerate(self.owner):
            if owner:
                self.fields.setdefault(owner, []).append(at)
        self.pooled = any(t.kind == "pool" for t in model.types.values())
        self.locks = [at for at, (variable, _) in enumerate(self.layout) if variable.type.kind in OWNED]
        self.written: set[str] = set()
        first = tuple(variable.initial for variable, _ in self.layout)
        self.first = self.forget(first, ())

    # ---- pools and stamps

    def spread(self, cells: Cells, found: set[Any]) -> set[Ref]:
        """All pool values that are reachable from these through fields."""
        known = {value for value in found if isinstance(value, Ref)}
        todo = list(known)
        while todo:
            for at in self.fields.get(todo.pop(), ()):
                if isinstance(cells[at], Ref) and cells[at] not in known:
                    known.add(cells[at])
                    todo.append(cells[at])
        return known

    def roots(self, cells: Cells) -> set[Any]:
        return {v for v, owner in zip(cells, self.owner, strict=True) if owner is None and isinstance(v, Ref)}

    def held(self, cells: Cells, locals_: set[Any]) -> set[Ref]:
        found = self.roots(cells) | locals_
        for at in self.locks:
            owner = self.owner[at]
            if owner and owners(self.layout[at][0].type.kind, cells[at]):
                found.add(owner)
        return self.spread(cells, found)

    def forget(self, cells: Cells, places: tuple[Place, ...]) -> Cells:
        """Clears the fields of pool values that nobody holds, not even a dead local."""
        if not self.pooled:
            return cells
        held = self.held(cells, {value for place in places for value in place.refs})
        return tuple(v if owner is None or owner in held else None for v, owner in zip(cells, self.owner, strict=True))

    def fresh(self, cells: Cells, places: tuple[Place, ...], kind: str, but: int) -> Stamp:
        taken = {value for place in places for value in place.refs}
        taken |= {item for at, value in enumerate(cells) if at != but for item in held_in(value)}
        return next(stamp for n in itertools.count() if (stamp := Stamp(kind, n)) not in taken)

    # ---- requests

    def find(self, var: str, key: tuple[Any, ...]) -> tuple[int, str | None]:
        at = self.index.get((var, key))
        if at is not None:
            return at, None
        for part, dim in zip(key, self.model.variables[var].dims, strict=True):
            if part is None:
                return -1, "null dereference"
            if part not in dim.values:
                return -1, "value out of range"
        raise ModelError(f"no cell {var}{key}")

    def spinning(self, cells: Cells, me: str) -> bool:
        return self.holding(cells, me, SPINNING)

    def holding(self, cells: Cells, me: str, kinds: set[str] = OWNED) -> bool:
        kind = [(self.layout[at][0].type.kind, cells[at]) for at in self.locks]
        return any(me in owners(name, value) for name, value in kind if name in kinds)

    def answers(self, walk: Walk, cells: Cells, done: set[str]) -> Any:
        """Runs a generator to its end on these cells, as one step. Raises Violation."""
        answer: Any = None
        problem: str | None = None
        while True:
            try:
                request = walk.throw(Violation(problem)) if problem else walk.send(answer)
            except StopIteration as end:
                return end.value
            answer, problem = None, None
            match request:
                case ("load" | "const", var, key):
                    at, problem = self.find(var, key)
                    answer = None if problem else cells[at]
                case ("fail", name):
                    problem = name
                case ("members", pool):
                    reach = self.spread(cells, self.roots(cells))
                    answer = tuple(sorted(value for value in reach if value.pool == pool))
                case ("finished", name):
                    answer = name in done
                case _:
                    raise ModelError(f"a condition may not {request[0]}")

    def judge(self, node: ast.expr, frame: Frame, cells: Cells, done: set[str] | None = None) -> Any:
        walk = Walker(self.model, frozenset()).test(node, frame.copy())
        return self.answers(walk, cells, done or set())[0]

    def perform(self, request: tuple[Any, ...], cells: Cells, places: tuple[Place, ...], me: str, atomic: bool) -> Any:
        """All outcomes of a request: (what, answer, cells), what being "ok", "register", "exhausted" or a violation."""
        try:
            return self.outcomes(request, cells, places, me, atomic)
        except Violation as violation:
            return [(str(violation), None, cells)]

    def outcomes(self, request: tuple[Any, ...], cells: Cells, places: tuple[Place, ...], me: str, atomic: bool) -> Any:
        match request:
            case ("load", var, key):
                return [("ok", cells[self.at(var, key)], cells)]
            case ("store", var, key, value):
                self.written.add(var)
                return [("ok", None, self.put(cells, self.at(var, key), value))]
            case ("cell", name, var, key, values):
                self.written.add(var)
                return [self.cell(name, self.at(var, key), values, cells, places)]
            case ("lock", op, var, key, values):
                self.written.add(var)
                at = self.at(var, key)
                if op in SLEEPING and self.spinning(cells, me):
                    raise Violation("sleeping while atomic")
                rest = (atomic, values[0] if values else None, lambda: self.fresh(cells, places, f"#{var}", at))
                what, answer, value = operate(op, self.layout[at][0], cells[at], me, rest)
                return [] if what == "wait" else [(what, answer, replaced(cells, at, value))]
            case ("alloc", t):
                return [self.alloc(t, cells, places)]
            case ("wait", node, frame):
                if self.spinning(cells, me):
                    raise Violation("sleeping while atomic")
                return [("ok", None, cells)] if self.judge(node, frame, cells) else []
            case ("assert", node, frame):
                return [("ok" if self.judge(node, frame, cells) else "assertion", None, cells)]
            case ("pure", kind, node, frame):
                walk = Walker(self.model, frozenset()).quantify(kind, node, frame.copy())
                return [("ok", self.answers(walk, cells, set()), cells)]
            case ("choose", t, clause, frame):
                return [("ok", value, cells) for value in self.choices(t, clause, frame, cells)]
        raise ModelError(f"no request {request[0]}")

    def at(self, var: str, key: tuple[Any, ...]) -> int:
        at, bad = self.find(var, key)
        if bad:
            raise Violation(bad)
        return at

    def put(self, cells: Cells, at: int, value: Any) -> Cells:
        bad = self.layout[at][0].type.wrong(value)
        if bad:
            raise Violation(bad)
        return replaced(cells, at, value)

    def cell(self, name: str, at: int, values: Any, cells: Cells, places: tuple[Place, ...]) -> Any:
        variable, _ = self.layout[at]
        old = cells[at]
        if name == "renew":
            return "ok", None, replaced(cells, at, self.fresh(cells, places, variable.type.name, at))
        if name == "cmpxchg":
            return "ok", old, self.put(cells, at, values[1]) if old == values[0] else cells
        if name == "xchg":
            return "ok", old, self.put(cells, at, values[0])
        if old is None:
            raise Violation("null dereference")
        new = old + (1 if name == "atomic_inc" else -1)
        return "ok", new == 0 if name == "atomic_dec_and_test" else None, self.put(cells, at, new)

    def alloc(self, t: Type, cells: Cells, places: tuple[Place, ...]) -> Any:
        held = self.held(cells, {value for place in places for value in place.live})
        free = [value for value in t.values if value not in held]
        if not free:
            return "exhausted", None, cells
        blank = [None if at in self.fields.get(free[0], ()) else value for at, value in enumerate(cells)]
        for at in self.fields.get(free[0], ()):
            variable, _ = self.layout[at]
            blank[at] = variable.initial
            if variable.type.kind == "stamp" and not variable.type.none:
                blank[at] = self.fresh(tuple(blank), places, variable.type.name, at)
            elif variable.type.kind in ("seqlock", "seqcount"):
                blank[at] = (None, self.fresh(tuple(blank), places, f"#{variable.name}", at))
        return "ok", free[0], tuple(blank)

    def choices(self, t: Type, clause: Any, frame: Frame, cells: Cells) -> list[Any]:
        values = t.every()
        if t.kind == "pool":
            values = tuple(sorted(v for v in self.spread(cells, self.roots(cells)) if v.pool == t.name))
        found, problems = [], []
        for value in values:
            inner = frame.copy()
            if clause:
                inner.vars[clause.target.id], inner.types[clause.target.id] = value, t
            try:
                if all(self.judge(part, inner, cells) for part in (clause.ifs if clause else [])):
                    found.append(value)
            except Violation as problem:
                problems.append(problem)
        if problems:
            raise min(problems, key=str) if t.kind == "pool" else problems[0]
        return found


def replaced(cells: Cells, at: int, value: Any) -> Cells:
    return (*cells[:at], value, *cells[at + 1 :])
