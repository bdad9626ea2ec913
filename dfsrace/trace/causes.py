# SPDX-License-Identifier: GPL-2.0-only
"""What an automatic check found, in the model's own words: which value was None, which cell a number does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dfsrace.engine.reference.stepping import PropertyError
from dfsrace.system.evaluation import NULL, Scope, evaluate
from dfsrace.system.expression_text import Namer, cell_text, expression_text
from dfsrace.system.expressions import Bound, Checked, Const, Expr, Quantifier, Read, walk
from dfsrace.system.lock_rules import Cause, Violated
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    Choose,
    Evaluate,
    Load,
    LockOperation,
    Node,
    Operation,
    Renew,
    Store,
    Thread,
)
from dfsrace.system.system import System
from dfsrace.trace.flow import defined, operands
from dfsrace.trace.names import Names


@dataclass(slots=True)
class Failing:
    """A violation: the nodes that its thread has executed, the last of them the one that failed, and the cause.

    `moment`: the cells and the thread's locals then, None if they are not known.
    """

    names: Names
    code: Thread
    executed: Sequence[int]
    name: str
    cause: Cause
    moment: Scope | None = None
    namer: Namer = field(init=False)

    def __post_init__(self) -> None:
        self.namer = Namer(self.names.system, checks=False)
        for number in self.executed[:-1]:
            node = self.code.nodes[number]
            slot = defined(node.operation)
            if slot >= 0:
                self.namer.locals[slot] = node.target or self._given(node)
        for part in (part for expression in operands(self.operation) for part in walk(expression)):
            if isinstance(part, Quantifier) and part.name:
                self.namer.bound[part.slot] = part.name
        if isinstance(self.operation, Choose) and self.operation.name:
            self.namer.bound[self.operation.slot] = self.operation.name

    @property
    def node(self) -> Node:
        """The node that failed."""
        return self.code.nodes[self.executed[-1]]

    @property
    def operation(self) -> Operation:
        """Its operation."""
        return self.node.operation

    def text(self) -> str:
        """What was found; empty where the name of the check says all that can be said."""
        if self.name == NULL:
            return self._null()
        expression = self.cause.expression
        if expression is not None and not isinstance(expression, Checked):
            divisor = "" if isinstance(expression, Const) else f" {self._text(expression)}"
            return f"the divisor{divisor} is 0{self._bound(expression)}"
        if not self.cause.words:
            return ""
        target = self._target()
        return f"{target}: {self.cause.words}" if target else self.cause.words

    def _null(self) -> str:
        checked = self.cause.expression
        if not isinstance(checked, Checked):
            return ""
        if not isinstance(checked.operand, Const):
            return f"{self._text(checked.operand)} is None{self._bound(checked)}"
        owner = self.names.system.variables[read.variable] if (read := self._indexed()) else None
        if read is not None and owner is not None and owner.owner is not None and read.indices[0] is checked:
            return f"None has no {owner.name.split('.', 1)[1]}"
        target = self._target()
        return f"{target} cannot be None" if target else "an operand is None"

    def _text(self, expression: Expr) -> str:
        return expression_text(expression, self.namer)

    def _bound(self, expression: Expr) -> str:
        """Which values the variables of quantifiers had in the expression."""
        values = dict(self.cause.bound)
        slots = {e.slot: e.type for e in walk(expression) if isinstance(e, Bound)}
        texts = [
            f"{self.namer.bound[slot]} = {self.names.text(kind, values[slot])}"
            for slot, kind in slots.items()
            if slot in values and slot in self.namer.bound
        ]
        return f" for {', '.join(texts)}" if texts else ""

    # ---- what would have got the value

    def _target(self) -> str:
        """The cell, local, index or lock that a value does not fit; empty for what has no name."""
        if read := self._indexed():
            return f"the index in {cell_text(read, self.namer)}{self._bound(read)}"
        match self.operation:
            case Store(access) | Atomic(access=access) | LockOperation(access=access) | Renew(access):
                return self._element(access)
            case Assign() if self.node.target:
                return self.node.target
            case Assign() if _returns(self.node):
                return _result(self.node)
        return ""

    def _indexed(self) -> Read | None:
        """The cell that the failing check is an index of."""
        found = (read for read in self._reads() if any(index is self.cause.expression for index in read.indices))
        return next(found, None)

    def _reads(self) -> Iterator[Read]:
        """The cells that the failing node looks at or stores to."""
        operation = self.operation
        if isinstance(operation, Store | Load | Renew | Atomic | LockOperation):
            yield operation.access
        for expression in operands(operation):
            yield from (e for e in walk(expression) if isinstance(e, Read))

    def _element(self, access: Read) -> str:
        """A cell by the values of its indices, where they are known."""
        if self.moment is not None:
            try:
                position = tuple(evaluate(index, self.moment) for index in access.indices)
            except (Violated, KeyError):
                return cell_text(access, self.namer)
            return self.names.element(access.variable, position)
        return cell_text(access, self.namer)

    def _given(self, node: Node) -> str:
        """What an intermediate value is, as the model has it."""
        match node.operation:
            case Assign() if _returns(node):
                return _result(node)
            case Load(access=access):
                return cell_text(access, self.namer)
            case Assign(value=value) | Evaluate(value=value):
                return self._text(value)
            case Alloc(pool=pool):
                return f"alloc({pool.name})"
            case LockOperation(call=call) | Atomic(call=call):
                return f"the result of {call}"
        return "the choice"


def of_property(system: System, error: PropertyError) -> str:
    """What kept a property from having a value; empty where the engine does not know more than the check's name."""
    if error.cause is None or error.scope is None:
        return ""
    prop, names = error.property, Names(system, error.scope.memory)
    names.begin(error.scope.cells, ())
    # The condition is evaluated as an assert would.
    code = Thread(prop.name, "", False, None, (), (Node(Assert(prop.condition, None), (), prop.span),), 0, prop.span)
    return Failing(names, code, (0,), error.name, error.cause, error.scope).text()


def _returns(node: Node) -> bool:
    return node.text.startswith("return ") and bool(node.stack)


def _result(node: Node) -> str:
    return f"the result of {node.stack[-1].procedure}"
