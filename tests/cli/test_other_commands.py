# SPDX-License-Identifier: GPL-2.0-only
"""show, models, new, explain, export, help and completion."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import dfsrace as package
from dfsrace.cli.models import title_of
from dfsrace.diagnostics.codes import CODES
from dfsrace.language.document import ModelSource, read_model
from tests.cli.running import HOLDS, ROOT, dfsrace, model

COMMANDS = (
    "check",
    "report",
    "graph",
    "gate",
    "replay",
    "play",
    "show",
    "models",
    "new",
    "explain",
    "export",
    "compile",
    "compare",
    "cost",
    "sweep",
    "mutate",
    "diff",
)
MODELS = ROOT / "models"
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert dfsrace("--version", cwd=tmp_path).stdout == f"dfsrace {package.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_examples(command: str, tmp_path: Path) -> None:
    done = dfsrace(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"  dfsrace {command}" in done.stdout.partition("Examples:")[2]
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_help_without_a_command_lists_them_all(tmp_path: Path) -> None:
    done = dfsrace("--help", cwd=tmp_path)
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)
    assert "Exit codes" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_completion(shell: str, tmp_path: Path) -> None:
    done = dfsrace(cwd=tmp_path, variables={"_DFSRACE_COMPLETE": f"{shell}_source"})
    assert "_DFSRACE_COMPLETE" in done.stdout


def test_completion_knows_the_shipped_models(tmp_path: Path) -> None:
    words = {"_DFSRACE_COMPLETE": "bash_complete", "COMP_WORDS": "dfsrace check seed", "COMP_CWORD": "2"}
    assert "2003-truncate-lock/seed-question" in dfsrace(cwd=tmp_path, variables=words).stdout


# ---- models


def test_models_lists_path_verdict_and_title_of_every_model(tmp_path: Path) -> None:
    lines = dfsrace("models", cwd=tmp_path).stdout.splitlines()
    assert len(lines) == len(list(MODELS.glob("*/*.yaml")))
    for line in lines:
        path, verdict, title = line.split(maxsplit=2)
        name = Path(path).relative_to(MODELS).with_suffix("").as_posix()
        assert verdict == MANIFEST.get(name, {"verdict": "unknown"})["verdict"]
        assert title


def test_a_path_that_models_prints_can_be_checked(tmp_path: Path) -> None:
    (line,) = dfsrace("models", "seed-question", cwd=tmp_path).stdout.splitlines()
    assert dfsrace("check", "-q", line.split()[0], cwd=tmp_path).returncode == 12


@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_the_title_that_models_prints_is_the_models(name: str) -> None:
    path = MODELS / f"{name}.yaml"
    assert title_of(path) == read_model(ModelSource.of(path), [], {}).title


# ---- new


def test_a_new_model_checks_at_once(tmp_path: Path) -> None:
    made = dfsrace("new", "my-race", cwd=tmp_path)
    assert (made.returncode, made.stdout) == (0, "wrote my-race.yaml; now: dfsrace check my-race.yaml\n")
    checked = dfsrace("check", "my-race.yaml", cwd=tmp_path)
    assert checked.returncode == 0
    assert "my-race   HOLDS (as expected)" in checked.stdout
    assert "every statement ran, and every test went both ways" in checked.stdout


def test_a_new_model_does_what_its_comments_promise(tmp_path: Path) -> None:
    dfsrace("new", "mine", cwd=tmp_path)
    path = tmp_path / "mine.yaml"
    text = path.read_text(encoding="utf-8")
    assert dfsrace("check", path, "--set", "PAGES=2", cwd=tmp_path).returncode == 0
    assert "take out `with cache_lock:` in lookup" in text
    path.write_text(text.replace("      with cache_lock:", "      if True:", 1), encoding="utf-8")
    broken = dfsrace("check", path, cwd=tmp_path)
    assert broken.returncode == 12
    assert "page 0 is mapped, but truncate has removed it" in broken.stdout


def test_a_new_model_belongs_to_its_user(tmp_path: Path) -> None:
    dfsrace("new", "mine", cwd=tmp_path)
    assert "GPL" not in (tmp_path / "mine.yaml").read_text(encoding="utf-8")


def test_new_never_overwrites(tmp_path: Path) -> None:
    path = model(tmp_path, "precious", "mine.yaml")
    done = dfsrace("new", "mine", cwd=tmp_path)
    assert done.returncode == 2
    assert "'mine.yaml' is there already" in done.stderr
    assert path.read_text(encoding="utf-8") == "precious"
    (tmp_path / "link.yaml").symlink_to("nowhere")
    assert dfsrace("new", "link", cwd=tmp_path).returncode == 2
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["it's", "a: b", "- x", "#1", "yes", "ü", "x\x1b[31m", '"', "{a}", "-dash", " "])
def test_a_new_model_may_have_any_name(name: str, tmp_path: Path) -> None:
    made = dfsrace("new", "--", name, cwd=tmp_path)
    assert made.returncode == 0
    assert "\x1b" not in made.stdout
    (path,) = tmp_path.iterdir()
    assert dfsrace("check", path, cwd=tmp_path).returncode == 0


# ---- explain


def test_explain_says_more_about_a_code(tmp_path: Path) -> None:
    for word in ("DR304", "dr304", "304"):
        done = dfsrace("explain", word, cwd=tmp_path)
        assert done.stdout.startswith("DR304: an unknown type\n")
        assert "This is right:" in done.stdout


def test_explain_alone_lists_all_codes(tmp_path: Path) -> None:
    lines = dfsrace("explain", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(CODES)


# ---- show


def test_show_includes_lists_the_files_in_their_order(tmp_path: Path) -> None:
    lines = dfsrace("show", "includes", "seed-question", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["vm.yaml", "truncate_lock.yaml"]
    assert all(Path(line.split()[-1]).is_file() for line in lines)


def test_show_source_gives_every_line_of_every_file_with_its_number(tmp_path: Path) -> None:
    done = dfsrace("show", "source", "seed-question", cwd=tmp_path)
    assert done.stdout.count("==> ") == 3
    text = (ROOT / "dfsrace" / "library" / "vm.yaml").read_text(encoding="utf-8").splitlines()
    assert all(f"{number:5}  {line}".rstrip() in done.stdout for number, line in enumerate(text, 1))


def test_show_steps_lists_where_threads_can_be_interrupted(tmp_path: Path) -> None:
    family = HOLDS.replace("  a: add()\n  b: add()", "  c[0..1]: add()")
    done = dfsrace("show", "steps", model(tmp_path, family), cwd=tmp_path)
    texts = [line.split(maxsplit=2)[2] for line in done.stdout.splitlines() if line[:4].strip().isdigit()]
    assert texts == ["spin_lock(l)", "x = x + 1", "x = x + 1", "spin_unlock(l)"]
    assert done.stdout.startswith("c0, c1: add()\n")


def test_show_system_prints_the_transition_system(tmp_path: Path) -> None:
    done = dfsrace("show", "system", model(tmp_path, HOLDS), cwd=tmp_path)
    assert done.returncode == 0
    assert "spinlock" in done.stdout
    assert "both_count" in done.stdout


# ---- export


def test_export_writes_promela(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    printed = dfsrace("export", path, "--to", "promela", cwd=tmp_path)
    assert printed.returncode == 0
    written = dfsrace("export", path, "--to", "promela", "-o", "m.pml", cwd=tmp_path)
    assert (written.returncode, written.stdout) == (0, "")
    assert (tmp_path / "m.pml").read_text(encoding="utf-8") == printed.stdout
    assert "active" in printed.stdout or "init" in printed.stdout


def test_export_does_not_write_over_the_model(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    assert dfsrace("export", path, "--to", "promela", "-o", path, cwd=tmp_path).returncode == 2
    assert path.read_text(encoding="utf-8") == HOLDS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "m.yaml"), "say in which language or format with --to FORMAT; there is promela, tla, c, itf,"),
        (("export", "m.yaml", "--to", "promla"), "there is no format 'promla'; did you mean promela?"),
        (("export", "m.yaml", "--to", "xml"), "there is no format 'xml'; there is promela, tla, c, itf, json, csv,"),
        (("show", "m.yaml"), "there is no stage 'm.yaml'; say what to show first: source, steps, system, includes"),
        (("show", "step", "m.yaml"), "there is no stage 'step'; did you mean steps?"),
    ],
)
def test_a_word_that_is_missing_or_wrong_is_named(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = dfsrace(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_export_says_what_the_format_cannot_express(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS.replace("x + 1", "(x + 9_999_999_999) % 9_999_999_998"))
    done = dfsrace("export", path, "--to", "promela", "-o", "m.pml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dfsrace: promela cannot express this model: ")
    assert not (tmp_path / "m.pml").exists()
