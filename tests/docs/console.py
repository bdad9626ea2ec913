# SPDX-License-Identifier: GPL-2.0-only
"""Console blocks of a Markdown file: commands, and what they are said to print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Command:
    """A command (with its here-document) and the lines printed under it."""

    text: str
    output: list[str] = field(default_factory=list)


def blocks(document: Path, language: str) -> list[list[str]]:
    """The lines of each fenced block of a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(encoding="utf-8"), re.M | re.S)
    return [block.splitlines() for block in found]


def commands(lines: list[str]) -> list[Command]:
    """Splits a console block: `$ ` starts a command, a here-document belongs to it, the rest is output."""
    found: list[Command] = []
    ending = None
    for line in lines:
        if ending is not None:
            found[-1].text += "\n" + line
            ending = None if line == ending else ending
        elif line.startswith("$ "):
            found.append(Command(line[2:]))
            here = re.search(r"<<'(\w+)'", line)
            ending = here.group(1) if here else None
        else:
            found[-1].output.append(line)
    return found


def difference(shown: list[str], printed: list[str]) -> str | None:
    """Where what is shown departs from what was printed; None if it does not.

    A line `…` stands for any lines, a `…` within a line for any characters. Seconds are not compared.
    """
    pattern = "".join(_line(line) for line in shown)
    text = "".join(line.rstrip() + "\n" for line in printed)
    return None if re.fullmatch(pattern, text) else "\n".join(["shown:", *shown, "printed:", *printed])


def _line(line: str) -> str:
    if line.strip() == "…":
        return r"(?:.*\n)*?"
    exact = re.escape(line.rstrip()).replace("…", ".*")
    return re.sub(r"seconds=[\d\\.]+", r"seconds=[\\d.]+", exact) + r"\n"
