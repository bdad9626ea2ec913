# SPDX-License-Identifier: GPL-2.0-only
"""The library's own properties are put to the test: what mutants of its protocols survive is just what is listed."""

from __future__ import annotations

import pytest

from dfsrace.engine.options import Options
from dfsrace.language.files import BUILT_IN_LIBRARY, ModelSource
from dfsrace.shipped import models_folder
from dfsrace.study import mutation_tasks
from dfsrace.study.mutate import STATES, MutationReport
from dfsrace.study.mutation_tasks import Asked, plan
from dfsrace.study.survivors import explained, read_reasons, shipped_list, shipped_protocols, stale

pytestmark = pytest.mark.xdist_group("mutants")


@pytest.fixture(scope="module")
def report() -> MutationReport:
    """All mutants of all shipped models that hold with a protocol of the library, in this process."""
    folder = models_folder()
    names = {path: path.relative_to(folder).with_suffix("").as_posix() for path in shipped_protocols()}
    planned = plan([Asked(ModelSource.of(path), name) for path, name in names.items()])
    answers = [mutation_tasks.run(task, Options(states=STATES)) for task in planned.tasks()]
    return mutation_tasks.report(planned, answers, interrupted=False)


def test_survivors_are_just_those_that_are_listed_with_a_reason(report: MutationReport) -> None:
    reasons = read_reasons(shipped_list())
    rows = explained(report.rows, reasons)
    assert [f"{row.suite}: {row.mutant}" for row in rows if row.result == "survived" and not row.reason] == []
    assert stale(rows, reasons) == ()


def test_every_mutant_of_the_library_is_decided(report: MutationReport) -> None:
    assert {row.result for row in report.rows} <= {"killed", "equivalent", "survived", "no model"}
    assert {verdict for suite in report.suites for verdict in suite.verdicts} == {"holds"}


def test_most_mutants_are_killed(report: MutationReport) -> None:
    assert report.score is not None
    assert report.score >= 0.85
    assert report.counts["killed"] > 100


def test_every_protocol_that_holds_anywhere_is_put_to_the_test(report: MutationReport) -> None:
    asked = {name for suite in report.suites for name in suite.name.split("+")}
    protocols = {path.stem for path in (BUILT_IN_LIBRARY / "protocols").glob("*.yaml")}
    # valid_flag holds nowhere: 2003-truncate-count/token-taken-first says why.
    assert protocols - asked == {"valid_flag"}
    assert "vm-2.6" in asked


@pytest.mark.parametrize(
    ("suite", "mutant"),
    [
        ("vm+truncate_count+coherence", "drop-renew:invalidate_mmap_range:renew(node.truncate_count)"),
        ("vm+truncate_lock+coherence", "drop-recheck:do_no_page:if not read_seqretry(node.truncate_lock, seq)"),
        ("vm+locked_fault+coherence", "drop-lock:filemap_nopage:lock_page(page)"),
        ("vm+hook+coherence", "drop-lock:dfs_do_no_page:with dfs_lock[index]"),
        ("vm+locked_fault+invalidate_lock+coherence", "drop-lock:punch_hole:with write(node.invalidate_lock)"),
    ],
)
def test_the_heart_of_each_cure_is_missed(suite: str, mutant: str, report: MutationReport) -> None:
    assert {row.result for row in report.rows if (row.suite, row.mutant) == (suite, mutant)} == {"killed"}
