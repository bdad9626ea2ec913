# SPDX-License-Identifier: GPL-2.0-only
"""The rules of a SARIF run: what can be violated, by names that stay the same from run to run."""

from __future__ import annotations

from typing import Any

from dfsrace.diagnostics.codes import CODES
from dfsrace.gate.formats.wording import one_line
from dfsrace.system.system import AUTOMATIC_PROPERTIES

INCONCLUSIVE, OTHER, BUG = "dfsrace/inconclusive", "dfsrace/not-as-expected", "dfsrace/internal-error"
ALWAYS = (INCONCLUSIVE, OTHER, BUG, *(f"automatic/{name.replace(' ', '-')}" for name in AUTOMATIC_PROPERTIES))
NAME = 200

# Title, level, text.
_OWN = {
    INCONCLUSIVE: (
        "The search ended early",
        "warning",
        "A bound, the memory or the clock ended the search before all states were visited, and nothing is known of the"
        " rest. Lower a constant of the model, or raise the bound.",
    ),
    OTHER: (
        "The verdict is not what the model expects",
        "error",
        "The model's expect names another verdict, or code never ran where coverage is demanded. Either the meaning of"
        " the model has changed, or its expect is out of date.",
    ),
    BUG: (
        "dfsrace failed",
        "error",
        "dfsrace met an error of its own. The model may be right or wrong; please report it.",
    ),
}
_AUTOMATIC = {
    "deadlock": "No thread can move, and not all have finished",
    "assertion": "An assertion is false",
    "null dereference": "A field of None is used",
    "value out of range": "A value does not fit its type",
    "blocks inside atomic": "An atomic block has to wait",
    "unlock of a lock not held": "A lock is released that the thread does not hold",
    "lock taken twice": "A thread takes a lock that it holds",
    "seqcount written twice": "Two writers are in one sequence counter's section",
    "lock held at exit": "A thread ends and holds a lock",
    "sleeping while atomic": "A thread may sleep while it holds a spinning lock",
}


def rule_id(property: str) -> str:
    """The rule of a property: `automatic/sleeping-while-atomic`, `property/NAME` for one that a model names."""
    if property in AUTOMATIC_PROPERTIES:
        return f"automatic/{property.replace(' ', '-')}"
    return f"property/{one_line(property, NAME)}"


def descriptor(rule: str) -> dict[str, Any]:
    """What SARIF says of a rule that `rule_id`, `ALWAYS` or a diagnostic's code names."""
    title, level, text = _told(rule)
    _, group, name = rule.rpartition("/")
    return {
        "id": rule,
        **({"name": name} if group else {}),
        "shortDescription": {"text": title},
        "fullDescription": {"text": text},
        "help": {"text": text},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["concurrency"], "precision": "very-high", "problem.severity": level},
    }


def _told(rule: str) -> tuple[str, str, str]:
    """Title, level, text."""
    group, _, name = rule.partition("/")
    if rule in _OWN:
        return _OWN[rule]
    if group == "automatic":
        title = _AUTOMATIC[name.replace("-", " ")]
        return title, "error", f"{title}. dfsrace checks this in every state of every model, without being asked."
    if group == "property":
        text = "An invariant is false in a state that can be reached, or a state that should be reached cannot be."
        return f"{name} is violated", "error", text
    known = CODES.get(rule)
    title = known.title if known else "the model is wrong"
    return title[:1].upper() + title[1:], "error", known.text.replace("\n", " ") if known else f"{title}."
