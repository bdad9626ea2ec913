# SPDX-License-Identifier: GPL-2.0-only
"""TLA+, for TLC."""

from dfsrace.export.tlaplus.model import Module, is_module_name, module_name, tla

__all__ = ["Module", "is_module_name", "module_name", "tla"]
