# SPDX-License-Identifier: GPL-2.0-only
"""How values, cells, places and locals of a system are called in the TLA+ text.

Every identifier begins with a letter and a number that are made up (x3_pte, l5_page); what follows is the model's own
name as far as it has letters, digits and underscores. Other text of a model stands in comments and strings only, with
nothing in it that could end them.

Values are TLA+'s own: Booleans, integers, strings for named values, threads and pool values, integers from 0 for
stamps, and None, a model value. A local that is not live, and a field of a pool value that is not held, is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dfsrace.diagnostics.text import printable
from dfsrace.export.spin.names import LARGEST, NotExpressible
from dfsrace.system import System
from dfsrace.system.cells import lock_components
from dfsrace.system.memory import Memory
from dfsrace.system.types import (
    BoolType,
    LockType,
    NamedType,
    NoneType,
    OptionalType,
    PoolType,
    RangeType,
    StampType,
    ThreadType,
    Type,
    Value,
    base_of,
    type_text,
    value_text,
)

# SANY knows `...' as strings, too.
HARMLESS = str.maketrans({"\\": "|", '"': "'", "`": "'"})
LONGEST_TEXT = 200
LONGEST_NAME = 40


def plain(text: str) -> str:
    """Foreign text on one line: printable ASCII without what SANY takes for syntax in a string, and not too long."""
    safe = printable(text).encode("ascii", "backslashreplace").decode("ascii").translate(HARMLESS)
    return safe if len(safe) <= LONGEST_TEXT else f"{safe[:LONGEST_TEXT]}..."


def comment(text: str) -> str:
    """Foreign text as it may stand behind `\\*`: it opens and ends no comment and no module."""
    safe = plain(text).replace("(*", "( *").replace("*)", "* )")
    return re.sub(r"([-=])\1{3,}", r"\1\1\1", safe)


def string(text: str) -> str:
    """A TLA+ string of foreign text."""
    return f'"{comment(text)}"'


def strings(texts: Iterable[str]) -> tuple[str, ...]:
    """TLA+ strings of foreign texts, no two alike."""
    found: dict[str, None] = {}
    for text in texts:
        wanted, number = string(text), 1
        while wanted in found:
            number += 1
            wanted = string(f"#{number} {text}")
        found[wanted] = None
    return tuple(found)


def suffix(name: str) -> str:
    """What of a model's name may stand in an identifier, behind an underscore; empty if nothing is left."""
    kept = re.sub(r"[^A-Za-z0-9]+", "_", name if name.isascii() else "").strip("_")[:LONGEST_NAME]
    return f"_{kept}" if kept else ""


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a variable's cells: its name, the type of its values, and the types of its indices.

    `each_thread`: it has a value for each thread, by a last index.
    """

    name: str
    kind: Type
    dimensions: tuple[Type, ...]
    each_thread: bool


class Names:
    """Everything of a system by its name in the TLA+ text.

    `parts[v]`: the components of variable v, empty where it is no part of a state: `folded[v]` then has its values
    (None of a lock that no thread operates on). `threads`: strings. `sets`: definitions of the sets used so far.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.memory = Memory(system.variables, len(system.threads))
        self.threads = strings(thread.name for thread in system.threads)
        self.pools = tuple(dict.fromkeys(self._pools()))
        members = strings(value_text(pool, value) for pool in self.pools for value in range(pool.size))
        self.members: dict[PoolType, tuple[str, ...]] = {}
        for pool in self.pools:
            self.members[pool], members = members[: pool.size], members[pool.size :]
        self.sets: dict[Type, str] = {}
        self._named: dict[NamedType, tuple[str, ...]] = {}
        self.folded = [self._folded(index) for index in range(len(system.variables))]
        self.parts = [self._parts(index) for index in range(len(system.variables))]

    def _pools(self) -> list[PoolType]:
        kinds = [base_of(v.type) for v in self.system.variables]
        kinds += [d for v in self.system.variables for d in v.dimensions]
        kinds += [base_of(local.type) for t in self.system.threads for local in t.locals]
        return [kind for kind in kinds if isinstance(kind, PoolType)]

    def _folded(self, index: int) -> tuple[Value, ...] | None:
        """The values of a variable that need not be part of a state; for a lock that nobody operates on, the free ones.

        Pool values and stamps stay, since what they hold counts.
        """
        variable = self.system.variables[index]
        first = self.memory.start[index]
        count = sum(cell.variable == index for cell in self.memory.cells)
        valuations = {initial.cells[first : first + count] for initial in self.system.initial}
        if not variable.constant or len(valuations) != 1:
            return None
        counts = isinstance(base_of(variable.type), PoolType | StampType) or isinstance(variable.owner, PoolType)
        if counts and not isinstance(variable.type, LockType):
            return None
        return next(iter(valuations))

    def _parts(self, index: int) -> dict[str, Part]:
        if self.folded[index] is not None:
            return {}
        variable = self.system.variables[index]
        components: Iterable[tuple[str, int | None, Type, Value]] = (("", None, variable.type, variable.initial),)
        if isinstance(variable.type, LockType):
            components = lock_components(variable, len(self.threads))
        parts: dict[str, Part] = {}
        for component, thread, kind, _ in components:
            name = f"x{index}{suffix(variable.name)}{suffix(component)}"
            parts.setdefault(component, Part(name, kind, variable.dimensions, thread is not None))
        return parts

    # ---- values

    def value(self, kind: Type, value: Value) -> str:
        """A value as TLA+ writes it."""
        if value is None:
            return "None"
        match base_of(kind):
            case BoolType():
                return "TRUE" if value else "FALSE"
            case NamedType() as named:
                return self.named(named)[value]
            case PoolType() as pool:
                return self.members[pool][value]
            case ThreadType():
                return self.threads[value]
        if abs(value) > LARGEST:
            raise NotExpressible(f"{value} does not fit into the 32 bits of an integer of TLC")
        return str(value) if value >= 0 else f"(-{-value})"

    def named(self, kind: NamedType) -> tuple[str, ...]:
        """The strings of a type's named values."""
        if kind not in self._named:
            self._named[kind] = strings(kind.values)
        return self._named[kind]

    def domain(self, kind: Type) -> str:
        """The name of the set of all values of a finite type."""
        if kind not in self.sets:
            self.sets[kind] = f"T{len(self.sets)}{suffix(type_text(kind))}"
        return self.sets[kind]

    def definitions(self) -> list[str]:
        """The sets that the text has used, as definitions."""
        return [f"{name} == {self._set(kind)}" for kind, name in self.sets.items()]

    def _set(self, kind: Type) -> str:
        match kind:
            case OptionalType(base):
                return f"{{None}} \\cup {self._set(base)}"
            case BoolType():
                return "BOOLEAN"
            case NamedType() as named:
                return f"{{{', '.join(self.named(named))}}}"
            case PoolType() as pool:
                return f"{{{', '.join(self.members[pool])}}}"
            case RangeType(low, high):
                return f"{self.value(kind, low)}..{self.value(kind, high)}"
            case ThreadType():
                return f"{{{', '.join(self.threads)}}}"
            case NoneType():
                return "{None}"
        raise NotExpressible(f"a value of type {kind.name} cannot be listed")

    def fits(self, kind: Type) -> None:
        """Refuses a range whose values do not fit into TLC's integers."""
        base = base_of(kind)
        if isinstance(base, RangeType) and max(abs(base.low), abs(base.high)) > LARGEST:
            raise NotExpressible(f"values of {type_text(kind)} do not fit into the 32 bits of an integer of TLC")
