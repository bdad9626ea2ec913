# SPDX-License-Identifier: GPL-2.0-only
"""JSON that a person can read: an object a line for each item of its longest list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def json_text(document: Mapping[str, Any], *lists: str) -> str:
    """The document as JSON, ASCII only: a member a line, and of the members in `lists` an item a line."""
    members = []
    for name, value in document.items():
        text = json.dumps(value)
        if name in lists and value:
            text = "[\n" + ",\n".join(f"  {json.dumps(item)}" for item in value) + "\n ]"
        members.append(f" {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(members) + "\n}\n"
