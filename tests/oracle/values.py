# SPDX-License-Identifier: GPL-2.0-only
"""Expressions and calls of a thread's text: the half of the walker that makes values."""

from __future__ import annotations

import ast
from collections.abc import Generator
from typing import Any

from .frames import UNKNOWN, Frame, Sym
from .locks import LOCK_CALLS
from .model import Model, ModelError, Procedure, Type, Violation, arithmetic

Walk = Generator[tuple[Any, ...], Any, Any]

CELL_CALLS = {"atomic_inc", "atomic_dec", "atomic_dec_and_test", "xchg", "cmpxchg", "renew"}


class Values:
    def __init__(self, model: Model, constant: frozenset[str], abstract: bool = False) -> None:
        self.model, self.constant, self.abstract = model, constant, abstract
        self.frames: list[Frame] = []
        self.log: list[tuple[Any, ...]] = []
        self.atomic = 0
        self.spins = 0

    def block(self, body: list[ast.stmt], frame: Frame) -> Walk:
        raise NotImplementedError

    # ---- what becomes of values

    def use(self, *values: Any) -> None:
        self.log += [("use", value.slot) for value in values if isinstance(value, Sym) and value.slot]

    def bind(self, frame: Frame, name: str, value: Any) -> None:
        if self.abstract:
            slot = (frame.depth, name)
            copied = isinstance(value, Sym) and value.slot
            self.log.append(("copy", slot, value.slot) if copied else ("def", slot))
            value = Sym(slot)
        frame.vars[name] = value

    def mentioned(self, node: ast.AST, frame: Frame) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in frame.vars:
                self.use(frame.vars[inner.id])

    def fail(self, name: str | None) -> Walk:
        if name and not self.abstract:
            yield ("fail", name)

    def fits(self, t: Type | None, value: Any) -> Walk:
        if t is not None and not isinstance(value, Sym):
            yield from self.fail(t.wrong(value))

    # ---- expressions

    def value(self, node: ast.expr, frame: Frame, need: bool = True) -> Walk:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() if node.id in frame.vars:
                return frame.vars[node.id]
            case ast.Name() if node.id not in self.model.variables:
                if node.id in frame.code.assigned:
                    raise ModelError(f"{node.id} is unset")
                return self.model.named(node.id)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                var, key = yield from self.address(node, frame)
                return (yield ("const" if var in self.constant else "load", var, key))
            case ast.BinOp():
                left = yield from self.value(node.left, frame)
                self.use(left)
                right = yield from self.value(node.right, frame)
                self.use(right)
                return (yield from self.compute(node.op, left, right))
            case ast.UnaryOp(op=ast.USub()):
                right = yield from self.value(node.operand, frame)
                self.use(right)
                return (yield from self.compute(ast.Sub(), 0, right))
            case ast.Compare() if len(node.ops) == 1:
                left = yield from self.value(node.left, frame)
                self.use(left)
                right = yield from self.value(node.comparators[0], frame)
                self.use(right)
                return (yield from self.compare(node.ops[0], left, right))
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                answer, sure = yield from self.test(node, frame)
                return answer if sure else UNKNOWN
            case ast.IfExp():
                taken, sure = yield from self.test(node.test, frame)
                answer = yield from self.value(node.body if taken else node.orelse, frame, need)
                return answer if sure or isinstance(answer, Sym) else UNKNOWN
            case ast.Call(func=ast.Name(id=name)):
                return (yield from self.call(name, node, frame, need))
        raise ModelError(f"no expression: {ast.unparse(node)}")

    def compute(self, operation: ast.operator, left: Any, right: Any) -> Walk:
        if isinstance(left, Sym) or isinstance(right, Sym):
            return UNKNOWN
        if left is None or right is None:
            yield from self.fail("null dereference")
            return UNKNOWN
        if right == 0 and isinstance(operation, ast.FloorDiv | ast.Mod):
            yield from self.fail("value out of range")
            return UNKNOWN
        return arithmetic(operation, left, right)

    def compare(self, operation: ast.cmpop, left: Any, right: Any) -> Walk:
        if isinstance(left, Sym) or isinstance(right, Sym):
            return UNKNOWN
        if isinstance(operation, ast.Eq | ast.Is):
            return left == right
        if isinstance(operation, ast.NotEq | ast.IsNot):
            return left != right
        if left is None or right is None:
            yield from self.fail("null dereference")
            return UNKNOWN
        if isinstance(operation, ast.Lt):
            return left < right
        if isinstance(operation, ast.LtE):
            return left <= right
        return left > right if isinstance(operation, ast.Gt) else left >= right

    def decide(self, value: Any) -> Walk:
        """(answer, was it known)"""
        self.use(value)
        if isinstance(value, Sym):
            answer = yield ("test",)
            return answer, False
        if value is None:
            yield from self.fail("null dereference")
        return bool(value), True

    def test(self, node: ast.expr, frame: Frame) -> Walk:
        sure = True
        match node:
            case ast.BoolOp():
                stop = isinstance(node.op, ast.Or)
                for part in node.values:
                    answer, known = yield from self.test(part, frame)
                    sure = sure and known
                    if answer == stop:
                        return stop, sure
                return not stop, sure
            case ast.UnaryOp(op=ast.Not()):
                answer, sure = yield from self.test(node.operand, frame)
                return not answer, sure
            case ast.Compare() if len(node.ops) > 1:
                left = yield from self.value(node.left, frame)
                for operation, part in zip(node.ops, node.comparators, strict=True):
                    self.use(left)
                    right = yield from self.value(part, frame)
                    self.use(right)
                    answer = yield from self.compare(operation, left, right)
                    answer, known = yield from self.decide(answer)
                    sure = sure and known
                    if not answer:
                        return False, sure
                    left = right
                return True, sure
        answer = yield from self.value(node, frame)
        return (yield from self.decide(answer))

    def address(self, node: ast.expr, frame: Frame) -> Walk:
        match node:
            case ast.Name():
                return node.id, ()
            case ast.Attribute():
                base = yield from self.value(node.value, frame)
                self.use(base)
                return self.model.field(node.attr, self.static(node.value, frame), base), (base,)
            case ast.Subscript():
                var, key = yield from self.address(node.value, frame)
                for part in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
                    base = yield from self.value(part, frame)
                    self.use(base)
                    key = (*key, base)
                return var, key
        raise ModelError(f"no variable: {ast.unparse(node)}")

    def static(self, node: Any, frame: Frame) -> Type | None:
        """The declared type of an expression, as far as fields need it."""
        match node:
            case ast.Name():
                if node.id in self.model.variables:
                    return self.model.variables[node.id].type
                if node.id in frame.types or node.id in frame.code.types:
                    return frame.types.get(node.id) or frame.code.types[node.id]
                if node.id in frame.code.firsts:
                    return self.static(frame.code.firsts[node.id], frame)
                return self.model.types.get(self.model.owner.get(node.id, ""))
            case ast.Attribute():
                return self.model.variables[self.model.field(node.attr, self.static(node.value, frame), None)].type
            case ast.Subscript():
                return self.static(node.value, frame)
            case ast.IfExp():
                return self.static(node.body, frame) or self.static(node.orelse, frame)
            case ast.Call(func=ast.Name(id=name), args=[*args]):
                if name in self.model.procedures:
                    return self.model.procedures[name].result
                if name in ("alloc", "choose") and isinstance(args[0], ast.Name):
                    return self.model.type(args[0].id)
                if name == "choose":
                    clauses: Any = args[0]
                    return self.model.note(clauses.generators[0].iter)
                return self.static(args[0], frame) if args else None
        return None

    # ---- calls

    def call(self, name: str, node: ast.Call, frame: Frame, need: bool) -> Walk:
        args: list[Any] = node.args
        if name in self.model.procedures:
            return (yield from self.inline(self.model.procedures[name], node, frame, need))
        if name in LOCK_CALLS:
            return (yield from self.lock(name, node, frame))
        if name in CELL_CALLS or name in ("WRITE_ONCE", "smp_store_release"):
            return (yield from self.cell(name, node, frame))
        match name:
            case "READ_ONCE" | "smp_load_acquire":
                return (yield from self.value(args[0], frame))
            case "might_sleep" | "cond_resched":
                return (yield ("sleep",))
            case "smp_mb" | "smp_rmb" | "smp_wmb":
                return None
            case "wait_event":
                answer = yield ("wait", args[0], frame.copy())
                self.mentioned(args[0], frame)
                return answer
            case "maybe":
                return (yield ("pick", (False, True)))
            case "alloc":
                return (yield ("alloc", self.model.note(args[0])))
            case "finished":
                return (yield ("finished", args[0].id))
            case "len":
                return len(self.model.note(args[0]).every())
            case "min" | "max":
                return (yield from self.extreme(name, args, frame))
            case "choose":
                return (yield from self.choose(args[0], frame))
            case "all" | "any" | "sum":
                return (yield from self.quantify(name, args[0], frame))
        raise ModelError(f"no procedure {name}")

    def inline(self, code: Procedure, node: ast.Call, frame: Frame, need: bool) -> Walk:
        if frame.depth > 50 or len(node.args) != len(code.params):
            raise ModelError(f"{code.name}: recursion or wrong arguments")
        values: list[Any] = []
        for part in node.args:
            value = yield from self.value(part, frame)
            if isinstance(value, Sym) and value.slot and value.slot[0] > frame.depth and part is not node.args[-1]:
                self.use(value)  # another call may reuse its slot
                value = UNKNOWN
            values.append(value)
        inner = Frame(code, frame.depth + 1, need=need, types=dict(code.types))
        for (name, t), value in zip(code.params, values, strict=True):
            yield from self.fits(t, value)
            if isinstance(value, Sym) or name in code.assigned:
                self.bind(inner, name, value)
            else:
                inner.vars[name] = value
        values, value = [], None
        self.frames.append(inner)
        yield from self.block(code.body, inner)
        self.frames.pop()
        return inner.vars.get("$return", UNKNOWN if self.abstract else None)

    def lock(self, name: str, node: ast.Call, frame: Frame) -> Walk:
        if name in ("lock_page", "trylock_page", "unlock_page"):
            base = yield from self.value(node.args[0], frame)
            self.use(base)
            var, key = self.model.field("lock", self.static(node.args[0], frame), base), (base,)
        else:
            var, key = yield from self.address(node.args[0], frame)
        values: tuple[Any, ...] = ()
        for part in node.args[1:]:
            value = yield from self.value(part, frame)
            self.use(value)
            values, value = (*values, value), None
        return (yield ("lock", name, var, key, values))

    def cell(self, name: str, node: ast.Call, frame: Frame) -> Walk:
        var, key = yield from self.address(node.args[0], frame)
        values: tuple[Any, ...] = ()
        for part in node.args[1:]:
            value = yield from self.value(part, frame)
            self.use(value)
            values, value = (*values, value), None
        if name in CELL_CALLS:
            return (yield ("cell", name, var, key, values))
        return (yield ("store", var, key, values[0]))

    def extreme(self, name: str, args: list[ast.expr], frame: Frame) -> Walk:
        best = None
        for part in args:
            value = yield from self.value(part, frame)
            self.use(value)
            if value is None:
                yield from self.fail("null dereference")
                value = UNKNOWN
            if part is args[0] or isinstance(value, Sym):
                best = value
            elif not isinstance(best, Sym):
                best = min(best, value) if name == "min" else max(best, value)
            value = None
        return UNKNOWN if isinstance(best, Sym) else best

    def choose(self, node: ast.expr, frame: Frame) -> Walk:
        if isinstance(node, ast.GeneratorExp):
            clause = node.generators[0]
            t = self.model.note(clause.iter)
            if clause.ifs or t.kind == "pool":
                answer = yield ("choose", t, clause, frame.copy())
                self.mentioned(node, frame)
                return answer
        else:
            t = self.model.note(node)
            if t.kind == "pool":
                return (yield ("choose", t, None, frame.copy()))
        return (yield ("pick", t.every()))

    def quantify(self, kind: str, node: ast.GeneratorExp, frame: Frame) -> Walk:
        types = [self.model.note(clause.iter) for clause in node.generators]
        if not frame.pure and any(t.kind == "pool" for t in types):
            answer = yield ("pure", kind, node, frame.copy())
            self.mentioned(node, frame)
            return answer
        answer, sure = yield from self.fold(kind, node.elt, node.generators, frame)
        return answer if sure else UNKNOWN

    def fold(self, kind: str, element: ast.expr, clauses: list[Any], frame: Frame) -> Walk:
        """(value, was it known), from the loops over the clauses."""
        if not clauses:
            if kind != "sum":
                return (yield from self.test(element, frame))
            value = yield from self.value(element, frame)
            self.use(value)
            if value is None:
                yield from self.fail("null dereference")
                value = UNKNOWN
            return value, not isinstance(value, Sym)
        clause = clauses[0]
        name = clause.target.id
        t = self.model.note(clause.iter)
        items = (yield ("members", t.name)) if t.kind == "pool" else t.every()
        total: Any = 0 if kind == "sum" else kind == "all"
        sure = True
        problems: list[Violation] = []
        for item in items:
            frame.vars[name], frame.types[name] = item, t
            try:
                value, known = yield from self.element(kind, element, clauses, frame)
            except Violation as problem:
                if t.kind != "pool":
                    raise
                problems.append(problem)
                continue
            sure = sure and known
            if kind == "sum":
                total = total + (value or 0) if sure else UNKNOWN
            elif value == (kind == "any"):
                total = value
                if t.kind != "pool":
                    break
        frame.vars.pop(name, None)
        if problems:  # a pool has no order: what fails for one page fails, None before a range
            raise min(problems, key=str)
        return total, sure

    def element(self, kind: str, element: ast.expr, clauses: list[Any], frame: Frame) -> Walk:
        """(value, was it known) for one value of the first clause; None where its ifs leave it out."""
        sure = True
        for part in clauses[0].ifs:
            fits, known = yield from self.test(part, frame)
            sure = sure and known
            if not fits:
                return None, sure
        value, known = yield from self.fold(kind, element, clauses[1:], frame)
        return value, sure and known
