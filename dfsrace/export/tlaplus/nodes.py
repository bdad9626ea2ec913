# SPDX-License-Identifier: GPL-2.0-only
"""The code of a thread: its names, and what the operators of its nodes are written with."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.export.spin.names import NotExpressible
from dfsrace.export.tlaplus.expressions import FINE, FINISHED, Expressions
from dfsrace.export.tlaplus.memory import Lines, MemoryText, also, listed
from dfsrace.export.tlaplus.names import Names, string, strings, suffix
from dfsrace.system.expressions import Expr, Read
from dfsrace.system.layout import reachable_nodes
from dfsrace.system.program import AtomicBegin, Barrier, Nop, Thread, shared_instruction, starts_step
from dfsrace.system.types import PoolType, StampType, base_of


class Code:
    """The names of one thread's code, which members of its family share.

    `labels`: what `pc` says of each node before which a thread rests. `slots`: the locals that a state holds.
    """

    def __init__(self, names: Names, number: int, threads: tuple[int, ...]) -> None:
        self.names, self.number, self.threads = names, number, threads
        self.thread: Thread = names.system.threads[threads[0]]
        self.nodes = self.thread.nodes
        resting = [n for n in reachable_nodes(self.thread) if starts_step(self.nodes[n])]
        self.labels = dict(zip(resting, strings(self._place(k, n) for k, n in enumerate(resting, 1)), strict=True))
        self.slots = tuple(sorted(frozenset[int]().union(*(self.nodes[n].live for n in resting))))

    def _place(self, number: int, node: int) -> str:
        """Where a thread rests: a number, the procedure, the line."""
        where = self.nodes[node]
        procedure = where.stack[-1].procedure if where.stack else ""
        return f"{number} {procedure}:{where.span.line}" if procedure else f"{number} line {where.span.line}"

    def local(self, slot: int) -> str:
        """A local by its name."""
        return f"l{slot}{suffix(self.thread.locals[slot].name)}"

    def of_kind(self, live: frozenset[int], kind: object, values: Mapping[int, str]) -> list[str]:
        """The texts of those live locals that are of a kind, PoolType or one stamp type."""
        found = []
        for slot in sorted(live):
            base = base_of(self.thread.locals[slot].type)
            if base == kind or (kind is PoolType and isinstance(base, PoolType)):
                found.append(values.get(slot, self.local(slot)))
        return found

    def stored(self, live: frozenset[int], values: Mapping[int, str]) -> str:
        """The record of the locals that a state holds."""
        if not self.slots:
            return "None"
        texts = (values.get(s, self.local(s)) if s in live else "None" for s in self.slots)
        return f"[{', '.join(f'{self.local(s)} |-> {text}' for s, text in zip(self.slots, texts, strict=True))}]"


class NodeWriter:
    """Writes the operators of one code; the text of a node is in the making between two calls of `operator`."""

    def __init__(self, code: Code, memory: MemoryText) -> None:
        self.code, self.names, self.memory = code, code.names, memory
        self.place, self.node = 0, code.nodes[0]
        self.expressions = Expressions(self.names, self.local)

    def local(self, slot: int) -> str:
        """A local that is live at the node in hand."""
        if slot not in self.node.live:
            raise TypeError(f"{self.node.span}: the local {slot} is used where it is not live")
        return self.code.local(slot)

    # ---- one operator

    def name(self, place: int) -> str:
        """The operator of a node."""
        return f"N{self.code.number}_{place}"

    def parameters(self, place: int) -> list[str]:
        """What the operator of a node is given."""
        node = self.code.nodes[place]
        return ["c", "me", *(["acted"] if node.atomic else []), *(self.code.local(s) for s in sorted(node.live))]

    def begin(self, place: int) -> None:
        """Takes a node in hand."""
        self.place, self.node = place, self.code.nodes[place]

    def past(self, place: int) -> int:
        """The node itself, or the next that does something."""
        seen = set()
        while isinstance(self.code.nodes[place].operation, Nop | Barrier):
            if place in seen:
                raise NotExpressible("a loop without a shared access")
            seen.add(place)
            place = self.code.nodes[place].next[0]
        return place

    def arguments(self, place: int, cells: str, acted: str, values: Mapping[int, str]) -> list[str]:
        node = self.code.nodes[place]
        live = (values.get(slot, self.code.local(slot)) for slot in sorted(node.live))
        return [cells, "me", *([acted] if node.atomic else []), *live]

    # ---- what operators say

    @property
    def joined(self) -> bool:
        """True if the node is executed behind the access of its step, outside of atomic blocks: then cells count."""
        return not self.node.atomic and not starts_step(self.node)

    def failed(self, why: str) -> str:
        """The outcome that is a violation here."""
        return f"{{Failed({why}, {'c' if self.joined else 'None'})}}"

    def check(self, code: str, otherwise: str, name: str = "bad") -> str:
        """A violation where `code` is one."""
        if code == FINE:
            return otherwise
        if code.startswith('"'):
            return self.failed(code)
        return f'LET {name} == {code}\nIN IF {name} # "" THEN {self.failed(name)}\nELSE {otherwise}'

    def fail_if(self, test: str, why: str, otherwise: str) -> str:
        """A violation where a test is true."""
        return f"IF {test} THEN {self.failed(why)}\nELSE {otherwise}" if test else otherwise

    def wait_if(self, test: str, otherwise: str) -> str:
        """No step, or inside an atomic block perhaps a violation, where a test is true."""
        if not test:
            return otherwise
        waits = f"IF acted THEN {self.failed(string('blocks inside atomic'))} ELSE {{}}" if self.node.atomic else "{}"
        return f"IF {test} THEN {waits}\nELSE {otherwise}"

    def may_sleep(self, otherwise: str) -> str:
        """A violation where the thread has a lock under which it may not sleep."""
        return self.fail_if("Spins(c, me)", '"sleeping while atomic"', otherwise)

    def go(self, cells: str = "c", values: Mapping[int, str] | None = None, way: int = 0) -> str:
        """On to a following node, with locals that have been assigned: its operator, or the end of the step."""
        acts = self.node.atomic and shared_instruction(self.node) and not isinstance(self.node.operation, AtomicBegin)
        acted = "TRUE" if acts else "acted" if self.node.atomic else "FALSE"
        place = self.past(self.node.next[way])
        if starts_step(self.code.nodes[place]):
            return self.rest(place, cells, values or {})
        return f"{self.name(place)}({', '.join(self.arguments(place, cells, acted, values or {}))})"

    def rest(self, place: int, cells: str = "c", values: Mapping[int, str] | None = None) -> str:
        """The step ends before a node."""
        live = self.code.nodes[place].live
        return self._ended(self.code.labels[place], cells, live, values or {})

    def finish(self) -> str:
        """The thread ends."""
        return self._ended(FINISHED, "c", frozenset(), {})

    def _ended(self, label: str, cells: str, live: frozenset[int], values: Mapping[int, str]) -> str:
        if self.memory.fields:
            cells = f"Forget({cells}, {self.held(cells, live, values)})"
        return f"{{Ended({cells}, {label}, {self.code.stored(live, values)})}}"

    # ---- pools and stamps

    def held(self, cells: str, live: frozenset[int], values: Mapping[int, str] | None = None) -> str:
        """The pool values held, with these locals of the executing thread."""
        if not self.names.pools:
            return "{}"
        mine = self.code.of_kind(live, PoolType, values or {})
        return f"Held({cells}, HeldByOthers(me){also(mine)})"

    def lowest(self, stamp: StampType, cells: str, held: str, live: frozenset[int]) -> str:
        """The lowest stamp of a type that is not in use."""
        number = self.memory.stamp_number(stamp)
        mine = also(self.code.of_kind(live, stamp, {}))
        return f"Lowest(Used{number}({cells}, {held}) \\cup Used{number}ByOthers(me){mine})"

    def live_after(self) -> frozenset[int]:
        """The locals that are live behind the node in hand."""
        return self.code.nodes[self.node.next[0]].live

    def path(self, access: Expr) -> str:
        """A cell as it stands behind the record of cells."""
        assert isinstance(access, Read)
        part = self.names.parts[access.variable][""]
        return f".{part.name}{self.expressions.position(access)}"


def others(codes: list[Code], memory: MemoryText) -> Lines:
    """`HeldByOthers(me)`, `UsedByOthers0(me)`: what the live locals of all other threads have."""
    kinds: list[tuple[str, object]] = [("Held", PoolType)] if memory.names.pools else []
    kinds += [(f"Used{number}", stamp) for number, stamp in enumerate(memory.stamps)]
    lines: Lines = []
    for name, kind in kinds:
        arms = []
        for code in codes:
            values = {slot: f"locals[t].{code.local(slot)}" for slot in code.slots}
            texts = code.of_kind(frozenset(code.slots), kind, values)
            if texts:
                mine = ", ".join(code.names.threads[t] for t in code.threads)
                arms.append(f"IF t \\in {{{mine}}} THEN {listed(texts)} ELSE ")
        lines += [f"{name}By(t) == {''.join(arms)}{{}}"]
        lines += [f"{name}ByOthers(me) == UNION {{{name}By(t) : t \\in Threads \\ {{me}}}}", ""]
    return lines
