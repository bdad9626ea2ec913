# SPDX-License-Identifier: GPL-2.0-only
"""What came too early: a cell was emptied, or looked at for that, while it was empty, and a stale value came later."""

from __future__ import annotations

from collections.abc import Sequence

from dfsrace.system.expressions import Const
from dfsrace.system.program import Load, Store
from dfsrace.system.system import System
from dfsrace.trace.flow import Flow
from dfsrace.trace.record import Early, Explanation, Mark, TraceStep


def too_early(system: System, steps: Sequence[TraceStep], found: Explanation) -> Early | None:
    """What came too early to undo the store of an explanation's stale value, by another thread; None if nothing did.

    It is the last to empty the cell before, if the cell was empty then and its thread stores to it no more. The thread
    that made the value stale may have only looked: in a procedure that would have emptied the cell.
    """
    if found.stale is None or len(found.places) < 2:
        return None
    flow, filling = Flow(system, tuple(steps)), found.places[1]
    filler, maker = flow.thread(filling), flow.thread(found.stale.store)
    filled = {c.name for c in flow.executed(filling).changes if c.old == "None" != c.new}
    for mark in reversed([m for m in flow.marks() if (m.step, m.executed) < (filling.step, filling.executed)]):
        node, thread = flow.executed(mark), flow.thread(mark)
        for change in node.changes:
            if change.name in filled:
                in_vain = change.old == change.new and thread != filler
                return _unless_again(flow, mark, change.name, filling) if in_vain else None
        looked = [read.name for read in node.reads if read.name in filled and read.value == "None"]
        if looked and thread == maker != filler and _would_empty(flow, mark):
            return _unless_again(flow, mark, looked[0], filling)
    return None


def early_sentence(system: System, steps: Sequence[TraceStep], early: Early) -> str:
    """Who came too early, what was not there yet, and when it came; that the thread did not come back, if it ended."""
    flow = Flow(system, tuple(steps))
    who, filler = (system.threads[flow.thread(mark)].name for mark in (early.mark, early.filling))
    what = f"{who}'s {flow.executed(early.mark).procedure or 'store'} in step {early.mark.step}"
    was = "None then" if flow.last_store(early.cell, early.mark) else "still None"
    text = f"{what} came too early: {early.cell} was {was}, and {filler} set it in step {early.filling.step}"
    if any(step.finished for step in steps if step.thread == flow.thread(early.mark)):
        text += f"; {who} did not empty it after that"
    return f"{text}."


def _unless_again(flow: Flow, mark: Mark, cell: str, filling: Mark) -> Early | None:
    """It, unless its thread stores to the cell once more."""
    later = [m for m in flow.marks() if m.step > mark.step and flow.thread(m) == flow.thread(mark)]
    again = any(change.name == cell for m in later for change in flow.executed(m).changes)
    return None if again else Early(mark, cell, filling)


def _would_empty(flow: Flow, mark: Mark) -> bool:
    """Whether a load stands in a procedure that stores None to the variable that it looks at."""
    operation, procedure = flow.operation(mark), flow.executed(mark).procedure
    if not isinstance(operation, Load) or not procedure:
        return False
    nodes = [n for n in flow.system.threads[flow.thread(mark)].nodes if n.stack and n.stack[-1].procedure == procedure]
    stores = [n.operation for n in nodes if isinstance(n.operation, Store)]
    emptying = [s for s in stores if isinstance(s.value, Const) and s.value.value is None]
    return any(store.access.variable == operation.access.variable for store in emptying)
