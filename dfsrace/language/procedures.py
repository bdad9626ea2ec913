# SPDX-License-Identifier: GPL-2.0-only
"""Procedures over all files: signatures, @override, and the call graph."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from dfsrace.diagnostics import Span
from dfsrace.diagnostics.suggest import did_you_mean
from dfsrace.diagnostics.text import quoted
from dfsrace.language.code_context import Context
from dfsrace.language.scopes import Signature
from dfsrace.language.type_names import annotation, hides
from dfsrace.language.type_rules import UNKNOWN, same
from dfsrace.language.typed import LocalDeclaration
from dfsrace.system.types import NoneType, Type, type_text


@dataclass(slots=True)
class Draft:
    """A procedure before its body is typed. `context` has its parameters in scope."""

    signature: Signature
    parameters: tuple[LocalDeclaration, ...]
    node: ast.FunctionDef
    context: Context
    complete: bool


def collect(context: Context, statements: list[ast.stmt], latest: dict[str, Draft]) -> list[Draft]:
    """All procedures of one file; `latest` holds those that are in force, by name, and is changed.

    `context` is for the file's text; each procedure gets one of its own.
    """
    drafts = []
    for node in statements:
        if not isinstance(node, ast.FunctionDef):
            _no_procedure(context, node)
            continue
        draft = _draft(context.fresh(), node)
        drafts.append(draft)
        if _enters(context, draft, latest):
            latest[node.name] = draft
    return drafts


def _no_procedure(context: Context, node: ast.stmt) -> None:
    if isinstance(node, ast.AsyncFunctionDef):
        context.refuse(node)
        return
    span = context.span(node)
    span = span if span.line == span.end_line else Span(span.file, span.line, span.column, span.line, span.column + 1)
    message = "only procedures stand in the section `procedures`"
    context.error(
        "DR408", span, message, allowed=["def name(parameter: Type):"], help="code that runs first stands in `setup`"
    )


def name_span(context: Context, node: ast.FunctionDef) -> Span:
    """The place of a procedure's name, on its `def` line."""
    start = context.text.offset(node.lineno, node.col_offset) + len("def ")
    return context.text.code.span(node.lineno, start, node.lineno, start + len(node.name))


# ---- signatures


def _draft(context: Context, node: ast.FunctionDef) -> Draft:
    span = name_span(context, node)
    complete = _plain(context, node, span)
    parameters = []
    for argument in node.args.args:
        kind = _parameter_type(context, argument)
        complete = complete and kind is not None
        local = LocalDeclaration(argument.arg, kind or UNKNOWN, "parameter", context.text.span(argument))
        if argument.arg in context.scope.locals:
            context.error(
                "DR532", local.span, f"{quoted(argument.arg)} is a parameter already", help="choose another name"
            )
        elif not hides(context, _name_of(argument)):
            context.scope.locals[argument.arg] = local
        parameters.append(local)
    result: Type | None = None
    if node.returns is not None:
        result = annotation(context, node.returns)
        complete = complete and result is not None
        if isinstance(result, NoneType):
            result = None
    signature = Signature(node.name, tuple((p.name, p.type) for p in parameters), result, span)
    context.scope.procedure = node.name
    context.scope.result = result if node.returns is None or result is not None or complete else UNKNOWN
    context.scope.may_return = True
    return Draft(signature, tuple(parameters), node, context, complete)


def _name_of(argument: ast.arg) -> ast.Name:
    name = ast.copy_location(ast.Name(argument.arg), argument)
    name.end_col_offset = argument.col_offset + len(argument.arg.encode())
    name.end_lineno = argument.lineno
    return name


def _parameter_type(context: Context, argument: ast.arg) -> Type | None:
    if argument.annotation is not None:
        kind = annotation(context, argument.annotation)
        if isinstance(kind, NoneType):
            context.error("DR520", argument.annotation, "None is no type of a parameter", help="write `T | None`")
            return None
        return kind
    message = f"parameter {quoted(argument.arg)} has no type"
    help = f"write {argument.arg}: Type"
    context.error("DR523", context.text.span(argument), message, allowed=sorted(context.names.types), help=help)
    return None


def _plain(context: Context, node: ast.FunctionDef, span: Span) -> bool:
    """True for a procedure with nothing but named parameters; else a diagnostic."""
    arguments = node.args
    found: list[tuple[Span, str, str]] = []
    for argument in (arguments.vararg, arguments.kwarg):
        if argument is not None:
            found.append((context.text.span(argument), "star parameters", "name each parameter"))
    for argument in (*arguments.posonlyargs, *arguments.kwonlyargs):
        found.append((context.text.span(argument), "positional-only or keyword-only parameters", "leave out / and *"))
    for default in (*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)):
        found.append((context.span(default), "default values of parameters", "give the value in each call"))
    if getattr(node, "type_params", None):
        found.append((span, "type parameters", "write one procedure for each type"))
    for decorator in node.decorator_list:
        if not (isinstance(decorator, ast.Name) and decorator.id == "override"):
            text = quoted("@" + context.source(decorator))
            help = did_you_mean(context.source(decorator), ["override"]) or "only @override is known"
            context.error(
                "DR405", decorator, f"the model language has no decorator {text}", allowed=["@override"], help=help
            )
    for place, what, help in found:
        context.error("DR404", place, f"the model language has no {what}", help=help)
    return not found


# ---- @override


def is_override(node: ast.FunctionDef) -> bool:
    """True for a procedure that is marked @override."""
    return any(isinstance(d, ast.Name) and d.id == "override" for d in node.decorator_list)


def _enters(context: Context, draft: Draft, latest: dict[str, Draft]) -> bool:
    """True if the procedure comes into force; else a diagnostic."""
    name, span = draft.node.name, draft.signature.span
    what = context.names.kind(name)
    if what not in (None, "a procedure"):
        context.error("DR563", span, f"{quoted(name)} is {what} already", help="choose another name for the procedure")
        return False
    before = latest.get(name)
    if not is_override(draft.node):
        if before is None:
            return True
        notes = [(before.signature.span, "defined first here")]
        help = "write @override above it, if it is meant to replace the other"
        context.error("DR561", span, f"{quoted(name)} is a procedure already", help=help, notes=notes)
        return False
    if before is None:
        if name in context.names.broken:
            return True
        known = sorted(latest)
        message = f"there is no procedure {quoted(name)} to override"
        help = did_you_mean(name, known) or "leave out @override, or include the file that has it"
        context.error("DR560", span, message, allowed=known, help=help)
        return True
    return _same_signature(context, draft, before)


def _same_signature(context: Context, draft: Draft, before: Draft) -> bool:
    if not (draft.complete and before.complete):
        return True
    new, old = draft.signature, before.signature
    pairs = list(zip(new.parameters, old.parameters, strict=False))
    good = len(new.parameters) == len(old.parameters) and all(same(a[1], b[1]) for a, b in pairs)
    good = good and (new.result is None) == (old.result is None)
    if good and new.result is not None and old.result is not None:
        good = same(new.result, old.result)
    if not good:
        notes = [(old.span, "replaces this one")]
        message = f"{quoted(new.name)} has another signature than what it overrides"
        context.error(
            "DR562", new.span, message, allowed=[signature_text(old)], help="keep number and types", notes=notes
        )
    return True


def signature_text(signature: Signature) -> str:
    """`do_no_page(mm: Mm, index: Index) -> Page | None`."""
    parameters = ", ".join(f"{name}: {type_text(kind)}" for name, kind in signature.parameters)
    result = "" if signature.result is None else f" -> {type_text(signature.result)}"
    return f"{signature.name}({parameters}){result}"


# ---- recursion


def cycles(calls: dict[str, dict[str, Span]]) -> list[list[str]]:
    """One cycle of calls for each group of procedures that call each other, in the order of `calls`."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in calls:
        if start in done:
            continue
        path = _path_back(calls, start)
        if path is not None:
            found.append(path)
            done.update(path)
    return found


def _path_back(calls: dict[str, dict[str, Span]], start: str) -> list[str] | None:
    """A shortest chain of calls from a procedure back to itself, without the last, or None."""
    before: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for called in calls.get(name, {}):
            if called == start:
                chain = [name]
                while chain[-1] != start:
                    chain.append(before[chain[-1]])
                return chain[::-1]
            if called not in before:
                before[called] = name
                waiting.append(called)
    return None
