# SPDX-License-Identifier: GPL-2.0-only
"""Fresh copies and fresh environments, for the tests of packaging and scripts; none needs the package index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What a caller may have set to steer the scripts or Python must not steer the tests.
_STEERING = ("DFSRACE_VENV", "PYTHON", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONSAFEPATH")


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A finished process, with these environment variables set; it has no terminal and no input."""
    kept = {name: value for name, value in os.environ.items() if name not in _STEERING}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )


def copy_of_the_project(place: Path) -> Path:
    """The project's files at `place`, as a fresh clone has them."""
    left_out = shutil.ignore_patterns(".git", ".venv*", "*_cache", "__pycache__", ".hypothesis", "dist", "build")
    shutil.copytree(ROOT, place, ignore=left_out)
    return place


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of a folder with its time of change and its bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def borrowing_environment(place: Path, *also: Path) -> Path:
    """The Python of a new environment that sees this one's packages, but not what its .pth files add, and `also`."""
    venv.create(place, with_pip=False, symlinks=True)
    (packages,) = place.glob("lib/python*/site-packages")
    paths = [sysconfig.get_path("purelib"), *(str(path) for path in also)]
    (packages / "zz_borrowed.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    return place / "bin" / "python"


def install(python: Path, *what: str | Path) -> None:
    """Installs with this environment's pip into another one, without the package index."""
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-build-isolation")
    done = run(*pip, "--no-index", *what, cwd=python.parent)
    assert done.returncode == 0, done.stderr
