# SPDX-License-Identifier: GPL-2.0-only
"""Promela, for SPIN."""

from dfsrace.export.spin.model import promela
from dfsrace.export.spin.names import NotExpressible

__all__ = ["NotExpressible", "promela"]
