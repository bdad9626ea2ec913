# SPDX-License-Identifier: GPL-2.0-only
"""One violated property on the page: why, the lanes beside the picture, all steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dfsrace.diagnostics.values import dataclass
from dfsrace.render.page.drawn import WIDE, Drawn, draw, film, picture
from dfsrace.render.page.lanes import lanes_table
from dfsrace.render.page.links import fragment, property_word
from dfsrace.render.page.markup import Child, Markup, scrolling, tag
from dfsrace.render.page.steps import Told, steps_data, steps_table, told
from dfsrace.render.page.summary import counts
from dfsrace.render.report_text import explanation_sentences
from dfsrace.render.words import replay_line, schedule_line
from dfsrace.trace.picture import Picture
from dfsrace.trace.record import Trace
from dfsrace.trace.report import Counterexample, Report

# Lanes of more rows than this scroll by themselves, so that the picture stays in sight.
LONG = 45
# A longer trace has no steps on the page, nor has one that comes after so many steps of others.
MOST_STEPS = 2_000
MOST_STEPS_TOGETHER = 10_000


def traces_shown(report: Report) -> tuple[Trace | None, ...]:
    """For each violation its trace, if the page shows its steps."""
    shown: list[Trace | None] = []
    together = 0
    for found in report.violations:
        steps = len(found.trace.steps) if found.trace else 0
        fits = steps <= MOST_STEPS and together + steps <= MOST_STEPS_TOGETHER
        shown.append(found.trace if fits else None)
        together += steps if fits else 0
    return tuple(shown)


@dataclass(frozen=True, slots=True)
class Shown:
    """A violation, told and drawn; without steps where it has none, or too many. `place`: its place in the report."""

    found: Counterexample
    place: int
    steps: tuple[Told, ...]
    drawn: Drawn

    @staticmethod
    def of(report: Report, place: int, trace: Trace | None, pictures: Sequence[Picture]) -> Shown:
        """Tells and draws the violation at a place once, for its section and for its data; `trace`: if it is shown."""
        found = report.violations[place]
        steps = tuple(told(trace)) if trace else ()
        return Shown(found, place, steps, draw(pictures if steps else (), f"p{place}", len(report.violations)))

    @property
    def name(self) -> str:
        """The property."""
        return self.found.violation.property


def violation_data(shown: Shown, files: Sequence[str]) -> dict[str, Any]:
    """What the script steps through."""
    return {
        "property": property_word(shown.name),
        "link": fragment(shown.name),
        "steps": steps_data(shown.steps, files),
        "pictures": [list(one) for one in shown.drawn.pictures],
        "labels": list(shown.drawn.labels),
        "prefix": shown.drawn.prefix,
    }


def violation_section(report: Report, shown: Shown) -> Markup:
    """All of one violated property."""
    found, name = shown.found, shown.name
    size = counts(found)
    head = tag(
        "h2",
        tag("span", "✗", aria_hidden="true"),
        " ",
        tag("code", property_word(name)),
        tag("small", size) if size else None,
        id=f"h-v{shown.place}",
    )
    parts: list[Child] = [head, tag("p", _sentence(found.message), class_="message")]
    trace = found.trace
    if trace is not None:
        parts += [tag("p", sentence) for sentence in _why(trace)]
        if not found.violation.switches_minimised:
            parts.append(tag("p", "Its switches were not minimised: the model is too large for that.", class_="note"))
        if shown.steps:
            parts += _steps(report, shown, trace)
        else:
            parts.append(tag("p", _left_out(len(trace.steps)), class_="note"))
        parts += _commands(report, found)
    return tag(
        "section", *parts, class_="violation", aria_labelledby=f"h-v{shown.place}", data_property=property_word(name)
    )


def _left_out(steps: int) -> str:
    if steps > MOST_STEPS:
        return f"Its {steps:,} steps are too many for a page."
    return f"Its {steps:,} steps are left out: with those of the properties before it the page has enough."


def _why(trace: Trace) -> list[str]:
    """The explanation. A page has room for the long sentence on a stale value, which leaves no doubt what was stale."""
    found = trace.explanation
    if found.stale and found.further:
        return [*found.sentences, *found.further.sentences]
    return explanation_sentences(trace)


def _steps(report: Report, shown: Shown, trace: Trace) -> Iterator[Child]:
    """The steps on the screen, on paper, and as a table."""
    yield _walk(shown, lanes_table(trace, shown.name))
    yield film(shown.drawn, [mark.step for mark in trace.explanation.places])
    yield _all_steps(report, shown)


def _commands(report: Report, found: Counterexample) -> Iterator[Markup]:
    """The command that shows this again, and the one that shows how it is avoided, if that is known."""
    yield tag("p", "See it again: ", tag("code", replay_line(report, found), class_="result"))
    further = found.trace.explanation.further if found.trace else None
    if further and further.switch and further.switch.schedule:
        line = schedule_line(report, further.switch.schedule)
        yield tag("p", "See it avoided: ", tag("code", line, class_="result"))


def _walk(shown: Shown, lanes: Markup) -> Markup:
    """The picture and what the chosen step does, beside the lanes."""
    last = len(shown.steps) - 1
    stage = tag("div", _controls(last), picture(shown.drawn, last), class_="stage")
    told = (tag("p", class_="now-stack"), tag("div", class_="now-said"), tag("div", class_="now-source"))
    size = "lanes-box long" if lanes.count("<tr") > LONG else "lanes-box"
    table = scrolling(lanes, "interleaving", size) if lanes else None
    return tag(
        "div",
        stage,
        table,
        tag("div", *told, class_="told needs-script"),
        class_="walk beside" if shown.drawn.size[0] <= WIDE else "walk",
    )


def _controls(last: int) -> Markup:
    """The buttons and the slider; they do nothing without the script, and are not shown then."""
    slider = tag("input", type="range", min=0, max=last, value=last, step=1, aria_label="step")
    buttons = (
        _button("|◀", "first", "first state", "Home"),
        _button("◀", "back", "one step back", "←"),
        slider,
        _button("▶", "on", "one step on", "→"),
        _button("▶|", "last", "last step", "End"),
    )
    link = tag("a", "link to this step", class_="here", href="#")
    title = tag("h3", class_="now-title")
    return tag("div", *buttons, title, link, class_="controls needs-script", role="group", aria_label="step through")


def _button(text: str, go: str, label: str, key: str) -> Markup:
    return tag("button", text, type="button", data_go=go, aria_label=label, title=f"{label} ({key})")


def _all_steps(report: Report, shown: Shown) -> Markup:
    """The table of all steps, which need not be open on the screen and always is on paper."""
    table = scrolling(steps_table(report, shown.steps, shown.name), "all steps")
    return tag("details", tag("summary", "All steps as a table"), table, class_="all-steps")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


__all__ = ["Shown", "traces_shown", "violation_data", "violation_section"]
