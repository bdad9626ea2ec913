# SPDX-License-Identifier: GPL-2.0-only
"""Names of pool values and stamps: page0, page1, ... and v0, v1, ... in the order in which one trace creates them.

A lock's sequence is a number: 0, 1, ...
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dfsrace.system.memory import Memory
from dfsrace.system.system import System
from dfsrace.system.types import PoolType, StampType, ThreadType, Type, Value, base_of, value_text


class Names:
    """What the values of pools and stamp types are called at one moment of a trace.

    A number that is allocated or renewed again gets a new name, for it is another page, another version. Texts made
    before keep the old one. Every value gets a name at the latest when it is first shown.
    """

    def __init__(self, system: System, memory: Memory) -> None:
        self.system = system
        self.memory = memory
        self._names: dict[tuple[str, int], str] = {}
        self._counts: dict[str, int] = {}

    def copy(self) -> Names:
        """Names that start from these and go their own way."""
        names = Names(self.system, self.memory)
        names._names.update(self._names)
        names._counts.update(self._counts)
        return names

    def begin(self, values: Sequence[Value], locals_: Iterable[tuple[Type, Value]]) -> None:
        """Names what an initial state holds: first what variables name, then what fields of these do, then locals."""
        live = list(locals_)
        counting = self.counting(values, live)
        own = [number for number in counting if self.memory.owner_of(number) is None]
        fields = [number for number in counting if self.memory.owner_of(number) is not None]
        for number in [*own, *fields]:
            self.text(self.memory.cells[number].type, values[number])
        for kind, value in live:
            self.text(kind, value)

    def counting(self, values: Sequence[Value], locals_: Iterable[tuple[Type, Value]]) -> list[int]:
        """The cells that are part of a state: all but the fields of pool values that nothing holds."""
        held = self.memory.held(values, locals_)
        owners = [self.memory.owner_of(number) for number in range(len(self.memory.cells))]
        return [number for number, owner in enumerate(owners) if owner is None or owner in held]

    def create(self, kind: Type, value: int) -> str:
        """Gives a value that was just allocated or renewed its name, whatever the number meant before."""
        kind = base_of(kind)
        assert isinstance(kind, PoolType | StampType)
        count = self._counts.get(kind.name, 0)
        self._counts[kind.name] = count + 1
        name = f"{_letter(kind)}{count}" if isinstance(kind, StampType) else f"{kind.name.lower()}{count}"
        self._names[kind.name, value] = name
        return name

    def peek(self, kind: Type, value: Value) -> str:
        """As `text`, but a value without a name stays without (and is shown as `new`)."""
        kind = base_of(kind)
        if value is not None and isinstance(kind, PoolType | StampType):
            return self._names.get((kind.name, value), "new")
        return self.text(kind, value)

    def text(self, kind: Type, value: Value) -> str:
        """A value as the model would write it, pool values and stamps by their names, threads by theirs."""
        kind = base_of(kind)
        if value is None:
            return "None"
        if isinstance(kind, ThreadType):
            return self.system.threads[value].name
        if not isinstance(kind, PoolType | StampType):
            return value_text(kind, value)
        return self._names.get((kind.name, value)) or self.create(kind, value)

    def element(self, variable: int, position: Sequence[Value]) -> str:
        """A variable's element as the model would write it: `A.page_cache[0]`, `page0.mapping`, `disk[1]`."""
        declared = self.system.variables[variable]
        texts = [self.text(kind, value) for kind, value in zip(declared.dimensions, position, strict=True)]
        if declared.owner is None:
            return declared.name + "".join(f"[{text}]" for text in texts)
        return f"{texts[0]}.{declared.name.split('.', 1)[1]}" + "".join(f"[{text}]" for text in texts[1:])

    def cell(self, number: int) -> str:
        """A cell as the model would write it; a lock's part by the lock's name and its own."""
        cell = self.memory.cells[number]
        name = self.element(cell.variable, cell.position)
        if not cell.component:
            return name
        part = "" if cell.thread is None else f"[{self.system.threads[cell.thread].name}]"
        return f"{name}.{cell.component}{part}"


def _letter(kind: StampType) -> str:
    """What stands before the number of a stamp: nothing for a lock's sequence, whose type no model can declare."""
    return "" if kind.name.endswith(" sequence") else "v"
