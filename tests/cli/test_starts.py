# SPDX-License-Identifier: GPL-2.0-only
"""A model with more initial states than anybody can wait for: bounds, memory and Ctrl-C end their making, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import dfsrace, model, objects
from tests.cli.test_interrupts import interrupted_while_searching

STARTS = """\
model: Many initial states
types: {R: 0..60}
state: {x: R}
procedures: |
  def go():
      while True:
          v = choose(R)
          x = v
threads: {a: go(), b: go(), c: go(), d: go()}
"""
SETUP = """\
model: Many choices in setup
types: {R: 0..60}
state: {a: R, b: R, c: R, d: R}
setup: |
  a = choose(R)
  b = choose(R)
  c = choose(R)
  d = choose(R)
threads: {t: "a = b"}
"""


@pytest.mark.parametrize("engine", ["auto", "reference", "native"])
@pytest.mark.parametrize(("option", "value", "detail"), [("seconds", "2", "2"), ("states", "700", "700")])
def test_a_bound_ends_the_making_of_initial_states(
    engine: str, option: str, value: str, detail: str, tmp_path: Path
) -> None:
    done = dfsrace("check", model(tmp_path, STARTS), f"--{option}={value}", "--json", "--engine", engine, cwd=tmp_path)
    (report,) = objects(done.stdout)
    assert done.returncode == 3
    assert (report["verdict"], report["complete"], report["depth"]) == ("inconclusive", False, 0)
    assert (report["stopped_by"]["kind"], report["stopped_by"]["detail"]) == (option, detail)
    assert report["seconds"] < 20


def test_ctrl_c_ends_the_making_of_initial_states(tmp_path: Path) -> None:
    code, out, _ = interrupted_while_searching("check", str(model(tmp_path, STARTS)), cwd=tmp_path)
    assert code == 3
    assert "RESULT model=m verdict=inconclusive" in out and "interrupted" in out


def test_a_checkpoint_is_left_alone_when_not_all_initial_states_were_made(tmp_path: Path) -> None:
    kept, path = tmp_path / "kept", model(tmp_path, STARTS)
    done = dfsrace("check", path, "--states=700", "--checkpoint", kept, cwd=tmp_path)
    assert done.returncode == 3 and not kept.exists()
    assert "no new checkpoint: the search ended before all initial states were made" in done.stdout + done.stderr


def test_too_many_choices_in_setup_are_refused_before_all_are_made(tmp_path: Path) -> None:
    done = dfsrace("check", model(tmp_path, SETUP), cwd=tmp_path)
    assert done.returncode == 2 and "DR607: setup has over 20,000 combinations of choices" in done.stderr
