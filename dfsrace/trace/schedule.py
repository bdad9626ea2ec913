# SPDX-License-Identifier: GPL-2.0-only
"""Schedules as text: `init#2 cpu0*2 cpu1#B cpu1*5`.

    init#K           first only: the K-th initial state, from 1; left out where the model has one only
    THREAD*N         N steps in a row without choices; THREAD alone is one
    THREAD#V1,V2     one step whose choices, those with more than one possible value, took these values

Values are written as the model writes them, pool values by the names that the trace gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from dfsrace.diagnostics.values import dataclass

_TOKEN = re.compile(r"\S+")


class ScheduleError(Exception):
    """A text that is no schedule. `position` counts characters of `text` from 0."""

    def __init__(self, message: str, text: str, position: int) -> None:
        self.message, self.text, self.position = message, text, position
        super().__init__(f"{message} (at character {position + 1} of the schedule)")


@dataclass(frozen=True, slots=True)
class Run:
    """`count` steps of one thread; with choices, `count` is 1. `position`: where it stands in the text."""

    thread: str
    count: int
    choices: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleText:
    """A parsed schedule whose names nobody has looked up yet. `initial` counts from 1, None where it is left out."""

    text: str
    initial: int | None
    runs: tuple[Run, ...]


def schedule_text(initial: int | None, steps: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Writes a schedule: `initial` from 1 or None, then (thread name, choices as texts) for each step."""
    parts = [] if initial is None else [f"init#{initial}"]
    for (name, choices), group in groupby((name, tuple(choices)) for name, choices in steps):
        count = len(list(group))
        if choices:
            parts += [f"{name}#{','.join(choices)}"] * count
        else:
            parts.append(name if count == 1 else f"{name}*{count}")
    if initial is None and parts and parts[0].startswith("init#"):
        parts.insert(0, "init#1")  # a thread named init: say the initial state, so that its step is not taken for it
    return " ".join(parts)


def parse_schedule(text: str) -> ScheduleText:
    """Reads a schedule. ScheduleError names the place of what is no part of one; thread names are not looked up."""
    initial: int | None = None
    runs = []
    for number, match in enumerate(_TOKEN.finditer(text)):
        token, position = match.group(), match.start()
        if token.startswith("init#") and number == 0:
            initial = _number(token[5:], "an initial state is numbered from 1", text, position + 5)
        else:
            runs.append(_run(token, text, position))
    return ScheduleText(text, initial, tuple(runs))


def _run(token: str, text: str, position: int) -> Run:
    """One word of a schedule that is not init#."""
    if "#" in token:
        name, _, values = token.partition("#")
        choices = tuple(values.split(","))
        if not all(choices):
            raise ScheduleError("a value is missing after #", text, position + len(token))
        run = Run(name, 1, choices, position)
    else:
        name, star, count = token.rpartition("*")
        if not star:
            name, count = token, "1"
        run = Run(name, _number(count, "a count is 1 or more", text, position + len(token) - len(count)), (), position)
    if not name:
        raise ScheduleError("a thread's name is missing", text, position)
    return run


def _number(digits: str, wanted: str, text: str, position: int) -> int:
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 9 and int(digits) > 0):
        raise ScheduleError(f"{wanted}, not '{digits}'", text, position)
    return int(digits)
