# SPDX-License-Identifier: GPL-2.0-only
"""What all tests share: outside tools, and hypothesis with one recorded seed."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# The same examples on every run and machine: the seed is hypothesis's digest of each test, never the clock.
settings.register_profile(
    "repeatable",
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")

# Each tool by the names that it has on the systems we know, the preferred one first.
TOOLS = {
    "cc": ("cc", "gcc", "clang"),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "spin": ("spin",),
    "tcc": ("tcc",),
}


def require(name: str) -> str:
    """Path of the outside tool `name`, a key of TOOLS.

    Where it is missing the calling test is skipped, but fails if DFSRACE_REQUIRE (comma-separated names, as CI sets
    it) promises the tool: there, a skip would hide that nothing was compared.
    """
    for command in TOOLS[name]:
        if path := shutil.which(command):
            return path
    if name in os.environ.get("DFSRACE_REQUIRE", "").replace(" ", "").split(","):
        pytest.fail(f"DFSRACE_REQUIRE names {name}, which is not installed", pytrace=False)
    pytest.skip(f"{name} is not installed")


def pytest_report_header() -> list[str]:
    """Says which examples hypothesis will draw and which tools must be there."""
    profile = settings.default
    assert profile is not None
    return [
        f"hypothesis seed: derived from each test (derandomize={profile.derandomize}), {profile.max_examples} examples",
        f"DFSRACE_REQUIRE: {os.environ.get('DFSRACE_REQUIRE') or 'nothing'}",
    ]
