# SPDX-License-Identifier: GPL-2.0-only
"""What names mean: those of the model, and the locals of one body of code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from dfsrace.diagnostics import Span
from dfsrace.language.declarations import Declarations
from dfsrace.language.names import RESERVED
from dfsrace.language.typed import LocalDeclaration
from dfsrace.system.system import Variable
from dfsrace.system.types import BOOL, NamedType, RangeType, Type, Value


@dataclass(frozen=True, slots=True)
class Signature:
    """A procedure as its callers see it. `result` is None where it has none."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    result: Type | None
    span: Span


@dataclass(slots=True)
class ModelNames:
    """The names of a model. `procedures` is filled in by the collection of procedures, and `broken` with the names of
    those that are no Python: what is said of these elsewhere would be one mistake twice."""

    declarations: Declarations
    scalars: dict[str, int] = field(default_factory=dict)
    fields: dict[str, list[int]] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    values: dict[str, tuple[Type, Value]] = field(default_factory=dict)
    threads: dict[str, int] = field(default_factory=dict)
    families: frozenset[str] = frozenset()
    procedures: dict[str, Signature] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    @classmethod
    def of(cls, declarations: Declarations) -> ModelNames:
        """The names that the declarations give."""
        names = cls(declarations)
        for index, variable in enumerate(declarations.variables):
            if variable.owner is None:
                names.scalars[variable.name] = index
            else:
                names.fields.setdefault(variable.name.split(".", 1)[1], []).append(index)
        names.types = {"bool": BOOL, **declarations.types}
        names.values = {**declarations.members, **declarations.constants}
        members = [name for thread in declarations.threads for name in thread.names]
        names.threads = {name: place for place, name in enumerate(members)}
        names.families = frozenset(t.family for t in declarations.threads if t.family)
        return names

    def variable(self, index: int) -> Variable:
        """A state variable by its place."""
        return self.declarations.variables[index]

    def kind(self, name: str) -> str | None:
        """What a name of the model is, for messages; None where it is free."""
        if name in self.scalars:
            return "a state variable"
        if name in self.declarations.constants:
            return "a constant"
        if name in self.declarations.members:
            return f"a value of type {self.declarations.members[name][0].name}"
        if name in self.types:
            return "a type"
        if name in self.procedures:
            return "a procedure"
        return "a word of the model language" if name in RESERVED else None

    def covering(self, kind: RangeType) -> str | None:
        """The smallest named range that has all values of `kind`, or None."""
        ranges = [t for t in self.types.items() if isinstance(t[1], RangeType)]
        able = [(t.high - t.low, n) for n, t in ranges if isinstance(t, RangeType) and _within(kind, t)]
        return min(able)[1] if able else None

    def named_types(self) -> Mapping[str, NamedType]:
        """The types of named values."""
        return {name: t for name, t in self.declarations.types.items() if isinstance(t, NamedType)}


def _within(inner: RangeType, outer: RangeType) -> bool:
    return outer.low <= inner.low and inner.high <= outer.high


@dataclass(slots=True)
class LocalSummary:
    """What a first look at a body says of a name that it assigns: how often, where, and whether it is annotated."""

    span: Span
    assignments: int = 0
    annotated: bool = False


@dataclass(slots=True)
class Scope:
    """The locals of one body: a procedure, a thread's block, a setup block or a property.

    `bound`: variables of the loops and quantifiers around the code in hand, by name. `doubtful`: something was left
    out that was reported elsewhere, so that what follows from the body's paths is not known.
    """

    procedure: str = ""
    result: Type | None = None
    may_return: bool = False
    doubtful: bool = False
    locals: dict[str, LocalDeclaration] = field(default_factory=dict)
    assigned: dict[str, LocalSummary] = field(default_factory=dict)
    bound: dict[str, LocalDeclaration] = field(default_factory=dict)

    def find(self, name: str) -> LocalDeclaration | None:
        """The local of this name that is known here, or None."""
        return self.bound.get(name) or self.locals.get(name)

    def visible(self) -> Iterator[str]:
        """The names of all locals known here."""
        yield from self.bound
        yield from self.locals

    @contextmanager
    def binding(self, local: LocalDeclaration) -> Iterator[None]:
        """While it lasts, the variable of a loop or quantifier is known."""
        before = self.bound.get(local.name)
        self.bound[local.name] = local
        try:
            yield
        finally:
            if before is None:
                del self.bound[local.name]
            else:
                self.bound[local.name] = before
