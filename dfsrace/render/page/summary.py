# SPDX-License-Identifier: GPL-2.0-only
"""The top of the page: the verdict, what it is about, what was explored, and each property's own result."""

from __future__ import annotations

from collections.abc import Iterable

from dfsrace.render.page.coverage import coverage_counts
from dfsrace.render.page.links import fragment, property_word
from dfsrace.render.page.markup import Child, Markup, joined, scrolling, tag
from dfsrace.render.style import counted
from dfsrace.render.words import result_line
from dfsrace.system.system import AUTOMATIC_PROPERTIES
from dfsrace.trace.report import Counterexample, Report

_VERDICTS = {
    "violated": ("✗", "VIOLATED", "bad"),
    "holds": ("✓", "HOLDS", "good"),
    "inconclusive": ("?", "INCONCLUSIVE", "open"),
}


def repeatable_result(report: Report) -> str:
    """The RESULT line without the time, which is another in each run."""
    return result_line(report).rpartition(" seconds=")[0]


def verdict_kind(report: Report) -> str:
    """The verdict's class in the style sheet."""
    return _VERDICTS[report.verdict][2]


def heading(report: Report) -> Markup:
    """The model, its title, its verdict in a word and in a sentence."""
    glyph, word, kind = _VERDICTS[report.verdict]
    expected = {True: "as expected", False: "NOT as expected", None: None}[report.as_expected]
    mark = tag("span", glyph, aria_hidden="true")
    badge = tag("p", mark, f" {word}", tag("small", expected) if expected else None, class_=f"verdict {kind}")
    title = tag("h1", report.title or report.model)
    crumb = tag("p", "dfsrace report on ", tag("b", report.model), class_="crumb")
    line = tag("div", badge, tag("p", _sentence(report)), class_="result-line")
    return tag("header", crumb, title, line, _stopped(report) if report.stopped_by else None)


def explored(report: Report) -> Markup:
    """What was explored, and how large it was."""
    system = report.system
    threads = [
        tag("span", tag("b", thread.name), " ", tag("code", " ".join(thread.text.split())), class_="item")
        for thread in system.threads
    ]
    sizes = [
        tag("span", f"{size.type} {size.count} ", tag("small", f"({size.text})"), class_="item")
        for size in report.sizes
    ]
    constants = [tag("span", tag("code", f"{name}={value}"), class_="item") for name, value in system.constants]
    rows: list[tuple[str, Iterable[Child]]] = [
        (counted(len(system.threads), "thread"), threads),
        ("sizes", sizes),
        ("constants", constants),
        ("memory model", [report.memory_model]),
        ("reductions", [", ".join(report.outcome.reductions) or "none"]),
        ("explored", ["completely: every reachable state" if report.complete else "NOT completely"]),
        ("result", [tag("code", repeatable_result(report), class_="result")]),
    ]
    return tag(
        "dl", *(joined((tag("dt", name), tag("dd", *values))) for name, values in rows if list(values)), class_="facts"
    )


def statistics(report: Report) -> Markup:
    """The state space in numbers, none of which differs from run to run."""
    outcome = report.outcome
    per_state = f"{outcome.transitions / outcome.states:.2f}" if outcome.states else "0"
    pairs = [
        ("states", f"{outcome.states:,}"),
        ("transitions", f"{outcome.transitions:,}"),
        ("transitions from a state", per_state),
        ("depth: steps to the farthest state", f"{outcome.depth:,}"),
        *((f"values of {pool} in use at once", f"{count:,}") for pool, count in outcome.largest_pools),
        *coverage_counts(report),
    ]
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs), class_="numbers")


def properties_table(report: Report) -> Markup:
    """What became of each property; also which were not checked."""
    known = {prop.name: prop for prop in report.system.properties}
    violated = {found.violation.property: found for found in report.violations}
    rows = []
    for name, prop in known.items():
        kind = "true in some state" if prop.kind == "reach" else "at the end" if prop.at_end else "in every state"
        rows.append(_property(report, name, kind, violated.get(name)))
    rows += [
        _property(report, name, "automatic check", violated[name]) for name in AUTOMATIC_PROPERTIES if name in violated
    ]
    rest = "the other automatic checks" if set(violated) & set(AUTOMATIC_PROPERTIES) else "the automatic checks"
    rows.append(
        tag("tr", tag("th", rest, scope="row"), tag("td", "in every state"), tag("td", *_outcome(report, "", None)))
    )
    head = tag("tr", *(tag("th", text, scope="col") for text in ("property", "must be so", "result")))
    caption = tag("caption", "Properties", class_="unseen")
    table = tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="properties")
    return scrolling(table, "properties")


def choice(report: Report) -> Markup:
    """The violated properties to choose from, with their sizes; nothing where there is none."""
    if len(report.violations) < 2:
        return Markup()
    items = [
        tag(
            "li",
            tag(
                "a",
                *_named(found),
                href=fragment(found.violation.property),
                data_property=property_word(found.violation.property),
            ),
        )
        for found in report.violations
    ]
    title = tag("h2", counted(len(items), "violated property"))
    return tag("nav", title, tag("ul", *items), aria_label="violated properties", class_="choice")


def counts(found: Counterexample) -> str:
    """`15 steps, 2 switches`; empty for a reach that is never true."""
    trace, violation = found.trace, found.violation
    if trace is None:
        return ""
    switches = trace.switches if violation.switches is None else violation.switches
    return f"{counted(len(trace.steps), 'step')}, {counted(switches, 'switch')}"


def _named(found: Counterexample) -> tuple[Child, ...]:
    steps = counts(found)
    return ("✗ ", property_word(found.violation.property), tag("small", steps) if steps else None)


def _sentence(report: Report) -> str:
    """The verdict as a sentence."""
    outcome = report.outcome
    where = f"{counted(outcome.states, 'state')} and {counted(outcome.transitions, 'transition')}"
    if report.verdict == "holds":
        narrowed = len(report.properties) < len(report.system.properties)
        what = "of the properties that were checked none is" if narrowed else "nothing is"
        said = f"at these sizes {what} violated; of others nothing is said"
        return f"Every reachable state was visited, {where}: {said}."
    if report.verdict == "violated":
        rest = "every reachable state was visited" if report.complete else "not every reachable state was visited"
        return f"{counted(len(report.violations), 'property')} violated in {where}; {rest}."
    return f"Nothing is decided: not every reachable state was visited; in the {where} that were, nothing is violated."


def _stopped(report: Report) -> Markup:
    stopped, outcome = report.stopped_by, report.outcome
    assert stopped is not None
    advice = f"; {stopped.advice}" if stopped.advice else ""
    parts: list[Child] = [tag("b", "Not everything was explored: "), f"{stopped.reason}{advice}."]
    if outcome.undecided:
        parts.append(f" Not decided: {', '.join(outcome.undecided)}.")
    return tag("p", *parts, class_="callout open")


def _property(report: Report, name: str, kind: str, found: Counterexample | None) -> Markup:
    return tag(
        "tr",
        tag("th", tag("code", property_word(name)), scope="row"),
        tag("td", kind),
        tag("td", *_outcome(report, name, found)),
    )


def _outcome(report: Report, name: str, found: Counterexample | None) -> tuple[Child, ...]:
    """A property's own result. Nothing holds that was not explored completely; but what was reached is reached."""
    if found is not None:
        text = "never true" if found.trace is None else f"violated in {counts(found)}"
        return (tag("a", f"✗ {text}", href=fragment(found.violation.property), class_="bad"),)
    if name and name not in report.properties and name not in AUTOMATIC_PROPERTIES:
        return (tag("span", "– not checked", class_="open"),)
    is_reach = any(prop.name == name and prop.kind == "reach" for prop in report.system.properties)
    if is_reach and name not in report.outcome.undecided:
        return (tag("span", "✓ reached", class_="good"),)
    if report.complete:
        return (tag("span", "✓ holds", class_="good"),)
    return (tag("span", "? not decided", class_="open"),)
