# SPDX-License-Identifier: GPL-2.0-only
"""A search on the full screen goes about in the play, by a thread of its own: nothing else touches the play then."""

from __future__ import annotations

import asyncio

import pytest

from dfsrace.engine.options import Options
from dfsrace.operations import load
from dfsrace.render.style import Drawing
from dfsrace.trace.play import Play
from tests.cli.running import LOST

pytest.importorskip("textual")

from dfsrace.cli.play.screen import PlayApp
from dfsrace.cli.play.session import Session


class Untouched(Play):
    """A play that tells who looks into it while it is searched."""

    searched = False

    def __getattribute__(self, name: str) -> object:
        if object.__getattribute__(self, "searched") and name in ("possible", "position", "steps", "blocked", "take"):
            raise AssertionError(f"{name} during a search")
        return object.__getattribute__(self, name)


async def resized_and_pressed() -> None:
    model = load(LOST)
    play = Untouched(model.system)
    app = PlayApp(Session(model, play, Drawing(), Options()), colours=False)
    async with app.run_test(size=(80, 24)) as pilot:
        app.searching = play.searched = True
        app.show_position()
        app.show_preview(0)
        await pilot.resize_terminal(100, 30)
        await pilot.press("down", "enter")
        await pilot.pause()
        play.searched = app.searching = False


def test_during_a_search_neither_a_new_size_nor_a_key_looks_into_the_play() -> None:
    asyncio.run(resized_and_pressed())
