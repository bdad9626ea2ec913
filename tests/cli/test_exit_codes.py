# SPDX-License-Identifier: GPL-2.0-only
"""Every exit code of `check` means what the page says, equally with --json."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.cli import exits
from tests.cli.running import BOTH, DEADLOCK, HOLDS, LOST, POOL, dfsrace, model, objects

UNMET = HOLDS + "reach: {never: x == 0 and x == 1}\n"
LOOPS = "model: t\nstate: {x: bool}\nthreads:\n  a: |\n    x = True\n    while True:\n        pass\n"
NO_VALUE = HOLDS + "  divides:\n    holds: 2 // x > 0\n"

CASES = {
    "holds": (HOLDS, 0, "holds"),
    "an invariant is violated": (LOST, 12, "violated"),
    "a reach is never true": (UNMET, 12, "violated"),
    "a deadlock": (DEADLOCK, 11, "violated"),
    "a deadlock and an invariant": (BOTH, 12, "violated"),
    "a pool is exhausted": (POOL, 3, "inconclusive"),
    "bad YAML": ("model: [", 2, "error"),
    "bad code": (HOLDS.replace("x + 1", "y + 1"), 2, "error"),
    "a loop without a shared access": (LOOPS, 2, "error"),
    "a property without a value": (NO_VALUE, 2, "error"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_verdict_has_its_exit_code(case: str, tmp_path: Path) -> None:
    text, code, verdict = CASES[case]
    done = dfsrace("check", model(tmp_path, text), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert (f"verdict={verdict}" in done.stdout) == (verdict != "error")
    assert bool(done.stderr) == (verdict == "error")


@pytest.mark.parametrize("case", CASES)
def test_a_verdict_has_its_exit_code_with_json(case: str, tmp_path: Path) -> None:
    text, code, verdict = CASES[case]
    done = dfsrace("check", model(tmp_path, text), "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")
    assert [one["verdict"] for one in objects(done.stdout)] == [verdict]


@pytest.mark.parametrize(
    ("option", "reason"), [("--states=2", "states"), ("--switches=0", "switches"), ("--seconds=1e-9", "seconds")]
)
def test_a_bound_that_refuses_a_step_makes_it_inconclusive(option: str, reason: str, tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, HOLDS), option, "--json", cwd=tmp_path)
    (report,) = objects(done.stdout)
    assert (done.returncode, report["verdict"], report["complete"]) == (3, "inconclusive", False)
    assert report["stopped_by"]["kind"] == reason
    assert report["as_expected"] is None


def test_a_bound_that_refuses_nothing_changes_nothing(tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, HOLDS), "--states=1_000_000", "--switches=9", "--json", cwd=tmp_path)
    (report,) = objects(done.stdout)
    assert (done.returncode, report["verdict"], report["as_expected"]) == (0, "holds", True)


def test_the_models_own_bound_is_the_default_and_an_option_overrides_it(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS + "bounds: {states: 2}\nexpect: inconclusive\n")
    own, other = (dfsrace("check", path, *more, "--json", cwd=tmp_path) for more in ((), ("--states=1000",)))
    assert (own.returncode, other.returncode) == (3, 0)
    assert [objects(done.stdout)[0]["as_expected"] for done in (own, other)] == [True, None]


def test_the_verdict_counts_not_what_the_model_expects(tmp_path: Path) -> None:
    path = model(tmp_path, LOST + "expect: {violates: both_count}\n")
    done = dfsrace("check", path, cwd=tmp_path)
    assert done.returncode == 12
    assert "VIOLATED (as expected)" in done.stdout


@pytest.mark.parametrize(
    ("codes", "together"),
    [
        ([0, 3], 3),
        ([3, 13], 13),
        ([13, 11], 11),
        ([11, 12, 0], 12),
        ([12, 2], 2),
        ([2, 70, 0], 70),
        ([0, 0], 0),
        ([], 0),
    ],
)
def test_of_several_models_the_first_code_that_applies_counts(codes: list[int], together: int) -> None:
    assert exits.first_of(codes) == together
    assert exits.first_of(reversed(codes)) == together


def test_several_models_are_all_checked_whatever_is_wrong_with_one(tmp_path: Path) -> None:
    texts = {"a.yaml": HOLDS, "b.yaml": "model: [", "c.yaml": LOST, "d.yaml": DEADLOCK}
    files = [model(tmp_path, text, name) for name, text in texts.items()]
    done = dfsrace("check", *files, "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert [one["verdict"] for one in objects(done.stdout)] == ["holds", "error", "violated", "violated"]
    quiet = dfsrace("check", *files, "--quiet", cwd=tmp_path)
    assert [line.split()[1:3] for line in quiet.stdout.splitlines()] == [
        ["model=a", "verdict=holds"],
        ["model=c", "verdict=violated"],
        ["model=d", "verdict=violated"],
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("chekc",),
        ("check", "--nonsense", "m.yaml"),
        ("check", "nosuch.yaml"),
        ("check", "."),
        ("check", "m.yaml", "--set", "N"),
        ("check", "m.yaml", "--set", "=1"),
        ("check", "m.yaml", "--set", "N=1", "--set", "N=2"),
        ("check", "m.yaml", "--set", "NOPE=1"),
        ("check", "m.yaml", "--library", "nosuch"),
        ("check", "m.yaml", "--property", "nosuch"),
        ("check", "m.yaml", "--states", "0"),
        ("check", "m.yaml", "--states", "many"),
        ("check", "m.yaml", "--seconds", "0"),
        ("check", "m.yaml", "--seconds", "nan"),
        ("check", "m.yaml", "--switches", "-1"),
        ("check", "m.yaml", "--reduce", "pools,stamp"),
        ("check", "m.yaml", "--color", "sometimes"),
        ("check", "m.yaml", "-o", "nosuch/out.json"),
        ("check", "m.yaml", "-o", "."),
        ("check", "m.yaml", "-o", "m.yaml"),
        ("replay", "m.yaml"),
        ("replay", "m.yaml", "--schedule", "a*0"),
        ("replay", "m.yaml", "--schedule", "nobody"),
        ("show", "nothing", "m.yaml"),
        ("explain", "DR999"),
        ("export", "m.yaml", "--to", "prose"),
        ("models", "no model is called like this"),
    ],
)
def test_a_wrong_command_exits_2_says_why_and_does_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = dfsrace(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert not done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["m.yaml"]
    assert (tmp_path / "m.yaml").read_text(encoding="utf-8") == HOLDS


@pytest.mark.parametrize(
    ("arguments", "help"),
    [
        (("chekc", "m.yaml"), "did you mean check?"),
        (("check", "m.yaml", "--set", "NOPE=1"), "no constant 'NOPE'"),
        (("check", "m.yaml", "--set", "N=1", "--set", "N=2"), "N is set twice, to 1 and 2"),
        (("check", "m.yaml", "--property", "both_counts"), "did you mean both_count?"),
        (("check", "m.yaml", "--reduce", "stamp"), "did you mean stamps?"),
        (("check", "seed-questoin"), "did you mean seed-question?"),
        (("explain", "DR3O4"), "did you mean DR"),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_right_one(
    arguments: tuple[str, ...], help: str, tmp_path: Path
) -> None:
    model(tmp_path, HOLDS)
    assert help in dfsrace(*arguments, cwd=tmp_path).stderr


def test_a_bug_of_ours_exits_70_and_says_how_to_report_it(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import dfsrace.trace.build as b\nb.sizes_of = None\n", encoding="utf-8")
    variables = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).resolve().parents[2]}"}
    done = dfsrace("check", path, path, cwd=tmp_path, variables=variables)
    assert done.returncode == 70
    assert done.stderr.count("\n") == 2
    assert "a bug of dfsrace" in done.stderr and "please report it" in done.stderr and "trace/build.py" in done.stderr
    json = dfsrace("check", path, "--json", cwd=tmp_path, variables=variables)
    assert json.returncode == 70
    assert objects(json.stdout)[0]["diagnostics"][0]["code"] == "DR700"
