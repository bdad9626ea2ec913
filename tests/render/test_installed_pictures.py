# SPDX-License-Identifier: GPL-2.0-only
"""A plain installation from wheels draws PNG and PDF, fonts and all, on a machine without any."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from tests.installing import copy_of_the_project, run


@pytest.mark.long
def test_pictures_are_drawn_after_a_plain_installation_where_there_is_no_font(tmp_path: Path) -> None:
    clone, home = copy_of_the_project(tmp_path / "clone"), tmp_path / "installed"
    venv.create(home, with_pip=False, symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "--quiet")
    done = run(*pip, "--only-binary", ":all:", clone, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    empty = tmp_path / "fonts.conf"
    empty.write_text("<fontconfig/>", encoding="utf-8")
    command = (home / "bin" / "dfsrace", "graph", "seed-question", "--view", "film")
    for name, start in (("film.png", b"\x89PNG"), ("film.pdf", b"%PDF-")):
        done = run(*command, "-o", name, cwd=tmp_path, FONTCONFIG_FILE=str(empty), HOME=str(tmp_path))
        assert done.returncode == 0, done.stderr
        drawn = (tmp_path / name).read_bytes()
        assert drawn.startswith(start) and len(drawn) > 50_000
