# SPDX-License-Identifier: GPL-2.0-only
"""The comparisons find nothing in the tool as it is, and find every error that is put into it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sabotage.compare import Comparison
from tests.sabotage.engine import ENGINE
from tests.sabotage.lowering import LOWERING
from tests.sabotage.models import SWITCHES, texts

SABOTAGES = {**LOWERING, **ENGINE}


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return Comparison(texts(tmp_path_factory.mktemp("models")), SWITCHES)


def test_there_is_no_difference_without_sabotage(comparison: Comparison) -> None:
    assert comparison.difference() is None


@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotage_is_caught(
    name: str,
    comparison: Comparison,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    SABOTAGES[name](monkeypatch)
    difference = comparison.difference()
    record_property("difference", difference)
    assert difference is not None, f"nothing notices that {name}"
