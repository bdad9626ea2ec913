# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace export` as a process: what it writes where, what it refuses, and what replay makes of it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from click import ClickException

from dfsrace.cli.results import read_trace
from dfsrace.export import FORMATS, MODEL_FORMATS, TRACE_FORMATS, trace_json
from tests.cli.running import COMMAND, DEADLOCK, HOLDS, LOST, dfsrace, model
from tests.export.traces import example

BOTH = DEADLOCK.replace("m: mutex}", "m: mutex, x: bool}").replace("pass", "x = True", 1) + (
    "invariants: {never: not x}\nreach: {no_way: x and not x}\n"
)


def test_the_formats_are_these() -> None:
    assert [*MODEL_FORMATS] == ["promela", "tla", "c"]
    assert [*TRACE_FORMATS] == ["itf", "json", "csv", "perfetto", "graphml"]
    assert [*FORMATS] == [*MODEL_FORMATS, *TRACE_FORMATS]


@pytest.mark.parametrize("form", ["tla", "csv"])
def test_a_file_and_standard_output_get_the_same(form: str, tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    printed = dfsrace("export", path, "--to", form, cwd=tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    written = dfsrace("export", path, "--to", form, "-o", "M.tla", cwd=tmp_path)
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    assert printed.stdout.startswith((tmp_path / "M.tla").read_bytes().decode())
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["m.yaml", "M.tla"] + ["M.cfg"] * (form == "tla"))


def test_c_is_what_compile_writes(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    compiled = dfsrace("compile", path, "-o", "-", cwd=tmp_path).stdout
    assert dfsrace("export", path, "--to", "c", cwd=tmp_path).stdout == compiled


def test_the_module_has_the_name_of_its_file_else_of_its_model(tmp_path: Path) -> None:
    path = model(tmp_path, LOST, "lost-update")
    assert dfsrace("export", path, "--to", "tla", "-o", "Race_2.tla", cwd=tmp_path).returncode == 0
    assert (tmp_path / "Race_2.tla").read_text(encoding="ascii").startswith("---- MODULE Race_2 ----\n")
    assert "INVARIANT AutomaticChecks" in (tmp_path / "Race_2.cfg").read_text(encoding="ascii")
    printed = dfsrace("export", path, "--to", "tla", cwd=tmp_path).stdout
    assert printed.startswith("---- MODULE LostUpdate ----\n")
    assert "INVARIANT AutomaticChecks" in printed


@pytest.mark.parametrize("place", ["race-1.tla", "Race.txt"])
def test_a_file_that_tlc_would_not_find_is_refused(place: str, tmp_path: Path) -> None:
    done = dfsrace("export", model(tmp_path, LOST), "--to", "tla", "-o", place, cwd=tmp_path)
    assert done.returncode == 2
    assert "name the file like " in done.stderr
    assert not (tmp_path / place).exists()


def test_the_property_chooses_the_counterexample(tmp_path: Path) -> None:
    path = model(tmp_path, BOTH)
    for words, name in (((), "never"), (("--property", "deadlock"), "deadlock")):
        done = dfsrace("export", path, "--to", "json", *words, cwd=tmp_path)
        assert json.loads(done.stdout)["property"]["name"] == name


def test_a_schedule_is_exported_whatever_it_leads_to(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    done = dfsrace("export", path, "--to", "csv", "--schedule", "a*2", cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["step"] for row in rows} == {"1", "2"}


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        (HOLDS, (), "violates nothing, so there is no counterexample; --schedule writes any interleaving"),
        (BOTH, ("--property", "no_way"), "no_way is never true: there is no trace of that"),
        (LOST, ("--property", "lock-held-at-exit"), "does not violate 'lock-held-at-exit'; violated: both_count"),
        (LOST, ("--property", "both_counts"), "did you mean both_count?"),
        (LOST, ("--schedule", "a*9"), "step 3: a has finished"),
        (LOST, ("-o", "nowhere/x.csv"), "cannot write 'nowhere/x.csv'"),
        (LOST, ("-o", "other.yaml"), "which may be a model"),
        (LOST, ("--to", "itff"), "there is no format 'itff'; did you mean itf?"),
        (LOST, ("--to", "promela", "--property", "x"), "--property chooses a trace, and promela is the whole model"),
    ],
)
def test_bad_use_is_an_error_that_leaves_nothing_behind(
    text: str, words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    model(tmp_path, text)
    (tmp_path / "other.yaml").write_text("before", encoding="utf-8")
    output = () if "-o" in words else ("-o", "X.out")
    done = dfsrace("export", "m.yaml", "--to", "csv", *output, *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.yaml", "other.yaml"]
    assert (tmp_path / "other.yaml").read_text(encoding="utf-8") == "before"


def test_a_search_that_was_cut_says_so_beside_what_it_found(tmp_path: Path) -> None:
    lines = ("model: m", "state: {n: 0..9}", "threads:", "  a: |", *(f"    n = {n}" for n in range(1, 9)))
    text = "\n".join((*lines, "invariants: {below: n < 2}", "bounds: {states: 5}", ""))
    done = dfsrace("export", model(tmp_path, text), "--to", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["schedule"] == "a*2"
    assert (done.returncode, done.stderr) == (
        0,
        "dfsrace: the search is not complete: the bound of 5 states was reached\n",
    )
    holds = model(tmp_path, text.replace("n < 2", "n < 9"))
    done = dfsrace("export", holds, "--to", "json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "so there is no counterexample; the search is not complete: the bound of 5 states was reached" in done.stderr


def test_an_old_file_stays_where_nothing_can_be_written(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    (tmp_path / "old.csv").write_text("old", encoding="utf-8")
    assert dfsrace("export", path, "--to", "csv", "-o", "old.csv", cwd=tmp_path).returncode == 2
    assert (tmp_path / "old.csv").read_text(encoding="utf-8") == "old"


# ---- replay of what json says


@pytest.mark.parametrize(("words", "code"), [((), 12), (("--property", "deadlock"), 11), (("--schedule", "a"), 0)])
def test_replay_takes_the_json(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    path = model(tmp_path, BOTH)
    assert dfsrace("export", path, "--to", "json", "-o", "t.json", *words, cwd=tmp_path).returncode == 0
    done = dfsrace("replay", "t.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")
    assert "mutex_lock(l)" in done.stdout
    if not words:
        of_model = dfsrace("replay", path, "--result", "t.json", cwd=tmp_path)
        assert (of_model.returncode, of_model.stdout) == (code, done.stdout)


def test_replay_says_that_the_model_has_changed_since(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    (tmp_path / "t.json").write_text(dfsrace("export", path, "--to", "json", cwd=tmp_path).stdout)
    model(tmp_path, HOLDS)
    assert "has changed since it was checked" in dfsrace("replay", "t.json", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "is a trace of another version of the format than 1"),
        ({"model": 7}, "is no trace as `dfsrace export` writes it"),
        ({"schedule": 7}, "is no trace as `dfsrace export` writes it"),
        ({"property": 7}, "is no trace as `dfsrace export` writes it"),
        ({"model": {"libraries": 1}}, "is no trace as `dfsrace export` writes it"),
        (None, "is no trace: it is no JSON object"),
    ],
)
def test_a_broken_trace_is_refused(change: dict[str, object] | None, said: str, tmp_path: Path) -> None:
    text = trace_json(*example("stale"))
    broken = text[:-10] if change is None else json.dumps({**json.loads(text), **change})
    (tmp_path / "t.json").write_text(broken, encoding="utf-8")
    with pytest.raises(ClickException, match=re.escape(said)):
        read_trace(str(tmp_path / "t.json"))


# ---- bytes


def test_bytes_repeat_whatever_seeds_the_hashes(tmp_path: Path) -> None:
    code = (
        "from dfsrace.export import *; from dfsrace.operations import load, check; import sys\n"
        f"m = load({str(model(tmp_path, LOST))!r}); t = check(m).violations[0].trace\n"
        "for form in TRACE_FORMATS: sys.stdout.write(TRACE_FORMATS[form](m, t))\n"
        "for form in MODEL_FORMATS: sys.stdout.write(MODEL_FORMATS[form](Asked(m, '0', 'M')).text)\n"
    )
    texts = []
    for seed in ("1", "2"):
        command = (COMMAND[0], "-c", code)
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        texts.append(done.stdout)
    assert texts[0] == texts[1]
    assert len(texts[0]) > 10_000
