# SPDX-License-Identifier: GPL-2.0-only
"""--engine, --threads, --memory: whichever engine answers says the same, and the one that was asked for answers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from dfsrace.cli import exits
from tests.cli.running import BOTH, COMMAND, ENDLESS, HOLDS, POOL, dfsrace, environment, model, objects
from tests.conftest import require

# More than a second's work in Python.
LARGE = """\
model: Counters that go round
constants: {MOST: 9}
types:
  Count: 0..MOST
  Cpu: cpu[0..4]
state:
  n[Cpu]: Count
procedures: |
  def count(c: Cpu):
      while True:
          x = n[c]
          n[c] = x + 1 if x < MOST else 0
threads:
  t0: count(cpu0)
  t1: count(cpu1)
  t2: count(cpu2)
  t3: count(cpu3)
  t4: count(cpu4)
invariants:
  small: n[cpu0] + n[cpu1] < 6
bounds: {states: 1_000_000}
"""
TIMES = ("seconds", "engine")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache folder."""
    require("cc")
    return tmp_path_factory.mktemp("cache")


def checked(*arguments: str | Path, cwd: Path, cache: Path) -> dict[str, Any]:
    done = dfsrace("check", *arguments, "--json", cwd=cwd, variables={"XDG_CACHE_HOME": str(cache)})
    (found,) = objects(done.stdout)
    return found


def what(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in TIMES}


@pytest.mark.parametrize("text", [HOLDS, BOTH, POOL])
def test_both_engines_print_the_same_and_say_who_they_are(text: str, tmp_path: Path, cache: Path) -> None:
    path = model(tmp_path, text)
    reference, native = (
        checked(path, "--engine", engine, cwd=tmp_path, cache=cache) for engine in ("reference", "native")
    )
    assert (reference["engine"], native["engine"]) == ("reference", "native")
    assert what(reference) == what(native)


def test_a_small_model_is_answered_before_anything_is_compiled(tmp_path: Path) -> None:
    found = checked(model(tmp_path, HOLDS), cwd=tmp_path, cache=tmp_path / "cache")
    assert found["engine"] == "reference"
    assert not (tmp_path / "cache").exists()


def test_a_large_model_moves_over_and_gives_what_each_engine_gives(tmp_path: Path, cache: Path) -> None:
    path = model(tmp_path, LARGE)
    native = checked(path, "--engine", "native", cwd=tmp_path, cache=cache)
    found = checked(path, cwd=tmp_path, cache=cache)
    assert found["engine"] == "native"
    assert what(found) == what(native)
    reference = checked(path, "--engine", "reference", cwd=tmp_path, cache=cache)
    assert reference["engine"] == "reference"
    assert what(found)["violations"] == what(reference)["violations"]
    assert found["states"] == reference["states"] == 1_000_000


def test_objects_are_the_users_alone(tmp_path: Path, cache: Path) -> None:
    checked(model(tmp_path, HOLDS), "--engine", "native", cwd=tmp_path, cache=cache)
    folder = cache / "dfsrace" / "native"
    assert list(folder.glob("model-*.so"))
    assert not [file for file in (folder, *folder.iterdir()) if file.stat().st_mode & 0o077]


def test_a_folder_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    require("cc")
    folder = tmp_path / "cache" / "dfsrace" / "native"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    variables = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    path = model(tmp_path, LARGE)
    done = dfsrace("check", path, "--engine", "native", cwd=tmp_path, variables=variables)
    assert done.returncode == exits.WRONG_INPUT
    assert "can be written by others" in done.stderr
    done = dfsrace("check", path, cwd=tmp_path, variables=variables)
    assert done.returncode == exits.SAFETY
    assert done.stdout.startswith("note      the native engine cannot be built:\n")


# ---- without a compiler, or with a bad one


def fake(folder: Path, body: str) -> dict[str, str]:
    """An environment whose only C compiler is a script."""
    folder.mkdir()
    script = folder / "cc"
    script.write_text(f"#!{shutil.which('sh')}\n{body}\n", encoding="ascii")
    script.chmod(0o755)
    return {"PATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}


def test_without_a_compiler_the_reference_engine_answers_and_the_first_line_says_what_to_install(
    tmp_path: Path,
) -> None:
    path = model(tmp_path, LARGE)
    nothing = {"PATH": str(tmp_path / "nowhere"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = dfsrace("check", path, cwd=tmp_path, variables=nothing)
    assert done.returncode == exits.SAFETY
    assert done.stdout.startswith("note      no C compiler found (cc, gcc, clang): install gcc or clang")
    done = dfsrace("check", path, "--engine", "native", cwd=tmp_path, variables=nothing)
    assert (done.returncode, done.stdout) == (exits.WRONG_INPUT, "")
    assert "DR613" in done.stderr and "install gcc or clang" in done.stderr
    small = dfsrace("check", model(tmp_path, HOLDS, "small.yaml"), cwd=tmp_path, variables=nothing)
    assert not small.stdout.startswith("note")


def test_of_several_models_the_first_alone_says_what_to_install(tmp_path: Path) -> None:
    path = model(tmp_path, LARGE)
    nothing = {"PATH": str(tmp_path / "nowhere"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = dfsrace("check", path, path, "--states", "1000000", cwd=tmp_path, variables=nothing)
    assert done.stdout.count("RESULT") == 2
    assert done.stdout.count("note ") == 1
    for option in ("--quiet", "--json"):
        done = dfsrace("check", path, "--states", "1000000", option, cwd=tmp_path, variables=nothing)
        assert "install" not in done.stdout + done.stderr


def test_a_compiler_that_fails_is_no_reason_to_give_up(tmp_path: Path) -> None:
    variables = fake(tmp_path / "bin", "echo 'this is cc 1'; exec 1>&2; [ $1 = --version ] || { echo no; exit 1; }")
    done = dfsrace("check", model(tmp_path, LARGE), cwd=tmp_path, variables=variables)
    assert done.returncode == exits.SAFETY
    assert done.stdout.startswith("note      the native engine cannot be built:")


def test_a_compiler_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    body = f"[ $1 = --version ] && echo cc && exit; echo $$ > {tmp_path}/pid; exec {shutil.which('sleep')} 60"
    variables = fake(tmp_path / "bin", body)
    began = time.monotonic()
    done = dfsrace("check", model(tmp_path, LARGE), cwd=tmp_path, variables=variables)
    assert done.returncode == exits.SAFETY
    assert time.monotonic() - began < 40
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not list((tmp_path / "bin" / "cache").rglob("*.so"))


@pytest.mark.parametrize("most", ["0", "1", "9"])
def test_switches_are_bounded_by_either_engine(most: str, tmp_path: Path, cache: Path) -> None:
    path = model(tmp_path, HOLDS)
    found = [
        checked(path, "--switches", most, "--engine", engine, cwd=tmp_path, cache=cache)
        for engine in ("reference", "native")
    ]
    assert [report.pop("engine") for report in found] == ["reference", "native"]
    assert [report.pop("seconds") for report in found]
    assert found[0] == found[1]


# ---- limits


@pytest.mark.parametrize("engine", ["reference", "native", "auto"])
def test_memory_that_runs_out_is_a_verdict(engine: str, tmp_path: Path, cache: Path) -> None:
    found = checked(model(tmp_path, ENDLESS), "--engine", engine, "--memory", "150M", cwd=tmp_path, cache=cache)
    assert found["verdict"] == "inconclusive"
    assert (found["stopped_by"]["kind"], found["stopped_by"]["detail"]) == ("memory", str(150 << 20))
    assert found["states"] > 10_000


def test_seconds_count_from_the_start_whoever_answers(tmp_path: Path, cache: Path) -> None:
    path = model(tmp_path, ENDLESS)
    checked(path, "--engine", "native", "--states", "1", cwd=tmp_path, cache=cache)
    began = time.monotonic()
    found = checked(path, "--seconds", "2", "--memory", "2G", cwd=tmp_path, cache=cache)
    assert found["engine"] == "native"
    assert (found["stopped_by"]["kind"], found["stopped_by"]["detail"]) == ("seconds", "2")
    assert 1.9 < found["seconds"] < time.monotonic() - began < 20


@pytest.mark.parametrize("engine", ["native", "auto"])
def test_an_interrupt_keeps_what_was_found(engine: str, tmp_path: Path, cache: Path) -> None:
    path = model(tmp_path, ENDLESS)
    checked(path, "--engine", "native", "--states", "1", cwd=tmp_path, cache=cache)
    command = [*COMMAND, "check", str(path), "--engine", engine, "--memory", "4G"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment(XDG_CACHE_HOME=str(cache)),
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == exits.INCONCLUSIVE
    assert "interrupt" in out
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "option", ["--engine=fast", "--threads=0", "--threads=two", "--memory=4X", "--memory=0", "--memory=-1G"]
)
def test_a_wrong_value_is_a_usage_error(option: str, tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, HOLDS), option, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (exits.WRONG_INPUT, "")
    assert "dfsrace: Invalid value for '--" in done.stderr


def test_the_gate_takes_whichever_engine_answers(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "models").mkdir()
    path = model(tmp_path / "models", LARGE + "expect: {violates: small}\n")
    checked(path, "--engine", "native", cwd=tmp_path, cache=cache)
    done = dfsrace("gate", "models", "--no-cache", "--json", cwd=tmp_path, variables={"XDG_CACHE_HOME": str(cache)})
    assert '"engine": "native"' in done.stdout
