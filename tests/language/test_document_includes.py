# SPDX-License-Identifier: GPL-2.0-only
"""Includes: where they are found, in which order they count, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dfsrace.diagnostics import Diagnostic, ModelError
from dfsrace.language.declarations import Declarations
from dfsrace.language.document import ModelSource, read_model
from tests.language.documents import problems_of, read, read_file

MODEL = "model: m\nthreads: {a: pass}\n"


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def failure(path: Path, *libraries: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(ModelError) as caught:
        read_file(path, libraries)
    return caught.value.diagnostics


def names(declarations: Declarations) -> list[str]:
    return [name for name, _ in declarations.includes]


def test_a_bare_name_is_looked_up_in_the_library_and_never_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [own]", "own.yaml": "about: here"})
    (problem,) = failure(tmp_path / "m.yaml")
    assert (problem.code, problem.span.line, problem.span.column) == ("DR210", 3, 11)
    assert names(read_file(tmp_path / "m.yaml", [tmp_path])) == ["own.yaml"]


def test_the_first_library_that_has_a_name_wins_and_the_built_in_one_is_last(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [vm, x]", "one/vm.yaml": "about: 1", "two/vm.yaml": "about: 2"})
    write(tmp_path, {"two/protocols/x.yaml": "about: 3"})
    declarations = read_file(tmp_path / "m.yaml", [tmp_path / "one", tmp_path / "two"])
    assert [Path(path).relative_to(tmp_path).as_posix() for _, path in declarations.includes] == [
        "one/vm.yaml",
        "two/protocols/x.yaml",
    ]
    write(tmp_path, {"n.yaml": MODEL + "include: [vm, hook]"})
    assert names(read_file(tmp_path / "n.yaml")) == ["vm.yaml", "hook.yaml"]


def test_a_path_starts_at_the_including_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"m.yaml": MODEL + "include: [sub/a.yaml]", "sub/a.yaml": "include: [b.yaml]", "sub/b.yaml": "about: b"},
    )
    declarations = read_file(tmp_path / "m.yaml")
    assert [Path(name).relative_to(tmp_path).as_posix() for name in names(declarations)] == ["sub/b.yaml", "sub/a.yaml"]


def test_standard_input_includes_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.yaml": "constants: {A: 1}"})
    monkeypatch.chdir(tmp_path)
    declarations = read(MODEL + "include: [a.yaml]")
    assert names(declarations) == ["a.yaml"] and "A" in declarations.constants


def test_a_file_is_loaded_once_and_before_the_one_that_includes_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "m.yaml": MODEL + "include: [a.yaml, b.yaml]\nprocedures: '4'",
            "a.yaml": "include: [c.yaml]\nprocedures: '2'",
            "b.yaml": "include: [c.yaml, a.yaml]\nprocedures: '3'",
            "c.yaml": "procedures: '1'\nstate: {x: bool}",
        },
    )
    declarations = read_file(tmp_path / "m.yaml")
    assert [Path(name).name for name in names(declarations)] == ["c.yaml", "a.yaml", "b.yaml"]
    assert [code.text for code in declarations.procedures] == ["1", "2", "3", "4"]


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [a.yaml, b.yaml]", "a.yaml": "state: {x: bool}"})
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    assert len(names(read_file(tmp_path / "m.yaml"))) == 1


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [x, sub/y.yaml]", "lib/x.yaml": "about: 1"})
    write(tmp_path, {"sub/y.yaml": "include: [vm, deep/vm.yaml]", "sub/deep/vm.yaml": "about: 2"})
    write(tmp_path, {"lib/vm.yaml": "include: [vm.d/vm.yaml]", "lib/vm.d/vm.yaml": "about: 3"})
    shown = [source.name for source in read_file(tmp_path / "m.yaml", [tmp_path / "lib"]).sources]
    assert len(shown) == len(set(shown)) == 6


def test_a_file_and_a_library_piece_of_one_name_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"here/vm.yaml": "about: own", "lib/vm.yaml": "about: library"})
    monkeypatch.chdir(tmp_path / "here")
    text = MODEL + "include: [vm.yaml, vm]"
    declarations = read_model(ModelSource("m.yaml", None, text), [tmp_path / "lib"], {})
    assert names(declarations) == ["vm.yaml", "lib/vm.yaml"]


def test_a_circle_is_an_error_that_shows_it(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [a]", "a.yaml": "include: [b]", "b.yaml": "about: b\ninclude: [c, a]"})
    write(tmp_path, {"c.yaml": "about: c"})
    (problem,) = failure(tmp_path / "m.yaml", tmp_path)
    assert (problem.code, problem.span.file, problem.span.line, problem.span.column) == ("DR211", "b.yaml", 2, 14)
    assert "a.yaml → b.yaml → a.yaml" in problem.message
    write(tmp_path, {"self.yaml": MODEL + "include: [self.yaml]"})
    assert [p.code for p in failure(tmp_path / "self.yaml")] == ["DR211"]


@pytest.mark.parametrize(
    ("entry", "code", "message", "way_out"),
    [
        ("trunkate_lock", "DR210", "'trunkate_lock'", "did you mean truncate_lock?"),
        ("zzz", "DR210", "'zzz'", "--library DIR"),
        ("vn.yaml", "DR210", "'vn.yaml'", "a bare name looks in the library: vn"),
        ("protocols/hook", "DR212", "'protocols/hook'", "hook"),
        ("..", "DR210", "'..'", "--library"),
        ("{a: b}", "DR212", "one name", "include: [vm]"),
        ("''", "DR212", "list of names", "include: [vm]"),
    ],
)
def test_a_wrong_include_says_what_there_is(entry: str, code: str, message: str, way_out: str) -> None:
    (problem,) = problems_of(f"include: [{entry}]\n{MODEL}")
    assert (problem.code, problem.span.line, problem.span.column) == (code, 1, 11)
    assert message in problem.message and way_out in problem.help


def test_a_path_that_is_not_there_names_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [helpr.yaml]", "helper.yaml": "about: x"})
    (problem,) = failure(tmp_path / "m.yaml")
    assert problem.help == "did you mean helper.yaml?"


@pytest.mark.parametrize(
    "section", ["threads: {b: pass}", "check: []", "reach: {r: x}", "bounds: {states: 1}", "expect: holds"]
)
def test_an_included_file_has_no_sections_of_a_model(tmp_path: Path, section: str) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [a.yaml]", "a.yaml": f"about: a\n{section}"})
    (problem,) = failure(tmp_path / "m.yaml")
    assert (problem.code, problem.span.line, problem.span.column) == ("DR204", 2, 1)
    assert problem.span.file.endswith("a.yaml")


def test_broken_files_are_all_reported_in_the_order_in_which_they_were_opened(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [a.yaml, b.yaml, d.yaml]", "a.yaml": "x: [", "b.yaml": "x: &a b"})
    write(tmp_path, {"d.yaml": "x: 1\nx: 2"})
    assert [p.code for p in failure(tmp_path / "m.yaml")] == ["DR108", "DR110", "DR109"]


def test_a_name_given_in_two_files_is_an_error_that_shows_both(tmp_path: Path) -> None:
    write(tmp_path, {"m.yaml": MODEL + "include: [a]\nstate: {x: bool}\ninvariants: {i: y}"})
    write(tmp_path, {"a.yaml": "state: {x: bool}\ninvariants: {i: y}"})
    found = failure(tmp_path / "m.yaml", tmp_path)
    assert [p.code for p in found] == ["DR302", "DR302"]
    assert [p.notes[0][0].file for p in found] == ["a.yaml", "a.yaml"]


def test_a_hundred_files_may_be_included_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, {f"f{n}.yaml": f"about: {n}" for n in range(101)})
    entries = [f"f{n}.yaml" for n in range(100)]
    write(tmp_path, {"m.yaml": MODEL + f"include: {entries}", "n.yaml": MODEL + f"include: {[*entries, 'f100.yaml']}"})
    assert len(names(read_file(tmp_path / "m.yaml"))) == 100
    assert [p.code for p in failure(tmp_path / "n.yaml")] == ["DR120"]


def test_a_chain_of_a_hundred_files_is_no_deeper_than_python_goes(tmp_path: Path) -> None:
    write(tmp_path, {f"f{n}.yaml": f"include: [f{n + 1}.yaml]" for n in range(99)} | {"f99.yaml": "about: end"})
    write(tmp_path, {"m.yaml": MODEL + "include: [f0.yaml]"})
    assert len(names(read_file(tmp_path / "m.yaml"))) == 100


def test_includes_together_have_at_most_four_megabytes(tmp_path: Path) -> None:
    filler = ("#" + "x" * 98 + "\n") * 10_000
    write(tmp_path, {f"f{n}.yaml": f"{filler}about: {n}" for n in range(5)})
    write(tmp_path, {"m.yaml": MODEL + f"include: {[f'f{n}.yaml' for n in range(5)]}"})
    assert [p.code for p in failure(tmp_path / "m.yaml")] == ["DR120"]
