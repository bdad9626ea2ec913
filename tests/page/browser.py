# SPDX-License-Identifier: GPL-2.0-only
"""Chromium driven through its DevTools protocol over two pipes: no port, no network, no driver besides the browser."""

from __future__ import annotations

import json
import os
import select
import signal
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 30.0  # seconds for any one answer
# What a key is called, and its code in the browser.
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--mute-audio",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


@dataclass
class Browser:
    """A running browser: sends commands, and keeps the events that come in between."""

    process: int
    reader: int
    writer: int
    number: int = 0
    rest: bytes = b""
    events: list[dict[str, Any]] = field(default_factory=list)

    def send(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The answer to a command. AssertionError where the browser refuses it."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(time.monotonic() + PATIENCE)
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def wait(self, method: str, session: str) -> dict[str, Any]:
        """The next event of a kind, those that have come first."""
        deadline = time.monotonic() + PATIENCE
        seen = 0
        while True:
            for place in range(seen, len(self.events)):
                event = self.events[place]
                if event.get("method") == method and event.get("sessionId") == session:
                    return self.events.pop(place)
            seen = len(self.events)
            self.events.append(self._next(deadline))

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.reader], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self.reader, 1 << 20)
            assert data, "the browser has ended"
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def browsing(command: str) -> Iterator[Browser]:
    """A browser with a profile of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="dfsrace-page-", ignore_cleanup_errors=True) as profile:
        theirs_in, writer = os.pipe()
        reader, theirs_out = os.pipe()
        # Moved far up first, so that 3 and 4, where the browser looks for them, are free.
        ends = [_high(theirs_in), _high(theirs_out)]
        null = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, null, n) for n in (0, 1, 2)]
        actions += [(os.POSIX_SPAWN_DUP2, end, n) for end, n in zip(ends, (3, 4), strict=True)]
        words = [command, *SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        process = os.posix_spawn(command, words, {**os.environ, "HOME": profile}, file_actions=actions, setpgroup=0)
        for descriptor in (theirs_in, theirs_out, *ends, null):
            os.close(descriptor)
        browser = Browser(process, reader, writer)
        try:
            yield browser
        finally:
            _end(browser)


def _high(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 100)


def _end(browser: Browser) -> None:
    """Asks the browser to go, and sees to it that it and its children do."""
    with suppress(AssertionError, OSError):
        browser.send("Browser.close")
    os.close(browser.writer)
    os.close(browser.reader)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if os.waitpid(browser.process, os.WNOHANG)[0]:
            break
        time.sleep(0.02)
    else:
        os.killpg(browser.process, signal.SIGKILL)
        os.waitpid(browser.process, 0)


@dataclass
class Tab:
    """One page in the browser. `requests`: what it asked for beside itself; `complaints`: what its console shows."""

    browser: Browser
    target: str
    session: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command to this page."""
        return self.browser.send(method, self.session, **parameters)

    def open(self, path: Path, fragment: str = "") -> None:
        """Loads a file, whole."""
        for url in ("about:blank", path.as_uri() + fragment):  # for a new fragment alone nothing is loaded
            self.send("Page.navigate", url=url)
            self.browser.wait("Page.loadEventFired", self.session)
        self.heard(path.as_uri())

    def heard(self, own: str = "") -> None:
        """Sorts the events that have come in."""
        mine = [event for event in self.browser.events if event.get("sessionId") == self.session]
        self.browser.events = [event for event in self.browser.events if event.get("sessionId") != self.session]
        for event in mine:
            method, about = event["method"], event["params"]
            if method == "Network.requestWillBeSent" and about["request"]["url"] not in (own, "about:blank"):
                self.requests.append(about["request"]["url"])
            elif method == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(about["exceptionDetails"])[:2000])
            elif method == "Runtime.consoleAPICalled" or method == "Log.entryAdded":
                self.complaints.append(json.dumps(about)[:2000])

    def value(self, expression: str) -> Any:
        """What an expression is, as JSON has it; a promise is waited for."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, json.dumps(answer["exceptionDetails"])[:2000]
        return answer["result"].get("value")

    def becomes(self, expression: str, wanted: Any) -> None:
        """Waits until an expression is what it should be: following a link takes the browser a moment."""
        deadline = time.monotonic() + 5
        while (found := self.value(expression)) != wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        assert found == wanted

    def press(self, key: str, shift: bool = False) -> None:
        """A key, down and up."""
        common = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": 8 * shift}
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **text, **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def look(self, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        """How large the window is, and which colours its user likes."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)

    def screenshot(self, scale: float = 1.0) -> bytes:
        """What the window shows, as PNG."""
        width, height = self.value("[innerWidth, innerHeight]")
        clip = {"x": 0, "y": self.value("scrollY"), "width": width, "height": height, "scale": scale}
        return b64decode(self.send("Page.captureScreenshot", clip=clip)["data"])

    def printed(self) -> bytes:
        """The page on paper, as PDF."""
        return b64decode(self.send("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])


@contextmanager
def tab(browser: Browser) -> Iterator[Tab]:
    """A new page, of which everything is heard."""
    target = browser.send("Target.createTarget", url="about:blank")["targetId"]
    session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    opened = Tab(browser, target, session)
    for domain in ("Page", "Runtime", "Log", "Network"):
        opened.send(f"{domain}.enable")
    opened.look()
    try:
        yield opened
    finally:
        browser.send("Target.closeTarget", targetId=target)
