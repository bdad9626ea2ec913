# SPDX-License-Identifier: GPL-2.0-only
"""The code of a thread as TLA+: one operator for each node, which gives the set of all outcomes from there on.

N0_7(c, me, l3_page) is what happens from node 7 on, in a step under way: `c` are the cells, `me` the thread, and the
rest the live locals. Inside an atomic block `acted` says whether a shared action has been done. An operator that comes
to a node where the thread rests gives the state, others ask the next operator. Threads of a family share them.
"""

from __future__ import annotations

from dfsrace.export.tlaplus.memory import Lines
from dfsrace.export.tlaplus.names import comment
from dfsrace.export.tlaplus.nodes import Code, NodeWriter
from dfsrace.export.tlaplus.operations import execute
from dfsrace.system.program import starts_step


def operators(writer: NodeWriter) -> Lines:
    """The operators of all nodes, in an order in which each stands behind those that it asks, and `Step`."""
    order, circular = _order(writer)
    lines = [f"RECURSIVE {writer.name(n)}({', '.join('_' for _ in writer.parameters(n))})" for n in circular]
    lines += [""] if lines else []
    for place in order:
        lines += _operator(writer, place)
    return [*lines, *_step(writer)]


def _order(writer: NodeWriter) -> tuple[list[int], list[int]]:
    """The nodes that have operators, and those of them that one before them asks."""
    order: list[int] = []
    circular: dict[int, None] = {}
    done: dict[int, bool] = {}
    for root in writer.code.labels:
        stack = [] if root in done else [(root, iter(_asked(writer, root)))]
        done.setdefault(root, False)
        while stack:
            place, following = stack[-1]
            after = next(following, None)
            if after is None:
                done[place] = True
                order.append(place)
                stack.pop()
            elif after not in done:
                done[after] = False
                stack.append((after, iter(_asked(writer, after))))
            elif not done[after]:
                circular[after] = None
    return order, list(circular)


def _asked(writer: NodeWriter, place: int) -> list[int]:
    nodes = writer.code.nodes
    return [n for n in map(writer.past, nodes[place].next) if not starts_step(nodes[n])]


def _operator(writer: NodeWriter, place: int) -> Lines:
    """The definition of a node's operator."""
    writer.begin(place)
    head = comment(f"{writer.node.span}: {writer.node.text}")
    name = f"{writer.name(place)}({', '.join(writer.parameters(place))}) =="
    return [f"\\* {head}", name, *(f"    {line}" for line in execute(writer).split("\n")), ""]


def _step(writer: NodeWriter) -> Lines:
    """`Step0(c, me)`: the outcomes of a thread's next step."""
    code: Code = writer.code
    arms = []
    for place, label in code.labels.items():
        values = {slot: f"locals[me].{code.local(slot)}" for slot in code.nodes[place].live}
        arms.append(f"pc[me] = {label} -> {writer.name(place)}({', '.join(writer.arguments(place, 'c', '', values))})")
    lines = [f"    {'[]' if number else 'CASE'} {arm}" for number, arm in enumerate(arms)]
    return [f"Step{code.number}(c, me) ==", *lines, "    [] OTHER -> {}" if arms else "    {}", ""]
