# SPDX-License-Identifier: GPL-2.0-only
"""The house stays small, quiet and portable: budgets, who may print, what start-up loads, what files may say.

The floors themselves are import-linter's (pyproject.toml, run by scripts/test).
"""

from __future__ import annotations

import ast
import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "dfsrace"
SPDX = "SPDX-License-Identifier: GPL-2.0-only"

LINES_IN_A_FILE = 400
LINES_IN_A_FUNCTION = 60
ARGUMENTS = 6

# Below cli clock and environment arrive in the Options value; these are the known exceptions.
MAY_ASK_THE_MACHINE = {"engine/native/build.py", "engine/memory.py", "engine/resources.py"}

NOT_OURS = {".git", ".hypothesis", "__pycache__", "build", "dist", "node_modules"}


def is_ours(path: Path) -> bool:
    """Whether a file belongs to the project, not to a cache, an environment or a build."""
    parts = path.relative_to(ROOT).parts
    return not any(part in NOT_OURS or part.startswith(".venv") or part.endswith("_cache") for part in parts)


@functools.cache
def project_files() -> tuple[Path, ...]:
    """All files of the project, also where there is no git to ask."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if is_ours(Path(folder, name)))
        found += [path for name in sorted(files) if is_ours(path := Path(folder, name)) and path.is_file()]
    return tuple(path for path in found if not path.name.startswith(".coverage"))


def names(path: Path) -> str:
    """A file's name as the reader knows it, from the project's root."""
    return path.relative_to(ROOT).as_posix()


def python_files() -> list[Path]:
    """The package's modules and the Python scripts."""
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file() and b"python" in first_line(path)]
    return sorted([*(path for path in PACKAGE.rglob("*.py") if is_ours(path)), *scripts])


def first_line(path: Path) -> bytes:
    """The first line of a file."""
    with path.open("rb") as file:
        return file.readline()


@functools.cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def argument_count(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """What a caller has to know: all arguments but self and cls."""
    arguments = function.args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if listed and listed[0].arg in ("self", "cls"):
        listed = listed[1:]
    return len(listed) + (arguments.vararg is not None) + (arguments.kwarg is not None)


def below_cli(path: Path) -> bool:
    """Whether a file is of the package, on a floor under the command line."""
    return path.is_relative_to(PACKAGE) and not path.is_relative_to(PACKAGE / "cli")


def called_name(node: ast.AST) -> str | None:
    """The dotted name of what a call calls, None for anything else."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else None


def test_there_is_a_package_to_measure() -> None:
    assert len(python_files()) > 20
    assert PACKAGE / "__init__.py" in python_files()
    assert ROOT / "scripts" / "bench" in python_files()
    assert ROOT / "pyproject.toml" in project_files()


def test_no_file_is_longer_than_400_lines() -> None:
    sizes = {names(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {name: size for name, size in sizes.items() if size > LINES_IN_A_FILE} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    too_long = {}
    for path in python_files():
        for function in functions(parsed(path)):
            size = (function.end_lineno or function.lineno) - function.lineno + 1
            if size > LINES_IN_A_FUNCTION:
                too_long[f"{names(path)}:{function.lineno} {function.name}"] = size
    assert too_long == {}


def test_no_function_takes_more_than_6_arguments() -> None:
    too_many = {}
    for path in python_files():
        for function in functions(parsed(path)):
            count = argument_count(function)
            if count > ARGUMENTS:
                too_many[f"{names(path)}:{function.lineno} {function.name}"] = count
    assert too_many == {}


def test_no_function_changes_a_global() -> None:
    guilty = [
        f"{names(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Global)
    ]
    assert guilty == []


def test_nothing_below_cli_prints() -> None:
    printers = {"print", "sys.stdout.write", "sys.stderr.write", "sys.exit", "exit", "os._exit", "warnings.warn"}
    guilty = [
        f"{names(path)}:{node.lineno} {called_name(node)}"
        for path in python_files()
        if below_cli(path)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and called_name(node) in printers
    ]
    assert guilty == []


def asks_the_machine(node: ast.AST) -> bool:
    """Whether a node reads the environment, or calls a clock: an Options value may hold one, for others to call."""
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) in {"os.environ", "os.getenv", "sys.argv", "sys.stdin"}
    return called_name(node) in {"time.time", "time.monotonic", "time.perf_counter", "monotonic", "perf_counter"}


def test_nothing_below_cli_reads_the_environment_or_the_clock() -> None:
    guilty = [
        f"{names(path)}:{getattr(node, 'lineno', 0)}"
        for path in python_files()
        if below_cli(path) and path.relative_to(PACKAGE).as_posix() not in MAY_ASK_THE_MACHINE
        for node in ast.walk(parsed(path))
        if asks_the_machine(node)
    ]
    assert guilty == []


def test_no_exception_is_swallowed_whole() -> None:
    guilty = [
        f"{names(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body)
    ]
    assert guilty == []


def test_no_module_hides_an_offered_name() -> None:
    offered = {"check", "load", "replay", "Report"}
    homes = {path.stem for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"}
    assert offered & homes == set()


def carries_a_licence(path: Path) -> bool:
    """Whether a file is source, by its ending or by its `#!` line, and so must name its licence."""
    if path.suffix in (".py", ".yaml", ".yml", ".toml", ".sh", ".c", ".h") or path.name in (".gitignore", "run"):
        return True
    return path.suffix == "" and first_line(path).startswith(b"#!")


def test_every_source_file_names_its_licence_first() -> None:
    sources = [path for path in project_files() if carries_a_licence(path)]
    assert len(sources) > 20
    bare = []
    for path in sources:
        lines = path.read_text(encoding="utf-8").splitlines()
        head = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
        if not head or SPDX not in head[0]:
            bare.append(names(path))
    assert bare == []


def test_the_licence_is_there_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "Version 2, June 1991" in text
    assert "END OF TERMS AND CONDITIONS" in text


# Put together so that this file does not find itself.
FOREIGN_PLACES = re.compile(r"(?<![\w.<>}])/(?:" + "|".join(("work", "root", "home", "Users")) + r")/|\.\./" + "shared")


@pytest.mark.parametrize("text", ["see /" + "work/x", "'/" + "home/me/a.yaml'", "../" + "shared/design"])
def test_foreign_places_are_recognised(text: str) -> None:
    assert FOREIGN_PLACES.search(text)


def test_no_file_names_a_place_outside_the_project() -> None:
    guilty = []
    for path in project_files():
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if FOREIGN_PLACES.search(line):
                guilty.append(f"{names(path)}:{number}: {line.strip()[:80]}")
    assert guilty == []


def loaded_by(*arguments: str) -> set[str]:
    """The modules that a run of the command loads."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dfsrace", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    rows = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {row.rsplit("|", 1)[1].strip() for row in rows}


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--help",), *((word, "--help") for word in ("check", "gate", "graph", "report", "play"))],
)
def test_start_up_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(*arguments)
    assert "dfsrace.cli" in loaded
    heavy = {"networkx", "textual", "hypothesis", "rich.table", "ruamel.yaml", "importlib.metadata", "dfsrace.engine"}
    assert loaded & heavy == set()


def test_importing_the_package_loads_none_of_it() -> None:
    shown = "import sys, dfsrace; print(*sorted(name for name in sys.modules if name.startswith('dfsrace')))"
    run = subprocess.run([sys.executable, "-c", shown], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["dfsrace"]


@pytest.mark.parametrize("name", ["check", "load", "replay", "Report"])
def test_each_offered_name_is_there(name: str) -> None:
    used = f"import dfsrace; assert callable(dfsrace.{name}); assert dfsrace.{name} is dfsrace.{name}"
    subprocess.run([sys.executable, "-c", used], cwd=ROOT, check=True)


def test_a_name_that_is_not_offered_is_an_attribute_error() -> None:
    used = "import dfsrace; dfsrace.nothing"
    run = subprocess.run([sys.executable, "-c", used], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "AttributeError: module 'dfsrace' has no attribute 'nothing'" in run.stderr
