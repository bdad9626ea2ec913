# SPDX-License-Identifier: GPL-2.0-only
"""Every code is explained, and every explanation's example gives its code and its mended lines none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dfsrace.diagnostics.codes import CODES
from dfsrace.diagnostics.explanation import explanation_text
from tests.language.documents import codes_of, complete, problems_of

PACKAGE = Path(__file__).parents[2] / "dfsrace"
OURS = {code: e for code, e in CODES.items() if code < "DR4"}
WHOLE = {"DR103", "DR108", "DR113", "DR114", "DR116"}
"""Codes whose example is a whole file: a title behind it would mend it or make it another error."""


def test_every_code_in_the_source_is_explained_and_every_explained_code_is_used() -> None:
    used: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        if not file.name.startswith("codes") and "tests" not in file.parts:
            used |= set(re.findall(r'"(DR[123]\d\d)"', file.read_text()))
    assert used == set(OURS)


@pytest.mark.parametrize("code", [code for code, e in OURS.items() if e.example])
def test_the_example_gives_its_code_alone(code: str) -> None:
    text = OURS[code].example
    assert set(codes_of(text if code in WHOLE else complete(text))) == {code}


@pytest.mark.parametrize("code", [code for code, e in OURS.items() if e.mended])
def test_the_mended_example_is_right(code: str) -> None:
    assert not problems_of(complete(OURS[code].mended))


@pytest.mark.parametrize("code", list(OURS))
def test_an_explanation_can_be_shown(code: str) -> None:
    text = explanation_text(code, OURS[code])
    assert text.startswith(f"{code}: {OURS[code].title}")
    assert all(len(line) <= 120 for line in text.split("\n"))
