# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace play` with plain prompts: through a pipe, and on a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import BOTH, DEADLOCK, ENDLESS, HOLDS, LOST, POOL, dfsrace, model
from tests.play.terminal import END, INTERRUPT, Terminal

CHOOSING = """\
model: Choices and initial states
types: {Small: 0..2}
state: {x: Small}
setup: x = choose(Small)
threads:
  a: |
    seen = x
    x = choose(Small)
"""
WRONG_AHEAD = """\
model: A property without a value, one step ahead
types: {Page: pool(2)}
state: {one: Page | None, Page.n: 0..1}
setup: one = alloc(Page)
threads: {a: one = None}
invariants: {small: one.n < 2}
"""
HOSTILE = "\x1b]0;owned\x07\u202e\x1b[2J"


def played(lines: str, text: str, cwd: Path, *options: str) -> str:
    """What a play through a pipe prints; it is left without an error."""
    done = dfsrace("play", model(cwd, text), *options, cwd=cwd, stdin=lines)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_a_whole_play_through_a_pipe(tmp_path: Path) -> None:
    shown = played("1\nb*2\n1\n", LOST, tmp_path)
    assert re.search(r"   1  a  x = x \+ 1  reads x 0\n   2  b  x = x \+ 1  reads x 0\nplay> 1\n", shown)
    assert "play> b*2\n2 steps\nafter step 3   nothing is violated\n  x = 1 *\n  b has finished\n" in shown
    assert "after step 4   VIOLATES both_count\n  both_count does not hold: x != 2\n" in shown
    assert "no step can be made here: `back` takes one back" in shown
    assert shown.endswith("\ndfsrace replay m.yaml --schedule 'a b*2 a'\n".replace("m.yaml", str(tmp_path / "m.yaml")))


def test_steps_are_taken_back_made_again_and_jumped_over(tmp_path: Path) -> None:
    shown = played("a\nb\nback 2\nforward\njump 2\njump 0\nback\nforward 9\nforward\njump 3\nback x\n", LOST, tmp_path)
    heads = re.findall(r"^((?:at first|after step).*?)   nothing", shown, re.MULTILINE)
    assert heads == [
        *("at first", "after step 1", "after step 2", "at first of 2", "after step 1 of 2", "after step 2"),
        *("at first of 2", "after step 2"),
    ]
    assert "this is the beginning" in shown and "nothing was taken back" in shown
    assert "say a step from 0 to 2" in shown and "'x' is no number of steps" in shown


def test_run_follows_the_shortest_way_from_here_and_start_from_the_beginning(tmp_path: Path) -> None:
    shown = played("b\nrun\nrun\nstart\n", LOST, tmp_path)
    assert "play> run\n3 steps from here\nafter step 4   VIOLATES both_count" in shown
    assert "a violation cannot be reached from here" in shown
    assert "play> start\n4 steps from the beginning\nafter step 4   VIOLATES both_count" in shown
    some = played("run deadlock\nrun never\nrun lock-taken-twice\nrun nevr\n", BOTH, tmp_path)
    assert "VIOLATES deadlock" in some
    assert "a violation of lock taken twice cannot be reached from here" in some
    assert "there is no property 'nevr' to run to" in some and "never" in some


def test_a_search_that_was_cut_says_so(tmp_path: Path) -> None:
    shown = played("run\n", HOLDS, tmp_path, "--states", "3")
    assert "not found from here, and not everything was looked at: over 3 states" in shown


def test_who_waits_is_said_with_what_for(tmp_path: Path) -> None:
    assert "a waits for m, which b holds; b waits for l, which a holds" in played("a\nb\n", DEADLOCK, tmp_path)


def test_initial_states_choices_and_schedules(tmp_path: Path) -> None:
    shown = played("init 3\n2\nload init#2 a#0 a\ninit 4\ninit\na#9\nload\n", CHOOSING, tmp_path)
    assert "at first (init#3)   nothing is violated\n  x = 2\n" in shown
    assert "   3  a#2" in shown
    assert "after step 2 (init#2)" in shown
    assert shown.count("say an initial state by its number: there are 3") == 2
    assert "a has finished" in shown and "say which schedule: load cpu0*2 cpu1" in shown
    assert shown.endswith("--schedule 'init#2 a#0 a'\n")


def test_a_schedule_on_the_command_line_is_where_it_begins(tmp_path: Path) -> None:
    assert "after step 3   nothing is violated" in played("", LOST, tmp_path, "--schedule", "a b*2")
    path = model(tmp_path, LOST)
    for schedule, why in (("a*9", "step 3: a has finished"), ("a*0", "a count is 1 or more")):
        done = dfsrace("play", path, "--schedule", schedule, cwd=tmp_path, stdin="1\n")
        assert (done.returncode, done.stdout) == (2, "")
        assert why in done.stderr


def test_save_prints_the_command_that_comes_here_or_writes_it(tmp_path: Path) -> None:
    shown = played("run\nsave\nsave it.sh\nsave no/such/place\n", LOST, tmp_path)
    line = (tmp_path / "it.sh").read_text(encoding="utf-8").strip()
    assert line in shown and "written to it.sh" in shown and "cannot write 'no/such/place'" in shown
    schedule = line.partition("--schedule '")[2].rstrip("'")
    assert dfsrace("replay", tmp_path / "m.yaml", "--schedule", schedule, cwd=tmp_path).returncode == 12
    assert "VIOLATES both_count" in played("", LOST, tmp_path, "--schedule", schedule)


def test_state_and_trace_show_all_there_is(tmp_path: Path) -> None:
    shown = played("run\nstate\ntrace\n", LOST, tmp_path)
    assert "both_count does not hold: x != 2." in shown and "stale" in shown
    assert "holds l" not in shown
    assert "l.owner = a *" in played("a\n", HOLDS, tmp_path)


def test_words_may_be_short_and_what_is_none_gets_a_way_out(tmp_path: Path) -> None:
    shown = played("help\nst\nru\nbakc\n99\n:a\n\n", LOST, tmp_path)
    assert "NUMBER             make that step" in shown
    assert "'st' could be start or state" in shown
    assert "VIOLATES both_count" in shown
    assert "there is no 'bakc' here; did you mean back?" in shown
    assert "there is no step 99; no step can be made here" in shown
    assert "there is no 'a' here" in shown


def test_a_thread_s_name_goes_before_a_word(tmp_path: Path) -> None:
    shown = played("back\n:back\n", LOST.replace("  b: add", "  back: add"), tmp_path)
    assert "play> back\nafter step 1" in shown and "play> :back\nat first of 1" in shown


def test_what_cannot_be_stepped_into_is_shown_and_said(tmp_path: Path) -> None:
    shown = played("1\n1\n1\n", POOL, tmp_path)
    assert "cannot be made: pool Page is exhausted" in shown
    assert "it cannot be made: pool Page is exhausted" in shown
    wrong = played("1\nrun\n", WRONG_AHEAD, tmp_path)
    assert "cannot be made: the model is wrong there: small has no value (null dereference)" in wrong
    assert "the model is wrong in a state ahead; `dfsrace check` shows where" in wrong


def test_hostile_names_and_lines_are_shown_harmless(tmp_path: Path) -> None:
    lines = f"{HOSTILE}\nrun\nrun {HOSTILE}\nload {HOSTILE}\na#{HOSTILE}\nsave {HOSTILE}/x\nsave\ntrace\nhelp\n"
    path = model(tmp_path, LOST, f"[bold]{HOSTILE}.yaml")
    done = dfsrace("play", path, cwd=tmp_path, stdin=lines)
    assert (done.returncode, done.stderr) == (0, "")
    assert "owned" in done.stdout and "VIOLATES" in done.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)


def test_standard_input_that_is_no_text_is_taken_for_some(tmp_path: Path) -> None:
    done = dfsrace("play", model(tmp_path, LOST), cwd=tmp_path, stdin=b"\xff\xfe\x00\n1\n" + b"9" * 5000)
    assert (done.returncode, done.stderr) == (0, "")
    assert "after step 1" in done.stdout


@pytest.mark.parametrize("arguments", [("-",), ("no-such-model",), ("m.yaml", "--states", "0"), ()])
def test_a_wrong_command_line_is_refused(arguments: tuple[str, ...], tmp_path: Path) -> None:
    model(tmp_path, LOST)
    done = dfsrace("play", *arguments, cwd=tmp_path, stdin="1\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_prompts_on_a_terminal_and_ctrl_d(tmp_path: Path) -> None:
    with Terminal("play", model(tmp_path, LOST), "--plain", cwd=tmp_path) as terminal:
        terminal.wait("play>")
        terminal.send("1\r")
        terminal.wait("after step 1")
        assert b"\x1b[1m" in terminal.raw
        terminal.until(lambda it: b"play>" in it.raw.rpartition(b"after step 1")[2])
        terminal.send(END)
        assert terminal.left() == 0
        assert "--schedule 'a'" in terminal.shown() or "--schedule a" in terminal.shown().replace("\n", "")


def test_ctrl_c_at_a_prompt_leaves_with_the_way_there(tmp_path: Path) -> None:
    with Terminal(
        "play", model(tmp_path, LOST), "--plain", cwd=tmp_path, variables={"TERM": "dumb", "NO_COLOR": "1"}
    ) as terminal:
        terminal.wait("play>")
        terminal.send("a*2\r")
        terminal.until(lambda it: b"play>" in it.raw.partition(b"after step 2")[2])
        terminal.send(INTERRUPT)
        assert terminal.left() == 130
        assert b"Traceback" not in terminal.raw and b"a*2'" in terminal.raw
        assert b"\x1b[1m" not in terminal.raw


def test_ctrl_c_during_a_search_ends_only_that(tmp_path: Path) -> None:
    path = model(tmp_path, ENDLESS)
    with Terminal("play", path, "--plain", "--states", "9_000_000", "--seconds", "600", cwd=tmp_path) as terminal:
        terminal.wait("play>")
        terminal.send("run deadlock\r")
        terminal.wait("looking")
        terminal.send(INTERRUPT)
        terminal.wait("interrupted")
        terminal.send("t0\rquit\r")
        assert terminal.left() == 0
        assert "after step 1" in terminal.shown()
