# SPDX-License-Identifier: GPL-2.0-only
"""The text of a thread as a Python generator that yields a request at each access, choice and check.

A request is a tuple whose first item says what is wanted; what is sent back is the value. The generator never sees a
cell. With `abstract` set, unknown values are `Sym`, every test on one is asked for, and `log` says what becomes of
locals: that is how the reachable code, constants and live locals are found.
"""

from __future__ import annotations

import ast
from typing import Any

from .frames import Frame
from .model import ModelError, Procedure
from .values import Values, Walk

ENTER = {"spinlock": "spin_lock", "mutex": "mutex_lock"}
LEAVE = {"spinlock": "spin_unlock", "mutex": "mutex_unlock"}
READ = {"rwlock": ("read_lock", "read_unlock"), "rwsem": ("down_read", "up_read")}
WRITE = {
    "rwlock": ("write_lock", "write_unlock"),
    "rwsem": ("down_write", "up_write"),
    "seqlock": ("write_seqlock", "write_sequnlock"),
    "seqcount": ("write_seqcount_begin", "write_seqcount_end"),
}


class Walker(Values):
    def main(self, code: Procedure) -> Walk:
        frame = Frame(code, 0, types=dict(code.types))
        self.frames.append(frame)
        yield from self.block(code.body, frame)
        yield ("exit",)

    # ---- statements: None, or how control leaves: "break", "continue", "return"

    def block(self, body: list[ast.stmt], frame: Frame) -> Walk:
        for statement in body:
            way = yield from self.statement(statement, frame)
            if way:
                return way
        return None

    def statement(self, node: ast.stmt, frame: Frame) -> Walk:
        match node:
            case ast.Pass():
                return None
            case ast.Break():
                return "break"
            case ast.Continue():
                return "continue"
            case ast.Return():
                if node.value:
                    value = yield from self.value(node.value, frame, frame.need)
                    yield from self.fits(frame.code.result, value)
                    if frame.need:
                        self.bind(frame, "$return", value)
                return "return"
            case ast.Expr():
                yield from self.value(node.value, frame, False)
            case ast.Assign():
                value = yield from self.value(node.value, frame)
                for target in node.targets:
                    yield from self.assign(target, value, frame)
            case ast.AnnAssign():
                if node.value:
                    value = yield from self.value(node.value, frame)
                    yield from self.assign(node.target, value, frame)
            case ast.AugAssign():
                yield from self.augment(node, frame)
            case ast.Assert():
                yield ("assert", node.test, frame.copy())
                self.mentioned(node.test, frame)
            case ast.If():
                taken, _ = yield from self.test(node.test, frame)
                return (yield from self.block(node.body if taken else node.orelse, frame))
            case ast.While():
                return (yield from self.loop(node, frame))
            case ast.For():
                return (yield from self.unroll(node, frame))
            case ast.With():
                return (yield from self.within(node, frame))
            case _:
                raise ModelError(f"no statement: {ast.unparse(node)}")
        return None

    def assign(self, target: ast.expr, value: Any, frame: Frame) -> Walk:
        if isinstance(target, ast.Name) and target.id not in self.model.variables:
            yield from self.fits(frame.code.types.get(target.id), value)
            self.bind(frame, target.id, value)
            return
        self.use(value)
        var, key = yield from self.address(target, frame)
        yield ("store", var, key, value)

    def augment(self, node: ast.AugAssign, frame: Frame) -> Walk:
        name = node.target.id if isinstance(node.target, ast.Name) else ""
        local = bool(name) and name not in self.model.variables
        if local:
            old = yield from self.value(node.target, frame)
        else:
            var, key = yield from self.address(node.target, frame)
            old = yield ("load", var, key)
        self.use(old)
        right = yield from self.value(node.value, frame)
        self.use(right)
        new = yield from self.compute(node.op, old, right)
        old = right = None  # only what is used again may distinguish two places
        if local:
            yield from self.fits(frame.code.types.get(name), new)
            self.bind(frame, name, new)
        else:
            yield ("store", var, key, new)

    def loop(self, node: ast.While, frame: Frame) -> Walk:
        while True:
            way = taken = None  # a second round is no other place than the first
            self.spins += 1
            if self.spins > 10_000:
                raise ModelError("loops without a shared access")
            taken = (yield from self.test(node.test, frame))[0]
            if not taken:
                return None
            taken = None
            way = yield from self.block(node.body, frame)
            if way == "break":
                return None
            if way == "return":
                return way

    def unroll(self, node: ast.For, frame: Frame) -> Walk:
        target: Any = node.target
        name = target.id
        t = self.model.note(node.iter)
        for item in t.every():
            frame.vars[name], frame.types[name] = item, t
            way = None
            way = yield from self.block(node.body, frame)
            if way == "break":
                break
            if way == "return":
                return way
        frame.vars.pop(name, None)
        return None

    def within(self, node: ast.With, frame: Frame) -> Walk:
        lock: Any = node.items[0].context_expr
        if isinstance(lock, ast.Name) and lock.id == "atomic":
            return (yield from self.together(node, frame))
        side = None
        if isinstance(lock, ast.Call):
            function: Any = lock.func
            side, lock = function.id, lock.args[0]
        var, key = yield from self.address(lock, frame)
        kind = self.model.variables[var].type.kind
        enter, leave = (READ if side == "read" else WRITE)[kind] if side else (ENTER[kind], LEAVE[kind])
        yield ("lock", enter, var, key, ())
        way = yield from self.block(node.body, frame)
        yield ("lock", leave, var, key, ())
        return way

    def together(self, node: ast.With, frame: Frame) -> Walk:
        self.atomic += 1
        if self.atomic == 1:
            yield ("atomic",)
        way = yield from self.block(node.body, frame)
        self.atomic -= 1
        if self.atomic == 0:
            yield ("end atomic",)
        return way
