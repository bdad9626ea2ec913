# SPDX-License-Identifier: GPL-2.0-only
"""What stands after `with`: atomic, a lock, read(lock) or write(lock)."""

from __future__ import annotations

import ast
from typing import Literal, TypeAlias

from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.primitives import LOCK_CALLS, arity, lock_use
from dfsrace.language.typed import StateUse
from dfsrace.system.types import LockType

Mode: TypeAlias = Literal["", "read", "write"]

_MODES: dict[str, tuple[Mode, ...]] = {
    "spinlock": ("",),
    "mutex": ("",),
    "rwlock": ("read", "write"),
    "rwsem": ("read", "write"),
    "seqlock": ("write",),
    "seqcount": ("write",),
}


def lock_item(context: Context, node: ast.expr) -> tuple[StateUse | None, Mode] | None:
    """The lock (None for atomic) and how it is taken; None after a diagnostic."""
    if isinstance(node, ast.Name) and node.id == "atomic":
        return None, ""
    mode: Mode = ""
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in ("read", "write") or node.keywords:
            message = f"`with` takes a lock, not {quoted(context.source(node))}"
            allowed = ["atomic", "lock", "read(lock)", "write(lock)"]
            help = "write `with atomic:`" if name == "atomic" else "name a lock of the state"
            if name in LOCK_CALLS and node.args:
                help = _as_taken(name, context.source(node.args[0]))
            context.error("DR551", node, message, allowed=allowed, help=help)
            return None
        if not arity(context, node, name, ("lock",)):
            return None
        mode = "read" if name == "read" else "write"
        node = node.args[0]
    lock = lock_use(context, node, "with", "`with` takes a lock of the state, or atomic")
    if lock is None:
        return None
    assert isinstance(lock.type, LockType)
    modes = _MODES.get(lock.type.kind, ())
    if mode in modes:
        return lock, mode
    _wrong_mode(context, node, lock, modes)
    return None


def _as_taken(name: str, text: str) -> str:
    """How `with` takes what the operation takes; where it takes no such thing, what else to write."""
    kind, role = LOCK_CALLS[name]
    modes = _MODES.get(kind, ())
    if not modes or role in ("sample", "retry"):
        return _without_with(kind, text)
    mode = "" if "" in modes else "read" if "read" in role and "read" in modes else "write"
    return f"write `{_taking(mode, text)}`, which takes and releases it"


def _taking(mode: str, lock: str) -> str:
    return f"with {mode}({lock}):" if mode else f"with {lock}:"


def _without_with(kind: str, text: str) -> str:
    """What is written instead of `with`; `text` is the lock, or the page of a bit_lock. Empty where `with` does."""
    page = text.removesuffix(".lock")
    return {
        "bit_lock": f"write lock_page({page}) and unlock_page({page})",
        "semaphore": f"write down({text}) and up({text})",
        "seqlock": f"readers write s = read_seqbegin({text}) and read_seqretry({text}, s)",
        "seqcount": f"readers write s = read_seqcount_begin({text}) and read_seqcount_retry({text}, s)",
    }.get(kind, "")


def _wrong_mode(context: Context, node: ast.expr, lock: StateUse, modes: tuple[Mode, ...]) -> None:
    assert isinstance(lock.type, LockType)
    kind, text = lock.type.kind, lock.text
    allowed = [_taking(mode, text) for mode in modes]
    help = _without_with(kind, text) or "write " + " or ".join(f"`{a}`" for a in allowed)
    context.error(
        "DR551", node, f"`with` does not take {quoted(text)}, a {kind}, in this way", allowed=allowed, help=help
    )
