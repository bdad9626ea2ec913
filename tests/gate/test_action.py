# SPDX-License-Identifier: GPL-2.0-only
"""The GitHub Action's steps, run by bash as the runner runs them, and the hook for pre-commit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML

from tests.installing import ROOT, copy_of_the_project, run

EXPRESSION = re.compile(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")
HOLDS = "model: One step\nstate:\n  x: 0..1\nthreads:\n  a: |\n    x = 1\n"
BROKEN = HOLDS + "invariants:\n  never_one: x == 0\n"


def read_yaml(name: str) -> Any:
    return YAML(typ="safe").load(ROOT / name)


ACTION: Mapping[str, Any] = read_yaml("action.yml")
STEPS: list[Mapping[str, Any]] = ACTION["runs"]["steps"]


@dataclass(frozen=True, slots=True)
class Ran:
    """A step's end: its exit code, what it printed, the outputs that it set, its summary."""

    code: int
    printed: str
    outputs: Mapping[str, str]
    summary: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job on a machine: its workspace, its temporary folder, and the folder that the action came in."""

    place: Path
    action: Path

    @property
    def workspace(self) -> Path:
        return self.place / "workspace"

    def step(self, number: int, **inputs: str) -> Ran:
        """Runs one step as the runner does: a script file, `bash -eo pipefail`, inputs in the step's environment."""
        step = STEPS[number]
        given = {name: inputs.get(name, str(one.get("default", ""))) for name, one in ACTION["inputs"].items()}
        variables = {
            name: EXPRESSION.sub(lambda found: given[found[1]], value) for name, value in step.get("env", {}).items()
        }
        files = {name: self.place / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_text("", encoding="utf-8")
        script = self.place / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        own = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={
                **own,
                **{name: str(file) for name, file in files.items()},
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_ACTION_PATH": str(self.action),
                "RUNNER_TEMP": str(self.place),
                "XDG_CACHE_HOME": str(self.place / "cache"),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        lines = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        printed = done.stdout + done.stderr
        return Ran(done.returncode, printed, outputs, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job in which dfsrace is this one, as if the first step had installed it."""
    (tmp_path / "workspace").mkdir()
    command = tmp_path / "dfsrace" / "bin" / "dfsrace"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m dfsrace "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return Job(tmp_path, ROOT)


def write(job: Job, **models: str) -> None:
    """Models in the workspace, by name and text."""
    for name, text in models.items():
        (job.workspace / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_no_script_has_an_expression_in_it() -> None:
    assert len(STEPS) == 2
    for step in STEPS:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_every_input_and_output_is_used_and_described() -> None:
    used = {name for step in STEPS for value in step["env"].values() for name in EXPRESSION.findall(value)}
    assert used == set(ACTION["inputs"])
    assert all(one["description"] for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    told = {f"${{{{ steps.{STEPS[1]['id']}.outputs.{name} }}}}" for name in ACTION["outputs"]}
    assert {one["value"] for one in ACTION["outputs"].values()} == told


def test_good_models_pass_and_leave_their_files(job: Job) -> None:
    write(job, good=HOLDS)
    ran = job.step(1)
    assert ran.code == 0, ran.printed
    assert ran.outputs == {"exit-code": "0", "junit": "dfsrace-junit.xml", "sarif": "dfsrace.sarif"}
    assert json.loads((job.workspace / "dfsrace.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert ElementTree.parse(job.workspace / "dfsrace-junit.xml").getroot().get("failures") == "0"
    assert "1 model, all as expected" in ran.summary
    assert "::error" not in ran.printed


def test_a_turned_verdict_fails_the_step_and_is_annotated_and_drawn(job: Job) -> None:
    write(job, good=HOLDS, bad=BROKEN)
    ran = job.step(1)
    assert ran.code == 10, ran.printed
    assert ran.outputs["exit-code"] == "10"
    assert "\n::error file=bad.yaml,line=6,title=unexpected" in ran.printed
    assert "```mermaid\nsequenceDiagram\n" in ran.summary
    (failure,) = ElementTree.parse(job.workspace / "dfsrace-junit.xml").getroot().iter("failure")
    assert "never_one" in (failure.get("message") or "")
    (result,) = json.loads((job.workspace / "dfsrace.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert result["ruleId"] == "property/never_one"


def test_paths_and_arguments_are_one_a_line(job: Job) -> None:
    (job.workspace / "a b").mkdir()
    (job.workspace / "a b" / "m.yaml").write_text(HOLDS, encoding="utf-8")
    write(job, good=HOLDS, bad=BROKEN)
    ran = job.step(1, paths="a b\n\ngood.yaml\n", args="--seconds=5\n--coverage\nstrict\n")
    assert ran.code == 0, ran.printed
    assert ran.outputs["exit-code"] == "0"


def test_no_model_is_code_2_and_names_no_file_that_is_not_there(job: Job) -> None:
    ran = job.step(1)
    assert ran.code == 2
    assert ran.outputs["exit-code"] == "2"


def test_empty_names_write_no_files(job: Job) -> None:
    write(job, good=HOLDS)
    ran = job.step(1, junit="", sarif="")
    assert ran.code == 0, ran.printed
    assert ran.outputs == {"exit-code": "0"}
    assert [path.name for path in job.workspace.iterdir()] == ["good.yaml"]


@pytest.mark.parametrize("name", ["paths", "args", "junit", "sarif"])
def test_inputs_are_never_run(job: Job, name: str) -> None:
    write(job, good=HOLDS)
    ran = job.step(1, **{name: '$(touch ran)`touch ran`"; touch ran; "'})
    assert not (job.workspace / "ran").exists()
    assert ran.outputs["exit-code"] in ("0", "2")


def test_a_name_with_a_line_feed_sets_no_output(job: Job) -> None:
    write(job, good=HOLDS)
    ran = job.step(1, sarif="x\nexit-code=0")
    assert ran.code == 2
    assert ran.outputs == {}


def test_a_python_that_is_too_old_is_said_to_be_so(job: Job) -> None:
    old = job.place / "old"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    ran = job.step(0, python=str(old))
    assert ran.code == 2
    assert "::error title=dfsrace::Python 3.11 or newer" in ran.printed


@pytest.mark.long
def test_the_action_installs_itself_from_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    job = Job(tmp_path, copy_of_the_project(tmp_path / "action"))
    installed = job.step(0, python=sys.executable)
    assert installed.code == 0, installed.printed
    write(job, good=HOLDS, bad=BROKEN)
    assert job.step(1).code == 10


def test_the_hook_is_as_pre_commit_wants_it(tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "pre_commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hook_runs_the_gate_over_all_models_when_a_yaml_file_changes() -> None:
    (hook,) = read_yaml(".pre-commit-hooks.yaml")
    assert (hook["id"], hook["language"], hook["require_serial"]) == ("dfsrace-gate", "python", True)
    assert (hook["entry"], hook["args"], hook["pass_filenames"]) == ("dfsrace gate --quiet", ["."], False)
    assert re.search(hook["files"], "models/a.yaml") and re.search(hook["files"], "b.yml")
    assert not re.search(hook["files"], "yaml.c")


@pytest.mark.long
def test_pre_commit_installs_the_hook_and_it_stops_a_commit(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    project, mine = copy_of_the_project(tmp_path / "project"), tmp_path / "mine"
    mine.mkdir()
    (mine / "bad.yaml").write_text(BROKEN, encoding="utf-8")
    for folder in (project, mine):
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "--no-verify", "-m", "all")):
            assert run(*git, *words, cwd=folder).returncode == 0
    hook = (sys.executable, "-m", "pre_commit", "try-repo", project, "dfsrace-gate", "--all-files", "--verbose")
    done = run(*hook, cwd=mine, PRE_COMMIT_HOME=str(tmp_path / "home"), XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "exit code: 10" in done.stdout
    assert "never_one" in done.stdout
