# SPDX-License-Identifier: GPL-2.0-only
"""--checkpoint and --resume: a process that is killed at any moment loses some work and nothing else."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from dfsrace.cli import exits
from tests.cli.running import COMMAND, DEADLOCK, HOLDS, dfsrace, environment, model, objects
from tests.cli.test_engine_option import LARGE, TIMES
from tests.conftest import require

MODEL = LARGE.partition("bounds:")[0].replace("MOST: 9", "MOST: 8")
STATES = 18**5
KILLS = 8


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache folder, in which the model is compiled."""
    require("cc")
    folder = tmp_path_factory.mktemp("cache")
    checked(model(folder, MODEL), "--engine", "native", "--states", "1", cwd=folder, cache=folder)
    return folder


def checked(*arguments: str | Path, cwd: Path, cache: Path) -> dict[str, Any]:
    done = dfsrace("check", *arguments, "--json", cwd=cwd, variables={"XDG_CACHE_HOME": str(cache)})
    (found,) = objects(done.stdout)
    return {key: value for key, value in found.items() if key not in TIMES}


def started(*arguments: str | Path, cwd: Path, cache: Path) -> subprocess.Popen[str]:
    command = [*COMMAND, "check", *map(str, arguments)]
    variables = environment(XDG_CACHE_HOME=str(cache))
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=cwd, env=variables)


def changed(file: Path) -> int:
    """When a file was written; 0 for none."""
    return file.stat().st_mtime_ns if file.exists() else 0


def wait_for(file: Path) -> None:
    until = time.monotonic() + 60
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert file.exists()


def test_a_process_that_is_killed_again_and_again_finds_the_same_in_the_end(tmp_path: Path, cache: Path) -> None:
    path, kept, source = model(tmp_path, MODEL), tmp_path / "kept", random.Random(6)
    whole = checked(path, "--engine", "native", cwd=tmp_path, cache=cache)
    sizes = []
    for number in range(KILLS):
        options: list[str | Path] = [
            "--checkpoint",
            kept,
            "--checkpoint-every",
            "0.001",
            "--threads",
            str(1 + number % 2),
        ]
        resume = ["--resume"] if kept.exists() else []
        before = changed(kept)
        process = started(path, *options, *resume, cwd=tmp_path, cache=cache)
        until = time.monotonic() + 60
        while changed(kept) == before and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(source.random() / 20)  # it searches, or writes the next
        process.kill()
        err = process.communicate()[1]
        assert kept.exists(), err
        sizes.append(kept.stat().st_size)
    assert sizes == sorted(sizes) and len(set(sizes)) > 1
    last = checked(path, "--checkpoint", kept, "--resume", "--threads", "2", cwd=tmp_path, cache=cache)
    assert last == whole and whole["states"] == STATES and whole["violations"]


def test_an_interrupted_search_goes_on(tmp_path: Path, cache: Path) -> None:
    path, kept = model(tmp_path, MODEL), tmp_path / "kept"
    process = started(path, "--checkpoint", kept, cwd=tmp_path, cache=cache)
    wait_for(kept)
    first = kept.stat().st_size
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (exits.SAFETY, exits.INCONCLUSIVE), err
    assert "with --resume the search goes on from 'kept'" in " ".join(out.replace(str(tmp_path) + "/", "").split())
    assert kept.stat().st_size >= first
    whole = checked(path, "--engine", "native", cwd=tmp_path, cache=cache)
    assert checked(path, "--checkpoint", kept, "--resume", cwd=tmp_path, cache=cache) == whole


def test_it_is_compiled_code_from_the_start(tmp_path: Path, cache: Path) -> None:
    done = dfsrace(
        *("check", model(tmp_path, HOLDS), "--checkpoint", "kept", "--json"),
        cwd=tmp_path,
        variables={"XDG_CACHE_HOME": str(cache)},
    )
    (found,) = objects(done.stdout)
    assert (found["engine"], done.returncode) == ("native", exits.HOLDS)


def test_what_changed_is_said_in_a_sentence(tmp_path: Path, cache: Path) -> None:
    path, kept = model(tmp_path, MODEL), tmp_path / "kept"
    bounded = checked(path, "--states", "5000", "--checkpoint", kept, cwd=tmp_path, cache=cache)
    assert (bounded["states"], bounded["stopped_by"]["kind"]) == (5000, "states")
    variables = {"XDG_CACHE_HOME": str(cache)}
    again = ("--checkpoint", kept, "--resume")
    for arguments, said in (
        ((path, "--checkpoint", kept), "is there already: --resume goes on from it, or remove it"),
        ((path, *again, "--set", "MOST=3"), "is of another search: the model has changed since"),
        ((model(tmp_path, DEADLOCK, "other.yaml"), *again), "is of another search: the model has changed since"),
        ((path, *again, "--reduce", "none"), "it was written with --reduce 'pools,stamps,threads', not none"),
        ((path, *again, "--first"), "it was written without --first"),
        ((path, *again, "--property", "deadlock"), "the properties in force were 'small', not none"),
        ((path, *again, "--states", "10"), "more than the bound of 10"),
        ((path, "--checkpoint", tmp_path / "nothing", "--resume"), "no such file"),
    ):
        done = dfsrace("check", *arguments, cwd=tmp_path, variables=variables)
        assert (done.returncode, done.stdout) == (exits.WRONG_INPUT, "")
        assert "DR614" in done.stderr and said in done.stderr
    same = model(tmp_path, "# a comment moves all lines\n" + MODEL, "moved.yaml")
    assert checked(same, *again, "--states", "6000", cwd=tmp_path, cache=cache)["states"] == 6000
    kept.write_bytes(kept.read_bytes()[:-9])
    done = dfsrace("check", path, *again, "--json", cwd=tmp_path, variables=variables)
    (found,) = objects(done.stdout)
    assert (found["verdict"], found["diagnostics"][0]["code"]) == ("error", "DR614")
    assert "is damaged" in found["diagnostics"][0]["message"]


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    path, other = model(tmp_path, HOLDS), model(tmp_path, DEADLOCK, "other.yaml")
    for arguments, said in (
        ((path, "--resume"), "--resume needs --checkpoint FILE"),
        ((path, "--checkpoint-every", "5"), "--checkpoint-every needs --checkpoint FILE"),
        ((path, "--checkpoint", "kept", "--checkpoint-every", "0"), "'0' is no number of seconds over 0"),
        ((path, other, "--checkpoint", "kept"), "--checkpoint keeps one search; there are 2 models"),
        ((path, "--checkpoint", path), "--checkpoint would write over the model"),
        ((path, "--checkpoint", "kept", "--engine", "reference"), "--engine reference writes no checkpoints"),
    ):
        done = dfsrace("check", *arguments, cwd=tmp_path)
        assert done.returncode == exits.WRONG_INPUT and said in done.stderr
    assert not (tmp_path / "kept").exists()
