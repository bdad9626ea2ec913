# SPDX-License-Identifier: GPL-2.0-only
"""What the process uses: the one question that engines ask the machine."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def used() -> int:
    """Bytes of memory that this process has now; where the system does not tell, the most that it has had."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
