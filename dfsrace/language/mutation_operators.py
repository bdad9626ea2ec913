# SPDX-License-Identifier: GPL-2.0-only
"""The mutation operators: what each leaves out or turns round, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from dfsrace.diagnostics import Span
from dfsrace.language.flow import falls_off
from dfsrace.language.mutation_locks import Use, groups
from dfsrace.language.mutation_tree import (
    Body,
    Edit,
    Effects,
    blocks,
    edited,
    exchanged,
    expressions,
    is_primitive,
    is_simple,
    lock_role,
    walk,
)
from dfsrace.language.typed import (
    AssignStatement,
    ExpressionStatement,
    ForStatement,
    IfStatement,
    JumpStatement,
    Literal_,
    LocalDeclaration,
    LocalUse,
    PrimitiveExpression,
    ReturnStatement,
    Statement,
    WhileStatement,
    WithStatement,
)

PURE_BARRIERS = frozenset({"smp_mb", "smp_rmb", "smp_wmb"})
ORDERED_LOADS = frozenset({"READ_ONCE", "smp_load_acquire"})
ORDERED_STORES = frozenset({"WRITE_ONCE", "smp_store_release"})
# What stands between two accesses without being one.
_NOTHING = PURE_BARRIERS | {"might_sleep", "cond_resched"}


@dataclass(frozen=True, slots=True)
class Code:
    """What operators look at: bodies by place, what statements do, and the lines (file, line) that are reached."""

    bodies: Mapping[str, Body]
    effects: Effects
    reached: frozenset[tuple[str, int]]

    def statements(self) -> Iterator[tuple[str, Statement]]:
        """The reached statements with their places, in the order of the text, without those inside `with atomic`."""
        for place, body in self.bodies.items():
            for block in self.blocks(body):
                for statement in block:
                    if self.is_reached(statement):
                        yield place, statement

    def blocks(self, body: Body) -> Iterator[Body]:
        """A body and the blocks inside it, but for those of `with atomic`."""
        yield body
        for statement in body:
            if not is_atomic(statement):
                for part in blocks(statement):
                    yield from self.blocks(part)

    def is_reached(self, statement: Statement) -> bool:
        """Whether constants leave a way to the statement."""
        return (statement.span.file, statement.span.line) in self.reached


@dataclass(frozen=True, slots=True)
class Change:
    """One application of an operator: where, what it is called, and what becomes of which statements, by their `id`."""

    operator: str
    place: str
    text: str
    says: str
    span: Span
    edits: Mapping[int, Edit]


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` begins the names of its mutants; `about`: what it does, for `--help` and documents."""

    name: str
    about: str
    find: Callable[[Code], Iterator[Change]]

    def changes(self, code: Code) -> list[Change]:
        """All of its applications, in the order of the text, place by place."""
        order = {place: number for number, place in enumerate(code.bodies)}
        found = list(self.find(code))
        found.sort(key=lambda change: (order[change.place], change.span.line, change.span.column))
        return found


def is_atomic(statement: Statement) -> bool:
    """True for `with atomic`."""
    return isinstance(statement, WithStatement) and statement.lock is None


def _gone(statement: Statement) -> Body:
    return ()


def drop_lock(code: Code) -> Iterator[Change]:
    """A lock is not taken. `with LOCK:` leaves its body; an acquire goes together with all releases of what it took.

    Which these are says `mutation_locks`: where a lock is taken in one procedure and released in another, all such uses
    of that lock go at once. A trylock is True. Readers' sides of sequence locks are no locks (drop-recheck).
    """
    for place, s in code.statements():
        if isinstance(s, WithStatement) and s.lock is not None:
            yield _change("drop-lock", place, s, _without(s), {id(s): _body_of})
    for group in groups(code.bodies):
        uses = [use for use in group if code.is_reached(use.statement)]
        first = next((use for use in uses if use.takes), None)
        if first is not None:
            yield _without_uses(first, group)


def _body_of(statement: Statement) -> Body:
    assert isinstance(statement, WithStatement)
    return statement.body


def _without_uses(first: Use, group: list[Use]) -> Change:
    edits: dict[int, Edit] = {id(use.statement): _gone for use in group}
    for use in group:
        if not (isinstance(use.statement, ExpressionStatement) and use.statement.value is use.expression):
            edits[id(use.statement)] = _granted(use)
    others = sorted({use.statement.span.line for use in group} - {first.statement.span.line})
    more = f" and {_lines(others)}, which belong to it" if others else ""
    text = first.expression.text
    says = f"without `{text}` in line {first.statement.span.line}{more}"
    return Change("drop-lock", first.place, text, says, first.statement.span, edits)


def _granted(use: Use) -> Edit:
    """A trylock inside a statement always succeeds, and takes nothing."""
    e = use.expression

    def edit(statement: Statement) -> Body:
        return (exchanged(statement, e, Literal_(1, e.type, e.span)),)

    return edit


def drop_recheck(code: Code) -> Iterator[Change]:
    """An `if` that looks at shared state, or asks whether a sample is out of date, is believed to be passed.

    Where its body refuses (it leaves by `return` or `continue` and stores nothing) it never does: the rest, or the
    `else`, runs. Else its body always runs. Tests of locals alone, of constants, and those inside conditional
    expressions are left alone.
    """
    for place, s in code.statements():
        if isinstance(s, IfStatement) and code.effects.reads_state(s.test):
            refuses = _refuses(s.body, code.effects)
            what = "never refuses" if refuses else "always passes"
            says = f"`{_plain(s.text)}` in line {s.span.line} {what}"
            yield _change("drop-recheck", place, s, says, {id(s): _else_of if refuses else _then_of})


def _then_of(statement: Statement) -> Body:
    assert isinstance(statement, IfStatement)
    return statement.body


def _else_of(statement: Statement) -> Body:
    assert isinstance(statement, IfStatement)
    return statement.orelse


def _refuses(body: Body, effects: Effects) -> bool:
    """True if every path leaves, none by a break of an outer loop, and nothing is stored."""
    if any(effects.stores(s) for s in body) or _own_jumps(body, "break"):
        return False
    return not falls_off(body, lambda local, span: None)


def _own_jumps(body: Body, kind: str) -> list[Statement]:
    """The jumps of a kind that belong to the loop that the body stands in."""
    found: list[Statement] = []
    for s in body:
        if isinstance(s, JumpStatement) and s.kind == kind:
            found.append(s)
        elif not isinstance(s, WhileStatement | ForStatement):
            found += [jump for part in blocks(s) for jump in _own_jumps(part, kind)]
    return found


def drop_retry(code: Code) -> Iterator[Change]:
    """A `while` loop runs its body once at most: it leaves where it would begin anew, by its end or by `continue`.

    Loops that nothing leaves (`while True` without break or return) are what a thread does for ever, and no retries.
    """
    for place, s in code.statements():
        if isinstance(s, WhileStatement) and _can_be_left(s):
            says = f"`{_plain(s.text)}` in line {s.span.line} does not try again"
            yield _change("drop-retry", place, s, says, {id(s): _once})


def _can_be_left(loop: WhileStatement) -> bool:
    if loop.text != "while True" or _own_jumps(loop.body, "break"):
        return True
    return any(isinstance(s, ReturnStatement) for s in walk(loop.body))


def _once(loop: Statement) -> Body:
    assert isinstance(loop, WhileStatement)

    def leave(statement: Statement) -> Body:
        return (replace(statement, kind="break", text="break"),) if isinstance(statement, JumpStatement) else ()

    body = edited(loop.body, {id(jump): leave for jump in _own_jumps(loop.body, "continue")})
    return (replace(loop, body=(*body, JumpStatement("break", loop.span, "break"))),)


def drop_renew(code: Code) -> Iterator[Change]:
    """A `renew` is not made: the count is not bumped, the contents are not written."""
    for place, s in code.statements():
        if is_primitive(s, frozenset({"renew"})):
            yield _change("drop-renew", place, s, _without(s), {id(s): _gone})


def drop_barrier(code: Code) -> Iterator[Change]:
    """A barrier is not there: smp_mb, smp_rmb, smp_wmb go; READ_ONCE, WRITE_ONCE, smp_load_acquire and

    smp_store_release are plain loads and stores. Under sequential consistency none of them makes a difference.
    """
    for place, s in code.statements():
        if is_primitive(s, PURE_BARRIERS):
            yield _change("drop-barrier", place, s, _without(s), {id(s): _gone})
            continue
        for e in expressions(s):
            if isinstance(e, PrimitiveExpression) and e.target is not None and e.call in ORDERED_LOADS | ORDERED_STORES:
                says = f"`{e.text}` in line {s.span.line} is plain"
                yield Change("drop-barrier", place, e.text, says, e.span, {id(s): _plain_access(e)})


def _plain_access(e: PrimitiveExpression) -> Edit:
    def edit(statement: Statement) -> Body:
        assert e.target is not None
        if e.call in ORDERED_LOADS:
            return (exchanged(statement, e, e.target),)
        return (AssignStatement(e.target, None, e.arguments[0], statement.span, statement.text),)

    return edit


def swap_order(code: Code) -> Iterator[Change]:
    """Two adjacent accesses are made the other way round.

    An access is an assignment, a call, a wait, or the value of a `return` that loads or stores a shared cell, itself or
    in what it calls; two are adjacent if they follow each other in one block with nothing but barriers between them,
    which stay. Taking and releasing a lock is no access. What is returned is computed first and returned last.
    """
    for place, body in code.bodies.items():
        for block in code.blocks(body):
            accesses = [s for s in block if not is_primitive(s, _NOTHING)]
            for first, second in pairwise(accesses):
                if code.is_reached(second) and _can_move(first, code) and _can_move(second, code, last=True):
                    yield _swapped(place, first, second)


def _can_move(s: Statement, code: Code, last: bool = False) -> bool:
    if isinstance(s, ReturnStatement):
        return last and s.value is not None and code.effects.accesses(s)
    operates = any(lock_role(e).split()[:1] in (["take"], ["try"], ["release"]) for e in expressions(s))
    return is_simple(s) and not operates and code.effects.accesses(s)


def _swapped(place: str, first: Statement, second: Statement) -> Change:
    before, after = _earlier(second)

    def edit_first(statement: Statement) -> Body:
        return before

    def edit_second(statement: Statement) -> Body:
        return (first, *after)

    text = f"{first.text} <-> {second.text}"
    says = f"`{_plain(second.text)}` in line {second.span.line} before `{_plain(first.text)}` in line {first.span.line}"
    return Change("swap-order", place, text, says, first.span, {id(first): edit_first, id(second): edit_second})


def _earlier(second: Statement) -> tuple[Body, Body]:
    """What of a statement is done first when it comes first, and what stays behind."""
    if not isinstance(second, ReturnStatement) or second.value is None:
        return (second,), ()
    span, kind = second.span, second.value.type
    result = LocalDeclaration("result", kind, "local", span)
    value = AssignStatement(result, None, second.value, span, f"result = {second.text.removeprefix('return ')}")
    return (value,), (ReturnStatement(LocalUse(result, kind, span), span, "return result"),)


# ---- words


def _change(operator: str, place: str, s: Statement, says: str, edits: Mapping[int, Edit]) -> Change:
    return Change(operator, place, _plain(s.text), says, s.span, edits)


def _plain(text: str) -> str:
    return text.removesuffix(":")


def _without(s: Statement) -> str:
    return f"without `{_plain(s.text)}` in line {s.span.line}"


def _lines(numbers: list[int]) -> str:
    words = [str(n) for n in numbers]
    return f"line {words[0]}" if len(words) == 1 else f"lines {', '.join(words[:-1])} and {words[-1]}"


def _about(function: Callable[[Code], Iterator[Change]]) -> str:
    return " ".join((function.__doc__ or "").split())


OPERATORS: tuple[Operator, ...] = tuple(
    Operator(function.__name__.replace("_", "-"), _about(function), function)
    for function in (drop_lock, drop_recheck, drop_retry, drop_renew, drop_barrier, swap_order)
)
