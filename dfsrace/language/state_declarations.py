# SPDX-License-Identifier: GPL-2.0-only
"""The section `state`: variables, arrays, fields, and their initial values."""

from __future__ import annotations

from dfsrace.diagnostics import Collector, Span
from dfsrace.diagnostics.text import quoted
from dfsrace.language.constants import Constants
from dfsrace.language.declaration_syntax import Constant, StateKey, TypeText, parse_declaration
from dfsrace.language.declaration_syntax import parse_state_key as parse_key
from dfsrace.language.names import NameTable, check_name
from dfsrace.language.sections import Section, text_code
from dfsrace.language.type_declarations import WIDEST_RANGE, Types
from dfsrace.language.yaml_document import Entry
from dfsrace.system.system import Variable
from dfsrace.system.types import (
    BoolType,
    LockType,
    NamedType,
    NoneType,
    OptionalType,
    PoolType,
    RangeType,
    StampType,
    Type,
    Value,
    base_of,
    type_text,
    value_text,
)

MOST_CELLS = 100_000


class State:
    """Reads the state of all files into `variables`, in the order of declaration."""

    def __init__(self, constants: Constants, types: Types, names: NameTable, problems: Collector) -> None:
        self.variables: list[Variable] = []
        self._constants = constants
        self._types = types
        self._names = names
        self._problems = problems

    def declare(self, section: Section) -> None:
        """Takes one file's state. Types and members are known by now."""
        for entry in section.entries:
            variable = self._variable(entry)
            if variable is not None:
                self.variables.append(variable)

    def _variable(self, entry: Entry) -> Variable | None:
        key = parse_key(entry.key.code, self._problems)
        code = text_code(entry, "a type", self._problems)
        declaration = parse_declaration(code, self._problems) if code else None
        if key is None:
            return None
        named = self._owner_and_name(key)
        if named is None:
            return None
        owner, name = named
        is_new = self._names.define(name, "a state variable" if owner is None else "a field", key.span)
        dimensions = self._dimensions(key, owner)
        if declaration is None or code is None:
            return None
        kind = self._types.resolve(declaration.type)
        if kind is None:
            return None
        initial = self._initial(kind, declaration.initial, declaration.type, key)
        if not is_new or dimensions is None or initial is None:
            return None
        kind, value = initial
        return Variable(name, owner, dimensions, kind, value, False, key.span)

    # ---- keys

    def _owner_and_name(self, key: StateKey) -> tuple[Type | None, str] | None:
        if not check_name(key.name, key.span, self._problems, field=key.owner is not None):
            return None
        if key.owner is None:
            return None, key.name
        owner = self._types.named(key.owner)
        if owner is None:
            return None
        if not isinstance(owner, NamedType | PoolType | RangeType):
            message = f"type {quoted(key.owner.name)} can have no fields"
            help = "fields belong to a type of named values, a range, or a pool"
            self._problems.add("DR311", key.owner.span, message, help=help)
            return None
        if isinstance(owner, RangeType):
            return owner, f"{key.owner.name}.{key.name}"
        return owner, f"{owner.name}.{key.name}"

    def _dimensions(self, key: StateKey, owner: Type | None) -> tuple[Type, ...] | None:
        known = [self._dimension(text, key) for text in key.dimensions]
        dimensions = tuple(d for d in known if d is not None)
        if len(dimensions) < len(known):
            return None
        return dimensions if owner is None else (owner, *dimensions)

    def _dimension(self, text: TypeText, key: StateKey) -> Type | None:
        kind = self._types.resolve(text)
        if kind is None or isinstance(kind, BoolType | RangeType | NamedType):
            return kind
        help = "an index is a range, a type of named values, or bool"
        if isinstance(kind, PoolType):
            help = f"a pool has no order: make it a field, {kind.name}.{key.name}"
        message = f"{quoted(type_text(kind))} cannot index an array"
        self._problems.add("DR311", text.span, message, help=help)
        return None

    # ---- initial values

    def _initial(self, kind: Type, value: Constant | None, text: TypeText, key: StateKey) -> tuple[Type, Value] | None:
        """The variable's type (a semaphore's with its maximum) and its initial value; None after a diagnostic."""
        if isinstance(kind, LockType):
            return self._lock(kind, value)
        if isinstance(kind, StampType) and value is not None:
            help = "all stamps of a type begin with one common value; renew(x) in setup gives another"
            self._problems.add("DR316", value.span, "a stamp has no value that could be written", help=help)
            return None
        if isinstance(kind, PoolType):
            help = f"write {type_text(kind)} | None; setup may store alloc({kind.name})"
            self._problems.add("DR315", text.span, f"{quoted(key.name)} has no first value: a pool has none", help=help)
            return None
        if value is None:
            return self._default(kind, text, key)
        given = self._constants.evaluate(value)
        return None if given is None else self._converted(kind, given, value.span)

    def _default(self, kind: Type, text: TypeText, key: StateKey) -> tuple[Type, Value] | None:
        if isinstance(kind, OptionalType):
            return kind, None
        if not isinstance(kind, RangeType):
            return kind, 0
        if kind.low < 0 <= kind.high:
            message = (
                f"{quoted(key.name)} needs an initial value: 0 is in {kind.low}..{kind.high}, but not at its low end"
            )
            self._problems.add("DR313", text.span, message, help=f"write = 0, or = {kind.low}")
            return None
        return kind, kind.low

    def _converted(self, kind: Type, given: tuple[Type, Value], span: Span) -> tuple[Type, Value] | None:
        source, value = given
        base = base_of(kind)
        if isinstance(source, NoneType):
            if isinstance(kind, OptionalType):
                return kind, None
        elif isinstance(base, RangeType) and isinstance(source, RangeType):
            if value is not None and base.low <= value <= base.high:
                return kind, value
        elif (isinstance(base, BoolType) and isinstance(source, BoolType)) or base == source:
            return kind, value
        message = f"{quoted(value_text(source, value))} is no value of type {type_text(kind)}"
        self._problems.add("DR314", span, message, allowed=_values(kind))
        return None

    def _lock(self, kind: LockType, value: Constant | None) -> tuple[Type, Value] | None:
        if kind.kind != "semaphore":
            if value is None:
                return kind, None
            help = "every lock begins unlocked; take it in the threads"
            self._problems.add("DR316", value.span, f"a {kind.kind} has no initial value", help=help)
            return None
        count = 1 if value is None else self._constants.integer(value)
        if count is None:
            return None
        if not 0 <= count <= WIDEST_RANGE:
            assert value is not None
            message = f"a semaphore cannot start at {count}"
            self._problems.add("DR314", value.span, message, allowed=[f"0 to {WIDEST_RANGE}"])
            return None
        return LockType("semaphore", max(1, count)), count


def check_size(variables: list[Variable], threads: int, problems: Collector) -> None:
    """Reports a state of more than 100,000 cells, at the variable that makes it so."""
    total = 0
    for variable in variables:
        cells = _parts(variable.type, threads)
        for dimension in variable.dimensions:
            cells *= _size(dimension)
        total += cells
        if total > MOST_CELLS:
            message = f"the state is too large: {total} cells up to {quoted(variable.name)}, which has {cells}"
            allowed = [f"at most {MOST_CELLS}"]
            problems.add("DR306", variable.span, message, allowed=allowed, help="lower the constants in its dimensions")
            return


def _parts(kind: Type, threads: int) -> int:
    if not isinstance(kind, LockType):
        return 1
    return {"rwlock": 1 + threads, "rwsem": 1 + 2 * threads, "seqlock": 2, "seqcount": 2}.get(kind.kind, 1)


def _size(kind: Type) -> int:
    match kind:
        case RangeType(low, high):
            return high - low + 1
        case NamedType(values=values):
            return len(values)
        case PoolType(size=size):
            return size
    return 2


def _values(kind: Type) -> list[str]:
    base = base_of(kind)
    texts = ["None"] if isinstance(kind, OptionalType) else []
    match base:
        case BoolType():
            return [*texts, "False", "True"]
        case RangeType(low, high):
            return [*texts, f"{low}..{high}"]
        case NamedType(values=values):
            return [*texts, *values]
    return texts
