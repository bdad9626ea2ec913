# SPDX-License-Identifier: GPL-2.0-only
"""A system compiled to Python functions over packed states.

The source consists of generated names and integer literals alone: nothing that a model calls anything is in it. It runs
in a namespace without builtins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import compress
from typing import cast

from dfsrace.engine.reference.expressions import Expressions, Names
from dfsrace.engine.reference.memos import References
from dfsrace.engine.reference.path import VIOLATION, Marks
from dfsrace.engine.reference.stepping import ConcreteState, Stepper, StepResult
from dfsrace.engine.reference.steps import StepWriter, owned_parts
from dfsrace.system import Property, System
from dfsrace.system.layout import Layout
from dfsrace.system.lock_rules import must_be_released, spins
from dfsrace.transform.regions import region

Add = Callable[[int], object]
StepFunction = Callable[[int, Add], object]
Expand = Callable[[Iterable[int], Add, Add], None]

# (state, thread, number of the automatic property, state after the access or -1 if that changed no cell)
Bad = tuple[int, int, int, int]


class Fail(Exception):
    """An automatic violation met by generated code, by its number."""

    def __init__(self, name: str) -> None:
        self.code = VIOLATION[name]
        self.name = name
        super().__init__(name)


def _null() -> None:
    raise Fail("null dereference")


def _outside() -> None:
    raise Fail("value out of range")


def _divided(left: int, right: int) -> int:
    return left // right if right else cast(int, _outside())


def _remainder(left: int, right: int) -> int:
    return left % right if right else cast(int, _outside())


def _unordered(each: Callable[[int], object], values: Iterable[int]) -> list[object]:
    """`each` of the values of a pool; what fails at any of them fails, with the first name of those met."""
    results, failed = list[object](), list[Fail]()
    for value in values:
        try:
            results.append(each(value))
        except Fail as fail:
            failed.append(fail)
    if failed:
        raise min(failed, key=lambda fail: fail.code)
    return results


def _chosen(values: Iterable[int], fits: Iterable[object]) -> list[int]:
    return list(compress(values, fits))


@dataclass(slots=True)
class Compiled:
    """`expand(states, add, dead)` hands every successor to `add`, every state where no thread can move to `dead`.

    `tables[thread][place number]` is a step function. Violations, and exhausted pools as (state, thread, pool number),
    gather in `bad` and `full`.
    """

    system: System
    stepper: Stepper = field(init=False)
    layout: Layout = field(init=False)
    references: References = field(init=False)
    expand: Expand = field(init=False)
    tables: list[list[StepFunction]] = field(init=False)
    bad: list[Bad] = field(default_factory=list)
    full: list[tuple[int, int, int]] = field(default_factory=list)
    conditions: dict[str, Callable[[int], object]] = field(default_factory=dict)
    source: str = ""
    _marks: Marks = field(default_factory=Marks)
    _hits: list[int] = field(default_factory=list)
    _slow_marks: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.stepper = Stepper(self.system)
        self.layout = Layout(self.system, self.stepper.memory)
        self.references = References(self.layout)
        expressions = Expressions(self.layout, self.references.visible_mask)
        lines: list[str] = []
        names: dict[tuple[int, int], str] = {}
        for thread in range(len(self.system.threads)):
            lines += self._judges(expressions, thread)
            for place in self.layout.threads[thread].nodes[1:]:
                if region(self.system.threads[thread], place).is_tree:
                    names[thread, place] = f"f{thread}_{place}"
                    writer = StepWriter(expressions, self.references, self._marks, thread, place)
                    lines.append(writer.function(names[thread, place]))
        for number, prop in enumerate(self.system.properties):
            names_ = Names("s", lambda slot: "0")
            lines.append(f"def p{number}(s): return {expressions.write(prop.condition, names_)}")
        lines.append(self._expand_source())
        self.source = "\n".join(lines)
        self._link(names)

    def _judges(self, expressions: Expressions, thread: int) -> list[str]:
        writer = StepWriter(expressions, self.references, self._marks, thread, self.system.threads[thread].entry)
        lines = []
        for name, counts in (("spinning", spins), ("exiting", must_be_released)):
            tests = owned_parts(writer, counts, thread)
            lines.append(f"def {name}{thread}(s): return {' or '.join(tests) or '0'}")
        return lines

    def _expand_source(self) -> str:
        threads = range(len(self.layout.threads))
        lines = [f"def expand(states, add, dead, {', '.join(f'T{t}=T{t}' for t in threads)}):", " for s in states:"]
        for t in threads:
            place = self.layout.threads[t].place
            index = f"s >> {place.shift} & {place.ones}" if place.width else "0"
            lines.append(f"  a{t} = T{t}[{index}](s, add)")
        lines.append(f"  if not ({' or '.join(f'a{t}' for t in threads)}): dead(s)")
        return "\n".join(lines)

    def _link(self, names: dict[tuple[int, int], str]) -> None:
        """Compiles the source and puts the functions in their places."""
        self._hits = [0] * (len(self._marks.sets) + 1)
        self.tables = [[_idle] * len(layout.nodes) for layout in self.layout.threads]
        space: dict[str, object] = {"__builtins__": {}, "Fail": Fail, "null": _null, "outside": _outside}
        space |= {"divided": _divided, "remainder": _remainder, "min": min, "max": max, "all": all, "any": any}
        space |= {"unordered": _unordered, "chosen": _chosen}
        space |= {"sum": sum, "H": self._hits, "bad": self.bad.append, "full": self.full.append}
        space |= self.references.namespace()
        space |= {f"T{t}": table for t, table in enumerate(self.tables)}
        exec(compile(self.source, "<step functions>", "exec"), space)
        for thread, layout in enumerate(self.layout.threads):
            for number, place in enumerate(layout.nodes[1:], start=1):
                name = names.get((thread, place))
                written = cast(StepFunction, space[name]) if name is not None else self._interpreted(thread)
                self.tables[thread][number] = written
        self.expand = cast(Expand, space["expand"])
        for number, prop in enumerate(self.system.properties):
            self.conditions[prop.name] = cast("Callable[[int], object]", space[f"p{number}"])

    # ---- states

    def concrete(self, state: int) -> ConcreteState:
        """A packed state as the stepper has it."""
        cells, nodes, locals_ = self.layout.decode(state)
        places = tuple(n if n >= 0 else end for n, end in zip(nodes, self.stepper.finish, strict=True))
        return ConcreteState(cells, places, locals_)

    def packed(self, state: ConcreteState) -> int:
        """The other way round."""
        return self.layout.encode(state.cells, state.nodes, state.locals)

    def successors(self, state: int, thread: int) -> set[int]:
        """The states to which a thread's step leads."""
        found: list[int] = []
        place = self.layout.threads[thread].place
        self.tables[thread][state >> place.shift & place.ones](state, found.append)
        return set(found)

    def _interpreted(self, thread: int) -> StepFunction:
        """The step function of a thread where none is written: the interpreter's."""

        def step(state: int, add: Add) -> object:
            before = self.concrete(state)
            results = self.stepper.results(before, thread)
            for result in results:
                self.note(result)
                after = -1
                if result.after is not None and result.after != before.cells:
                    after = self.layout.encode(result.after, before.nodes, before.locals)
                if result.state is not None:
                    add(self.packed(result.state))
                elif result.violation is not None:
                    self.bad.append((state, thread, VIOLATION[result.violation], after))
                else:
                    pools = {pool.name: number for pool, number in self.references.pools.items()}
                    self.full.append((state, thread, pools[result.exhausted or ""]))
            return bool(results)

        return step

    def note(self, result: StepResult) -> None:
        """Counts the nodes that an interpreted step executed as reached."""
        for node in result.nodes:
            self._slow_marks.update(self.system.threads[result.thread].nodes[node].marks)

    def reached(self) -> frozenset[int]:
        """The coverage points that some step has executed."""
        sets = [marks for marks, hit in zip(self._marks.sets, self._hits, strict=False) if hit]
        return frozenset(self._slow_marks).union(*sets)

    def holds(self, prop: Property, state: int) -> bool:
        """A property's condition in a state; raises Fail."""
        return bool(self.conditions[prop.name](state))


def _idle(state: int, add: Add) -> object:
    """The step function of a thread that has finished."""
    return None
