# SPDX-License-Identifier: GPL-2.0-only
"""KTAP version 1, the kernel's Test Anything Protocol (Documentation/dev-tools/ktap.rst), for kernel CI."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfsrace.gate.formats import wording
from dfsrace.gate.results import GateReport, Result

# A log line of the kernel has some 1,000 bytes; a model's report usually under 100 lines.
LINES, LENGTH = 400, 400

# Texts at which the kernel's own parser (tools/testing/kunit/kunit_parser.py) ends or calls a test crashed, wherever
# in a line they stand. A backslash in them undoes that.
_TAKEN_FOR_THE_KERNEL = re.compile(
    r"(List of all partitions|Kernel panic - not syncing|reboot|kunit executor)(?=:)|(kunit test case crashed)(?=!)"
)


def ktap(report: GateReport) -> str:
    """A version line, a plan, and a result line for each model, its diagnostic lines with the lanes before it.

    As expected: `ok`; known-bad ones with `# XFAIL` and what is violated. Not as expected: `not ok`, the reason behind
    the `#`. Inconclusive: `not ok` with `# TIMEOUT` and the bound, or `# ERROR` for the memory and an interrupt; where
    that is accepted `ok` with `# SKIP`. Bad input, bugs of ours and what was never checked: `not ok` with `# ERROR`.
    `# SKIP` would do for the last by its name, but the kernel's parser counts a run with skipped tests as passed.

    A description may not hold a `#`: it is written `\\x23`, and behind the first `#` too, for the kernel's parser takes
    the last `# SKIP` of a line. A dash or blank that a parser would cut off is written so as well.
    """
    lines = ["KTAP version 1", f"1..{len(report.results)}"]
    for number, result in enumerate(report.results, 1):
        lines += [f"#   {line}".rstrip() for line in _diagnostics(report, result)]
        good, remark = _outcome(report, result)
        line = f"{'ok' if good else 'not ok'} {number} {_description(wording.path_of(result))}"
        told = _without_hash(wording.one_line(remark, LENGTH))
        lines.append(_harmless(f"{line} # {told}" if told else line))
    lines += [_harmless(f"#   note: {wording.one_line(note, LENGTH)}") for note in report.notes]
    lines.append(f"#   dfsrace {wording.one_line(report.version)}: {wording.headline(report)}")
    return "\n".join(lines) + "\n"


def _outcome(report: GateReport, result: Result) -> tuple[bool, str]:
    """Whether the line says `ok`, and what stands behind its `#`."""
    why = wording.reason(result)
    match result.status:
        case "expected":
            return True, f"XFAIL {wording.verdict(result)}" if result.violated else ""
        case "unexpected":
            return False, f"unexpected: {why}"
        case "inconclusive" if report.accepts(result):
            return True, f"SKIP inconclusive: {why}"
        case "inconclusive":
            bound = wording.stop_kind(result) in wording.BOUNDS
            return False, f"{'TIMEOUT' if bound else 'ERROR'} {why}"
        case "skipped":
            return False, f"ERROR not checked: {why}"
        case _:
            return False, f"ERROR {why}"


def _diagnostics(report: GateReport, result: Result) -> Iterator[str]:
    """Indented by their writer, so that none of them looks like `# Subtest:`."""
    if wording.fails(report, result):
        yield from (_harmless(line) for line in wording.lines_of(result, LINES, LENGTH))
    if result.status == "expected" and result.unreached:
        yield f"{result.unreached} statement{'s' * (result.unreached != 1)} never ran"


def _description(name: str) -> str:
    """A name without `#`, and without what parsers strip at either end."""
    shown = _without_hash(name)
    if shown[:1] in ("-", " "):
        shown = f"\\x{ord(shown[0]):02x}{shown[1:]}"
    return shown[:-1] + "\\x20" if shown.endswith(" ") else shown


def _without_hash(text: str) -> str:
    return text.replace("#", "\\x23")


def _harmless(line: str) -> str:
    return _TAKEN_FOR_THE_KERNEL.sub(lambda found: f"{found[0]}\\", line)
