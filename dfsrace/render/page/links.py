# SPDX-License-Identifier: GPL-2.0-only
"""Links into the page: the property and the step in the fragment, so that a link can be sent."""

from __future__ import annotations

from os.path import isabs
from urllib.parse import quote

from dfsrace.render.page.markup import Markup, clean, tag
from dfsrace.render.words import dashed
from dfsrace.trace.report import Report


def file_label(report: Report, file: str) -> str:
    """A file's name as the page has it: of a model that lies elsewhere its own, not where it lies on this machine."""
    own = f"{report.model}.yaml"
    return own if isabs(file) and file.endswith(f"/{own}") else file


def property_word(name: str) -> str:
    """A property's name as the page and its links have it."""
    return clean(dashed(name))


def fragment(name: str, step: int | None = None) -> str:
    """`#property=NAME&step=N`; without a step the page goes to the last one."""
    end = "" if step is None else f"&step={step}"
    return f"#property={quote(property_word(name), safe='')}{end}"


def step_link(name: str, step: int) -> Markup:
    """A step's number as a link to it."""
    return tag("a", step, href=fragment(name, step), class_="step", title=f"show step {step}")
