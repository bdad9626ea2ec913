# SPDX-License-Identifier: GPL-2.0-only
"""From declarations to a typed model."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dfsrace.diagnostics import Collector, SourceFile, Span
from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.declarations import Code, Declarations
from dfsrace.language.expressions import expression
from dfsrace.language.flow import calls_in, falls_off
from dfsrace.language.locals_of_code import summaries
from dfsrace.language.procedures import Draft, collect, cycles
from dfsrace.language.properties import typed_property
from dfsrace.language.python_syntax import CodeText, parse_block, parse_definitions
from dfsrace.language.scopes import ModelNames, Scope, Signature
from dfsrace.language.statements import block, one_line
from dfsrace.language.typed import (
    LocalDeclaration,
    Procedure,
    Statement,
    TypedModel,
    TypedProperty,
    TypedThread,
)
from dfsrace.system.types import OptionalType, type_text


def type_model(declarations: Declarations) -> TypedModel:
    """The model's code, parsed and typed; ModelError with all that is wrong with it, in the order of the files."""
    problems = _Counting(declarations.sources)
    model = _Model(declarations, problems)
    drafts = model.collect_procedures()
    procedures = model.type_procedures(drafts)
    setup = tuple(model.type_block(code) for code in declarations.setup)
    threads = model.type_threads()
    properties = model.type_properties()
    problems.finish()
    return TypedModel(declarations, procedures, setup, threads, properties, model.names.named_types())


class _Counting(Collector):
    """A Collector that says how many diagnostics it has taken."""

    def __init__(self, sources: Sequence[SourceFile]) -> None:
        super().__init__(sources)
        self.count = 0

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        help: str = "",
        allowed: Sequence[str] = (),
        notes: Sequence[tuple[Span, str]] = (),
    ) -> None:
        self.count += 1
        super().add(code, span, message, help=help, allowed=allowed, notes=notes)


class _Model:
    def __init__(self, declarations: Declarations, problems: _Counting) -> None:
        self.names = ModelNames.of(declarations)
        self._declarations = declarations
        self._problems = problems
        self._latest: dict[str, Draft] = {}

    def _context(self, text: CodeText) -> Context:
        return Context(self.names, self._problems, text, Scope(), expression)

    def _look_for_locals(self, context: Context, nodes: list[ast.stmt]) -> None:
        """What the body assigns and is no name of the model is a local."""
        found = summaries(context.text, nodes)
        context.scope.assigned = {name: s for name, s in found.items() if self.names.kind(name) is None}

    # ---- procedures

    def collect_procedures(self) -> list[Draft]:
        """All procedures of all files, replaced ones too; what is in force is known to `names` afterwards."""
        drafts: list[Draft] = []
        for code in self._declarations.procedures:
            found = parse_definitions(code, self._problems)
            self.names.broken |= found.broken
            for text, nodes in found.pieces:
                drafts += collect(self._context(text), nodes, self._latest)
        self.names.procedures = {name: draft.signature for name, draft in self._latest.items()}
        return drafts

    def type_procedures(self, drafts: list[Draft]) -> dict[str, Procedure]:
        """Every body is typed; those in force are given back."""
        typed: dict[str, Procedure] = {}
        for draft in drafts:
            self._check_parameters(draft)
            procedure = self._procedure(draft)
            if self._latest.get(procedure.name) is draft:
                typed[procedure.name] = procedure
        self._check_recursion(typed)
        return typed

    def _check_parameters(self, draft: Draft) -> None:
        """A parameter may not hide a procedure; only now all of them are known."""
        for parameter in draft.parameters:
            if parameter.name in self.names.procedures:
                message = f"{quoted(parameter.name)} is a procedure already"
                self._problems.add("DR532", _name_only(parameter), message, help="choose another name")

    def _procedure(self, draft: Draft) -> Procedure:
        node, signature = draft.node, draft.signature
        self._look_for_locals(draft.context, node.body)
        before = self._problems.count
        body = block(draft.context, node.body)
        result = signature.result
        sound = self._problems.count == before and not draft.context.scope.doubtful
        if sound and self._falls_off(body) and result is not None:
            self._check_result(signature)
        return Procedure(signature.name, draft.parameters, result, body, signature.span)

    def _check_result(self, signature: Signature) -> None:
        """The body can fall off its end, which is a result of None."""
        result = signature.result
        if result is not None and not isinstance(result, OptionalType):
            message = f"{signature.name} gives {type_text(result)}, but may end without return"
            help = f"return a value on every path, or declare -> {type_text(result)} | None"
            self._problems.add("DR545", signature.span, message, help=help)

    def _falls_off(self, body: tuple[Statement, ...]) -> bool:
        def report(local: LocalDeclaration, span: Span) -> None:
            message = f"{quoted(local.name)} may be unset here"
            notes = [(local.span, "set here")]
            self._problems.add("DR531", span, message, help="set it on every path that leads here", notes=notes)

        return falls_off(body, report)

    def _check_recursion(self, procedures: dict[str, Procedure]) -> None:
        calls = {name: calls_in(p.body) for name, p in procedures.items()}
        for cycle in cycles(calls):
            chain = " -> ".join([*cycle, cycle[0]])
            following = [*cycle[1:], cycle[0]]
            places = [(calls[a][b], f"{a} calls {b}") for a, b in zip(cycle, following, strict=True)]
            message = f"recursion: {chain}"
            help = "calls are inlined, so they must end: write a loop"
            self._problems.add("DR542", places[0][0], message, help=help, notes=places[1:])

    # ---- blocks

    def type_block(self, code: Code) -> tuple[Statement, ...]:
        """A block with its own locals: setup, or a thread's."""
        parsed = parse_block(code, self._problems)
        if parsed is None:
            return ()
        text, nodes = parsed
        if not nodes:
            self._problems.add("DR412", code.span(1, 0, 1, 1), "there is no code here", help="write `pass` for nothing")
        context = self._context(text)
        self._look_for_locals(context, nodes)
        before = self._problems.count
        body = block(context, nodes)
        if self._problems.count == before and not context.scope.doubtful:
            self._falls_off(body)
        return body

    def type_threads(self) -> tuple[TypedThread, ...]:
        """The threads; members of a family share one body."""
        typed = []
        for thread in self._declarations.threads:
            body = self.type_block(thread.code)
            text = one_line(body)
            for name in thread.names:
                typed.append(TypedThread(name, thread.family, thread.daemon, body, text, thread.span))
        return tuple(typed)

    def type_properties(self) -> tuple[TypedProperty, ...]:
        """The invariants and reach conditions."""
        declared = self._declarations.properties
        typed = [typed_property(self._context(CodeText(p.condition)), p) for p in declared]
        return tuple(p for p in typed if p is not None)


def _name_only(local: LocalDeclaration) -> Span:
    span = local.span
    return Span(span.file, span.line, span.column, span.line, span.column + len(local.name))
