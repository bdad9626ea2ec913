# SPDX-License-Identifier: GPL-2.0-only
"""Typed code: what the checking of a model's code produces and lowering consumes.

Every expression has its type and its place. Integer expressions have the RangeType that interval arithmetic gives
(a literal 5 is 5..5, `x + 1` of x: 0..3 is 1..4), so that each local gets a finite type. Static errors are all found
before; what is left to the run (None where none may be, an integer outside its range) is seen by comparing types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.language.declarations import Declarations
from dfsrace.system.types import NamedType, PoolType, Type, Value


@dataclass(eq=False, slots=True)
class LocalDeclaration:
    """A parameter, local, or the variable of a `for` or quantifier. Compared by identity.

    `role` "loop" is never assigned by code; `assigned`: a parameter that its procedure assigns.
    """

    name: str
    type: Type
    role: Literal["parameter", "local", "loop"]
    span: Span
    assigned: bool = False


# ---- expressions


@dataclass(frozen=True, slots=True)
class Literal_:
    """A value: a number, True, False, None, a constant, a member of a named type, len(T)."""

    value: Value
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class LocalUse:
    """The value of a local."""

    local: LocalDeclaration
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class StateUse:
    """A cell: `indices` has one for each dimension, a field's base first. Locks stand in primitives and with."""

    variable: int
    indices: tuple[Expression, ...]
    type: Type
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class NotExpression:
    operand: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class BinaryExpression:
    """Integers; min and max of more than two arguments are nested to the left; unary minus is 0 - x."""

    operator: Literal["+", "-", "*", "//", "%", "min", "max"]
    left: Expression
    right: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class CompareExpression:
    """A chain: operands[0] operators[0] operands[1] ..., each operand evaluated once, stopping early. `is` is `==`."""

    operators: tuple[Literal["==", "!=", "<", "<=", ">", ">="], ...]
    operands: tuple[Expression, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class LogicExpression:
    """`and`, `or`, short-circuit."""

    operator: Literal["and", "or"]
    operands: tuple[Expression, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class ConditionalExpression:
    """`then if test else other`."""

    test: Expression
    then: Expression
    other: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class QuantifierExpression:
    """all, any, sum with one or more `for` clauses are nested; `condition` is the `if` of this clause."""

    kind: Literal["all", "any", "sum"]
    variable: LocalDeclaration
    domain: Type
    condition: Expression | None
    body: Expression
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class CallExpression:
    """A call of a procedure of the model; `type` is its result's (NoneType where it has none)."""

    procedure: str
    arguments: tuple[Expression, ...]
    type: Type
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class PrimitiveExpression:
    """A primitive of the language, except with, assert, wait_event: `call` is its name in the model.

    `target` is the lock or cell (for lock_page(p) the cell p.lock); `arguments` the rest (retry's stamp, new value,
    the stored value of WRITE_ONCE and smp_store_release). `type`: of the result, NoneType for no result.
    READ_ONCE and smp_load_acquire, might_sleep, cond_resched, barriers and renew are here too.
    """

    call: str
    target: StateUse | None
    arguments: tuple[Expression, ...]
    type: Type
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class AllocExpression:
    """alloc(Pool)."""

    pool: PoolType
    type: Type
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ChooseExpression:
    """choose(T), choose(x for x in T if condition), maybe() (`domain` bool, `name` "maybe")."""

    name: Literal["choose", "maybe"]
    domain: Type
    variable: LocalDeclaration | None
    condition: Expression | None
    type: Type
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class FinishedExpression:
    """finished(thread): the thread's place."""

    thread: int
    type: Type
    span: Span


Expression: TypeAlias = (
    Literal_
    | LocalUse
    | StateUse
    | NotExpression
    | BinaryExpression
    | CompareExpression
    | LogicExpression
    | ConditionalExpression
    | QuantifierExpression
    | CallExpression
    | PrimitiveExpression
    | AllocExpression
    | ChooseExpression
    | FinishedExpression
)


@dataclass(frozen=True, slots=True)
class MessageText:
    """Text with typed expressions in it."""

    parts: tuple[str | Expression, ...]


# ---- statements; `text` is the statement's first line as a person should read it, without comments


@dataclass(frozen=True, slots=True)
class AssignStatement:
    """target = value; `operator` is set for an augmented assignment (+, -, *, //, %)."""

    target: LocalDeclaration | StateUse
    operator: Literal["+", "-", "*", "//", "%"] | None
    value: Expression
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class IfStatement:
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class WhileStatement:
    test: Expression
    body: tuple[Statement, ...]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ForStatement:
    """Unrolled: the body once for each value of `domain`."""

    variable: LocalDeclaration
    domain: Type
    body: tuple[Statement, ...]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class WithStatement:
    """`with lock:` (mode ""), `with read(lock):`, `with write(lock):`; `lock` None is `with atomic:`."""

    lock: StateUse | None
    mode: Literal["", "read", "write"]
    body: tuple[Statement, ...]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ReturnStatement:
    value: Expression | None
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class JumpStatement:
    """break, continue or pass."""

    kind: Literal["break", "continue", "pass"]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class AssertStatement:
    condition: Expression
    message: MessageText | None
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class WaitStatement:
    """wait_event(condition)."""

    condition: Expression
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ExpressionStatement:
    """A call, primitive, alloc or choose whose result is not used."""

    value: Expression
    span: Span
    text: str


Statement: TypeAlias = (
    AssignStatement
    | IfStatement
    | WhileStatement
    | ForStatement
    | WithStatement
    | ReturnStatement
    | JumpStatement
    | AssertStatement
    | WaitStatement
    | ExpressionStatement
)


@dataclass(frozen=True, slots=True)
class Procedure:
    """`result` is None for a procedure without one. Recursion has been excluded."""

    name: str
    parameters: tuple[LocalDeclaration, ...]
    result: Type | None
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TypedThread:
    """A member of a family has the others' `body` (the same object). `text` is the block on one line, for headings."""

    name: str
    family: str | None
    daemon: bool
    body: tuple[Statement, ...]
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class TypedProperty:
    name: str
    reach: bool
    at_end: bool
    condition: Expression
    says: MessageText | None
    span: Span


@dataclass(frozen=True, slots=True)
class TypedModel:
    """A model without static errors. `procedures` holds those that are not replaced by an override."""

    declarations: Declarations
    procedures: Mapping[str, Procedure]
    setup: tuple[tuple[Statement, ...], ...]
    threads: tuple[TypedThread, ...]
    properties: tuple[TypedProperty, ...]
    named_types: Mapping[str, NamedType] = field(default_factory=dict)
