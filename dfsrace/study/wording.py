# SPDX-License-Identifier: GPL-2.0-only
"""What several studies say alike."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from dfsrace.study.judged import Found, Judged
from dfsrace.study.table import Tone


def heading(word: str) -> str:
    """A word of the command line as a table shows it: a file without its folder and its ending."""
    if "+" in word and not os.path.lexists(word):
        return "+".join(map(heading, word.split("+")))
    return os.path.basename(word).removesuffix(".yaml").removesuffix(".yml") or word


def headings(words: Sequence[str]) -> list[str]:
    """Each word as a table shows it; words that would look alike are shown as they were given."""
    short = [heading(word) for word in words]
    return [one if short.count(one) == 1 else word for one, word in zip(short, words, strict=True)]


def counterexample(found: Found) -> str:
    """` 11/2`: steps and switches; nothing for a reach that is never true."""
    return "" if found.steps is None else f" {found.steps}/{found.switches}"


def cut_note(judged: Iterable[Judged]) -> list[str]:
    """What a cut search is worth, where there is one."""
    if any(not one.complete and one.status in ("violated", "inconclusive") for one in judged):
        return ["A search that was cut proves nothing of what it has not seen; more may be violated there."]
    return []


def unchecked_note(whose: str, names: Iterable[str]) -> str:
    """Which properties a model's own `check` leaves out: a `holds` is not about them."""
    left_out = list(names)
    return f"{whose} leaves out by its `check`: {', '.join(left_out)}. Nothing is said of {_them(left_out)}."


def _them(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


# How a verdict looks, and what is said instead of a verdict.
TONES: dict[str, Tone] = {"holds": "good", "violated": "bad", "inconclusive": "open", "not done": "open"}
WORDS = {"error": "cannot be put together", "bug": "a bug of dfsrace"}
