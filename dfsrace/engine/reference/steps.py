# SPDX-License-Identifier: GPL-2.0-only
"""The step functions: every path from a node at which a thread rests to the next such node, written out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dfsrace.engine.reference.atomics import write_atomic
from dfsrace.engine.reference.conversion import constant, number
from dfsrace.engine.reference.locks import LOCK_WRITERS, LockSite
from dfsrace.engine.reference.path import VIOLATION, Path, Writer
from dfsrace.engine.reference.renewing import ReferenceWriter
from dfsrace.system.cells import sequence_type
from dfsrace.system.expressions import Expr, may_fail
from dfsrace.system.layout import RENEWING_CALLS
from dfsrace.system.lock_rules import SLEEPING_CALLS, must_be_released, spins
from dfsrace.system.program import (
    Alloc,
    Assert,
    Assign,
    Atomic,
    AtomicBegin,
    Branch,
    Choose,
    Evaluate,
    Finish,
    Load,
    LockOperation,
    Node,
    Renew,
    Sleep,
    Store,
    Wait,
    shared_instruction,
    starts_step,
)
from dfsrace.system.types import BOOL, LockType, PoolType, Type, base_of, finite_values

# Instructions after which a path may split, or end.
FORKS = (Finish, Branch, Choose, LockOperation)


def owned_parts(writer: Writer, counts: Callable[..., bool], thread: int) -> list[str]:
    """Sources, over a state `s`, that are true where the thread owns a lock by a part that counts."""
    tests, mask = [], 0
    for bits, cell in zip(writer.layout.cells, writer.layout.memory.cells, strict=True):
        kind = writer.layout.system.variables[cell.variable].type
        if isinstance(kind, LockType) and counts(kind.kind, cell.component) and bits.width:
            if cell.thread is None:
                tests.append(f"s >> {bits.shift} & {bits.ones} == {thread + 1}")
            elif cell.thread == thread:
                mask |= bits.mask
    return [*tests, *([f"s & {mask}"] if mask else [])]


class StepWriter(ReferenceWriter):
    """Writes a step function whose region is a tree."""

    def function(self, name: str) -> str:
        """The source of the whole function."""
        node = self.thread.nodes[self.start]
        self.emit(Path(indent=0), f"def {name}(s, add):")
        self._node(Path(atomic=isinstance(node.operation, AtomicBegin)), self.start)
        return "\n".join(self.lines)

    # ---- nodes

    def _next(self, path: Path, place: int) -> None:
        """Goes on at a node: through joined ones, to the one before which the step ends."""
        node = self.thread.nodes[place]
        while not starts_step(node):
            if path.accessed and path.after is None and not node.atomic:
                unchanged = path.packed.base == "s" and not path.packed.changed
                path = replace(path, after="-1" if unchanged else path.packed.source())
            if isinstance(node.operation, FORKS):
                self._node(path, place)
                return
            path, place = self._passed(path, node), node.next[0]
            node = self.thread.nodes[place]
        self.rest(path, place)

    def _passed(self, path: Path, node: Node) -> Path:
        """The path after an instruction with one outcome."""
        path = self._plain(replace(path, marks=path.marks | frozenset(node.marks)), node)
        return self._accessed(path, node)

    def _node(self, path: Path, place: int) -> None:
        """Executes a node and goes on."""
        node = self.thread.nodes[place]
        if not isinstance(node.operation, FORKS):
            self._next(self._passed(path, node), node.next[0])
            return
        path = replace(path, marks=path.marks | frozenset(node.marks))
        match node.operation:
            case Finish():
                self._judge(path, must_be_released, "lock held at exit", "exiting")
                self.rest(path, None)
            case Branch(test):
                self._branch(path, node, test)
            case Choose():
                self._choose(path, node, node.operation)
            case LockOperation():
                self._lock_operation(path, place, node.operation)

    def _accessed(self, path: Path, node: Node) -> Path:
        """The path after a shared instruction."""
        if isinstance(node.operation, AtomicBegin) or not shared_instruction(node):
            return path
        return replace(path, accessed=True)

    def _branch(self, path: Path, node: Node, test: Expr) -> None:
        path = self.settle(path) if may_fail(test) else path
        source = self.value(path, test)
        known = number(source)
        if known is not None:
            self._next(path, node.next[0] if known else node.next[1])
            return
        self.emit(path, f"if {source}:")
        self._next(path.inner(), node.next[0])
        self._next(path, node.next[1])

    def _plain(self, path: Path, node: Node) -> Path:
        """An instruction with one outcome."""
        match node.operation:
            case Sleep():
                self._judge(path, spins, "sleeping while atomic", "spinning")
            case Assign(local, value):
                return self._assign(path, node, local, value)
            case Load():
                return self._load_cell(path, node.operation)
            case Store():
                return self._store(path, node.operation)
            case Atomic():
                return write_atomic(self, path, node.operation)
            case Alloc():
                return self.alloc(path, node, node.operation)
            case Renew(access):
                path = self.settle(path)
                return self.renew(path, node, self.cell(path, access))
            case Evaluate(local, value):
                path = self.settle(path)
                return path.assigned(local, self.convert_local(path, self.value(path, value), value.type, local))
            case Wait(condition):
                path = self.settle(path)
                self._judge(path, spins, "sleeping while atomic", "spinning")
                self._unless(path, condition, self.wait)
            case Assert(condition):
                path = self.settle(path)
                self._unless(path, condition, lambda p: self.violate(p, str(VIOLATION["assertion"])))
        return path

    def _unless(self, path: Path, condition: Expr, otherwise: Callable[[Path], None]) -> None:
        source = self.value(path, condition)
        known = number(source)
        if known is None or not known:
            self.emit(path, f"if not {source}:" if known is None else "if 1:")
            otherwise(path.inner())

    def _judge(self, path: Path, counts: Callable[..., bool], name: str, helper: str) -> None:
        """A violation if the thread owns a lock that counts."""
        if owned_parts(self, counts, self.me):
            self.violate_if(path, f"{helper}{self.me}({path.packed.source()})", name)

    # ---- locals and cells

    def convert_local(self, path: Path, source: str, given: Type, local: int) -> str:
        """A value as the local represents it, in a variable."""
        kind = self.thread.locals[local].type
        return self.name(path, self.expressions.converter.convert(source, given, kind))

    def _assign(self, path: Path, node: Node, local: int, value: Expr) -> Path:
        live = local in self.thread.nodes[node.next[0]].live
        if not live and not may_fail(value):
            return replace(path, written=path.written | {local}, values={**path.values, local: "0"})
        path = self.settle(path) if path.packed.changed and path.accessed is False else path
        source = self.value(path, value)
        if not live:
            return replace(path, written=path.written | {local}, values={**path.values, local: "0"})
        return path.assigned(local, self.convert_local(path, source, value.type, local))

    def _load_cell(self, path: Path, operation: Load) -> Path:
        path = self.settle(path)
        fails = any(may_fail(index) for index in operation.access.indices)
        source = self.expressions.write(operation.access, self.names(path))
        source = self.guarded(path, source, fails)
        return path.assigned(operation.local, self.convert_local(path, source, operation.access.type, operation.local))

    def _store(self, path: Path, operation: Store) -> Path:
        path = self.settle(path) if path.packed.changed else path
        shift, width, kind = self.cell(path, operation.access)
        value = self.value(path, operation.value)
        raw = self.expressions.converter.stored(value, operation.value.type, kind)
        drops = path.drops or isinstance(base_of(kind), PoolType)
        return replace(self.put(path, shift, width, raw), drops=drops)

    # ---- choices and locks

    def _choose(self, path: Path, node: Node, operation: Choose) -> None:
        shared = shared_instruction(node)
        path = self.settle(path) if shared else path
        domain, count = self._options(path, operation)
        after = self._accessed(path, node)
        if count == 1:
            self._next(after.assigned(operation.local, domain), node.next[0])
            return
        if path.loops == 0:
            self.emit(path, "r = 0")
        name = self.fresh("d")
        if shared:
            self.wait_if(path, f"not {domain}")
        self.emit(path, f"for {name} in {domain}:")
        inner = replace(after.inner(), loops=path.loops + 1)
        source = self.convert_local(inner, name, operation.domain, operation.local)
        self._next(inner.assigned(operation.local, source), node.next[0])
        self.emit(path, "continue" if path.loops else "return r")

    def _options(self, path: Path, operation: Choose) -> tuple[str, int | None]:
        """(source of the options as representations, None), or (the only option as the local represents it, 1)."""
        names, kind = self.names(path), operation.domain
        domain = self.expressions.domain(kind, names.state)
        if operation.condition is None:
            if isinstance(kind, PoolType) or len(finite_values(kind)) != 1:
                return (self.name(path, domain, "o") if isinstance(kind, PoolType) else domain), None
            only = constant(kind, finite_values(kind)[0])
            return self.convert_local(path, only, kind, operation.local), 1
        bound = self.fresh("b")
        condition = self.expressions.write(operation.condition, names.binding(operation.slot, bound, kind))
        source = f"[{bound} for {bound} in {domain} if {condition}]"
        if isinstance(kind, PoolType) and may_fail(operation.condition):
            source = f"chosen({domain}, {self.expressions.each(condition, bound, kind, names.state, True)})"
        return self.name(path, self.guarded(path, source, may_fail(operation.condition)), "o"), None

    def _lock_operation(self, path: Path, place: int, operation: LockOperation) -> None:
        node = self.thread.nodes[place]
        path = self.settle(path)
        shift, _, kind = self.cell(path, operation.access)
        assert isinstance(kind, LockType)
        argument = None
        if operation.argument is not None:
            argument = self.value(path, operation.argument)
        if operation.call in SLEEPING_CALLS:
            self._judge(path, spins, "sleeping while atomic", "spinning")
        variable = operation.access.variable
        sequence = sequence_type(self.layout.system.variables[variable])
        if isinstance(self.layout.system.variables[variable].owner, PoolType):
            path = replace(path, drops=True)
        site = LockSite(self, shift, self.layout.variables[variable].parts, kind, node, place, argument)

        def go_on(after: Path, result: str | None) -> None:
            if operation.call in RENEWING_CALLS:
                offset, width = site.parts[1]
                after = self.renew(after, node, (shift.plus(offset), width, sequence))
            if operation.local is not None and result is not None:
                given = sequence if operation.call.endswith("begin") else BOOL
                after = after.assigned(operation.local, self.convert_local(after, result, given, operation.local))
            self._next(self._accessed(after, node), node.next[0])

        LOCK_WRITERS[operation.call](site, path, go_on)
