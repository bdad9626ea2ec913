# SPDX-License-Identifier: GPL-2.0-only
"""What a text that is no YAML has wrong: ruamel.yaml's message in our words, at the place that is to be mended."""

from __future__ import annotations

import re
from typing import Any

from dfsrace.diagnostics import Collector, SourceFile, Span
from dfsrace.diagnostics.text import printable, quoted

YAML_HELP = "indent sections' contents alike, and quote a text that has ': ' or ' #' in it"

_COLON = (
    "a line without a colon and a blank behind its name",
    "write `name: value`; code on several lines stands in a `|` block",
)

# ruamel.yaml's problem and context -> our message and help.
_IN_OUR_WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("expected <block end>, but found '<block mapping start>'", "while parsing a block mapping"): (
        "this line is indented like none above it",
        "indent the lines of a section alike, and those of a `|` block at least like its first",
    ),
    ("expected <block end>, but found '-'", "while parsing a block mapping"): (
        "a list item among `name: value` lines",
        "write `name: value`, without the dash",
    ),
    ("expected <block end>, but found '<scalar>'", "while parsing a block mapping"): (
        "text behind what ends a value",
        "quote the whole text: what begins with a bracket, a brace or a quote ends with it",
    ),
    ("could not find expected ':'", "while scanning a simple key"): _COLON,
}
_QUOTE = "quote the whole text: a bracket or brace at its start begins a YAML collection"
_KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z_][\w.\[\]]*):(?:\s+(?P<rest>.*))?$")
_CODE_SECTIONS = ("setup", "procedures")


def block_help(key: str) -> str:
    """Where code belongs."""
    return f"code stands in a block: `{printable(key)}: |`, and its lines below, indented"


def syntax_error(source: SourceFile, error: Any, problems: Collector) -> None:
    """Reports what ruamel.yaml raised, a MarkedYAMLError."""
    mark = error.problem_mark or error.context_mark
    if error.context_mark and error.problem and "end of stream" in error.problem:
        mark = error.context_mark  # a quote or bracket that is never closed: where it begins
    if error.context_mark and error.problem and "could not find expected ':'" in error.problem:
        mark = error.context_mark  # the line that lacks the colon or the blank after it, not the next one
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    # At the end of the file there is no line to show: point at the last one that has text.
    lines = source.text.rstrip("\n").split("\n")
    if line > len(lines):
        line, column = len(lines), len(lines[-1]) + 1
    place = Span(source.name, line, column, line, column + 1)
    if "\t" in lines[line - 1][:column] and not lines[line - 1][: column - 1].strip():
        problems.add("DR108", place, "a tab in the indentation", help="write spaces: YAML indents with nothing else")
        return
    code = _code_without_block(lines, line)
    if code is not None:
        number, key, start = code
        span = Span(source.name, number, start, number, start + len(key))
        notes = [] if number == line else [(place, "not YAML from here on")]
        message = f"the code of {quoted(key)} stands in no block"
        problems.add("DR108", span, message, help=block_help(key), notes=notes)
        return
    above = _without_colon(lines, line) if "mapping values" in (error.problem or "") else None
    if above is not None:
        text = lines[above - 1]
        span = Span(source.name, above, len(text) - len(text.lstrip()) + 1, above, len(text) + 1)
        problems.add("DR108", span, f"not YAML: {_COLON[0]}", help=_COLON[1])
        return
    message, help = _in_our_words(error, line)
    problems.add("DR108", place, message, help=help, notes=_begun(source, error, mark, line))


def _in_our_words(error: Any, line: int) -> tuple[str, str]:
    problem, context = error.problem or "not understood", error.context or ""
    known = _IN_OUR_WORDS.get((problem, context))
    if known is not None:
        return f"not YAML: {known[0]}", known[1]
    help = YAML_HELP
    if "but got '['" in problem:
        help = (
            "in braces quote a text that has a bracket in it, or write each name on a line of its own, without braces"
        )
    elif "while parsing a flow" in context:
        help = _QUOTE if error.context_mark.line + 1 == line and "end of stream" not in problem else "close the bracket"
    elif "end of stream" in problem and "quoted" in context:
        help = "close the quote"
    return f"not YAML: {printable(problem)}{' ' if context else ''}{printable(context)}", help


def _begun(source: SourceFile, error: Any, mark: Any, line: int) -> list[tuple[Span, str]]:
    begin = error.context_mark
    if not begin or mark is begin or begin.line + 1 == line:
        return []
    return [(Span(source.name, begin.line + 1, begin.column + 1, begin.line + 1, begin.column + 2), "begun here")]


def _without_colon(lines: list[str], line: int) -> int | None:
    """The line above, if it is indented alike and has no colon: YAML takes both for one key; else None."""
    above, here = lines[line - 2] if line > 1 else "", lines[line - 1]
    indents = [len(text) - len(text.lstrip(" ")) for text in (above, here)]
    bare = above.split(" #")[0].strip()
    return line - 1 if bare and bare[0] not in "#-" and ":" not in bare and indents[0] == indents[1] else None


def _code_without_block(lines: list[str], line: int) -> tuple[int, str, int] | None:
    """(line, key, column) of the key whose value is code, holds the line, and does not begin with `|`; else None."""
    section = _above(lines, line, 0)
    if section is None:
        return None
    number, match = section
    if match["key"] in _CODE_SECTIONS:
        return _unless_block(number, match)
    if match["key"] != "threads" or number == line:
        return None
    first = next((text for text in lines[number:] if text.strip() and not text.lstrip().startswith("#")), "")
    thread = _above(lines, line, len(first) - len(first.lstrip(" ")))
    if thread is None or thread[0] <= number:
        return None
    inside = [(n, m) for n in range(thread[0] + 1, line + 1) if (m := _KEY.match(lines[n - 1]))]
    run = next(((n, m) for n, m in inside if m["key"] == "run"), None)
    mapping = any(m["key"] == "daemon" for _, m in inside)
    return _unless_block(*(run or thread)) if run or not mapping else None


def _above(lines: list[str], line: int, indent: int) -> tuple[int, re.Match[str]] | None:
    """The nearest line at or above the given one that is indented so far and is a key."""
    for number in range(line, 0, -1):
        match = _KEY.match(lines[number - 1])
        if match and len(match["indent"]) == indent:
            return number, match
    return None


def _unless_block(number: int, match: re.Match[str]) -> tuple[int, str, int] | None:
    rest = (match["rest"] or "").lstrip()
    return (
        None if rest[:1] in ("|", ">", '"', "'", "{", "[") and rest else (number, match["key"], match.start("key") + 1)
    )
