# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace play` on the full screen: by keys, on a terminal of 80 columns and 24 lines, as somebody would see it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.cli.running import ENDLESS, LOST, POOL, ROOT, dfsrace, model
from tests.play.terminal import DOWN, END, ENTER, ESCAPE, INTERRUPT, LEFT, RIGHT, Terminal
from tests.play.test_plain import CHOOSING, HOSTILE, WRONG_AHEAD

KEYS = "? help"


def playing(text: str, cwd: Path, *options: str, color: str = "1") -> Terminal:
    """A play of a model, at its beginning; `color`: "" for NO_COLOR."""
    variables = {} if color else {"NO_COLOR": "1"}
    terminal = Terminal("play", model(cwd, text).name, *options, cwd=cwd, variables=variables)
    terminal.wait(KEYS)
    return terminal


def test_a_play_by_keys(tmp_path: Path) -> None:
    with playing(LOST, tmp_path) as terminal:
        shown = terminal.wait("m.yaml:8  add")
        assert "m  at first   nothing is violated" in shown
        assert "  1 a  x = x + 1  reads x 0" in shown and "  2 b  x = x + 1  reads x 0" in shown
        assert "x = 0" in shown and "nothing has been done yet" in shown
        terminal.send(DOWN + ENTER)
        terminal.wait("after step 1 ")
        terminal.wait("▸   1  b  x = x + 1   reads x 0")
        terminal.send(ENTER)
        terminal.wait("after step 2 ")
        terminal.send(LEFT)
        terminal.wait("after step 1 of 2")
        terminal.send(RIGHT)
        terminal.wait("after step 2 ")
        terminal.send("r")
        shown = terminal.wait("VIOLATES both_count")
        assert "both_count does not hold: x != 2" in shown
        assert "a has finished; b has finished" in terminal.wait("finished")
        terminal.wait("no step can be made here")
        terminal.send("q")
        assert terminal.left() == 0
        assert b"--schedule 'b a b a'\r\n" in terminal.raw and b"Traceback" not in terminal.raw


def test_the_screen_is_never_wider_or_higher_than_the_terminal(tmp_path: Path) -> None:
    with Terminal("play", "seed-question", "--ascii", cwd=tmp_path) as terminal:
        terminal.wait("Enter step")
        terminal.send("R")
        shown = terminal.wait("VIOLATES")
        shown = terminal.wait("steps from the beginning")
        assert "Enter step" in shown.splitlines()[-1], shown
        assert "state" in shown and "the way here" in shown
        assert "mm0 maps page 0 of the file to page0" in shown
        terminal.send("q")
        assert terminal.left() == 0


def test_words_after_a_colon_do_what_they_do_at_a_prompt(tmp_path: Path) -> None:
    with playing(LOST, tmp_path) as terminal:
        terminal.send(":load a b*2\r")
        terminal.wait("after step 3 ")
        terminal.send(":jump 1\r")
        terminal.wait("after step 1 of 3")
        terminal.send(":a\r")
        terminal.wait("after step 2 ")
        terminal.send(":run nevr\r")
        terminal.wait("there is no property 'nevr' to run to")
        terminal.send(":jum")
        terminal.wait(":jum")
        terminal.send(ESCAPE)
        terminal.wait(":jum", gone=True)
        terminal.send(":save it.sh\r")
        terminal.wait("written to it.sh")
        terminal.send("s")
        terminal.wait("dfsrace replay")
        terminal.send(":quit\r")
        assert terminal.left() == 0
    assert "--schedule 'a*2'" in (tmp_path / "it.sh").read_text(encoding="utf-8")


def test_help_and_the_trace_are_pages_that_close(tmp_path: Path) -> None:
    with playing(LOST, tmp_path, "--schedule", "a b*2 a") as terminal:
        terminal.send("?")
        terminal.wait("Words, after a colon")
        terminal.send("q")
        terminal.wait("VIOLATES")
        terminal.send("t")
        terminal.wait("what changes")
        terminal.send(ESCAPE)
        terminal.wait("VIOLATES")
        terminal.send("c")
        terminal.wait("x = 1")
        terminal.send("q")
        terminal.wait("VIOLATES")
        terminal.send(END)
        assert terminal.left() == 0


def test_initial_states_and_choices(tmp_path: Path) -> None:
    with playing(CHOOSING, tmp_path) as terminal:
        assert "at first (init#1)" in terminal.shown()
        terminal.send("i3\r")
        terminal.wait("at first (init#3)")
        terminal.wait("  3 a#2")
        terminal.send(DOWN + ENTER)
        terminal.wait("after step 1 ")
        terminal.send("j0\r")
        terminal.wait("at first of 1")
        terminal.send(INTERRUPT)
        assert terminal.left() == 130


@pytest.mark.parametrize("key", [INTERRUPT, ESCAPE], ids=["ctrl-c", "escape"])
def test_a_search_can_be_ended_and_the_play_goes_on(key: str, tmp_path: Path) -> None:
    with playing(ENDLESS, tmp_path, "--states", "9_000_000", "--seconds", "600") as terminal:
        terminal.send(":run deadlock\r")
        terminal.wait("searching")
        terminal.send(key)
        terminal.wait("interrupted")
        terminal.send(ENTER)
        terminal.wait("after step 1 ")
        terminal.send("q")
        assert terminal.left() == 0


def test_leaving_during_a_search_leaves(tmp_path: Path) -> None:
    with playing(ENDLESS, tmp_path, "--states", "9_000_000", "--seconds", "600") as terminal:
        terminal.send(":run deadlock\r")
        terminal.wait("searching")
        terminal.send(END)
        assert terminal.left() == 130


def test_what_cannot_be_stepped_into_is_said(tmp_path: Path) -> None:
    with playing(POOL, tmp_path) as terminal:
        terminal.send(ENTER)
        terminal.wait("after step 1 ")
        terminal.send(ENTER)
        terminal.wait("after step 2 ")
        terminal.wait("pool Page is exhausted")
        terminal.send(ENTER)
        terminal.wait("it cannot be made")
        terminal.send("q")
        assert terminal.left() == 0
    with playing(WRONG_AHEAD, tmp_path) as terminal:
        terminal.wait("cannot be made: the model is wrong there")
        terminal.send("r")
        terminal.wait("`dfsrace check` shows where")
        terminal.send("q")
        assert terminal.left() == 0


def test_hostile_text_is_neither_markup_nor_an_escape(tmp_path: Path) -> None:
    path = model(tmp_path, LOST, f"[bold]{HOSTILE}[red].yaml")
    with Terminal("play", path, cwd=tmp_path) as terminal:
        terminal.wait(KEYS)
        assert "[bold]\\x1b]0;owned" in terminal.shown()
        terminal.send(f":{HOSTILE}\r")
        terminal.wait("there is no")
        terminal.send("r")
        terminal.wait("VIOLATES")
        terminal.send("s")
        terminal.wait("dfsrace replay")
        terminal.send("q")
        assert terminal.left() == 0
    assert b"\x1b]0;owned" not in terminal.raw and "\u202e".encode() not in terminal.raw


COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


@pytest.mark.parametrize("options", [("--color", "never"), ()], ids=["never", "NO_COLOR"])
def test_without_colours_there_are_none(options: tuple[str, ...], tmp_path: Path) -> None:
    with playing(LOST, tmp_path, *options, color="1" if options else "") as terminal:
        terminal.send("r")
        terminal.wait("VIOLATES")
        terminal.send("q")
        assert terminal.left() == 0
    assert not COLOUR.search(terminal.raw), COLOUR.findall(terminal.raw)[:5]


def test_with_colours_only_what_is_good_or_bad_has_one(tmp_path: Path) -> None:
    with playing(LOST, tmp_path) as terminal:
        terminal.send("r")
        terminal.wait("VIOLATES")
        terminal.send("q")
        terminal.left()
    assert COLOUR.search(terminal.raw)


def test_a_larger_terminal_and_one_that_changes(tmp_path: Path) -> None:
    with Terminal("play", model(tmp_path, LOST), cwd=tmp_path, size=(132, 40)) as terminal:
        terminal.wait(KEYS)
        terminal.resize(80, 24)
        terminal.send(ENTER)
        terminal.wait("after step 1 ")
        terminal.until(lambda it: "Enter step" in [*it.shown().splitlines(), ""][23])
        terminal.send("q")
        assert terminal.left() == 0


def test_without_textual_there_are_prompts_and_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('import sys\n\nsys.modules["textual"] = None\n', encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    with Terminal("play", model(tmp_path, LOST), cwd=tmp_path, variables={"PYTHONPATH": path}) as terminal:
        assert "pip install 'dfsrace[play]'" in terminal.wait("play>")
        terminal.send(END)
        assert terminal.left() == 0


def test_a_dumb_terminal_gets_prompts(tmp_path: Path) -> None:
    with Terminal("play", model(tmp_path, LOST), cwd=tmp_path, variables={"TERM": "dumb"}) as terminal:
        terminal.wait("play>")
        terminal.send(END)
        assert terminal.left() == 0
    assert "play>" not in dfsrace("play", model(tmp_path, LOST), cwd=tmp_path).stdout
