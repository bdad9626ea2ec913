# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/test says of its two workers is so: the tests of an xdist_group share one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).with_name("conftest.py")
TESTS = """\
import os, time
from pathlib import Path
import pytest

pytestmark = pytest.mark.xdist_group("costly")

@pytest.mark.parametrize("number", range(6))
def test_a_part(number):
    time.sleep(0.05)
    Path(f"ran-{number}").write_text(os.environ["PYTEST_XDIST_WORKER"])
"""


def test_the_tests_of_a_group_share_one_worker(tmp_path: Path) -> None:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_one.py").write_text(TESTS, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    workers = [path.read_text(encoding="utf-8") for path in tmp_path.glob("ran-*")]
    assert len(workers) == 6
    assert len(set(workers)) == 1, "the group was spread over the workers"
