# SPDX-License-Identifier: GPL-2.0-only
"""The last line of `dfsrace gate --json`: the run as one object, after one object for each model."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from dfsrace.gate.formats import wording
from dfsrace.gate.results import GateReport

_STATUSES = ("expected", "unexpected", "inconclusive", "error", "bug", "skipped")


def json_summary(report: GateReport) -> str:
    """One line of ASCII JSON: counts by status, and for each model that is not as expected why.

    `schema` 1; `gate` is `as_expected` only if no model fails the gate, and it was not interrupted.
    """
    failing = [result for result in report.results if wording.fails(report, result)]
    mutation = report.mutation
    missed = mutation is not None and mutation.missed
    good = bool(report.results) and not failing and not report.interrupted and not missed
    summary: dict[str, Any] = {
        "schema": 1,
        "version": report.version,
        "gate": "as_expected" if good else "not_as_expected",
        "summary": wording.headline(report),
        "models": len(report.results),
        **{status: sum(result.status == status for result in report.results) for status in _STATUSES},
        "known_bad": sum(result.status == "expected" and bool(result.violated) for result in report.results),
        "cached": report.cached,
        "pieces": len(report.pieces),
        "aside": len(report.aside),
        "incomplete_ok": report.incomplete_ok,
        "interrupted": report.interrupted,
        "seconds": round(report.seconds, 3),
        "notes": list(report.notes),
        "failing": [
            {"path": result.path, "status": result.status, "because": wording.reason(result)} for result in failing
        ],
    }
    if mutation is not None:
        summary["mutation"] = {**asdict(mutation), "missed": missed}
    return json.dumps(summary, ensure_ascii=True, separators=(", ", ": ")) + "\n"
