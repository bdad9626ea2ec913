# SPDX-License-Identifier: GPL-2.0-only
"""The README is true: what it shows is what the commands print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import require
from tests.docs.console import Command, blocks, commands, difference

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
REFERENCE = ROOT / "dfsrace" / "language" / "README.md"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An empty folder to work in, and an environment in which `dfsrace` and `python3` are this project's."""
    place = tmp_path_factory.mktemp("desk")
    binaries = tmp_path_factory.mktemp("bin")
    for name, rest in (("dfsrace", "-m dfsrace "), ("python3", "")):
        script = binaries / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {rest}"$@"\n')
        script.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "120",
        "PYTHONIOENCODING": "utf-8",
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
    }
    return place, environment


def _run(command: Command, desk: tuple[Path, dict[str, str]]) -> list[str]:
    place, environment = desk
    done = subprocess.run(
        ["bash", "-c", command.text], cwd=place, env=environment, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return (done.stdout + done.stderr).splitlines()


def test_every_console_block_prints_what_it_shows(desk: tuple[Path, dict[str, str]]) -> None:
    wrong = []
    for block in blocks(README, "console"):
        for command in commands(block):
            departs = difference(command.output, _run(command, desk))
            if departs:
                wrong.append(f"$ {command.text}\n{departs}")
    assert not wrong, "\n\n".join(wrong)


def test_the_two_commands_are_the_scripts_of_this_folder() -> None:
    (two,) = blocks(README, "sh")
    assert [line.split()[0] for line in two] == ["scripts/dfsrace", "scripts/test"]
    for line in two:
        assert os.access(ROOT / line.split()[0], os.X_OK)
    assert (ROOT / "models" / f"{two[0].split()[-1]}.yaml").is_file()


def test_the_large_models_are_checked_in_compiled_code(desk: tuple[Path, dict[str, str]]) -> None:
    require("cc")
    (lines,) = blocks(README, "shell")
    made = blocks(README, "console")
    (cat,) = [command for block in made for command in commands(block) if command.text.startswith("cat > fix.yaml")]
    printed = _run(Command("\n".join(["set -e", cat.text, *lines])), desk)
    assert printed[0].startswith("RESULT model=textbook/michael-scott-queue verdict=holds")
    assert "exit code 12" in printed
    assert any(line.endswith("14 steps · 2 switches") for line in printed), printed


def test_the_python_tests_pass_as_they_stand(tmp_path: Path, desk: tuple[Path, dict[str, str]]) -> None:
    (settings,), (code,) = blocks(README, "ini"), blocks(README, "python")
    (tmp_path / "pytest.ini").write_text("\n".join(settings))
    (tmp_path / "test_models.py").write_text("\n".join(code))
    (tmp_path / "models" / "library").mkdir(parents=True)
    shutil.copy(ROOT / "models" / "2003-truncate-count" / "local-truncate.yaml", tmp_path / "models" / "fix.yaml")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "dfsrace.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=desk[1], capture_output=True, text=True, timeout=120)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_the_workflow_uses_inputs_that_the_action_has() -> None:
    yaml = YAML(typ="safe", pure=True)
    (workflow,) = blocks(README, "yml")
    action = yaml.load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = yaml.load("\n".join(workflow))["jobs"]["models"]["steps"]
    assert set(steps[-1]["with"]) <= set(action["inputs"])


def test_what_ci_runs_is_the_second_command() -> None:
    assert re.search(r"^exec timeout .* scripts/test <", (ROOT / ".ci" / "run").read_text(), re.M)


@pytest.mark.parametrize("document", [README, REFERENCE], ids=lambda d: str(d.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        assert "//" in target or (document.parent / target).exists(), target


def test_a_shown_line_that_was_not_printed_is_found() -> None:
    assert difference(["a", "…", "RESULT seconds=0.1 …"], ["a", "b", "c", "RESULT seconds=2.25 x"]) is None
    assert difference(["a", "c"], ["a", "b"]) is not None
    assert difference(["a"], ["a", "b"]) is not None
