# SPDX-License-Identifier: GPL-2.0-only
"""The page's style sheet: its own rules, with the colours of our pictures, so that both are of one piece."""

from __future__ import annotations

from collections.abc import Mapping

from dfsrace.render.svg_style import DARK, LIGHT, style_text


def style_sheet(own: str) -> str:
    """The whole style sheet. `own`: rules that use `var(--ROLE)` for a role of the pictures. On paper all is light."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f"{light}\n@media (prefers-color-scheme:dark){{{dark}}}\n@media print{{{light}}}\n{own}\n{style_text('auto')}\n"
        f"@media print{{\n{style_text('light')}\n}}\n"
    )


def _variables(palette: Mapping[str, str]) -> str:
    return f":root{{{';'.join(f'--{role}:{colour}' for role, colour in palette.items())}}}"
