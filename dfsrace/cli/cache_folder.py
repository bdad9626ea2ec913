# SPDX-License-Identifier: GPL-2.0-only
"""Where this user's caches lie."""

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
