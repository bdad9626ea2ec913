# SPDX-License-Identifier: GPL-2.0-only
"""Reads a model file and its includes into plain values: types, variables, procedures, threads, properties."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

LOCKS = {"spinlock", "mutex", "bit_lock", "semaphore", "rwlock", "rwsem", "seqlock", "seqcount"}


class Violation(Exception):
    """An automatic check that fails, by name."""


class ModelError(Exception):
    """The text is no model, or one without a verdict."""


class Ref(NamedTuple):
    """A value of a pool."""

    pool: str
    number: int


class Stamp(NamedTuple):
    """A value of a stamp type."""

    type: str
    number: int


@dataclass(frozen=True, slots=True)
class Type:
    kind: str  # int bool named pool stamp or a lock type
    name: str
    values: tuple[Any, ...] = ()
    none: bool = False

    def wrong(self, value: Any) -> str | None:
        """The violation that putting `value` here is, if it is one."""
        if value is None:
            return None if self.none else "null dereference"
        if self.kind == "int" and not self.values[0] <= value <= self.values[-1]:
            return "value out of range"
        return None

    def every(self) -> tuple[Any, ...]:
        return ((None,) if self.none else ()) + self.values


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    dims: tuple[Type, ...]
    type: Type
    initial: Any
    top: int = 1  # a semaphore counts up to here


@dataclass(frozen=True, slots=True)
class Procedure:
    name: str
    body: list[ast.stmt]
    params: tuple[tuple[str, Type], ...] = ()
    result: Type | None = None
    types: dict[str, Type] = field(default_factory=dict)  # of parameters and annotated locals
    firsts: dict[str, ast.expr] = field(default_factory=dict)  # what a local without annotation is given first
    assigned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Thread:
    name: str
    code: Procedure
    daemon: bool


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    holds: ast.expr
    late: bool  # judged after the local steps: at end, or because it names finished()
    end: bool = False


def plain(node: Any) -> Any:
    """A YAML node as dicts, lists and text; no scalar is ever typed."""
    if node is None:
        return {}
    if isinstance(node.value, str):
        return node.value
    if node.id == "sequence":
        return [plain(item) for item in node.value]
    return {plain(key): plain(value) for key, value in node.value}


def read(path: Path, libraries: list[Path], seen: set[Path]) -> list[dict[str, Any]]:
    """The sections of the file and of all that it includes, the file itself last."""
    path = path.resolve()
    if path in seen:
        return []
    seen.add(path)
    sections = plain(YAML(pure=True).compose(path.read_text(encoding="utf-8")))
    included = sections.get("include", [])
    files: list[dict[str, Any]] = []
    for name in [included] if isinstance(included, str) else included:
        places = [path.parent / name]
        if not name.endswith((".yaml", ".yml")) and "/" not in name:
            places = [folder / f"{name}.yaml" for folder in libraries]
        found = [place for place in places if place.is_file()]
        if not found:
            raise ModelError(f"no include {name}")
        files += read(found[0], libraries, seen)
    return [*files, sections]


class Model:
    """Everything that the text declares, with the constants put in."""

    def __init__(self, files: list[dict[str, Any]], override: dict[str, str]) -> None:
        self.known: dict[str, Any] = {}  # what names stand for, and
        self.noted: dict[str, Type] = {}  # types that are settled
        self.raw_constants: dict[str, str] = {}
        self.raw_types: dict[str, Any] = {}
        for sections in files:
            self.raw_constants |= sections.get("constants", {})
            self.raw_types |= sections.get("types", {})
        self.raw_constants |= override
        self.types = {name: self.type(name) for name in self.raw_types}
        self.owner = {value: t.name for t in self.types.values() if t.kind == "named" for value in t.values}
        self.variables: dict[str, Variable] = {}
        self.procedures: dict[str, Procedure] = {}
        self.setup: list[Procedure] = []
        for sections in files:
            for left, right in sections.get("state", {}).items():
                self.declare(left, right)
            for item in ast.parse(sections.get("procedures") or "").body:
                if not isinstance(item, ast.FunctionDef):
                    raise ModelError("procedures holds functions only")
                self.procedures[item.name] = self.procedure(item.name, item.body, item)
            if sections.get("setup"):
                self.setup.append(self.procedure("setup", ast.parse(sections["setup"]).body))
        last = files[-1]
        self.families: list[tuple[str, ...]] = []
        self.threads = [thread for name, text in last["threads"].items() for thread in self.thread(name, text)]
        wanted = last.get("check")
        names = None if wanted is None else [wanted] if isinstance(wanted, str) else wanted
        laws = {name: law for sections in files for name, law in sections.get("invariants", {}).items()}
        self.invariants = [self.law(name, law) for name, law in laws.items() if names is None or name in names]
        self.reach = [self.law(n, law) for n, law in last.get("reach", {}).items() if names is None or n in names]

    def type(self, text: str) -> Type:
        if text not in self.noted:
            self.noted[text] = self.settle(text.strip())
        return self.noted[text]

    def settle(self, text: str) -> Type:
        if text.endswith("| None"):
            return replace(self.type(text[: -len("| None")]), none=True)
        spec = self.raw_types.get(text, text)
        if isinstance(spec, list):
            return Type("named", text, tuple(spec))
        spec = spec.strip()
        if family := re.fullmatch(r"(\w+)\[(.+)\.\.(.+)\]", spec):
            numbers = range(self.constant(family[2]), self.constant(family[3]) + 1)
            return Type("named", text, tuple(f"{family[1]}{number}" for number in numbers))
        if pool := re.fullmatch(r"pool\((.+)\)", spec):
            return Type("pool", text, tuple(Ref(text, number) for number in range(self.constant(pool[1]))))
        if spec == "stamp":
            return Type("stamp", text)
        if spec == "bool":
            return Type("bool", text, (False, True))
        if spec in LOCKS:
            return Type(spec, text)
        if ".." in spec:
            low, high = spec.split("..")
            return Type("int", text, tuple(range(self.constant(low), self.constant(high) + 1)))
        if spec == text:
            raise ModelError(f"no type {text}")
        return self.type(spec)

    def constant(self, text: str) -> Any:
        return self.fold(ast.parse(text.strip(), mode="eval").body)

    def fold(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.named(node.id)
            case ast.UnaryOp(op=ast.USub()):
                return -self.fold(node.operand)
            case ast.BinOp():
                return arithmetic(node.op, self.fold(node.left), self.fold(node.right))
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                return len(self.type(name).values)
            case ast.Call(func=ast.Name(id=("min" | "max") as which)):
                values = [self.fold(argument) for argument in node.args]
                return min(values) if which == "min" else max(values)
        raise ModelError(f"no constant: {ast.unparse(node)}")

    def named(self, name: str) -> Any:
        """What a name that is no local and no variable stands for."""
        if name not in self.known:
            self.known[name] = self.meaning(name)
        return self.known[name]

    def meaning(self, name: str) -> Any:
        if name in self.raw_constants:
            return self.constant(self.raw_constants[name])
        for key, spec in self.raw_types.items():
            likely = name in spec if isinstance(spec, list) else re.match(r"(\w+)\[", spec)
            if likely and name in self.type(key).values:
                return name
        raise ModelError(f"no name {name}")

    def declare(self, left: str, right: str) -> None:
        parts = re.fullmatch(r"(?:(\w+)\.)?(\w+)((?:\s*\[[^\]]*\])*)", left.strip())
        if parts is None:
            raise ModelError(f"no variable: {left}")
        name = f"{parts[1]}.{parts[2]}" if parts[1] else parts[2]
        dims = [self.type(parts[1])] if parts[1] else []
        dims += [self.type(dim) for group in re.findall(r"\[([^\]]*)\]", parts[3]) for dim in group.split(",")]
        kind, _, given = right.partition("=")
        t = self.type(kind)
        top = 1
        if given.strip():
            initial = self.constant(given)
            top = max(1, initial) if t.kind == "semaphore" else 1
        else:
            initial = self.default(name, t)
        if t.kind == "int" and t.wrong(initial):
            raise ModelError(f"{name} starts out of its range")
        self.variables[name] = Variable(name, tuple(dims), t, initial, top)

    def default(self, name: str, t: Type) -> Any:
        unlocked: dict[str, Any] = {"spinlock": None, "mutex": None, "bit_lock": False, "semaphore": 1}
        unlocked |= {"rwlock": (None, ()), "rwsem": (None, (), ()), "stamp": Stamp(t.name, 0)}
        unlocked |= dict.fromkeys(("seqlock", "seqcount"), (None, Stamp(f"#{name}", 0)))
        if t.none:
            return None
        return unlocked[t.kind] if t.kind in unlocked else t.values[0]

    def procedure(self, name: str, body: list[ast.stmt], item: ast.FunctionDef | None = None) -> Procedure:
        params = [(a.arg, self.note(a.annotation)) for a in item.args.args] if item else []
        types = dict(params)
        firsts: dict[str, ast.expr] = {}
        assigned = set()
        for node in (inner for statement in body for inner in ast.walk(statement)):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                types[node.target.id] = self.note(node.annotation)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                known = firsts.get(node.targets[0].id)
                if known is None or (node.lineno, node.col_offset) < (known.lineno, known.col_offset):
                    firsts[node.targets[0].id] = node.value
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                assigned.add(node.id)
        result = self.note(item.returns) if item and item.returns and ast.unparse(item.returns) != "None" else None
        return Procedure(name, body, tuple(params), result, types, firsts, frozenset(assigned))

    def note(self, node: ast.expr | None) -> Type:
        """The type that an expression in the code names."""
        if node is None:
            raise ModelError("a parameter needs a type")
        if isinstance(node, ast.Name):
            return self.type(node.id)
        return self.type(str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node))

    def thread(self, name: str, given: Any) -> list[Thread]:
        text, daemon = (given, "") if isinstance(given, str) else (given["run"], given.get("daemon", ""))
        family = re.fullmatch(r"(\w+)\[(.+)\.\.(.+)\]", name.strip())
        names = [name]
        if family:
            numbers = range(self.constant(family[2]), self.constant(family[3]) + 1)
            names = [f"{family[1]}{number}" for number in numbers]
            self.families.append(tuple(names))
        code = self.procedure(name, ast.parse(text).body)
        return [Thread(n, code, daemon in ("True", "true")) for n in names]

    def law(self, name: str, given: Any) -> Property:
        text, end = (given, False) if isinstance(given, str) else (given["holds"], given.get("at") == "end")
        tree = ast.parse(text.strip(), mode="eval").body
        finished = any(isinstance(node, ast.Name) and node.id == "finished" for node in ast.walk(tree))
        return Property(name, tree, end or finished, end)

    def field(self, attribute: str, owner: Type | None, value: Any) -> str:
        """The variable that `value.attribute` is a cell of; by the static type, else by the value."""
        guesses = [owner.name] if owner else []
        guesses += [value.pool] if isinstance(value, Ref) else [self.owner.get(value, "")] if value is not None else []
        for guess in guesses:
            if f"{guess}.{attribute}" in self.variables:
                return f"{guess}.{attribute}"
        found = [name for name in self.variables if name.endswith(f".{attribute}")]
        if len(found) != 1:
            raise ModelError(f"whose {attribute}?")
        return found[0]


def arithmetic(operation: ast.operator, left: Any, right: Any) -> Any:
    match operation:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
    raise ModelError(f"no operator {type(operation).__name__}")


def load(path: Path, libraries: list[Path], override: dict[str, str] | None = None) -> Model:
    return Model(read(path, libraries, set()), override or {})
