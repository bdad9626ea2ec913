# SPDX-License-Identifier: GPL-2.0-only
"""The section `bounds`: limits of the search that the model brings along."""

from __future__ import annotations

import re

from dfsrace.diagnostics import Collector
from dfsrace.diagnostics.text import quoted
from dfsrace.language.declarations import Bounds
from dfsrace.language.sections import Section, check_keys, line_of
from dfsrace.language.yaml_document import Entry, Mapping, Scalar

_INTEGER = re.compile(r"\d{1,18}\Z", re.ASCII)
_DECIMAL = re.compile(r"\d{1,12}(\.\d{1,9})?\Z", re.ASCII)
_WANTED = {"states": "an integer, 1 or more", "seconds": "a number over 0", "switches": "an integer, 0 or more"}


def read_bounds(section: Section, problems: Collector) -> Bounds:
    """The model's bounds; None for each that it does not set."""
    check_keys(Mapping(section.entries, section.span), _WANTED, "bounds", problems)
    values = {e.key.text: _value(e, problems) for e in section.entries if e.key.text in _WANTED}
    states, seconds, switches = values.get("states"), values.get("seconds"), values.get("switches")
    return Bounds(None if states is None else int(states), seconds, None if switches is None else int(switches))


def _value(entry: Entry, problems: Collector) -> float | None:
    name, node = entry.key.text, entry.value
    text = node.text.strip() if isinstance(node, Scalar) else ""
    digits = text.replace("_", "")
    pattern = _DECIMAL if name == "seconds" else _INTEGER
    value = (float(digits) if name == "seconds" else int(digits)) if pattern.match(digits) else None
    if value is not None and (value > 0 or name == "switches"):
        return value
    shown = quoted(text) if isinstance(node, Scalar) else "a collection"
    problems.add("DR336", line_of(node.span), f"bound {name} is {shown}", allowed=[_WANTED[name]])
    return None
