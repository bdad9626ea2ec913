# SPDX-License-Identifier: GPL-2.0-only
"""The step functions: the nodes from one where a thread rests to the next such nodes, each once, joined by goto.

A step with choices is a function that runs once for each combination of them.
"""

from __future__ import annotations

from dfsrace.engine.native.locks import LOCK_WRITERS, LockSite
from dfsrace.engine.native.names import NO_FAILURE, fail, sequence
from dfsrace.engine.native.values import constant, number
from dfsrace.engine.native.writer import Writer
from dfsrace.engine.reference.expressions import Shift
from dfsrace.system.cells import sequence_type
from dfsrace.system.expressions import Expr, may_fail
from dfsrace.system.layout import RENEWING_CALLS
from dfsrace.system.lock_rules import SLEEPING_CALLS
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
from dfsrace.system.types import BOOL, INT, LockType, PoolType, StampType, Type, base_of, finite_values

Cell = tuple[Shift, int, Type]


class StepWriter(Writer):
    """Writes a step function."""

    def function(self, name: str) -> list[str]:
        """The source of the whole function."""
        self.drops = any(self._drops(self.thread.nodes[place]) for place in self.graph.order)
        chooses = any(isinstance(self.thread.nodes[p].operation, Choose) for p in self.graph.order)
        if self.graph.looping:
            self.emit(f"c->revisits(c, {self.me}, 0, 0, 0);")
        for k, place in enumerate(self.graph.order):
            following = self.graph.order[k + 1] if k + 1 < len(self.graph.order) else None
            self._block(place, following)
        for place in self._resting_places():
            self._rest_block(place)
        if not chooses:
            return self.finish(name, False)
        return [*self.finish(f"{name}_run", True), *_all_runs(name)]

    def _resting_places(self) -> list[int]:
        places = list(self.graph.ends)
        registers = any(getattr(self.thread.nodes[p].operation, "call", "") == "down_write" for p in self.graph.order)
        if registers and self.start not in places and not self.atomic:
            places.append(self.start)
        return places

    def _rest_block(self, place: int) -> None:
        self.lines.append(f"rest{place}: {{")
        self.rest(place, self.graph.written.get(-1 - place, frozenset()))
        self.emit("}")

    def _block(self, place: int, following: int | None) -> None:
        """One node under its label."""
        node = self.thread.nodes[place]
        self.place = place
        self.lines.append(f"node{place}: {{")
        if place in self.graph.looping:
            self._visit(node)
        if place != self.start and not node.atomic:
            self.emit("judge = 1;")
        self.mark(node.marks)
        if isinstance(node.operation, Finish):
            self.emit(f"if (exiting{self.me}(n)) {fail('lock held at exit')}")
            self.rest(None, self.graph.written[place])
        elif isinstance(node.operation, Branch):
            self._branch(node, node.operation.test, following)
        else:
            self._execute(node)
            if node.atomic and shared_instruction(node) and not isinstance(node.operation, AtomicBegin):
                self.emit("accessed = 1;")
            self._go(node.next[0], following)
        self.emit("}")

    def _label(self, place: int) -> str:
        return f"rest{place}" if starts_step(self.thread.nodes[place]) else f"node{place}"

    def _go(self, place: int, following: int | None) -> None:
        if starts_step(self.thread.nodes[place]) or place != following:
            self.emit(f"goto {self._label(place)};")

    def _branch(self, node: Node, test: Expr, following: int | None) -> None:
        source = self.value(test)
        known = number(source)
        if known is not None:
            self._go(node.next[0 if known else 1], following)
            return
        self.emit(f"if ({source}) goto {self._label(node.next[0])};")
        self._go(node.next[1], following)

    def _visit(self, node: Node) -> None:
        """Notes where the step is; an error if it has been here like this."""
        values = [self.local(slot) for slot in sorted(node.live)]
        count = len(values)
        if node.atomic:
            values += [f"(val)n[{w}]" for w in range(self.words.count)]
            count = len(values)
        array = f"const val k[] = {{{', '.join(values) or '0'}}};"
        self.emit(f"{array} if (c->revisits(c, {self.me}, {self.place} + 1, k, {count})) return 1;")

    def _drops(self, node: Node) -> bool:
        """True if a node may let go of a pool value other than by a local: by a cell, or by a lock inside it."""
        variables = self.layout.system.variables
        match node.operation:
            case Store(access=access) | Atomic(access=access):
                return isinstance(base_of(variables[access.variable].type), PoolType)
            case LockOperation(access=access):
                kind = variables[access.variable].type
                owning = isinstance(kind, LockType) and kind.kind not in ("bit_lock", "semaphore")
                return owning and isinstance(variables[access.variable].owner, PoolType)
            case Alloc(local=local):
                return node.atomic or local not in self.thread.nodes[node.next[0]].live
        return False

    # ---- instructions

    def _execute(self, node: Node) -> None:
        """An instruction with one successor."""
        match node.operation:
            case Sleep():
                self._judge_sleep()
            case Assign(local, value):
                self._assign(node, local, value)
            case Load(local, access):
                self.convert_local(self.expressions.write(access, self.names), access.type, local)
            case Store():
                self._store(node.operation)
            case Atomic():
                self._atomic(node.operation)
            case Alloc():
                self._alloc(node, node.operation)
            case Renew(access):
                self._renew(node, self.cell(access))
            case Evaluate(local, value):
                self.convert_local(self.value(value), value.type, local)
            case Wait(condition):
                self._judge_sleep()
                self.emit(f"if (!{self.value(condition)}) {self.wait}")
            case Assert(condition):
                self.emit(f"if (!{self.value(condition)}) {fail('assertion')}")
            case Choose():
                self._choose(node.operation)
            case LockOperation():
                self._lock_operation(node, node.operation)

    def _judge_sleep(self) -> None:
        self.emit(f"if (spinning{self.me}(n)) {fail('sleeping while atomic')}")

    def _assign(self, node: Node, local: int, value: Expr) -> None:
        if local in self.thread.nodes[node.next[0]].live:
            self.convert_local(self.value(value), value.type, local)
        elif may_fail(value):
            self.emit(f"(void){self.value(value)};")

    def _store(self, operation: Store) -> None:
        cell = self.cell(operation.access)
        value = self.name(self.value(operation.value))
        self._put(cell, self.expressions.converter.stored(value, operation.value.type, cell[2]))

    def _put(self, cell: Cell, raw: str) -> None:
        self.emit_all(self.words.put("n", cell[0], cell[1], raw))

    # ---- atomics

    def _atomic(self, operation: Atomic) -> None:
        cell = self.cell(operation.access)
        shift, width, kind = cell
        arguments = [(self.name(self.value(a)), a.type) for a in operation.arguments]
        old = self.name(self.expressions.converter.loaded(self.expressions.get("n", shift, width), kind))
        result, given = old, kind
        if operation.call == "xchg":
            self._put_fitting(cell, arguments[0])
        elif operation.call == "cmpxchg":
            self.emit(f"if ({self.expressions.compared('==', (old, kind), arguments[0])}) {{")
            self._put_fitting(cell, arguments[1])
            self.emit("}")
        else:
            counted = self.name(f"{old} {'+' if operation.call == 'atomic_inc' else '-'} 1")
            self._put_fitting(cell, (counted, INT))
            if operation.call == "atomic_dec_and_test":
                result, given = f"({counted} == 0)", INT
        if operation.local is not None:
            self.convert_local(result, given, operation.local)

    def _put_fitting(self, cell: Cell, argument: tuple[str, Type]) -> None:
        new = self.name(self.expressions.checked(*argument, cell[2]))
        self._put(cell, self.expressions.converter.stored(new, cell[2], cell[2]))

    # ---- pools and stamps

    def _written(self) -> frozenset[int]:
        return self.graph.written[self.place]

    def _renew(self, node: Node, cell: Cell) -> None:
        """Stores an unused stamp in a cell."""
        self._put(cell, "0")
        self._put_unused(self.thread.nodes[node.next[0]].live, self._written(), cell)

    def _put_unused(self, live: frozenset[int], written: frozenset[int], cell: Cell) -> None:
        """The same for a cell that is known to hold no stamp."""
        stamp = base_of(cell[2])
        assert isinstance(stamp, StampType)
        state = self.in_state(live, written, self.references.stamp_in_fields(stamp))
        if stamp in self.references.stamp_types():
            self._put(cell, f"unused{self.references.stamp_types().index(stamp)}({state})")

    def _alloc(self, node: Node, operation: Alloc) -> None:
        pool = self.references.pools[operation.pool]
        after = self.thread.nodes[node.next[0]].live
        state = self.in_state(node.live - {operation.local}, self._written(), False)
        value = self.name(f"free{pool}({state}, c)", "p")
        self.emit(f"if (!{value}) {{ MARKED; c->exhausted(c, {pool}); return 1; }}")
        if operation.local not in after:
            return
        self.convert_local(value, operation.pool, operation.local)
        self.emit(f"start{pool}(n, {value});")
        memory = self.layout.memory
        for index in memory.fields.get((operation.pool, 0), ()):
            cell, bits = memory.cells[index], self.layout.cells[index]
            if isinstance(cell.type, StampType):
                variable = self.layout.variables[cell.variable]
                step = variable.stride * variable.multipliers[0]
                place = Shift(0, f"({value} * {step} + {bits.shift - step})")
                self._put_unused(after, self._written() | {operation.local}, (place, bits.width, cell.type))

    # ---- choices and locks

    def _choose(self, operation: Choose) -> None:
        kind = operation.domain
        if isinstance(kind, PoolType):
            self._choose_from_pool(operation)
            return
        if operation.condition is None:
            values = finite_values(kind)
            if len(values) == 1:
                self.convert_local(constant(kind, values[0]), kind, operation.local)
                return
            chosen = self.name(f"{sequence(kind)[0]} + (val)choose_one(c, {len(values)})", "d")
            self.convert_local(chosen, kind, operation.local)
            return
        self._choose_where(operation, kind)

    def _choose_where(self, operation: Choose, kind: Type) -> None:
        """A choice among the values for which a condition is true: counts them, takes one, looks for it."""
        assert operation.condition is not None
        count, chosen, bound = self.name("0", "k"), self.name("0", "d"), self.fresh("b")
        condition = self.expressions.write(operation.condition, self.names.binding(operation.slot, bound, kind))
        if isinstance(kind, PoolType) and may_fail(operation.condition):
            failed, fits = self.name(str(NO_FAILURE), "f"), self.fresh("x")
            look = f"{self.expressions.attempt(fits, condition, failed)} if ({fits}) {count}++;"
            self.emit(f"{{ {self.expressions.loop(kind, bound, look, 'n')} }}")
            self.emit(f"if ({failed} != {NO_FAILURE}) FAIL({failed});")
        else:
            self.emit(f"{{ {self.expressions.loop(kind, bound, f'if ({condition}) {count}++;', 'n')} }}")
        self.emit(f"if (!{count}) {self.wait}")
        self.emit(f"if ({count} > 1) {count} = choose_one(c, (unsigned){count}); else {count} = 0;")
        take = f"if ({condition} && {count}-- == 0) {{ {chosen} = {bound}; break; }}"
        self.emit(f"{{ {self.expressions.loop(kind, bound, take, 'n')} }}")
        self.convert_local(chosen, kind, operation.local)

    def _choose_from_pool(self, operation: Choose) -> None:
        if operation.condition is not None:
            self._choose_where(operation, operation.domain)
            return
        options = self.fresh("o")
        self.emit(f"word {options} = visible{self.references.pools[_pool(operation.domain)]}(n);")
        self.emit(f"if (!{options}) {self.wait}")
        count = self.name(f"count_bits({options})", "k")
        self.emit(f"{count} = {count} > 1 ? choose_one(c, (unsigned){count}) : 0;")
        self.emit(f"while ({count}--) {options} &= {options} - 1;")
        self.convert_local(f"(val)lowest_bit({options})", operation.domain, operation.local)

    def _lock_operation(self, node: Node, operation: LockOperation) -> None:
        shift, _, kind = self.cell(operation.access)
        assert isinstance(kind, LockType)
        argument = None if operation.argument is None else self.name(self.value(operation.argument))
        if operation.call in SLEEPING_CALLS:
            self._judge_sleep()
        variable = operation.access.variable
        sequence_of = sequence_type(self.layout.system.variables[variable])
        parts = self.layout.variables[variable].parts
        register = None if node.atomic else f"rest{self.place}"
        site = LockSite(self, shift, parts, kind, len(self.layout.threads), argument, register)
        result = LOCK_WRITERS[operation.call](site)
        if operation.call in RENEWING_CALLS:
            offset, width = parts[1]
            self._renew(node, (shift.plus(offset), width, sequence_of))
        if operation.local is not None and result is not None:
            given = sequence_of if operation.call.endswith("begin") else BOOL
            self.convert_local(result, given, operation.local)


def _pool(kind: Type) -> PoolType:
    assert isinstance(kind, PoolType)
    return kind


def _all_runs(name: str) -> list[str]:
    """A function that runs a step for every combination of its choices."""
    return [
        f"static int {name}(const word *s, struct context *c)",
        "{",
        "\tint moved = 0;",
        "\tc->chooser.made = c->chooser.known = 0;",
        "\tdo moved |= " + f"{name}_run(s, c);",
        "\twhile (choose_next(c));",
        "\treturn moved;",
        "}",
        "",
    ]
