# SPDX-License-Identifier: GPL-2.0-only
"""What threads execute: a control-flow graph of instructions, one access each.

A *step* of a thread starts at a node that `starts_step` says True for, executes it, and goes on through the nodes that
follow for as long as they are local (or, inside an atomic block, whatever they are), up to the next node that starts a
step, or to Finish. A thread rests only at such nodes; the first local nodes of all threads run, in the order of the
threads, before anything else does.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.values import dataclass
from dfsrace.system.expressions import Expr, Read
from dfsrace.system.types import PoolType, Type

Order = Literal["plain", "once", "acquire", "release"]


@dataclass(frozen=True, slots=True)
class Message:
    """Text with expressions in it, evaluated where the property failed."""

    parts: tuple[str | Expr, ...]


# ---- local instructions: joined to the step before them


@dataclass(frozen=True, slots=True)
class Nop:
    """Does nothing; keeps a place or marks coverage."""


@dataclass(frozen=True, slots=True)
class Assign:
    """Local := value. If the local is not live afterwards and the value cannot fail, nothing is kept."""

    local: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Branch:
    """Goes to next[0] if the test is true, else to next[1]."""

    test: Expr


@dataclass(frozen=True, slots=True)
class Sleep:
    """might_sleep() or cond_resched(): `sleeping while atomic` if the thread holds a spinning lock."""

    call: str


@dataclass(frozen=True, slots=True)
class Barrier:
    """smp_mb, smp_rmb or smp_wmb; no effect under sequential consistency."""

    kind: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the thread's code: `lock held at exit` is judged here. No successor; no locals are live."""


# ---- Choose: local if `condition` is None and the type is no pool, else it starts a step


@dataclass(frozen=True, slots=True)
class Choose:
    """Local := any value of `domain` for which `condition` (on Bound(slot), locals, cells) is true; waits for one.

    maybe() is a choice of a Boolean. Values in ascending order; of a pool those that Quantifier would range over.
    `name`: what the model calls the bound variable.
    """

    local: int
    domain: Type
    slot: int
    condition: Expr | None
    name: str = ""


# ---- shared instructions: each starts a step, unless it stands in an atomic block


@dataclass(frozen=True, slots=True)
class Load:
    """Local := a cell's value."""

    local: int
    access: Read
    order: Order = "plain"


@dataclass(frozen=True, slots=True)
class Store:
    """A cell := value. The indices are checked first, then the value."""

    access: Read
    value: Expr
    order: Order = "plain"


@dataclass(frozen=True, slots=True)
class LockOperation:
    """An operation `call` (spin_lock, up_read, read_seqretry, ...) on the lock at `access`.

    `local` takes the result of trylocks (Boolean), of read_seqbegin and read_seqcount_begin (the stamp) and of the
    retries (Boolean); `argument` is the stamp given to a retry. A down_write that finds other holders registers first:
    a step after which the thread rests at the same node.
    """

    call: str
    access: Read
    local: int | None = None
    argument: Expr | None = None


@dataclass(frozen=True, slots=True)
class Atomic:
    """atomic_inc, atomic_dec, atomic_dec_and_test, xchg(new), cmpxchg(old, new) on a cell in one step.

    `local` takes the result: what dec_and_test found (new value is 0), else the old value. Leaving the cell's range is
    `value out of range`.
    """

    call: str
    access: Read
    arguments: tuple[Expr, ...] = ()
    local: int | None = None


@dataclass(frozen=True, slots=True)
class Alloc:
    """Local := a pool value that is not held, its fields initial, its stamps renewed. Exhaustion cuts the search."""

    local: int
    pool: PoolType


@dataclass(frozen=True, slots=True)
class Renew:
    """A stamp cell := a stamp that afterwards no other counting cell and no live local has."""

    access: Read


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Local := a value computed from locals and cells in one step (a quantifier over a pool, in code)."""

    local: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Wait:
    """wait_event(condition): no step while the condition is false. Sleeps."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class Assert:
    """`assertion` is violated if the condition is false."""

    condition: Expr
    message: Message | None


@dataclass(frozen=True, slots=True)
class AtomicBegin:
    """Starts the one step that an outermost atomic block is: the nodes with `atomic` set, and then local ones.

    The step is enabled when the first shared instruction of the block (see `shared_instruction`) does not wait; a
    later one that waits is `blocks inside atomic`.
    """


Operation: TypeAlias = (
    Nop
    | Assign
    | Branch
    | Sleep
    | Barrier
    | Finish
    | Choose
    | Load
    | Store
    | LockOperation
    | Atomic
    | Alloc
    | Renew
    | Evaluate
    | Wait
    | Assert
    | AtomicBegin
)

LOCAL_OPERATIONS = (Nop, Assign, Branch, Sleep, Barrier, Finish)


@dataclass(frozen=True, slots=True)
class Frame:
    """A call under way: the procedure, its arguments as the model writes them, and where it is called from."""

    procedure: str
    call: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a thread's inlined, unrolled code.

    `next`: one successor; two for Branch (true, false); none for Finish.
    `live`: slots of the locals that are live on entry; all others hold nothing.
    `marks`: places in `System.coverage` that count as reached when this node executes.
    `text`: the source as a person should read it (`if node.i_size <= index`, `spin_lock(mm.page_table_lock)`).
    `target`: what the model calls the local that the operation gives a value (others may share its slot); empty for a
    temporary.
    """

    operation: Operation
    next: tuple[int, ...]
    span: Span
    stack: tuple[Frame, ...] = ()
    atomic: bool = False
    live: frozenset[int] = frozenset()
    marks: tuple[int, ...] = ()
    text: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class LocalVariable:
    """A local of a thread's inlined code. Names may repeat; temporaries have an empty name."""

    name: str
    type: Type
    procedure: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of the model. Members of one family share `nodes` and `locals` (the same objects) and `family`."""

    name: str
    text: str
    daemon: bool
    family: str | None
    locals: tuple[LocalVariable, ...]
    nodes: tuple[Node, ...] = field(repr=False)
    entry: int
    span: Span


def shared_instruction(node: Node) -> bool:
    """True for an operation that is a step of its own outside atomic blocks (AtomicBegin too)."""
    operation = node.operation
    if isinstance(operation, Choose):
        return operation.condition is not None or isinstance(operation.domain, PoolType)
    return not isinstance(operation, LOCAL_OPERATIONS)


def starts_step(node: Node) -> bool:
    """True if a thread rests before this node: a shared instruction that is not inside an atomic block."""
    return not node.atomic and shared_instruction(node)
