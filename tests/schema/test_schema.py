# SPDX-License-Identifier: GPL-2.0-only
"""The schema itself, what it says of all models that the project has, and that its tables are the reader's."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from dfsrace.cli.new import template
from dfsrace.language.names import LOCK_TYPES
from dfsrace.language.schema import model_schema, schema_text
from dfsrace.language.sections import SECTIONS
from tests.cli.running import dfsrace
from tests.docs.console import blocks, commands
from tests.language.documents import complete, problems_of
from tests.schema.readings import READINGS, VALIDATOR, as_editor, as_ruamel, complaints

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("models/**/*.yaml"), *ROOT.glob("dfsrace/library/**/*.yaml")])
SCHEMA = model_schema()


def _parts(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema within the schema, with its path."""
    yield "/".join(path), schema
    for name, part in schema.get("properties", {}).items():
        yield from _parts(part, (*path, name))
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(name), dict):
            yield from _parts(schema[name], (*path, name))


PARTS = dict(_parts(SCHEMA))
VALUES = {path: part for path, part in PARTS.items() if not path.endswith("propertyNames")}
PATTERNS = sorted({part["pattern"] for part in PARTS.values() if "pattern" in part})


# ---- the schema


def test_the_schema_is_one_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_show_schema_prints_it_without_a_model(tmp_path: Path) -> None:
    done = dfsrace("show", "schema", cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", schema_text())
    assert json.loads(done.stdout) == SCHEMA


@pytest.mark.parametrize("words", [("seed-question",), ("--set", "PAGES=2"), ("--library", ".")])
def test_show_schema_takes_nothing_else(words: tuple[str, ...], tmp_path: Path) -> None:
    done = dfsrace("show", "schema", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "schema takes no MODEL" in done.stderr


@pytest.mark.parametrize("stage", ["source", "steps", "system", "includes"])
def test_other_stages_want_a_model(stage: str, tmp_path: Path) -> None:
    done = dfsrace("show", stage, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Missing argument 'MODEL'" in done.stderr


@pytest.mark.parametrize("path", VALUES)
def test_every_part_says_what_it_is(path: str) -> None:
    assert VALUES[path]["description"].endswith(".")
    assert VALUES[path]["type"]


@pytest.mark.parametrize("path", [path for path, part in VALUES.items() if "examples" in part])
def test_the_examples_are_right(path: str) -> None:
    part = {key: value for key, value in VALUES[path].items() if key != "examples"}
    for example in VALUES[path]["examples"]:
        assert not list(Draft7Validator(part).iter_errors(example)), example


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_mean_the_same_in_every_editor(pattern: str) -> None:
    """Of Python's and ECMAScript's syntax, with its flag u and without, only what both read alike."""
    assert set(re.findall(r"\\(.)", pattern)) <= set("sSnt.()[]|\\")
    assert set(re.findall(r"\(\?(..?)", pattern)) <= {
        f"{sign}{after}" for sign in ":=!" for after in map(chr, range(32, 127))
    }


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_matched_in_linear_time(pattern: str) -> None:
    begin = time.process_time()
    for piece in (
        "(",
        "-",
        "1 ",
        "a ",
        "a[",
        "1+",
        "a | None",
        " ",
        "\n",
        "_",
        "0_",
        "[0..1]",
        "[a, ",
        "a.",
        "\u00a0",
        ")",
    ):
        for before, after in (("", ""), ("", "!"), ("a", "!"), ("s[", "!"), ("1", " ."), ("a[0..1]", "!")):
            re.search(pattern, before + piece * (20_000 // len(piece)) + after)
    assert time.process_time() - begin < 1


# ---- the project's models


@pytest.mark.parametrize("file", FILES, ids=[str(f.relative_to(ROOT)) for f in FILES])
def test_every_shipped_model_and_piece_validates(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for reading in (*READINGS, as_ruamel):
        assert not complaints(reading(text)), reading.__name__


def test_all_shipped_models_were_there() -> None:
    assert len([f for f in FILES if "models" in f.parts]) >= 60
    assert {"vm", "truncate_lock", "cluster"} <= {f.stem for f in FILES}


@pytest.mark.parametrize("stem", ["my-race", "true", "a: b", "2003"])
def test_what_new_writes_validates(stem: str) -> None:
    for reading in (*READINGS, as_ruamel):
        assert not complaints(reading(template(stem)))


def _documented() -> list[str]:
    """The models that the README has its reader write, and the reference's pieces of models."""
    console = [command for block in blocks(ROOT / "README.md", "console") for command in commands(block)]
    here = [c.text.split("\n", 1)[1].rpartition("\n")[0] for c in console if ".yaml <<" in c.text]
    pieces = blocks(ROOT / "dfsrace" / "language" / "README.md", "yaml") + blocks(ROOT / "README.md", "yaml")
    return [*here, *("\n".join(lines) for lines in pieces)]


def test_every_model_in_the_documents_validates() -> None:
    documents = _documented()
    assert len(documents) >= 5
    for text in documents:
        for reading in (*READINGS, as_ruamel):
            assert not complaints(reading(complete(text))), text


# ---- the reader's tables


@cache
def _allowed(text: str, code: str) -> list[str]:
    """What the reader's diagnostic of this code allows in place of what stands there."""
    (problem,) = [p for p in problems_of(complete(text)) if p.code == code]
    return list(problem.allowed)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("threads/additionalProperties", "threads: {a: {run: pass, other: 1}}"),
        ("invariants/additionalProperties", "invariants: {a: {holds: x, other: 1}}"),
        ("reach/additionalProperties", "reach: {a: {holds: x, other: 1}}"),
        ("bounds", "bounds: {other: 1}"),
        ("expect", "expect: {other: 1}"),
    ],
)
def test_the_keys_of_a_mapping_are_the_readers(path: str, text: str) -> None:
    assert set(PARTS[path]["properties"]) == set(_allowed(text, "DR206"))
    assert set(PARTS[path]["propertyNames"]["enum"]) == set(PARTS[path]["properties"])
    assert PARTS[path]["additionalProperties"] is False


def test_the_sections_and_the_locks_are_the_readers() -> None:
    assert tuple(SCHEMA["properties"]) == tuple(SCHEMA["propertyNames"]["enum"]) == SECTIONS
    assert _allowed("treads: {}", "DR201") == [*SECTIONS]
    for lock in LOCK_TYPES:
        assert not complaints({"state": {"l": lock}})


# ---- what an editor says


def _message(text: str) -> str:
    error = best_match(VALIDATOR.iter_errors(as_editor(text)))
    assert error is not None
    return str(error.message)


@pytest.mark.parametrize(
    "text", ["treads:\n  cpu0: f()\n", "memory: weak", "model: m\nthreads: {a: pass}\nThreads: {}"]
)
def test_an_unknown_section_is_named_beside_the_known_ones(text: str) -> None:
    messages = [e.message for e in VALIDATOR.iter_errors(as_editor(text))]
    name = "Threads" if "Threads" in text else text.partition(":")[0]
    assert f"'{name}' is not one of {list(SECTIONS)}" in messages
    assert any("Additional properties are not allowed" in m for m in messages)


def test_a_model_without_a_title_is_told_so_and_a_piece_is_not() -> None:
    assert "'model' is a dependency of 'threads'" in _message("threads: {a: pass}")
    assert "'threads' is a dependency of 'expect'" in _message("model: m\nexpect: holds")
    assert not complaints(as_editor("types: {Index: 0..1}"))


def test_every_pattern_has_a_message_for_people() -> None:
    for part in PARTS.values():
        if "pattern" in part:
            assert part["patternErrorMessage"].startswith("Write ")
