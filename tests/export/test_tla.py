# SPDX-License-Identifier: GPL-2.0-only
"""The TLA+ text itself: it parses, foreign names are harmless, and what TLC cannot hold is refused."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_tlaplus
from tree_sitter import Language, Parser

from dfsrace.export import NotExpressible
from dfsrace.export.tlaplus import is_module_name, module_name, tla
from dfsrace.export.tlaplus.names import strings
from dfsrace.language import ModelSource, load_model
from dfsrace.system import System
from dfsrace.system.program import Choose, Finish
from dfsrace.system.types import NamedType, PoolType
from tests.engine.build import Line, system, thread, variable
from tests.export.lock_systems import LOCKS, calls
from tests.export.systems import SIDE, SYSTEMS, arithmetic, endings, pools, several_starts
from tests.export.test_text import HOSTILE, large, large_product, named

MODELS = Path(__file__).parents[2] / "models"
MORE_HOSTILE = (*HOSTILE, "(* comment", "*)", '" /\\ FALSE', "====", "---- MODULE Other ----", "\\* x", "a" * 5_000)


def problems(text: str) -> list[str]:
    """What the grammar of TLA+ does not know, as excerpts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        parser = Parser(Language(tree_sitter_tlaplus.language()))
    return [text.encode()[n.start_byte :][:80].decode() for n in nodes(parser.parse(text.encode()).root_node)]


def nodes(node: Any) -> Iterator[Any]:
    """The places of errors in a syntax tree."""
    if node.is_error or node.is_missing:
        yield node
    elif node.has_error:
        for child in node.children:
            yield from nodes(child)


def loaded(path: Path) -> System:
    return load_model(ModelSource.of(path), [], {}).system


def test_an_error_in_a_module_is_found() -> None:
    text = tla(pools()).text
    assert problems(text) == []
    assert problems(text.replace(" == ", " = ", 3)) != []
    assert problems(text.replace("THEN", "", 1)) != []


def test_the_module_of_each_shipped_model_parses() -> None:
    paths = sorted(MODELS.rglob("*.yaml"))
    assert len(paths) > 50
    assert {path.stem: found for path in paths if (found := problems(tla(loaded(path)).text))} == {}


def test_the_module_of_each_construct_parses() -> None:
    made = [*(make() for make, _ in SYSTEMS.values())]
    made += [calls(kind, *names, maximum=maximum) for kind, names, maximum, _ in LOCKS.values()]
    assert [found for one in made if (found := problems(tla(one).text))] == []


def bare(text: str) -> str:
    """A module without comments, strings and what stands behind the made-up part of identifiers."""
    text = re.sub(r'"[^"\n]*"', '""', re.sub(r"\\\*.*", "", text))
    return re.sub(r"\b([xlT]\d+|Holds\d+|Inv\d+|Met\d+|Never\d+)_\w+", r"\1", text)


@pytest.mark.parametrize("hostile", MORE_HOSTILE)
def test_no_name_becomes_syntax(hostile: str) -> None:
    module = tla(named(endings(), hostile))
    for text in (module.text, module.configuration):
        assert text.isascii()
        assert all(c == "\n" or c.isprintable() for c in text)
        assert all(len(line) < 2_000 for line in text.splitlines())
    assert bare(module.text) == bare(tla(endings()).text)
    assert bare(module.configuration) == bare(tla(endings()).configuration)
    assert problems(module.text) == []


def test_no_two_values_become_one() -> None:
    texts = ["a", "a", 'a"', "a'", "é", "\\xe9", "|xe9", "b" * 500, "b" * 501, "====", "======"]
    assert len(set(strings(texts))) == len(texts)


def test_values_with_hostile_names_are_strings_that_differ() -> None:
    kind = NamedType('Side" /\\ x', ('"', "'", "\\", "|", "é"))
    page = PoolType("P\n==== ", 2)
    made = system(
        (variable("x", kind),),
        [thread("t", [Choose(0, kind, 0, None), Choose(1, page, 1, None), Finish()], [kind, page])],
    )
    text = tla(made).text
    assert problems(text) == []
    assert text.isascii()


def test_a_module_is_the_same_every_time() -> None:
    for name in ("seen pages", "stamps"):
        make, _ = SYSTEMS[name]
        assert tla(make()) == tla(make())


def test_families_share_their_code() -> None:
    kind, names, maximum, _ = LOCKS["rwsem"]
    text = tla(calls(kind, *names, maximum=maximum)).text
    assert "Step1(c, me) ==" in text
    assert "Step2(c, me) ==" not in text


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        *(("seed-question", "SeedQuestion"), ("two_faults", "TwoFaults"), ("x", "X"), ("2003", "Model2003")),
        *(
            ("", "Model"),
            ("é", "Model"),
            ("none", "ModelNone"),
            ("naturals", "ModelNaturals"),
            ("a" * 500, "A" + "a" * 59),
        ),
    ],
)
def test_a_module_has_a_name_of_its_model(wanted: str, name: str) -> None:
    assert module_name(wanted) == name
    assert is_module_name(name)


@pytest.mark.parametrize("name", ["", "9a", "a-b", "None", "TLC", "a\n", "é", "a" * 101, "a b"])
def test_other_words_are_no_names_of_modules(name: str) -> None:
    assert not is_module_name(name)


def many_starts() -> System:
    lines: list[Line] = [*(Choose(slot, SIDE, slot, None) for slot in range(5)), Finish()]
    return system((), [thread("t", lines, (SIDE,) * 5)])


def never_begins() -> System:
    made = several_starts()
    return system(made.variables, made.threads, made.properties, initial=[{}])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: large(0, 2**31), "do not fit into the 32 bits"),
        (lambda: large(-(2**31) - 1, 0), "do not fit into the 32 bits"),
        (large_product, "an arithmetic result does not fit"),
        (never_begins, "no initial state"),
    ],
)
def test_what_tlc_cannot_hold_is_refused(make: Any, reason: str) -> None:
    with pytest.raises(NotExpressible, match=reason):
        tla(make())


def test_initial_states_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfsrace.export.tlaplus.model.MOST_STARTS", 31)
    with pytest.raises(NotExpressible, match="more than 31 initial states"):
        tla(many_starts())
    monkeypatch.setattr("dfsrace.export.tlaplus.model.MOST_STARTS", 32)
    assert "Init ==" in tla(many_starts()).text


def test_a_module_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfsrace.export.tlaplus.model.LONGEST_MODULE", 100)
    with pytest.raises(NotExpressible, match="longer than 100 characters"):
        tla(arithmetic("+"))


def test_min_of_min_does_not_double_at_each_level() -> None:
    nested = "n"
    for _ in range(40):
        nested = f"min({nested}, n)"
    text = f"model: m\nstate: {{n: 0..2}}\nthreads:\n  t: n = 1\ninvariants:\n  i: {nested} >= 0\n"
    assert len(tla(load_model(ModelSource("m.yaml", None, text), [], {}).system).text) < 10_000


def test_names_of_the_model_stand_in_identifiers() -> None:
    text = tla(replace(loaded(MODELS / "2003-unfixed" / "remote-write.yaml"))).text
    assert re.search(r"VARIABLES\n(.*\n)*    x\d+_Mm_pte,", text)
    assert re.search(r"\bl\d+_page\b", text)
