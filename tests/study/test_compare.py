# SPDX-License-Identifier: GPL-2.0-only
"""The decision table agrees with the shipped models, and says of every other cell why it has no verdict."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.engine.options import Options
from dfsrace.operations import Model, load, model_hash
from dfsrace.shipped import models_folder
from dfsrace.study.compare import Comparison, compare_table, comparison, short_names
from dfsrace.study.compose import UNFIXED, Protocol, known, put_together, scenario
from dfsrace.study.judged import NOT_DONE, Found, Judged, Task, judge, killed
from dfsrace.study.table import Table
from dfsrace.system.system import AUTOMATIC_PROPERTIES

# Models of the manifest that are a protocol of the library in a scenario of the library; no fewer may be found.
AT_LEAST = 20


def decided(compared: Comparison, options: Options | None = None) -> tuple[Table, list[Judged]]:
    judged = [judge(task, options or Options()) for task in compared.tasks()]
    return compare_table(compared, judged), judged


@cache
def scenes() -> dict[tuple[str, ...], str]:
    """The library's scenarios by what their threads run, on what."""
    return {threads(load(scenario(name).path)): name for name in known("scenarios")}


def threads(model: Model) -> tuple[str, ...]:
    return (dict(model.system.constants).get("VM_OPS", ""), *(f"{t.name}: {t.text}" for t in model.system.threads))


def meaning(model: Model) -> str:
    """A digest of a model without its properties: a model may check more than a scenario does."""
    return model_hash(replace(model.system, properties=()))


Pair = tuple[str, str, Protocol, dict[str, Any]]


def library_pairs() -> Iterator[Pair]:
    """Shipped models that are, sizes apart, a protocol in a scenario: name, scenario, protocol, manifest's entry."""
    manifest = tomllib.loads((models_folder() / "manifest.toml").read_text(encoding="utf-8"))
    fixes = set(known("protocols"))
    for name, entry in manifest.items():
        text = (models_folder() / f"{name}.yaml").read_text(encoding="utf-8")
        if "include: [vm" not in text:
            continue
        model = load(models_folder() / f"{name}.yaml")
        scene = scenes().get(threads(model))
        if scene is None:
            continue
        words = tuple(stem for file, _ in model.declarations.includes if (stem := Path(file).stem) in fixes)
        fix = Protocol("+".join(words) or UNFIXED, words)
        sizes = dict(model.system.constants)
        source = put_together(scenario(scene), fix)
        try:
            composed = load(source, (), {n: v for n, v in sizes.items() if n in ("FRAMES", "PAGES", "VM_OPS")})
        except ModelError:
            continue
        if meaning(composed) == meaning(model):
            yield name, scene, fix, entry


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return list(library_pairs())


def test_every_cell_that_is_a_shipped_model_too_has_its_verdict(
    pairs: list[Pair],
) -> None:
    assert len(pairs) >= AT_LEAST, [name for name, *_ in pairs]
    wrong = []
    checked = {p.name for p in load(scenario("local-truncate").path).system.properties} | set(AUTOMATIC_PROPERTIES)
    for name, scene, fix, entry in pairs:
        one = judge(Task(name, put_together(scenario(scene), fix)), Options())
        found = {f.property: (f.steps, f.switches) for f in one.violated}
        expected = {p: (entry["steps"][p], entry["switches"][p]) for p in entry.get("violated", ()) if p in checked}
        if one.status != ("violated" if expected else "holds") or found != expected:
            wrong.append((name, scene, fix.name, one.status, found, expected))
    assert wrong == []


def test_the_pairs_are_of_many_protocols_and_scenarios(
    pairs: list[Pair],
) -> None:
    assert len({fix.name for _, _, fix, _ in pairs}) >= 6
    assert len({scene for _, scene, *_ in pairs}) >= 5


def test_the_unfixed_kernel_is_the_first_row_and_named_once() -> None:
    compared = comparison(["none", "hook", "unfixed", "hook"], ["local-truncate"])
    assert [fix.name for fix in compared.protocols] == ["unfixed", "hook"]
    table, judged = decided(compared)
    assert [row[0].lines for row in table.rows] == [("unfixed",), ("hook",)]
    assert table.rows[0][1].lines == ("violated", "no_pte_maps_truncated_page 11/2", "73 states")
    assert [one.status for one in judged] == ["violated", "violated"]


def test_two_protocols_together_cure_what_neither_does_alone() -> None:
    fixes = ["locked_fault", "invalidate_lock", "locked_fault+invalidate_lock"]
    _, judged = decided(comparison(fixes, ["hole-punch"]))
    assert [one.status for one in judged] == ["violated", "violated", "violated", "holds"]


def test_a_protocol_of_another_signature_is_refused_in_words(tmp_path: Path) -> None:
    fix = tmp_path / "other.yaml"
    fix.write_text("procedures: |\n  @override\n  def vmtruncate(node: Node):\n      pass\n", encoding="utf-8")
    table, judged = decided(comparison([str(fix)], ["local-truncate", "remote-write"]))
    assert [one.status for one in judged[2:]] == ["error", "error"]
    assert table.rows[1][1].lines == ("cannot be put together",)
    assert "vmtruncate" in judged[2].why and "other.yaml:3" in judged[2].why
    assert any("vmtruncate" in note for note in table.notes)
    assert table.records[2]["verdict"] == "error" and table.records[2]["why"] == judged[2].why


def test_a_protocol_that_declares_what_the_scenario_has_is_refused_in_words(tmp_path: Path) -> None:
    scene = tmp_path / "mine.yaml"
    text = "model: M\ninclude: [vm]\nstate: {Node.invalidate_lock: mutex}\nthreads: {cpu0: 'do_no_page(mm0, 0)'}\n"
    scene.write_text(text, encoding="utf-8")
    _, judged = decided(comparison(["invalidate_lock"], [str(scene)]))
    assert [one.status for one in judged] == ["holds", "error"]
    assert "invalidate_lock" in judged[1].why


def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> None:
    monkeypatch.chdir(folder)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


SCENE = (
    "model: M\ninclude: [vm]\nconstants: {FRAMES: 3}\nthreads: {cpu0: 'do_no_page(mm0, 0)', cpu1: 'vmtruncate(A, 0)'}\n"
)
NOTHING = "procedures: |\n  @override\n  def do_no_page(mm: Mm, index: Index):\n      pass\n"


def test_a_fix_that_another_one_undoes_is_named() -> None:
    table, judged = decided(comparison(["hook+truncate_lock", "locked_fault+invalidate_lock"], ["local-truncate"]))
    assert judged[1].status == "holds"
    assert [note for note in table.notes if "replaced" in note] == [
        "hook+truncate_lock: do_no_page of hook is replaced by that of truncate_lock."
    ]


def test_a_scenario_that_undoes_a_fix_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_folder(tmp_path, monkeypatch, undo=SCENE + NOTHING)
    table, judged = decided(comparison(["truncate_lock"], ["undo.yaml", "local-truncate"]))
    assert [one.status for one in judged] == ["holds", "violated", "holds", "holds"]
    assert "truncate_lock in undo: do_no_page of truncate_lock is replaced by that of undo." in table.notes
    assert "undo itself replaces do_no_page of vm: what it calls unfixed is not the library's kernel." in table.notes


def test_a_scenario_that_has_a_fix_already_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_folder(tmp_path, monkeypatch, cured=SCENE.replace("[vm]", "[vm, hook]"))
    table, _ = decided(comparison(["hook"], ["cured.yaml"]))
    assert "cured itself replaces do_no_page of vm: what it calls unfixed is not the library's kernel." in table.notes
    assert any(note.startswith("hook changes nothing here") for note in table.notes)


def test_a_protocol_that_changes_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_folder(tmp_path, monkeypatch, empty="about: Nothing\n")
    table, _ = decided(comparison(["empty.yaml", "vm", "truncate_lock"], ["local-truncate", "anonymous-fault"]))
    said = " changes nothing here: its models are the unfixed ones."
    assert [note for note in table.notes if "changes nothing" in note] == ["empty" + said, "vm" + said]


def test_the_rows_of_the_library_have_nothing_to_be_said_of_them() -> None:
    table, _ = decided(comparison(["valid_flag", "two_counters"], ["remote-write", "local-truncate"]))
    assert not [note for note in table.notes if "replace" in note or "changes nothing" in note]


def test_properties_that_a_scenario_does_not_check_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_folder(tmp_path, monkeypatch, part=SCENE + "check: [no_pte_maps_stale_page]\n")
    table, judged = decided(comparison(["hook"], ["part.yaml"]))
    assert [one.status for one in judged] == ["holds", "holds"]
    assert table.records[0]["unchecked"] == ["no_pte_maps_truncated_page"]
    assert "part leaves out by its `check`: no_pte_maps_truncated_page. Nothing is said of it." in table.notes


def test_a_task_whose_process_was_killed_says_so() -> None:
    compared = comparison(["hook"], ["local-truncate"])
    table = compare_table(compared, [Judged("holds", states=1, complete=True), killed(-9)])
    assert table.rows[1][1].lines == ("inconclusive", "cut: memory")
    assert "hook in local-truncate: the process was killed, most likely for want of memory." in table.notes


def test_a_scenario_without_threads_is_no_model_and_says_so() -> None:
    _, judged = decided(comparison(["hook"], ["vm"]))
    assert [one.status for one in judged] == ["error", "error"]
    assert "threads" in judged[0].why


def test_a_cut_cell_never_holds_and_says_what_cut_it() -> None:
    table, judged = decided(comparison(["hook"], ["anonymous-fault"]), Options(states=10))
    assert [one.status for one in judged] == ["inconclusive", "inconclusive"]
    assert table.rows[0][1].lines == ("inconclusive", "at least 10 states", "cut: states")
    assert "holds" not in str(table.rows)
    assert table.records[0]["complete"] is False and table.records[0]["cut_by"] == "states"


def test_a_violation_of_a_cut_search_is_marked_as_cut() -> None:
    compared = comparison(["hook"], ["local-truncate"])
    cut = Judged("violated", (Found("p", 3, 1),), 5, False, "seconds")
    table = compare_table(compared, [cut, cut])
    assert table.rows[0][1].lines == ("violated", "p 3/1", "at least 5 states", "cut: seconds")
    assert any("more may be violated" in note for note in table.notes)


def test_what_was_not_done_is_neither_here_nor_there() -> None:
    compared = comparison(["hook"], ["local-truncate"])
    table = compare_table(compared, [Judged("holds", states=1, complete=True), NOT_DONE])
    assert table.rows[1][1].lines == ("not done",)
    assert "1 of 2 not done: interrupted before they were decided." in table.notes


def test_an_interrupted_search_is_not_done_unless_it_found_something() -> None:
    compared = comparison([], ["local-truncate"])
    (task, *_) = compared.tasks()
    assert judge(task, Options(interrupted=lambda: True)).status in ("not done", "violated")


def test_files_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "fix.yaml").write_text("include: [hook]\n", encoding="utf-8")
    table, _ = decided(comparison(["old/fix.yaml", "new/fix.yaml", "./old/../new/fix.yaml+hook"], ["local-truncate"]))
    assert [row[0].lines for row in table.rows] == [
        ("unfixed",),
        ("old/fix.yaml",),
        ("new/fix.yaml",),
        ("fix+hook",),
    ]


def test_long_names_lose_what_they_share() -> None:
    truncated, stale = "no_pte_maps_truncated_page", "no_pte_maps_stale_page"
    assert short_names([truncated, stale, "deadlock", stale]) == {truncated: "truncated", stale: "stale"}
    assert short_names([truncated, "deadlock"]) == {}
    assert short_names(["one_two", "three_four"]) == {}
    assert short_names(["a_x", "a_x_y"]) == {"a_x": "x", "a_x_y": "x_y"}
    assert short_names(["a_x_b", "a_b"]) == {"a_x_b": "x_b", "a_b": "b"}
    assert short_names(["no_deadlock", "no_race"]) == {}
