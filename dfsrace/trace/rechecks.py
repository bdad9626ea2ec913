# SPDX-License-Identifier: GPL-2.0-only
"""Checks that look again: a reader's retry of a sequence, and a test whether a cell is still what was read from it."""

from __future__ import annotations

from collections.abc import Sequence

from dfsrace.system.expressions import Checked, Compare, Expr, Local, walk
from dfsrace.system.program import Assign, Load, Operation
from dfsrace.system.system import System
from dfsrace.trace.flow import defined, operands
from dfsrace.trace.record import Executed, TraceStep

RETRIES = frozenset({"read_seqretry", "read_seqcount_retry"})
# What a local holds: the step that loaded it, the cell, and the value.
_Loaded = tuple[int, str, str]


def rechecks(system: System, steps: Sequence[TraceStep]) -> dict[int, str]:
    """What each step found that looked again, by its number: `retry`, `no retry`, `changed` or `unchanged`.

    A cell is looked at again where a step loads it, stores nothing, and compares it, for equality, with what an earlier
    step of the same thread had loaded from it. Takes time linear in the trace.
    """
    found: dict[int, str] = {}
    locals_: dict[int, dict[int, _Loaded]] = {}
    for step in steps:
        mine = locals_.setdefault(step.thread, {})
        for node in step.executed:
            operation = system.threads[step.thread].nodes[node.node].operation
            said = retried(node.lock.call, node.result) if node.lock is not None else ""
            if not said and not step.changes:
                said = _compared(operation, mine, step.number)
            if said:
                found[step.number] = said
            _note(operation, node, mine, step.number)
    return found


def retried(call: str, result: str | None) -> str:
    """What an operation on a sequence gave a reader: `retry` or `no retry`; empty for any other operation."""
    if call not in RETRIES or result not in ("True", "False"):
        return ""
    return "retry" if result == "True" else "no retry"


def _compared(operation: Operation, loaded: dict[int, _Loaded], number: int) -> str:
    """What a comparison of two loads of one cell found, one of this step and one of an earlier; empty if it is none."""
    for part in (part for expression in operands(operation) for part in walk(expression)):
        if isinstance(part, Compare) and part.operator in ("==", "!="):
            pair = [loaded[slot] for slot in (_slot(part.left), _slot(part.right)) if slot in loaded]
            if len(pair) == 2 and pair[0][1] == pair[1][1] and min(pair)[0] < max(pair)[0] == number:
                return "unchanged" if pair[0][2] == pair[1][2] else "changed"
    return ""


def _note(operation: Operation, node: Executed, loaded: dict[int, _Loaded], number: int) -> None:
    """Notes what a node leaves in its local."""
    slot = defined(operation)
    if slot < 0:
        return
    source = _slot(operation.value) if isinstance(operation, Assign) else -1
    known = loaded.get(source)
    if isinstance(operation, Load) and node.reads:
        known = number, node.reads[0].name, node.reads[0].value
    loaded.pop(slot, None)
    if known is not None:
        loaded[slot] = known


def _slot(expression: Expr) -> int:
    """The local that an expression is, -1 if it is none."""
    while isinstance(expression, Checked):
        expression = expression.operand
    return expression.slot if isinstance(expression, Local) else -1
