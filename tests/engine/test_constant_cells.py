# SPDX-License-Identifier: GPL-2.0-only
"""A stamp or page that only a constant cell has is told apart from new ones, with every renaming in force."""

from __future__ import annotations

import pytest

from dfsrace.engine.options import REDUCTIONS, Options
from dfsrace.engine.reference import explore
from dfsrace.language import ModelSource, load_model

STAMPS = """\
model: A new stamp is not the stamp of a constant cell
types: {Version: stamp}
state: {v: Version, w: Version, x: bool}
threads:
  t0: renew(v)
  t1: |
    if v != w:
        x = True
invariants: {never: not x}
"""
PAGES = """\
model: A new page is not the page of a constant cell
types: {Page: "pool(2)"}
state:
  p: Page | None
  q: Page | None
  x: bool
setup: |
  q = alloc(Page)
threads:
  t0: p = alloc(Page)
  t1: |
    if p is not None:
        if p != q:
            x = True
invariants: {never: not x}
"""


@pytest.mark.parametrize("text", [STAMPS, PAGES], ids=["stamps", "pages"])
@pytest.mark.parametrize("reductions", [(), REDUCTIONS, *((r,) for r in REDUCTIONS)], ids="+".join)
def test_what_is_new_differs_from_what_a_constant_cell_has(text: str, reductions: tuple[str, ...]) -> None:
    system = load_model(ModelSource("constant.yaml", None, text), [], {}).system
    outcome = explore(system, Options(reductions=frozenset(reductions)))
    assert [v.property for v in outcome.violations] == ["never"]
