# SPDX-License-Identifier: GPL-2.0-only
"""Whole reports as text: what was checked comes first, then the verdict; the last line is for grep."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest

from dfsrace.diagnostics import SourceFile
from dfsrace.engine.outcome import Outcome, Stop, Violation
from dfsrace.operations import check
from dfsrace.render import FORMATS
from dfsrace.render.report_text import replay_lines, report_lines, report_text
from dfsrace.render.style import Drawing, plain
from dfsrace.render.words import result_line, result_value, shell_word
from dfsrace.system import CoveragePoint, Property, System
from dfsrace.system.expressions import Const
from dfsrace.system.types import BOOL
from dfsrace.trace.build import build_report
from dfsrace.trace.report import About, Expectation, Report
from tests.render.cases import followed, golden, race_outcome, race_report
from tests.trace.systems import lock_order, moves, span, unfixed_local

POOL = Stop("pool", "Page")


def with_coverage() -> System:
    """The race with three places to be reached and a test."""
    points = [CoveragePoint("statement", span(line), f"line {line}") for line in (41, 42, 43)]
    tests = [CoveragePoint(kind, span(42), "if mm.pte[index] is None") for kind in ("true", "false")]
    return replace(unfixed_local(), coverage=(*points, *tests))


def holding() -> Report:
    """A report that holds, though a line never ran and a test was never false."""
    outcome = Outcome(140, 300, 20, True, (), frozenset({0, 1, 3}), reductions=("pools",))
    return build_report(with_coverage(), outcome, About("d1_hook_dfs", "d1.yaml", expectation=Expectation("holds")))


def stopped(stop: Stop, system: System | None = None) -> Report:
    """A report of a search that ended early and found nothing."""
    outcome = Outcome(1000, 2000, 9, False, (), frozenset(), stop, largest_pools=(("Page", 2),))
    return build_report(system or unfixed_local(), outcome, About("big", "big.yaml", narrowed=True))


def two_violations() -> Report:
    """A deadlock, and a reach that is never true."""
    never = Property("both_at_once", "reach", False, Const(0, BOOL), None, span(9))
    violations = (Violation("both_at_once", "reach", None), Violation("deadlock", "automatic", moves(0, 1), 1))
    outcome = Outcome(38, 60, 9, True, violations, frozenset())
    about = About("lock_order", "j1.yaml", replay=("j1.yaml", "--set", "PAGES=2"))
    return build_report(replace(lock_order(), properties=(never,)), outcome, about)


REPORTS: dict[str, Callable[[], Report]] = {
    "violated": race_report,
    "holds": holding,
    "pool": lambda: stopped(POOL),
    "two_violations": two_violations,
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_looks_as_it_should(name: str) -> None:
    assert report_text(REPORTS[name]()) == golden(f"report_{name}")


def test_a_report_starts_with_what_was_explored() -> None:
    first = report_text(race_report()).splitlines()[:2]
    assert " ".join(" ".join(first).split()) == (
        "explored Index 1 · Size 2 · Node 2 · Mm 1 · Page 2 · 2 threads: cpu0, cpu1 · sequential consistency "
        "reductions: pools, stamps, threads · complete"
    )


def test_what_is_not_complete_says_so_in_capitals() -> None:
    assert "NOT complete" in report_text(stopped(POOL))
    assert "NOT complete" not in report_text(race_report())


def test_the_last_line_is_the_result_line() -> None:
    assert report_text(race_report()).splitlines()[-1] == (
        "RESULT model=a_unfixed_local verdict=violated violated=no_pte_maps_truncated_page "
        "states=73 transitions=102 depth=17 seconds=0.000"
    )


def test_automatic_properties_are_one_word_in_the_result_line() -> None:
    report = two_violations()
    violation = Violation("sleeping while atomic", "automatic", None)
    outcome = replace(report.outcome, violations=(violation,))
    report = replace(report, outcome=outcome, violations=(replace(report.violations[0], violation=violation),))
    assert " violated=sleeping-while-atomic " in result_line(report)


@pytest.mark.parametrize("name", ["two words", 'quo"te', "line\nbreak", "esc\x1b[31m", "bidi\u202e", "a=b c", "ä", ""])
def test_a_result_value_stays_one_field_of_one_line(name: str) -> None:
    value = result_value(name)
    assert not re.search(r"[\x00-\x1f\x7f\u202e]", value)
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"|[\w./:@%+=-]*', value)


@pytest.mark.parametrize("word", ["a b.yaml", "it's.yaml", "--set", "$(reboot)", "PAGES=2", "ä.yaml"])
def test_a_word_of_the_replay_line_is_read_back_by_a_shell(word: str) -> None:
    assert shlex.split(shell_word(word)) == [word]


def test_a_word_with_an_escape_is_quoted_as_bytes() -> None:
    assert shell_word("a\x1b'b\\") == r"$'a\x1b\'b\\'"
    assert shell_word("a\udcff\n") == r"$'a\xff\x0a'"


def test_the_replay_line_repeats_what_changes_the_meaning() -> None:
    assert "  replay: dfsrace replay j1.yaml --set PAGES=2 --schedule 'cpu0 dlm'\n" in report_text(two_violations())


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        (POOL, "pool Page exhausted; raise FRAMES"),
        (
            Stop("states", "1000"),
            "the bound of 1,000 states was reached; lower FRAMES, or raise the bound",
        ),
        (Stop("memory", ""), "the memory was used up; lower FRAMES"),
        (Stop("seconds", "1"), "the bound of 1 second was reached; lower FRAMES, or raise the bound"),
        (Stop("seconds", "0.5"), "the bound of 0.5 seconds was reached"),
        (Stop("first", ""), "not everything was explored: it stopped at the first violation, as --first asks"),
        (Stop("interrupt", ""), "not everything was explored: it was interrupted"),
        (Stop("switches", "3"), "  nothing found with up to 3 switches\n"),
        (Stop("switches", "1"), "  nothing found with up to 1 switch\n"),
    ],
)
def test_a_search_that_ended_early_says_why_and_what_to_change(stop: Stop, said: str) -> None:
    assert said in report_text(stopped(stop))


@pytest.mark.parametrize(
    "stop",
    [Stop("states", "1000"), Stop("seconds", "1000"), Stop("memory", ""), Stop("interrupt", ""), POOL],
    ids=lambda stop: stop.kind,
)
def test_a_search_that_ended_early_says_nothing_twice(stop: Stop) -> None:
    said = report_text(stopped(stop))
    assert said.count("depth 9") == said.count("2 values of Page in use") == 1
    assert said.count("1,000 states") == (2 if stop.kind == "states" else 1), "the verdict's, and the bound's"


def test_a_bound_on_switches_is_named_with_the_violations_that_were_found() -> None:
    violation = Violation("deadlock", "automatic", moves(0, 1), 1)
    outcome = Outcome(38, 60, 9, False, (violation,), frozenset(), Stop("switches", "1"))
    said = report_text(build_report(lock_order(), outcome, About("lock_order", "j1.yaml", narrowed=True)))
    assert "not everything was explored: nothing with more than 1 switch; raise the bound with --switches" in said


def test_the_constant_of_a_pool_is_found_in_its_declaration() -> None:
    system = unfixed_local()
    constants = (("PAGES", "2"), ("FRAMES", "2"), ("SPARE", "1"))
    source = SourceFile("vm.yaml", "types:\n  MyPage: pool(PAGES)\n  Page: pool(FRAMES + SPARE)\n")
    system = replace(system, constants=constants, sources=(source,))
    assert "raise FRAMES or SPARE" in report_text(stopped(POOL, system))
    assert "raise the size of Page" in report_text(stopped(POOL, replace(system, sources=())))


def test_holds_lists_what_never_ran_and_a_complete_coverage_is_said() -> None:
    text = report_text(holding())
    assert "never ran    vm.yaml:43  line 43" in text
    assert "never false  vm.yaml:42  if mm.pte[index] is None" in text
    outcome = replace(holding().outcome, reached=frozenset(range(5)))
    everything = build_report(with_coverage(), outcome, About("d1", "d1.yaml"))
    assert "every statement ran, and every test went both ways" in report_text(everything)


def test_a_test_that_was_never_evaluated_is_not_called_one_way() -> None:
    outcome = replace(holding().outcome, reached=frozenset({0, 1, 2}))
    assert build_report(with_coverage(), outcome, About("d1", "d1.yaml")).coverage.one_way == ()


@pytest.mark.parametrize(
    ("expectation", "narrowed", "met"),
    [
        (Expectation("violated", ("no_pte_maps_truncated_page",)), False, True),
        (Expectation("violated", ("deadlock",)), False, False),
        (Expectation("violated", ("no_pte_maps_truncated_page", "deadlock")), False, False),
        (Expectation("holds"), False, False),
        (None, False, False),
        (Expectation("holds"), True, None),
    ],
)
def test_an_expectation_is_the_exact_set_of_violated_properties(
    expectation: Expectation | None, narrowed: bool, met: bool | None
) -> None:
    about = About("a", "a.yaml", expectation=expectation, narrowed=narrowed)
    assert build_report(unfixed_local(), race_outcome(), about).as_expected is met


def test_an_incomplete_search_meets_no_expected_violation() -> None:
    outcome = replace(race_outcome(), complete=False, stopped_by=Stop("states", "70"))
    about = About("a", "a.yaml", expectation=Expectation("violated", ("no_pte_maps_truncated_page",)))
    assert build_report(unfixed_local(), outcome, about).as_expected is False


def test_the_verdict_has_a_style_of_its_own() -> None:
    styles = {style for line in report_lines(race_report()) for _, style in line}
    assert "verdict-bad" in styles and "verdict-good" not in styles
    assert "verdict-good" in {style for line in report_lines(holding()) for _, style in line}


def test_each_format_has_one_function() -> None:
    assert set(FORMATS) == {"text", "json"}
    assert FORMATS["text"](race_report(), Drawing(), "1.0") == report_text(race_report())


def test_a_replay_says_what_its_last_state_violates() -> None:
    violating = plain(replay_lines("lock_order", followed(lock_order(), "cpu0 dlm")))
    assert violating.startswith("lock_order   VIOLATES deadlock   2 steps · 1 switch\n\n  no thread can move.\n")
    fine = plain(replay_lines("lock_order", followed(lock_order(), "cpu0")))
    assert fine.startswith("lock_order   violates nothing in the end   1 step · 0 switches\n")


@pytest.mark.parametrize("setup", ["f = alloc(Frame)\n  a = alloc(Page)\n  b = alloc(Page)", "f = alloc(Frame)"])
def test_a_pool_that_was_exhausted_was_all_in_use(setup: str) -> None:
    head = "model: m\ntypes: {Page: pool(1), Frame: pool(2)}\nstate: {a: Page | None, b: Page | None, f: Frame | None}"
    code = "threads:\n  t: |\n    with atomic:\n      a = alloc(Page)\n      b = alloc(Page)\n    b = a\n    f = None\n"
    report = check(f"{head}\nsetup: |\n  {setup}\n{code}")
    # What setup held of Frame when it came to no state is not known.
    known = {"Page": 1} if "b" in setup else {"Page": 1, "Frame": 1}
    assert dict(report.outcome.largest_pools) == known
    grown = ", ".join(f"1 value of {pool} in use" for pool in known)
    assert f"it had come to {grown}\n" in report_text(report)
