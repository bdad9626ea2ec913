# SPDX-License-Identifier: GPL-2.0-only
"""What the figures were taken on, without any name of it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

CPUS = Path("/sys/devices/system/cpu")


def described() -> dict[str, Any]:
    """Processor, cores, caches, memory, kernel, huge pages, compilers; what the system does not tell is None."""
    return {
        "processor": _field("/proc/cpuinfo", r"^model name\s*:\s*(.+)$") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "caches": _caches(),
        "memory_gib": _memory(),
        "kernel": f"{platform.system()} {platform.release()}",
        "huge_pages": _field("/sys/kernel/mm/transparent_hugepage/enabled", r"\[(\w+)\]"),
        "virtual": "hypervisor" in _text("/proc/cpuinfo"),
        "cc": _version("cc", "--version"),
        "tcc": _version("tcc", "-v"),
        "spin": _version("spin", "-V"),
        "python": sys.version.split()[0],
    }


def load() -> float | None:
    """Processes that ran or waited in the last minute, on average."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _field(path: str, pattern: str) -> str | None:
    found = re.search(pattern, _text(path), re.MULTILINE)
    return found[1].strip() if found else None


def _memory() -> int | None:
    total = _field("/proc/meminfo", r"^MemTotal:\s*(\d+)")
    return round(int(total) / (1 << 20)) if total else None


def _caches() -> list[str]:
    """As the first core has them."""
    found = []
    for index in sorted((CPUS / "cpu0" / "cache").glob("index*")):
        level, kind, size = (_text(index / name).strip() for name in ("level", "type", "size"))
        found.append(f"L{level} {kind.lower()} {size.replace('K', ' KiB')}")
    return found


def _version(command: str, option: str) -> str | None:
    try:
        done = subprocess.run([command, option], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return None
    return (done.stdout or done.stderr).strip().split("\n")[0] or None
