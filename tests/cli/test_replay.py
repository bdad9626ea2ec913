# SPDX-License-Identifier: GPL-2.0-only
"""Every counterexample can be seen again: by the line that is printed with it, and from the file of results."""

from __future__ import annotations

import json
import shlex
import tomllib
from pathlib import Path

import pytest

from dfsrace.cli.app import run
from tests.cli.running import DEADLOCK, HOLDS, LOST, ROOT, dfsrace, model

MANIFEST = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
VIOLATED = sorted(name for name, row in MANIFEST.items() if row["verdict"] == "violated" and not row.get("long"))

CHOICES = """\
model: A choice in a step
types: {Node: [A, B]}
state: {at: Node, l: mutex}
setup: |
  at = choose(Node)
threads:
  a: |
    at = A
    n = choose(Node)
    at = n
    assert n == at and n == A, "it is {at}"
"""


def printed_lines(text: str) -> list[list[str]]:
    """The words of the replay lines in a report."""
    marked = "  replay: dfsrace "
    return [shlex.split(line.removeprefix(marked)) for line in text.splitlines() if line.startswith(marked)]


@pytest.mark.parametrize("name", VIOLATED)
def test_the_line_printed_with_every_counterexample_of_a_shipped_model_shows_it_again(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", name]) in (11, 12)
    lines = printed_lines(capsys.readouterr().out)
    with_trace = [violated for violated in MANIFEST[name]["violated"] if violated in MANIFEST[name]["steps"]]
    assert len(lines) == len(with_trace)
    expected = [MANIFEST[name]["steps"][violated] for violated in with_trace]
    found = []
    for words in lines:
        assert run(words) in (11, 12)
        found.append(int(capsys.readouterr().out.partition(" step")[0].split()[-1]))
    assert sorted(found) == sorted(expected)
    for violated, steps in zip(with_trace, expected, strict=True):
        words = lines[found.index(steps)]
        assert run([*words, "--property", violated]) in (11, 12)
        assert f"VIOLATES {violated}" in capsys.readouterr().out


def test_the_line_repeats_what_changes_the_meaning(tmp_path: Path) -> None:
    (tmp_path / "my lib").mkdir()
    model(tmp_path / "my lib", "constants: {MOST: 9}\nstate: {y: bool}\n", "bit.yaml")
    model(tmp_path, LOST.replace("0..2", "0..MOST") + "include: [bit]\n", "it's.yaml")
    done = dfsrace("check", "it's.yaml", "--set", "MOST=2", "--library", "my lib", cwd=tmp_path)
    assert done.returncode == 12
    (words,) = printed_lines(done.stdout)
    assert words[:6] == ["replay", "it's.yaml", "--set", "MOST=2", "--library", "my lib"]
    again = dfsrace(*words, cwd=tmp_path)
    assert again.returncode == 12
    assert "VIOLATES both_count" in again.stdout


def test_initial_states_and_choices_are_named(tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, CHOICES), cwd=tmp_path)
    (words,) = printed_lines(done.stdout)
    assert words[-1] == "init#1 a#B a*2"
    again = dfsrace(*words, cwd=tmp_path)
    assert (again.returncode, done.returncode) == (12, 12)
    assert "it is B" in again.stdout


def test_a_schedule_may_lead_anywhere(tmp_path: Path) -> None:
    done = dfsrace("replay", model(tmp_path, HOLDS), "--schedule", "a*2", cwd=tmp_path)
    assert done.returncode == 0
    assert "violates nothing" in done.stdout


def test_a_deadlock_is_replayed_with_its_own_code(tmp_path: Path) -> None:
    done = dfsrace("replay", model(tmp_path, DEADLOCK), "--schedule", "a b", cwd=tmp_path)
    assert done.returncode == 11
    assert "VIOLATES deadlock" in done.stdout


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("a b", "step 2: b waits at spin_lock(l)\n  a b\n    ^\n  possible here: a"),
        ("a*9", "a has finished"),
        ("c", "there is no thread c"),
        ("a*x", "a count is 1 or more, not 'x'"),
        ("init#7 a", "there is no initial state 7"),
        ("a#True", "nothing to choose"),
    ],
)
def test_a_schedule_that_cannot_be_followed_says_where_and_what_could_be_done(
    schedule: str, said: str, tmp_path: Path
) -> None:
    done = dfsrace("replay", model(tmp_path, HOLDS), "--schedule", schedule, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_of_several_violated_properties_the_one_that_the_last_step_broke_is_explained(tmp_path: Path) -> None:
    text = "model: t\nstate: {x: bool, y: bool}\nthreads:\n  a: |\n    x = True\n    y = True\n"
    path = model(tmp_path, text + "invariants: {first: not x, second: not y}\n")
    heads = []
    for more in ((), ("--property", "first")):
        done = dfsrace("replay", path, "--schedule", "a*2", *more, cwd=tmp_path)
        assert done.returncode == 12
        heads.append(done.stdout.splitlines()[0])
    assert "VIOLATES second, first" in heads[0]
    assert "VIOLATES first, second" in heads[1]


def test_where_one_step_breaks_two_properties_each_line_explains_its_own(tmp_path: Path) -> None:
    text = "model: t\nstate: {x: bool}\nthreads: {a: 'x = True', b: 'assert x'}\n"
    says = {name: f"this is what breaks {name}" for name in ("one", "two")}
    invariants = {name: {"holds": "not x", "says": said} for name, said in says.items()}
    path = model(tmp_path, f"{text}invariants: {json.dumps(invariants)}\n")
    lines = printed_lines(dfsrace("check", path, cwd=tmp_path).stdout)
    assert [words[3:] for words in lines] == [["a", "--property", "one"], ["a", "--property", "two"], ["b"]]
    for words, (name, said) in zip(lines, says.items(), strict=False):
        shown = dfsrace(*words, cwd=tmp_path).stdout
        assert f"VIOLATES {name}" in shown.splitlines()[0]
        assert said in shown


# ---- files of results


def test_a_file_of_results_is_replayed_whole(tmp_path: Path) -> None:
    files = [model(tmp_path, t, n) for n, t in (("a.yaml", LOST), ("b.yaml", DEADLOCK), ("c.yaml", HOLDS))]
    dfsrace("check", *files, "-q", "-o", "found.json", cwd=tmp_path)
    done = dfsrace("replay", "found.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (12, "")
    assert "VIOLATES both_count" in done.stdout
    assert "VIOLATES deadlock" in done.stdout
    assert "c: no counterexample" in done.stdout


def test_a_file_of_results_brings_its_constants_and_is_found_from_elsewhere(tmp_path: Path) -> None:
    text = LOST.replace("0..2", "0..MOST").replace("x == 2", "x == GOAL") + "constants: {MOST: 3, GOAL: MOST - 2}\n"
    model(tmp_path, text)
    dfsrace("check", "m.yaml", "--set", "MOST=2", "--set", "GOAL=2", "-q", "-o", "found.json", cwd=tmp_path)
    (tmp_path / "elsewhere").mkdir()
    done = dfsrace("replay", "../found.json", cwd=tmp_path / "elsewhere")
    assert (done.returncode, done.stderr) == (12, "")


def test_a_file_of_results_brings_its_libraries(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    model(tmp_path / "lib", "constants: {MOST: 9}\n", "most.yaml")
    model(tmp_path, LOST + "include: [most]\n")
    dfsrace("check", "m.yaml", "--library", "lib", "-q", "-o", "found.json", cwd=tmp_path)
    done = dfsrace("replay", "found.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (12, "")


def test_one_property_of_a_file_can_be_chosen(tmp_path: Path) -> None:
    dfsrace("check", "seed-question", "-q", "-o", "found.json", cwd=tmp_path)
    done = dfsrace("replay", "found.json", "--property", "no_pte_maps_stale_page", cwd=tmp_path)
    assert done.returncode == 12
    assert done.stdout.count("VIOLATES") == 1
    assert "no_pte_maps_stale_page" in done.stdout.splitlines()[0]


def test_a_model_that_has_changed_since_is_said_to(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    dfsrace("check", path, "-q", "-o", "found.json", cwd=tmp_path)
    model(tmp_path, HOLDS)
    mended = dfsrace("replay", "found.json", cwd=tmp_path)
    assert mended.returncode == 2
    assert "the model 'm' has changed since" in mended.stderr
    assert "waits at spin_lock(l)" in mended.stderr
    model(tmp_path, "# only a comment\n" + LOST)
    assert dfsrace("replay", "found.json", cwd=tmp_path).stderr == ""


def test_a_counterexample_that_shows_nothing_though_nothing_changed_is_our_bug(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    dfsrace("check", path, "-q", "-o", "found.json", cwd=tmp_path)
    found = tmp_path / "found.json"
    result = json.loads(found.read_text(encoding="utf-8"))
    result["violations"][0]["schedule"] = "a"
    found.write_text(json.dumps(result), encoding="utf-8")
    done = dfsrace("replay", "found.json", cwd=tmp_path)
    assert done.returncode == 70
    assert "does not show both_count" in done.stderr


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "not JSON", '{"schema": 1}', "[" * 100_000, '{"schema": 1, "verdict": "error"}', "null"]
)
def test_a_file_that_holds_no_results_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "found.json").write_text(text, encoding="utf-8")
    done = dfsrace("replay", "found.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "found.json" in done.stderr


def test_results_of_standard_input_say_that_they_lack_the_model(tmp_path: Path) -> None:
    dfsrace("check", "-", "-q", "-o", "found.json", cwd=tmp_path, stdin=LOST)
    done = dfsrace("replay", "found.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "standard input" in done.stderr
