# SPDX-License-Identifier: GPL-2.0-only
"""Python that the model language does not have: what each construct is called, and what to write instead."""

from __future__ import annotations

import ast

_QUANTIFIERS = "comprehensions stand only inside all(...), any(...), sum(...) and choose(...)"
_TEXT = "text stands only in the message of an assert"
_PROCEDURES = "write a procedure under `procedures`"

# node class -> (name, way out)
STATEMENTS: dict[str, tuple[str, str]] = {
    "FunctionDef": ("a procedure inside other code", _PROCEDURES),
    "AsyncFunctionDef": ("async def", "every procedure may wait: write def"),
    "ClassDef": ("a class", "declare types and their fields in the sections `types` and `state`"),
    "Delete": ("del", "store None or another value"),
    "For": ("for", ""),
    "AsyncFor": ("async for", "write for"),
    "AsyncWith": ("async with", "write with"),
    "Match": ("match", "write if, elif and else"),
    "Raise": ("raise", "write `assert condition` or return a value"),
    "Try": ("try", "nothing raises: test the result of a call"),
    "TryStar": ("try", "nothing raises: test the result of a call"),
    "Import": ("import", "list files in the section `include`"),
    "ImportFrom": ("import", "list files in the section `include`"),
    "Global": ("global", "state variables are known everywhere"),
    "Nonlocal": ("nonlocal", "state variables are known everywhere"),
    "TypeAlias": ("a type alias", "declare the type in the section `types`"),
}

EXPRESSIONS: dict[str, tuple[str, str]] = {
    "NamedExpr": ("the walrus operator :=", "write the assignment as a statement of its own"),
    "Lambda": ("lambda", _PROCEDURES),
    "Dict": ("a dictionary", "declare an array in the section `state`"),
    "Set": ("a set", "declare an array of bool in the section `state`"),
    "List": ("a list", "declare an array in the section `state`"),
    "Tuple": ("a tuple", "write one statement for each value; `and` joins conditions"),
    "ListComp": ("a list comprehension", _QUANTIFIERS),
    "SetComp": ("a set comprehension", _QUANTIFIERS),
    "DictComp": ("a dictionary comprehension", _QUANTIFIERS),
    "GeneratorExp": ("a comprehension here", _QUANTIFIERS),
    "Await": ("await", "every call may wait: write the call alone"),
    "Yield": ("yield", "every access is a step already: leave it out"),
    "YieldFrom": ("yield from", "every access is a step already: write the call alone"),
    "JoinedStr": ("an f-string", "messages are plain text: what stands in {braces} is filled in"),
    "TemplateStr": ("a t-string", "messages are plain text: what stands in {braces} is filled in"),
    "FormattedValue": ("an f-string", "messages are plain text: what stands in {braces} is filled in"),
    "Starred": ("a star before a value", "write the value alone: there are no pointers, and each argument is given"),
    "Slice": ("a slice", "loop with `for i in T` over the elements"),
}

OPERATORS: dict[str, tuple[str, str]] = {
    "Div": ("true division /", "integers divide with //"),
    "Pow": ("the power operator **", "multiply"),
    "MatMult": ("the operator @", ""),
    "LShift": ("the bitwise operator <<", "multiply by a power of two"),
    "RShift": ("the bitwise operator >>", "divide with // by a power of two"),
    "BitOr": ("the bitwise operator |", "Booleans join with `or`"),
    "BitXor": ("the bitwise operator ^", "Booleans differ if `a != b`"),
    "BitAnd": ("the bitwise operator &", "Booleans join with `and`"),
    "Invert": ("the bitwise operator ~", "Booleans are negated with `not`"),
    "UAdd": ("unary plus", "leave the + out"),
    "In": ("the operator in", "compare with each value, or write LOW <= x <= HIGH"),
    "NotIn": ("the operator not in", "compare with each value, or write not LOW <= x <= HIGH"),
}

_ATOMICS = "atomics are atomic_inc, atomic_dec, atomic_dec_and_test, xchg and cmpxchg"
_READ = "name the variable: a load is one step"
_ASSERT = "write `assert not condition`"
_TRACES = "traces show what happens; ask for a state with a `reach`"
_INTERRUPTS = "an interrupt is a thread of its own: write {}"
_STORES = "nobody is woken: wait_event sees each store"
_WAITS = "keep a bool in the state, store True, and wait_event(done)"
_RCU = "RCU is not modelled: keep what readers hold in the state"
_ANY_TIME = "any thread may run between two steps anyway: leave it out"
_BARRIERS = "barriers are smp_mb, smp_rmb and smp_wmb"

# What a model may not call, as its author knows it from the kernel or from Python -> what to write instead.
PROCEDURES: dict[str, str] = {
    "range": "loop over a type: declare a range under types",
    "abs": "write `x if x >= 0 else 0 - x`",
    **dict.fromkeys(("print", "printk", "pr_info", "pr_debug", "pr_err", "trace_printk"), _TRACES),
    **dict.fromkeys(("WARN_ON", "WARN_ON_ONCE", "BUG_ON", "VM_BUG_ON"), _ASSERT),
    **dict.fromkeys(("BUG", "panic"), "write `assert False`"),
    **dict.fromkeys(("schedule", "cpu_relax", "udelay", "msleep", "sleep"), _ANY_TIME),
    **dict.fromkeys(("mb", "rmb", "wmb", "barrier", "smp_mb__before_atomic", "smp_mb__after_atomic"), _BARRIERS),
    **dict.fromkeys(("spin_lock_irqsave", "spin_lock_irq", "spin_lock_bh"), _INTERRUPTS.format("spin_lock")),
    **dict.fromkeys(("spin_unlock_irqrestore", "spin_unlock_irq", "spin_unlock_bh"), _INTERRUPTS.format("spin_unlock")),
    **dict.fromkeys(("preempt_disable", "preempt_enable", "local_irq_save", "local_irq_restore"), _ANY_TIME),
    **dict.fromkeys(("atomic_read", "rcu_dereference", "test_bit"), _READ),
    **dict.fromkeys(("atomic_set", "rcu_assign_pointer", "set_bit", "clear_bit"), "assign it: a store is one step"),
    **dict.fromkeys(("atomic_add", "atomic_sub", "atomic_inc_return", "atomic_add_return"), _ATOMICS),
    "test_and_set_bit": "write xchg(flag, True), on a bool: it gives what was there",
    "test_and_clear_bit": "write xchg(flag, False), on a bool: it gives what was there",
    **dict.fromkeys(("wait_event_interruptible", "wait_event_timeout", "wait_event_killable"), "write wait_event"),
    **dict.fromkeys(("wake_up", "wake_up_all", "wake_up_process"), _STORES),
    **dict.fromkeys(("complete", "wait_for_completion", "init_completion"), _WAITS),
    **dict.fromkeys(("rcu_read_lock", "rcu_read_unlock", "synchronize_rcu", "call_rcu"), _RCU),
    **dict.fromkeys(("kmalloc", "kzalloc", "alloc_page", "malloc", "new"), "write alloc(Pool)"),
    **dict.fromkeys(("kfree", "free", "free_page"), "drop the last reference: what nobody holds is free"),
    **dict.fromkeys(("spin_lock_init", "mutex_init", "init_rwsem"), "every lock begins unlocked: leave it out"),
}


def constant_refusal(value: object) -> tuple[str, str]:
    """How a literal that the language lacks is called, and the way out."""
    if isinstance(value, str):
        return "a string", _TEXT + "; a comment starts with #"
    if isinstance(value, bytes):
        return "a byte string", _TEXT
    if isinstance(value, float):
        return "a floating-point number", "numbers are integers"
    if isinstance(value, complex):
        return "a complex number", "numbers are integers"
    return "...", "write `pass` where nothing is to be done"


def node_name(node: ast.AST) -> str:
    """The class of a node, as the tables above have it."""
    return type(node).__name__
