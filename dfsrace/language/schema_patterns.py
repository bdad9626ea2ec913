# SPDX-License-Identifier: GPL-2.0-only
"""The texts of declarations as regular expressions, for the JSON Schema of models.

Guaranteed: what `dfsrace.language.declaration_syntax` and its neighbours accept, matches; the other way round, a text
that matches may still have brackets that do not pair, or names that nothing declares. The expressions mean the same to
Python's `re.search` and to ECMAScript, with and without its flag `u`, and are matched in time linear in the text.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from dfsrace.language.names import LOCK_TYPES, LONGEST_NAME, NEVER_NAMES, RESERVED, TYPE_WORDS
from dfsrace.language.thread_declarations import INITIAL
from dfsrace.system.system import AUTOMATIC_PROPERTIES

MOST_DIGITS = 18

_BLANK = r"[ \t\n]*"
_NAME = rf"[A-Za-z_][A-Za-z0-9_]{{0,{LONGEST_NAME - 1}}}"
_END_OF_WORD = "(?![A-Za-z0-9_])"


def _word(words: Iterable[str]) -> str:
    """One of the words, whole."""
    return f"(?:{'|'.join(sorted(words))}){_END_OF_WORD}"


def _name_but(words: Iterable[str]) -> str:
    return f"(?!{_word(words)}){_NAME}"


def _whole(text: str) -> str:
    """The text with blanks before it, as in quotes or a block; it ends in _BLANK, and the reader cuts all blanks there.

    What follows _BLANK begins with another sort of blank: else the two could share a run of them in many ways.
    """
    return rf"^{_BLANK}(?:{text})(?:[^\S \t\n]\s*)?$"


_NEVER = [*dict.fromkeys((*keyword.kwlist, *NEVER_NAMES))]
_RESERVED = {*_NEVER, *RESERVED}
_NO_VALUES = {*NEVER_NAMES} - {"True", "False"}

# ---- expressions. Brackets count as signs before and behind a number or a name: whether they pair, none can say.

_NUMBER = rf"(?:0|[1-9](?:_?[0-9]){{0,{MOST_DIGITS - 1}}})"
_OPERAND = rf"(?:[-(]{_BLANK})*(?:{_NUMBER}|{_name_but(_NO_VALUES)}){_BLANK}(?:\){_BLANK})*"
_VALUE = rf"{_OPERAND}(?:(?://|[-+*%]){_BLANK}{_OPERAND})*"
_RANGE = rf"{_VALUE}\.\.{_BLANK}{_VALUE}"

# ---- types

_NO_TYPE_NAMES = {*TYPE_WORDS, *_NEVER} - {"bool"}
_TYPE_NAME = rf"{_name_but(_NO_TYPE_NAMES)}{_BLANK}"
_PLAIN_TYPE = rf"(?:{_TYPE_NAME}|{_RANGE})"
_TYPE = rf"{_PLAIN_TYPE}(?:\|{_BLANK}None{_BLANK})?"
_FAMILY = rf"{_NAME}{_BLANK}\[{_BLANK}{_RANGE}\]{_BLANK}"
_INITIAL_VALUE = rf"(?:={_BLANK}{_VALUE})?"
_PLAIN_LOCKS = [kind for kind in LOCK_TYPES if kind != "semaphore"]
_DIMENSIONS = rf"(?:\[{_BLANK}{_PLAIN_TYPE}(?:,{_BLANK}{_PLAIN_TYPE})*\]{_BLANK})*"

# ---- what stands in the sections

NAME = rf"^{_name_but(_RESERVED)}(?!\n)$"
"""The name of a constant or a type."""
VALUE = _whole(_VALUE)
NAMED_TYPE = _whole(rf"stamp{_BLANK}|pool{_BLANK}\({_BLANK}{_VALUE}\){_BLANK}|{_FAMILY}|{_TYPE}")
NAMED_VALUES = _whole(rf"{_name_but(_RESERVED)}{_BLANK}|{_FAMILY}")
STATE_KEY = _whole(rf"{_name_but(_RESERVED)}{_BLANK}(?:\.{_BLANK}{_name_but(_NEVER)}{_BLANK})?{_DIMENSIONS}")
STATE_TYPE = _whole(
    rf"{_word(_PLAIN_LOCKS)}{_BLANK}|{_word(['semaphore'])}{_BLANK}{_INITIAL_VALUE}|{_TYPE}{_INITIAL_VALUE}"
)
THREAD_KEY = _whole(rf"{_name_but([*_NEVER, INITIAL])}{_BLANK}|{_FAMILY}")
PROPERTY_NAME = rf"^{_name_but([*_NEVER, *(name for name in AUTOMATIC_PROPERTIES if ' ' not in name)])}(?!\n)$"
PROPERTY = rf"^\s*(?:{'|'.join(n.replace(' ', '[ -]') for n in AUTOMATIC_PROPERTIES)}|{_name_but(_NEVER)})\s*$"
"""A property named in check or expect: the model's own, or an automatic one."""
SWITCH = rf"^[\s(]*{_NAME}[\s)]*$"
"""True, False, or a constant that is one of them."""
INCLUDE = r"^(?=[\s\S]*\S)[^/\\]+$|\.ya?ml$"
SOME_TEXT = r"\S"
COUNT = rf"^\s*_*(?:[0-9]_*){{1,{MOST_DIGITS}}}\s*$"
COUNT_FROM_1 = rf"^(?=[^1-9]*[1-9])\s*_*(?:[0-9]_*){{1,{MOST_DIGITS}}}\s*$"
SECONDS = r"^(?=[^1-9]*[1-9])\s*_*(?:[0-9]_*){1,12}(?:\._*(?:[0-9]_*){1,9})?\s*$"


def words(*choices: str) -> str:
    """One of these words, with blanks around it."""
    return rf"^\s*(?:{'|'.join(map(re.escape, choices))})\s*$"
