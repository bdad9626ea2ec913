# SPDX-License-Identifier: GPL-2.0-only
"""No word of a user's and no text of a model's reaches a terminal as an escape."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, HOLDS, LOST, dfsrace, environment, model

ESCAPES = "\x1b]0;owned\x07\x1b[31m\x9b31m\r\u202e"


def harmless(text: str) -> bool:
    """Whether text holds no control but the line's end."""
    return not any((c < " " and c != "\n") or "\x7f" <= c <= "\x9f" or c == "\u202e" for c in text)


@pytest.mark.parametrize(
    "arguments",
    [
        (ESCAPES,),
        ("check", f"--{ESCAPES}"),
        ("check", ESCAPES),
        ("check", "m.yaml", "--set", ESCAPES),
        ("check", "m.yaml", "--set", f"{ESCAPES}=1"),
        ("check", "m.yaml", "--set", f"N={ESCAPES}"),
        ("check", "m.yaml", "--property", ESCAPES),
        ("check", "m.yaml", "--library", ESCAPES),
        ("check", "m.yaml", "--reduce", ESCAPES),
        ("check", "m.yaml", "--states", ESCAPES),
        ("check", "m.yaml", "--color", ESCAPES),
        ("check", "m.yaml", "-o", f"{ESCAPES}/x"),
        ("replay", "m.yaml", "--schedule", ESCAPES),
        ("replay", ESCAPES),
        ("show", ESCAPES, "m.yaml"),
        ("show", "source", ESCAPES),
        ("explain", ESCAPES),
        ("export", "m.yaml", "--to", ESCAPES),
        ("models", ESCAPES),
        ("new", f"{ESCAPES}/x"),
    ],
)
def test_words_of_a_command_are_shown_harmless(arguments: tuple[str, ...], tmp_path: Path) -> None:
    model(tmp_path, HOLDS + "constants: {N: 1}\n")
    done = dfsrace(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert harmless(done.stderr), ascii(done.stderr)
    assert not done.stdout


def test_a_hostile_file_name_is_shown_harmless_and_can_be_replayed(tmp_path: Path) -> None:
    name = "\x1b[31m' $(touch owned) \u202e.yaml"
    model(tmp_path, LOST, name)
    done = dfsrace("check", name, cwd=tmp_path)
    assert done.returncode == 12
    assert harmless(done.stdout)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("  replay: ")]
    bash = subprocess.run(
        ["bash", "-c", line.removeprefix("  replay: dfsrace ").join(["exec " + " ".join(COMMAND) + " ", ""])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
    )
    assert bash.returncode == 12, bash.stderr
    assert harmless(bash.stdout)
    assert not (tmp_path / "owned").exists()


def test_a_file_name_that_is_no_text_can_be_checked(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.yaml")
    try:
        model(tmp_path, LOST, name)
    except OSError:
        pytest.skip("this filesystem wants text")
    for more in ((), ("--json",), ("-q",), ("-o", "out.json")):
        assert dfsrace("check", name, *more, cwd=tmp_path).returncode == 12
    assert dfsrace("replay", "out.json", cwd=tmp_path).returncode == 12


def test_titles_and_messages_of_a_model_are_shown_harmless(tmp_path: Path) -> None:
    quoted = '"a\\u001b[31m\\u009b\\u202e[bold]x[/bold]"'
    text = LOST.replace("model: Two increments under a lock", f"model: {quoted}") + f"    says: {quoted}\n"
    for more in ((), ("--color", "always"), ("--json",), ("-v",)):
        done = dfsrace("check", model(tmp_path, text), *more, cwd=tmp_path)
        shown = done.stdout
        for code in ("0", "1", "2", "35", "1;31", "1;32", "1;33", "1;36"):
            shown = shown.replace(f"\x1b[{code}m", "")
        assert harmless(shown) and harmless(done.stderr)


def test_the_source_of_a_model_is_shown_harmless(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS.replace("x = x + 1", "x = x + 1\t# [red]tab[/red]"))
    done = dfsrace("show", "source", path, cwd=tmp_path)
    assert harmless(done.stdout)
    assert "[red]tab[/red]" in done.stdout
