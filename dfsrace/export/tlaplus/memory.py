# SPDX-License-Identifier: GPL-2.0-only
"""Definitions about all cells: who owns locks, which pool values are held or seen, which stamps are in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dfsrace.export.tlaplus.names import Names, Part
from dfsrace.system.cells import Cell, sequence_type
from dfsrace.system.lock_rules import must_be_released, spins
from dfsrace.system.memory import OWNING
from dfsrace.system.types import LockType, PoolType, StampType, Type, Value, base_of, finite_values

Lines = list[str]


def union(sets: list[str], indent: str = "    ") -> Lines:
    """The union of some sets, one a line."""
    return [f"{indent}{'    ' if number == 0 else chr(92) + 'cup '}{one}" for number, one in enumerate(sets or ["{}"])]


def listed(values: list[str]) -> str:
    """The set of some values that are not None."""
    return f"({{{', '.join(values)}}} \\ {{None}})" if values else "{}"


def also(values: list[str]) -> str:
    """The same, as what is united with another set."""
    return f" \\cup {listed(values)}" if values else ""


class MemoryText:
    """The definitions. `fields`: the parts that are fields of pool values; without any, nothing has to be forgotten."""

    def __init__(self, names: Names) -> None:
        self.names = names
        variables = names.system.variables
        self.fields = [
            (pool, part)
            for index, parts in enumerate(names.parts)
            for part in parts.values()
            if isinstance(pool := variables[index].owner, PoolType)
        ]
        self.stamps = tuple(dict.fromkeys(self._stamp_types()))
        self._places = self._places_of_parts()

    def _places_of_parts(self) -> dict[tuple[int, str], dict[tuple[Value, ...], int]]:
        """(variable, component) -> its cells' places by their indices."""
        found: dict[tuple[int, str], dict[tuple[Value, ...], int]] = {}
        for place, cell in enumerate(self.names.memory.cells):
            at = (*cell.position, *(() if cell.thread is None else (cell.thread,)))
            found.setdefault((cell.variable, cell.component), {})[at] = place
        return found

    def _stamp_types(self) -> Iterator[StampType]:
        kinds = [part.kind for parts in self.names.parts for part in parts.values()]
        kinds += [local.type for thread in self.names.system.threads for local in thread.locals]
        for kind in kinds:
            base = base_of(kind)
            if isinstance(base, StampType):
                yield base

    def indices(self, part: Part, but_first: bool = False) -> tuple[tuple[str, str], ...]:
        """A bound name and a set for each index of a part."""
        sets = [self.names.domain(d) for d in part.dimensions]
        sets += ["Threads"] if part.each_thread else []
        return tuple((f"i{number}", one) for number, one in enumerate(sets))[1 if but_first else 0 :]

    def constant(self, part: Part, text: str) -> str:
        """What the field of one pool value is where it has one value for all its other indices."""
        bound = self.indices(part, True)
        for name, one in reversed(bound):
            text = f"[{name} \\in {one} |-> {text}]"
        return text

    # ---- locks

    def owning(self) -> Lines:
        """`Spins(c, me)`, `Owns(c, me)`: the thread has a lock under which it may not sleep, or may not end."""
        return [
            *("Spins(c, me) ==", *self._owned(spins), ""),
            *("Owns(c, me) ==", *self._owned(must_be_released), ""),
        ]

    def _owned(self, counts: Callable[..., bool]) -> Lines:
        found = []
        for variable, parts in enumerate(self.names.parts):
            kind = self.names.system.variables[variable].type
            for component, part in parts.items():
                if isinstance(kind, LockType) and counts(kind.kind, component):
                    found.append(f"    \\/ {self._names_me(variable, part)}")
        return found or ["    FALSE"]

    def _names_me(self, variable: int, part: Part) -> str:
        """True if some lock's part names the thread."""
        bound = self.indices(part)[: len(part.dimensions)]
        cell = f"c.{part.name}{''.join(f'[{name}]' for name, _ in bound)}"
        test = f"{cell}[me] # {'FALSE' if part.kind.name == 'bool' else '0'}" if part.each_thread else f"{cell} = me"
        for number, (name, one) in reversed(list(enumerate(bound))):
            is_field = number == 0 and isinstance(self.names.system.variables[variable].owner, PoolType)
            test = f"c.{part.name}[{name}] # None /\\ {test}" if is_field else test
            test = f"(\\E {name} \\in {one} : {test})"
        return test

    # ---- pools

    def pools(self) -> Lines:
        """What is held, seen and forgotten; nothing where the model has no pool."""
        if not self.names.pools:
            return []
        members = [
            f"Order{number} == <<{', '.join(self.names.members[pool])}>>"
            for number, pool in enumerate(self.names.pools)
        ]
        return [
            "\\* Pools: what a cell outside of them leads to is seen; held is what a local or an owned lock has, too.",
            *members,
            "First(order, free) == order[CHOOSE i \\in DOMAIN order :",
            "    order[i] \\in free /\\ \\A j \\in 1..(i - 1) : order[j] \\notin free]",
            *("", "Roots(c) ==", *union([self._refers(p) for p in self._roots()]), ""),
            *self._closure(),
            *("Owned(c) ==", *union(list(self._with_owner())), ""),
            *("Seen(c) == Close(c, Roots(c))", ""),
            *("Held(c, others) == Close(c, Roots(c) \\cup Owned(c) \\cup others)", ""),
        ]

    def _roots(self) -> list[Part]:
        variables = self.names.system.variables
        return [
            part
            for index, parts in enumerate(self.names.parts)
            for part in parts.values()
            if isinstance(base_of(part.kind), PoolType) and not isinstance(variables[index].owner, PoolType)
        ]

    def _refers(self, part: Part) -> str:
        """The set of what a part's cells have."""
        bound = self.indices(part)
        cell = f"c.{part.name}{''.join(f'[{name}]' for name, _ in bound)}"
        if not bound:
            return f"({{{cell}}} \\ {{None}})"
        return f"({{{cell} : {', '.join(f'{name} {chr(92)}in {one}' for name, one in bound)}}} \\ {{None}})"

    def _closure(self) -> Lines:
        """`Close(c, S)`: S and all that is reachable from it through fields."""
        ways = []
        for pool, part in self.fields:
            if isinstance(base_of(part.kind), PoolType):
                bound = ", ".join(f"{name} \\in {one}" for name, one in self.indices(part, True))
                inner = "".join(f"[{name}]" for name, _ in self.indices(part, True))
                first = f"i0 \\in S \\cap {self.names.domain(pool)}"
                ways.append(f"({{c.{part.name}[i0]{inner} : {', '.join(x for x in (first, bound) if x)}}} \\ {{None}})")
        if not ways:
            return ["Close(c, S) == S", ""]
        return [
            *("RECURSIVE Close(_, _)", "Close(c, S) =="),
            *("    LET more == (", *union(ways, "        "), "      ) \\ S"),
            *("    IN IF more = {} THEN S ELSE Close(c, S \\cup more)", ""),
        ]

    def _with_owner(self) -> Iterator[str]:
        """The sets of values in which a lock has an owner."""
        for variable, parts in enumerate(self.names.parts):
            owner = self.names.system.variables[variable].owner
            for component, part in parts.items():
                if isinstance(owner, PoolType) and component in OWNING:
                    cell = f"c.{part.name}[i0]"
                    bound = self.indices(part, True)
                    nothing = "None" if not part.each_thread else "FALSE" if part.kind.name == "bool" else "0"
                    test = f"{cell}{''.join(f'[{name}]' for name, _ in bound)} # {nothing}"
                    for name, one in reversed(bound):
                        test = f"(\\E {name} \\in {one} : {test})"
                    yield f"{{i0 \\in {self.names.domain(owner)} : {cell} # None /\\ {test}}}"

    def forgetting(self) -> Lines:
        """`Forget(c, held)`: the cells without the fields of what is not held."""
        if not self.fields:
            return []
        lines = []
        for pool, part in self.fields:
            kept = f"IF i0 \\in held THEN c.{part.name}[i0] ELSE None"
            lines.append(f"        !.{part.name} = [i0 \\in {self.names.domain(pool)} |-> {kept}]")
        return ["Forget(c, held) ==", "    [c EXCEPT", ",\n".join(lines) + "]", ""]

    # ---- stamps

    def in_use(self) -> Lines:
        """`Used0(c, held)`: the stamps of a type in cells that count."""
        lines: Lines = []
        for number, stamp in enumerate(self.stamps):
            found = [self._stamps(index, part) for index, part in self._stamp_parts(stamp)]
            lines += [f"Used{number}(c, held) ==", *union(found), ""]
        if lines:
            lines += [
                "Lowest(used) == CHOOSE n \\in 0..Cardinality(used) :",
                "    n \\notin used /\\ \\A m \\in 0..(n - 1) : m \\in used",
                "",
            ]
        return lines

    def _stamp_parts(self, stamp: StampType) -> Iterator[tuple[int, Part]]:
        for index, parts in enumerate(self.names.parts):
            for part in parts.values():
                if base_of(part.kind) == stamp:
                    yield index, part

    def _stamps(self, variable: int, part: Part) -> str:
        owner = self.names.system.variables[variable].owner
        if not isinstance(owner, PoolType):
            return self._refers(part)
        bound = self.indices(part)
        cell = f"c.{part.name}{''.join(f'[{name}]' for name, _ in bound)}"
        sets = [f"{name} \\in {one}" for name, one in bound]
        sets[0] = f"i0 \\in held \\cap {self.names.domain(owner)}"
        return f"({{{cell} : {', '.join(sets)}}} \\ {{None}})"

    def stamp_number(self, kind: Type) -> int:
        """The number of a stamp type in names."""
        base = base_of(kind)
        assert isinstance(base, StampType)
        return self.stamps.index(base)

    def sequence(self, variable: int) -> StampType:
        """The stamp type of a seqlock or seqcount."""
        return sequence_type(self.names.system.variables[variable])

    # ---- fields of a new value

    def initial_fields(self, pool: PoolType) -> list[tuple[str, str]]:
        """(part, value) for each part of the fields of a new value, stamps not yet renewed."""
        found = []
        for index, parts in enumerate(self.names.parts):
            if self.names.system.variables[index].owner == pool:
                for component, part in parts.items():
                    cell = self._cell(index, component)
                    value = None if isinstance(part.kind, StampType) else cell.initial
                    found.append((part.name, self.constant(part, self.names.value(part.kind, value))))
        return found

    def _cell(self, variable: int, component: str) -> Cell:
        return next(c for c in self.names.memory.cells if c.variable == variable and c.component == component)

    def new_stamps(self, pool: PoolType) -> list[tuple[str, StampType]]:
        """(the path behind the value, the type) of each cell of a new value that takes a stamp, in their order."""
        found = []
        for index in self.names.memory.fields.get((pool, 0), ()):
            cell = self.names.memory.cells[index]
            parts = self.names.parts[cell.variable]
            if isinstance(cell.type, StampType) and parts:
                part = parts[cell.component]
                rest = zip(part.dimensions[1:], cell.position[1:], strict=True)
                found.append((f".{part.name}[new]", "".join(f"[{self.names.value(d, v)}]" for d, v in rest), cell.type))
        return [(first + rest, kind) for first, rest, kind in found]

    # ---- values of all cells

    def valuation(self, cells: tuple[Value, ...], held: object) -> list[tuple[str, str]]:
        """(part, value) of a state's cells; `held`: the pool values whose fields count, None for all."""
        found = []
        for index, parts in enumerate(self.names.parts):
            for component, part in parts.items():
                values = {at: cells[place] for at, place in self._places[index, component].items()}
                is_field = isinstance(self.names.system.variables[index].owner, PoolType)
                found.append((part.name, self._nested(part, values, (), held if is_field else None)))
        return found

    def _nested(self, part: Part, values: dict[tuple[Value, ...], Value], at: tuple[Value, ...], held: object) -> str:
        depth = len(part.dimensions)
        if len(at) == depth + part.each_thread:
            return self.names.value(part.kind, values[at])
        if len(at) == depth:
            names: list[tuple[str, Value]] = [(text, n) for n, text in enumerate(self.names.threads)]
            whole = "Threads"
        else:
            kind = part.dimensions[len(at)]
            names = [(self.names.value(kind, v), v) for v in finite_values(kind)]
            whole = self.names.domain(kind)
        texts = []
        for text, value in names:
            counts = held is None or at or (part.dimensions[0], value) in held  # type: ignore[operator]
            texts.append((text, self._nested(part, values, (*at, value), held) if counts else "None"))
        if len({text for _, text in texts}) == 1:
            return f"[i{len(at)} \\in {whole} |-> {texts[0][1]}]"
        return f"({' @@ '.join(f'{name} :> {text}' for name, text in texts)})"
