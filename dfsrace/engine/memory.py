# SPDX-License-Identifier: GPL-2.0-only
"""What the process uses, and how much a search may use on this machine: the two questions about memory."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.platform != "win32":
    import resource

# Of what is free. A table that grows needs as much again for a moment; the rest is for traces, and everybody else.
SHARE = 0.6


def used() -> int:
    """Bytes of memory that this process has now; where the system does not tell, the most that it has had, or 0."""
    if sys.platform == "win32":
        return 0
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def memory_limit() -> int | None:
    """Bytes that this process may grow to: a share of what machine, control group and limits leave free.

    None where nothing tells.
    """
    now = used()
    free = [left for left in (_of_machine(), _of_control_group(), _of_limits()) if left is not None]
    return now + int(min(free) * SHARE) if free else None


def _of_machine() -> int | None:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _of_control_group() -> int | None:
    """What the process's control group (version 2) leaves free; None without a limit."""
    for line in _text("/proc/self/cgroup").splitlines():
        if line.startswith("0::"):
            folder = f"/sys/fs/cgroup{line[3:].rstrip('/')}"
            most, now = _text(f"{folder}/memory.max").strip(), _text(f"{folder}/memory.current").strip()
            if most.isdecimal() and now.isdecimal():
                return max(int(most) - int(now), 0)
    return None


def _of_limits() -> int | None:
    """What `ulimit -v` leaves free: it counts address space, of which more is taken than memory is used."""
    if sys.platform == "win32":
        return None
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    taken = _text("/proc/self/statm").split()[:1]
    if most == resource.RLIM_INFINITY or not taken:
        return None
    return max(most - int(taken[0]) * resource.getpagesize(), 0)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
