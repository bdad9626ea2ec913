# SPDX-License-Identifier: GPL-2.0-only
"""Which releases belong to which acquires.

    lock_page(p)  ──▶ if ...: unlock_page(p); return        a group: the acquire, and all that may release what it took
                  └─▶ ...:    unlock_page(p)

An acquire reaches a release on a path without another operation on the same lock, as the text names it, in between.
What reaches the end of its procedure is held there, and may be released by whoever called; what reaches another
acquire has been released by something called; a release that no acquire reaches releases what others took. These are
one group for each declared lock, over all procedures. `with` is not looked at: it is a pair by itself. Calls are not
followed, tests not decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dfsrace.language.mutation_tree import Body, blocks, lock_role, own_expressions, parts
from dfsrace.language.typed import (
    ForStatement,
    IfStatement,
    JumpStatement,
    NotExpression,
    PrimitiveExpression,
    ReturnStatement,
    Statement,
    WhileStatement,
)

# A lock as one procedure names it, and the side of it ("read" or "").
Key = tuple[int, str, str]
# For each key the uses that may have been the last one; None: whatever was before the procedure began.
Held = Mapping[Key, frozenset["Use | None"]] | None


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """An operation on a lock: where it stands, and what it does. Compared by identity."""

    place: str
    statement: Statement
    expression: PrimitiveExpression

    @property
    def key(self) -> Key:
        """Which lock, in the words of its procedure."""
        target = self.expression.target
        assert target is not None
        return target.variable, target.text, "read" if "read" in lock_role(self.expression) else ""

    @property
    def takes(self) -> bool:
        """Whether it is an acquire."""
        return lock_role(self.expression).split()[0] in ("take", "try")


def groups(bodies: Mapping[str, Body]) -> list[list[Use]]:
    """The groups, each with at least one acquire, in the order of their first uses."""
    pairs = _Pairs()
    for place, body in bodies.items():
        _Walk(place, pairs).all(body)
    return pairs.groups()


@dataclass(slots=True)
class _Pairs:
    """Uses that belong together, by union and find."""

    uses: dict[int, Use] = field(default_factory=dict)
    parent: dict[object, object] = field(default_factory=dict)

    def use(self, place: str, statement: Statement, expression: PrimitiveExpression) -> Use:
        return self.uses.setdefault(id(expression), Use(place, statement, expression))

    def join(self, one: object, other: object) -> None:
        self.parent[self._root(one)] = self._root(other)

    def _root(self, one: object) -> object:
        while (up := self.parent.get(one, one)) != one:
            one = up
        return one

    def groups(self) -> list[list[Use]]:
        found: dict[object, list[Use]] = {}
        for use in self.uses.values():
            found.setdefault(self._root(use), []).append(use)
        return [group for group in found.values() if any(use.takes for use in group)]


@dataclass(slots=True)
class _Loop:
    left: list[Held] = field(default_factory=list)
    again: list[Held] = field(default_factory=list)


@dataclass(slots=True)
class _Walk:
    """One procedure, along all its paths."""

    place: str
    pairs: _Pairs
    loops: list[_Loop] = field(default_factory=list)

    def all(self, body: Body) -> None:
        """Joins all uses of a procedure that belong together."""
        self._end(self._block(body, {}))

    def _block(self, body: Body, held: Held) -> Held:
        for statement in body:
            held = self._statement(statement, held)
        return held

    def _statement(self, s: Statement, held: Held) -> Held:
        if isinstance(s, IfStatement):
            return self._if(s, held)
        if isinstance(s, WhileStatement | ForStatement):
            return self._loop(s, held)
        held = self._operations(s, held)
        if isinstance(s, ReturnStatement):
            self._end(held)
            return None
        if isinstance(s, JumpStatement) and s.kind != "pass" and self.loops:
            (self.loops[-1].left if s.kind == "break" else self.loops[-1].again).append(held)
            return None
        for body in blocks(s):
            held = self._block(body, held)
        return held

    def _if(self, s: IfStatement, held: Held) -> Held:
        """A test that is a trylock, or `not` one, has taken the lock on one side only."""
        test, negated = s.test, False
        if isinstance(test, NotExpression):
            test, negated = test.operand, True
        after = self._operations(s, held)
        taken, refused = (after, held) if lock_role(test).startswith("try") else (after, after)
        then, other = (refused, taken) if negated else (taken, refused)
        return _either([self._block(s.body, then), self._block(s.orelse, other)])

    def _loop(self, s: WhileStatement | ForStatement, held: Held) -> Held:
        entered = held
        while True:
            loop = _Loop()
            self.loops.append(loop)
            tested = self._operations(s, entered)
            end = self._block(s.body, tested)
            self.loops.pop()
            round_ = _either([entered, end, *loop.again])
            if round_ == entered:
                forever = isinstance(s, WhileStatement) and s.text == "while True"
                return _either([*([] if forever else [tested]), *loop.left])
            entered = round_

    def _operations(self, s: Statement, held: Held) -> Held:
        """What the statement itself does to locks."""
        for whole in own_expressions(s):
            for e in parts(whole):
                role = lock_role(e)
                if isinstance(e, PrimitiveExpression) and role and role not in ("sample", "retry"):
                    held = self._operation(self.pairs.use(self.place, s, e), role, held)
        return held

    def _operation(self, use: Use, role: str, held: Held) -> Held:
        if held is None:
            return None
        key = use.key
        before: frozenset[Use | None] = held.get(key, frozenset([None]))
        if role == "downgrade":
            self._released(use, before)
            return {**held, key: frozenset(), (key[0], key[1], "read"): frozenset([use])}
        if use.takes:
            for origin in before:
                if origin not in (None, use):
                    self.pairs.join(origin, self._callers(use))
            return {**held, key: frozenset([use])}
        self._released(use, before)
        return {**held, key: frozenset()}

    def _released(self, use: Use, before: Iterable[Use | None]) -> None:
        for origin in before:
            self.pairs.join(use, self._callers(use) if origin is None else origin)

    def _end(self, held: Held) -> None:
        """What is held where the procedure ends is its callers' to release."""
        for origins in (held or {}).values():
            for use in origins:
                if use is not None:
                    self.pairs.join(use, self._callers(use))

    def _callers(self, use: Use) -> object:
        """The callers' side of the declared lock."""
        return use.key[0]


def _either(ways: list[Held]) -> Held:
    """What may be held where several ways come together."""
    known = [way for way in ways if way is not None]
    if not known:
        return None
    keys = dict.fromkeys(key for way in known for key in way)
    before: frozenset[Use | None] = frozenset([None])
    return {key: frozenset[Use | None]().union(*(way.get(key, before) for way in known)) for key in keys}
