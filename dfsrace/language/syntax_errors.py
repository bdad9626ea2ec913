# SPDX-License-Identifier: GPL-2.0-only
"""What a syntax error means: the habits of C that a kernel developer's hand brings along, and Python's own messages."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dfsrace.diagnostics.text import quoted
from dfsrace.language.limits import without_text
from dfsrace.language.names import LOCK_TYPES

HELP = "code is Python syntax: see `dfsrace explain DR401`"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a piece of code, and where: lines from 1, offsets from 0, the end exclusive."""

    line: int
    offset: int
    end: int
    message: str
    help: str


def mistake(lines: Sequence[str], place: tuple[int, int], why: str, first_line: int, condition: bool) -> Mistake:
    """The mistake behind Python's message `why` at a place (line, offset) of the code.

    A habit of C in that line (or an open brace before it) is what is reported, else Python's message in our words.
    `first_line` is the number of the code's first line in its file. `condition`: the code is one expression.
    """
    line, offset = place
    bare = without_text("\n".join(lines)).split("\n")
    opened = _open_brackets(bare, line, offset)
    if "indent" not in why:
        brace = _brace(opened)
        places = [
            _habit(bare, brace.line, brace.offset, condition) if brace else None,
            brace,
            _habit(bare, line, offset, condition),
        ]
        found = [habit for habit in places if habit is not None]
        if found:
            return min(found, key=lambda m: (m.line, m.offset))
    elif not why.startswith("expected"):
        offset = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    return _pythons(bare[line - 1], (line, offset), opened, _in_our_words(why, first_line, condition))


def _pythons(text: str, place: tuple[int, int], opened: Sequence[_Bracket], words: tuple[str, str]) -> Mistake:
    """Python's own message, with a way out from what stands in the line."""
    line, offset = place
    message, help = words
    if opened and text[offset : offset + 1] == ":":
        message, help = f"{quoted(opened[-1][2])} is still open before the colon", "close the bracket"
        offset = opened[-1][1] if opened[-1][0] == line else offset
    elif help in (HELP, _ALONE) and offset >= len(text.rstrip()) and _UNFINISHED.search(text):
        help = "the line ends in an operator: write what follows it"
    if ".." in text:
        help = "a range inside code needs a name: declare it under types"
    return Mistake(line, offset, offset + 1, f"this is no Python: {message}", help)


# Line, offset, and the bracket.
_Bracket: TypeAlias = tuple[int, int, str]
_UNFINISHED = re.compile(r"(?:[-+*/%=<>.,]|\b(?:and|or|not|is|in|if|else))\s*\Z")


# ---- C

_TYPE = (
    r"(?:(?:static|const|inline|extern|volatile|unsigned|signed|long|short|int|char|bool|void|u?int\d+_t|[us](?:8|16|32"
    r"|64)|(?:struct|enum|union)\s+\w+|atomic_t|spinlock_t|size_t|pgoff_t)\b)"
)
# One as C writes it, the type before the name.
_PARAMETER = r"(?:const\s+)?(?:(?:struct|enum|union|unsigned)\s+)?\w+[\s*]+(?P<what>\w{1,60})"
# What counts up or down, as far as a way out repeats it; and what shows that no operand follows.
_PLACE = r"(?<![\w.\[\]])(?P<what>[\w.\[\]]{1,60})\s*"
_ENDS = r"(?=\s*(?:[;:),\]}]|$))"
_KEYWORDS = "|".join(keyword.kwlist)
# What begins an operand; behind a name of the model's own stands an operator.
_OPERAND = r"(?!(?:and|or|is|in|not\s+in|if|else|for)\b)[\w(\\]"
_VALUE = "write the value alone: there are no pointers"
_CASES = "write if, elif and else"
_JUMP = "there is no goto: return, leave a loop by break, or put the shared lines into a procedure"
_BLOCK = "a block is the indented lines below a line that ends in a colon"
_COMPARE = "write `==` to compare"
_COMMENT = "a comment begins with #"

# What C (and the logic of other tools) writes -> what to write. `at` is what is pointed at; `what` is put into the way
# out. All on one line without its strings and comments.
_HABITS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), help)
    for pattern, help in (
        (r"^\s*\}?\s*(?P<at>else\s+if)\b", "write `elif`"),
        (r"(?P<at>&&)", "write `and`"),
        (r"(?P<at>\|\|)", "write `or`"),
        (rf"{_PLACE}(?P<at>\+\+){_ENDS}", "write `{what} += 1` as a statement of its own"),
        (rf"{_PLACE}(?P<at>--){_ENDS}", "write `{what} -= 1` as a statement of its own"),
        (r"(?P<at>!)(?!=)", "write `not`"),
        (r"(?<=\s)(?P<at>->)(?=\s)", "write `not a or b` for `a implies b`, and `.` before a field"),
        (r"(?P<at>->)", "write `.` before a field"),
        (r"(?<![<>=!])(?P<at>=>)", "write `>=`, or `not a or b` for `a implies b`"),
        (r"(?P<at><>)", "write `!=`"),
        (r"(?P<at>\?)", "write `a if condition else b`"),
        (r"^\s*(?:if|elif|while|assert)\b[^:]*?(?<![=!<>:+\-*/%])(?P<at>=)(?![=>])", _COMPARE),
        (r"^\s*[\w.\[\]]+\s*(?P<at>:=)", "write `=` to assign"),
        (r"^\s*(?P<at>for\s*\()[^)]*;", "write `for x in T:` for a range or a named type T, or a while loop"),
        (r"^\s*(?P<at>do)(?=\s*(?:[{:]|$))", "write `while True:`, and leave it by break"),
        (r"^\s*(?P<at>switch)(?=\s*\()", _CASES),
        (r"^\s*(?P<at>case\b[^:]+|default\s*):", _CASES),
        (r"(?P<at>\{)\s*$", _BLOCK),
        (r"^\s*(?P<at>\})", _BLOCK),
        (r"^\s*(?P<at>goto)\b", _JUMP),
        (rf"^\s*(?P<at>(?!(?:{_KEYWORDS})\b)\w+:)\s*$", _JUMP),
        (r"(?P<at>/\*)", _COMMENT),
        (r"(?:^|;)\s*(?P<at>//)", _COMMENT),
        (rf"^\s*def\s+\w+\s*\((?:[^()]*,)?\s*(?P<at>{_PARAMETER})\s*[,)]", "write `{what}: Type`"),
        (rf"^\s*(?P<at>{_TYPE}[\s*]+\w[^(]*\()", "write `def name(parameter: Type):`, and `-> Type` before the colon"),
        (rf"^\s*(?P<at>{_TYPE})(?=[\s*]+\w)", "write `name: Type = value`, or declare it in the section `state`"),
        (r"(?:[(,=]|return)\s*(?P<at>&)(?=[A-Za-z_])", _VALUE),
        (r"\b(?P<at>(?:0[xX][0-9a-fA-F]+?|\d+)[uUlL]+)\b", "leave out the suffix: integers have no size"),
        (rf"(?<=\S)\s+(?P<at>implies)\s+(?={_OPERAND})", "write `not a or b` for `a implies b`"),
        (rf"^\s*(?P<at>forall)\s+(?={_OPERAND})", "write all(condition for x in T)"),
        (rf"^\s*(?P<at>exists)\s+(?={_OPERAND})", "write any(condition for x in T)"),
    )
)
_ASSIGNED = re.compile(r"(?<![=!<>:+\-*/%])(?P<at>=)(?![=>])")
# Two words side by side: a type of the model, as C would declare with it.
_DECLARATION = re.compile(
    rf"^\s*(?P<at>(?!(?:{_KEYWORDS})\b)[A-Za-z_]\w*)\s+(?P<what>(?!(?:{_KEYWORDS})\b)[A-Za-z_]\w*)\s*(?:=(?!=)|;|$)"
)
# Behind a value `//` divides; what follows it here is no value.
_SLASHES = re.compile(r"(?P<at>//)\s*[A-Za-z]\w*\s+[A-Za-z]")


def _habit(bare: Sequence[str], line: int, offset: int, condition: bool) -> Mistake | None:
    """The first habit of C in a line; None where there is none."""
    text = bare[line - 1]
    places = [(m.start("at"), n, m, help) for n, (p, help) in enumerate(_HABITS) if (m := p.search(text))]
    if re.match(r"\s*(?:def\b|\)\s*->)", text):
        places = [p for p in places if p[2].group("at") != "->"]
    if places:
        _, _, match, help = min(places, key=lambda place: place[:2])
        return _written(line, match, help.format(what=match.groupdict().get("what", "")))
    if condition:
        assigned = _ASSIGNED.search(text)
        return _written(line, assigned, _COMPARE) if assigned else None
    declared = _DECLARATION.search(text)
    if declared and declared.end("at") <= offset:
        kind, name = declared["at"], declared["what"]
        help = f"write `{name}: {kind} = value`"
        if kind in LOCK_TYPES:
            help = f"declare it in the section `state`: `{name}: {kind}`"
        return _written(line, declared, help)
    slashes = _SLASHES.search(text)
    return _written(line, slashes, _COMMENT) if slashes and slashes.end("at") <= offset else None


def _written(line: int, match: re.Match[str], help: str) -> Mistake:
    shown = quoted(" ".join(match["at"].split()))
    return Mistake(line, match.start("at"), match.end("at"), f"{shown} is no Python here", help)


def _brace(opened: Sequence[_Bracket]) -> Mistake | None:
    """The brace that begins or ends a block, as in C; None where there is none."""
    return _braced(*opened[-1]) if opened and opened[-1][2] in "{}" else None


def _open_brackets(bare: Sequence[str], line: int, offset: int) -> list[_Bracket]:
    """The brackets that are not closed before a place; only the brace where a `}` closes none."""
    opened: list[_Bracket] = []
    for number, text in enumerate(bare[:line], 1):
        for place, character in enumerate(text[: offset + 1] if number == line else text):
            if character in "([{" and (number, place) != (line, offset):
                opened.append((number, place, character))
            elif character == "}" and not opened:
                return [(number, place, character)]
            elif character in ")]}" and opened:
                opened.pop()
    return opened


def _braced(line: int, place: int, brace: str) -> Mistake:
    return Mistake(line, place, place + 1, f"{quoted(brace)} is no Python here", _BLOCK)


# ---- Python

# How Python's message begins -> the way out.
_WAYS_OUT = {
    "expected ':'": "end the line in a colon",
    "expected an indented block": "indent the lines below it, or write `pass` there",
    "unexpected indent": "indent it like the line above",
    "inconsistent use of tabs": "indent with spaces alone",
    "unterminated string": "close the quote on the same line",
    "leading zeros": "write it without: there is no octal",
    "unindent does not match": "indent it like a line above that it belongs to",
}
_ALONE = "write one condition alone; `and` and `or` join two"
_CLOSE = re.compile(r"'[(\[{]' was never closed")
_NUMBER = re.compile(r"on line (\d+)")


def _in_our_words(why: str, first_line: int, condition: bool) -> tuple[str, str]:
    """Python's message and a way out. Lines are counted in the file, advice that does not fit a model is left out."""
    for cut in (". Perhaps", ". Maybe", ". Did you mean", " (detected at line", "; use an 0o"):
        why = why.split(cut)[0]
    why = _NUMBER.sub(lambda match: f"on line {int(match[1]) + first_line - 1}", why)
    help = next((help for start, help in _WAYS_OUT.items() if why.startswith(start)), _ALONE if condition else HELP)
    return why, "close the bracket" if _CLOSE.match(why) else help
