# SPDX-License-Identifier: GPL-2.0-only
"""A transition system as text, for people: everything that an engine knows of a model."""

from __future__ import annotations

from collections.abc import Iterator

from dfsrace.diagnostics.text import printable
from dfsrace.system.cells import cell_name, cells_of
from dfsrace.system.expression_text import Namer, expression_text, message_text, outermost_all
from dfsrace.system.operation_text import operation_text
from dfsrace.system.program import Node, Thread, starts_step
from dfsrace.system.system import System, Variable
from dfsrace.system.types import LockType, NamedType, PoolType, RangeType, StampType, Type, type_text, value_text


def listing(system: System) -> str:
    """The whole system, a line for each thing, ending in a newline; for `dfsrace show system MODEL`.

    A node that starts a step has a `*`, one inside an atomic block a `|`. What follows `->` are its successors (of a
    branch: if true, if false), in braces the locals that are live before it, after `#` its place in the source and the
    calls around it. Members of a family are printed once. All text of the model is escaped.
    """
    parts = [_head(system), _types(system), _variables(system), _initial(system)]
    parts += _threads(system)
    parts.append(_properties(system))
    return "\n\n".join("\n".join(printable(line) for line in part) for part in parts if part) + "\n"


def _head(system: System) -> list[str]:
    lines = [f"system: {system.title}"]
    if system.constants:
        lines.append("constants: " + ", ".join(f"{name} = {value}" for name, value in system.constants))
    if system.exhausted is not None:
        lines.append(f"setup exhausted the pool {system.exhausted}: not all initial valuations are here")
    return lines


def _definition(kind: Type) -> str:
    match kind:
        case RangeType(low, high):
            return f"{low}..{high}"
        case NamedType(values=values):
            return f"[{', '.join(values)}]"
        case PoolType(size=size):
            return f"pool({size})"
        case StampType():
            return "stamp"
    return type_text(kind)


def _types(system: System) -> list[str]:
    return ["types:", *(f"  {kind.name}: {_definition(kind)}" for kind in system.types)] if system.types else []


def _declaration(variable: Variable) -> str:
    inner = variable.dimensions if variable.owner is None else variable.dimensions[1:]
    text = variable.name + "".join(f"[{type_text(d)}]" for d in inner) + f": {type_text(variable.type)}"
    if isinstance(variable.type, LockType):
        return text + (f" = {variable.initial}" if variable.type.kind == "semaphore" else "")
    return f"{text} = {value_text(variable.type, variable.initial)}"


def _variables(system: System) -> list[str]:
    if not system.variables:
        return []
    texts = [_declaration(v) for v in system.variables]
    width = max(map(len, texts))
    marked = zip(texts, system.variables, strict=True)
    return ["variables:", *(f"  {t:{width}}  constant" if v.constant else f"  {t}" for t, v in marked)]


def _initial(system: System) -> list[str]:
    """What the valuations share, then each one's own values; the cells that are as declared are left out."""
    cells = cells_of(system)
    lines = []
    for number, initial in enumerate(system.initial):
        made = f" after {', '.join(initial.choices)}" if initial.choices else ""
        lines.append(f"initial valuation {number}{made}:")
        changed = [(c, v) for c, v in zip(cells, initial.cells, strict=True) if v != c.initial]
        for cell, value in changed:
            part = f" {cell.component}" if cell.component else ""
            lines.append(f"  {cell_name(system, cell)}{part} = {value_text(cell.type, value)}")
        if not changed:
            lines.append("  as declared")
    return lines


def _threads(system: System) -> Iterator[list[str]]:
    done: set[int] = set()
    for thread in system.threads:
        if thread.family is not None and id(thread.nodes) in done:
            continue
        done.add(id(thread.nodes))
        yield list(_thread(system, thread))


def _thread(system: System, thread: Thread) -> Iterator[str]:
    names = [t.name for t in system.threads if t is thread or (t.family is not None and t.family == thread.family)]
    kind = "daemon" if thread.daemon else "thread"
    yield f"{kind} {', '.join(names)}: {' '.join(thread.text.split())}"
    for slot, local in enumerate(thread.locals):
        of = f" of {local.procedure}" if local.procedure else ""
        yield f"  local x{slot}: {type_text(local.type)}" + (f"  # {local.name}{of}" if local.name else "")
    yield f"  starts at {thread.entry}"
    namer = Namer(system)
    heads = [_node_head(node, number, namer) for number, node in enumerate(thread.nodes)]
    width = min(72, max(map(len, heads)))
    for node, head in zip(thread.nodes, heads, strict=True):
        yield f"{head:{width}}  # {_origin(node)}"


def _node_head(node: Node, number: int, namer: Namer) -> str:
    mark = "*" if starts_step(node) else "|" if node.atomic else " "
    following = f" -> {', '.join(map(str, node.next))}" if node.next else ""
    live = f"  {{{', '.join(f'x{slot}' for slot in sorted(node.live))}}}" if node.live else ""
    return f"  {mark}{number:3} {operation_text(node.operation, namer)}{following}{live}"


def _origin(node: Node) -> str:
    calls = "".join(f" {frame.procedure} <" for frame in reversed(node.stack)).removesuffix(" <")
    where = f"{node.span.file}:{node.span.line}" if node.span.line else "-"
    return where + (f" in{calls}" if calls else "") + (f": {node.text}" if node.text else "")


def _properties(system: System) -> list[str]:
    lines = ["properties:"] if system.properties else []
    namer = Namer(system)
    for prop in system.properties:
        kind = "reach" if prop.kind == "reach" else "invariant at the end" if prop.at_end else "invariant"
        lines.append(f"  {kind} {prop.name}: {expression_text(prop.condition, namer)}")
        if prop.says is not None:
            named = Namer(system, {q.slot: q.name for q in outermost_all(prop.condition)})
            lines.append(f"    says {message_text(prop.says, named)}")
    return lines
