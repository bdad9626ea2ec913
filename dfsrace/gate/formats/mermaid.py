# SPDX-License-Identifier: GPL-2.0-only
"""An interleaving as a Mermaid sequence diagram: a participant a thread, a note a step, an arrow a switch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from dfsrace.gate.formats import wording

# Mermaid refuses texts of over 50,000 characters; long before that nobody reads the drawing.
STEPS, TEXT, THREADS = 100, 110, 40
LONGEST = 50_000


def sequence_diagram(violation: Mapping[str, Any]) -> str:
    """The lanes of one violation, as lines of Mermaid; empty where it has no trace or no step.

    Of a trace of more than 100 steps the first 30 and the last 69 are drawn. Whatever is not a letter, a digit or
    plainly harmless is written as a character code (`#35;`), so that no text of a model can be syntax.
    """
    steps: Sequence[Mapping[str, Any]] = violation["trace"] or ()
    threads = {name: f"T{number}" for number, name in enumerate(dict.fromkeys(step["thread"] for step in steps))}
    if not threads or len(threads) > THREADS:
        return ""
    lines = ["sequenceDiagram", *(f"participant {key} as {text_of(name, 60)}" for name, key in threads.items())]
    last = ""
    for step in _shown(steps):
        if step is None:
            lines.append(f"Note over {_span(threads)}: … {len(steps) - STEPS + 1} steps left out …")
            continue
        thread = threads[step["thread"]]
        if last and last != thread:
            lines.append(f"{last}-->>{thread}: switch")
        lines.append(f"Note over {thread}: {_step(step)}")
        last = thread
    rows = wrap(wording.one_line(violation["message"] or violation["property"], 2 * TEXT), 56)
    lines.append(f"Note over {_span(threads)}: ✗ {'<br/>'.join(text_of(row, 2 * TEXT) for row in rows)}")
    return "\n    ".join(lines)


def text_of(text: str, limit: int) -> str:
    """Foreign text as Mermaid may read it: one line, cut, all but harmless characters as codes."""
    return "".join(_coded(character) for character in wording.one_line(text, limit)) or "#8203;"


def _shown(steps: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any] | None]:
    """The steps that are drawn; None stands for those left out."""
    if len(steps) <= STEPS:
        yield from steps
        return
    head = STEPS * 3 // 10
    yield from steps[:head]
    yield None
    yield from steps[len(steps) - (STEPS - 1 - head) :]


def _step(step: Mapping[str, Any]) -> str:
    parts = [f"{step['step']}#160; {text_of(step['text'], TEXT)}"]
    parts += [wording.change(change) for change in step["changes"][:4]]
    if not step["changes"]:
        parts += [f"reads {', '.join(read['value'] for read in step['reads'])}"] * bool(step["reads"])
    if step.get("choices"):
        parts.append(f"chooses {', '.join(step['choices'])}")
    return "<br/>".join([parts[0], *(text_of(part, TEXT) for part in parts[1:])])


def _span(threads: Mapping[str, str]) -> str:
    keys = list(threads.values())
    return keys[0] if len(keys) == 1 else f"{keys[0]},{keys[-1]}"


def _coded(character: str) -> str:
    harmless = character.isalnum() or character in " _.,()[]=!*/'→…✗·"
    return character if harmless else f"#{ord(character)};"
