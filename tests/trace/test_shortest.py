# SPDX-License-Identifier: GPL-2.0-only
"""The shortest sentence: every step, cell and value that it names is read back from its text and found in the trace."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dfsrace.operations import check, load
from dfsrace.trace.record import Explanation, Mark, Trace, TraceStep
from dfsrace.trace.shortest import Claim, Sentence, shortest
from tests.cli.running import DEADLOCK, HOLDS, LOST
from tests.random.test_models import each_model
from tests.trace.test_further import Compared

MODELS = Path(__file__).resolve().parents[2] / "models"
MANIFEST = tomllib.loads((MODELS / "manifest.toml").read_text(encoding="utf-8"))
VIOLATED = sorted(n for n, f in MANIFEST.items() if f["verdict"] == "violated" and f.get("states_none", 0) < 1_300)


def step_of(trace: Trace, number: str, who: str) -> TraceStep:
    """The step of a number, made by the thread that is said to have made it."""
    step = trace.steps[int(number) - 1]
    assert step.thread_name == who
    return step


def stored(trace: Trace, number: str, who: str, cell: str, value: str | None) -> None:
    """That the step stored to the cell, the value if that is said."""
    changes = [change for change in step_of(trace, number, who).changes if change.name == cell]
    assert changes and (value is None or value in [change.new for change in changes])


def is_true(trace: Trace, text: str) -> bool:
    """Checks what a sentence says; False if it is of none of the forms that claim something of steps."""
    source = r"(?P<seen>\S+) of step (?P<seen_in>\d+)"
    since = r"since (?P<seen>\S+) was (?P<was>\S+) in step (?P<seen_in>\d+)"
    undone = r"; (?P<other>\S+) (?:(?P<how>emptied|renewed) it|\w+ it to (?P<now>\S+)) in step (?P<late>\d+)\."
    did = r"(?:(?P<made>emptied|renewed) (?P<c1>\S+)|(?:set|changed) (?P<c2>\S+) to (?P<value>\S+))"
    forms = [
        rf"(?P<who>\S+) sets (?P<c3>\S+) in step (?P<step>\d+) (?:to|from) {source}{undone}",
        rf"(?P<who>\S+) fails in step (?P<step>\d+) with {source}{undone}",
        rf"(?P<who>\S+) (?:fails|{did}) in step (?P<step>\d+) {since}{undone}",
        rf"(?P<who>\S+) {did} in step (?P<step>\d+), and then (?P<failing>.+)\.",
    ]
    match = next((m for form in forms if (m := re.fullmatch(form, text))), None)
    if match is None:
        return False
    said = match.groupdict()
    cell = said.get("c1") or said.get("c2") or said.get("c3")
    step = step_of(trace, said["step"], said["who"])
    if cell:
        stored(trace, said["step"], said["who"], cell, "None" if said.get("made") == "emptied" else said.get("value"))
    elif " fails " in text:
        assert any(node.fails for node in step.executed)
    if seen := said.get("seen"):
        values = {r.value for r in step_of(trace, said["seen_in"], said["who"]).reads if r.name == seen}
        assert values and (said.get("was") or min(values)) in values
        assert said["other"] != said["who"]
        stored(trace, said["late"], said["other"], seen, "None" if said["how"] == "emptied" else said["now"])
        assert int(said["seen_in"]) < int(said["late"])
    if failing := said.get("failing"):
        assert failing == trace.explanation.failing
    return True


@pytest.mark.parametrize("name", VIOLATED)
def test_the_sentence_of_each_shipped_model_is_true_of_its_trace(name: str) -> None:
    for found in check(load(MODELS / f"{name}.yaml")).violations:
        if found.trace is not None:
            text = found.trace.explanation.shortest
            assert len(text) <= 111 and text.endswith(".") and "\n" not in text
            known = is_true(found.trace, text) or text in found.trace.explanation.sentences
            assert known or (found.violation.property == "deadlock" and text.endswith("no thread can move."))


def test_sentences_of_random_models_are_true_of_their_traces() -> None:
    forms: set[bool] = set()

    class Reading(Compared):
        def trace(self, system: object, trace: Trace) -> None:
            forms.add(is_true(trace, trace.explanation.shortest))

    each_model(2, lambda text, system: Reading().system(system))
    assert True in forms


def sentence_of(text: str) -> str:
    """The shortest sentence of the first violation of a model."""
    trace = check(text).violations[0].trace
    assert trace is not None
    return trace.explanation.shortest


def test_a_stale_value_is_said_in_one_line() -> None:
    assert sentence_of(LOST) == "a sets x in step 4 from x of step 1; b set it to 1 in step 3."


def test_a_test_that_went_stale_is_said_so() -> None:
    taken = HOLDS.replace("      with l:\n          x = x + 1", "      if x == 0:\n          x = x + 1")
    never = taken.replace("    at: end\n    holds: x == 2", "    holds: x != 2")
    assert " since x was 0 in step " in sentence_of(never)


def test_a_deadlock_says_who_waits_or_else_that_nobody_moves() -> None:
    assert "waits for m" in sentence_of(DEADLOCK)


def test_what_is_so_at_first_is_said_of_the_initial_state() -> None:
    at_once = HOLDS.replace("    at: end\n    holds: x == 2", "    holds: x == 1")
    assert sentence_of(at_once) == "In the initial state x is 0; the initial values make it so."


def lost_trace() -> Trace:
    """The trace of a lost update."""
    trace = check(LOST).violations[0].trace
    assert trace is not None
    return trace


@pytest.mark.parametrize(
    "claim",
    [
        Claim("found", Mark(1, 0), "a", "x", "1"),
        Claim("found", Mark(1, 0), "b", "x", "0"),
        Claim("found", Mark(1, 0), "a", "y", "0"),
        Claim("left", Mark(3, 0), "b", "x", "2"),
        Claim("left", Mark(1, 0), "a", "x", "0"),
        Claim("fails", Mark(4, 0), "a"),
    ],
    ids=["value", "thread", "cell", "new value", "no store", "no failure"],
)
def test_a_sentence_with_a_false_claim_is_not_said(claim: Claim) -> None:
    trace = lost_trace()
    true = Claim("found", Mark(1, 0), "a", "x", "0")
    assert true.is_true(trace.steps) and not claim.is_true(trace.steps)
    said = shortest(trace.steps, "both_count", trace.explanation, Sentence("What is false", (true, claim)))
    assert said == trace.explanation.sentences[0]
    assert shortest(trace.steps, "both_count", trace.explanation, Sentence("True", (true,))) == "True."


def test_what_is_too_long_for_a_line_gives_way_to_something_shorter() -> None:
    trace = lost_trace()
    long = Sentence("x" * 111)
    assert shortest(trace.steps, "both_count", Explanation(failing="x != 2"), long) == "After step 4 x != 2."
    assert shortest(trace.steps, "both_count", Explanation(), long) == "both_count does not hold after step 4."
    assert shortest((), "both_count", Explanation(), None) == "both_count does not hold in the initial state."
    assert shortest(trace.steps, "deadlock", Explanation(), None) == "After step 4 no thread can move."
    assert shortest(trace.steps, "assertion", Explanation(), None) == "a meets assertion in step 4."
    assert shortest((), "assertion", Explanation(), None) == "The model meets assertion before any step."
