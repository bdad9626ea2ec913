# SPDX-License-Identifier: GPL-2.0-only
"""The transition system (floor 2): types, expressions, programs, cells, properties."""

from dfsrace.system.system import AUTOMATIC_PROPERTIES, CoveragePoint, Initial, Property, System, Variable

__all__ = ["AUTOMATIC_PROPERTIES", "CoveragePoint", "Initial", "Property", "System", "Variable"]
