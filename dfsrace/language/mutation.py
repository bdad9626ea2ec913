# SPDX-License-Identifier: GPL-2.0-only
"""A model with one thing left out or turned round: typed code → typed code.

    with mm.page_table_lock:                  if mm.pte[index] is None:
        if mm.pte[index] is None:      ──▶        mm.pte[index] = page         drop-lock:do_no_page:with ...
            mm.pte[index] = page

Operators are in `mutation_operators`. Each works on the code that the threads reach once constants are decided, the
threads' own blocks included, and never inside `with atomic`, whose body is one step whatever its order: `atomic` is how
fine the model looks, no lock of the kernel's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.text import quoted
from dfsrace.language.flow import calls_in, falls_off
from dfsrace.language.mutation_operators import OPERATORS, Change, Code, Operator
from dfsrace.language.mutation_tree import Body, Effects, edited
from dfsrace.language.typed import LocalDeclaration, Procedure, TypedModel
from dfsrace.system.system import System
from dfsrace.system.types import OptionalType

__all__ = ["OPERATORS", "Mutant", "Operator", "mutants"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutation of one model.

    `name` is `OPERATOR:PROCEDURE:TEXT`, TEXT being the statement's first line (`thread NAME` for a thread's block), and
    `#2`, `#3`, ... where a procedure has the same more than once: it stays as long as that text does, whatever is
    edited around it. `says`: what is other than in the model, with lines. `span`: the first place concerned.
    `problem`: why the code would not type, else empty. `model`: the mutated model, None where there is a problem.
    """

    name: str
    operator: str
    procedure: str
    says: str
    span: Span
    problem: str = ""
    model: TypedModel | None = field(default=None, repr=False)


def mutants(model: TypedModel, system: System) -> tuple[Mutant, ...]:
    """All mutants of a model, operator by operator, each in the order of the text. `system`: the model, lowered."""
    reached = frozenset((p.span.file, p.span.line) for p in system.coverage if p.kind == "statement")
    bodies = _bodies(model)
    constant = frozenset(number for number, variable in enumerate(system.variables) if variable.constant)
    effects = Effects({name: p.body for name, p in model.procedures.items()}, constant)
    code = Code({place: body for place, body in bodies.items()}, effects, reached)
    seen: Counter[str] = Counter()
    return tuple(_mutant(model, change, seen) for change in _changes(code))


def _changes(code: Code) -> Iterator[Change]:
    for operator in OPERATORS:
        yield from operator.changes(code)


def _bodies(model: TypedModel) -> dict[str, Body]:
    """The code that threads reach, by place: families once, then the procedures as they are first called."""
    found = {_thread_place(t.family or t.name): t.body for t in model.threads}
    waiting = [name for body in found.values() for name in calls_in(body)]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = model.procedures[name].body
            waiting += calls_in(found[name])
    return found


def _thread_place(name: str) -> str:
    return f"thread {name}"


def _mutant(model: TypedModel, change: Change, seen: Counter[str]) -> Mutant:
    name = f"{change.operator}:{change.place}:{change.text}"
    seen[name] += 1
    if seen[name] > 1:
        name = f"{name}#{seen[name]}"
    changed = _changed(model, change)
    problem = _problem(changed, change)
    return Mutant(name, change.operator, change.place, change.says, change.span, problem, None if problem else changed)


def _changed(model: TypedModel, change: Change) -> TypedModel:
    """The model with the edits made. Members of a family go on sharing one body."""
    procedures: Mapping[str, Procedure] = {
        name: replace(p, body=edited(p.body, change.edits)) for name, p in model.procedures.items()
    }
    bodies = {id(t.body): edited(t.body, change.edits) for t in model.threads}
    threads = tuple(replace(t, body=bodies[id(t.body)]) for t in model.threads)
    return replace(model, procedures=procedures, threads=threads)


def _problem(model: TypedModel, change: Change) -> str:
    """Why the changed code is none that a model could have: what the typing of code asks of every path."""
    problems: list[str] = []

    def unset(local: LocalDeclaration, span: Span) -> None:
        problems.append(f"{quoted(local.name)} may be unset in line {span.line}")

    for name, procedure in model.procedures.items():
        ends = falls_off(procedure.body, unset)
        if ends and procedure.result is not None and not isinstance(procedure.result, OptionalType):
            problems.append(f"{name} may end without a result")
    for thread in model.threads:
        falls_off(thread.body, unset)
    return problems[0] if problems else ""
