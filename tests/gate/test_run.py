# SPDX-License-Identifier: GPL-2.0-only
"""The gate as a function: what happens when models hang, memory is short, or we ourselves go wrong."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.gate.cache import Cache
from dfsrace.gate.find import Found, find
from dfsrace.gate.results import GateReport, Result
from dfsrace.gate.run import Hooks, Progress, Serve, run
from dfsrace.gate.settings import Settings
from dfsrace.gate.task import Task, Worker
from tests.gate.running import ENDLESS, HOLDS, LOST, PIECE, TYPO, model


def hanging(path: str) -> str:
    """A name; for one file it takes for ever."""
    if path.endswith("hang.yaml"):
        time.sleep(600)
    return path


def wrong(path: str) -> str:
    """A bug of ours."""
    raise KeyError(path)


def hungry(path: str) -> str:
    """Too much for the machine."""
    raise MemoryError


def gated(folder: Path, settings: Settings | None = None, hooks: Hooks | None = None) -> GateReport:
    return run(find([str(folder)]), settings or Settings(jobs=2), hooks)


def by_name(report: GateReport) -> dict[str, Result]:
    return {Path(result.path).name: result for result in report.results}


def test_results_are_told_once_each_in_the_order_of_the_report(tmp_path: Path) -> None:
    for letter in "dacb":
        model(tmp_path, LOST if letter == "c" else HOLDS, f"{letter}.yaml")
    told: list[Result] = []
    report = gated(tmp_path, hooks=Hooks(result=told.append))
    assert tuple(told) == report.results
    assert list(by_name(report)) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]


def test_progress_ends_with_everything_done(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "a.yaml")
    model(tmp_path, HOLDS, "b.yaml")
    seen: list[Progress] = []
    gated(tmp_path, hooks=Hooks(progress=seen.append))
    assert (seen[-1].done, seen[-1].total, seen[-1].under_way) == (2, 2, ())


def test_a_model_that_hangs_is_skipped_when_the_time_is_up(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "a.yaml")
    model(tmp_path, HOLDS, "hang.yaml")
    start = time.monotonic()
    report = gated(tmp_path, Settings(jobs=2, total_seconds=2, name=hanging))
    assert time.monotonic() - start < 30
    assert {name: result.status for name, result in by_name(report).items()} == {
        "a.yaml": "expected",
        "hang.yaml": "skipped",
    }


def test_an_interrupt_after_the_last_model_is_none(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    report = gated(tmp_path, hooks=Hooks(interrupted=lambda: True))
    assert report.interrupted is (report.results[0].status == "skipped")


def test_a_search_without_memory_is_inconclusive_and_the_next_model_has_all_of_it(tmp_path: Path) -> None:
    model(tmp_path, ENDLESS, "a.yaml")
    model(tmp_path, HOLDS, "b.yaml")
    report = gated(tmp_path, Settings(jobs=1, memory=20 << 20))
    first, second = report.results
    assert (first.status, first.found["stopped_by"]["kind"]) == ("inconclusive", "memory")
    assert "the memory was used up" in first.because
    assert second.status == "expected"


def test_a_worker_that_has_grown_wants_to_be_replaced(tmp_path: Path) -> None:
    path = str(model(tmp_path, HOLDS))
    small = Serve(Settings(), "", None).begin(lambda: False)
    assert small(Task(path))[1] is False
    grown = Serve(Settings(), "", 0).begin(lambda: False)
    assert grown(Task(path))[1] is True


def test_the_memory_is_shared_by_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = []

    def noting(settings: Settings, tool: str, memory: int | None) -> Serve:
        shares.append(memory)
        return Serve(settings, tool, memory)

    monkeypatch.setattr("dfsrace.gate.run.Serve", noting)
    for letter in "abc":
        model(tmp_path, HOLDS, f"{letter}.yaml")
    gated(tmp_path, Settings(jobs=3, memory=900 << 20))
    assert shares == [300 << 20]


def test_a_bug_of_ours_is_one_models_and_says_so(tmp_path: Path) -> None:
    path = str(model(tmp_path, HOLDS))
    result = Worker(Settings(name=wrong), lambda: False).do(Task(path)).result
    assert result is not None
    assert (result.status, result.verdict) == ("bug", "error")
    assert "KeyError" in result.because
    assert result.found["diagnostics"][0]["code"] == "DR700"


def test_out_of_memory_is_no_bug_and_no_verdict(tmp_path: Path) -> None:
    path = str(model(tmp_path, HOLDS))
    result = Worker(Settings(name=hungry), lambda: False).do(Task(path)).result
    assert result is not None
    assert (result.status, result.verdict) == ("inconclusive", "skipped")


def test_a_result_says_what_is_wrong_and_how_many_more(tmp_path: Path) -> None:
    path = str(model(tmp_path, TYPO.replace("state:", "sate:")))
    result = Worker(Settings(), lambda: False).do(Task(path)).result
    assert result is not None and result.status == "error"
    count = len(result.found["diagnostics"])
    assert count > 1 and result.because.endswith(f" (and {count - 1} more)")
    assert any("DR201" in line for line in result.report)


def test_a_piece_without_errors_is_no_result_but_counted(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    model(tmp_path, PIECE, "piece.yaml")
    model(tmp_path, PIECE.replace("n = 1", "n = nothing"), "wrong.yaml")
    report = gated(tmp_path)
    assert {name: result.status for name, result in by_name(report).items()} == {
        "m.yaml": "expected",
        "wrong.yaml": "error",
    }
    assert [Path(path).name for path in report.pieces] == ["piece.yaml"]


@pytest.mark.parametrize("name", ["piece.yml", "a b.yaml", 'it\'s "quoted".yaml', "käse: # 1.yaml", "[x].yaml"])
def test_pieces_of_any_name_are_typed(name: str, tmp_path: Path) -> None:
    path = model(tmp_path, PIECE.replace("n = 1", "n = nothing"), name)
    result = Worker(Settings(), lambda: False).do(Task(str(path), "piece")).result
    assert result is not None
    assert [d["file"] for d in result.found["diagnostics"]] == [str(path)]
    assert Worker(Settings(), lambda: False).do(Task(str(model(tmp_path, PIECE, name)), "piece")).result is None


def test_a_folder_that_cannot_be_looked_into_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model(tmp_path, HOLDS)
    (tmp_path / "shut").mkdir()
    listing = os.listdir

    def refusing(folder: str) -> list[str]:
        if folder.endswith("shut"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return listing(folder)

    monkeypatch.setattr(os, "listdir", refusing)
    report = gated(tmp_path)
    result = by_name(report)["shut"]
    assert (result.status, result.because) == ("error", "cannot look into the folder: permission denied")
    assert by_name(report)["m.yaml"].status == "expected"


def test_nothing_to_do_is_an_empty_report() -> None:
    report = run(Found((), (), (), (), ()), Settings())
    assert (report.results, report.interrupted) == ((), False)


def test_every_field_of_the_settings_can_be_sent_to_another_process(tmp_path: Path) -> None:
    path = str(model(tmp_path, HOLDS))
    found = replace(find([path]), models=(path,))
    assert run(found, Settings(strict_coverage=True, seconds=60.0, jobs=1)).results[0].status == "expected"


@pytest.mark.parametrize("missing", [("getuid", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"), ("getuid",), ("O_NOFOLLOW",)])
def test_where_nobody_can_say_whose_a_file_is_there_is_no_cache_but_a_note(
    missing: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(tmp_path, HOLDS)
    kept, never = tmp_path / "kept", tmp_path / "never"
    assert [gated(tmp_path, Settings(cache=str(kept))).cached for _ in range(2)] == [0, 1]
    entry = next(kept.iterdir()).stem
    assert Cache(kept).get(entry) is not None
    for name in missing:
        monkeypatch.delattr(os, name)
    for folder in (kept, never):
        report = gated(tmp_path, Settings(cache=str(folder)))
        assert ([result.status for result in report.results], report.cached) == (["expected"], 0)
        (note,) = report.notes
        assert note == f"no verdict is kept or known: {folder}: this system does not say who may write to a file"
    assert not never.exists()
    assert Cache(kept).get(entry) is None
