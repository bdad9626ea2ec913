# SPDX-License-Identifier: GPL-2.0-only
"""A result as one JSON object on one line, as `gate.schema.json` beside this file describes it."""

from __future__ import annotations

import json

from dfsrace.gate.results import Result


def result_json(result: Result, version: str) -> str:
    """What `check --json` prints of the model, and how the gate judges it. One line of ASCII with its end."""
    found = dict(result.found) or {"schema": 1, "version": version, "file": result.path, "verdict": "skipped"}
    expected = result.expected
    judged = {
        "status": result.status,
        "because": result.because,
        "expected": None if expected is None else {"verdict": expected.verdict, "violated": list(expected.violated)},
        "cached": result.cached,
    }
    return json.dumps({**found, **judged}, ensure_ascii=True, separators=(", ", ": ")) + "\n"
