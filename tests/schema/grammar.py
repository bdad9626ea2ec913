# SPDX-License-Identifier: GPL-2.0-only
"""Right models of every form that the language has, as sections, and their text in varying YAML styles."""

from __future__ import annotations

import re
from typing import Any

import hypothesis.strategies as st

from dfsrace.language.names import LOCK_TYPES
from dfsrace.system.system import AUTOMATIC_PROPERTIES

Draw = st.DrawFn
Sections = dict[str, Any]
"""Scalars are their texts; "" is a key without a value. Lists and mappings are Python's."""

_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_ .+*/()=|%\-\[\]]*[A-Za-z0-9_.)\]])?\Z")
_NOT_NEGATIVE = ("1", "PAGES", "PAGES-1", "2*PAGES - 1", "(PAGES)", "3 // 2", "5 % 3", "((PAGES)+1)//2", "- -1", "1_0")
_CONDITIONS = ("True", "flag", "not flag", "flag or level == 0", "all(seen[i] or flag for i in Index)")


# ---- sections


@st.composite
def models(draw: Draw) -> Sections:
    """A model that the checker reads without a complaint."""
    model: Sections = {"model": draw(st.sampled_from(("A title", "2003", "true", "null", "x: y", "1.5")))}
    if draw(st.booleans()):
        model["about"] = draw(st.sampled_from(("", "two\nlines\n", "0x10", "why")))
    if draw(st.booleans()):
        model["sources"] = draw(st.sampled_from(("", "LKML", [], ["LKML 2003", "1999", "a: b"])))
    if draw(st.booleans()):
        model["include"] = []
    model["constants"] = _constants(draw)
    model["types"] = _types(draw)
    model["state"] = _state(draw)
    if draw(st.booleans()):
        model["setup"] = draw(st.sampled_from(("", "flag = maybe()", "for i in Index:\n    seen[i] = maybe()\n")))
    if draw(st.booleans()):
        model["procedures"] = draw(st.sampled_from(("", "# nothing yet", "def f():\n    flag = True\n")))
    model["threads"] = _threads(draw)
    model["invariants"] = draw(st.just("") | st.dictionaries(_names("fine", "in_time", "no", "read"), _invariant()))
    model["reach"] = draw(st.just("") | st.dictionaries(_names("seen_once", "yes", "level_", "down"), _reach()))
    known = [*_keys(model["invariants"]), *_keys(model["reach"]), *AUTOMATIC_PROPERTIES, "sleeping-while-atomic"]
    if draw(st.booleans()):
        model["bounds"] = _bounds(draw)
    model["expect"] = draw(
        st.sampled_from(("holds", "inconclusive")) | st.fixed_dictionaries({"violates": _some(known, 1)})
    )
    if draw(st.booleans()):
        wanted = [name for name in _violated(model["expect"]) if name in known[: -len(AUTOMATIC_PROPERTIES) - 1]]
        model["check"] = draw(st.just(["deadlock", *wanted]))
    order = draw(st.permutations(list(model)))
    return {name: model[name] for name in order}


def _names(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


def _some(names: list[str], least: int) -> st.SearchStrategy[Any]:
    several = st.lists(st.sampled_from(names), min_size=least, max_size=3)
    return several | st.sampled_from(names)


def _keys(section: Any) -> list[str]:
    return list(section) if isinstance(section, dict) else []


def _violated(expect: Any) -> list[str]:
    names = expect["violates"] if isinstance(expect, dict) else []
    return [names] if isinstance(names, str) else list(names)


def _constants(draw: Draw) -> Sections:
    number = st.sampled_from(
        ("0", "7", "-3", "10_000", "999999999999999999", "-(2+3) * 4", "PAGES % 2", "--1", "( 5 )")
    )
    other = number | st.sampled_from(("True", "False", "None", "A", "(True)"))
    constants = {"PAGES": draw(st.sampled_from(("1", "2", "1 + 1", "(2)")))}
    return constants | draw(st.dictionaries(_names("Big", "_x", "nil", "is_on", "N1"), other, max_size=3))


def _range(draw: Draw) -> str:
    low, high = draw(st.sampled_from(("0", "1 - 1", "(0)"))), draw(st.sampled_from(_NOT_NEGATIVE))
    return f"{low}{_gap(draw)}..{_gap(draw)}{high}"


def _gap(draw: Draw) -> str:
    return draw(st.sampled_from(("", "", " ", "  ")))


def _types(draw: Draw) -> Sections:
    gap = _gap(draw)
    types: Sections = {
        "Index": _range(draw),
        "Node": draw(st.sampled_from((["A", "B"], ["A", "none"], ["A", "no", "n[0..1]"], ["A"]))),
        "Page": f"pool{gap}(1 + {draw(st.sampled_from(_NOT_NEGATIVE))})",
    }
    more = {
        "Mm": f"mm{gap}[{_range(draw)}]",
        "Stamp": "stamp",
        "Same": "Index",
        "Maybe": f"Node{gap}|{gap}None",
        "Level": "-1..2",
        "Flag": "bool",
        "Opt": f"{_range(draw)} | None",
    }
    chosen = draw(st.sets(st.sampled_from(sorted(more))))
    return types | {name: more[name] for name in sorted(chosen)}


def _state(draw: Draw) -> Sections:
    gap = _gap(draw)
    value = st.sampled_from(
        (
            "bool",
            "bool = True",
            f"0..PAGES{gap}={gap}PAGES",
            "Index",
            "Node",
            f"Node{gap}|{gap}None",
            "Node | None = A",
            "Page | None",
            "-1..1 = 0",
            f"(0){gap}..{gap}2*(PAGES+1)",
            *LOCK_TYPES,
            "semaphore = 0",
        )
    )
    key = st.sampled_from(
        (
            f"cache[Index{gap}]",
            f"deep[0..1][bool,{gap}Node]",
            f"Node.{gap}size",
            "Page.lock",
            "Index.next",
            "Node.read",
            "Node.page[Index][0..PAGES-1]",
            "x",
            "_y",
        )
    )
    state = {"flag": "bool", "level": "0..1", "seen[Index]": "bool"}
    return state | draw(st.dictionaries(key, value, max_size=5))


def _threads(draw: Draw) -> Sections:
    code = st.sampled_from(("pass", "flag = True", "flag = not flag\nlevel = 1\n"))
    daemon = st.sampled_from(("true", "false", "True", "False"))
    whole = st.fixed_dictionaries({"run": code}, optional={"daemon": daemon})
    key = st.sampled_from(("cpu1", "init_", "node[0..1]", "w[ 1 .. PAGES ]", "up", "on"))
    return {"cpu": draw(code)} | draw(st.dictionaries(key, code | whole, max_size=4))


def _invariant() -> st.SearchStrategy[Any]:
    condition = st.sampled_from(_CONDITIONS)
    says = st.sampled_from(("wrong", "{level} is wrong", "404", "true"))
    return condition | st.fixed_dictionaries({"holds": condition}, optional={"says": says, "at": st.just("end")})


def _reach() -> st.SearchStrategy[Any]:
    condition = st.sampled_from(_CONDITIONS)
    return condition | st.fixed_dictionaries({"holds": condition})


def _bounds(draw: Draw) -> Any:
    count = st.sampled_from(("1", "10_000_000", "007", "999999999999999999"))
    optional = {
        "states": count,
        "switches": count | st.just("0"),
        "seconds": st.sampled_from(("1", "0.5", "1_000.25", "600")),
    }
    return draw(st.just("") | st.fixed_dictionaries({}, optional=optional))


# ---- text


@st.composite
def texts(draw: Draw, sections: Sections) -> str:
    """The sections as YAML, now quoted, now plain, now in blocks."""
    return "\n".join(_lines(draw, sections, "")) + "\n"


def plain_text(sections: Sections) -> str:
    """The sections as YAML in one style."""
    return "\n".join(_lines(None, sections, "")) + "\n"


def _lines(draw: Draw | None, mapping: Sections, indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in mapping.items():
        shown = _scalar(draw, key, key=True)
        if isinstance(value, dict) and value:
            lines += [f"{indent}{shown}:", *_lines(draw, value, indent + "  ")]
        elif isinstance(value, str) and "\n" in value:
            lines += [f"{indent}{shown}: |", *(f"{indent}  {line}".rstrip() for line in value.rstrip("\n").split("\n"))]
        else:
            lines.append(f"{indent}{shown}: {_value(draw, value)}".rstrip())
    return lines


def _value(draw: Draw | None, value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(draw, item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(draw, k, key=True)}: {_value(draw, v)}" for k, v in value.items()) + "}"
    return _scalar(draw, value)


def _scalar(draw: Draw | None, text: str, *, key: bool = False) -> str:
    if not text and not key:
        return ""
    quoted = "'" + text.replace("'", "''") + "'"
    if not _PLAIN.match(text) or "[" in text:
        return quoted
    return quoted if draw is not None and draw(st.integers(0, 4)) == 0 else text
