# SPDX-License-Identifier: GPL-2.0-only
"""The schema and the checker agree: on right models, on the mistakes that a schema can know, and on hostile text.

What the schema refuses, the checker refuses, always. What it lets pass is listed in `tests.schema.mistakes`.
"""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dfsrace.diagnostics import ModelError
from dfsrace.diagnostics.codes import CODES
from dfsrace.language import ModelSource, load_model
from dfsrace.language.names import NEVER_NAMES
from tests.language.documents import complete
from tests.language.test_cases import CASES
from tests.language.test_document_fuzz import PIECES, VALID, Change, changes
from tests.schema.grammar import Sections, models, plain_text, texts
from tests.schema.mistakes import KNOWN, MISSED, REASONS, made
from tests.schema.readings import READINGS, NotYaml, accepted, as_editor, complaints

DECIDED = set(KNOWN) - set(REASONS)
"""Codes of which the schema misses nothing."""


def checker(text: str) -> list[str]:
    """The codes that the checker, all of it, has for the model's own file; none for a right one."""
    try:
        load_model(ModelSource("m.yaml", None, text), (), {})
    except ModelError as error:
        return [d.code for d in error.diagnostics]
    return []


def agree(text: str) -> None:
    """Fails where the schema refuses what the checker accepts, or accepts what it can decide."""
    try:
        documents = [reading(text) for reading in READINGS]
    except NotYaml:
        return
    found = checker(text)
    for document in documents:
        against = complaints(document)
        assert found or not against, against
        assert against or not DECIDED & set(found), found


# ---- right models


@settings(max_examples=100)
@given(models().flatmap(texts))
def test_a_right_model_is_accepted_by_both(text: str) -> None:
    assert not checker(text)
    for reading in READINGS:
        assert not complaints(reading(text)), reading.__name__


@pytest.mark.parametrize("word", NEVER_NAMES)
@pytest.mark.parametrize(
    "text",
    [
        "constants: {WORD: 1}",
        "types: {WORD: 0..1}",
        "types: {Pointer: [A, WORD]}",
        "state: {WORD: bool}",
        "types: {Node: [A]}\nstate: {Node.WORD: bool}",
        "threads: {WORD: pass}",
        "invariants: {WORD: x == 0}",
        "reach: {WORD: x == 0}",
    ],
)
def test_words_of_yaml_are_no_names(text: str, word: str) -> None:
    model = complete(text.replace("WORD", word))
    assert "DR301" in checker(model)
    for reading in READINGS:
        assert complaints(reading(model)), reading.__name__


@pytest.mark.parametrize("word", ["no", "none", "nil", "yes", "on", "tRUE", "nULL"])
def test_words_that_yaml_takes_for_text_may_be_names(word: str) -> None:
    text = complete(f"types: {{Pointer: [A, {word}]}}\nstate: {{x: Pointer = {word}}}\nreach: {{{word}: x == A}}")
    assert not checker(text)
    for reading in READINGS:
        assert not complaints(reading(text))


@pytest.mark.parametrize("text", ["state: {s: 'bool\u00a0'}", "constants: {C: ' 1 +\t1 \u2003'}", "expect: ' holds '"])
def test_blanks_around_a_text_do_not_count(text: str) -> None:
    assert not checker(complete(text))
    for reading in READINGS:
        assert not complaints(reading(complete(text)))


def test_numbers_may_be_negative_and_as_large_as_the_readers() -> None:
    text = complete("constants: {A: -3, B: -999999999999999999, C: 999999999999999999}\nbounds: {switches: 0}")
    assert not checker(text)
    for reading in READINGS:
        assert not complaints(reading(text))


@pytest.mark.parametrize("name", ["beside.yml", "below/piece.yaml", "../above.yml"])
def test_an_include_may_be_a_path(name: str) -> None:
    assert checker(complete(f"include: {name}")) == ["DR210"]
    assert accepted(complete(f"include: [{name}]"))
    assert accepted(complete(f"include: {name}"))


# ---- mistakes


def _mistakes(table: dict[str, list[Sections]]) -> list[object]:
    return [pytest.param(code, m, id=f"{code} {m}"[:70]) for code, mistakes in table.items() for m in mistakes]


@pytest.mark.parametrize(("code", "mistake"), _mistakes(KNOWN))
def test_a_mistake_that_a_schema_can_know_is_refused_by_both(code: str, mistake: Sections) -> None:
    @settings(max_examples=3)
    @given(models().map(lambda model: made(model, mistake)).flatmap(texts))
    def refused(text: str) -> None:
        assert code in checker(text)
        for reading in READINGS:
            assert complaints(reading(text)), reading.__name__

    refused()


@pytest.mark.parametrize(("code", "mistake"), _mistakes(MISSED))
def test_what_no_schema_can_decide_is_refused_by_the_checker_alone(code: str, mistake: Sections) -> None:
    @settings(max_examples=2)
    @given(models().map(lambda model: made(model, mistake)))
    def missed(model: Sections) -> None:
        text = plain_text(model)
        assert code in checker(text)
        assert accepted(text)

    missed()


def test_every_code_of_the_document_is_decided_or_has_a_reason() -> None:
    ours = {code for code in CODES if code < "DR4"}
    assert sorted(DECIDED) == ["DR201", "DR202", "DR206", "DR312", "DR323", "DR330", "DR331", "DR333", "DR335"]
    assert DECIDED | set(REASONS) | {"DR103", "DR116"} == ours
    assert set(MISSED) <= set(REASONS)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "model\n", "12\n"])
def test_what_is_no_mapping_is_refused_by_both(text: str) -> None:
    assert set(checker(text)) <= {"DR103", "DR116"} != set()
    assert not accepted(text)


@pytest.mark.parametrize("name", ["constants", "types", "state", "invariants", "reach", "bounds"])
def test_the_word_null_is_no_empty_section_but_looks_like_one(name: str) -> None:
    assert checker(complete(f"{name}: null")) == ["DR205"]
    assert accepted(complete(f"{name}: null"))
    assert not checker(complete(f"{name}:"))
    assert accepted(complete(f"{name}:"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("DR208", "setup: >\n  pass\n  pass"),
        ("DR207", "sources:\n  -\n  - x"),
        ("DR212", "include:\n  -\n"),
        ("DR336", "bounds: {states: +5}"),
    ],
)
def test_what_is_gone_in_json_is_refused_by_the_checker_alone(code: str, text: str) -> None:
    assert checker(complete(text)) == [code]
    assert accepted(complete(text))


# ---- the catalogues of mistakes that the checker is tested with


def _catalogue() -> list[tuple[str, str]]:
    """A name and a model's own text for each explained code and each case of the language's tests."""
    explained = [(code, complete(e.example)) for code, e in CODES.items() if e.example]
    mended = [(f"{code} mended", complete(e.mended)) for code, e in CODES.items() if e.mended]
    cases = [(case.name, text) for case in CASES for name, text in case.files if name == "m.yaml"]
    return [*explained, *mended, *cases]


@pytest.mark.parametrize(("name", "text"), _catalogue(), ids=[name for name, _ in _catalogue()])
def test_the_schema_never_refuses_what_the_checker_takes(name: str, text: str) -> None:
    agree(text)


def test_the_schema_refuses_most_of_the_mistakes_of_form_in_the_catalogue() -> None:
    known, passed = 0, []
    for name, text in _catalogue():
        try:
            document = as_editor(text)
        except NotYaml:
            continue
        if set(checker(text)) & set(KNOWN):
            known += 1
            passed += [] if complaints(document) else [name]
    assert known >= 30
    assert len(passed) <= known // 3, passed


# ---- anything


@settings(max_examples=150)
@given(st.lists(changes, min_size=1, max_size=3))
def test_they_agree_on_a_model_that_was_changed_anywhere(mutations: list[Change]) -> None:
    text = VALID
    for mutate in mutations:
        text = mutate(text)
    agree(text)


SIGNS = ["0", "1", "07", "PAGES", "A", "None", "True", "bool", "Index", "stamp", "pool", "spinlock", "semaphore", "~"]
SOUP = st.lists(st.sampled_from([*SIGNS, *"+-*%()[]|=.,_ ", "//", "..", " | None", "[0..1]", "(1)"]), max_size=7)


@settings(max_examples=200)
@given(SOUP.map("".join), st.sampled_from(("constants", "types", "state", "key", "field", "thread", "list", "daemon")))
def test_they_agree_on_any_declaration(soup: str, place: str) -> None:
    quoted = "'" + soup.replace("'", "''") + "'"
    sections = {
        "constants": f"constants: {{PAGES: 1, C: {quoted}}}\ntypes: {{Index: 0..1, Node: [A]}}",
        "types": f"constants: {{PAGES: 1}}\ntypes: {{Index: 0..1, Node: [A], T: {quoted}}}",
        "state": f"constants: {{PAGES: 1}}\ntypes: {{Index: 0..1, Node: [A]}}\nstate: {{s: {quoted}}}",
        "key": f"constants: {{PAGES: 1}}\ntypes: {{Index: 0..1, Node: [A]}}\nstate: {{{quoted}: bool}}",
        "field": f"types: {{Index: 0..1, Node: [A]}}\nstate: {{'Node.f{soup}': bool}}",
        "thread": f"constants: {{PAGES: 1}}\nthreads: {{{quoted}: pass}}",
        "list": f"constants: {{PAGES: 1}}\ntypes: {{Node: [{quoted}]}}",
        "daemon": f"constants: {{A: True, PAGES: 1}}\nthreads: {{a: pass, b: {{run: pass, daemon: {quoted}}}}}",
    }
    agree(complete(sections[place]))


@settings(max_examples=150)
@given(st.lists(st.sampled_from(["0", "1", "_", ".", " ", "-", "e3"]), max_size=6).map("".join))
def test_they_agree_on_any_bound(text: str) -> None:
    for name in ("states", "seconds", "switches"):
        agree(complete(f"bounds: {{{name}: '{text}'}}"))


@given(st.lists(st.sampled_from([*PIECES, "vm", ".yaml"]), max_size=4).map("".join))
def test_they_agree_on_any_include(text: str) -> None:
    agree(complete("include: ['" + text.replace("'", "''") + "']"))
