# SPDX-License-Identifier: GPL-2.0-only
"""From a drafted graph to a thread's nodes: useless nodes leave, live locals are computed, slots are shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dfsrace.language.lowering.graph import Draft, Graph, MarkKey
from dfsrace.system.expressions import (
    And,
    Arithmetic,
    Checked,
    Compare,
    Expr,
    IfElse,
    Local,
    Not,
    Or,
    Quantifier,
    Read,
    locals_of,
    may_fail,
)
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    Branch,
    Choose,
    Evaluate,
    Load,
    LocalVariable,
    LockOperation,
    Message,
    Node,
    Nop,
    Operation,
    Renew,
    Store,
    Wait,
)


@dataclass(frozen=True, slots=True)
class Program:
    """The finished code of a thread."""

    nodes: tuple[Node, ...]
    locals: tuple[LocalVariable, ...]
    entry: int


def finished_program(graph: Graph, points: Mapping[MarkKey, int]) -> Program:
    """Nodes that are reachable and do something, in the order of the source, with live locals and few slots.

    A node without effect goes (a Nop without marks, a copy into a local that is not live); marks whose key is no
    coverage point go too. Every node that rests, tests, chooses or can fail stays where it is.
    """
    drafts = [_without_marks(d, points) for d in graph.drafts]
    live = _liveness(drafts)
    for draft, (_, after) in zip(drafts, live, strict=True):
        operation = draft.operation
        if isinstance(operation, Assign) and operation.local not in after and not may_fail(operation.value):
            draft.operation = Nop()
    order, entry = _reachable(drafts, graph.entry)
    number = {old: new for new, old in enumerate(order)}
    nodes = tuple(_node(drafts[old], number, live[old][0], points) for old in order)
    slots, kept = _shared_slots(nodes, graph.locals)
    return Program(tuple(_renamed(n, slots, graph.locals) for n in nodes), kept, number[entry])


def _without_marks(draft: Draft, points: Mapping[MarkKey, int]) -> Draft:
    return replace(draft, marks=tuple(m for m in draft.marks if m in points), next=list(draft.next))


def _node(draft: Draft, number: Mapping[int, int], live: frozenset[int], points: Mapping[MarkKey, int]) -> Node:
    return Node(
        draft.operation,
        tuple(number[n] for n in draft.next),
        draft.span,
        draft.stack,
        draft.atomic,
        live,
        tuple(points[m] for m in draft.marks),
        draft.text,
    )


def _reachable(drafts: list[Draft], entry: int) -> tuple[list[int], int]:
    """Places of the nodes that stay, in order, with all jumps led past those that go; and where the thread starts."""
    entry = _past_nops(drafts, entry)
    seen = {entry}
    todo = [entry]
    while todo:
        draft = drafts[todo.pop()]
        draft.next = [_past_nops(drafts, n) for n in draft.next]
        for n in draft.next:
            if n not in seen:
                seen.add(n)
                todo.append(n)
    return sorted(seen), entry


def _past_nops(drafts: list[Draft], number: int) -> int:
    seen = set()
    while isinstance(drafts[number].operation, Nop) and not drafts[number].marks and number not in seen:
        seen.add(number)
        number = drafts[number].next[0]
    return number


# ---- liveness


def used(operation: Operation) -> frozenset[int]:
    """Slots whose values the operation needs, if its own result is needed."""
    match operation:
        case Assign(value=value) | Evaluate(value=value):
            return locals_of(value)
        case Branch(test=test):
            return locals_of(test)
        case Choose(condition=condition):
            return frozenset() if condition is None else locals_of(condition)
        case Load(access=access) | Renew(access):
            return locals_of(access)
        case Store(access, value):
            return locals_of(access) | locals_of(value)
        case LockOperation(access=access, argument=argument):
            return locals_of(access) | (frozenset() if argument is None else locals_of(argument))
        case Atomic(access=access, arguments=arguments):
            return locals_of(access).union(*(locals_of(a) for a in arguments))
        case Wait(condition):
            return locals_of(condition)
        case Assert(condition, message):
            parts = () if message is None else message.parts
            return locals_of(condition).union(*(locals_of(p) for p in parts if not isinstance(p, str)))
    return frozenset()


def defined(operation: Operation) -> int | None:
    """The slot that the operation overwrites."""
    if isinstance(operation, Assign | Choose | Load | LockOperation | Atomic | Alloc | Evaluate):
        return operation.local
    return None


def _liveness(drafts: list[Draft]) -> list[tuple[frozenset[int], frozenset[int]]]:
    """For each node the locals live on entry and on exit; a copy into a local that is not live is no use."""
    before: list[frozenset[int]] = [frozenset()] * len(drafts)
    after: list[frozenset[int]] = [frozenset()] * len(drafts)
    predecessors: list[list[int]] = [[] for _ in drafts]
    for number, draft in enumerate(drafts):
        for n in draft.next:
            predecessors[n].append(number)
    todo = list(range(len(drafts)))
    while todo:
        number = todo.pop()
        draft = drafts[number]
        out = frozenset().union(*(before[n] for n in draft.next))
        after[number] = out
        target = defined(draft.operation)
        kept = out if target is None else out - {target}
        faint = isinstance(draft.operation, Assign) and target not in out and not may_fail(draft.operation.value)
        entering = kept if faint else kept | used(draft.operation)
        if entering != before[number]:
            before[number] = entering
            todo.extend(predecessors[number])
    return list(zip(before, after, strict=True))


# ---- slots


def _shared_slots(
    nodes: tuple[Node, ...], names: list[LocalVariable]
) -> tuple[dict[int, int], tuple[LocalVariable, ...]]:
    """Old slot -> new slot, such that locals of one type that are never live together share one."""
    conflicts: dict[int, set[int]] = {}
    for node in nodes:
        together = set(node.live)
        _conflict(conflicts, together)
        target = defined(node.operation)
        if target is not None:
            leaving = {slot for n in node.next for slot in nodes[n].live}
            _conflict(conflicts, leaving | {target})
    new: dict[int, int] = {}
    kept: list[LocalVariable] = []
    for old in sorted(conflicts):
        taken = {new[other] for other in conflicts[old] if other in new}
        kind = names[old].type
        slot = next((s for s, local in enumerate(kept) if s not in taken and local.type == kind), len(kept))
        if slot == len(kept):
            kept.append(names[old])
        new[old] = slot
    return new, tuple(kept)


def _conflict(conflicts: dict[int, set[int]], together: Iterable[int]) -> None:
    together = set(together)
    for slot in together:
        conflicts.setdefault(slot, set()).update(together - {slot})


def _renamed(node: Node, slots: Mapping[int, int], names: list[LocalVariable]) -> Node:
    live = frozenset(slots[s] for s in node.live)
    target = defined(node.operation)
    name = "" if target is None else names[target].name
    return replace(node, operation=_renamed_operation(node.operation, slots), live=live, target=name)


def _renamed_operation(operation: Operation, slots: Mapping[int, int]) -> Operation:
    changes: dict[str, object] = {}
    for name in getattr(type(operation), "__dataclass_fields__", {}):
        value = getattr(operation, name)
        if name == "local" and value is not None:
            changes[name] = slots[value]
        elif isinstance(value, Message):
            changes[name] = Message(tuple(p if isinstance(p, str) else renamed(p, slots) for p in value.parts))
        elif isinstance(value, _EXPRESSIONS):
            changes[name] = renamed(value, slots)
        elif name == "arguments":
            changes[name] = tuple(renamed(a, slots) for a in value)
    return replace(operation, **changes) if changes else operation  # type: ignore[arg-type]


_EXPRESSIONS = (Local, Read, Not, Arithmetic, Compare, And, Or, IfElse, Quantifier, Checked)


def renamed(expression: Expr, slots: Mapping[int, int]) -> Expr:
    """The expression with the slots of its locals replaced."""
    match expression:
        case Local(slot, kind):
            return Local(slots[slot], kind)
        case Read(variable, indices, kind):
            return Read(variable, tuple(renamed(i, slots) for i in indices), kind)
        case Not(operand):
            return Not(renamed(operand, slots))
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, renamed(left, slots), renamed(right, slots))
        case Compare(relation, left, right):
            return Compare(relation, renamed(left, slots), renamed(right, slots))
        case And(operands):
            return And(tuple(renamed(o, slots) for o in operands))
        case Or(operands):
            return Or(tuple(renamed(o, slots) for o in operands))
        case IfElse(test, then, other, kind):
            return IfElse(renamed(test, slots), renamed(then, slots), renamed(other, slots), kind)
        case Quantifier(kind=kind, slot=slot, name=name, domain=domain, condition=condition, body=body):
            inner = None if condition is None else renamed(condition, slots)
            return Quantifier(kind, slot, name, domain, inner, renamed(body, slots))
        case Checked(operand, kind):
            return Checked(renamed(operand, slots), kind)
    return expression
