# SPDX-License-Identifier: GPL-2.0-only
"""The Promela text itself: foreign names are harmless, and what Promela cannot express is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dfsrace.diagnostics import Span
from dfsrace.export import MODEL_FORMATS, Asked, NotExpressible, promela
from dfsrace.export.spin.model import LONGEST_INLINE, inline
from dfsrace.language import ModelSource, load_model
from dfsrace.operations import load
from dfsrace.system import System
from dfsrace.system.expressions import Arithmetic, Compare, Const, Local
from dfsrace.system.program import Assign, AtomicBegin, Branch, Finish, Store
from dfsrace.system.types import RangeType
from tests.engine.build import Line, at, equal, invariant, number, system, thread, variable
from tests.export.spin import spin
from tests.export.systems import SYSTEMS, endings, pools

HOSTILE = (
    "*/ pc0 = 7; /*",
    "x */ assert(false)",
    "/* open",
    "// line",
    "\\",
    "\\\n#define pc0 x1",
    '\n#include "/etc/passwd"\n',
    "??/",
    "\x1b[31m\x00\x07",
    "\u202e né 页",
    "'\"`",
)


def named(made: System, hostile: str) -> System:
    """The system with everything that has a name called `hostile`."""
    span = Span(hostile, 1, 1, 1, 1)

    def mark(index: int, text: str) -> str:
        return f"{text}{index}"

    threads = tuple(
        replace(
            t,
            name=mark(i, hostile),
            text=hostile,
            locals=tuple(replace(x, name=hostile) for x in t.locals),
            nodes=tuple(replace(n, text=hostile, span=span) for n in t.nodes),
        )
        for i, t in enumerate(made.threads)
    )
    variables = tuple(replace(v, name=mark(i, hostile)) for i, v in enumerate(made.variables))
    properties = tuple(replace(p, name=mark(i, hostile)) for i, p in enumerate(made.properties))
    return replace(
        made,
        title=hostile,
        file=hostile,
        constants=((hostile, hostile),),
        threads=threads,
        variables=variables,
        properties=properties,
    )


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_gets_out_of_its_comment(hostile: str) -> None:
    text = promela(named(endings(), hostile))
    assert text.isascii()
    assert all(c == "\n" or c.isprintable() for c in text)
    assert without_comments(text) == without_comments(promela(endings()))
    assert "\\" not in text


def test_spin_reads_a_text_full_of_hostile_names_as_it_reads_the_plain_one(tmp_path: Path) -> None:
    hostile, plain = spin(named(endings(), " ".join(HOSTILE)), tmp_path), spin(endings(), tmp_path)
    assert (hostile.states, len(hostile.violated)) == (plain.states, len(plain.violated))


def test_a_text_is_the_same_every_time() -> None:
    make, _ = SYSTEMS["seen pages"]
    assert promela(make()) == promela(make())


def test_the_format_has_its_name() -> None:
    model = load("model: m\nstate: {n: 0..2}\nthreads:\n  t: n = 1\n")
    assert MODEL_FORMATS["promela"](Asked(model, "", "")).text == promela(model.system)


def large(low: int, high: int) -> System:
    wide = RangeType(low, high)
    variables = (variable("n", wide, initial=low),)
    return system(variables, [thread("a", [Store(at(variables, "n"), Const(high, wide)), Finish()])])


def large_product() -> System:
    wide = RangeType(0, 100_000)
    variables = (variable("n", wide),)
    n = at(variables, "n")
    too_much = Compare("<", Arithmetic("*", n, n), number(5))
    return system(variables, [thread("a", [Store(n, number(1)), Finish()])], [invariant("p", too_much)])


def looping_block() -> System:
    digit = RangeType(0, 3)
    variables = (variable("n", digit),)
    lines: list[Line] = [
        AtomicBegin(),
        Assign(0, Const(0, digit)),
        (Branch(equal(Local(0, digit), number(1))), (4, 3)),
        (Assign(0, number(1)), (2,)),
        Store(at(variables, "n"), Local(0, digit)),
        Finish(),
    ]
    return system(variables, [thread("a", lines, (digit,), atomic=[1, 2, 3, 4])])


REFUSED: dict[str, tuple[Callable[[], System], str]] = {
    "cell": (lambda: large(0, 2**31), "do not fit into the 32 bits"),
    "negative cell": (lambda: large(-(2**31) - 1, 0), "do not fit into the 32 bits"),
    "arithmetic": (large_product, "an arithmetic result does not fit"),
    "loop": (looping_block, "an atomic block loops before its first access"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_promela_cannot_express_is_refused(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(NotExpressible, match=reason):
        promela(make())


def test_the_largest_integers_that_fit_do_fit(tmp_path: Path) -> None:
    assert spin(large(-(2**31) + 1, 2**31 - 1), tmp_path).states == 3


def test_a_long_inline_becomes_a_macro() -> None:
    short, long = inline("judge", ["x = 1;"]), inline("judge", ["x = 1;"] * LONGEST_INLINE)
    assert short[0].startswith("inline judge() {")
    assert long[0].startswith("#define judge()")
    assert all(line.endswith("\\") for line in long[:-1])


def test_spin_reads_the_macro_as_it_reads_the_inline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = spin(pools(), tmp_path).states
    monkeypatch.setattr("dfsrace.export.spin.model.LONGEST_INLINE", 10)
    assert spin(pools(), tmp_path).states == before


def test_an_expression_that_doubles_at_each_level_is_refused() -> None:
    nested = "n"
    for _ in range(40):
        nested = f"min({nested}, n)"
    text = f"model: m\nstate: {{n: 0..2}}\nthreads:\n  t: n = 1\ninvariants:\n  i: {nested} >= 0\n"
    model = load_model(ModelSource("m.yaml", None, text), [], {})
    with pytest.raises(NotExpressible, match="longer than"):
        promela(model.system)
