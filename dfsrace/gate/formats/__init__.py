# SPDX-License-Identifier: GPL-2.0-only
"""What CI systems read of a gate: one file a format, each with one public function from a GateReport to text.

Nothing is written or printed here. Each text ends with a line feed, is legal in its format whatever the models say,
and stays within the limits of those who read it; what was left out is said in it.
"""

from __future__ import annotations

from collections.abc import Callable

from dfsrace.gate.formats.github import github_commands
from dfsrace.gate.formats.github_summary import github_summary
from dfsrace.gate.formats.json_summary import json_summary
from dfsrace.gate.formats.junit import junit_xml
from dfsrace.gate.formats.ktap import ktap
from dfsrace.gate.formats.sarif import sarif_json
from dfsrace.gate.results import GateReport

# `github` goes to standard output, `github-summary` to the file that $GITHUB_STEP_SUMMARY names.
FORMATS: dict[str, Callable[[GateReport], str]] = {
    "junit": junit_xml,
    "sarif": sarif_json,
    "ktap": ktap,
    "github": github_commands,
    "github-summary": github_summary,
    "json": json_summary,
}

__all__ = ["FORMATS"]
