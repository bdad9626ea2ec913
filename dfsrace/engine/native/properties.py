# SPDX-License-Identifier: GPL-2.0-only
"""Invariants and reach conditions as C, and which of them a state decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dfsrace.engine.native.expressions import Expressions
from dfsrace.engine.native.regions import StepGraph
from dfsrace.engine.native.values import unsigned
from dfsrace.engine.reference.expressions import Names
from dfsrace.engine.reference.stepping import speaks_of_threads
from dfsrace.system import Property
from dfsrace.system.expressions import Read, walk
from dfsrace.system.program import Atomic, Finish, LockOperation, Renew, Store, Thread


@dataclass(frozen=True, slots=True)
class Concerns:
    """What properties look at: some variables' cells, and whether threads have finished.

    A step that changes nothing of it leads from a state in which a property holds to one in which it holds, too, and
    the state that it leads to need not be judged. `everything`: no step is known to change nothing; so it is where
    there are pools, as any cell may be the last one that has a value over which a property quantifies.
    """

    variables: frozenset[int]
    threads: bool
    everything: bool

    @classmethod
    def of(cls, properties: Sequence[Property], pools: bool) -> Concerns:
        """What these properties look at."""
        reads = [e.variable for prop in properties for e in walk(prop.condition) if isinstance(e, Read)]
        return cls(frozenset(reads), any(map(speaks_of_threads, properties)), pools)

    def meet(self, thread: Thread, graph: StepGraph) -> bool:
        """True if a step may change any of it."""
        return self.everything or any(self._changed_by(thread, place) for place in graph.order)

    def _changed_by(self, thread: Thread, place: int) -> bool:
        match thread.nodes[place].operation:
            case Store(access=access) | Atomic(access=access) | LockOperation(access=access) | Renew(access=access):
                return access.variable in self.variables
            case Finish():
                return self.threads
        return self.threads and any(isinstance(thread.nodes[n].operation, Finish) for n in thread.nodes[place].next)


def _no_local(slot: int) -> str:
    raise AssertionError(f"local {slot} in a property")


def ended(expressions: Expressions) -> list[str]:
    """A function that is true where every thread that is no daemon has finished."""
    layout = expressions.layout
    mask = 0
    for thread, place in zip(layout.system.threads, layout.threads, strict=True):
        mask |= 0 if thread.daemon else place.place.mask
    test = f"!{expressions.words.any_of('s', mask)}" if mask else "1"
    return ["static int ended(const word *s)", "{", "\t(void)s;", f"\treturn {test};", "}", ""]


def conditions(expressions: Expressions, properties: Sequence[Property]) -> list[str]:
    """One function for each property: 1 or 0, or -1 less the automatic violation that was met."""
    lines = []
    for number, prop in enumerate(properties):
        source = expressions.write(prop.condition, Names("s", _no_local))
        lines += [
            f"static int property{number}(const word *s)",
            "{",
            "\tval e = 0;",
            "\t(void)s;",
            f"\treturn {source} != 0;",
            "fail:",
            "\treturn -1 - (int)e;",
            "}",
            "",
        ]
    return lines


def judge(properties: Sequence[Property]) -> list[str]:
    """The function `judge` of struct model."""
    lines = [
        "static int judge(const word *s, int cells, const word *known, word *found, struct context *c)",
        "{",
        "\tint any = 0, r, p;",
        "\t(void)s; (void)cells; (void)known; (void)found; (void)c;",
    ]
    for number, prop in enumerate(properties):
        word, bit = divmod(number, 64)
        tests = [f"!(known[{word}] & {unsigned(1 << bit)})"] if prop.kind == "reach" else []
        tests += ["!cells"] if speaks_of_threads(prop) else []
        tests += ["ended(s)"] if prop.at_end else []
        wanted = 0 if prop.kind == "invariant" else 1
        lines.append(f"\tif ({' && '.join(tests) or '1'}) {{")
        lines.append(f"\t\tr = property{number}(s);")
        lines.append(f"\t\tif (r < 0) {{ p = {number}; goto failed; }}")
        lines.append(f"\t\tif (r == {wanted}) {{ found[{word}] |= {unsigned(1 << bit)}; any = 1; }}")
        lines.append("\t}")
    return [
        *lines,
        "\treturn any;",
        "failed:",
        "\tc->error = PROPERTY_FAILED;",
        "\tc->error_thread = (unsigned)p;",
        "\tc->error_place = (unsigned)(-1 - r);",
        "\treturn -1;",
        "}",
        "",
    ]
