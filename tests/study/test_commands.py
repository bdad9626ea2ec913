# SPDX-License-Identifier: GPL-2.0-only
"""compare, cost and sweep as commands: forms, files, exit codes, Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from dfsrace.cli import compare
from dfsrace.language.files import BUILT_IN_LIBRARY
from dfsrace.study.judged import killed
from tests.cli.running import COMMAND, ENDLESS, HOLDS, dfsrace, environment, model

COMPARE = ("compare", "--protocol", "hook", "truncate_count", "--scenario", "local-truncate", "remote-write")


def test_compare_prints_one_table_and_exits_0_whatever_is_violated(tmp_path: Path) -> None:
    done = dfsrace(*COMPARE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:7] == [
        "Fixes against scenarios",
        "",
        "protocol        local-truncate  remote-write",
        "──────────────────────────────────────────────",
        "unfixed         violated        violated",
        "                truncated 11/2  truncated 14/2",
        "                73 states       stale 16/2",
    ]
    assert "truncated: no_pte_maps_truncated_page; stale: no_pte_maps_stale_page." in done.stdout
    assert "\x1b" not in done.stdout


def test_options_may_be_repeated_as_well_as_followed_by_several_words(tmp_path: Path) -> None:
    words = (
        "compare",
        "--protocol=hook",
        "truncate_count",
        "--scenario",
        "local-truncate",
        "--scenario",
        "remote-write",
    )
    assert dfsrace(*words, cwd=tmp_path).stdout == dfsrace(*COMPARE, cwd=tmp_path).stdout


def test_every_form_and_every_file_says_the_same(tmp_path: Path) -> None:
    files = [word for name in ("t.md", "t.html", "t.json", "t.csv", "t.txt") for word in ("-o", name)]
    printed = json.loads(dfsrace(*COMPARE, "--format", "json", *files, cwd=tmp_path).stdout)
    rows = [(r["protocol"], r["scenario"], r["verdict"], r["steps"], r["switches"]) for r in printed["records"]]
    assert rows[:2] == [
        ("unfixed", "local-truncate", "violated", 11, 2),
        ("unfixed", "remote-write", "violated", 14, 2),
    ]
    listed = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8"))))
    assert [(r["protocol"], r["scenario"], r["verdict"]) for r in listed] == [row[:3] for row in rows]
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["notes"] == printed["notes"]
    assert (tmp_path / "t.md").read_text(encoding="utf-8") == dfsrace(
        *COMPARE, "--format", "markdown", cwd=tmp_path
    ).stdout
    assert "<table>" in (tmp_path / "t.html").read_text(encoding="utf-8")
    assert "truncated 11/2" in (tmp_path / "t.txt").read_text(encoding="utf-8")


def test_the_command_below_the_table_shows_a_counterexample_of_a_fix(tmp_path: Path) -> None:
    (tmp_path / "own scenes").mkdir()
    text = (BUILT_IN_LIBRARY / "scenarios" / "hole-punch.yaml").read_text(encoding="utf-8")
    (tmp_path / "own scenes" / "hole.yaml").write_text(text, encoding="utf-8")
    words = ("--protocol", "valid_flag", "--scenario", "own scenes/hole.yaml", "--set", "FRAMES=2")
    lines = dfsrace("compare", *words, cwd=tmp_path).stdout.splitlines()
    assert lines[-2] == "Step by step, here valid_flag in own scenes/hole.yaml:"
    assert "'own scenes/hole.yaml'" in lines[-1]
    command = lines[-1].replace("dfsrace ", f"{shlex.join(COMMAND)} ")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} --quiet"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.startswith("RESULT model=stdin verdict=violated violated=no_pte_maps_truncated_page")


def test_only_a_table_for_people_has_a_command_below_it_and_only_where_something_is_violated(tmp_path: Path) -> None:
    assert "Step by step, here hook in local-truncate:" in dfsrace(*COMPARE, cwd=tmp_path).stdout
    model(tmp_path, HOLDS, "quick.yaml")
    holds = dfsrace("compare", "--protocol", "none", "--scenario", "quick.yaml", cwd=tmp_path)
    assert "holds" in holds.stdout
    forms = [dfsrace(*COMPARE, "--format", form, cwd=tmp_path) for form in ("markdown", "html", "json", "csv")]
    assert not [done for done in (holds, *forms) if "tep by step" in done.stdout]


def test_a_process_that_ended_unasked_is_told_as_every_error_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare, "judge_all", lambda tasks, bounds, jobs: [killed(-11) for _ in tasks])
    words = ["--protocol", "hook", "--scenario", "local-truncate"]
    assert compare.command.main(words, standalone_mode=False) == 70
    said = capsys.readouterr().err.splitlines()
    assert said == ["dfsrace: the process that checked it ended unasked (-11)"] * 2


def test_a_cell_that_cannot_be_put_together_exits_2_and_the_others_are_there(tmp_path: Path) -> None:
    fix = tmp_path / "fix.yaml"
    fix.write_text("procedures: |\n  @override\n  def vmtruncate(node: Node):\n      pass\n", encoding="utf-8")
    done = dfsrace("compare", "--protocol", "fix.yaml", "--scenario", "local-truncate", "remote-write", cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot be put together" in done.stdout.replace("\n", " ") and "73 states" in done.stdout
    assert "fix.yaml:3" in done.stdout


def test_a_cut_cell_exits_3(tmp_path: Path) -> None:
    done = dfsrace(*COMPARE, "--states", "5", cwd=tmp_path)
    assert done.returncode == 3
    assert "inconclusive" in done.stdout and "holds" not in done.stdout


def test_more_jobs_than_cells_take_no_memory_from_the_cells(tmp_path: Path) -> None:
    model(tmp_path, ENDLESS, "endless.yaml")
    words = ("--scenario", "endless.yaml", "--protocol", "none", "--states", "300_000", "--reduce", "none")
    done = dfsrace("compare", *words, "-j", "999_999_999_999", "--format", "json", cwd=tmp_path)
    assert [record["cut_by"] for record in json.loads(done.stdout)["records"]] == ["states"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "--protocol", "hok"), "did you mean hook"),
        (("compare", "--scenario", "local-truncat"), "did you mean local-truncate"),
        (("compare", "-o", "t.xls"), "a table's file ends in .txt, .md"),
        (("compare", "-o", "t.md", "-o", "./t.md"), "one file twice"),
        (("compare", "--model"), "name one --protocol (unfixed is one) and one --scenario"),
        (("compare", "--protocol", "hook", "valid_flag", "--scenario", "hole-punch", "--model"), "name one --protocol"),
        (("compare", "--protocol", "hook", "--scenario", "hole-punch", "--model", "-o", "t.md"), "prints a model"),
        (("compare", "hook"), "unexpected extra argument"),
        (("compare", "--protocol", "--scenario", "local-truncate"), "option '--protocol' requires an argument"),
        (("compare", "--scenario", "local-truncate", "--protocol"), "option '--protocol' requires an argument"),
        (("cost", "--path", "fault-cashed"), "did you mean fault-cached"),
        (("cost", "--paths", "no.toml"), "there is no such file"),
        (("cost", "--differences", "--procedures"), "ask for one"),
        (("sweep", "seed-question"), "Missing option '--set'"),
        (("sweep", "seed-question", "--set", "PAGES=3..1"), "no range of integers"),
        (("sweep", "seed-question", "--set", "PAGE=1..2"), "did you mean PAGES"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = dfsrace(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said.lower() in done.stderr.lower()


def test_a_table_never_writes_over_what_it_reads(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text('[p]\ncall = "do_no_page(mm0, 0)"\n', encoding="utf-8")
    done = dfsrace("cost", "--paths", "p.csv", "-o", "p.csv", cwd=tmp_path)
    assert done.returncode == 2 and "write over" in done.stderr


def test_cost_counts_paths_of_ones_own(tmp_path: Path) -> None:
    text = '[zap]\ncall = "zap_page_range(mm0, 0)"\n[stuck]\ncall = "wait_event(False)"\n'
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    done = dfsrace("cost", "--protocol", "hook", "--paths", "p.toml", "--path", "zap", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(r["path"], r["protocol"], r["stores"], r["locks"], r["more_stores"]) for r in rows] == [
        ("zap", "unfixed", "1", "1", "0"),
        ("zap", "hook", "1", "1", "0"),
    ]
    done = dfsrace("cost", "--protocol", "hook", "--paths", "p.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "stuck with hook: alone it waits at wait_event(False)" in done.stdout


def test_sweep_says_where_the_verdict_settles_and_draws(tmp_path: Path) -> None:
    words = ("2003-truncate-count/local-truncate", "--set", "PAGES=1..2", "--set", "FRAMES=1..2")
    done = dfsrace("sweep", *words, "-o", "s.svg", "-o", "s.md", "-o", "s.html", cwd=tmp_path)
    assert done.returncode == 3
    joined = done.stdout.replace("\n", " ")
    lines = [line.split() for line in done.stdout.splitlines()[4:8]]
    assert [line[:3] for line in lines] == [
        ["1", "1", "holds"],
        ["1", "2", "holds"],
        ["2", "1", "inconclusive,"],
        ["2", "2", "holds"],
    ]
    assert (
        "no longer changes from PAGES=1, FRAMES=1 on: holds. Of the sizes from there on, 1 was not decided." in joined
        and "no proof" in joined
    )
    assert (tmp_path / "s.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "<figure>" in (tmp_path / "s.html").read_text(encoding="utf-8")
    assert "seconds" not in (tmp_path / "s.md").read_text(encoding="utf-8")


def test_sweep_takes_a_model_from_standard_input(tmp_path: Path) -> None:
    text = HOLDS.replace("state:", "constants: {N: 2}\nstate:").replace("0..2", "0..N")
    done = dfsrace("sweep", "-", "--set", "N=2..3", "--format", "json", cwd=tmp_path, stdin=text)
    assert done.returncode == 0, done.stderr
    records = json.loads(done.stdout)["records"]
    assert [(r["constants"], r["verdict"]) for r in records] == [({"N": "2"}, "holds"), ({"N": "3"}, "holds")]


def test_sweep_of_a_model_that_is_wrong_shows_the_diagnostic_once(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS.replace("x = x + 1", "x = y + 1"))
    done = dfsrace("sweep", path, "--set", "N=1..3", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("m.yaml:8") == 1


def test_ctrl_c_prints_what_is_decided_and_leaves_no_process(tmp_path: Path) -> None:
    model(tmp_path, ENDLESS, "endless.yaml")
    model(tmp_path, HOLDS, "quick.yaml")
    model(tmp_path, "about: nothing\n", "nothing.yaml")
    ours, theirs = pty.openpty()
    words = (
        "compare",
        "--protocol",
        "nothing.yaml",
        "--scenario",
        "quick.yaml",
        "endless.yaml",
        "-j",
        "1",
        "-o",
        "t.csv",
    )
    process = subprocess.Popen(
        [*COMMAND, *words],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment(),
        text=True,
        start_new_session=True,
    )
    os.close(theirs)
    seen, end = b"", time.monotonic() + 60
    while b"1/4 done" not in seen and time.monotonic() < end:
        seen += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 3
    assert "holds" in out and "not done" in out
    assert "3 of 4 not done: interrupted before they were decided." in out
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8"))))
    assert [row["verdict"] for row in rows] == ["holds", "not done", "not done", "not done"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
