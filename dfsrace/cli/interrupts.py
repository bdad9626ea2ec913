# SPDX-License-Identifier: GPL-2.0-only
"""Ctrl-C during a search: the first one ends the search and keeps what it found, the second one ends the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Interrupts:
    """Whether somebody has asked to stop."""

    asked: bool = False

    def __call__(self) -> bool:
        return self.asked

    @contextmanager
    def noted(self) -> Iterator[None]:
        """In here SIGINT is noted, the first time; before and after, and the second time, it is a KeyboardInterrupt."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
