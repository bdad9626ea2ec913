# SPDX-License-Identifier: GPL-2.0-only
"""From typed code to a transition system: inlining, unrolling, one access a node."""

from dfsrace.language.lowering.lower import lower

__all__ = ["lower"]
