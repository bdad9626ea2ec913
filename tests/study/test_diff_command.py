# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace diff` as a process: files, git revisions, formats, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dfsrace.cli.revisions import split
from tests.cli.running import ENDLESS, HOLDS, LOST, dfsrace, model

PIECE = "types: {Count: 0..3}\nstate: {n: Count}\nprocedures: |\n  def count():\n      n = 1\n"
USES_PIECE = "model: Uses a piece\ninclude: [piece.yaml]\nthreads: {a: count()}\n"
FROM_LIBRARY = "model: Uses a library\ninclude: [piece]\nthreads: {a: count()}\n"

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")


def git(folder: Path, *words: str) -> None:
    """git in a folder, as nobody in particular and without anybody's settings."""
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, env={**os.environ, **quiet})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, a model, a piece and a library, all of which have changed since."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "lib").mkdir()
    model(tmp_path, HOLDS)
    for folder in ("sub", "lib"):
        model(tmp_path / folder, PIECE, "piece.yaml")
    model(tmp_path / "sub", USES_PIECE, "uses.yaml")
    model(tmp_path, FROM_LIBRARY, "from_library.yaml")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "tag", "v1")
    model(tmp_path, LOST)
    for folder in ("sub", "lib"):
        model(tmp_path / folder, PIECE.replace("n = 1", "n = 2"), "piece.yaml")
    return tmp_path


# ---- files


def test_the_same_is_0_and_says_so(tmp_path: Path) -> None:
    old = model(tmp_path, HOLDS, "old.yaml")
    done = dfsrace("diff", old, model(tmp_path, HOLDS, "new.yaml"), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("old → new: the same\n")


def test_what_differs_is_10_and_shows_the_trace(tmp_path: Path) -> None:
    old = model(tmp_path, HOLDS, "old.yaml")
    done = dfsrace("diff", old, model(tmp_path, LOST, "new.yaml"), cwd=tmp_path)
    assert done.returncode == 10
    assert done.stdout.startswith("old → new: holds → violated\n")
    assert "Only NEW can end with\n  x = 1\n" in done.stdout
    assert "Only NEW: violates both_count" in done.stdout
    assert "x = x + 1" in done.stdout


def test_what_could_not_be_compared_is_3(tmp_path: Path) -> None:
    path = model(tmp_path, ENDLESS)
    done = dfsrace("diff", path, path, "--states", "2000", cwd=tmp_path)
    assert done.returncode == 3
    assert "Not known: OLD: the search is not complete" in done.stdout


def test_json_has_all_facts(tmp_path: Path) -> None:
    old = model(tmp_path, HOLDS, "old.yaml")
    done = dfsrace("diff", old, model(tmp_path, LOST, "new.yaml"), "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (found["same"], found["decided"]) == (False, True)
    assert (found["old"]["verdict"], found["new"]["verdict"]) == ("holds", "violated")
    assert found["outcomes"]["only_new"] == [{"x": "1"}]
    schedule = found["traces"][0]["schedule"]
    replayed = dfsrace("replay", "new.yaml", "--schedule", schedule, cwd=tmp_path)
    assert "VIOLATES both_count" in replayed.stdout


def test_markdown_folds_the_traces_and_keeps_foreign_text_apart(tmp_path: Path) -> None:
    hostile = LOST.replace("    holds: x == 2\n", "    holds: x == 2\n    says: '``` </details> <script>'\n")
    old = model(tmp_path, HOLDS, "old.yaml")
    new = model(tmp_path, hostile, "n*w <b>.yaml")
    done = dfsrace("diff", old, new, "--format", "markdown", "-o", "comment.md", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (10, "")
    written = (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert written.startswith("### old → n\\*w &lt;b&gt;: holds → violated\n")
    assert "| both_count | **holds** | **violated, 4 steps** |" in written
    assert written.count("\n</details>\n") == written.count("<details>") == 2
    assert written.count("\n````text\n") == written.count("\n````\n") == 2
    assert "<script>" in written.partition("````text")[2]
    assert "<script>" not in written.partition("````text")[0]


def test_the_result_is_not_written_over_a_model(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    done = dfsrace("diff", path, path, "-o", path, cwd=tmp_path)
    assert done.returncode == 2
    assert path.read_text(encoding="utf-8") == HOLDS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m.yaml"], "name two models, or one with --git REV"),
        (["m.yaml", "m.yaml", "--git", "HEAD"], "name two models, or one with --git REV"),
        (["m.yaml", "nowhere.yaml"], "no file and no shipped model"),
        ([":m.yaml", "m.yaml"], "is no REV:PATH"),
    ],
)
def test_wrong_command_lines_are_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = dfsrace("diff", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_file_with_a_colon_in_its_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert split("HEAD:m.yaml") == ("HEAD", "m.yaml")
    model(tmp_path, HOLDS, "HEAD:m.yaml")
    assert split("HEAD:m.yaml") is None


# ---- git


@needs_git
def test_a_file_as_it_was_and_as_it_is(repository: Path) -> None:
    done = dfsrace("diff", "--git", "v1", "m.yaml", cwd=repository)
    assert done.returncode == 10
    assert done.stdout.startswith("v1:m.yaml → m: holds → violated\n")


@needs_git
def test_two_revisions_of_a_file(repository: Path) -> None:
    git(repository, "commit", "-q", "-a", "-m", "second")
    assert dfsrace("diff", "v1:m.yaml", "HEAD:m.yaml", cwd=repository).returncode == 10
    assert dfsrace("diff", "HEAD~1:m.yaml", "v1:m.yaml", cwd=repository).returncode == 0


@needs_git
def test_what_a_model_includes_is_of_its_revision(repository: Path) -> None:
    done = dfsrace("diff", "--git", "HEAD", "uses.yaml", cwd=repository / "sub")
    assert done.returncode == 10
    assert "Only OLD can end with\n  n = 1\n" in done.stdout
    assert "Only NEW can end with\n  n = 2\n" in done.stdout


@needs_git
def test_so_is_a_library_that_lies_in_the_repository(repository: Path) -> None:
    done = dfsrace("diff", "--git", "HEAD", "from_library.yaml", "--library", "lib", cwd=repository)
    assert done.returncode == 10
    assert "Only OLD can end with\n  n = 1\n" in done.stdout


@needs_git
def test_a_path_from_the_root_is_found_from_anywhere_and_so_is_a_file_that_is_gone(repository: Path) -> None:
    (repository / "sub" / "uses.yaml").unlink()
    done = dfsrace("diff", "v1:sub/uses.yaml", "v1:uses.yaml", cwd=repository / "sub")
    assert done.returncode == 0, done.stderr


@needs_git
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nowhere:m.yaml", "git knows no revision"),
        ("-x:m.yaml", "no such option"),
        ("v1:other.yaml", "has no YAML file 'other.yaml'"),
        ("v1:../m.yaml", "not a git repository"),
        ("v1^{tree}:m.yaml", "git knows no revision"),
    ],
)
def test_what_git_does_not_have_is_2(word: str, said: str, repository: Path) -> None:
    done = dfsrace("diff", word, "m.yaml", cwd=repository)
    assert done.returncode == 2
    assert said in done.stderr.lower() or said in done.stderr


@needs_git
def test_a_revision_that_looks_like_an_option_reaches_no_git(repository: Path) -> None:
    done = dfsrace("diff", "m.yaml", "--git=--upload-pack=touch x", cwd=repository)
    assert done.returncode == 2
    assert "is no revision" in done.stderr
    assert not (repository / "x").exists()


@needs_git
def test_links_in_a_revision_lead_nowhere(repository: Path) -> None:
    (repository / "link.yaml").symlink_to("/etc/hostname")
    git(repository, "add", "link.yaml")
    git(repository, "commit", "-q", "-m", "a link")
    done = dfsrace("diff", "HEAD:link.yaml", "m.yaml", cwd=repository)
    assert done.returncode == 2
    assert "has no YAML file" in done.stderr


@needs_git
def test_without_a_repository_a_revision_is_2(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = dfsrace("diff", "--git", "HEAD", "m.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "not a git repository" in done.stderr
