# SPDX-License-Identifier: GPL-2.0-only
"""Python that the model language does not have: what each construct is called, and what to write instead."""

from __future__ import annotations

import ast

_QUANTIFIERS = "comprehensions stand only inside all(...), any(...), sum(...) and choose(...)"
_TEXT = "text stands only in the message of an assert"
_PROCEDURES = "write a procedure under `procedures`"

# node class -> (name, way out)
STATEMENTS: dict[str, tuple[str, str]] = {
    "FunctionDef": ("a procedure inside other code", _PROCEDURES),
    "AsyncFunctionDef": ("async def", "every procedure may wait: write def"),
    "ClassDef": ("a class", "declare types and their fields in the sections `types` and `state`"),
    "Delete": ("del", "store None or another value"),
    "For": ("for", ""),
    "AsyncFor": ("async for", "write for"),
    "AsyncWith": ("async with", "write with"),
    "Match": ("match", "write if, elif and else"),
    "Raise": ("raise", "write `assert condition` or return a value"),
    "Try": ("try", "nothing raises: test the result of a call"),
    "TryStar": ("try", "nothing raises: test the result of a call"),
    "Import": ("import", "list files in the section `include`"),
    "ImportFrom": ("import", "list files in the section `include`"),
    "Global": ("global", "state variables are known everywhere"),
    "Nonlocal": ("nonlocal", "state variables are known everywhere"),
    "TypeAlias": ("a type alias", "declare the type in the section `types`"),
}

EXPRESSIONS: dict[str, tuple[str, str]] = {
    "NamedExpr": ("the walrus operator :=", "write the assignment as a statement of its own"),
    "Lambda": ("lambda", _PROCEDURES),
    "Dict": ("a dictionary", "declare an array in the section `state`"),
    "Set": ("a set", "declare an array of bool in the section `state`"),
    "List": ("a list", "declare an array in the section `state`"),
    "Tuple": ("a tuple", "write one statement for each value"),
    "ListComp": ("a list comprehension", _QUANTIFIERS),
    "SetComp": ("a set comprehension", _QUANTIFIERS),
    "DictComp": ("a dictionary comprehension", _QUANTIFIERS),
    "GeneratorExp": ("a comprehension here", _QUANTIFIERS),
    "Await": ("await", "every call may wait: write the call alone"),
    "Yield": ("yield", "every access is a step already: leave it out"),
    "YieldFrom": ("yield from", "every access is a step already: write the call alone"),
    "JoinedStr": ("an f-string", "messages are plain text: what stands in {braces} is filled in"),
    "TemplateStr": ("a t-string", "messages are plain text: what stands in {braces} is filled in"),
    "FormattedValue": ("an f-string", "messages are plain text: what stands in {braces} is filled in"),
    "Starred": ("a star argument", "name each argument"),
    "Slice": ("a slice", "loop with `for i in T` over the elements"),
}

OPERATORS: dict[str, tuple[str, str]] = {
    "Div": ("true division /", "integers divide with //"),
    "Pow": ("the power operator **", "multiply"),
    "MatMult": ("the operator @", ""),
    "LShift": ("the bitwise operator <<", "multiply by a power of two"),
    "RShift": ("the bitwise operator >>", "divide with // by a power of two"),
    "BitOr": ("the bitwise operator |", "Booleans join with `or`"),
    "BitXor": ("the bitwise operator ^", "Booleans differ if `a != b`"),
    "BitAnd": ("the bitwise operator &", "Booleans join with `and`"),
    "Invert": ("the bitwise operator ~", "Booleans are negated with `not`"),
    "UAdd": ("unary plus", "leave the + out"),
    "In": ("the operator in", "compare with each value, or write LOW <= x <= HIGH"),
    "NotIn": ("the operator not in", "compare with each value, or write not LOW <= x <= HIGH"),
}


def constant_refusal(value: object) -> tuple[str, str]:
    """How a literal that the language lacks is called, and the way out."""
    if isinstance(value, str):
        return "a string", _TEXT + "; a comment starts with #"
    if isinstance(value, bytes):
        return "a byte string", _TEXT
    if isinstance(value, float):
        return "a floating-point number", "numbers are integers"
    if isinstance(value, complex):
        return "a complex number", "numbers are integers"
    return "...", "write `pass` where nothing is to be done"


def node_name(node: ast.AST) -> str:
    """The class of a node, as the tables above have it."""
    return type(node).__name__
