# SPDX-License-Identifier: GPL-2.0-only
"""Reports as text and JSON (floor 9). Renderers return text; only the command line prints and colours it."""

from __future__ import annotations

from collections.abc import Callable

from dfsrace.render.report_json import report_json
from dfsrace.render.report_text import report_text
from dfsrace.render.style import Drawing
from dfsrace.trace.report import Report

# Each format's function: the report, how to draw, the version of the program that says so.
FORMATS: dict[str, Callable[[Report, Drawing, str], str]] = {
    "text": lambda report, drawing, version: report_text(report, drawing),
    "json": lambda report, drawing, version: report_json(report, version) + "\n",
}

__all__ = ["FORMATS", "Drawing"]
