# SPDX-License-Identifier: GPL-2.0-only
"""Which files are ours: no model is overlooked, and nobody's workflow is taken for one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from dfsrace.gate.find import Found, classify, find
from tests.gate.running import COMPOSE, HOLDS, PIECE, TYPO, USES_PIECE

WORKFLOW = """\
name: CI
on: [push]
permissions: {contents: read}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
"""
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 2}
---
apiVersion: v1
kind: Service
metadata: {name: web}
"""
STRANGERS = {
    "workflow": WORKFLOW,
    "compose": COMPOSE,
    "compose that includes": "include: [other.yaml]\n" + COMPOSE,
    "compose with anchors": "x-common: &common {restart: always}\nservices: {web: *common}\n",
    "kubernetes": KUBERNETES,
    "gitlab": "include: ['/templates/ci.yml']\nstages: [build]\ncheck: {script: [make]}\n",
    "gitlab that only includes": "include: ['/templates/ci.yml']\n",
    "types beside a name": "name: a schema\ntypes: {a: b}\n",
    "openapi": "openapi: 3.0.0\ninfo: {title: x}\npaths: {}\n",
    "a trained model": "model: resnet50\nsources: [imagenet]\nbatch: 3\nepochs: 9\n",
    "a server": "server: {port: 80}\nthreads: {min: 2, max: 8}\n",
    "a program's settings": "model: llama.gguf\nthreads: 8\nmemory: 4G\n",
    "a program's settings in the singular": "model: llama.gguf\nthread: {count: 8}\nprocedure: {}\n",
    "ansible": "- hosts: all\n  tasks: []\n",
    "a device tree binding": "$id: http://x\n$schema: http://y\ntitle: A\nproperties: {reg: {maxItems: 1}}\n",
    "a template": "{{- if .Values.threads }}\nkind: Pod\nmodel: {{ .x }}\n{{- end }}\n",
    "a text": "just words",
    "nothing": "",
    "zero bytes": "\0\0\0",
    "broken": "a: [b\nc: }",
}
OURS = {
    "a model": HOLDS,
    "a piece": PIECE,
    "a piece of types": "types: {Node: [A, B]}\n",
    "a piece of state": "state: {x: bool}\n",
    "threads misspelt": TYPO,
    "threads misspelt over a library": "model: T\ninclude: [vm]\ntreads: {a: f()}\n",
    "threads misspelt and nothing else": "model: T\ntreads:\n  a: f()\n",
    "threads misspelt that do nothing": "model: T\ntreads:\n  a: pass\n",
    "threads misspelt in what has no title": "include: [vm]\nthread: {a: f()}\n",
    "invariants misspelt": "include: [vm]\ninvarients: {small: x < 2}\n",
    "state misspelt": HOLDS.replace("state:", "sate:"),
    "threads of the wrong shape": "model: T\ninclude: [vm]\nthreads: [a, b]\n",
    "in braces": '{model: T, state: {x: bool}, threads: {a: "x = True"}}\n',
    "indented": "".join(f"  {line}\n" for line in HOLDS.splitlines()),
    "quoted keys": HOLDS.replace("threads:", '"threads":').replace("model:", "'model':"),
    "a byte order mark": "\ufeff" + HOLDS,
    "DOS line ends": HOLDS.replace("\n", "\r\n"),
    "after a comment and ---": "# a comment\n---\n" + HOLDS,
}
BROKEN = {
    "a tab": HOLDS.replace("  a: add()", "\ta: add()"),
    "an open bracket": HOLDS + "check: [both_count\n",
    "a key twice": HOLDS + "threads: {c: add()}\n",
    "an anchor": HOLDS.replace("threads:", "threads: &t"),
    "a procedure outside its block": "procedures: |\ndef f():\n    pass\n",
    "not UTF-8": HOLDS + "about: caf\udce9\n",
    "a zero byte": HOLDS + "about: \0\n",
    "broken in braces": '{model: T, threads: {a: "x = True"\n',
}


def kind(folder: Path, text: str) -> str:
    path = folder / "m.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return classify(str(path)).kind


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS)
def test_other_peoples_files_are_left_aside(text: str, tmp_path: Path) -> None:
    assert kind(tmp_path, text) == "aside"


@pytest.mark.parametrize("text", OURS.values(), ids=OURS)
def test_what_has_our_sections_is_ours(text: str, tmp_path: Path) -> None:
    assert kind(tmp_path, text) in ("model", "piece")


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_shows_our_sections_is_ours_though_it_is_no_yaml(text: str, tmp_path: Path) -> None:
    assert kind(tmp_path, text) in ("broken", "model", "piece")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_model_in_two_bytes_a_character_is_not_overlooked(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(f"\ufeff{HOLDS}".encode(encoding))
    assert classify(str(path)).kind in ("model", "broken")
    path.write_bytes(COMPOSE.encode("utf-16"))
    assert classify(str(path)).kind == "aside"


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS)
def test_a_named_file_is_ours_whatever_stands_in_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")
    assert classify(str(path), named=True).kind != "aside"


def test_only_what_is_to_be_checked_is_a_model(tmp_path: Path) -> None:
    assert kind(tmp_path, HOLDS) == "model"
    assert kind(tmp_path, PIECE) == "piece"
    assert kind(tmp_path, PIECE + "expect: holds\n") == "model"


def folder(tmp_path: Path, files: Mapping[str, str]) -> Path:
    """The folder with these files in it."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def found(at: Path, *paths: str, libraries: tuple[str, ...] = ()) -> Found:
    """What is found below paths of a folder, by names from there."""
    before = os.getcwd()
    os.chdir(at)
    try:
        return find(paths or (".",), libraries)
    finally:
        os.chdir(before)


def test_models_come_in_the_order_of_their_names_from_all_folders(tmp_path: Path) -> None:
    names = ["b/z.yaml", "b/a.yml", "a.yaml", "c.yaml", "b.yaml", "b/c/d.yaml"]
    folder(tmp_path, dict.fromkeys(names, HOLDS))
    assert found(tmp_path).models == ("a.yaml", "b/a.yml", "b/c/d.yaml", "b/z.yaml", "b.yaml", "c.yaml")


def test_paths_are_shown_as_they_were_asked_for(tmp_path: Path) -> None:
    folder(tmp_path, {"in/a.yaml": HOLDS})
    assert found(tmp_path, "in").models == found(tmp_path, "in/").models == ("in/a.yaml",)
    assert found(tmp_path, str(tmp_path)).models == (str(tmp_path / "in/a.yaml"),)


def test_a_file_reached_twice_is_checked_once(tmp_path: Path) -> None:
    folder(tmp_path, {"in/a.yaml": HOLDS})
    (tmp_path / "link.yaml").symlink_to("in/a.yaml")
    (tmp_path / "other").symlink_to("in")
    assert found(tmp_path).models == ("in/a.yaml",)
    assert found(tmp_path, "in/a.yaml", ".", "in").models == ("in/a.yaml",)


def test_a_file_has_its_own_name_before_that_of_a_link(tmp_path: Path) -> None:
    folder(tmp_path, {"m.yaml": HOLDS})
    for link in ("a.yaml", "z.yaml"):
        (tmp_path / link).symlink_to("m.yaml")
    assert found(tmp_path).models == ("m.yaml",)
    assert found(tmp_path, ".", "z.yaml").models == found(tmp_path, "z.yaml", ".").models == ("z.yaml",)


def test_circles_of_links_end(tmp_path: Path) -> None:
    folder(tmp_path, {"in/a.yaml": HOLDS})
    # Enough of them that whoever follows each one never comes back.
    for number in range(9):
        (tmp_path / "in" / f"up{number}").symlink_to("..")
    (tmp_path / "in" / "self").symlink_to("self")
    (tmp_path / "in" / "gone.yaml").symlink_to("nowhere.yaml")
    assert found(tmp_path).models == ("in/a.yaml",)


def test_hidden_folders_and_virtual_environments_are_left_out_unless_named(tmp_path: Path) -> None:
    folder(tmp_path, {".git/a.yaml": HOLDS, "venv/pyvenv.cfg": "", "venv/lib/b.yaml": HOLDS, "c.yaml": HOLDS})
    assert found(tmp_path).models == ("c.yaml",)
    assert found(tmp_path, ".git").models == (".git/a.yaml",)


def test_pipes_and_folders_with_a_files_name_are_no_files(tmp_path: Path) -> None:
    folder(tmp_path, {"dir.yaml/a.yaml": HOLDS})
    os.mkfifo(tmp_path / "pipe.yaml")
    everything = found(tmp_path)
    assert (everything.models, everything.aside) == (("dir.yaml/a.yaml",), ())


def test_what_a_model_includes_is_a_piece_however_far_away(tmp_path: Path) -> None:
    chain = {"near.yaml": "include: [deep/far.yaml]\nstate: {y: bool}\n", "deep/far.yaml": PIECE}
    folder(tmp_path, {**chain, "m.yaml": USES_PIECE.replace("piece.yaml", "near.yaml"), "loner.yaml": PIECE})
    everything = found(tmp_path)
    assert everything.models == ("m.yaml",)
    assert everything.pieces == ("deep/far.yaml", "near.yaml")
    assert everything.loners == ("loner.yaml",)


def test_a_broken_piece_is_told_of_by_the_model_that_includes_it(tmp_path: Path) -> None:
    folder(tmp_path, {"m.yaml": USES_PIECE, "piece.yaml": PIECE + "  procedures: [\n"})
    everything = found(tmp_path)
    assert (everything.models, everything.pieces) == (("m.yaml",), ("piece.yaml",))


def test_pieces_in_a_library_are_found_by_their_bare_names(tmp_path: Path) -> None:
    folder(tmp_path, {"m.yaml": USES_PIECE.replace("piece.yaml", "piece"), "lib/sub/piece.yaml": PIECE})
    assert found(tmp_path).loners == ("lib/sub/piece.yaml",)
    assert found(tmp_path, libraries=("lib",)).pieces == ("lib/sub/piece.yaml",)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_cannot_be_looked_into_is_told_of(tmp_path: Path) -> None:
    folder(tmp_path, {"in/a.yaml": HOLDS})
    (tmp_path / "in").chmod(0)
    try:
        assert found(tmp_path).unlisted == (("in", "permission denied"),)
    finally:
        (tmp_path / "in").chmod(0o700)


def test_a_very_deep_tree_is_walked(tmp_path: Path) -> None:
    before = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(300):
            os.mkdir("d")
            os.chdir("d")
        Path("m.yaml").write_text(HOLDS, encoding="utf-8")
    finally:
        os.chdir(before)
    (deep,) = found(tmp_path).models
    assert deep.count("/") == 300
