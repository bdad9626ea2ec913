# SPDX-License-Identifier: GPL-2.0-only
"""What a system has in it: locks, pools, stamps, symmetry, and code in which an automatic check could fail."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from dfsrace.system import System
from dfsrace.system.expressions import Checked, Expr, Finished, walk
from dfsrace.system.program import Alloc, Assert, Atomic, Choose, LockOperation, Node, Renew, Sleep, Wait
from dfsrace.system.types import LockType, OptionalType, RangeType
from dfsrace.system.validate_code import expressions_of

OWNED = {"spinlock", "mutex", "rwlock", "rwsem", "seqlock", "seqcount"}
SPINNING = {"spinlock", "rwlock", "seqlock"}
SLEEPING = {"mutex_lock", "down", "down_read", "down_write", "lock_page"}
GIVES_BACK = ("unlock", "up", "_end", "downgrade")


def features(system: System) -> set[str]:
    """Kinds of locks that are operated on, `pool`, `stamp`, `symmetry`."""
    named = {e.thread for p in system.properties for e in walk(p.condition) if isinstance(e, Finished)}
    found = set(lock_kinds(system))
    for thread in system.threads:
        operations = [type(node.operation) for node in thread.nodes]
        found |= {"pool"} if Alloc in operations else set()
        found |= {"stamp"} if Renew in operations else set()
    families = {t.family for i, t in enumerate(system.threads) if t.family is not None and i not in named}
    return found | ({"symmetry"} if families else set())


def lock_kinds(system: System) -> Iterator[str]:
    for node in nodes(system):
        if isinstance(node.operation, LockOperation):
            kind = system.variables[node.operation.access.variable].type
            assert isinstance(kind, LockType)
            yield kind.kind


def nodes(system: System) -> Iterator[Node]:
    return chain.from_iterable(thread.nodes for thread in system.threads)


def possible(system: System) -> set[str]:
    """The automatic checks that the code asks for, whatever they say."""
    found: set[str] = set()
    kinds = set(lock_kinds(system))
    for node in nodes(system):
        operation = node.operation
        call = operation.call if isinstance(operation, LockOperation | Sleep) else ""
        releases = call.startswith(GIVES_BACK) or call.endswith(GIVES_BACK)
        waits = isinstance(operation, Wait) or (isinstance(operation, Choose) and operation.condition is not None)
        takes = isinstance(operation, LockOperation) and not releases and "try" not in call
        sleeps = isinstance(operation, Sleep | Wait) or call in SLEEPING
        says = {
            "deadlock": waits or takes,
            "assertion": isinstance(operation, Assert),
            "blocks inside atomic": node.atomic and (waits or takes),
            "unlock of a lock not held": releases and call != "up",
            "lock taken twice": takes and bool(kinds & OWNED),
            "seqcount written twice": call == "write_seqcount_begin",
            "lock held at exit": takes and bool(kinds & OWNED),
            "sleeping while atomic": sleeps and bool(kinds & SPINNING),
            "value out of range": isinstance(operation, Atomic) or call == "up",
        }
        found |= {name for name, said in says.items() if said}
        for expression in chain.from_iterable(map(walk, expressions_of(operation))):
            found |= set(checked(expression))
    return found


def checked(e: Expr) -> Iterator[str]:
    """The checks that an expression makes itself."""
    if isinstance(e, Checked):
        if isinstance(e.operand.type, OptionalType) and not isinstance(e.type, OptionalType):
            yield "null dereference"
        if isinstance(getattr(e.type, "base", e.type), RangeType):
            yield "value out of range"
