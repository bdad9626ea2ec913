# SPDX-License-Identifier: GPL-2.0-only
"""Known verdicts: an untouched model is not explored again, and nothing in the cache can hide a failure."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dfsrace.gate.cache import Cache, Unusable, digest, tool_digest
from dfsrace.gate.find import find
from dfsrace.gate.results import GateReport
from dfsrace.gate.run import run
from dfsrace.gate.settings import Settings
from dfsrace.gate.task import Task, Worker
from dfsrace.operations import check
from tests.gate.running import BOUNDED, HOLDS, KNOWN_BAD, LOST, PIECE, USES_PIECE, gate, gated, last_line, model


def cached(cwd: Path, *options: str) -> int:
    """How many verdicts a run takes from the cache."""
    return int(last_line(gate(".", *options, cwd=cwd).stdout)["cached"])


def run_here(cwd: Path, **settings: Any) -> GateReport:
    """A run in this process, with the cache that processes in that folder have."""
    cache = str(cwd / ".cache" / "dfsrace" / "verdicts")
    return run(find([str(cwd)]), Settings(cache=cache, **settings))


def known(cwd: Path) -> int:
    """How many verdicts such a run takes from the cache."""
    return run_here(cwd).cached


def entries(cwd: Path) -> list[Path]:
    return sorted((cwd / ".cache" / "dfsrace" / "verdicts").iterdir())


def timeless(result: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("seconds", "cached")}


def test_an_untouched_model_is_known_and_its_result_is_the_same(tmp_path: Path) -> None:
    model(tmp_path, HOLDS, "holds.yaml")
    model(tmp_path, KNOWN_BAD, "bad.yaml")
    first, second = gated(".", cwd=tmp_path), gated(".", cwd=tmp_path)
    assert (first[2]["cached"], second[2]["cached"]) == (0, 2)
    for name in ("holds.yaml", "bad.yaml"):
        assert timeless(first[1][name]) == timeless(second[1][name])
    assert "cached" in gate(".", cwd=tmp_path).stdout


def test_no_cache_neither_asks_nor_keeps(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    assert cached(tmp_path, "--no-cache") == 0
    assert not (tmp_path / ".cache").exists()
    cached(tmp_path)
    assert cached(tmp_path, "--no-cache") == 0
    assert cached(tmp_path) == 1


@pytest.mark.parametrize(
    "changed",
    [
        HOLDS + "# a comment\n",
        HOLDS.replace("state:\n", "\n\nstate:\n"),
        HOLDS.replace("Two increments", "2 increments"),
        HOLDS + "expect: holds\n",
    ],
)
def test_what_does_not_change_the_meaning_changes_no_verdict(changed: str, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    known(tmp_path)
    model(tmp_path, changed)
    assert known(tmp_path) == 1


def test_lines_and_titles_of_a_known_verdict_are_those_of_today(tmp_path: Path) -> None:
    model(tmp_path, KNOWN_BAD)
    _, before, _ = gated(".", cwd=tmp_path)
    model(tmp_path, "# one more line\n" + KNOWN_BAD.replace("Two increments", "2 increments"))
    _, after, summary = gated(".", cwd=tmp_path)
    assert summary["cached"] == 1
    lines = [[step["line"] for step in result["m.yaml"]["violations"][0]["trace"]] for result in (before, after)]
    assert lines[1] == [line + 1 for line in lines[0]]
    assert after["m.yaml"]["title"].startswith("2 increments")


@pytest.mark.parametrize(
    "changed",
    [
        LOST,
        HOLDS.replace("x == 2", "x >= 2"),
        HOLDS + "check: []\n",
        HOLDS + "bounds: {states: 5}\n",
        HOLDS.replace("  b: add()", "  b: add()\n  c: add()").replace("0..2", "0..3"),
    ],
)
def test_what_changes_the_meaning_is_checked_again(changed: str, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    known(tmp_path)
    model(tmp_path, changed)
    assert known(tmp_path) == 0


def test_an_included_piece_counts_too(tmp_path: Path) -> None:
    model(tmp_path, USES_PIECE)
    model(tmp_path, PIECE, "piece.yaml")
    assert [cached(tmp_path), cached(tmp_path)] == [0, 1]
    model(tmp_path, PIECE.replace("n = 1", "n = 3"), "piece.yaml")
    assert gate(".", cwd=tmp_path).returncode == 10


def test_a_piece_that_comes_to_stand_before_another_counts(tmp_path: Path) -> None:
    model(tmp_path, USES_PIECE.replace("piece.yaml", "piece"))
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    model(tmp_path, PIECE, "second/piece.yaml")
    words = ("m.yaml", "--library", "first", "--library", "second")
    assert [gated(*words, cwd=tmp_path)[2]["cached"] for _ in range(2)] == [0, 1]
    model(tmp_path, PIECE.replace("n = 1", "n = 3"), "first/piece.yaml")
    assert gate(*words, cwd=tmp_path).returncode == 10


def test_reductions_have_verdicts_of_their_own(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    assert [cached(tmp_path), cached(tmp_path, "--reduce", "none"), cached(tmp_path, "--reduce", "none")] == [0, 0, 1]


def test_an_expectation_turned_round_fails_though_the_verdict_is_known(tmp_path: Path) -> None:
    model(tmp_path, KNOWN_BAD)
    cached(tmp_path)
    model(tmp_path, LOST + "expect: holds\n")
    done = gate(".", cwd=tmp_path)
    assert done.returncode == 10
    assert "what changes" in done.stdout
    assert last_line(done.stdout)["cached"] == "0"


@pytest.mark.parametrize("text", [BOUNDED, BOUNDED + "expect: inconclusive\n"])
def test_what_was_cut_is_never_known(text: str, tmp_path: Path) -> None:
    model(tmp_path, text)
    for _ in range(2):
        (result,) = run_here(tmp_path).results
        assert (result.status, result.cached) == ("expected" if "expect" in text else "inconclusive", False)
    assert entries(tmp_path) == []


def changed_digest(entry: dict[str, Any]) -> str:
    entry["digest"] = digest([entry["key"], entry["value"]])
    return json.dumps(entry)


def falsified(text: str) -> str:
    """A lie about the states, without a digest that fits."""
    changed = re.sub(r'"states": \d+', '"states": 99', text)
    assert changed != text
    return changed


def foreign(text: str) -> str:
    """An entry that is right, for another key."""
    entry = json.loads(text)
    entry["key"] = "0" * 64
    return changed_digest(entry)


def hollow(text: str) -> str:
    """An entry with a right digest and nothing in it."""
    entry = json.loads(text)
    entry["value"] = {}
    return changed_digest(entry)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[" * 100_000,
        lambda text: "null",
        lambda text: "\0" * 2_000_000,
        falsified,
        foreign,
        hollow,
    ],
    ids=["empty", "half", "nested", "null", "huge", "falsified", "foreign", "hollow"],
)
def test_a_damaged_entry_is_a_miss_and_is_replaced(damage: Callable[[str], str], tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    (before,) = run_here(tmp_path).results
    for path in entries(tmp_path):
        path.write_text(damage(path.read_text(encoding="ascii")), encoding="ascii")
    (after,) = run_here(tmp_path).results
    assert (after.status, after.cached) == ("expected", False)
    assert timeless(after.found) == timeless(before.found)
    assert known(tmp_path) == 1


def test_a_kept_counterexample_that_does_not_replay_is_a_miss(tmp_path: Path) -> None:
    model(tmp_path, KNOWN_BAD)
    known(tmp_path)
    for path in entries(tmp_path):
        entry = json.loads(path.read_text(encoding="ascii"))
        if "violations" not in entry["value"]:
            path.unlink()
            continue
        entry["value"]["violations"][0]["moves"].pop()
        path.write_text(changed_digest(entry), encoding="ascii")
    assert [known(tmp_path), known(tmp_path)] == [0, 1]


def test_an_entry_that_others_may_write_to_is_a_miss(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    known(tmp_path)
    for path in entries(tmp_path):
        path.chmod(0o666)
    assert known(tmp_path) == 0


def test_a_link_in_the_place_of_an_entry_is_a_miss(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    known(tmp_path)
    for number, path in enumerate(entries(tmp_path)):
        path.rename(tmp_path / f"moved-{number}")
        path.symlink_to(tmp_path / f"moved-{number}")
    assert known(tmp_path) == 0


@pytest.mark.parametrize("trouble", ["a file in its place", "others may write", "read only"])
def test_an_unusable_cache_is_a_note_and_no_failure(trouble: str, tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    folder = tmp_path / ".cache" / "dfsrace" / "verdicts"
    folder.parent.mkdir(parents=True)
    if trouble == "a file in its place":
        folder.write_text("", encoding="ascii")
    else:
        folder.mkdir()
        folder.chmod(0o777 if trouble == "others may write" else 0o500)
    if trouble == "read only" and os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    done = gate(".", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.startswith("dfsrace: note: no verdict is kept or known: ")
    assert done.stderr.count("\n") == 1


def test_without_a_home_there_is_no_cache(tmp_path: Path) -> None:
    model(tmp_path, HOLDS)
    done = gate(".", cwd=tmp_path, variables={"XDG_CACHE_HOME": "", "HOME": "relative"})
    assert done.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["m.yaml"]


# ---- the cache by itself


def test_the_cache_keeps_values_under_their_keys_for_this_user_alone(tmp_path: Path) -> None:
    cache = Cache.at(tmp_path / "a" / "b")
    key = digest("x")
    assert cache.get(key) is None
    assert cache.put(key, {"n": 1}) == ""
    assert cache.get(key) == {"n": 1}
    assert cache.get(digest("y")) is None
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o077 for path in (tmp_path / "a" / "b").iterdir()] == [0]


def test_a_cache_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    with pytest.raises(Unusable, match="others may write"):
        Cache.at(tmp_path)


def test_the_cache_is_bounded_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = Cache.at(tmp_path / "c")
    keys = [digest(number) for number in range(12)]
    for number, key in enumerate(keys):
        cache.put(key, {"n": number})
        os.utime(cache.folder / f"{key}.json", (number, number))
    cache.used(keys[0])
    cache.trim(entries=12)
    assert len(list(cache.folder.iterdir())) == 12
    cache.trim(entries=8)
    assert {key for key in keys if cache.get(key)} == {keys[0], *keys[7:]}
    cache.trim(entries=8, size=1)
    assert list(cache.folder.iterdir()) == []


def test_a_cache_that_goes_away_under_way_is_told_of_once(tmp_path: Path) -> None:
    path = model(tmp_path, HOLDS)
    worker = Worker(Settings(cache=str(tmp_path / "gone")), lambda: False)
    reply = worker.do(Task(str(path)))
    assert reply.result is not None and reply.result.status == "expected"
    assert "cannot be written: no such file" in reply.note


@dataclass
class Changing:
    """Gives a name, and each time that it is asked for it writes the next text to the file."""

    path: Path
    texts: list[str]

    def __call__(self, given: str) -> str:
        if self.texts:
            self.path.write_text(self.texts.pop(0), encoding="utf-8")
        return "m"


def violated(worker: Worker, path: Path) -> int:
    """How many properties a worker finds violated in a file."""
    result = worker.do(Task(str(path))).result
    assert result is not None
    return len(result.found["violations"])


def test_a_model_that_changes_while_it_is_checked_hides_nothing(tmp_path: Path) -> None:
    path = model(tmp_path, LOST)
    changing = Changing(path, [LOST, HOLDS, HOLDS])
    worker = Worker(Settings(cache=str(Cache.at(tmp_path / "c").folder), name=changing), lambda: False)
    violated(worker, path)
    for text, count in ((LOST, 1), (HOLDS, 0), (LOST, 1)):
        changing.texts = [text]
        path.write_text(text, encoding="utf-8")
        assert violated(worker, path) == count


def test_a_piece_that_changes_while_its_model_is_checked_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, piece = model(tmp_path, USES_PIECE), model(tmp_path, PIECE, "piece.yaml")
    wrong = PIECE.replace("n = 1", "n = 3")
    worker = Worker(Settings(cache=str(Cache.at(tmp_path / "c").folder)), lambda: False)

    def changing(*arguments: Any, **named: Any) -> Any:
        found = check(*arguments, **named)
        piece.write_text(wrong, encoding="utf-8")
        return found

    monkeypatch.setattr("dfsrace.gate.task.check", changing)
    assert violated(worker, path) == 0
    monkeypatch.undo()
    assert violated(worker, path) == 1


def test_a_library_file_that_appears_while_its_model_is_checked_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    path = model(tmp_path, USES_PIECE.replace("piece.yaml", "piece"))
    model(second, PIECE, "piece.yaml")
    settings = Settings(cache=str(Cache.at(tmp_path / "c").folder), libraries=(str(first), str(second)))
    worker = Worker(settings, lambda: False)

    def changing(*arguments: Any, **named: Any) -> Any:
        found = check(*arguments, **named)
        model(first, PIECE.replace("n = 1", "n = 3"), "piece.yaml")
        return found

    monkeypatch.setattr("dfsrace.gate.task.check", changing)
    assert violated(worker, path) == 0
    monkeypatch.undo()
    assert violated(worker, path) == 1


def test_the_state_of_our_own_code_is_part_of_every_key(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1", encoding="ascii")
    before = tool_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("x", encoding="ascii")
    assert tool_digest(tmp_path) == before
    (tmp_path / "a.py").write_text("x = 2", encoding="ascii")
    assert tool_digest(tmp_path) != before


@pytest.mark.parametrize(
    ("name", "value"), [("sys.version", "3.99.0"), ("dfsrace.gate.cache.ALSO_DECIDE", ("networkx", "click"))]
)
def test_what_our_code_stands_on_is_part_of_every_key(
    name: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tool_digest(tmp_path)
    monkeypatch.setattr(name, value)
    assert tool_digest(tmp_path) != before
