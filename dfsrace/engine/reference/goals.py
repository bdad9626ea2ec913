# SPDX-License-Identifier: GPL-2.0-only
"""Which properties were violated, how far from the start, and by what: the states and steps that schedules lead to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from dfsrace.engine.reference.compiled import Bad, Compiled, Fail
from dfsrace.engine.reference.stepping import PropertyError, speaks_of_threads
from dfsrace.system import AUTOMATIC_PROPERTIES, Property
from dfsrace.system.evaluation import Scope, evaluate
from dfsrace.system.expressions import Finished, Quantifier, Read, walk
from dfsrace.system.lock_rules import Violated
from dfsrace.system.types import PoolType


@dataclass(slots=True)
class Goal:
    """A violated property and all its violations at the least `depth`: states at that depth, and steps (state, thread)

    from states one less deep.
    """

    name: str
    kind: Literal["invariant", "automatic"]
    depth: int
    states: set[int] = field(default_factory=set)
    steps: set[tuple[int, int]] = field(default_factory=set)


class Judge:
    """Judges states as they are found."""

    def __init__(self, compiled: Compiled, names: frozenset[str] | None) -> None:
        """`names`: the named properties in force, None for all."""
        self.compiled = compiled
        self.goals: dict[str, Goal] = {}
        self.met: set[str] = set()
        self.properties = tuple(p for p in compiled.system.properties if names is None or p.name in names)
        places = [layout.place.mask for layout in compiled.layout.threads]
        self._end = 0
        for thread, mask in zip(compiled.system.threads, places, strict=True):
            self._end |= 0 if thread.daemon else mask
        self._groups: list[_Group] = []
        of_cells = [p for p in self.properties if not speaks_of_threads(p)]
        at_end = [p for p in self.properties if p.at_end]
        others = [p for p in self.properties if speaks_of_threads(p) and not p.at_end]
        for properties, ended in ((of_cells, False), (others, False), (at_end, True)):
            if properties:
                mask = self._mask(properties)
                self._groups.append(_Group(tuple(properties), mask, ended))

    def _mask(self, properties: Iterable[Property]) -> int:
        """The bits on which the conditions depend."""
        compiled, mask = self.compiled, 0
        for expression in (e for p in properties for e in walk(p.condition)):
            if isinstance(expression, Finished):
                mask |= compiled.layout.threads[expression.thread].place.mask
            elif isinstance(expression, Read):
                start = compiled.layout.memory.start
                first = start[expression.variable]
                last = [*start, len(compiled.layout.cells)][expression.variable + 1]
                for bits in compiled.layout.cells[first:last]:
                    mask |= bits.mask
            elif isinstance(expression, Quantifier) and isinstance(expression.domain, PoolType):
                mask |= compiled.references.visible_mask
        return mask

    # ---- what is found

    def goal(self, name: str, kind: Literal["invariant", "automatic"], depth: int) -> Goal | None:
        """The goal of a violation at a depth; None if it is known to happen earlier."""
        found = self.goals.setdefault(name, Goal(name, kind, depth))
        return found if found.depth == depth else None

    def states(self, states: Iterable[int], depth: int) -> None:
        """Judges all properties in new states."""
        for group in self._groups:
            chosen = [s for s in states if not s & self._end] if group.ended else states
            mask = group.mask
            keys = {s & mask for s in chosen}
            for key in keys - group.known:
                self._evaluate(group, key)
            failing = keys & group.failing.keys()
            if failing and self._open(group, failing, depth):
                for state in chosen:
                    for name in group.failing.get(state & mask, ()):
                        goal = self.goal(name, "invariant", depth)
                        if goal is not None:
                            goal.states.add(state)

    def _open(self, group: _Group, failing: Iterable[int], depth: int) -> bool:
        """True if some of the violations are not known to happen earlier."""
        names = {name for key in failing for name in group.failing[key]}
        return any(name not in self.goals or self.goals[name].depth == depth for name in names)

    def _evaluate(self, group: _Group, key: int) -> None:
        group.known.add(key)
        for prop in group.properties:
            if prop.name in self.met:
                continue
            try:
                holds = self.compiled.holds(prop, key)
            except Fail as fail:
                raise self._error(prop, fail.name, key) from None
            if prop.kind == "reach" and holds:
                self.met.add(prop.name)
            elif prop.kind == "invariant" and not holds:
                group.failing[key] = (*group.failing.get(key, ()), prop.name)

    def _error(self, prop: Property, name: str, key: int) -> PropertyError:
        """Why a property has no value; the interpreter is asked, for generated code does not say."""
        layout = self.compiled.layout
        ended = [t.nodes[key >> t.place.shift & t.place.ones] < 0 for t in layout.threads]
        scope = Scope(layout.memory, layout.decode_cells(key), {}, ended)
        try:
            evaluate(prop.condition, scope)
        except Violated as violation:
            if violation.name == name:
                return PropertyError(prop, name, violation.cause, scope)
        return PropertyError(prop, name)

    def steps(self, bad: Iterable[Bad], depth: int) -> None:
        """Notes steps that ended in a violation; `depth` is that of the states that they would have led to."""
        for state, thread, code, after in bad:
            goal = self.goal(AUTOMATIC_PROPERTIES[code], "automatic", depth)
            if goal is not None:
                goal.steps.add((state, thread))
            if after >= 0:
                for name in self.after(after):
                    goal = self.goal(name, "invariant", depth)
                    if goal is not None:
                        goal.steps.add((state, thread))

    def after(self, state: int) -> tuple[str, ...]:
        """The invariants about cells alone that the cells of a state violate."""
        for group in self._groups:
            if group.properties and not speaks_of_threads(group.properties[0]):
                key = state & group.mask
                if key not in group.known:
                    self._evaluate(group, key)
                return group.failing.get(key, ())
        return ()

    def deadlocks(self, states: Iterable[int], depth: int) -> None:
        """Notes states in which no thread can move, if some non-daemon has not finished."""
        for state in states:
            if state & self._end:
                goal = self.goal("deadlock", "automatic", depth)
                if goal is not None:
                    goal.states.add(state)


@dataclass(slots=True)
class _Group:
    """Properties that are judged together; which bits they depend on; the values of these bits seen, and what fails."""

    properties: tuple[Property, ...]
    mask: int
    ended: bool
    known: set[int] = field(default_factory=set)
    failing: dict[int, tuple[str, ...]] = field(default_factory=dict)
