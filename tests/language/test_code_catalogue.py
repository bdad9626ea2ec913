# SPDX-License-Identifier: GPL-2.0-only
"""Every diagnostic of code is explained; its example gives it, its mended lines give nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.codes_code import CODE
from dfsrace.language.check_code import type_model
from tests.language.documents import complete, read

PACKAGE = Path(__file__).parents[2] / "dfsrace"


def codes_of(text: str) -> set[str]:
    """What typing says of a model."""
    try:
        type_model(read(complete(text)))
    except ModelError as error:
        return {d.code for d in error.diagnostics}
    return set()


def test_every_code_is_explained_and_every_explained_code_is_used() -> None:
    used: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        if not file.name.startswith("codes"):
            used |= set(re.findall(r'"(DR[45]\d\d)"', file.read_text()))
    assert used == set(CODE)


@pytest.mark.parametrize("code", [code for code, e in CODE.items() if e.example])
def test_the_example_gives_its_code_alone(code: str) -> None:
    assert codes_of(CODE[code].example) == {code}


@pytest.mark.parametrize("code", [code for code, e in CODE.items() if e.mended])
def test_the_mended_example_is_right(code: str) -> None:
    assert codes_of(CODE[code].mended) == set()


@pytest.mark.parametrize("code", list(CODE))
def test_explanations_fit_a_terminal(code: str) -> None:
    assert all(len(line) <= 120 for line in CODE[code].text.split("\n"))
