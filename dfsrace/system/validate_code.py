# SPDX-License-Identifier: GPL-2.0-only
"""Whether a thread's nodes keep what `dfsrace.system.program` promises of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfsrace.system.expressions import Expr, Read, locals_of, may_fail
from dfsrace.system.lock_rules import RULES
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    AtomicBegin,
    Branch,
    Choose,
    Evaluate,
    Finish,
    Load,
    LockOperation,
    Node,
    Operation,
    Renew,
    Store,
    Thread,
    Wait,
)
from dfsrace.system.system import System, Variable
from dfsrace.system.types import (
    BOOL,
    BoolType,
    LockType,
    RangeType,
    StampType,
    Type,
    base_of,
    type_text,
)
from dfsrace.system.validate_expressions import Place, access_problems, domain_problems, expression_problems, fits

ATOMIC_ARGUMENTS = {"atomic_inc": 0, "atomic_dec": 0, "atomic_dec_and_test": 0, "xchg": 1, "cmpxchg": 2}

# Which calls go with which lock, and what they leave in `local`.
LOCK_CALLS: dict[str, tuple[str, ...]] = {
    "spinlock": ("spin_lock", "spin_trylock", "spin_unlock"),
    "mutex": ("mutex_lock", "mutex_trylock", "mutex_unlock"),
    "bit_lock": ("lock_page", "trylock_page", "unlock_page"),
    "semaphore": ("down", "down_trylock", "up"),
    "rwlock": ("read_lock", "read_trylock", "read_unlock", "write_lock", "write_trylock", "write_unlock"),
    "rwsem": (
        *("down_read", "down_read_trylock", "up_read", "down_write", "down_write_trylock", "up_write"),
        "downgrade_write",
    ),
    "seqlock": ("read_seqbegin", "read_seqretry", "write_seqlock", "write_sequnlock"),
    "seqcount": ("read_seqcount_begin", "read_seqcount_retry", "write_seqcount_begin", "write_seqcount_end"),
}


def code_problems(system: System, thread: Thread) -> Iterator[str]:
    """What is wrong in a thread's code, each with the number of its node."""
    nodes = thread.nodes
    if not 0 <= thread.entry < len(nodes):
        yield f"the entry {thread.entry} is no node"
        return
    broken = [f"node {i}: {p}" for i, node in enumerate(nodes) for p in _successor_problems(node, len(nodes))]
    yield from broken
    if broken:
        return
    yield from _graph_problems(thread)
    for number, node in enumerate(nodes):
        for problem in _node_problems(system, thread, node):
            yield f"node {number}: {problem}"
    if all(0 <= slot < len(thread.locals) for node in nodes for slot in (*used(node.operation), *node.live)):
        yield from _live_problems(nodes, thread.entry)
    else:
        yield "a local is used that is not declared"


def _successor_problems(node: Node, count: int) -> Iterator[str]:
    wanted = 2 if isinstance(node.operation, Branch) else 0 if isinstance(node.operation, Finish) else 1
    if len(node.next) != wanted:
        yield f"{type(node.operation).__name__} has {len(node.next)} successors, not {wanted}"
    for following in node.next:
        if not 0 <= following < count:
            yield f"the successor {following} does not exist"


def _graph_problems(thread: Thread) -> Iterator[str]:
    """Reachability and the shape of atomic blocks."""
    nodes = thread.nodes
    if nodes[thread.entry].atomic:
        yield "the entry stands inside an atomic block"
    for number, node in enumerate(nodes):
        inside = node.atomic or isinstance(node.operation, AtomicBegin)
        if node.atomic and isinstance(node.operation, AtomicBegin | Finish):
            yield f"node {number}: {type(node.operation).__name__} inside an atomic block"
        for following in node.next:
            if nodes[following].atomic and not inside:
                yield f"node {following} is in an atomic block, and node {number} leads there from outside"
    missing = sorted(set(range(len(nodes))) - _reachable(thread))
    if missing:
        yield f"no path leads to the nodes {', '.join(map(str, missing))}"


def _reachable(thread: Thread) -> set[int]:
    found: set[int] = set()
    waiting = [thread.entry]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += thread.nodes[number].next
    return found


# ---- live locals


def used(operation: Operation) -> frozenset[int]:
    """Slots that an operation reads; those of an assert's message are among them."""
    found: frozenset[int] = frozenset()
    for expression in expressions_of(operation):
        found |= locals_of(expression)
    return found


def expressions_of(operation: Operation) -> tuple[Expr, ...]:
    """The expressions of an operation; a cell that it names stands as a Read."""
    match operation:
        case Assign(value=value) | Evaluate(value=value):
            return (value,)
        case Branch(test):
            return (test,)
        case Choose(condition=condition):
            return () if condition is None else (condition,)
        case Load(access=access) | Renew(access):
            return (access,)
        case Store(access, value):
            return (value, access)
        case LockOperation(access=access, argument=argument):
            return (access,) if argument is None else (access, argument)
        case Atomic(access=access, arguments=arguments):
            return (access, *arguments)
        case Wait(condition):
            return (condition,)
        case Assert(condition, message):
            parts = () if message is None else message.parts
            return (condition, *(part for part in parts if not isinstance(part, str)))
    return ()


def target(operation: Operation) -> int | None:
    """The slot that an operation overwrites."""
    if isinstance(operation, Assign | Choose | Load | LockOperation | Atomic | Alloc | Evaluate):
        return operation.local
    return None


def live_sets(nodes: Sequence[Node]) -> list[frozenset[int]]:
    """The locals that are live on entry to each node, backwards from their uses.

    A local is live where some path leads to a use before it is overwritten. An Assign to a local that is not live
    afterwards is no use of what it copies, unless computing it can be a violation.
    """
    live: list[frozenset[int]] = [frozenset()] * len(nodes)
    while True:
        before = list(live)
        for number in reversed(range(len(nodes))):
            operation = nodes[number].operation
            after = frozenset().union(*(live[following] for following in nodes[number].next))
            slot = target(operation)
            idle = isinstance(operation, Assign) and slot not in after and not may_fail(operation.value)
            live[number] = (after - {slot}) | (frozenset() if idle else used(operation))
        if live == before:
            return live


def _live_problems(nodes: Sequence[Node], entry: int) -> Iterator[str]:
    for number, (node, live) in enumerate(zip(nodes, live_sets(nodes), strict=True)):
        if node.live != live:
            yield f"node {number}: live are {sorted(live)}, not {sorted(node.live)}"
    if nodes[entry].live:
        yield f"locals {sorted(nodes[entry].live)} may be read before they are set"


# ---- operations


def _node_problems(system: System, thread: Thread, node: Node) -> Iterator[str]:
    for mark in node.marks:
        if not 0 <= mark < len(system.coverage):
            yield f"the mark {mark} is no coverage point"
    slot = target(node.operation)
    if slot is not None and not 0 <= slot < len(thread.locals):
        yield f"the result goes into local {slot}, which is not declared"
        return
    within = isinstance(node.operation, Evaluate | Wait | Assert | Choose)
    place = Place(system.variables, thread.locals, within)
    if isinstance(node.operation, Choose):
        place = place.binding(node.operation.slot, node.operation.domain)
    for expression in expressions_of(node.operation):
        if _is_access(node.operation, expression):
            assert isinstance(expression, Read)
            yield from access_problems(expression, place)
            for index in expression.indices:
                yield from expression_problems(index, place)
        else:
            yield from expression_problems(expression, place)
    yield from _operation_problems(system.variables, thread, node)


def _is_access(operation: Operation, expression: Expr) -> bool:
    return isinstance(operation, Load | Store | LockOperation | Atomic | Renew) and expression is operation.access


def _operation_problems(variables: Sequence[Variable], thread: Thread, node: Node) -> Iterator[str]:
    """What is wrong with the types of an operation, given that its expressions are right."""
    operation = node.operation
    if isinstance(operation, Load | Store | LockOperation | Atomic | Renew):
        if 0 <= operation.access.variable < len(variables):
            yield from _access(variables[operation.access.variable], thread, operation)
        return
    kind = thread.locals[operation.local].type if isinstance(operation, Assign | Evaluate | Choose | Alloc) else BOOL
    match operation:
        case Assign(_, value) | Evaluate(_, value):
            if not fits(value, kind):
                yield f"a value that may lie outside {type_text(kind)} is assigned, and not checked"
        case Choose(_, domain, _, condition):
            yield from domain_problems(domain)
            if base_of(domain) != base_of(kind) and not _narrower(domain, kind):
                yield f"a choice of {type_text(domain)} goes into a local of type {type_text(kind)}"
            if condition is not None and not isinstance(condition.type, BoolType):
                yield "the condition of a choice is no Boolean"
        case Alloc(_, pool):
            if base_of(kind) != pool:
                yield f"a value of {pool.name} goes into a local of type {type_text(kind)}"
        case Branch(test) | Wait(test) | Assert(test, _):
            if not isinstance(test.type, BoolType):
                yield f"{type(operation).__name__} tests {type_text(test.type)}, no Boolean"


def _narrower(kind: Type, wider: Type) -> bool:
    one, other = base_of(kind), base_of(wider)
    return (
        isinstance(one, RangeType) and isinstance(other, RangeType) and other.low <= one.low <= one.high <= other.high
    )


def _access(
    variable: Variable, thread: Thread, operation: Load | Store | LockOperation | Atomic | Renew
) -> Iterator[str]:
    """An access against its variable: may it be changed, do lock and call go together, does the value fit."""
    name = variable.name
    if variable.constant:
        yield f"{name} is constant, and {type(operation).__name__} makes an access to it"
    if isinstance(operation, LockOperation):
        yield from _lock_operation(variable, thread, operation)
        return
    if isinstance(variable.type, LockType):
        yield f"{type(operation).__name__} on the lock {name}"
        return
    match operation:
        case Load(local, _):
            if thread.locals[local].type != variable.type:
                yield f"{name} is loaded into a local of type {type_text(thread.locals[local].type)}"
        case Store(_, value):
            if not fits(value, variable.type):
                yield f"a value that may lie outside {type_text(variable.type)} is stored to {name}, and not checked"
        case Renew():
            if not isinstance(base_of(variable.type), StampType):
                yield f"{name} is renewed, and no stamp"
        case Atomic():
            yield from _atomic(variable, thread, operation)


def _lock_operation(variable: Variable, thread: Thread, operation: LockOperation) -> Iterator[str]:
    kind, call = variable.type, operation.call
    if not isinstance(kind, LockType) or call not in LOCK_CALLS[kind.kind] or call not in RULES:
        yield f"{call} on {variable.name}, which is {type_text(kind)}"
        return
    retries, begins = call.endswith("retry"), call in ("read_seqbegin", "read_seqcount_begin")
    if retries != (operation.argument is not None):
        yield f"{call} has {'no' if retries else 'an'} argument"
    stamp = StampType(f"{variable.name} sequence")
    if operation.argument is not None and operation.argument.type != stamp:
        yield f"{call} is given {type_text(operation.argument.type)}"
    if operation.local is None:
        return
    result: Type | None = stamp if begins else BOOL if retries or "trylock" in call else None
    if thread.locals[operation.local].type != result:
        yield f"the result of {call} goes into a local of type {type_text(thread.locals[operation.local].type)}"


def _atomic(variable: Variable, thread: Thread, operation: Atomic) -> Iterator[str]:
    call, wanted = operation.call, ATOMIC_ARGUMENTS.get(operation.call)
    if wanted is None or len(operation.arguments) != wanted:
        yield f"{call} with {len(operation.arguments)} arguments"
        return
    if call.startswith("atomic_") and not isinstance(variable.type, RangeType):
        yield f"{call} on {variable.name}, which is {type_text(variable.type)}"
    if wanted and not fits(operation.arguments[-1], variable.type):
        yield f"{call} may store what is outside {type_text(variable.type)}, and it is not checked"
    result = BOOL if call == "atomic_dec_and_test" else variable.type
    if operation.local is not None and thread.locals[operation.local].type != result:
        yield f"the result of {call} goes into a local of type {type_text(thread.locals[operation.local].type)}"
