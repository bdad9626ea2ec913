# SPDX-License-Identifier: GPL-2.0-only
"""Annotations and SARIF name files from the repository's root, wherever the gate ran, and in the file that is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.gate.formats.test_github import Command, command
from tests.gate.running import LOST, PIECE, TYPO, USES_PIECE, gate, model

BAD_PIECE = PIECE.replace("n = 1", "n = 3")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a folder for models and one for pieces; its cache lies beside it."""
    for name in ("models", "pieces"):
        (tmp_path / "repository" / name).mkdir(parents=True)
    return tmp_path / "repository"


def commands(*arguments: str | Path, cwd: Path, workspace: Path | str) -> list[Command]:
    """The annotations of a run."""
    done = gate("--github", *arguments, cwd=cwd, variables={"GITHUB_WORKSPACE": str(workspace)})
    return [command(line) for line in done.stdout.splitlines() if line.startswith("::error ")]


def places(*arguments: str | Path, cwd: Path, workspace: Path | str) -> list[tuple[str, str]]:
    """File and line of each annotation."""
    found = commands(*arguments, cwd=cwd, workspace=workspace)
    return [(one.properties["file"], one.properties["line"]) for one in found]


def sarif(*arguments: str | Path, cwd: Path, workspace: Path | str) -> dict[str, Any]:
    """The run of a SARIF log."""
    gate("--sarif", "out.sarif", *arguments, cwd=cwd, variables={"GITHUB_WORKSPACE": str(workspace)})
    (run,) = json.loads((cwd / "out.sarif").read_text(encoding="utf-8"))["runs"]
    found: dict[str, Any] = run
    return found


def artifacts(value: Any) -> set[tuple[str, str]]:
    """Each file that something in a SARIF log names, with its base."""
    if isinstance(value, list):
        return {one for each in value for one in artifacts(each)}
    if not isinstance(value, dict):
        return set()
    if "artifactLocation" in value:
        artifact = value["artifactLocation"]
        return {(artifact["uri"], artifact.get("uriBaseId", ""))}
    return {one for each in value.values() for one in artifacts(each)}


def test_files_are_named_from_the_workspace_wherever_the_gate_runs(repository: Path) -> None:
    models = repository / "models"
    model(models, LOST)
    inside = {"cwd": models, "workspace": repository}
    for path in (".", "m.yaml", models, models / "m.yaml", "../models"):
        ((file, line),) = places(path, **inside)
        assert (file, int(line) > 1) == ("models/m.yaml", True), path
        assert artifacts(sarif(path, **inside)) == {("models/m.yaml", "%SRCROOT%")}, path


def test_without_a_workspace_files_are_named_from_the_current_folder(repository: Path) -> None:
    model(repository / "models", LOST)
    for workspace in ("", "relative"):
        assert [file for file, _ in places(".", cwd=repository, workspace=workspace)] == ["models/m.yaml"]
        found = sarif(".", cwd=repository, workspace=workspace)
        assert artifacts(found["results"]) == {("models/m.yaml", "%SRCROOT%")}


def test_a_file_outside_the_workspace_keeps_its_name_and_is_no_file_of_the_root(repository: Path) -> None:
    outside = {"cwd": repository / "models", "workspace": repository / "pieces"}
    model(repository / "models", LOST)
    assert [file for file, _ in places(".", **outside)] == ["m.yaml"]
    uri = (repository / "models" / "m.yaml").as_uri()
    assert artifacts(sarif(".", **outside)["results"]) == {(uri, "")}


def test_a_workspace_may_be_reached_through_a_link(repository: Path, tmp_path: Path) -> None:
    model(repository / "models", LOST)
    (tmp_path / "link").symlink_to(repository)
    for path, workspace in ((tmp_path / "link" / "models", repository), (".", tmp_path / "link")):
        found = places(path, cwd=repository / "models", workspace=workspace)
        assert [file for file, _ in found] == ["models/m.yaml"], path


def test_the_fingerprint_of_a_result_is_the_same_wherever_the_gate_runs(repository: Path) -> None:
    model(repository / "models", LOST)
    runs = [sarif(".", cwd=cwd, workspace=repository) for cwd in (repository, repository / "models")]
    first, second = (run["results"][0]["partialFingerprints"] for run in runs)
    assert first == second


@pytest.mark.parametrize("workspace", [True, False])
def test_a_trace_that_is_wholly_in_an_include_is_shown_there(workspace: bool, repository: Path) -> None:
    model(repository, BAD_PIECE, "pieces/piece.yaml")
    model(repository, USES_PIECE.replace("piece.yaml", "../pieces/piece.yaml"), "models/m.yaml")
    top = repository if workspace else ""
    assert places("models", cwd=repository, workspace=top) == [("pieces/piece.yaml", "5")]
    (result,) = sarif("models", cwd=repository, workspace=top)["results"]
    assert artifacts(result) == {("pieces/piece.yaml", "%SRCROOT%")}
    if workspace:
        assert places(".", cwd=repository / "models", workspace=top) == [("pieces/piece.yaml", "5")]


def test_a_piece_of_a_library_folder_is_named_by_its_path(repository: Path) -> None:
    model(repository, BAD_PIECE, "pieces/vm.yaml")
    model(repository, USES_PIECE.replace("piece.yaml", "vm"), "models/m.yaml")
    here = {"cwd": repository, "workspace": repository}
    assert places("models", "--library", "pieces", **here) == [("pieces/vm.yaml", "5")]
    (result,) = sarif("models", "--library", "pieces", **here)["results"]
    assert artifacts(result) == {("pieces/vm.yaml", "%SRCROOT%")}


@pytest.mark.parametrize("workspace", [True, False])
def test_a_trace_in_an_include_outside_the_root_is_shown_at_the_models_first_line(
    workspace: bool, repository: Path
) -> None:
    models = repository / "models"
    model(repository, BAD_PIECE, "pieces/piece.yaml")
    model(models, USES_PIECE.replace("piece.yaml", "../pieces/piece.yaml"))
    assert places(".", cwd=models, workspace=models if workspace else "") == [("m.yaml", "1")]


def test_an_error_in_an_include_is_named_from_the_workspace(repository: Path) -> None:
    model(repository, PIECE.replace("n = 1", "n = nothing"), "pieces/piece.yaml")
    model(repository, USES_PIECE.replace("piece.yaml", "../pieces/piece.yaml"), "models/m.yaml")
    inside = {"cwd": repository / "models", "workspace": repository}
    assert places("m.yaml", **inside) == [("pieces/piece.yaml", "5")]
    assert artifacts(sarif("m.yaml", **inside)["results"]) == {("pieces/piece.yaml", "%SRCROOT%")}


def test_a_model_that_is_called_like_a_library_file_is_the_repositorys(repository: Path) -> None:
    model(repository, TYPO, "vm.yaml")
    model(repository, LOST, "cluster.yaml")
    found = sarif(".", cwd=repository, workspace=repository)
    assert artifacts(found["results"]) == {("vm.yaml", "%SRCROOT%"), ("cluster.yaml", "%SRCROOT%")}
