# SPDX-License-Identifier: GPL-2.0-only
"""Source text, places in it, and the one value that every error message is made of (floor 1)."""

from dfsrace.diagnostics.collect import Collector
from dfsrace.diagnostics.diagnostic import Diagnostic, ModelError
from dfsrace.diagnostics.source import NOWHERE, SourceFile, Span

__all__ = ["NOWHERE", "Collector", "Diagnostic", "ModelError", "SourceFile", "Span"]
