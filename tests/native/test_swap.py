# SPDX-License-Identifier: GPL-2.0-only
"""A search that begins with code that compiles fast and goes on with optimised code finds what any other finds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dfsrace.engine.native import Machine, explore_native
from dfsrace.engine.native.library import NativeSearch
from dfsrace.engine.native.swap import WORTH_OPTIMISING, Compiled
from dfsrace.engine.options import Options
from dfsrace.engine.reference import explore
from tests.conftest import require
from tests.native.comparing import compared
from tests.native.test_equal import PROJECT, load

NONE = Options(reductions=frozenset())
MODEL = PROJECT / "models" / "textbook" / "seqlock-readers.yaml"


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The objects that searches went over to."""
    seen: list[Path] = []
    use = NativeSearch.use

    def noted(search: NativeSearch, model: Path) -> None:
        seen.append(model)
        use(search, model)

    monkeypatch.setattr(NativeSearch, "use", noted)
    return seen


def test_a_search_goes_over_once_and_finds_the_same(
    tmp_path: Path, used: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    require("cc"), require("tcc")
    improved = Compiled.improved

    def patiently(objects: Compiled, seconds: float) -> Path | None:
        first = improved(objects, WORTH_OPTIMISING)
        if first is None and objects._thread is not None:
            objects._thread.join()
            return improved(objects, WORTH_OPTIMISING)
        return first

    monkeypatch.setattr(Compiled, "improved", patiently)
    system = load(MODEL)
    found = compared(explore_native(system, NONE, Machine(tmp_path / "objects", slice=0.001)))
    assert len(used) == 1
    assert found == compared(explore(system, NONE))
    assert found == compared(explore_native(system, NONE, Machine(tmp_path / "objects", slice=0.001)))
    assert len(used) == 1  # the optimised object was there from the start


def test_a_search_that_ends_first_leaves_no_half_of_an_object(tmp_path: Path, used: list[Path]) -> None:
    require("cc"), require("tcc")
    system = load(PROJECT / "models" / "2003-truncate-lock" / "seed-question.yaml")
    found = compared(explore_native(system, Options(), Machine(tmp_path / "objects")))
    assert found == compared(explore(system, Options()))
    assert not list((tmp_path / "objects").glob(".*"))


def test_a_fast_compiler_that_fails_is_done_without(
    tmp_path: Path, used: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    require("cc")
    (tmp_path / "tcc").write_text("#!/bin/sh\n[ $1 = -v ] && echo tcc || exit 1\n", encoding="ascii")
    (tmp_path / "tcc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    system = load(PROJECT / "models" / "2003-truncate-lock" / "seed-question.yaml")
    found = compared(explore_native(system, Options(), Machine(tmp_path / "objects")))
    assert found == compared(explore(system, Options()))
