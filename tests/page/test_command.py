# SPDX-License-Identifier: GPL-2.0-only
"""`dfsrace report`: what it writes, what it exits with, and that it never leaves half a page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.running import BOTH, DEADLOCK, ENDLESS, HOLDS, LOST, POOL, ROOT, dfsrace, model
from tests.cli.test_interrupts import interrupted_while_searching
from tests.conftest import require
from tests.page.reading import read

SEED = "2003-truncate-lock/seed-question"


@pytest.mark.parametrize(
    ("text", "options", "code", "said"),
    [
        (HOLDS, (), 0, "HOLDS"),
        (LOST, (), 12, "VIOLATED"),
        (DEADLOCK, (), 11, "VIOLATED"),
        (BOTH, (), 12, "VIOLATED"),
        (BOTH, ("--first",), 11, "it stopped at the first violation"),
        (POOL, (), 3, "pool Page exhausted"),
        (HOLDS, ("--states", "3"), 3, "the bound of 3 states was reached"),
        (LOST, ("--property", "deadlock"), 0, "HOLDS"),
        (LOST, ("--switches", "0"), 3, "nothing with more than 0 switches"),
    ],
)
def test_it_writes_a_page_and_exits_as_check_does(
    text: str, options: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    path = model(tmp_path, text)
    done = dfsrace("report", path, "-o", "page.html", *options, cwd=tmp_path)
    assert done.returncode == code
    page = read((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert said in page.text
    assert ("nothing is decided" in page.text.lower()) == (code == 3)
    assert sorted(os.listdir(tmp_path)) == ["m.yaml", "page.html"]


def test_it_prints_the_line_that_check_prints(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    done = dfsrace("report", path, "-o", "page.html", cwd=tmp_path)
    checked = dfsrace("check", "--quiet", path, cwd=tmp_path)
    assert done.stdout.rpartition(" seconds=")[0] == checked.stdout.rpartition(" seconds=")[0]
    assert done.returncode == checked.returncode


def test_the_bytes_repeat(tmp_path: Path) -> None:
    pages = []
    for seed in ("1", "2"):
        dfsrace("report", SEED, "-o", f"{seed}.html", cwd=tmp_path, variables={"PYTHONHASHSEED": seed})
        pages.append((tmp_path / f"{seed}.html").read_bytes())
    assert pages[0] == pages[1]
    assert dfsrace("report", SEED, "-o", "-", cwd=tmp_path).stdout.encode() == pages[0]


def test_a_page_does_not_say_where_the_models_lie(tmp_path: Path) -> None:
    for model_of_ours in (SEED, "textbook/lost-update"):
        page = dfsrace("report", model_of_ours, "-o", "-", cwd=tmp_path).stdout
        assert str(ROOT) not in page
        assert f"{model_of_ours}.yaml" in page


def test_both_engines_give_the_same_bytes(tmp_path: Path) -> None:
    require("cc")
    for engine in ("reference", "native"):
        done = dfsrace("report", "2003-unfixed/remote-write", "--engine", engine, "-o", engine, cwd=tmp_path)
        assert done.returncode == 12
    assert (tmp_path / "reference").read_bytes() == (tmp_path / "native").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("m.yaml",), "say where to write the page: -o FILE.html"),
        (("m.yaml", "-o", "m.yaml"), "-o would write over the model 'm.yaml'"),
        (("m.yaml", "-o", "other.yaml"), "which may be a model"),
        (("m.yaml", "-o", "there/is/none/page.html"), "cannot write 'there/is/none/page.html': no such file"),
        (("m.yaml", "-o", "."), "cannot write '.': is a folder"),
        (("m.yaml", "-o", "p.html", "--property", "both_coun"), "the model has no property 'both_coun'"),
        (("m.yaml", "-o", "p.html", "--set", "NO=1"), "NO"),
        (("none.yaml", "-o", "p.html"), "no shipped model 'none.yaml'"),
        (("m.yaml", "-o", "p.html", "--states", "0"), "'0' is no integer of 1 or more"),
    ],
)
def test_what_cannot_be_done_is_one_error_and_no_file(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    model(tmp_path, HOLDS, "other.yaml")
    done = dfsrace("report", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["m.yaml", "other.yaml"]
    assert (tmp_path / "other.yaml").read_text() == HOLDS


def test_a_page_that_is_there_stays_as_it_is_until_a_new_one_is_whole(tmp_path: Path) -> None:
    model(tmp_path, HOLDS.replace("x + 1", "x + y"))
    (tmp_path / "page.html").write_text("before")
    assert dfsrace("report", "m.yaml", "-o", "page.html", cwd=tmp_path).returncode == 2
    assert (tmp_path / "page.html").read_text() == "before"


def test_an_interrupt_gives_the_page_of_what_was_found(tmp_path: Path) -> None:
    words = ("report", str(model(tmp_path, ENDLESS)), "-o", "page.html", "--engine", "reference")
    code, out, _ = interrupted_while_searching(*words, cwd=tmp_path)
    assert code == 3
    assert " verdict=inconclusive " in out
    assert "it was interrupted" in read((tmp_path / "page.html").read_text(encoding="utf-8")).text
