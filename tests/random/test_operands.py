# SPDX-License-Identifier: GPL-2.0-only
"""Intermediate values: what is kept across a step is the result, and None is found when the operator is applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.engine.options import Options
from dfsrace.engine.reference import explore
from dfsrace.language import ModelSource, load_model
from tests.naive import naive
from tests.oracle import text as oracle
from tests.outcomes import lengths

MODEL = """\
model: One statement against another thread
types: {Small: 0..2}
state:
  x: Small
  y: Small = 1
  flag: bool
  may: Small | None
  slot[Small]: Small
threads:
  t0: STATEMENT
  t1: |
    x = (x + 1) % 3
    x = 2
    may = 1
"""


@pytest.mark.parametrize(
    "statement",
    [
        "x = may + 1",
        "slot[x + 1] += 1",
        "x //= x",
        "x -= may",
        "may += x",
        "flag = may < x",
        "x = may + x",
        "x = max(x, y)",
        "x *= 0",
        "x = min(x, 1) + y",
        "slot[x] += x",
        "x = slot[may]",
        "flag = not (may < 2 and x < may)",
        "x = 1 if may < x else may",
        "x = sum(slot[i] for i in Small) % 3",
        "flag = x < may < y",
        "slot[may] = may",
    ],
)
def test_one_statement_has_the_states_that_the_text_gives_it(statement: str, tmp_path: Path) -> None:
    text = MODEL.replace("STATEMENT", statement)
    path = tmp_path / "model.yaml"
    path.write_text(text, encoding="utf-8")
    system = load_model(ModelSource("model.yaml", None, text), [], {}).system
    outcome = explore(system, Options(reductions=frozenset()))
    told, simple = oracle.run(path, [], forget=True), naive(system)
    ours = (outcome.verdict, lengths(outcome), outcome.states)
    assert ours == (told.verdict, told.violated, told.states) == (simple.verdict, simple.violated, simple.states)
