# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace compile`: one C file, built and run as anybody would, finds what the reference engine finds."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dfsrace.cli import exits
from dfsrace.engine.native.checked import FoundViolation, Step, read_checked
from dfsrace.engine.native.standalone import Identity, standalone
from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.outcome import Outcome, Schedule
from dfsrace.engine.reference import explore
from dfsrace.operations import Model, ReplayMismatch, checker_source, load, replay_found
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from tests.cli.running import BOTH, DEADLOCK, ENDLESS, HOLDS, LOST, POOL, ROOT, dfsrace, model
from tests.conftest import require
from tests.native.test_code import HOSTILE

ALL, NONE = frozenset(REDUCTIONS), frozenset[str]()
SHIPPED = (
    "2003-hook/local-filesystem",
    "2003-truncate-count/dfs",
    "2003-truncate-lock/seed-question",
    "2005-cluster-lock/truncated-page",
    "shared-write/with-token-hook",
    "shared-write/with-token-truncate-count",
)
# Threads that choose, before their first step and in their last one, and a condition that is never true.
CHOICES = """\
model: Choices, an assertion before the first step, a goal that is never reached
types: {Node: [A, B, C], Page: pool(2)}
state: {at: Node, seen: Page | None}
setup: |
  at = choose(Node)
threads:
  a: |
    n = choose(Node)
    assert not (n == B and at == C), "at once"
    at = n
    p = alloc(Page)
    seen = p
    k = choose(Node)
    assert k != B
  b: |
    at = A
    seen = None
invariants: {never_all: not (at == B and seen is not None)}
reach:
  both: at == C and seen is not None
  impossible: at == A and at == B
"""
OPENING = """\
model: A violation before the first step
types: {Node: [A, B]}
state: {at: Node, count: 0..2}
threads:
  a: |
    n = choose(Node)
    assert n == A
    at = n
  b: |
    count = 1
invariants: {small: count != 1}
"""
STILLBORN = """\
model: Every start is a violation
types: {Node: [A, B], Small: 0..1}
state: {count: 0..2, at: Node}
setup: |
  at = choose(Node)
procedures: |
  def divide(z: Small):
      y = 4 // z
      count = y
threads: {a: divide(0), b: divide(1)}
invariants: {positive: count > 0, start: at == A}
reach: {early: count == 0, late: count == 2}
"""
TEXTS = {
    "holds": HOLDS,
    "lost": LOST,
    "deadlock": DEADLOCK,
    "both": BOTH,
    "pool": POOL,
    "choices": CHOICES,
    "opening": OPENING,
    "stillborn": STILLBORN,
}


def build(folder: Path, source: str, *flags: str) -> Path:
    """The checker of a C file."""
    compiler = require("cc")
    (folder / "checker.c").write_text(source, encoding="ascii")
    command = [compiler, "-O1", "-pthread", *flags, "checker.c", "-o", "checker"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    return folder / "checker"


def run(checker: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([checker, *options], capture_output=True, text=True, timeout=120, check=False, env={})


def found(checker: Path, *options: str) -> dict[str, Any]:
    value = json.loads(run(checker, "--quiet", *options).stdout)
    assert isinstance(value, dict)
    return value


def loaded(name: str) -> Model:
    return load(TEXTS[name]) if name in TEXTS else load(ROOT / "models" / f"{name}.yaml")


def names(system: Model) -> list[str]:
    return [*(p.name for p in system.system.properties), *AUTOMATIC_PROPERTIES]


def judged(result: dict[str, Any], known: list[str]) -> dict[str, tuple[Any, ...]]:
    return {
        known[v["property"]]: (v["kind"], v["steps"], v["switches"], v["switches_minimised"])
        for v in result["violations"]
    }


def code_of(outcome: Outcome) -> int:
    if outcome.verdict == "violated":
        return exits.of_violations(v.property for v in outcome.violations)
    return exits.HOLDS if outcome.verdict == "holds" else exits.INCONCLUSIVE


@pytest.mark.parametrize("reductions", [ALL, NONE], ids=["all", "none"])
@pytest.mark.parametrize("name", [*SHIPPED, *TEXTS])
def test_a_checker_finds_what_the_reference_engine_finds(name: str, reductions: frozenset[str], tmp_path: Path) -> None:
    checked = loaded(name)
    listed = checked.declarations.check
    options = Options(reductions=reductions, properties=None if listed is None else frozenset(listed))
    outcome = explore(checked.system, options)
    done = run(build(tmp_path, checker_source(checked, "0", options)), "--quiet")
    assert (done.returncode, done.stderr) == (code_of(outcome), "")
    result = json.loads(done.stdout)
    for key in ("states", "transitions", "depth", "complete", "verdict"):
        assert result[key] == getattr(outcome, key), key
    assert result["reductions"] == list(outcome.reductions)
    expected = {v.property: (v.kind, v.steps, v.switches, v.switches_minimised) for v in outcome.violations}
    assert judged(result, names(checked)) == expected
    assert [names(checked)[n] for n in result["undecided"]] == list(outcome.undecided)
    assert (result["stopped_by"] or {}).get("kind") == (outcome.stopped_by and outcome.stopped_by.kind)
    for violation in read_checked(done.stdout, names(checked)).violations:
        if violation.initial is not None:
            assert replay_found(checked, violation).schedule == schedule_of(outcome, violation.property)


def schedule_of(outcome: Outcome, name: str) -> Schedule | None:
    return next(v.schedule for v in outcome.violations if v.property == name)


def test_without_room_for_the_second_search_schedules_are_shortest_and_say_that_they_may_switch_more(
    tmp_path: Path,
) -> None:
    checked = loaded("choices")
    outcome = explore(checked.system, Options())
    done = run(build(tmp_path, checker_source(checked, "0", Options()), "-DKEPT=0"), "--quiet")
    result = json.loads(done.stdout)
    deep = [v for v in result["violations"] if v["steps"]]
    assert deep and not any(v["switches_minimised"] for v in deep)
    known = names(checked)
    assert {known[v["property"]]: v["steps"] for v in result["violations"]} == {
        v.property: v.steps for v in outcome.violations
    }
    for violation in read_checked(done.stdout, known).violations:
        if violation.initial is not None:
            assert violation.property in replay_found(checked, violation).violated


def test_the_whole_way_through_processes(tmp_path: Path) -> None:
    require("cc")
    path = model(tmp_path, LOST)
    assert dfsrace("compile", path, "-o", "checker.c", cwd=tmp_path).returncode == 0
    text = (tmp_path / "checker.c").read_text(encoding="ascii")
    assert dfsrace("compile", path, "-o", "-", cwd=tmp_path).stdout == text
    done = run(build(tmp_path, text))
    assert done.returncode == exits.SAFETY
    assert done.stderr.startswith("violated: ")
    (tmp_path / "found.txt").write_text(done.stdout, encoding="ascii")
    shown = dfsrace("replay", path, "--result", "found.txt", cwd=tmp_path)
    assert shown.returncode == exits.SAFETY
    assert "VIOLATES both_count" in shown.stdout
    assert "4 steps · 2 switches" in shown.stdout
    piped = dfsrace("replay", path, "--result", "-", "--property", "both_count", cwd=tmp_path, stdin=done.stdout)
    assert piped.stdout == shown.stdout


def test_the_result_of_another_model_is_refused(tmp_path: Path) -> None:
    result = {"checker": 1, "version": "0.1.0", "model_hash": "00", "verdict": "holds", "violations": []}
    (tmp_path / "r.json").write_text(json.dumps(result), encoding="ascii")
    done = dfsrace("replay", model(tmp_path, LOST), "--result", "r.json", cwd=tmp_path)
    assert done.returncode == exits.WRONG_INPUT
    assert "the model has changed since" in done.stderr


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "7", '{"checker": 2}', '{"checker": 1}', '{"schema": 1}', "[" * 100_000]
)
def test_a_file_that_is_no_result_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(text, encoding="ascii")
    done = dfsrace("replay", model(tmp_path, LOST), "--result", "r.json", cwd=tmp_path)
    assert done.returncode == exits.WRONG_INPUT
    assert "is no result of a compiled checker" in done.stderr


def test_a_schedule_that_does_not_replay_is_a_bug_of_ours(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    result = found(build(tmp_path, dfsrace("compile", path, "-o", "-", cwd=tmp_path).stdout))
    (violation,) = result["violations"]
    violation["schedule"].pop()
    (tmp_path / "r.json").write_text(json.dumps(result), encoding="ascii")
    done = dfsrace("replay", path, "--result", "r.json", cwd=tmp_path)
    assert done.returncode == exits.OUR_BUG
    assert "cannot be replayed" in done.stderr


def test_a_step_to_another_state_does_not_replay() -> None:
    violation = FoundViolation("both_count", 0, (Step(0, 12345),))
    with pytest.raises(ReplayMismatch, match="a does not get there"):
        replay_found(load(LOST), violation)


def test_no_name_of_the_model_stands_in_code(tmp_path: Path) -> None:
    checked = load(HOSTILE)
    source = checker_source(checked, "0", Options())
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    assert not re.findall(r"X[a-z]+q|system\(|%n", code)
    assert "property 0: Xinvariantq" in source
    assert run(build(tmp_path, source), "-q").returncode == exits.SAFETY


def test_the_names_in_the_comment_cannot_leave_it() -> None:
    system = load(LOST).system
    hostile = replace(system, threads=tuple(replace(t, name='*/ int x; /*"\\\n') for t in system.threads))
    head = standalone(hostile, Options(), Identity("0", "ab")).partition("#ifndef _GNU_SOURCE")[0]
    assert head.count("*/") == 1
    assert " * thread 1: ___int_x_______\n" in head


def test_what_is_no_version_does_not_get_into_the_file() -> None:
    with pytest.raises(ValueError, match="version"):
        standalone(load(LOST).system, Options(), Identity('0"; system("id', "ab"))


@pytest.mark.parametrize("name", ["2003-unfixed/remote-truncate", "textbook/peterson", "both", "choices", "stillborn"])
def test_a_bound_on_switches_finds_what_the_reference_engine_finds(name: str, tmp_path: Path) -> None:
    checked = loaded(name)
    checker = build(tmp_path, checker_source(checked, "0", Options(switches=1)))
    for most in (0, 1, 2, 9):
        outcome = explore(checked.system, Options(switches=most))
        done = run(checker, "-q", *(() if most == 1 else ("--switches", str(most))))
        result = json.loads(done.stdout)
        assert done.returncode == code_of(outcome), most
        for key in ("states", "transitions", "depth", "complete", "verdict"):
            assert result[key] == getattr(outcome, key), (key, most)
        expected = {v.property: (v.kind, v.steps, v.switches, v.switches_minimised) for v in outcome.violations}
        assert judged(result, names(checked)) == expected
        assert (result["stopped_by"] or {}).get("kind") == (outcome.stopped_by and outcome.stopped_by.kind)
        for violation in read_checked(done.stdout, names(checked)).violations:
            if violation.initial is not None:
                assert replay_found(checked, violation).schedule == schedule_of(outcome, violation.property)


def test_a_models_own_bound_on_switches_is_compiled_in(tmp_path: Path) -> None:
    done = dfsrace("compile", model(tmp_path, LOST + "bounds: {switches: 0}\n"), "-o", "-", cwd=tmp_path)
    result = run(build(tmp_path, done.stdout), "-q")
    assert result.returncode == exits.INCONCLUSIVE
    assert json.loads(result.stdout)["stopped_by"] == {"kind": "switches"}


def test_under_a_bound_on_switches_nothing_that_sanitizers_find(tmp_path: Path) -> None:
    source = checker_source(loaded("choices"), "0", Options(switches=2))
    checker = build(tmp_path, source, "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    done = run(checker, "-q", "--memory", "1G")
    assert (done.returncode, done.stderr) == (exits.SAFETY, "")


@pytest.mark.parametrize("output", ["m.yaml", "./m.yaml", "other.yaml"])
def test_no_model_is_written_over(output: str, tmp_path: Path) -> None:
    model(tmp_path, LOST), model(tmp_path, HOLDS, "other.yaml")
    done = dfsrace("compile", "m.yaml", "-o", output, cwd=tmp_path)
    assert done.returncode == exits.WRONG_INPUT
    assert "would write" in done.stderr
    assert (tmp_path / "m.yaml").read_text(encoding="utf-8") == LOST
    assert (tmp_path / "other.yaml").read_text(encoding="utf-8") == HOLDS


def test_a_wrong_model_leaves_no_file(tmp_path: Path) -> None:
    done = dfsrace("compile", model(tmp_path, LOST.replace("x = x + 1", "x = y + 1")), "-o", "c.c", cwd=tmp_path)
    assert done.returncode == exits.WRONG_INPUT
    assert not (tmp_path / "c.c").exists()


@pytest.mark.parametrize("broken", ["s.states = 0", "s.transitions = 0"])
def test_a_search_that_loses_states_is_a_bug_and_no_verdict(broken: str, tmp_path: Path) -> None:
    source = checker_source(load(HOLDS), "0", Options())
    print_ = source.index("static enum code print(")
    read = "read_statistics(k, &s);"
    lost = source[:print_] + source[print_:].replace(read, f"{read} {broken};", 1)
    done = run(build(tmp_path, lost), "-q")
    assert (done.returncode, done.stdout) == (exits.OUR_BUG, "")
    assert "has lost states" in done.stderr


def test_any_number_of_threads_finds_the_same(tmp_path: Path) -> None:
    checker = build(tmp_path, checker_source(loaded("2003-truncate-lock/seed-question"), "0", Options(reductions=NONE)))
    results = [found(checker, "--threads", number) for number in ("1", "2", "5")]
    assert [result["threads"] for result in results] == [1, 2, 5]
    for result in results:
        for key in ("threads", "seconds", "memory"):
            del result[key]
    assert results[0] == results[1] == results[2]


# ---- options of a checker


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checker of a model that it never gets through."""
    return build(tmp_path_factory.mktemp("endless"), checker_source(load(ENDLESS), "0", Options()))


def test_a_bound_makes_it_inconclusive(endless: Path) -> None:
    done = run(endless, "--states", "1_000")
    assert done.returncode == exits.INCONCLUSIVE
    result = json.loads(done.stdout)
    assert (result["states"], result["complete"], result["stopped_by"]) == (1000, False, {"kind": "states"})
    began = time.monotonic()
    assert found(endless, "--seconds=0.3")["stopped_by"] == {"kind": "seconds"}
    assert time.monotonic() - began < 5


def test_a_models_own_bounds_are_its_defaults(tmp_path: Path) -> None:
    checker = build(tmp_path, checker_source(load(ENDLESS + "bounds: {states: 500}\n"), "0", Options()))
    assert found(checker)["states"] == 500
    assert found(checker, "--states", "700")["states"] == 700


def test_memory_that_runs_out_is_inconclusive_and_nothing_dies(endless: Path) -> None:
    result = found(endless, "--memory", "3M")
    assert (result["verdict"], result["stopped_by"]) == ("inconclusive", {"kind": "memory"})
    assert result["states"] > 1000
    assert result["memory"] <= 3 << 20


def test_an_interrupt_keeps_what_was_found(endless: Path) -> None:
    process = subprocess.Popen([endless, "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (exits.INCONCLUSIVE, "")
    result = json.loads(out)
    assert result["stopped_by"] == {"kind": "interrupt"}
    assert result["states"] > 0


def test_the_first_violation_is_enough(tmp_path: Path) -> None:
    checked = load(ENDLESS, constants={"LIMIT": 2})
    outcome = explore(checked.system, Options(first=True))
    result = found(build(tmp_path, checker_source(checked, "0", Options())), "--first")
    assert result["stopped_by"] == {"kind": "first"}
    assert (result["states"], result["transitions"]) == (outcome.states, outcome.transitions)
    assert judged(result, names(checked)) == {"small": ("invariant", 6, 0, True)}


@pytest.mark.parametrize(
    "options",
    [
        ("--states", "0"),
        ("--states",),
        ("--states", "9" * 30),
        ("--seconds", "nan"),
        ("--memory", "4X"),
        ("--memory", "99999999999T"),
        ("--threads", "-1"),
        ("--switches", "-1"),
        ("\x1b[31m",),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(options: tuple[str, ...], endless: Path) -> None:
    done = run(endless, *options)
    assert (done.returncode, done.stdout) == (exits.WRONG_INPUT, "")
    assert done.stderr.startswith("checker: ")
    assert done.stderr.count("\n") == 1 and done.stderr.rstrip("\n").isprintable()


def test_help_names_every_option_and_an_example(endless: Path) -> None:
    done = run(endless, "--help")
    assert done.returncode == exits.HOLDS
    for word in ("--threads", "--memory", "--states", "--seconds", "--switches", "--first", "--quiet", "Example:"):
        assert word in done.stdout


# ---- the file


def test_the_same_model_gives_the_same_file_and_it_needs_no_other() -> None:
    source = checker_source(load(LOST), "0", Options())
    assert source == checker_source(load(LOST), "0", Options())
    assert '#include "' not in source


@pytest.mark.parametrize("name", ["choices", "2003-truncate-lock/seed-question"])
def test_no_warning_and_nothing_that_sanitizers_find(name: str, tmp_path: Path) -> None:
    source = checker_source(loaded(name), "0", Options())
    off = ("-Wno-unused-label", "-Wno-unused-parameter", "-Wno-unused-function", "-Wno-unused-variable")
    flags = ("-Wall", "-Wextra", "-Werror", *off, "-Wno-unused-but-set-variable", "-Wno-self-assign")
    checker = build(tmp_path, source, *flags, "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    done = run(checker, "-q", "--memory", "1G")
    assert (done.returncode, done.stderr) == (exits.SAFETY, "")


def test_show_c_prints_constants_then_what_is_fixed_then_steps_with_their_places(tmp_path: Path) -> None:
    model(tmp_path, LOST)
    text = dfsrace("show", "c", "m.yaml", cwd=tmp_path).stdout
    places = [text.index(part) for part in ("#define WORDS 1", "struct model {", "/* m.yaml line 8 */", "step0_")]
    assert places == sorted(places)
