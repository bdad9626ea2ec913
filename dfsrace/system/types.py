# SPDX-License-Identifier: GPL-2.0-only
"""Types of a transition system.

Values of every type are Python integers, or `None` for the absent value of an optional: a Boolean is 0 or 1, a range
its integer, a named value its place in the declaration, a pool or stamp value a number without meaning, a thread its
place in `System.threads`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias

from dfsrace.diagnostics.values import dataclass

Value: TypeAlias = "int | None"

LockKind = Literal["spinlock", "mutex", "bit_lock", "semaphore", "rwlock", "rwsem", "seqlock", "seqcount"]


@dataclass(frozen=True, slots=True)
class BoolType:
    """False and True, as 0 and 1."""

    name: str = "bool"


@dataclass(frozen=True, slots=True)
class IntType:
    """Exact integers without bound: the type of arithmetic, never of a cell or a stored local."""

    name: str = "int"


@dataclass(frozen=True, slots=True)
class RangeType:
    """LOW..HIGH, both included. Two ranges with equal bounds are interchangeable whatever their names."""

    low: int
    high: int
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NamedType:
    """Named values in the order of their declaration; the value is the place in `values`."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PoolType:
    """`size` nameless values; only identity matters."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class StampType:
    """Values that can be copied, compared for equality and renewed. A seqlock variable has one of its own."""

    name: str


@dataclass(frozen=True, slots=True)
class ThreadType:
    """Threads of the system by place: the type of lock owners only."""

    count: int
    name: str = "thread"


@dataclass(frozen=True, slots=True)
class NoneType:
    """The type of the literal None alone."""

    name: str = "None"


@dataclass(frozen=True, slots=True)
class OptionalType:
    """The values of `base`, and None. `base` is never optional itself."""

    base: BoolType | RangeType | NamedType | PoolType | StampType | ThreadType | IntType

    @property
    def name(self) -> str:
        return f"{self.base.name} | None"


@dataclass(frozen=True, slots=True)
class LockType:
    """A kernel lock; `maximum` is a semaphore's largest count. See `dfsrace.system.cells` for its components."""

    kind: LockKind
    maximum: int = 1

    @property
    def name(self) -> str:
        return self.kind


Type: TypeAlias = (
    BoolType | IntType | RangeType | NamedType | PoolType | StampType | ThreadType | NoneType | OptionalType | LockType
)

BOOL = BoolType()
INT = IntType()
NONE = NoneType()


def base_of(kind: Type) -> Type:
    """The type without `| None`."""
    return kind.base if isinstance(kind, OptionalType) else kind


def admits(kind: Type, value: Value) -> bool:
    """True if a value is one of a type's."""
    if value is None:
        return isinstance(kind, OptionalType | NoneType)
    match base_of(kind):
        case BoolType():
            return value in (0, 1)
        case IntType():
            return True
        case RangeType(low, high):
            return low <= value <= high
        case NamedType(values=values):
            return 0 <= value < len(values)
        case PoolType(size=size):
            return 0 <= value < size
        case ThreadType(count=count):
            return 0 <= value < count
        case StampType():
            return value >= 0
    return False


def type_text(kind: Type) -> str:
    """How messages and listings call a type: its declared name, else LOW..HIGH."""
    if isinstance(kind, RangeType):
        return kind.name or f"{kind.low}..{kind.high}"
    if isinstance(kind, OptionalType):
        return f"{type_text(kind.base)} | None"
    return kind.name


def finite_values(kind: Type) -> range | tuple[Value, ...]:
    """All values of a finite type in the order of declaration, None first. Pools count as finite, stamps do not."""
    match kind:
        case BoolType():
            return range(2)
        case RangeType(low, high):
            return range(low, high + 1)
        case NamedType(values=values):
            return range(len(values))
        case PoolType(size=size):
            return range(size)
        case ThreadType(count=count):
            return range(count)
        case OptionalType(base):
            return (None, *finite_values(base))
    raise TypeError(f"{type_text(kind)} has no finite list of values")


def value_text(kind: Type, value: Value) -> str:
    """A value as the model writes it; pool values and stamps by number (page0, v0), which traces may rename."""
    if value is None:
        return "None"
    match kind:
        case OptionalType(base):
            return value_text(base, value)
        case BoolType():
            return "True" if value else "False"
        case NamedType(values=values):
            return values[value]
        case PoolType(name=name):
            return f"{name.lower()}{value}"
        case StampType():
            return f"v{value}"
    return str(value)
