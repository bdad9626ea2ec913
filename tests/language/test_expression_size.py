# SPDX-License-Identifier: GPL-2.0-only
"""A nested comparison costs what its text is long, and a chain that would double at each level is refused."""

from __future__ import annotations

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.language import ModelSource, load_model
from dfsrace.language.lowering.conditions import OneStep
from dfsrace.language.typed import Expression
from dfsrace.system.expressions import Expr

MODEL = "model: nested\nstate: {a: bool, b: bool, c: bool}\nthreads:\n  t: a = True\ninvariants:\n  i: "


def nested(wrap: str, depth: int) -> str:
    text = "a == b"
    for _ in range(depth):
        text = wrap.replace("INNER", text)
    return MODEL + text + "\n"


def visits(monkeypatch: pytest.MonkeyPatch, depth: int) -> int:
    """How many expressions are turned while a comparison nested so deep is loaded."""
    count = 0
    real = OneStep.expression

    def counted(self: OneStep, e: Expression) -> Expr:
        nonlocal count
        count += 1
        return real(self, e)

    with monkeypatch.context() as patch:
        patch.setattr(OneStep, "expression", counted)
        load_model(ModelSource("nested.yaml", None, nested("(INNER) == c", depth)), [], {})
    return count


def test_each_level_of_comparisons_is_turned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    few, more = visits(monkeypatch, 4), visits(monkeypatch, 8)
    assert more < 3 * few


def test_a_chain_whose_middle_doubles_at_each_level_is_refused() -> None:
    load_model(ModelSource("nested.yaml", None, nested("c == (INNER) == c", 5)), [], {})
    with pytest.raises(ModelError) as refused:
        load_model(ModelSource("nested.yaml", None, nested("c == (INNER) == c", 40)), [], {})
    assert [d.code for d in refused.value.diagnostics] == ["DR608"]
