# SPDX-License-Identifier: GPL-2.0-only
"""Colours and type of our SVG: roles, which both themes give a colour, and the style sheet made of them.

Guarantees: every role that text has contrasts with every ground it stands on by 4.5 or more, in both themes. All names
begin with `dr-` and there are no ids, so that pictures can stand side by side in one page.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Theme: TypeAlias = Literal["auto", "light", "dark"]
THEMES: tuple[str, ...] = get_args(Theme)

# Threads take these in turn; hues that the common kinds of colour blindness keep apart come first.
THREADS = ("t0", "t1", "t2", "t3", "t4", "t5")

# ink, soft, bad, stale, gone and the threads' are for text and lines; the others are what text stands on.
LIGHT: dict[str, str] = {
    "ground": "#ffffff",
    "card": "#f3f5f8",
    "line": "#c3ccd6",
    "ink": "#17202b",
    "soft": "#525d6b",
    "bad": "#b80f2e",
    "bad-ground": "#fde8ea",
    "stale": "#7800e8",
    "stale-ground": "#f3eafd",
    "new-ground": "#fff0b8",
    "t0": "#0b57a8",
    "t1": "#954500",
    "t2": "#0a6649",
    "t3": "#665500",
    "t4": "#006476",
    "t5": "#5a4a78",
    "t0-ground": "#eaf2fb",
    "t1-ground": "#fdf0e4",
    "t2-ground": "#e6f5ef",
    "t3-ground": "#f7f3da",
    "t4-ground": "#e3f4f7",
    "t5-ground": "#f0edf7",
}
DARK: dict[str, str] = {
    "ground": "#10151c",
    "card": "#1a222c",
    "line": "#445161",
    "ink": "#e9eef4",
    "soft": "#a9b5c3",
    "bad": "#ff8a94",
    "bad-ground": "#42161d",
    "stale": "#dab6f2",
    "stale-ground": "#331a42",
    "new-ground": "#4a3d0c",
    "t0": "#6eaaff",
    "t1": "#f2ab6c",
    "t2": "#5fd0a8",
    "t3": "#d9c75c",
    "t4": "#5bcfe2",
    "t5": "#c0b2e6",
    "t0-ground": "#142436",
    "t1-ground": "#33210f",
    "t2-ground": "#11291f",
    "t3-ground": "#2b270d",
    "t4-ground": "#0e2930",
    "t5-ground": "#241e35",
}
SIZES = (10, 11, 12, 13, 14, 15, 16, 20)
FAMILY = '"JetBrains Mono","DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace'


def thread_role(thread: int) -> str:
    """The role of a thread's colour."""
    return THREADS[thread % len(THREADS)]


def style_text(theme: str = "auto", scope: str = "") -> str:
    """The style sheet that a picture needs: for a page that embeds pictures which are not `standalone`.

    `scope`: a selector in front of every rule (`:root[data-theme="dark"]`), with a fixed theme. ValueError: a theme
    that there is not.
    """
    if theme not in THEMES:
        raise ValueError(f"no theme {theme!r}: it is one of {', '.join(THEMES)}")
    lead = f"{scope} " if scope else ""
    rules = [f"{lead}.dr text{{font-family:{FAMILY};font-variant-ligatures:none;stroke:none}}"]
    rules += [f"{lead}.dr-{size}{{font-size:{size}px}}" for size in SIZES]
    rules.append(f"{lead}.dr-b{{font-weight:700}}")
    rules += _colours(DARK if theme == "dark" else LIGHT, lead)
    if theme == "auto":
        rules.append(f"@media (prefers-color-scheme:dark){{{''.join(_colours(DARK, lead))}}}")
    return "\n".join(rules)


def _colours(palette: dict[str, str], lead: str) -> list[str]:
    fills = [f"{lead}.dr-f-{role}{{fill:{colour}}}" for role, colour in palette.items()]
    return fills + [f"{lead}.dr-s-{role}{{stroke:{colour}}}" for role, colour in palette.items()]
