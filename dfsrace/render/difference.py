# SPDX-License-Identifier: GPL-2.0-only
"""Two versions of a model side by side: as text, as Markdown for a pull request, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from dfsrace.diagnostics.text import printable
from dfsrace.render.report_text import replay_lines
from dfsrace.render.style import Drawing, Line, plain
from dfsrace.render.table_text import table_lines
from dfsrace.render.tables import markdown_text, table_markdown
from dfsrace.study.diff import Difference, PropertyChange, Shown
from dfsrace.study.table import Cell, Column, Table, Tone, cell
from dfsrace.trace.report import Report

SCHEMA = 1
MOST = 5
_TONES: dict[str, Tone] = {
    **{"violated": "bad", "holds": "good", "met": "good"},
    **{"undecided": "open", "inconclusive": "open"},
}


def difference_lines(found: Difference, drawing: Drawing) -> list[Line]:
    """For a terminal: the tables, the outcomes, then the traces in lanes."""
    lines: list[Line] = [((drawing.clean(headline(found)), "title"),), ()]
    for table in _tables(found):
        lines += [*table_lines(table, drawing), ()]
    for title, items in _outcomes(found):
        lines += [((drawing.clean(title), ""),), *(((f"  {drawing.clean(item)}", ""),) for item in items), ()]
    for note in _notes(found):
        lines += [((drawing.clean(note), "verdict-open"),), ()]
    for shown in found.traces:
        lines += [((drawing.clean(_trace_title(shown)), "title"),), ()]
        lines += [*replay_lines(_side(found, shown).model, shown.trace, drawing), ()]
    return lines[:-1]


def difference_text(found: Difference, drawing: Drawing) -> str:
    """The same without colours."""
    return plain(difference_lines(found, drawing))


def difference_markdown(found: Difference) -> str:
    """For a pull request: tables, outcomes, and the traces folded away. Foreign text cannot become markup."""
    parts = [f"### {markdown_text(headline(found))}\n"]
    parts += [table_markdown(table) for table in _tables(found)]
    for title, items in _outcomes(found):
        parts.append("\n".join([f"{markdown_text(title)}\n", *(f"- {_code(item)}" for item in items)]) + "\n")
    parts += [f"**{markdown_text(note)}**\n" for note in _notes(found)]
    for shown in found.traces:
        lanes = plain(replay_lines(_side(found, shown).model, shown.trace, Drawing(columns=120))).rstrip("\n")
        fence = "```"
        while fence in lanes:
            fence += "`"
        parts.append(
            f"<details><summary>{_html(_trace_title(shown))}</summary>\n\n{fence}text\n{lanes}\n{fence}\n\n</details>\n"
        )
    return "\n".join(parts)


def difference_json(found: Difference, version: str) -> str:
    """One object with all facts; traces as schedules."""
    value = {
        "schema": SCHEMA,
        "version": version,
        "same": found.same,
        "decided": found.decided,
        "old": _report_object(found.old),
        "new": _report_object(found.new),
        "properties": [_property_object(change) for change in found.properties],
        "outcomes": {
            "old": found.outcomes[0] if found.outcomes else None,
            "new": found.outcomes[1] if found.outcomes else None,
            "only_old": [dict(sorted(outcome)) for outcome in found.only_old],
            "only_new": [dict(sorted(outcome)) for outcome in found.only_new],
        },
        "shared_states": {
            "only_old": found.valuations[0] if found.valuations else None,
            "only_new": found.valuations[1] if found.valuations else None,
        },
        "compared": list(found.variables),
        "not_compared": list(found.apart),
        "traces": [_trace_object(shown) for shown in found.traces],
        "unknown": list(found.unknown),
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _report_object(report: Report) -> dict[str, Any]:
    return {
        "model": report.model,
        "title": report.title,
        "verdict": report.verdict,
        "violated": list(report.violated),
        **dict(_counts(report)),
        "complete": report.complete,
    }


def _property_object(change: PropertyChange) -> dict[str, Any]:
    steps = {"old_steps": change.old_steps, "new_steps": change.new_steps}
    return {"property": change.name, "old": change.old, "new": change.new, **steps, "changed": change.changed}


def _trace_object(shown: Shown) -> dict[str, Any]:
    return {
        "only": shown.side.lower(),
        "why": shown.why,
        "schedule": shown.trace.schedule_text,
        "steps": len(shown.trace.steps),
        "switches": shown.trace.switches,
        "violated": list(shown.trace.violated),
    }


# ---- parts


def headline(found: Difference) -> str:
    """One line: what it comes to."""
    names = f"{found.old.model} → {found.new.model}" if found.old.model != found.new.model else found.new.model
    if not found.same:
        old, new = found.old.verdict, found.new.verdict
        return f"{names}: {f'{old} → {new}' if old != new else f'{new}, but not the same'}"
    return f"{names}: {'the same' if found.decided else 'nothing differs, as far as it was compared'}"


def _tables(found: Difference) -> Iterator[Table]:
    rows = [(cell("verdict"), _status(found.old.verdict), _status(found.new.verdict))]
    for change in found.properties:
        rows.append((cell(change.name), _status(change.old, change.old_steps), _status(change.new, change.new_steps)))
    for (name, old), (_, new) in zip(_counts(found.old), _counts(found.new), strict=True):
        rows.append((cell(name), cell(old), cell(new)))
    if found.outcomes is not None:
        rows.append((cell("outcomes"), cell(found.outcomes[0]), cell(found.outcomes[1])))
    for name, old_value, new_value in _constants(found):
        rows.append((cell(name), cell(old_value), cell(new_value)))
    yield Table("", (Column(""), Column("OLD"), Column("NEW")), tuple(rows))


def _status(status: str, steps: int | None = None) -> Cell:
    return cell(status if steps is None else f"{status}, {steps} steps", _TONES.get(status, "dim"))


def _counts(report: Report) -> tuple[tuple[str, int], ...]:
    outcome = report.outcome
    return ("states", outcome.states), ("transitions", outcome.transitions), ("depth", outcome.depth)


def _constants(found: Difference) -> Iterator[tuple[str, str, str]]:
    """Constants whose values differ."""
    old, new = dict(found.old.system.constants), dict(found.new.system.constants)
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield f"constant {name}", old.get(name, "absent"), new.get(name, "absent")


def _outcomes(found: Difference) -> Iterator[tuple[str, list[str]]]:
    """The outcomes of one version alone: the cells that are not alike in all of them."""
    together = [*found.only_old, *found.only_new]
    alike = frozenset.intersection(*together) if len(together) > 1 else frozenset()
    for side, outcomes in (("OLD", found.only_old), ("NEW", found.only_new)):
        if outcomes:
            lines = [", ".join(f"{name} = {value}" for name, value in sorted(outcome - alike)) for outcome in outcomes]
            more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
            yield f"Only {side} can end with", [*lines[:MOST], *more]
    if found.valuations is not None and any(found.valuations):
        old, new = found.valuations
        yield f"Shared states that only OLD reaches: {old}; only NEW: {new}", []


def _notes(found: Difference) -> Sequence[str]:
    apart = [f"Not compared, for one version alone declares it: {', '.join(found.apart)}"] if found.apart else []
    return [*apart, *(f"Not known: {text}" for text in found.unknown)]


def _trace_title(shown: Shown) -> str:
    return f"Only {shown.side}: {shown.why}"


def _side(found: Difference, shown: Shown) -> Report:
    return found.old if shown.side == "OLD" else found.new


# ---- foreign text


def _code(text: str) -> str:
    """Text as code in Markdown, whatever back quotes are in it."""
    shown, quote = printable(text), "`"
    while quote in shown:
        quote += "`"
    gap = " " if "`" in shown else ""
    return f"{quote}{gap}{shown}{gap}{quote}"


def _html(text: str) -> str:
    return escape(printable(text), quote=True)
