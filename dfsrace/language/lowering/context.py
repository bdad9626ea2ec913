# SPDX-License-Identifier: GPL-2.0-only
"""What lowering carries along: the graph, what is known, the names of the code in hand, and the ways out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dfsrace.diagnostics import Span
from dfsrace.language.lowering.constants import Known, folded, known_value
from dfsrace.language.lowering.graph import Graph, Label
from dfsrace.language.typed import CallExpression, LocalDeclaration
from dfsrace.system.expressions import Checked, Const, Expr, Local
from dfsrace.system.program import Assign
from dfsrace.system.system import Variable
from dfsrace.system.types import NoneType, OptionalType, RangeType, Type, admits, base_of


@dataclass(slots=True)
class Scope:
    """Names of one inlined call: each local's slot, or the constant that it stands for."""

    procedure: str
    names: dict[LocalDeclaration, Expr] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class OpenWith:
    """A `with` whose body is being lowered: what it does on the way to each label outside."""

    ways_out: dict[Label, Label] = field(default_factory=dict)


class Context:
    """Shared by the lowering of expressions and statements of one thread. `inline` lowers a call, gives its result."""

    def __init__(
        self,
        graph: Graph,
        known: Known,
        variables: tuple[Variable, ...],
        inline: Callable[[Context, CallExpression], Expr],
    ) -> None:
        self.graph = graph
        self.known = known
        self.variables = variables
        self.inline = inline
        self.scope = Scope("")
        self.open: list[OpenWith] = []
        self.tests: set[tuple[str, int, int]] = set()

    def fold(self, expression: Expr) -> Expr:
        """The expression, computed as far as constants decide it."""
        return folded(expression, self.known)

    def temporary(self, kind: Type, value: Expr, span: Span | None = None) -> Expr:
        """A fresh nameless local that takes the value now."""
        slot = self.graph.local("", kind, self.scope.procedure)
        self.graph.emit(Assign(slot, value), span)
        return Local(slot, kind)

    def settled(self, expression: Expr, kind: Type, span: Span) -> Expr:
        """The same value, computed here and not where it is used: what is kept across a step is the result alone."""
        if isinstance(expression, Const | Local) or known_value(expression, self.known) is not None:
            return expression
        return self.temporary(kind, expression, span)

    def declared(self, local: LocalDeclaration) -> Expr:
        """The slot of a local, made at its first use, or its constant."""
        found = self.scope.names.get(local)
        if found is None:
            found = Local(self.graph.local(local.name, local.type, self.scope.procedure), local.type)
            self.scope.names[local] = found
        return found

    @contextmanager
    def bound(self, local: LocalDeclaration, value: Expr) -> Iterator[None]:
        """While it lasts, the variable of a loop or quantifier stands for the value."""
        self.scope.names[local] = value
        try:
            yield
        finally:
            del self.scope.names[local]

    def leave(self, target: Label, depth: int) -> None:
        """Jumps to a label outside of all `with` opened at or above `depth`, through what each does on the way."""
        if len(self.open) > depth:
            self.graph.jump(self.open[-1].ways_out.setdefault(target, Label()))
        else:
            self.graph.jump(target)


def is_subset(source: Type, target: Type) -> bool:
    """True if every value of the source is one of the target."""
    if isinstance(target, OptionalType):
        return isinstance(source, NoneType) or is_subset(base_of(source), target.base)
    if isinstance(source, RangeType) and isinstance(target, RangeType):
        return target.low <= source.low and source.high <= target.high
    return source == target


def plain(expression: Expr, source: Type) -> Expr:
    """An operand that may not be None: checked, if its type admits it."""
    return coerced(expression, source, source.base) if isinstance(source, OptionalType) else expression


def coerced(expression: Expr, source: Type, target: Type) -> Expr:
    """The expression as a value of the target: checked when it is evaluated, if its type does not already say so."""
    if isinstance(expression, Const):
        fits = admits(target, expression.value)
        return Const(expression.value, target) if fits else Checked(expression, target)
    return expression if is_subset(source, target) else Checked(expression, target)
