# SPDX-License-Identifier: GPL-2.0-only
"""Systems in other tools' languages (floor 9): text from a System, one public function a format."""

from __future__ import annotations

from collections.abc import Callable

from dfsrace.export.spin import NotExpressible, promela
from dfsrace.system import System

FORMATS: dict[str, Callable[[System], str]] = {"promela": promela}

__all__ = ["FORMATS", "NotExpressible", "promela"]
