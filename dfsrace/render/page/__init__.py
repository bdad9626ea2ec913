# SPDX-License-Identifier: GPL-2.0-only
"""A report as one page that needs nothing besides: no network, no other file, no script to be read.

The page is what `template.html` says, with the style sheet and the script put into it whole. Its policy allows these
two by their digests and nothing else, so that no text of a model is ever run or fetched, even if it got into the
markup; `markup.py` sees to it that it does not.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from dfsrace.render.page.coverage import gaps_list, shown_files, source_tables
from dfsrace.render.page.links import file_label
from dfsrace.render.page.look import style_sheet
from dfsrace.render.page.markup import Markup, clean, data_block
from dfsrace.render.page.summary import (
    choice,
    explored,
    heading,
    properties_table,
    repeatable_result,
    statistics,
    verdict_kind,
)
from dfsrace.render.page.violation import Shown, traces_shown, violation_data, violation_section
from dfsrace.trace.picture import Picture
from dfsrace.trace.report import Report

SCHEMA = 1


def html_page(report: Report, pictures: Sequence[Sequence[Picture]], version: str) -> str:
    """The page of a report. The same report gives the same bytes, whenever and wherever it was made.

    `pictures`: for each of the report's violations those of its trace; none where `traces_shown` has none.
    The page is bounded: what of steps, pictures and source is left out for its size is said where it would stand.
    """
    files = shown_files(report)
    names = [source.name for source in files]
    shown = [
        Shown.of(report, place, trace, drawn)
        for place, (trace, drawn) in enumerate(zip(traces_shown(report), pictures, strict=True))
    ]
    style = style_sheet(asset("page.css"))
    script = asset("page.js")
    data = {
        "schema": SCHEMA,
        "version": version,
        "model": clean(report.model),
        "result": repeatable_result(report),
        "files": [clean(file_label(report, name)) for name in names],
        "violations": [violation_data(one, names) for one in shown],
    }
    return filled(
        {
            "policy": policy(style, script),
            "generator": escape(f"dfsrace {version}"),
            "title": escape(clean(f"{report.verdict}: {report.title or report.model}")),
            "style": style,
            "kind": verdict_kind(report),
            "first": "steps" if report.violations else "coverage",
            "heading": heading(report),
            "choice": choice(report),
            "violations": "\n".join(violation_section(report, one) for one in shown),
            "explored": explored(report),
            "properties": properties_table(report),
            "statistics": statistics(report),
            "gaps": gaps_list(report, {name: number for number, name in enumerate(names)}),
            "sources": source_tables(report, files),
            "footer": escape(f"Made by dfsrace {version} of a model with the digest {report.about.model_hash[:16]}."),
            "fragments": Markup("".join(one.drawn.fragments for one in shown)),
            "data": data_block(data, "data"),
            "script": script,
        }
    )


def filled(parts: Mapping[str, str]) -> str:
    """The template with each `{{name}}` replaced, once: what a part holds is not looked at again."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], asset("template.html"))


def policy(style: str, script: str) -> str:
    """What the page may do: use its own style sheet and its own script. Nothing can be fetched, sent or framed in."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none';"
        " form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


@cache
def asset(name: str) -> str:
    """A file beside this module."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")


__all__ = ["html_page", "traces_shown"]
