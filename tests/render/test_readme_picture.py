# SPDX-License-Identifier: GPL-2.0-only
"""The picture of the README is what the command that it names draws."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.cli.running import COMMAND, ROOT

PICTURE = ROOT / ".github" / "seed-question.svg"


def test_the_picture_in_the_repository_is_drawn_by_the_command_in_the_readme(tmp_path: Path) -> None:
    words = ["graph", "seed-question", "--property", "no_pte_maps_truncated_page", "-o", "lanes.svg"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "3"}
    subprocess.run([*COMMAND, *words], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / "lanes.svg").read_text(encoding="utf-8") == PICTURE.read_text(encoding="utf-8")
