# SPDX-License-Identifier: GPL-2.0-only
"""The compiled objects of a test run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.engine.native import Machine
from tests.conftest import require


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for compiled objects."""
    require("cc")
    return tmp_path_factory.mktemp("objects")


@pytest.fixture(scope="session")
def machine(objects: Path) -> Machine:
    """The engine as it is used: everything by the machine's C compiler."""
    return Machine(objects, quick=False)


@pytest.fixture(scope="session")
def quick(objects: Path) -> Machine:
    """Step functions by tcc where there is one: it compiles a model in a hundredth of a second."""
    return Machine(objects, quick=True)
