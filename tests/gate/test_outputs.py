# SPDX-License-Identifier: GPL-2.0-only
"""Where the gate's results go: files that are whole or not there, one format on standard output, GitHub's commands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.gate.running import (
    ENDLESS,
    HOLDS,
    KNOWN_BAD,
    LOST,
    ROOT,
    TYPO,
    gate,
    gated,
    last_line,
    model,
    objects,
    validator,
)

TURNED = KNOWN_BAD.replace("{violates: both_count}", "holds")


def folder(at: Path) -> None:
    model(at, HOLDS, "holds.yaml")
    model(at, TURNED, "turned.yaml")
    model(at, TYPO, "typo.yaml")


BECAUSE = "expected to hold, but it violates both_count"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (("--junit", "out"), BECAUSE),
        (("--sarif", "out"), '"codeFlows"'),
        (("--ktap",), f"not ok 2 turned.yaml # unexpected: {BECAUSE}"),
        (("--github",), BECAUSE),
        (("--json",), BECAUSE),
    ],
)
def test_each_output_says_that_an_expectation_was_turned_round(
    output: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    model(tmp_path, HOLDS, "holds.yaml")
    model(tmp_path, TURNED, "turned.yaml")
    done = gate(".", *output, cwd=tmp_path)
    assert done.returncode == 10
    text = (tmp_path / "out").read_text(encoding="utf-8") if len(output) > 1 else done.stdout
    assert "turned.yaml" in text and "both_count" in text
    assert said in text
    model(tmp_path, KNOWN_BAD, "turned.yaml")
    done = gate(".", *output, cwd=tmp_path)
    text = (tmp_path / "out").read_text(encoding="utf-8") if len(output) > 1 else done.stdout
    assert done.returncode == 0
    assert said not in text


def test_several_outputs_at_once(tmp_path: Path) -> None:
    folder(tmp_path)
    done = gate(".", "--junit", "j.xml", "--sarif", "s.sarif", "--ktap", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout.startswith("KTAP version 1\n1..3\n")
    assert (tmp_path / "j.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert json.loads((tmp_path / "s.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"


def test_json_is_one_valid_object_a_model_and_one_for_all(tmp_path: Path) -> None:
    folder(tmp_path)
    code, results, summary = gated(".", cwd=tmp_path)
    assert code == 2
    assert results["turned.yaml"]["expected"] == {"verdict": "holds", "violated": []}
    assert results["turned.yaml"]["as_expected"] is False
    assert results["holds.yaml"]["because"] == ""
    assert results["typo.yaml"]["expected"] is None
    assert (summary["models"], summary["expected"], summary["unexpected"], summary["error"]) == (3, 1, 1, 1)


def test_the_schema_has_all_that_check_prints() -> None:
    reports = json.loads((ROOT / "dfsrace" / "render" / "report.schema.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "dfsrace" / "gate" / "gate.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    judged = {"status", "because", "expected", "cached"}
    for kind in ("report", "error"):
        ours, theirs = schema["$defs"][kind], reports["$defs"][kind]
        assert set(ours["properties"]) == set(theirs["properties"]) | judged
        assert set(ours["required"]) == set(theirs["required"]) | judged


@pytest.mark.parametrize(("name", "wrong"), [("status", "fine"), ("status", "error"), ("states", -1), ("surprise", 1)])
def test_the_schema_refuses_what_is_wrong(name: str, wrong: object, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    found = objects(gate(".", "--json", cwd=tmp_path).stdout)[0]
    with pytest.raises(ValidationError):
        validator().validate({**found, name: wrong})


@pytest.mark.parametrize("option", ["--junit", "--sarif"])
@pytest.mark.parametrize("place", ["nowhere/out", "folder"])
def test_an_output_that_cannot_be_written_is_2_before_anything_is_checked(
    option: str, place: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    model(tmp_path, ENDLESS)
    done = gate(".", option, place, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"dfsrace: cannot write '{place}': ")
    assert not (tmp_path / ".cache").exists()


def test_a_step_summary_that_cannot_be_written_is_2(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = gate(".", "--github", cwd=tmp_path, variables={"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot write the step's summary" in done.stderr


def test_a_model_is_never_written_over(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = gate(".", "--junit", "m.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "--junit would write over 'm.yaml'" in done.stderr
    assert (tmp_path / "m.yaml").read_text(encoding="utf-8") == HOLDS


@pytest.mark.parametrize("options", [("--json", "--ktap"), ("--github", "--ktap"), ("--junit", "x", "--sarif", "./x")])
def test_two_formats_in_one_place_are_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = gate(".", *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_github_gets_its_commands_and_a_summary_that_is_added_to(tmp_path: Path) -> None:
    folder(tmp_path)
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    done = gate(".", "--github", cwd=tmp_path, variables={"GITHUB_STEP_SUMMARY": str(summary)})
    errors = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert done.returncode == 2
    assert ["turned.yaml" in errors[0], "typo.yaml" in errors[1]] == [True, True]
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n") and "turned.yaml" in text


def test_a_models_text_cannot_become_a_command_to_github(tmp_path: Path) -> None:
    model(tmp_path, LOST, "::error::x.yaml")
    lines = gate(".", "--github", cwd=tmp_path).stdout.splitlines()
    assert lines[0].startswith("::stop-commands::")
    token = lines[0].rpartition("::")[2]
    end = lines.index(f"::{token}::")
    assert len(token) >= 32
    assert any("::error::x.yaml" in line for line in lines[1:end])
    assert all(line.startswith("::error file=") for line in lines[end + 1 :])


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    model(tmp_path, TYPO, "evil\x1b[31m\nname.yaml")
    done = gate(".", "--color", "never", cwd=tmp_path)
    assert done.returncode == 2
    assert "\x1b" not in done.stdout + done.stderr
    assert "evil\\x1b[31m\\nname.yaml" in done.stdout


def test_a_name_that_is_no_text_is_checked_too(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.yaml"
    Path(os.fsdecode(path)).write_text(HOLDS, encoding="utf-8")
    for options in (("--junit", "out", "--sarif", "too"), ("--json",), ("--ktap",), ("--github",)):
        assert gate(".", *options, cwd=tmp_path).returncode == 0, options


def test_colours_are_for_terminals(tmp_path: Path) -> None:
    model(tmp_path, LOST)
    assert "\x1b[1;31m" in gate(".", "--color", "always", cwd=tmp_path).stdout
    assert "\x1b" not in gate(".", cwd=tmp_path).stdout


def test_ascii_is_ascii(tmp_path: Path) -> None:
    folder(tmp_path)
    assert gate(".", "--ascii", cwd=tmp_path).stdout.isascii()


def test_the_last_line_is_for_grep(tmp_path: Path) -> None:
    folder(tmp_path)
    line = last_line(gate(".", cwd=tmp_path).stdout)
    assert list(line)[:4] == ["models", "expected", "unexpected", "inconclusive"]
    assert (line["models"], line["expected"], line["unexpected"], line["errors"]) == ("3", "1", "1", "1")
