# SPDX-License-Identifier: GPL-2.0-only
"""One browser for all tests of the page, and the pages as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import require
from tests.page.browser import Browser, Tab, browsing, tab
from tests.page.pages import page

Open = Callable[..., Tab]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with browsing(require("chromium")) as started:
        yield started


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of a shipped model or of a model's text, at a fragment if one is given.

    In the end nothing may have been complained about, and nothing asked for.
    """
    with tab(browser) as fresh:

        def open_page(name: str, fragment: str = "", text: str = "") -> Tab:
            path = tmp_path / "page.html"
            path.write_bytes((text or page(name)).encode("utf-8", "backslashreplace"))
            fresh.open(path, fragment)
            return fresh

        yield open_page
        fresh.heard()
        assert fresh.complaints == []
        assert [url for url in fresh.requests if not url.startswith(tmp_path.as_uri())] == []
