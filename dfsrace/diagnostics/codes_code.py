# SPDX-License-Identifier: GPL-2.0-only
"""DR4xx and DR5xx: the code of setup, procedures, threads, and properties."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.diagnostics.explanation import Explanation

CODE: Mapping[str, Explanation] = {}
