# SPDX-License-Identifier: GPL-2.0-only
"""What all tests share: outside tools, hypothesis with one recorded seed, groups that stay on one worker."""

from __future__ import annotations

import os
import shutil
import signal
from typing import Any

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
    "java": ("java",),
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


def pytest_configure() -> None:
    """Reports are as wide in tests as in a pipe, and Ctrl-C is heeded, however pytest was started.

    pytest and xdist put the terminal's width into the environment. A shell starts what it sends to the background with
    SIGINT ignored, and that is inherited.
    """
    os.environ.pop("COLUMNS", None)
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests of an xdist_group on one worker.

    xdist's scheduler reads a test's group at the end of its node id, where xdist's worker has put it through
    `item._nodeid`. pytest 9.2 builds node ids from `item._id` instead, so that all groups were lost unsaid.
    """
    if not config.getoption("loadgroup", False):
        return
    for item in items:
        groups = {str(mark.args[0]) for mark in item.iter_markers("xdist_group") if mark.args}
        suffix = "@" + "_".join(sorted(groups))
        if groups and not item.nodeid.endswith(suffix):
            node: Any = item
            node._id = type(node._id).parse(item.nodeid + suffix)


def pytest_report_header() -> list[str]:
    """Says which examples hypothesis will draw and which tools must be there."""
    profile = settings.default
    assert profile is not None
    return [
        f"hypothesis seed: derived from each test (derandomize={profile.derandomize}), {profile.max_examples} examples",
        f"DFSRACE_REQUIRE: {os.environ.get('DFSRACE_REQUIRE') or 'nothing'}",
    ]
