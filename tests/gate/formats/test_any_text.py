# SPDX-License-Identifier: GPL-2.0-only
"""Whatever a model says, the parsers of others read every format, and find in it what is there and no more."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dfsrace.gate.formats import FORMATS
from tests.gate.formats import builders, test_github, test_junit, test_ktap, test_sarif
from tests.gate.formats.builders import HOSTILE, gate

# Characters that mean something somewhere come as often as all others together.
TEXTS = st.lists(
    st.one_of(
        st.sampled_from("#;:,%&<>\"'`|\\[]{}()@!*_~^$=-+./?\n\r\t \x00\x1b\x85\u2028\u202e\ufffe\ud800\udcff"),
        st.characters(exclude_categories=()),
        st.sampled_from([text for text in HOSTILE if len(text) < 200]),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=40)
@given(TEXTS)
@example("\udcff\ud800")
def test_every_format_is_read_by_somebody_elses_parser(text: str) -> None:
    report = gate(*builders.hostile(text), notes=(text,))
    suite = test_junit.read(FORMATS["junit"](report))
    assert test_junit.outcomes(suite) == ["failure", "failure", "error", "error", "error", "system-out"]
    lines = test_ktap.read(FORMATS["ktap"](report))
    assert [directive.split()[0] for _, _, directive in lines] == [
        *("unexpected:", "TIMEOUT", "ERROR", "ERROR", "ERROR", "XFAIL")
    ]
    assert len(test_sarif.read(report)["results"]) == 4
    assert [one.name for one in test_github.commands(report)] == ["error"] * 5
    summary = test_github.tokens(FORMATS["github-summary"](report))
    assert (len(test_github.headings(summary)), len(test_github.rows(summary))) == (6, 6)
    assert len(test_github.diagrams(summary)) == 1
