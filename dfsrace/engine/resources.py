# SPDX-License-Identifier: GPL-2.0-only
"""What searches may use on this machine besides memory: the user's cache folders, and the cores."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(kind: str) -> Path | None:
    """The folder for one kind of cached things: below $XDG_CACHE_HOME, else ~/.cache. None without a home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):
        return Path(given, "dfsrace", kind)
    home = os.path.expanduser("~")
    return Path(home, ".cache", "dfsrace", kind) if os.path.isabs(home) else None


def objects_folder() -> Path | None:
    """Where compiled code is kept for this user; None without a home."""
    return cache_folder("native")


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
