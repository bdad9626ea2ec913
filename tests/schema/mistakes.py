# SPDX-License-Identifier: GPL-2.0-only
"""Mistakes that can be made in any right model, by the code that the checker has for them.

KNOWN are those that the schema refuses too. MISSED are those that it lets pass; REASONS says for each code why no
schema can decide it. Of a code that is in KNOWN and not in REASONS the schema misses nothing.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from tests.schema.grammar import Sections


@dataclass(frozen=True)
class Whole:
    """Takes the place of a section; a mapping without this is added to the section's entries."""

    value: Any


REMOVED = Whole(None)
Mistakes = dict[str, list[Sections]]

_LONG = "n" * 101
_DAEMON = {"t": {"run": "pass", "daemon": "true"}}
_FAMILY = f"{'n' * 100}[0..1]"


def _threads(*values: Any) -> list[Sections]:
    return [{"threads": {"t": value}} for value in values]


def _invariants(*values: Any) -> list[Sections]:
    return [{"invariants": {"i": value}} for value in values]


def _values(*texts: Any) -> list[Sections]:
    return [{"constants": {"C": text}} for text in texts]


def _types(*texts: Any) -> list[Sections]:
    return [{"types": {"T": text}} for text in texts]


def _state(*texts: Any) -> list[Sections]:
    return [{"state": {"s": text}} for text in texts]


def _keys(section: str, value: Any, *keys: str) -> list[Sections]:
    return [{section: {key: value}} for key in keys]


def _sections(name: str, *values: Any) -> list[Sections]:
    return [{name: Whole(value)} for value in values]


KNOWN: Mistakes = {
    "DR201": [{"treads": {"cpu0": "pass"}}, {"constant": ""}, {"Model": "x"}],
    "DR202": [{"memory": "weak"}, {"progress": {"a": "b"}}],
    "DR203": [{"model": REMOVED}],
    "DR205": [
        *_sections("constants", ["A"], "A"),
        *_sections("types", "Index"),
        *_sections("state", ["x"]),
        *_sections("threads", ["pass"], "pass"),
        *_sections("invariants", "True", ["True"]),
        *_sections("reach", ["True"]),
        *_sections("bounds", "5", ["5"]),
        *_sections("model", ["a"], {"a": "b"}),
        *_sections("about", {"a": "b"}),
        *_sections("sources", [["a"]], {"a": "b"}),
        *_sections("setup", ["pass"]),
        *_sections("procedures", {"def f()": "pass"}),
        *_sections("check", [["a"]], {"a": "b"}),
        *_sections("expect", {"violates": {"a": "b"}}),
        *_threads(["pass"], {"run": ["pass"]}),
        *_invariants(["True"], {"holds": "True", "says": {"level": "x"}}, {"holds": "True", "at": ["end"]}),
        *_values(["1"], {"a": "1"}),
        *_types({"a": "b"}),
        *_state(["bool"]),
    ],
    "DR206": [
        *_threads({"run": "pass", "demon": "true"}),
        *_invariants({"holds": "True", "when": "end"}),
        {"reach": {"r": {"holds": "True", "says": "x"}}},
        {"bounds": {"steps": "3"}},
        {"expect": Whole({"violate": ["deadlock"]})},
    ],
    "DR207": [
        *_threads(" ", "", {"run": ""}),
        *_values(" ", ""),
        *_types(" ", ""),
        *_state(" ", ""),
        *_sections("sources", [" "]),
        *_sections("setup", " "),
        *_invariants(" ", {"holds": "True", "says": " "}),
    ],
    "DR209": [*_values("~ + 1", "null", "NULL", "1 + TRUE"), *_types("0..~", "0..null")],
    "DR212": _sections("include", ["a/b"], "a\\b", [" "], {"vm": "x"}, [["vm"]]),
    "DR220": _values("1 +", "1 2", "A.B", "0..2", "5x", "1__0", "2 ** 3", "1.5", "* 2", "()", "7 / 2", "x = 1", "'A'"),
    "DR225": _values("1000000000000000000", "1 + 1000000000000000000"),
    "DR301": [
        *_keys("constants", "1", "if", "1a", "a-b", "bool", "true", "é", "a b", _LONG),
        *_keys("types", "0..1", "alloc", "in", "T[0..1]", "NULL"),
        *_types(["A1", "if"], ["spin_lock"], ["A1", "NULL"], ["TRUE"]),
        *_keys("state", "bool", "spin_lock", "None", "Node.None", "stamp[Index]", "Node.Null"),
        *_keys("threads", "pass", "init", "while", "FALSE"),
        *_keys("invariants", "True", "a b", "not", "a-b", "1"),
        *_keys("reach", "True", "x.y"),
    ],
    "DR303": [
        *_types("0..", "..3", "5", "A1, B1", "Node | Index", "None", "pool()", "pool(2) | None", "x[3]", [], [["A1"]]),
        *_types("0...3", "1..2..3", "Index Index", "Index = 1", "bool | None | None"),
        *_state("pool(2)", "mm[0..1]", "bool bool", "0...3", "= 3", "bool = ", "None | bool", "0..1 =", "True"),
    ],
    "DR304": [*_state("int", "stamp", "pool", "int | None"), *_types("int")],
    "DR310": _keys("state", "bool", "s[", "s[3]", "a.b.c", "s[]", "[Index]", "s Index", "s[Index", "s(Index)", "1s"),
    "DR311": _keys("state", "bool", "s[spinlock]", "bool.f", "s[Index | None]", "mutex.f"),
    "DR312": [*_types("spinlock"), *_state("mutex | None", "semaphore | None")],
    "DR316": _state("spinlock = 1", "rwsem = 0", "seqlock = None"),
    "DR320": _sections("threads", {}, ""),
    "DR321": [*_keys("threads", "pass", "c-1", "c[1]", "c 1", "c[1..]", "c[0..1][0..1]"), *_types(["a b"], ["n[0..]"])],
    "DR322": _threads(*({"run": "pass", "daemon": daemon} for daemon in ("1", "2 - 1", ""))),
    "DR323": _threads({"daemon": "true"}, {}),
    "DR330": [*_invariants({"says": "x"}, {}), {"reach": {"r": {}}}],
    "DR331": _invariants(*({"holds": "True", "at": at} for at in ("start", "", "1", "The end"))),
    "DR333": [*_keys("invariants", "True", "deadlock", "null-dereference"), *_keys("reach", "True", "assertion")],
    "DR334": [*_sections("check", ["a b"], "1st"), *_sections("expect", {"violates": ["dead lock"]})],
    "DR335": _sections("expect", "violated", "", ["holds"], {"violates": []}, {"violates": ""}, {}, "Holds"),
    "DR336": [
        *({"bounds": {"states": value}} for value in ("0", "-1", "many", "1.5", ["1"], "", "1" * 19, "1 000")),
        *({"bounds": {"seconds": value}} for value in ("0", "-1", "1,5", "10 min", "1000000000000", "0.0")),
        *({"bounds": {"switches": value}} for value in ("-1", "1.5", "few", "")),
    ],
}

MISSED: Mistakes = {
    "DR203": [dict.fromkeys(("threads", "check", "reach", "bounds", "expect"), REMOVED)],
    "DR207": _sections("model", ""),
    "DR209": [*_values("true"), *_threads({"run": "pass", "daemon": "yes"})],
    "DR210": _sections("include", ["nowhere"], "nowhere.yaml"),
    "DR212": _sections("include", ""),
    "DR220": _values("(1", "1)", "017", "0x10", "1.0", "1e3"),
    "DR221": [*_values("UNKNOWN"), *_types("0..UNKNOWN")],
    "DR223": _values("C", "C + 1"),
    "DR224": _types("0..A", "pool(True)"),
    "DR225": _values("1 // 0", "9 * 999999999999999999"),
    "DR301": [*_types(_FAMILY), *_keys("threads", "pass", _FAMILY)],
    "DR302": [*_keys("state", "bool", "PAGES", "Node", "A"), *_types(["D", "D"]), *_keys("types", "0..1", "PAGES")],
    "DR303": _types("(0..1)", "pool((2)"),
    "DR304": [*_types("Nothing"), *_state("Nothing | None"), *_keys("state", "bool", "Nothing.f", "s[Nothing]")],
    "DR305": [*_types("3..1", "n[2..1]"), *_keys("threads", "pass", "c[3..1]")],
    "DR306": [*_types("0..9_999_999", "n[0..5000]"), *_keys("state", "bool", "s[0..99999][0..9]")],
    "DR307": _types("pool(0)", "pool(5000)"),
    "DR308": [{"types": {"T": "U", "U": "T"}}],
    "DR310": _keys("state", "bool", "s[(0..1]"),
    "DR311": [*_keys("state", "bool", "s[Page]"), {"types": {"M": "Node | None"}, "state": {"M.f": "bool"}}],
    "DR313": _state("-1..1"),
    "DR314": _state("0..1 = 5", "bool = 1", "Node = 0", "semaphore = -1"),
    "DR315": _state("Page"),
    "DR316": [{"types": {"V": "stamp"}, "state": {"s": "V = 1"}}],
    "DR320": _keys("threads", "pass", "c[0..99]"),
    "DR321": [*_keys("threads", "pass", "c[(0..1]"), *_types(["n[0..1)]"])],
    "DR322": _threads({"run": "pass", "daemon": "PAGES"}),
    "DR332": [{"threads": Whole(_DAEMON), "invariants": {"i": {"holds": "True", "at": "end"}}}],
    "DR334": [*_sections("check", ["nobody"]), *_sections("expect", {"violates": "nobody"})],
    "DR336": [*({"bounds": {"states": value}} for value in ("1.0", "0x10")), {"bounds": {"seconds": "1e3"}}],
    "DR337": [{"invariants": {"i": "True"}, "check": Whole([]), "expect": Whole({"violates": "i"})}],
}

_NO_VALUE = "JSON has one null for a key without a value and for a text that is the word null"
_ONE_TRUE = "JSON has one true for true, True and TRUE"
_NUMBERS = "JSON has one number for all ways to write it: 16, 0x10, 16.0"
_NAMES = "which names there are is said elsewhere in the file, in included files, and by --set"
_VALUES = "what an expression is worth is not a matter of form"
_BRACKETS = "whether brackets pair is beyond regular expressions"
_OUTSIDE = "it is not about what stands in the file"
_YAML = "it is gone, or an error of its own, before a schema sees the document"

REASONS: dict[str, str] = {
    **dict.fromkeys(("DR101", "DR102", "DR204", "DR211", "DR222", "DR226", "DR210", "DR120"), _OUTSIDE),
    **dict.fromkeys(("DR104", "DR105", "DR106", "DR107", "DR108"), _YAML),
    **dict.fromkeys(("DR109", "DR110", "DR111", "DR112", "DR113", "DR114", "DR115"), _YAML),
    "DR203": "a file without threads is a piece for others to include",
    "DR205": "a null may be the word null instead of no value",
    "DR207": _NO_VALUE,
    "DR208": "JSON has no styles of text: folded lines are a text like any other",
    "DR209": f"{_ONE_TRUE}; yes may be a name",
    "DR212": _NO_VALUE,
    "DR220": f"{_BRACKETS}; {_NUMBERS}",
    "DR225": _VALUES,
    "DR301": "a family's name is too long only together with its numbers",
    **dict.fromkeys(("DR221", "DR302", "DR304", "DR311", "DR313", "DR315", "DR316", "DR334", "DR337"), _NAMES),
    **dict.fromkeys(("DR223", "DR224", "DR305", "DR306", "DR307", "DR308", "DR314", "DR320"), _VALUES),
    **dict.fromkeys(("DR310", "DR321"), _BRACKETS),
    "DR303": _BRACKETS,
    "DR322": _NAMES,
    "DR332": "it takes all threads together",
    "DR336": _NUMBERS,
}


def made(model: Sections, mistake: Sections) -> Sections:
    """The model with the mistake in it."""
    model = copy.deepcopy(model)
    for name, change in mistake.items():
        section = model.get(name)
        if change is REMOVED:
            model.pop(name, None)
        elif isinstance(change, dict) and isinstance(section, dict):
            model[name] = section | change
        else:
            model[name] = change.value if isinstance(change, Whole) else change
    return model
