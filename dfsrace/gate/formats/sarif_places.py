# SPDX-License-Identifier: GPL-2.0-only
"""Places and texts as SARIF writes them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dfsrace.gate.formats.places import Place, Places
from dfsrace.gate.formats.wording import one_line

ROOT, LIBRARY = "%SRCROOT%", "DFSRACE_LIBRARY"
BASES = {
    ROOT: {"description": {"text": "The root of the repository; where nothing names it, the folder of the run."}},
    LIBRARY: {"description": {"text": "The model library that comes with dfsrace."}},
}
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def message(text: str, limit: int = 2000) -> dict[str, str]:
    """A plain text message; what would be a link or a placeholder is escaped."""
    shown = one_line(text, limit) or "no message"
    return {"text": _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\\[", shown))}


def location(place: Place) -> dict[str, Any]:
    """A place in a file as a location."""
    region = {"startLine": place.line}
    if place.column:
        region["startColumn"] = place.column
    if place.end_line:
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    return {"physicalLocation": {"artifactLocation": artifact(place), "region": region}}


def step_location(places: Places, step: Mapping[str, Any]) -> dict[str, Any]:
    """Where a step stands, also in an include; with the procedure that it is in."""
    found = location(places.step(step))
    if step["stack"]:
        name, full = one_line(step["stack"][-1], 200), ".".join(one_line(frame, 200) for frame in step["stack"])
        found["logicalLocations"] = [{"name": name, "fullyQualifiedName": full[:2000], "kind": "function"}]
    return found


def artifact(place: Place) -> dict[str, str]:
    """A place's file: relative to the repository's root, to the library of dfsrace, or by its whole address."""
    path = place.path
    if not place.base:
        return {"uri": f"file://{_escaped(os.path.abspath(path))}"}
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return {"uri": _escaped(path) or ".", "uriBaseId": LIBRARY if place.base == "library" else ROOT}


def _escaped(path: str) -> str:
    """Percent-encoded as bytes; what stands for a byte that is no UTF-8 becomes that byte again."""
    data = b"".join(
        character.encode("utf-8", "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass")
        for character in path
    )
    return quote(data, safe="/")
