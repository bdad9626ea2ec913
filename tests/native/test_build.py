# SPDX-License-Identifier: GPL-2.0-only
"""Compilers and what they make: whichever there is does, and nothing is loaded that others could have written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dfsrace.engine.native import Cancelled, CompilerFailed, Machine, NoCompiler, build, explore_native
from dfsrace.engine.native.build import Builder, builder, find_compiler, quick_builder
from dfsrace.engine.native.cache import Cache
from dfsrace.engine.native.generate import RUNTIME
from dfsrace.engine.options import Options
from tests.conftest import require
from tests.native.comparing import compared
from tests.native.test_equal import PROJECT, load

MODEL = PROJECT / "models/textbook/michael-scott-queue.yaml"
SOURCE = "const int model = 1;\n"


def packaged_zig() -> str:
    pytest.importorskip("ziglang", reason="the extra `native` is not installed")
    return f"{sys.executable} -m ziglang cc"


def script(folder: Path, body: str, name: str = "cc") -> Path:
    """A compiler that is a script."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!{shutil.which('sh')}\n{body}\n", encoding="ascii")
    path.chmod(0o755)
    return path


def counting(folder: Path) -> Path:
    """A compiler that notes its calls, and works."""
    return script(folder, f'echo "$@" >> {folder}/calls\nexec {shutil.which("cc")} "$@"')


def calls(folder: Path) -> int:
    file = folder / "calls"
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    """A builder whose compiler notes its calls in `bin/calls`."""
    require("cc")
    monkeypatch.setenv("CC", str(counting(tmp_path / "bin")))
    return builder(tmp_path / "cache")


# ---- which compiler


@pytest.mark.parametrize("name", ["gcc", "clang", "zig", "package"])
def test_each_compiler_builds_what_the_others_build(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = packaged_zig() if name == "package" else shutil.which(name)
    if command is None:
        pytest.skip(f"there is no {name} here")
    system = load(MODEL)
    expected = compared(explore_native(system, Options(), Machine(tmp_path / "usual", quick=False)))
    monkeypatch.setenv("CC", command)
    assert compared(explore_native(system, Options(), Machine(tmp_path / "its", quick=False))) == expected


def test_without_any_compiler_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    with pytest.raises(NoCompiler, match=r"apt install gcc.*xcode-select --install.*pip install 'dfsrace\[native\]'"):
        builder(tmp_path)


def test_compilers_are_taken_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, words in (("tcc", ()), ("zig", ("cc",)), ("clang", ()), ("gcc", ()), ("cc", ())):
        path = script(tmp_path, "exit 1", name)
        assert find_compiler().command == (str(path), *words)


def test_cc_is_words_that_no_shell_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path / "a folder", f'printf "%s\\n" "$@" > {tmp_path}/arguments; exit 1')
    monkeypatch.setenv("CC", f"'{path}' -DA='b c' ; touch {tmp_path}/touched $(id)")
    with pytest.raises(CompilerFailed):
        builder(tmp_path / "cache").model(SOURCE)
    assert (tmp_path / "arguments").read_text().splitlines()[:5] == [
        "-DA=b c",
        ";",
        "touch",
        f"{tmp_path}/touched",
        "$(id)",
    ]
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("text", ["no-such-compiler -O2", "'unclosed", "/"])
def test_cc_that_is_no_program_is_said(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", text)
    with pytest.raises(NoCompiler, match=r"^CC="):
        builder(tmp_path)


def test_tcc_alone_explores_with_a_runtime_that_was_built_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("tcc")
    require("cc")
    system = load(MODEL)
    expected = compared(explore_native(system, Options(), Machine(tmp_path / "cache", quick=False)))
    monkeypatch.setenv("CC", "tcc")
    assert compared(explore_native(system, Options(), Machine(tmp_path / "cache"))) == expected
    with pytest.raises(NoCompiler, match="tcc cannot build what explores: install gcc"):
        explore_native(system, Options(), Machine(tmp_path / "empty"))
    assert quick_builder(builder(tmp_path)) is None


@pytest.mark.parametrize("platform", ["win32", "cygwin", "emscripten"])
def test_elsewhere_the_reference_engine_is_alone_and_it_is_said(platform: str, tmp_path: Path) -> None:
    with pytest.raises(NoCompiler, match="Linux and macOS: on this system the reference engine explores alone"):
        builder(tmp_path, platform)


def test_on_windows_a_check_answers_and_says_so(tmp_path: Path) -> None:
    """What that system lacks is taken away before anything is loaded."""
    program = (
        "import os, sys\n"
        "import click.testing, ctypes, pathlib, random, ruamel.yaml, subprocess, tempfile\n"
        "sys.platform = 'win32'\n"
        "sys.modules['resource'] = sys.modules['fcntl'] = None\n"
        "for name in ('getuid', 'uname', 'killpg', 'confstr', 'sched_getaffinity'):\n"
        "    delattr(os, name)\n"
        "from dfsrace.cli.app import run\n"
        "sys.exit(run(['check', *sys.argv[1:]]))\n"
    )
    variables = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}

    def done(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT, env=variables)

    auto = done("scripts/bench.yaml", "--reduce", "none", "--states", "1000000")
    assert auto.stdout.startswith("note      compiled code is for Linux and macOS:"), auto
    assert (auto.returncode, "states=1000000" in auto.stdout) == (3, True)
    native = done("seed-question", "--engine", "native")
    assert (native.returncode, native.stdout) == (2, "")
    assert "DR613" in native.stderr and "the reference engine explores alone" in native.stderr


@pytest.mark.parametrize("target", ["aarch64-linux-gnu", "aarch64-macos", "x86_64-macos"])
def test_the_runtime_compiles_for_every_machine_that_is_supported(target: str, tmp_path: Path) -> None:
    zig = packaged_zig().split()
    for file in build.RUNTIME_FILES:
        command = [
            *zig,
            "-target",
            target,
            "-std=gnu11",
            "-O2",
            "-DWORDS=2",
            "-Werror",
            "-c",
            "-o",
            str(tmp_path / "o"),
        ]
        done = subprocess.run([*command, str(RUNTIME / file)], capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr


def test_the_runtime_names_no_vector_instruction_of_one_machine() -> None:
    for file in RUNTIME.glob("*.[ch]"):
        text = file.read_text(encoding="utf-8")
        assert "immintrin" not in text and "arm_neon" not in text and "_mm_" not in text, file.name


# ---- the cache


def test_what_is_the_same_is_built_once(made: Builder, tmp_path: Path) -> None:
    first = made.model(SOURCE)
    assert made.known_model(SOURCE) == made.model(SOURCE) == first
    assert calls(tmp_path / "bin") == 1
    assert [file.name for file in made.folder.iterdir()] == [first.name]


def test_what_an_object_depends_on_is_in_its_name(made: Builder, tmp_path: Path) -> None:
    made.model(SOURCE)
    made.model(SOURCE + "\n")
    made.model(SOURCE, ("-g",))
    assert calls(tmp_path / "bin") == 3
    counting(tmp_path / "bin")  # the same text, but a newer program
    os.utime(tmp_path / "bin" / "cc", ns=(1, 1))
    builder(tmp_path / "cache").model(SOURCE)
    assert calls(tmp_path / "bin") == 4


@pytest.mark.parametrize("damage", ["short", "changed", "empty"])
def test_a_damaged_object_is_built_anew(damage: str, made: Builder, tmp_path: Path) -> None:
    path = made.model(SOURCE)
    whole = path.read_bytes()
    middle = len(whole) // 2
    changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"short": whole[:-1], "changed": changed, "empty": b""}[damage])
    assert made.known_model(SOURCE) is None
    assert made.model(SOURCE).read_bytes() == whole
    assert calls(tmp_path / "bin") == 2


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
@pytest.mark.parametrize("what", ["object", "folder"])
def test_what_others_can_write_is_refused(mode: int, what: str, made: Builder) -> None:
    path = made.model(SOURCE)
    (path if what == "object" else made.folder).chmod(mode)
    for wanted in (made.model, made.known_model):
        with pytest.raises(CompilerFailed, match="can be written by others than its user"):
            wanted(SOURCE)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("what", ["object", "folder"])
def test_what_belongs_to_another_is_refused(what: str, made: Builder) -> None:
    path = made.model(SOURCE)
    os.chown(path if what == "object" else made.folder, 12345, 12345)
    with pytest.raises(CompilerFailed, match="belongs to another user"):
        made.model(SOURCE)


def test_a_folder_of_another_is_not_even_built_in(made: Builder, tmp_path: Path) -> None:
    made.folder.mkdir()
    made.folder.chmod(0o777)
    with pytest.raises(CompilerFailed, match="can be written by others"):
        made.model(SOURCE)
    assert calls(tmp_path / "bin") == 0


def test_a_link_is_no_object(made: Builder, tmp_path: Path) -> None:
    path = made.model(SOURCE)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CompilerFailed, match="is no plain file"):
        made.model(SOURCE)


def test_where_nothing_can_be_kept_a_private_folder_serves(made: Builder, tmp_path: Path) -> None:
    made.folder.write_text("a file where a folder should be")
    path = made.model(SOURCE)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not path.is_relative_to(tmp_path)
    assert made.model(SOURCE) == made.known_model(SOURCE) == path
    assert calls(tmp_path / "bin") == 1


def test_a_private_folder_ends_with_its_process(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from dfsrace.engine.native.build import builder\n"
        f"print(builder(Path({str(tmp_path / 'file')!r})).model({SOURCE!r}))\n"
    )
    require("cc")
    (tmp_path / "file").touch()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert not Path(done.stdout.strip()).parent.exists()


def test_the_folder_is_bounded(tmp_path: Path) -> None:
    def make(place: Path) -> Path:
        (place / "object.so").write_bytes(os.urandom(1000))
        return place / "object.so"

    cache = Cache(tmp_path, largest=10_000, most=5)
    paths = [cache.build(f"model-{number:032}", make) for number in range(5)]
    for age, path in enumerate(paths):
        os.utime(path, (10**9 - age, 10**9 - age))
    assert cache.find(f"model-{4:032}") == paths[4]  # the oldest, used now
    newest = cache.build(f"model-{5:032}", make)
    assert set(tmp_path.iterdir()) == {*paths[:3], paths[4], newest}
    assert Cache(tmp_path, largest=2_500).build(f"model-{6:032}", make).exists()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2_500


def test_what_a_killed_process_left_is_removed_in_time(made: Builder) -> None:
    made.model(SOURCE)
    old, new = made.folder / ".building-old", made.folder / ".building-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "model.c").touch()
    os.utime(old, (1, 1))
    made.model(SOURCE, ("-g",))
    assert (old.exists(), new.exists()) == (False, True)


def test_two_processes_at_once_both_get_a_whole_object(tmp_path: Path) -> None:
    require("cc")
    program = (
        "import ctypes, sys, time\n"
        "from pathlib import Path\n"
        "from dfsrace.engine.native.build import builder\n"
        "made = builder(Path(sys.argv[1]))\n"
        "time.sleep(max(0.0, float(sys.argv[2]) - time.time()))\n"
        "for number in range(5):\n"
        "    library = ctypes.CDLL(str(made.model(f'const int model = {number};\\n')))\n"
        "    assert ctypes.c_int.in_dll(library, 'model').value == number\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "cache"), str(time.time() + 1)]
    running = [subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(process.communicate(timeout=120)[1], process.returncode) for process in running] == [("", 0)] * 2
    assert len(list((tmp_path / "cache").iterdir())) == 5


# ---- compilers that misbehave


def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Builder:
    monkeypatch.setenv("CC", str(script(tmp_path / "bin", body)))
    return builder(tmp_path / "cache")


def left(made: Builder) -> list[str]:
    return [file.name for file in made.folder.iterdir()]


def test_a_compiler_that_fails_says_why_in_one_harmless_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = broken(
        tmp_path, monkeypatch, r"printf 'note: \033[2J\nmodel.c:1: error: \033]0;x\007 no\nmore\n' >&2; exit 3"
    )
    with pytest.raises(CompilerFailed) as raised:
        made.model(SOURCE)
    text = str(raised.value)
    assert "(exit 3): model.c:1: error: " in text
    assert text.isprintable() and len(text) < 600
    assert left(made) == []


def test_a_compiler_that_makes_nothing_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CompilerFailed, match=r"failed \(exit 0\)$"):
        broken(tmp_path, monkeypatch, "exit 0").model(SOURCE)


def test_a_program_that_cannot_be_started_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = broken(tmp_path, monkeypatch, "")
    (tmp_path / "bin" / "cc").write_text("#!/no/such/interpreter\n")
    with pytest.raises(CompilerFailed, match="cannot be started"):
        made.model(SOURCE)


@pytest.mark.parametrize("deaf", ["", "trap '' TERM; "])
def test_a_compiler_that_hangs_is_ended_with_all_that_it_has_started(
    deaf: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = shutil.which("sleep")
    made = broken(tmp_path, monkeypatch, f"{deaf}{sleep} 300 & echo $! > {tmp_path}/pid; while :; do {sleep} 1; done")
    monkeypatch.setattr(build, "PATIENCE", 1.0)
    monkeypatch.setattr(build, "ENDING", 0.3)
    with pytest.raises(CompilerFailed, match="has not ended in 1 seconds"):
        made.model(SOURCE)
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            break
        time.sleep(0.05)
    else:
        pytest.fail("what the compiler has started goes on")
    assert left(made) == []


def test_a_compiler_that_prints_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = broken(tmp_path, monkeypatch, "while :; do echo 'error: again and again and again'; done")
    with pytest.raises(CompilerFailed, match="prints without end"):
        made.model(SOURCE)
    assert left(made) == []


def test_a_compiler_that_nobody_waits_for_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = broken(tmp_path, monkeypatch, f"exec {shutil.which('sleep')} 300")
    with pytest.raises(Cancelled):
        Builder(made.folder, made.compiler, made.for_steps, lambda: True).model(SOURCE)
    assert left(made) == []


def test_nothing_of_a_model_is_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require("cc")
    monkeypatch.setenv("CC", str(counting(tmp_path / "bin")))
    system = load(MODEL)
    explore_native(system, Options(), Machine(tmp_path / "cache", quick=False))
    words = (tmp_path / "bin" / "calls").read_text()
    assert "model.c" in words and "search.c" in words
    assert not re.findall("michael|textbook|" + "|".join(thread.name for thread in system.threads), words)
