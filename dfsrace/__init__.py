# SPDX-License-Identifier: GPL-2.0-only
"""Decides whether page faults race with truncation on distributed filesystems, and shows how.

`load`, `check` and `replay` are the public operations, `Options` what they can be asked for, `Report` what a check
gives back; `report_text` is the report as people read it, `ModelError` what a wrong model raises. All are looked up on
first use, so that `import dfsrace` costs nothing; a package or module named like one of them must never stand in this
folder, for importing it would hide the function.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfsrace.diagnostics import ModelError
    from dfsrace.engine.options import Options
    from dfsrace.operations import check, load, replay
    from dfsrace.render.report_text import report_text
    from dfsrace.trace.record import Trace
    from dfsrace.trace.report import Counterexample, Report

__all__ = [
    "Counterexample",
    "ModelError",
    "Options",
    "Report",
    "Trace",
    "__version__",
    "check",
    "load",
    "replay",
    "report_text",
]

__version__ = "0.1.0"

_OFFERED_BY = {
    "Counterexample": "dfsrace.trace.report",
    "ModelError": "dfsrace.diagnostics",
    "Options": "dfsrace.engine.options",
    "Report": "dfsrace.trace.report",
    "Trace": "dfsrace.trace.record",
    "check": "dfsrace.operations",
    "load": "dfsrace.operations",
    "replay": "dfsrace.operations",
    "report_text": "dfsrace.render.report_text",
}


def __getattr__(name: str) -> object:
    """Gives an offered name from its home; AttributeError for any other."""
    home = _OFFERED_BY.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    """Lists the offered names too, though they are not loaded yet."""
    return sorted({*globals(), *_OFFERED_BY})
