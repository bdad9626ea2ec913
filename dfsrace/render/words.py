# SPDX-License-Identifier: GPL-2.0-only
"""Lines that other programs read: the replay line, safe for a shell, and the RESULT line, safe for grep."""

from __future__ import annotations

import re
import shlex

from dfsrace.diagnostics.text import printable
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.report import Counterexample, Report

_PLAIN = re.compile(r"[\w./:@%+=-]*")


def shell_word(word: str) -> str:
    """A word quoted for the shell. What a terminal must not see becomes bytes in `$'...'`, as bash and zsh read it."""
    if printable(word) == word:
        return shlex.quote(word)
    return "$'" + "".join(_byte(byte) for character in word for byte in _encoded(character)) + "'"


def _encoded(character: str) -> bytes:
    """A character's bytes; what stands for a byte that is no UTF-8 (in a file's name) is that byte."""
    errors = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return character.encode("utf-8", errors)


def _byte(byte: int) -> str:
    character = chr(byte)
    if character in "\\'":
        return f"\\{character}"
    return character if 0x20 <= byte < 0x7F else f"\\x{byte:02x}"


def replay_line(report: Report, found: Counterexample) -> str:
    """The command that shows a counterexample again, to be copied into a shell.

    Where the last state violates several properties it names the one: the schedule alone may explain another.
    """
    line = schedule_line(report, found.trace.schedule_text if found.trace else "")
    if found.trace and len(found.trace.violated) > 1:
        line += f" --property {shell_word(dashed(found.violation.property))}"
    return line


def schedule_line(report: Report, schedule: str) -> str:
    """The command that shows an interleaving of the model that was checked."""
    words = ["dfsrace", "replay", *(report.about.replay or (report.about.path,))]
    plain = printable(schedule) == schedule and "'" not in schedule
    words = [*(shell_word(word) for word in words), "--schedule", f"'{schedule}'" if plain else shell_word(schedule)]
    return " ".join(words)


def result_line(report: Report) -> str:
    """One line: `RESULT key=value ...`, values without blanks, or in double quotes with escapes as in JSON."""
    outcome = report.outcome
    values = {
        "model": result_value(report.model),
        "verdict": report.verdict,
        "violated": ",".join(result_value(dashed(name)) for name in report.violated),
        "states": str(outcome.states),
        "transitions": str(outcome.transitions),
        "depth": str(outcome.depth),
        "seconds": f"{outcome.seconds:.3f}",
    }
    return "RESULT " + " ".join(f"{key}={value}" for key, value in values.items())


def dashed(name: str) -> str:
    """A property's name in one word: automatic ones with `-` for the blanks."""
    return name.replace(" ", "-") if name in AUTOMATIC_PROPERTIES else name


def result_value(text: str) -> str:
    """A value as it stands, or quoted where it would not stay one word."""
    if text.isascii() and _PLAIN.fullmatch(text):
        return text
    escaped = "".join(_escaped(character) for character in text)
    return f'"{escaped}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    shown = printable(character)
    return character if shown == character else f"\\u{ord(character):04x}"
