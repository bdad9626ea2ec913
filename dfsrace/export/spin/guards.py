# SPDX-License-Identifier: GPL-2.0-only
"""Whether a thread that rests before a node can move, as one Promela expression."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.export.evaluation import bound_to, mapped
from dfsrace.export.spin.expressions import Expressions, is_zero
from dfsrace.export.spin.locks import RULES, LockText
from dfsrace.export.spin.names import Names, NotExpressible
from dfsrace.system.cells import Cell
from dfsrace.system.expressions import Const, Expr, Local, Quantifier, Read, walk
from dfsrace.system.lock_rules import SLEEPING_CALLS, must_be_released, spins
from dfsrace.system.program import (
    Assign,
    AtomicBegin,
    Branch,
    Choose,
    Finish,
    LockOperation,
    Node,
    Sleep,
    Wait,
    shared_instruction,
    starts_step,
)
from dfsrace.system.types import BOOL, LockType, PoolType, Type, finite_values

Known = Mapping[int, Expr]


def either(*tests: str) -> str:
    """True if any test is."""
    found = [test for test in tests if not is_zero(test)]
    if "1" in found:
        return "1"
    return found[0] if len(found) == 1 else f"({' || '.join(found)})" if found else "0"


def negated(test: str) -> str:
    """The other truth."""
    return {"0": "1", "1": "0"}.get(test, f"!{test}")


def owned(names: Names, thread: int, sleeping: bool) -> str:
    """True if the thread owns a lock under which it may not sleep, or (not `sleeping`) may not end."""

    def counts(cell: Cell, kind: LockType) -> bool:
        rule = spins if sleeping else must_be_released
        return rule(kind.kind, cell.component) and cell.thread in (None, thread)

    tests = []
    for index, cell in enumerate(names.memory.cells):
        kind, text = names.system.variables[cell.variable].type, names.cell_at(index)
        if isinstance(kind, LockType) and text is not None and counts(cell, kind):
            tests.append(f"{text} == {thread + 1}" if cell.thread is None else f"{text} != 0")
    return f"({' || '.join(tests)})" if tests else "0"


class Guards:
    """The guards of one thread. `h_visible` is up to date where `looks_at_pools` says that a guard needs it."""

    def __init__(self, names: Names, thread: int) -> None:
        self.names = names
        self.thread = thread
        self.nodes = names.system.threads[thread].nodes
        self.expressions = Expressions(names, lambda slot: names.local(thread, slot))
        self.sleepless = f"OWNS_SPINNING_{thread}" if owned(names, thread, True) != "0" else "0"

    def can_move(self, number: int) -> str:
        """True if the step that starts at a node is enabled, a violation included."""
        if isinstance(self.nodes[number].operation, AtomicBegin):
            return self._onward(self.nodes[number].next[0], {}, (number,))
        return self._shared(self.nodes[number], {})

    def _onward(self, number: int, known: Known, path: tuple[int, ...]) -> str:
        """The same from within an atomic block whose first shared action is still to come; `known`: the locals."""
        node = self.nodes[number]
        if number in path:
            raise NotExpressible("an atomic block loops before its first access")
        operation = node.operation
        if isinstance(operation, Finish) or starts_step(node):
            return "1"
        if shared_instruction(node):
            return self._shared(node, known)
        path = (*path, number)
        match operation:
            case Assign(local, value):
                value = substituted(value, known)
                failing = self._fails(value)
                return either(failing, self._onward(node.next[0], {**known, local: value}, path))
            case Branch(test):
                test = substituted(test, known)
                ways = [self._onward(n, known, path) for n in node.next]
                if ways[0] == ways[1]:
                    return either(self._fails(test), ways[0])
                chosen = f"({self.expressions.value(test)} -> {ways[0]} : {ways[1]})"
                return either(self._fails(test), chosen)
            case Choose(local, domain):
                values = (Const(value, domain) for value in finite_values(domain))
                return either(*(self._onward(node.next[0], {**known, local: v}, path) for v in values))
            case Sleep():
                return either(self.sleepless, self._onward(node.next[0], known, path))
        return self._onward(node.next[0], known, path)

    def _fails(self, *parts: Expr) -> str:
        codes = [self.expressions.code(part) for part in parts]
        return either(*(f"{code} != 0" for code in codes if not is_zero(code)))

    def _shared(self, node: Node, known: Known) -> str:
        """True unless a shared instruction would wait."""
        match node.operation:
            case LockOperation():
                return self._lock(node.operation, node.atomic, known)
            case Wait(condition):
                condition = substituted(condition, known)
                return either(self.sleepless, self._fails(condition), self.expressions.value(condition))
            case Choose(_, domain, slot, condition):
                test = Const(1, BOOL) if condition is None else substituted(condition, known)
                return either(self._fails_for_any(domain, slot, test), self._some(domain, slot, test))
        return "1"

    def _some(self, domain: Type, slot: int, test: Expr) -> str:
        return self.expressions.value(Quantifier("any", slot, "", domain, None, test))

    def _fails_for_any(self, domain: Type, slot: int, test: Expr) -> str:
        """True if the condition of a choice is a violation for some value; all of them are tried."""
        tests = []
        for value in finite_values(domain):
            failing = self._fails(bound_to(test, slot, Const(value, domain)))
            if isinstance(domain, PoolType) and failing != "0":
                failing = f"(h_visible{self.names.pools.index(domain)}[{value}] && {failing})"
            tests.append(failing)
        return either(*tests)

    def _lock(self, operation: LockOperation, atomic: bool, known: Known) -> str:
        access = substituted(operation.access, known)
        failing = [self._fails(access)]
        argument = "0"
        if operation.argument is not None:
            given = substituted(operation.argument, known)
            failing.append(self._fails(given))
            argument = self.expressions.value(given)
        if operation.call in SLEEPING_CALLS:
            failing.append(self.sleepless)
        lock = lock_text(self.names, access, self.expressions, self.thread, atomic, argument)
        rule = RULES[operation.call](lock)
        return either(*failing, *(test for test, _ in rule.fails), negated(rule.waits))


def lock_text(
    names: Names, access: Expr, expressions: Expressions, thread: int, atomic: bool, argument: str
) -> LockText:
    """The lock that an access names."""
    assert isinstance(access, Read)
    kind = names.system.variables[access.variable].type
    assert isinstance(kind, LockType)
    position = expressions.position(access)
    return LockText(names, access.variable, position, thread, atomic, kind.maximum, argument)


def substituted(expression: Expr, known: Known) -> Expr:
    """The expression with the locals whose values are known replaced."""
    if not known:
        return expression
    return mapped(expression, lambda e: known.get(e.slot) if isinstance(e, Local) else None)


def looks_at_pools(expression: Expr) -> bool:
    """True if evaluating an expression needs `h_visible`."""
    return any(isinstance(e, Quantifier) and isinstance(e.domain, PoolType) for e in walk(expression))
