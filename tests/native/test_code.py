# SPDX-License-Identifier: GPL-2.0-only
"""Generated code: nothing of the model's own words is in it, and the same model gives the same text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.diagnostics import Span
from dfsrace.engine.native import CompilerFailed, Machine, explore_native
from dfsrace.engine.native.build import builder
from dfsrace.engine.native.generate import RUNTIME, comment, generate
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.reference import explore
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from tests.native.comparing import compared
from tests.native.test_equal import PROJECT, load

HOSTILE = """
model: "*/ system(\\"id\\"); /*"
types:
  Xevilq: [Xunionq, Xasmq]
  Xpageq: pool(2)
state:
  Xevilq.Xgotoq: bool
  Xmainq: Xpageq | None
  Xlockq: spinlock
procedures: |
  def Xexecq(Xintq: Xevilq):
      Xlabelq = alloc(Xpageq)
      with Xlockq:
          Xintq.Xgotoq = True
          Xmainq = Xlabelq
      assert not Xintq.Xgotoq, "*/ %n #include {Xintq}"
threads:
  Xthreadq: Xexecq(Xasmq)
invariants:
  Xinvariantq: Xmainq is None
"""
MODEL = PROJECT / "models/2003-truncate-count/dfs.yaml"
NONE = Options(reductions=frozenset())


def system_of(text: str, name: str = "m.yaml") -> System:
    return load_model(ModelSource(name, None, text), [], {}).system


def test_no_name_of_the_model_is_in_the_code() -> None:
    source = generate(system_of(HOSTILE), None, frozenset(REDUCTIONS)).source
    model = source.split("#define FAIL", 1)[1]
    assert not re.findall(r"X[a-z]+q|system\(|%n|include", model)
    assert source.isascii()


def test_a_comment_names_file_and_line_and_cannot_be_left() -> None:
    assert comment(Span("a.yaml", 7, 1, 7, 2)) == "/* a.yaml line 7 */"
    hostile = comment(Span("*/ int main;\n??/\\\u202e/*.yaml", 7, 1, 7, 2))
    assert re.fullmatch(r"/\* [A-Za-z0-9_.-]+ line 7 \*/", hostile)


def test_the_same_text_on_every_run() -> None:
    program = (
        "from dfsrace.language import ModelSource, load_model\n"
        "from dfsrace.engine.native.generate import generate\n"
        "from pathlib import Path\n"
        f"system = load_model(ModelSource.of(Path({str(MODEL)!r})), [], {{}}).system\n"
        "print(generate(system, None, frozenset(('pools', 'stamps', 'threads'))).source)\n"
    )
    texts = set()
    for seed in ("0", "1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PROJECT, env=environment
        )
        texts.add(done.stdout)
    assert len(texts) == 1


def test_objects_are_built_once(tmp_path: Path, quick: Machine) -> None:
    machine = Machine(tmp_path / "cache", quick=True)
    first = explore_native(load(MODEL), NONE, machine)
    built = {file.name: file.stat().st_ino for file in (tmp_path / "cache").iterdir()}
    assert len(built) == 2
    assert compared(explore_native(load(MODEL), NONE, machine)) == compared(first)
    assert built == {file.name: file.stat().st_ino for file in (tmp_path / "cache").iterdir()}


def test_an_object_that_others_can_write_is_not_loaded(tmp_path: Path, quick: Machine) -> None:
    machine = Machine(tmp_path / "cache", quick=True)
    explore_native(load(MODEL), NONE, machine)
    for file in (tmp_path / "cache").iterdir():
        file.chmod(0o777)
    with pytest.raises(CompilerFailed, match="others"):
        explore_native(load(MODEL), NONE, machine)


@pytest.mark.parametrize("model", ["2003-linux-2.6/two-faults-and-truncate", "textbook/seqlock-readers"])
def test_a_table_that_collides_and_grows_all_the_time(model: str, quick: Machine) -> None:
    system = load(PROJECT / "models" / f"{model}.yaml")
    options = replace(NONE, states=2_000)
    expected = explore_native(system, options, quick)
    crowded = replace(quick, first_slots=2, runtime_flags=("-DTEST_COLLIDE",))
    assert compared(explore_native(system, options, crowded)) == compared(expected)


def test_the_runtime_compiles_without_a_warning(tmp_path: Path, quick: Machine) -> None:
    compiler = builder(tmp_path).compiler.path
    for words in ("1", "2", "3"):
        flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-std=gnu11", "-pthread", f"-DWORDS={words}", "-c"]
        for file in sorted(set(RUNTIME.glob("*.c")) - {RUNTIME / "standalone.c"}):  # that is a part of a whole
            command = [compiler, *flags, "-o", str(tmp_path / "out.o"), str(file)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert not done.returncode, done.stderr


def test_generated_code_compiles_with_every_warning_that_matters(tmp_path: Path, quick: Machine) -> None:
    compiler = builder(tmp_path).compiler.path
    file = tmp_path / "model.c"
    file.write_text(generate(load(MODEL), None, frozenset(REDUCTIONS)).source, encoding="ascii")
    flags = [
        "-std=gnu11",
        "-Wall",
        "-Werror",
        "-Wno-unused",
        "-Wno-parentheses",
        "-O1",
        "-c",
        "-o",
        str(tmp_path / "o"),
    ]
    done = subprocess.run([compiler, *flags, str(file)], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


@pytest.mark.parametrize("sanitizer", ["address,undefined"])
def test_under_a_sanitizer(sanitizer: str, tmp_path: Path, quick: Machine) -> None:
    """In a process of its own, because the sanitizer's library has to be loaded first."""
    compiler = builder(tmp_path).compiler.path
    name = "libasan.so"
    found = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    library = found.stdout.strip()
    if library == name:
        pytest.skip("the compiler has no sanitizer")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from dfsrace.engine.native import Machine, explore_native\n"
        "from dfsrace.engine.options import Options\n"
        "from dfsrace.language import ModelSource, load_model\n"
        "for file in sys.argv[2:]:\n"
        "    system = load_model(ModelSource.of(Path(file)), [], {}).system\n"
        f"    flags = ('-fsanitize={sanitizer}', '-fno-sanitize-recover=all', '-g')\n"
        "    machine = Machine(Path(sys.argv[1]), first_slots=2, runtime_flags=flags, model_flags=flags)\n"
        "    for reductions in (frozenset(), frozenset(('pools', 'stamps', 'threads'))):\n"
        "        outcome = explore_native(system, Options(reductions=reductions, states=20000), machine)\n"
        "        print(outcome.states)\n"
    )
    models = ["2003-truncate-lock/seed-question", "textbook/michael-scott-queue", "2003-two-counters/dfs"]
    files = [str(PROJECT / "models" / f"{model}.yaml") for model in models]
    environment = {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0"}
    command = [sys.executable, "-c", program, str(tmp_path / "cache"), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT, env=environment)
    assert not done.returncode, done.stderr[-3000:]
    assert [int(line) for line in done.stdout.split()] == [
        explore(load(Path(file)), Options(reductions=reductions)).states
        for file in files
        for reductions in (frozenset[str](), frozenset(REDUCTIONS))
    ]
