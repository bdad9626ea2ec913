# SPDX-License-Identifier: GPL-2.0-only
"""The initial states: worked out here, and written as values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from dfsrace.engine.reference.stepping import ConcreteState, Stepper
from dfsrace.export.spin.expressions import CODES
from dfsrace.export.spin.memory import Lines
from dfsrace.export.spin.names import Names, NotExpressible, encoded
from dfsrace.system.types import Value

MOST_STARTS = 100_000


def starting(names: Names) -> Lines:
    """The beginning of the process: violations on the way to an initial state, then a choice among these."""
    starts = list(islice(Stepper(names.system).each_start(), MOST_STARTS + 1))
    if len(starts) > MOST_STARTS:
        raise NotExpressible(f"it has more than {MOST_STARTS:,} initial states")
    lines = ["init {", "  atomic {", "  d_step {", *(f"     {x}" for x in _all_read(names))]
    for start in starts:
        if start.violation is not None:
            changed = _cells(names, start.cells, None)
            lines += [f"     {x};" for x in changed] + [
                "     judge();",
                f"     found(violated_{CODES[start.violation]});",
            ]
            lines += [f"     {x.split(' = ')[0]} = 0;" for x in changed]
    states = dict.fromkeys(_state(names, start.state) for start in starts if start.state is not None)
    if not states:
        return [*lines, "     skip", "  }", "  };", "end_without_a_state:", "  false;"]
    lines += ["     skip", "  };", "  if"]
    for state in states:
        lines.append(f"  :: d_step {{ {'; '.join(('skip', *state))} }}")
    return [*lines, "  fi;", "  d_step { settle() }", "  };"]


def _all_read(names: Names) -> Lines:
    """SPIN leaves variables that are never read out of its states: here all of them are."""
    cells = [p.name if p.size == 1 else f"{p.name}[0]" for parts in names.parts for p in parts.values()]
    locals_ = [names.local(thread, slot) for thread, slots in enumerate(names.slots) for slot in slots]
    pcs = [names.pc(thread) for thread in range(names.threads)]
    return [f"h_was = {' + '.join((*cells, *locals_, *pcs))};", "h_was = 0;"]


def _state(names: Names, state: ConcreteState) -> tuple[str, ...]:
    """Assignments that make a state out of one in which everything is 0."""
    locals_ = [
        (names.system.threads[t].locals[slot].type, value)
        for t, live in enumerate(state.locals)
        for slot, value in live
    ]
    held = names.memory.held(state.cells, locals_)
    lines = _cells(names, state.cells, held)
    for thread, (node, live) in enumerate(zip(state.nodes, state.locals, strict=True)):
        lines.append(f"{names.pc(thread)} = {names.numbers[thread].get(node, 0)}")
        for slot, value in live:
            kind = names.system.threads[thread].locals[slot].type
            lines.append(f"{names.local(thread, slot)} = {encoded(kind, value)}")
    return tuple(line for line in lines if not line.endswith(" = 0"))


def _cells(names: Names, cells: Sequence[Value], held: object) -> Lines:
    """Assignments to the cells that count; `held`: the pool values whose fields do, None for all."""
    lines: Lines = []
    for index, (cell, value) in enumerate(zip(names.memory.cells, cells, strict=True)):
        text, owner = names.cell_at(index), names.memory.owner_of(index)
        counts = owner is None or held is None or owner in held  # type: ignore[operator]
        if text is not None and counts and encoded(cell.type, value):
            lines.append(f"{text} = {encoded(cell.type, value)}")
    return lines
