# SPDX-License-Identifier: GPL-2.0-only
"""Cells: the state variables flattened, locks taken apart into the values that they consist of.

spinlock, mutex      owner: thread | None
bit_lock             locked: bool
semaphore            count: 0..maximum
rwlock               writer: thread | None, readers[t]: 0..3 for each thread t
rwsem                writer: thread | None, readers[t]: bool, waiting[t]: bool (registered down_write)
seqlock, seqcount    writer: thread | None, sequence: the variable's own stamp type
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from dfsrace.system.system import System, Variable
from dfsrace.system.types import (
    BOOL,
    LockType,
    OptionalType,
    RangeType,
    StampType,
    ThreadType,
    Type,
    Value,
    finite_values,
    value_text,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One storage place. `position`: a value for each dimension; `component`: "" or a lock's part ("owner", "readers");

    `thread`: the place in `System.threads` that a part belongs to, else None.
    """

    variable: int
    position: tuple[Value, ...]
    component: str
    thread: int | None
    type: Type
    initial: Value


def sequence_type(variable: Variable) -> StampType:
    """The stamp type that a seqlock or seqcount variable has for itself."""
    return StampType(f"{variable.name} sequence")


def lock_components(variable: Variable, threads: int) -> tuple[tuple[str, int | None, Type, Value], ...]:
    """(component, thread, type, initial value) of each part of one lock, in the order of its cells."""
    lock = variable.type
    assert isinstance(lock, LockType)
    owner = OptionalType(ThreadType(threads))
    everyone = range(threads)
    match lock.kind:
        case "spinlock" | "mutex":
            return (("owner", None, owner, None),)
        case "bit_lock":
            return (("locked", None, BOOL, 0),)
        case "semaphore":
            return (("count", None, RangeType(0, lock.maximum), variable.initial),)
        case "rwlock":
            return (("writer", None, owner, None), *(("readers", t, RangeType(0, 3), 0) for t in everyone))
        case "rwsem":
            readers = (("readers", t, BOOL, 0) for t in everyone)
            return (("writer", None, owner, None), *readers, *(("waiting", t, BOOL, 0) for t in everyone))
    return (("writer", None, owner, None), ("sequence", None, sequence_type(variable), 0))


def cells_of_variable(index: int, variable: Variable, threads: int) -> tuple[Cell, ...]:
    """The cells of one variable: positions in row-major order, within a position the lock's components."""
    parts: tuple[tuple[str, int | None, Type, Value], ...]
    if isinstance(variable.type, LockType):
        parts = lock_components(variable, threads)
    else:
        parts = (("", None, variable.type, variable.initial),)
    positions = product(*(finite_values(d) for d in variable.dimensions))
    return tuple(Cell(index, p, name, thread, kind, v) for p in positions for name, thread, kind, v in parts)


def cells_of(system: System) -> tuple[Cell, ...]:
    """All cells, in the order of the variables: the order of `Initial.cells`."""
    threads = len(system.threads)
    return tuple(c for i, v in enumerate(system.variables) for c in cells_of_variable(i, v, threads))


def cell_name(system: System, cell: Cell) -> str:
    """A cell as the model would write it: `A.page_cache[0]`, `mm0.page_table_lock`, `disk[1]`."""
    variable = system.variables[cell.variable]
    texts = [value_text(d, v) for d, v in zip(variable.dimensions, cell.position, strict=True)]
    if variable.owner is None:
        return variable.name + "".join(f"[{text}]" for text in texts)
    return f"{texts[0]}.{variable.name.split('.', 1)[1]}" + "".join(f"[{text}]" for text in texts[1:])
