# SPDX-License-Identifier: GPL-2.0-only
"""The JSON Schema of model files, for editors; built from the reader's own tables, so that the two cannot drift.

Guaranteed: what the schema refuses, the checker refuses. The other way round the checker knows more: which names there
are, types, code, and how a scalar was written in the file.

The draft is 07, which the YAML language server and the editors' own validators all understand. `type` with several
values beside keywords for one type each (pattern, minimum, properties) says what `anyOf` would, with clearer messages.
`patternErrorMessage` and `errorMessage` are the language server's; other validators pass over them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from dfsrace.language import schema_patterns as patterns
from dfsrace.language.names import LOCK_TYPES
from dfsrace.language.sections import MAIN_ONLY, REQUIRED, SECTIONS
from dfsrace.language.thread_declarations import MOST_THREADS
from dfsrace.system.system import AUTOMATIC_PROPERTIES

Schema: TypeAlias = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"
LARGEST = 10**patterns.MOST_DIGITS - 1

NAME = ["string"]
"""JSON types that a name has in an editor: what YAML takes for another value is never a name."""
TEXT = ["string", "number", "boolean", "null"]
"""JSON types that a text for people has in an editor: `model: 2003` is a title."""
OPTIONAL_MAPPING = ["object", "null"]
"""A section that may be there without entries."""


def schema_text() -> str:
    """The schema as indented JSON with a final newline; the same for the same version, on every machine."""
    return json.dumps(model_schema(), indent=2, ensure_ascii=False) + "\n"


def model_schema() -> Schema:
    """The schema of a model's file and of a piece that models include, in JSON's types."""
    return {
        "$schema": DRAFT,
        "title": "A dfsrace model",
        "description": _DESCRIPTION,
        "type": "object",
        "properties": {name: _SECTIONS[name]() for name in SECTIONS},
        "propertyNames": {"enum": list(SECTIONS)},
        "additionalProperties": False,
        "dependencies": {name: [other for other in REQUIRED if other != name] for name in MAIN_ONLY},
        "examples": [_EXAMPLE],
    }


_DESCRIPTION = """\
A model of dfsrace: what is declared is YAML, what is coded is Python's syntax in `|` blocks. A file with threads is \
checked and has a title; a file without is a piece that models include.
A schema cannot know which names and types there are, whether code means something, whether LOW is at most HIGH, \
whether brackets pair, and how a scalar was written (017, a folded block, `null` beside no value). `dfsrace check` \
says all of that; what this schema refuses, it refuses too."""

_EXAMPLE = {
    "model": "Two increments under a lock",
    "state": {"x": "0..2", "lock": "spinlock"},
    "procedures": "def add():\n    with lock:\n        x = x + 1\n",
    "threads": {"cpu0": "add()", "cpu1": "add()"},
    "invariants": {"both_count": {"holds": "x == 2", "says": "x is {x}", "at": "end"}},
    "expect": "holds",
}


# ---- parts of sections


def _texts(
    description: str, types: list[str], pattern: str = "", wanted: str = "", examples: Iterable[object] = ()
) -> Schema:
    """A scalar; the pattern is for those that are strings."""
    schema: Schema = {"description": description, "type": types if len(types) > 1 else types[0]}
    if pattern:
        schema |= {"pattern": pattern, "patternErrorMessage": f"Write {wanted}."}
    if found := list(examples):
        schema["examples"] = found
    return schema


def _named(description: str, key: str, wanted: str, value: Schema, types: list[str], examples: list[Schema]) -> Schema:
    """A mapping whose keys are the model's own names."""
    return {
        "description": description,
        "type": types if len(types) > 1 else types[0],
        "propertyNames": {"pattern": key, "patternErrorMessage": f"Write {wanted}."},
        "additionalProperties": value,
        "examples": examples,
    }


def _keys(properties: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """The keywords of a mapping that has these keys and no others."""
    schema: Schema = {
        "properties": dict(properties),
        "propertyNames": {"enum": list(properties)},
        "additionalProperties": False,
    }
    return schema | ({"required": list(required)} if required else {})


def _listed(description: str, item: Schema, examples: list[object], *, empty: bool) -> Schema:
    """One item, or a list of them; `empty`: nothing, or a list of none, is meant by an absent value."""
    kinds = item["type"] if isinstance(item["type"], list) else [item["type"]]
    absent = ["null"] if empty and "null" not in kinds else []
    own = {key: value for key, value in item.items() if key not in ("type", "description", "examples")}
    schema = {"description": description, "type": [*kinds, "array", *absent], **own, "items": item}
    return schema | ({} if empty else {"minItems": 1}) | {"examples": examples}


def _code(description: str, types: list[str], examples: Iterable[object] = ()) -> Schema:
    wanted = "code on one line, or in a block that begins with |"
    return _texts(description, types, patterns.SOME_TEXT, wanted, examples)


# ---- sections


def _model() -> Schema:
    return _texts("The title, one line.", TEXT, examples=["A fault races with truncate, Linux 2.5 without a fix"])


def _about() -> Schema:
    return _texts("What the model shows, and why its verdict is what it is: for people.", TEXT)


def _sources() -> Schema:
    item = _texts("A mail, a commit, a paper.", TEXT, patterns.SOME_TEXT, "a source, or remove it")
    examples: list[object] = [["LKML 2003-06-01, <20030601200056.GA1471@us.ibm.com>"]]
    return _listed("Where the facts come from: a list of texts.", item, examples, empty=True)


def _include() -> Schema:
    description = "A library file by its bare name, or a file beside this one by its path, which ends in .yaml or .yml."
    item = _texts(description, TEXT, patterns.INCLUDE, "NAME (of the library) or PATH.yaml", ["vm", "pieces/hook.yaml"])
    description = (
        "Files whose types, state, procedures, invariants and setup count before this file's. `dfsrace show includes` "
        "lists them all."
    )
    return _listed(description, item, [["vm"], ["vm", "truncate_lock"]], empty=True)


def _constants() -> Schema:
    types = ["integer", "boolean", *NAME]
    value = _texts(
        "An integer, True, False, None, a named value, or an expression of integers and constants with + - * // %.",
        types,
        patterns.VALUE,
        "an integer (16, 10_000), True, False, None, a named value, or an expression with + - * // %",
        [1, "PAGES - 1", "None"],
    )
    value |= {"minimum": -LARGEST, "maximum": LARGEST}
    description = "Sizes and choices. A later file and `--set NAME=VALUE` override them."
    return _named(description, patterns.NAME, _A_NAME, value, OPTIONAL_MAPPING, [{"PAGES": 1, "FRAMES": "PAGES + 1"}])


def _types() -> Schema:
    member = _texts(
        "A named value, or a family NAME[LOW..HIGH] of them.",
        NAME,
        patterns.NAMED_VALUES,
        "a name, or a family: NAME[LOW..HIGH]",
        ["A", "node[0..2]"],
    )
    value = _texts(
        "LOW..HIGH: a range of integers. [A, B] or NAME[LOW..HIGH]: named values. pool(SIZE): nameless values, from "
        "alloc(). stamp: values that are only copied, compared and renewed. bool or another type's name, each of them "
        "and a range also with | None.",
        [*NAME, "array"],
        patterns.NAMED_TYPE,
        "LOW..HIGH, [A, B], NAME[LOW..HIGH], pool(SIZE), stamp, bool, or a type's name; | None may follow",
        ["0..PAGES-1", ["A", "B"], "mm[0..MMS-1]", "pool(FRAMES)", "stamp"],
    )
    value |= {"items": member, "minItems": 1}
    examples = [{"Index": "0..PAGES-1", "Node": ["A", "B"], "Page": "pool(FRAMES)", "Contents": "stamp"}]
    description = "The model's own types, all of them finite; bool and the lock types are there already."
    return _named(description, patterns.NAME, _A_NAME, value, OPTIONAL_MAPPING, examples)


def _state() -> Schema:
    value = _texts(
        f"A type and perhaps = its first value: bool, LOW..HIGH, a type's name, each also with | None, or a lock: "
        f"{', '.join(LOCK_TYPES)}. Every read and every write is a step of its own.",
        NAME,
        patterns.STATE_TYPE,
        "bool, LOW..HIGH, a type's name (| None may follow), each with = VALUE where it has a first value, or a lock",
        ["bool", "0..PAGES = PAGES", "Page | None", *LOCK_TYPES],
    )
    key = "name, name[Index], Type.name or Type.name[Index]; Index is a type's name or LOW..HIGH"
    examples = [{"disk[Index]": "Contents", "Node.i_size": "0..PAGES = PAGES", "Page.lock": "bit_lock"}]
    description = "What the threads share: variables, arrays name[Index], and fields Type.name, in code value.name."
    return _named(description, patterns.STATE_KEY, key, value, OPTIONAL_MAPPING, examples)


def _setup() -> Schema:
    description = (
        "Code that runs before any thread, as one step. maybe() and choose(T) in it give several initial states."
    )
    return _code(description, ["string", "null"])


def _procedures() -> Schema:
    description = (
        "Functions in Python's syntax with types at their parameters; they are inlined, and @override replaces one of "
        "an included file. Every read and every write of the state is a step of its own; locals cost none."
    )
    return _code(description, ["string", "null"])


def _threads() -> Schema:
    daemon = _texts(
        "True for a thread that may wait for ever without that being a deadlock.",
        ["boolean", *NAME],
        patterns.SWITCH,
        "true or false",
    )
    run = _code("The thread's code: a call, or a block of statements.", ["string"])
    description = "A call, a block of statements, or a mapping with run and daemon."
    thread = _code(description, ["string", "object"], ["do_no_page(mm0, 0)", {"daemon": True, "run": "revoke()"}])
    thread |= _keys({"daemon": daemon | {"default": False}, "run": run}, ("run",))
    key = "the thread's name, or a family of identical ones: cpu[1..3]"
    description = (
        "The threads, each with the code that it runs; every interleaving of their steps is explored. cpu[1..3] is a "
        "family of identical threads."
    )
    examples = [{"cpu0": "do_no_page(mm0, 0)", "cpu[1..2]": "vmtruncate(A, 0)"}]
    section = _named(description, patterns.THREAD_KEY, key, thread, ["object"], examples)
    return section | {"minProperties": 1, "maxProperties": MOST_THREADS}


def _condition(description: str) -> Schema:
    """A Boolean expression; `True` is one."""
    return _code(description, ["string", "boolean"])


def _invariants() -> Schema:
    says = _texts(
        "The sentence of a violation, with {expressions} of the first values for which the condition fails. Quote it.",
        TEXT,
        patterns.SOME_TEXT,
        "a sentence",
        ["{mm} maps page {i}, which truncate has removed"],
    )
    at = _texts("end: judged only in states in which every thread has finished.", ["string"], patterns.words("end"))
    at |= {"patternErrorMessage": "Write end, or leave `at` away for an invariant of every state.", "examples": ["end"]}
    value = _condition("What must be true in every state, or a mapping with holds, says and at.")
    value["type"].append("object")
    value |= _keys({"holds": _condition("What must be true."), "says": says, "at": at}, ("holds",))
    examples = [{"no_page_lost": {"holds": "all(cached[i] for i in Index)", "says": "page {i} is lost"}}]
    description = "What must be true in every state, each under a name; `finished(thread)` may be asked too."
    return _named(description, patterns.PROPERTY_NAME, _A_PROPERTY, value, OPTIONAL_MAPPING, examples)


def _reach() -> Schema:
    value = _condition("What must be true in some state, or a mapping with holds.")
    value["type"].append("object")
    value |= _keys({"holds": _condition("What must be true in some state.")}, ("holds",))
    description = "What must be true in some reachable state: a model in which nothing happens holds for no reason."
    examples = [{"a_page_gets_mapped": "any(mapped[i] for i in Index)"}]
    return _named(description, patterns.PROPERTY_NAME, _A_PROPERTY, value, OPTIONAL_MAPPING, examples)


def _property_name(description: str, examples: Iterable[object] = ()) -> Schema:
    wanted = "the name of an invariant or reach, or of an automatic check"
    return _texts(description, NAME, patterns.PROPERTY, wanted, examples)


def _check() -> Schema:
    item = _property_name("An invariant or reach.")
    description = "The invariants and reaches that are checked, where not all are; automatic checks are always on."
    return _listed(description, item, [["no_page_lost"]], empty=True)


def _bounds() -> Schema:
    count = "an integer, {} or more"
    states = _texts("At most so many states.", ["integer", "string"], patterns.COUNT_FROM_1, count.format(1))
    switches = _texts("At most so many switches.", ["integer", "string"], patterns.COUNT, count.format(0))
    seconds = _texts("At most so many seconds.", ["number", "string"], patterns.SECONDS, "a number over 0")
    keys = {
        "states": states | {"minimum": 1, "maximum": LARGEST, "examples": ["10_000_000"]},
        "seconds": seconds | {"exclusiveMinimum": 0, "exclusiveMaximum": 10**12, "examples": [600]},
        "switches": switches | {"minimum": 0, "maximum": LARGEST, "examples": [3]},
    }
    description = "Limits of the search. One that refused a step makes the verdict inconclusive."
    schema: Schema = {"description": description, "type": OPTIONAL_MAPPING, **_keys(keys)}
    return schema | {"examples": [{"states": "10_000_000", "seconds": 600}]}


def _expect() -> Schema:
    description = "Exactly the properties that are violated, automatic ones by their names."
    item = _property_name("An invariant, a reach, or an automatic check.", _AUTOMATIC)
    violates = _listed(description, item, [["no_page_lost", "deadlock"]], empty=False)
    schema = _texts(
        "What the check is expected to give: holds, inconclusive, or the violated properties.",
        ["string", "object"],
        patterns.words("holds", "inconclusive"),
        "holds, inconclusive, or {violates: [NAMES]}",
        ["holds", "inconclusive", {"violates": ["deadlock"]}],
    )
    return schema | _keys({"violates": violates}, ("violates",))


_A_NAME = "a name: letters, digits and _, no digit first, no word of Python or of the model language"
_A_PROPERTY = "a name: letters, digits and _, no digit first, no word of Python and no automatic check"
_AUTOMATIC = [name.replace(" ", "-") for name in AUTOMATIC_PROPERTIES]

_SECTIONS: Mapping[str, Callable[[], Schema]] = {
    "model": _model,
    "about": _about,
    "sources": _sources,
    "include": _include,
    "constants": _constants,
    "types": _types,
    "state": _state,
    "setup": _setup,
    "procedures": _procedures,
    "threads": _threads,
    "invariants": _invariants,
    "reach": _reach,
    "check": _check,
    "bounds": _bounds,
    "expect": _expect,
}
