# SPDX-License-Identifier: GPL-2.0-only
"""Operations as text: `x0 := load node.i_size`, `store mm0.pte[x1] = x0`, `if x0 == 1`."""

from __future__ import annotations

from dataclasses import replace

from dfsrace.system.expression_text import Namer, cell_text, expression_text, message_text
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    Barrier,
    Branch,
    Choose,
    Evaluate,
    Load,
    LockOperation,
    Operation,
    Renew,
    Sleep,
    Store,
    Wait,
)
from dfsrace.system.types import type_text

_ORDERS = {"plain": "", "once": " once", "acquire": " acquire", "release": " release"}


def operation_text(operation: Operation, namer: Namer) -> str:
    """One operation; what it computes goes into `xN`, the local of that number."""
    match operation:
        case Assign(local, value):
            return f"x{local} := {expression_text(value, namer)}"
        case Evaluate(local, value):
            return f"x{local} := in one step {expression_text(value, namer)}"
        case Branch(test):
            return f"if {expression_text(test, namer)}"
        case Sleep(call):
            return f"{call}()"
        case Barrier(kind):
            return f"{kind}()"
        case Choose():
            return _choice(operation, namer)
        case Load(local, access, order):
            return f"x{local} := load{_ORDERS[order]} {cell_text(access, namer)}"
        case Store(access, value, order):
            return f"store{_ORDERS[order]} {cell_text(access, namer)} = {expression_text(value, namer)}"
        case LockOperation(call, access, local, argument):
            texts = [cell_text(access, namer), *([] if argument is None else [expression_text(argument, namer)])]
            return ("" if local is None else f"x{local} := ") + f"{call}({', '.join(texts)})"
        case Atomic(call, access, arguments, local):
            texts = [cell_text(access, namer), *(expression_text(a, namer) for a in arguments)]
            return ("" if local is None else f"x{local} := ") + f"{call}({', '.join(texts)})"
        case Alloc(local, pool):
            return f"x{local} := alloc({pool.name})"
        case Renew(access):
            return f"renew({cell_text(access, namer)})"
        case Wait(condition):
            return f"wait_event({expression_text(condition, namer)})"
        case Assert(condition, message):
            said = "" if message is None else f', "{message_text(message, namer)}"'
            return f"assert {expression_text(condition, namer)}{said}"
    return type(operation).__name__.lower().replace("atomicbegin", "atomic:")


def _choice(operation: Choose, namer: Namer) -> str:
    if operation.condition is None:
        return f"x{operation.local} := choose({type_text(operation.domain)})"
    inner = replace(namer, bound={**namer.bound, operation.slot: "v"})
    test = expression_text(operation.condition, inner)
    return f"x{operation.local} := choose(v for v in {type_text(operation.domain)} if {test})"
