# SPDX-License-Identifier: GPL-2.0-only
"""The native engine: a system as C, compiled, and searched by a fixed runtime."""

from __future__ import annotations

from dfsrace.engine.native.build import Cancelled, CompilerFailed, NoCompiler
from dfsrace.engine.native.run import Machine, explore_native, prepare
from dfsrace.engine.native.values import Unsupported

__all__ = ["Cancelled", "CompilerFailed", "Machine", "NoCompiler", "Unsupported", "explore_native", "prepare"]
