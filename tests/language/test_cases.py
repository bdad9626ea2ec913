# SPDX-License-Identifier: GPL-2.0-only
"""Runs the cases of tests/language/*.md.

A case is a heading, prose that says why, a fenced model (`yaml`), further files where it needs some (`yaml NAME`), and
what it gives: the whole report of what is wrong (`diagnostic`), or an empty one where nothing is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.render import render_error
from dfsrace.language import ModelSource, load_model

FOLDER = Path(__file__).parent
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """`files`: name and text of each, the model's named m.yaml; `report`: what reading it must say."""

    name: str
    files: tuple[tuple[str, str], ...]
    report: str


def cases_of(path: Path) -> list[Case]:
    """The cases of a Markdown file, named by file and heading."""
    cases = []
    for part in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title = part.split("\n", 1)[0]
        fences = [(kind, name, text) for kind, name, text in FENCE.findall(part)]
        files = tuple((name or "m.yaml", text) for kind, name, text in fences if kind == "yaml")
        (report,) = [text for kind, _, text in fences if kind == "diagnostic"]
        cases.append(Case(f"{path.stem}: {title}", files, report.rstrip("\n")))
    return cases


CASES = [case for path in sorted(FOLDER.glob("*.md")) for case in cases_of(path)]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_model_gives_the_report_that_its_case_shows(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in case.files:
        (tmp_path / name).write_text(text, encoding="utf-8")
    report = ""
    try:
        load_model(ModelSource.of("m.yaml"), [Path()], {})
    except ModelError as error:
        report = render_error(error)
    assert report == case.report


def test_there_are_cases_and_each_name_is_one() -> None:
    assert len(CASES) >= 10
    assert len({case.name for case in CASES}) == len(CASES)
