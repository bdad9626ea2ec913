# SPDX-License-Identifier: GPL-2.0-only
"""A protocol stands behind a scenario's own includes and before its body, and every line keeps its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfsrace.diagnostics import ModelError
from dfsrace.operations import load
from dfsrace.study.compose import NoSuchPiece, Protocol, Scenario, known, protocol, put_together, scenario

BODY = "threads: {cpu0: 'do_no_page(mm0, 0)'}\n"
FIX = Protocol("fix", ("hook",))


def composed(folder: Path, text: str, fix: Protocol = FIX) -> str:
    path = folder / "scene.yaml"
    path.write_text(text, encoding="utf-8")
    made = put_together(Scenario("scene.yaml", path), fix).text
    assert isinstance(made, str)
    return made


@pytest.mark.parametrize(
    "include",
    [
        "include: [vm]\n",
        "include: vm\n",
        "include:\n  - vm\n",
        "include:\n- vm\n",
        "include:   [ 'vm' , ]   # the kernel\n",
        "include: [vm, # ] not the end\n  cluster\n  ]\n",
        "include: [\n  vm]\n",
        '"include": ["vm"]\n',
        "include:\n  # first\n  - vm\n  # last\n",
        "",
        "include:\n",
        "include: []\n",
    ],
)
@pytest.mark.parametrize("after", [True, False])
def test_the_protocol_comes_last_however_includes_are_written(tmp_path: Path, include: str, after: bool) -> None:
    needs_vm = "vm" not in include
    text = "model: M\n" + (include + BODY if after else BODY + include)
    fix = Protocol("fix", ("vm", "hook")) if needs_vm else FIX
    made = composed(tmp_path, text, fix)
    (tmp_path / "made.yaml").write_text(made, encoding="utf-8")
    names = [Path(name).stem for name, _ in load(tmp_path / "made.yaml").declarations.includes]
    assert names[0] == "vm" and names[-1] == "hook"
    place = [n for n, line in enumerate(text.splitlines()) if line.startswith("threads")]
    assert [n for n, line in enumerate(made.splitlines()) if line.startswith("threads")] == place


def test_a_model_in_one_pair_of_braces_gets_its_include(tmp_path: Path) -> None:
    text = "{model: M, threads: {cpu0: 'do_no_page(mm0, 0)'}}\n"
    made = composed(tmp_path, text, Protocol("fix", ("vm", "hook")))
    assert made.startswith('{include: ["vm", "hook"], model: M')
    made = composed(tmp_path, text.replace("{model", "{include: [vm], model"))
    assert made.startswith('{include: ["vm", "hook"], model: M')


@pytest.mark.parametrize(
    "text", ["model: M\n" + BODY + "...\n", "  model: M\n  " + BODY, "model: M\n" + BODY + "... # end"]
)
def test_an_include_is_added_inside_the_document_and_in_its_column(tmp_path: Path, text: str) -> None:
    made = composed(tmp_path, text, Protocol("fix", ("vm", "hook")))
    (tmp_path / "made.yaml").write_text(made, encoding="utf-8")
    names = [Path(name).stem for name, _ in load(tmp_path / "made.yaml").declarations.includes]
    assert names == ["vm", "hook"]


def test_a_diagnostic_names_the_line_of_the_scenario(tmp_path: Path) -> None:
    text = "model: M\ninclude:\n  - vm\n\n\nthreads: {cpu0: 'do_no_page(mm0)'}\n"
    path = tmp_path / "scene.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load(put_together(Scenario("scene.yaml", path), FIX))
    assert str(caught.value.diagnostics[0].span).startswith("scene.yaml:6:")


def test_files_of_both_are_found_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "base.yaml").write_text("include: [vm]\nconstants: {FRAMES: 4}\n", encoding="utf-8")
    (tmp_path / "scenes" / "s.yaml").write_text("model: M\ninclude: [base.yaml]\n" + BODY, encoding="utf-8")
    (tmp_path / "fix.yaml").write_text("include: [hook]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = load(put_together(scenario("scenes/s.yaml"), protocol("./fix.yaml")))
    assert [name for name, _ in made.declarations.includes] == ["vm.yaml", "scenes/base.yaml", "hook.yaml", "fix.yaml"]


def test_the_scenarios_constants_are_later_than_the_protocols(tmp_path: Path) -> None:
    (tmp_path / "fix.yaml").write_text("constants: {FRAMES: 7, PAGES: 2}\n", encoding="utf-8")
    text = "model: M\ninclude: [vm]\nconstants: {FRAMES: 3}\n" + BODY
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    fix = protocol(str(tmp_path / "fix.yaml"))
    constants = load(put_together(scenario(str(tmp_path / "s.yaml")), fix)).declarations.constants
    assert (constants["FRAMES"][1], constants["PAGES"][1]) == (3, 2)


def test_a_scenario_that_is_no_yaml_says_so_itself(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"model: [\n")
    source = put_together(Scenario("s.yaml", path), FIX)
    # Mended in the meantime, it is not to pass for the scenario with the fix.
    path.write_text("model: M\ninclude: [vm]\n" + BODY, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load(source)
    assert str(caught.value.diagnostics[0].span).startswith(f"{path}:1:")


@pytest.mark.parametrize("word", ["hok", "", "no/such.yaml", "hook+", "hook+truncat_lock"])
def test_a_word_that_names_nothing_says_what_there_is(word: str) -> None:
    with pytest.raises(NoSuchPiece) as caught:
        protocol(word)
    assert "there is" in str(caught.value)


def test_none_and_unfixed_are_no_fix_and_the_rest_of_the_library_is_known() -> None:
    assert protocol("none") == protocol("unfixed") == Protocol("unfixed")
    assert protocol("hook+truncate_lock").includes == ("hook", "truncate_lock")
    assert {"hook", "locked_fault"} <= set(known("protocols"))
    assert {"hole-punch", "local-truncate"} <= set(known("scenarios"))
